# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rules of parties, without Google, for the tests."""
from trytond.pool import Pool
from trytond.tests.test_tryton import TestCase, activate_module

__all__ = ['FOLDER', 'RuleTestCase']

FOLDER = '1AbCdEfGhIjKlMnOpQrStUvWxYz012345'


class RuleTestCase(TestCase):
    "A drive, parties and what is attached to them"
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        activate_module(['google_drive', 'party'])

    def create_drive(self, kind='shared', **values):
        pool = Pool()
        Credentials = pool.get('google_integration.google_credentials')
        Drive = pool.get('google_drive.drive')
        credentials, = Credentials.create([{
                    'name': "Team", 'type': 'oauth', **values}])
        drive, = Drive.create([{
                    'credentials': credentials.id,
                    'name': "Team",
                    'google_id': '0ADrive' + kind,
                    'kind': kind,
                    }])
        return drive

    def create_rule(self, drive=None, **values):
        Rule = Pool().get('google_drive.rule')
        rule, = Rule.create([{
                    'name': "Parties",
                    'drive': (drive or self.create_drive()).id,
                    'model': 'party.party',
                    'user': 1,
                    'root': FOLDER,
                    **values}])
        return rule

    def create_party(self, name="Acme Inc.", **values):
        Party = Pool().get('party.party')
        party, = Party.create([{'name': name, **values}])
        return party

    def attach(self, record, name="offer.pdf", data=b'x', **values):
        Attachment = Pool().get('ir.attachment')
        attachment, = Attachment.create([{
                    'resource': str(record), 'name': name, 'data': data,
                    **values}])
        return attachment
