# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The choices that are the same in several fields."""
from trytond.tools import timezone

__all__ = [
    'ACCESS_ROLES', 'NOTIFICATIONS', 'TRANSPARENCIES', 'WEEKDAY_NAMES',
    'time_zones']

# Each field is to have a list of its own: modules may add choices to one.

ACCESS_ROLES = (
    ('freeBusyReader', "See Free and Busy"),
    ('reader', "See Events"),
    ('writerWithoutPrivateAccess', "Change Events but Private Ones"),
    ('writer', "Change Events"),
    ('owner', "Change Events and Share"),
    )
NOTIFICATIONS = (
    ('all', "All Guests"),
    ('externalOnly', "Guests Without Google Calendar"),
    ('none', "Nobody"),
    )
TRANSPARENCIES = (
    ('opaque', "Busy"),
    ('transparent', "Free"),
    )
WEEKDAY_NAMES = (
    ('MO', "Monday"),
    ('TU', "Tuesday"),
    ('WE', "Wednesday"),
    ('TH', "Thursday"),
    ('FR', "Friday"),
    ('SA', "Saturday"),
    ('SU', "Sunday"),
    )


def time_zones():
    "The zones that Python knows, as choices"
    return [(name, name) for name in timezone.available_timezones()]
