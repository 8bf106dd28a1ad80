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

from .admin import Admin
from .client import EmulatorAdmin
from .gateway import Gateway, Request, compress
from .push import Pusher
from .state import State, signing_key

logger = logging.getLogger(__name__)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    server_version = 'ESF'
    sys_version = ''

    def _serve(self):
        server = self.server
        length = self.headers.get('Content-Length')
        if self.headers.get('Transfer-Encoding', '').lower() == 'chunked':
            body = self._chunked()
        else:
            body = self.rfile.read(int(length)) if length else b''
        path, _, query = self.path.partition('?')
        request = Request(
            self.command, path, query,
            {k.lower(): v for k, v in self.headers.items()}, body)
        if path.startswith('/emulator/'):
            response = server.admin.handle(request)
        else:
            response = server.gateway.handle(request)
            compress(request, response)
        self._send(response)

    def _chunked(self):
        parts = []
        while size := int(self.rfile.readline().split(b';')[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b''.join(parts)

    def _send(self, response):
        if response.dropped:
            self._reset()
            return
        lines = [
            f'HTTP/1.1 {response.status} '
            f'{self.responses.get(response.status, ("", ""))[0]}']
        headers = {
            'Date': formatdate(self.server.state.now(), usegmt=True),
            'Server': 'ESF', **response.headers}
        if response.status not in {204, 304}:
            headers['Content-Length'] = len(response.body)
        lines.extend(f'{k}: {v}' for k, v in headers.items())
        head = ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')
        body = response.body if response.status not in {204, 304} else b''
        if response.cut is not None:
            self.wfile.write(head + body[:response.cut])
            self.wfile.flush()
            self._reset()
            return
        self.wfile.write(head + body)

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

    def __init__(self, host='127.0.0.1', port=0):
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the emulator listens on the loopback only")
        self.host, self.port = host, port
        self.state = State()
        self._server = self._thread = None

    def start(self):
        signing_key()
        server = self._server = _Server((self.host, self.port), _Handler)
        self.port = server.server_address[1]
        self.url = f'http://{self.host}:{self.port}'
        self.state.url = self.url
        server.state = self.state
        server.gateway = Gateway(self.state)
        server.admin = Admin(self.state, server.gateway)
        self._thread = threading.Thread(
            target=server.serve_forever, args=(0.05,), daemon=True,
            name='emulator')
        self._thread.start()
        self._pusher = Pusher(self.state)
        self._pusher.start()
        self.admin = EmulatorAdmin(self.url)
        return self

    def stop(self):
        if self._server is not None:
            # whoever waits at a pause goes on
            self.state.reset()
            self._pusher.stop()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *args):
        self.stop()

