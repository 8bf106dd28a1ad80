# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Gmail: the search, pages, the history, notifications, the administration."
from googleapiclient.errors import HttpError

from tests.emulator.client import EmulatorError

from .common import SCOPE, setUpModule, tearDownModule
from .gmail import ANN, BOB, EVE, FULL, GmailTestCase, mail

__all__ = ['setUpModule', 'tearDownModule']
TOPIC = 'projects/emulator/topics/mails'


class TestSearch(GmailTestCase):
    def setUp(self):
        super().setUp()
        self.users = self.gmail(scopes=[SCOPE + 'gmail.readonly'])
        attachment = (
            b'From: eve@other.com\r\nTo: ann@example.com\r\n'
            b'Subject: Invoice 7\r\nMIME-Version: 1.0\r\n'
            b'Content-Type: multipart/mixed; boundary="a"\r\n\r\n--a\r\n'
            b'Content-Type: text/plain\r\n\r\nSee below\r\n--a\r\n'
            b'Content-Type: application/pdf; name="invoice.pdf"\r\n'
            b'Content-Disposition: attachment; filename="invoice.pdf"'
            b'\r\n\r\nPDF\r\n--a--\r\n')
        self.names = {}
        for name, data, labels in [
                ('hello', mail(ANN, 'Hello world', 'First text', BOB,
                        Message_ID='<one@x.example>'), ['INBOX', 'UNREAD']),
                ('invoice', attachment, ['INBOX']),
                ('order', mail(
                        f'Sales <sales@shop.example>, {ANN}',
                        '=?utf-8?q?Gr=C3=BC=C3=9Fe?= order', 'Second text',
                        'Shop <info@shop.example>', Cc=EVE),
                    ['STARRED']),
                ('spam', mail(ANN, 'Hello spam', sender=EVE), ['SPAM'])]:
            found = self.admin.receive_mail(ANN, data, labels=labels)
            self.names[found['id']] = name
            self.admin.advance(86_400)

    def find(self, q, **values):
        return sorted(
            self.names[i] for i in self.ids(self.users, q=q, **values))

    def test_operators(self):
        for q, names in [
                ('hello', ['hello']), ('HELLO', ['hello']),
                ('hel', []), ('"first text"', ['hello']),
                ('"text first"', []), ('text', ['hello', 'order']),
                ('text -first', ['order']),
                ('from:bob@example.com', ['hello']),
                ('from:bob', ['hello']), ('from:shop.example', ['order']),
                ('to:me', ['hello', 'invoice', 'order']),
                ('to:sales@shop.example', ['order']),
                ('to:eve@other.com', ['order']), ('cc:eve', ['order']),
                ('subject:hello', ['hello']), ('subject:text', []),
                ('subject:"hello world"', ['hello']),
                ('subject:(world hello)', ['hello']),
                ('subject:grüße', ['order']),
                ('rfc822msgid:one@x.example', ['hello']),
                ('rfc822msgid:<one@x.example>', ['hello']),
                ('rfc822msgid:one@x', []),
                ('in:inbox', ['hello', 'invoice']), ('in:sent', []),
                ('in:spam', ['spam']), ('label:inbox', ['hello', 'invoice']),
                ('in:anywhere hello', ['hello', 'spam']),
                ('is:unread', ['hello']), ('is:read', ['invoice', 'order']),
                ('is:starred', ['order']), ('-is:starred to:me', [
                        'hello', 'invoice']),
                ('has:attachment', ['invoice']),
                ('filename:pdf', ['invoice']), ('invoice', ['invoice']),
                ('hello OR invoice', ['hello', 'invoice']),
                ('{hello invoice}', ['hello', 'invoice']),
                ('(hello OR invoice) is:unread', ['hello']),
                ('from:bob subject:invoice', []),
                ('larger:1M', []), ('smaller:1M', [
                        'hello', 'invoice', 'order']),
                ('', ['hello', 'invoice', 'order'])]:
            self.assertEqual(self.find(q), names, q)

    def test_times(self):
        now = int(self.admin.now())
        for q, names in [
                (f'after:{now - 86_400 * 3 - 60}', ['invoice', 'order']),
                (f'before:{now - 86_400 * 3 - 60}', ['hello']),
                ('newer_than:2d', []), ('newer_than:3d', ['order']),
                ('older_than:3d', ['hello', 'invoice']),
                ('after:2020/01/01 before:2020/01/02', []),
                ('after:2020-01-01', ['hello', 'invoice', 'order'])]:
            self.assertEqual(self.find(q), names, q)
        for q in ['after:yesterday', 'newer_than:2', 'after:2020/13/01']:
            self.assertRefused(400, 'invalidArgument', self.find, q)

    def test_pacific(self):
        "Dates are midnight of the Pacific"
        from datetime import datetime, timezone
        date = int(self.admin.mailbox(ANN)[0]['date'] / 1000)
        local = datetime.fromtimestamp(
            date - 8 * 3600, timezone.utc).date()
        self.assertIn('hello', self.find(f'after:{local:%Y/%m/%d}'))
        self.assertEqual(self.find(f'before:{local:%Y/%m/%d}'), [])

    def test_labels(self):
        self.assertEqual(
            self.find(None, labelIds=['INBOX', 'UNREAD']), ['hello'])
        self.assertEqual(
            self.find('hello', includeSpamTrash=True), ['hello', 'spam'])
        self.assertRefused(
            400, 'invalidArgument', self.find, '', labelIds=['Label_9'])

    def test_lag(self):
        self.admin.options(search_lag=60)
        new = self.admin.receive_mail(ANN, mail(ANN))['id']
        self.assertNotIn(new, self.ids(self.users, q='hello'))
        self.assertIn(new, self.ids(self.users))
        self.admin.advance(61)
        self.assertIn(new, self.ids(self.users, q='hello'))

    def test_threads(self):
        found = self.users.threads().list(
            userId='me', q='subject:hello').execute()
        self.assertEqual(
            [self.names[t['id']] for t in found['threads']], ['hello'])


class TestPages(GmailTestCase):
    def setUp(self):
        super().setUp()
        self.users = self.gmail()
        for number in range(5):
            self.admin.receive_mail(ANN, mail(ANN, f'Mail {number}'))

    def pages(self, method, name, **values):
        result, token = [], None
        while True:
            found = method(
                userId='me', pageToken=token, **values).execute()
            result.append([i['id'] for i in found.get(name, ())])
            token = found.get('nextPageToken')
            if token is None:
                return result

    def test_pages(self):
        newest = [m['id'] for m in reversed(self.admin.mailbox(ANN))]
        messages = self.users.messages()
        self.assertEqual(
            self.pages(messages.list, 'messages', maxResults=2),
            [newest[:2], newest[2:4], newest[4:]])
        self.assertEqual(
            self.pages(self.users.threads().list, 'threads', maxResults=3),
            [newest[:3], newest[3:]])
        self.admin.options(max_page=1, empty_pages=1)
        pages = self.pages(messages.list, 'messages')
        self.assertEqual([i for p in pages for i in p], newest)
        self.assertEqual(len(pages), 10)
        self.assertRefused(400, 'invalid', messages.list(
                userId='me', pageToken='x').execute)

    def test_changes_meanwhile(self):
        messages = self.users.messages()
        first = messages.list(userId='me', maxResults=2).execute()
        self.admin.receive_mail(ANN, mail(ANN, 'New'))
        gone = self.admin.mailbox(ANN)[0]['id']
        messages.delete(userId='me', id=gone).execute()
        rest = messages.list(
            userId='me', pageToken=first['nextPageToken'],
            maxResults=2).execute()
        self.assertEqual(len(rest['messages']), 2)
        self.assertNotIn('nextPageToken', rest)


class TestHistory(GmailTestCase):
    def setUp(self):
        super().setUp()
        self.users = self.gmail()
        self.start = self.users.getProfile(userId='me').execute()[
            'historyId']

    def list(self, start=None, **values):
        return self.users.history().list(
            userId='me', startHistoryId=start or self.start,
            **values).execute()

    def kinds(self, **values):
        return [
            next(k for k in r if k not in {'id', 'messages'})
            for r in self.list(**values).get('history', ())]

    def test_kinds(self):
        self.assertNotIn('history', self.list())
        one = self.admin.receive_mail(ANN, mail(ANN))['id']
        messages = self.users.messages()
        messages.modify(userId='me', id=one, body={
                'addLabelIds': ['STARRED'],
                'removeLabelIds': ['UNREAD']}).execute()
        messages.delete(userId='me', id=one).execute()
        found = self.list()
        ids = [int(r['id']) for r in found['history']]
        self.assertEqual(ids, sorted(ids))
        self.assertEqual(found['historyId'], found['history'][-1]['id'])
        self.assertEqual(self.kinds(), [
                'messagesAdded', 'labelsAdded', 'labelsRemoved',
                'messagesDeleted'])
        self.assertEqual(found['history'][1]['labelsAdded'], [{
                    'message': {
                        'id': one, 'threadId': one,
                        'labelIds': ['INBOX', 'STARRED']},
                    'labelIds': ['STARRED']}])
        self.assertEqual(
            self.kinds(historyTypes=['messageAdded', 'labelRemoved']),
            ['messagesAdded', 'labelsRemoved'])
        self.assertEqual(
            self.kinds(labelId='UNREAD'), ['messagesAdded', 'labelsRemoved'])
        self.assertEqual(
            len(self.list(found['history'][1]['id'])['history']), 2)

    def test_sent(self):
        sent = self.send()
        found = self.list(labelId='SENT')['history'][0]
        self.assertEqual(
            found['messagesAdded'], [{'message': sent}])
        self.assertEqual(
            self.users.messages().get(
                userId='me', id=sent['id'], format='minimal').execute()[
                'historyId'], found['id'])

    def test_pages(self):
        for number in range(3):
            self.admin.receive_mail(ANN, mail(ANN, f'Mail {number}'))
        first = self.list(maxResults=2)
        rest = self.list(maxResults=2, pageToken=first['nextPageToken'])
        self.assertEqual(
            [len(p['history']) for p in [first, rest]], [2, 1])
        self.assertNotIn('nextPageToken', rest)

    def test_too_old(self):
        self.admin.receive_mail(ANN, mail(ANN))
        self.admin.advance(6 * 86_400)
        self.assertEqual(len(self.list()['history']), 1)
        self.admin.advance(2 * 86_400)
        self.assertRefused(404, 'notFound', self.list)
        newest = self.users.getProfile(userId='me').execute()['historyId']
        self.list(newest)
        self.admin.expire_history(ANN)
        self.assertRefused(404, 'notFound', self.list, newest)
        self.list(self.users.getProfile(userId='me').execute()['historyId'])
        self.admin.options(history_life=10)
        self.assertRefused(404, 'notFound', self.list, '1')
        self.assertRefused(404, 'notFound', self.list, '99999999')
        for text in ['x', '']:
            with self.assertRaises((HttpError, TypeError)):
                self.users.history().list(
                    userId='me', startHistoryId=text).execute()

    def test_scopes(self):
        for name, refused in [
                ('gmail.metadata', False), ('gmail.readonly', False),
                ('gmail.compose', True), ('gmail.send', True)]:
            call = self.gmail(scopes=[SCOPE + name]).history().list(
                userId='me', startHistoryId=self.start)
            if refused:
                self.assertRefused(
                    403, 'insufficientPermissions', call.execute)
            else:
                call.execute()


class TestWatch(GmailTestCase):
    def test_watch(self):
        users = self.gmail()
        answer = users.watch(userId='me', body={
                'topicName': TOPIC, 'labelIds': ['INBOX'],
                'labelFilterBehavior': 'include'}).execute()
        self.assertAlmostEqual(
            int(answer['expiration']) / 1000,
            self.admin.now() + 7 * 86_400, delta=10)
        first, = self.admin.published(ANN, clear=True)
        self.assertEqual(
            (first['topic'], first['emailAddress'], first['historyId']),
            (TOPIC, ANN, answer['historyId']))
        self.admin.receive_mail(ANN, mail(ANN))
        self.send()
        self.assertEqual(
            [p['historyId'] for p in self.admin.published(clear=True)],
            [str(self.admin.mailbox(ANN)[0]['history_id'])])
        self.admin.advance(7 * 86_400 + 1)
        self.admin.receive_mail(ANN, mail(ANN))
        self.assertEqual(self.admin.published(), [])
        users.watch(userId='me', body={'topicName': TOPIC}).execute()
        users.stop(userId='me').execute()
        self.admin.published(clear=True)
        self.admin.receive_mail(ANN, mail(ANN))
        self.assertEqual(self.admin.published(), [])
        for body in [
                {}, {'topicName': 'mails'},
                {'topicName': TOPIC, 'labelIds': ['Label_7']}]:
            self.assertRefused(400, 'invalidArgument', users.watch(
                    userId='me', body=body).execute)


class TestAdmin(GmailTestCase):
    def test_receive(self):
        data = mail(ANN, sender=EVE, Bcc='x@y.example')
        found = self.admin.receive_mail(ANN, data, sender=EVE)
        self.assertEqual(found['labelIds'], ['INBOX', 'UNREAD'])
        stored, = self.admin.mailbox(ANN)
        self.assertEqual(stored['id'], found['id'])
        self.assertIn(b'Return-Path: <eve@other.com>', stored['raw'])
        self.assertNotIn(b'Bcc', stored['raw'])
        other = self.admin.receive_mail(
            ANN, mail(ANN, 'Other'), thread=found['threadId'],
            labels=['SPAM'])
        self.assertEqual(other['threadId'], found['threadId'])
        self.assertEqual(
            [m['id'] for m in self.admin.mailbox(ANN, 'SPAM')],
            [other['id']])

    def test_act(self):
        self.admin.receive_mail(ANN, mail(ANN))
        one, = self.admin.act(ANN, 'gmail.users.messages.list')['messages']
        self.admin.act(
            ANN, 'gmail.users.messages.modify',
            {'removeLabelIds': ['UNREAD']}, id=one['id'])
        self.assertEqual(self.admin.mailbox(ANN)[0]['labels'], ['INBOX'])

    def test_refused(self):
        for call in [
                lambda: self.admin.mailbox('nobody@example.com'),
                lambda: self.admin.drop_label(ANN, 'INBOX'),
                lambda: self.admin.add_alias(ANN, 'a@b.c', status='x'),
                lambda: self.admin.limit_sending(ANN, hourly=1)]:
            with self.assertRaises(EmulatorError):
                call()

    def test_delete_user(self):
        self.send()
        self.admin.delete_user(BOB)
        self.admin.add_user(BOB)
        self.assertEqual(self.raws(BOB), [])

    def test_reset(self):
        self.send()
        self.admin.reset()
        self.admin.add_user(ANN)
        self.assertEqual(self.raws(ANN), [])

    def test_snapshot(self):
        self.send()
        smtp = self.smtp()
        before = self.admin.mailbox(ANN), self.admin.mailbox(BOB)
        snapshot = self.admin.snapshot()
        for _ in range(2):
            self.admin.act(
                ANN, 'gmail.users.messages.trash', id=before[0][0]['id'])
            smtp.sendmail(ANN, [BOB], mail())
            self.assertEqual(len(self.raws(BOB)), 2)
            self.admin.restore(snapshot)
            self.assertEqual(
                (self.admin.mailbox(ANN), self.admin.mailbox(BOB)), before)

    def test_profile(self):
        self.send()
        found = self.gmail(scopes=[FULL]).getProfile(userId='me').execute()
        self.assertEqual(
            (found['messagesTotal'], found['threadsTotal']), (1, 1))
        self.assertRefused(
            403, 'insufficientPermissions', self.gmail(
                scopes=[SCOPE + 'gmail.send']).getProfile(
                    userId='me').execute)
