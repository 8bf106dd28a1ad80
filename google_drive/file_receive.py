# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Applying what Google tells to the files."""
from collections import defaultdict

from sql import Null

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.apply import Apply
from trytond.modules.google_integration.merge import difference
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool

from . import mapping
from .naming import file_name
from .tree import Tree

__all__ = ['FileReceive']

CONTENT, GOOGLE = [
    u.fields for name in ['content', 'google']
    for u in mapping.UNITS if u.name == name]


class FileReceive:
    "How files are received"
    __slots__ = ()

    @classmethod
    def google_apply(cls, service, changes, listing=None):
        return Receive(cls, service, listing)(changes)

    @classmethod
    def google_adopt(cls, service, changes):
        """Find the files that are to be sent and are there already

        One has the mark of the attachment, or the same name, folder and
        checksum.
        """
        adopted = cls._adopt_marked(service, changes)
        left = [c for c in changes if c.google_id not in adopted]
        if left:
            cls.google_place_told(service, cls.google_unplaced(service))
            adopted.update(cls._adopt_same(
                    service, left, {r.id for r in adopted.values()}))
        for google_id, record in adopted.items():
            record.google_identify(google_id)
        cls.google_alike(service, [
                c for c in changes if c.google_id in adopted])
        # with the identifiers that they have now
        return {i: cls(r.id) for i, r in adopted.items()}

    @property
    def google_outlived(self):
        "Tell if what was made of the file stays whatever becomes of it"
        return False

    @classmethod
    def google_alike(cls, service, changes):
        "The same content has the type that it has there"
        there = {c.google_id: mapping.to_values(c.resource) for c in changes}
        if not there:
            return
        for record in cls.search([
                    ('drive', '=', service.id),
                    ('google_id', 'in', list(there)),
                    ]):
            values = there[record.google_id]
            content = {n: values[n] for n in ['size', 'mime_type']}
            if (values['md5'] and values['md5'] == record.md5
                    and any(getattr(record, n) != v
                        for n, v in content.items())):
                bookkeeping.update(cls, [record], content)

    def google_tell_attachment(self, values):
        """The attachment gets what was changed of its file

        Of the name only if it is that of the attachment, and none of a rule.
        """
        Attachment = Pool().get('ir.attachment')
        attachment, told = self.attachment, {}
        if not attachment or not self.rule or not self.rule.receives_files:
            return
        if 'name' in values and self.rendered_name in {
                None, file_name(attachment.name, own=True)}:
            told['name'] = self.google_attachment_name(values['name'])
        if 'description' in values:
            told['description'] = values['description']
        if not told:
            return
        with Attachment.written_by_google():
            Attachment.write([attachment], told)
        if 'name' in told and self.rendered_name:
            bookkeeping.update(type(self), [self], {
                    'rendered_name': file_name(told['name'], own=True),
                    })

    @classmethod
    def _adopt_same(cls, service, changes, taken):
        "Those of the same name, folder and checksum, each once"
        contents = {}
        for change in changes:
            values = mapping.to_values(change.resource)
            if values['md5']:
                contents[change.google_id] = (
                    values['md5'], values['name'],
                    values['parent_google_id'])
        if not contents:
            return {}
        waiting = defaultdict(list)
        for record in cls.search([
                    ('drive', '=', service.id),
                    ('google_id', '=', None),
                    ('attachment', '!=', None),
                    ('md5', 'in', list({m for m, *_ in contents.values()})),
                    ], order=[('id', 'ASC')]):
            # what everybody can read is not what is to be encrypted
            if record.id not in taken and not (
                    record.rule and record.rule.encrypted):
                waiting[record.md5, record.name,
                    record.parent_google_id].append(record)
        return {
            google_id: waiting[content].pop(0)
            for google_id, content in contents.items() if waiting[content]}

    @classmethod
    def google_place_told(cls, service, records):
        """Note what the attachments are now, and keep the errors

        Return the files that can not be sent.
        """
        SyncError = Pool().get('google_integration.sync_error')
        errors = cls.google_place(records) if records else []
        for record, error in errors:
            SyncError.record(service, 'push', record, None, error)
        return [record for record, _ in errors]

    @classmethod
    def _adopt_marked(cls, service, changes):
        pool = Pool()
        Attachment = pool.get('ir.attachment')
        Configuration = pool.get('ir.configuration')
        database = Configuration.get_google_installation()
        marked = {}
        for change in changes:
            id = mapping.marked_attachment(change.resource, database)
            if id is not None:
                # of several copies the first one
                marked.setdefault(id, change.google_id)
        if not marked:
            return {}
        attachments = Attachment.search([('id', 'in', list(marked))])
        cls.attached(attachments)
        # one that has a file already was copied on Drive
        return {
            marked[r.attachment.id]: r for r in cls.search([
                    ('drive', '=', service.id),
                    ('attachment', 'in', [a.id for a in attachments]),
                    ('google_id', '=', None),
                    ])}


class Receive(Apply):
    "Apply changes to the files of one drive"

    def __init__(self, Model, service, listing=None):
        super().__init__(Model, service, listing)
        self.tree = Tree(service)
        self.rules = service.receiving_rules
        self.taken = {}
        self.changed = []

    def __call__(self, changes):
        changes = list({c.google_id: c for c in changes}.values())
        for change in changes:
            change.deleted = mapping.is_trashed(change.resource)
        self.tree.load(filter(None, [
                    mapping.parent(c.resource) for c in changes]))
        known, elsewhere = self.Model.google_everywhere(
            self.service, [c.google_id for c in changes])
        # what people have changed is not taken for unchanged
        refused = self.place([r for r in known.values() if r.to_place])
        buried = self.find_tombstones(changes)
        taken = [
            c for c in changes
            if c.google_id in known or c.google_id in buried
            or c.error or self.take(c) or self.is_too_large(c)]
        refused += self.place(self.meet(taken, elsewhere))
        result = super().__call__(taken)
        # what Google has changed does not make it sent
        bookkeeping.update(
            self.Model, refused, {'google_state': 'failed'},
            lambda table: table.google_state == 'synchronized')
        for record, values in self.changed:
            record.google_tell_attachment(values)
        return result

    def place(self, records):
        return self.Model.google_place_told(self.service, records)

    def take(self, change):
        "Find the rule that takes a file that is not known"
        if change.deleted or mapping.is_removed(change.resource):
            return False
        for rule in self.rules:
            if self.is_in(change.resource, rule) and rule.receives(
                    change.resource):
                self.taken[change.google_id] = rule
                return True
        return False

    def is_too_large(self, change):
        "Tell of a file that a rule would take if it were smaller"
        if change.deleted or mapping.is_removed(change.resource):
            return False
        change.error = next((
                error for rule in self.rules
                if self.is_in(change.resource, rule)
                and rule.wants(change.resource)
                and (error := rule.too_large(change.resource))), None)
        return bool(change.error)

    def meet(self, changes, elsewhere):
        """Go on with what another account had, or tell that it has it still

        Return the files that this drive has now.
        """
        new = {
            c.google_id: c for c in changes
            if c.google_id in self.taken
            and not self.taken[c.google_id].makes_documents}
        buried = self.Model.google_buried_elsewhere(self.service, list(new))
        met = []
        for google_id, change in new.items():
            file = elsewhere.get(google_id)
            if google_id in buried:
                change.error = ItemError('google_drive.trashed_elsewhere', {
                        'name': change.resource.get('name') or '',
                        })
            elif file and (error := file.google_taken_elsewhere()):
                change.error = error
            elif file and file.google_goes_to(rule := self.taken[google_id]):
                if file.google_is_kept_as(rule):
                    self.Model.google_change_drive([file], rule)
                    met.append(file.id)
                else:
                    # the sweep sends it as the rule wants it
                    change.error = file.google_two_drives
        return self.Model.browse(met)

    def is_in(self, resource, rule):
        "Tell if the file is below the root of the rule"
        return rule.folders_of(mapping.parent(resource), self.tree) is not None

    def find_tombstones(self, changes):
        tombstones = super().find_tombstones(changes)
        for change in changes:
            if (change.google_id in tombstones
                    and mapping.is_removed(change.resource)):
                # it is not there to be deleted
                change.deleted = True
        return tombstones

    def _values(self, change):
        values = super()._values(change)
        rule = self.taken.get(change.google_id)
        if not rule:
            # it comes back, as Google has changed it since
            self.take(change)
            rule = self.taken.get(change.google_id)
        if not rule:
            raise ItemError('google_drive.no_rule', {
                    'name': values['name'] or '',
                    })
        values.update(rule=rule.id, incoming=True)
        return values

    def _buried(self, tombstone, change):
        if change.deleted:
            Transfer = Pool().get('google_drive.transfer')
            Transfer.note(self.service, [self.Model.google_buried(
                        tombstone.google_id,
                        bookkeeping.loads(tombstone.parameters) or {})])
        elif (tombstone.google_etag != self.Model.google_etag_of(
                    change.resource)
                and not self.take(change)):
            self._left(tombstone, change)
            return None
        return super()._buried(tombstone, change)

    def _left(self, tombstone, change):
        "No rule lets come back what was deleted here"
        Tombstone = type(tombstone)
        if any(self.is_in(change.resource, r) for r in self.service.rules):
            bookkeeping.update(Tombstone, [tombstone], {
                    'google_etag': self.Model.google_etag_of(
                        change.resource),
                    })
        else:
            # what somebody has taken away is not deleted there
            Tombstone.delete([tombstone])

    def _existing(self, record, change):
        if record.google_arrived(change.resource):
            self.Model.google_sent(self.service, [record])
        elif record.google_damaged(change.resource):
            self._sent_again(record, change)
            return []
        if record.doubtful:
            bookkeeping.update(
                self.Model, [record], {'doubtful': False})
            if record.attachment:
                self._look_again(record)
        is_removed = mapping.is_removed(change.resource)
        if record.google_outlived and (is_removed or change.deleted):
            bookkeeping.update(self.Model, [record], {
                    'google_state': 'apart',
                    'incoming': False,
                    })
            return []
        if is_removed:
            self._lost(record)
            return []
        record.google_take_lock(change.resource)
        if record.held_back and not change.deleted:
            bookkeeping.update(
                self.Model, [record], {'held_back': False})
        if change.deleted and record.rule and (
                record.rule.drive != self.service):
            # another drive has its rule: this one decides nothing
            bookkeeping.update(
                self.Model, [record], {'google_state': 'apart'})
            return []
        if change.deleted:
            return super()._existing(record, change)
        if record.orphan:
            # it may have a record by now, or is told again to have none
            self._look_again(record)
        if ((record.incoming or record.moved)
                and record.google_state == 'failed'):
            # another try
            bookkeeping.update(
                self.Model, [record], {'google_state': 'synchronized'})
        if not self._stays(record, change):
            # the baseline stays that of what was synchronised: what was
            # changed elsewhere is found when it comes back
            bookkeeping.update(
                self.Model, [record], {'google_state': 'apart'})
            raise record.moved_out()
        if record.google_state == 'apart' and not record.rule:
            # nobody receives it
            return []
        if record.google_state == 'apart':
            # it came back, or may be seen again
            return self._merge(
                record, change, self.Model.google_updated(change.resource))
        if (record.rule and not record.rule.receives_files
                and record.google_etag
                and record.google_state != 'pushing'):
            self._not_received(record, change)
            return []
        return super()._existing(record, change)

    def _sent_again(self, record, change):
        "What came to Google damaged is nobody's change: ours stands"
        values = mapping.to_values(change.resource)
        bookkeeping.update(self.Model, [record], {
                **self.Model.google_known(change.resource),
                **{n: values[n] for n in GOOGLE},
                })
        bookkeeping.update(
            self.Model, [record], {'google_state': 'to_push'},
            lambda table: table.google_state == 'pushing')

    def _not_received(self, record, change):
        """Note another version of the same file

        Each change that Google makes is one, as that of who may see it.
        """
        resource = change.resource
        if (not self._is_known(record, resource)
                and not record.google_is_stale(resource)
                and not difference(
                    self.Model.google_units,
                    self.Model.google_to_values(record.google_base),
                    self.Model.google_to_values(resource))):
            bookkeeping.update(
                self.Model, [record], self.Model.google_known(resource))

    def _deleted(self, record, change):
        sent = (record.google_state == 'synchronized'
            and record.google_revision == record.google_confirmed_revision)
        lock = record.lock
        if sent and lock and lock.side == 'tryton':
            # it stays until the lock ends, and longer if it is changed
            bookkeeping.update(self.Model, [record], {'held_back': True})
            raise ItemError('google_drive.held_back', {
                    'name': record.name or '',
                    'owner': lock.owner,
                    })
        super()._deleted(record, change)
        if not sent:
            # the identifier is that of what is in the trash
            bookkeeping.update(
                self.Model, [record], {'google_id': None},
                lambda table: (table.google_etag == Null)
                & table.google_state.in_(['to_push', 'conflict']))

    def _look_again(self, record):
        "Look for the record of the file when all folders are known"
        if not record.attachment:
            bookkeeping.update(self.Model, [record], {'incoming': True})
        elif record.rule and record.rule.receives_files:
            bookkeeping.update(self.Model, [record], {'moved': True})

    def _stays(self, record, change):
        "Tell if the file is where its rule looks, or another one does"
        rule = record.rule
        if not rule or not record.google_etag or not record.attachment:
            return True
        if rule.drive != self.service and rule.sends_files:
            # which another drive has now: the sweep moves the file
            return True
        if record.parent_google_id != record.google_parent and (
                record.google_parent == mapping.parent(change.resource)):
            # it is to be moved, and was not meanwhile
            return True
        return bool(
            record.origin or self.is_in(change.resource, rule)
            or rule.receives_files and self.take(change))

    def _lost(self, record):
        "It is deleted for good, or the account may not see it any more"
        if not record.google_etag:
            if record.google_state in {'to_push', 'pushing'}:
                # it never was at Google: it is sent again
                self.Model.google_forget([record], 'to_push')
            return
        md5 = record.md5
        if record.held_md5 and not mapping.is_native(record.google_base):
            # what was to be fetched can not be had
            md5 = record.held_md5
        bookkeeping.update(self.Model, [record], {
                'google_state': 'apart',
                'incoming': False,
                'md5': md5,
                'google_lock': None,
                'holder': None,
                'held_since': None,
                'lifting': False,
                })
        raise ItemError('google_drive.lost', {'name': record.name or ''})

    def _merge(self, record, change, updated):
        unmarked = (not record.google_etag
            and record.google_marks_missing(change.resource))
        result = super()._merge(record, change, updated)
        if unmarked:
            # adopted: it tells whose it is from now on
            if result and result[1]['google_state'] == 'synchronized':
                result[1]['google_state'] = 'to_push'
            bookkeeping.update(
                self.Model, [record], {'google_state': 'to_push'},
                lambda table: table.google_state == 'synchronized')
        if result:
            values = result[1]
            self.changed.append((record, values))
            if 'parent_google_id' in values:
                values['origin'] = None
                if record.attachment:
                    self._look_again(record)
        return result

    def _conflicts(self, record, units, conflicts, ours, theirs):
        Conflict = Pool().get('google_integration.conflict')
        super()._conflicts(
            record, units, [c for c in conflicts if c.unit != 'content'],
            ours, theirs)
        for conflict in conflicts:
            if conflict.unit != 'content':
                continue
            # the revision tells where that of Google is kept
            Conflict.keep(
                self.service, record, conflict.unit, conflict.stood,
                {n: ours[n] for n in CONTENT},
                {n: theirs[n] for n in [*CONTENT, 'revision']})
            self.work.conflicts += 1
            # what is not decided may fall on either side
            if conflict.stood != 'tryton':
                bookkeeping.update(
                    self.Model, [record], {'keep_ours': True})
            if conflict.stood != 'google':
                bookkeeping.update(self.Model, [record], {
                        'keep_revision': theirs['revision'],
                        })
