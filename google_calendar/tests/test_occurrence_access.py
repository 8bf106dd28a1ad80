# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import json

from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar.tests.records import (
    CALENDAR, END, EVENT, START, create_calendar, create_event, create_user)
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    TestCase, activate_module, with_transaction)
from trytond.transaction import Transaction

OCCURRENCE = 'google_calendar.occurrence'
SECRET = "Dismissal of Bob"
PLACE = "Court"
DAY = dt.timedelta(days=1)


class OccurrenceAccessTestCase(TestCase):
    "Test that hidden events are busy times and nothing more"
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        activate_module('google_calendar')

    def prepare(self, **values):
        "A calendar of Jane that John may read, with a private event"
        self.jane = create_user('jane', 'group_google_user')
        self.john = create_user('john', 'group_google_user')
        self.stranger = create_user('stranger', 'group_google_user')
        self.calendar = create_calendar(
            self.jane, color='#aabbcc', readers=[('add', [self.john])])
        self.private = create_event(self.calendar, **{
                'summary': SECRET, 'location': PLACE, 'visibility': 'private',
                'color_id': '11', 'time_zone': 'UTC',
                'recurrence': 'RRULE:FREQ=WEEKLY;COUNT=2', **values})
        self.public = create_event(
            self.calendar, summary="Lunch", location="Canteen",
            start=START + DAY, end=END + DAY)

    def access(self, user):
        return Transaction().set_user(user), Transaction().set_context(
            _check_access=True)

    @with_transaction()
    def test_owner(self):
        self.prepare()
        Occurrence = Pool().get(OCCURRENCE)
        user, context = self.access(self.jane)
        with user, context:
            rows = Occurrence.search_read(
                [], fields_names=[
                    'summary', 'location', 'color', 'recurring', 'event'])
        for row in rows:
            del row['id']
        self.assertEqual(rows, [
                {'summary': SECRET, 'location': PLACE, 'color': '#dc2127',
                    'recurring': True, 'event': self.private.id},
                {'summary': "Lunch", 'location': "Canteen",
                    'color': '#aabbcc', 'recurring': False,
                    'event': self.public.id},
                {'summary': SECRET, 'location': PLACE, 'color': '#dc2127',
                    'recurring': True, 'event': self.private.id}])

    @with_transaction()
    def test_reader(self):
        self.prepare()
        Occurrence = Pool().get(OCCURRENCE)
        names = sorted(
            Occurrence._fields.keys() - {'stored_event', 'original_start'})
        user, context = self.access(self.john)
        with user, context:
            ids = [o.id for o in Occurrence.search([])]
            self.assertEqual(len(ids), 3)
            rows = Occurrence.read(ids, [
                    *names, 'rec_name', 'event.rec_name', 'event.summary'])
            rows.sort(key=lambda r: r['start'])
            exported = Occurrence.export_data(
                Occurrence.browse(ids), [
                    *names, 'rec_name', 'event/summary', 'event/rec_name'])
        hidden = rows[0]
        self.assertEqual({
                n: hidden[n] for n in [
                    'summary', 'rec_name', 'location', 'color', 'event',
                    'event.', 'recurring', 'response', 'transparency',
                    'start', 'end']}, {
                'summary': "Busy", 'rec_name': "Busy", 'location': None,
                'color': '#aabbcc', 'event': None, 'event.': None,
                'recurring': False, 'response': None, 'transparency': None,
                'start': START, 'end': END})
        self.assertEqual(rows[1]['summary'], "Lunch")
        self.assertEqual(rows[1]['event'], self.public.id)
        for text in [json.dumps(rows, default=str), str(exported)]:
            for secret in [SECRET, PLACE, '#dc2127', 'RRULE']:
                self.assertNotIn(secret, text)

    @with_transaction()
    def test_stored(self):
        "What is stored can not be asked for"
        self.prepare()
        Occurrence = Pool().get(OCCURRENCE)
        for user_id in [self.jane, self.john]:
            user, context = self.access(user_id)
            with user, context:
                ids = [o.id for o in Occurrence.search([])]
                for name in ['stored_event', 'original_start']:
                    for method, args in [
                            (Occurrence.read, (ids, [name])),
                            (Occurrence.search, ([(name, '!=', None)],)),
                            (Occurrence.search, (
                                [('stored_event.summary', 'like', 'D%')],)),
                            (Occurrence.search, (
                                [], 0, None, [(name, 'ASC')])),
                            (Occurrence.search, (
                                [], 0, None,
                                [('stored_event.summary', 'ASC')])),
                            (Occurrence.search_count, (
                                [(name, '!=', None)],)),
                            (Occurrence.export_data, (
                                Occurrence.browse(ids), [name])),
                            ]:
                        with self.subTest(
                                name=name, method=method, args=args,
                                user=user_id), \
                                self.assertRaises(AccessError):
                            method(*args)

    @with_transaction()
    def test_search(self):
        "A search tells nothing of what is hidden"
        self.prepare()
        Occurrence = Pool().get(OCCURRENCE)
        for domain, owner, reader in [
                ([('summary', 'like', 'D%')], 2, 0),
                ([('summary', 'not like', 'D%')], 1, 1),
                ([('summary', '!=', SECRET)], 1, 1),
                ([('rec_name', 'ilike', '%dismissal%')], 2, 0),
                ([('rec_name', '=', "Lunch")], 1, 1),
                ([('location', '=', PLACE)], 2, 0),
                ([('location', 'not in', [PLACE])], 1, 1),
                ([('event', '=', self.private.id)], 2, 0),
                ([('event', '!=', self.private.id)], 1, 1),
                ([('event', '=', None)], 0, 2),
                ([('event', '!=', None)], 3, 1),
                ([('event.summary', '=', SECRET)], 2, 0),
                ([('event.location', 'like', 'C%')], 3, 1),
                ([('event', 'ilike', '%dismissal%')], 2, 0),
                ([('event', 'where', [('summary', '=', SECRET)])], 2, 0),
                ([('event', 'not where', [('summary', '=', SECRET)])], 1, 3),
                ([('transparency', '=', 'opaque')], 3, 1),
                (['OR', ('summary', '=', SECRET), ('day', '=', START.date())],
                    2, 1),
                ([('day', '=', START.date())], 1, 1),
                ]:
            for user_id, count in [(self.jane, owner), (self.john, reader)]:
                user, context = self.access(user_id)
                with self.subTest(domain=domain, user=user_id), user, context:
                    self.assertEqual(
                        Occurrence.search_count(domain), count)

    @with_transaction()
    def test_others(self):
        self.prepare()
        Occurrence = Pool().get(OCCURRENCE)
        ids = [o.id for o in Occurrence.search([])]
        user, context = self.access(self.stranger)
        with user, context:
            self.assertEqual(Occurrence.search([]), [])
            with self.assertRaises(AccessError):
                Occurrence.read(ids, ['start'])
            with self.assertRaises(AccessError):
                Occurrence.export_data(Occurrence.browse(ids), ['start'])
        nobody = create_user('nobody')
        user, context = self.access(nobody)
        with user, context, self.assertRaises(AccessError):
            Occurrence.search([])
        for user_id in [self.jane, self.john]:
            user, context = self.access(user_id)
            with user, context:
                for method, args in [
                        (Occurrence.write, (
                            Occurrence.browse(ids), {'start': START})),
                        (Occurrence.delete, (Occurrence.browse(ids),)),
                        (Occurrence.create, ([{}],))]:
                    with self.assertRaises(AccessError):
                        method(*args)

    @with_transaction()
    def test_gone(self):
        "A row that is gone keeps its identifier, or a client asks for ever"
        self.prepare()
        Occurrence = Pool().get(OCCURRENCE)
        kept, gone, _ = sorted(o.id for o in Occurrence.search([]))
        Occurrence._delete_rows([gone])
        names = ['id', 'start', 'calendar.rec_name', '_timestamp', '_write']
        user, context = self.access(self.john)
        with user, context:
            rows = {r['id']: r for r in Occurrence.read([gone, kept], names)}
        self.assertEqual(rows.keys(), {gone, kept})
        self.assertEqual(rows[gone], {**dict.fromkeys(names), 'id': gone})
        self.assertIsNotNone(rows[kept]['start'])

    @with_transaction()
    def test_free(self):
        "A private event during which its owner is free is no busy time"
        self.prepare()
        pool = Pool()
        Event, Occurrence = pool.get(EVENT), pool.get(OCCURRENCE)
        for values, count in [
                ({'response': 'accepted'}, 3),
                ({'response': 'declined'}, 1),
                ({'response': None, 'transparency': 'transparent'}, 1)]:
            Event.write([self.private], values)
            for user_id, expected in [(self.jane, 3), (self.john, count)]:
                user, context = self.access(user_id)
                with self.subTest(
                        values=values, user=user_id), user, context:
                    self.assertEqual(len(Occurrence.search([])), expected)

    @with_transaction()
    def test_shared(self):
        "Of shared credentials private events are of who made them"
        pool = Pool()
        Occurrence = pool.get(OCCURRENCE)
        jane = create_user('jane', 'group_google_user')
        john = create_user('john', 'group_google_user')
        calendar = create_calendar()
        user, context = self.access(jane)
        with user, context:
            create_event(calendar, summary=SECRET, visibility='private')
        for user_id, summary in [(jane, SECRET), (john, "Busy")]:
            user, context = self.access(user_id)
            with user, context:
                occurrence, = Occurrence.search([])
                self.assertEqual(occurrence.summary, summary)

    @with_transaction()
    def test_duplicate(self):
        "The meeting of two calendars is shown once"
        Occurrence = Pool().get(OCCURRENCE)
        jane = create_user('jane', 'group_google_user')
        john = create_user('john', 'group_google_user')
        both = create_user('both', 'group_google_user')
        of_john = create_calendar(
            john, google_id='a', readers=[('add', [jane, both])])
        of_jane = create_calendar(
            jane, google_id='b', readers=[('add', [both])])
        books = {'google_revision': 'x', 'google_state': 'synchronized'}
        for calendar in [of_john, of_jane]:
            create_event(
                calendar, ical_uid='meeting', google_id='meeting',
                time_zone='UTC', recurrence='RRULE:FREQ=WEEKLY;COUNT=2',
                **books)
            create_event(
                calendar, ical_uid='single', google_id='single',
                start=START + DAY, end=END + DAY, **books)
            create_event(calendar, start=START + 2 * DAY, end=END + 2 * DAY)
        for user_id, expected in [
                # the own one where there is one
                (jane, [of_jane] * 2 + [of_john, of_jane] + [of_jane]),
                (both, [of_john] * 2 + [of_john, of_jane] + [of_john]),
                (john, [of_john] * 4)]:
            user, context = self.access(user_id)
            with self.subTest(user=user_id), user, context:
                shown = Occurrence.search(
                    [('duplicate', '=', False)])
                self.assertEqual(
                    [o.calendar.id for o in shown],
                    [c.id for c in expected])
                every = Occurrence.search([])
                self.assertEqual(
                    [o for o in every if not o.duplicate], shown)
                self.assertEqual(
                    Occurrence.search([('duplicate', '!=', False)]),
                    [o for o in every if o.duplicate])
                self.assertEqual(
                    Occurrence.search([('duplicate', 'in', [True, False])]),
                    every)

    @with_transaction()
    def test_duplicate_hidden(self):
        "A busy time does not tell its meeting, nor stand for one that is told"
        Occurrence = Pool().get(OCCURRENCE)
        jane = create_user('jane', 'group_google_user')
        bob = create_user('bob', 'group_google_user')
        john = create_user('john', 'group_google_user')
        readers = {'readers': [('add', [john])]}
        hidden = [
            create_calendar(jane, google_id='a', **readers),
            create_calendar(bob, google_id='b', **readers)]
        told = [
            create_calendar(bob, google_id='c', **readers),
            create_calendar(john, google_id='d')]
        for calendar in hidden + told:
            create_event(
                calendar, ical_uid='meeting', google_id='meeting',
                google_revision='x', google_state='synchronized',
                visibility='private' if calendar in hidden else 'default')
        user, context = self.access(john)
        with user, context:
            shown = Occurrence.search([('duplicate', '=', False)])
            self.assertEqual(
                {(o.calendar.id, o.summary) for o in shown}, {
                    *((c.id, "Busy") for c in hidden),
                    (told[1].id, "Meeting")})

    @with_transaction()
    def test_relate(self):
        "Nor does another model that leads there"
        self.prepare()
        Calendar = Pool().get(CALENDAR)
        # of a series that is private
        event = self.private.make_exception(START + 7 * DAY)
        type(event).write(
            [event], {'visibility': 'public', 'summary': "Public"})
        Occurrence = Pool().get(OCCURRENCE)
        user, context = self.access(self.john)
        with user, context:
            for Model, domain in [
                    (Calendar, [('events.summary', '=', SECRET)]),
                    (Occurrence, [('calendar.events.summary', '=', SECRET)]),
                    (Pool().get(EVENT), [
                            ('calendar.events.summary', '=', SECRET)])]:
                with self.assertRaises(AccessError):
                    Model.search(domain)
            self.assertEqual(Pool().get(EVENT).search(
                    [('recurring_event.summary', '=', SECRET)]), [])
            ids = [o.id for o in Occurrence.search([])]
            with self.assertRaises(AccessError):
                Occurrence.read(ids, ['stored_event.summary'])
            with self.assertRaises(AccessError):
                Pool().get(EVENT).read([self.private.id], ['summary'])
