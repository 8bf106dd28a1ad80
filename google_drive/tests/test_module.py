# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from trytond.modules.google_integration.tests.module_case import IndexesMixin
from trytond.tests.test_tryton import ModuleTestCase


class GoogleDriveTestCase(IndexesMixin, ModuleTestCase):
    "Test google_drive module"
    module = 'google_drive'
    extras = ['document_incoming', 'party']
    indexed = [
        ('google_drive.file', ('drive', 'parent_google_id')),
        ('google_drive.file', ('session_at',)),
        ('google_drive.file', ('orphaned_at',)),
        ('google_drive.file', ('place',)),
        ('google_drive.file', ('document',)),
        ('google_drive.transfer', ('date',)),
        ('google_drive.transfer', ('drive', 'date')),
        ('google_drive.folder', ('drive', 'parent_google_id')),
        ('google_drive.folder', ('drive', 'state')),
        ('google_drive.folder', ('parent',)),
        ('ir.attachment', ('google_drive_current',)),
        ('google_drive.rule', ('drive',)),
        ]


del ModuleTestCase
