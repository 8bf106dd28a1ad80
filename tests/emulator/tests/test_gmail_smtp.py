# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Gmail: smtp.gmail.com."
import base64
import json
import os
import smtplib
import subprocess
import sys
import threading
import unittest

from tests.emulator import EmulatorAdmin

from .common import SCOPE, setUpModule, tearDownModule
from .gmail import ANN, BOB, FULL, OUT, GmailTestCase, body, header, mail

__all__ = ['setUpModule', 'tearDownModule']


class TestSession(GmailTestCase):
    def code(self, answer):
        return answer[0], answer[1].split(b' ')[0].decode()

    def test_before_tls(self):
        smtp = self.connect()
        self.assertEqual(smtp.ehlo()[0], 250)
        self.assertIn('starttls', smtp.esmtp_features)
        self.assertNotIn('auth', smtp.esmtp_features)
        self.assertEqual(smtp.esmtp_features['size'], '35882577')
        for command in [
                f'MAIL FROM:<{ANN}>', 'AUTH XOAUTH2 x', 'AUTH PLAIN x']:
            self.assertEqual(
                self.code(smtp.docmd(command)), (530, '5.7.0'), command)

    def test_after_tls(self):
        smtp = self.connect()
        smtp.starttls(context=self.context())
        self.assertEqual(
            self.code(smtp.docmd(f'MAIL FROM:<{ANN}>')), (503, '5.5.1'))
        smtp.ehlo()
        self.assertNotIn('starttls', smtp.esmtp_features)
        self.assertIn('XOAUTH2', smtp.esmtp_features['auth'])
        for name in ['8bitmime', 'smtputf8', 'pipelining',
                'enhancedstatuscodes']:
            self.assertIn(name, smtp.esmtp_features)
        code, text = smtp.docmd(f'MAIL FROM:<{ANN}>')
        self.assertEqual(code, 530)
        self.assertTrue(text.startswith(b'5.7.0 Authentication Required'))
        self.assertTrue(text.endswith(b' - gsmtp'))
        with self.assertRaises(smtplib.SMTPAuthenticationError):
            smtp.login(ANN, 'password')

    def test_certificate(self):
        import ssl
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.connect().starttls(context=ssl.create_default_context())

    def test_authentication(self):
        for initial in [True, False]:
            smtp = self.smtp(initial=initial)
            self.assertEqual(smtp.noop()[0], 250)
            smtp.quit()

    def test_refused(self):
        held = self.granted(ANN, [FULL], None).token
        expired = self.granted(ANN, [FULL], None).token
        self.emulator.state.access_tokens[expired].expires = 0
        for user, token in [
                (ANN, 'wrong'), (ANN, expired), (BOB, held),
                (ANN, self.granted(
                    ANN, [SCOPE + 'gmail.send', SCOPE + 'gmail.modify'],
                    None).token)]:
            for initial in [True, False]:
                with self.assertRaises(
                        smtplib.SMTPAuthenticationError) as caught:
                    self.smtp(user, token=token, initial=initial)
                self.assertEqual(
                    self.code(caught.exception.args), (535, '5.7.8'))
        text = repr(self.admin.log())
        for secret in [held, base64.b64encode(held.encode()).decode()]:
            self.assertNotIn(secret, text)

    def test_life(self):
        "A connection ends with its token"
        held = self.granted(ANN, [FULL], None).token
        found = self.emulator.state.access_tokens[held]
        found.expires = self.emulator.state.clock() + 3600
        smtp = self.smtp(token=held)
        self.admin.advance(3500)
        self.assertEqual(smtp.noop()[0], 250)
        self.admin.advance(101)
        self.assertEqual(self.code(smtp.noop()), (451, '4.4.2'))
        with self.assertRaises(smtplib.SMTPServerDisconnected):
            smtp.noop()

    def test_challenge(self):
        smtp = self.connect()
        smtp.starttls(context=self.context())
        smtp.ehlo()
        text = base64.b64encode(
            f'user={ANN}\1auth=Bearer x\1\1'.encode()).decode()
        code, challenge = smtp.docmd('AUTH', 'XOAUTH2 ' + text)
        self.assertEqual(code, 334)
        self.assertEqual(
            json.loads(base64.b64decode(challenge)), {
                'status': '401', 'schemes': 'bearer mac', 'scope': FULL})
        self.assertEqual(self.code(smtp.docmd('')), (535, '5.7.8'))
        # the connection goes on
        self.assertEqual(self.authenticate(smtp)[0], 235)
        self.assertEqual(smtp.docmd('AUTH', 'XOAUTH2 ' + text)[0], 503)

    def test_service_account(self):
        key = self.admin.add_service_account(scopes=[FULL])
        import google.auth.transport.requests
        from google.oauth2 import service_account
        held = service_account.Credentials.from_service_account_info(
            key, scopes=[FULL], subject=ANN)
        held.refresh(google.auth.transport.requests.Request())
        self.smtp(token=held.token).sendmail(ANN, [BOB], mail())
        self.assertEqual(len(self.raws(BOB)), 1)

    def test_syntax(self):
        smtp = self.smtp()
        for command, status in [
                ('NONSENSE', (502, '5.5.1')),
                (f'RCPT TO:<{BOB}>', (503, '5.5.1')),
                ('DATA', (503, '5.5.1')),
                ('MAIL TO', (555, '5.5.2')),
                (f'MAIL FROM:<{ANN}> NO=1', (555, '5.5.2')),
                (f'MAIL FROM:<{ANN}> SIZE=35882578', (552, '5.2.3')),
                (f'MAIL FROM:<{ANN}>', (250, '2.1.0')),
                ('RCPT TO:<nobody>', (553, '5.1.3')),
                ('RCPT TO:<a b@c.example>', (553, '5.1.3')),
                ('RCPT', (555, '5.5.2')),
                ('DATA', (503, '5.5.1')),
                (f'RCPT TO:<{BOB}>', (250, '2.1.5')),
                ('RSET', (250, '2.1.5')),
                ('DATA', (503, '5.5.1'))]:
            self.assertEqual(
                self.code(smtp.docmd(command)), status, command)
        self.assertEqual(smtp.quit()[0], 221)


class TestSending(GmailTestCase):
    def test_delivery(self):
        data = mail(BOB, Bcc='hidden@out.example', Message_ID='<a@b.c>')
        smtp = self.smtp()
        self.assertEqual(smtp.sendmail(ANN, [BOB, OUT], data), {})
        sent, = self.admin.mailbox(ANN)
        self.assertEqual(
            (sent['labels'], sent['message_id']), (['SENT'], '<a@b.c>'))
        self.assertEqual(header(sent['raw'], 'Bcc'), ['hidden@out.example'])
        found, = self.raws(BOB)
        self.assertEqual(header(found, 'Bcc'), [])
        self.assertEqual(body(found), body(data))
        self.assertIn('ESMTPSA', header(found, 'Received')[1])
        # the envelope, not the headers
        self.assertEqual(
            [m['to'] for m in self.admin.outside_mails()], [OUT])
        smtp.sendmail(ANN, [BOB], mail(subject='Second'))
        self.assertEqual(len(self.raws(BOB)), 2)

    def test_from(self):
        self.admin.add_alias(ANN, 'sales@example.com')
        for sender in ['sales@example.com', 'other@example.com']:
            self.smtp().sendmail(sender, [BOB], mail(sender=sender))
        self.assertEqual(
            [(header(r, 'From'), header(r, 'Return-Path'))
                for r in self.raws(BOB)],
            [(['sales@example.com'], ['<sales@example.com>']),
                ([ANN], [f'<{ANN}>'])])

    def test_utf8(self):
        self.smtp().sendmail(
            ANN, ['jörg@exämple.com'], mail('jörg@exämple.com', 'Grüße'),
            mail_options=['SMTPUTF8', 'BODY=8BITMIME'])
        found, = self.admin.outside_mails()
        self.assertEqual(found['to'], 'jörg@exämple.com')
        self.assertIn('Subject: Grüße'.encode(), found['raw'])

    def test_unknown(self):
        self.smtp().sendmail(ANN, [BOB, 'no@example.com'], mail())
        self.assertEqual(
            header(self.raws(ANN)[-1], 'X-Failed-Recipients'),
            ['no@example.com'])
        self.admin.options(smtp_unknown_refused=True)
        refused = self.smtp().sendmail(ANN, [BOB, 'no@example.com'], mail())
        self.assertEqual(refused['no@example.com'][0], 550)
        self.assertTrue(
            refused['no@example.com'][1].startswith(b'5.1.1 '))
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            self.smtp().sendmail(ANN, ['no@example.com'], mail())
        self.assertEqual(len(self.raws(BOB)), 2)

    def test_limits(self):
        self.admin.limit_sending(ANN, daily_messages=1)
        self.send()
        smtp = self.smtp()
        with self.assertRaises(smtplib.SMTPDataError) as caught:
            smtp.sendmail(ANN, [BOB], mail())
        self.assertEqual(caught.exception.smtp_code, 550)
        self.assertTrue(caught.exception.smtp_error.startswith(b'5.4.5 '))
        self.admin.limit_sending(ANN, daily_messages=None)
        self.admin.options(message_limit=100, recipients_limit=2)
        with self.assertRaises(smtplib.SMTPDataError) as caught:
            smtp.sendmail(ANN, [BOB], mail(text='x' * 200))
        self.assertEqual(caught.exception.smtp_code, 552)
        refused = smtp.sendmail(ANN, [BOB, OUT, 'c@d.example'], mail())
        self.assertEqual(refused['c@d.example'][0], 452)
        self.assertEqual(len(self.raws(BOB)), 2)


class TestProcess(unittest.TestCase):
    def test_port(self):
        "As a process of its own, with a port that is open at once"
        process = subprocess.Popen(
            [sys.executable, '-m', 'tests.emulator', '--smtp-port', '0'],
            stdout=subprocess.PIPE, text=True)
        try:
            where = json.loads(process.stdout.readline())
            found = EmulatorAdmin(where['url']).smtp()
            self.assertEqual(found['port'], where['smtp'])
            with smtplib.SMTP(
                    '127.0.0.1', where['smtp'], local_hostname='test',
                    timeout=60) as smtp:
                self.assertEqual(smtp.ehlo()[0], 250)
                # an open connection does not keep it
                process.terminate()
                self.assertEqual(process.wait(60), 0)
        finally:
            process.kill()
            process.stdout.close()


class TestFaults(GmailTestCase):
    def test_statuses(self):
        for name, status, error in [
                ('connect', 421, smtplib.SMTPConnectError),
                ('ehlo', 554, smtplib.SMTPHeloError),
                ('starttls', 454, smtplib.SMTPResponseException),
                ('auth', 454, smtplib.SMTPAuthenticationError),
                ('auth', 421, smtplib.SMTPAuthenticationError),
                ('mail', 451, smtplib.SMTPSenderRefused),
                ('rcpt', 450, smtplib.SMTPRecipientsRefused),
                ('data', 421, smtplib.SMTPDataError),
                ('data', 550, smtplib.SMTPDataError)]:
            with self.subTest(name=name, status=status):
                self.admin.add_fault(
                    'status', method_id=f'smtp.{name}', status=status,
                    times=2 if name == 'ehlo' else 1)  # HELO, too
                with self.assertRaises(error) as caught:
                    smtp = self.smtp()
                    smtp.sendmail(ANN, [BOB], mail())
                if name == 'rcpt':
                    code = caught.exception.recipients[BOB][0]
                else:
                    code = caught.exception.smtp_code
                self.assertEqual(code, status)
        self.assertEqual(self.admin.faults(), [])
        self.assertEqual(self.raws(BOB), [])
        self.admin.add_fault(
            'status', method_id='smtp.data', status=451, user=ANN,
            message="4.3.0 Own\n4.3.0 words")
        with self.assertRaises(smtplib.SMTPDataError) as caught:
            self.smtp().sendmail(ANN, [BOB], mail())
        self.assertTrue(caught.exception.smtp_error.startswith(
                b'4.3.0 Own\n4.3.0 words'))

    def test_recipient(self):
        self.admin.add_fault(
            'status', method_id='smtp.rcpt', path=BOB, status=550)
        refused = self.smtp().sendmail(ANN, [OUT, BOB], mail())
        self.assertEqual(
            {k: v[0] for k, v in refused.items()}, {BOB: 550})
        self.assertEqual(len(self.admin.outside_mails()), 1)

    def test_drops(self):
        for name in [
                'connect', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt',
                'data']:
            for action in ['drop_before', 'drop_after']:
                with self.subTest(name=name, action=action):
                    self.admin.add_fault(action, method_id=f'smtp.{name}')
                    with self.assertRaises(OSError):
                        self.smtp().sendmail(ANN, [BOB], mail())
        # only the last one was accepted
        self.assertEqual(len(self.raws(BOB)), 1)
        self.assertEqual(len(self.raws(ANN)), 1)
        self.smtp().sendmail(ANN, [BOB], mail())

    def test_latency(self):
        self.admin.add_fault('latency', method_id='smtp.data', seconds=.2)
        self.smtp().sendmail(ANN, [BOB], mail())
        self.assertEqual(len(self.raws(BOB)), 1)

    def test_log(self):
        self.admin.clear_log()
        smtp = self.smtp()
        smtp.sendmail(ANN, [BOB], mail())
        smtp.quit()
        found = [(e['id'], e['status']) for e in self.admin.log()]
        self.assertEqual(found, [
                ('smtp.connect', 220), ('smtp.ehlo', 250),
                ('smtp.starttls', 220), ('smtp.ehlo', 250),
                ('smtp.auth', 235), ('smtp.mail', 250),
                ('smtp.rcpt', 250), ('smtp.data', 250), ('smtp.quit', 221)])
        last = self.admin.log(id='smtp.data')[0]
        self.assertEqual(
            (last['user'], last['sent'], last['method']),
            (ANN, len(mail()), 'SMTP'))
        self.assertEqual(self.admin.counters()['requests'], 9)

    def test_pause(self):
        hook = self.admin.pause_at(1, 'after', 'smtp.data')
        done = []

        def work():
            done.append(self.smtp().sendmail(ANN, [BOB], mail()))

        thread = threading.Thread(target=work)
        thread.start()
        self.assertTrue(self.admin.wait_hook(hook))
        self.assertEqual((len(self.raws(BOB)), done), (1, []))
        # others go on meanwhile
        self.smtp().sendmail(ANN, [BOB], mail())
        self.admin.resume(hook)
        thread.join(60)
        self.assertEqual((len(self.raws(BOB)), done), (2, [{}]))

    def test_kill(self):
        where = self.admin.smtp()
        token = self.granted(ANN, [FULL], None).token
        program = (
            "import smtplib, ssl, sys; smtp = smtplib.SMTP("
            f"'127.0.0.1', {where['port']}, local_hostname='test')\n"
            "smtp.starttls(context=ssl._create_unverified_context())\n"
            "smtp.ehlo()\n"
            f"text = 'user={ANN}\\1auth=Bearer ' + sys.stdin.readline()"
            ".strip() + '\\1\\1'\n"
            "smtp.auth('XOAUTH2', lambda c=None: '' if c else text)\n"
            f"smtp.sendmail('{ANN}', ['{BOB}'], 'Subject: x\\n\\nx')")
        for when, count in [('before', 0), ('after', 1)]:
            process = subprocess.Popen(
                [sys.executable, '-c', program], stdin=subprocess.PIPE,
                env={k: v for k, v in os.environ.items()})
            hook = self.admin.kill_at(
                process.pid, 1, when, 'smtp.data')
            process.communicate(token.encode() + b'\n', timeout=30)
            self.assertEqual(process.returncode, -9)
            self.assertTrue(self.admin.wait_hook(hook))
            self.assertEqual(len(self.raws(BOB)), count)
