# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The flow of OAuth 2.0, from the request to the callback."""
import datetime as dt
import logging
from dataclasses import dataclass, field

from sql import Null

from trytond.i18n import gettext
from trytond.model import ModelView, Workflow
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import bookkeeping, configuration, oauth, redaction
from .client import GoogleError
from .exceptions import (
    AuthorizationError, AuthorizationLinkError, GoogleCredentialsError,
    WrongAccountError)
from .tokens import digest
from .transaction import short

__all__ = ['AuthorizationMixin']

logger = logging.getLogger(__name__)

# the life of a request
LIFE = dt.timedelta(minutes=10)
# and what an exchange that has begun may take besides
EXCHANGE = dt.timedelta(minutes=5)
CLAIMED = 'claimed '


@dataclass
class Claim:
    "A request whose answer is being treated, as plain data"
    state: str
    client: object = field(repr=False)
    redirect_uri: str
    scopes: list
    code_verifier: str = field(repr=False)
    user: int | None
    has_refresh_token: bool
    email: str | None
    sub: str | None


class AuthorizationMixin:
    "Asking for the consent of Google, and what comes of it"
    __slots__ = ()

    # Request

    @classmethod
    @ModelView.button
    def request_authorization(cls, records):
        """Ask for the authorization, of one record.

        OAuth opens Google's page in the browser, without talking to Google
        here; a service account gets its token at once.
        """
        bookkeeping.check_write(cls, records)
        Secret = Pool().get('google_integration.secret')
        if len(records) > 1:
            raise AuthorizationError(
                gettext('google_integration.msg_authorize_one'))
        for record in records:
            Secret.check_key()
            if record.type == 'service_account':
                cls._authorize_service_account(record.id)
            else:
                return cls._open(record._request())

    @classmethod
    def _open(cls, url):
        "The action that opens the address in the browser"
        pool = Pool()
        Action = pool.get('ir.action')
        ModelData = pool.get('ir.model.data')
        action_id = Action.get_action_id(
            ModelData.get_id('google_integration', 'url_authorization'))
        action = Action(action_id).get_action_value()
        action['url'] = redaction.Redacted(url)
        return action

    def _request(self):
        "Make the request and return the address of the consent page"
        pool = Pool()
        Secret = pool.get('google_integration.secret')
        cls = type(self)
        client = self.client_configuration()
        redirect_uri = self.redirect_uri or self.default_redirect_uri()
        if not redirect_uri:
            raise AuthorizationError(gettext(
                    'google_integration.msg_redirect_uri_missing',
                    credentials=self.rec_name))
        self.check_redirect_uri(redirect_uri)
        scopes = self.required_scopes
        with cls.google_errors(self.id):
            request = oauth.authorization_request(
                client, redirect_uri, scopes, configuration.endpoints(),
                login_hint=self.email,
                consent=not Secret.held(
                    cls, [self.id], ['refresh_token'])['refresh_token'])
        values = {
            'oauth_state': oauth.state_digest(request.state),
            'scopes': '\n'.join(scopes),
            'requested_by': Transaction().user or None,
            'requested_at': cls.utcnow(),
            'requested_redirect_uri': redirect_uri,
            }
        if self.state != 'pending':
            values['former_state'] = self.state
        cls.write([self], values)
        Secret.store(self, 'code_verifier', request.code_verifier)
        Secret.store(self, 'authorization_url', request.url)
        cls._pend([self])
        logger.info(
            "authorization of credentials %s requested by user %s",
            self.id, Transaction().user)
        return request.url

    @classmethod
    def _authorize_service_account(cls, id):
        transaction = Transaction()
        record = cls(id)
        key = record.service_account_configuration()
        scopes, subject = record.required_scopes, record.subject
        endpoints = configuration.endpoints()
        transaction.commit()
        try:
            with cls.google_errors(id):
                tokens = oauth.service_account_token(
                    key, scopes, subject, endpoints)
        except GoogleCredentialsError as error:
            logger.warning(
                "authorization of credentials %s failed: %s",
                id, getattr(error.__cause__, 'code', ''))
            raise

        def write():
            record = cls(id)
            if (record.type != 'service_account' or record.subject != subject
                    or record.service_account_configuration() != key):
                raise AuthorizationError(gettext(
                        'google_integration.msg_changed_meanwhile',
                        credentials=record.rec_name))
            record._grant(tokens)
        short(write)
        logger.info("credentials %s authorized", id)

    def ask_account(self):
        "Ask Google whose the token is"
        client = self.get_client('oauth2', 'v2')
        try:
            client.execute(client.api.userinfo().get())
        except GoogleError as error:
            # who stands in for Google may have another address for it
            if error.status != 404 or not oauth.userinfo(
                    client.credentials.token, configuration.endpoints()):
                raise
        finally:
            client.close()

    # Transitions

    @classmethod
    @Workflow.transition('pending')
    def _pend(cls, records):
        pass

    @classmethod
    @Workflow.transition('authorized')
    def _authorize(cls, records):
        pass

    @classmethod
    @ModelView.button
    def cancel_request(cls, records):
        "Return to the state before the request"
        bookkeeping.check_write(cls, records)
        cls.end_request(records)

    @classmethod
    def end_request(cls, records):
        "Return the pending records to the state before the request"
        Secret = Pool().get('google_integration.secret')
        transitions = {
            'authorized': cls._authorize,
            'expired': cls.expire,
            }
        for record in records:
            if record.state != 'pending':
                continue
            state = record.former_state
            if state == 'authorized' and not record.token_digest:
                state = None
            cls._clear_request(record.id)
            transitions.get(state, cls.reset)([cls(record.id)])
        Secret.forget(
            cls, [r.id for r in records],
            ['code_verifier', 'authorization_url'])

    @classmethod
    def _clear_request(cls, id):
        bookkeeping.update(cls, [id], {
                'oauth_state': None,
                'scopes': None,
                'requested_by': None,
                'requested_at': None,
                'requested_redirect_uri': None,
                'former_state': None,
                })

    @classmethod
    def expire_requests(cls, records=None):
        "Return the requests that nobody answered to the state before"
        if records is None:
            records = cls.search([
                    ('state', '=', 'pending'),
                    ['OR',
                        ('requested_at', '=', None),
                        ('requested_at', '<=', cls.utcnow() - LIFE),
                        ],
                    ])
        for record in records:
            if record.request_expired and cls._swap_state(
                    record.id, record.oauth_state, None):
                logger.info(
                    "the request of credentials %s has expired", record.id)
                cls.end_request([cls(record.id)])

    @property
    def request_expired(self):
        if not self.requested_at:
            return True
        life = LIFE
        if (self.oauth_state or '').startswith(CLAIMED):
            life += EXCHANGE
        return self.requested_at + life <= self.utcnow()

    @classmethod
    def _swap_state(cls, id, former, new):
        "Replace the digest of the state of a request, if it still is that"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.update(
                [table.oauth_state], [new],
                where=(table.id == id) & (table.state == 'pending')
                & (table.oauth_state == (former or Null))))
        for cache in Transaction().cache.values():
            if cls.__name__ in cache:
                cache[cls.__name__].pop(id, None)
        return cursor.rowcount == 1

    # Callback

    @classmethod
    def find_request(cls, state):
        "Return the record whose pending request has the state, or None"
        if not state:
            return
        state = oauth.state_digest(state)
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id, table.oauth_state,
                where=(table.oauth_state == state)
                & (table.state == 'pending')))
        for id, stored in cursor.fetchall():
            if oauth.same_digest(stored, state):
                return cls(id)

    def authorize(self, code, state):
        """Exchange the code that came with the state for tokens.

        Commits, as the state is claimed before the code is exchanged: whatever
        happens after, it never works again.
        """
        cls, id = type(self), self.id
        claim = cls._claim(id, state)
        try:
            with cls.google_errors(id):
                try:
                    tokens = oauth.exchange_code(
                        claim.client, claim.redirect_uri, claim.scopes, code,
                        claim.code_verifier, configuration.endpoints())
                except oauth.OAuthError as error:
                    if error.code == 'invalid_grant':
                        # here it is about the code
                        raise oauth.OAuthError(
                            'invalid_code', error.description) from None
                    raise
            cls._check_account(id, claim, tokens)
        except GoogleCredentialsError as error:
            logger.warning(
                "authorization of credentials %s failed: %s",
                id, getattr(error.__cause__, 'code', type(error).__name__))
            cls._fail(id, claim)
            raise
        except BaseException:
            cls._fail(id, claim)
            raise

        def write():
            if not cls._swap_state(id, claim.state, None):
                return False
            record = cls(id)
            user = record.requested_by
            cls._clear_request(id)
            cls(id)._grant(tokens)
            if user:
                cls.notify_one(
                    id, user, 'tryton-ok', 'msg_authorization_succeeded')
            return True
        with Transaction().set_user(claim.user or 0), \
                Transaction().set_context(_skip_warnings=True):
            written = short(write)
        if not written:
            logger.warning(
                "the request of credentials %s was replaced", id)
            raise cls._link_error()
        logger.info("credentials %s authorized", id)

    def refuse(self, state):
        "Google's page was left without consent"
        cls = type(self)
        state = oauth.state_digest(state)
        Transaction().commit()

        def write():
            if not cls._swap_state(self.id, state, None):
                return False
            cls.end_request([cls(self.id)])
            return True
        if not short(write):
            raise cls._link_error()
        logger.info("authorization of credentials %s denied", self.id)

    @classmethod
    def _claim(cls, id, state):
        "Claim the request: it is the first statement of its transaction"
        Secret = Pool().get('google_integration.secret')
        transaction = Transaction()
        state = oauth.state_digest(state)
        claimed = CLAIMED + state
        transaction.commit()
        if not short(lambda: cls._swap_state(id, state, claimed)):
            raise cls._link_error()
        record = cls(id)
        try:
            if record.requested_at + LIFE <= cls.utcnow():
                raise cls._link_error()
            claim = Claim(
                claimed, record.client_configuration(),
                record.requested_redirect_uri, record.scopes.split(),
                Secret.reveal(record, 'code_verifier'),
                record.requested_by.id if record.requested_by else None,
                bool(Secret.held(
                        cls, [id], ['refresh_token'])['refresh_token']),
                record.email, record.sub)
            if not claim.code_verifier:
                raise cls._link_error()
        except Exception:
            transaction.rollback()
            short(lambda: cls.end_request([cls(id)]))
            raise
        short(lambda: Secret.forget(
                cls, [id], ['code_verifier', 'authorization_url']))
        return claim

    @classmethod
    def _link_error(cls):
        return AuthorizationLinkError(
            gettext('google_integration.msg_authorization_link'))

    @classmethod
    def _fail(cls, id, claim):
        "The request has failed"
        Transaction().rollback()

        def write():
            if cls._swap_state(id, claim.state, None):
                cls.end_request([cls(id)])
        short(write)

    @classmethod
    def _check_account(cls, id, claim, tokens):
        """Refuse tokens of another account, and those that do not last.

        They are not revoked: that would revoke the whole grant that the
        account may have given elsewhere to the same client.
        """
        record = cls(id)
        if claim.sub:
            same = tokens.subject == claim.sub
        elif claim.email:
            same = (tokens.email or '').lower() == claim.email.lower()
        else:
            same = True
        if not same:
            if record.requested_by:
                short(lambda: cls.notify_one(
                        id, record.requested_by, 'tryton-warning',
                        'msg_authorization_wrong_account'))
            raise WrongAccountError(gettext(
                    'google_integration.msg_wrong_account',
                    credentials=record.rec_name, account=claim.email or '',
                    other=tokens.email or ''))
        if not tokens.refresh_token and not claim.has_refresh_token:
            raise AuthorizationError(gettext(
                    'google_integration.msg_refresh_token_missing',
                    credentials=record.rec_name))

    def _grant(self, tokens):
        "Write the tokens and what they stand for"
        cls = type(self)
        values = {'token_digest': cls._digest(tokens, self.token_digest)}
        if self.type == 'service_account':
            values['token_digest'] = digest(tokens.access_token)
        for name, value in [
                ('email', tokens.email), ('sub', tokens.subject)]:
            if value:
                values[name] = value
        bookkeeping.update(cls, [self.id], values)
        self.hold(tokens)
        cls._authorize([cls(self.id)])
        for Model in cls.service_models():
            Model.make_due(cls(self.id))
