# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The own calendar: series, what is changed of them, guests and answers.

It is of the weeks to come, so that Tryton shows the occurrences. FOUND and
MAILS are what people find in the end, the same on both sides.
"""
import datetime as dt
import zoneinfo

import proteus

from .table import say

__all__ = ['BOB', 'Meetings']

BOB = 'bob@example.com'  # works with Google Calendar, too
CAROL = 'carol@example.org'  # does not
ZONE = zoneinfo.ZoneInfo('Europe/Paris')
HOUR = dt.timedelta(hours=1)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)
WEEKS = 30  # the clocks change within
OCCURRENCE = 'google_calendar.occurrence'

# as they are at first: the weekday, the hour, how many weeks
SERIES = {
    "Planning": (MONDAY, 9, WEEKS),
    "Sport": (TUESDAY, 18, 10),
    "Yoga": (TUESDAY, 7, 6),
    "Reading": (WEDNESDAY, 9, WEEKS),
    "Lecture": (THURSDAY, 10, 4),
    }
# as they are in the end: the summary, the weekday, the hour, the weeks
FOUND = [
    ("Planning", MONDAY, 9, [0, 3, 4]),
    ("Planning", MONDAY, 14, [1]),
    ("Planning of the team", MONDAY, 10, range(5, WEEKS)),
    ("Swimming", TUESDAY, 18, range(10)),
    ("Yoga", TUESDAY, 8, range(6)),
    ("Reading", WEDNESDAY, 9, [0, 3, 4]),
    ("Reading", WEDNESDAY, 11, [1]),
    ("Reading circle", WEDNESDAY, 8, range(5, WEEKS)),
    ("Lecture", THURSDAY, 10, [0, 3]),
    ("Lecture", FRIDAY, 10, [2]),
    ("Choir", FRIDAY, 20, [0, 1, 2, *range(4, 12)]),
    ("Choir", FRIDAY, 21, [3]),
    ("Kick-off", MONDAY, 11, [0]),
    ("Interview", TUESDAY, 11, [0]),
    ("Offsite", WEDNESDAY, 11, [2]),
    ]
# what Google sent: the kind, the summary, to whom
MAILS = [
    ('invitation', "Interview", 'ann@example.com'),
    ('invitation', "Kick-off", BOB),
    ('invitation', "Kick-off", CAROL),
    ('invitation', "Offsite", BOB),
    ('response', "Interview", BOB),
    ('response', "Kick-off", 'ann@example.com'),
    ('response', "Kick-off", 'ann@example.com'),
    ]


class Meetings:
    "What Ann has in the own calendar, and what becomes of it"

    def __init__(self, admin, person, today):
        self.admin = admin
        self.person = person
        # a Monday
        self.first = today + dt.timedelta(days=14 - today.weekday())
        self.ids = {}

    # Times

    def at(self, weekday, hour, week):
        return dt.datetime.combine(
            self.first + dt.timedelta(days=weekday, weeks=week),
            dt.time(hour), ZONE)

    def start(self, summary, week):
        "When an occurrence of the series is at first"
        weekday, hour, _ = SERIES[summary]
        return self.at(weekday, hour, week)

    @property
    def end(self):
        return self.at(MONDAY, 0, WEEKS + 1)

    # At Google

    def prepare(self):
        for summary, (weekday, hour, count) in SERIES.items():
            self.insert(
                summary, self.at(weekday, hour, 0),
                recurrence=[f'RRULE:FREQ=WEEKLY;COUNT={count}'])
        # an exception, which the series will take along
        self.change("Sport", 3, location="Pool")
        self.insert(
            "Offsite", self.at(WEDNESDAY, 11, 2),
            attendees=[{'email': self.person.email}],
            reminders={'useDefault': False, 'overrides': [
                    {'method': 'popup', 'minutes': 30},
                    {'method': 'email', 'minutes': 1440}]})
        self.admin.add_user(BOB)
        self.admin.insert_event(
            BOB, {
                'summary': "Interview", **_hour(self.at(TUESDAY, 11, 0)),
                'attendees': [{'email': self.person.email}],
                }, sendUpdates='all')
        return len(self.ids) + 2

    def insert(self, summary, start, **values):
        self.ids[summary] = self.person.insert(
            self.person.email, summary=summary, **_hour(start), **values)[
                'id']

    def change(self, summary, week, **body):
        "One occurrence"
        self.admin.change_instance(
            self.person.email, self.ids[summary],
            self.start(summary, week).isoformat(), body)

    def change_google(self):
        "Return how many changes"
        say('"Reading": one occurrence is moved, one cancelled, and from the '
            "sixth on they are earlier")
        self.change("Reading", 1, **_hour(self.at(WEDNESDAY, 11, 1)))
        self.admin.cancel_instance(
            self.person.email, self.ids["Reading"],
            self.start("Reading", 2).isoformat())
        self.admin.split_series(
            self.person.email, self.ids["Reading"],
            self.start("Reading", 5).isoformat(), {
                'summary': "Reading circle",
                **_hour(self.at(WEDNESDAY, 8, 5)),
                })
        self.change("Lecture", 2, **_hour(self.at(FRIDAY, 10, 2)))
        self.person.patch(
            self.person.email, self.ids["Offsite"], colorId='11',
            guestsCanSeeOtherGuests=False,
            reminders={'useDefault': True, 'overrides': []})
        return 5

    def answer(self):
        "The guests of what came from Tryton; return how many"
        say(f'{BOB} and {CAROL} answer the invitation to "Kick-off"')
        event, = (
            e for e in self.person.list_events(self.person.email)
            if e.get('summary') == "Kick-off")
        self.admin.respond(
            BOB, event['id'], 'accepted', comment="I bring a cake",
            sendUpdates='all')
        self.admin.respond_by_mail(
            self.person.email, event['id'], CAROL, 'declined')
        return 2

    # In Tryton, by proteus

    def change_tryton(self, Event, calendar):
        "Return how many changes"
        say('"Planning": one occurrence is moved, one cancelled, and from '
            "the sixth on they are later; all of \"Sport\" and \"Yoga\"")
        choir = Event(calendar=calendar)
        _fill(choir, "Choir", self.at(FRIDAY, 20, 0))
        choir.repeat = 'weekly'
        choir.repeat_end = 'count'
        choir.repeat_count = 12
        choir.save()
        changes = [
            ("Planning", MONDAY, 9, 1, 'this', MONDAY, 14, {}),
            ("Planning", MONDAY, 9, 5, 'following', MONDAY, 10,
                {'summary': "Planning of the team"}),
            ("Sport", TUESDAY, 18, 4, 'all', TUESDAY, 18,
                {'summary': "Swimming"}),
            ("Yoga", TUESDAY, 7, 2, 'all', TUESDAY, 8, {}),
            ("Choir", FRIDAY, 20, 3, 'this', FRIDAY, 21, {}),
            ]
        for summary, weekday, hour, week, scope, to_day, to_hour, values in (
                changes):
            wizard = self.open(calendar, summary, weekday, hour, week)
            wizard.form.scope = scope
            wizard.form.start, wizard.form.end = _times(
                self.at(to_day, to_hour, week))
            for name, value in values.items():
                setattr(wizard.form, name, value)
            wizard.execute('change')
        removed = [("Planning", MONDAY, 9, 2), ("Lecture", THURSDAY, 10, 1)]
        for occurrence in removed:
            self.open(calendar, *occurrence).execute('remove')
        return 1 + len(changes) + len(removed) + self.invite(Event, calendar)

    def open(self, calendar, summary, *when):
        "The wizard of an occurrence, as the calendar view opens it"
        start, _ = _times(self.at(*when))
        occurrence, = proteus.Model.get(OCCURRENCE).find([
                ('calendar', '=', calendar.id),
                ('summary', '=', summary),
                ('start', '=', start),
                ])
        return occurrence.click('change')

    def invite(self, Event, calendar):
        event = Event(calendar=calendar)
        _fill(event, "Kick-off", self.at(MONDAY, 11, 0))
        event.attendees.new(email=BOB, name="Bob")
        event.attendees.new(email=CAROL, optional=True)
        event.default_reminders = False
        event.reminders.new(method='popup', minutes=10)
        event.reminders.new(method='email', minutes=60)
        event.color_id = '5'
        event.guests_can_modify = True
        event.conference = True
        event.save()
        interview, = Event.find([
                ('calendar', '=', calendar.id),
                ('summary', '=', "Interview"),
                ])
        interview.response_comment = "From Tryton"
        interview.click('answer_maybe')
        offsite, = Event.find([
                ('calendar', '=', calendar.id),
                ('summary', '=', "Offsite"),
                ])
        offsite.attendees.new(email=BOB)
        offsite.save()
        return 3

    # In the end

    def found(self):
        return sorted(
            (summary, *_times(self.at(weekday, hour, week)))
            for summary, weekday, hour, weeks in FOUND for week in weeks)

    def check(self, calendar):
        "Yield in words what is not as it must be"
        found = self.found()
        yield from _differ("occurrences at Google", found, sorted(
                (e['summary'], _utc(e['start']), _utc(e['end']))
                for e in self.person.list_occurrences(
                    self.person.email, self.at(MONDAY, 0, 0), self.end)))
        yield from _differ("occurrences in Tryton", found, sorted(
                (o.summary, o.start, o.end)
                for o in proteus.Model.get(OCCURRENCE).find([
                        ('calendar', '=', calendar.id)])))
        yield from _differ("mails", MAILS, sorted(
                (m['kind'], m['summary'], m['to'])
                for m in self.admin.mails() if m['summary'] in {
                    s for s, *_ in FOUND}))
        yield from self.check_guests()

    def check_guests(self):
        guests = {}
        for user in [self.person.email, BOB]:
            entry, = (
                c for c in self.admin.dump(user) if c['id'] == user)
            for event in entry['events']:
                guests[user, event.get('summary')] = sorted(
                    (g['email'], g['responseStatus'], g.get('comment'))
                    for g in event.get('attendees', []))
        ann = self.person.email
        for summary, expected in {
                "Kick-off": [
                    (BOB, 'accepted', "I bring a cake"),
                    (CAROL, 'declined', None)],
                "Interview": [(ann, 'tentative', "From Tryton")],
                }.items():
            for user in [ann, BOB]:
                yield from _differ(
                    f'guests of "{summary}" of {user}', expected,
                    guests.get((user, summary), []))


def _fill(event, summary, start):
    event.summary = summary
    event.start, event.end = _times(start)
    event.time_zone = ZONE.key


def _times(start):
    "The start and end as in Tryton: UTC, without zone"
    start = start.astimezone(dt.timezone.utc).replace(tzinfo=None)
    return start, start + HOUR


def _utc(member):
    return dt.datetime.fromisoformat(member['dateTime']).astimezone(
        dt.timezone.utc).replace(tzinfo=None)


def _hour(start):
    return {
        'start': {'dateTime': start.isoformat(), 'timeZone': ZONE.key},
        'end': {'dateTime': (start + HOUR).isoformat(), 'timeZone': ZONE.key},
        }


def _differ(name, expected, found):
    for word, one, other in [
            ("missing", expected, found), ("too many", found, expected)]:
        rest = list(other)
        for item in one:
            if item in rest:
                rest.remove(item)
            else:
                yield f"{word} of the {name}: {item}"
