# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What keeps secrets out of the logs of trytond, at every level."""
import logging
import re
import sys
import traceback
import xmlrpc.client

from trytond.tools import logging as tools_logging

__all__ = ['Redacted', 'install', 'log_unexpected']

# the arguments of RPC are logged but for the keys that contain one of these
_SENSITIVE_KEYS = {'service_account_key'}
# that log the address of a request
_LOGGERS = [
    'gevent', 'gunicorn.access', 'trytond.protocols.wrappers', 'trytond.wsgi',
    'waitress', 'werkzeug']
# up to what ends the address, as it may hold quotes and blanks
_QUERY = re.compile(
    r'(/google/[^\s"\'?]*)\?(?:.*(?=["\']? (?:\[[A-Z]+\]>|HTTP/))|.*)', re.S)
# secret addresses
_PATH = re.compile(r'(/google/calendar/)[^\s"\'?]+')
_MODEL = 'google_integration.google_credentials'
# of a secret in a list, of which the log redacts nothing
_NAMES = re.compile(
    r'[\'"](?:client_secret|client_secret_file|service_account_key)[\'"](?!:)')


class Redacted(str):
    "A text that the client receives but of which the log shows nothing"
    __slots__ = ()

    def __repr__(self):
        return "'...'"


xmlrpc.client.Marshaller.dispatch[Redacted] = (
    lambda self, value, write: self.dump_unicode(str(value), write))


class QueryFilter(logging.Filter):
    "Hide the query, and what is secret, of the requests to our routes"

    def filter(self, record):
        message = record.getMessage()
        if '/google/' in message:
            record.msg = '%s'
            record.args = (
                _PATH.sub(r'\1...', _QUERY.sub(r'\1?...', message)),)
        return True


class _Arguments:
    "The arguments of a call, formatted only when they are logged"

    def __init__(self, method, arguments):
        self.method = method
        self.arguments = arguments

    def __str__(self):
        text = str(self.arguments)
        if self.method == 'import_data' or _NAMES.search(text):
            text = '(...)'
        return text


class ArgumentsFilter(logging.Filter):
    "Hide the rows of an import, and secrets that stand beside their name"

    def filter(self, record):
        match record.args:
            case (name, method, arguments, *others) if name == _MODEL:
                record.args = (
                    name, method, _Arguments(method, arguments), *others)
        return True


def _add(name, filter_):
    logger = logging.getLogger(name)
    if not any(
            type(f).__name__ == type(filter_).__name__
            for f in logger.filters):
        logger.addFilter(filter_)


def log_unexpected(logger, text, *args, error=None):
    """Log where an error comes from, but not the personal text it may carry

    ``error`` is the one that is being handled if it is None.
    """
    error = error or sys.exc_info()[1]
    logger.error(
        text + ': %s\n%s', *args, type(error).__name__,
        ''.join(traceback.format_tb(error.__traceback__)))


def install():
    tools_logging._SENSITIVE_KEYS.update(_SENSITIVE_KEYS)
    for name in _LOGGERS:
        _add(name, QueryFilter())
    _add('trytond.protocols.dispatcher', ArgumentsFilter())


install()
