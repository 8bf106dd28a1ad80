# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from trytond.tests.test_tryton import ModuleTestCase


class GoogleIntegrationTestCase(ModuleTestCase):
    "Test google_integration module"
    module = 'google_integration'


del ModuleTestCase
