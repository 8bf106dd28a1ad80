# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The token endpoint, revocation, keys and the user's information."
import base64
import hashlib
import hmac
import json
import re
import secrets
from urllib.parse import unquote_plus

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from .errors import OAuthError
from .model import AccessToken, RefreshToken
from .oauth import known_scopes, split_scopes
from .state import b64, signing_key

_JWT_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
_TOKEN_URI = 'https://oauth2.googleapis.com/token'
_BASIC = {
    'openid', 'https://www.googleapis.com/auth/userinfo.email',
    'https://www.googleapis.com/auth/userinfo.profile'}
_KEY_ID = 'emulator-1'


def token(state, pairs, authorization):
    form = {}
    for name, value in pairs:
        if name in form:
            raise OAuthError(
                'invalid_request',
                f"OAuth 2 parameters can only have a single value: {name}")
        form[name] = value
    grant_type = form.get('grant_type')
    if not grant_type:
        raise OAuthError(
            'invalid_request', "Missing required parameter: grant_type")
    if grant_type == _JWT_GRANT:
        return _jwt_bearer(state, form)
    if grant_type not in {'authorization_code', 'refresh_token'}:
        raise OAuthError(
            'unsupported_grant_type', f"Invalid grant_type: {grant_type}")
    client = _client(state, form, authorization)
    if grant_type == 'authorization_code':
        return _exchange(state, form, client)
    return _refresh(state, form, client)


def _client(state, form, authorization):
    "In the body or basic"
    client_id, secret = form.get('client_id'), form.get('client_secret')
    if authorization.lower().startswith('basic '):
        try:
            text = base64.b64decode(authorization[6:]).decode()
        except ValueError:
            raise OAuthError(
                'invalid_client', "Malformed basic credentials", 401)
        client_id, _, secret = text.partition(':')
        client_id, secret = unquote_plus(client_id), unquote_plus(secret)
    if not client_id:
        raise OAuthError(
            'invalid_request', "Could not determine client ID from request.")
    client = state.clients.get(client_id)
    if client is None:
        raise OAuthError(
            'invalid_client', "The OAuth client was not found.", 401)
    if client.deleted:
        raise OAuthError(
            'deleted_client', "The OAuth client was deleted.", 401)
    if not secret:
        raise OAuthError('invalid_request', "client_secret is missing.")
    if not hmac.compare_digest(
            secret.encode(), client.client_secret.encode()):
        raise OAuthError(
            'invalid_client', "The provided client secret is invalid.", 401)
    return client


def _exchange(state, form, client):
    for name in ['code', 'redirect_uri']:
        if not form.get(name):
            raise OAuthError(
                'invalid_request', f"Missing required parameter: {name}")
    code = state.codes.get(form['code'])
    if code is None:
        raise OAuthError('invalid_grant', "Malformed auth code.")
    # used, expired, or for another client or redirect URI
    if (code.used or code.expires < state.clock()
            or code.client_id != client.client_id):
        raise OAuthError('invalid_grant', "Bad Request")
    if form['redirect_uri'] != code.redirect_uri:
        if (client.type == 'web'
                and form['redirect_uri'] not in client.redirect_uris):
            raise OAuthError('redirect_uri_mismatch', "Bad Request")
        raise OAuthError('invalid_grant', "Bad Request")
    if code.challenge is not None:
        # [RFC 7636] the verifier is required when a challenge was sent
        verifier = form.get('code_verifier', '')
        if not verifier:
            raise OAuthError('invalid_grant', "Missing code verifier.")
        if code.challenge_method == 'S256':
            value = b64(hashlib.sha256(verifier.encode()).digest())
        else:
            value = verifier
        if (not re.match(r'[A-Za-z0-9\-._~]{43,128}$', verifier)
                or not hmac.compare_digest(value, code.challenge)):
            raise OAuthError('invalid_grant', "Invalid code verifier.")
    # [Implement server-side authorization (Gmail)] only once
    code.used = True
    if (code.email, code.client_id) not in state.grants:
        raise OAuthError('invalid_grant', "Bad Request")
    refresh = None
    if code.offline and code.consent:
        refresh = _new_refresh_token(state, client, code)
    answer = _new_access_token(
        state, client.client_id, code.email, code.scopes, refresh)
    if refresh:
        answer['refresh_token'] = refresh
    if 'openid' in code.scopes:
        answer['id_token'] = _id_token(
            state, client.client_id, code.email, code.scopes,
            answer['access_token'], code.nonce)
    return answer


def _new_refresh_token(state, client, code):
    token = '1//0' + secrets.token_urlsafe(60)
    now = state.clock()
    expires = None
    # [Using OAuth 2.0 to Access Google APIs] 7 days while testing
    if (client.status == 'testing' and client.user_type == 'external'
            and set(code.scopes) - _BASIC):
        expires = now + 7 * 86400
    same = [
        t for t in state.refresh_tokens.values()
        if (t.email, t.client_id) == (code.email, client.client_id)]
    # the oldest is dropped without notice: 100 per account and client
    limit = state.options['refresh_token_limit']
    for old in same[:max(0, len(same) - limit + 1)]:
        del state.refresh_tokens[old.token]
    state.refresh_tokens[token] = RefreshToken(
        token, client.client_id, code.email, list(code.scopes), now, now,
        expires)
    return token


def _new_access_token(state, client_id, email, scopes, refresh=None,
        **values):
    token = 'ya29.' + secrets.token_urlsafe(96)
    life = state.options['token_life']
    state.access_tokens[token] = AccessToken(
        token, client_id, email, list(scopes), state.clock() + life,
        refresh, **values)
    answer = {
        'access_token': token,
        'expires_in': life - 1,
        'scope': ' '.join(scopes),
        'token_type': 'Bearer',
        }
    held = state.refresh_tokens.get(refresh)
    if held is not None and held.expires is not None:
        # only when access was granted for a limited time
        answer['refresh_token_expires_in'] = int(
            held.expires - state.clock())
    return answer


def _refresh(state, form, client):
    if not form.get('refresh_token'):
        raise OAuthError(
            'invalid_request', "Missing required parameter: refresh_token")
    held = state.refresh_tokens.get(form['refresh_token'])
    now = state.clock()
    # not used for six months, ended, revoked, unknown
    if held is not None and (
            held.last_used + 182 * 86400 < now
            or held.expires is not None and held.expires < now):
        del state.refresh_tokens[held.token]
        held = None
    if held is None:
        raise OAuthError(
            'invalid_grant', "Token has been expired or revoked.")
    if held.client_id != client.client_id:
        raise OAuthError('unauthorized_client', "Unauthorized", 401)
    scopes = held.scopes
    if form.get('scope'):
        asked = split_scopes(form['scope'])
        # (unverified) wider than granted: invalid_scope
        if set(asked) - set(scopes):
            raise OAuthError(
                'invalid_scope',
                "Some requested scopes were invalid. "
                f"{{invalid={sorted(set(asked) - set(scopes))}}}")
        scopes = asked
    held.last_used = now
    answer = _new_access_token(
        state, client.client_id, held.email, scopes, held.token)
    if 'openid' in scopes:
        answer['id_token'] = _id_token(
            state, client.client_id, held.email, scopes,
            answer['access_token'])
    return answer


def _jwt(state, claims):
    head = {'alg': 'RS256', 'kid': _KEY_ID, 'typ': 'JWT'}
    text = '.'.join(
        b64(json.dumps(part, separators=(',', ':')).encode())
        for part in [head, claims])
    signature = signing_key().sign(
        text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f'{text}.{b64(signature)}'


def _id_token(state, client_id, email, scopes, access_token, nonce=None):
    user = state.user(email)
    now = int(state.now())
    digest = hashlib.sha256(access_token.encode()).digest()
    claims = {
        'iss': 'https://accounts.google.com',
        'azp': client_id,
        'aud': client_id,
        'sub': user.sub,
        'at_hash': b64(digest[:16]),
        'iat': now,
        'exp': now + 3600,
        }
    if user.type == 'internal':
        claims['hd'] = email.partition('@')[2]
    if nonce:
        claims['nonce'] = nonce
    if any(s.endswith('userinfo.email') for s in scopes):
        claims.update(email=email, email_verified=True)
    if any(s.endswith('userinfo.profile') for s in scopes):
        claims['name'] = user.name
    return _jwt(state, claims)


def certs():
    numbers = signing_key().public_key().public_numbers()

    def encode(number):
        return b64(number.to_bytes((number.bit_length() + 7) // 8, 'big'))

    return {'keys': [{
                'kty': 'RSA', 'alg': 'RS256', 'use': 'sig', 'kid': _KEY_ID,
                'n': encode(numbers.n), 'e': encode(numbers.e),
                }]}


# -- service accounts [Using OAuth 2.0 for Server to Server Applications]

def _part(text):
    return json.loads(base64.urlsafe_b64decode(text + '=' * (-len(text) % 4)))


def _jwt_bearer(state, form):
    assertion = form.get('assertion')
    if not assertion:
        raise OAuthError(
            'invalid_request', "Missing required parameter: assertion")
    try:
        head, body, signature = assertion.split('.')
        header, claims = _part(head), _part(body)
        mark = base64.urlsafe_b64decode(
            signature + '=' * (-len(signature) % 4))
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise ValueError
    except ValueError:
        raise OAuthError('invalid_grant', "Bad Request")
    if header.get('alg') != 'RS256':
        raise OAuthError('invalid_grant', "Invalid JWT Signature.")
    account = state.service_accounts.get(claims.get('iss'))
    if account is None:
        raise OAuthError(
            'invalid_grant', "Invalid grant: account not found")
    if header.get('kid') not in {None, account.key_id}:
        raise OAuthError('invalid_grant', "Invalid JWT Signature.")
    try:
        account.public_key.verify(
            mark, f'{head}.{body}'.encode(), padding.PKCS1v15(),
            hashes.SHA256())
    except InvalidSignature:
        raise OAuthError('invalid_grant', "Invalid JWT Signature.")
    own = state.url + '/token'
    if claims.get('aud') not in {
            _TOKEN_URI, own, own.replace('127.0.0.1', 'localhost')}:
        raise OAuthError(
            'invalid_grant', "Invalid JWT: Failed audience check. The right "
            f"audience is {_TOKEN_URI}")
    _check_window(state, claims)
    scopes = claims.get('scope')
    if not isinstance(scopes, str) or not scopes.split():
        raise OAuthError(
            'invalid_scope', "Empty or missing scope not allowed.")
    scopes = split_scopes(scopes)
    if any(s not in known_scopes() for s in scopes):
        raise OAuthError(
            'invalid_scope',
            "Invalid OAuth scope or ID token audience provided.")
    subject = claims.get('sub')
    if subject is None or subject == account.email:
        return _new_access_token(
            state, account.client_id, account.email, scopes, service=True)
    user = state.user(subject)
    if user is None:
        raise OAuthError('invalid_grant', "Invalid email or User ID")
    # every scope needs delegation
    if set(scopes) - account.delegation:
        raise OAuthError(
            'unauthorized_client',
            "Client is unauthorized to retrieve access tokens using this "
            "method, or client not authorized for any of the scopes "
            "requested.", 401)
    return _new_access_token(
        state, account.client_id, user.email, scopes, service=True,
        delegated=True)


def _check_window(state, claims):
    now = state.now()
    iat, exp = claims.get('iat'), claims.get('exp')
    good = all(
        isinstance(v, (int, float)) and not isinstance(v, bool)
        for v in [iat, exp])
    # (unverified) five minutes of tolerance
    if (not good or exp - iat > 3600 or exp <= iat
            or iat > now + 300 or exp < now - 300):
        raise OAuthError(
            'invalid_grant', "Invalid JWT: Token must be a short-lived "
            "token (60 minutes) and in a reasonable timeframe. Check your "
            "iat and exp values in the JWT claim.")


# -- revocation and information

def revoke(state, pairs):
    "200 when done, 400 when the token is unknown or already dead"
    text = dict(pairs).get('token')
    if not text:
        raise OAuthError('invalid_request', "Missing parameter: token")
    held = (
        state.refresh_tokens.get(text) or state.access_tokens.get(text))
    if held is None:
        raise OAuthError('invalid_token', "Token expired or revoked")
    if getattr(held, 'service', False):
        del state.access_tokens[text]
    else:
        state.revoke_grant(held.email, held.client_id)
    return {}


def bearer(state, headers):
    "Return the live access token of the headers, or None"
    kind, _, text = headers.get('authorization', '').partition(' ')
    if kind.lower() != 'bearer':
        return None
    held = state.access_tokens.get(text.strip())
    if held is None or held.expires <= state.clock():
        return None
    return held


def userinfo(state, held, openid):
    user = state.user(held.email)
    if openid:
        # [OpenID Connect]
        answer = {'sub': user.sub}
        verified = 'email_verified'
    else:
        answer = {'id': user.sub}
        verified = 'verified_email'
    if any(s.endswith('userinfo.email') for s in held.scopes):
        answer.update({'email': user.email, verified: True})
    if any(s.endswith('userinfo.profile') for s in held.scopes):
        answer['name'] = user.name
    if user.type == 'internal':
        answer['hd'] = user.email.partition('@')[2]
    return answer
