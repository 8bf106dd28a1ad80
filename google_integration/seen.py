# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the users of an account that is shared may see of it."""
from trytond.model import fields
from trytond.transaction import Transaction

__all__ = ['SeenByMixin', 'SharedMixin']


class SeenByMixin:
    """Rows that a rule shows to who may see what they are about.

    A model states `seen_domain`.
    """
    __slots__ = ()

    # only to be searched: the domain of a rule knows no access
    seen_by = fields.Function(
        fields.Many2One('res.user', "Seen By"),
        'get_seen_by', searcher='search_seen_by')

    @classmethod
    def get_seen_by(cls, records, name):
        return {r.id: None for r in records}

    @classmethod
    def search_seen_by(cls, name, clause):
        _, operator, value = clause[:3]
        assert operator == '='
        # rules are evaluated as root; a client learns nothing of others
        return cls.seen_domain(Transaction().user or value)

    @classmethod
    def seen_domain(cls, user):
        "The domain of what the user may see"
        raise NotImplementedError


class SharedMixin:
    "What a service needs of which the account may be shared"
    __slots__ = ()

    @classmethod
    def google_seen(cls, About, user):
        """The domain of what is told of it to a user of a shared account.

        ``About`` is the model of the errors, or that of the conflicts.
        """
        return []
