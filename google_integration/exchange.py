# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Requests to the token endpoint and its like, and what their answers mean"""
import re
import time
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

import google.auth.exceptions
import google.auth.transport.requests
import requests
from oauthlib.oauth2 import InsecureTransportError

from . import transport
from .silence import silence
from .transport import InsecureRedirect, InsecureURI

__all__ = ['Exchange', 'OAuthError', 'Request']

# Tries of what may be asked twice, all within Endpoints.timeout
TRIES = 3

_TRANSIENT = {
    'internal_failure', 'server_error', 'temporarily_unavailable'}
# Parameters of requests that are no secrets
_PUBLIC = {'client_id', 'grant_type', 'redirect_uri', 'scope'}


class OAuthError(Exception):
    """Google gave no token.

    - ``code``: Google's error (``invalid_grant``, ``invalid_client``,
      ``unauthorized_client``, ``invalid_scope``...), ``unreachable`` or
      ``server_error`` when it failed, ``insecure_redirect``; of a service
      account: ``key``, ``audience``, ``delegation``, ``subject``, ``clock``,
      never ``invalid_grant``.
    - ``description``: Google's text, short, without any secret, or ''.
    - ``transient``: the same may succeed later; says nothing of the grant.
    """

    def __init__(self, code, description='', transient=False):
        super().__init__(code, description)
        self.code = code
        self.description = description
        self.transient = transient

    def __str__(self):
        return ': '.join(filter(None, [self.code, self.description]))

    def __repr__(self):
        return f'<{type(self).__name__} {self}>'


class Request(google.auth.transport.requests.Request):
    "google-auth's own request, which it does not repeat by itself"

    def __init__(self, exchange):
        super().__init__(exchange.session)
        self._exchange = exchange

    def __call__(self, url, method='GET', body=None, headers=None,
            timeout=None, **kwargs):
        response = super().__call__(
            url, method=method, body=body, headers=headers,
            timeout=self._exchange.timeout, **kwargs)
        if response.status != 200 and self._exchange.failure().transient:
            raise google.auth.exceptions.TransportError()
        return response


class Exchange:
    "Some requests to one endpoint"

    def __init__(self, endpoints, session=None):
        silence()
        self._attempts = transport.Attempts(TRIES, endpoints.timeout)
        self.session = session or requests.Session()
        # keeps requests from looking for a password in ~/.netrc
        self.session.auth = lambda request: request
        self._adapter = transport.SecureAdapter()
        self.session.mount('https://', self._adapter)
        self.session.mount('http://', self._adapter)

    @property
    def timeout(self):
        "Return the seconds left for a request"
        return max(self._attempts.remaining(), 0.1)

    @property
    def status(self):
        response = self._adapter.response
        return 0 if response is None else response.status_code

    @property
    def data(self):
        "Return the JSON object that Google answered, or {}"
        try:
            data = self._adapter.response.json()
        except (AttributeError, OSError, RuntimeError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    @property
    def skew(self):
        "Return the seconds by which Google's clock is ahead of ours"
        try:
            date = self._adapter.response.headers['date']
            return parsedate_to_datetime(date).timestamp() - time.time()
        except (AttributeError, KeyError, TypeError, ValueError,
                OverflowError):
            return 0

    def failure(self):
        "Return the OAuthError that the last answer, if any, means"
        if not self.status:
            return OAuthError('unreachable', transient=True)
        code, text = self.data.get('error'), self.data.get('error_description')
        if isinstance(code, dict):
            code, text = code.get('status'), code.get('message')
        code, text = self._clean(code), self._clean(text)
        if not re.fullmatch(r'[A-Za-z_]{1,60}', code):
            code = None
        if (self.status >= 500 or self.status in {408, 429}
                or _TRANSIENT.intersection([code, text])):
            return OAuthError('server_error', text, transient=True)
        if self.status == 200:
            # an answer, and no token in it
            return OAuthError('server_error', transient=True)
        return OAuthError(code or f'http_{self.status}', text)

    def _clean(self, text):
        "Return a short text without anything secret of the request"
        if not isinstance(text, str):
            return ''
        for name, value in parse_qsl(self._adapter.body):
            if name not in _PUBLIC:
                text = text.replace(value, '***')
        return re.sub(r'[\s\x00-\x1f\x7f]+', ' ', text).strip()[:200]

    def run(self, function, classify=None, tries=TRIES):
        """Return what ``function`` returns, which makes one request.

        Raises OAuthError and InsecureURI only.
        """
        while True:
            self._adapter.response = None
            error = None
            try:
                return function()
            except InsecureRedirect:
                error = OAuthError('insecure_redirect')
            except (OAuthError, InsecureURI) as exception:
                error = exception
            except InsecureTransportError:
                error = InsecureURI(
                    "oauthlib accepts http on loopback only with "
                    "OAUTHLIB_INSECURE_TRANSPORT=1 in the environment")
            except (requests.RequestException,
                    google.auth.exceptions.TransportError):
                error = self.failure()
            except Exception:
                # Whatever the libraries think of the answer: it is read here
                error = self.failure()
                if not self.status:
                    # nothing was sent
                    error = OAuthError('invalid_request')
            # Out of the except clause: the cause could hold a secret
            if isinstance(error, OAuthError):
                if classify:
                    error = classify(self, error)
                seconds = transport.retry_after({
                        name.lower(): value for name, value in getattr(
                            self._adapter.response, 'headers', {}).items()})
                tries -= 1
                if (tries > 0 and error.transient
                        and self._attempts.again(seconds)):
                    continue
            raise error

    def close(self):
        self.session.close()
