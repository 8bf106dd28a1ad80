# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Whom a received mail concerns."""
from functools import cached_property

from trytond.pool import Pool

__all__ = ['Matching']


class Matching:
    """Find what a mail is the answer to.

    First by the thread of Gmail, then by the identifiers that it names, of
    which the nearest counts.
    """

    def __init__(self, account):
        self.account = account

    @property
    def Message(self):
        return Pool().get('google_gmail.message')

    def __call__(self, mail):
        "The values of the message that is to be kept, None if it is not"
        parent = self.parent(mail)
        if parent:
            return {
                'in_reply_to': parent.id,
                'resource': str(parent.resource) if parent.resource else None,
                }
        if mail.bounce or self.account.keeps_all() or self.has_rules:
            return {}

    @cached_property
    def has_rules(self):
        "Tell if a rule may ask for what concerns no record"
        Rule = Pool().get('google_gmail.rule')
        return any(not r.model for r in Rule.of_account(self.account))

    def parent(self, mail):
        "The message that it answers, None if there is none"
        by_reference = self.by_references(mail.references)
        if by_reference and by_reference.resource:
            return by_reference
        return self.by_thread(mail.thread_id) or by_reference

    def by_thread(self, thread_id):
        if not thread_id:
            return
        found = self.Message.search([
                ('account', '=', self.account.id),
                ('thread_id', '=', thread_id),
                ('direction', '=', 'out'),
                ], order=[('at', 'DESC'), ('id', 'DESC')], limit=1)
        return found[0] if found else None

    def by_references(self, references):
        "The mail, of whatever account, that is named last"
        if not references:
            return
        found = {}
        for message in self.Message.search(['OR',
                    ('message_id', 'in', references),
                    ('kept_message_id', 'in', references),
                    ], order=[('direction', 'ASC'), ('id', 'ASC')]):
            for name in [message.message_id, message.kept_message_id]:
                found[name] = message
        for name in reversed(references):
            if name in found:
                return found[name]
