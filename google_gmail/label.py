# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How the mails of the records of a model are labelled in Gmail."""
from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool

from .exceptions import AccountError

__all__ = ['Label', 'LabelledMixin']

# [users.labels] the most that a name may have
LENGTH = 225
# of the messages that are labelled at a time [users.messages.batchModify]
CHUNK = 1000


class Label(ModelSQL, ModelView):
    __name__ = 'google_gmail.label'

    account = fields.Many2One(
        'google_gmail.account', "Account", required=True, ondelete='CASCADE')
    model = fields.Many2One(
        'ir.model', "Model", required=True, ondelete='CASCADE',
        help="Of which records the mails get the label.")
    name = fields.Char(
        "Label", required=True,
        help="The name of the label in Gmail. A slash puts it below "
        "another one.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('account')
        cls._order = [('account', 'ASC'), ('model', 'ASC'), ('id', 'ASC')]
        table = cls.__table__()
        cls._sql_constraints.append((
                'model_unique', Unique(table, table.account, table.model),
                'google_gmail.msg_label_unique'))

    @classmethod
    def validate_fields(cls, labels, field_names):
        super().validate_fields(labels, field_names)
        for label in labels:
            parts = label.name.split('/')
            if len(label.name) > LENGTH or not all(
                    p and p == p.strip() for p in parts):
                raise AccountError(gettext(
                        'google_gmail.msg_label_name', label=label.name))

    def _domain(self):
        "The domain of the messages that have no label yet"
        return [
            ('account', '=', self.account.id),
            ('gmail_id', '!=', None),
            ('state', 'in', ['sent', 'received', 'failed']),
            ('label', '=', None),
            ('resource', 'like', self.model.name + ',%'),
            ]


class LabelledMixin:
    "A message that gets the label of the model of its record"
    __slots__ = ()

    @classmethod
    def to_label(cls, account):
        "The identifiers of Gmail of what has no label yet, by its name"
        Label = Pool().get('google_gmail.label')
        result = {}
        for label in Label.search([('account', '=', account.id)]):
            messages = cls.search(
                label._domain(), limit=CHUNK, order=[('id', 'ASC')])
            if messages:
                result[label.name] = {m.id: m.gmail_id for m in messages}
        return result

    @classmethod
    def labelled(cls, ids, name):
        bookkeeping.update(cls, ids, {'label': name})
