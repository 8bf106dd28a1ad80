# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What people do with a series in Google's own UI."
from .api import Call
from .errors import not_found
from .recurrence import instance_id, moment_of
from .split import cut, original_time, split
from .state import calendar_document


class SeriesCommands:
    def _series(self, user, event, calendar):
        account = self._user(user)
        found = self.state.calendar(account, calendar)
        record = found and found.events.get(event)
        if record is None:
            raise not_found()
        return account, record

    def do_split_series(self, user, event, original_start, body,
            calendar='primary', exceptions=None, **params):
        "This and following events"
        with self.state.lock:
            account, record = self._series(user, event, calendar)
            call = Call(
                self.state, account,
                {'calendarId': calendar, 'eventId': event, **params},
                calendar_document().clean('Event', body), {})
            return split(
                call, original_time(record.data, original_start),
                exceptions)

    def do_cut_series(self, user, event, original_start,
            calendar='primary', **params):
        "Delete this and the following events"
        with self.state.lock:
            account, record = self._series(user, event, calendar)
            call = Call(
                self.state, account,
                {'calendarId': calendar, 'eventId': event, **params},
                {}, {})
            return cut(call, original_time(record.data, original_start))

    def do_purge_deleted(self, calendar=None):
        """[Events resource] cancelled events eventually disappear, but not
        the cancelled exceptions of a living series"""
        count = 0
        with self.state.lock:
            for one in self.state.calendars.values():
                if calendar not in {None, one.id}:
                    continue
                for name, record in list(one.events.items()):
                    parent = one.events.get(
                        record.data.get('recurringEventId'))
                    alive = parent is not None and not parent.cancelled
                    if record.cancelled and (record.bare or not alive):
                        del one.events[name]
                        count += 1
        return count

    def do_instance_id(self, user, event, original_start,
            calendar='primary'):
        with self.state.lock:
            _, record = self._series(user, event, calendar)
            return instance_id(record.id, moment_of(
                    original_time(record.data, original_start)))
