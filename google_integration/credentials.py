# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The accounts of Google, and how Tryton may act for them."""
from urllib.parse import quote, urlsplit

from trytond.i18n import gettext
from trytond.model import (
    Index, ModelSQL, ModelView, Unique, Workflow, fields)
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, Id, If
from trytond.transaction import Transaction, without_check_access
from trytond.url import http_base

from . import bookkeeping, configuration, oauth
from .authorization import AuthorizationMixin
from .exceptions import CredentialsChangeWarning, RedirectURIError
from .checked_read import CheckedReadMixin
from .secret_fields import SecretFieldsMixin
from .tokens import TokenMixin

__all__ = ['GoogleCredentials']

# whose scope tells the account
IDENTITY_SCOPES = (
    'openid',
    'https://www.googleapis.com/auth/userinfo.email',
    )
# what a pending request was made with
REQUESTED = {
    'type', 'client_id', 'client_secret', 'client_secret_file',
    'redirect_uri', 'user'}
# what the tokens belong to
GRANTED = {'type', 'client_id', 'subject', 'user'}
# what the account belongs to
ACCOUNT = {'type', 'subject', 'user'}

_oauth = {
    'invisible': Eval('type') != 'oauth',
    }
_service_account = {
    'invisible': Eval('type') != 'service_account',
    }


class GoogleCredentials(
        CheckedReadMixin, AuthorizationMixin, TokenMixin, SecretFieldsMixin,
        Workflow, ModelSQL, ModelView):
    __name__ = 'google_integration.google_credentials'

    name = fields.Char("Name", required=True)
    type = fields.Selection([
            ('oauth', "OAuth 2.0"),
            ('service_account', "Service Account"),
            ], "Type", required=True, sort=False)
    user = fields.Many2One(
        'res.user', "User", ondelete='RESTRICT',
        help="The user to whom the Google account belongs.\n"
        "Leave empty to share it.")
    client_id = fields.Char(
        "Client ID", states=_oauth,
        help="Leave empty to use the client of the configuration file.")
    client_secret = fields.Function(fields.Char(
            "Client Secret", strip=False, states=_oauth,
            help="Is never shown again, fill it to replace it."),
        'get_secret', setter='set_client_secret')
    has_client_secret = fields.Function(
        fields.Boolean("Has Client Secret", states=_oauth), 'get_held')
    client_secret_file = fields.Function(fields.Binary(
            "Client Secret File", states=_oauth,
            help="The JSON file of the client that the Google Cloud console "
            "offers for download."),
        'get_secret', setter='set_client_secret_file')
    redirect_uri = fields.Char(
        "Redirect URI", states=_oauth,
        help="Must be, to the letter, one of the authorized redirect URIs of "
        "the client in the Google Cloud console.")
    service_account_key = fields.Function(fields.Binary(
            "Service Account Key", states=_service_account,
            help="The JSON key file of the service account.\n"
            "Is never shown again, fill it to replace it."),
        'get_secret', setter='set_service_account_key')
    has_service_account_key = fields.Function(
        fields.Boolean("Has Service Account Key", states=_service_account),
        'get_held')
    service_account = fields.Char(
        "Service Account", readonly=True, states=_service_account)
    subject = fields.Char(
        "Subject", states=_service_account,
        help="The email of the user to act for by domain-wide delegation.")
    services = fields.MultiSelection(
        'get_services', "Services",
        help="The services for which the account is used.\n"
        "Leave empty for all.")

    oauth_state = fields.Char("OAuth State", readonly=True, strip=False)
    code_verifier = fields.Function(
        fields.Char("Code Verifier"), 'get_secret')
    authorization_url = fields.Function(
        fields.Char(
            "Authorization URL",
            states={
                'invisible': ~Eval('authorization_url'),
                },
            help="Only shown to the user who asked for the authorization."),
        'get_authorization_url')
    scopes = fields.Text(
        "Requested Scopes", readonly=True,
        states={
            'invisible': Eval('state') != 'pending',
            })
    requested_by = fields.Many2One(
        'res.user', "Requested By", readonly=True, ondelete='SET NULL',
        states={
            'invisible': Eval('state') != 'pending',
            })
    requested_at = fields.DateTime(
        "Requested At", readonly=True,
        states={
            'invisible': Eval('state') != 'pending',
            })
    requested_redirect_uri = fields.Char(
        "Requested Redirect URI", readonly=True, strip=False)
    former_state = fields.Char("Former State", readonly=True)

    access_token = fields.Function(fields.Char("Access Token"), 'get_secret')
    refresh_token = fields.Function(
        fields.Char("Refresh Token"), 'get_secret')
    has_tokens = fields.Function(fields.Boolean("Has Tokens"), 'get_held')
    token_expiry = fields.DateTime(
        "Token Expiry", readonly=True,
        states={
            'invisible': ~Eval('token_expiry'),
            })
    token_digest = fields.Char("Token Digest", readonly=True, strip=False)
    granted_scopes = fields.Text(
        "Granted Scopes", readonly=True,
        states={
            'invisible': ~Eval('granted_scopes'),
            })
    missing_scopes = fields.Function(fields.Text(
            "Missing Scopes",
            states={
                'invisible': ~Eval('missing_scopes'),
                },
            help="What the services need and was not granted.\n"
            "Authorize again to grant it."),
        'get_missing_scopes')
    email = fields.Char(
        "Account", readonly=True,
        help="The email of the Google account.")
    sub = fields.Char("Account Identifier", readonly=True, strip=False)
    refresh_lease_token = fields.Char(
        "Refresh Lease", readonly=True, strip=False)
    refresh_lease_until = fields.Float(
        "Refresh Leased Until", readonly=True)

    sync_enabled = fields.Boolean(
        "Synchronize",
        help="Uncheck to stop the synchronization of all the services.")
    last_sync = fields.Timestamp("Last Synchronization", readonly=True)
    synchronizations = fields.One2Many(
        'google_integration.synchronization', 'credentials',
        "Synchronizations", readonly=True)
    state = fields.Selection([
            ('without_authorization', "Without Authorization"),
            ('pending', "Pending"),
            ('authorized', "Authorized"),
            ('expired', "Expired"),
            ], "State", required=True, readonly=True, sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints += [
            ('oauth_state_unique', Unique(table, table.oauth_state),
                'google_integration.msg_credentials_state_unique'),
            ]
        cls._sql_indexes.add(
            Index(
                table, (table.state, Index.Equality(cardinality='low')),
                where=table.state == 'pending'))
        cls._order.insert(0, ('name', 'ASC'))
        cls._transitions |= {
            ('without_authorization', 'pending'),
            ('without_authorization', 'authorized'),
            ('pending', 'pending'),
            ('pending', 'without_authorization'),
            ('pending', 'authorized'),
            ('pending', 'expired'),
            ('authorized', 'pending'),
            ('authorized', 'expired'),
            ('authorized', 'without_authorization'),
            ('expired', 'pending'),
            ('expired', 'authorized'),
            ('expired', 'without_authorization'),
            }
        tokens = Eval('has_tokens', False)
        cls._buttons.update({
                'request_authorization': {
                    'icon': 'google-integration-key',
                    },
                'cancel_request': {
                    'invisible': Eval('state') != 'pending',
                    'icon': 'tryton-cancel',
                    'depends': ['state'],
                    },
                'refresh_credentials': {
                    'invisible': ~tokens,
                    'icon': 'tryton-refresh',
                    'depends': ['has_tokens'],
                    },
                'test_connection': {
                    'invisible': ~tokens,
                    'icon': 'google-integration-connection',
                    'depends': ['has_tokens'],
                    },
                'discover': {
                    'invisible': ~tokens,
                    'icon': 'tryton-search',
                    'depends': ['has_tokens'],
                    },
                'revoke': {
                    'invisible': ~tokens & (Eval('state') != 'expired'),
                    'icon': 'tryton-clear',
                    'depends': ['has_tokens', 'state'],
                    },
                'rotate_keys': {
                    'invisible': ~Id(
                        'google_integration', 'group_google_admin').in_(
                        Eval('context', {}).get('groups', [])),
                    'icon': 'google-integration-key',
                    },
                })

    @classmethod
    def default_type(cls):
        return 'oauth'

    @classmethod
    def default_user(cls):
        return Transaction().user or None

    @classmethod
    def default_redirect_uri(cls):
        base = configuration.base_url()
        if not base and Transaction().context.get('_request'):
            base = http_base().rstrip('/')
        if base:
            return base + cls.callback_path()

    @classmethod
    def default_sync_enabled(cls):
        return True

    @classmethod
    def default_state(cls):
        return 'without_authorization'

    @classmethod
    def callback_path(cls):
        return f'/{quote(Transaction().database.name)}/google/callback'

    # Services

    @classmethod
    def service_models(cls):
        "The installed models that synchronise with Google"
        from .google_service import GoogleService
        return [
            Model for _, Model in Pool().iterobject()
            if issubclass(Model, GoogleService)
            and issubclass(Model, ModelSQL)]

    @classmethod
    def get_services(cls):
        get_name = Pool().get('ir.model').get_name
        return [
            (Model.__name__, get_name(Model.__name__))
            for Model in cls.service_models()]

    def asks_for(self, model_name):
        "Tell if the account is used for the service"
        return not self.services or model_name in self.services

    @property
    def required_scopes(self):
        "What Google is asked for"
        scopes = set()
        for Model in self.service_models():
            if self.asks_for(Model.__name__):
                scopes.update(Model.google_scopes_of(self))
        if self.type == 'oauth' or not scopes:
            # for a service account only what its administrator delegated
            scopes.update(IDENTITY_SCOPES)
        return sorted(scopes)

    def get_missing_scopes(self, name):
        if not self.token_digest:
            return
        return '\n'.join(sorted(oauth.missing_scopes(
                    self.required_scopes,
                    (self.granted_scopes or '').split()))) or None

    # Checks

    @classmethod
    def validate_fields(cls, records, field_names):
        super().validate_fields(records, field_names)
        if field_names and 'redirect_uri' not in field_names:
            return
        for record in records:
            if record.redirect_uri:
                cls.check_redirect_uri(record.redirect_uri)

    @classmethod
    def check_redirect_uri(cls, uri):
        try:
            if urlsplit(oauth.check_uri(uri)).fragment:
                raise ValueError
        except ValueError:
            raise RedirectURIError(gettext(
                    'google_integration.msg_redirect_uri_insecure', uri=uri)
                ) from None

    @classmethod
    def read(cls, ids, fields_names):
        # the clients show by its name to what a service belongs
        transaction = Transaction()
        if transaction.check_access and set(fields_names) == {'rec_name'}:
            ModelAccess = Pool().get('ir.model.access')
            ModelAccess.check(cls.__name__, 'read')
            with without_check_access():
                if all(r.shows_name(transaction.user)
                        for r in cls.browse(ids)):
                    return super().read(ids, fields_names)
        return super().read(ids, fields_names)

    def shows_name(self, user):
        "Tell if the user may know the name"
        return not self.user or self.user.id == user

    @classmethod
    def _readonly_fields(cls):
        "The fields that are written by the server only"
        return bookkeeping.readonly_fields(cls)

    @classmethod
    def _refuse_external(cls, names):
        for name in sorted(names & cls._readonly_fields()):
            raise AccessError(gettext(
                    'google_integration.msg_credentials_readonly',
                    **cls.__names__(name)))

    @classmethod
    def create(cls, vlist):
        transaction = Transaction()
        if transaction.user and transaction.check_access:
            for values in vlist:
                cls._refuse_external(values.keys())
            with bookkeeping.without_defaults(cls._readonly_fields()):
                return super().create(vlist)
        return super().create(vlist)

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        Warning = Pool().get('res.user.warning')
        super().check_modification(
            mode, records, values=values, external=external)
        if mode != 'write' or not external:
            return
        bookkeeping.check_rules(cls, records)
        cls._refuse_external(values.keys())
        cls._check_subject(records, values)
        if changed := cls._granted_change(records, values):
            key = Warning.format('google_change', changed)
            if Warning.check(key):
                raise CredentialsChangeWarning(key, gettext(
                        'google_integration.msg_credentials_change',
                        credentials=', '.join(r.rec_name for r in changed)))

    @classmethod
    def _check_subject(cls, records, values):
        """Check that the key may act for another subject.

        By domain-wide delegation it acts for whomever is named: who does not
        hold the key may not choose.
        """
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        User = pool.get('res.user')
        if 'service_account_key' in values or ModelData.get_id(
                'google_integration', 'group_google_admin'
                ) in User.get_groups():
            return
        for record in records:
            if (record.has_service_account_key
                    and cls._changed(record, values, {'subject'})):
                raise AccessError(gettext(
                        'google_integration.msg_credentials_subject',
                        credentials=record.rec_name))

    @classmethod
    def _granted_change(cls, records, values):
        "The records whose tokens do not belong to the new values"
        return [
            r for r in records
            if r.token_digest and cls._changed(r, values, GRANTED)]

    @staticmethod
    def _changed(record, values, names):
        for name in names & values.keys():
            value = getattr(record, name)
            if name == 'user' and value:
                value = value.id
            if (value or None) != (values[name] or None):
                return True
        return False

    @classmethod
    def on_write(cls, records, values):
        methods = super().on_write(records, values)
        if (REQUESTED | GRANTED) & values.keys():
            pending = [
                r.id for r in records
                if r.state == 'pending' and REQUESTED & values.keys()]
            changed = [r.id for r in cls._granted_change(records, values)]
            strangers = [
                r.id for r in records if cls._changed(r, values, ACCOUNT)]

            def void():
                cls.end_request(cls.browse(pending))
                cls.forget_tokens(cls.browse(changed))
                cls.forget_account(strangers)
            methods.append(void)
        return methods

    @classmethod
    def on_delete(cls, records):
        Secret = Pool().get('google_integration.secret')
        ids = [r.id for r in records]
        methods = super().on_delete(records)
        methods.append(lambda: Secret.forget(cls, ids))
        return methods

    @classmethod
    def copy(cls, records, default=None):
        default = default.copy() if default is not None else {}
        for name in cls._readonly_fields() - {'state'}:
            default.setdefault(name)
        return super().copy(records, default=default)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('state') == 'expired', 'danger',
                    If((Eval('state') == 'pending')
                        | Bool(Eval('missing_scopes')), 'warning',
                        If(Eval('state') == 'without_authorization',
                            'muted', ''))),
                ['missing_scopes']),
            ]

    @classmethod
    def utcnow(cls):
        return bookkeeping.utcnow().replace(microsecond=0)

    # Buttons

    @classmethod
    @ModelView.button
    def discover(cls, records):
        "Create the disabled records of what the accounts have to synchronise"
        bookkeeping.check_write(cls, records)
        Transaction().commit()
        for id in [r.id for r in records]:
            with cls.google_errors(id):
                for Model in cls.service_models():
                    # the transaction was committed in between
                    record = cls(id)
                    if record.asks_for(Model.__name__):
                        Model.discover(record)

    @classmethod
    @ModelView.button
    def rotate_keys(cls, records):
        "Encrypt the secrets of all with the newest key"
        Secret = Pool().get('google_integration.secret')
        rotated, unreadable = Secret.rotate()
        if user := Transaction().user:
            cls.notify_user(
                records, 'tryton-warning' if unreadable else 'tryton-ok',
                gettext('google_integration.msg_keys_rotated',
                    rotated=rotated, unreadable=unreadable),
                user=user)


del _oauth, _service_account
