# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What people see on their attachments"
import datetime as dt

from trytond.model.exceptions import AccessError

from .tools import (
    ALICE, ATTACHMENT, CREDENTIALS, GoogleDriveTestCase, database)

NAMES = [
    'google_drive_state', 'google_drive_name', 'google_drive_folder',
    'google_drive_link', 'google_drive_error']


class AttachmentTestCase(GoogleDriveTestCase):

    def shown(self, id, user=None):
        with self.as_user(user or self.jane) as pool:
            values, = pool.get(ATTACHMENT).read([id], NAMES)
            return [values[n] for n in NAMES]

    def test_without_file(self):
        with database(1) as pool:
            user = pool.get('res.user')(1)
            attachment, = pool.get(ATTACHMENT).create([{
                        'name': "a.txt", 'data': b'1',
                        'resource': str(user)}])
            id = attachment.id
        self.assertEqual(self.shown(id, 1), [None] * 5)

    def test_waiting(self):
        "What is to be sent has a state and no link"
        id = self.attach("a.txt")
        state, _, _, link, error = self.shown(id)
        self.assertIn(state, {'local', 'to_push'})
        self.assertIsNone(link)
        self.assertIsNone(error)

    def test_synchronized(self):
        id = self.attach("a.txt")
        self.synchronize()
        state, name, folder, link, error = self.shown(id)
        self.assertEqual(
            (state, name, folder, error),
            ('synchronized', "a.txt", "My Drive / Sales", None))
        self.assertEqual(link, self.file(id, 'link'))
        self.assertTrue(link.startswith('https://'))

    def test_renamed(self):
        "The name and the folder are those that Google has"
        id = self.attach("a.txt")
        self.synchronize()
        google_id = self.file(id, 'google_id')
        other = self.google.create_folder(
            ALICE, "Elsewhere", parent=self.root)['id']
        self.google.rename_file(ALICE, google_id, "b.txt")
        self.google.move_file(
            ALICE, google_id, self.folder("Sales"), other)
        self.update(
            'google_drive.rule', self.rule, root_name="My Drive / Tryton")
        self.synchronize()
        self.assertEqual(
            self.shown(id)[1:3],
            ["b.txt", "My Drive / Tryton / Elsewhere"])

    def test_dates(self):
        "When the file was created and modified, whatever Tryton has done"
        self.drop(
            "a.txt", createdTime='2024-02-29T23:59:59.001Z',
            modifiedTime='2025-03-30T01:30:00.250Z')
        self.synchronize()
        id, = self.search(ATTACHMENT, 'id')
        names = ['google_drive_created', 'google_drive_modified']
        with self.as_user(self.jane) as pool:
            values, = pool.get(ATTACHMENT).read([id], names)
        self.assertEqual([values[n] for n in names], [
                dt.datetime(2024, 2, 29, 23, 59, 59, 1000),
                dt.datetime(2025, 3, 30, 1, 30, 0, 250_000)])

    def test_error(self):
        "Only who may read the file is told of the reason"
        id = self.attach("a.txt")
        self.google.set_quota(ALICE, 1)
        self.run_once()
        self.assertEqual(self.shown(id)[0], 'failed')
        error = self.shown(id)[4]
        self.assertTrue(error)
        self.assertEqual(self.file(id, 'google_error'), error)
        for user in [self.john, self.stranger]:
            with self.subTest(user=user):
                state, *_, error = self.shown(id, user)
                self.assertEqual((state, error), ('failed', None))

    def test_list(self):
        "What is shown is read for all the attachments at once"
        ids = [self.attach(f"{i}.txt", b'%d' % i) for i in range(3)]
        self.synchronize()
        with self.as_user(self.jane) as pool:
            read = pool.get(ATTACHMENT).read(ids, NAMES)
        self.assertEqual(
            {v['id']: v['google_drive_name'] for v in read},
            {id: f"{i}.txt" for i, id in enumerate(ids)})

    def test_access(self):
        "Nothing is told of an attachment to who may not read the record"
        with database(1) as pool:
            attachment, = pool.get(ATTACHMENT).create([{
                        'name': "a.txt", 'data': b'1',
                        'resource': f'{CREDENTIALS},{self.credentials}'}])
            id = attachment.id
        with self.assertRaises(AccessError):
            self.shown(id, self.stranger)


del GoogleDriveTestCase
