# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What becomes of a mail that was received."""
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool

from . import mapping
from .composing import text_of
from .matching import Matching
from .sending import Outcome

__all__ = ['ReceivedMixin']


class ReceivedMixin:
    "A message of which the content comes"
    __slots__ = ()

    def found(self, gmail_id, thread_id):
        "It is among what was sent, whether it was in doubt or not"
        if self.state != 'sent':
            self.proved(gmail_id, thread_id)
            return
        # by SMTP nobody tells the identifiers of Gmail
        bookkeeping.update(type(self), [self], {
                'gmail_id': gmail_id,
                'thread_id': thread_id,
                })

    def proved(self, gmail_id, thread_id):
        "It was in doubt, and was sent to who was not refused"
        self._sent(Outcome(
                'sent', gmail_id=gmail_id, thread_id=thread_id, refused={
                    r.address: ItemError(
                        r.error_code, bookkeeping.loads(r.error_arguments))
                    for r in self.recipients if r.state == 'refused'}))

    def receive(self, data):
        "Write the content of the mail, given its bytes"
        Message = type(self)
        Rule = Pool().get('google_gmail.rule')
        if self.bounce:
            bounce = mapping.bounce_of(data)
            if not (bounce and self._bounced(bounce)) and (
                    not self.in_reply_to):
                # it is no bounce, or about a mail of somebody else
                Message.delete([self])
                return
        content = mapping.content_of(data)
        text = content.text
        if text is None and content.html is not None:
            text = text_of(content.html)
        Message.write([self], {
                'body': (text or '').strip(),
                'state': 'received',
                })
        self._attach(content.attachments)
        self.after_receive(data)
        if not self.is_wanted:
            Message.delete([self])
            return
        Rule.answer(self)

    def _attach(self, attachments):
        Attachment = Pool().get('ir.attachment')
        names = set()
        values = []
        for name, _, content in attachments:
            base, count = name, 1
            while name in names:
                count += 1
                name = f'{count}-{base}'
            names.add(name)
            values.append({
                    'resource': str(self),
                    'name': name,
                    'type': 'data',
                    'data': content,
                    })
        Attachment.create(values)

    def _bounced(self, bounce):
        "Tell the mail that did not arrive, and that there is one"
        Message = type(self)
        Recipient = Pool().get('google_gmail.recipient')
        parent = self.in_reply_to or Matching(
            self.account).by_references(bounce.references)
        if not parent or parent.direction != 'out':
            return False
        if not self.in_reply_to:
            Message.write([self], {
                    'in_reply_to': parent.id,
                    'resource': str(parent.resource)
                    if parent.resource else None,
                    })
        failed = [
            r for r in parent.recipients
            if r.address.lower() in bounce.failed and r.state != 'bounced']
        for recipient in failed:
            bookkeeping.update(Recipient, [recipient], {
                    'state': 'bounced',
                    'error_code': 'google_gmail.bounced',
                    'error_arguments': bookkeeping.dumps({
                            'address': recipient.address,
                            'reason': bounce.failed[
                                recipient.address.lower()],
                            }),
                    })
        if failed:
            error = ItemError('google_gmail.bounced', {
                    'address': ', '.join(r.address for r in failed),
                    'reason': bounce.failed[failed[0].address.lower()],
                    })
            parent._write(error, state=parent.state)
            parent._tell(error)
        return True

    def after_receive(self, data):
        "What else is to be done with a mail, given its bytes"

    @property
    def is_wanted(self):
        "Tell if it is kept"
        Rule = Pool().get('google_gmail.rule')
        return bool(
            self.in_reply_to or self.bounce
            or Rule.wanted(self.account, [self]))
