# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Several requests at a time"
import threading
from contextlib import closing
from functools import partial
from unittest import TestCase

from trytond.modules.google_integration import media, together
from trytond.modules.google_integration.client import GoogleError

from .media_case import EMAIL, MediaTestCase, md5, some


class TogetherTestCase(TestCase):

    def setUp(self):
        super().setUp()
        before = threading.active_count()
        # none is left, whatever happens
        self.addCleanup(
            lambda: self.assertEqual(threading.active_count(), before))

    def test_order(self):
        "The results are in the order of the functions, errors in their place"
        def fail(value):
            raise ValueError(value)

        functions = [
            partial(fail if i % 3 == 0 else str, i) for i in range(50)]
        for parallel in [0, 1, 4, 100]:
            results = media.together(functions, parallel)
            self.assertEqual(
                [str(r) for r in results], [str(i) for i in range(50)])
            self.assertEqual(
                [i for i, r in enumerate(results)
                    if isinstance(r, ValueError)], list(range(0, 50, 3)))
        self.assertEqual(media.together([], 4), [])
        self.assertEqual(media.together(iter(functions[1:3]), 4), ['1', '2'])

    def test_parallel(self):
        "As many at a time as were asked for, and no more"
        barrier = threading.Barrier(3)
        lock, running, most = threading.Lock(), 0, 0

        def work():
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            # each of three waits for the others
            barrier.wait(60)
            with lock:
                running -= 1
            return threading.get_ident()

        results = media.together([work] * 9, 3)
        self.assertEqual(most, 3)
        self.assertEqual(len(set(results)), 3)
        self.assertNotIn(threading.get_ident(), results)

    def test_caller(self):
        "What needs the database is done by the thread that has it"
        def ask():
            return threading.get_ident(), together.in_caller(
                threading.get_ident)

        main = threading.get_ident()
        self.assertEqual(ask(), (main, main))
        for worker, answer in media.together([ask] * 8, 4):
            self.assertNotEqual(worker, main)
            self.assertEqual(answer, main)

    def test_caller_fails(self):
        "An error of it is that of who asked"
        def fail():
            raise KeyError('key')

        results = media.together(
            [partial(together.in_caller, fail), lambda: 1], 2)
        self.assertIsInstance(results[0], KeyError)
        self.assertEqual(results[1], 1)

    def test_interrupted(self):
        "When the waiting thread is interrupted the others end"
        done = []

        def interrupt():
            raise KeyboardInterrupt

        def work(i):
            done.append(i)
            together.in_caller(interrupt)

        with self.assertRaises(KeyboardInterrupt):
            media.together([partial(work, i) for i in range(100)], 4)
        self.assertLessEqual(len(done), 8)

    def test_pieces(self):
        "The results come in pieces and in order, whatever ends first"
        functions = [partial(str, i) for i in range(10)]
        for parallel in [1, 3]:
            self.assertEqual(
                list(together.pieces(functions, parallel, 4)),
                [['0', '1', '2', '3'], ['4', '5', '6', '7'], ['8', '9']])
        self.assertEqual(list(together.pieces([], 3, 4)), [])

    def test_pieces_go_on(self):
        "The others go on while the caller does something with a piece"
        rest = threading.Event()

        def last():
            # what comes before it is out already
            rest.set()
            return 'last'

        with closing(together.pieces(
                    [str, str, partial(rest.wait, 10), last], 2, 2)) as pieces:
            self.assertEqual(next(pieces), ['', ''])
            self.assertTrue(rest.wait(60))
            self.assertEqual(next(pieces), [True, 'last'])

    def test_pieces_closed(self):
        "Closed, what runs ends and nothing begins; a question is refused"
        asked, done = [], []
        waits, goes_on = threading.Event(), threading.Event()

        def ask():
            waits.set()
            goes_on.wait(60)
            try:
                together.in_caller(lambda: asked.append(1))
            except together.Interrupted:
                done.append('refused')

        pieces = together.pieces(
            [str, ask, *[partial(goes_on.wait, 10)] * 20], 2, 1)
        self.assertEqual(next(pieces), [''])
        self.assertTrue(waits.wait(60))
        # it ends once those that run have ended
        timer = threading.Timer(0.05, goes_on.set)
        timer.start()
        pieces.close()
        timer.join()
        self.assertEqual((asked, done), ([], ['refused']))

    def test_nested(self):
        "A thread may do its work by threads of its own"
        def inner():
            return media.together([partial(str, i) for i in range(4)], 2)

        self.assertEqual(
            media.together([inner] * 4, 2), [['0', '1', '2', '3']] * 4)


class ClientTestCase(MediaTestCase):

    def setUp(self):
        super().setUp()
        self.google = self.client()

    def send(self, number):
        data = some(50_000, number)
        resource = media.send(
            self.google, self.create(self.google, f'{number}.bin'),
            self.path(data, str(number)), 'a/b')
        return resource['md5Checksum'] == md5(data)

    def test_threads(self):
        "Each has a connection, which those that come after use again"
        for _ in range(3):
            self.assertEqual(
                media.together(
                    [partial(self.send, i) for i in range(12)], 4),
                [True] * 12)
        self.assertEqual(self.google.counters.requests, 36)
        self.assertEqual(len(self.admin.files(EMAIL)), 36)
        self.assertLessEqual(len(self.google._https), 4)
        self.assertEqual(
            sum(len(http.connections) for _, http in self.google._https),
            len(self.google._https))

    def test_token(self):
        "One renews the token for all of them, in the thread that waits"
        renew, threads = self.google._refresh, []
        self.google._refresh = lambda: threads.append(
            threading.get_ident()) or renew()
        self.admin.expire_access_tokens()
        self.assertEqual(
            media.together([partial(self.send, i) for i in range(8)], 4),
            [True] * 8)
        self.assertEqual(threads, [threading.get_ident()])

    def test_one_fails(self):
        "The others go on"
        self.admin.add_fault(
            'status', method_id='drive.files.create', nth=3, status=403,
            reason='insufficientFilePermissions')
        results = media.together(
            [partial(self.send, i) for i in range(8)], 3)
        failed = [r for r in results if r is not True]
        self.assertEqual(len(failed), 1)
        self.assertIsInstance(failed[0], GoogleError)
