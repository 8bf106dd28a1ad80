# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""OAuth 2.0 with Google: consent, tokens, refresh, revocation.

No record, no database, no trytond.  Nothing here keeps or logs a secret, and
no exception holds one.

[Using OAuth 2.0 for Web Server Applications;
Using OAuth 2.0 for Server to Server Applications]
"""
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import google.auth.jwt
import google.oauth2.credentials
import google.oauth2.service_account
from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2 import InsecureTransportError
from requests_oauthlib import OAuth2Session

from .exchange import Exchange, OAuthError, Request
from .key_file import (
    KEY_FIELDS,
    ClientSecrets,
    ClientSecretsError,
    ServiceAccountKeyError,
    parse_client_secrets,
    parse_service_account_key,
)
from .silence import silence
from .transport import InsecureURI, check_uri

__all__ = [
    'AuthorizationRequest', 'ClientConfiguration', 'ClientSecrets',
    'ClientSecretsError', 'Endpoints', 'InsecureURI', 'OAuthError',
    'ServiceAccountKeyError', 'Tokens', 'authorization_request', 'check_uri',
    'exchange_code', 'missing_scopes', 'parse_client_secrets',
    'parse_service_account_key', 'refresh', 'revoke', 'same_digest',
    'service_account_token', 'state_digest', 'userinfo']

# Difference of the clocks that is accepted, in seconds
CLOCK_SKEW = 300
# Life of a token whose answer does not tell it, in seconds
UNKNOWN_LIFE = 600

_ISSUERS = {'https://accounts.google.com', 'accounts.google.com'}
# Google grants the first for the second
_ALIASES = {
    'https://www.googleapis.com/auth/userinfo.email': 'email',
    'https://www.googleapis.com/auth/userinfo.profile': 'profile',
    }


@dataclass(frozen=True)
class Endpoints:
    "Google's addresses, and the seconds that one function may take there"
    auth_uri: str = 'https://accounts.google.com/o/oauth2/v2/auth'
    token_uri: str = 'https://oauth2.googleapis.com/token'
    revoke_uri: str = 'https://oauth2.googleapis.com/revoke'
    userinfo_uri: str = 'https://openidconnect.googleapis.com/v1/userinfo'
    # where to ask when nothing is there
    other_userinfo_uris: tuple = ()
    timeout: float = 30.0


@dataclass
class ClientConfiguration:
    "The OAuth client of type Web application"
    client_id: str
    client_secret: str = field(repr=False)


@dataclass
class AuthorizationRequest:
    """The address that the user opens, and what its answer is checked with.

    The address holds the state: both are for who asked alone.
    """
    url: str = field(repr=False)
    state: str = field(repr=False)
    code_verifier: str = field(repr=False)


@dataclass
class Tokens:
    """What Google granted.

    - ``refresh_token``: None if none came: keep the one held.
    - ``expiry``: naive datetime in UTC, as google-auth wants it.
    - ``scopes``: frozenset of those really granted; empty if a refresh did
      not tell: keep those held.
    - ``email``, ``subject``: the account and its stable id; None when unknown.
    """
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expiry: datetime
    scopes: frozenset
    email: str | None = field(default=None, repr=False)
    subject: str | None = field(default=None, repr=False)


# -- consent

def _flow(client, redirect_uri, scopes, endpoints, code_verifier=None):
    config = {
        'client_id': client.client_id,
        'client_secret': client.client_secret,
        'auth_uri': check_uri(endpoints.auth_uri),
        'token_uri': check_uri(endpoints.token_uri),
        }
    session = OAuth2Session(
        client_id=client.client_id, scope=scopes, redirect_uri=redirect_uri)
    return Flow(
        session, 'web', {'web': config}, redirect_uri=redirect_uri,
        code_verifier=code_verifier)


def authorization_request(
        client, redirect_uri, scopes, endpoints, *, login_hint=None,
        consent=True):
    """Return the AuthorizationRequest that asks the user for ``scopes``.

    ``login_hint`` preselects an account; ``consent`` shows the page even to
    who has consented before: only then a refresh token surely comes.  Makes no
    request.  Raises InsecureURI.
    [Using OAuth 2.0 for Web Server Applications]
    """
    silence()
    state = secrets.token_urlsafe(32)
    flow = _flow(client, redirect_uri, list(scopes), endpoints)
    options = {
        'access_type': 'offline',
        'include_granted_scopes': 'true',
        }
    if consent:
        options['prompt'] = 'consent'
    if login_hint:
        options['login_hint'] = login_hint
    error = None
    try:
        url, _ = flow.authorization_url(state=state, **options)
    except InsecureTransportError:
        error = InsecureURI(
            "oauthlib accepts http on loopback only with "
            "OAUTHLIB_INSECURE_TRANSPORT=1 in the environment")
    if error:
        raise error
    return AuthorizationRequest(url, state, flow.code_verifier)


def exchange_code(
        client, redirect_uri, scopes, code, code_verifier, endpoints):
    """Return the Tokens for the code that the callback got.

    A code works once: it is never sent twice.  Raises OAuthError, where
    ``invalid_grant`` is about the code.
    [Using OAuth 2.0 for Web Server Applications]
    """
    # Without scopes here, oauthlib does not raise a warning that carries the
    # token when the user granted others than asked for.
    flow = _flow(client, redirect_uri, None, endpoints, code_verifier)
    exchange = Exchange(endpoints, flow.oauth2session)

    def fetch():
        flow.fetch_token(
            code=code, include_client_id=True, timeout=exchange.timeout)
        return _tokens(exchange, scopes)

    try:
        tokens = exchange.run(fetch, tries=1)
    finally:
        exchange.close()
    return _identify(tokens, exchange.data, client, endpoints)


def _tokens(exchange, scopes=()):
    "Return the Tokens of the answer; raises OAuthError if it holds none"
    data = exchange.data
    token = data.get('access_token')
    if exchange.status != 200 or not token or not isinstance(token, str):
        raise exchange.failure()
    granted = data.get('scope')
    if isinstance(granted, str):
        scopes = granted.split()
    refresh_token = data.get('refresh_token')
    if not isinstance(refresh_token, str):
        refresh_token = None
    try:
        life = max(int(data['expires_in']), 0)
        expiry = _utcnow() + timedelta(seconds=life)
    except (KeyError, OverflowError, TypeError, ValueError):
        expiry = _utcnow() + timedelta(seconds=UNKNOWN_LIFE)
    return Tokens(token, refresh_token or None, expiry, frozenset(scopes))


def _utcnow():
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)


def _identify(tokens, data, client, endpoints, ask=True):
    "Fill email and subject of tokens, which were just issued"
    def text(value):
        return value if isinstance(value, str) and value else None

    claims = _claims(data.get('id_token'), client)
    identity = {'openid', 'email', 'profile'}.intersection(
        _ALIASES.get(scope, scope) for scope in tokens.scopes)
    if ask and identity and not (claims.get('sub') and claims.get('email')):
        claims = userinfo(tokens.access_token, endpoints) or claims
    tokens.email = text(claims.get('email'))
    tokens.subject = text(claims.get('sub') or claims.get('id'))
    return tokens


def _claims(id_token, client):
    """Return the claims of an ID token that is for us and in time, or {}.

    It came directly from the token endpoint: the connection vouches for it,
    the signature need not be checked [OpenID Connect Core, 3.1.3.7].
    """
    try:
        claims = google.auth.jwt.decode(id_token, verify=False)
        audience = claims.get('aud')
        if isinstance(audience, str):
            audience = [audience]
        if (client.client_id in audience
                and claims.get('azp', client.client_id) == client.client_id
                and claims.get('iss') in _ISSUERS
                and claims['exp'] > time.time() - CLOCK_SKEW):
            return claims
    except Exception:
        # of no use, and its text holds the token
        pass
    return {}


def userinfo(access_token, endpoints):
    "Return what Google tells about the account, {} if it does not"
    for uri in [endpoints.userinfo_uri, *endpoints.other_userinfo_uris]:
        claims = _userinfo(access_token, uri, endpoints)
        if claims.get('sub') or claims.get('id'):
            return claims
    return {}


def _userinfo(access_token, uri, endpoints):
    exchange = None
    try:
        check_uri(uri)
        exchange = Exchange(endpoints)
        exchange.run(lambda: exchange.session.get(
                uri, timeout=exchange.timeout,
                headers={'Authorization': f'Bearer {access_token}'}))
        return exchange.data if exchange.status == 200 else {}
    except (OAuthError, InsecureURI):
        return {}
    finally:
        if exchange:
            exchange.close()


# -- tokens

def refresh(client, refresh_token, endpoints):
    """Return new Tokens.

    Tried again when Google fails, all within ``endpoints.timeout`` seconds.
    Raises OAuthError: ``invalid_grant`` means that the grant is dead.
    [Using OAuth 2.0 to Access Google APIs]
    """
    credentials = google.oauth2.credentials.Credentials(
        None, refresh_token=refresh_token or '',
        token_uri=check_uri(endpoints.token_uri),
        client_id=client.client_id or '',
        client_secret=client.client_secret or '')
    exchange = Exchange(endpoints)
    tokens = _fetch(exchange, credentials)
    return _identify(tokens, exchange.data, client, endpoints, ask=False)


def _fetch(exchange, credentials, scopes=(), classify=None):
    def fetch():
        credentials.refresh(Request(exchange))
        return _tokens(exchange, scopes)

    try:
        return exchange.run(fetch, classify)
    finally:
        exchange.close()


def revoke(token, endpoints):
    """Revoke a token and the grant behind it; False if it is dead already.

    Raises OAuthError.  [Using OAuth 2.0 for Web Server Applications]
    """
    uri = check_uri(endpoints.revoke_uri)
    exchange = Exchange(endpoints)

    def post():
        exchange.session.post(
            uri, data={'token': token}, timeout=exchange.timeout)
        if exchange.status not in {200, 400}:
            raise exchange.failure()
        return exchange.status == 200

    try:
        return exchange.run(post)
    finally:
        exchange.close()


def service_account_token(key, scopes, subject, endpoints):
    """Return the Tokens of a service account, for ``subject`` if given.

    ``key`` is what parse_service_account_key returned; ``subject`` the e-mail
    of the user to act for.  Raises OAuthError: ``key``, ``audience``,
    ``delegation``, ``subject`` or ``clock`` name what is to be repaired.
    [Using OAuth 2.0 for Server to Server Applications]
    """
    scopes = list(scopes)
    uri = check_uri(endpoints.token_uri)
    credentials = None
    try:
        info = {name: key[name] for name in KEY_FIELDS if name in key}
        credentials = (
            google.oauth2.service_account.Credentials
            .from_service_account_info(
                {**info, 'token_uri': uri}, scopes=scopes,
                subject=subject or None,
                # google-auth always claims Google's own
                additional_claims={'aud': uri}))
    except Exception:
        # of the many kinds that a broken key may raise
        pass
    if credentials is None:
        raise OAuthError('key')
    exchange = Exchange(endpoints)
    tokens = _fetch(exchange, credentials, scopes, _service_account_error)
    tokens.email = subject or credentials.service_account_email
    return tokens


def _service_account_error(exchange, error):
    """Return the error of a service account with the code of its cause.

    Google's only sign is the description (unverified), and for the clock the
    header Date.
    """
    if error.transient:
        return error
    code, text = error.code, error.description.lower()
    if not exchange.status:
        # it could not be signed
        code = 'key'
    elif code in {'unauthorized_client', 'access_denied'}:
        code = 'delegation'
    elif code in {'invalid_grant', 'invalid_request'}:
        if 'audience' in text:
            code = 'audience'
        elif (abs(exchange.skew) > CLOCK_SKEW or 'reasonable timeframe' in text
                or re.search(r'\b(iat|exp)\b', text)):
            code = 'clock'
        elif ('email' in text or 'user id' in text or '"sub"' in text
                or 'account has been deleted' in text):
            code = 'subject'
        elif code == 'invalid_grant':
            # the signature, the account of the key, or something unknown
            code = 'key'
    return OAuthError(code, error.description)


# -- helpers of the callers

def missing_scopes(asked, granted):
    """Return the frozenset of the scopes asked for and not granted.

    Google answers the short names of OpenID by their long ones.
    """
    granted = {_ALIASES.get(scope, scope) for scope in granted}
    return frozenset(
        scope for scope in asked
        if _ALIASES.get(scope, scope) not in granted)


def state_digest(state):
    "Return the hexadecimal SHA-256 of the text ``state``"
    return hashlib.sha256(state.encode('utf-8', 'surrogatepass')).hexdigest()


def same_digest(a, b):
    "Compare two digests in constant time; an empty one is like none"
    return bool(a and b) and hmac.compare_digest(
        a.encode('utf-8', 'surrogatepass'), b.encode('utf-8', 'surrogatepass'))
