# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Files that Tryton sends tell whose they are"
from .tools import (
    ALICE, ATTACHMENT, FILE, GROUP, GoogleDriveTestCase, database)

UPDATE = 'drive.files.update'


class MarksTestCase(GoogleDriveTestCase):

    def marks(self, attachment):
        id = self.file_of(attachment)
        with database(commit=False) as pool:
            return pool.get(FILE)(id).google_marks()

    def properties(self, google_id):
        "Those of Tryton, which nobody else sees"
        for values in self.google.file(google_id)['app_properties'].values():
            return values

    def test_batches(self):
        "Those of many files that were adopted go together"
        count = 120
        folder = self.folder("Sales")
        for i in range(count):
            self.google.create_file(
                ALICE, f'{i}.txt', content=b'x', parent=folder)
        with database(1) as pool:
            attachments = [a.id for a in pool.get(ATTACHMENT).create([{
                            'name': f'{i}.txt',
                            'resource': f'{GROUP},{self.group}',
                            'data': b'x',
                            } for i in range(count)])]
        self.google.clear_log()
        self.synchronize()
        self.assertEqual(len(self.google.log(batch=True, id=UPDATE)), count)
        # as many to look before
        self.assertEqual(sum(
                e['path'].startswith('/batch')
                for e in self.google.log(batch=False)), 2 * 2)
        self.assertEqual(len(self.remote()), count)
        for id in attachments[:2] + attachments[-2:]:
            self.assertEqual(
                self.properties(self.file(id, 'google_id')), self.marks(id))
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_changes(self):
        "New names, other folders and deletions as well"
        count = 102
        self.set_service(deletion_limit=count, deletion_share=100)
        other = self.create_record("Sales 2")
        with database(1) as pool:
            ids = [a.id for a in pool.get(ATTACHMENT).create([{
                            'name': f'{i}.txt',
                            'resource': f'{GROUP},{self.group}',
                            'data': b'%d' % i,
                            } for i in range(count)])]
        self.synchronize()
        third = count // 3
        with database(1) as pool:
            Attachment = pool.get(ATTACHMENT)
            attachments = Attachment.browse(ids)
            for attachment in attachments[:third]:
                attachment.name = 'renamed ' + attachment.name
            Attachment.save(attachments[:third])
            Attachment.write(attachments[third:2 * third], {
                    'resource': f'{GROUP},{other}'})
        self.google.clear_log()
        self.synchronize()
        # the look before them, and they themselves
        self.assert_batches(2 * third, 2, 1)
        with database(1) as pool:
            Attachment = pool.get(ATTACHMENT)
            Attachment.delete(Attachment.browse(ids))
        self.google.clear_log()
        self.synchronize()
        self.assert_batches(count, 2 * 2)
        self.assertEqual(self.remote(), [])
        self.assertEqual(self.errors(), [])

    def assert_batches(self, updates, batches, others=0):
        self.assertEqual(len(self.google.log(batch=True, id=UPDATE)), updates)
        self.assertEqual(self.google.log(batch=False, id=UPDATE), [])
        self.assertEqual(sum(
                e['path'].startswith('/batch')
                for e in self.google.log(batch=False)), batches + others)

    def test_received(self):
        "What people put there is marked when Tryton sends something of it"
        file = self.drop("a.txt")
        self.synchronize()
        self.assertFalse(self.properties(file['id']))
        self.assert_settled()
        id, = self.search(ATTACHMENT, 'id')
        self.requests()
        self.write(id, name="b.txt")
        self.synchronize()
        self.assertEqual(self.writes(), [UPDATE])
        self.assertEqual(self.properties(file['id']), self.marks(id))
        self.assert_settled()

    def test_other(self):
        "A copy has the marks of another until then"
        first = self.attach("a.txt", b'1')
        self.synchronize()
        file = self.google.act(
            ALICE, 'drive.files.copy',
            fileId=self.file(first, 'google_id'),
            body={'name': "copy.txt"})
        self.synchronize()
        copy, = self.search(
            ATTACHMENT, 'id', domain=[('name', '=', "copy.txt")])
        self.assertEqual(self.properties(file['id']), self.marks(first))
        self.write(copy, name="b.txt")
        self.synchronize()
        self.assertEqual(self.properties(file['id']), self.marks(copy))
        self.assert_settled()


del GoogleDriveTestCase
