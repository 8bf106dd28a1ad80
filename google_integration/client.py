# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The one way to Google's APIs: authorised, repeated, batched, counted.

No record, no database, no trytond: credentials and plain data come in,
Google's JSON comes out.

    client = Client(credentials, 'calendar', 'v3', Settings())
    page = client.execute(client.api.events().list(calendarId='primary'))
"""
import json
import re
import threading
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from email.parser import HeaderParser
from urllib.parse import urljoin, urlsplit

import httplib2
from googleapiclient import discovery_cache
from googleapiclient.discovery import build_from_document
from googleapiclient.http import BatchHttpRequest

from . import transport
from .answer import checked, malformed, refusal
from .oauth import OAuthError
from .together import in_caller
from .silence import silence
from .transport import GoogleError, check_uri

__all__ = ['Client', 'Counters', 'GoogleError', 'Settings']

# Parts of one batch: what the pages of the APIs allow or recommend
# [Send batch requests (Calendar); Improve performance (Drive);
# Batch requests (Gmail)]
MAXIMUM_PARTS = {'calendar': 1000, 'drive': 100, 'gmail': 50}
DEFAULT_PARTS = 100
# Answers that tell that nobody takes batches at their address
NO_BATCHES = {404, 405, 501}


@dataclass(frozen=True)
class Settings:
    """How to reach Google.

    - ``api_root``: replaces the address of each API; '' for Google's own.
    - ``timeout``: seconds for each step of one request.
    - ``retry``: tries of one request, the first included.
    - ``deadline``: seconds for one operation, all its tries included.
    """
    api_root: str = ''
    timeout: float = 30.0
    retry: int = 6
    deadline: float = 300.0


@dataclass
class Counters:
    """What a client has sent and received.

    ``requests`` are HTTP requests (a batch is one), ``parts`` the calls inside
    of batches, ``retries`` the requests that repeated an earlier one,
    ``bytes_sent`` and ``bytes_received`` the bodies as they went over the
    line (compressed).
    """
    requests: int = 0
    parts: int = 0
    retries: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0


class _Unsent:
    "What googleapiclient takes for its http: only the client sends"

    def request(self, uri, method='GET', body=None, headers=None, **kwargs):
        raise TypeError("A request is sent by the client: client.execute()")

    def close(self):
        "Do nothing: it has no connection"


@lru_cache(maxsize=16)
def _build(api, version, api_root):
    """Return the root, the address of the batches and the API of Google

    It is made once, because it takes as long as a short run; it belongs to no
    account.
    """
    document = discovery_cache.get_static_doc(api, version)
    if document is None:
        raise ValueError(f"No API {api} {version}")
    document = json.loads(document)
    if api_root:
        root = check_uri(api_root)
        if urlsplit(root).query or urlsplit(root).fragment:
            raise transport.InsecureURI("This is no root of an API")
        document['rootUrl'] = root.rstrip('/') + '/'
    document.pop('mtlsRootUrl', None)
    root = check_uri(document['rootUrl'])
    document['baseUrl'] = urljoin(root, document['servicePath'])
    built = build_from_document(document, http=_Unsent())
    _keep(built, document)
    return root, root + document.get('batchPath', 'batch'), built


def _keep(resource, description):
    "Make each collection once, as it takes longer than many a request"
    for name, inner in description.get('resources', {}).items():
        setattr(resource, name, cache(partial(
                    _make, getattr(resource, name), inner)))


def _make(make, description):
    made = make()
    _keep(made, description)
    return made


class _Sender:
    """Sends one request within the time of an operation and keeps the answer

    The libraries log and retry on their own what is no success: they never
    see it.
    """

    def __init__(self, client, attempts, through=(), sink=None, trusted=()):
        self.http = client._http()
        self.sink = sink
        self.trusted = trusted
        self.token = client.credentials.token
        self.attempts = attempts
        self.through = {200, 201, 202, 204, 206, *through}
        self.response = None

    @property
    def truncated(self):
        return self.response is not None and '-truncated' in self.response

    def request(self, uri, method='GET', body=None, headers=None, **kwargs):
        self.response, content = self.http.send(
            self.attempts, uri, method, body, headers, self.sink,
            self.trusted)
        if self.response.status not in self.through:
            raise refusal(self.response, content, self.token)
        if self.truncated and self.sink is None:
            content = self.cut(content)
        return self.response, content

    def cut(self, content):
        raise malformed(self.response, True)


class _BatchSender(_Sender):

    def cut(self, content):
        "Keep the parts that came whole"
        match = re.search(
            r'boundary="?([^";]+)"?', self.response.get('content-type', ''))
        mark = b'--' + (match.group(1).strip() if match else '').encode()
        end = content.rfind(mark) if match else -1
        if end < 0:
            raise malformed(self.response, True)
        return content[:end] + mark + b'--\r\n'


class _Batch(BatchHttpRequest):
    """A batch of the library that gives back what it could read.

    The library's own ``execute`` raises when a part is missing, and refreshes
    the credentials by itself.
    """

    def collect(self, http):
        "Send and return {request id: (httplib2.Response, bytes)}"
        self._received = 0
        self._execute(http, self._order, self._requests)
        return self._responses

    def _header_to_id(self, header):
        self._received += 1
        if header is None and self._received <= len(self._order):
            # the answers are in the order of the requests
            return self._order[self._received - 1]
        # The library's own wants brackets and blanks
        match = re.search(r'\+(?:\s|%20)*(\d+)\W*$', header or '')
        return match and match[1]

    def _deserialize_response(self, payload):
        # The library's own wants a reason, a header and CR LF
        try:
            head, _, content = re.sub(
                r'\r?\n', '\n', payload).partition('\n\n')
            line, _, headers = head.strip().partition('\n')
            _, status, *_ = line.split(None, 2)
            message = HeaderParser().parsestr(headers)
            message['status'] = str(int(status))
            return httplib2.Response(message), content
        except Exception:
            # the caller counts the part as malformed
            return None, b''


class Client:
    """An API of Google for one account.

    - ``credentials``: google-auth credentials that hold a valid token; they
      are never refreshed here.
    - ``api`` and ``version``: such as 'calendar' and 'v3'; their discovery
      document is the one shipped with google-api-python-client.
    - ``refresh``: called once by an operation that was answered 401; returns
      new credentials or raises OAuthError.
    - ``parameters``: plain data of the service, for its network hooks.

    May be used by several threads.  Raises transport.InsecureURI (a
    ValueError) for an ``api_root`` to which no token may be sent.
    """

    def __init__(self, credentials, api, version, settings, *, refresh=None,
            parameters=None, sleep=None):
        silence()
        self.credentials = credentials
        self.settings = settings
        self.parameters = dict(parameters or {})
        self.counters = Counters()
        self.maximum_parts = MAXIMUM_PARTS.get(api, DEFAULT_PARTS)
        self._refresh = refresh
        self._sleep = sleep
        self._lock = threading.Lock()
        self._refresh_lock = threading.Lock()
        self._local = threading.local()
        self._https = []

        self.root, self._batch_uri, self.api = _build(
            api, version, settings.api_root)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        "Close the connections; the next request opens new ones"
        with self._lock:
            https, self._https = self._https, []
            self._local = threading.local()
        for _, http in https:
            http.close()

    def _http(self):
        http = getattr(self._local, 'http', None)
        if http is None:
            # httplib2 is not thread-safe [google-api-python-client:
            # Thread Safety]
            thread = threading.current_thread()
            with self._lock:
                http = self._left() or transport.Http(
                    self.root, self._apply, self.count,
                    self.settings.timeout)
                self._https.append((thread, http))
            self._local.http = http
        return http

    def _left(self):
        "Take what a thread that has ended used, None if there is none"
        for index, (thread, http) in enumerate(self._https):
            if not thread.is_alive():
                del self._https[index]
                return http

    def _apply(self, headers):
        # before_request() would refresh by itself
        self.credentials.apply(headers)

    def count(self, **values):
        "Add to the counters"
        with self._lock:
            for name, value in values.items():
                setattr(
                    self.counters, name, getattr(self.counters, name) + value)

    def attempts(self, end=None):
        "Return the tries and the seconds of one more operation"
        return transport.Attempts(
            self.settings.retry, self.settings.deadline, self._sleep, end)

    @property
    def renewable(self):
        "If there are new credentials for refused ones"
        return self._refresh is not None

    def renew_expiring(self):
        "Replace credentials that live for less than some minutes"
        if self.renewable and self.credentials.expired:
            self.renew(self.credentials.token)

    def renew(self, token):
        "Replace the credentials, if their token is still the refused one"
        with self._refresh_lock:
            # another thread may have been first
            if self.credentials.token == token:
                self.credentials = in_caller(self._refresh)

    @staticmethod
    def _repeatable(error, idempotent):
        return isinstance(error, GoogleError) and (
            error.repeat == 'always'
            or (idempotent and error.repeat == 'idempotent'))

    def execute(self, request, idempotent=True):
        """Send a request of ``api`` and return the answer, a dict.

        '' for an answer without content, bytes for a download.  What is not
        ``idempotent`` is sent again only if Google certainly did not execute
        it (429, 403 of a rate limit, no connection).  Raises GoogleError, and
        OAuthError when a new token was needed and refused.
        """
        return self.repeat(partial(self._execute, request), idempotent)

    def repeat(self, send, idempotent=True, attempts=None):
        """Return what ``send(attempts)`` returns, asked as ``execute`` asks

        It returns the GoogleErrors that decide if it is called again.
        """
        attempts = attempts or self.attempts()
        renewed = not self.renewable
        while True:
            token = self.credentials.token
            answer = send(attempts)
            if not isinstance(answer, GoogleError):
                return answer
            if answer.status == 401 and not renewed:
                renewed = True
                self.renew(token)
            elif (not self._repeatable(answer, idempotent)
                    or not attempts.again(answer.retry_after)):
                raise answer
            self.count(retries=1)

    def request(self, attempts, uri, method='GET', body=None, headers=None,
            *, through=(), sink=None, trusted=()):
        """Send one request as it is and return (httplib2.Response, bytes).

        ``through`` are statuses that are an answer like those of success;
        what is none is returned as a GoogleError.  ``sink`` and ``trusted``
        are those of `transport.Http.send`: only with a sink an answer without
        its end is returned, with the header ``-truncated``.
        """
        sender = _Sender(self, attempts, through, sink, trusted)
        try:
            return sender.request(uri, method, body, headers)
        except GoogleError as error:
            return error.copy()

    def _execute(self, request, attempts):
        sender = _Sender(self, attempts, {308} if request.resumable else ())
        try:
            answer = request.execute(http=sender)
        except GoogleError as error:
            return error.copy()
        except Exception:
            if sender.response is None:
                raise
            return malformed(sender.response)
        return checked(request, sender.response, answer)

    def batch(self, requests, idempotent=True):
        """Send requests of ``api`` together and return their answers in order

        An answer is as of ``execute``, or a GoogleError, which is returned
        and not raised.  As many HTTP requests are made as the API's limit
        demands; parts that may be repeated are sent again in a new batch.
        Raises OAuthError only when nothing was executed.
        """
        requests = list(requests)
        answers = [None] * len(requests)
        end = self.attempts().end
        for start in range(0, len(requests), self.maximum_parts):
            todo = range(start, len(requests))[:self.maximum_parts]
            self._repeat(requests, todo, answers, idempotent, end)
        return answers

    def _repeat(self, requests, todo, answers, idempotent, end):
        attempts = self.attempts(end)
        renewed = not self.renewable
        while todo:
            token = self.credentials.token
            for index, answer in self._send(requests, todo, attempts):
                answers[index] = answer
            denied = [] if renewed else [
                i for i in todo
                if isinstance(answers[i], GoogleError)
                and answers[i].status == 401]
            if denied:
                renewed = True
                try:
                    self.renew(token)
                except OAuthError:
                    if all(
                            answer is None or getattr(
                                answer, 'status', None) == 401
                            for answer in answers):
                        raise
                    denied = []
            again = [
                i for i in todo if self._repeatable(answers[i], idempotent)]
            seconds = max(
                (answers[i].retry_after or 0 for i in again), default=0)
            if again and not attempts.again(seconds):
                again = []
            todo = sorted(denied + again)
            if todo:
                self.count(retries=1)

    def _send(self, requests, todo, attempts):
        "Send one batch and give (index, answer) of all its parts"
        # Not new_batch_http_request(): see _Batch
        batch = _Batch(batch_uri=self._batch_uri)
        for index in todo:
            batch.add(requests[index], request_id=str(index))
        sender = _BatchSender(self, attempts)
        parts, failure = {}, None
        self.count(parts=len(todo))
        try:
            parts = batch.collect(sender)
        except GoogleError as error:
            failure = error.copy()
        except Exception:
            if sender.response is None:
                raise
            # what could be read of the answer
            parts = batch._responses
        for index in todo:
            response, content = parts.pop(str(index), (None, b''))
            if failure and failure.status in NO_BATCHES:
                # of the requests themselves this tells nothing
                yield index, self._execute(requests[index], attempts)
            elif failure:
                yield index, failure.copy()
            elif response is None:
                yield index, malformed(sender.response, sender.truncated)
            else:
                yield index, self._part(
                    requests[index], response, content, sender.token)

    @staticmethod
    def _part(request, response, content, token):
        if response.status >= 300:
            return refusal(response, content, token)
        try:
            answer = request.postproc(response, content)
        except Exception:
            return malformed(response)
        return checked(request, response, answer)
