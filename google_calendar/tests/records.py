# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Records for the tests that need no Google."""
import datetime as dt

from trytond.pool import Pool

__all__ = [
    'CALENDAR', 'END', 'EVENT', 'START', 'create_calendar', 'create_event',
    'create_user']

CALENDAR = 'google_calendar.calendar'
EVENT = 'google_calendar.event'
CREDENTIALS = 'google_integration.google_credentials'
START = dt.datetime(2026, 12, 1, 9)
END = dt.datetime(2026, 12, 1, 10)


def create_user(login, *groups):
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    User = pool.get('res.user')
    user, = User.create([{
                'name': login,
                'login': login,
                'groups': [('add', [
                            ModelData.get_id('google_integration', g)
                            for g in groups])],
                }])
    return user.id


def create_calendar(user=None, google_id='calendar', **values):
    pool = Pool()
    credentials, = pool.get(CREDENTIALS).create([
            {'name': google_id, 'user': user}])
    calendar, = pool.get(CALENDAR).create([{
                'name': google_id,
                'google_id': google_id,
                'credentials': credentials.id,
                **values}])
    return calendar


def create_event(calendar, **values):
    event, = Pool().get(EVENT).create([{
                'calendar': calendar.id,
                'summary': "Meeting",
                'start': START,
                'end': END,
                **values}])
    return event
