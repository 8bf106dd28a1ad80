# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A file that is put into the folder of another record is attached to that"
from contextlib import contextmanager

from .tools import (
    ALICE, ATTACHMENT, DRIVE, FILE, GROUP, RULE, GoogleDriveTestCase, database)

ERROR = 'google_integration.sync_error'
NAME = "Sales 2"
OUTSIDE = f'[["name", "!=", "{NAME}"]]'


class MoveTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.other = self.create_record(NAME)
        self.here, self.there = self.folder("Sales"), self.folder(NAME)

    def dropped(self, name="a.txt", content=b'1'):
        "A file that came from Google: the ids of both sides"
        file = self.drop(name, content)
        self.synchronize()
        id, = self.search(ATTACHMENT, 'id', domain=[('name', '=', name)])
        self.google.clear_log()
        return id, file['id']

    def sent(self, name="a.txt", content=b'1'):
        "A file that came from Tryton: the ids of both sides"
        id = self.attach(name, content)
        self.synchronize()
        self.synchronize()
        self.google.clear_log()
        return id, self.file(id, 'google_id')

    def move(self, google_id, source=None, destination=None):
        self.google.move_file(
            ALICE, google_id, source or self.here, destination or self.there)

    def records(self):
        with database(commit=False) as pool:
            return {
                a.id: a.resource and a.resource.id
                for a in pool.get(ATTACHMENT).search([])}

    def retry(self):
        for id in self.search(ERROR, 'id'):
            self.click(ERROR, id, 'retry')

    def sweep(self):
        with database() as pool:
            pool.get(RULE).sweep()

    # Followed

    def test_moved(self):
        "The attachment follows, and nothing else happens"
        for make in [self.dropped, self.sent]:
            with self.subTest(make=make.__name__):
                id, google_id = make()
                self.move(google_id)
                self.synchronize()
                self.assertEqual(self.records(), {id: self.other})
                self.assertEqual(self.remote(), [(f"{NAME}/a.txt", b'1')])
                self.assertEqual(self.writes(), [])
                self.assertEqual(self.errors(), [])
                self.assert_settled()
                # both ways go on
                self.write(id, data=b'2')
                self.synchronize()
                self.assertEqual(self.remote(), [(f"{NAME}/a.txt", b'2')])
                self.google.edit_file(ALICE, google_id, content=b'3')
                self.synchronize()
                self.assertEqual(self.local(), [(f"{NAME}/a.txt", b'3')])
                # and so does the way back
                self.move(google_id, self.there, self.here)
                self.synchronize()
                self.assertEqual(self.records(), {id: self.group})
                self.assert_equal_sides(1)
                self.assert_settled()
                self.delete(id)
                self.synchronize()

    def test_edited(self):
        "What was edited as well comes along"
        id, google_id = self.dropped()
        self.move(google_id)
        self.google.edit_file(ALICE, google_id, content=b'2', name="b.txt")
        self.synchronize()
        self.assertEqual(self.records(), {id: self.other})
        self.assertEqual(self.local(), [(f"{NAME}/b.txt", b'2')])
        self.assert_settled()

    def test_below(self):
        "In a folder of the other record it stays"
        id, google_id = self.sent()
        scans = self.google.create_folder(
            ALICE, "Scans", parent=self.there)['id']
        self.move(google_id, destination=scans)
        self.synchronize()
        self.assertEqual(self.records(), {id: self.other})
        self.write(id, data=b'2')
        self.synchronize()
        self.assertEqual(
            self.remote(), [(f"{NAME}/Scans/a.txt", b'2')])
        self.assert_settled()

    def test_folder(self):
        "A folder takes along what it holds"
        scans = self.google.create_folder(
            ALICE, "Scans", parent=self.here)['id']
        for name in ["a.txt", "b.txt"]:
            self.google.create_file(
                ALICE, name, content=b'1', parent=scans)
        self.synchronize()
        before = set(self.records())
        self.move(scans)
        self.synchronize()
        self.assertEqual(
            self.records(), dict.fromkeys(before, self.other))
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_own_folder(self):
        "The folder of a record takes its files nowhere else"
        id, _ = self.sent()
        self.move(self.here, self.root)
        self.synchronize()
        self.assertEqual(self.records(), {id: self.group})
        self.assert_settled()

    def test_renamed_folder(self):
        "A folder that was renamed is known by what is in it"
        self.attach("b.txt", b'2', self.other)
        id, google_id = self.sent()
        self.google.rename_file(ALICE, self.there, "Renamed")
        self.move(google_id)
        self.synchronize()
        self.assertEqual(self.records()[id], self.other)
        self.assert_settled()

    def test_renamed_record(self):
        "It goes along with the other record, as all of its files do"
        id, google_id = self.sent()
        self.move(google_id)
        self.synchronize()
        with database(1) as pool:
            Group = pool.get(GROUP)
            Group.write([Group(self.other)], {'name': "Sales 3"})
        self.sweep()
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales 3/a.txt", b'1')])
        self.assertEqual(self.records(), {id: self.other})
        self.assert_settled()

    def test_renamed_at_once(self):
        "What is put into the folder of a record that is renamed meanwhile"
        self.rename_at_once()

    def test_renamed_and_followed(self):
        "And if the rule has noticed that already"
        self.rename_at_once(self.sweep)

    def rename_at_once(self, then=lambda: None):
        id, _ = self.sent()
        with database(1) as pool:
            Group = pool.get(GROUP)
            Group.write([Group(self.group)], {'name': "Sales 3"})
        then()
        self.google.create_file(
            ALICE, "b.txt", content=b'2', parent=self.here)
        self.synchronize()
        self.assertEqual(set(self.records().values()), {self.group})
        self.assertEqual(
            self.local(), [("Sales 3/a.txt", b'1'), ("Sales 3/b.txt", b'2')])
        self.assertEqual(self.errors(), [])
        self.sweep()
        self.synchronize()
        self.assert_settled()

    def test_named_by_record(self):
        "The name that the rule makes of the record is that of the other one"
        self.set_rule(filename='${record.name} ${attachment.name}')
        id, google_id = self.sent()
        self.move(google_id)
        self.synchronize()
        self.assertEqual(
            self.remote(), [(f"{NAME}/{NAME} a.txt", b'1')])
        self.assertEqual(self.search(ATTACHMENT, 'name'), ["a.txt"])
        self.assert_settled()

    def test_received(self):
        "What is only received follows, too, and is not sent"
        self.set_rule(direction='to_tryton')
        id, google_id = self.dropped()
        self.move(google_id)
        self.synchronize()
        self.assertEqual(self.records(), {id: self.other})
        self.assertEqual(self.writes(), [])
        self.assert_settled()

    def test_both_moved(self):
        "Moved on both sides is a conflict, of which one side stands"
        third = self.create_record("Sales 3")
        for policy, name, record in [
                ('google', NAME, self.other), ('tryton', "Sales 3", third)]:
            with self.subTest(policy=policy):
                self.set_rule(conflict_policy=policy)
                id, google_id = self.sent()
                self.write(id, resource=f'{GROUP},{third}')
                self.move(google_id)
                self.synchronize()
                self.synchronize()
                self.assertEqual(self.remote(), [(f"{name}/a.txt", b'1')])
                self.assertEqual(self.records(), {id: record})
                self.assert_settled()
                self.delete(id)
                self.synchronize()

    def test_other_rule(self):
        "Below the root of another rule it is that rule's"
        root = self.google.create_folder(ALICE, "Other")['id']
        folder = self.google.create_folder(ALICE, NAME, parent=root)['id']
        rule = self.create_rule(name="Other", root=root, sequence=2)
        id, google_id = self.sent()
        self.move(google_id, destination=folder)
        self.synchronize()
        self.assertEqual(self.records(), {id: self.other})
        self.assertEqual(self.file(id, 'rule'), rule)
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_other_rule_nobody(self):
        "But not in a folder of nobody"
        root = self.google.create_folder(ALICE, "Other")['id']
        self.create_rule(name="Other", root=root, sequence=2)
        id, google_id = self.dropped()
        self.move(google_id, destination=root)
        self.synchronize()
        self.assertEqual(self.records(), {id: self.group})
        self.assertEqual(self.file(id, 'google_state'), 'apart')
        self.assertEqual(len(self.errors()), 1)
        self.move(google_id, root, self.here)
        self.synchronize()
        self.assertEqual(self.file(id, 'google_state'), 'synchronized')
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    # Not followed

    @contextmanager
    def hidden(self, mode):
        "The other record, from whoever is not the root"
        with database(1) as pool:
            group, = pool.get('ir.rule.group').create([{
                        'name': "Hidden", 'model': GROUP, 'global_p': True,
                        'perm_read': mode == 'read',
                        'perm_write': mode == 'write',
                        'perm_create': False, 'perm_delete': False,
                        'rules': [('create', [{'domain': OUTSIDE}])],
                        }])
            group = group.id
        try:
            yield
        finally:
            with database(1) as pool:
                Group = pool.get('ir.rule.group')
                Group.delete([Group(group)])

    def test_rights(self):
        "The acting user may not attach to the record: it is told"
        id, google_id = self.dropped()
        other, _ = self.dropped("b.txt")
        with self.hidden('write'):
            self.move(google_id)
            self.google.edit_file(ALICE, _, content=b'2')
            self.synchronize()
            self.assertEqual(
                self.records(), {id: self.group, other: self.group})
            self.assertEqual(len(self.errors()), 1)
            # the others go on
            self.assertIn(("Sales/b.txt", b'2'), self.local())
        self.retry()
        self.synchronize()
        self.assertEqual(
            self.records(), {id: self.other, other: self.group})
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_hidden(self):
        "What the acting user does not see is none of the rule"
        id, google_id = self.dropped()
        with self.hidden('read'):
            self.move(google_id)
            self.synchronize()
            self.assertEqual(len(self.errors()), 1)
            self.assertEqual(self.file(id, 'orphan'), 'log')
        self.assertEqual(self.records(), {id: self.group})
        self.sweep()
        self.synchronize()
        self.assertEqual(self.records(), {id: self.other})
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_outside(self):
        "A record that the rule does not match: as without record"
        quarantine = self.google.create_folder(ALICE, "Quarantine")['id']
        fallback = self.create_record("Sales fallback")
        for policy, record, parent, told in [
                ('quarantine', self.group, quarantine, 1),
                ('record', fallback, self.there, 0),
                ('keep', self.group, self.there, 0),
                ('log', self.group, self.there, 1)]:
            with self.subTest(policy=policy):
                self.set_rule(
                    domain=OUTSIDE, orphans=policy, quarantine=quarantine,
                    fallback=f'{GROUP},{fallback}')
                id, google_id = self.dropped()
                self.move(google_id)
                self.synchronize()
                self.synchronize()
                self.assertEqual(self.records(), {id: record})
                self.assertEqual(self.google.file(google_id)['parent'], parent)
                self.assertEqual(len(self.errors()), told)
                self.assertEqual(self.search(FILE, 'orphan'), [policy])
                self.assert_settled()
                self.sweep()
                self.synchronize()
                self.assertEqual(self.records(), {id: record})
                # it is one of the rule now
                self.set_rule(domain='[]')
                self.sweep()
                self.synchronize()
                self.synchronize()
                self.assertEqual(self.records(), {id: self.other})
                self.assertEqual(
                    self.google.file(google_id)['parent'], self.there)
                self.assertEqual(self.search(FILE, 'orphan'), [None])
                self.assertEqual(self.errors(), [])
                self.assert_settled()
                self.delete(id)
                self.synchronize()

    def test_outside_back(self):
        "Back in the folder of its record it is as before"
        quarantine = self.google.create_folder(ALICE, "Quarantine")['id']
        self.set_rule(
            domain=OUTSIDE, orphans='quarantine', quarantine=quarantine)
        for make in [self.dropped, self.sent]:
            with self.subTest(make=make.__name__):
                id, google_id = make()
                self.move(google_id)
                self.synchronize()
                self.synchronize()
                self.move(google_id, quarantine, self.here)
                self.synchronize()
                self.assertEqual(self.records(), {id: self.group})
                self.assertEqual(self.search(FILE, 'orphan'), [None])
                self.assertEqual(self.errors(), [])
                self.assert_equal_sides(1)
                self.assert_settled()
                self.delete(id)
                self.synchronize()

    def test_nobody(self):
        "In a folder of nobody it stays with its record"
        elsewhere = self.folder("Elsewhere")
        for make in [self.dropped, self.sent]:
            with self.subTest(make=make.__name__):
                id, google_id = make()
                self.move(google_id, destination=elsewhere)
                self.synchronize()
                self.assertEqual(self.records(), {id: self.group})
                self.assertEqual(self.errors(), [])
                self.assertEqual(
                    self.remote(), [("Elsewhere/a.txt", b'1')])
                self.assert_settled()
                self.delete(id)
                self.synchronize()

    def test_many(self):
        "A folder of two records is told"
        self.create_record(NAME + ".")
        id, google_id = self.dropped()
        self.move(google_id)
        self.synchronize()
        self.assertEqual(self.records(), {id: self.group})
        error, = self.errors()
        self.assertIn("several", error)
        self.assert_settled()

    # Crashes

    def test_crash(self):
        "A run that dies over it goes on with it"
        id, google_id = self.sent()

        def die(*args):
            raise KeyboardInterrupt
        for i, hook in enumerate(['list_changes', 'download_pieces']):
            source, destination = (
                (self.here, self.there), (self.there, self.here))[i]
            self.move(google_id, source, destination)
            with self.assertRaises(KeyboardInterrupt), \
                    self.hook(hook, after=die):
                self.run_once()
            self.update(DRIVE, self.drive, lease_until=0.0)
            self.synchronize()
            self.assertEqual(
                self.records(), {id: [self.other, self.group][i]})
            self.assert_equal_sides(1)
            self.assert_settled()
