# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The HTTP/1.1 server, on the loopback only."
import ipaddress
import logging
import socket
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from . import bodies
from .admin import Admin
from .client import EmulatorAdmin
from .gateway import Gateway, Request, compress
from .gmail.smtp import SmtpServer
from .push import Pusher
from .state import State, signing_key

logger = logging.getLogger(__name__)
# Google's own words [Upload file data]
_REASONS = {308: 'Resume Incomplete', 499: 'Client Closed Request'}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    server_version = 'ESF'
    sys_version = ''

    def _serve(self):
        server = self.server
        path, _, query = self.path.partition('?')
        request = Request(
            self.command, path, query,
            {k.lower(): v for k, v in self.headers.items()})
        if path.startswith('/emulator/'):
            self._receive(request)
            self._send(server.admin.handle(request))
            return
        limit = server.gateway.interruption(request)
        if not self._receive(request, limit):
            server.gateway.interrupted(request, limit is not None)
            self._reset()
            return
        response = server.gateway.handle(request)
        compress(request, response)
        self._send(response)

    def _receive(self, request, limit=None):
        "Read the body; return whether the request goes on"
        parts = []
        if bodies.is_upload(request.path):
            request.media = bodies.Body()
        write = request.media.write if request.media else parts.append
        source = bodies.pieces(self.rfile, request.headers)
        if limit is not None:
            # a client that repeats it may have nothing more to send
            self.connection.settimeout(1)
            source = bodies.limited(source, limit)
        try:
            for piece in source:
                write(piece)
        except bodies.Incomplete:
            if request.media:
                request.media.complete = False
        except (ConnectionError, TimeoutError):
            if request.media:
                request.media.complete = False
            elif limit is None:
                raise
        if request.media:
            request.media.close()
            return request.media.complete
        request.body = b''.join(parts)
        return limit is None

    def _send(self, response):
        if response.dropped:
            self._reset()
            return
        lines = [
            f'HTTP/1.1 {response.status} '
            f'{_REASONS.get(response.status) or self._reason(response)}']
        headers = {
            'Date': formatdate(self.server.state.now(), usegmt=True),
            'Server': 'ESF', **response.headers}
        if response.status not in {204, 304}:
            headers['Content-Length'] = response.size
        lines.extend(f'{k}: {v}' for k, v in headers.items())
        head = ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')
        self._write(head, response)
        if response.cut is not None:
            self.wfile.flush()
            self._reset()

    def _write(self, head, response):
        if response.status in {204, 304}:
            self.wfile.write(head)
        elif response.content is None:
            # in one piece: a client may not expect the body apart
            self.wfile.write(head + response.body[:response.cut])
        else:
            self.wfile.write(head)
            for piece in response.pieces():
                self.wfile.write(piece)

    def _reason(self, response):
        return self.responses.get(response.status, ("", ""))[0]

    def _reset(self):
        "End the connection without an answer"
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            pass  # the client is gone

    def log_message(self, format, *args):
        logger.debug("%s %s", self.address_string(), unquote(str(args[:1])))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        logger.exception("in a connection")


class Emulator:
    """Google, on the loopback, in a thread of this process

    with Emulator() as emulator: emulator.url; emulator.admin"""

    def __init__(self, host='127.0.0.1', port=0, smtp_port=None):
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the emulator listens on the loopback only")
        self.host, self.port = host, port
        self.state = State()
        # opened at once with a port of its own, else when it is asked for
        self.smtp = SmtpServer(self.state, host, smtp_port or 0)
        self._smtp_port = smtp_port
        self._server = self._thread = None

    def start(self):
        signing_key()
        server = self._server = _Server((self.host, self.port), _Handler)
        self.port = server.server_address[1]
        self.url = f'http://{self.host}:{self.port}'
        self.state.url = self.url
        server.state = self.state
        server.gateway = Gateway(self.state)
        # which may be that of another one, which was forked
        self.smtp.state = self.state
        server.admin = Admin(self.state, server.gateway, self.smtp)
        self._thread = threading.Thread(
            target=server.serve_forever, args=(0.05,), daemon=True,
            name='emulator')
        self._thread.start()
        self._pusher = Pusher(self.state)
        self._pusher.start()
        if self._smtp_port is not None:
            self.smtp.start()
        self.admin = EmulatorAdmin(self.url)
        return self

    def stop(self):
        if self._server is not None:
            # whoever waits at a pause goes on
            self.state.reset()
            self.smtp.stop()
            self._pusher.stop()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *args):
        self.stop()

