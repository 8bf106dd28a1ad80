# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a run of an account receives: answers, bounces, what rules ask for."""
import datetime as dt

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.operation import WorkDone
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import mapping
from .matching import Matching
from .network_receive import ReceiveNetwork

__all__ = ['ReceivingMixin']

# what is listed again when the history is lost
OVERLAP = dt.timedelta(days=1)
# the bytes that are fetched at a time, unless it is one mail
AT_A_TIME = 32 * 2 ** 20


class ReceivingMixin(ReceiveNetwork):
    "The hooks of an account that write what was received"
    __slots__ = ()

    def google_parameters(self):
        since = None
        if self.received_until:
            since = int((self.received_until - OVERLAP).replace(
                    tzinfo=dt.timezone.utc).timestamp())
        return {
            **super().google_parameters(),
            'since': since,
            'now': utcnow(),
            }

    def apply_changes(self, changes, listing=None):
        """Keep what concerns a record, or what a rule is for

        Of anything else nothing is stored.
        """
        Message = Pool().get('google_gmail.message')
        errors = [(c, c.error) for c in changes if c.error]
        mails = [
            mapping.received(c.resource) for c in changes
            if not c.error and not c.deleted and 'payload' in c.resource]
        mails = [m for m in mails if not m.labels & mapping.SKIPPED]
        known = {
            m.gmail_id: m for m in Message.search([
                    ('account', '=', self.id),
                    ('gmail_id', 'in', [m.gmail_id for m in mails]),
                    ])}
        sent = [m for m in mails if 'SENT' in m.labels]
        for mail in sent:
            message = self._sent_mail(known.get(mail.gmail_id), mail)
            if message:
                # of a mail to oneself it is the same
                known[mail.gmail_id] = message
        values = []
        matching = Matching(self)
        for mail in mails:
            if mail.gmail_id in known or (
                    mail in sent and 'INBOX' not in mail.labels):
                continue
            match = matching(mail)
            if match is not None:
                values.append({
                        **self._received_values(mail),
                        **match,
                        })
        messages = self._wanted(Message.create(values))
        return WorkDone(created=len(messages)), errors

    def keeps_all(self):
        "Tell if the content decides if a mail is kept"
        return False

    def _wanted(self, messages):
        "Forget at once what concerns no record, and no rule is for"
        pool = Pool()
        Message = pool.get('google_gmail.message')
        Rule = pool.get('google_gmail.rule')
        strange = [
            m for m in messages if not m.in_reply_to and not m.bounce]
        if strange and not self.keeps_all():
            unwanted = set(strange) - Rule.wanted(self, strange)
            Message.delete(list(unwanted))
            messages = [m for m in messages if m not in unwanted]
        return messages

    def _sent_mail(self, message, mail):
        "Learn from a mail that the account has sent, and return which it is"
        Message = Pool().get('google_gmail.message')
        if message is None:
            # what was in doubt arrived
            named = Message.search([
                    ('account', '=', self.id),
                    ('direction', '=', 'out'),
                    ('message_id', '=', mail.message_id),
                    ('state', 'in', ['sending', 'uncertain', 'sent']),
                    ('gmail_id', '=', None),
                    ], limit=2)
            # of two of the same name it may be either
            if len(named) == 1:
                message, = named
                message.found(mail.gmail_id, mail.thread_id)
        message = message or Message.draft_of(self, mail)
        if message and message.state == 'draft':
            message.sent_by_person(mail.gmail_id, mail.thread_id)
            message.changed_by_person(mail)
        if message and mail.message_id not in {
                message.message_id, message.kept_message_id}:
            bookkeeping.update(
                Message, [message], {'kept_message_id': mail.message_id})
        return message

    def _received_values(self, mail):
        at = utcnow()
        if mail.at is not None:
            at = dt.datetime.fromtimestamp(
                mail.at, dt.timezone.utc).replace(tzinfo=None)
        return {
            'account': self.id,
            'direction': 'in',
            'state': 'receiving',
            'at': at,
            'author': mail.author,
            'subject': mail.subject,
            'message_id': mail.message_id or None,
            'gmail_id': mail.gmail_id,
            'thread_id': mail.thread_id,
            'size': mail.size,
            'bounce': mail.bounce,
            'automatic': mail.automatic,
            'recipients': [('create', [
                        {'kind': 'to', 'address': a, 'state': 'accepted'}
                        for a in mail.recipients])],
            }

    # The contents

    def _receiving(self, **kwargs):
        Message = Pool().get('google_gmail.message')
        return Message.search([
                ('account', '=', self.id),
                ('state', '=', 'receiving'),
                ], order=[('id', 'ASC')], **kwargs)

    def awaits(self):
        return bool(self._receiving(limit=1))

    def incoming(self, limit):
        items, size = [], 0
        for message in self._receiving(limit=limit):
            size += message.size or 0
            if items and size > AT_A_TIME:
                break
            items.append({'id': message.id, 'gmail_id': message.gmail_id})
        return items, []

    def receive(self, contents):
        Message = Pool().get('google_gmail.message')
        work, errors = WorkDone(), []
        for item, answer in contents:
            found = Message.search([
                    ('id', '=', item['id']), ('state', '=', 'receiving')])
            if not found:
                continue
            message, = found
            match answer.status:
                case 'done':
                    message.receive(answer.resource['data'])
                    work.updated += 1
                case 'gone':
                    # deleted before it was read
                    Message.delete([message])
                case 'failed':
                    errors += self.refuse(item, answer.error)
        return work, errors

    def refuse(self, item, error):
        Message = Pool().get('google_gmail.message')
        message = Message(item['id'])
        bookkeeping.update(Message, [message], {
                'state': 'received',
                'error_code': error.code,
                'error_arguments': bookkeeping.dumps(error.arguments),
                })
        return [(None, item['gmail_id'], error)]

    # Aliases

    @classmethod
    def verify(cls, accounts):
        super().verify(accounts)
        for id in [a.id for a in accounts]:
            cls._read_aliases(id)

    @classmethod
    def _read_aliases(cls, id):
        "Ask Google from which addresses the account may send, if it tells"
        account = cls(id)
        parameters = account.google_parameters()
        if not parameters['can_read'] or not account.google_can_run:
            return
        client = account.credentials.get_client(*cls.google_api, parameters)
        Transaction().commit()
        try:
            found = cls.read_aliases(client)
        finally:
            client.close()
        cls(id)._keep_aliases(found)

    def _keep_aliases(self, found):
        Alias = Pool().get('google_gmail.alias')
        known = {a.address: a for a in self.aliases}
        found = {f['address']: f['verified'] for f in found}
        for address, verified in found.items():
            alias = known.get(address)
            if alias is None:
                Alias.create([{
                            'account': self.id,
                            'address': address,
                            'verified': verified,
                            'of_google': True,
                            }])
            elif (alias.verified, alias.of_google) != (verified, True):
                Alias.write(
                    [alias], {'verified': verified, 'of_google': True})
        Alias.delete([
                a for n, a in known.items() if a.of_google and n not in found])

