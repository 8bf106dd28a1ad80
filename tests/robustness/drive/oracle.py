# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What must be there, told by what people have done and nothing else.

Names and contents are unique.  A value that a person has replaced is nowhere
in force any more, and one that nobody has replaced or deleted is not lost.
What two people do at a time may end either way, as long as nothing is lost:
a time without change in which everything was synchronised divides what
was done before from what was done after.
"""
import json

from . import sides
from .site import SEALED

__all__ = ['Oracle']


class Oracle:
    "What people have done and what may become of it, a mixin of the machine"

    def __init__(self, site):
        super().__init__(site)
        self.fixed = {
            *site.roots.values(), *site.quarantines.values(), site.outside}
        self.clock = 0
        # when all was synchronised
        self.calms = [0]
        # the files and attachments that people have touched since
        self.touched = set()
        # names and contents that people have replaced, and those that were
        # deleted by who saw all there was
        self.replaced, self.deleted = set(), set()
        # files that were deleted for good, and what they had
        self.gone = set()
        # attachment: record, as people in Tryton have it
        self.owner = {}
        self.owners_before = {}
        # attachment: when Tryton has placed it; file: where people at Google
        # have put it, and when
        self.path = {}
        self.put = {}
        self.copies = {}
        # attachment and file, once both had the same
        self.file_of, self.attachment_of = {}, {}
        # file: the records that it may have been found to belong to
        self.candidates = {}
        # the files of records that were deleted, those that must go to the
        # quarantine for it, and those that are there
        self.orphaned, self.banished, self.quarantined = set(), set(), set()
        # those that were in the trash or out of the root meanwhile
        self.replaced_folders = set()
        # files that people have put into the folder of a record of which
        # their rule knows nothing: these keep their attachments
        self.foreign = set()
        # the attachments of what did not stand, which are no files
        self.aside = set()
        # row of the books: the files at Google for which it stood
        self.stood_for = {}
        self.names = {}  # folder: all the names that it had
        self.born = {}  # folder: where it was made, and its first name

    def tick(self):
        self.clock += 1
        return self.clock

    # What people do

    def here(self):
        return sides.here(self.site)

    def there(self):
        return sides.there(self.site)

    def replace(self, value):
        if value != sides.EMPTY:
            self.seen.add(value)
            self.replaced.add(value)

    @staticmethod
    def values(one):
        "What a person sees of an attachment or of a file"
        values = {one.content} - {sides.EMPTY}
        if not one.kept:
            values.add(sides.stem(one.name))
        return values

    def touch_here(self, attachment):
        self.touched.add(attachment.id)
        self.deleted -= self.values(attachment)

    def placed_here(self, attachment):
        self.touch_here(attachment)
        self.path[attachment.id] = self.tick()

    def touch_there(self, file):
        self.touched.add(file.id)
        self.deleted -= self.values(file)
        self.quarantined.discard(file.id)
        self.banished.discard(file.id)

    def put_there(self, file, parent=None):
        self.touch_there(file)
        self.put[file.id] = parent or file.parent, self.tick()

    def deleted_here(self, attachment, with_record=False):
        values = self.values(attachment)
        self.seen |= values
        file = self.file_of.get(attachment.id)
        known = file and file not in self.touched
        there = self.there()
        if file in there:
            # it comes back with what has arrived, if it was changed there
            self.replaced -= self.values(there[file])
        if with_record and file:
            self.orphaned.add(file)
            # what people have taken out of the folders is left there
            if (known and attachment.id not in self.touched
                    and file in there and self.letter(there[file])):
                self.banished.add(file)
        elif known:
            self.deleted |= values

    def deleted_there(self, file):
        self.seen |= self.values(file)
        attachment = self.attachment_of.get(file.id)
        here = self.here()
        if attachment in here:
            # it comes back with what has arrived, if it was changed here
            self.replaced -= self.values(here[attachment])
            if attachment not in self.touched:
                self.deleted |= self.values(file)
        self.touched.add(file.id)
        self.banished.discard(file.id)

    def destroyed(self, file):
        self.seen |= self.values(file)
        # Google deletes with it what it has kept of it
        self.seen |= sides.revisions(self.site, True, file.id)
        self.seen |= self.told_of(file.id) & sides.revisions(
            self.site, False, file.id)
        self.gone |= self.values(file) | {file.id}
        self.banished.discard(file.id)

    # Where things are

    def chain(self, there, id):
        "The folders from a root on, None if it is below none"
        chain = []
        while id in there:
            if id in self.site.roots.values():
                return chain
            chain.insert(0, id)
            id = there[id].parent
        return None

    def letter(self, file, there=None):
        "The rule below the root of which it is, None if it is below none"
        there = there or self.there()
        id = file.id
        while id in there:
            for letter, root in self.site.roots.items():
                if id == root:
                    return letter
            id = there[id].parent
        return None

    def below(self, folder, *kinds):
        there = self.there()

        def is_below(file):
            id = file.parent
            while id in there:
                if id == folder.id:
                    return True
                id = there[id].parent
            return False
        return [
            f for f in there.values()
            if f.kind in (kinds or ('file', 'document')) and is_below(f)]

    def owners(self, file, here, there, records):
        """The records to which the folder of a file belongs

        Without any, those of what it may be known by, and None for none.
        """
        chain = self.chain(there, file.parent)
        found = {None}
        if chain:
            letter = self.letter(file, there)

            def named(names):
                # a rule knows the records of its own alone
                return {
                    id for id, n in records.items()
                    if n in names and n[0] == letter}
            if current := named({there[chain[0]].name}):
                return current
            # Tryton knows for which record it has made it
            found |= named(self.names.get(chain[0], ()))
        for other in there.values():
            if other.parent == file.parent and other.id != file.id:
                found |= self._owners_of(other.id, here)
        source = self.copies.get(file.id)
        while source:
            found |= self._owners_of(source, here)
            source = self.copies.get(source)
        return found

    def _is_foreign(self, file, there, records):
        "Tell if the folder is that of a record of another rule"
        chain = self.chain(there, file.parent)
        name = there[chain[0]].name if chain else ''
        return name in records.values() and name[0] != self.letter(file, there)

    def _owners_of(self, file, here):
        attachment = self.attachment_of.get(file)
        if attachment not in here:
            return set()
        return {
            here[attachment].record,
            *self.owners_before.get(attachment, ())}

    # What is seen of what a synchronisation has done

    def observe(self, doubt=False):
        """Learn what belongs together, and check what new things there are

        ``doubt`` tells that people have changed something meanwhile.
        """
        here, there = self.here(), self.there()
        for file in there.values():
            if file.kind == 'folder':
                self.names.setdefault(file.id, set()).add(file.name)
                self.born.setdefault(file.id, (file.parent, file.name))
        for row in self.site.rows('google_drive_file'):
            self.stood_for.setdefault(
                f"google_drive.file,{row['id']}", set()).add(row['google_id'])
        # people may give them other names
        self.aside |= {a.id for a in here.values() if a.kept}
        self._pair(here, there)
        records = sides.records(self.site)
        for file in there.values():
            if (file.kind != 'folder' and not file.trashed
                    and file.parent not in self.site.quarantines.values()
                    and self.letter(file, there)):
                self.candidates.setdefault(file.id, set()).update(
                    self.owners(file, here, there, records))
                if self._is_foreign(file, there, records):
                    self.foreign.add(file.id)
            elif file.id in self.quarantined and not file.trashed:
                self._look_before(file, here, there, records)
        for attachment in here.values():
            self._check_owner(attachment, there, doubt)
        for file in there.values():
            self._new_orphan(file, doubt)
            self._regained(file, doubt)

    def _look_before(self, file, here, there, records):
        "The folder from which it came to the quarantine may have a record now"
        parent, _ = self.put.get(file.id, (None, 0))
        before = file._replace(parent=parent)
        there = {**there, file.id: before}
        if self.letter(before, there):
            self.candidates.setdefault(file.id, set()).update(
                self.owners(before, here, there, records))

    def _pair(self, here, there):
        files = {}
        for file in there.values():
            if file.kind != 'folder' and not file.trashed:
                files.setdefault(file.key, []).append(file.id)
        for attachment in here.values():
            found = files.get(attachment.key, [])
            if len(found) == 1:
                file, = found
                self.file_of[attachment.id] = file
                self.attachment_of[file] = attachment.id

    def _check_owner(self, attachment, there, doubt):
        "The record of what came from Google, or was moved there"
        id, record = attachment.id, attachment.record
        self.owners_before.setdefault(id, set()).add(record)
        if self.owner.get(id) == record:
            return
        known = id in self.owner
        self.owner[id] = record
        file = there.get(self.file_of.get(id))
        if id in self.aside or not file or doubt:
            return
        _, put = self.put.get(file.id, (None, 0))
        placed = self.path.get(id, 0)
        if record not in self.candidates.get(file.id, ()) or known and (
                put < placed and self.divided(put, placed)):
            raise AssertionError(
                f"{attachment} of {file} is not of one of "
                f"{self.candidates.get(file.id)}")

    def _new_orphan(self, file, doubt):
        if (file.trashed or file.kind == 'folder'
                or file.parent not in self.site.quarantines.values()
                or file.id in self.quarantined):
            return
        self.quarantined.add(file.id)
        candidates = self.candidates.get(file.id, {None})
        if None not in candidates and not doubt and (
                file.id not in self.orphaned):
            raise AssertionError(
                f"{file} is in the quarantine, but of {candidates}")

    def _regained(self, file, doubt):
        "Its folder has a record by now, to which it was put back"
        if (file.trashed or file.parent in self.site.quarantines.values()
                or file.id not in self.quarantined):
            return
        self.quarantined.discard(file.id)
        self.banished.discard(file.id)
        if self.candidates.get(file.id, {None}) == {None} and not doubt:
            raise AssertionError(f"{file} has left the quarantine")

    def rest(self):
        "All is synchronised, and nobody changes anything"
        self.calms.append(self.tick())
        self.touched.clear()

    def divided(self, one, other):
        "Tell if all was synchronised between the two times"
        return any(
            min(one, other) < calm < max(one, other) for calm in self.calms)

    # What must be there in the end

    def check_sides(self):
        here, there = self.here(), self.there()
        living = {
            f.id: f for f in there.values()
            if f.kind != 'folder' and not f.trashed}
        inside = {
            id: f for id, f in living.items()
            if self.letter(f, there) and f.id not in self.quarantined}
        self._assert_single([a.key for a in here.values()])
        self._assert_single([f.key for f in living.values()])
        keys = {f.key: f for f in inside.values()}
        for attachment in here.values():
            file = keys.pop(attachment.key, None)
            if file:
                self._check_pair(attachment, file, here, there)
            else:
                self._check_apart(attachment, there)
        if keys:
            raise AssertionError(f"not in Tryton: {list(keys.values())}")
        self._check_quarantine(here, living)
        self._check_folders(there)
        self._check_lost(here, living)

    @staticmethod
    def _assert_single(keys):
        twice = {k for k in keys if keys.count(k) > 1}
        if twice:
            raise AssertionError(f"twice: {twice}")

    def _check_pair(self, attachment, file, here, there):
        name = file.name
        if file.document and not name.endswith('.txt'):
            name += '.txt'
        if attachment.name != name:
            raise AssertionError(f"the names of {attachment} and {file}")
        records = sides.records(self.site)
        record = records[attachment.record]
        if file.sealed != (record[0] == SEALED):
            raise AssertionError(f"{file} is of {record}")
        values = self.values(attachment)
        if replaced := values & self.replaced:
            raise AssertionError(f"{replaced} of {file} were replaced")
        if values <= self.deleted:
            raise AssertionError(f"{file} was deleted")
        # where it is, and to what it belongs
        parent, put = self.put.get(file.id, (None, 0))
        placed = self.path.get(attachment.id, 0)
        divided = self.divided(placed, put)
        if not (record in self.names[file.parent] or parent == file.parent
                and not (placed > put and divided)):
            raise AssertionError(
                f"{file} of {record} is in {there[file.parent].name}")
        owners = self.owners(file, here, there, records)
        if put > placed and divided and None not in owners and (
                attachment.record not in owners) and not any(
                    # what people do with its own folder changes nothing
                    record in self.names[i]
                    for i in self.chain(there, file.parent)):
            raise AssertionError(f"{file} of {record} is of {owners}")

    def _check_apart(self, attachment, there):
        "It is no file of the rule, because people took it away"
        id = self.file_of.get(attachment.id)
        if attachment.id in self.aside or (
                id in self.foreign & self.quarantined):
            return
        values = self.values(attachment)
        file = there.get(id)
        letter = sides.records(self.site)[attachment.record][0]
        if (values | {id}) & self.gone or (
                file and not file.trashed
                and self.letter(file, there) != letter) or any(
                values & self.values(f) and not f.trashed
                and self.letter(f, there) != letter
                for f in there.values() if f.kind != 'folder'):
            return
        raise AssertionError(f"not at Google: {attachment}, {file}")

    def _check_quarantine(self, here, living):
        attached = {a.key for a in here.values()}
        for id in self.quarantined & living.keys():
            if living[id].key in attached and id not in self.foreign:
                raise AssertionError(f"attached and banished: {living[id]}")
        for id in self.banished & living.keys():
            if living[id].parent not in self.site.quarantines.values():
                raise AssertionError(f"not in the quarantine: {living[id]}")
        told = {
            row['google_id'] for row in sides.errors(self.site, True)
            if row['code'] == 'google_drive.quarantined'}
        if told != self.quarantined & living.keys():
            raise AssertionError(
                f"told of {told} instead of {self.quarantined}")

    def _check_folders(self, there):
        "Each folder is made once, unless it was gone meanwhile"
        self._assert_single([
                self.born[f.id] for f in there.values()
                if f.kind == 'folder' and f.made and not f.trashed
                and f.id not in self.replaced_folders])

    def _check_lost(self, here, living):
        found = set()
        for one in [*here.values(), *living.values()]:
            found |= {one.content, sides.stem(one.name)}
        lost = self.written.keys() - self.seen - found
        if lost:
            lost -= sides.revisions(self.site, True)
            lost -= self.kept(lost)
        if lost:
            raise AssertionError('lost: ' + ', '.join(
                    f'{v}, {self.written[v]}' for v in sorted(lost)))

    def kept(self, values):
        """Those of the values that conflicts tell and that are still there

        A content is there as a revision of the file of its conflict.
        """
        kept = values & self.told()
        if values - kept:
            for id in self.there():
                if told := self.told_of(id) & values:
                    kept |= told & sides.revisions(self.site, False, id)
        return kept

    def told(self):
        "The names that conflicts tell"
        return {
            sides.stem(values['name'])
            for row in self.site.rows('google_integration_conflict')
            for side in ['tryton_values', 'google_values']
            for values in [json.loads(row[side] or '{}')]
            if values.get('name')}

    def told_of(self, id):
        "The contents of a file at Google that its conflicts tell"
        told = set()
        for row in self.site.rows('google_integration_conflict'):
            values = json.loads(row['google_values'] or '{}')
            # what was deleted in Tryton has a link, but no row
            if values.get('md5') and (
                    id in self.stood_for.get(row['resource'], ())
                    or id in (values.get('link') or '')):
                told.add(sides.plain(values['md5']))
        return told
