# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Which event of Google is which event of Tryton that was never sent.

Pure functions: no ORM, no network, no clock. Identifiers are compared before
what merely looks alike, and neither side of a match is matched twice.
"""
import re
from collections import defaultdict
from dataclasses import dataclass

from .times import private_property

__all__ = [
    'Candidate', 'Matcher', 'alike_key', 'own_event', 'similar', 'uid_key']

_PART = re.compile(r'\s*[;:]\s*')


@dataclass(frozen=True)
class Candidate:
    """An event of Tryton that was never sent, by what it is recognised by.

    ``google_id`` is the identifier that is only chosen, ``series`` that of
    its series.
    """
    id: int
    uid: tuple | None = None
    summary: str = ''
    when: tuple | None = None
    google_id: str | None = None
    series: str | None = None
    original_start: object = None

    @classmethod
    def of(cls, id, values, google_id=None):
        "The candidate of the values of an event"
        return cls(
            id, uid_key(values), summary_key(values), when_key(values),
            google_id, values.get('recurring_event_id'),
            values.get('original_start'))

    @property
    def alike(self):
        if self.summary and self.when and not self.series:
            return self.summary, self.when


def uid_key(values):
    """Return the identity of a meeting that all its copies share, or None

    All the occurrences of a series have the same iCalUID.

    https://developers.google.com/workspace/calendar/api/v3/reference/events
    """
    if values.get('ical_uid'):
        return values['ical_uid'], values.get('original_start')


def own_event(resource, prefix):
    """Return the id of the event of which the resource was made, or None

    ``prefix`` is what the property starts with in this installation.
    """
    value = private_property(resource, 'trytonEvent')
    if isinstance(value, str) and value.startswith(prefix):
        text = value.removeprefix(prefix)
        # as large as an id can be
        if re.fullmatch(r'[0-9]{1,9}', text, re.ASCII):
            return int(text)


def summary_key(values):
    "Return the summary without regard to case and blanks"
    return ' '.join((values.get('summary') or '').split()).casefold()


def when_key(values):
    "Return the times of an event, or None if it has none or is cancelled"
    all_day = bool(values.get('all_day'))
    names = ['start_date', 'end_date'] if all_day else ['start', 'end']
    times = [values.get(n) for n in names]
    if None in times or values.get('status') == 'cancelled':
        return
    return (all_day, *times, _lines(values.get('recurrence')))


def alike_key(values):
    """Return what is equal of two events that look the same, or None

    An occurrence is what its series is, and an event without summary is like
    any other.
    """
    return Candidate.of(None, values).alike


def _lines(recurrence):
    "The lines of a recurrence whatever the order of their parts"
    return tuple(sorted(
        tuple(sorted(_PART.split(line.strip().upper())))
        for line in (recurrence or '').splitlines() if line.strip()))


class Matcher:
    """Finds the candidates for the events of Google, in any order of these.

    What identifies an event is told at once by `identify`. What only looks
    alike has to wait until everything is seen: it is told by `rest`.
    """

    def __init__(self, candidates):
        self.taken = set()
        self.by_id, self.by_uid, self.by_google_id = {}, {}, {}
        self.by_series, self.by_alike = {}, defaultdict(list)
        for candidate in sorted(candidates, key=lambda c: c.id):
            self.by_id[candidate.id] = candidate
            if candidate.google_id:
                self.by_google_id.setdefault(candidate.google_id, candidate)
            if candidate.uid:
                self.by_uid.setdefault(candidate.uid, candidate)
            if candidate.series:
                self.by_series.setdefault(
                    (candidate.series, candidate.original_start), candidate)
            if candidate.alike:
                self.by_alike[candidate.alike].append(candidate)
        self.starts = {start for _, start in self.by_series}
        self.adopted = {}
        self.occurrences, self.alike = [], []
        self.waiting = set()

    def identify(self, google_id, values, own=None):
        """Return the id of the candidate and the reason, or None

        ``own`` is the id of `own_event`.
        """
        found = None
        if google_id in self.by_google_id:
            found = self.by_google_id[google_id], 'google_id'
        elif uid_key(values) in self.by_uid:
            found = self.by_uid[uid_key(values)], 'ical_uid'
        elif own in self.by_id and similar(self.by_id[own], values):
            found = self.by_id[own], 'own'
        if found and found[0].id not in self.taken:
            return self._take(google_id, *found)
        self._wait(google_id, values)

    def is_waiting(self, google_id):
        "Tell if the event may still be matched by `rest`"
        return google_id in self.waiting

    def rest(self):
        "Yield google_id, id and reason of what is matched in the end"
        for google_id, key in self.alike:
            for candidate in self.by_alike[key]:
                if candidate.id not in self.taken:
                    yield google_id, *self._take(
                        google_id, candidate, 'alike')
                    break
        for google_id, series, original_start in self.occurrences:
            candidate = self.by_series.get(
                (self.adopted.get(series, series), original_start))
            if candidate and candidate.id not in self.taken:
                yield google_id, *self._take(
                    google_id, candidate, 'occurrence')

    def left(self):
        "The ids of the candidates that nothing was matched with"
        return [id for id in self.by_id if id not in self.taken]

    def _take(self, google_id, candidate, reason):
        self.taken.add(candidate.id)
        if candidate.google_id:
            # what its occurrences call it by
            self.adopted[google_id] = candidate.google_id
        return candidate.id, reason

    def _wait(self, google_id, values):
        "Remember as little as is needed of what may match in the end"
        series = values.get('recurring_event_id')
        key = alike_key(values)
        if series:
            if values.get('original_start') in self.starts:
                self.occurrences.append(
                    (google_id, series, values['original_start']))
                self.waiting.add(google_id)
        elif key in self.by_alike:
            self.alike.append((google_id, key))
            self.waiting.add(google_id)


def similar(candidate, values):
    """Tell if the event can be what became of the candidate

    The ids of a database that was restored are given again: the property
    alone does not prove it.
    """
    other = Candidate.of(None, values)
    return candidate.original_start == other.original_start and (
        candidate.when == other.when or candidate.summary == other.summary)
