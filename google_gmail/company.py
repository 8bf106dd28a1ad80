# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The accounts that a company uses."""
from trytond.i18n import gettext
from trytond.model import ModelSQL, fields
from trytond.pool import Pool, PoolMeta

from .exceptions import AccountError

__all__ = ['Account', 'AccountCompany']


class Account(metaclass=PoolMeta):
    __name__ = 'google_gmail.account'

    companies = fields.Many2Many(
        'google_gmail.account-company.company', 'account', 'company',
        "Companies",
        help="The companies whose mails are sent with it, unless they are "
        "those of a user who has another account.")

    @classmethod
    def check_users(cls, accounts):
        super().check_users(accounts)
        AccountCompany = Pool().get('google_gmail.account-company.company')
        companies = [c.id for a in accounts for c in a.companies]
        seen = {}
        for line in AccountCompany.search([
                    ('company', 'in', companies),
                    ('account.active', '=', True),
                    ]):
            if line.company in seen:
                raise AccountError(gettext(
                        'google_gmail.msg_account_company',
                        company=line.company.rec_name,
                        accounts=', '.join([
                                seen[line.company].rec_name,
                                line.account.rec_name])))
            seen[line.company] = line.account

    @classmethod
    def validate_fields(cls, accounts, field_names):
        super().validate_fields(accounts, field_names)
        if field_names and 'companies' in field_names:
            cls.check_users(accounts)

    @classmethod
    def _choices(cls, name, user, context):
        choices = super()._choices(name, user, context)
        company = context.get('company')
        if not name and company and cls._works_for(
                # who asked for what Tryton itself does
                user or context.get('user'), company):
            choices.insert(-1, [('companies', '=', company)])
        return choices

    @staticmethod
    def _works_for(user, company):
        "Tell if the user has the company, as clients send any context"
        User = Pool().get('res.user')
        return not user or company in {c.id for c in User(user).companies}

    @classmethod
    def copy(cls, accounts, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('companies', None)
        return super().copy(accounts, default=default)


class AccountCompany(ModelSQL):
    __name__ = 'google_gmail.account-company.company'

    account = fields.Many2One(
        'google_gmail.account', "Account", required=True, ondelete='CASCADE')
    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='CASCADE')
