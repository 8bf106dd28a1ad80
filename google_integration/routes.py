# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The page to which Google sends people back after their consent."""
import base64
import hashlib
import logging
import re
from functools import cache
from urllib.parse import quote

from genshi.template import MarkupTemplate
from sql import Column

from trytond.i18n import gettext
from trytond.protocols.wrappers import (
    HTTPStatus, Response, abort, exceptions, with_pool)
from trytond.tools import file_open
from trytond.transaction import Transaction
from trytond.wsgi import app

from .exceptions import (
    AuthorizationLinkError, GoogleCredentialsError, GoogleUnreachable,
    WrongAccountError)
from .redaction import log_unexpected

logger = logging.getLogger(__name__)

MODELS = ['google_integration.google_credentials', 'google_integration.secret']
MAXIMUM = {'state': 200, 'code': 2000, 'error': 100}
STYLE = '''
body {
    background: #f5f5f5;
    color: #222;
    font: 1rem/1.5 sans-serif;
    margin: 0;
}
main {
    background: #fff;
    border-top: .3rem solid #267f82;
    margin: 10vh auto;
    max-width: 36rem;
    overflow-wrap: anywhere;
    padding: 1rem 2rem;
}
main.failure {
    border-color: #b3261e;
}
h1 {
    font-size: 1.4rem;
}
.close {
    color: #666;
}
'''
HEADERS = {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': '; '.join([
            "default-src 'none'",
            "style-src 'sha256-%s'" % base64.b64encode(
                hashlib.sha256(STYLE.encode()).digest()).decode(),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            ]),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    }


@cache
def _template():
    with file_open(
            'google_integration/callback.html', mode='r',
            encoding='utf-8') as fp:
        return fp.read()


def page(status, title, *texts, link=None, scopes=None):
    "Return the page with what the user must know"
    def message(name, **arguments):
        return gettext(f'google_integration.msg_page_{name}', **arguments)

    language, direction = _language()
    content = MarkupTemplate(_template()).generate(
        language=language,
        direction=direction,
        kind='success' if status == HTTPStatus.OK else 'failure',
        style=STYLE,
        page_title=message('title'),
        title=message(title),
        texts=list(texts),
        scopes=scopes,
        scopes_title=message('missing'),
        scopes_text=message('missing_again'),
        link=link,
        link_text=message('back'),
        close=message('close'),
        ).render('html', doctype='html5', encoding=None)
    return Response(
        content, status, content_type='text/html; charset=utf-8',
        headers=HEADERS)


def _language():
    from trytond.pool import Pool
    Lang = Pool().get('ir.lang')
    lang = Lang.get()
    return lang.code.replace('_', '-'), lang.direction


def _check_database(pool):
    "Answer 404 if the database does not know the modules of this version"
    try:
        models = [pool.get(name) for name in MODELS]
    except KeyError:
        abort(HTTPStatus.NOT_FOUND)
    with Transaction().start(
            pool.database_name, 0, readonly=True) as transaction:
        cursor = transaction.connection.cursor()
        cursor.execute('SELECT 1')
        try:
            for Model in models:
                table = Model.__table__()
                columns = [
                    Column(table, name) for name, field in
                    Model._fields.items() if not hasattr(field, 'set')
                    and field.sql_type()]
                cursor.execute(*table.select(*columns, limit=1))
                cursor.fetchall()
        except Exception:
            logger.warning(
                "the tables of %s are not up to date", pool.database_name)
            abort(HTTPStatus.NOT_FOUND)


def _arguments(request):
    "Return the arguments, or None if they are not what Google sends"
    arguments = {}
    for name, maximum in MAXIMUM.items():
        values = request.args.getlist(name)
        if len(values) > 1 or any(len(v) > maximum for v in values):
            return
        arguments[name] = values[0] if values else None
    if not arguments['state'] or (
            bool(arguments['code']) == bool(arguments['error'])):
        return
    if arguments['error'] and not re.fullmatch(
            r'[a-z_]+', arguments['error']):
        return
    return arguments


@app.route('/<database_name>/google/callback', methods={'GET'})
@with_pool
def callback(request, pool):
    # not with_transaction, which calls again: the state and the code work once
    if request.method != 'GET':
        # HEAD: of who only looks at the link
        abort(HTTPStatus.METHOD_NOT_ALLOWED)
    try:
        _check_database(pool)
        with Transaction().start(
                pool.database_name, 0, context={'_skip_warnings': True}):
            return _callback(pool, _arguments(request))
    except exceptions.HTTPException:
        raise
    except Exception:
        log_unexpected(logger, "the callback of Google failed")
        # not the text of the exception
        return Response(
            "Internal Server Error", HTTPStatus.INTERNAL_SERVER_ERROR,
            content_type='text/plain; charset=utf-8', headers=HEADERS)


def _callback(pool, arguments):
    Credentials = pool.get('google_integration.google_credentials')
    if not arguments:
        return page(HTTPStatus.BAD_REQUEST, 'invalid')
    record = Credentials.find_request(arguments['state'])
    if not record:
        return page(
            HTTPStatus.FORBIDDEN, 'link',
            gettext('google_integration.msg_authorization_link'))
    language = None
    if record.requested_by and record.requested_by.language:
        language = record.requested_by.language.code
    with Transaction().set_context(language=language):
        return _answer(Credentials(record.id), arguments)


def _answer(record, arguments):
    cls, id = type(record), record.id
    database = Transaction().database.name
    # before the request is forgotten
    link = _link(record, database)
    details = {
        'credentials': record.rec_name,
        'user': (
            record.user.rec_name if record.user
            else gettext('google_integration.msg_page_shared')),
        'database': database,
        }

    def failed(status, title, text):
        return page(status, title, text, link=link)

    try:
        if arguments['error']:
            record.refuse(arguments['state'])
            if arguments['error'] == 'access_denied':
                return page(
                    HTTPStatus.OK, 'denied', gettext(
                        'google_integration.msg_page_denied_text', **details),
                    link=link)
            return failed(
                HTTPStatus.BAD_REQUEST, 'failed',
                gettext('google_integration.msg_page_failed_text'))
        record.authorize(arguments['code'], arguments['state'])
    except AuthorizationLinkError as error:
        return failed(HTTPStatus.FORBIDDEN, 'link', error.message)
    except WrongAccountError as error:
        return failed(HTTPStatus.FORBIDDEN, 'wrong_account', error.message)
    except GoogleUnreachable as error:
        return failed(
            HTTPStatus.SERVICE_UNAVAILABLE, 'unreachable', error.message)
    except GoogleCredentialsError as error:
        # messages of ours, which say what to do
        return failed(HTTPStatus.BAD_REQUEST, 'failed', error.message)
    except Exception:
        log_unexpected(
            logger, "the authorization of credentials %s failed", id)
        Transaction().rollback()
        return failed(
            HTTPStatus.INTERNAL_SERVER_ERROR, 'failed',
            gettext('google_integration.msg_page_failed_text'))
    record = cls(id)
    return page(
        HTTPStatus.OK, 'success',
        gettext('google_integration.msg_page_success_text',
            account=record.email or '', **details),
        gettext('google_integration.msg_page_success_check'),
        link=link, scopes=(record.missing_scopes or '').split())


def _link(record, database):
    "The address of the record in the client, None if it is not known"
    uri, path = record.requested_redirect_uri or '', record.callback_path()
    if uri.endswith(path):
        return '%s/#%s/model/%s/%s' % (
            uri.removesuffix(path), quote(database), record.__name__,
            record.id)
