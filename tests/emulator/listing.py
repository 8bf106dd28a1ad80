# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"events.list and events.instances"
from .api import method
from .calendar_list import resource as list_resource
from .discovery import parse_datetime
from .errors import ApiError, invalid, not_found
from .model import Record, at_least
from .paging import (
    cut, page_token, read_page_token, read_sync_token, sync_token)
from .present import (
    find, instance, is_removed_instance, is_shadowed, present, removed,
    response_zone)
from .recurrence import bounds, instance_id, moment_of, occurrences
from .state import stamp_text
from .zones import UTC

# [Events: list] not allowed with syncToken
_FORBIDDEN = [
    'iCalUID', 'orderBy', 'privateExtendedProperty', 'q',
    'sharedExtendedProperty', 'timeMin', 'timeMax', 'updatedMin']
_WINDOW = ('timeMin', 'timeMax')


def _moment(text):
    "Milliseconds may be provided but are ignored"
    if text is None:
        return None
    value = parse_datetime(text)
    return value.astimezone(UTC).replace(microsecond=0)


def window(values):
    low, high = (_moment(values.get(n)) for n in _WINDOW)
    if low is not None and high is not None and low >= high:
        raise ApiError('timeRangeEmpty', location='timeMax')
    return low, high


def _overlaps(data, low, high):
    if low is None and high is None:
        return True
    if data.get('recurrence'):
        # (unverified) series that have an instance in the range are kept
        return next(occurrences(data, low, high), None) is not None
    start, end = bounds(data)
    # timeMin bounds the end, timeMax the start, both exclusive
    return (low is None or end > low) and (high is None or start < high)


class _Query:
    "The filters of a list"

    def __init__(self, call, values):
        self.call = call
        self.low, self.high = window(values)
        self.updated = call.get('updatedMin')
        if self.updated:
            self.updated = parse_datetime(
                self.updated).astimezone(UTC)
        self.types = call.get('eventTypes')
        self.uid = call.get('iCalUID')
        self.q = (call.get('q') or '').lower().split()
        self.properties = []
        for kind in ['private', 'shared']:
            for text in call.get(f'{kind}ExtendedProperty', ()):
                name, equal, value = text.partition('=')
                if not equal:
                    raise invalid(
                        "Invalid extended property constraint.",
                        f'{kind}ExtendedProperty')
                self.properties.append((kind, name, value))

    def match(self, record, window=True):
        data = record.data
        if self.types and data.get('eventType', 'default') not in self.types:
            return False
        if self.uid and data.get('iCalUID') != self.uid:
            return False
        if self.updated:
            if parse_datetime(data['updated']) < self.updated:
                return False
        for kind, name, value in self.properties:
            # AND, as in the reference (the guide says OR)
            if data.get('extendedProperties', {}).get(kind, {}).get(
                    name) != value:
                return False
        if self.q:
            text = ' '.join(_texts(data)).lower()
            if not all(word in text for word in self.q):
                return False
        return not window or _overlaps(data, self.low, self.high)


def _texts(data):
    for name in ['summary', 'description', 'location']:
        yield data.get(name, '')
    for person in [*data.get('attendees', ()), data.get('organizer', {})]:
        yield person.get('displayName', '')
        yield person.get('email', '')


def _series(calendar, query, since, upto, show_deleted):
    "singleEvents=false: the single events, the series, the exceptions"
    for record in calendar.events.values():
        if since is not None and not since < record.seq <= upto:
            continue
        parent_id = record.data.get('recurringEventId')
        parent = calendar.events.get(parent_id)
        if parent is not None and parent.cancelled and not show_deleted:
            # (unverified) a deleted series does not list its exceptions
            continue
        if record.cancelled and since is None:
            # cancelled exceptions are listed, deleted events are not
            if not is_removed_instance(calendar, record) and (
                    not query.updated
                    and (record.bare or not show_deleted)):
                continue
        if record.cancelled and since is not None:
            if not query.match(record, False):
                continue
        elif not query.match(record):
            continue
        yield record


def _singles(calendar, query, since, upto, show_deleted):
    "singleEvents=true: single events and instances, not the series"
    for record in list(calendar.events.values()):
        changed = since is None or since < record.seq <= upto
        data = record.data
        if data.get('recurringEventId') in calendar.events:
            if changed and not _changed(
                    calendar.events[data['recurringEventId']], since, upto):
                if _shown(record, since, show_deleted, query):
                    yield record
            continue
        if not data.get('recurrence'):
            if changed and _shown(record, since, show_deleted, query):
                yield record
            if changed and since is not None:
                # it was a series
                yield from _former(calendar, record, since, set())
            continue
        if not changed:
            continue
        own = calendar.exceptions(record.id)
        if record.cancelled and not (
                since is not None or show_deleted or query.updated):
            continue
        ids = set()
        for value in occurrences(data, query.low, query.high):
            if is_shadowed(calendar, record.id, value):
                continue
            one = own.get(instance_id(record.id, value)) or instance(
                record, value)
            if record.cancelled and not one.cancelled:
                one = Record(
                    {**one.data, 'status': 'cancelled'}, one.number,
                    one.seq, one.stamp, salt=one.salt)
            ids.add(one.id)
            if _shown(one, since, show_deleted, query):
                yield one
        for one in own.values():
            # moved into the range
            if one.id not in ids and not record.cancelled and _shown(
                    one, since, show_deleted, query):
                ids.add(one.id)
                yield one
        if since is not None:
            yield from _former(calendar, record, since, ids)


def _changed(parent, since, upto):
    "The series yields its exceptions itself"
    return since is None or since < parent.seq <= upto


def _shown(record, since, show_deleted, query):
    if record.cancelled:
        if since is None:
            if record.bare or not (show_deleted or query.updated):
                return False
        else:
            return query.match(record, False)
    return query.match(record)


def _former(calendar, record, since, ids):
    "The instances that a changed rule took away"
    seen = set()
    for seq, old in record.history:
        if seq <= since:
            continue
        if old is None:
            # (unverified) the single event is gone for this list
            if record.data.get('recurrence') and record.id not in seen:
                seen.add(record.id)
                one = Record(
                    {**record.data, 'status': 'cancelled'}, record.number,
                    record.seq, record.stamp, salt=record.salt, bare=True)
                yield one
            continue
        for value in occurrences({**record.data, **old}):
            name = instance_id(record.id, value)
            if name in ids or name in seen:
                continue
            seen.add(name)
            now, _ = find(calendar, name)
            if now is not None and (
                    not now.cancelled
                    or now.data['recurringEventId'] != record.id):
                continue  # of the series that was split from it
            one = instance(
                Record({**record.data, **old}, record.number, record.seq,
                    record.stamp, salt=record.salt), value)
            one.data['status'] = 'cancelled'
            one.bare = True
            yield one


def _key(record, order, since):
    # what was planted may have no start
    start = (record.data.get('originalStartTime')
        or record.data.get('start') or {})
    text = start.get('dateTime') or start.get('date') or ''
    if order == 'startTime':
        return [bounds(record.data)[0].isoformat(), record.id]
    if order == 'updated':
        return [record.data['updated'], record.id]
    if since is not None:
        return [record.seq, record.number, text, record.id]
    return [record.number, text, record.id]


@method('calendar.events.list')
def list_(call):
    calendar = call.calendar()
    role = calendar.role(call.user.email)
    if call.get('syncToken'):
        for name in _FORBIDDEN:
            if name in call.params:
                raise ApiError(
                    'badRequest', f"{name} cannot be used with syncToken",
                    location=name)
        if call.get('showDeleted') is False:
            raise ApiError(
                'badRequest', "showDeleted may not be false with syncToken",
                location='showDeleted')
    epoch = calendar.epoch_of(call.user.email)
    ignored = {'showDeleted'}
    sync = read_sync_token(
        call, 'events', calendar.id, epoch, _WINDOW, ignored)
    started = read_page_token(call, 'events', calendar.id, epoch)
    after, upto, empty = started or (None, calendar.seq, 0)
    since, kept = sync or (None, {})
    # with free/busy access only, as if singleEvents=true [Recurring events]
    busy = not at_least(role, 'reader') or call.busy_only
    single = call.get('singleEvents', False) or busy
    order = call.get('orderBy')
    if order == 'startTime' and not single:
        raise ApiError(
            'badRequest', "The requested ordering is not available for the "
            "particular query.", location='orderBy')
    query = _Query(call, kept if sync else call.params)
    if query.updated and (
            query.updated.timestamp() * 1000 < calendar.oldest):
        raise ApiError('updatedMinTooLongAgo', location='updatedMin')
    show_deleted = call.get('showDeleted', False)
    source = _singles if single else _series
    items = sorted(
        ((_key(r, order, since), r) for r in source(
                calendar, query, since, upto, show_deleted)),
        key=lambda i: i[0])
    limit = min(call.get('maxResults', 250), 2500)
    records, after, empty, more = cut(
        call.state, items, after, limit, empty)
    tz = response_zone(call, calendar)
    answer = head(call, calendar, role)
    answer['items'] = [
        # an incremental request without showDeleted returns no details
        removed(r, tz) if r.cancelled and (
            r.bare or not show_deleted)
        else present(call, calendar, r, tz, role) for r in records]
    if more:
        answer['nextPageToken'] = page_token(
            call, 'events', calendar.id, epoch, after, upto, empty)
    elif not any(
            n in call.params for n in _FORBIDDEN if n not in _WINDOW):
        # (unverified) no token for queries that it could not continue
        answer['nextSyncToken'] = sync_token(
            call, 'events', calendar.id, epoch, upto, _WINDOW, ignored,
            kept if sync else None)
    return answer


def head(call, calendar, role):
    answer = {
        'kind': 'calendar#events',
        'etag': f'"p{calendar.stamp}0g"',
        'summary': calendar.data['summary'],
        'updated': stamp_text(calendar.stamp),
        'timeZone': call.get('timeZone') or calendar.data.get(
            'timeZone', 'UTC'),
        'accessRole': role,
        }
    if 'description' in calendar.data:
        answer['description'] = calendar.data['description']
    entry = call.user.calendar_list.get(calendar.id)
    answer['defaultReminders'] = []
    if entry is not None and not entry.deleted:
        answer['defaultReminders'] = list_resource(
            call, entry)['defaultReminders']
    return answer


@method('calendar.events.instances')
def instances(call):
    "[Recurring events]"
    calendar = call.calendar()
    record = calendar.events.get(call.params['eventId'])
    if record is None or record.bare:
        raise not_found()
    if not record.data.get('recurrence'):
        raise invalid("The event is not a recurring event.")
    low, high = window(call.params)
    show_deleted = call.get('showDeleted', False)
    own = calendar.exceptions(record.id)
    ids, items = set(), []
    original = call.get('originalStart')
    wanted = None
    if original is not None:
        wanted = moment_of({'dateTime': original}) or moment_of(
            {'date': original})
        if wanted is None:
            raise invalid("Invalid originalStart.", 'originalStart')
    for value in occurrences(record.data):
        if is_shadowed(calendar, record.id, value):
            continue
        one = own.get(instance_id(record.id, value)) or instance(
            record, value)
        ids.add(one.id)
        if one.cancelled and not show_deleted:
            continue
        if wanted is not None and value != wanted:
            continue
        if high is not None and bounds(
                instance(record, value).data)[0] >= high and not own:
            break
        if _overlaps(one.data, low, high):
            items.append((_key(one, 'startTime', None), one))
    items.sort(key=lambda i: i[0])
    epoch = calendar.epoch_of(call.user.email)
    started = read_page_token(call, 'instances', record.id, epoch)
    after, upto, empty = started or (None, calendar.seq, 0)
    limit = min(call.get('maxResults', 250), 2500)
    records, after, empty, more = cut(
        call.state, items, after, limit, empty)
    role = calendar.role(call.user.email)
    tz = response_zone(call, calendar)
    answer = head(call, calendar, role)
    answer['items'] = [
        present(call, calendar, r, tz, role) for r in records]
    if more:
        answer['nextPageToken'] = page_token(
            call, 'instances', record.id, epoch, after, upto, empty)
    else:
        answer['nextSyncToken'] = sync_token(
            call, 'instances', record.id, epoch, upto)
    return answer
