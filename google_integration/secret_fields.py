# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The fields that can be filled and never be read."""
import hashlib
import json

from trytond.i18n import gettext
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import configuration, oauth, redaction
from .exceptions import (
    AuthorizationError, ClientSecretFileError, RedirectURIWarning,
    ServiceAccountKeyError)

__all__ = ['SecretFieldsMixin']


class SecretFieldsMixin:
    "The fields of the credentials that can be set and never read"
    __slots__ = ()

    def get_secret(self, name):
        "Nobody is answered"

    @classmethod
    def get_held(cls, records, names):
        Secret = Pool().get('google_integration.secret')
        ids = [r.id for r in records]
        held = Secret.held(cls, ids, [
                'client_secret', 'service_account_key', 'access_token'])
        secret_of = {
            'has_client_secret': 'client_secret',
            'has_service_account_key': 'service_account_key',
            'has_tokens': 'access_token',
            }
        return {
            name: {id: id in held[secret_of[name]] for id in ids}
            for name in names}

    def get_authorization_url(self, name):
        Secret = Pool().get('google_integration.secret')
        if (self.state == 'pending' and self.requested_by
                and self.requested_by.id == Transaction().user):
            if url := Secret.reveal(self, 'authorization_url'):
                return redaction.Redacted(url)

    @classmethod
    def set_client_secret(cls, records, name, value):
        Secret = Pool().get('google_integration.secret')
        for record in records:
            Secret.store(record, name, value and value.strip())

    @classmethod
    def index_set_field(cls, name):
        index = super().index_set_field(name)
        if name == 'client_secret_file':
            # the file stands over an empty secret of a new record
            index += 1
        return index

    @classmethod
    def set_client_secret_file(cls, records, name, value):
        Warning = Pool().get('res.user.warning')
        if not value:
            return
        try:
            secrets = oauth.parse_client_secrets(value)
        except oauth.ClientSecretsError as error:
            raise ClientSecretFileError(gettext(
                    f'google_integration.msg_client_file_{error.code}')
                ) from None
        for record in records:
            uri = record.redirect_uri
            if uri not in secrets.redirect_uris:
                key = hashlib.sha256(json.dumps(
                        [secrets.client_id, uri]).encode()).hexdigest()
                key = f'{key[:32]}.google_redirect_uri'
                if Warning.check(key):
                    raise RedirectURIWarning(key, gettext(
                            'google_integration.msg_client_file_redirect_uri',
                            uri=uri or ''))
        cls.write(records, {
                'client_id': secrets.client_id,
                'client_secret': secrets.client_secret,
                })

    @classmethod
    def set_service_account_key(cls, records, name, value):
        Secret = Pool().get('google_integration.secret')
        key = None
        if value:
            try:
                key = oauth.parse_service_account_key(value)
            except oauth.ServiceAccountKeyError as error:
                raise ServiceAccountKeyError(gettext(
                        f'google_integration.msg_key_file_{error.code}')
                    ) from None
        for record in records:
            Secret.store(record, name, key and json.dumps(key))
        cls.write(records, {
                'service_account': key and key['client_email'],
                })

    def client_configuration(self):
        "Return the client with its secret"
        Secret = Pool().get('google_integration.secret')
        default = configuration.default_client()
        if self.client_id:
            secret = Secret.reveal(self, 'client_secret')
            if not secret and default and default[0] == self.client_id:
                secret = default[1]
            client = self.client_id, secret
        else:
            client = default
        if not client or not all(client):
            raise AuthorizationError(gettext(
                    'google_integration.msg_client_missing',
                    credentials=self.rec_name))
        return oauth.ClientConfiguration(*client)

    def service_account_configuration(self):
        "Return the key of the service account"
        Secret = Pool().get('google_integration.secret')
        key = Secret.reveal(self, 'service_account_key')
        if not key:
            raise AuthorizationError(gettext(
                    'google_integration.msg_service_account_key_missing',
                    credentials=self.rec_name))
        return json.loads(key)
