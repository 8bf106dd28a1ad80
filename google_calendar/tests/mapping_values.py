# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from hypothesis import assume, settings
from hypothesis import strategies as st

from trytond.modules.google_calendar.mapping import (
    UNITS, MappingError, canonical, to_values)

WRITABLE = [u for u in UNITS if not u.read_only]
NAMES = [n for u in WRITABLE for n in u.fields]
READ_ONLY = [n for u in UNITS if u.read_only for n in u.fields]
# what is not known of an event that Google never had
BLANK = {
    name: value for name, value in to_values(
        {'start': {'date': '2024-01-01'}}).items() if name in READ_ONLY}
PARIS = {'timeZone': 'Europe/Paris'}

# the same examples at each run
laws = settings(
    max_examples=200, deadline=None, derandomize=True, database=None)

zones = st.sampled_from([
        'UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kathmandu',
        'Australia/Lord_Howe', 'Pacific/Apia', 'Pacific/Kiritimati',
        'Africa/Monrovia', 'America/St_Johns'])
times = st.one_of(
    st.datetimes(), st.datetimes(dt.datetime(2020, 1, 1)),
    # around the changes of clocks
    st.builds(
        lambda day, seconds: day + dt.timedelta(seconds=seconds),
        st.sampled_from([
                dt.datetime(2024, 3, 31), dt.datetime(2024, 10, 27),
                dt.datetime(2024, 3, 10), dt.datetime(2024, 11, 3)]),
        st.integers(0, 86399)),
    ).map(lambda t: t.replace(microsecond=0))
texts = st.none() | st.text(
    st.characters(exclude_characters='\0', codec='utf-8'), min_size=1,
    max_size=20)
recurrences = st.sampled_from([
        None, 'RRULE:FREQ=WEEKLY', 'RRULE:FREQ=DAILY\nEXDATE:20240301T080000Z'
        ])


attendees = st.lists(st.fixed_dictionaries({
            'email': st.sampled_from([
                    'a@example.com', 'B@example.com', 'c@example.com']),
            'name': st.none() | st.just("Anne"),
            'optional': st.booleans(),
            }), max_size=3, unique_by=lambda a: a['email'])
reminders = st.lists(st.fixed_dictionaries({
            'method': st.sampled_from(['popup', 'email']),
            'minutes': st.integers(0, 40320),
            }), max_size=5)


@st.composite
def event_values(draw):
    "Values as a form of Tryton makes them"
    values = dict(BLANK)
    values.update(
        attendees=draw(attendees),
        response=None, response_comment=None,
        default_reminders=draw(st.booleans()), reminders=draw(reminders),
        color_id=draw(st.none() | st.sampled_from(['1', '11'])),
        guests_can_invite_others=draw(st.booleans()),
        guests_can_modify=draw(st.booleans()),
        guests_can_see_other_guests=draw(st.booleans()),
        conference=False,
        resource=draw(st.none() | st.just('here:party.party,1')))
    for name in ['summary', 'description', 'location']:
        values[name] = draw(texts)
    values.update(
        status=draw(st.sampled_from(['confirmed', 'tentative'])),
        visibility=draw(st.sampled_from(['default', 'private'])),
        transparency=draw(st.sampled_from(['opaque', 'transparent'])),
        recurrence=draw(recurrences),
        all_day=draw(st.booleans()),
        start=None, end=None, start_date=None, end_date=None,
        time_zone=draw(st.none() | zones))
    start, end = sorted([draw(times), draw(times)])
    if values['all_day']:
        values.update(start_date=start.date(), end_date=end.date())
    else:
        values.update(start=start, end=end)
    return canonical(values)


date_texts = st.sampled_from([
        '0001-01-01', '9999-12-31', '9999-12-30', '2024-02-29', '2024-03-01',
        '2023-02-29', '2024-03-31', '', 'tomorrow', 20240301])
time_texts = st.one_of(
    st.sampled_from([
            '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:60-12:00',
            '0001-01-01T00:00:00', '9999-12-31T23:59:59',
            '2024-03-31T02:30:00', '2024-10-27T02:30:00',
            '2024-03-31t02:30:00z', '2024-03-31T24:00:00Z',
            '2024-03-31T12:00:00.123456789Z', '2024-03-31', '2024-03-31T1',
            '1850-06-01T12:00:00+00:09:21', '2024-13-31T12:00:00Z', '', 7]),
    st.builds(
        lambda time, offset: time.isoformat() + offset, times,
        st.sampled_from(['', 'Z', '+02:00', '-0330', '+05', '.5Z'])))
members = st.one_of(
    st.fixed_dictionaries({}, optional={
            'date': date_texts, 'dateTime': time_texts,
            'timeZone': zones | st.sampled_from([
                    'Mars/Olympus', '', '../UTC', 'America', '\ud800', 5])}),
    st.fixed_dictionaries({'date': date_texts}),
    st.fixed_dictionaries({'dateTime': time_texts, 'timeZone': zones}),
    st.sampled_from([None, 'tomorrow', []]))
odd = st.sampled_from([None, '', 'x', 'a\0b', '\ud800', 5, 1.5, True, [], {}])
odd_resources = st.fixed_dictionaries(
    {'start': members, 'end': members, 'id': st.just('abcde')},
    optional={
        'summary': odd, 'description': odd, 'location': odd,
        'status': odd | st.just('cancelled'),
        'visibility': odd | st.just('private'), 'transparency': odd,
        'recurrence': odd | st.lists(odd, max_size=2) | st.just(
            ['RRULE:FREQ=DAILY', '', ' EXDATE:20240301T000000Z\r\n']),
        'recurringEventId': odd, 'originalStartTime': members,
        'organizer': odd, 'conferenceData': odd, 'hangoutLink': odd,
        'htmlLink': odd, 'iCalUID': odd, 'updated': odd,
        'colorId': odd | st.just('3'), 'attachments': odd | st.lists(odd),
        'attendees': odd | st.lists(odd | st.fixed_dictionaries(
                {'email': odd | st.just('A@example.com')}, optional={
                    'self': odd, 'responseStatus': odd, 'comment': odd,
                    'displayName': odd, 'additionalGuests': odd})),
        'attendeesOmitted': odd, 'locked': odd, 'eventType': odd,
        'guestsCanModify': odd, 'extendedProperties': odd,
        'reminders': odd | st.fixed_dictionaries({}, optional={
                'useDefault': odd, 'overrides': odd | st.lists(odd)}),
        })


def patched(resource, patch):
    "Return the resource as Google patches it"
    resource = dict(resource)
    for name, value in patch.items():
        if value is None:
            resource.pop(name, None)
        elif isinstance(value, dict):
            old = resource.get(name)
            resource[name] = patched(
                old if isinstance(old, dict) else {}, value)
        else:
            resource[name] = value
    return resource


def read(resource):
    try:
        return to_values(resource)
    except MappingError:
        assume(False)


def event(start, end=None, **others):
    resource = {'start': start, **others}
    if end is not None:
        resource['end'] = end
    return resource


def when(values):
    return (values['start'], values['end'])
