# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What may happen to a drive while, or before, it runs"
from unittest.mock import patch

from trytond.modules.google_drive import network
from trytond.modules.google_integration.engine import Run
from trytond.modules.google_integration.tests.tools import visit
from trytond.transaction import Transaction

from .tools import (
    ALICE, ATTACHMENT, BOB, CREDENTIALS, DRIVE, FILE, RULE,
    GoogleDriveTestCase, database)


class AttackRunTestCase(GoogleDriveTestCase):

    # Another account

    def authorize(self, account):
        with database(self.jane) as pool:
            Credentials = pool.get(CREDENTIALS)
            action = Credentials.request_authorization(
                [Credentials(self.credentials)])
        visit(self.google.consent(action['url'], account=account))

    def email(self):
        return self.read(CREDENTIALS, self.credentials, 'email')

    def test_other_account(self):
        "What belongs to one account is not taken for that of another"
        self.attach("a.txt", b'1')
        self.drop("b.txt", b'2')
        self.synchronize()
        self.google.create_file(BOB, "private.txt", content=b'3')
        self.attach("c.txt", b'4')
        self.authorize(BOB)
        self.assertEqual(self.email(), ALICE)
        # nor without the tokens, as long as there are drives of it
        self.click(CREDENTIALS, self.credentials, 'revoke')
        self.authorize(BOB)
        self.assertEqual(self.email(), ALICE)
        self.assertFalse(self.run_once())
        self.assertEqual(
            [f['name'] for f in self.google.files(user=BOB)],
            ["private.txt"])
        self.assertEqual(
            self.remote(), [("Sales/a.txt", b'1'), ("Sales/b.txt", b'2')])
        self.authorize(ALICE)
        self.synchronize()
        self.assert_equal_sides(3)
        self.assert_settled()

    # Disabled in the middle

    def stop(self, model, id, name):
        def stop(*args):
            with self.meanwhile(1) as pool:
                Model = pool.get(model)
                Model.write([Model(id)], {name: False})
        return stop

    def go_on(self, model, id, name):
        with database(1) as pool:
            Model = pool.get(model)
            Model.write([Model(id)], {name: True})

    def switches(self):
        return [
            (DRIVE, self.drive, 'enabled'),
            (CREDENTIALS, self.credentials, 'sync_enabled')]

    def test_disabled_receiving(self):
        "Between two pages"
        for i in range(5):
            self.drop(f'{i}.txt', b'%d' % i)
        for switch in self.switches():
            with self.subTest(switch):
                cursor = self.read(DRIVE, self.drive, 'cursor')
                with patch.object(network, 'PAGE', 2), \
                        self.hook('list_changes', self.stop(*switch)):
                    self.assertTrue(self.run_once())
                self.assertNotEqual(
                    self.read(DRIVE, self.drive, 'cursor'), cursor)
                self.assertEqual(self.local(), [])
                self.assertFalse(
                    self.read(DRIVE, self.drive, 'last_error'))
                # nor does another run anything
                self.requests()
                self.run_once()
                self.assertEqual(self.requests(), [])
                self.go_on(*switch)
        self.synchronize()
        self.assert_equal_sides(5)
        self.assert_settled()

    def test_disabled_sending(self):
        "Between two chunks"
        self.attach("a.txt", b'1')
        for switch in self.switches():
            with self.subTest(switch):
                with self.hook('push_pieces', self.stop(*switch)):
                    self.run_once()
                self.assertEqual(self.remote(), [])
                self.go_on(*switch)
        self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()

    # The brake

    def test_brake_in_pieces(self):
        "Deletions count together, however they were made"
        attachments = [self.attach(f'{i}.txt') for i in range(4)]
        self.synchronize()
        self.synchronize()
        self.set_service(deletion_limit=2)
        for id in attachments[:3]:
            self.delete(id)
        for act in [
                lambda: None,
                self.deactivate_rule,
                self.delete_rule]:
            act()
            self.assertFalse(self.run_once())
            self.assertEqual(len(self.remote()), 4)
            self.assertEqual(len(self.tombstones()), 3)
        # nor are the files of the rule deleted with it
        self.assertEqual(self.search(ATTACHMENT, 'id'), attachments[3:])

    def deactivate_rule(self):
        with database(1, context={'_skip_warnings': True}) as pool:
            Rule = pool.get(RULE)
            Rule.write([Rule(self.rule)], {'active': False})

    def delete_rule(self):
        with database(1, context={'_skip_warnings': True}) as pool:
            Rule = pool.get(RULE)
            Rule.delete([Rule(self.rule)])

    def test_delete_rule(self):
        for i in range(3):
            self.attach(f'{i}.txt')
        self.synchronize()
        self.delete_rule()
        self.synchronize()
        self.assert_equal_sides(3)
        self.assertEqual(self.tombstones(), [])

    # Two workers

    def test_two_workers(self):
        "One of them runs, whatever the other one begins with"
        for i in range(3):
            self.drop(f'in{i}.txt', b'%d' % i)
            self.attach(f'out{i}.txt', b'%d' % i)
        ran = []

        def other(*args):
            with Transaction().new_transaction():
                ran.append(Run(self.model(DRIVE), self.drive)())
        with self.hook('list_changes', other), \
                self.hook('download_pieces', other), \
                self.hook('push_pieces', other, other):
            self.synchronize()
        self.assertEqual(ran, [False] * 4)
        self.assert_equal_sides(6)
        self.assertEqual(len(self.search(FILE, 'id')), 6)
        self.assert_settled()

    # What files say of themselves

    def test_odd_marks(self):
        "Marks that name no attachment are those of nobody"
        with database(commit=False) as pool:
            Configuration = pool.get('ir.configuration')
            installation = Configuration.get_google_installation()
        self.attach("own.txt", b'own')
        for i, value in enumerate([
                    str(10 ** 40), str(2 ** 31), '-1', '0', 'text', '\u0663',
                    '1e3', '']):
            self.drop(f'{i}.txt', b'%d' % i, appProperties={
                    'tryton_database': installation,
                    'tryton_attachment': value,
                    })
        with self.assertNoLogs(
                'trytond.modules.google_integration.engine', 'ERROR'):
            self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_equal_sides(9)
        self.assert_settled()

    def test_odd_properties(self):
        "Nor do they stop others"
        self.set_rule(match_properties=True)
        for i, value in enumerate([
                    f'res.group,{10 ** 40}', 'res.group,-1', 'res.group,x',
                    'res.group,\u0663', f'res.user,{self.group}']):
            self.drop(
                f'{i}.txt', b'x', folder="Nobody",
                properties={'tryton_record': value})
        self.drop("good.txt", folder="Nobody", properties={
                'tryton_record': f'res.group,{self.group}'})
        with self.assertNoLogs(
                'trytond.modules.google_integration.engine', 'ERROR'):
            self.synchronize()
        self.assertEqual([n for n, _ in self.local()], ["Sales/good.txt"])

    def test_odd_names(self):
        "Whatever a pattern finds in a name, the others go on"
        self.set_rule(
            match_folder=False, match_pattern=r'(?P<id>[^ ]+) (?P<n>.*)',
            match_fields='id: id\nn: name')
        bad = [
            f'{10 ** 40} Sales', f'{2 ** 31} Sales', '-1 Sales',
            '1\x00 Sales', f'{self.group} Sa\x00les',
            f'{self.group} \ud7ff\x00', '9' * 5000 + ' Sales']
        for name in bad:
            self.drop(name, b'x')
        self.drop(f'{self.group} Sales')
        with self.assertNoLogs(
                'trytond.modules.google_integration.engine', 'ERROR'):
            self.synchronize()
        self.assertEqual(
            [n for n, _ in self.local()], [f"Sales/{self.group} Sales"])


del GoogleDriveTestCase
