# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import json

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.google_resource import GoogleResource
from trytond.modules.google_integration.google_two_way import GoogleTwoWay
from trytond.modules.google_integration.merge import Unit
from trytond.modules.google_integration.operation import Changes, CursorExpired

OVERLAP = dt.timedelta(minutes=5)


class TaskList(GoogleTwoWay, ModelSQL, ModelView):
    __name__ = 'google_tasks.list'
    google_api = ('tasks', 'v1')
    google_scopes = ('https://www.googleapis.com/auth/tasks',)
    google_resource = 'google_tasks.task'
    name = fields.Char("Name", required=True)
    google_id = fields.Char("Task List", required=True, readonly=True)

    @classmethod
    def discover(cls, credentials):
        id = credentials.id
        with credentials.get_client(*cls.google_api) as client:
            found = client.execute(client.api.tasklists().list())
        known = {t.google_id for t in cls.search([('credentials', '=', id)])}
        cls.create([
                {'credentials': id, 'google_id': i['id'], 'name': i['title']}
                for i in found.get('items', []) if i['id'] not in known])

    def google_parameters(self):
        return {'tasklist': self.google_id}

    @classmethod
    def list_changes(cls, client, cursor):
        since, latest, page = json.loads(cursor or '[null, "", null]')
        try:
            answer = client.execute(client.api.tasks().list(
                    maxResults=100, showDeleted=True, showHidden=True,
                    updatedMin=since, pageToken=page, **client.parameters))
        except GoogleError as error:
            raise CursorExpired if page and error.status == 400 else error
        tasks, page = answer.get('items', []), answer.get('nextPageToken')
        latest = max([latest, *(task['updated'] for task in tasks)])
        if latest and not page:
            # there are no sync tokens: the last minutes are listed again
            since = (dt.datetime.fromisoformat(latest) - OVERLAP).isoformat()
        return Changes(
            [cls.google_change(task) for task in tasks],
            json.dumps([since, latest, page]), more=bool(page))

    @classmethod
    def google_read(cls, client, google_id):
        return client.api.tasks().get(task=google_id, **client.parameters)

    @classmethod
    def google_write(cls, client, operation):
        tasks = client.api.tasks()
        where = {'task': operation.google_id, **client.parameters}
        if operation.kind == 'delete':
            return tasks.delete(**where)
        return tasks.patch(body=operation.body, **where)


class Task(GoogleResource, ModelSQL, ModelView):
    __name__ = 'google_tasks.task'
    _rec_name = 'title'
    google_service_field = 'list'
    google_units = [Unit(n, (n,)) for n in ['title', 'notes', 'due', 'status']]
    list = fields.Many2One('google_tasks.list', "List", required=True)
    title = fields.Char("Title")
    notes = fields.Text("Notes")
    due = fields.Date("Due")
    status = fields.Selection([
            ('needsAction', "To Do"), ('completed', "Done")], "Status",
        required=True)

    @classmethod
    def google_to_values(cls, task):
        values = {name: task.get(name) for name in cls.google_value_names()}
        if values['due']:
            values['due'] = dt.date.fromisoformat(values['due'][:10])
        return values

    @staticmethod
    def google_to_resource(values, units, baseline):
        due = values['due'] and f"{values['due']}T00:00:00Z"
        return {name: {**values, 'due': due}[name] for name in units}

    @staticmethod
    def google_is_deleted(task):
        return task.get('deleted', False)

    @staticmethod
    def google_updated(task):
        return dt.datetime.fromisoformat(task['updated']).replace(tzinfo=None)
