# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The emulator and a real trytond, as processes in a temporary folder."""
import base64
import contextlib
import ctypes
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time

__all__ = ['DATABASE', 'MODULES', 'DemoError', 'Servers']

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
            os.path.abspath(__file__))))
DATABASE = 'demo'
MODULES = ['google_calendar', 'google_drive', 'google_gmail', 'party']
START = 60  # seconds for a server to answer
SETUP = 300  # seconds for the database
STOP = 5  # seconds to end after SIGTERM
PR_SET_PDEATHSIG = 1
CONFIGURATION = """\
[database]
uri = sqlite://
path = {folder}

[web]
listen = 127.0.0.1:{port}

[session]
authentications = password

[email]
uri = gmail://
from = ann@example.com

[google_integration]
encryption_key = {key}
base_url = {base}
api_root = {google}/
auth_uri = {google}/o/oauth2/v2/auth
token_uri = {google}/token
revoke_uri = {google}/revoke
"""


class DemoError(Exception):
    "Something did not happen as it must; the text is for the user"


class Servers:
    "Start both on entering, leave neither process nor file on leaving"

    def __init__(self, keep=False, template=None):
        self.keep = keep
        self.template = template  # a database of SQLite to start from
        self.password = secrets.token_urlsafe(12)
        self.processes = []
        self.folder = self.base = self.google = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='tryton-google-demo-')
        return self

    def __exit__(self, *args):
        with unstoppable():
            for process in reversed(self.processes):
                stop(process)
            if self.keep:
                print(f"The files are kept in {self.folder}")
            else:
                shutil.rmtree(self.folder)
            left = [p.args for p in self.processes if is_running(p.pid)]
        if left:
            raise DemoError(f"Still running: {left}")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    @property
    def rpc(self):
        return f'{self.base}/{DATABASE}/rpc/'

    def read_log(self, name, lines=40):
        "The end of what the server wrote, for the reader of a failure"
        path = self.path(name + '.log')
        if not os.path.exists(path):
            return ''
        with open(path, errors='replace') as fp:
            # not the requests that were answered
            text = [n for n in fp if ' INFO werkzeug ' not in n]
        return ''.join(text[-lines:])

    def start_google(self):
        with open(self.path('emulator.log'), 'w') as log:
            process = self._start(
                [sys.executable, '-m', 'tests.emulator', '--port', '0',
                    '--parent-pid', str(os.getpid())],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
        ready, _, _ = select.select([process.stdout], [], [], START)
        line = process.stdout.readline() if ready else b''
        if not line:
            raise DemoError(
                "The emulator did not start:\n" + self.read_log('emulator'))
        self.google = json.loads(line)['url']

    def create_database(self):
        self._create_file(self.path(DATABASE + '.sqlite'))
        # set before anything in it is started: the address of the callback
        # is a part of the configuration
        port = free_port()
        self.base = f'http://127.0.0.1:{port}'
        with open(self.path('trytond.conf'), 'w') as fp:
            fp.write(CONFIGURATION.format(
                    folder=self.folder, port=port, base=self.base,
                    google=self.google,
                    key=base64.urlsafe_b64encode(
                        secrets.token_bytes(32)).decode()))
        with open(self.path('password'), 'w') as fp:
            fp.write(self.password)
        what = ['--password'] if self.template else [
            '-u', 'ir', 'res', *MODULES, '--activate-dependencies']
        with open(self.path('trytond-admin.log'), 'w') as log:
            process = self._start(
                [script('trytond-admin'), '-c', self.path('trytond.conf'),
                    '-d', DATABASE, *what, '--email', 'admin@example.com'],
                env=self._environment(TRYTONPASSFILE=self.path('password')),
                stdout=log, stderr=log)
        try:
            code = process.wait(SETUP)
        except subprocess.TimeoutExpired:
            code = None
        if code != 0:
            raise DemoError(
                "The database could not be created:\n"
                + self.read_log('trytond-admin'))

    def _create_file(self, path):
        if self.template:
            shutil.copyfile(self.template, path)
            return
        # SQLite opens only what exists
        with open(path, 'w'):
            pass

    def start_tryton(self):
        with open(self.path('trytond.log'), 'w') as log:
            process = self._start(
                [script('trytond'), '-c', self.path('trytond.conf'),
                    '-d', DATABASE],
                # plain http on the loopback: what oauthlib wants to be told
                env=self._environment(OAUTHLIB_INSECURE_TRANSPORT='1'),
                stdout=log, stderr=log)
        address = self.base.removeprefix('http://').split(':')
        end = time.monotonic() + START
        while not listens(address):
            if process.poll() is not None or time.monotonic() > end:
                raise DemoError(
                    "trytond did not start:\n" + self.read_log('trytond'))
            time.sleep(.05)

    def _environment(self, **values):
        environment = {
            k: v for k, v in os.environ.items()
            if not k.startswith(('TRYTON', 'DB_', 'PG'))}
        return {
            **environment,
            # the loopback is reached without the proxy of the machine
            'no_proxy': '127.0.0.1',
            'NO_PROXY': '127.0.0.1',
            'PYTHONUNBUFFERED': '1',
            **values}

    def _start(self, arguments, **options):
        # in a group of its own an interrupt from the keyboard reaches the
        # demo only, which stops them in order
        options.setdefault('env', self._environment())
        with unstoppable():
            process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, process_group=0,
                preexec_fn=prepare_child, **options)
            self.processes.append(process)
        return process


def prepare_child():
    # it would inherit that signals are held back
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    # even when the demo is killed, where the system can do that
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def unstoppable():
    "What is begun is ended: signals come after"
    numbers = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def script(name):
    "The command of the environment of this Python"
    path = os.path.join(sysconfig.get_path('scripts'), name)
    if not os.path.exists(path):
        raise DemoError(f"{path} is missing: run make setup")
    return path


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def listens(address):
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def is_running(group):
    "Tell if a process of the group is left"
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def stop(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()
    # those that it started itself
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
