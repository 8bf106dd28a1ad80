# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A process dies, or two deliver at once: no mail is lost, or sent twice"
from unittest.mock import patch

from trytond.modules.google_gmail.delivery import Delivery
from trytond.modules.google_gmail.network import GmailNetwork
from trytond.modules.google_integration.tests.killed import killed_at
from trytond.transaction import Transaction

from .bad_input_case import BadInputCase
from .tools import ACCOUNT, ALICE, MESSAGE, database, mail


def killed(case, number, done):
    """Deliver until the commit of this number, and tell if there was one

    ``done`` tells if that one is done.
    """
    reached = killed_at(case.deliver, number, done)
    # its lease ends
    case.update(ACCOUNT, case.account, send_until=0.0)
    return reached


class KilledCase(BadInputCase):
    "The process dies between any two commits"
    # what may become of the mail
    ends = {'sent'}

    def test_killed(self):
        for done in [False, True]:
            number, reached = 0, True
            while reached:
                number += 1
                subject = f'{number} {done}'
                id, = self.send(mail(subject=subject))
                with self.subTest(number=number, done=done):
                    reached = killed(self, number, done)
                    self.hurry()
                    self.deliver_all()
                    state = self.message(id)
                    self.assertIn(state, self.ends)
                    count = self.count(subject)
                    self.assertLessEqual(count, 1)
                    if state == 'sent':
                        self.assertEqual(count, 1)
            self.assertGreater(number, 4)
        self.assertEqual(self.google.mailbox(ALICE, 'DRAFT'), [])


class KilledDraftTestCase(KilledCase):
    "With drafts: each arrives once, and Google tells so"
    account_values = {'receive_replies': True}


class KilledDraftOnlyTestCase(KilledCase):
    "With drafts that were sent, but nobody may look for what was sent"
    ends = {'sent', 'uncertain'}

    def test_killed(self):
        super().test_killed()
        with database(commit=False) as pool:
            subjects = [
                m.subject for m in pool.get(MESSAGE).search(
                    [('state', '=', 'uncertain')])]
        # it was sent, or its draft would be there
        self.assertTrue(subjects)
        for subject in subjects:
            self.assertEqual(self.count(subject), 1)


class KilledSendTestCase(KilledCase):
    account_values = {'drafts': False}
    ends = {'sent', 'uncertain'}


class KilledSmtpTestCase(KilledCase):
    account_values = {'transport': 'smtp'}
    ends = {'sent', 'uncertain'}

    def setUp(self):
        super().setUp()
        self.trust_smtp()


class WorkersTestCase(BadInputCase):
    "Two workers at once: one sends"
    account_values = {'drafts': False}

    def test_workers(self):
        "Another worker comes while Google is asked"
        first, second = self.send(mail(subject="1"), mail(subject="2"))
        send, results = GmailNetwork.send, []

        def meanwhile(network, attempt):
            with self.meanwhile(user=0) as pool:
                results.append(Delivery(pool.get(ACCOUNT), self.account)())
            return send(network, attempt)
        with patch.object(GmailNetwork, 'send', meanwhile):
            self.deliver_all()
        self.assertEqual(results, [False, False])
        self.assertEqual(self.states(), ['sent', 'sent'])
        self.assertEqual([self.count("1"), self.count("2")], [1, 1])

    def test_lease_lost(self):
        "A worker slept so long that another one took over"
        for after in [False, True]:
            with self.subTest(after=after):
                subject = f'after {after}'
                id, = self.send(mail(subject=subject))
                send = GmailNetwork.send

                def overtaken(network, attempt):
                    if after:
                        outcome = send(network, attempt)
                    self.overtake()
                    return outcome if after else send(network, attempt)
                with patch.object(GmailNetwork, 'send', overtaken):
                    self.assertFalse(self.deliver())
                self.hurry()
                self.deliver_all()
                self.assertEqual(self.message(id), 'uncertain')
                self.assertEqual(self.count(subject), 1)

    def overtake(self):
        "Another worker finds the lease at its end"
        with Transaction().new_transaction() as transaction:
            Account = self.model(ACCOUNT)
            table = Account.__table__()
            transaction.connection.cursor().execute(*table.update(
                    [table.send_until], [0.0]))
            transaction.commit()
        with self.meanwhile(user=0) as pool:
            self.assertTrue(Delivery(pool.get(ACCOUNT), self.account)())


del BadInputCase, KilledCase
