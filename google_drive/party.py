# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Sharing files with the contacts of the parties of their records."""
from trytond.model import fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval
from trytond.transaction import check_access, without_check_access

__all__ = ['ShareStart']


class ShareStart(metaclass=PoolMeta):
    __name__ = 'google_drive.share.start'

    contacts = fields.Many2Many(
        'party.contact_mechanism', None, None, "Contacts",
        domain=[
            ('type', '=', 'email'),
            ('party', 'in', Eval('parties', [])),
            ],
        states={
            'invisible': ~Bool(Eval('parties')),
            },
        help="The e-mail addresses of the parties of the records.")
    parties = fields.Many2Many(
        'party.party', None, None, "Parties", readonly=True)

    @classmethod
    def values_of(cls, attachments):
        values = super().values_of(attachments)
        with without_check_access():
            found = set().union(*(
                    parties_of(a.resource) for a in attachments))
        values['parties'] = [p.id for p in readable(found)]
        return values

    @property
    def emails(self):
        emails = super().emails
        contacts = getattr(self, 'contacts', None) or []
        parties = readable({c.party.id for c in contacts})
        for contact in contacts:
            if contact.type == 'email' and contact.party in parties:
                emails.append(contact.value.lower())
        return list(dict.fromkeys(emails))


@check_access
def readable(ids):
    "The parties of these that the user may read"
    pool = Pool()
    Party = pool.get('party.party')
    ModelAccess = pool.get('ir.model.access')
    if not ids or not ModelAccess.check(
            Party.__name__, 'read', raise_exception=False):
        return []
    return Party.search([('id', 'in', list(ids))])


def parties_of(record):
    "The ids of the record, if it is a party, or of those that it names"
    if not record:
        return set()
    if record.__name__ == 'party.party':
        return {record.id}
    return {
        getattr(record, name).id for name, field in record._fields.items()
        if field._type == 'many2one' and field.model_name == 'party.party'
        and getattr(record, name)}
