# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What was done to the files of attachments"
import datetime as dt
import unittest

from trytond.model.exceptions import AccessError
from trytond.modules.google_drive.activity_network import to_values
from trytond.modules.google_drive.exceptions import DriveActivityError
from trytond.modules.google_integration.tests.tools import visit
from trytond.modules.google_integration.tests.wizard import WizardSession
from trytond.transaction import Transaction

from .tools import (
    ALICE, ATTACHMENT, BOB, CREDENTIALS, GoogleDriveTestCase, database)


class ValuesTestCase(unittest.TestCase):

    def test_time(self):
        "A point in time, or the end of a range, in UTC"
        for activity, time in [
                ({'timestamp': '2026-03-01T12:00:00.123Z'},
                    dt.datetime(2026, 3, 1, 12)),
                ({'timeRange': {'endTime': '2026-03-01T12:00:00+02:00'}},
                    dt.datetime(2026, 3, 1, 10)),
                ({'timestamp': 'soon'}, None),
                ({}, None)]:
            with self.subTest(activity=activity):
                self.assertEqual(to_values(activity)['time'], time)

    def test_actor(self):
        for actor, expected in [
                ({'user': {'knownUser': {'isCurrentUser': True}}}, 'account'),
                ({'user': {'knownUser': {'personName': 'people/1'}}},
                    'other'),
                ({'user': {'deletedUser': {}}}, 'other'),
                ({'system': {'type': 'TRASH_AUTO_PURGE'}}, 'google'),
                ({'anonymous': {}}, 'other')]:
            with self.subTest(actor=actor):
                self.assertEqual(
                    to_values({'actors': [actor]})['actor'], expected)

    def test_unknown(self):
        "What Google adds one day is another action"
        self.assertEqual(
            to_values({'primaryActionDetail': {'sign': {}}})['action'],
            'other')


class ActivityCase(GoogleDriveTestCase):

    def allow(self):
        "Let Tryton see the activity, and authorize it"
        with database(self.jane) as pool:
            Credentials = pool.get(CREDENTIALS)
            credentials = Credentials(self.credentials)
            Credentials.write([credentials], {'drive_activity': True})
            Transaction().commit()
            action = Credentials.request_authorization(
                [Credentials(self.credentials)])
        answer = visit(self.google.consent(action['url'], account=ALICE))
        self.assertEqual(answer.status_code, 200)

    def wizard(self, id, user=None):
        wizard = WizardSession(
            'google_drive.activity', user or 1, ATTACHMENT, id)
        wizard.execute()
        return wizard.values


class ActivityTestCase(ActivityCase):

    def prepare(self):
        super().prepare()
        self.allow()

    def test_activity(self):
        id = self.attach("a.txt")
        self.synchronize()
        google_id = self.file(id, 'google_id')
        self.google.share_file(google_id, BOB, 'writer')
        self.google.rename_file(BOB, google_id, "b.txt")
        self.google.clear_log()
        lines = self.wizard(id)['lines']
        self.assertEqual(
            self.requests(), ['driveactivity.activity.query'])
        self.assertEqual(
            [(line['action'], line['actor']) for line in lines],
            [('rename', 'other'), ('create', 'account')])
        self.assertEqual(
            (lines[0]['old_name'], lines[0]['new_name']),
            ("a.txt", "b.txt"))
        self.assertLessEqual(lines[1]['time'], lines[0]['time'])

    def test_pages(self):
        id = self.attach("a.txt")
        self.synchronize()
        google_id = self.file(id, 'google_id')
        for i in range(4):
            self.google.rename_file(ALICE, google_id, f"{i}.txt")
        self.google.options(max_page=2)
        self.assertEqual(
            [line['new_name'] for line in self.wizard(id)['lines']],
            ["3.txt", "2.txt", "1.txt", "0.txt", None])

    def test_unsent(self):
        id = self.attach("a.txt")
        with self.assertRaises(DriveActivityError):
            self.wizard(id)

    def test_access(self):
        "Nothing is told of an attachment to who may not read the record"
        with database(1) as pool:
            attachment, = pool.get(ATTACHMENT).create([{
                        'name': "a.txt", 'data': b'1',
                        'resource': f'{CREDENTIALS},{self.credentials}'}])
            id = attachment.id
        self.google.clear_log()
        with self.assertRaises(AccessError):
            self.wizard(id, self.stranger)
        self.assertEqual(self.requests(), [])


class WithoutScopeTestCase(ActivityCase):

    def test_scope(self):
        "Without the scope Google is not asked"
        id = self.attach("a.txt")
        self.synchronize()
        self.google.clear_log()
        with self.assertRaises(DriveActivityError) as caught:
            self.wizard(id)
        self.assertIn("authorize again", caught.exception.message)
        self.assertEqual(self.requests(), [])


del ActivityCase, GoogleDriveTestCase
