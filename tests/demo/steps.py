# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The demo, step by step: through public ways only.

Tryton is used as its clients do (proteus over HTTP) and Google as its
applications do; nothing of the modules is imported.
"""
import collections
import datetime as dt
import json
import urllib.request
from urllib.error import HTTPError

import proteus
import proteus.config

from tests.emulator import EmulatorAdmin

from . import calendars, changes
from .compare import FIELDS, READ, compare, from_google
from .drive import DriveSteps
from .mails import MailSteps
from .meetings import MAILS, Meetings
from .person import Person
from .servers import DATABASE, MODULES, DemoError
from .table import say

__all__ = ['Demo']

EMAIL = 'ann@example.com'
CREDENTIALS = 'google_integration.google_credentials'
CALENDAR = 'google_calendar.calendar'
DRIVE = 'google_drive.drive'
EVENT = 'google_calendar.event'
LOG = 'google_integration.sync_log'
ERROR = 'google_integration.sync_error'
TIMEOUT = 60
LIST = 'calendar.events.list'


class Demo:
    def __init__(self, servers, table, pattern='*', spoil=False):
        self.servers = servers
        self.table = table
        self.pattern = pattern
        self.spoil = spoil
        self.differences = []
        self.files = {}  # calendar id -> the ids of its events, as loaded
        self.marks = []  # calendar id, event id, what it must have

    def __call__(self, stack):
        "Return the differences that were found, none if all is well"
        self.start(stack)
        self.create_credentials()
        self.authorize()
        self.load(stack)
        drive = DriveSteps(self, EMAIL)
        drive.prepare()
        self.discover()
        self.synchronize("Pull into Tryton")
        self.compare("Compare")
        self.change_tryton()
        self.change_google()
        self.synchronize("Synchronize both ways")
        self.answer()
        # and Google changed the exceptions along with their series
        self.follow()
        with self.table.step("Look for each change") as step:
            step.items = self.check_changes()
        self.compare("Compare")
        self.idle()
        if self.spoil:
            self.break_one()
        self.compare("Compare again")
        self.differences += drive(self.spoil)
        self.differences += MailSteps(self, EMAIL)()
        return list(dict.fromkeys(self.differences))

    def start(self, stack):
        with self.table.step("Start Google and Tryton") as step:
            servers = self.servers
            servers.start_google()
            self.admin = EmulatorAdmin(servers.google)
            self.table.log = self.admin.log
            say(f"the emulator of Google at {servers.google}")
            servers.create_database()
            say(f"a database on SQLite, with {', '.join(MODULES)}")
            servers.start_tryton()
            say(f"trytond at {servers.base}")
            self.config = stack.enter_context(
                proteus.config.set_xmlrpc_session(
                    servers.rpc, 'admin', servers.password))
            step.items = 2

    def create_credentials(self):
        with self.table.step("Create credentials") as step:
            self.admin.add_user(EMAIL, time_zone=changes.TIME_ZONE)
            callback = f'{self.servers.base}/{DATABASE}/google/callback'
            client = self.admin.add_client([callback])
            Credentials = proteus.Model.get(CREDENTIALS)
            credentials = Credentials(name="Ann")
            credentials.client_secret_file = json.dumps(
                client['file']).encode()
            # what people put into folders, and shared drives
            credentials.drive_access = 'all'
            credentials.save()
            credentials.reload()
            self.expect(credentials.client_id, client['client_id'],
                "the client ID of the JSON file")
            self.expect(credentials.redirect_uri, callback,
                "the redirect URI")
            self.credentials = credentials
            say("from the JSON file of an OAuth client")
            step.items = 1

    def authorize(self):
        with self.table.step("Authorize") as step:
            credentials = self.credentials
            url = credentials.click('request_authorization')
            credentials.reload()
            self.expect(credentials.state, 'pending', "the state")
            say(f"the button opens {url.partition('?')[0]}")
            self.consent(url)
            say(f"{EMAIL} consents, and is sent to the callback")
            credentials.reload()
            self.expect(credentials.state, 'authorized', "the state")
            self.expect(credentials.email, EMAIL, "the account")
            say(f"authorized as {credentials.email}")
            step.items = 1

    def consent(self, url):
        status = _open(self.admin.consent(url, account=EMAIL))
        self.expect(status, 200, "the answer of the callback")

    def load(self, stack):
        with self.table.step("Google: load calendars") as step:
            self.person = Person(self.admin, EMAIL)
            stack.callback(self.person.close)
            refused = collections.Counter()
            count = 0
            for number, files in enumerate(calendars.arrange(
                        calendars.read_files(self.pattern)), start=1):
                id = self.person.create_calendar(
                    f"iCalendar {number}", changes.TIME_ZONE)
                loaded = self.files[id] = []
                for name, events in files:
                    count += 1
                    for event, zone in events:
                        resource, reason = self.person.import_event(
                            id, calendars.to_google(event, zone))
                        if resource:
                            loaded.append(resource['id'])
                        else:
                            refused[name, reason] += 1
            total = sum(map(len, self.files.values()))
            say(f"{total} events of {count} iCalendar files loaded in "
                f"{len(self.files)} calendars, {refused.total()} refused:")
            for (name, reason), times in sorted(refused.items()):
                say(f"{times:5} of {name}: {reason}")
            self.team, self.team_ids = changes.prepare(self.person)
            say(f'{len(self.team_ids)} events of the calendar '
                f'"{changes.TEAM}"')
            self.meetings = Meetings(
                self.admin, self.person, dt.date.today())
            own = self.meetings.prepare()
            say(f"{own} series, exceptions and meetings of the own calendar")
            step.items = total + len(self.team_ids) + own

    def discover(self):
        with self.table.step("Discover calendars and drives") as step:
            Calendar = proteus.Model.get(CALENDAR)
            self.credentials.click('discover')
            self.calendars = Calendar.find([])
            for calendar in self.calendars:
                calendar.enabled = True
            Calendar.save(self.calendars)
            self.expect(
                {c.google_id for c in self.calendars},
                {EMAIL, self.team, *self.files}, "the calendars")
            drives = proteus.Model.get(DRIVE).find([])
            step.items = len(self.calendars) + len(drives)
            say(f"{len(self.calendars)} calendars, which are enabled, and "
                f"{len(drives)} drives")

    def synchronize(self, name):
        before = self.last_request()
        with self.table.step(name) as step:
            # the answer comes when it is done: there is no worker
            Calendar = proteus.Model.get(CALENDAR)
            Calendar.click(self.calendars, 'synchronize')
            for calendar in self.calendars:
                calendar.reload()
                if calendar.sync_state != 'idle' or calendar.backlog:
                    raise DemoError(
                        f'"{calendar.name}" is {calendar.sync_state}, '
                        f"{calendar.backlog} changes are waiting: "
                        f"{calendar.last_error}")
            Error = proteus.Model.get(ERROR)
            self.differences += [
                f"{e.service.rec_name}: {e.google_id}: {e.message}"
                for e in Error.find([])]
            entries = self.admin.log(since=before)
            writes = [e for e in entries if _is_write(e)]
            step.items = sum(len(self.read(c)) for c in self.calendars)
            say(f"{step.items} events in Tryton, {len(writes)} writes at "
                "Google")
        return entries, writes

    def follow(self):
        _, writes = self.synchronize("Synchronize what Google did itself")
        if writes:
            self.differences.append(
                f"What came from Google went back: {writes}")

    def last_request(self):
        return max((e['n'] for e in self.admin.log()), default=0)

    def read(self, calendar):
        return self.config.get_proxy(EVENT).search_read(
            [('calendar', '=', calendar.id)], 0, None, None,
            [*READ, 'google_id'], self.config.context)

    def dump(self):
        "Return the events that Google has, by the id of the calendar"
        result = {}
        for calendar in self.admin.dump(EMAIL):
            events = calendar['events']
            ids = {None, *(e['id'] for e in events)}
            # nobody sees the exceptions of a series that was deleted
            result[calendar['id']] = [
                e for e in events if e.get('recurringEventId') in ids]
        return result

    def compare(self, name):
        with self.table.step(name) as step:
            dump = self.dump()
            found = []
            for calendar in self.calendars:
                events = dump[calendar.google_id]
                found += compare(calendar.name, events, self.read(calendar))
                step.items += len(events)
            say(f"{step.items} events at Google, {len(FIELDS)} fields each: "
                f"{len(found)} differences")
            self.differences += found

    def change_tryton(self):
        with self.table.step("Tryton: create, change, delete") as step:
            Event = proteus.Model.get(EVENT)
            by_id = {c.google_id: c for c in self.calendars}
            step.items = changes.change_tryton(
                Event, by_id[self.team], self.team_ids)
            step.items += self.meetings.change_tryton(Event, by_id[EMAIL])
            events = []
            for id, loaded in self.files.items():
                for google_id, values in self.choose(loaded, 'tryton'):
                    event, = Event.find([
                            ('calendar', '=', by_id[id].id),
                            ('google_id', '=', google_id),
                            ])
                    for name, value in values.items():
                        setattr(event, name, value)
                    events.append(event)
                    self.marks.append((id, google_id, values))
            Event.save(events)
            step.items += len(events)
            say(f"{step.items} changes")

    def change_google(self):
        with self.table.step("Google: create, change, delete") as step:
            step.items = changes.change_google(
                self.person, self.team, self.team_ids)
            step.items += self.meetings.change_google()
            for id, loaded in self.files.items():
                for google_id, values in self.choose(loaded, 'google'):
                    self.person.patch(id, google_id, **values)
                    self.marks.append((id, google_id, values))
                    step.items += 1
            say(f"{step.items} changes")

    def answer(self):
        with self.table.step("Google: the guests answer") as step:
            step.items = self.meetings.answer()

    @staticmethod
    def choose(loaded, side):
        "The first for Tryton, the last for Google, the middle for both"
        if not loaded:
            return
        text = f"Changed in {side.capitalize()}"
        name = {'tryton': 'description', 'google': 'location'}[side]
        single = {'tryton': loaded[0], 'google': loaded[-1]}[side]
        for google_id in dict.fromkeys([single, loaded[len(loaded) // 2]]):
            yield google_id, {name: text}

    def check_changes(self):
        "No change was lost, on whichever side it was made; return how many"
        dump = {
            calendar: {e['id']: from_google(e) for e in events}
            for calendar, events in self.dump().items()}
        team = {v.get('summary'): v for v in dump[self.team].values()}
        self.expect(
            set(team), set(changes.EXPECTED), "the events of the team")
        wanted = [(team.get(s), v) for s, v in changes.EXPECTED.items()]
        wanted += [(dump[c].get(e), v) for c, e, v in self.marks]
        for event, values in wanted:
            for name, value in values.items():
                if event is None or event.get(name) != value:
                    self.differences.append(
                        f"Google should have {name} {value!r}: {event}")
        own, = (c for c in self.calendars if c.google_id == EMAIL)
        self.differences += self.meetings.check(own)
        occurrences = len(self.meetings.found())
        say(f"{len(wanted)} events, {occurrences} occurrences of the own "
            f"calendar, {len(MAILS)} mails of Google")
        return len(wanted) + occurrences + len(MAILS)

    def idle(self):
        Log = proteus.Model.get(LOG)
        runs = len(Log.find([]))
        entries, writes = self.synchronize("Synchronize with nothing to do")
        # a run that did nothing is not in the log
        if done := len(Log.find([])) - runs:
            self.differences.append(
                f"With nothing to do {done} runs did something")
        outer = [e['id'] for e in entries if not e['batch']]
        if writes or outer != [LIST] * len(self.calendars):
            self.differences.append(
                f"With nothing to do {len(self.calendars)} calendars made "
                f"{len(outer)} requests, {len(writes)} writes: {outer}")

    def break_one(self):
        self.person.patch(
            self.team, self.team_ids["Left alone"], location="Elsewhere")

    @staticmethod
    def expect(value, expected, name):
        if value != expected:
            raise DemoError(f"{name} must be {expected!r}, is {value!r}")


def _is_write(entry):
    "A request that changes something, alone or as a part of a batch"
    return (
        entry['method'] != 'GET'
        and (entry['id'] or '').startswith('calendar.')
        and entry['id'] != 'calendar.batch')


def _open(url):
    "As a browser without a session would"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT) as answer:
            return answer.status
    except HTTPError as error:
        with error:
            return error.code
