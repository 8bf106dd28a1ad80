# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The secret addresses at which calendars are read, without a session."""
import datetime as dt
import logging
import re
import unicodedata
from urllib.parse import quote

from trytond.modules.google_integration.redaction import log_unexpected
from trytond.protocols.wrappers import (
    HTTPStatus, Response, abort, exceptions, with_pool, with_transaction)
from trytond.wsgi import app

logger = logging.getLogger(__name__)

# of 256 bits in base64
TOKEN = re.compile(r'[A-Za-z0-9_-]{43}')
HEADERS = {
    # a revoked address works no more at once
    'Cache-Control': 'private, no-cache',
    'Content-Security-Policy': "default-src 'none'",
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Robots-Tag': 'noindex, nofollow',
    }


@app.route('/<database_name>/google/calendar/<token>.ics', methods={'GET'})
@with_pool
def feed(request, pool, token):
    "The calendar of the feed as an iCalendar file"
    try:
        if not TOKEN.fullmatch(token):
            abort(HTTPStatus.NOT_FOUND)
        return _feed(request, pool, token)
    except exceptions.HTTPException:
        raise
    except Exception:
        log_unexpected(logger, "a calendar feed failed")
        # not the text of the exception
        return Response(
            "Internal Server Error", HTTPStatus.INTERNAL_SERVER_ERROR,
            content_type='text/plain; charset=utf-8', headers=HEADERS)


@with_transaction(readonly=True)
def _feed(request, pool, token):
    try:
        Feed = pool.get('google_calendar.feed')
    except KeyError:
        # the database does not know the module
        abort(HTTPStatus.NOT_FOUND)
    record = Feed.find(token)
    if not record:
        abort(HTTPStatus.NOT_FOUND)
    now = dt.datetime.now(dt.timezone.utc)
    digest, changed, ids = record.state(now.date())
    response = Response(
        content_type='text/calendar; charset=utf-8', headers=HEADERS)
    response.set_etag(digest)
    changed = changed.replace(tzinfo=dt.timezone.utc, microsecond=0)
    if now - changed > dt.timedelta(seconds=2):
        # within a second there may be another change
        response.last_modified = changed
    response.make_conditional(request.environ)
    if response.status_code == HTTPStatus.OK:
        response.headers.set(
            'Content-Disposition', 'inline', **names(record.filename))
        response.data = record.content(ids, now.date())
    return response


def names(filename):
    "The parameters of a name in any language"
    simple = unicodedata.normalize('NFKD', filename)
    return {
        'filename': simple.encode('ascii', 'ignore').decode(),
        'filename*': "UTF-8''" + quote(filename),
        }
