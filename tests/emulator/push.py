# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The delivery of notifications [Push notifications]

What changes is noted by State.touch; flush, at the end of each method,
makes one message of it for each channel; a thread delivers them."""
import base64
import http.client
import random
import ssl
import threading
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import urlsplit

from .state import stamp_text

# success; these are sent again with backoff; the others are not
SUCCESS = {102, 200, 201, 202, 204}
AGAIN = {500, 502, 503, 504}


def opaque(data):
    return base64.urlsafe_b64encode(data).decode().rstrip('=')


@dataclass
class Delivery:
    n: int
    channel: object
    number: int  # X-Goog-Message-Number
    state: str
    at: str
    headers: dict
    due: float  # of Google's clock
    attempts: int = 0
    status: int = None  # the last answer
    error: str = None
    done: bool = False
    lost: bool = False  # never sent: the deliveries are switched off
    flying: bool = False

    def show(self):
        return {
            'n': self.n, 'channel': self.channel.id,
            'user': self.channel.user, 'address': self.channel.address,
            'number': self.number, 'state': self.state, 'at': self.at,
            'attempts': self.attempts, 'status': self.status,
            'error': self.error, 'done': self.done, 'lost': self.lost}


def post(state, channel, what, changed=()):
    "Queue a message; the lock is held"
    # 1 for sync, then growing and not consecutive
    channel.number = 1 if what == 'sync' else (
        channel.number + random.randint(2, 9))
    headers = {
        'Content-Type': 'application/json; utf-8',
        'Content-Length': '0',
        'Accept': '*/*',
        'User-Agent': 'APIs-Google; '
        '(+https://developers.google.com/webmasters/APIs-Google.html)',
        'X-Goog-Channel-ID': channel.id,
        'X-Goog-Channel-Expiration': formatdate(
            channel.expiration / 1000, usegmt=True),
        'X-Goog-Resource-State': what,
        'X-Goog-Message-Number': str(channel.number),
        'X-Goog-Resource-ID': channel.resource_id,
        'X-Goog-Resource-URI': channel.resource_uri,
        }
    if changed:
        # [Notifications for resource changes] of a file of Drive
        headers['X-Goog-Changed'] = ','.join(changed)
    if channel.token:
        headers['X-Goog-Channel-Token'] = channel.token
    delivery = Delivery(
        len(state.deliveries) + 1, channel, channel.number, what,
        stamp_text(state.now() * 1000), headers, state.clock())
    if not state.options['deliver']:
        delivery.done = delivery.lost = True
    else:
        state.pushes.append(delivery)
    state.deliveries.append(delivery)
    state.condition.notify_all()


def flush(state):
    "Tell the channels what changed; the lock is held"
    changed, state.changed = state.changed, {}
    if not changed or not state.channels:
        return
    for channel in list(state.channels.values()):
        types = changed.get((channel.kind, channel.owner))
        if types is None or channel.stopped:
            continue
        if channel.kind in {'changes', 'files'}:
            _tell(state, channel, types)
        elif channel.kind == 'events' and state.calendars[
                channel.owner].deleted:
            # (unverified) the calendar was deleted
            if state.clock() * 1000 < channel.expiration:
                post(state, channel, 'not_exists')
                channel.stopped = True
        elif channel.live(state) and channel.wants(types):
            post(state, channel, 'exists')


def _tell(state, channel, types):
    "The messages of Drive [Notifications for resource changes]"
    from .drive import watch
    if channel.live(state):
        for event, changed in watch.messages(state, channel, types):
            post(state, channel, event, changed)
    elif (channel.kind == 'files'
            and state.clock() * 1000 < channel.expiration):
        # deleted or unshared
        post(state, channel, 'remove')
        channel.stopped = True


class Pusher:
    "The thread that delivers"

    def __init__(self, state):
        self.state = state
        self.ended = False
        self.thread = threading.Thread(
            target=self._run, daemon=True, name='emulator push')

    def start(self):
        self.thread.start()

    def stop(self):
        with self.state.condition:
            self.ended = True
            self.state.condition.notify_all()
        self.thread.join()

    def _run(self):
        state = self.state
        while True:
            with state.condition:
                if self.ended:
                    return
                now = state.clock()
                due = [d for d in state.pushes if d.due <= now]
                if not due:
                    pause = min(
                        (d.due - now for d in state.pushes), default=None)
                    state.condition.wait(pause)
                    continue
                delivery = due[0]
                delivery.flying = True
                delivery.attempts += 1
                options = dict(state.options)
            status, error = send(delivery, options)
            with state.condition:
                self._answered(delivery, status, error)
                state.condition.notify_all()

    def _answered(self, delivery, status, error):
        state = self.state
        delivery.flying = False
        delivery.status, delivery.error = status, error
        if status in AGAIN and (
                delivery.attempts <= state.options['push_retries']):
            # (unverified) the times: 1, 2, 4... seconds
            delivery.due = state.clock() + 2 ** (delivery.attempts - 1)
        else:
            delivery.done = True
            if delivery in state.pushes:  # no reset meanwhile
                state.pushes.remove(delivery)


def idle(state):
    "Whether each message was sent at least once"
    return all(d.attempts and not d.flying for d in state.pushes)


def send(delivery, options):
    "Return (status, error)"
    from .channels import loopback
    parts = urlsplit(delivery.channel.address)
    if not loopback(parts.hostname):
        return None, "the emulator connects to the loopback only"
    values = {'timeout': options['push_timeout']}
    try:
        if parts.scheme == 'https':
            context = ssl.create_default_context(
                cafile=options['channel_ca'])
            if not options['verify_channels']:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, context=context, **values)
        else:
            connection = http.client.HTTPConnection(
                parts.hostname, parts.port, **values)
        try:
            path = parts.path or '/'
            if parts.query:
                path += f'?{parts.query}'
            connection.request('POST', path, b'', delivery.headers)
            return connection.getresponse().status, None
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        # (unverified) no answer is a failure, not sent again
        return None, f'{type(error).__name__}: {error}'
