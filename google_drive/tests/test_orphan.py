# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What becomes of files without record, and when it is found again"
from unittest.mock import patch

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.tests.killed import killed_at

from .tools import (
    ALICE, ATTACHMENT, DRIVE, FILE, GROUP, RULE, GoogleDriveTestCase, database)

ERROR = 'google_integration.sync_error'
POLICIES = ['quarantine', 'record', 'keep', 'log']
# those of which something is told
TOLD = {'quarantine', 'log'}
NAME = "Sales nobody"


class OrphanTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.quarantine = self.google.create_folder(ALICE, "Quarantine")['id']
        self.fallback = self.create_record("Sales fallback")
        self.set_service(deletion_share=100)

    def set_policy(self, name, **values):
        self.set_rule(
            orphans=name, quarantine=self.quarantine,
            fallback=f'{GROUP},{self.fallback}', **values)

    def sweep(self):
        with database() as pool:
            pool.get(RULE).sweep()

    def delete_record(self, id):
        with database(1) as pool:
            Group = pool.get(GROUP)
            Group.delete([Group(id)])

    def start_again(self):
        "Without the files of before"
        with database() as pool:
            File = pool.get(FILE)
            files = File.search([])
            ids = [f.google_id for f in files]
            bookkeeping.update(File, files, {'google_state': 'local'})
            Attachment = pool.get(ATTACHMENT)
            Attachment.delete(Attachment.search([]))
            File.delete(File.search([]))
            Error = pool.get(ERROR)
            Error.delete(Error.search([]))
        for id in ids:
            self.google.destroy_file(id)
        self.synchronize()
        self.synchronize()
        self.google.clear_log()

    def records(self):
        "The records of the attachments, by the name of the latter"
        with database(commit=False) as pool:
            return {
                a.name: a.resource and a.resource.id
                for a in pool.get(ATTACHMENT).search([])}

    def parents(self):
        "The folders of the files on Google, by name"
        return {
            f['name']: f['parent'] for f in self.google.files(trashed=False)
            if 'md5' in f}

    def each_policy(self, check):
        for policy in POLICIES:
            with self.subTest(policy=policy):
                self.start_again()
                self.set_policy(policy)
                check(policy)

    # Not found

    def test_not_found(self):
        "A file of which no record is found, and is found later"
        folder = self.folder(NAME)

        def check(policy):
            file = self.drop("a.txt", b'1', folder=NAME)
            self.synchronize()
            self.synchronize()
            self.assert_not_found(policy, file['id'], folder)
            self.assert_settled()
            self.assert_not_found(policy, file['id'], folder)
            before = self.search(ATTACHMENT, 'id')
            # nothing has changed
            self.sweep()
            self.synchronize()
            self.assert_not_found(policy, file['id'], folder)
            record = self.create_record(NAME)
            self.sweep()
            self.synchronize()
            self.assertEqual(self.records(), {"a.txt": record})
            if policy == 'record':
                self.assertEqual(self.search(ATTACHMENT, 'id'), before)
            self.assertEqual(self.parents(), {"a.txt": folder})
            self.assertEqual(
                self.search(FILE, 'google_id', 'orphan', 'origin'),
                [(file['id'], None, None)])
            self.assertEqual(self.errors(), [])
            self.assertEqual(self.content(file['id']), b'1')
            self.assert_settled()
            self.delete_record(record)
        self.each_policy(check)

    def assert_not_found(self, policy, google_id, folder):
        self.assertEqual(self.parents(), {
                "a.txt": self.quarantine if policy == 'quarantine'
                else folder})
        self.assertEqual(self.records(), (
                {"a.txt": self.fallback} if policy == 'record' else {}))
        self.assertEqual(
            self.search(FILE, 'google_id', 'orphan', 'google_state'),
            [(google_id, policy, 'synchronized')])
        self.assertEqual(len(self.errors()), int(policy in TOLD))

    def test_moved_by_person(self):
        "A person knows to whom it belongs"
        sales = self.folder("Sales")

        def check(policy):
            file = self.drop("a.txt", b'1', folder=NAME)
            self.synchronize()
            self.synchronize()
            self.google.move_file(
                ALICE, file['id'], self.parents()["a.txt"], sales)
            self.synchronize()
            self.assertEqual(self.records(), {"a.txt": self.group})
            self.assertEqual(self.parents(), {"a.txt": sales})
            self.assertEqual(self.search(FILE, 'google_id', 'orphan'), [
                    (file['id'], None)])
            self.assertEqual(self.errors(), [])
            self.assert_settled()
        self.each_policy(check)

    def test_reattached(self):
        "A person attaches it to the record in Tryton"
        self.set_policy('record')
        self.drop("a.txt", b'1', folder=NAME)
        self.synchronize()
        id, = self.search(ATTACHMENT, 'id')
        self.write(id, resource=f'{GROUP},{self.group}')
        self.create_record(NAME)
        self.sweep()
        self.synchronize()
        self.assertEqual(self.records(), {"a.txt": self.group})
        self.assertEqual(self.search(FILE, 'orphan'), [None])
        self.assert_settled()

    def test_policy(self):
        "Another policy is that of the files that there are"
        file = self.drop("a.txt", b'1', folder=NAME)
        self.set_policy('log')
        self.synchronize()
        self.set_policy('quarantine')
        self.synchronize()
        self.assertEqual(self.parents(), {"a.txt": self.quarantine})
        self.assertEqual(len(self.errors()), 1)
        self.set_policy('record')
        self.synchronize()
        self.assertEqual(self.records(), {"a.txt": self.fallback})
        self.assertEqual(self.search(FILE, 'google_id'), [file['id']])

    def test_no_fallback(self):
        "A fallback record that was deleted is none: it is told"
        self.set_policy('record')
        self.delete_record(self.fallback)
        self.drop("a.txt", b'1', folder=NAME)
        self.synchronize()
        self.assertEqual(self.records(), {})
        self.assertEqual(len(self.errors()), 1)
        self.assert_settled()

    def test_origin_gone(self):
        "If its folder is gone it leaves the quarantine all the same"
        self.set_policy('quarantine', match_pattern=r'(?P<name>Sales \w+)')
        folder = self.folder("Inbox")
        file = self.drop(f"{NAME}.txt", b'1', folder="Inbox")
        self.synchronize()
        self.synchronize()
        self.google.trash_file(ALICE, folder)
        self.synchronize()
        record = self.create_record(NAME)
        # a folder in which nobody looks tells nothing
        self.sweep()
        self.synchronize()
        self.assertEqual(self.records(), {})
        self.google.move_file(ALICE, file['id'], self.quarantine, self.root)
        self.synchronize()
        self.assertEqual(self.records(), {f"{NAME}.txt": record})
        self.assertEqual(self.parents(), {f"{NAME}.txt": self.root})
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_refused(self):
        "What can not be moved to the quarantine is told, and moved later"
        self.set_policy('quarantine')
        file = self.drop("a.txt", b'1', folder=NAME)
        self.drop("b.txt", b'2')
        self.google.add_fault(
            'status', status=403, reason='insufficientFilePermissions',
            method_id='drive.files.update', batch=True, times=None)
        self.synchronize()
        self.google.clear_faults()
        self.assertEqual(self.records(), {"b.txt": self.group})
        self.assertEqual(
            self.search(FILE, 'google_state', domain=[
                    ('google_id', '=', file['id'])]), ['failed'])
        for id in self.search(ERROR, 'id'):
            self.click(ERROR, id, 'retry')
        self.synchronize()
        self.assertEqual(self.parents()["a.txt"], self.quarantine)
        self.synchronize()
        self.assertEqual(len(self.errors()), 1)
        self.assert_settled()

    # Deleted

    def gone(self):
        "A record with a file of each side, the former of which is deleted"
        record = self.create_record(NAME)
        self.attach("a.txt", b'1', record)
        self.drop("b.txt", b'2', folder=NAME)
        self.synchronize()
        self.synchronize()
        self.delete_record(record)
        self.google.clear_log()

    def test_deleted(self):
        "A record is deleted, and there is one again"
        def check(policy):
            folder = self.folder(NAME)
            self.gone()
            before = self.search(ATTACHMENT, 'id')
            ids = self.search(FILE, 'google_id')
            self.assertEqual(len(ids), 2)
            self.synchronize()
            self.synchronize()
            self.assert_deleted(policy, ids, folder)
            self.assert_settled()
            self.sweep()
            self.synchronize()
            self.assert_deleted(policy, ids, folder)
            record = self.create_record(NAME)
            self.sweep()
            self.synchronize()
            self.synchronize()
            self.assertEqual(
                self.records(), dict.fromkeys(["a.txt", "b.txt"], record))
            self.assertEqual(
                self.parents(), dict.fromkeys(["a.txt", "b.txt"], folder))
            self.assert_equal_sides(2)
            if policy == 'record':
                self.assertEqual(self.search(ATTACHMENT, 'id'), before)
            self.assertEqual(self.search(FILE, 'google_id'), ids)
            self.assertEqual(set(self.search(FILE, 'orphan')), {None})
            self.assertEqual(self.errors(), [])
            self.assert_settled()
            # and it goes on
            attachment, = self.search(
                ATTACHMENT, 'id', domain=[('name', '=', "a.txt")])
            self.write(attachment, data=b'new')
            self.synchronize()
            self.assert_equal_sides(2)
            self.assert_settled()
            self.delete_record(record)
        self.each_policy(check)

    def assert_deleted(self, policy, google_ids, folder):
        names = ["a.txt", "b.txt"]
        self.assertEqual(self.parents(), dict.fromkeys(
                names,
                self.quarantine if policy == 'quarantine' else folder))
        # Tryton deletes what is attached to the record
        self.assertEqual(self.records(), (
                dict.fromkeys(names, self.fallback) if policy == 'record'
                else {}))
        self.assertEqual(self.search(FILE, 'google_id'), google_ids)
        self.assertEqual(
            self.search(FILE, 'orphan', 'google_state'),
            [(policy, 'synchronized')] * 2)
        self.assertEqual(len(self.errors()), 2 * (policy in TOLD))
        self.assertEqual(self.tombstones(), [])
        self.assert_moved_only()

    def assert_moved_only(self):
        "No content has travelled, and nothing was created"
        self.assertEqual(
            {e['id'] for e in self.google.log()} & {
                'drive.files.get_media', 'drive.files.create',
                'drive.files.generateIds'}, set())

    def test_deleted_received(self):
        "What a rule only receives goes to the quarantine, and is not sent"
        self.set_policy('quarantine', direction='to_tryton')
        record = self.create_record(NAME)
        file = self.drop("a.txt", b'1', folder=NAME)
        self.synchronize()
        id, = self.search(ATTACHMENT, 'id')
        self.write(id, data=b'mine', name="mine.txt")
        self.delete_record(record)
        self.synchronize()
        self.synchronize()
        self.assertEqual(self.parents(), {"a.txt": self.quarantine})
        self.assertEqual(self.content(file['id']), b'1')
        self.assert_settled()

    def test_deleted_sent(self):
        "So does what a rule only sends"
        self.set_policy('quarantine', direction='to_google')
        record = self.create_record(NAME)
        self.attach("a.txt", b'1', record)
        self.synchronize()
        self.delete_record(record)
        self.synchronize()
        self.assertEqual(self.parents(), {"a.txt": self.quarantine})
        self.assertEqual(len(self.errors()), 1)
        self.synchronize()
        self.assert_settled()

    def test_deleted_unsent(self):
        "What was not sent is not sent any more"
        self.set_policy('quarantine')
        record = self.create_record(NAME)
        self.attach("a.txt", b'1', record)
        self.delete_record(record)
        self.synchronize()
        self.assertEqual(self.parents(), {})
        self.assertEqual(self.search(FILE, 'id'), [])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_deleted_changed(self):
        "What was not sent yet goes with the record"
        self.set_policy('quarantine')
        record = self.create_record(NAME)
        id = self.attach("a.txt", b'1', record)
        self.synchronize()
        self.write(id, data=b'2', name="b.txt", description="New")
        self.delete_record(record)
        self.synchronize()
        self.assertEqual(self.parents(), {"a.txt": self.quarantine})
        self.assertEqual([c for _, c in self.local()], [])
        self.synchronize()
        self.assertEqual(len(self.errors()), 1)
        self.assert_settled()

    def test_deleted_during_upload(self):
        "A record is deleted while its file is sent"
        for content in [b'1', b'2']:
            with self.subTest(content=content):
                self.set_policy('quarantine')
                record = self.create_record(NAME)
                id = self.attach("a.txt", b'1', record)
                if content != b'1':
                    self.synchronize()
                    self.write(id, data=content)

                Drive = self.model(DRIVE)
                push = Drive.push_pieces

                def deleting(client, operations, push=push, record=record):
                    pieces = list(push(client, operations))
                    if operations[0].kind in {'insert', 'content'}:
                        with self.meanwhile(0) as pool:
                            Group = pool.get(GROUP)
                            Group.delete([Group(record)])
                    yield from pieces
                with patch.object(Drive, 'push_pieces', deleting):
                    self.run_once()
                self.synchronize()
                self.synchronize()
                self.assertEqual(self.parents(), {"a.txt": self.quarantine})
                self.assertEqual(self.search(ATTACHMENT, 'id'), [])
                self.assertEqual(self.search(FILE, 'orphan'), ['quarantine'])
                self.assertEqual(len(self.errors()), 1)
                self.assert_settled()
                self.start_again()

    def test_deleted_attachment(self):
        "An attachment that a person deletes has its file in the trash"
        self.set_policy('quarantine')
        id = self.attach("a.txt", b'1')
        self.synchronize()
        self.delete(id)
        self.synchronize()
        self.assertEqual(self.parents(), {})
        self.assertEqual(self.errors(), [])

    def test_deleted_fallback(self):
        "With the fallback record there is none"
        self.set_policy('record')
        self.gone()
        self.delete_record(self.fallback)
        self.synchronize()
        self.assertEqual(len(self.parents()), 2)
        self.assertEqual(self.records(), {})
        self.assertEqual(self.search(FILE, 'orphan'), ['log'] * 2)
        self.assertEqual(len(self.errors()), 2)
        self.assert_settled()

    # Crashes

    def test_crash(self):
        "Whenever a process dies the quarantine is exact"
        self.set_policy('quarantine')
        folder = self.folder(NAME)
        for done in [False, True]:
            number, died = 0, True
            while died:
                number += 1
                record = self.create_record(NAME)
                self.attach("a.txt", b'1', record)
                self.synchronize()
                ids = self.search(FILE, 'google_id')
                self.delete_record(record)
                died = self.killed(number, done)
                with self.subTest(done=done, commit=number):
                    self.assertEqual(
                        self.parents(), {"a.txt": self.quarantine})
                    record = self.create_record(NAME)
                    died = self.killed(number, done) or died
                    self.assertEqual(self.parents(), {"a.txt": folder})
                    self.assertEqual(self.records(), {"a.txt": record})
                    self.assertEqual(self.search(FILE, 'google_id'), ids)
                    self.assertEqual(self.errors(), [])
                self.delete(*self.search(ATTACHMENT, 'id'))
                self.synchronize()
                self.delete_record(record)
            self.assertGreater(number, 3)
        self.assert_settled()

    def killed(self, number, done):
        "Die at the commit of this number, and do the rest another time"
        def run():
            self.sweep()
            self.run_once()
        reached = killed_at(run, number, done)
        self.update(DRIVE, self.drive, lease_until=0.0)
        self.sweep()
        self.synchronize()
        return reached
