# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What many events cost in queries, by what is read together."""
import datetime as dt

from trytond.modules.google_calendar import record_link
from trytond.modules.google_integration.tests.work import count_queries
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    TestCase, activate_module, with_transaction)
from trytond.transaction import Transaction

from .records import (
    END, EVENT, START, create_calendar, create_event, create_user)
from .tools import CALENDAR, timed

ADMINISTRATORS = 4
DAY = dt.timedelta(days=1)


class EngineQueriesTestCase(TestCase):
    "Test the queries of chunks of many events"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        activate_module('google_calendar')

    def shared(self):
        "A calendar of which the administrators may read the records"
        for i in range(ADMINISTRATORS):
            create_user(f'ada{i}', 'group_google_admin')
        return create_calendar(None, 'shared')

    def changes(self, prefix, records, summary="Meeting"):
        return [
            Pool().get(CALENDAR).google_change({
                    **timed(summary), 'id': f'{prefix}{i}', 'etag': summary,
                    **({'extendedProperties': {'private': {
                                    'trytonRecord':
                                    record_link.prefix() + record}}}
                        if record else {}),
                    })
            for i, record in enumerate(records)]

    def apply(self, calendar, changes):
        "The queries of applying the changes"
        with count_queries() as statements:
            work, errors = Pool().get(EVENT).google_apply(calendar, changes)
        self.assertEqual(errors, [])
        self.assertEqual(work.created + work.updated, len(changes))
        return len(statements)

    def resources(self, prefix):
        return [
            e.resource and str(e.resource)
            for e in Pool().get(EVENT).search(
                [('google_id', 'like', f'{prefix}%')],
                order=[('id', 'ASC')])]

    @with_transaction()
    def test_records(self):
        "The records are searched once for each owner, however many"
        calendar = self.shared()
        fields = Pool().get('ir.model.field').search([], limit=100)
        self.assertEqual(len(fields), 100)
        records = list(map(str, fields))
        # what is read of the installation and of the users is kept
        self.apply(calendar, self.changes('first', records[:1]))
        for names, summary in [
                (records, "Created"), (records[::-1], "Written")]:
            with self.subTest(summary=summary):
                plain = self.apply(calendar, self.changes(
                        'plain', [None] * len(names), summary))
                linked = self.apply(calendar, self.changes(
                        'linked', names, summary))
                self.assertEqual(self.resources('linked'), names)
                # nor are the owners searched for events without records
                self.assertLess(plain, len(names) + 30)
                # of each owner the access, too
                self.assertLessEqual(linked - plain, 2 * ADMINISTRATORS + 2)

    @with_transaction()
    def test_readable(self):
        "Each record of a chunk is one that all the owners may read"
        pool = Pool()
        calendar = self.shared()
        users = [
            create_user(f'user{i}', 'group_google_user') for i in range(2)]
        with Transaction().set_user(1):
            session, = pool.get('ir.session').create([{}])
        cases = [
            (f'res.user,{users[0]}', f'res.user,{users[0]}'),
            ('ir.cron,1', None),
            (str(session), None),
            ('res.user,1000000', None),
            ('res.user,first', None),
            ('nothing,1', None),
            (f'res.user,{10 ** 30}', None),
            ('', None),
            (f'res.user,{users[1]}', f'res.user,{users[1]}'),
            (f'res.user,{users[0]}', f'res.user,{users[0]}'),
            ('ir.model.field,1', 'ir.model.field,1'),
            ]
        self.apply(calendar, self.changes('id', [r for r, _ in cases]))
        self.assertEqual(self.resources('id'), [e for _, e in cases])

    @with_transaction()
    def test_occurrences(self):
        "The series of the occurrences that are sent are read together"
        Event = Pool().get(EVENT)
        calendar = create_calendar(None, 'shared')
        first = dt.date(2026, 12, 1)
        series = [
            create_event(
                calendar, recurrence='RRULE:FREQ=DAILY;COUNT=30',
                google_id=f'series{all_day}', google_revision='x',
                google_state='synchronized', **values)
            for all_day, values in [
                (False, {'time_zone': 'UTC'}),
                (True, {
                        'all_day': True, 'start_date': first,
                        'end_date': first}),
                ]]
        counts = []
        for days in [range(1, 2), range(2, 22)]:
            events, expected = [], []
            for event in series:
                for day in days:
                    start = dt.datetime(2026, 12, 1, 12) if event.all_day \
                        else event.start
                    start += day * DAY
                    events.append(event.make_exception(start))
                    expected.append(
                        start.date().isoformat() if event.all_day
                        else f'{start.isoformat()}+00:00')
            # those of the series of days, too, get an hour
            Event.write(events, {
                    'all_day': False, 'time_zone': 'UTC',
                    'start': START, 'end': END})
            events = Event.browse([e.id for e in events])
            with count_queries() as statements:
                operations, errors = Event.google_prepare(calendar, events)
            self.assertEqual(errors, [])
            self.assertEqual(
                [o.parameters['original_start'] for o in operations],
                expected)
            counts.append(len(statements))
        few, many = counts
        self.assertLessEqual(many, few + 2)
