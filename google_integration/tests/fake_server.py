# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A server on loopback that answers what a test tells it to, and odd things

It knows nothing of Google: that is what ``tests/emulator`` is for.
"""
import contextlib
import email
import json
import logging
import socket
import ssl
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

__all__ = [
    'Server', 'answer', 'batch', 'certificate', 'drop', 'error', 'everything',
    'private_key', 'truncate']


class Request:
    def __init__(self, handler, body):
        self.method = handler.command
        self.path = handler.path
        self.headers = handler.headers
        self.body = body


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def _handle(self):
        size = int(self.headers.get('Content-Length') or 0)
        request = Request(self, self.rfile.read(size))
        with self.server.lock:
            self.server.requests.append(request)
            script = self.server.script
            step = script.pop(0) if len(script) > 1 else script[0]
        step(self, request)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def log_message(self, *args):
        pass

    def hang_up(self):
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def reply(self, status, body=b'', headers=(), length=None):
        headers = dict(headers)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header(
                'Content-Length', len(body) if length is None else length)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def answer(data=None, status=200, **headers):
    "Answer JSON, or the bytes given"
    def step(handler, request):
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        handler.reply(
            status, b'' if data is None else body, {
                'Content-Type': 'application/json',
                **{n.replace('_', '-'): v for n, v in headers.items()}})
    return step


def error(status, reason, message="Message", **headers):
    "Answer an error as Calendar does"
    return answer({'error': {
                'code': status, 'message': message,
                'errors': [{
                        'domain': 'global', 'reason': reason,
                        'message': message}]}},
        status, **headers)


def drop(handler, request):
    "Hang up instead of answering"
    handler.hang_up()


def truncate(step, keep=20):
    "Hang up ``keep`` bytes after the start of the body of another answer"
    def cut(handler, request):
        reply = handler.reply

        def short(status, body=b'', headers=()):
            reply(status, body[:keep], headers, length=len(body))
            handler.hang_up()
        handler.reply = short
        step(handler, request)
        del handler.reply
    return cut


def batch(*answers, status=200, close=True, named='<response-{}>'):
    """Answer a batch by one (status, data[, headers]) for each of its parts

    None leaves a part out; bytes are put in the place of the part; ``named``
    is how parts are named, after what was in brackets.
    """
    def step(handler, request):
        outer = email.message_from_bytes(
            b'content-type: ' + request.headers['Content-Type'].encode()
            + b'\r\n\r\n' + request.body)
        lines = []
        for part, item in zip(outer.get_payload(), answers, strict=True):
            if item is None:
                continue
            name = named.format(part['Content-ID'].strip('<>'))
            lines.append(
                b'--batch_x\r\nContent-Type: application/http\r\n'
                + b'Content-ID: ' + name.encode() + b'\r\n\r\n')
            if isinstance(item, bytes):
                lines.append(item + b'\r\n')
                continue
            code, data, *rest = item
            body = b'' if data is None else (
                data if isinstance(data, bytes) else json.dumps(data).encode())
            headers = ''.join(
                f'{n}: {v}\r\n' for n, v in (rest or [{}])[0].items())
            lines.append(
                f'HTTP/1.1 {code} Reason\r\nContent-Type: application/json\r\n'
                f'{headers}Content-Length: {len(body)}\r\n\r\n'.encode()
                + body + b'\r\n')
        if close:
            lines.append(b'--batch_x--\r\n')
        handler.reply(status, b''.join(lines), {
                'Content-Type': 'multipart/mixed; boundary=batch_x'})
    return step


class Server(ThreadingHTTPServer):
    """Answers by the steps of ``script``; the last one stays.

    ``requests`` are those it received.
    """
    daemon_threads = True
    address_family = socket.AF_INET

    def __init__(self, *script, tls=None, host='127.0.0.1'):
        super().__init__((host, 0), _Handler)
        self.script = list(script)
        self.requests = []
        self.lock = threading.Lock()
        self.tls = tls
        scheme = 'https' if tls else 'http'
        self.url = f'{scheme}://{host}:{self.server_address[1]}'
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={'poll_interval': .01},
            daemon=True)

    def get_request(self):
        connection, address = super().get_request()
        if self.tls:
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request, client_address):
        pass

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self.shutdown()
        self._thread.join()
        self.server_close()


def private_key():
    "Return an RSA key in PEM"
    return rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()).decode()


def certificate(folder, name='127.0.0.1'):
    "Return (server context, path of the certificate) for a loopback server"
    import ipaddress
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([
            x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    cert = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([
                    x509.IPAddress(ipaddress.ip_address(name))]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256()))
    path = f'{folder}/{name}.pem'
    with open(path, 'wb') as file:
        file.write(cert.public_bytes(serialization.Encoding.PEM))
    with open(f'{path}.key', 'wb') as file:
        file.write(key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, f'{path}.key')
    return context, path


class _Collect(logging.Handler):
    def __init__(self, texts):
        super().__init__(0)
        self.texts = texts

    def emit(self, record):
        self.texts.append(self.format(record))
        self.texts.append(repr(record.__dict__))


@contextlib.contextmanager
def everything():
    "Set all loggers to DEBUG and give the list of all that they log"
    texts = []
    handler = _Collect(texts)
    loggers = [logging.getLogger(), *(
            logger for logger in logging.root.manager.loggerDict.values()
            if isinstance(logger, logging.Logger))]
    before = [(logger, logger.level, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.disabled = False
        logger.addHandler(handler)
    try:
        yield texts
    finally:
        for logger, level, disabled in before:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.disabled = disabled
