# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from trytond.model import ModelSQL
from trytond.pool import Pool
from trytond.tests.test_tryton import ModuleTestCase, with_transaction


class GoogleDriveTestCase(ModuleTestCase):
    "Test google_drive module"
    module = 'google_drive'
    extras = ['party']

    @with_transaction()
    def test_indexes(self):
        "Each index is of other columns, and what is searched has one"
        columns = {}
        for name, Model in Pool().iterobject():
            if (name.startswith('google_') and issubclass(Model, ModelSQL)
                    and not Model.table_query):
                # as Tryton does when it updates the database
                Model.__setup_indexes__()
                columns[name] = [
                    tuple(str(e) for e, _ in index.expressions)
                    for index in Model._sql_indexes]
        for name, column in [
                ('google_drive.file', '"drive", "parent_google_id"'),
                ('google_drive.folder', '"drive", "parent_google_id"'),
                ('google_drive.folder', '"drive", "state"'),
                ('google_drive.rule', '"drive"')]:
            with self.subTest(model=name, column=column):
                self.assertIn(
                    tuple(column.split(', ')), columns[name])


del ModuleTestCase
