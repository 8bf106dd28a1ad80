# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from trytond.modules.google_integration.tests.module_case import IndexesMixin
from trytond.tests.test_tryton import ModuleTestCase


class GoogleGmailTestCase(IndexesMixin, ModuleTestCase):
    "Test google_gmail module"
    module = 'google_gmail'
    extras = ['company', 'inbound_email']
    indexed = [
        ('google_gmail.message', ('account', 'id')),
        ('google_gmail.message', ('account', 'resource')),
        ('google_gmail.message', ('account', 'at')),
        ('google_gmail.message', ('thread_id',)),
        ('google_gmail.message', ('message_id',)),
        ('google_gmail.message', ('kept_message_id',)),
        ]


del ModuleTestCase
