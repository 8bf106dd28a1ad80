# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What Google and those who watch over the server may ask, without a session.

Both routes answer at once: they never synchronise.
"""
import datetime as dt
import json
import logging
import re
import time

from sql import Literal, Null
from sql.aggregate import Count, Max, Sum
from sql.conditionals import Case
from sql.functions import Extract

from trytond.protocols.wrappers import (
    HTTPStatus, Response, abort, set_max_request_size, with_pool)
from trytond.transaction import Transaction
from trytond.wsgi import app

from .bookkeeping import utcnow
from .redaction import log_unexpected
from .transaction import short

logger = logging.getLogger(__name__)

CHANNEL = 'google_integration.channel'
CREDENTIALS = 'google_integration.google_credentials'
# notifications have no body
MAXIMUM_BODY = 4096
# what was not begun after that time is late
LATE = dt.timedelta(minutes=15)
HEADERS = {
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    }


def _model(pool, name):
    "The model, or the answer 404 if the database does not have the module"
    try:
        return pool.get(name)
    except KeyError:
        abort(HTTPStatus.NOT_FOUND)


def _header(request, name, pattern):
    "The value of the header, empty if Google would not send it"
    value = request.headers.get(f'X-Goog-{name}', '')
    return value if re.fullmatch(pattern, value) else ''


@app.route('/<database_name>/google/notify', methods={'POST'})
@set_max_request_size(MAXIMUM_BODY)
@with_pool
def notify(request, pool):
    """Google announces a change.

    What is not recognized gets the same answer, whatever the reason.
    """
    if (request.content_length or 0) > MAXIMUM_BODY:
        abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    Channel = _model(pool, CHANNEL)
    channel_id = _header(request, 'Channel-ID', r'[A-Za-z0-9_+/=-]{1,64}')
    token = _header(request, 'Channel-Token', r'[!-~]{1,256}')
    resource_id = _header(request, 'Resource-ID', r'[!-~]{1,512}')
    state = request.headers.get('X-Goog-Resource-State', '')

    def recognize():
        service = Channel.recognize(channel_id, token, resource_id)
        # the first message only tells that the channel works
        if service and state != 'sync':
            name, _, id = service.partition(',')
            pool.get(name).google_notified(int(id))
        return bool(service)

    try:
        with Transaction().start(
                pool.database_name, 0, context={'_skip_warnings': True}):
            recognized = short(recognize)
    except Exception:
        log_unexpected(logger, "a notification of Google failed")
        # Google sends it again
        return Response(
            status=HTTPStatus.SERVICE_UNAVAILABLE, headers=HEADERS)
    if not recognized:
        abort(HTTPStatus.NOT_FOUND)
    return Response(status=HTTPStatus.NO_CONTENT, headers=HEADERS)


@app.route('/<database_name>/google/health', methods={'GET'})
@set_max_request_size(0)
@with_pool
def health(request, pool):
    "Tell with numbers alone if the synchronisation works"
    Credentials = _model(pool, CREDENTIALS)
    try:
        with Transaction().start(pool.database_name, 0, readonly=True):
            content = _health(Credentials)
    except Exception:
        log_unexpected(logger, "the health could not be told")
        content = {'status': 'error'}
    status = (
        HTTPStatus.OK if content['status'] == 'ok'
        else HTTPStatus.SERVICE_UNAVAILABLE)
    return Response(
        json.dumps(content), status, content_type='application/json',
        headers=HEADERS)


def _health(Credentials):
    services = failed = late = 0
    last = None
    for Model in Credentials.service_models():
        count, failures, delays, end = _count(Model, Credentials)
        services += count
        failed += int(failures or 0)
        late += int(delays or 0)
        if end is not None:
            # PostgreSQL gives a decimal
            last = max(last or 0, float(end))
    if late:
        status = 'late'
    elif services and failed == services:
        status = 'failed'
    else:
        status = 'ok'
    return {
        'status': status,
        'services': services,
        'failed': failed,
        'late': late,
        'last_synchronization_age': (
            None if last is None else max(round(time.time() - last), 0)),
        }


def _count(Model, Credentials):
    "How many services are enabled, failed and late, and the last end"
    table, credentials = Model.__table__(), Credentials.__table__()
    limit = utcnow() - LATE
    authorized = credentials.token_digest != Null
    late = authorized & ((table.next_sync < limit)
        | (table.queued_at < limit))
    failed = (table.failed == Literal(True)) | ~authorized
    cursor = Transaction().connection.cursor()
    cursor.execute(*table.join(credentials,
            condition=table.credentials == credentials.id
            ).select(
            Count(table.id),
            Sum(Case((failed, 1), else_=0)),
            Sum(Case((late, 1), else_=0)),
            Max(Extract('EPOCH', table.last_sync)),
            where=(table.enabled == Literal(True))
            & (credentials.sync_enabled == Literal(True))))
    return cursor.fetchone()
