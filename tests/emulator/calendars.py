# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"calendars and acl [Calendars & events; Calendar sharing]"
import secrets

from .api import merge, method, strip_null
from .errors import ApiError, invalid, not_found, required
from .model import ROLES, Calendar
from .paging import page
from .zones import zone

_DATA = ['summary', 'description', 'location', 'timeZone']


def etag_of(stamp):
    return f'"{stamp * 2}000"'


def resource(calendar):
    answer = {
        'kind': 'calendar#calendar',
        'etag': etag_of(calendar.data_stamp),
        'id': calendar.id,
        **calendar.data,
        'conferenceProperties': {
            'allowedConferenceSolutionTypes': ['hangoutsMeet']},
        }
    if not calendar.primary:
        # [Calendars] set only for secondary calendars
        answer['dataOwner'] = calendar.owner
    return answer


def _check(data):
    if not data.get('summary'):
        raise required("Missing title.")
    if zone(data.get('timeZone', 'UTC')) is None:
        raise invalid("Invalid time zone.")
    return data


@method('calendar.calendars.get')
def get(call):
    return resource(call.calendar())


@method('calendar.calendars.insert')
def insert(call):
    data = _check({
            k: v for k, v in strip_null(call.body).items() if k in _DATA})
    data.setdefault('timeZone', call.user.time_zone)
    calendar = Calendar(
        f'c_{secrets.token_hex(32)}@group.calendar.google.com',
        call.user.email, data,
        client_id=call.token.client_id if call.token else None)
    call.state.add_calendar(calendar, call.user)
    return resource(calendar)


def _write(call, change):
    calendar = call.calendar('owner')
    call.precondition(etag_of(calendar.data_stamp))
    calendar.data = _check(change(
            calendar.data,
            {k: v for k, v in call.body.items() if k in _DATA}))
    calendar.data.setdefault('timeZone', 'UTC')
    call.state.touch_calendar(calendar)
    return resource(calendar)


@method('calendar.calendars.patch')
def patch(call):
    return _write(call, merge)


@method('calendar.calendars.update')
def update(call):
    return _write(call, lambda old, new: strip_null(new))


@method('calendar.calendars.delete')
def delete(call):
    calendar = call.calendar('owner')
    if calendar.primary:
        # [Calendars: delete] clear is for primary calendars
        raise invalid("Cannot delete primary calendar.")
    if calendar.owner != call.user.email:
        # [Release notes] only the data owner can delete it
        raise ApiError(
            'requiredAccessLevel',
            "You need to be the data owner of this calendar.")
    call.precondition(etag_of(calendar.data_stamp))
    call.state.delete_calendar(calendar)


@method('calendar.calendars.clear')
def clear(call):
    calendar = call.calendar('owner')
    if not calendar.primary:
        # [Calendars: clear] clears a primary calendar
        raise invalid("Only a primary calendar can be cleared.")
    from .propagation import cancel
    for record in list(calendar.events.values()):
        if not record.cancelled and not record.data.get('recurringEventId'):
            cancel(call, calendar, record)


# -- acl

def _rule(rule):
    return {
        'kind': 'calendar#aclRule',
        'etag': f'"{rule["seq"]:020}"',
        'id': rule['id'],
        'scope': dict(rule['scope']),
        'role': rule['role'],
        }


@method('calendar.acl.list')
def acl_list(call):
    # [Calendar sharing] readers of the list need writer access
    calendar = call.calendar('writer')
    rules = []
    for rule in calendar.acl.values():
        gone = rule['role'] == 'none'
        rules.append((
                rule['seq'], gone, dict(_rule(rule), role=rule['role'])))
    return page(
        call, 'acl', calendar.id, rules, calendar.acl_seq,
        {'kind': 'calendar#acl', 'etag': f'"p{calendar.acl_seq}0g"'},
        100, 250, epoch=str(calendar.epoch))


def _find_rule(call, calendar):
    rule = calendar.acl.get(call.params['ruleId'])
    if rule is None or rule['role'] == 'none':
        raise not_found()
    return rule


@method('calendar.acl.get')
def acl_get(call):
    return _rule(_find_rule(call, call.calendar('writer')))


@method('calendar.acl.insert')
def acl_insert(call):
    calendar = call.calendar('owner')
    body = strip_null(call.body)
    scope = body.get('scope', {})
    kind = scope.get('type', 'default')
    if body.get('role') not in ROLES:
        raise invalid("Invalid role")
    if kind not in {'default', 'user', 'group', 'domain'}:
        raise invalid("Invalid scope type")
    if kind != 'default' and not scope.get('value'):
        raise required("Missing scope value")
    value = scope.get('value', '').lower()
    if kind == 'user' and value == calendar.owner:
        raise ApiError(
            'cannotChangeOwnAcl', "Cannot change your own access level.",
            code=403, domain='calendar')
    return _rule(call.state.set_role(
            calendar, kind, value or None, body['role']))


def _acl_write(call):
    calendar = call.calendar('owner')
    rule = _find_rule(call, calendar)
    call.precondition(_rule(rule)['etag'])
    role = (call.body or {}).get('role', rule['role'])
    if role not in ROLES:
        raise invalid("Invalid role")
    scope = rule['scope']
    if scope.get('value') == call.user.email:
        raise ApiError(
            'cannotChangeOwnAcl', "Cannot change your own access level.",
            code=403, domain='calendar')
    return call.state.set_role(
        calendar, scope['type'], scope.get('value'), role)


@method('calendar.acl.patch')
def acl_patch(call):
    return _rule(_acl_write(call))


@method('calendar.acl.update')
def acl_update(call):
    return _rule(_acl_write(call))


@method('calendar.acl.delete')
def acl_delete(call):
    call.body = {'role': 'none'}
    _acl_write(call)
