# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Whatever people do, who synchronizes by tokens has what a full list says,
and the guests have what the organizer has."""
import random

from tests.emulator.client import EmulatorError
from tests.emulator.recurrence import is_occurrence, moment_of

from .common import (
    EmulatorTestCase, setUpModule, tearDownModule, timed)

__all__ = ['setUpModule', 'tearDownModule']
ANN, BOB = 'ann@example.com', 'bob@example.com'


class Replica:
    "A client that synchronizes one calendar"

    def __init__(self, admin, user, calendar, single):
        self.admin, self.user, self.calendar = admin, user, calendar
        self.single = single
        self.items, self.token = {}, None

    def list(self, token=None):
        params = {'singleEvents': self.single, 'maxResults': 7}
        if token:
            params['syncToken'] = token
        items, page = [], None
        while page or not items:
            if page:
                params['pageToken'] = page
            answer = self.admin.act(
                self.user, 'calendar.events.list',
                calendarId=self.calendar, **params)
            items += answer['items']
            page = answer.get('nextPageToken')
            if not page:
                return items, answer['nextSyncToken']

    def sync(self):
        items, self.token = self.list(self.token)
        ids = [i['id'] for i in items]
        assert len(ids) == len(set(ids)), ids
        for item in items:
            if item['status'] == 'cancelled' and (
                    self.single or 'recurringEventId' not in item):
                self.items.pop(item['id'], None)
            else:
                self.items[item['id']] = item

    def state(self, items):
        "What counts; without exceptions to what is no occurrence"
        result = {}
        for name, item in items.items():
            parent = item.get('recurringEventId')
            if parent and not self.single:
                series = items.get(parent)
                if series is None or not is_occurrence(
                        series, moment_of(item['originalStartTime'])):
                    continue
            if item['status'] == 'cancelled':
                result[name] = 'cancelled'
            else:
                result[name] = {
                    k: v for k, v in item.items()
                    if k not in {'etag', 'updated'}}
        return result


class TestMachine(EmulatorTestCase):
    def run_machine(self, seed, steps):
        choice = random.Random(seed)
        admin = self.admin
        admin.reset()
        admin.add_user(ANN, time_zone='Europe/Paris')
        admin.add_user(BOB, time_zone='Europe/Paris')
        team = admin.create_calendar(ANN, 'Team')['id']
        replicas = [
            Replica(admin, user, calendar, single)
            for user, calendar in [(ANN, ANN), (ANN, team), (BOB, BOB)]
            for single in [False, True]]
        ids = []

        def act(what):
            place = choice.choice([ANN, team])
            day = choice.randint(1, 8)
            start = f'2026-03-{day:02}T{choice.choice([10, 10, 15])}:00:00'
            event = choice.choice(ids) if ids else None
            body = choice.choice([
                    {'summary': f's{choice.random()}'},
                    {'colorId': str(choice.randint(1, 11))},
                    {n: timed(day, choice.choice([10, 15]))[n]
                        for n in ['start', 'end']},
                    {'attendees': choice.choice([
                                [], [{'email': BOB}]])}])
            family = (event or '').partition('_')[0]
            if any('_R' in i and i.startswith(family) for i in ids) and (
                    what == 'rule' or what == 'patch' and 'start' in body):
                # series split from each other that overlap: undefined
                what = 'respond'
            if what == 'insert' or event is None:
                values = choice.choice([
                        {}, {'recurrence': ['RRULE:FREQ=DAILY;COUNT=7']},
                        {'recurrence': [
                                'RRULE:FREQ=DAILY;UNTIL=20260309T090000Z']}])
                new = admin.insert_event(ANN, timed(
                        day, 10, attendees=choice.choice([
                                [], [{'email': BOB}]]), **values), place)
            elif what == 'patch':
                new = admin.patch_event(ANN, event, body, place)
            elif what == 'rule':
                new = admin.patch_event(ANN, event, {'recurrence': [
                            f'RRULE:FREQ=DAILY;COUNT={day}']}, place)
            elif what == 'change':
                new = admin.change_instance(ANN, event, start, body, place)
            elif what == 'cancel':
                new = admin.cancel_instance(ANN, event, start, place)
            elif what == 'split':
                new = admin.split_series(
                    ANN, event, start, body, place,
                    choice.choice([None, 'keep', 'reset']))
            elif what == 'cut':
                new = admin.cut_series(ANN, event, start, place)
            elif what == 'move':
                new = admin.move_event(
                    ANN, event, team if place == ANN else ANN, place)
            elif what == 'delete':
                new = admin.delete_event(ANN, event, place)
            elif what == 'restore':
                new = admin.patch_event(
                    ANN, event, {'status': 'confirmed'}, place)
            elif what == 'respond':
                new = admin.respond(BOB, event, choice.choice([
                            'accepted', 'declined', 'tentative']))
            else:
                one = admin.instance_id(BOB, event, start)
                new = admin.respond(BOB, one, 'declined')
            if new and 'recurringEventId' not in new and (
                    new['id'] not in ids):
                ids.append(new['id'])

        done = 0
        for step in range(steps):
            what = choice.choice([
                    'insert', 'patch', 'rule', 'change', 'change', 'cancel',
                    'split', 'split', 'cut', 'move', 'delete', 'restore',
                    'respond', 'respond instance'])
            try:
                act(what)
                done += 1
            except EmulatorError as error:
                # refused: Google's error, never a failure
                self.assertIn(error.status, {400, 403, 404, 409, 410})
            for replica in replicas:
                replica.sync()
                full, _ = replica.list()
                held = replica.state(replica.items)
                full = replica.state({i['id']: i for i in full})
                self.assertEqual(
                    {k: v for k, v in held.items() if full.get(k) != v},
                    {k: v for k, v in full.items() if held.get(k) != v},
                    f'seed {seed}, step {step} ({what}): {replica.user} '
                    f'{replica.calendar} {replica.single}')
            self.check_guest(replicas, (seed, step, what))
        return done

    def check_guest(self, replicas, where):
        "Bob has each occurrence that he is invited to"
        ann = {}
        for replica in replicas:
            if replica.single and replica.user == ANN:
                if set(ann) & set(replica.items):
                    # a series and what was split from it, moved and
                    # extended over it
                    return
                ann.update(replica.items)
        invited = {
            k: (v['start'], v.get('summary')) for k, v in ann.items()
            if any(a['email'] == BOB for a in v.get('attendees', ()))}
        bob = {
            k: (v['start'], v.get('summary'))
            for k, v in replicas[-1].items.items()}
        self.assertEqual(bob, invited, where)

    def test_machine(self):
        done = sum(self.run_machine(seed, 40) for seed in range(12))
        self.assertGreater(done, 120)
