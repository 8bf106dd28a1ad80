# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is noted of what travels: once, with what it makes of the file.

What is being sent is remembered when it is prepared: after a lost answer, or
in the place of a process that was killed, it is noted when Google tells that
it has it.
"""
from itertools import groupby

from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import mapping

__all__ = ['FileTransfer']

# what is sent has no content
CHANGE = 'change'


class FileTransfer:
    "The transfers of a file"
    __slots__ = ()

    # Sent

    @classmethod
    def google_sends(cls, operation):
        return {
            **super().google_sends(operation),
            'sending': operation.parameters.get('md5', CHANGE),
            }

    def google_arrived(self, resource):
        "Tell if Google has what was being sent"
        if not self.sending or mapping.is_removed(resource):
            return False
        values = mapping.to_values(resource)
        if self.sending == CHANGE:
            return all(
                values[n] == getattr(self, n)
                for n in ['name', 'parent_google_id'])
        return values['md5'] == self.sending

    def google_damaged(self, resource):
        """Tell if Google has another content of what was being sent

        Nobody else gives it the time at which the attachment was changed.
        """
        if (self.sending in {None, CHANGE} or not self.google_touched
                or mapping.is_removed(resource)
                or mapping.is_trashed(resource)):
            return False
        values = mapping.to_values(resource)
        return (
            values['md5'] not in {None, self.sending}
            and values['modified'] is not None
            and mapping.time_text(values['modified'])
            == mapping.time_text(self.google_touched)
            and all(
                values[n] == getattr(self, n)
                for n in ['name', 'parent_google_id', 'description']))

    @classmethod
    def google_confirm(cls, service, operations, answers):
        Transfer = Pool().get('google_drive.transfer')
        records = {r.id: r for r in cls.search([
                    ('id', 'in', [
                            o.id for o in operations if o.kind != 'delete']),
                    ])}
        sent, buried = [], []
        for operation, answer in zip(operations, answers, strict=True):
            if operation.kind == 'delete':
                if answer.status in {'done', 'gone'}:
                    buried.append((operation.google_id, operation.parameters))
            elif record := records.get(operation.id):
                if answer.status == 'done' or (
                        answer.status == 'conflict'
                        and record.google_arrived(answer.resource)):
                    sent.append(record)
        cls.google_sent(service, sent)
        Transfer.note(service, [cls.google_buried(*b) for b in buried])
        return super().google_confirm(service, operations, answers)

    @classmethod
    def google_sent(cls, service, records):
        "Note that Google has what was being sent of the files"
        if not records:
            return
        Transfer = Pool().get('google_drive.transfer')
        Transfer.note(service, [r._sent() for r in records])
        bookkeeping.update(cls, records, {'sending': None})

    def _sent(self):
        values = {
            'kind': 'change',
            'direction': 'to_google',
            **self.google_whom(),
            }
        if self.sending != CHANGE:
            values.update(
                kind='content', size=self.size, md5=self.sending,
                sha256=self.sha256)
        if self.attachment:
            author = self.attachment.write_uid or self.attachment.create_uid
            values['user'] = author.id if author else None
        return values

    def google_whom(self):
        "Which file, and of which record"
        record = self.attachment and self.attachment.resource
        return {
            'google_id': self.google_id,
            'name': self.name,
            'record': str(record) if record else None,
            'record_name': record.rec_name if record else None,
            }

    # Deleted

    def google_burial(self):
        return {
            **super().google_burial(),
            **self.google_whom(),
            'user': Transaction().user or None,
            # what the dry run of the rule tells
            'rule': self.rule.id if self.rule else None,
            'shown_path': self.rendered_path,
            }

    @staticmethod
    def google_buried(google_id, burial):
        "What is noted of a deletion that Google has done"
        return {
            'kind': 'deletion',
            'direction': 'to_google',
            'google_id': google_id,
            **{
                n: burial.get(n)
                for n in ['name', 'record', 'record_name', 'user']},
            }

    @classmethod
    def google_deleted_here(cls, service, noted):
        "Note that the attachments of trashed files were deleted"
        Transfer = Pool().get('google_drive.transfer')
        Transfer.note(service, [{
                    'kind': 'deletion',
                    'direction': 'to_tryton',
                    **whom,
                    } for whom in noted
                # a person decided on what Google has no more
                if whom['google_id']])

    # Received

    @classmethod
    def google_received(cls, contents):
        """Note what was fetched and is attached now

        ``contents`` are the record, the item and what the network made of it.
        """
        Transfer = Pool().get('google_drive.transfer')
        for drive, of_drive in groupby(contents, lambda c: c[0].drive):
            Transfer.note(drive, [r._received(i, f) for r, i, f in of_drive])

    def _received(self, item, result):
        # what is encrypted is another content than the one that came
        travelled = result.get('travelled', result)
        return {
            'kind': item['kind'],
            'direction': 'to_tryton',
            **self.google_whom(),
            'user': self.rule.user.id if self.rule else None,
            'size': travelled['size'],
            'md5': travelled['md5'],
            'sha256': result['sha256'],
            }
