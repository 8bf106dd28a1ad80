# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The step of a run that fetches contents, without database and network"
from unittest import TestCase

from trytond import backend
from trytond.modules.google_integration.engine import (
    PUSH_CHUNK, Run, RunFailed, Stopped)
from trytond.modules.google_integration.lease import LeaseLost
from trytond.modules.google_integration.operation import (
    Answer, ItemError, WorkDone)
from trytond.modules.google_integration.transfer import TransferMixin


class Service(TransferMixin):
    """Contents that wait, and what became of them

    ``steps`` tells in which order the run calls what.
    """
    google_can_run = True

    def __init__(self, *waiting):
        self.waiting = list(waiting)
        self.answers = {}
        self.written = []
        self.refused = []
        self.unwritable = {}
        self.errors = []
        self.steps = []

    def awaits(self):
        return bool(self.waiting)

    def incoming(self, limit):
        self.steps.append('incoming')
        assert limit == PUSH_CHUNK
        items, self.waiting = self.waiting[:2], self.waiting[2:]
        errors = [(None, i, ItemError('busy')) for i in items if i < 0]
        return [i for i in items if i >= 0], errors

    def receive(self, contents):
        work, errors = WorkDone(), []
        self.steps.append(f'receive {[i for i, _ in contents]}')
        for item, answer in contents:
            if error := self.unwritable.get(item):
                raise error
            if answer.status == 'failed':
                work += WorkDone(errors=1)
                errors.append((None, item, answer.error))
            elif answer.status == 'done':
                work += WorkDone(created=1)
                self.written.append((item, answer.resource))
        return work, errors

    def refuse(self, item, error):
        self.refused.append(item)
        return [(None, item, error)]


class StubRun(Run):
    "A run of which the database is a service in memory"

    def __init__(self, service):
        self.id = 1
        self.stub = service
        self.work = WorkDone()
        self.client = 'client'
        self.depth = 0
        self.recorded = []
        run = self

        class Model(TransferMixin):
            @staticmethod
            def download(client, items):
                return run.download(client, items)
        self.Model = Model

    def download(self, client, items):
        # no transaction waits for Google
        assert not self.depth and client == self.client
        self.stub.steps.append(f'download {items}')
        return [
            self.stub.answers.get(i, Answer('done', f'content {i}'))
            for i in items]

    def read(self, func):
        self.depth += 1
        try:
            return func(self.stub)
        finally:
            self.depth -= 1

    def write(self, func):
        written = list(self.stub.written)
        try:
            return self.read(func)
        except BaseException:
            # the transaction is rolled back
            self.stub.written = written
            raise

    def record(self, service, operation, errors):
        assert operation == 'pull'
        self.recorded.extend(
            (google_id, error.code) for _, google_id, error in errors)


class TransferTestCase(TestCase):

    def run_step(self, *waiting, **values):
        self.service = Service(*waiting)
        for name, value in values.items():
            setattr(self.service, name, value)
        self.run_ = StubRun(self.service)
        self.run_.transfer()
        return self.run_

    def test_default(self):
        "A service without contents waits for none"
        service = TransferMixin()
        self.assertFalse(service.awaits())
        self.assertEqual(service.incoming(5), ([], []))
        for call in [
                lambda: service.download(None, []),
                lambda: service.receive([]),
                lambda: service.refuse(None, None)]:
            with self.assertRaises(NotImplementedError):
                call()

    def test_nothing(self):
        run = self.run_step()
        self.assertEqual((self.service.steps, bool(run.work)), ([], False))

    def test_chunks(self):
        "Chunk by chunk, each in one transaction"
        run = self.run_step(1, 2, 3)
        self.assertEqual(self.service.steps, [
                'incoming', 'download [1, 2]', 'receive [1, 2]',
                'incoming', 'download [3]', 'receive [3]'])
        self.assertEqual(
            self.service.written, [(i, f'content {i}') for i in [1, 2, 3]])
        self.assertEqual((run.work.created, run.work.errors), (3, 0))
        self.assertEqual(run.recorded, [])

    def test_unannounced(self):
        "An item that can not be fetched is an error, and the others go on"
        run = self.run_step(-1, -2, 3)
        self.assertEqual(self.service.steps, [
                'incoming', 'incoming', 'download [3]', 'receive [3]'])
        self.assertEqual(run.recorded, [(-1, 'busy'), (-2, 'busy')])
        self.assertEqual((run.work.created, run.work.errors), (1, 2))

    def test_failed(self):
        "So is one that Google refuses"
        run = self.run_step(
            1, 2, answers={1: Answer('failed', error=ItemError('google'))})
        self.assertEqual(run.recorded, [(1, 'google')])
        self.assertEqual((run.work.created, run.work.errors), (1, 1))

    def test_unwritable(self):
        "And one that can not be written, which is not fetched again"
        for error, code in [
                (ItemError('busy'), 'busy'), (ValueError("no"), 'unexpected')]:
            with self.subTest(error=error), self.quiet(code):
                run = self.run_step(1, 2, unwritable={1: error})
                self.assertEqual(self.service.refused, [1])
                self.assertEqual(run.recorded, [(1, code)])
                # one by one the culprit is found
                self.assertEqual(self.service.steps[2:], [
                        'receive [1, 2]', 'receive [1]', 'receive [2]'])
                self.assertEqual(self.service.written, [(2, 'content 2')])
                self.assertEqual(
                    (run.work.created, run.work.errors), (1, 1))

    def quiet(self, code):
        logger = 'trytond.modules.google_integration'
        if code == 'unexpected':
            return self.assertLogs(logger, 'ERROR')
        return self.assertNoLogs(logger, 'ERROR')

    def test_lost(self):
        "Who lost the lease, or a race in the database, writes nothing more"
        for error in [LeaseLost(), backend.DatabaseOperationalError()]:
            with self.subTest(error=error):
                with self.assertRaises(type(error)):
                    self.run_step(2, 1, unwritable={1: error})
                self.assertEqual(self.service.written, [])
                self.assertEqual(self.service.refused, [])
                self.assertEqual(
                    self.service.steps[2:], ['receive [2, 1]'])

    def test_later(self):
        "Out of breath: what came is written, and the rest is another run's"
        with self.assertRaises(RunFailed) as caught:
            self.run_step(1, 2, 3, answers={
                    1: Answer('later', error=ItemError('unreachable', {
                                'retry_after': 7}))})
        self.assertEqual(
            (caught.exception.code, caught.exception.retry_after),
            ('unreachable', 7))
        self.assertEqual(self.service.steps, [
                'incoming', 'download [1, 2]', 'receive [1, 2]'])
        self.assertEqual(self.service.written, [(2, 'content 2')])
        self.assertEqual(self.service.waiting, [3])

    def test_stopped(self):
        "It ends when the service is disabled in between"
        def receive(contents):
            self.service.google_can_run = False
            return WorkDone(created=len(contents)), []
        with self.assertRaises(Stopped):
            self.run_step(1, 2, 3, receive=receive)
        self.assertEqual(self.service.waiting, [3])
        self.assertEqual(self.run_.work.created, 2)

    def test_answers(self):
        "An answer for each item, or it is an error of the service"
        def download(client, items):
            return []
        service = Service(1)
        run = StubRun(service)
        run.Model.download = staticmethod(download)
        with self.assertRaises(ValueError):
            run.transfer()
        self.assertEqual(service.written, [])

    def run_in_pieces(self, *waiting, **values):
        "Run while what is fetched comes back in pieces of one, last first"
        service = self.service = Service(*waiting)
        for name, value in values.items():
            setattr(service, name, value)
        run = self.run_ = StubRun(service)

        def pieces(client, items):
            try:
                for item in reversed(items):
                    yield [item], run.download(client, [item])
            finally:
                service.steps.append('closed')
        run.Model.download_pieces = staticmethod(pieces)
        run.transfer()

    def test_pieces(self):
        "What came is written before the rest has come"
        self.run_in_pieces(1, 2, 3)
        self.assertEqual(self.service.steps, [
                'incoming', 'download [2]', 'receive [2]',
                'download [1]', 'receive [1]', 'closed',
                'incoming', 'download [3]', 'receive [3]', 'closed'])
        self.assertEqual(self.run_.work.created, 3)

    def test_pieces_later(self):
        "Out of breath: what else comes is written before the run ends"
        with self.assertRaises(RunFailed):
            self.run_in_pieces(1, 2, 3, answers={
                    2: Answer('later', error=ItemError('unreachable'))})
        self.assertEqual(self.service.written, [(1, 'content 1')])
        self.assertEqual(self.service.steps[-2:], ['receive [1]', 'closed'])
        self.assertEqual(self.service.waiting, [3])

    def test_pieces_lost(self):
        "Who lost the lease fetches no more"
        with self.assertRaises(LeaseLost):
            self.run_in_pieces(1, 2, unwritable={2: LeaseLost()})
        self.assertEqual(self.service.steps, [
                'incoming', 'download [2]', 'receive [2]', 'closed'])
