# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What sending and receiving by Gmail costs"
from . import gmail_measures as measures
from .benchmark import Benchmark

__all__ = ['GmailBenchmark']

# the requests of a mail, by the options of the account
REQUESTS = {
    'drafts': {'users.drafts.create': 1, 'users.drafts.send': 1},
    'send': {'users.messages.send': 1},
    }
# the mails of which the headers are asked for together [Batch requests]
BATCH = 50
# the statements of a mail in the transaction that sends it, and of the first
ADDED, FIRST = 16, 11
# how much longer that transaction takes
LONGER = 3
# the transactions and the statements of a run that sends, besides one for each
# request, and the statements of each mail
COMMITS, STATEMENTS, SEND = 4, 39, {'drafts': 29, 'send': 16}
# those of a run that has nothing to send
IDLE = 15
# seconds until Google answers, and how much longer than calls one by one a run
# may take then
LATENCY, RATIO = 0.05, 2


class GmailBenchmark(Benchmark):
    parts = ['gmail_business', 'gmail_send', 'gmail_receive', 'gmail_ratio']
    # it measures the time, which others take, too
    long_parts = {'gmail_ratio'}

    def __init__(self, laboratory, reduced=False):
        super().__init__(laboratory)
        self.reduced = reduced
        self.count = 20 if reduced else 1000
        self.transactions = 20 if reduced else 200

    def check_methods(self, measure, wanted):
        self.check(measure, "requests", measure.methods, {
                f'gmail.{name}': number for name, number in wanted.items()})

    def gmail_business(self):
        "The statements that one mail adds to a transaction"
        without, with_mail = self.trial(
            measures.business, self.transactions)
        added = with_mail.statements - without.statements
        longer = with_mail.seconds / without.seconds
        print(
            f"one mail adds {added / self.transactions:.2f} statements to a "
            f"transaction, which takes {longer:.2f} times as long",
            flush=True)
        # of few transactions the first weighs
        if not self.reduced and longer > LONGER:
            self.failures.append(
                f"a transaction with a mail takes {longer:.2f} times as long")
        self.check(
            with_mail, "commits", with_mail.commits, without.commits)
        self.check(with_mail, "requests", with_mail.requests, 0)
        self.check_added(with_mail, added)

    def check_added(self, measure, added):
        "Exact on SQLite, PostgreSQL inserts several rows with one"
        expected = ADDED * self.transactions + FIRST
        if self.laboratory.sqlite:
            self.check(measure, "statements added", added, expected)
        else:
            self.expect(
                added <= expected, measure,
                f"{added} statements added, at most {expected}")

    def gmail_send(self):
        for name, values in [
                ('drafts', {'drafts': True}), ('send', {'drafts': False})]:
            sent, idle = self.trial(measures.deliver, self.count, **values)
            self.check_methods(sent, {
                    n: c * self.count for n, c in REQUESTS[name].items()})
            requests = len(REQUESTS[name]) * self.count
            # one for each request: it is settled along with what is next
            self.check(
                sent, "commits", sent.commits, COMMITS + requests)
            self.check_statements(
                sent, STATEMENTS + SEND[name] * self.count)
            self.check_methods(idle, {})
            self.check_statements(idle, IDLE)

    def gmail_receive(self):
        count = self.count // 10 or 1
        received, idle = self.trial(measures.receive, count)
        batches = -(-count // BATCH)
        self.check_methods(received, {
                'users.history.list': 1,
                'users.messages.get': 2 * count,
                'batch': batches,
                })
        self.check(received, "answers", received.here, count)
        self.check_methods(idle, {'users.history.list': 1})

    def gmail_ratio(self):
        count, tries = (50, 1) if self.reduced else (300, 3)
        found = self.laboratory.trial(
            measures.send_ratio, count, tries, LATENCY).result()
        print(
            f"sending {count} mails takes {found:.2f} times as long as calls "
            "of users.messages.send one by one", flush=True)
        # of few mails the run itself weighs
        if not self.reduced and found > RATIO:
            self.failures.append(f"sending takes {found:.2f} times as long")
