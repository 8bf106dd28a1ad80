# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Synchronize from where the events are."""
from trytond.i18n import gettext
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.transaction import Transaction, check_access
from trytond.wizard import StateAction, StateTransition, Wizard

from .exceptions import CalendarManageError

__all__ = ['SynchronizeCalendars']

UNAUTHORIZED = {'without_authorization', 'expired'}


class SynchronizeCalendars(Wizard):
    __name__ = 'google_calendar.synchronize'

    start = StateTransition()
    consent = StateAction('google_integration.url_authorization')

    def transition_start(self):
        """Synchronize the calendars of the user, and the shared ones.

        Google's consent page comes first: a browser blocks a page that is
        opened long after the click, and what is authorized becomes due.
        """
        self.credentials = self._unauthorized()
        if self.credentials:
            if self.credentials.type == 'oauth':
                self._make_due()
                return 'consent'
            type(self.credentials).request_authorization([self.credentials])
        self._synchronize()
        return 'end'

    def do_consent(self, action):
        Credentials = type(self.credentials)
        return Credentials.request_authorization([self.credentials]), {}

    @staticmethod
    def _unauthorized():
        "The first credentials of the user that are to be authorized, or None"
        pool = Pool()
        Calendar = pool.get('google_calendar.calendar')
        Credentials = pool.get('google_integration.google_credentials')
        for credentials in Credentials.search([
                    ('user', '=', Transaction().user),
                    ('sync_enabled', '=', True),
                    ('state', '!=', 'authorized'),
                    ]):
            if not credentials.asks_for(Calendar.__name__):
                continue
            # what was asked for goes on with the tokens that are held
            if (credentials.state in UNAUTHORIZED
                    or not credentials.token_digest):
                return credentials

    @staticmethod
    def _calendars():
        "The calendars that the user sees as the own or the shared ones"
        Calendar = Pool().get('google_calendar.calendar')
        with check_access():
            return Calendar.search([
                    ('enabled', '=', True),
                    ('credentials.sync_enabled', '=', True),
                    ['OR',
                        ('credentials.user', '=', Transaction().user),
                        ('credentials.user', '=', None),
                        ],
                    ])

    def _make_due(self):
        Calendar = Pool().get('google_calendar.calendar')
        bookkeeping.update(
            Calendar, self._calendars(), {'next_sync': bookkeeping.utcnow()})

    def _synchronize(self):
        Calendar = Pool().get('google_calendar.calendar')
        calendars = self._calendars()
        if not calendars:
            raise CalendarManageError(
                gettext('google_calendar.msg_synchronize_nothing'))
        with check_access():
            Calendar.synchronize(calendars)
