# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Reading iCalendar files, good and bad."""
import datetime as dt
import unittest

from trytond.modules.google_calendar import icalendar_read
from trytond.modules.google_calendar.icalendar_read import FileError, read
from trytond.modules.google_calendar.icalendar_series import arrange

from .icalendar_values import calendar, event

OUTLOOK = """BEGIN:VTIMEZONE
TZID:Meine Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


class ICalendarReadTestCase(unittest.TestCase):
    "Test the reading of iCalendar files"

    def read(self, *lines, zone='Europe/Paris', components=(), **options):
        "The values of the only event"
        document = read(calendar(*components, event(*lines, **options)), zone)
        self.assertEqual(document.skipped, [])
        item, = document.items
        return item.values

    def skipped(self, *components):
        document = read(calendar(*components))
        return [s.code for s in document.skipped]

    def assertTimes(self, values, start, end, zone):
        self.assertFalse(values['all_day'])
        self.assertEqual(
            (values['start'], values['end'], values['time_zone']),
            (start, end, zone))

    def test_files(self):
        "What is no calendar is refused with the reason"
        for data, code in [
                (b'', 'no_calendar'),
                (b'Hello', 'no_calendar'),
                (event('DTSTART:20260101').encode(), 'no_calendar'),
                (b'\x89PNG\r\n\x1a\n\x00', 'encoding'),
                (calendar(event('SUMMARY:Caf\xe9')).decode().encode(
                        'latin-1'), 'encoding'),
                (b' ' * (icalendar_read.MAX_SIZE + 1), 'too_large'),
                (calendar(*[event('DTSTART:20260101')] * (
                            icalendar_read.MAX_EVENTS + 1)), 'too_many'),
                ]:
            with self.subTest(code=code, data=data[:20]):
                with self.assertRaises(FileError) as raised:
                    read(data)
                self.assertEqual(raised.exception.code, code)
        self.assertEqual(read(calendar()).items, [])

    def test_encodings(self):
        "The mark of the byte order is understood, all line ends are"
        data = calendar(event('SUMMARY:Caf\xe9', 'DTSTART:20260101'))
        for other in [
                data, b'\xef\xbb\xbf' + data, data.decode().encode('utf-16'),
                data.replace(b'\r\n', b'\n'), data.replace(b'\r\n', b'\r')]:
            item, = read(other).items
            self.assertEqual(item.values['summary'], "Caf\xe9")

    def test_text(self):
        "Texts are unfolded and unescaped"
        values = self.read(
            'DTSTART:20260101', 'SUMMARY:One\\, two\\; thr', ' ee\\nfour',
            'DESCRIPTION;LANGUAGE=de:C:\\\\new\\Nline',
            'LOCATION:Here\x07')
        self.assertEqual(values['summary'], "One, two; three four")
        self.assertEqual(values['description'], "C:\\new\nline")
        self.assertEqual(values['location'], "Here")

    def test_days(self):
        "The end of a day is exclusive in files and inclusive here"
        first = dt.date(2026, 1, 1)
        for lines, last in [
                ([], 1), (['DTEND;VALUE=DATE:20260102'], 1),
                (['DTEND;VALUE=DATE:20260103'], 2), (['DURATION:P3D'], 3),
                (['DURATION:P1W'], 7), (['DTEND;VALUE=DATE:20260101'], 1),
                (['DTEND:20260103T000000'], 2), (['DTEND:20260103T040000'], 3),
                ]:
            with self.subTest(lines=lines):
                values = self.read('DTSTART;VALUE=DATE:20260101', *lines)
                self.assertTrue(values['all_day'])
                self.assertEqual(
                    (values['start_date'], values['end_date']),
                    (first, dt.date(2026, 1, last)))

    def test_times(self):
        "Times are of a zone, of UTC, or of the calendar"
        ten = dt.datetime(2026, 7, 1, 10)
        eleven, noon = dt.datetime(2026, 7, 1, 11), dt.datetime(2026, 7, 1, 12)
        for lines, start, end, zone in [
                (['DTSTART:20260701T120000Z'], noon, noon, None),
                (['DTSTART:20260701T120000', 'DURATION:PT1H'], ten, eleven,
                    'Europe/Paris'),
                (['DTSTART;TZID=Europe/Berlin:20260701T120000',
                        'DTEND;TZID=Europe/London:20260701T120000'],
                    ten, eleven, 'Europe/Berlin'),
                # before the start
                (['DTSTART:20260701T120000Z', 'DTEND:20260701T110000Z'],
                    noon, noon, None),
                # the first instant of the day
                (['DTSTART:20260630T120000', 'DTEND;VALUE=DATE:20260701'],
                    dt.datetime(2026, 6, 30, 10),
                    dt.datetime(2026, 6, 30, 22), 'Europe/Paris'),
                # a day has 23 hours once a year
                (['DTSTART:20260328T120000', 'DURATION:P1D'],
                    dt.datetime(2026, 3, 28, 11),
                    dt.datetime(2026, 3, 29, 10), 'Europe/Paris'),
                ]:
            with self.subTest(lines=lines):
                self.assertTimes(self.read(*lines), start, end, zone)

    def test_zones(self):
        "Zones have many names"
        noon = dt.datetime(2026, 7, 1, 10)
        for name, zone in [
                ('Europe/Berlin', 'Europe/Berlin'),
                ('europe/berlin', 'Europe/Berlin'),
                ('/freeassociation.sourceforge.net/Europe/Berlin',
                    'Europe/Berlin'),
                ('W. Europe Standard Time', 'Europe/Berlin'),
                ('"Romance Standard Time"', 'Europe/Paris'),
                ('"(UTC+01:00) Amsterdam, Bern, Rom"', 'Europe/Amsterdam'),
                ('Meine Zone', 'Europe/Paris'),
                ('Nowhere', 'Europe/Paris'),
                ]:
            with self.subTest(name=name):
                document = read(calendar(OUTLOOK, event(
                            f'DTSTART;TZID={name}:20260701T120000')),
                    'Europe/Paris')
                item, = document.items
                self.assertTimes(item.values, noon, noon, zone)
                self.assertEqual(
                    document.unknown_zones,
                    {'Nowhere'} if name == 'Nowhere' else set())

    def test_own_zones(self):
        "A zone of the file is another one with the same offsets"
        fixed = OUTLOOK.replace('+0200', '+0545').replace('+0100', '+0545')
        values = self.read(
            'DTSTART;TZID=Meine Zone:20260701T120000', components=[fixed])
        self.assertEqual(values['time_zone'], 'Asia/Kathmandu')
        # or none, but the offset counts
        odd = OUTLOOK.replace('+0200', '+0317').replace('+0100', '+0317')
        values = self.read(
            'DTSTART;TZID=Meine Zone:20260701T120000', components=[odd])
        self.assertTimes(
            values, *[dt.datetime(2026, 7, 1, 8, 43)] * 2, None)
        # one with a rule that would never end is not computed
        for rule in ['FREQ=SECONDLY', 'FREQ=YEARLY;BYSECOND=1,2,3']:
            endless = OUTLOOK.replace(
                'FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3', rule)
            document = read(calendar(endless, event(
                        'DTSTART;TZID=Meine Zone:20260701T120000')))
            self.assertEqual(document.unknown_zones, {'Meine Zone'})

    def test_zones_are_not_kept(self):
        "What a file calls a zone is unknown in the next"
        data = event('DTSTART;TZID=Meine Zone:20260701T120000')
        self.assertFalse(read(calendar(OUTLOOK, data)).unknown_zones)
        self.assertTrue(read(calendar(data)).unknown_zones)

    def test_calendar_properties(self):
        "The calendar has a name and a zone of its own"
        document = read(calendar(
                'X-WR-CALNAME:My\\, own', 'X-WR-TIMEZONE:Asia/Tokyo',
                event('DTSTART:20260701T120000')), 'Europe/Paris')
        self.assertEqual(document.name, "My, own")
        self.assertEqual(document.items[0].values['time_zone'], 'Asia/Tokyo')

    def test_recurrence(self):
        "Lines are as Google wants them"
        for lines, recurrence in [
                (['RRULE:FREQ=DAILY;COUNT=3'], 'RRULE:FREQ=DAILY;COUNT=3'),
                (['RRULE:freq=daily; count=3;'], 'RRULE:FREQ=DAILY;COUNT=3'),
                (['RRULE:FREQ=DAILY;COUNT=3'] * 2,
                    'RRULE:FREQ=DAILY;COUNT=3'),
                (['RRULE:'], None),
                # the day of UNTIL is the last one
                (['RRULE:FREQ=DAILY;UNTIL=20260705'],
                    'RRULE:FREQ=DAILY;UNTIL=20260705T215959Z'),
                (['RRULE:FREQ=DAILY;UNTIL=20260705T120000'],
                    'RRULE:FREQ=DAILY;UNTIL=20260705T100000Z'),
                (['EXDATE:20260702T100000Z,20260703T100000Z'],
                    'EXDATE;TZID=Europe/Paris:20260702T120000,'
                    '20260703T120000'),
                (['EXDATE;VALUE=DATE:20260702',
                        'EXDATE;TZID=Asia/Tokyo:20260703T190000'],
                    'EXDATE;TZID=Europe/Paris:20260702T120000,'
                    '20260703T120000'),
                (['RDATE;VALUE=PERIOD:20260702T100000Z/PT2H,'
                        '20260703T100000Z/20260703T110000Z'],
                    'RDATE;VALUE=PERIOD;TZID=Europe/Paris:'
                    '20260702T120000/PT2H,20260703T120000/20260703T130000'),
                ]:
            with self.subTest(lines=lines):
                values = self.read(
                    'DTSTART;TZID=Europe/Paris:20260701T120000', *lines)
                self.assertEqual(values['recurrence'], recurrence)

    def test_recurrence_days(self):
        "A series of days has dates"
        values = self.read(
            'DTSTART;VALUE=DATE:20260701',
            'RRULE:FREQ=WEEKLY;UNTIL=20260801T000000Z',
            'EXDATE;TZID=Europe/Paris:20260708T000000', 'RDATE:20260710')
        self.assertEqual(values['recurrence'], '\n'.join([
                    'RRULE:FREQ=WEEKLY;UNTIL=20260801',
                    'RDATE;VALUE=DATE:20260710',
                    'EXDATE;VALUE=DATE:20260708']))

    def test_recurrence_utc(self):
        "A series of UTC has UTC as its zone"
        values = self.read('DTSTART:20260701T120000Z', 'RRULE:FREQ=DAILY',
            'EXDATE:20260702T120000Z')
        self.assertEqual(values['time_zone'], 'UTC')
        self.assertEqual(
            values['recurrence'], 'RRULE:FREQ=DAILY\nEXDATE:20260702T120000Z')

    def test_bad_events(self):
        "One bad event does not stop the others"
        good = event('DTSTART:20260101', uid='good')
        for code, component in [
                ('no_start', event('SUMMARY:x')),
                ('bad_date', event('DTSTART:tomorrow')),
                ('bad_date', event('DTSTART:20260231')),
                ('bad_date', event('DTSTART:20260101', 'DTEND:x')),
                ('bad_date', event('DTSTART:20260101', 'RECURRENCE-ID:x')),
                ('recurrence', event('DTSTART:20260101', 'RRULE:x')),
                ('recurrence', event('DTSTART:20260101', 'RRULE:COUNT=3')),
                ('recurrence', event(
                        'DTSTART:20260101', 'RRULE:FREQ=DAILY;UNTL=x')),
                ('recurrence', event(
                        'DTSTART:20260101', 'RRULE:FREQ=DAILY;UNTIL=x')),
                ('recurrence', event('DTSTART:20260101', 'EXDATE:x')),
                ('recurrence', event('DTSTART:20260101', 'RDATE:PT1H')),
                ('cancelled', event('DTSTART:20260101', 'STATUS:CANCELLED')),
                ('unreadable', 'BEGIN:VEVENT\nDTSTART:20260101'),
                ('task', 'BEGIN:VTODO\nSUMMARY:x\nEND:VTODO'),
                ('task', 'BEGIN:VTODO\nSUMMARY:x\nEND:VTOOD'),
                ('journal', 'BEGIN:VJOURNAL\nEND:VJOURNAL'),
                ]:
            with self.subTest(code=code, component=component):
                document = read(calendar(component, good))
                self.assertEqual([s.code for s in document.skipped], [code])
                self.assertEqual([i.uid for i in document.items], ['good'])

    def test_bad_lines(self):
        "What is no line says nothing"
        values = self.read(
            'DTSTART:20260101', 'SUMMARY:x', 'nonsense', '=;:', ':', ';',
            'CATEGORIES', 'BEGIN:VALARM', 'TRIGGER:x', 'END:VALARM')
        self.assertEqual(values['summary'], "x")
        self.assertEqual(values['reminders'], [])

    def test_uids(self):
        "An event without UID always gets the same"
        data = calendar(
            event('DTSTART:20260101', 'SUMMARY:x', uid=None),
            event('DTSTART:20260102', 'SUMMARY:x', uid=None),
            event('DTSTART:20260102', 'SUMMARY:x', uid=None))
        first, second = read(data).items
        self.assertNotEqual(first.uid, second.uid)
        self.assertEqual(first.values['ical_uid'], first.uid)
        self.assertEqual([i.uid for i in read(data).items], [
                first.uid, second.uid])

    def test_versions(self):
        "The newest version counts"
        data = calendar(
            event('DTSTART:20260101', 'SUMMARY:new', 'SEQUENCE:2'),
            event('DTSTART:20260102', 'SUMMARY:old', 'SEQUENCE:1'))
        document = read(data)
        item, = document.items
        self.assertEqual(item.values['summary'], "new")
        self.assertEqual(item.sequence, 2)
        self.assertEqual([s.code for s in document.skipped], ['superseded'])
        # which the stamp says when the sequence does not
        data = calendar(
            event('DTSTART:20260101', 'DTSTAMP:20260101T000000Z',
                'SUMMARY:old'),
            event('DTSTART:20260101', 'DTSTAMP:20260102T000000Z',
                'SUMMARY:new'))
        self.assertEqual(read(data).items[0].values['summary'], "new")
        # some programs give all events the same
        data = calendar(
            event('DTSTART:20260101', 'SUMMARY:one'),
            event('DTSTART:20260102', 'SUMMARY:two'))
        self.assertEqual(
            {i.values['summary'] for i in read(data).items}, {"one", "two"})

    def test_people(self):
        "Guests and organizer"
        values = self.read(
            'DTSTART:20260101',
            'ORGANIZER;CN="Bob, the boss":MAILTO:Bob@Example.com',
            'ATTENDEE;CN=Carol;ROLE=OPT-PARTICIPANT;PARTSTAT=DECLINED;'
            'X-NUM-GUESTS=2;X-RESPONSE-COMMENT="Ill: sorry":'
            'mailto:carol@example.com',
            'ATTENDEE;CUTYPE=ROOM;PARTSTAT=DELEGATED:mailto:room@example.com',
            'ATTENDEE:urn:uuid:1', 'ATTENDEE:mailto:',
            'ATTENDEE:mailto:carol@example.com',
            'ATTENDEE;EMAIL=dan@example.com:/aaa/principal/dan')
        self.assertEqual(values['organizer_email'], 'bob@example.com')
        self.assertEqual(values['attendees'], [
                {'email': 'carol@example.com', 'name': "Carol",
                    'optional': True},
                {'email': 'room@example.com', 'name': None,
                    'optional': False},
                {'email': 'dan@example.com', 'name': None,
                    'optional': False},
                ])
        self.assertEqual(values['answers'][0], {
                'email': 'carol@example.com', 'response': 'declined',
                'comment': "Ill: sorry", 'additional_guests': 2,
                'room': False})
        self.assertEqual(
            [(a['response'], a['room']) for a in values['answers'][1:]],
            [('needsAction', True), ('needsAction', False)])

    def test_alarms(self):
        "Alarms that Google can keep are reminders"
        def alarm(trigger, action='DISPLAY'):
            return '\n'.join([
                    'BEGIN:VALARM', f'ACTION:{action}', f'TRIGGER{trigger}',
                    'END:VALARM'])
        values = self.read(
            'DTSTART:20260102T120000Z', alarm(':-PT15M'),
            alarm(':-PT15M', 'AUDIO'), alarm(':-P1D', 'EMAIL'),
            alarm(';VALUE=DATE-TIME:20260102T110000Z'), alarm(':PT5M'),
            alarm(':-P60D'), alarm(';RELATED=END:-PT5M'))
        self.assertFalse(values['default_reminders'])
        self.assertEqual(values['reminders'], sorted([
                    {'method': 'popup', 'minutes': 15},
                    {'method': 'email', 'minutes': 1440},
                    {'method': 'popup', 'minutes': 60},
                    ], key=lambda r: values['reminders'].index(r)))
        values = self.read('DTSTART:20260102T120000Z')
        self.assertTrue(values['default_reminders'])

    def test_states(self):
        "Status, class and transparency"
        values = self.read(
            'DTSTART:20260101', 'STATUS:tentative', 'CLASS:PRIVATE',
            'TRANSP:TRANSPARENT')
        self.assertEqual(
            (values['status'], values['visibility'], values['transparency']),
            ('tentative', 'private', 'transparent'))
        values = self.read(
            'DTSTART:20260101', 'STATUS:x', 'CLASS:x', 'TRANSP:x')
        self.assertEqual(
            (values['status'], values['visibility'], values['transparency']),
            ('confirmed', 'default', 'opaque'))

    def test_links(self):
        "Only links of http are kept, and none to Google's own page"
        document = read(calendar(event(
                    'DTSTART:20260101', 'URL:https://example.com/a;b',
                    'CONFERENCE;VALUE=URI:javascript:alert(1)',
                    'CONFERENCE;VALUE=URI:https://meet.example.com/1',
                    'X-GOOGLE-CONFERENCE:https://meet.google.com/x',
                    'URL:https://www.google.com/calendar/event?eid=1')))
        self.assertEqual(document.items[0].links, {None: [
                    'https://example.com/a;b',
                    'https://meet.example.com/1']})

    def test_exceptions(self):
        "Exceptions belong to their series"
        document = read(calendar(
                event('RECURRENCE-ID:20260702T100000Z',
                    'DTSTART:20260702T110000Z', 'SUMMARY:moved'),
                event('DTSTART;TZID=Europe/Paris:20260701T120000',
                    'RRULE:FREQ=DAILY', 'SUMMARY:series'),
                event('RECURRENCE-ID;VALUE=DATE:20260703',
                    'STATUS:CANCELLED')))
        item, = document.items
        self.assertEqual(list(item.exceptions), [
                dt.datetime(2026, 7, 2, 10), dt.datetime(2026, 7, 3, 10)])
        moved, cancelled = item.exceptions.values()
        self.assertEqual(
            (moved['summary'], moved['start'], moved['original_start']),
            ("moved", dt.datetime(2026, 7, 2, 11),
                dt.datetime(2026, 7, 2, 10)))
        self.assertEqual(cancelled['status'], 'cancelled')

    def test_exceptions_of_days(self):
        "The exception of a day may be written as a time of the zone"
        document = read(calendar(
                event('DTSTART;VALUE=DATE:20260701', 'RRULE:FREQ=DAILY'),
                event('RECURRENCE-ID;TZID=Europe/Paris:20260702T000000',
                    'DTSTART;VALUE=DATE:20260705')))
        item, = document.items
        self.assertEqual(
            list(item.exceptions), [dt.datetime(2026, 7, 2, 12)])

    def test_no_occurrence(self):
        "The exception of what is no occurrence is an event of its own"
        item, = read(calendar(
                event('DTSTART:20260701T100000Z', 'RRULE:FREQ=WEEKLY'),
                event('RECURRENCE-ID:20260702T100000Z',
                    'DTSTART:20260702T110000Z'))).items
        series, other = arrange(item)
        self.assertEqual(series.exceptions, {})
        self.assertEqual(other.values['start'], dt.datetime(2026, 7, 2, 11))
        self.assertNotEqual(other.uid, series.uid)
        self.assertIsNone(other.values['recurrence'])

    def test_following(self):
        "The exception of the following ones starts a series of its own"
        item, = read(calendar(
                event('DTSTART:20260701T100000Z',
                    'RRULE:FREQ=DAILY;COUNT=5', 'SUMMARY:a'),
                event('RECURRENCE-ID;RANGE=THISANDFUTURE:20260703T100000Z',
                    'DTSTART:20260703T120000Z', 'SUMMARY:b'),
                event('RECURRENCE-ID:20260704T100000Z',
                    'DTSTART:20260704T180000Z', 'SUMMARY:c'))).items
        first, second = arrange(item)
        self.assertEqual(
            first.values['recurrence'],
            'RRULE:FREQ=DAILY;UNTIL=20260702T235959Z')
        self.assertEqual(first.exceptions, {})
        self.assertEqual(
            (second.values['summary'], second.values['start'],
                second.values['recurrence']),
            ("b", dt.datetime(2026, 7, 3, 12), 'RRULE:FREQ=DAILY;COUNT=3'))
        self.assertEqual(
            list(second.exceptions), [dt.datetime(2026, 7, 4, 12)])
        self.assertEqual(
            second.exceptions[dt.datetime(2026, 7, 4, 12)]['start'],
            dt.datetime(2026, 7, 4, 18))
