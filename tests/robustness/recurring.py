# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What people do with series, on both sides."
import datetime as dt

from trytond.exceptions import UserError
from trytond.pool import Pool

from .laboratory import USER

__all__ = ['Recurring']

RULES = [
    'RRULE:FREQ=DAILY;COUNT=6', 'RRULE:FREQ=WEEKLY;COUNT=5',
    'RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20300601T000000Z',
    'RRULE:FREQ=MONTHLY;COUNT=4']
SCOPES = ['this', 'this', 'this', 'following', 'all']


class Recurring:
    """The actions on series, a mixin of the machine.

    Google drops the exceptions of a series of which the times or the rule
    change, on whichever side: what was written in them may be lost then.
    """

    ACTIONS = {
        'create_series_here': 2,
        'create_series_there': 2,
        'change_occurrence_here': 6,
        'change_occurrence_there': 6,
        'remove_occurrence_here': 2,
        'remove_occurrence_there': 2,
        }

    def __init__(self, *args):
        super().__init__(*args)
        self.exceptional = {}  # value: the families of its exception
        self.upset = set()  # the families of which exceptions were dropped

    @staticmethod
    def family(google_id):
        "What the identifiers of a series and of what was split from it share"
        return (google_id or '').partition('_')[0]

    def upset_series(self, google_id):
        self.upset.add(self.family(google_id))

    @property
    def upset_values(self):
        "The values of exceptions that may have been dropped"
        return {
            value for value, family in self.exceptional.items()
            if family in self.upset}

    def remember(self, event, values):
        "The values were written in the event"
        # what was not sent yet has no identifier of its own
        family = self.family(
            event['series'] or event.get('google_id', event['id']))
        if event['series']:
            self.exceptional.update(dict.fromkeys(values.values(), family))
        elif event['recurrence'] and 'when' in values:
            self.upset.add(family)

    def give_up(self):
        """Remove what can not be sent, as people do

        It was changed here of an occurrence that Google has no more.
        """
        lost = {
            int(row['resource'].partition(',')[2])
            for row in self.site.rows('google_integration_sync_error')
            if row['code'] == 'google_calendar.no_occurrence'}
        events = [e for e in self.here() if e['id'] in lost]
        if not events:
            return
        for event in events:
            self.see(event)
        self.log(f'  give up {len(events)} occurrences')
        self.write_here(lambda Event: Event.delete(
                Event.browse([e['id'] for e in events])))

    # In Tryton

    def series_here(self):
        return self.choose([
                e for e in self.here() if e['recurrence'] and e['own']])

    def create_series_here(self):
        values = self.new('tryton')
        rule = self.random.choice(RULES)
        self.log(f'  {values} {rule}')
        self.write_here(lambda Event: Event.create([{
                        'calendar': self.site.calendar,
                        'time_zone': 'Europe/Paris',
                        'recurrence': rule,
                        **self.here_values(values),
                        }]))

    def occurrence_here(self):
        "A series and the original start of one of its occurrences"
        series = self.series_here()
        if not series:
            return None, None
        starts = []
        for row in self.site.rows(
                'google_calendar_occurrence', 'stored_event, original_start',
                order='original_start'):
            if row['stored_event'] == series['id']:
                starts.append(row['original_start'])
        for row in self.site.rows(
                'google_calendar_event',
                'recurring_identifier, original_start, status'):
            if (series['google_id'] and row['status'] != 'cancelled'
                    and row['recurring_identifier'] == series['google_id']):
                starts.append(row['original_start'])
        if not starts:
            return None, None
        start = self.random.choice(sorted(map(str, starts)))
        return series, dt.datetime.fromisoformat(start[:19])

    def on_series(self, series, func):
        "Tell if the function could be done to the series"
        try:
            with self.site.person():
                func(Pool().get('google_calendar.event')(series['id']))
        except UserError as error:
            self.log(f'  refused: {error.message}')
            return False
        return True

    def google_id_here(self, id):
        row, = [
            r for r in self.site.rows('google_calendar_event', 'id, google_id')
            if r['id'] == id]
        return row['google_id']

    def change_occurrence_here(self):
        series, start = self.occurrence_here()
        if not series:
            return
        scope = self.random.choice(SCOPES)
        names = self.names()
        values = {n: self.value('tryton', n) for n in names}
        self.log(f"  {series['summary']} {start} {scope} {values}")
        # what is shown may be of the exception
        shown = [series] + [
            e for e in self.here() if e['series'] == series['google_id']
            and e['series'] and e['original'] == str(start)]
        if self.on_series(series, lambda event: event.change_occurrence(
                    start, scope, self.here_values(values))):
            if scope == 'this':
                for event in shown[1:]:
                    self.see(event, names)
                family = self.family(self.google_id_here(series['id']))
                self.exceptional.update(
                    dict.fromkeys(values.values(), family))
                return
            if scope == 'following' or 'when' in names:
                self.upset_series(series['google_id'])
            # from the first occurrence on it is the series
            self.see(series, names)
            if 'when' in names:
                # it moves as far as the occurrence
                self.seen.add(values['when'])
        else:
            self.seen.update(values.values())

    def remove_occurrence_here(self):
        series, start = self.occurrence_here()
        if not series:
            return
        scope = self.random.choice(['this', 'this', 'following'])
        self.log(f"  {series['summary']} {start} {scope}")
        events = [series] + [
            e for e in self.here() if e['series']
            and e['series'] == series['google_id']
            and (scope == 'following' or e['original'] == str(start))]
        if self.on_series(series, lambda event: event.remove_occurrence(
                    start, scope)):
            for event in events[1:]:
                self.see(event)
            if scope == 'following':
                self.upset_series(series['google_id'])
                # the first one and those that follow are all
                self.see(series)

    # At Google

    def series_there(self):
        return self.choose([
                e for e in self.there() if e['recurrence'] and e['own']])

    def create_series_there(self):
        values = self.new('google')
        rule = self.random.choice(RULES)
        self.log(f'  {values} {rule}')
        self.admin.insert_event(USER, {
                **self.there_values(values), 'recurrence': [rule]})

    def occurrence_there(self):
        series = self.series_there()
        if not series:
            return None, None
        instances = self.admin.act(
            USER, 'calendar.events.instances', calendarId='primary',
            eventId=series['id'])['items']
        if not instances:
            return None, None
        instance = self.random.choice(instances)
        return series, instance['originalStartTime']

    def exception_there(self, series, original):
        id = self.admin.instance_id(USER, series['id'], original)
        return [e for e in self.there() if e['id'] == id]

    def change_occurrence_there(self):
        series, original = self.occurrence_there()
        if not series:
            return
        following = self.random.random() < .3
        names = self.names()
        values = {n: self.value('google', n) for n in names}
        text = original.get('dateTime') or original.get('date')
        self.log(f"  {series['summary']} {text} {following} {values}")
        body = self.there_values(values)
        if following:
            self.upset_series(series['id'])
            # from the first occurrence on it is the series
            self.see(series, names)
            self.admin.split_series(
                USER, series['id'], original, body, sendUpdates='all',
                exceptions=self.random.choice([None, 'keep', 'reset']))
            return
        for event in self.exception_there(series, original):
            self.see(event, names)
        self.exceptional.update(
            dict.fromkeys(values.values(), self.family(series['id'])))
        self.admin.change_instance(
            USER, series['id'], original, body, sendUpdates='all')

    def remove_occurrence_there(self):
        series, original = self.occurrence_there()
        if not series:
            return
        text = original.get('dateTime') or original.get('date')
        if self.random.random() < .3:
            self.log(f"  {series['summary']} {text} following")
            self.upset_series(series['id'])
            self.see(series)
            self.admin.cut_series(
                USER, series['id'], original, sendUpdates='all')
            return
        self.log(f"  {series['summary']} {text}")
        for event in self.exception_there(series, original):
            self.see(event)
        self.admin.cancel_instance(
            USER, series['id'], original, sendUpdates='all')
