# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from trytond.exceptions import UserError, UserWarning
from trytond.model.exceptions import ValidationError


class EventDateError(ValidationError):
    pass


class EventTimeZoneError(ValidationError):
    pass


class EventRepeatError(ValidationError):
    pass


class EventScopeError(ValidationError):
    pass


class EventReminderError(ValidationError):
    pass


class AttendeeEmailError(ValidationError):
    pass


class CalendarManageError(UserError):
    pass


class FindTimeError(UserError):
    pass


class CalendarResetError(UserError):
    pass


class FirstSynchronizationWarning(UserWarning):
    pass


class CreatePartiesError(UserError):
    pass


class FeedOwnerError(ValidationError):
    pass


class ICalendarError(ValidationError):
    pass
