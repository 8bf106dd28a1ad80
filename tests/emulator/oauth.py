# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The authorization endpoint and the consent page [Using OAuth 2.0 for Web
Server Applications]"""
import functools
import html
import re
import secrets
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .discovery import load
from .errors import PageError
from .model import Code

_ALIASES = {
    'email': 'https://www.googleapis.com/auth/userinfo.email',
    'profile': 'https://www.googleapis.com/auth/userinfo.profile',
    }
_IDENTITY = {'openid', *_ALIASES.values()}
_PARAMETERS = {
    'client_id', 'redirect_uri', 'response_type', 'scope', 'access_type',
    'state', 'include_granted_scopes', 'enable_granular_consent',
    'login_hint', 'prompt', 'code_challenge', 'code_challenge_method',
    'nonce', 'hd', 'display', 'hl'}


@functools.cache
def known_scopes():
    scopes = set(_IDENTITY)
    for name in [
            'calendar.v3', 'drive.v3', 'driveactivity.v2', 'gmail.v1',
            'people.v1']:
        scopes.update(load(name)['auth']['oauth2']['scopes'])
    return scopes


def split_scopes(text):
    "Return the scopes in their full form, each once"
    result = []
    for scope in text.split():
        scope = _ALIASES.get(scope, scope)
        if scope not in result:
            result.append(scope)
    return result


def _validate(state, pairs):
    "Return the request; raise PageError for what is never redirected"
    request = {}
    for name, value in pairs:
        if name in request:
            raise PageError(
                'invalid_request',
                f"OAuth 2 parameters can only have a single value: {name}")
        request[name] = value
    if unknown := set(request) - _PARAMETERS:
        raise PageError(
            'invalid_request',
            f"Parameter not allowed for this message type: "
            f"{', '.join(sorted(unknown))}")
    for name in ['client_id', 'redirect_uri', 'response_type', 'scope']:
        if not request.get(name):
            raise PageError(
                'invalid_request', f"Missing required parameter: {name}")
    client = state.clients.get(request['client_id'])
    if client is None:
        raise PageError(
            'invalid_client', "The OAuth client was not found.", 401)
    if client.deleted:
        raise PageError(
            'deleted_client', "The OAuth client was deleted.", 401)
    # scheme, case and trailing slash count
    if client.type == 'web':
        allowed = request['redirect_uri'] in client.redirect_uris
    else:
        # loopback with any port [OAuth 2.0 for Mobile & Desktop Apps]
        allowed = re.match(
            r'http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(/|$)',
            request['redirect_uri']) is not None
    if not allowed:
        raise PageError(
            'redirect_uri_mismatch',
            "You can't sign in because this app sent an invalid request: "
            f"redirect_uri={request['redirect_uri']}")
    if request['response_type'] != 'code':
        raise PageError(
            'unsupported_response_type'
            if request['response_type'] not in {'token', 'id_token'}
            else 'invalid_request',
            f"Invalid response_type: {request['response_type']}")
    scopes = split_scopes(request['scope'])
    bad = [s for s in scopes if s not in known_scopes()]
    if bad or not scopes:
        raise PageError(
            'invalid_scope',
            f"Some requested scopes were invalid. {{invalid={bad}}}")
    if request.get('access_type', 'online') not in {'online', 'offline'}:
        raise PageError('invalid_request', "Invalid access_type")
    prompt = set(request.get('prompt', '').split())
    if (prompt - {'none', 'consent', 'select_account'}
            or 'none' in prompt and len(prompt) > 1):
        raise PageError('invalid_request', "Invalid parameter: prompt")
    for name in ['include_granted_scopes', 'enable_granular_consent']:
        if request.get(name, 'false') not in {'true', 'false'}:
            raise PageError('invalid_request', f"Invalid parameter: {name}")
    # [RFC 7636] plain when the method is left out
    method = request.get('code_challenge_method')
    challenge = request.get('code_challenge')
    if method is not None and challenge is None:
        raise PageError(
            'invalid_request', "Missing required parameter: code_challenge")
    if challenge is not None:
        method = method or 'plain'
        if method not in {'S256', 'plain'}:
            raise PageError(
                'invalid_request',
                f"Invalid parameter: code_challenge_method {method}")
        size = '{43}' if method == 'S256' else '{43,128}'
        if not re.match(rf'[A-Za-z0-9\-._~]{size}$', challenge):
            raise PageError(
                'invalid_request', "Invalid parameter: code_challenge")
    return client, request, scopes


def authorize(state, query):
    "GET: return (status, headers, html)"
    client, request, scopes = _validate(
        state, parse_qsl(query, keep_blank_values=True))
    if request.get('prompt') == 'none':
        user = _hinted(state, request)
        granted = state.grants.get((user.email, client.client_id), []) \
            if user else []
        if user and set(scopes) <= set(granted):
            return _answer(
                state, client, request, scopes, user, scopes, False)
        # (unverified) the name of the error
        return _redirect(request, {'error': 'interaction_required'})
    key = secrets.token_urlsafe(24)
    state.consents[key] = (client.client_id, request, scopes)
    return 200, {'Content-Type': 'text/html; charset=utf-8'}, _page(
        state, client, request, scopes, key)


def _hinted(state, request):
    hint = request.get('login_hint', '').lower()
    for user in state.users.values():
        if not user.service and hint in {user.email, user.sub}:
            return user


def _page(state, client, request, scopes, key):
    hinted = _hinted(state, request)
    accounts = ''.join(
        f'<option value="{html.escape(u.email)}"'
        f'{" selected" if u is hinted else ""}>{html.escape(u.email)}'
        '</option>'
        for u in state.users.values() if not u.service)
    boxes = []
    for scope in scopes:
        name = html.escape(scope)
        if scope in _IDENTITY:
            # the sign-in scopes cannot be unticked
            boxes.append(
                f'<li><input type="hidden" name="scope" value="{name}">'
                f'{name}</li>')
        else:
            # granular consent; ticked, so that a browser test is short
            boxes.append(
                '<li><label><input type="checkbox" name="scope" checked '
                f'value="{name}">{name}</label></li>')
    return f'''<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in with Google
(emulator)</title></head><body><h1>{html.escape(client.client_id)} wants
access to your Google Account</h1>
<form method="post" action="/o/oauth2/v2/auth">
<input type="hidden" name="request" value="{html.escape(key)}">
<p><label>Account <select name="account">{accounts}</select></label></p>
<ul>{''.join(boxes)}</ul>
<p><button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button></p>
</form></body></html>'''


def consent(state, pairs):
    "POST of the consent page: return (status, headers, html)"
    form = dict(pairs)
    key = form.get('request')
    if key not in state.consents:
        raise PageError('invalid_request', "The page has expired.")
    client_id, request, scopes = state.consents[key]
    client = state.clients.get(client_id)
    if client is None or client.deleted:
        raise PageError(
            'deleted_client', "The OAuth client was deleted.", 401)
    if form.get('decision') not in {'allow', 'deny'}:
        raise PageError('invalid_request', "No decision")
    if form['decision'] == 'deny':
        del state.consents[key]
        return _redirect(request, {'error': 'access_denied'})
    user = state.user(form.get('account', ''))
    if user is None or user.service:
        raise PageError('invalid_request', "Couldn't find your account")
    # what Google shows on its own page
    if client.user_type == 'internal' and user.type != 'internal':
        raise PageError(
            'org_internal', "This client is restricted to users within "
            "its organization.", 403)
    if (client.user_type == 'external' and client.status == 'testing'
            and user.email not in {t.lower() for t in client.test_users}):
        raise PageError(
            'access_denied', "The app has not completed the Google "
            "verification process and can only be accessed by "
            "developer-approved testers.", 403)
    ticked = [v for n, v in pairs if n == 'scope']
    if set(ticked) - set(scopes):
        raise PageError('invalid_request', "Scope that was not asked for")
    granted = [s for s in scopes if s in ticked or s in _IDENTITY]
    del state.consents[key]
    if not granted:
        return _redirect(request, {'error': 'access_denied'})
    return _answer(state, client, request, scopes, user, granted, True)


def _answer(state, client, request, scopes, user, granted, asked):
    key = (user.email, client.client_id)
    before = state.grants.get(key)
    # [Using OAuth 2.0 for Web Server Applications] the refresh token comes
    # with the first consent, or when the consent was forced
    consent = asked and (
        before is None or 'consent' in request.get('prompt', '').split())
    if not consent and asked and set(granted) - set(before):
        consent = True  # new scopes: the consent is asked for again
    state.grants[key] = list(before or []) + [
        s for s in granted if s not in (before or [])]
    if request.get('include_granted_scopes') == 'true':
        granted = granted + [
            s for s in state.grants[key] if s not in granted]
    code = '4/0A' + secrets.token_urlsafe(48)
    challenge = request.get('code_challenge')
    state.codes[code] = Code(
        code, client.client_id, user.email, request['redirect_uri'],
        granted, scopes, request.get('access_type') == 'offline', consent,
        challenge,
        request.get('code_challenge_method') or 'plain',
        request.get('nonce'),
        state.clock() + state.options['code_life'])
    values = {
        'code': code,
        'scope': ' '.join(granted),
        # (unverified) two parameters that Google adds
        'authuser': '0',
        'prompt': request.get('prompt') or 'consent',
        }
    if state.options['callback_iss']:
        values['iss'] = 'https://accounts.google.com'
    return _redirect(request, values)


def _redirect(request, values):
    if 'state' in request:
        values = {'state': request['state'], **values}
    parts = urlsplit(request['redirect_uri'])
    query = '&'.join(filter(None, [parts.query, urlencode(values)]))
    location = urlunsplit(parts._replace(query=query))
    return 302, {
        'Location': location, 'Cache-Control': 'no-store',
        'Content-Type': 'text/html; charset=utf-8'}, ''


def error_page(error):
    return f'''<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Error {error.code}:
{html.escape(error.error)}</title></head><body><h1>Access blocked</h1>
<p>Error {error.code}: {html.escape(error.error)}</p>
<p>{html.escape(error.message)}</p></body></html>'''
