# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How requests leave for Google: addresses, connections, waiting, logs.

The common ground of ``oauth`` (which speaks through requests) and ``client``
(which speaks through httplib2).  No record, no database, no trytond.
"""
import http.client
import ipaddress
import re
import ssl
import time
import zlib
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httplib2
import requests
from google.api_core.retry import exponential_sleep_generator
from httplib2.decode import DecodeLimitError, DecodeRatioError
from urllib3.util.ssl_ import create_urllib3_context
from urllib3.util.wait import wait_for_read

from .body import PIECE, Body
from .body import current as _current

__all__ = [
    'Attempts', 'GoogleError', 'Http', 'InsecureRedirect', 'InsecureURI',
    'SecureAdapter', 'check_uri', 'may_follow', 'origin', 'retry_after']

# The longest wait between two tries, in seconds [Usage limits (Drive)]
MAXIMUM_DELAY = 32.0
REDIRECTIONS = 5
LOGIN = 'accounts.google.com'

# The one function through which this package waits; tests replace it.
sleep = time.sleep


class InsecureURI(ValueError):
    "An address to which no token may be sent"


class InsecureRedirect(InsecureURI):
    "An answer that leads elsewhere and is not followed"


class GoogleError(Exception):
    """Google refused, could not be reached, or answered what is no answer.

    - ``status``: HTTP status, 0 when no usable answer came.
    - ``reason``: Google's reason (``rateLimitExceeded``, ``notFound``...),
      ``http_<status>`` when it gave none, or ``unreachable``, ``deadline``,
      ``malformed``, ``insecure_redirect``, and of contents
      ``insecure_session``, ``damaged``, ``too_large``.
    - ``message``: Google's text, for people, or ''.  It may name accounts:
      show it to the owner, do not log it.  str() and repr() leave it out.
    - ``transient``: the same request may succeed later.
    - ``retry_after``: seconds to wait before, or None.
    - ``unknown``: the effect may have happened nevertheless.

    [Handle API errors (Calendar); Resolve errors (Drive)]
    """

    def __init__(self, status=0, reason='', message='', transient=False,
            retry_after=None, unknown=False, repeat=''):
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.message = message
        self.transient = transient
        self.retry_after = retry_after
        self.unknown = unknown
        # Who may repeat the request at once: '' nobody, 'idempotent' only
        # what can be done twice, 'always' as nothing was executed.
        self.repeat = repeat

    def __str__(self):
        return f'{self.status} {self.reason}'

    def __repr__(self):
        return f'<{type(self).__name__} {self}>'

    def copy(self):
        "Return the same error without the traceback, which holds the answer"
        return type(self)(
            self.status, self.reason, self.message, self.transient,
            self.retry_after, self.unknown, self.repeat)


# -- addresses

def is_loopback(host):
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_uri(uri):
    """Return ``uri`` if a token may be sent to it.

    That is https, or http on loopback (127.0.0.0/8, ::1, localhost), without
    user, password or blanks.  Raises InsecureURI.
    """
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except (AttributeError, TypeError, ValueError):
        raise InsecureURI("This is not an address") from None
    if (not isinstance(uri, str) or not host or port == 0
            or '@' in parts.netloc or re.search(r'[\s\\\x00-\x1f\x7f]', uri)):
        raise InsecureURI("This is not the address of a server")
    if (parts.scheme == 'https'
            or (parts.scheme == 'http' and is_loopback(host))):
        return uri
    raise InsecureURI(f"Only https is accepted for {host}")


def origin(uri):
    "Return (scheme, host, port) of a checked address"
    parts = urlsplit(uri)
    return (
        parts.scheme, parts.hostname,
        parts.port or {'https': 443, 'http': 80}.get(parts.scheme))


def may_follow(uri, root):
    """Tell if an answer may lead, without any token, to ``uri``.

    An answer of Google never leads into the own network.
    """
    try:
        host = urlsplit(check_uri(uri)).hostname
    except InsecureURI:
        return False
    if is_loopback(urlsplit(root).hostname):
        return True
    if host == LOGIN:
        # a page that asks who one is would be taken for the content
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return '.' in host and not host.rstrip('.').endswith(
            ('.localhost', '.local', '.internal'))


# -- waiting

def retry_after(headers):
    """Return the seconds that the header Retry-After asks for, or None.

    ``headers`` has lower-case names.  A date is counted from the header Date,
    so that a wrong clock here does not matter.  [RFC 9110, 10.2.3]
    """
    value = (headers.get('retry-after') or '').strip()
    if re.fullmatch(r'\d{1,9}', value):
        return float(value)
    try:
        until = parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    try:
        now = parsedate_to_datetime(headers.get('date')).timestamp()
    except (TypeError, ValueError, OverflowError, AttributeError):
        now = time.time()
    return max(until - now, 0.0)


class Attempts:
    """The tries and the seconds that one operation may take.

    Waits grow exponentially with full jitter: a random part of 1, 2, 4... at
    most 32 seconds, and never less than Google asks for.
    """

    def __init__(self, tries, deadline, wait=None, end=None):
        self.end = end or time.monotonic() + deadline
        self._tries = tries
        self._delays = exponential_sleep_generator(1.0, MAXIMUM_DELAY)
        self._wait = wait

    def remaining(self):
        "Return the seconds left, below 0 when the time is over"
        return self.end - time.monotonic()

    def renew(self, deadline):
        "Give that many seconds from now on: a part of the operation is done"
        self.end = time.monotonic() + deadline

    def check(self):
        "Raise the GoogleError of a request that is sent when the time is over"
        if self.remaining() <= 0:
            raise GoogleError(
                reason='deadline', transient=True, unknown=True)

    def again(self, seconds=None):
        "Wait for the next try; False if there is none or no time for it"
        self._tries -= 1
        delay = max(next(self._delays), seconds or 0.0)
        if self._tries <= 0 or delay >= self.remaining():
            return False
        (self._wait or sleep)(delay)
        return True


# -- requests

class SecureAdapter(requests.adapters.HTTPAdapter):
    """An adapter of requests: TLS 1.2 or better, no redirect is followed.

    ``body`` is the text last sent and ``response`` the answer, or None.
    """

    body = ''
    response = None

    @staticmethod
    def _context():
        return create_urllib3_context(
            ssl_minimum_version=ssl.TLSVersion.TLSv1_2)

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(
            *args, ssl_context=self._context(), **kwargs)

    def proxy_manager_for(self, proxy, **kwargs):
        kwargs['ssl_context'] = self._context()
        return super().proxy_manager_for(proxy, **kwargs)

    def send(self, request, **kwargs):
        check_uri(request.url)
        self.response = None
        body = request.body or ''
        self.body = body if isinstance(body, str) else body.decode()
        response = super().send(request, **kwargs)
        if response.is_redirect:
            response.close()
            raise InsecureRedirect("A redirect is not followed")
        self.response = response
        return response


# -- httplib2

class _Response(http.client.HTTPResponse):
    "An answer that is read within the time of the operation"

    def read(self, amt=None):
        if amt is not None:
            return super().read(amt)
        # httplib2 would try to answer the challenge, or stumble over it
        del self.headers['www-authenticate']
        expected = None if self.chunked else self.length
        pieces, size, cut = [], 0, False
        keep = pieces.append
        if _current.sink is not None:
            keep = _current.sink(self.status, self.headers) or keep
        try:
            while expected is None or size < expected:
                piece = self._piece()
                cut = piece is None
                if not piece:
                    break
                size += len(piece)
                keep(piece)
        finally:
            self.close()
            _current.count(bytes_received=size)
        if cut or (expected is not None and size < expected):
            self.headers['-truncated'] = '1'
        return b''.join(pieces)

    def _piece(self):
        "Return some bytes, none at the end, None if it is cut"
        if _current.attempts.remaining() <= 0:
            return
        try:
            return self.read1(PIECE)
        except (OSError, http.client.HTTPException):
            return


class _Connection:
    """A connection that sends a request once.

    httplib2 sends again on a connection that was closed before the answer,
    also what must not be done twice: the exceptions raised here are none of
    those that it catches.
    """

    response_class = _Response
    debuglevel = 0

    def set_debuglevel(self, level):
        "Do nothing: http.client prints the headers, tokens included"

    def _limit(self):
        left = _current.attempts.remaining()
        if left <= 0:
            self.close()
            raise GoogleError(reason='deadline', transient=True)
        self.timeout = min(_current.timeout, left)
        if self.sock is not None:
            self.sock.settimeout(self.timeout)

    def _fail(self, sent, again=True):
        self.close()
        reason = 'unreachable'
        if _current.attempts.remaining() <= 0:
            reason, again = 'deadline', False
        repeat = 'idempotent' if sent else 'always'
        return GoogleError(
            reason=reason, transient=True, unknown=sent,
            repeat=repeat if again else '')

    def connect(self):
        self._limit()
        error = None
        try:
            super().connect()
        except (OSError, httplib2.HttpLib2Error, http.client.HTTPException,
                UnicodeError) as exception:
            error = self._fail(
                False, not isinstance(exception, ssl.CertificateError))
        if error:
            raise error

    def request(self, method, url, body=None, headers={}, **kwargs):
        if self.sock is not None and wait_for_read(self.sock, 0):
            # closed by the other side while nothing was asked
            self.close()
        if self.sock is None:
            self.connect()
        self._limit()
        if isinstance(body, Body):
            # which counts what it gives
            size = 0
        else:
            try:
                size = len(body or b'')
            except TypeError:
                size = int(headers.get('content-length', 0))
        _current.count(requests=1, bytes_sent=size)
        error = None
        try:
            super().request(method, url, body, headers, **kwargs)
        except (OSError, http.client.HTTPException):
            error = self._fail(True)
        if error:
            raise error

    def getresponse(self):
        error = None
        try:
            return super().getresponse()
        except (OSError, http.client.HTTPException):
            error = self._fail(True)
        raise error


class _HTTPConnection(_Connection, httplib2.HTTPConnectionWithTimeout):
    pass


class _HTTPSConnection(_Connection, httplib2.HTTPSConnectionWithTimeout):
    pass


_CONNECTIONS = {'http': _HTTPConnection, 'https': _HTTPSConnection}


class Http(httplib2.Http):
    """The authorised connections of one thread to one API.

    ``root`` is the address of the API, ``apply`` puts the token into the
    headers of a request, ``count`` is told what went over the line and
    ``timeout`` is in seconds.  The token goes to the host of ``root`` only, or
    to those that a request names; other hosts to which an answer leads are
    asked without it.  Redirects are followed for reading only, each hop is
    checked.
    """

    def __init__(self, root, apply, count, timeout):
        super().__init__(timeout=timeout, tls_minimum_version='TLSv1_2')
        self.follow_redirects = False
        self._root = root
        self._apply = apply
        self._count = count

    def send(self, attempts, uri, method='GET', body=None, headers=None,
            sink=None, trusted=()):
        """Send one request and return (httplib2.Response, bytes).

        ``trusted`` are addresses of hosts that get the token besides that of
        ``root``, for this request alone.
        The answer has the header ``-truncated`` if its end is missing.
        ``sink`` is called with the status and the headers of each answer and
        returns what takes its content, a piece at a time as it comes over the
        line, or None for a content that is returned whole.
        Raises GoogleError when there is no answer, SourceError when the
        `Body` can not be read, and what the sink raises.
        """
        _current.sink = sink
        _current.attempts = attempts
        _current.count = self._count
        _current.timeout = self.timeout
        try:
            return self._follow(uri, method, body, headers or {}, {
                    origin(address) for address in [self._root, *trusted]})
        except BaseException:
            for connection in self.connections.values():
                connection.close()
            self.connections.clear()
            raise
        finally:
            _current.attempts = _current.count = _current.sink = None

    def _follow(self, uri, method, body, headers, origins):
        headers = {
            name: value for name, value in headers.items()
            if name.lower() != 'authorization'}
        for _ in range(REDIRECTIONS + 1):
            sent = dict(headers)
            trusted = origin(uri) in origins
            if trusted:
                self._apply(sent)
            elif not may_follow(uri, self._root):
                break
            response, content = self._once(uri, method, body, sent)
            if response.status == 401 and not trusted:
                # it wants the token, of which this tells nothing
                break
            location = response.get('location')
            if (response.status not in {301, 302, 303, 307, 308}
                    or method not in {'GET', 'HEAD'} or not location):
                return response, content
            uri = urljoin(uri, location)
        raise GoogleError(reason='insecure_redirect')

    def _once(self, uri, method, body, headers):
        error = None
        try:
            return super().request(
                uri, method, body=body, headers=headers,
                connection_type=_CONNECTIONS[urlsplit(uri).scheme])
        except (httplib2.HttpLib2Error, http.client.HTTPException,
                DecodeLimitError, DecodeRatioError, zlib.error):
            error = GoogleError(
                reason='malformed', transient=True, unknown=True)
        raise error
