# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The models of the databases that many tests start from, made once.

The process from which those of the tests are forked imports it: they find the
models there as they are, instead of making them again.
"""
import os

from trytond.pool import Pool
from trytond.tests import test_tryton

__all__ = ['give', 'keep', 'models', 'use']

# by the names of the modules, in the order of the cache of trytond
_models = {}


def models(database):
    "The models of a database, to be given to another one"
    return Pool._pools[database], Pool._pool_modules[database]


def give(database, models):
    "Let a database with the same modules have the models"
    with Pool._lock:
        Pool._pools[database], Pool._pool_modules[database] = models
        # each looks for its models again
        Pool._pool_instances.clear()


def keep(names):
    "Remember the models of the database of the tests"
    _models[names] = models(test_tryton.DB_NAME)


def use(names):
    "Give the database of the tests the models, if they are there"
    if names not in _models:
        return False
    give(test_tryton.DB_NAME, _models[names])
    return True


def _init(self, update=None, **values):
    "Make no models again that are kept, as proteus does"
    pool = Pool._pools.get(self.database_name)
    if update is None and any(pool is kept for kept, _ in _models.values()):
        self._pool, self._modules = models(self.database_name)
        return
    _make(self, update=update, **values)


_make, Pool.init = Pool.init, _init
for _names in os.environ.get('TESTS_WARM', '').split():
    if test_tryton.restore_db_cache(_names):
        keep(_names)
        test_tryton.drop_db()
