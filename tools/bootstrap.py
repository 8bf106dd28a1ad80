#!/usr/bin/env python3
# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Make a virtual environment that has pip, with the standard library alone.

Debian ships Python without ensurepip, so ``python3 -m venv`` fails there.
Then pip comes from whatever knows how to install it: the pip of this or of
another Python, uv, virtualenv, the wheels of the system, or the package index
that pip is configured for.
"""
import base64
import glob
import hashlib
import html.parser
import ipaddress
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import urllib.parse
import urllib.request
from configparser import ConfigParser, Error as ConfigParserError

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONSTRAINTS = os.path.join(ROOT, 'constraints.txt')
MINIMUM = (3, 11)
HELP = """\
No way was found to get pip into the virtual environment %s.
Any one of these is enough:
- a Python with ensurepip (Debian: apt-get install python3-venv), which can
  be named: make PYTHON=<its path> ...
- pip, uv or virtualenv in the PATH (Debian: apt-get install python3-pip)
- the simple index to get pip from, in PIP_INDEX_URL or pip's configuration"""


def main(venv):
    if sys.version_info < MINIMUM:
        sys.exit("Python %d.%d or newer is needed, this is %s" % (
                *MINIMUM, sys.version.split()[0]))
    venv = os.path.abspath(venv)
    if works(venv):
        return
    if os.path.exists(venv) and os.listdir(venv) and not os.path.exists(
            os.path.join(venv, 'pyvenv.cfg')):
        sys.exit("%s is there, and no virtual environment" % venv)
    for way in WAYS:
        shutil.rmtree(venv, ignore_errors=True)
        try:
            if way(venv) and works(venv):
                return
        except OSError as exception:
            print("%s: %s" % (way.__name__, exception), file=sys.stderr)
    shutil.rmtree(venv, ignore_errors=True)
    sys.exit(HELP % venv)


def python(venv):
    return os.path.join(venv, 'bin', 'python')


def run(*command):
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


def works(venv):
    check = 'import sys; sys.exit(sys.version_info < %r)' % (MINIMUM,)
    return (
        os.path.exists(os.path.join(venv, 'pyvenv.cfg'))
        and run(python(venv), '-c', check)
        and run(python(venv), '-m', 'pip', '--version'))


def with_ensurepip(venv):
    return run(sys.executable, '-m', 'venv', venv)


def without_pip(venv):
    return run(sys.executable, '-m', 'venv', '--without-pip', venv)


def with_other_pip(venv):
    if not without_pip(venv):
        return False
    pips = [[sys.executable, '-m', 'pip']]
    for name in ['pip3', 'pip']:
        if shutil.which(name):
            pips.append([name])
    for name in ['python3', 'python3.13', 'python3.12', 'python3.11']:
        if shutil.which(name):
            pips.append([name, '-m', 'pip'])
    return any(
        run(*pip, '--python', python(venv), 'install', '-c', CONSTRAINTS,
            'pip')
        for pip in pips)


def with_uv(venv):
    return without_pip(venv) and run(
        'uv', 'pip', 'install', '--python', python(venv), '-c', CONSTRAINTS,
        'pip')


def with_virtualenv(venv):
    return any(
        run(*virtualenv, '-p', sys.executable, venv)
        for virtualenv in [
            [sys.executable, '-m', 'virtualenv'], ['virtualenv']])


def with_system_wheel(venv):
    folder = sysconfig.get_config_var('WHEEL_PKG_DIR')
    wheels = glob.glob(os.path.join(folder, 'pip-*.whl')) if folder else []
    return (
        bool(wheels)
        and without_pip(venv)
        and install_wheel(venv, sorted(wheels)[-1]))


def with_index(venv):
    if not without_pip(venv):
        return False
    with tempfile.TemporaryDirectory() as folder:
        for index in indexes():
            try:
                wheel = download(index, folder)
            except (OSError, ValueError) as exception:
                print("%s: %s" % (without_password(index), exception),
                    file=sys.stderr)
            else:
                if wheel and install_wheel(venv, wheel):
                    return True
    return False


WAYS = [
    with_ensurepip, with_other_pip, with_uv, with_virtualenv,
    with_system_wheel, with_index]


def install_wheel(venv, wheel):
    # A wheel of pip can be run from where it is
    return run(
        python(venv), os.path.join(wheel, 'pip'), 'install', '--no-index',
        '--no-cache-dir', wheel)


def indexes():
    "The simple indexes that pip is configured for"
    values = [os.environ.get('PIP_INDEX_URL')]
    files = [
        os.environ.get('PIP_CONFIG_FILE'),
        os.path.join(
            os.environ.get('XDG_CONFIG_HOME')
            or os.path.expanduser('~/.config'), 'pip', 'pip.conf'),
        os.path.expanduser('~/.pip/pip.conf'),
        '/etc/xdg/pip/pip.conf',
        '/etc/pip.conf',
        ]
    configurations = []
    for file in filter(None, files):
        config = ConfigParser(interpolation=None)
        try:
            config.read(file)
        except ConfigParserError:
            continue
        configurations.append(config)
    for config in configurations:
        values.append(config.get('global', 'index-url', fallback=None))
    values.append(os.environ.get('PIP_EXTRA_INDEX_URL'))
    for config in configurations:
        values.append(config.get('global', 'extra-index-url', fallback=None))
    result = []
    for value in filter(None, values):
        for index in value.split():
            if index not in result and is_safe(index):
                result.append(index)
    return result


def is_safe(url):
    "What is run must not have been changed on the way"
    parts = urllib.parse.urlsplit(url)
    if parts.scheme in {'https', 'file'}:
        return True
    if parts.scheme != 'http':
        return False
    try:
        return ipaddress.ip_address(parts.hostname or '').is_loopback
    except ValueError:
        return parts.hostname == 'localhost'


def without_password(url):
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition('@')[2]).geturl()


def request(url):
    "A request, its user and password in a header as the server wants them"
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(
        without_password(url), headers={'Accept': 'text/html'})
    if parts.username:
        pair = ':'.join(map(
                urllib.parse.unquote, [parts.username, parts.password or '']))
        request.add_unredirected_header(
            'Authorization',
            'Basic ' + base64.b64encode(pair.encode()).decode())
    return request


def fetch(url):
    with urllib.request.urlopen(request(url), timeout=60) as answer:
        if not is_safe(answer.geturl()):
            raise ValueError("redirected to %s" % answer.geturl())
        return answer.read(), answer.geturl()


class Links(html.parser.HTMLParser):

    def __init__(self):
        super().__init__()
        self.links = []

    def handle_starttag(self, tag, attrs):
        href = dict(attrs).get('href')
        if tag == 'a' and href:
            self.links.append(href)


def download(index, folder):
    "The path of the wheel of the pinned pip, from a simple index"
    page = index.rstrip('/') + '/pip/'
    if page.startswith('file:'):
        page += 'index.html'
    content, base = fetch(page)
    links = Links()
    links.feed(content.decode('utf-8', 'replace'))
    name = 'pip-%s-py3-none-any.whl' % pinned()
    for link in links.links:
        link, _, fragment = urllib.parse.urljoin(base, link).partition('#')
        if not link.endswith('/' + name) or not is_safe(link):
            continue
        source = urllib.parse.urlsplit(index)
        target = urllib.parse.urlsplit(link)
        if source.hostname == target.hostname and '@' not in target.netloc:
            # Files of a private index want the password of the index
            link = target._replace(netloc=source.netloc).geturl()
        content, _ = fetch(link)
        key, _, digest = fragment.partition('=')
        if key == 'sha256' and (
                hashlib.sha256(content).hexdigest() != digest):
            raise ValueError("the digest of %s is wrong" % name)
        path = os.path.join(folder, name)
        with open(path, 'wb') as fp:
            fp.write(content)
        return path


def pinned():
    with open(CONSTRAINTS, encoding='utf-8') as fp:
        return re.search(r'^pip==(\S+)', fp.read(), re.MULTILINE).group(1)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit("usage: bootstrap.py <folder>")
    main(sys.argv[1])
