# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The mails of the records of a model get a label in Gmail"
from unittest.mock import patch

from trytond.modules.google_gmail import label as labels
from trytond.modules.google_integration import bookkeeping
from trytond.transaction import Transaction

from .tools import ACCOUNT, ALICE, MESSAGE, GmailTestCase, database, mail

CREATE = 'gmail.users.labels.create'
LIST = 'gmail.users.labels.list'
MODIFY = 'gmail.users.messages.batchModify'
LABEL = 'google_gmail.label'


class LabelTestCase(GmailTestCase):
    account_values = {'set_labels': True}

    def setUp(self):
        super().setUp()
        with database() as pool:
            model, = pool.get('ir.model').search([('name', '=', 'res.user')])
            pool.get(LABEL).create([{
                        'account': self.account, 'model': model.id,
                        'name': "Tryton/Users"}])
        self.requests()

    def send_about(self, count=1):
        ids = self.send(*[mail(subject=str(i)) for i in range(count)])
        with database() as pool:
            bookkeeping.update(
                pool.get(MESSAGE), ids, {'resource': f'res.user,{self.jane}'})
        return ids

    def labelled(self, name="Tryton/Users"):
        "The number of mails that have the label of the name in Gmail"
        label, = [
            lb['id'] for lb in self.as_person(lambda u: u.labels().list(
                    userId='me'))['labels'] if lb['name'] == name]
        return len(self.google.mailbox(ALICE, label))

    def test_set(self):
        "The label is made once, and set on those about records of the model"
        self.send_about()
        self.send(mail(subject="about nothing"))
        self.deliver_all()
        self.assertEqual(
            self.search(MESSAGE, 'label'), ["Tryton/Users", None])
        self.assertEqual(self.labelled(), 1)
        self.requests()
        self.send_about()
        self.deliver_all()
        requests = self.requests()
        self.assertNotIn(CREATE, requests)
        self.assertEqual(requests.count(MODIFY), 1)
        self.assertEqual(self.labelled(), 2)
        self.requests()
        self.deliver_all()
        self.assertEqual(self.requests(), [])

    def test_batches(self):
        self.enterContext(patch.object(labels, 'CHUNK', 2))
        self.send_about(5)
        self.deliver_all()
        self.assertEqual(self.requests().count(MODIFY), 3)
        self.assertEqual(self.labelled(), 5)

    def test_capitals(self):
        "Gmail knows no capitals in names"
        self.as_person(lambda u: u.labels().create(
                userId='me', body={'name': "TRYTON/users"}))
        self.requests()
        self.send_about()
        self.deliver_all()
        self.assertNotIn(CREATE, self.requests())
        self.assertEqual(self.labelled("TRYTON/users"), 1)

    def test_lost_answer(self):
        "A label that was made is found"
        self.send_about()
        self.google.add_fault('drop_after', method_id=CREATE)
        self.deliver_all()
        self.assertEqual(self.requests().count(CREATE), 1)
        self.assertEqual(self.labelled(), 1)

    def test_failure(self):
        "What was not labelled is labelled later, and sent only once"
        ids = self.send_about()
        self.google.add_fault(
            'status', method_id=MODIFY, status=403, reason='forbidden')
        self.assertFalse(self.deliver())
        self.assertEqual(self.message(ids[0], 'state', 'label'),
            ['sent', None])
        self.hurry()
        self.deliver_all()
        self.assertEqual(self.labelled(), 1)
        self.assertEqual(len(self.arrived()), 1)

    def test_refused(self):
        "One that is refused does not keep the others from their label"
        self.send_about(3)
        self.google.add_fault(
            'status', method_id=MODIFY, status=400, reason='invalidArgument')
        self.google.add_fault(
            'status', method_id='gmail.users.messages.modify', status=404,
            reason='notFound')
        self.deliver_all()
        self.assertEqual(self.labelled(), 2)
        self.requests()
        self.deliver_all()
        self.assertEqual(self.requests(), [])

    def test_due(self):
        "The scheduled task finds what was received and has no label"
        with database() as pool:
            Account = pool.get(ACCOUNT)
            Queue = pool.get('ir.queue')
            Queue.delete(Queue.search([]))
            Account.deliver_due()
            self.assertEqual(Queue.search([]), [])
            pool.get(MESSAGE).create([{
                        'account': self.account, 'direction': 'in',
                        'state': 'received', 'gmail_id': '1a2b',
                        'at': bookkeeping.utcnow(),
                        'resource': f'res.user,{self.jane}'}])
            Account.deliver_due()
            self.assertEqual(len(Queue.search([])), 1)
            Transaction().rollback()

    def test_name(self):
        for name in ["a//b", "/a", "a /b", "x" * 226]:
            with self.subTest(name=name), database(commit=False) as pool, \
                    self.assertRaisesRegex(Exception, "name of a label"):
                Label = pool.get(LABEL)
                Label.write(Label.search([]), {'name': name})
