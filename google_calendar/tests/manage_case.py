# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Accounts that manage their calendars, and wizards, for the tests."""
from trytond.modules.google_integration.tests.tools import visit
from trytond.modules.google_integration.tests.wizard import WizardSession

from .tools import CALENDAR, CREDENTIALS, GoogleCalendarTestCase, database

__all__ = ['ManageTestCase', 'WizardSession']


class ManageTestCase(GoogleCalendarTestCase):
    "Alice's account manages its calendars"

    def prepare(self):
        super().prepare()
        self.manage(self.credentials)
        self.google.clear_log()

    def manage(self, credentials, manage=True, authorize=True, **consent):
        "Check the box and authorize again"
        with database() as pool:
            Credentials = pool.get(CREDENTIALS)
            record = Credentials(credentials)
            user, account = record.user, record.email
            user = user.id if user else 1
            Credentials.write([record], {'manage_calendars': manage})
        if authorize:
            with database(user) as pool:
                Credentials = pool.get(CREDENTIALS)
                action = Credentials.request_authorization(
                    [Credentials(credentials)])
            answer = visit(self.google.consent(
                    action['url'], account=account, **consent))
            self.assertEqual(answer.status_code, 200)

    def wizard(self, name, id=None, model=CALENDAR, user=None):
        wizard = WizardSession(
            f'google_calendar.{name}', user or self.jane,
            model if id else None, id)
        return wizard

    def begin(self, *args, **kwargs):
        "The wizard with its first window"
        wizard = self.wizard(*args, **kwargs)
        wizard.execute()
        return wizard

    def create_calendar(self, wizard=None, **values):
        wizard = wizard or self.begin(
            'create_calendar', self.credentials, CREDENTIALS)
        values.setdefault('name', "Team")
        return wizard, wizard.execute('create_', **values)

    def calendars(self, user):
        "The names of the calendars in Google's list, but the primary one"
        return sorted(
            c['calendarListEntry']['summary'] for c in self.google.dump(user)
            if not c['deleted'] and c['id'] != user)

    def local_calendars(self, *names):
        return self.search(
            CALENDAR, *names,
            domain=[
                ('credentials', '=', self.credentials),
                ('primary', '=', False),
                ])
