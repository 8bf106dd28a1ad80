# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import unittest

from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.google_calendar.matching import (
    Candidate, Matcher, alike_key, own_event, similar, uid_key)
from trytond.modules.google_calendar.tests.mapping_values import laws

START = dt.datetime(2026, 12, 1, 9)
HOUR = dt.timedelta(hours=1)
PREFIX = 'installation:'


def timed(summary="Meeting", start=START, **values):
    return {
        'summary': summary, 'all_day': False, 'start': start,
        'end': start + HOUR, **values}


def occurrence(series, original_start, **values):
    return timed(
        recurring_event_id=series, original_start=original_start, **values)


def candidates(*values):
    "Candidates with the ids 1, 2..."
    return [
        Candidate.of(i, v, v.get('google_id'))
        for i, v in enumerate(values, start=1)]


def match(local, remote):
    "Return {google_id: (id, reason)} of the values of both sides"
    matcher = Matcher(candidates(*local))
    result = {}
    for google_id, values in remote.items():
        found = matcher.identify(google_id, values, values.get('own'))
        if found:
            result[google_id] = found
    for google_id, id, reason in matcher.rest():
        assert google_id not in result
        result[google_id] = id, reason
    return result


class MatchingTestCase(unittest.TestCase):
    "Test which event is which"

    def test_nothing(self):
        self.assertEqual(match([], {'a': timed()}), {})
        self.assertEqual(match([timed()], {}), {})
        self.assertEqual(match(
                [timed()],
                {'a': timed("Other"), 'b': timed(start=START + HOUR)}), {})

    def test_order(self):
        "Identifiers before what looks alike, whatever comes first"
        local = [
            timed(ical_uid='uid'), timed(), timed(google_id='chosen'),
            timed()]
        remote = {
            'alike': timed(),
            'own': timed("Changed", own=2),
            'uid': timed("Renamed", START + HOUR, ical_uid='uid'),
            'chosen': timed("Another"),
            }
        expected = {
            'chosen': (3, 'google_id'),
            'uid': (1, 'ical_uid'),
            'own': (2, 'own'),
            'alike': (4, 'alike'),
            }
        self.assertEqual(match(local, remote), expected)
        self.assertEqual(
            match(local, dict(reversed(remote.items()))), expected)

    def test_google_id_before_uid(self):
        self.assertEqual(
            match(
                [timed(ical_uid='uid'), timed(google_id='chosen')],
                {'chosen': timed(ical_uid='uid', own=1)}),
            {'chosen': (2, 'google_id')})

    def test_uid_before_own(self):
        self.assertEqual(
            match(
                [timed(), timed(ical_uid='uid')],
                {'a': timed(ical_uid='uid', own=1)}),
            {'a': (2, 'ical_uid')})

    def test_uid_of_occurrence(self):
        "All the occurrences of a series have the same identifier"
        series = timed(ical_uid='uid', recurrence='RRULE:FREQ=DAILY')
        first = occurrence('x', START, ical_uid='uid')
        second = occurrence('x', START + HOUR, ical_uid='uid')
        self.assertEqual(
            match(
                [second, series, first],
                {
                    'b': occurrence('a', START, ical_uid='uid'),
                    'a': timed("Renamed", ical_uid='uid'),
                    'd': occurrence('a', START + 2 * HOUR, ical_uid='uid'),
                    'c': occurrence('a', START + HOUR, ical_uid='uid'),
                    }),
            {
                'a': (2, 'ical_uid'), 'b': (3, 'ical_uid'),
                'c': (1, 'ical_uid')})

    def test_own_similar(self):
        "An id that was given again proves nothing"
        for values, expected in [
                (timed("Renamed"), True),
                (timed(start=START + HOUR), True),
                (timed(" meeting "), True),
                (timed("Renamed", START + HOUR), False),
                (timed("Renamed", recurrence='RRULE:FREQ=DAILY'), False),
                (occurrence('a', START), False),
                ]:
            with self.subTest(values=values):
                self.assertEqual(
                    similar(Candidate.of(1, timed()), values), expected)
                found = match([timed()], {'a': {**values, 'own': 1}})
                self.assertEqual(
                    found, {'a': (1, 'own')} if expected else {})

    def test_own_untitled(self):
        "Neither is without summary what the other is"
        self.assertFalse(similar(
                Candidate.of(1, timed(None)), timed("A", START + HOUR)))
        self.assertTrue(similar(
                Candidate.of(1, timed(None)), timed("A")))

    def test_own_unknown(self):
        self.assertEqual(match([timed("Other")], {'a': timed(own=7)}), {})

    def test_alike(self):
        for local, remote in [
                (timed(" Staff\tmeeting"), timed("STAFF  Meeting ")),
                (timed(recurrence='RRULE:FREQ=WEEKLY;BYDAY=TU'),
                    timed(recurrence='RRULE:byday=TU;freq=weekly\n')),
                (
                    timed(all_day=True, start_date=START.date(),
                        end_date=START.date()),
                    timed(all_day=True, start_date=START.date(),
                        end_date=START.date())),
                ]:
            with self.subTest(local=local):
                self.assertEqual(
                    match([local], {'a': remote}), {'a': (1, 'alike')})

    def test_not_alike(self):
        day = timed(
            all_day=True, start_date=START.date(), end_date=START.date())
        for local, remote in [
                (timed(None), timed(None)),
                (timed(" "), timed("")),
                (timed(), day),
                (timed(), timed(end=START)),
                (timed(), timed(recurrence='RRULE:FREQ=DAILY')),
                (timed(status='cancelled'), timed(status='cancelled')),
                (timed(), occurrence('series', START)),
                (timed(start=START, end=None), timed(end=None)),
                ]:
            with self.subTest(local=local, remote=remote):
                self.assertEqual(match([local], {'a': remote}), {})
                self.assertEqual(match([remote], {'a': local}), {})

    def test_alike_many(self):
        "Each is matched once, in order"
        self.assertEqual(
            match([timed()] * 2, {g: timed() for g in 'abc'}),
            {'a': (1, 'alike'), 'b': (2, 'alike')})
        self.assertEqual(
            match([timed()] * 3, {'a': timed()}), {'a': (1, 'alike')})

    def test_occurrence(self):
        "The exceptions of a series that is matched go with it"
        local = [
            timed(google_id='chosen', recurrence='RRULE:FREQ=DAILY'),
            occurrence('chosen', START),
            occurrence('linked', START),
            occurrence('unknown', START),
            ]
        remote = {
            'b': occurrence('a', START, summary="Moved"),
            'c': occurrence('a', START + HOUR),
            'd': occurrence('linked', START),
            'e': occurrence('other', START),
            'a': timed(recurrence='RRULE:FREQ=DAILY'),
            }
        self.assertEqual(match(local, remote), {
                'a': (1, 'alike'),
                'b': (2, 'occurrence'),
                'd': (3, 'occurrence'),
                })

    def test_left(self):
        matcher = Matcher(candidates(timed(), timed("Other"), timed()))
        matcher.identify('a', timed())
        list(matcher.rest())
        self.assertEqual(matcher.left(), [2, 3])

    def test_own_event(self):
        def resource(value):
            return {'extendedProperties': {'private': {'trytonEvent': value}}}
        self.assertEqual(own_event(resource(PREFIX + '42'), PREFIX), 42)
        for odd in [
                {}, {'extendedProperties': None},
                {'extendedProperties': {'private': [1]}},
                {'extendedProperties': {'shared': {
                            'trytonEvent': PREFIX + '42'}}},
                resource(None), resource(42), resource('other:42'),
                resource(PREFIX), resource(PREFIX + '-1'),
                resource(PREFIX + '4.2'), resource(PREFIX + '\u0664'),
                resource(PREFIX + '9' * 30), resource(PREFIX + '42 '),
                ]:
            with self.subTest(resource=odd):
                self.assertIsNone(own_event(odd, PREFIX))

    @laws
    @given(st.data())
    def test_laws(self, data):
        "Nothing is matched twice, nor by chance, nor left that is alike"
        def values():
            return data.draw(st.lists(st.fixed_dictionaries({
                            'summary': st.sampled_from(["A", "B", None]),
                            'start': st.sampled_from([START, START + HOUR]),
                            'end': st.just(START + HOUR),
                            'ical_uid': st.sampled_from(['x', 'y', None]),
                            'own': st.sampled_from([1, 2, None]),
                            }), max_size=5))
        local = values()
        remote = dict(zip('abcde', values(), strict=False))
        found = match(local, remote)
        ids = [id for id, _ in found.values()]
        self.assertEqual(len(set(ids)), len(ids))
        for google_id, (id, reason) in found.items():
            ours, theirs = local[id - 1], remote[google_id]
            match reason:
                case 'ical_uid':
                    self.assertEqual(uid_key(ours), uid_key(theirs))
                case 'own':
                    self.assertEqual(theirs['own'], id)
                case 'alike':
                    self.assertEqual(alike_key(ours), alike_key(theirs))
        # nothing that is alike is left on both sides
        left = {alike_key(v) for i, v in enumerate(local, 1) if i not in ids}
        for google_id in remote.keys() - found.keys():
            self.assertFalse(
                {alike_key(remote[google_id])} & left - {None})
