# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The administration of Gmail, for tests: no part of Google."
import base64

from . import delivery, labels
from .model import Alias
from .resource import labelled


def _text(raw):
    return base64.b64encode(raw).decode()


class GmailCommands:
    def _mailbox(self, user):
        return self.state.gmail.mailbox(self.state, self._user(user))

    def do_smtp(self):
        "The port of SMTP is opened when it is first asked for"
        smtp = self.smtp.start()
        return {
            'host': smtp.host, 'port': smtp.port,
            'certificate': smtp.certificate}

    # -- what happens

    def do_receive_mail(self, user, raw, sender='', labels=None,
            thread=None):
        """A mail from outside arrives; raw: base64; sender: of the
        envelope; thread: the id of one, None: as the headers say"""
        with self.state.lock:
            box = self._mailbox(user)
            raw = delivery.arrived(
                self.state, base64.b64decode(raw), sender, box.email,
                'outside')
            message = delivery.receive(
                box, raw, labels=labels or ('INBOX', 'UNREAD'),
                thread=thread)
            return labelled(message)

    def do_bounce(self, address, status='5.1.1'):
        "The mails to an address or a domain come back; None: not any more"
        with self.state.lock:
            if status is None:
                self.state.gmail.bounces.pop(address.lower(), None)
            else:
                self.state.gmail.bounces[address.lower()] = status

    def do_release_bounces(self):
        "The reports that hold_bounces keeps back arrive"
        with self.state.lock:
            return delivery.release(self.state)

    def do_add_alias(self, user, address, name='', status='accepted',
            default=False, reply_to=''):
        if status not in {'accepted', 'pending', None}:
            raise ValueError(f"wrong status {status}")
        with self.state.lock:
            box = self._mailbox(user)
            if default:
                for other in box.aliases.values():
                    other.default = False
            box.aliases[address.lower()] = Alias(
                address.lower(), name, reply_to, default, status=status)

    def do_remove_alias(self, user, address):
        with self.state.lock:
            del self._mailbox(user).aliases[address.lower()]

    def do_limit_sending(self, user, **values):
        "daily_messages, daily_recipients, sends_per_minute"
        with self.state.lock:
            own = self._mailbox(user).limits
            for name, value in values.items():
                if not hasattr(own, name):
                    raise ValueError(f"unknown limit {name}")
                setattr(own, name, value)

    def do_expire_history(self, user):
        "The history ids that were given until now are too old"
        with self.state.lock:
            box = self._mailbox(user)
            box.oldest = box.advance()

    def do_drop_label(self, user, name):
        "The user deletes a label, by its name"
        with self.state.lock:
            box = self._mailbox(user)
            label = box.label_named(name)
            if label is None or label.type == 'system':
                raise ValueError(f"no label {name}")
            labels.drop(box, label)

    # -- what to look at

    def do_mailbox(self, user, label=None):
        with self.state.lock:
            box = self._mailbox(user)
            return [{
                    'id': m.id, 'thread_id': m.thread_id,
                    'draft_id': m.draft_id, 'labels': list(m.labels),
                    'label_names': [box.labels[n].name for n in m.labels],
                    'date': m.date, 'history_id': m.history_id,
                    'message_id': m.mail.message_id,
                    'subject': m.mail.subject, 'raw': _text(m.raw),
                    } for m in box.messages.values()
                if label is None or label in m.labels]

    def do_outside_mails(self, to=None, clear=False):
        with self.state.lock:
            store = self.state.gmail
            result = [
                {**m, 'raw': _text(m['raw'])} for m in store.outside
                if to is None or m['to'].lower() == to.lower()]
            if clear:
                store.outside.clear()
            return result

    def do_published(self, user=None, clear=False):
        with self.state.lock:
            store = self.state.gmail
            result = [
                p for p in store.published
                if user is None or p['emailAddress'] == user.lower()]
            if clear:
                store.published.clear()
            return result
