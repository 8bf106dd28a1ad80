# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A calendar that Google is to announce, for the tests."""
from trytond.modules.google_integration.tests.watch_case import (
    CHANNEL, INTERVAL, WatchMixin)

from .tools import GoogleCalendarTestCase

__all__ = [
    'CHANNEL', 'INTERVAL', 'LIST', 'STOP', 'WATCH', 'WatchTestCase']

WATCH = 'calendar.events.watch'
STOP = 'calendar.channels.stop'
LIST = 'calendar.events.list'


class WatchTestCase(WatchMixin, GoogleCalendarTestCase):
    pass


del GoogleCalendarTestCase
