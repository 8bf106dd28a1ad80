# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The accounts of Gmail: who uses them, and what for."""
from trytond.i18n import gettext
from trytond.model import (
    DeactivableMixin, ModelSQL, ModelView, Unique, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.google_service import GoogleService
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import inactive_records, without_check_access

from . import mime, scopes
from .account_test import TestMixin
from .exceptions import AccountError
from .lane import LaneMixin
from .receiving import ReceivingMixin

__all__ = ['Account', 'AccountUser', 'Alias']

_smtp = Eval('transport') == 'smtp'


class Account(
        TestMixin, ReceivingMixin, LaneMixin, GoogleService, DeactivableMixin,
        ModelSQL, ModelView):
    __name__ = 'google_gmail.account'

    google_api = ('gmail', 'v1')

    name = fields.Char(
        "Name", required=True,
        help="The name by which the configuration file names the account: "
        "gmail://name.")
    address = fields.Char(
        "Address", required=True,
        help="The address of the mailbox.")
    send_as = fields.Many2One(
        'google_gmail.alias', "Send As", ondelete='SET NULL',
        domain=[
            ('account', '=', Eval('id', -1)),
            ],
        help="The address from which the account itself writes: tests and "
        "automatic answers.\n"
        "Leave empty for that of the mailbox.")
    aliases = fields.One2Many(
        'google_gmail.alias', 'account', "Aliases",
        help="The other addresses from which the account may send.")
    transport = fields.Selection([
            ('api', "Gmail API"),
            ('smtp', "SMTP"),
            ], "Transport", required=True, sort=False,
        help="How the mails reach Google.\n"
        "SMTP needs full access to the mailbox, which is a restricted scope: "
        "Google verifies the application and asks for a yearly security "
        "assessment, unless it is internal to the organization.")
    drafts = fields.Boolean(
        "Exactly Once",
        states={
            'invisible': _smtp,
            },
        help="Send each mail from a draft, so that Google tells after a lost "
        "answer if it was sent.\n"
        "Needs gmail.compose, which is a restricted scope: Google verifies "
        "the application and asks for a yearly security assessment, unless "
        "it is internal to the organization. Without, gmail.send is enough, "
        "which is sensitive: Google verifies the application.")
    receive_replies = fields.Boolean(
        "Receive Replies",
        help="Attach the replies to what was sent, and the bounces, to the "
        "records.\n"
        "Needs gmail.readonly, which is a restricted scope: Google verifies "
        "the application and asks for a yearly security assessment, unless "
        "it is internal to the organization.")
    set_labels = fields.Boolean(
        "Set Labels",
        help="Label the mails of a record in Gmail.\n"
        "Needs gmail.modify, which is a restricted scope: Google verifies "
        "the application and asks for a yearly security assessment, unless "
        "it is internal to the organization.")
    received_until = fields.Timestamp("Received Until", readonly=True)
    default = fields.Boolean(
        "Default",
        help="Check to send with it what no other account is for.")
    users = fields.Many2Many(
        'google_gmail.account-res.user', 'account', 'user', "Users",
        help="The users whose mails are sent with it.")
    labels = fields.One2Many(
        'google_gmail.label', 'account', "Labels",
        states={
            'invisible': ~Eval('set_labels', False),
            })
    rules = fields.One2Many('google_gmail.rule', 'account', "Rules")
    connection = fields.Function(fields.Selection([
                ('valid', "Gmail token valid"),
                ('scope', "More rights are needed"),
                ('none', "Not connected"),
                ], "Connection", sort=False), 'get_connection')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('name', 'ASC'), ('id', 'ASC')]
        table = cls.__table__()
        cls._sql_constraints += [
            ('name_unique', Unique(table, table.name),
                'google_gmail.msg_account_name_unique'),
            ('credentials_unique', Unique(table, table.credentials),
                'google_gmail.msg_account_credentials_unique'),
            ]
        cls._buttons.update({
                'connect': {
                    'invisible': Eval('connection') == 'valid',
                    'depends': ['connection'],
                    },
                'test_connection': {
                    'invisible': Eval('connection') != 'valid',
                    'depends': ['connection'],
                    },
                'deliver_now': {
                    'invisible': ~Eval('enabled', False),
                    'icon': 'tryton-email',
                    'depends': ['enabled'],
                    },
                })

    @classmethod
    def default_transport(cls):
        return 'api'

    @classmethod
    def default_drafts(cls):
        return True

    @classmethod
    def default_receive_replies(cls):
        return False

    @classmethod
    def default_set_labels(cls):
        return False

    @classmethod
    def default_default(cls):
        return False

    @fields.depends('credentials', 'address', 'name')
    def on_change_credentials(self):
        address = self.credentials.mailbox if self.credentials else None
        if address:
            self.address = self.address or address
            self.name = self.name or address

    @classmethod
    def get_connection(cls, accounts, name):
        result = {}
        for account in accounts:
            credentials = account.credentials
            granted = (credentials.granted_scopes or '').split()
            if not credentials.token_digest:
                result[account.id] = 'none'
            elif account.scopes_missing(granted):
                result[account.id] = 'scope'
            else:
                result[account.id] = 'valid'
        return result

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree/field[@name="connection"]', 'visual',
                If(Eval('connection') == 'valid', 'success',
                    If(Eval('connection') == 'scope', 'warning', 'danger'))),
            # a form knows no colours
            ('/form//image[@name="tryton-ok"]', 'states', {
                    'invisible': Eval('connection') != 'valid',
                    }),
            ]

    @property
    def scopes_needed(self):
        "What the options of the account need"
        return scopes.needed(
            self.transport, self.drafts, self.receive_replies, self.set_labels)

    def scopes_missing(self, granted):
        "What the options need and was not granted"
        if self.transport == 'smtp':
            able = scopes.can_smtp(granted)
        else:
            able = (
                (scopes.can_draft if self.drafts else scopes.can_send)(granted)
                and (not self.receive_replies or scopes.can_read(granted))
                and (not self.set_labels or scopes.can_label(granted)))
        return [] if able else list(self.scopes_needed)

    @classmethod
    def google_scopes_of(cls, credentials):
        accounts = cls.search([('credentials', '=', credentials.id)])
        if not accounts:
            return scopes.needed('api', drafts=cls.default_drafts())
        return tuple(dict.fromkeys(
                s for a in accounts for s in a.scopes_needed))

    @classmethod
    @without_check_access
    def discover(cls, credentials):
        "Create the disabled record of the mailbox of the account"
        address = credentials.mailbox
        with inactive_records():
            known = cls.search([('credentials', '=', credentials.id)])
            same = cls.search([('name', '=', address)])
        if address and not known:
            cls.create([{
                        'credentials': credentials.id,
                        'name': f'{address} ({credentials.id})'
                        if same else address,
                        'address': address,
                        }])

    @classmethod
    def validate_fields(cls, accounts, field_names):
        super().validate_fields(accounts, field_names)
        if field_names and not field_names & {
                'active', 'address', 'credentials', 'default', 'enabled',
                'receive_replies', 'users'}:
            return
        for account in accounts:
            try:
                mime.address_of(account.address)
            except mime.MailRefused:
                raise AccountError(gettext(
                        'google_gmail.msg_account_address',
                        account=account.rec_name,
                        address=account.address)) from None
        cls.check_mailboxes(accounts)
        cls.check_users(accounts)

    @classmethod
    def check_mailboxes(cls, accounts):
        "What comes to a mailbox is received, and answered, by one account"
        for account in accounts:
            if not (account.active and account.enabled
                    and account.receive_replies):
                continue
            found = [
                a for a in cls.search([
                        ('active', '=', True),
                        ('enabled', '=', True),
                        ('receive_replies', '=', True),
                        ]) if a.mailbox == account.mailbox]
            if len(found) > 1:
                raise AccountError(gettext(
                        'google_gmail.msg_account_mailbox',
                        address=account.mailbox,
                        accounts=', '.join(a.rec_name for a in found)))

    @property
    def mailbox(self):
        "The address of what is received, which the owner may name otherwise"
        return (self.credentials.mailbox or self.address).lower()

    @classmethod
    def check_users(cls, accounts):
        "There is one default, and one account for a user"
        defaults = cls.search([('default', '=', True)], limit=2)
        if len(defaults) > 1:
            raise AccountError(gettext(
                    'google_gmail.msg_account_default',
                    accounts=', '.join(a.rec_name for a in defaults)))
        AccountUser = Pool().get('google_gmail.account-res.user')
        users = [u.id for a in accounts for u in a.users]
        seen = {}
        for line in AccountUser.search([
                    ('user', 'in', users), ('account.active', '=', True)]):
            if line.user in seen:
                raise AccountError(gettext(
                        'google_gmail.msg_account_user',
                        user=line.user.rec_name,
                        accounts=', '.join([
                                seen[line.user].rec_name,
                                line.account.rec_name])))
            seen[line.user] = line.account

    @classmethod
    def choose(cls, name, user, context):
        """The account by which a mail is sent, None if there is none

        - ``name``: that of the address of the server, which stands.
        - ``user``: the id of who sends it.
        - ``context``: that in which it is sent.
        """
        for domain in cls._choices(name, user, context):
            accounts = cls.search(domain, limit=1)
            if accounts:
                return accounts[0]

    @classmethod
    def _choices(cls, name, user, context):
        "The domains by which the account is looked for, in order"
        if name:
            return [[('name', '=', name)]]
        return [[('users', '=', user)], [('default', '=', True)]]

    def may_send_from(self, address):
        "Tell if Google lets the account send from the address"
        address = address.lower()
        return address == self.address.lower() or any(
            a.verified and a.address.lower() == address for a in self.aliases)

    @property
    def own_address(self):
        "The address from which the account itself writes"
        return self.send_as.address if self.send_as else self.address

    @classmethod
    @ModelView.button
    def connect(cls, accounts):
        "Ask Google for what the options of the account need, of one"
        Credentials = Pool().get('google_integration.google_credentials')
        bookkeeping.check_write(cls, accounts)
        for account in accounts:
            credentials = account.credentials
            if not credentials.services and not credentials.token_digest:
                # who connects a mailbox asks for nothing else
                Credentials.write(
                    [credentials], {'services': [cls.__name__]})
            return Credentials.request_authorization([credentials])

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        Message = Pool().get('google_gmail.message')
        super().check_modification(
            mode, records, values=values, external=external)
        if mode == 'delete':
            for account in records:
                if count := Message.count_waiting([account])[account.id]:
                    raise AccessError(gettext(
                            'google_gmail.msg_account_waiting',
                            account=account.rec_name, count=count))

    @classmethod
    def copy(cls, accounts, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('default', False)
        default.setdefault('users', None)
        return super().copy(accounts, default=default)


class AccountUser(ModelSQL):
    __name__ = 'google_gmail.account-res.user'

    account = fields.Many2One(
        'google_gmail.account', "Account", required=True, ondelete='CASCADE')
    user = fields.Many2One(
        'res.user', "User", required=True, ondelete='CASCADE')


class Alias(ModelSQL, ModelView):
    __name__ = 'google_gmail.alias'
    _rec_name = 'address'

    account = fields.Many2One(
        'google_gmail.account', "Account", required=True, ondelete='CASCADE')
    address = fields.Char("Address", required=True)
    verified = fields.Boolean(
        "Verified",
        help="Google lets the account send from the address.")
    of_google = fields.Boolean(
        "Listed by Google", readonly=True,
        help="Google tells of the address. Without the right to ask, list "
        "here the addresses that are set up in Gmail.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('account')
        cls._order = [('address', 'ASC'), ('id', 'ASC')]
        table = cls.__table__()
        cls._sql_constraints.append((
                'address_unique',
                Unique(table, table.account, table.address),
                'google_gmail.msg_alias_unique'))

    @classmethod
    def default_verified(cls):
        return True

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if values.get('address'):
            values['address'] = values['address'].strip().lower()
        return values

    @classmethod
    def validate_fields(cls, aliases, field_names):
        super().validate_fields(aliases, field_names)
        if field_names and 'address' not in field_names:
            return
        for alias in aliases:
            try:
                mime.address_of(alias.address)
            except mime.MailRefused:
                raise AccountError(gettext(
                        'google_gmail.msg_account_address',
                        account=alias.account.rec_name,
                        address=alias.address)) from None
