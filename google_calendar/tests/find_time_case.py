# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Looking for a time, for the tests."""
import datetime as dt
import json
from unittest.mock import patch

from .manage_case import WizardSession
from .tools import ALICE, BOB, EVENT, GoogleCalendarTestCase, at

__all__ = ['DAY', 'EVE', 'NINE', 'NOW', 'OCCURRENCE', 'FindTimeTestCase']

EVE = 'eve@example.com'
OCCURRENCE = 'google_calendar.occurrence'
# a Tuesday, in winter; the day before is now
DAY = dt.date(2027, 1, 5)
NINE = dt.datetime(2027, 1, 5, 9)
NOW = dt.datetime(2027, 1, 4, 12)


class FindTimeTestCase(GoogleCalendarTestCase):
    "Alice sees when Bob is busy, and not when Eve is"

    def setUp(self):
        super().setUp()
        self.enterContext(patch(
                'trytond.modules.google_calendar.find_time.utcnow',
                return_value=NOW))

    def prepare(self):
        super().prepare()
        self.google.add_user(EVE)
        self.google.share_calendar(BOB, ALICE, 'freeBusyReader')
        self.google.clear_log()

    def busy(self, user, start, end, **values):
        return self.google.insert_event(user, {
                'summary': "Secret",
                'start': {'dateTime': at(start), 'timeZone': 'UTC'},
                'end': {'dateTime': at(end), 'timeZone': 'UTC'},
                **values})

    def ask(self, event=None, user=None, model=EVENT):
        wizard = WizardSession(
            'google_calendar.find_time', user or self.jane,
            model if event else None, event)
        wizard.execute()
        return wizard

    def find(self, wizard=None, *people, **values):
        "Ask for the people on one day and return the wizard"
        wizard = wizard or self.ask()
        values = {
            'people': [
                p if isinstance(p, dict) else {'email': p, 'optional': False}
                for p in people] or wizard.values['people'],
            'first_day': DAY,
            'last_day': DAY,
            'time_zone': 'UTC',
            'step': '60',
            **values}
        wizard.execute('choose', **values)
        return wizard

    def starts(self, wizard):
        return [s['start'].hour for s in wizard.values['slots']]

    @staticmethod
    def options(wizard):
        "What can be chosen, with plain blanks"
        return [
            [value, label.replace('\xa0', ' ')]
            for value, label in json.loads(wizard.values['options'])]
