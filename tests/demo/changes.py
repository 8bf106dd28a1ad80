# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A calendar of a team, and what becomes of it on both sides.

That both sides are equal is not enough: they are also when each has lost what
the other one changed. EXPECTED is what a person would find in the end.
"""
import datetime as dt

__all__ = [
    'EXPECTED', 'TEAM', 'TIME_ZONE', 'change_google', 'change_tryton',
    'prepare']

TEAM = "Team"
TIME_ZONE = 'Europe/Berlin'


def _at(text, zone):
    return {'dateTime': text, 'timeZone': zone}


def _hour(text, zone):
    start = dt.datetime.fromisoformat(text)
    end = start + dt.timedelta(hours=1)
    return {'start': _at(text, zone), 'end': _at(end.isoformat(), zone)}


def _days(first, after):
    return {'start': {'date': first}, 'end': {'date': after}}


BEFORE = [
    {'summary': "Stand-up", **_hour('2027-03-01T09:30:00', TIME_ZONE),
        'recurrence': ['RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT=20',
            'EXDATE;TZID=Europe/Berlin:20270311T093000']},
    {'summary': "Board", **_hour('2027-03-14T01:30:00', 'America/New_York')},
    {'summary': "Lunch", **_hour('2027-03-02T12:00:00', 'Europe/Paris'),
        'location': "Canteen"},
    {'summary': "Fair", **_days('2027-05-03', '2027-05-06'),
        'transparency': 'transparent'},
    {'summary': "Holiday", **_days('2027-05-17', '2027-05-18')},
    {'summary': "Workshop", **_hour('2027-04-01T14:00:00', 'UTC')},
    {'summary': "Review", **_hour('2027-04-02T10:00:00', 'Asia/Tokyo'),
        'status': 'tentative', 'visibility': 'private'},
    {'summary': "Nothing to do here",
        **_hour('2027-04-05T10:00:00', 'Asia/Tokyo')},
    {'summary': "Nothing to do there",
        **_hour('2027-04-06T10:00:00', 'Asia/Tokyo')},
    {'summary': "Training", **_hour('2027-08-02T09:00:00', TIME_ZONE),
        'recurrence': ['RRULE:FREQ=DAILY;COUNT=5']},
    {'summary': "Rehearsal", **_hour('2027-08-02T19:00:00', TIME_ZONE),
        'recurrence': ['RRULE:FREQ=DAILY;COUNT=5']},
    {'summary': "Left alone", **_hour('2027-10-31T02:30:00', TIME_ZONE)},
    ]


def prepare(person):
    "Create the calendar at Google and return its id and those of its events"
    calendar = person.create_calendar(TEAM, TIME_ZONE)
    ids = {
        e['summary']: e['id'] for e in (
            person.insert(calendar, **body) for body in BEFORE)}
    # exceptions, which go with their series
    person.patch(
        calendar, f'{ids["Training"]}_20270803T070000Z', location="Outside")
    person.patch(
        calendar, f'{ids["Rehearsal"]}_20270803T170000Z', location="Outside")
    return calendar, ids


def change_tryton(Event, calendar, ids):
    "By proteus; return how many were created, changed and deleted"
    def get(summary):
        event, = Event.find([
                ('calendar', '=', calendar.id),
                ('google_id', '=', ids[summary]),
                ])
        return event

    created = [
        dict(summary="Call", start=dt.datetime(2027, 3, 27, 23, 30),
            end=dt.datetime(2027, 3, 28, 1, 30), time_zone='Europe/Paris',
            description="First line\nsecond line: äöü €"),
        dict(summary="Flight", start=dt.datetime(2027, 6, 1, 14),
            end=dt.datetime(2027, 6, 2, 2), time_zone='Australia/Sydney',
            transparency='transparent'),
        dict(summary="No zone", start=dt.datetime(2027, 6, 3, 8),
            end=dt.datetime(2027, 6, 3, 9), time_zone=None),
        dict(summary="Day off", all_day=True,
            start_date=dt.date(2027, 6, 4), end_date=dt.date(2027, 6, 4)),
        dict(summary="Vacation", all_day=True, visibility='private',
            start_date=dt.date(2027, 7, 5), end_date=dt.date(2027, 7, 23)),
        ]
    for values in created:
        event = Event(calendar=calendar)
        for name, value in values.items():
            setattr(event, name, value)
        event.save()
    lunch = get("Lunch")
    lunch.start += dt.timedelta(hours=1)
    lunch.end += dt.timedelta(hours=1)
    lunch.location = None
    fair = get("Fair")
    fair.end_date += dt.timedelta(days=1)
    holiday = get("Holiday")
    holiday.all_day = False
    holiday.start = dt.datetime(2027, 5, 17, 6)
    holiday.end = dt.datetime(2027, 5, 17, 10)
    holiday.time_zone = 'Europe/Paris'
    review = get("Review")
    review.description = "Written in Tryton"
    review.status = 'confirmed'
    series = get("Stand-up")
    series.summary = "Daily"
    changed = [lunch, fair, holiday, review, series]
    Event.save(changed)
    get("Nothing to do here").delete()
    get("Training").delete()
    return len(created) + len(changed) + 2


def change_google(person, calendar, ids):
    "By Google's API; return how many were created, changed and deleted"
    person.insert(
        calendar, summary="Demo", **_hour('2027-06-07T16:00:00', 'UTC'))
    person.insert(
        calendar, summary="Trade fair", **_days('2027-09-01', '2027-09-04'))
    person.patch(
        calendar, ids["Board"],
        **_hour('2027-03-15T11:00:00', 'America/Sao_Paulo'))
    person.patch(
        calendar, ids["Workshop"],
        start={'date': '2027-04-01', 'dateTime': None, 'timeZone': None},
        end={'date': '2027-04-03', 'dateTime': None, 'timeZone': None})
    person.patch(
        calendar, ids["Review"], location="Written at Google",
        transparency='transparent')
    # of the series: one is left out, one is moved
    person.delete(calendar, f'{ids["Stand-up"]}_20270308T083000Z')
    person.patch(
        calendar, f'{ids["Stand-up"]}_20270304T083000Z', summary="Late",
        **_hour('2027-03-04T11:00:00', TIME_ZONE))
    person.delete(calendar, ids["Nothing to do there"])
    person.delete(calendar, ids["Rehearsal"])
    return 9


# by summary, an occurrence that was removed has none
EXPECTED = {
    "Call": {
        'start': dt.datetime(2027, 3, 27, 23, 30),
        'end': dt.datetime(2027, 3, 28, 1, 30),
        'time_zone': 'Europe/Paris',
        'description': "First line\nsecond line: äöü €"},
    "Flight": {
        'start': dt.datetime(2027, 6, 1, 14),
        'end': dt.datetime(2027, 6, 2, 2),
        'time_zone': 'Australia/Sydney', 'transparency': 'transparent'},
    # Google completes the zone of the calendar
    "No zone": {
        'start': dt.datetime(2027, 6, 3, 8), 'time_zone': TIME_ZONE},
    "Day off": {
        'all_day': True, 'start_date': dt.date(2027, 6, 4),
        'end_date': dt.date(2027, 6, 4)},
    "Vacation": {
        'all_day': True, 'visibility': 'private',
        'start_date': dt.date(2027, 7, 5),
        'end_date': dt.date(2027, 7, 23)},
    "Lunch": {
        'start': dt.datetime(2027, 3, 2, 12), 'location': None,
        'end': dt.datetime(2027, 3, 2, 13), 'time_zone': 'Europe/Paris'},
    "Fair": {
        'all_day': True, 'start_date': dt.date(2027, 5, 3),
        'end_date': dt.date(2027, 5, 6), 'transparency': 'transparent'},
    "Holiday": {
        'all_day': False, 'start': dt.datetime(2027, 5, 17, 6),
        'end': dt.datetime(2027, 5, 17, 10), 'time_zone': 'Europe/Paris'},
    "Review": {
        'description': "Written in Tryton", 'location': "Written at Google",
        'status': 'confirmed', 'visibility': 'private',
        'transparency': 'transparent', 'time_zone': 'Asia/Tokyo',
        'start': dt.datetime(2027, 4, 2, 1)},
    "Daily": {
        'recurrence': 'RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT=20\n'
            'EXDATE;TZID=Europe/Berlin:20270311T093000',
        'start': dt.datetime(2027, 3, 1, 8, 30), 'time_zone': TIME_ZONE},
    "Late": {
        'start': dt.datetime(2027, 3, 4, 10),
        'original_start': dt.datetime(2027, 3, 4, 8, 30)},
    None: {
        'status': 'cancelled',
        'original_start': dt.datetime(2027, 3, 8, 8, 30)},
    "Board": {
        'start': dt.datetime(2027, 3, 15, 14),
        'time_zone': 'America/Sao_Paulo'},
    "Workshop": {
        'all_day': True, 'start_date': dt.date(2027, 4, 1),
        'end_date': dt.date(2027, 4, 2)},
    "Demo": {'start': dt.datetime(2027, 6, 7, 16), 'time_zone': 'UTC'},
    "Trade fair": {
        'all_day': True, 'start_date': dt.date(2027, 9, 1),
        'end_date': dt.date(2027, 9, 3)},
    "Left alone": {'start': dt.datetime(2027, 10, 31, 0, 30)},
    }
