# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is tested of each module that depends on this one."""
from trytond.model import ModelSQL
from trytond.pool import Pool
from trytond.tests.test_tryton import with_transaction

__all__ = ['IndexesMixin']


class IndexesMixin:
    # pairs of the name of a model and a tuple of columns
    indexed = []

    @with_transaction()
    def test_indexes(self):
        "Each index is of other columns, and what is searched has one"
        for name, Model in Pool().iterobject():
            if (name.startswith('google_') and issubclass(Model, ModelSQL)
                    and not Model.table_query):
                with self.subTest(model=name):
                    indexes = _indexes(Model)
                    self.assertEqual(len(set(indexes)), len(indexes))
        for name, names in self.indexed:
            with self.subTest(model=name, columns=names):
                self.assertIn(
                    tuple(f'"{n}"' for n in names),
                    _indexes(Pool().get(name)))


def _indexes(Model):
    "The columns of the indexes of the model"
    # as Tryton does when it updates the database
    Model.__setup_indexes__()
    return [
        tuple(str(e) for e, _ in index.expressions)
        for index in Model._sql_indexes]
