# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
from unittest.mock import patch

from trytond.modules.google_calendar.exceptions import (
    EventRepeatError, EventScopeError)
from trytond.modules.google_calendar.tests.series_case import (
    WEEK, SeriesTestCase)
from trytond.modules.google_calendar.tests.tools import (
    ALICE, BOB, CALENDAR, EVENT, HOUR, MORNING, database)
from trytond.transaction import Transaction

DAY = dt.timedelta(days=1)


class ChangeSeriesTestCase(SeriesTestCase):
    "Test the three scopes of a change, in Tryton"

    def test_this(self):
        series = self.series()
        self.synchronize()
        self.requests()
        self.change(
            series, MORNING + WEEK, 'this', start=MORNING + WEEK + HOUR,
            end=MORNING + WEEK + 2 * HOUR, summary="Moved")
        self.synchronize()
        self.assertEqual(self.sent(), ['instances', 'patch'])
        self.assert_same_occurrences(5)
        self.assertIn(
            (MORNING + WEEK + HOUR, "Moved"), self.at('summary'))
        self.assert_settled()
        # and back
        self.requests()
        self.change(
            series, MORNING + WEEK, 'this', start=MORNING + WEEK,
            end=MORNING + WEEK + HOUR)
        self.synchronize()
        self.assertEqual(self.sent(), ['patch'])
        self.assert_same_occurrences(5)

    def test_remove_this(self):
        series = self.series()
        self.synchronize()
        self.requests()
        self.remove(series, MORNING + WEEK, 'this')
        self.assertEqual(len(self.at()), 4)
        self.synchronize()
        self.assertEqual(self.sent(), ['instances', 'patch'])
        self.assert_same_occurrences(4)
        self.assert_settled()

    def test_all(self):
        series = self.series('FREQ=WEEKLY;BYDAY=TU;COUNT=5')
        self.synchronize()
        self.requests()
        # of the third occurrence
        at = MORNING + 2 * WEEK
        self.change(
            series, at, 'all', start=at + DAY + HOUR, end=at + DAY + 3 * HOUR,
            location="There")
        self.synchronize()
        self.assertEqual(self.sent(), ['patch'])
        self.assertEqual(
            self.event(series, 'start', 'end', 'recurrence', 'location'), [
                MORNING + DAY + HOUR, MORNING + DAY + 3 * HOUR,
                'RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=5', "There"])
        self.assert_same_occurrences(5)
        self.assert_settled()

    def test_all_resets_silently(self):
        "Google does not tell of the exceptions that the move has reset"
        series = self.series()
        self.synchronize()
        for number, values in [
                (2, {'summary': "Special"}), (3, {'status': 'cancelled'})]:
            self.change(series, MORNING + number * WEEK, 'this', **values)
        self.synchronize()
        self.assert_same_occurrences(4)
        self.change(
            series, MORNING, 'all', start=MORNING + 2 * HOUR,
            end=MORNING + 3 * HOUR)
        Calendar = self.model(CALENDAR)
        list_changes = Calendar.list_changes

        def silent(*args):
            answer = list_changes(*args)
            answer.items[:] = [
                c for c in answer.items
                if 'recurringEventId' not in c.resource]
            return answer
        with patch.object(Calendar, 'list_changes', silent):
            self.synchronize()
            self.synchronize()
            self.assert_same_occurrences(5)
            self.requests()
            self.synchronize()
            self.assertEqual(self.sent(), [])

    def test_cancelled_body(self):
        "What is cancelled can be restored at Google: it is not emptied"
        Event = self.model(EVENT)
        values = Event.google_to_values({'id': 'x', 'status': 'cancelled'})
        body = Event.google_to_resource(
            values, {'summary', 'status', 'attendees', 'color'}, {})
        self.assertEqual(body, {'status': 'cancelled'})

    def test_delete_exception(self):
        "Deleted as an event it is cancelled, and stays so"
        series = self.series()
        self.synchronize()
        self.change(series, MORNING + WEEK, 'this', summary="Special")
        self.synchronize()
        self.requests()
        self.delete(self.find("Special"))
        self.assertEqual(len(self.at()), 4)
        self.synchronize()
        self.assertEqual(self.sent(), ['patch'])
        self.assert_same_occurrences(4)
        self.assert_settled()
        exception, = self.search(
            EVENT, 'id', domain=[('status', '=', 'cancelled')])
        self.delete(exception)
        self.assertEqual(len(self.at()), 4)
        self.synchronize()
        self.assert_same_occurrences(4)
        self.assert_settled()
        # with its series it is deleted
        exception, = self.search(
            EVENT, 'id', domain=[('status', '=', 'cancelled')])
        self.delete(exception, series)
        self.assertEqual(self.search(EVENT, 'id'), [])
        self.synchronize()
        self.assert_same_occurrences(0)

    def test_remove_all(self):
        series = self.series()
        self.synchronize()
        self.change(series, MORNING + WEEK, 'this', summary="Special")
        self.synchronize()
        self.requests()
        self.remove(series, MORNING + WEEK, 'all')
        self.synchronize()
        self.assertEqual(self.sent(), ['delete'])
        self.synchronize()
        self.assert_same_occurrences(0)
        self.assert_settled()

    def test_following(self):
        series = self.series(location="Here", color_id='5')
        self.synchronize()
        self.requests()
        new = self.change(
            series, MORNING + 2 * WEEK, 'following', summary="New",
            start=MORNING + 2 * WEEK + HOUR,
            end=MORNING + 2 * WEEK + 3 * HOUR)
        self.assertNotEqual(new, series)
        self.assertEqual(
            self.event(series, 'recurrence'),
            'RRULE:FREQ=WEEKLY;UNTIL=20261214T235959Z')
        self.assertEqual(
            self.event(new, 'recurrence', 'location', 'color_id'),
            ['RRULE:FREQ=WEEKLY;COUNT=3', "Here", '5'])
        self.synchronize()
        self.assertEqual(self.sent(), ['insert', 'patch'])
        self.assertEqual(self.at('summary'), [
                (MORNING, "Series"), (MORNING + WEEK, "Series"),
                (MORNING + 2 * WEEK + HOUR, "New"),
                (MORNING + 3 * WEEK + HOUR, "New"),
                (MORNING + 4 * WEEK + HOUR, "New")])
        self.assert_same_occurrences(5)
        self.assert_settled()

    def test_following_with_exceptions(self):
        "They stay what they are, as parts of the new series"
        series = self.series('FREQ=WEEKLY;COUNT=8')
        self.synchronize()
        at = [MORNING + n * WEEK for n in range(8)]
        self.change(series, at[1], 'this', summary="Before")
        self.change(series, at[4], 'this', summary="Special")
        self.change(
            series, at[5], 'this', start=at[5] + DAY, end=at[5] + DAY + HOUR)
        self.remove(series, at[6], 'this')
        self.synchronize()
        self.assert_same_occurrences(7)
        self.requests()

        new = self.change(series, at[3], 'following', location="There")
        expected = [
            (at[0], "Series", None), (at[1], "Before", None),
            (at[2], "Series", None), (at[3], "Series", "There"),
            (at[4], "Special", "There"), (at[5] + DAY, "Series", "There"),
            (at[7], "Series", "There")]
        self.assertEqual(self.at('summary', 'location'), expected)
        self.synchronize()
        self.synchronize()
        # one for each exception after the cut
        self.assertEqual(
            self.sent(), ['insert'] + ['patch'] * 4)
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.conflicts(), [])
        self.assertEqual(self.at('summary', 'location'), expected)
        self.assert_same_occurrences(7)
        self.assertEqual(len(self.search(EVENT, 'id', domain=[
                        ('recurring_event', '=', new)])), 3)
        self.assert_settled()

    def test_following_moves_exceptions(self):
        series = self.series()
        self.synchronize()
        at = [MORNING + n * WEEK for n in range(5)]
        self.change(
            series, at[3], 'this', start=at[3] + HOUR, end=at[3] + 2 * HOUR,
            summary="Later")
        self.remove(series, at[4], 'this')
        self.synchronize()
        self.change(
            series, at[2], 'following', start=at[2] + 2 * HOUR,
            end=at[2] + 3 * HOUR)
        expected = [
            (at[0], "Series"), (at[1], "Series"), (at[2] + 2 * HOUR, "Series"),
            (at[3] + 3 * HOUR, "Later")]
        self.assertEqual(self.at('summary'), expected)
        self.synchronize()
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.at('summary'), expected)
        self.assert_same_occurrences(4)
        self.assert_settled()

    def test_following_from_the_first(self):
        "It is the whole series"
        series = self.series()
        self.synchronize()
        self.requests()
        self.assertEqual(
            self.change(series, MORNING, 'following', summary="All"), series)
        self.synchronize()
        self.assertEqual(self.sent(), ['patch'])
        self.assert_same_occurrences(5)

    def test_remove_following(self):
        series = self.series()
        self.synchronize()
        self.change(series, MORNING + 3 * WEEK, 'this', summary="Special")
        self.synchronize()
        self.requests()
        self.remove(series, MORNING + 2 * WEEK, 'following')
        self.assertEqual(len(self.at()), 2)
        self.synchronize()
        self.assertEqual(self.sent(), ['patch'])
        self.synchronize()
        self.assert_same_occurrences(2)
        self.assert_settled()

    def test_before_it_is_sent(self):
        series = self.series()
        at = [MORNING + n * WEEK for n in range(5)]
        self.change(series, at[1], 'this', summary="One")
        self.change(series, at[3], 'this', summary="Three")
        self.change(series, at[2], 'following', location="There")
        self.synchronize()
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.at('summary', 'location'), [
                (at[0], "Series", None), (at[1], "One", None),
                (at[2], "Series", "There"), (at[3], "Three", "There"),
                (at[4], "Series", "There")])
        self.assert_same_occurrences(5)
        self.assert_settled()

    def test_all_day(self):
        day = dt.date(2026, 12, 1)
        noon = dt.datetime(2026, 12, 1, 12)
        series = self.series(
            all_day=True, start_date=day, end_date=day + DAY)
        self.synchronize()
        self.change(series, noon + 3 * WEEK, 'this', summary="Special")
        self.synchronize()
        new = self.change(
            series, noon + 2 * WEEK, 'following',
            start_date=day + 2 * WEEK + DAY, end_date=day + 2 * WEEK + DAY)
        self.assertEqual(
            self.event(series, 'recurrence'),
            'RRULE:FREQ=WEEKLY;UNTIL=20261214')
        self.assertEqual(
            self.event(new, 'start_date', 'end_date'),
            [day + 2 * WEEK + DAY] * 2)
        self.synchronize()
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_same_occurrences(5)
        self.assert_settled()

    def test_summer_time(self):
        "A meeting at nine in Paris stays at nine"
        start = dt.datetime(2026, 3, 17, 8)
        series = self.series(
            start=start, time_zone='Europe/Paris')
        self.synchronize()
        at = dt.datetime(2026, 3, 31, 7)
        self.change(
            series, at, 'following', start=at + HOUR, end=at + 2 * HOUR)
        self.synchronize()
        self.assert_same_occurrences(5)
        self.change(
            series, start, 'all', start=start - HOUR, end=start)
        self.synchronize()
        self.assert_same_occurrences(5)
        self.assertEqual([s for s, in self.at()][:3], [
                dt.datetime(2026, 3, 17, 7), dt.datetime(2026, 3, 24, 7),
                dt.datetime(2026, 3, 31, 8)])

    def test_to_all_day(self):
        series = self.series()
        self.synchronize()
        day = (MORNING + WEEK).date()
        self.change(
            series, MORNING + WEEK, 'all', all_day=True,
            start_date=day + DAY, end_date=day + DAY)
        self.assertEqual(
            self.event(series, 'start_date', 'end_date'),
            [MORNING.date() + DAY] * 2)
        self.synchronize()
        self.assert_same_occurrences(5)

    def test_refused(self):
        series = self.series()
        for at, error in [
                (MORNING + DAY, EventScopeError),
                (MORNING + 9 * WEEK, EventScopeError)]:
            for scope in ['this', 'following']:
                with self.subTest(at=at, scope=scope), \
                        self.assertRaises(error):
                    self.change(series, at, scope, summary="X")
        single = self.create()
        with self.assertRaises(EventScopeError):
            self.change(single, MORNING, 'all', summary="X")
        custom = self.series('FREQ=WEEKLY;INTERVAL=2;COUNT=3\n'
            'RDATE:20261208T090000Z')
        with self.assertRaises(EventRepeatError):
            self.change(custom, MORNING + WEEK, 'following', summary="X")
        self.assertEqual(
            len(self.search(EVENT, 'id')), 3)

    def test_others(self):
        "The rights on the event count"
        series = self.series()
        with self.as_user(self.john) as pool:
            for scope in ['this', 'following', 'all']:
                for method, args in [
                        ('change_occurrence', [{'summary': "X"}]),
                        ('remove_occurrence', [])]:
                    with self.subTest(scope=scope, method=method), \
                            self.assertRaises(Exception) as caught:
                        getattr(pool.get(EVENT)(series), method)(
                            MORNING + WEEK, scope, *args)
                    self.assertEqual(
                        type(caught.exception).__name__, 'AccessError')

    def test_guest(self):
        "A guest changes only what is the own"
        self.google.insert_event(BOB, {
                'summary': "Series",
                'start': {
                    'dateTime': '2026-12-01T09:00:00Z', 'timeZone': 'UTC'},
                'end': {
                    'dateTime': '2026-12-01T10:00:00Z', 'timeZone': 'UTC'},
                'recurrence': ['RRULE:FREQ=WEEKLY;COUNT=4'],
                'attendees': [{'email': ALICE}],
                })
        self.synchronize()
        series = self.find("Series")
        for scope in ['this', 'following', 'all']:
            with self.subTest(scope=scope), self.assertRaises(Exception):
                self.change(series, MORNING + WEEK, scope, summary="X")
        with self.assertRaises(EventScopeError):
            self.remove(series, MORNING + WEEK, 'following')
        self.assertEqual(len(self.search(EVENT, 'id')), 1)
        self.change(series, MORNING + WEEK, 'this', color_id='3')
        self.remove(series, MORNING + 2 * WEEK, 'this')
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_wizard(self):
        "Opening an occurrence offers the scopes"
        series = self.series()
        self.synchronize()
        with database(commit=False) as pool:
            occurrence = pool.get('google_calendar.occurrence').search([
                    ('start', '=', MORNING + WEEK)])[0].id
        self.wizard('google_calendar.occurrence', occurrence, {
                'summary': "Series", 'start': MORNING + WEEK,
                'end': MORNING + WEEK + HOUR, 'scope': 'this',
                'recurring': True, 'occurrence': True,
                'removable': True}, {
                'summary': "Special"})
        self.assertEqual(self.at('summary')[1], (MORNING + WEEK, "Special"))
        exception = self.find("Special")
        # clients delete the event themselves
        self.wizard(EVENT, exception, {
                'scope': 'this', 'start': MORNING + WEEK,
                'removable': False}, {
                'location': "There", 'scope': 'following'})
        self.assertEqual(self.at('location'), [
                (MORNING, None), *(
                    (MORNING + n * WEEK, "There") for n in [1, 2, 3, 4])])
        self.wizard(EVENT, series, {
                'scope': 'all', 'start': MORNING, 'occurrence': False}, {
                'summary': "First"})
        self.assertEqual(self.event(series, 'summary'), "First")
        self.wizard(
            EVENT, series, {}, {}, transition='remove')
        self.assertEqual(len(self.at()), 4)
        single = self.create("Single", start=MORNING + DAY)
        self.wizard(EVENT, single, {
                'scope': 'this', 'recurring': False}, {'summary': "One"})
        self.assertEqual(self.event(single, 'summary'), "One")
        self.synchronize()
        self.synchronize()
        self.assert_same_occurrences(5)
        self.assert_settled()

    def test_wizard_meanwhile(self):
        "What Google changed since the window was opened is not changed back"
        single = self.create("Single")
        self.synchronize()
        self.wizard(
            EVENT, single, {'summary': "Single"}, {'location': "Here"},
            meanwhile=lambda: self.write(single, summary="Other"))
        self.assertEqual(
            self.event(single, 'summary', 'location'), ["Other", "Here"])

    def wizard(
            self, model, id, expected, changes, transition='change',
            meanwhile=None):
        context = {
            'active_model': model, 'active_id': id, 'active_ids': [id]}
        with self.user() as pool, Transaction().set_context(context):
            Wizard = pool.get('google_calendar.change_event', type='wizard')
            session, _, _ = Wizard.create()
            view = Wizard.execute(session, {}, 'start')['view']
        defaults = view['defaults']
        for name, value in expected.items():
            self.assertEqual(defaults[name], value, name)
        values = {n: v for n, v in defaults.items() if '.' not in n}
        if meanwhile:
            meanwhile()
        with self.user() as pool, Transaction().set_context(context):
            Wizard = pool.get('google_calendar.change_event', type='wizard')
            Wizard.execute(
                session, {'start': {**values, **changes}}, transition)
            Wizard.delete(session)
