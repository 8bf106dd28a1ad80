# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"calendarList, settings and colors"
import re
import zlib

from .api import merge, method, strip_null
from .calendars import etag_of, shown
from .errors import ApiError, invalid, not_found, required
from .model import at_least
from .paging import page

_CALENDAR_COLORS = '''ac725e d06b64 f83a22 fa573c ff7537 ffad46 42d692 16a765
7bd148 b3dc6c fbe983 fad165 92e1c0 9fe1e7 9fc6e7 4986e7 9a9cff b99aff c2c2c2
cabdbf cca6ac f691b2 cd74e6 a47ae2'''.split()
_EVENT_COLORS = '''a4bdfc 7ae7bf dbadff ff887c fbd75b ffb878 46d6db e1e1e1
5484ed 51b749 dc2127'''.split()
EVENT_COLORS = {str(i + 1) for i in range(len(_EVENT_COLORS))}
_WRITABLE = [
    'summaryOverride', 'colorId', 'backgroundColor', 'foregroundColor',
    'hidden', 'selected', 'defaultReminders', 'notificationSettings']


def resource(call, entry):
    calendar = call.state.calendars[entry.calendar_id]
    role = calendar.role(call.user.email)
    answer = {
        'kind': 'calendar#calendarListEntry',
        'etag': etag_of(entry.stamp),
        'id': calendar.id,
        }
    if entry.deleted:
        answer.update(deleted=True, accessRole='none')
        return answer
    answer.update(
        (k, v) for k, v in calendar.data.items() if k != 'labelProperties')
    answer.update(entry.data)
    color = int(entry.data.get('colorId', 1)) - 1
    answer.setdefault('backgroundColor', f'#{_CALENDAR_COLORS[color]}')
    answer.setdefault('foregroundColor', '#000000')
    answer.setdefault('defaultReminders', [])
    answer['accessRole'] = role
    answer['conferenceProperties'] = {
        'allowedConferenceSolutionTypes': ['hangoutsMeet']}
    if calendar.id == call.user.email:
        answer['primary'] = True
    answer.update(shown(calendar))
    for name in ['hidden', 'selected']:
        if not answer.get(name):
            answer.pop(name, None)
    return answer


@method('calendar.calendarList.list')
def list_(call):
    if call.get('syncToken') and call.get('showHidden') is False:
        # [CalendarList: list] not allowed with syncToken
        raise ApiError(
            'badRequest', "showHidden may not be false with syncToken",
            location='showHidden')
    entries = []
    minimum = call.get('minAccessRole')
    for entry in call.user.calendar_list.values():
        if minimum and not entry.deleted:
            role = call.state.calendars[entry.calendar_id].role(
                call.user.email)
            if not at_least(role, minimum):
                continue
        if (entry.data.get('hidden') and not call.get('showHidden')
                and not call.get('syncToken')):
            continue
        entries.append((entry.seq, entry.deleted, resource(call, entry)))
    return page(
        call, 'calendarList', call.user.email, entries, call.user.list_seq,
        {
            'kind': 'calendar#calendarList',
            'etag': f'"p{call.user.list_stamp}0g"',
            },
        100, 250, epoch=str(call.user.list_epoch),
        forbidden=['minAccessRole'])


def _find(call):
    name = call.params['calendarId']
    if name == 'primary':
        name = call.user.email
    entry = call.user.calendar_list.get(name)
    if entry is None or entry.deleted:
        raise not_found()
    call.calendar()
    return entry


@method('calendar.calendarList.get')
def get(call):
    return resource(call, _find(call))


@method('calendar.calendarList.insert')
def insert(call):
    body = strip_null(call.body)
    if not body.get('id'):
        raise required("Missing calendar id.")
    calendar = call.state.calendar(call.user, body['id'])
    if calendar is None:
        raise not_found()
    data = _check(call, {k: v for k, v in body.items() if k in _WRITABLE})
    entry = call.state.subscribe(call.user, calendar)
    entry.data.update(data)
    return resource(call, entry)


def _check(call, data):
    if not call.get('colorRgbFormat'):
        # [CalendarList] colorRgbFormat=true is needed to set the colours
        data.pop('backgroundColor', None)
        data.pop('foregroundColor', None)
    for name in ['backgroundColor', 'foregroundColor']:
        if name in data and not re.match('#[0-9a-f]{6}$', data[name]):
            raise invalid("Invalid color.")
    if 'colorId' in data and data['colorId'] not in {
            str(i + 1) for i in range(len(_CALENDAR_COLORS))}:
        raise invalid("Invalid color id.")
    reminders = data.get('defaultReminders', [])
    if len(reminders) > 5 or any(
            r.get('method') not in {'email', 'popup'}
            or not 0 <= r.get('minutes', -1) <= 40320 for r in reminders):
        raise invalid("Invalid reminders.")
    return data


def _write(call, change):
    entry = _find(call)
    call.precondition(etag_of(entry.stamp))
    body = {k: v for k, v in call.body.items() if k in _WRITABLE}
    data = _check(call, change(entry.data, body))
    data.setdefault('colorId', entry.data['colorId'])
    entry.data = data
    call.state.touch_entry(call.user, entry)
    return resource(call, entry)


@method('calendar.calendarList.patch')
def patch(call):
    return _write(call, merge)


@method('calendar.calendarList.update')
def update(call):
    return _write(call, lambda old, new: strip_null(new))


@method('calendar.calendarList.delete')
def delete(call):
    entry = _find(call)
    calendar = call.state.calendars[entry.calendar_id]
    if calendar.id == call.user.email:
        raise invalid("Cannot remove the primary calendar.")
    call.precondition(etag_of(entry.stamp))
    call.state.unsubscribe(call.user, calendar)


# -- settings and colors

def _settings(call):
    values = {
        'autoAddHangouts': 'false',
        'dateFieldOrder': 'DMY',
        'defaultEventLength': '60',
        'format24HourTime': 'true',
        'hideInvitations': 'false',
        'hideWeekends': 'false',
        'locale': call.user.locale,
        'remindOnRespondedEventsOnly': 'false',
        'showDeclinedEvents': 'true',
        'timezone': call.user.time_zone,
        'useKeyboardShortcuts': 'true',
        'weekStart': '1',
        }
    # what a person changed in the UI: there is no method for it
    values.update({
            k: call.state.settings[email, k]
            for email, k in call.state.settings if email == call.user.email})
    return [{
            'kind': 'calendar#setting',
            'etag': f'"{zlib.crc32(v.encode())}"', 'id': k, 'value': v}
        for k, v in values.items()]


@method('calendar.settings.list')
def settings_list(call):
    entries = [
        (i + 1, False, s) for i, s in enumerate(_settings(call))]
    return page(
        call, 'settings', call.user.email, entries, len(entries),
        {'kind': 'calendar#settings', 'etag': '"p00g"'}, 100, 250)


@method('calendar.settings.get')
def settings_get(call):
    for setting in _settings(call):
        if setting['id'] == call.params['setting']:
            return setting
    raise not_found()


@method('calendar.colors.get')
def colors(call):
    def palette(values):
        return {
            str(i + 1): {
                'background': f'#{v}', 'foreground': '#1d1d1d'}
            for i, v in enumerate(values)}

    return {
        'kind': 'calendar#colors',
        'updated': '2012-02-14T00:00:00.000Z',
        'calendar': palette(_CALENDAR_COLORS),
        'event': palette(_EVENT_COLORS),
        }
