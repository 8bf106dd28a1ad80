# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The section [google_integration] of the configuration file.

Nothing is kept: each call reads the configuration and checks what it reads.
"""
from urllib.parse import quote, urlsplit

import trytond.config as config
from trytond.i18n import gettext
from trytond.transaction import Transaction

from . import client, oauth
from .exceptions import ConfigurationError
from .transport import is_loopback

__all__ = [
    'base_url', 'client_settings', 'default_client', 'encryption_keys',
    'endpoints', 'lease', 'notification_uri', 'smtp_uri']

SECTION = 'google_integration'
DEADLINE = 300.0
LEASE = 600
SMTP = 'smtp+tls://smtp.gmail.com:587'


def _get(option):
    return (config.get(SECTION, option, default='') or '').strip()


def _refuse(option):
    raise ConfigurationError(gettext(
            'google_integration.msg_configuration',
            option=option, section=SECTION))


def _number(option, default, convert=float):
    value = _get(option)
    if not value:
        return default
    try:
        number = convert(value)
    except ValueError:
        _refuse(option)
    # also refuses what is not a number
    if not 0 < number < 1_000_000:
        _refuse(option)
    return number


def _uri(option):
    "The address of the option, '' if there is none"
    value = _get(option)
    if value:
        try:
            oauth.check_uri(value)
            parts = urlsplit(value)
        except ValueError:
            _refuse(option)
        if parts.query or parts.fragment:
            _refuse(option)
    return value


def api_root():
    "What replaces the address of each API, '' for Google's own"
    value = _uri('api_root')
    return value.rstrip('/') + '/' if value else ''


def smtp_uri():
    "The address of the server for SMTP, such as smtp+tls://host:port"
    value = _get('smtp_uri') or SMTP
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        _refuse('smtp_uri')
    # in the clear only on the loopback, as http
    secure = parts.scheme in {'smtp+tls', 'smtps'}
    if (not host or port == 0 or '@' in parts.netloc
            or parts.path.strip('/') or parts.query or parts.fragment
            or not (secure or parts.scheme == 'smtp' and is_loopback(host))):
        _refuse('smtp_uri')
    return value


def endpoints():
    "The addresses of OAuth"
    values = {'timeout': _number('timeout', 30.0)}
    for name in ['auth_uri', 'token_uri', 'revoke_uri']:
        if value := _uri(name):
            values[name] = value
    if root := api_root():
        default = oauth.Endpoints().userinfo_uri
        values['userinfo_uri'] = root + urlsplit(default).path.lstrip('/')
        # those of the discovery documents, and of the time before them
        values['other_userinfo_uris'] = tuple(
            root + path for path in [
                'oauth2/v2/userinfo', 'oauth2/v3/userinfo', 'userinfo/v2/me'])
    return oauth.Endpoints(**values)


def client_settings():
    "How to reach the APIs"
    return client.Settings(
        api_root=api_root(),
        timeout=_number('timeout', 30.0),
        retry=_number('retry', 6, int),
        deadline=_number('deadline', DEADLINE))


def lease():
    "The life of a lease in seconds"
    value = _number('lease', LEASE, int)
    if value <= _number('deadline', DEADLINE):
        _refuse('lease')
    return value


def base_url():
    "The public address of the server, None if it is not set"
    return _uri('base_url').rstrip('/') or None


def notification_uri():
    "Where Google announces changes, None if there is no such address"
    try:
        base = base_url()
    except ConfigurationError:
        # of which the redirect URI tells
        base = None
    if base:
        database = quote(Transaction().database.name)
        return f'{base}/{database}/google/notify'


def default_client():
    "The client ID and secret of the records without, None if not set"
    client_id, secret = _get('client_id'), _get('client_secret')
    if client_id and secret:
        return client_id, secret


def encryption_keys():
    "The Fernet keys, newest first"
    return _get('encryption_key').split()
