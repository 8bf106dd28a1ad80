# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The secret addresses at which calendars can be read."""
import datetime as dt
import hashlib
import hmac
import re
import secrets
from functools import partial
from urllib.parse import quote

from sql import Null
from sql.conditionals import Coalesce

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.modules.google_integration import bookkeeping, configuration
from trytond.modules.google_integration.checked_read import CheckedReadMixin
from trytond.modules.google_integration.redaction import Redacted
from trytond.pool import Pool
from trytond.pyson import Bool, Eval
from trytond.tools import grouped_slice
from trytond.transaction import (
    Transaction, check_access, without_check_access)

from . import icalendar_write
from .exceptions import FeedOwnerError
from .icalendar_records import entries_of, values_of
from .recurrence import RecurrenceError, expand

__all__ = ['Feed', 'FeedEvent', 'digest_of']

# at most as many events, the last ones
MAX_EVENTS = 10_000
MAX_DAYS = 3660
# raised when the same events are told otherwise
FORMAT = '2'
REFRESH = dt.timedelta(hours=1)
SECRET = 'feed_token'
ENDS = re.compile(r'[;:](UNTIL|COUNT)=', re.I)


class Feed(CheckedReadMixin, ModelSQL, ModelView):
    __name__ = 'google_calendar.feed'
    _rec_name = 'name'

    name = fields.Char("Name", required=True)
    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", required=True,
        ondelete='CASCADE',
        domain=[
            ('credentials.user', 'in', [None, Eval('user', -1)]),
            ],
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    user = fields.Many2One(
        'res.user', "Owner", required=True, readonly=True,
        ondelete='CASCADE')
    scope = fields.Selection([
            ('busy', "Free and Busy"),
            ('full', "Full Details"),
            ], "Shows", required=True, sort=False,
        help="What is told of the events to who has the address.")
    private_details = fields.Boolean(
        "Details of Private Events",
        states={
            'invisible': Eval('scope') != 'full',
            },
        help="Without it private events are busy times.")
    past_days = fields.Integer(
        "Days in the Past", required=True,
        domain=[
            ('past_days', '>=', 0),
            ('past_days', '<=', MAX_DAYS),
            ])
    future_days = fields.Integer(
        "Days in the Future", required=True,
        domain=[
            ('future_days', '>=', 1),
            ('future_days', '<=', MAX_DAYS),
            ])
    # lazy: by RPC it can not be read, not even along with the others
    digest = fields.Char(
        "Digest", readonly=True, strip=False, loading='lazy')
    published = fields.Function(fields.Boolean("Published"), 'get_published')
    url = fields.Function(fields.Char(
            "Secret Address",
            states={
                'invisible': ~Eval('url'),
                },
            help="Who has the address can read the calendar. Renew it if it "
            "became known to somebody else."),
        'get_url')
    notice = fields.Function(fields.Text(
            "Notice",
            states={
                'invisible': ~Eval('notice'),
                }),
        'get_notice')
    content_changed = fields.Timestamp("Content Changed", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_indexes.add(Index(table, (table.digest, Index.Equality())))
        cls._buttons.update({
                'create_url': {
                    'invisible': Bool(Eval('published')),
                    'depends': ['published'],
                    },
                'renew_url': {
                    'invisible': ~Eval('published'),
                    'depends': ['published'],
                    },
                'revoke_url': {
                    'invisible': ~Eval('published'),
                    'depends': ['published'],
                    },
                })

    @staticmethod
    def default_user():
        return Transaction().user or None

    @staticmethod
    def default_scope():
        return 'busy'

    @staticmethod
    def default_private_details():
        return False

    @staticmethod
    def default_past_days():
        return 90

    @staticmethod
    def default_future_days():
        return 365

    @fields.depends('calendar', 'name', '_parent_calendar.name')
    def on_change_calendar(self):
        if self.calendar and not self.name:
            self.name = self.calendar.name

    @classmethod
    def get_published(cls, feeds, name):
        return {f.id: bool(f.digest) for f in feeds}

    def get_url(self, name):
        "The address, for its owner alone"
        Secret = Pool().get('google_integration.secret')
        if not self._owned or not self.digest:
            return None
        token = Secret.reveal(self, SECRET)
        return token and Redacted(
            (configuration.base_url() or '') + self._path(token))

    def get_notice(self, name):
        if self.digest and not configuration.base_url():
            return gettext('google_calendar.msg_feed_base_url')

    @staticmethod
    def _path(token):
        database = quote(Transaction().database.name)
        return f'/{database}/google/calendar/{token}.ics'

    @property
    def _owned(self):
        return (self.user.id == Transaction().user
            and self.calendar.credentials.user in {None, self.user})

    @classmethod
    def create(cls, vlist):
        user = Transaction().user
        if user and Transaction().check_access:
            vlist = [{**v, 'user': user} for v in vlist]
            cls._check_calendars(vlist)
        return super().create(vlist)

    @classmethod
    def check_modification(cls, mode, feeds, values=None, external=False):
        super().check_modification(
            mode, feeds, values=values, external=external)
        if external and mode == 'write':
            cls._check_calendars([values])

    @staticmethod
    @check_access
    def _check_calendars(vlist):
        # the errors of the validation name the calendar
        Pool().get('ir.rule').check(
            'google_calendar.calendar',
            [v['calendar'] for v in vlist if v.get('calendar')], 'read')

    @classmethod
    def copy(cls, feeds, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('digest')
        default.setdefault('content_changed')
        return super().copy(feeds, default=default)

    @classmethod
    def on_delete(cls, feeds):
        Secret = Pool().get('google_integration.secret')
        Secret.forget(cls, [f.id for f in feeds])
        return super().on_delete(feeds)

    @classmethod
    def validate_fields(cls, feeds, field_names):
        super().validate_fields(feeds, field_names)
        for feed in feeds:
            feed.check_owner()

    def check_owner(self):
        """Raise an error if the feed is not of who may show the calendar

        That is the owner of the credentials alone, of shared ones who may
        change the calendar.
        """
        pool = Pool()
        Calendar = pool.get('google_calendar.calendar')
        owner = self.calendar.credentials.user
        if owner is None and Transaction().user == self.user.id:
            bookkeeping.check_write(Calendar, [self.calendar])
        elif owner != self.user:
            raise FeedOwnerError(gettext(
                    'google_calendar.msg_feed_owner',
                    calendar=self.calendar.rec_name))

    # The token

    @classmethod
    @ModelView.button
    def create_url(cls, feeds):
        cls._publish([f for f in feeds if not f.digest])

    @classmethod
    @ModelView.button
    def renew_url(cls, feeds):
        "Make another address: the former one works no more"
        cls._publish(feeds)

    @classmethod
    @ModelView.button
    def revoke_url(cls, feeds):
        Secret = Pool().get('google_integration.secret')
        bookkeeping.check_write(cls, feeds)
        bookkeeping.update(cls, feeds, {'digest': None})
        Secret.forget(cls, [f.id for f in feeds])

    @classmethod
    def _publish(cls, feeds):
        Secret = Pool().get('google_integration.secret')
        bookkeeping.check_write(cls, feeds)
        for feed in feeds:
            feed.check_owner()
            token = secrets.token_urlsafe(32)
            Secret.store(feed, SECRET, token)
            bookkeeping.update(cls, [feed], {'digest': digest_of(token)})

    @classmethod
    @without_check_access
    def find(cls, token):
        "Return the feed of the token, None if there is none any more"
        digest = digest_of(token)
        for feed in cls.search([('digest', '=', digest)]):
            if (hmac.compare_digest(feed.digest, digest)
                    and feed.user.active
                    and feed.calendar.credentials.user in {None, feed.user}):
                return feed

    # The content

    def state(self, today):
        """Return what tells if the content is another, and its events

        A digest, when it changed last, and the ids of the events.
        """
        Event = Pool().get('google_calendar.event')
        table, series = Event.__table__(), Event.__table__()
        start = dt.datetime.combine(today, dt.time())
        window = self._window(today)
        own = ((table.calendar == self.calendar.id)
            & (Coalesce(table.google_state, '') != 'to_delete'))
        shown = ((table.start < window[1])
            & ((Coalesce(table.end, table.start) >= window[0])
                | (table.recurrence != Null)))
        children = table.recurring_identifier.in_(series.select(
                series.google_id,
                where=(series.calendar == self.calendar.id)
                & (series.google_id != Null)
                & (series.recurrence != Null)))
        stamps = [
            table.write_date, table.create_date, table.google_touched,
            table.google_modified]
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id, table.google_revision, table.google_etag, *stamps,
                where=own & (shown | children),
                order_by=[table.start.desc, table.id.desc],
                limit=2 * MAX_EVENTS))
        digest = hashlib.sha256(repr(self._settings(today)).encode())
        ids, changed = [], [
            start, self.content_changed, self.write_date, self.create_date]
        for id, revision, etag, *times in cursor:
            ids.append(id)
            digest.update(f'{id} {revision} {etag}\n'.encode())
            changed.extend(times)
        return digest.hexdigest(), max(filter(None, changed)), ids

    def _window(self, today):
        "The first and the last instant, naive UTC"
        start = dt.datetime.combine(today, dt.time())
        return (
            start - dt.timedelta(days=self.past_days),
            start + dt.timedelta(days=self.future_days))

    def _settings(self, today):
        language = self.user.language
        return (
            FORMAT, self.id, self.name, self.scope, self.private_details,
            self._window(today), self.calendar.name,
            self.calendar.time_zone, language and language.code)

    @property
    def filename(self):
        name = ''.join(
            c if c.isalnum() or c in ' ._-' else '_'
            for c in self.calendar.name)
        return f'{name[:64]}.ics'

    def content(self, ids, today):
        "Return the bytes of the calendar"
        Event = Pool().get('google_calendar.event')
        window = self._window(today)
        events = Event.browse(ids)
        series = {
            e.google_id for e in events
            if e.google_id and not e.recurring_identifier}
        exceptions = [e for e in events if e.recurring_identifier]
        moved = {
            e.recurring_identifier for e in exceptions
            if e.start and e.end and e.status != 'cancelled'
            and e.start < window[1] and e.end >= window[0]}
        masters = [
            e for e in events
            if not e.recurring_identifier
            and (e.google_id in moved or is_shown(e, window))]
        kept = {e.google_id for e in masters if e.google_id}
        exceptions = [
            e for e in exceptions
            if e.recurring_identifier in kept
            or e.recurring_identifier not in series]
        language = self.user.language
        with Transaction().set_context(
                language=language.code if language else None):
            busy = gettext('google_calendar.msg_feed_busy')
        return icalendar_write.write(
            entries_of(masters, exceptions, partial(self._told, busy)),
            name=self.calendar.name, time_zone=self.calendar.time_zone,
            refresh=REFRESH)

    def _told(self, busy, event, values, uid):
        "What is told of an event: all, when it is, or nothing"
        if self.scope == 'full' and (
                self.private_details
                or values['visibility'] not in {'private', 'confidential'}):
            # whom it reminds is not the reader
            return {**values, 'default_reminders': True}, uid
        if (values['transparency'] == 'transparent'
                or event.response == 'declined'):
            return None
        uid = hmac.new(
            self.digest.encode(), uid.encode(), 'sha256').hexdigest()[:32]
        return icalendar_write.busy(values, busy), uid


class FeedEvent:
    "The feeds know when an event disappears"
    __slots__ = ()

    @classmethod
    def delete(cls, events):
        Feed = Pool().get('google_calendar.feed')
        table = Feed.__table__()
        cursor = Transaction().connection.cursor()
        calendars = {e.calendar.id for e in events}
        for sub_ids in grouped_slice(calendars, 500):
            cursor.execute(*table.update(
                    [table.content_changed], [bookkeeping.utcnow()],
                    where=fields.SQL_OPERATORS['in'](
                        table.calendar, list(sub_ids))))
        super().delete(events)


def digest_of(token):
    "What of the token is stored with the feed"
    return hashlib.sha256(token.encode()).hexdigest()


def is_shown(event, window):
    "Tell if the event, or an occurrence of the series, is in the window"
    if not event.recurrence or not ENDS.search(event.recurrence):
        return True
    values = values_of(event)
    low, high = window
    if values['all_day']:
        low, high = low.date(), high.date()
    try:
        return any(expand(values, low, high, limit=1))
    except RecurrenceError:
        return True
