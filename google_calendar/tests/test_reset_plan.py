# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import unittest

from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.google_calendar.reset_plan import (
    EXISTING, NEXT, Plan, Row, plan)
from trytond.modules.google_calendar.tests.mapping_values import laws

ROWS = [
    Row(1, 'own', None, True),
    Row(2, 'invited', None, True, invited=True),
    Row(3),
    Row(4, 'changed', None, True, changed=True),
    Row(5, 'series', None, True),
    Row(6, 'moved', 'series', True),
    Row(7, None, 'series', False, changed=True),
    Row(8, 'orphan', 'unknown', True),
    ]


@st.composite
def rows(draw):
    result = []
    for id in range(draw(st.integers(0, 8))):
        masters = [r.google_id for r in result if r.google_id]
        result.append(Row(
                id,
                draw(st.sampled_from([None, f'g{id}'])),
                draw(st.sampled_from([None, 'unknown', *masters])),
                draw(st.booleans()), draw(st.booleans()),
                draw(st.booleans())))
    return result


class ResetPlanTestCase(unittest.TestCase):
    "Test what a reset does to each event"

    def check(self, existing, next_, **expected):
        result = plan(ROWS, existing, next_)
        for name in Plan.__dataclass_fields__:
            self.assertEqual(
                getattr(result, name), set(expected.get(name, [])), name)

    def test_leave(self):
        "Nothing is deleted on either side"
        self.check('leave', 'new', apart=range(1, 9))
        self.check(
            'leave', 'all', relink=[1, 2, 4, 5, 6, 8], send=[3, 7])

    def test_google(self):
        "The occurrences go with the series, invitations are not declined"
        own = [1, 4, 5, 8]
        fresh = [1, 4, 5, 6, 7, 8]
        self.check(
            'delete_google', 'new', google=own, declined=[2], fresh=fresh,
            apart=range(1, 9))
        self.check(
            'delete_google', 'all', google=own, declined=[2], fresh=fresh,
            relink=[2], send=[3, *fresh])

    def test_tryton(self):
        "What is only here is not lost"
        deleted = [1, 2, 4, 5, 6, 7, 8]
        self.check(
            'delete_tryton', 'new', tryton=deleted, lost=[4, 7], apart=[3])
        self.check(
            'delete_tryton', 'all', tryton=deleted, lost=[4, 7], send=[3])

    def test_both(self):
        deleted = [1, 2, 4, 5, 6, 7, 8]
        self.check(
            'delete_both', 'all', google=[1, 4, 5, 8], tryton=deleted,
            lost=[4, 7], declined=[2], send=[3])

    @laws
    @given(rows(), st.sampled_from(EXISTING), st.sampled_from(NEXT))
    def test_laws(self, rows, existing, next_):
        result = plan(rows, existing, next_)
        ids = {r.id for r in rows}
        by_id = {r.id: r for r in rows}
        # each event has one fate in Tryton
        fates = [result.tryton, result.apart, result.relink, result.send]
        self.assertEqual(set().union(*fates), ids)
        self.assertEqual(sum(map(len, fates)), len(ids))
        self.assertFalse(result.apart if next_ == 'all' else (
                result.relink | result.send))
        self.assertLessEqual(result.fresh, result.apart | result.send)
        self.assertLessEqual(result.lost, result.tryton)
        # nothing is deleted but by choice, nor what is only on one side
        if existing in {'leave', 'delete_tryton'}:
            self.assertFalse(result.google | result.fresh | result.declined)
        if existing in {'leave', 'delete_google'}:
            self.assertFalse(result.tryton)
        for id in result.google:
            self.assertTrue(by_id[id].at_google)
            self.assertFalse(by_id[id].invited)
        for id in result.tryton:
            if not by_id[id].series:
                self.assertTrue(by_id[id].at_google)
        # a series and its occurrences have the same fate
        masters = {r.google_id: r for r in rows
            if r.google_id and not r.series}
        for row in rows:
            master = masters.get(row.series)
            if master:
                self.assertEqual(
                    row.id in result.tryton, master.id in result.tryton)
                self.assertEqual(
                    row.id in result.fresh, master.id in result.fresh)
                self.assertNotIn(row.id, result.google)
