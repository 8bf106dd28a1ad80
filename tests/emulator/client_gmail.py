# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The client of the administration of Gmail; the standard library only."
import base64


def _with_bytes(mails):
    return [{**m, 'raw': base64.b64decode(m['raw'])} for m in mails]


class GmailAdmin:
    "raw: the bytes of a message"

    def smtp(self) -> dict:
        "host and port of SMTP; certificate: to trust, in PEM"
        return self._call('smtp')

    # -- what happens

    def receive_mail(self, user: str, raw: bytes, sender='', labels=None,
            thread=None) -> dict:
        """A mail from outside arrives; sender: of the envelope ('': none);
        return its id, threadId and labelIds"""
        return self._call(
            'receive_mail', user=user, raw=base64.b64encode(raw).decode(),
            sender=sender, labels=labels, thread=thread)

    def bounce(self, address: str, status='5.1.1') -> None:
        "What is sent to an address or a domain comes back; None: no more"
        self._call('bounce', address=address, status=status)

    def release_bounces(self) -> int:
        "What the option hold_bounces keeps back arrives"
        return self._call('release_bounces')

    def add_alias(self, user: str, address: str, name='', status='accepted',
            default=False, reply_to='') -> None:
        "A send-as address; status: accepted, pending; None: no custom one"
        self._call(
            'add_alias', user=user, address=address, name=name,
            status=status, default=default, reply_to=reply_to)

    def remove_alias(self, user: str, address: str) -> None:
        self._call('remove_alias', user=user, address=address)

    def limit_sending(self, user: str, **limits) -> None:
        "daily_messages, daily_recipients, sends_per_minute; None: default"
        self._call('limit_sending', user=user, **limits)

    def expire_history(self, user: str) -> None:
        self._call('expire_history', user=user)

    def drop_label(self, user: str, name: str) -> None:
        self._call('drop_label', user=user, name=name)

    # -- what to look at

    def mailbox(self, user: str, label=None) -> list:
        "The messages of a mailbox, the oldest first"
        return _with_bytes(self._call('mailbox', user=user, label=label))

    def outside_mails(self, to=None, clear=False) -> list:
        "What was sent to foreign addresses, one entry a recipient"
        return _with_bytes(
            self._call('outside_mails', to=to, clear=clear))

    def published(self, user=None, clear=False) -> list:
        "What Cloud Pub/Sub was given"
        return self._call('published', user=user, clear=clear)
