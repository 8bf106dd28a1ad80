# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The port of smtp.gmail.com, on the loopback, in a thread."
import asyncio
import datetime as dt
import ipaddress
import logging
import os
import ssl
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# the library warns of its own calls
logging.getLogger('mail.log').setLevel(logging.ERROR)


def certificate():
    "A certificate of the loopback and its key, in PEM"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([
            x509.NameAttribute(x509.NameOID.COMMON_NAME, 'smtp.gmail.com')])
    now = dt.datetime.now(dt.timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([
                    x509.DNSName('localhost'),
                    x509.DNSName('smtp.gmail.com'),
                    x509.IPAddress(ipaddress.ip_address('127.0.0.1'))]),
            critical=False)
        .add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256()))
    return (
        built.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))


def tls_context(public, private):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'smtp.pem')
        with open(path, 'wb') as file:
            file.write(private + public)
        context.load_cert_chain(path)
    return context


class SmtpServer:
    """The port; start returns when it listens

    It is opened when it is first asked for: most tests need none."""

    def __init__(self, state, host='127.0.0.1', port=0):
        self.state = state
        self.host, self.port = host, port
        self.certificate = None
        self._thread = self._loop = self._server = None
        self._lock = threading.Lock()

    def start(self):
        with self._lock:
            if self._thread is None:
                self._start()
        return self

    def _start(self):
        public, private = certificate()
        self.certificate = public.decode()
        context = tls_context(public, private)
        self._loop = asyncio.new_event_loop()
        # a command that waits at a pause holds a thread
        self._loop.set_default_executor(ThreadPoolExecutor(32))
        self._thread = threading.Thread(
            target=self._loop.run_forever, daemon=True, name='smtp')
        self._thread.start()
        self._server = self._call(self._listen(context))
        self.port = self._server.sockets[0].getsockname()[1]

    async def _listen(self, context):
        # the library takes its time to load
        from .smtp_session import Session
        return await self._loop.create_server(
            lambda: Session(self.state, context, self._loop),
            self.host, self.port)

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(
            coroutine, self._loop).result(30)

    def stop(self):
        with self._lock:
            if self._thread is None:
                return
            self._call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._thread = None

    async def _close(self):
        self._server.close()
        tasks = [
            t for t in asyncio.all_tasks(self._loop)
            if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._loop.shutdown_default_executor()
