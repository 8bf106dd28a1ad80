# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What an attachment has become: its name, its folder and its content."""
from collections import defaultdict

from sql import Literal, Null
from sql.conditionals import Coalesce

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import without_check_access

from . import store
from .file_google import guess_type
from .rule_follow import assign

__all__ = ['FilePlace']


class FilePlace:
    "The side of a file that people change in Tryton"
    __slots__ = ()

    # What people do: only noted here, nobody waits for more

    @classmethod
    @without_check_access
    def attached(cls, attachments):
        "Note the attachments that the rules send"
        pool = Pool()
        Rule = pool.get('google_drive.rule')
        rules = Rule.of_attachments(attachments)
        if not rules:
            return
        known = {
            f.attachment.id for f in cls.search([
                    ('attachment', 'in', list(rules)),
                    ])}
        cls.create([{
                    'drive': rule.drive.id,
                    'rule': rule.id,
                    'attachment': id,
                    'to_place': True,
                    } for id, rule in rules.items() if id not in known])

    @classmethod
    @without_check_access
    def attachments_changed(cls, attachments):
        "Look again at the files of what people have changed"
        files = cls.search([
                ('attachment', 'in', [a.id for a in attachments]),
                ])
        bookkeeping.update(cls, files, {
                'to_place': True,
                'google_revision': bookkeeping.new_revision(),
                'google_touched': bookkeeping.utcnow(),
                })
        # what no rule sends stays apart
        cls.google_touch([f for f in files if f.rule])
        cls.attached(attachments)

    @classmethod
    @without_check_access
    def attachments_moved(cls, attachments):
        "People have found the records of the attachments"
        for file in cls.search([
                    ('attachment', 'in', [a.id for a in attachments]),
                    ('orphan', '!=', None),
                    ]):
            file._regain()
        # the sweep knows only those of the model of its rule
        assign(attachments)
        cls.attached(attachments)

    @classmethod
    @without_check_access
    def place_changed(cls, records):
        "Look again at the places of what is attached to the records"
        for sub_records in grouped_slice(records, 500):
            bookkeeping.update(cls, cls.search([
                        ('attachment.resource', 'in', [
                                str(r) for r in sub_records]),
                        ]), {'to_place': True})

    # What a run makes of it

    @classmethod
    def google_unplaced(cls, service, limit=None):
        rules = [r.id for r in service.rules if r.sends_files]
        return cls.google_rows(
            service, lambda t: (t.to_place == Literal(True))
            & t.rule.in_(rules or [-1])
            & ~t.google_state.in_(['apart', 'to_delete']), limit)

    @classmethod
    def google_into(cls, service):
        "The files that are yet to be put into a folder that Google has"
        rules = [r.id for r in service.rules if r.sends_files]
        return cls.google_rows(
            service, lambda t: (t.place != Null)
            & t.rule.in_(rules or [-1])
            & t.google_state.in_(['local', 'to_push'])
            & ((t.google_etag == Null)
                | (t.parent_google_id != Coalesce(t.google_parent, ''))))

    @classmethod
    def google_displaced(cls, service):
        "What was to go into a folder that is gone has another one"
        bookkeeping.update(
            cls, [f for f in cls.google_into(service) if f.place.is_gone],
            {'place': None, 'rendered_path': None, 'to_place': True})

    @classmethod
    def google_place(cls, records):
        """Note what the attachments are now, and return the errors

        Whatever has changed is a change to send.
        """
        errors, placed = [], []
        places, folders = cls._places(records), {}
        # read together, before writing makes forget what was read
        for record in records:
            try:
                placed.append((record, record._placed(places, folders)))
            except ItemError as error:
                errors.append((record, error))
        bookkeeping.update(cls, [r for r, _ in errors], {
                'to_place': False,
                'google_state': 'failed',
                })
        for record, values in placed:
            bookkeeping.update(cls, [record], {**values, 'to_place': False})
        super().google_touch([r for r, values in placed if values])
        return errors

    @classmethod
    def _places(cls, records):
        "What the rules say of the attachments: places or errors, by their id"
        attachments = defaultdict(list)
        for record in records:
            if record.attachment and record.rule and record.rule.sends_files:
                attachments[record.rule].append(record.attachment)
        places = {}
        for rule, of_rule in attachments.items():
            places.update(rule.places(of_rule))
        return places

    @classmethod
    def google_touch(cls, records):
        # what is tried again may have another place by now
        bookkeeping.update(cls, records, {'to_place': True})
        super().google_touch(records)

    def _placed(self, places, folders):
        "What the attachment and the rule give, and is another than before"
        values = {
            n: v for n, v in self._wanted(places, folders).items()
            if getattr(self, n) != v}
        if values.keys() & set(self.google_value_names()):
            values['google_revision'] = bookkeeping.new_revision()
            if not self.google_touched:
                values['google_touched'] = bookkeeping.utcnow()
        return values

    def _wanted(self, places, folders):
        "The values that the attachment and the rule give"
        if not self.attachment:
            return {}
        values, size = self._content()
        values.update(self._described())
        if not self.rule or not self.rule.sends_files:
            return values
        if self.orphan and self.orphan != 'record':
            # there is no record to make a place for
            return values
        refused = self.rule.sends(self.attachment, size)
        if refused:
            raise refused
        place = places[self.attachment.id]
        if isinstance(place, ItemError):
            raise place
        values.update(self._rendered(place, folders))
        return values

    def _rendered(self, place, folders):
        """Where the rule wants it, if it says something else than before

        ``folders`` are those that were found for others.
        """
        Folder = Pool().get('google_drive.folder')
        values = {}
        if place.name != self.rendered_name:
            values['rendered_name'] = place.name
            values['name'] = self.google_file_name(place.name)
        path = '/'.join(place.folders)
        if (path != (self.rendered_path or '') or not self.place
                or not self.google_etag):
            key = self.rule.root_id, place.folders
            if key not in folders:
                folders[key] = Folder.for_path(self.drive, *key)
            folder = folders[key]
            values['rendered_path'] = path
            if folder:
                values['place'] = folder.id
                values['parent_google_id'] = folder.google_id
            else:
                values['place'] = None
                values['parent_google_id'] = self.rule.root_id
            if self.google_etag and path == (self.rendered_path or ''):
                # somebody may have moved it on Drive
                del values['parent_google_id']
        return values

    def _described(self):
        "The description, if it says something else"
        description = self.attachment.description or None
        if (description or '').strip() == (self.description or '').strip():
            # the clients of Tryton keep no blanks around it
            return {}
        return {'description': description}

    def _content(self):
        "What the content of the attachment is, if it is not known, its size"
        if self.attachment.type != 'data':
            return {}, 0
        with store.source(self.attachment) as source:
            md5, sha256 = store.digests(source.path)
            size = source.size
        # if Google's is to come it is decided then which of the two stands
        if md5 == self.held_md5 or self.incoming:
            return {}, size
        return {
            'md5': md5,
            'sha256': sha256,
            'held_md5': md5,
            'size': size,
            'mime_type': guess_type(self.attachment.name),
            }, size
