# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Files are shared with the contacts of the party of their record"
from trytond.modules.google_integration.tests.wizard import WizardSession

from .tools import ALICE, ATTACHMENT, BOB, GoogleDriveTestCase, database

EVE = 'eve@example.com'


class SharePartyTestCase(GoogleDriveTestCase):
    modules = ['google_drive', 'party']

    def prepare(self):
        super().prepare()
        self.google.add_user(EVE)
        self.contacts = {}
        self.parties = []
        with database(1) as pool:
            Party = pool.get('party.party')
            for name, email in [("Bob", BOB), ("Eve", EVE)]:
                party, = Party.create([{
                            'name': name,
                            'contact_mechanisms': [('create', [
                                        {'type': 'email', 'value': email},
                                        {'type': 'phone',
                                            'value': '+32 2 000 00 00'},
                                        ])]}])
                self.parties.append(party.id)
                for contact in party.contact_mechanisms:
                    self.contacts[name, contact.type] = contact.id
        with database(1) as pool:
            attachment, = pool.get(ATTACHMENT).create([{
                        'name': "a.txt", 'data': b'1',
                        'resource': f'party.party,{self.parties[0]}'}])
            self.attachment = attachment.id
        self.synchronize()

    def create_rule(self, **values):
        return super().create_rule(model='party.party', **values)

    def test_contacts(self):
        wizard = WizardSession(
            'google_drive.share', 1, ATTACHMENT, self.attachment)
        wizard.execute()
        self.assertEqual(wizard.values['parties'], self.parties[:1])
        # a telephone is no address
        wizard.execute(
            'share', addresses=BOB,
            contacts=[
                self.contacts['Bob', 'email'], self.contacts['Bob', 'phone']])
        google_id = self.file(self.attachment, 'google_id')
        self.assertEqual(
            sorted(p['value'] for p in self.google.file(google_id)[
                    'permissions']), [ALICE, BOB])
        self.assertEqual([m['to'] for m in self.google.mails()], [BOB])

    def test_unreadable(self):
        "The contacts of parties that the user may not read are nobody's"
        with database(1) as pool:
            group, = pool.get('ir.rule.group').create([{
                        'name': "Eve", 'model': 'party.party',
                        'global_p': True,
                        'rules': [('create', [{
                                        'domain': '[["name", "=", "Eve"]]',
                                        }])]}])
            group = group.id
        self.addCleanup(self.remove, group)
        with database(1) as pool:
            Start = pool.get('google_drive.share.start')
            Contact = pool.get('party.contact_mechanism')
            start = Start(addresses='', contacts=Contact.browse([
                        self.contacts['Bob', 'email'],
                        self.contacts['Eve', 'email']]))
            self.assertEqual(start.emails, [EVE])

    def remove(self, group):
        with database(1) as pool:
            Group = pool.get('ir.rule.group')
            Group.delete([Group(group)])


del GoogleDriveTestCase
