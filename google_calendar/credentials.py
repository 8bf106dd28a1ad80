# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the calendars need of the credentials."""
from contextlib import contextmanager

from trytond.i18n import gettext
from trytond.model import fields
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import oauth
from trytond.modules.google_integration.client import GoogleError
from trytond.pool import PoolMeta
from trytond.transaction import Transaction

from .exceptions import CalendarManageError

__all__ = ['FREE_BUSY_SCOPES', 'GoogleCredentials', 'MANAGE_SCOPES']

PREFIX = 'https://www.googleapis.com/auth/'
# it contains the others
CALENDAR_SCOPE = PREFIX + 'calendar'
# https://developers.google.com/workspace/calendar/api/auth
MANAGE_SCOPES = (
    PREFIX + 'calendar.acls',
    PREFIX + 'calendar.calendarlist',
    PREFIX + 'calendar.calendars',
    )
FREE_BUSY_SCOPES = (PREFIX + 'calendar.events.freebusy',)


class GoogleCredentials(metaclass=PoolMeta):
    __name__ = 'google_integration.google_credentials'

    manage_calendars = fields.Boolean(
        "Manage Calendars",
        help="Check to create, rename, share, subscribe to and unsubscribe "
        "from calendars.\n"
        "It asks Google for more scopes: authorize again.")

    calendars = fields.One2Many(
        'google_calendar.calendar', 'credentials', "Calendars", readonly=True)

    @classmethod
    def default_manage_calendars(cls):
        return False

    def shows_name(self, user):
        # those of the calendars that are seen
        return super().shows_name(user) or any(
            user == r.id for c in self.calendars for r in c.readers)

    @property
    def managed_by_user(self):
        "Tell if the user decides on the account"
        user = Transaction().user
        # the administration acts for shared accounts, for nobody else's
        return not user or user in {u.id for u in self.owners}

    def check_manager(self):
        if not self.managed_by_user:
            raise AccessError(gettext('google_calendar.msg_manage_owner'))

    def check_manage_calendars(self):
        "Raise an error unless the user may manage the account's calendars"
        self.check_manager()
        if not self.manage_calendars:
            raise CalendarManageError(gettext(
                    'google_calendar.msg_manage_unchecked',
                    credentials=self.rec_name,
                    **self.__names__('manage_calendars')))
        self.check_calendar_scopes(MANAGE_SCOPES)

    def check_free_busy(self):
        self.check_manager()
        self.check_calendar_scopes(FREE_BUSY_SCOPES)

    def check_calendar_scopes(self, scopes):
        if self.type == 'service_account' or not self.token_digest:
            # Google, or who gets the token, tells what is wrong
            return
        granted = (self.granted_scopes or '').split()
        if (CALENDAR_SCOPE not in granted
                and oauth.missing_scopes(scopes, granted)):
            raise CalendarManageError(gettext(
                    'google_calendar.msg_manage_scope',
                    credentials=self.rec_name))

    @contextmanager
    def calendar_client(self, subject='', writing=True):
        """A client, after a commit: what is intended is known by then.

        ``subject`` is what the errors of Google are about, for people.
        """
        cls, id = type(self), self.id
        transaction = Transaction()
        transaction.commit()
        with cls.google_errors(id):
            client = cls(id).get_client('calendar', 'v3')
            transaction.commit()
            try:
                yield client
            except GoogleError as error:
                transaction.rollback()
                message = cls.calendar_error(id, error, subject, writing)
                if not message:
                    raise
                raise CalendarManageError(message, error.message) from error
            finally:
                client.close()

    @classmethod
    def calendar_error(cls, id, error, subject, writing):
        "The message of an error of Google, None if it says nothing special"
        arguments = {'credentials': cls(id).rec_name, 'subject': subject}
        code = None
        match error.status, error.reason:
            case _ if writing and error.unknown:
                code = 'unknown'
            case _, ('insufficientPermissions'
                    | 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'):
                code = 'scope'
            case _, 'quotaExceeded':
                code = 'quota'
            case _, (
                    'cannotChangeOwnAcl' | 'cannotChangeOwnerAcl'
                    | 'cannotRemoveLastCalendarOwnerFromAcl'):
                code = 'own_access'
            case _, 'requiredAccessLevel':
                code = 'forbidden'
            case _, 'accessNotConfigured' | 'SERVICE_DISABLED':
                code = 'api_disabled'
            case 404, _:
                code = 'not_found'
            case 412, _:
                code = 'changed'
        if code:
            return gettext(f'google_calendar.msg_manage_{code}', **arguments)
