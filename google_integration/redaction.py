# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What keeps secrets out of the logs of trytond, at every level."""
import logging
import re
import xmlrpc.client

from trytond.tools import logging as tools_logging

__all__ = ['Redacted', 'install']

# the arguments of RPC are logged but for the keys that contain one of these
_SENSITIVE_KEYS = {'service_account_key'}
# that log the address of a request
_LOGGERS = [
    'gevent', 'gunicorn.access', 'trytond.protocols.wrappers', 'trytond.wsgi',
    'waitress', 'werkzeug']
_QUERY = re.compile(r'(/google/[^\s"\'?]*)\?[^\s"\']*')


class Redacted(str):
    "A text that the client receives but of which the log shows nothing"
    __slots__ = ()

    def __repr__(self):
        return "'...'"


xmlrpc.client.Marshaller.dispatch[Redacted] = (
    lambda self, value, write: self.dump_unicode(str(value), write))


class QueryFilter(logging.Filter):
    "Hide the query of the requests to our routes"

    def filter(self, record):
        message = record.getMessage()
        if '/google/' in message:
            record.msg = '%s'
            record.args = (_QUERY.sub(r'\1?...', message),)
        return True


class ImportFilter(logging.Filter):
    "Hide the rows of an import, which may hold secrets"

    def filter(self, record):
        args = record.args
        if (isinstance(args, tuple)
                and args[:2] == (
                    'google_integration.google_credentials', 'import_data')):
            record.args = args[:2] + ('(...)',) + args[3:]
        return True


def _add(name, filter_):
    logger = logging.getLogger(name)
    if not any(
            type(f).__name__ == type(filter_).__name__
            for f in logger.filters):
        logger.addFilter(filter_)


def install():
    tools_logging._SENSITIVE_KEYS.update(_SENSITIVE_KEYS)
    for name in _LOGGERS:
        _add(name, QueryFilter())
    _add('trytond.protocols.dispatcher', ImportFilter())


install()
