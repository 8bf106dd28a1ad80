# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import copy
import json
import unittest

from hypothesis import assume, given

from trytond.modules.google_calendar.mapping import (
    UNITS, calendar_values, canonical, is_deleted, to_resource, to_values,
    updated)
from trytond.modules.google_calendar.tests.mapping_values import (
    NAMES, READ_ONLY, WRITABLE, event_values, laws, odd_resources,
    patched, read)
from trytond.modules.google_integration.merge import difference


# the members of the resource that a unit is
KEYS = {
    'when': ['start', 'end', 'recurrence'],
    'color': ['colorId'],
    'guests': [
        'guestsCanInviteOthers', 'guestsCanModify',
        'guestsCanSeeOtherGuests'],
    'resource': ['extendedProperties'],
    }


def writable(values):
    "What a push can change"
    return {
        **{name: values[name] for name in NAMES},
        # guests are known by their addresses, in any order
        'attendees': sorted(values['attendees'], key=lambda a: a['email']),
        }


class MappingLawsTestCase(unittest.TestCase):
    "Test what holds for every event"

    @laws
    @given(event_values())
    def test_insert(self, values):
        body = to_resource(values)

        self.assertEqual(
            writable(to_values(json.loads(json.dumps(body)))),
            writable(values))
        self.assertNotIn(None, body.values())
        for member in [body['start'], body['end']]:
            self.assertNotIn(None, member.values())

    @laws
    @given(event_values())
    def test_rfc_3339(self, values):
        body = to_resource(values)
        for member in [body['start'], body['end']]:
            if values['all_day']:
                self.assertRegex(member['date'], r'^\d{4}-\d\d-\d\d$')
                self.assertNotIn('dateTime', member)
            else:
                self.assertRegex(
                    member['dateTime'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d'
                    r'(Z|[+-]\d\d:\d\d)$')
                self.assertNotIn('date', member)
                self.assertEqual(member.get('timeZone'), values['time_zone'])

    @laws
    @given(event_values(), event_values())
    def test_patch(self, old, new):
        baseline = {
            **to_resource(old), 'etag': '"1"', 'sequence': 3,
            'gadget': {'type': "unknown"}}
        units = difference(UNITS, to_values(baseline), new)
        body = to_resource(new, units, baseline)

        self.assertLessEqual(
            body.keys(),
            {key for name in units for key in KEYS.get(name, [name])})
        after = patched(baseline, body)
        self.assertEqual(writable(to_values(after)), writable(new))
        for name in ['etag', 'sequence', 'gadget']:
            self.assertEqual(after[name], baseline[name])
        for member in [after['start'], after['end']]:
            self.assertEqual(len({'date', 'dateTime'} & member.keys()), 1)

    @laws
    @given(event_values(), event_values())
    def test_patch_without_baseline(self, old, new):
        units = {u.name for u in WRITABLE}
        after = patched(to_resource(old), to_resource(new, units))

        self.assertEqual(writable(to_values(after)), writable(new))

    @laws
    @given(event_values())
    def test_canonical(self, values):
        self.assertEqual(canonical(values), values)

    @laws
    @given(odd_resources)
    def test_odd_read(self, resource):
        before = copy.deepcopy(resource)
        values = read(resource)

        self.assertEqual(resource, before)
        self.assertEqual(values.keys(), set(NAMES + READ_ONLY))
        self.assertEqual(canonical(values), values)
        json.dumps(values, default=str).encode()
        if values['start']:
            self.assertLessEqual(values['start'], values['end'])
            self.assertIsNone(values['start'].tzinfo)
            self.assertEqual(values['start'].microsecond, 0)
            self.assertEqual(values['all_day'], bool(values['start_date']))
        for value in values.values():
            if isinstance(value, str):
                self.assertNotIn('\0', value)
                value.encode('utf-8')

    @laws
    @given(odd_resources)
    def test_odd_unchanged(self, resource):
        values = read(resource)
        assume(values['start'] and not values['attendees_omitted'])
        body = to_resource(values, {u.name for u in WRITABLE}, resource)
        after = patched(resource, body)

        self.assertFalse(difference(UNITS, values, to_values(after)))
        self.assertEqual(
            to_values(patched(after, to_resource(values, None, after))),
            to_values(after))

    @laws
    @given(odd_resources, event_values())
    def test_odd_changed(self, resource, values):
        old = read(resource)
        assume(not old['attendees_omitted'])
        # Google gives no comment without an answer
        assume(old['response'] or not old['response_comment'])
        # an answer is never taken back
        for name in ['response', 'response_comment', 'conference']:
            values[name] = old[name]
        units = difference(UNITS, old, values)
        after = patched(resource, to_resource(values, units, resource))

        left = difference(UNITS, to_values(after), values)
        # Google keeps the zone that only it knows
        self.assertLessEqual(left, {'when'})
        if left:
            self.assertEqual(
                {n for n in values if to_values(after)[n] != values[n]}
                - set(READ_ONLY), {'time_zone'})

    @laws
    @given(odd_resources)
    def test_odd_others(self, resource):
        updated(resource)
        is_deleted(resource)
        calendar_values(resource)
