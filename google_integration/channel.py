# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The channels through which Google announces that a service has changed.

A channel is committed before Google is asked for it, because the first
notification may come before the answer.  What is to be done about it is read
from its row: whoever dies in between leaves nothing that is not found again.
"""
import datetime as dt
import hmac
import logging
from collections import defaultdict

from sql import Null

from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access

from . import bookkeeping, configuration
from .bookkeeping import utcnow
from .client import GoogleError
from .exceptions import GoogleCredentialsError, GoogleUnreachable
from .oauth import OAuthError
from .sync_log import OwnedMixin, format_error, one_line
from .tokens import digest
from .transaction import short

__all__ = ['Channel', 'stop']
logger = logging.getLogger(__name__)

# a channel without answer is replaced, a task without trace put again
PATIENCE = dt.timedelta(minutes=10)
FIRST_PAUSE = dt.timedelta(minutes=5)
LONGEST_PAUSE = dt.timedelta(days=1)
# if Google does not tell when a channel ends
DEFAULT_LIFE = dt.timedelta(days=1)
# whatever Google tells
MAXIMUM_LIFE = dt.timedelta(days=60)
# what an unknown channel is compared with
NO_DIGEST = digest('')


class Channel(OwnedMixin, ModelSQL, ModelView):
    __name__ = 'google_integration.channel'

    model = fields.Char("Model", readonly=True)
    state = fields.Selection([
            ('opening', "Opening"),
            ('open', "Open"),
            ('failed', "Failed"),
            ('closing', "Closing"),
            ], "State", required=True, readonly=True, sort=False)
    channel_id = fields.Char(
        "Channel", required=True, readonly=True, strip=False)
    resource_id = fields.Char("Resource", readonly=True, strip=False)
    token_digest = fields.Char(
        "Digest of the Token", required=True, readonly=True, strip=False,
        loading='lazy')
    address = fields.Char("Address", readonly=True, strip=False)
    requested_at = fields.Timestamp("Requested At", readonly=True)
    expires_at = fields.Timestamp("Expires At", readonly=True)
    attend_at = fields.Timestamp(
        "Attend At", readonly=True,
        help="When the channel is to be renewed, replaced or closed.")
    attempts = fields.Integer("Attempts", readonly=True)
    code = fields.Char("Code", readonly=True)
    arguments = fields.Text("Arguments", readonly=True)
    message = fields.Function(fields.Char("Message"), 'get_message')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        # empty when it was deleted
        cls.service.required = False
        cls._order = [('requested_at', 'DESC'), ('id', 'DESC')]
        table = cls.__table__()
        cls._sql_constraints.append((
                'channel_id_unique', Unique(table, table.channel_id),
                'google_integration.msg_channel_unique'))
        cls._sql_indexes.add(
            Index(table, (table.channel_id, Index.Equality())))

    @classmethod
    def get_services(cls):
        return [(None, "")] + super().get_services()

    @staticmethod
    def default_state():
        return 'opening'

    def get_message(self, name):
        return one_line(format_error(self.code, self.arguments))

    def get_rec_name(self, name):
        return self.channel_id

    # The notifications

    @classmethod
    def recognize(cls, channel_id, token, resource_id):
        """Return the name of the service if Google knows the secret, or None.

        It costs the same for a channel that does not exist.
        """
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.service, table.token_digest, table.resource_id,
                where=(table.channel_id == channel_id)
                & table.state.in_(['opening', 'open', 'closing'])
                & ((table.expires_at == Null)
                    | (table.expires_at > utcnow()))))
        service, expected, resource = cursor.fetchone() or (
            None, NO_DIGEST, None)
        same = hmac.compare_digest(digest(token), expected)
        # until the answer is written the resource is not known
        same &= hmac.compare_digest(
            resource_id.encode(), (resource or resource_id).encode())
        return service if same and service else None

    # The books of a run, see watch.py

    @classmethod
    def of(cls, service):
        "The channels of the service that are not closing"
        return cls.search([
                ('service', '=', str(service)),
                ('state', '!=', 'closing'),
                ])

    @classmethod
    def wanted(cls, service, address):
        "Tell if a channel is to be opened now"
        now = utcnow()
        return not any(
            c.attend_at is None or c.attend_at > now
            for c in cls.of(service) if c.address == address)

    @classmethod
    def begin(cls, service, address, channel_id, token):
        "Remember what Google will be asked for and return the id"
        former = cls.of(service)
        now = utcnow()
        channel, = cls.create([{
                    'credentials': service.credentials.id,
                    'service': str(service),
                    'model': service.__name__,
                    'channel_id': channel_id,
                    'token_digest': digest(token),
                    'address': address,
                    'requested_at': now,
                    'attend_at': now + PATIENCE,
                    'attempts': 1 + max((
                            c.attempts or 0 for c in former
                            if c.state != 'open'), default=0),
                    }])
        cls.delete([c for c in former if c.state == 'failed'])
        return channel.id

    @classmethod
    def fail(cls, id, code, arguments, retry_after=None, unknown=False):
        "Remember why Google did not open the channel"
        for channel in cls.search([('id', '=', id)]):
            values = {
                'code': code,
                'arguments': bookkeeping.dumps(arguments),
                'attend_at': (
                    None if code == 'watch_unsupported'
                    else utcnow() + pause(channel.attempts, retry_after)),
                }
            if not unknown:
                values['state'] = 'failed'
            cls.write([channel], values)

    @classmethod
    def opened(cls, id, answer):
        """Write what Google answered and return the ids of those to stop.

        None if nobody wants the channel any more.
        """
        channels = cls.search([('id', '=', id)])
        if not channels or not channels[0].service:
            return
        channel, = channels
        now = utcnow()
        expires_at = expiration(answer) or now + DEFAULT_LIFE
        resource_id = answer.get('resourceId') or None
        cls.write([channel], {
                'state': 'open',
                'resource_id': resource_id,
                'expires_at': expires_at,
                'attend_at': now + (expires_at - now) * 0.75,
                'attempts': 0,
                'code': None,
                'arguments': None,
                })
        former = [c for c in cls.of(channel.service) if c.id != id]
        # what was asked for at another address is not ours to stop
        strange = [c for c in former if c.address != channel.address]
        former = [c for c in former if c not in strange]
        cls.delete(strange)
        for other in former:
            cls.write([other], {
                    'state': 'closing',
                    # the resource is the same: so it may be, if its answer
                    # was lost, that it can be stopped
                    'resource_id': other.resource_id or resource_id,
                    'expires_at': other.expires_at or expires_at,
                    'attend_at': now + PATIENCE,
                    'attempts': 0,
                    })
        return [c.id for c in former]

    @classmethod
    def abandon(cls, services):
        "The services are deleted, their channels are to be closed"
        channels = cls.search([
                ('service', 'in', [str(s) for s in services])])
        cls.write(channels, {
                'service': None,
                'state': 'closing',
                'attend_at': utcnow(),
                'attempts': 0,
                })

    @classmethod
    def forget_failures(cls, services):
        "Let the services try again"
        cls.delete(cls.search([
                    ('service', 'in', [str(s) for s in services]),
                    ('state', '=', 'failed'),
                    ]))

    # Cron

    @classmethod
    def attend(cls):
        "Make due what is to be renewed and queue what is to be closed"
        cls.delete(cls.search([('expires_at', '<', utcnow())]))
        address = configuration.notification_uri()
        due = defaultdict(list)
        now = utcnow()
        for Model, channels in cls._by_model():
            services = {
                s.id: s for s in Model.search([
                        ('id', 'in', [c.service.id for c in channels])])}
            for channel in channels:
                service = services.get(channel.service.id)
                if channel.address != address:
                    # it announces to somebody else, and will expire
                    cls.delete([channel])
                elif not service or not service.google_watches:
                    channel.unwant(now)
                elif channel.attend_at and channel.attend_at <= now:
                    due[Model].append(service)
        for Model, services in due.items():
            Model.make_due_to_watch(services)
        cls._enqueue_closing()

    def unwant(self, now):
        "The channel is to be closed, as far as that is possible"
        cls = type(self)
        if self.resource_id:
            cls.write([self], {
                    'state': 'closing',
                    'attend_at': now,
                    'attempts': 0,
                    })
        else:
            cls.delete([self])

    @classmethod
    def _by_model(cls):
        "Yield the models with those of their channels that are not closing"
        by_model = defaultdict(list)
        for channel in cls.search([
                    ('state', '!=', 'closing'),
                    ('service', '!=', None)]):
            by_model[type(channel.service)].append(channel)
        yield from by_model.items()

    @classmethod
    def _enqueue_closing(cls):
        now = utcnow()
        by_credentials = defaultdict(list)
        for channel in cls.search([
                    ('state', '=', 'closing'),
                    ('attend_at', '<=', now)]):
            by_credentials[channel.credentials].append(channel)
        for channels in by_credentials.values():
            # a task that is lost is put again
            cls.write(channels, {'attend_at': now + PATIENCE})
            cls.__queue__.close(channels)

    # Closing

    @classmethod
    def close(cls, channels):
        "The task of the queue: stop the channels at Google and forget them"
        cls._close([
                ('id', 'in', [c.id for c in channels]),
                ('state', '=', 'closing'),
                ])

    @classmethod
    def close_all(cls, credentials):
        "Stop the channels of the credentials, whose tokens will be forgotten"
        cls._close([('credentials', '=', credentials)])

    @classmethod
    @without_check_access
    def forget(cls, credentials):
        "Forget the channels of the credentials: without tokens they expire"
        cls.delete(cls.search([('credentials', 'in', credentials)]))

    @classmethod
    def _close(cls, domain):
        transaction = Transaction()
        with transaction.set_user(0), transaction.reset_context(), \
                without_check_access():
            by_service = defaultdict(list)
            for channel in cls.search(domain):
                by_service[channel.credentials.id, channel.model].append(
                    channel.plain())
            transaction.commit()
            for (credentials, model), channels in by_service.items():
                cls._close_at_google(credentials, model, channels)

    @classmethod
    def _close_at_google(cls, credentials, model, channels):
        "Stop those of one account and of one API"
        pool = Pool()
        Credentials = pool.get('google_integration.google_credentials')
        stopped, failed = [], channels
        try:
            Model = pool.get(model)
            client = Credentials(credentials).get_client(*Model.google_api)
            Transaction().commit()
            try:
                for channel in channels:
                    if stop(Model, client, channel):
                        stopped.append(channel)
            finally:
                client.close()
            failed = [c for c in channels if c not in stopped]
        except (GoogleUnreachable, OAuthError) as error:
            Transaction().rollback()
            logger.info("channels are stopped later: %s", error)
        except (KeyError, GoogleCredentialsError):
            # without tokens nobody can: they will expire
            Transaction().rollback()
            stopped, failed = channels, []
        short(lambda: cls.closed(
                [c['row'] for c in stopped], [c['row'] for c in failed]))

    @classmethod
    def closed(cls, stopped, failed):
        "Forget what is stopped, and remember what is not"
        cls.delete(cls.search([('id', 'in', stopped)]))
        for channel in cls.search([
                    ('id', 'in', failed),
                    ('state', '=', 'closing')]):
            attempts = (channel.attempts or 0) + 1
            cls.write([channel], {
                    'attempts': attempts,
                    'attend_at': utcnow() + pause(attempts),
                    })

    def plain(self):
        "What is taken across a commit to stop the channel"
        return {
            'row': self.id,
            'id': self.channel_id,
            'resourceId': self.resource_id,
            }


def stop(Model, client, channel):
    "Stop the channel at Google and tell if nothing is left to do"
    if not channel['resourceId']:
        # it can only expire
        return True
    try:
        Model.google_stop_watch(client, {
                'id': channel['id'],
                'resourceId': channel['resourceId'],
                })
    except GoogleError as error:
        # any other refusal, as not found, will not change
        return not error.transient
    return True


def pause(attempts, retry_after=None):
    "How long to wait after so many attempts"
    if retry_after:
        wish = dt.timedelta(seconds=min(
                retry_after, LONGEST_PAUSE.total_seconds()))
    else:
        wish = dt.timedelta()
    return max(
        min(FIRST_PAUSE * 2 ** min((attempts or 1) - 1, 10), LONGEST_PAUSE),
        wish)


def expiration(answer):
    "When the channel ends, as naive UTC, None if Google does not tell"
    try:
        expires_at = dt.datetime.fromtimestamp(
            int(answer['expiration']) / 1000, dt.timezone.utc)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return
    now = utcnow()
    return min(
        max(expires_at.replace(tzinfo=None), now), now + MAXIMUM_LIFE)
