# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is asked of the mails all the time reads not all of them"
import unittest

from trytond import backend
from trytond.transaction import Transaction

from .tools import MESSAGE, GmailTestCase, database


@unittest.skipIf(
    backend.name == 'sqlite', "it uses no partial index for parameters")
class IndexesTestCase(GmailTestCase):

    def test_queries(self):
        with database(commit=False) as pool:
            Message = pool.get(MESSAGE)
            table = Message.__table__()
            for name, query in {
                    'what the scheduler looks for': Message.due_accounts(),
                    'what refers to one that is deleted': table.select(
                        table.id, where=table.in_reply_to == 1),
                    'the list': Message.search([], limit=1, query=True),
                    }.items():
                with self.subTest(name=name):
                    self.assertNotIn('Seq Scan', self.plan(query))

    @staticmethod
    def plan(query):
        "How the query is done, if there were many mails"
        cursor = Transaction().connection.cursor()
        cursor.execute('SET LOCAL enable_seqscan = off')
        sql, parameters = tuple(query)
        cursor.execute('EXPLAIN ' + sql, parameters)
        return '\n'.join(line for line, in cursor)


del GmailTestCase
