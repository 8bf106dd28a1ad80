# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"With whom files are shared, and which mails Google sends"
import datetime as dt
import json

from trytond.model.exceptions import AccessError
from trytond.modules.google_drive.exceptions import (
    DriveShareAnyoneWarning, DriveShareError)
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.tests.tools import configure
from trytond.modules.google_integration.tests.wizard import WizardSession

from .tools import (
    ALICE, ATTACHMENT, BOB, FILE, GROUP, RULE, GoogleDriveTestCase, database)

CAROL = 'carol@example.com'
NOBODY = 'nobody@example.org'


class ShareCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.google.add_user(CAROL)
        self.attachment = self.attach("a.txt")
        self.synchronize()
        self.google_id = self.file(self.attachment, 'google_id')
        self.google.clear_log()

    def wizard(self, user=1, model=ATTACHMENT, id=None):
        wizard = WizardSession(
            'google_drive.share', user, model, id or self.attachment)
        wizard.execute()
        return wizard

    def grants(self, google_id=None):
        return {
            (p['type'], p['value'], p['role'])
            for p in self.google.file(google_id or self.google_id)[
                'permissions'] if p['role'] != 'owner'}

    def mails(self):
        return [
            (m['to'], m['role'], m['message']) for m in self.google.mails()]


class ShareTestCase(ShareCase):

    def test_people(self):
        wizard = self.wizard()
        self.assertEqual(
            [(p['who'], p['role']) for p in wizard.values['permissions']],
            [(ALICE, 'owner')])
        wizard.execute(
            'share', addresses=f"Bob <{BOB}>, {CAROL}\n{BOB.upper()}",
            role='commenter', notify=True, message="For you")
        self.assertEqual(self.grants(), {
                ('user', BOB, 'commenter'), ('user', CAROL, 'commenter')})
        self.assertEqual(self.mails(), [
                (BOB, 'commenter', "For you"),
                (CAROL, 'commenter', "For you")])
        self.assertEqual(
            sorted(p['who'] for p in wizard.values['permissions']),
            [ALICE, BOB, CAROL])
        self.assertIn("shared with", wizard.values['outcome'])

    def test_again(self):
        "What has been shared is not shared, nor mailed, again"
        wizard = self.wizard()
        wizard.execute('share', addresses=BOB)
        wizard.execute('share', addresses=BOB)
        self.assertEqual(len(self.mails()), 1)
        wizard.execute('share', addresses=BOB, role='writer')
        self.assertEqual(self.grants(), {('user', BOB, 'writer')})
        self.assertEqual(len(self.mails()), 2)

    def test_silent(self):
        self.wizard().execute('share', addresses=BOB, notify=False)
        self.assertEqual(self.grants(), {('user', BOB, 'reader')})
        self.assertEqual(self.mails(), [])

    def test_expires(self):
        wizard = self.wizard()
        now = bookkeeping.utcnow().replace(microsecond=0)
        until = now + dt.timedelta(days=30)
        wizard.execute('share', addresses=BOB, expires=until)
        self.assertEqual(
            [p['expires'] for p in wizard.values['permissions']
                if p['who'] == BOB], [until])
        # what is already so is not mailed again
        wizard.execute('share', addresses=BOB, expires=until)
        self.assertEqual(len(self.mails()), 1)
        for days in [-1, 367]:
            with self.assertRaises(DriveShareError):
                wizard.execute(
                    'share', addresses=BOB,
                    expires=now + dt.timedelta(days=days))
        with self.assertRaises(DriveShareError):
            wizard.execute(
                'share', addresses='', anyone=True, expires=until)

    def test_lost_answer(self):
        "A mail whose answer is lost is not sent again"
        configure(self.emulator, retry=3)
        wizard = self.wizard()
        self.google.add_fault(
            'drop_after', method_id='drive.permissions.create')
        wizard.execute('share', addresses=BOB)
        self.assertEqual(self.grants(), {('user', BOB, 'reader')})
        self.assertEqual(len(self.mails()), 1)
        self.assertIn("shared with", wizard.values['outcome'])

    def test_no_account(self):
        "Who has no account must be invited by mail; the others go on"
        wizard = self.wizard()
        wizard.execute(
            'share', addresses=f'{NOBODY}\n{BOB}', notify=False)
        self.assertIn("not shared with " + NOBODY, wizard.values['outcome'])
        self.assertIn("notified by mail", wizard.values['outcome'])
        self.assertEqual(self.grants(), {('user', BOB, 'reader')})
        wizard.execute('share', addresses=NOBODY, notify=True)
        self.assertEqual([m[0] for m in self.mails()], [NOBODY])

    def test_limit(self):
        wizard = self.wizard()
        self.google.add_fault(
            'status', method_id='drive.permissions.create', status=403,
            reason='sharingRateLimitExceeded', times=1)
        wizard.execute('share', addresses=f'{BOB}, {CAROL}')
        self.assertIn("share no more for now", wizard.values['outcome'])
        self.assertEqual(self.grants(), {('user', CAROL, 'reader')})
        self.assertEqual(len(self.mails()), 1)

    def test_wrong_address(self):
        wizard = self.wizard()
        self.google.clear_log()
        for addresses in ["bob", "bob@", f"{BOB}, x y", ""]:
            with self.subTest(addresses=addresses):
                with self.assertRaises(DriveShareError):
                    wizard.execute('share', addresses=addresses)
        self.assertEqual(self.requests(), [])

    def test_anyone(self):
        "Only who has been warned shares with everybody"
        wizard = self.wizard()
        self.google.clear_log()
        with self.assertRaises(DriveShareAnyoneWarning) as caught:
            wizard.execute('share', addresses=BOB, anyone=True)
        self.assertIn("a.txt", caught.exception.message)
        self.assertEqual((self.requests(), self.grants()), ([], set()))
        with database(1) as pool:
            pool.get('res.user.warning').create([{
                        'user': 1, 'name': caught.exception.name}])
        wizard.execute('share', addresses=BOB, anyone=True)
        self.assertEqual(self.grants(), {
                ('user', BOB, 'reader'), ('anyone', None, 'reader')})
        self.assertEqual([m[0] for m in self.mails()], [BOB])
        self.assertTrue(any(
                p['anyone'] for p in wizard.values['permissions']))

    def test_grantee(self):
        "Whom else a client names is not shared with either, unwarned"
        wizard = self.wizard()
        self.google.clear_log()
        for values in [
                {'grantee': 'anyone'}, {'grantee': 'domain'},
                {'role': 'owner'}, {'role': 'organizer'}]:
            with self.subTest(values), self.assertRaises(DriveShareError):
                wizard.execute('share', addresses=BOB, **values)
        self.assertEqual((self.requests(), self.grants()), ([], set()))

    def test_never_anyone(self):
        "Synchronizing shares nothing"
        self.assertEqual(self.grants(), set())
        self.wizard().execute('share', addresses=BOB)
        self.assertNotIn(
            'anyone', {type_ for type_, _, _ in self.grants()})

    def test_nothing(self):
        "Nothing but the wizard shares, with whomsoever"
        self.write(self.attachment, data=b'2', name="b.txt")
        gone = self.attach("gone.txt")
        dropped = self.drop("dropped.txt")
        self.synchronize()
        self.delete(gone)
        self.google.edit_file(ALICE, dropped['id'], content=b'3')
        self.synchronize()
        for name, steps in [
                ('google_drive.test_folder', []),
                ('google_drive.rule_preview', []),
                ('google_drive.choose_folder', [
                        ('create_', {}), ('do_create', {'name': "New"})])]:
            wizard = WizardSession(name, 1, RULE, self.rule)
            wizard.execute()
            for step, values in steps:
                wizard.execute(step, **values)
        wizard = WizardSession(
            'google_drive.create_document', 1, GROUP, self.group)
        wizard.execute()
        wizard.execute('create_', name="Plan")
        self.synchronize()
        ids = self.requests()
        self.assertIn('drive.files.create', ids)
        self.assertFalse({i for i in ids if 'permissions' in i})
        for file in self.google.files():
            self.assertEqual(self.grants(file['id']), set(), file['name'])

    def test_remove(self):
        self.google.share_file(self.google_id, BOB, 'reader')
        wizard = self.wizard()
        (choice, label), = json.loads(wizard.values['choices'])
        self.assertIn(BOB, label)
        wizard.execute('remove', removed=choice)
        self.assertEqual(self.grants(), set())
        self.assertEqual(
            [p['who'] for p in wizard.values['permissions']], [ALICE])
        self.assertEqual(self.mails(), [])

    def test_removed_elsewhere(self):
        "Access that is gone meanwhile is removed"
        self.google.share_file(self.google_id, BOB, 'reader')
        wizard = self.wizard()
        (choice, _), = json.loads(wizard.values['choices'])
        self.google.revoke_access(self.google_id, BOB)
        wizard.execute('remove', removed=choice)
        self.assertIsNone(wizard.values['outcome'])

    def test_remove_other_file(self):
        "Only access to the files of the wizard is removed"
        other = self.google.create_file(ALICE, "other")['id']
        self.google.share_file(other, BOB, 'reader')
        self.google.share_file(self.google_id, BOB, 'reader')
        wizard = self.wizard()
        (choice, _), = json.loads(wizard.values['choices'])
        wizard.execute(
            'remove', removed=choice.replace(self.google_id, other))
        self.assertEqual(self.grants(other), {('user', BOB, 'reader')})

    def test_inherited(self):
        self.google.share_file(self.root, BOB, 'reader')
        wizard = self.wizard()
        self.assertEqual(
            [p['inherited'] for p in wizard.values['permissions']
                if p['who'] == BOB], [True])
        self.assertEqual(wizard.values['choices'], '[]')

    def test_many(self):
        "Several files are shared in one batch an address"
        ids = [self.attach(f"{i}.txt", b'%d' % i) for i in range(3)]
        self.synchronize()
        wizard = self.wizard()
        wizard.context['active_ids'] = [self.attachment, *ids]
        self.google.clear_log()
        wizard.execute('share', addresses=BOB)
        create = 'drive.permissions.create'
        self.assertEqual(len(self.google.log(batch=True, id=create)), 4)
        self.assertEqual(self.google.log(batch=False, id=create), [])
        # who has access before, they themselves, and who has it then
        self.assertEqual(
            [e['id'] for e in self.google.log(batch=False)],
            ['drive.batch'] * 3)
        for id in ids:
            self.assertEqual(
                self.grants(self.file(id, 'google_id')),
                {('user', BOB, 'reader')})
        self.assertEqual(len(self.mails()), 4)

    def test_file(self):
        "From the file as from the attachment"
        file = self.file_of(self.attachment)
        with self.assertRaises(AccessError):
            # her account, but not her record
            self.wizard(self.jane, FILE, file)
        self.administer('add')
        self.addCleanup(self.administer, 'remove')
        self.wizard(self.jane, FILE, file).execute('share', addresses=BOB)
        self.assertEqual(self.grants(), {('user', BOB, 'reader')})

    def administer(self, action):
        "Let Jane write groups, or not any more"
        with database(1) as pool:
            group = pool.get('ir.model.data').get_id('res', 'group_admin')
            User = pool.get('res.user')
            User.write([User(self.jane)], {'groups': [(action, [group])]})

    def test_unsent(self):
        id = self.attach("b.txt")
        with self.assertRaises(DriveShareError):
            self.wizard(id=id)

    def test_gone(self):
        self.google.destroy_file(self.google_id)
        wizard = self.wizard()
        self.assertEqual(wizard.values['permissions'], [])
        self.assertIn("does not find", wizard.values['outcome'])

    def test_access(self):
        "Who may not write the attachment learns nothing"
        self.google.clear_log()
        for model, id in [
                (ATTACHMENT, self.attachment),
                (FILE, self.file_of(self.attachment))]:
            for user in [self.john, self.stranger]:
                with self.subTest(model=model, user=user):
                    with self.assertRaises(AccessError):
                        self.wizard(user, model, id)
        self.assertEqual(self.requests(), [])

    def test_model(self):
        "The wizard is for attachments and files alone"
        with self.assertRaises(AccessError):
            self.wizard(1, 'res.user', 1)


del GoogleDriveTestCase, ShareCase
