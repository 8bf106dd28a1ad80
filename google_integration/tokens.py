# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The tokens that are held: use, refresh, loss, revocation."""
import datetime as dt
import hashlib
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import google.oauth2.credentials
from sql import Null

from trytond.i18n import gettext
from trytond.model import ModelView, Workflow, fields
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import bookkeeping, configuration, oauth
from .client import Client, GoogleError
from .exceptions import (
    AuthorizationError, GoogleCredentialsError, GoogleUnreachable)
from .lease import Lease
from .transaction import in_transaction, short

__all__ = ['TokenMixin', 'digest']

logger = logging.getLogger(__name__)

# a token is replaced that long before it expires
ADVANCE = dt.timedelta(minutes=5)
# a token that still lives that long can be used while it is being replaced
ALIVE = dt.timedelta(seconds=10)
# between two looks at what another process does
PAUSE = 0.1

# the function through which this module waits; tests replace it
sleep = time.sleep


def digest(token):
    "Tell a token from another without revealing it"
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass
class Held:
    "What is held for the account, as plain data"
    type: str
    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expiry: dt.datetime | None
    digest: str | None
    scopes: list
    client: object = field(repr=False, default=None)
    key: dict | None = field(repr=False, default=None)
    subject: str | None = None
    required: list = field(default_factory=list)

    def lives(self, margin, refused=None):
        return bool(
            self.access_token and self.access_token != refused
            and self.expiry and self.expiry - margin >= bookkeeping.utcnow())

    def credentials(self):
        return google.oauth2.credentials.Credentials(
            self.access_token, expiry=self.expiry, scopes=self.scopes)


class TokenMixin:
    "The tokens of the credentials: held, refreshed, revoked"
    __slots__ = ()

    def get_credentials(self):
        """Return google-auth credentials with a token for some minutes.

        Depends on the tokens held and not on the state.  To be called with
        no write pending: it commits, and may talk to Google.
        """
        cls = type(self)
        with cls.google_errors(self.id):
            return cls._token(self.id)

    def get_client(self, api, version, parameters=None):
        "Return a client of the API, which renews its token once refused"
        cls, id = type(self), self.id
        transaction = Transaction()
        start = (
            transaction.database.name, transaction.user, transaction.context)
        credentials = self.get_credentials()

        def refresh():
            nonlocal credentials
            with in_transaction(*start):
                credentials = cls._token(id, refused=credentials.token)
            return credentials

        return Client(
            credentials, api, version, configuration.client_settings(),
            refresh=refresh, parameters=parameters)

    @classmethod
    def _held(cls, id):
        "Read what is held and end the transaction"
        Secret = Pool().get('google_integration.secret')
        transaction = Transaction()
        try:
            record = cls(id)
            held = Held(
                record.type,
                Secret.reveal(record, 'access_token'),
                Secret.reveal(record, 'refresh_token'),
                record.token_expiry,
                record.token_digest,
                (record.granted_scopes or '').split())
            if held.type == 'service_account':
                held.key = record.service_account_configuration()
                held.subject = record.subject
                held.required = record.required_scopes
            elif held.refresh_token:
                held.client = record.client_configuration()
        finally:
            transaction.rollback()
        return held

    @classmethod
    def _token(cls, id, refused=None):
        """Return the credentials, of which the token is not the refused one.

        One process at a time asks Google: the others go on with the token
        that they have, and wait only if it does not live any more.
        """
        Transaction().commit()
        endpoints = configuration.endpoints()
        duration = int(2 * endpoints.timeout) + 30
        end = time.monotonic() + duration + 30
        while True:
            held = cls._held(id)
            if held.lives(ADVANCE, refused):
                return held.credentials()
            if not held.digest or not (
                    held.refresh_token or held.type == 'service_account'):
                raise oauth.OAuthError('no_token')
            lease = Lease(cls, id, duration, name='refresh_lease')
            if lease.take():
                try:
                    # it may have been renewed before
                    held = cls._held(id)
                    if held.lives(ADVANCE, refused):
                        return held.credentials()
                    if held.digest and cls._renew(id, held, endpoints):
                        return cls._held(id).credentials()
                except oauth.OAuthError as error:
                    if error.transient and held.lives(ALIVE, refused):
                        return held.credentials()
                    raise
                finally:
                    short(lease.release)
            elif held.lives(ALIVE, refused):
                return held.credentials()
            if time.monotonic() > end:
                raise oauth.OAuthError('unreachable', transient=True)
            sleep(PAUSE)

    @classmethod
    def _renew(cls, id, held, endpoints):
        "Get a new token from Google and tell if it was written"
        try:
            if held.type == 'service_account':
                tokens = oauth.service_account_token(
                    held.key, held.required, held.subject, endpoints)
            else:
                tokens = oauth.refresh(
                    held.client, held.refresh_token, endpoints)
        except oauth.OAuthError as error:
            logger.warning(
                "refresh of the token of credentials %s failed: %s",
                id, error.code)
            if (error.code == 'invalid_grant' and held.type == 'oauth'
                    and not short(lambda: cls._lose(id, held.digest))):
                # other tokens came in the meantime
                return False
            raise

        def write():
            if not cls._swap(id, held.digest, tokens):
                return False
            record = cls(id)
            record.hold(tokens)
            cls._log_write(record, 'access_token')
            return True
        written = short(write)
        if written:
            logger.info("token of credentials %s refreshed", id)
        return written

    @classmethod
    def _swap(cls, id, former, tokens=None):
        """Replace the tokens, if they still are those of the digest.

        It is the first statement of its transaction.
        """
        if tokens:
            new = cls._digest(tokens, former)
        else:
            new = None
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.update(
                [table.token_digest], [new],
                where=(table.id == id) & (
                    table.token_digest == (former or Null))))
        return cursor.rowcount == 1

    @staticmethod
    def _digest(tokens, former=None):
        "The digest of the grant: of the refresh token, if there is one"
        if tokens.refresh_token:
            return digest(tokens.refresh_token)
        return former or digest(tokens.access_token)

    def hold(self, tokens):
        "Write the tokens, without that the record counts as modified"
        Secret = Pool().get('google_integration.secret')
        Secret.store(self, 'access_token', tokens.access_token)
        if tokens.refresh_token:
            Secret.store(self, 'refresh_token', tokens.refresh_token)
        values = {'token_expiry': tokens.expiry}
        if tokens.scopes:
            values['granted_scopes'] = '\n'.join(sorted(tokens.scopes))
        bookkeeping.update(type(self), [self.id], values)

    @classmethod
    def forget_tokens(cls, records):
        "Forget the tokens of the records, which lose their authorization"
        Secret = Pool().get('google_integration.secret')
        ids = [r.id for r in records]
        Secret.forget(cls, ids, ['access_token', 'refresh_token'])
        Pool().get('google_integration.channel').forget(ids)
        bookkeeping.update(cls, ids, {
                'token_digest': None,
                'token_expiry': None,
                'granted_scopes': None,
                })
        cls.end_request(
            [r for r in cls.browse(ids) if r.state == 'pending'])
        cls.reset(cls.browse(ids))

    @classmethod
    def forget_account(cls, ids):
        bookkeeping.update(cls, ids, {'email': None, 'sub': None})

    @classmethod
    def _lose(cls, id, former):
        "Google does not know the grant any more"
        Secret = Pool().get('google_integration.secret')
        if not cls._swap(id, former):
            return False
        Secret.forget(cls, [id], ['access_token', 'refresh_token'])
        Pool().get('google_integration.channel').forget([id])
        bookkeeping.update(
            cls, [id], {'token_expiry': None, 'granted_scopes': None})
        record = cls(id)
        if record.state == 'pending':
            bookkeeping.update(cls, [id], {'former_state': 'expired'})
        else:
            cls.expire([record])
        logger.warning("the authorization of credentials %s has expired", id)
        cls.notify_owner(id, 'msg_authorization_expired')
        return True

    # Transitions

    @classmethod
    @Workflow.transition('expired')
    def expire(cls, records):
        pass

    @classmethod
    @Workflow.transition('without_authorization')
    def reset(cls, records):
        pass

    # Messages

    @property
    def owners(self):
        "The user of the credentials, or who configures what is shared"
        if self.user:
            return [self.user]
        return self.administrators()

    @classmethod
    def administrators(cls):
        "The users who configure what belongs to nobody"
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        User = pool.get('res.user')
        return User.search([
                ('groups', '=', ModelData.get_id(
                        'google_integration', 'group_google_admin')),
                ])

    @classmethod
    def notify_owner(cls, id, message):
        for user in cls(id).owners:
            cls.notify_one(id, user, 'tryton-warning', message)

    @classmethod
    def notify_one(cls, id, user, icon, message, **arguments):
        "Notify the user in the own language"
        language = user.language.code if user.language else None
        with Transaction().set_context(language=language):
            record = cls(id)
            cls.notify_user(
                [record], icon, gettext(
                    f'google_integration.{message}',
                    credentials=record.rec_name, account=record.email or '',
                    **arguments),
                user=user.id)

    @classmethod
    def _log_write(cls, record, name):
        "Log what was done without a person, for whom the owner stands"
        user = Transaction().user or (record.user and record.user.id)
        if user:
            cls.log([record], 'write', name, user=user)

    @classmethod
    @contextmanager
    def google_errors(cls, id):
        "Say in the language of the user what to do about an error of Google"
        try:
            yield
        except (oauth.OAuthError, oauth.InsecureURI, GoogleError) as error:
            Transaction().rollback()
            raise cls.translate_error(id, error) from error

    @classmethod
    def translate_error(cls, id, error):
        "Return the exception that tells the user about the error"
        record = cls(id)
        name = record.rec_name

        def message(id_, **arguments):
            return gettext(
                f'google_integration.{id_}', credentials=name, **arguments)

        if isinstance(error, oauth.InsecureURI):
            return AuthorizationError(
                message('msg_google_insecure'), str(error))
        if error.transient:
            return GoogleUnreachable(message('msg_google_unreachable'))
        if isinstance(error, GoogleError):
            return GoogleCredentialsError(
                message('msg_google_refused', reason=error.reason),
                error.message)
        if error.code == 'no_token':
            return GoogleCredentialsError(message('msg_not_authorized'))
        if record.type == 'service_account':
            codes = {
                'audience', 'clock', 'delegation', 'invalid_scope', 'key',
                'subject'}
            prefix = 'msg_service_account_'
        else:
            codes = {
                'deleted_client', 'invalid_client', 'invalid_code',
                'invalid_grant', 'invalid_scope', 'redirect_uri_mismatch',
                'unauthorized_client'}
            prefix = 'msg_oauth_'
        if error.code in codes:
            return AuthorizationError(
                message(f'{prefix}{error.code}'), error.description)
        return AuthorizationError(
            message('msg_google_refused', reason=error.code),
            error.description)

    # Buttons

    @classmethod
    @ModelView.button
    def refresh_credentials(cls, records):
        "Replace the tokens now"
        bookkeeping.check_write(cls, records)
        for id in [r.id for r in records]:
            with cls.google_errors(id):
                Transaction().commit()
                cls._token(id, refused=cls._held(id).access_token)

    @classmethod
    @ModelView.button
    def test_connection(cls, records):
        "Ask Google whose the token is"
        bookkeeping.check_write(cls, records)
        for id in [r.id for r in records]:
            with cls.google_errors(id):
                Transaction().commit()
                record = cls(id)
                if record.type == 'oauth':
                    record.ask_account()
                else:
                    cls._token(id, refused=cls._held(id).access_token)
            record = cls(id)
            logger.info("connection of credentials %s tested", id)
            user = Transaction().user
            if user:
                cls.notify_user(
                    [record], 'tryton-ok',
                    gettext('google_integration.msg_connection_works',
                        credentials=record.rec_name,
                        account=record.email or ''),
                    user=user)

    @classmethod
    @ModelView.button
    def revoke(cls, records):
        "Revoke the tokens at Google and forget them"
        bookkeeping.check_write(cls, records)
        for id in [r.id for r in records]:
            cls._revoke(id)

    @classmethod
    def _revoke(cls, id):
        Secret = Pool().get('google_integration.secret')
        transaction = Transaction()
        record = cls(id)
        former = record.token_digest
        token = None
        if record.type == 'oauth':
            token = (
                Secret.reveal(record, 'refresh_token')
                or Secret.reveal(record, 'access_token'))
        transaction.commit()
        if former:
            Pool().get('google_integration.channel').close_all(id)
        if token:
            try:
                with cls.google_errors(id):
                    alive = oauth.revoke(token, configuration.endpoints())
            except GoogleCredentialsError:
                logger.warning("revocation of credentials %s failed", id)
                raise
            logger.info(
                "the tokens of credentials %s were %s", id,
                "revoked" if alive else "dead already")

        def forget():
            if not cls._swap(id, former):
                raise AuthorizationError(gettext(
                        'google_integration.msg_changed_meanwhile',
                        credentials=cls(id).rec_name))
            cls.forget_tokens([cls(id)])
            if not cls._in_use(id):
                # another account may be connected
                cls.forget_account([id])
        short(forget)
        logger.info("the tokens of credentials %s were forgotten", id)

    @classmethod
    def _in_use(cls, id):
        "Tell if there are services that belong to the account"
        cursor = Transaction().connection.cursor()
        for Model in cls.service_models():
            table = Model.__table__()
            cursor.execute(*table.select(
                    table.id,
                    where=fields.SQL_OPERATORS['='](table.credentials, id),
                    limit=1))
            if cursor.fetchone():
                return True
        return False
