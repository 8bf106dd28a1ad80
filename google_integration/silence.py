# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the libraries would log, which holds secrets"
import logging

__all__ = ['silence']


class _Silence(logging.Filter):
    """Drops everything.

    The libraries log tokens, codes, secrets, and addresses that hold e-mail
    addresses.  Nothing is lost: each failure is raised to us.
    """

    def filter(self, record):
        return False


_SILENCE = _Silence()
_LIBRARIES = (
    'google.api_core', 'google.auth', 'google.oauth2', 'google_auth_httplib2',
    'google_auth_oauthlib', 'googleapiclient', 'oauthlib',
    'requests_oauthlib')
# Those that exist only after something was imported late
_LOGGERS = (
    'google.auth._default', 'google.auth._helpers', 'google.oauth2._client',
    'google.auth._refresh_worker', 'google.auth.transport._mtls_helper',
    'google.auth._regional_access_boundary_utils',
    'google.auth.transport.requests', 'google.auth.transport.urllib3',
    'google.auth.compute_engine._metadata', 'google.oauth2.credentials',
    'google.oauth2.reauth', 'google.oauth2.service_account',
    'google.api_core.retry', 'google_auth_oauthlib.flow',
    'googleapiclient.discovery', 'googleapiclient.discovery_cache',
    'googleapiclient.discovery_cache.file_cache', 'googleapiclient.http',
    'googleapiclient.model', 'googleapiclient.schema', 'oauthlib.oauth2',
    'oauthlib.oauth2.rfc6749', 'requests_oauthlib.oauth2_session')


def silence():
    """Keep Google's and the OAuth libraries from logging, at every level.

    A filter of a logger does not hold for its children: each gets it.
    """
    names = {
        name for name in list(logging.root.manager.loggerDict)
        if name in _LIBRARIES
        or name.startswith(tuple(f'{library}.' for library in _LIBRARIES))}
    for name in names.union(_LIBRARIES, _LOGGERS):
        logging.getLogger(name).addFilter(_SILENCE)
