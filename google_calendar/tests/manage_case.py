# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Accounts that manage their calendars, and wizards, for the tests."""
from trytond.modules.google_integration.tests.tools import visit

from .tools import CALENDAR, CREDENTIALS, GoogleCalendarTestCase, database

__all__ = ['ManageTestCase', 'WizardSession']


class WizardSession:
    "A wizard as the client of a user runs it"

    def __init__(self, name, user, model=None, id=None):
        self.name, self.user = name, user
        self.context = {
            'active_model': model,
            'active_id': id,
            'active_ids': [id] if id else [],
            } if model else {}
        self.views = {}
        with database(user, context=self.context) as pool:
            self.session, start, _ = pool.get(name, type='wizard').create()
        self.start = start

    def execute(self, state=None, **values):
        "Execute the state, after the values were filled in the last view"
        data = {}
        if self.views:
            view = self.views['state']
            data[view] = {**self.views['values'], **values}
        with database(self.user, context=self.context) as pool:
            Wizard = pool.get(self.name, type='wizard')
            result = Wizard.execute(self.session, data, state or self.start)
        if 'view' in result:
            view = result['view']
            self.views = {
                'state': view['state'],
                'values': {
                    n: v for n, v in {
                        **view['defaults'], **view['values']}.items()
                    if not n.endswith('.')},
                }
        return result

    @property
    def values(self):
        return self.views['values']


class ManageTestCase(GoogleCalendarTestCase):
    "Alice's account manages its calendars"

    def setUp(self):
        super().setUp()
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
