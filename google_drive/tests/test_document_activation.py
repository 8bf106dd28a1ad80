# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The module of incoming documents may come later"
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    DB_NAME, TestCase, activate_module, drop_db)
from trytond.transaction import Transaction

from .tools import CREDENTIALS, DRIVE, GROUP, RULE, database

DOCUMENT = 'document.incoming'


class ActivationTestCase(TestCase):
    "The module is activated when there are rules already"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        drop_db()
        cls.addClassCleanup(drop_db)
        activate_module(['google_drive'])

    def test_later(self):
        with database(1) as pool:
            credentials, = pool.get(CREDENTIALS).create([{
                        'name': "Team", 'type': 'oauth'}])
            drive, = pool.get(DRIVE).create([{
                        'credentials': credentials.id, 'name': "Team",
                        'google_id': '0ADriveTeam', 'kind': 'shared'}])
            rule, = pool.get(RULE).create([{
                        'name': "Groups", 'drive': drive.id, 'model': GROUP,
                        'user': 1}])
            rule = rule.id
        with Transaction().start(DB_NAME, 1) as transaction:
            pool = Pool()
            Module = pool.get('ir.module')
            Module.activate(Module.search([
                        ('name', '=', 'document_incoming'),
                        ]))
            transaction.commit()
            Upgrade = pool.get('ir.module.activate_upgrade', type='wizard')
            upgrade, _, _ = Upgrade.create()
            transaction.commit()
            Upgrade(upgrade).transition_upgrade()
        with database(1) as pool:
            rule = pool.get(RULE)(rule)
            self.assertEqual(
                (rule.document_incoming_done, rule.makes_documents),
                (None, False))
            self.assertIn(DOCUMENT, dict(rule.get_models()))
