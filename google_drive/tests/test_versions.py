# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is replaced is kept as the rule says"
import datetime as dt
from unittest.mock import patch

from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping

from .tools import (
    ACCESS, ALICE, ATTACHMENT, BOB, FILE, RULE, GoogleDriveTestCase,
    database, killed)

ERROR = 'google_integration.sync_error'
DOCUMENT = 'application/vnd.google-apps.document'
LARGE = b'large' * 100
NOW = dt.datetime(2026, 11, 30, 10, 15)


class VersionCase(GoogleDriveTestCase):

    def versions(self):
        "The names and contents of what was replaced"
        with database(commit=False) as pool:
            return [
                (a.name, bytes(a.data or b'')) for a in pool.get(
                    ATTACHMENT).search([
                        ('google_drive_version', '!=', None),
                        ], order=[('google_drive_version', 'ASC')])]

    def at(self, time=NOW):
        return patch.object(bookkeeping, 'utcnow', lambda: time)

    def sweep(self):
        "As the scheduled task does"
        with database() as pool:
            pool.get(RULE).sweep()
        self.synchronize()

    def kept(self, google_id):
        "The contents that Google keeps for ever"
        return [
            self.content_of(google_id, r)
            for r in self.google.file(google_id)['kept']]

    def content_of(self, google_id, revision):
        return self.google.file_content(google_id, revision=revision)

    def small_uploads(self):
        "What is longer than 100 bytes goes in sessions"
        for module in ['media_send', 'media']:
            self.enterContext(patch(
                    f'trytond.modules.google_integration.{module}'
                    '.MAXIMUM_SINGLE', 100))


class AttachmentsTestCase(VersionCase):

    def prepare(self):
        super().prepare()
        self.set_rule(versions='attachments')
        self.attachment = self.attach("offer.pdf", b'1')
        self.synchronize()
        self.google_id = self.file(self.attachment, 'google_id')

    def edit(self, content):
        self.google.edit_file(ALICE, self.google_id, content=content)

    def test_replace(self):
        "By default nothing of what is replaced is kept"
        self.set_rule(versions='replace')
        self.edit(b'2')
        self.synchronize()
        self.assertEqual(self.versions(), [])
        self.assert_equal_sides(1)

    def test_kept(self):
        "What Drive replaces is an attachment of its own"
        self.edit(b'2')
        with self.at():
            self.synchronize()
        self.edit(b'3')
        with self.at(NOW + dt.timedelta(hours=1)):
            self.synchronize()
        self.assertEqual(self.versions(), [
                ("offer (version 1, 2026-11-30 10.15).pdf", b'1'),
                ("offer (version 2, 2026-11-30 11.15).pdf", b'2')])
        self.assertEqual(self.remote(), [("Sales/offer.pdf", b'3')])
        # the current one is still the file
        self.assertEqual(
            self.file(self.attachment, 'google_id'), self.google_id)
        with database(commit=False) as pool:
            current = pool.get(ATTACHMENT)(self.attachment)
            self.assertEqual(bytes(current.data), b'3')
            self.assertEqual(current.name, "offer.pdf")
            for kept in pool.get(ATTACHMENT).search([
                        ('google_drive_version', '!=', None)]):
                self.assertEqual(kept.resource.id, self.group)
                self.assertEqual(kept.google_drive_current, current)
        self.assert_settled()

    def test_not_sent(self):
        "What was replaced is never a file of Drive"
        self.edit(b'2')
        self.synchronize()
        self.requests()
        self.sweep()
        version, = self.search(
            ATTACHMENT, 'id', domain=[('google_drive_version', '=', 1)])
        self.write(version, name="old.pdf", data=b'changed')
        with database(1) as pool:
            Rule = pool.get(RULE)
            Rule.update_all([Rule(self.rule)])
        self.sweep()
        self.assertEqual(self.writes(), [])
        self.assertEqual(len(self.search(FILE, 'id')), 1)
        self.assertEqual(self.remote(), [("Sales/offer.pdf", b'2')])

    def test_conflict_not_sent(self):
        "Nor what did not stand in a conflict"
        self.set_rule(versions='replace', conflict_policy='google')
        self.write(self.attachment, data=b'ours')
        self.edit(b'theirs')
        self.synchronize()
        self.assertEqual([c for _, c in self.versions()], [b'ours'])
        self.requests()
        self.sweep()
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.remote(), [("Sales/offer.pdf", b'theirs')])

    def test_copy(self):
        "Who copies what was replaced makes a file of it"
        self.edit(b'2')
        self.synchronize()
        version, = self.search(
            ATTACHMENT, 'id', domain=[('google_drive_version', '=', 1)])
        with database(1) as pool:
            Attachment = pool.get(ATTACHMENT)
            Attachment.copy([Attachment(version)], {'name': "copy.pdf"})
        self.synchronize()
        self.assertEqual(self.remote(), [
                ("Sales/copy.pdf", b'1'), ("Sales/offer.pdf", b'2')])

    def test_deleted(self):
        "What was replaced stays when the current one is deleted"
        self.edit(b'2')
        self.synchronize()
        self.delete(self.attachment)
        self.sweep()
        self.assertEqual([c for _, c in self.versions()], [b'1'])
        self.assertEqual(self.remote(), [])

    def test_same(self):
        "A content that comes again is no version"
        self.edit(b'1')
        self.synchronize()
        self.google.rename_file(ALICE, self.google_id, "b.pdf")
        self.synchronize()
        self.assertEqual(self.versions(), [])

    def test_sent(self):
        "What Tryton replaces is its own affair"
        self.write(self.attachment, data=b'2')
        self.synchronize()
        self.assertEqual(self.versions(), [])

    def test_document(self):
        "The exports of a document are versions as well"
        file = self.google.create_file(
            ALICE, "Plan", content=["Hello"], mimeType=DOCUMENT,
            parent=self.folder("Sales"))
        self.synchronize()
        self.google.advance(10)
        self.google.edit_document(ALICE, file['id'], append="World")
        self.synchronize()
        (name, content), = self.versions()
        self.assertTrue(name.startswith("Plan (version 1, "), name)
        self.assertTrue(name.endswith(").pdf"), name)
        self.assertTrue(content.startswith(b'%PDF'))

    def test_books(self):
        "Nobody writes what is a version"
        for values in [
                {'google_drive_version': 1},
                {'google_drive_current': self.attachment}]:
            with self.subTest(**values), self.assertRaises(AccessError), \
                    database(1, context=ACCESS) as pool:
                Attachment = pool.get(ATTACHMENT)
                Attachment.write([Attachment(self.attachment)], values)

    def test_crash(self):
        "Who dies in between keeps each version once"
        for done in [False, True]:
            expected = [c for _, c in self.versions()]
            number = 0
            while True:
                number += 1
                expected.append(self.content(self.google_id))
                content = f'{done}{number}'.encode()
                self.edit(content)
                with self.subTest(done=done, commit=number):
                    died = killed(self, number, done)
                    self.synchronize()
                    self.assertEqual(
                        [c for _, c in self.versions()], expected)
                    self.assertEqual(
                        self.content(self.google_id), content)
                    with database(commit=False) as pool:
                        current = pool.get(ATTACHMENT)(self.attachment)
                        self.assertEqual(bytes(current.data), content)
                if not died:
                    break
            self.assertGreater(number, 4)
        numbers = self.search(ATTACHMENT, 'google_drive_version', domain=[
                ('google_drive_version', '!=', None)])
        self.assertEqual(
            sorted(numbers), list(range(1, len(expected) + 1)))
        self.assert_settled()


class RevisionsTestCase(VersionCase):

    def prepare(self):
        super().prepare()
        self.set_rule(versions='revisions')

    def test_sent(self):
        "Each content that is sent is kept on Drive, by the same request"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.requests()
        for content in [b'2', b'3']:
            self.write(attachment, data=content)
            self.synchronize()
        self.assertEqual(self.writes(), ['drive.files.update'] * 2)
        self.assertEqual(self.kept(google_id), [b'1', b'2', b'3'])
        self.assertEqual(self.versions(), [])
        self.assert_settled()

    def test_replace(self):
        self.set_rule(versions='replace')
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.write(attachment, data=b'2')
        self.synchronize()
        self.assertEqual(
            self.kept(self.file(attachment, 'google_id')), [])

    def test_large(self):
        "So is what goes in pieces"
        self.small_uploads()
        attachment = self.attach("a.txt", LARGE)
        self.synchronize()
        self.write(attachment, data=LARGE + b'2')
        self.synchronize()
        self.assertEqual(
            self.kept(self.file(attachment, 'google_id')),
            [LARGE, LARGE + b'2'])
        self.assert_settled()

    def test_received(self):
        "Each content that is received is kept there, the first one as well"
        file = self.drop("a.txt", b'1')
        self.synchronize()
        self.assertEqual(
            self.requests().count('drive.revisions.update'), 1)
        self.google.edit_file(ALICE, file['id'], content=b'2')
        self.synchronize()
        self.google.edit_file(ALICE, file['id'], content=b'3')
        self.google.edit_file(ALICE, file['id'], content=b'4')
        self.synchronize()
        # what was replaced before it was seen is lost
        self.assertEqual(self.kept(file['id']), [b'1', b'2', b'4'])
        self.synchronize()
        self.assertEqual(
            self.requests().count('drive.revisions.update'), 2)
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_documents(self):
        "A document of Google has no such revisions"
        self.google.create_file(
            ALICE, "Plan", content=["Hello"], mimeType=DOCUMENT,
            parent=self.folder("Sales"))
        self.synchronize()
        self.assertNotIn('drive.revisions.update', self.requests())
        self.assertEqual(self.errors(), [])

    def test_later(self):
        "What can not be kept for now is not received yet"
        file = self.drop("a.txt", b'1')
        self.google.add_fault(
            'status', status=503, method_id='drive.revisions.update',
            times=None)
        self.run_once()
        self.assertEqual(self.local(), [])
        self.google.clear_faults()
        self.synchronize()
        self.assert_equal_sides(1)
        self.assertEqual(self.kept(file['id']), [b'1'])
        self.assertEqual(self.errors(), [])

    def test_crash(self):
        "Who dies in between keeps each content once"
        self.small_uploads()
        attachment = self.attach("a.txt", b'0')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        expected = [b'0']
        for done in [False, True]:
            number = 0
            while True:
                number += 1
                with self.subTest(done=done, commit=number):
                    sent = f'{done}{number}'.encode() * (
                        1 if number % 2 else 50)
                    received = b'received ' + sent
                    self.write(attachment, data=sent)
                    died = killed(self, number, done)
                    self.synchronize()
                    self.google.edit_file(
                        ALICE, google_id, content=received)
                    died = killed(self, number, done) or died
                    self.synchronize()
                    expected += [sent, received]
                    self.assertEqual(self.kept(google_id), expected)
                    self.assertEqual(
                        self.google.file(google_id)['revisions'],
                        len(expected))
                    self.assert_equal_sides(1)
                if not died:
                    break
        self.synchronize()
        self.assert_settled()

    def fill(self, google_id):
        "Have Google keep as many revisions as it does"
        for number in range(len(self.kept(google_id)), 200):
            self.google.edit_file(BOB, google_id, content=b'%d' % number)
            self.google.act(
                BOB, 'drive.revisions.update', fileId=google_id,
                revisionId='head', body={'keepForever': True})
        self.assertEqual(len(self.google.file(google_id)['kept']), 200)

    def test_limit(self):
        "What Google does not keep is sent and received, and told"
        self.small_uploads()
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.google.share_file(google_id, BOB, 'writer')
        self.fill(google_id)
        self.synchronize()
        for content in [b'sent', LARGE]:
            with self.subTest(size=len(content)):
                self.write(attachment, data=content)
                self.synchronize()
                self.synchronize()
                self.assertEqual(self.content(google_id), content)
                error, = self.errors()
                self.assertIn("200 versions", error)
                id, = self.search(ERROR, 'id')
                self.click(ERROR, id, 'retry')
                self.synchronize()
                self.assertEqual(self.errors(), [])
        self.google.edit_file(BOB, google_id, content=b'received')
        self.synchronize()
        self.synchronize()
        self.assert_equal_sides(1)
        error, = self.errors()
        self.assertIn("200 versions", error)
        # one that nobody needs makes room
        self.google.act(
            BOB, 'drive.revisions.delete', fileId=google_id,
            revisionId=self.google.file(google_id)['kept'][0])
        self.write(attachment, data=b'kept')
        self.synchronize()
        self.assertIn(b'kept', self.kept(google_id))
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_lock(self):
        "What is locked is kept as well"
        self.allow()
        self.set_rule(lock=True)
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.click(ATTACHMENT, attachment, 'google_drive_edit_here')
        self.synchronize()
        self.write(attachment, data=b'2', user=self.jane)
        self.synchronize()
        self.assertEqual(self.kept(google_id), [b'1', b'2'])
        self.assert_settled()


del GoogleDriveTestCase, VersionCase
