# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Scan the invoice, drop it, done"
import io
from unittest.mock import patch

from pypdf import PdfReader

from trytond.model.exceptions import ValidationError
from trytond.modules.google_integration.exceptions import RuleError
from trytond.modules.google_integration.tests.killed import killed_at
from trytond.pool import Pool
from trytond.tests.test_tryton import DB_NAME
from trytond.transaction import Transaction
from trytond.worker import run_task

from .tools import (
    ALICE, ATTACHMENT, BOB, DRIVE, FILE, GROUP, RULE, GoogleDriveTestCase,
    database)

DOCUMENT = 'document.incoming'
ERROR = 'google_integration.sync_error'
TRANSFER = 'google_drive.transfer'
GOOGLE_DOC = 'application/vnd.google-apps.document'
FORM = 'application/vnd.google-apps.form'


class DocumentTestCase(GoogleDriveTestCase):
    "A rule that makes documents of what is dropped into a folder"
    modules = ['google_drive', 'document_incoming']

    def prepare(self):
        super().prepare()
        with database() as pool:
            Rule = pool.get(RULE)
            Rule.delete([Rule(self.rule)])
        self.done = self.google.create_folder(
            ALICE, "Done", parent=self.root)['id']
        self.rule = self.create_rule(
            model=DOCUMENT, direction='to_tryton', document_format='pdf')
        self.google.clear_log()

    def clean(self):
        super().clean()
        with database() as pool:
            Document = pool.get(DOCUMENT)
            Document.delete(Document.search([
                        ('active', 'in', [True, False])]))

    def drop(self, name, content=b'scan', **values):
        return self.google.create_file(
            ALICE, name, content=content, parent=self.root, **values)

    def documents(self, *names):
        return self.search(
            DOCUMENT, *(names or ['name']),
            domain=[('active', 'in', [True, False])])

    def contents(self):
        with database(commit=False) as pool:
            return [
                bytes(d.data) for d in pool.get(DOCUMENT).search(
                    [], order=[('id', 'ASC')])]

    def retry(self):
        for id in self.search(ERROR, 'id'):
            self.click(ERROR, id, 'retry')

    def test_new(self):
        "The file is the document, which has a link back"
        self.set_rule(document_incoming_type='document_incoming')
        self.drop("Invoice.pdf", b'1')
        self.drop("Scan\t1.pdf", b'22')
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(
            self.documents('name', 'source', 'type', 'state', 'company'), [
                ("Invoice.pdf", 'google_drive', 'document_incoming', 'draft',
                    None),
                ("Scan 1.pdf", 'google_drive', 'document_incoming', 'draft',
                    None)])
        self.assertEqual(self.contents(), [b'1', b'22'])
        self.assertEqual(
            sorted(self.documents('google_drive_link')),
            sorted(self.search(FILE, 'link')))
        self.assertEqual(self.search(ATTACHMENT, 'id'), [])
        # the log of what has travelled names them
        self.assertEqual(
            {(r.__name__, name, size) for r, name, size in self.search(
                    TRANSFER, 'record', 'record_name', 'size')}, {
                (DOCUMENT, "Invoice.pdf", 1), (DOCUMENT, "Scan 1.pdf", 2)})
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_company(self):
        "The rule has a company, of which the acting user must be"
        with database(1) as pool:
            Company = pool.get('company.company')
            Currency = pool.get('currency.currency')
            Party = pool.get('party.party')
            currency, = Currency.create([{
                        'name': "Euro", 'symbol': '€', 'code': 'EUR'}])
            party, = Party.create([{'name': "Company"}])
            company, = Company.create([{
                        'party': party.id, 'currency': currency.id}])
            company = company.id
        self.set_rule(document_incoming_company=company)
        self.drop("a.pdf")
        self.synchronize()
        self.assertEqual(self.documents(), [])
        self.assertEqual(len(self.errors()), 1)
        with database(1) as pool:
            User = pool.get('res.user')
            User.write([User(1)], {
                    'companies': [('add', [company])], 'company': company})
        self.retry()
        self.synchronize()
        self.assertEqual([c.id for c in self.documents('company')], [company])
        self.assertEqual(self.errors(), [])

    def test_export(self):
        "Documents of Google become what the rule exports, if it does"
        self.google.create_file(
            ALICE, "Offer", content=["Hello"], mimeType=GOOGLE_DOC,
            parent=self.root)
        self.google.create_file(
            ALICE, "Survey", mimeType=FORM, parent=self.root)
        self.synchronize()
        self.assertEqual(self.documents(), ["Offer.pdf"])
        content, = self.contents()
        text = PdfReader(io.BytesIO(content)).pages[0].extract_text()
        self.assertIn("Hello", text)
        self.assertEqual(self.errors(), [])

    def test_empty(self):
        "Without content there is no document, and the others go on"
        self.drop("empty.pdf", b'')
        self.drop("a.pdf")
        self.synchronize()
        self.assertEqual(self.documents(), ["a.pdf"])
        error, = self.errors()
        self.assertIn("empty.pdf", error)

    def test_process(self):
        "The rule may have them processed at once, and only once"
        self.set_rule(
            document_incoming_type='document_incoming',
            document_incoming_process=True)
        file = self.drop("a.pdf", b'1')
        self.synchronize()
        with database(commit=False) as pool:
            Queue = pool.get('ir.queue')
            task, = [
                t.id for t in Queue.search([]) if t.data['model'] == DOCUMENT]
        self.assertEqual(self.documents('state'), ['processing'])
        run_task(Pool(DB_NAME), task)
        before = self.documents('name', 'state', 'active')
        self.assertIn(("a.pdf", 'done', False), before)
        self.google.edit_file(ALICE, file['id'], content=b'2')
        self.synchronize()
        # another one, which waits for a person
        self.assertEqual(
            self.documents('name', 'state', 'active'),
            [*before, ("a.pdf", 'draft', True)])

    # Done

    def test_done(self):
        "What became a document is put away, and stays what it is there"
        self.set_rule(document_incoming_done=self.done)
        file = self.drop("a.pdf", b'1')
        self.synchronize()
        self.assertEqual(self.google.file(file['id'])['parent'], self.done)
        self.assertEqual(self.documents(), ["a.pdf"])
        self.assert_settled()
        # neither what is changed there
        self.google.edit_file(ALICE, file['id'], content=b'2')
        # nor what people put there
        self.google.create_file(
            ALICE, "b.pdf", content=b'3', parent=self.done)
        self.synchronize()
        self.assertEqual(self.contents(), [b'1'])
        self.assertEqual(self.errors(), [])
        # nor is it another one when it is put back
        self.google.move_file(ALICE, file['id'], self.done, self.root)
        self.synchronize()
        self.assertEqual(self.documents(), ["a.pdf"])

    def test_done_refused(self):
        "What can not be put away is told, and has its document"
        self.set_rule(document_incoming_done=self.done)
        file = self.drop("a.pdf", b'1')
        self.google.add_fault(
            'status', status=403, reason='insufficientFilePermissions',
            method_id='drive.files.update', batch=True, times=None)
        self.synchronize()
        self.google.clear_faults()
        self.assertEqual(self.documents(), ["a.pdf"])
        self.assertEqual(len(self.errors()), 1)
        self.retry()
        self.synchronize()
        self.assertEqual(self.google.file(file['id'])['parent'], self.done)
        self.assertEqual(self.documents(), ["a.pdf"])
        self.assertEqual(self.errors(), [])

    def test_done_root(self):
        "The done folder is another one than that of the rule"
        with self.assertRaises(RuleError):
            self.set_rule(document_incoming_done=self.root)

    # Once

    def test_crash(self):
        "A process that dies between any two commits makes it once"
        self.set_rule(document_incoming_done=self.done)
        for done in [False, True]:
            number, died = 0, True
            while died:
                number += 1
                name = f"{done} {number}.pdf"
                self.drop(name)
                died = killed_at(self.run_once, number, done)
                self.update(DRIVE, self.drive, lease_until=0.0)
                self.synchronize()
                with self.subTest(done=done, commit=number):
                    self.assertEqual(self.documents().count(name), 1)
                    file, = [
                        f for f in self.google.files() if f['name'] == name]
                    self.assertEqual(file['parent'], self.done)
            self.assertGreater(number, 5)
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_lost_answer(self):
        for action in ['drop_before', 'drop_after', 'truncated']:
            with self.subTest(action=action):
                self.drop(f"{action}.pdf", b'some bytes')
                self.google.add_fault(
                    action, method_id='drive.files.get_media', times=2)
                self.run_once()
                self.google.clear_faults()
                self.retry()
                self.synchronize()
                self.assertEqual(
                    self.documents().count(f"{action}.pdf"), 1)
        self.assertEqual(self.errors(), [])

    def test_listed_again(self):
        "Another listing makes nothing again"
        self.drop("a.pdf")
        self.synchronize()
        self.click(DRIVE, self.drive, 'reset_synchronization')
        self.synchronize()
        self.assertEqual(self.documents(), ["a.pdf"])
        self.assert_settled()

    def test_two_drives(self):
        "Two accounts that see the file make one document of it"
        self.google.share_file(self.root, BOB, 'writer')
        other, = self.discover(self.connect(self.john, BOB))
        self.create_rule(
            model=DOCUMENT, direction='to_tryton', drive=other, name="Bob's")
        file = self.drop("a.pdf", b'1')
        for content in [b'1', b'2']:
            self.google.edit_file(ALICE, file['id'], content=content)
            for drive in [self.drive, other]:
                self.synchronize(drive)
            self.assertEqual(self.contents(), [content])
        # both link it
        first, second = self.search(FILE, 'document')
        self.assertEqual(first, second)

    # Changed later

    def test_changed_draft(self):
        "A scan that is replaced replaces that of the draft"
        file = self.drop("a.pdf", b'1')
        self.synchronize()
        before = self.documents('id')
        self.google.edit_file(ALICE, file['id'], content=b'22')
        self.synchronize()
        self.assertEqual(self.contents(), [b'22'])
        self.assertEqual(self.documents('id'), before)
        self.assert_settled()

    def test_changed_here(self):
        "What people have changed is kept"
        file = self.drop("a.pdf", b'1')
        self.synchronize()
        id, = self.documents('id')
        with database(1) as pool:
            Document = pool.get(DOCUMENT)
            Document.write([Document(id)], {'data': b'mine'})
        self.google.edit_file(ALICE, file['id'], content=b'2')
        self.synchronize()
        self.assertEqual(self.contents(), [b'mine', b'2'])

    def test_changed_after(self):
        "What is beyond the draft is never changed"
        file = self.drop("a.pdf", b'0')
        self.synchronize()
        for i, state in enumerate(['processing', 'done', 'cancelled'], 1):
            with self.subTest(state=state):
                id = self.documents('id')[-1]
                with database() as pool:
                    table = pool.get(DOCUMENT).__table__()
                    Transaction().connection.cursor().execute(*table.update(
                            [table.state], [state], where=table.id == id))
                self.google.edit_file(
                    ALICE, file['id'], content=b'%d' % i)
                self.synchronize()
                self.assertEqual(
                    self.contents(), [b'%d' % n for n in range(i + 1)])
        self.assertEqual(self.documents('state'), [
                'processing', 'done', 'cancelled', 'draft'])
        # the link leads from the last one
        self.assertEqual(
            [bool(x) for x in self.documents('google_drive_link')],
            [False] * 3 + [True])

    def test_renamed(self):
        "A document of Google that is renamed is no other document"
        file = self.google.create_file(
            ALICE, "Offer", content=["Hello"], mimeType=GOOGLE_DOC,
            parent=self.root)
        self.synchronize()
        id, = self.documents('id')
        with database() as pool:
            table = pool.get(DOCUMENT).__table__()
            Transaction().connection.cursor().execute(*table.update(
                    [table.state], ['done'], where=table.id == id))
        self.google.advance(10)
        self.google.rename_file(ALICE, file['id'], "Our Offer")
        self.synchronize()
        self.assertEqual(self.documents('id'), [id])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_split(self):
        "The parts of a document have its link"
        self.drop("a.pdf", b'1')
        self.synchronize()
        id, = self.documents('id')
        with database(1) as pool:
            Document = pool.get(DOCUMENT)
            Document.write([Document(id)], {'active': False})
            Document.copy([Document(id)], default={
                    'active': True, 'parent': id})
        first, second = self.documents('google_drive_link')
        self.assertEqual(first, second)
        self.assertTrue(first)

    # What becomes of the file

    def test_trashed(self):
        "The document stays, and is no other one when the file comes back"
        file = self.drop("a.pdf", b'1')
        self.synchronize()
        for trashed in [True, False]:
            self.google.trash_file(ALICE, file['id'], trashed)
            self.synchronize()
            self.assertEqual(self.documents(), ["a.pdf"])
        self.assertEqual(self.errors(), [])
        self.google.delete_file(ALICE, file['id'])
        self.synchronize()
        self.assertEqual(self.documents(), ["a.pdf"])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_trashed_before(self):
        "What is trashed before its content came is no document"
        file = self.drop("a.pdf", b'1')

        def trash(*args):
            self.google.trash_file(ALICE, file['id'])
        with self.hook('download_pieces', before=trash):
            self.run_once()
        self.synchronize()
        self.synchronize()
        self.assertLessEqual(len(self.documents()), 1)
        self.assertEqual(
            len(self.documents()), len(self.search(FILE, 'id')))

    def test_deleted(self):
        "A document that people delete does not come back"
        file = self.drop("a.pdf", b'1')
        self.synchronize()
        id, = self.documents('id')
        with database(1) as pool:
            Document = pool.get(DOCUMENT)
            Document.delete([Document(id)])
        self.click(DRIVE, self.drive, 'reset_synchronization')
        self.synchronize()
        self.assertEqual(self.documents(), [])
        self.assertEqual(self.search(FILE, 'google_state'), ['synchronized'])
        self.assert_settled()
        self.google.edit_file(ALICE, file['id'], content=b'2')
        self.synchronize()
        self.assertEqual(self.contents(), [b'2'])

    # The rule

    def test_access(self):
        "The acting user needs the right to make documents"
        with database(1) as pool:
            User = pool.get('res.user')
            ModelData = pool.get('ir.model.data')
            group = ModelData.get_id(
                'document_incoming', 'group_document_incoming')
            User.write([User(self.stranger)], {'groups': [('add', [group])]})
        self.set_rule(user=self.stranger)
        with database(1) as pool:
            User = pool.get('res.user')
            User.write([User(self.stranger)], {
                    'groups': [('remove', [group])]})
        self.drop("a.pdf")
        self.synchronize()
        self.assertEqual(self.documents(), [])
        self.assertEqual(len(self.errors()), 1)

    def test_both(self):
        "Such a rule sends nothing"
        with self.assertRaises(ValidationError):
            self.set_rule(direction='both')

    def test_two_rules(self):
        "What another rule would attach is told"
        self.folder("Sales")
        self.create_rule(name="Groups", sequence=2, model=GROUP)
        self.google.create_file(
            ALICE, "a.pdf", content=b'1', parent=self.folder("Sales"))
        with database(1) as pool:
            Rule = pool.get(RULE)
            Rule.write([Rule(self.rule)], {'sequence': 1})
        self.synchronize()
        self.assertEqual(self.documents(), ["a.pdf"])
        error, = self.errors()
        self.assertIn("Groups", error)

    def test_attached(self):
        "What is attached to a record is no document, wherever it is put"
        root = self.google.create_folder(ALICE, "Groups")['id']
        sales = self.google.create_folder(ALICE, "Sales", parent=root)['id']
        self.create_rule(name="Groups", root=root)
        file = self.google.create_file(
            ALICE, "a.pdf", content=b'1', parent=sales)
        self.synchronize()
        self.google.move_file(ALICE, file['id'], sales, self.root)
        self.synchronize()
        self.assertEqual(self.documents(), [])
        self.assertEqual(
            [r.id for r in self.search(ATTACHMENT, 'resource')], [self.group])
        self.assertEqual(self.search(FILE, 'google_state'), ['apart'])
        self.assertEqual(len(self.errors()), 1)
        self.assert_settled()

    def test_filestore(self):
        "The content may be in the database"
        Document = self.model(DOCUMENT)
        with patch.object(Document.data, 'file_id', None):
            self.drop("a.pdf", b'1')
            self.synchronize()
            self.assertEqual(self.contents(), [b'1'])
