# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Gmail: sending, what arrives, what comes back, limits."
import re

from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

from .common import setUpModule, tearDownModule
from .gmail import (
    ANN, BOB, EVE, OUT, SEND, GmailTestCase, body, header, mail, raw)

__all__ = ['setUpModule', 'tearDownModule']
METHOD = 'gmail.users.messages.send'


class TestSend(GmailTestCase):
    def test_delivery(self):
        data = mail(
            f'{BOB}, "Eve, B." <{EVE}>', Cc=OUT, Bcc='hidden@out.example')
        sent = self.send(data, self.gmail(scopes=[SEND]))
        self.assertEqual(sent['labelIds'], ['SENT'])
        self.assertEqual(header(self.raws(ANN)[0], 'Bcc'), [
                'hidden@out.example'])
        for user in [BOB, EVE]:
            found, = self.admin.mailbox(user)
            self.assertEqual(found['labels'], ['INBOX', 'UNREAD'])
            self.assertNotEqual(found['id'], sent['id'])
            self.assertEqual(header(found['raw'], 'Bcc'), [])
            self.assertEqual(header(found['raw'], 'Return-Path'), [
                    f'<{ANN}>'])
            self.assertEqual(len(header(found['raw'], 'Received')), 2)
            self.assertTrue(found['raw'].startswith(b'Delivered-To: '))
            self.assertEqual(body(found['raw']), body(data))
        outside = self.admin.outside_mails()
        self.assertEqual(
            {m['to'] for m in outside}, {OUT, 'hidden@out.example'})
        for found in outside:
            self.assertNotIn(b'Bcc', found['raw'])
        self.assertEqual(
            len(self.admin.outside_mails(to=OUT, clear=True)), 1)
        self.assertEqual(self.admin.outside_mails(), [])

    def test_headers(self):
        self.send()
        sent = self.raws(ANN)[0]
        self.assertEqual(len(header(sent, 'Date')), 1)
        self.assertRegex(
            header(sent, 'Message-ID')[0], '^<CA.*@mail.gmail.com>$')
        self.send(mail(Message_ID='<a@b.example>', Date='x'))
        again = self.raws(ANN)[1]
        self.assertNotEqual(header(again, 'Message-ID'), ['<a@b.example>'])
        self.assertEqual(header(again, 'Date'), ['x'])
        self.assertEqual(
            header(self.raws(BOB)[1], 'Message-ID'),
            header(again, 'Message-ID'))
        self.admin.options(replace_message_id='never')
        self.send(mail(Message_ID='<a@b.example>', X_Own='kept'))
        for user in [ANN, BOB]:
            found = self.raws(user)[2]
            self.assertEqual(
                header(found, 'Message-ID'), ['<a@b.example>'])
            self.assertEqual(header(found, 'X-Own'), ['kept'])

    def test_from(self):
        self.admin.add_alias(ANN, 'sales@example.com')
        self.admin.add_alias(ANN, 'late@example.com', status='pending')
        self.admin.add_alias(ANN, 'office@example.com', status=None)
        for sender, arrives in [
                ('Sales <sales@example.com>', 'Sales <sales@example.com>'),
                ('Late <late@example.com>', f'Late <{ANN}>'),
                ('office@example.com', 'office@example.com'),
                (f'"B, O" <{BOB}>', f'"B, O" <{ANN}>'),
                ('=?utf-8?q?Gr=C3=BCn?= <x@y.example>',
                    f'=?utf-8?q?Gr=C3=BCn?= <{ANN}>'),
                (f'Ann <{ANN.upper()}>', f'Ann <{ANN.upper()}>')]:
            self.send(sender=sender)
            found = self.raws(BOB)[-1]
            self.assertEqual(header(found, 'From'), [arrives])
            self.assertEqual(
                header(found, 'X-Google-Original-From'),
                [] if arrives == sender else [sender])
        aliases = self.gmail().settings().sendAs()
        self.assertEqual(
            [(a['sendAsEmail'], a.get('verificationStatus'))
                for a in aliases.list(userId='me').execute()['sendAs']],
            [(ANN, None), ('sales@example.com', 'accepted'),
                ('late@example.com', 'pending'),
                # [SendAs resource] only of custom addresses
                ('office@example.com', None)])
        self.assertTrue(aliases.get(
                userId='me', sendAsEmail=ANN).execute()['isPrimary'])
        self.assertRefused(404, 'notFound', aliases.get(
                userId='me', sendAsEmail=EVE).execute)
        self.assertRefused(
            403, 'insufficientPermissions',
            self.gmail(scopes=[SEND]).settings().sendAs().list(
                userId='me').execute)
        self.send(to='sales@example.com', users=self.gmail(BOB), sender=BOB)
        self.assertEqual(len(self.raws(ANN, 'INBOX')), 1)
        self.admin.remove_alias(ANN, 'sales@example.com')
        self.send(sender='sales@example.com')
        self.assertEqual(header(self.raws(BOB)[-1], 'From'), [ANN])

    def test_oneself(self):
        sent = self.send(to=f'{ANN}, {BOB}')
        self.assertEqual(sent['labelIds'], ['SENT', 'INBOX', 'UNREAD'])
        self.assertEqual(len(self.raws(ANN)), 1)

    def test_group(self):
        self.admin.add_group('all@example.com', [BOB, EVE])
        self.send(to='all@example.com')
        self.assertEqual(
            [len(self.raws(u)) for u in [BOB, EVE]], [1, 1])
        self.assertEqual(self.admin.outside_mails(), [])

    def test_plus(self):
        self.send(to='bob+sale@example.com')
        self.assertEqual(len(self.raws(BOB)), 1)

    def test_media(self):
        users = self.gmail(scopes=[SEND])
        for resumable in [False, True]:
            data = mail(subject=f'Media {resumable}')
            for request in [{}, None]:
                users.messages().send(
                    userId='me', body=request, media_body=(
                        MediaInMemoryUpload(
                            data, 'message/rfc822', resumable=resumable))
                    ).execute()
            self.assertEqual(
                body(self.raws(BOB)[-1]), body(data))
        self.assertEqual(len(self.raws(BOB)), 4)
        self.assertRefused(400, 'badContent', users.messages().send(
                userId='me', media_body=MediaInMemoryUpload(
                    mail(), 'text/plain')).execute)

    def test_large_media(self):
        users = self.gmail(scopes=[SEND])
        data = mail(text='x' * 6_000_000)
        for resumable in [False, True]:
            users.messages().send(
                userId='me', media_body=MediaInMemoryUpload(
                    data, 'message/rfc822', chunksize=1 << 20,
                    resumable=resumable)).execute()
        self.assertEqual(
            {len(body(r)) for r in self.raws(BOB)}, {6_000_002})
        self.assertIn(
            'gmail.upload.chunk', [e['id'] for e in self.admin.log()])

    def test_interrupted(self):
        "A chunk is lost after it was stored"
        request = self.gmail(scopes=[SEND]).messages().send(
            userId='me', media_body=MediaInMemoryUpload(
                mail(text='x' * 600_000), 'message/rfc822',
                chunksize=1 << 18, resumable=True))
        self.admin.add_fault(
            'status', status=503, method_id='gmail.upload.chunk', nth=2)
        with self.assertRaises(HttpError):
            while not request.next_chunk()[1]:
                pass
        while not request.next_chunk()[1]:
            pass
        self.assertEqual(len(self.raws(BOB)), 1)


class TestRefused(GmailTestCase):
    def refuse(self, data, reason='invalidArgument', status=400, text=''):
        answer = self.assertRefused(status, reason, self.send, data)
        self.assertIn(text, answer['message'])
        self.assertEqual(self.admin.mailbox(ANN), [])

    def test_addresses(self):
        for to in [
                'nobody', 'human@f', 'a@b.example, nobody', '', '<>',
                'two words@b.example', 'a@@b.example', 'a..b@c.example',
                'a@b..example']:
            self.refuse(mail(to), text="Invalid To header")
        self.refuse(mail(Bcc='x'), text="Invalid Bcc header")
        self.refuse(mail(None), text="Recipient address required")
        self.refuse(
            mail('undisclosed-recipients:;'),
            text="Recipient address required")
        self.send(to='undisclosed-recipients:;', Bcc=BOB)
        self.assertEqual(len(self.raws(BOB)), 1)

    def test_international(self):
        self.send(to='müller@exämple.com, "Jörg, K." <j@xn--exmple-cua.com>')
        self.assertEqual(
            [m['to'] for m in self.admin.outside_mails()],
            ['müller@exämple.com', 'j@xn--exmple-cua.com'])

    def test_raw(self):
        for request in [{}, {'raw': ''}, {'raw': 'ä'}, {'raw': '!'}]:
            self.assertRefused(
                400, 'invalidArgument', self.gmail().messages().send(
                    userId='me', body=request).execute)

    def test_size(self):
        self.admin.options(message_limit=1000)
        self.refuse(mail(text='x' * 1001))
        self.send(text='x' * 900)

    def test_json_size(self):
        self.admin.options(json_limit=1000)
        self.refuse(mail(text='x' * 1001), 'uploadTooLarge', 413)
        self.gmail().messages().send(
            userId='me', media_body=MediaInMemoryUpload(
                mail(text='x' * 1001), 'message/rfc822')).execute()
        self.assertEqual(len(self.raws(BOB)), 1)

    def test_upload_size(self):
        users = self.gmail(scopes=[SEND])
        answer, _ = users.messages()._http.request(
            self.emulator.url + '/resumable/upload/gmail/v1/users/me/'
            'messages/send?uploadType=resumable', 'POST', headers={
                'X-Upload-Content-Length': '36700161',
                'X-Upload-Content-Type': 'message/rfc822'})
        self.assertEqual(answer.status, 413)

    def test_recipients(self):
        many = ', '.join(f'a{i}@b.example' for i in range(101))
        self.refuse(mail(many))
        self.admin.options(recipients_limit=500)
        self.send(to=many)
        self.assertEqual(len(self.admin.outside_mails()), 101)

    def test_daily_limit(self):
        self.admin.limit_sending(ANN, daily_messages=2)
        self.send()
        self.send()
        answer = self.assertRefused(429, 'rateLimitExceeded', self.send)
        self.assertRegex(
            answer['message'], r'^User-rate limit exceeded \(Mail sending\)'
            r'\.  Retry after \d{4}-\d\d-\d\dT[\d:.]+Z$')
        self.assertEqual(len(self.raws(BOB)), 2)
        self.send(users=self.gmail(BOB), sender=BOB)
        self.admin.advance(86_401)
        self.send()
        self.admin.limit_sending(ANN, daily_messages=None)
        self.send()
        self.admin.limit_sending(ANN, daily_recipients=1)
        self.assertRefused(429, 'rateLimitExceeded', self.send)

    def test_lost(self):
        "Beyond the limit a message may be accepted, and be dropped"
        self.admin.limit_sending(ANN, daily_messages=1)
        self.admin.options(daily_grace=1)
        self.send()
        self.assertEqual(self.send()['labelIds'], ['SENT'])
        self.assertRefused(429, 'rateLimitExceeded', self.send)
        self.assertEqual(len(self.raws(ANN)), 2)
        self.assertEqual(len(self.raws(BOB)), 1)

    def test_minute(self):
        self.admin.limit_sending(ANN, sends_per_minute=1)
        self.send()
        self.assertRefused(403, 'rateLimitExceeded', self.send)
        self.admin.advance(61)
        self.send()

    def test_service_account(self):
        key = self.admin.add_service_account(scopes=[SEND])
        users = self.gmail(key['client_email'], [SEND])
        self.assertRefused(
            400, 'failedPrecondition', self.send, None, users)
        from google.oauth2 import service_account
        held = service_account.Credentials.from_service_account_info(
            key, scopes=[SEND], subject=ANN)
        self.send(users=self.gmail(credentials=held))
        self.assertEqual(len(self.raws(BOB)), 1)

    def test_faults(self):
        for status, reason in [
                (429, 'rateLimitExceeded'), (403, 'userRateLimitExceeded'),
                (403, 'dailyLimitExceeded'), (503, 'backendError')]:
            self.admin.add_fault(
                'status', method_id=METHOD, status=status, reason=reason)
            self.refuse(mail(), reason, status)
        self.admin.add_fault('drop_before', method_id=METHOD, times=2)
        with self.assertRaises(OSError):
            self.send()
        self.assertEqual(self.raws(BOB), [])
        self.admin.add_fault('drop_after', method_id=METHOD, times=2)
        with self.assertRaises(OSError):
            self.send()
        # httplib2 has repeated it: there is no key that makes it one
        self.assertEqual(len(self.raws(BOB)), 2)


class TestBounces(GmailTestCase):
    def test_unknown(self):
        sent = self.send(
            to=f'{BOB}, nobody@example.com', Bcc='hidden@out.example')
        report = self.admin.mailbox(ANN)[-1]
        self.assertEqual(report['labels'], ['INBOX', 'UNREAD'])
        self.assertEqual(report['thread_id'], sent['threadId'])
        data = report['raw']
        original = self.admin.mailbox(ANN)[0]['message_id']
        for name, value in [
                ('X-Failed-Recipients', 'nobody@example.com'),
                ('Auto-Submitted', 'auto-replied'), ('Return-Path', '<>'),
                ('References', original), ('In-Reply-To', original),
                ('To', ANN), ('From', 'Mail Delivery Subsystem '
                    '<mailer-daemon@googlemail.com>')]:
            self.assertEqual(header(data, name), [value])
        from email import message_from_bytes, policy
        message = message_from_bytes(data, policy=policy.default)
        self.assertEqual(message.get_content_type(), 'multipart/report')
        self.assertEqual(
            message.get_param('report-type'), 'delivery-status')
        text, status, returned = message.iter_parts()
        self.assertIn('nobody@example.com', text.get_content())
        fields = status.get_payload()[1]
        self.assertEqual(
            (fields['Final-Recipient'], fields['Action'], fields['Status']),
            ('rfc822; nobody@example.com', 'failed', '5.1.1'))
        self.assertEqual(
            returned.get_payload()[0]['Message-ID'], original)
        self.assertNotIn(b'hidden@', data)
        self.assertEqual(len(self.raws(BOB)), 1)

    def test_domain(self):
        self.admin.bounce('gone.example', '5.1.2')
        self.admin.bounce(EVE, '5.2.2')
        self.send(to=f'a@gone.example, {EVE}, a@here.example')
        self.assertEqual(
            [m['to'] for m in self.admin.outside_mails()],
            ['a@here.example'])
        self.assertEqual(
            header(self.raws(ANN)[-1], 'X-Failed-Recipients'),
            ['a@gone.example, eve@other.com'])
        self.admin.bounce('gone.example', None)
        self.send(to='a@gone.example')
        self.assertEqual(len(self.admin.outside_mails()), 2)

    def test_held(self):
        self.admin.options(hold_bounces=True)
        self.send(to='nobody@example.com')
        self.assertEqual(len(self.raws(ANN)), 1)
        self.assertEqual(self.admin.release_bounces(), 1)
        self.assertEqual(len(self.raws(ANN)), 2)
        self.assertEqual(self.admin.release_bounces(), 0)


class TestThreads(GmailTestCase):
    def setUp(self):
        super().setUp()
        self.users = self.gmail()
        self.sent = self.send()
        self.message_id = self.admin.mailbox(ANN)[0]['message_id']

    def answer(self, subject='Re: Hello', **headers):
        headers.setdefault('In_Reply_To', self.message_id)
        return mail(ANN, subject, sender=BOB, **headers)

    def test_answer(self):
        self.send(self.answer(), self.gmail(BOB))
        mine, theirs = self.admin.mailbox(ANN), self.admin.mailbox(BOB)
        self.assertEqual(len({m['thread_id'] for m in mine}), 1)
        self.assertEqual(len({m['thread_id'] for m in theirs}), 1)
        self.assertNotEqual(mine[0]['thread_id'], theirs[0]['thread_id'])
        for data in [
                self.answer('Something else'),
                self.answer(In_Reply_To='<other@x.example>')]:
            found = self.admin.receive_mail(ANN, data, EVE)
            self.assertEqual(found['threadId'], found['id'])
        found = self.admin.receive_mail(ANN, self.answer(
                'AW: hello', In_Reply_To='<x@x.example>',
                References=f'{self.message_id} <x@x.example>'))
        self.assertEqual(found['threadId'], self.sent['threadId'])

    def test_thread_id(self):
        "Subject and References or In-Reply-To must match"
        thread = self.sent['threadId']
        for data, same in [
                (mail(In_Reply_To=self.message_id), True),
                (mail(subject='Re: Hello', References=self.message_id),
                    True),
                (mail(), False),
                (mail(subject='x', In_Reply_To=self.message_id), False)]:
            found = self.users.messages().send(userId='me', body={
                    **raw(data), 'threadId': thread}).execute()
            self.assertEqual(found['threadId'] == thread, same)
        theirs = self.admin.mailbox(BOB)[0]['thread_id']
        for name in [theirs, 'nonsense']:
            self.assertRefused(404, 'notFound', self.users.messages().send(
                    userId='me', body={**raw(mail()), 'threadId': name}
                    ).execute)

    def test_methods(self):
        self.admin.receive_mail(ANN, self.answer(), BOB)
        other = self.admin.receive_mail(ANN, mail(ANN, sender=EVE), EVE)
        threads = self.users.threads()
        found = threads.list(userId='me').execute()['threads']
        self.assertEqual(
            [t['id'] for t in found],
            [other['threadId'], self.sent['threadId']])
        name = self.sent['threadId']
        one = threads.get(userId='me', id=name, format='minimal').execute()
        self.assertEqual(len(one['messages']), 2)
        self.assertEqual(one['historyId'], found[1]['historyId'])
        threads.modify(userId='me', id=name, body={
                'addLabelIds': ['STARRED']}).execute()
        self.assertEqual(len(self.ids(self.users, q='is:starred')), 2)
        threads.trash(userId='me', id=name).execute()
        self.assertEqual(self.ids(self.users), [other['id']])
        threads.untrash(userId='me', id=name).execute()
        self.assertEqual(len(self.ids(self.users)), 3)
        threads.delete(userId='me', id=name).execute()
        self.assertRefused(404, 'notFound', threads.get(
                userId='me', id=name).execute)

    def test_message_id_form(self):
        self.assertTrue(re.fullmatch('[0-9a-f]{16}', self.sent['id']))
