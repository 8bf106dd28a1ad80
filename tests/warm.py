# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The models of the databases that many tests start from, made once.

The process from which those of the tests are forked imports it: they find the
models there as they are, instead of making them again.
"""
import os

from trytond.pool import Pool
from trytond.tests import test_tryton

__all__ = ['keep', 'use']

# by the names of the modules, in the order of the cache of trytond
_models = {}


def keep(names):
    "Remember the models of the database of the tests"
    name = test_tryton.DB_NAME
    _models[names] = Pool._pools[name], Pool._pool_modules[name]


def use(names):
    "Give the database of the tests the models, if they are there"
    if names not in _models:
        return False
    name = test_tryton.DB_NAME
    with Pool._lock:
        Pool._pools[name], Pool._pool_modules[name] = _models[names]
        # each looks for its models again
        Pool._pool_instances.clear()
    return True


for _names in os.environ.get('TESTS_WARM', '').split():
    if test_tryton.restore_db_cache(_names):
        keep(_names)
        test_tryton.drop_db()
