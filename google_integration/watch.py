# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How a service is watched: it becomes due when Google announces a change.

What fails here is noted on the channel and never makes a run fail: the
changes are found at the interval, too.
"""
import logging
import secrets
import uuid

from sql import Literal, Null

import trytond.config as config
from trytond.exceptions import UserError
from trytond.i18n import gettext
from trytond.model import fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction, without_check_access

from . import bookkeeping, configuration
from .bookkeeping import QUEUE_PATIENCE, utcnow
from .channel import PATIENCE, stop
from .client import GoogleError
from .exceptions import GoogleCredentialsError
from .lease import LeaseLost
from .oauth import OAuthError
from .redaction import log_unexpected
from .sync_log import format_error

__all__ = ['WatchMixin', 'keep_watch']
logger = logging.getLogger(__name__)

UNSUPPORTED = 'pushNotSupportedForRequestedResource'


class WatchMixin:
    "What a service needs to be watched"
    __slots__ = ()

    # the hooks of the network are there
    google_can_watch = False

    watch = fields.Boolean(
        "Announced by Google",
        help="Check to let Google announce changes at once.\n"
        "The server must be reachable from the Internet by HTTPS.")
    watched_until = fields.Function(fields.Timestamp(
            "Announced Until",
            states={
                'invisible': ~Eval('watched_until'),
                },
            help="Until then Google announces changes, if it is not renewed "
            "before."),
        'get_watched_until')
    watch_error = fields.Function(fields.Text(
            "Why Not Announced",
            states={
                'invisible': ~Eval('watch_error'),
                }),
        'get_watch_error')

    @classmethod
    def default_watch(cls):
        uri = configuration.notification_uri() or ''
        return cls.google_can_watch and uri.startswith('https:')

    @classmethod
    @without_check_access
    def get_watched_until(cls, services, name):
        Channel = Pool().get('google_integration.channel')
        result = {s.id: None for s in services}
        for channel in Channel.search([
                    ('service', 'in', [str(s) for s in services]),
                    ('state', '=', 'open'),
                    ('expires_at', '>', utcnow()),
                    ]):
            id = channel.service.id
            result[id] = max(
                filter(None, [result[id], channel.expires_at]))
        return result

    @without_check_access
    def get_watch_error(self, name):
        "The note why Google does not announce"
        Channel = Pool().get('google_integration.channel')
        if not self.watch:
            return ''
        try:
            if not configuration.base_url():
                return gettext('google_integration.msg_watch_base_url')
        except UserError as error:
            return error.message
        for channel in Channel.of(self):
            if channel.code:
                return format_error(channel.code, channel.arguments)
        return ''

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if values.get('watch') and 'next_sync' not in values:
            # the next run opens the channel
            values['next_sync'] = utcnow()
        return values

    @classmethod
    def on_write(cls, services, values):
        methods = super().on_write(services, values)
        if 'watch' in values:
            Channel = Pool().get('google_integration.channel')

            def forget():
                with without_check_access():
                    Channel.forget_failures(services)
            methods.append(forget)
        return methods

    @classmethod
    def delete(cls, services):
        Channel = Pool().get('google_integration.channel')
        with without_check_access():
            Channel.abandon(services)
        super().delete(services)

    @property
    def google_watches(self):
        "Tell if Google is to announce changes"
        return bool(
            self.google_can_watch and self.watch and self.google_can_run
            and self.google_receives)

    # Hooks of the network

    @classmethod
    def google_watch(cls, client, channel):
        "Ask Google for the channel and return its answer"
        raise NotImplementedError

    @classmethod
    def google_stop_watch(cls, client, channel):
        "Ask Google to stop the channel, with its id and resourceId"
        raise NotImplementedError

    # What comes of it

    @classmethod
    def google_notified(cls, id):
        """Make the service due, as Google announced a change.

        A service that failed keeps its time, which Google may have asked for.
        """
        now = utcnow()

        def late(table):
            return ((table.enabled == Literal(True))
                & works(table)
                & ((table.next_sync == Null) | (table.next_sync > now))
                # a task that waits will see the change
                & ((table.queued_at == Null)
                    | (table.queued_at < now - QUEUE_PATIENCE)))

        if (bookkeeping.update(cls, [id], {'next_sync': now}, late)
                # without worker it would run before Google is answered
                and config.getboolean('queue', 'worker', default=False)):
            cls.enqueue([cls(id)], due=True)

    @classmethod
    def make_due_to_watch(cls, services):
        "Make the services due unless they have just run"
        now = utcnow()
        bookkeeping.update(
            cls, [s.id for s in services], {'next_sync': now},
            lambda table: (table.next_sync > now)
            & (table.queued_at == Null)
            & works(table)
            & ((table.last_sync == Null)
                | (table.last_sync < now - PATIENCE)))


def works(table):
    "The SQL condition of a service of which the last run did not fail"
    return (table.failed == Literal(False)) | (table.failed == Null)


def keep_watch(run):
    "Open or renew the channel of the service of a run"
    try:
        if run.Model.google_can_watch:
            _keep_watch(run)
    except LeaseLost:
        raise
    except Exception:
        Transaction().rollback()
        log_unexpected(logger, "the watch of %s failed", run.name)


def _keep_watch(run):
    Channel = Pool().get('google_integration.channel')
    address = configuration.notification_uri()
    if not address or not run.read(
            lambda service: service.google_watches
            and Channel.wanted(service, address)):
        return
    channel = {
        'id': str(uuid.uuid4()),
        'type': 'web_hook',
        'address': address,
        'token': secrets.token_urlsafe(32),
        }
    row = run.write(lambda service: Channel.begin(
            service, address, channel['id'], channel['token']))
    try:
        answer = run.Model.google_watch(run.client, channel)
    except GoogleError as error:
        failure = _failure(error)
        run.write(lambda service: Channel.fail(row, **failure))
    except (OAuthError, GoogleCredentialsError):
        run.write(lambda service: Channel.fail(
                row, 'authorization', {'reason': ''}, unknown=True))
    else:
        _opened(run, row, channel, answer)


def _opened(run, row, channel, answer):
    "Write the answer and stop what the new channel replaces"
    Channel = Pool().get('google_integration.channel')
    answer = answer or {}
    former = run.write(lambda service: Channel.opened(row, answer))
    if former is None:
        # the service was disabled in the meantime
        stop(run.Model, run.client, {
                'id': channel['id'],
                'resourceId': answer.get('resourceId'),
                })
        return
    channels = run.read(
        lambda service: [c.plain() for c in Channel.browse(former)])
    done = [stop(run.Model, run.client, c) for c in channels]
    if channels:
        run.write(lambda service: Channel.closed(
                [c['row'] for c, d in zip(channels, done) if d],
                [c['row'] for c, d in zip(channels, done) if not d]))


def _failure(error):
    "What to remember of an error of Google"
    if error.reason == UNSUPPORTED:
        code = 'watch_unsupported'
    elif error.transient:
        code = 'watch_unreachable'
    else:
        code = 'watch_refused'
    return {
        'code': code,
        'arguments': {
            'status': error.status,
            'reason': error.reason,
            'message': error.message,
            },
        'retry_after': error.retry_after,
        'unknown': error.unknown,
        }
