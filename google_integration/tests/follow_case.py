# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rules that follow their records, for the tests."""
from trytond.pool import Pool
from trytond.tests.test_tryton import DB_NAME
from trytond.worker import run_task

from .tools import database

__all__ = ['FollowMixin']


class FollowMixin:
    "Without a worker the tasks of the queue wait until `work`"
    rule_model = None

    def work(self):
        "Do the tasks that wait in the queue, and return how many they were"
        count = 0
        while True:
            with database(commit=False) as pool:
                tasks = [
                    t.id for t in pool.get('ir.queue').search([
                            ('finished_at', '=', None),
                            ])]
            if not tasks:
                return count
            for task in tasks:
                run_task(Pool(DB_NAME), task)
            count += len(tasks)

    def forget_tasks(self):
        "Lose the tasks of the queue"
        with database() as pool:
            Queue = pool.get('ir.queue')
            Queue.delete(Queue.search([]))

    def sweep(self):
        with database() as pool:
            pool.get(self.rule_model).sweep()
