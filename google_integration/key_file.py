# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The JSON files that Google's console gives: of a client, of a key.

Only the known keys are read and never an address: where tokens go is said by
the configuration.
"""
import json
from dataclasses import dataclass, field

import google.oauth2.service_account

__all__ = [
    'ClientSecrets', 'ClientSecretsError', 'KEY_FIELDS',
    'ServiceAccountKeyError', 'parse_client_secrets',
    'parse_service_account_key']

KEY_FIELDS = (
    'type', 'project_id', 'private_key_id', 'private_key', 'client_email',
    'client_id')



class ClientSecretsError(Exception):
    "``code``: 'not_json', 'not_google' or 'installed'"

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class ServiceAccountKeyError(Exception):
    "``code``: 'not_json', 'not_service_account' or 'private_key'"

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass
class ClientSecrets:
    "What is read from the JSON file of Google's console"
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple = ()


def _text(value):
    return value if isinstance(value, str) and value else None


def _parse(content):
    try:
        if isinstance(content, str):
            content = content.encode('utf-8')
        return json.loads(content)
    except (AttributeError, TypeError, ValueError, RecursionError):
        return None


def parse_client_secrets(content):
    """Return the ClientSecrets in the JSON file (bytes) of Google's console.

    Only the known keys are read, no address.  Raises ClientSecretsError.
    """
    data = _parse(content)
    if data is None:
        raise ClientSecretsError('not_json')
    web = data.get('web') if isinstance(data, dict) else None
    if not isinstance(web, dict):
        installed = isinstance(data, dict) and 'installed' in data
        raise ClientSecretsError('installed' if installed else 'not_google')
    client_id, secret = web.get('client_id'), web.get('client_secret')
    uris = web.get('redirect_uris') or []
    if not (_text(client_id) and _text(secret) and isinstance(uris, list)):
        raise ClientSecretsError('not_google')
    return ClientSecrets(
        client_id, secret, tuple(uri for uri in uris if _text(uri)))


def parse_service_account_key(content):
    """Return the known keys, a dict of text, of a key file (bytes or str).

    The private key is tried.  Raises ServiceAccountKeyError.
    """
    data = _parse(content)
    if data is None:
        raise ServiceAccountKeyError('not_json')
    if (not isinstance(data, dict) or data.get('type') != 'service_account'
            or not _text(data.get('client_email'))):
        raise ServiceAccountKeyError('not_service_account')
    key = {name: data[name] for name in KEY_FIELDS if _text(data.get(name))}
    signature = None
    try:
        signature = (
            google.oauth2.service_account.Credentials
            .from_service_account_info(
                {**key, 'token_uri': 'https://oauth2.googleapis.com/token'})
            .sign_bytes(b''))
    except Exception:
        # of the many kinds that a broken key may raise
        pass
    if not signature:
        raise ServiceAccountKeyError('private_key')
    return key
