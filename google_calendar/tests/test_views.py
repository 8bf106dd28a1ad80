# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the clients read to show the views."""
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from unittest.mock import patch

from trytond.model.exceptions import AccessError
from trytond.modules.google_integration.operation import Answer, Change

from .tools import (
    BOB, CALENDAR, CREDENTIALS, EVENT, HOUR, MORNING, GoogleCalendarTestCase,
    at, database, timed)

ERROR = 'google_integration.sync_error'
CONFLICT = 'google_integration.conflict'
SYNCHRONIZATION = 'google_integration.synchronization'
MODELS = [
    CALENDAR, EVENT, ERROR, CONFLICT, SYNCHRONIZATION,
    'google_integration.sync_log', 'google_integration.tombstone']


def view_fields(pool, name):
    "The fields that a client reads to show the views of the model"
    Model = pool.get(name)
    View = pool.get('ir.ui.view')
    names = set()
    for view in View.search([('model', '=', name)]):
        definition = Model.fields_view_get(view.id)
        names.update(
            f.attrib['name'] for f in ET.fromstring(
                definition['arch']).iter('field'))
    return names | {
        f'{n}.rec_name' for n in names
        if Model._fields[n]._type in {'many2one', 'reference'}}


class ViewsTestCase(GoogleCalendarTestCase):

    def test_shared(self):
        "The views of what is shared can be opened by everybody"
        shared = self.connect(None, BOB)
        calendar, = self.discover(shared)
        self.google.insert_event(BOB, timed("Shared"))
        self.synchronize(calendar)
        event = self.find("Shared", calendar)
        with database() as pool:
            service, record = pool.get(CALENDAR)(calendar), pool.get(EVENT)(
                event)
            pool.get(CONFLICT).keep(
                service, record, 'summary', 'google',
                {'summary': "A"}, {'summary': "B"})
            pool.get(ERROR).create([{
                        'credentials': shared,
                        'service': str(service),
                        'resource': str(record),
                        'operation': 'push',
                        'code': 'busy',
                        'date': MORNING,
                        }])
        for user, calendars in [(self.jane, 2), (self.john, 1)]:
            for name in MODELS:
                with self.subTest(user=user, model=name), \
                        self.as_user(user) as pool:
                    Model = pool.get(name)
                    ids = [r.id for r in Model.search([])]
                    rows = Model.read(ids, list(view_fields(pool, name)))
                    if name == CALENDAR:
                        self.assertEqual(
                            {r['credentials.']['rec_name'] for r in rows},
                            {BOB, 'alice@example.com'} if calendars == 2
                            else {BOB})
                    if name in {CALENDAR, SYNCHRONIZATION}:
                        self.assertEqual(len(rows), calendars)

    def test_datetime(self):
        "A list shows the day or the time: the web client has no other column"
        with database() as pool:
            View = pool.get('ir.ui.view')
            for view in View.search([
                        ('module', 'like', 'google_%'),
                        ('type', '=', 'tree'),
                        ]):
                fields = pool.get(view.model)._fields
                for node in ET.fromstring(view.arch).iter('field'):
                    field = fields[node.attrib['name']]
                    if field._type in {'datetime', 'timestamp'}:
                        with self.subTest(view=view.name, field=field.name):
                            self.assertIn(
                                node.attrib.get('widget'), {'date', 'time'})

    def test_calendar(self):
        """Each view of a window has what its calendar shows

        The web client reads it together with the summary, of which it reads
        only the fields that are in all views of the summary.
        """
        with database() as pool:
            Window = pool.get('ir.action.act_window')
            found = 0
            for window in Window.search([
                        ('act_window_views.view.module', 'like', 'google_%'),
                        ('act_window_views.view.type', '=', 'calendar')]):
                Model = pool.get(window.res_model)
                views = {}
                for line in window.act_window_views:
                    view = Model.fields_view_get(line.view.id)
                    views[line.view.name] = ET.fromstring(view['arch']), set(
                        view['fields'])
                calendar, shown = next(
                    v for v in views.values() if v[0].tag == 'calendar')
                shown &= {
                    *calendar.attrib.values(),
                    *(f.attrib['name'] for f in calendar.iter('field'))}
                for name, (_, fields) in views.items():
                    with self.subTest(window=window.name, view=name):
                        self.assertLessEqual(shown, fields)
                found += 1
            self.assertEqual(found, 2)

    def test_name(self):
        "Of shared credentials only the name is seen, of those of others not"
        shared = self.connect(None, BOB)
        with self.as_user(self.john) as pool:
            Credentials = pool.get(CREDENTIALS)
            self.assertEqual(
                Credentials.read([shared], ['rec_name']),
                [{'id': shared, 'rec_name': BOB}])
            for ids, names in [
                    ([self.credentials], ['rec_name']),
                    ([shared, self.credentials], ['rec_name']),
                    ([shared], ['id']),
                    ([shared], ['rec_name', 'email']),
                    ]:
                with self.subTest(ids=ids, names=names), \
                        self.assertRaises(AccessError):
                    Credentials.read(ids, names)


class QueriesTestCase(GoogleCalendarTestCase):
    "What is read is read together, however many there are"

    @contextmanager
    def few_reads(self, Model, name):
        "The rows are read together and not one by one"
        with patch.object(Model, 'read', side_effect=Model.read) as read, \
                patch.object(
                    Model, 'search', side_effect=Model.search) as search:
            yield
        count = read.call_count + search.call_count
        self.assertLess(count, 15, name)

    def prepared(self, count):
        for i in range(count):
            self.google.insert_event(
                'alice@example.com', timed(f"Event {i}", MORNING + i * HOUR))
        self.synchronize()

    def test_apply(self):
        "In whatever order Google tells"
        self.prepared(20)
        for reverse in [False, True]:
            with database(commit=False) as pool:
                Event = pool.get(EVENT)
                changes = sorted((
                        Change(e.google_id, {
                                **e.google_base,
                                'etag': '"other"',
                                'summary': f"Other {e.id}",
                                'updated': at(MORNING),
                                }) for e in Event.search([])),
                    key=lambda c: c.resource['start']['dateTime'],
                    reverse=reverse)
            with database(commit=False) as pool:
                service = pool.get(CALENDAR)(self.calendar)
                with self.few_reads(Event, f"reverse: {reverse}"):
                    work, errors = service.apply_changes(changes)
            self.assertEqual((work.updated, errors), (20, []))

    def test_confirm(self):
        self.prepared(20)
        with self.user() as pool:
            Event = pool.get(EVENT)
            Event.write(Event.search([]), {'location': "Here"})
        with database(commit=False) as pool:
            Event = pool.get(EVENT)
            service = pool.get(CALENDAR)(self.calendar)
            operations, errors = service.prepare(service.pending(50))
            self.assertEqual((len(operations), errors), (20, []))
            answers = [
                Answer('done', {
                        **Event(o.id).google_base, **o.body, 'etag': '"new"'})
                for o in operations]
            with self.few_reads(Event, "confirm"):
                work, errors = service.confirm(operations, answers)
            self.assertEqual((work.pushed, errors), (20, []))

    def test_panel(self):
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.create([{
                        'credentials': self.credentials,
                        'name': f"Calendar {i}",
                        'google_id': f'{i}@example.com',
                        } for i in range(20)])
        with database(commit=False) as pool:
            Synchronization = pool.get(SYNCHRONIZATION)
            with self.few_reads(pool.get(CALENDAR), "panel"):
                rows = Synchronization.search_read([], fields_names=[
                        'service', 'service_name', 'sync_state', 'backlog',
                        'last_error'])
            self.assertEqual(len(rows), 21)


del GoogleCalendarTestCase
