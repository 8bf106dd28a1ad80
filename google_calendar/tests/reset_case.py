# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Calendars that are reset, for the tests."""
import datetime as dt

from .tools import (
    ACCESS, ALICE, BOB, CALENDAR, EVENT, MORNING, GoogleCalendarTestCase,
    database, timed)

__all__ = ['GUESTS', 'ResetTestCase']

DAY = dt.timedelta(days=1)
GUESTS = [{'email': BOB}, {'email': 'carol@example.com'}]


class ResetTestCase(GoogleCalendarTestCase):
    "Some events of all sorts, and the wizard"

    def fill(self):
        """Some events of all sorts.

        Own on both sides, with guests; a series with an occurrence that was
        moved; a meeting of Bob; one only here, one only there; one changed
        here, one deleted here.
        """
        self.google.insert_events(ALICE, [
                timed("Own", attendees=GUESTS),
                timed("Series", recurrence=['RRULE:FREQ=DAILY;COUNT=3']),
                timed("Changed"), timed("Deleted")])
        series = next(
            i for i, e in self.remote().items() if e[0] == "Series")
        moved = self.google.act(
            ALICE, 'calendar.events.instances', calendarId='primary',
            eventId=series)['items'][1]
        self.google.patch_event(ALICE, moved['id'], {'location': "Moved"})
        self.google.insert_event(
            BOB, timed("Bob's", attendees=[{'email': ALICE}]))
        self.synchronize()
        self.assert_equal_sides(6)
        self.create("Here", MORNING + DAY)
        self.write(self.find("Changed"), location="Changed")
        self.delete(self.find("Deleted"))
        self.google.insert_event(ALICE, timed("There"))
        self.google.mails(clear=True)
        self.google.clear_log()

    def reset(self, existing, next_, model=CALENDAR, id=None, user=None,
            **start):
        "Go through the wizard and return the counts that it showed"
        id = id or self.calendar
        context = {
            **ACCESS, 'active_model': model, 'active_id': id,
            'active_ids': [id]}
        with database(user or self.jane, context=context) as pool:
            Reset = pool.get('google_calendar.reset', type='wizard')
            session, state, end = Reset.create()
            view = Reset.execute(session, {}, state)['view']
            values = {
                **view['defaults'], 'existing': existing, 'next': next_,
                **start}
            confirm = Reset.execute(
                session, {'start': values}, 'confirm')['view']['defaults']
            result = Reset.execute(
                session, {'start': values, 'confirm': confirm}, 'reset')
            if result:
                # asked again
                confirm = result['view']['defaults']
            else:
                Reset.delete(session)
            return confirm

    def summaries(self, side):
        return sorted(
            'cancelled' if v == 'cancelled' else v[0] for v in side.values())

    def here(self):
        return sorted(s for s in self.search(EVENT, 'summary'))

    def there(self):
        return self.summaries(self.remote())

    def occurrences(self, summary):
        return len(self.search('google_calendar.occurrence', 'id', domain=[
                    ('stored_event.summary', '=', summary)]))

    def bob(self):
        return [
            e[0] for e in self.remote(BOB, BOB).values()
            if e != 'cancelled']
