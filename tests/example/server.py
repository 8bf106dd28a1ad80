# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Google Tasks for the example of the documentation, on the loopback only.

As strict as the emulator: requests and answers are held against the discovery
document, https://developers.google.com/workspace/tasks/reference/rest tells
the rest. What no page states is marked (unverified).
"""
import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.emulator.discovery import Document, parse_datetime
from tests.emulator.errors import ApiError

# the default and the maximum of maxResults
SIZES = {
    'tasks.tasks.list': (20, 100),
    'tasks.tasklists.list': (1000, 1000),
    }
LENGTHS = {'title': 1024, 'notes': 8192}
# what the document says in words only
READ_ONLY = {
    'assignmentInfo', 'etag', 'hidden', 'id', 'kind', 'links', 'parent',
    'position', 'selfLink', 'updated', 'webViewLink'}
WRITES = {'POST', 'PUT', 'PATCH', 'DELETE'}


class Tasks:
    "with Tasks() as google: google.url"

    def __init__(self, token):
        self.token = token
        self.document = Document('tasks.v1')
        self.lists = {}
        self.pages = {}
        self.page_size = 1000
        self.log = []
        # called before a request is treated, by the id of its method
        self.before = {}
        self.count = 0
        self.time = dt.datetime(2026, 3, 2, 9)

    def __enter__(self):
        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = True
        self._server.google = self
        self.url = f'http://127.0.0.1:{self._server.server_address[1]}'
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # What people do

    def add_list(self, title):
        self.count += 1
        id = f'list{self.count}'
        self.lists[id] = {'title': title, 'tasks': {}}
        return id

    def add(self, list, title, **values):
        self.count += 1
        id = f'task{self.count}'
        self.lists[list]['tasks'][id] = {'id': id, 'status': 'needsAction'}
        self.edit(list, id, title=title, **values)
        return id

    def edit(self, list, id, **values):
        self.count += 1
        self.time += dt.timedelta(seconds=1)
        task = self.lists[list]['tasks'][id]
        values.setdefault(
            'updated', self.time.isoformat(timespec='milliseconds') + 'Z')
        for name, value in values.items():
            if value is None:
                task.pop(name, None)
            else:
                task[name] = value
        if task['status'] == 'completed':
            task.setdefault('completed', task['updated'])
        else:
            task.pop('completed', None)
        task['etag'] = f'"{self.count}"'
        task['kind'] = 'tasks#task'

    def remove(self, list, id):
        self.edit(list, id, deleted=True)

    def purge(self, list, id):
        del self.lists[list]['tasks'][id]

    def open_tasks(self, list):
        "The titles of the tasks by their id, without what was deleted"
        return {
            id: task.get('title')
            for id, task in self.lists[list]['tasks'].items()
            if not task.get('deleted')}

    def writes(self):
        return [(id, body) for id, verb, body in self.log if verb in WRITES]

    # What the API does

    def handle(self, verb, path, query, headers, content):
        method, values = self.document.find(verb, path)
        if not method:
            raise ApiError('notFound')
        if headers.get('Authorization') != f'Bearer {self.token}':
            raise ApiError('authError')
        if 'If-Match' in headers:
            # no page says that it counts
            raise ApiError('badRequest', "No precondition is documented")
        parameters = self.document.parameters(method, values, query)
        body = None
        if method.request:
            try:
                body = self.document.clean(
                    method.request, json.loads(content))
            except ValueError:
                raise ApiError('parseError')
        elif content:
            raise ApiError('badRequest', "The request body must be empty")
        self.log.append((method.id, verb, body))
        if before := self.before.pop(method.id, None):
            before()
        function = getattr(self, method.id.replace('.', '_'), None)
        if not function:
            raise ApiError('notFound')
        answer = function(parameters, body)
        if method.response:
            self.document.check(method.response, answer)
        return answer

    def tasks_tasklists_list(self, parameters, body):
        return self._page('tasks.tasklists.list', parameters, [
                {'id': id, 'title': values['title']}
                for id, values in self.lists.items()])

    def tasks_tasks_list(self, parameters, body):
        tasks = self._list(parameters)['tasks'].values()
        if not parameters.get('showDeleted'):
            tasks = [t for t in tasks if not t.get('deleted')]
        if not parameters.get('showHidden'):
            tasks = [t for t in tasks if not t.get('hidden')]
        if not parameters.get('showCompleted', True):
            tasks = [t for t in tasks if t['status'] != 'completed']
        if 'updatedMin' in parameters:
            since = parse_datetime(parameters['updatedMin'])
            if since is None or since.tzinfo is None:
                raise ApiError('invalid', location='updatedMin')
            tasks = [
                t for t in tasks if parse_datetime(t['updated']) >= since]
        return self._page('tasks.tasks.list', parameters, tasks)

    def tasks_tasks_get(self, parameters, body):
        # also a deleted one (unverified)
        return self._task(parameters, deleted=True)

    def tasks_tasks_patch(self, parameters, body):
        task = self._task(parameters)
        values = {n: v for n, v in body.items() if n not in READ_ONLY}
        for name, length in LENGTHS.items():
            if len(values.get(name) or '') > length:
                raise ApiError('invalid', location=name)
        if values.get('status') not in {None, 'needsAction', 'completed'}:
            raise ApiError('invalid', location='status')
        if values.get('due'):
            due = parse_datetime(values['due'])
            if due is None or due.tzinfo is None:
                raise ApiError('invalid', location='due')
            # the time portion is discarded
            values['due'] = f'{due.date()}T00:00:00.000Z'
        self.edit(parameters['tasklist'], task['id'], **values)
        return task

    def tasks_tasks_delete(self, parameters, body):
        self.remove(parameters['tasklist'], self._task(parameters)['id'])

    def _list(self, parameters):
        try:
            return self.lists[parameters['tasklist']]
        except KeyError:
            raise ApiError('notFound')

    def _task(self, parameters, deleted=False):
        task = self._list(parameters)['tasks'].get(parameters['task'])
        if not task or (task.get('deleted') and not deleted):
            raise ApiError('notFound')
        return task

    def _page(self, method, parameters, items):
        parameters = dict(parameters)
        default, maximum = SIZES[method]
        size = parameters.get('maxResults', default)
        if not 0 < size <= maximum:
            raise ApiError('invalid', location='maxResults')
        start = 0
        if token := parameters.pop('pageToken', None):
            start, others = self.pages.get(token, (None, None))
            if others != (method, parameters):
                raise ApiError('invalid', location='pageToken')
        items = list(items)
        end = start + min(size, self.page_size)
        answer = {'items': items[start:end]}
        if end < len(items):
            token = f'page{len(self.pages)}'
            self.pages[token] = end, (method, parameters)
            answer['nextPageToken'] = token
        return answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def _handle(self):
        parts = urlsplit(self.path)
        content = self.rfile.read(int(self.headers['Content-Length'] or 0))
        try:
            status, answer = 200, self.server.google.handle(
                self.command, parts.path,
                parse_qsl(parts.query, keep_blank_values=True),
                self.headers, content)
            if answer is None:
                status = 204
        except ApiError as error:
            status, answer = error.code, error.body()
        content = b'' if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        if status != 204:
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', len(content))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def log_message(self, *args):
        pass
