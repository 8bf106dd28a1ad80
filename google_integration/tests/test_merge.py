# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import copy
import datetime as dt
import unittest

from hypothesis import given, settings
from hypothesis import strategies as st

from trytond.modules.google_integration.merge import (
    Unit, difference, merge, newest)

TITLE = Unit('title', ('title',))
WHEN = Unit('when', ('start', 'end'))
PEOPLE = Unit('people', ('people',), key=lambda p: p['email'].lower())
LINKS = Unit('links', ('etag', 'link'), read_only=True)
UNITS = [TITLE, WHEN, PEOPLE, LINKS]

people = st.lists(
    st.fixed_dictionaries(
        {'email': st.sampled_from(['a@x', 'A@x', 'b@x', 'c@x', 'd@x'])},
        optional={
            'answer': st.sampled_from([None, '', 'yes', 'no']),
            'comment': st.sampled_from(['', 'late']),
            }),
    max_size=4)
values = st.fixed_dictionaries({
        'title': st.sampled_from([None, '', 'one', 'two', 'three']),
        'start': st.integers(0, 2),
        'end': st.integers(0, 2),
        'people': st.none() | people,
        'etag': st.integers(0, 2),
        'link': st.sampled_from([None, 'x']),
        })
policies = st.sampled_from(['tryton', 'google', 'manual'])
# the same examples at each run
laws = settings(
    max_examples=200, deadline=None, derandomize=True, database=None)


def person(email, answer=None):
    return {'email': email, 'answer': answer}


def same(values, others, units=UNITS):
    return all(u.same(values, others) for u in units)


class MergeLawsTestCase(unittest.TestCase):
    "Test what holds for every merge"

    @laws
    @given(values, values, policies)
    def test_only_theirs(self, base, theirs, prefer):
        result = merge(UNITS, base, base, theirs, prefer)

        self.assertTrue(same(result.values, theirs))
        self.assertFalse(result.changed_there)
        self.assertFalse(result.conflicts)
        self.assertTrue(same({**base, **result.changed_here}, theirs))

    @laws
    @given(values, values, policies)
    def test_only_ours(self, base, ours, prefer):
        result = merge(UNITS, base, ours, base, prefer)

        writable = UNITS[:-1]
        self.assertTrue(same(result.values, ours, writable))
        self.assertTrue(same(result.values, base, [LINKS]))
        self.assertFalse(
            result.changed_here.keys() - set(LINKS.fields))
        self.assertEqual(result.changed_there, difference(UNITS, base, ours))
        self.assertFalse(result.conflicts)

    @laws
    @given(st.none() | values, values, policies)
    def test_both_equal(self, base, ours, prefer):
        result = merge(UNITS, base, ours, copy.deepcopy(ours), prefer)

        self.assertTrue(same(result.values, ours))
        self.assertFalse(result.changed_here)
        self.assertFalse(result.changed_there)
        self.assertFalse(result.conflicts)

    @laws
    @given(st.none() | values, values, values, policies)
    def test_nothing_lost_nothing_invented(self, base, ours, theirs, prefer):
        result = merge(UNITS, base, ours, theirs, prefer)

        conflicts = {c.unit: c for c in result.conflicts}
        self.assertEqual(len(conflicts), len(result.conflicts))
        for unit in UNITS[:-1]:
            before = unit.parts(base) if base else {}
            merged = filled(unit.parts(result.values))
            sides = [unit.parts(ours), unit.parts(theirs)]
            lost = []
            if unit.name in conflicts:
                lost = filled(unit.parts(conflicts[unit.name].lost))
            for side in sides:
                for key, part in side.items():
                    if filled({key: part}) != filled({key: before.get(key)}):
                        self.assertIn(*filled({key: part}), merged + lost)
            for part in merged + lost:
                self.assertIn(part, [p for s in sides for p in filled(s)])

    @laws
    @given(st.none() | values, values, values, policies)
    def test_settles(self, base, ours, theirs, prefer):
        result = merge(UNITS, base, ours, theirs, prefer)
        here = {**ours, **result.changed_here}
        there = dict(theirs)
        for unit in UNITS:
            if unit.name in result.changed_there:
                there.update({n: result.values[n] for n in unit.fields})
        open_ = {c.unit for c in result.conflicts if c.stood is None}
        settled = [u for u in UNITS if u.name not in open_]

        self.assertTrue(same(here, result.values))
        self.assertTrue(same(here, there, settled))
        self.assertTrue(same(there, theirs, [
                    u for u in UNITS if u.name in open_]))
        self.assertFalse(open_ & result.changed_there)
        again = merge(settled, theirs, here, there, prefer)
        self.assertFalse(again.changed_here)
        self.assertFalse(again.changed_there)
        self.assertFalse(again.conflicts)
        # what was merged and not sent yet
        self.assertEqual(
            difference(settled, theirs, here), result.changed_there)

    @laws
    @given(st.none() | values, values, values, policies)
    def test_deterministic(self, base, ours, theirs, prefer):
        arguments = copy.deepcopy((base, ours, theirs))

        self.assertEqual(
            merge(UNITS, base, ours, theirs, prefer),
            merge(UNITS, *arguments, prefer))
        self.assertEqual((base, ours, theirs), arguments)

    @laws
    @given(values, values, values)
    def test_policies_mirror(self, base, ours, theirs):
        units = UNITS[:-1]
        tryton = merge(units, base, ours, theirs, 'tryton')
        google = merge(units, base, theirs, ours, 'google')

        self.assertTrue(same(tryton.values, google.values, units))
        self.assertEqual(
            {c.unit for c in tryton.conflicts},
            {c.unit for c in google.conflicts})


def filled(parts):
    return [
        {n: v for n, v in (p or {}).items() if v not in (None, '')}
        for p in parts.values()]


class MergeTestCase(unittest.TestCase):
    "Test merge"

    def test_conflict_policies(self):
        base, ours, theirs = (
            {'start': 1, 'end': 2}, {'start': 5, 'end': 2},
            {'start': 1, 'end': 9})
        for prefer, merged, here, there, lost in [
                ('tryton', ours, {}, {'when'}, theirs),
                ('google', theirs, theirs, set(), ours),
                ('manual', ours, {}, set(), theirs),
                ]:
            with self.subTest(prefer=prefer):
                result = merge([WHEN], base, ours, theirs, prefer)
                conflict, = result.conflicts

                self.assertEqual(result.values, merged)
                self.assertEqual(result.changed_here, here)
                self.assertEqual(result.changed_there, there)
                self.assertEqual(conflict.unit, 'when')
                self.assertEqual(
                    conflict.stood, None if prefer == 'manual' else prefer)
                self.assertEqual(conflict.lost, lost)
                self.assertEqual(conflict.base, base)

    def test_unknown_policy(self):
        with self.assertRaises(AssertionError):
            merge([TITLE], None, {}, {}, 'newest')

    def test_different_units(self):
        result = merge(
            [TITLE, WHEN], {'title': 'a', 'start': 1, 'end': 2},
            {'title': 'b', 'start': 1, 'end': 2},
            {'title': 'a', 'start': 1, 'end': 3}, 'manual')

        self.assertEqual(result.values, {'title': 'b', 'start': 1, 'end': 3})
        self.assertEqual(result.changed_here, {'end': 3})
        self.assertEqual(result.changed_there, {'title'})
        self.assertEqual(result.conflicts, [])

    def test_without_base(self):
        result = merge(
            [TITLE, WHEN], None, {'title': 'a', 'start': 1, 'end': 2},
            {'title': 'b', 'start': 1, 'end': 2}, 'google')

        conflict, = result.conflicts
        self.assertEqual(conflict.lost, {'title': 'a'})
        self.assertIsNone(conflict.base)
        self.assertEqual(result.changed_here, {'title': 'b'})

    def test_empty_without_base(self):
        "What one side never had does not erase what the other has"
        for prefer in ['tryton', 'google', 'manual']:
            with self.subTest(prefer=prefer):
                result = merge(
                    [TITLE, WHEN], None, {'title': '', 'start': 1, 'end': 2},
                    {'title': 'b', 'start': None, 'end': None}, prefer)

                self.assertEqual(result.changed_here, {'title': 'b'})
                self.assertEqual(result.changed_there, {'when'})
                self.assertEqual(result.conflicts, [])

    def test_read_only(self):
        result = merge(
            [LINKS], {'etag': 1, 'link': 'x'}, {'etag': 2, 'link': 'y'},
            {'etag': 3, 'link': 'x'}, 'tryton')

        self.assertEqual(result.values, {'etag': 3, 'link': 'x'})
        self.assertEqual(result.changed_here, {'etag': 3, 'link': 'x'})
        self.assertFalse(result.changed_there)
        self.assertFalse(result.conflicts)
        self.assertFalse(difference([LINKS], {'etag': 1}, {'etag': 2}))

    def test_empty(self):
        self.assertFalse(difference([TITLE], {'title': None}, {'title': ''}))
        self.assertFalse(difference([PEOPLE], {'people': None}, {}))
        self.assertEqual(
            difference([TITLE], {'title': None}, {'title': False}), {'title'})

    def test_difference_without_base(self):
        self.assertEqual(
            difference(UNITS, None, {}), {'title', 'when', 'people'})


class KeyedSetTestCase(unittest.TestCase):
    "Test merge of keyed sets"

    def merge(self, base, ours, theirs, prefer='manual'):
        return merge(
            [PEOPLE], None if base is None else {'people': base},
            {'people': ours}, {'people': theirs}, prefer)

    def test_added_on_both(self):
        a, b, c = person('a'), person('b'), person('c')
        for base, expected in [([a], [a, c, b]), (None, [a, c, b])]:
            with self.subTest(base=base):
                result = self.merge(base, [b, a], [a, c])

                self.assertEqual(result.values, {'people': expected})
                self.assertEqual(result.changed_here, {'people': expected})
                self.assertEqual(result.changed_there, {'people'})
                self.assertEqual(result.conflicts, [])

    def test_removed(self):
        a, b = person('a'), person('b')

        self.assertEqual(
            self.merge([a, b], [a], [a, b]).values, {'people': [a]})
        self.assertEqual(
            self.merge([a, b], [a, b], [b]).values, {'people': [b]})
        self.assertEqual(
            self.merge([a, b], [], [a, b]).changed_there, {'people'})
        self.assertEqual(self.merge([a, b], [b], [a]).values, {'people': []})

    def test_order_has_no_meaning(self):
        a, b = person('a'), person('b')
        result = self.merge([a, b], [a, b], [b, a])

        self.assertFalse(result.changed_here)
        self.assertFalse(result.changed_there)
        self.assertFalse(difference(
                [PEOPLE], {'people': [a, b]}, {'people': [b, a]}))

    def test_key_by_case(self):
        result = self.merge(
            [person('a')], [person('a', 'yes')], [person('A')], 'manual')

        self.assertEqual(result.conflicts[0].lost, {'people': [person('A')]})

    def test_same_item_changed(self):
        a, b, yes, no = (
            person('a'), person('b'), person('a', 'yes'), person('a', 'no'))
        for prefer, merged, lost in [
                ('tryton', [yes, b], [no]), ('google', [no, b], [yes])]:
            with self.subTest(prefer=prefer):
                result = self.merge([a], [yes], [no, b], prefer)
                conflict, = result.conflicts

                self.assertEqual(result.values, {'people': merged})
                self.assertEqual(conflict.lost, {'people': lost})
                self.assertEqual(conflict.base, {'people': [a]})
                self.assertEqual(conflict.stood, prefer)

    def test_same_item_changed_manual(self):
        a, b, yes, no = (
            person('a'), person('b'), person('a', 'yes'), person('a', 'no'))
        result = self.merge([a], [yes], [no, b], 'manual')
        conflict, = result.conflicts

        self.assertEqual(result.values, {'people': [yes]})
        self.assertFalse(result.changed_here)
        self.assertFalse(result.changed_there)
        self.assertIsNone(conflict.stood)
        self.assertEqual(conflict.lost, {'people': [no, b]})

    def test_removed_and_changed(self):
        a, yes = person('a'), person('a', 'yes')
        for ours, theirs, prefer, merged, lost in [
                ([], [yes], 'tryton', [], [yes]),
                ([], [yes], 'google', [yes], []),
                ([], [yes], 'manual', [], [yes]),
                ([yes], [], 'tryton', [yes], []),
                ([yes], [], 'google', [], [yes]),
                ([yes], [], 'manual', [yes], []),
                ]:
            with self.subTest(ours=ours, prefer=prefer):
                result = self.merge([a], ours, theirs, prefer)
                conflict, = result.conflicts

                self.assertEqual(result.values, {'people': merged})
                self.assertEqual(conflict.lost, {'people': lost})

    def test_key_twice(self):
        one, two = person('a', 'yes'), person('a', 'no')
        result = self.merge([], [one, two], [])

        self.assertEqual(result.values, {'people': [one, two]})

    def test_without_key(self):
        unit = Unit('people', ('people',), key=lambda p: p.get('email'))
        one, two = {'answer': 'yes'}, {'answer': 'no'}
        result = merge(
            [unit], {'people': [one]}, {'people': [one]},
            {'people': [one, two]}, 'manual')

        self.assertEqual(result.values, {'people': [one, two]})
        self.assertEqual(result.conflicts, [])


class NewestTestCase(unittest.TestCase):
    "Test newest"

    def test_newest(self):
        time = dt.datetime(2024, 2, 29, 12)
        for seconds, expected in [
                (-3600, 'google'), (0, 'google'), (60, 'google'),
                (61, 'tryton'), (3600, 'tryton')]:
            with self.subTest(seconds=seconds):
                touched = time + dt.timedelta(seconds=seconds)
                self.assertEqual(newest(touched, time), expected)

    def test_margin(self):
        time = dt.datetime(2024, 2, 29, 12)
        later = time + dt.timedelta(seconds=5)

        self.assertEqual(newest(later, time, dt.timedelta()), 'tryton')

    def test_unknown(self):
        time = dt.datetime(2024, 2, 29, 12)

        self.assertEqual(newest(None, time), 'google')
        self.assertEqual(newest(time, None), 'google')
        self.assertEqual(newest(None, None), 'google')
