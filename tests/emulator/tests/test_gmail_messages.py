# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Gmail: messages, their formats, drafts, labels, batches."
import base64
from email.message import EmailMessage

from googleapiclient.errors import HttpError
from googleapiclient.http import (
    BatchHttpRequest, HttpRequest, MediaInMemoryUpload)

from .common import SCOPE, setUpModule, tearDownModule
from .gmail import ANN, BOB, FULL, SEND, GmailTestCase, header, mail, raw

__all__ = ['setUpModule', 'tearDownModule']
READ, MODIFY = SCOPE + 'gmail.readonly', SCOPE + 'gmail.modify'
COMPOSE, META = SCOPE + 'gmail.compose', SCOPE + 'gmail.metadata'


class TestFormats(GmailTestCase):
    def setUp(self):
        super().setUp()
        message = EmailMessage()
        message['From'], message['To'] = ANN, BOB
        message['Subject'] = "Grüße"
        message.set_content("Text & more\n")
        message.add_alternative("<p>Text</p>", subtype='html')
        message.add_attachment(
            b'\0\1\2', maintype='application', subtype='octet-stream',
            filename='a.bin')
        self.data = message.as_bytes()
        self.one = self.send(self.data)['id']
        self.messages = self.gmail().messages()

    def get(self, **values):
        return self.messages.get(
            userId='me', id=self.one, **values).execute()

    def test_full(self):
        found = self.get()
        self.assertEqual(found['labelIds'], ['SENT'])
        self.assertEqual(found['snippet'], "Text &amp; more")
        payload = found['payload']
        self.assertEqual(payload['mimeType'], 'multipart/mixed')
        self.assertIn(
            {'name': 'Subject', 'value': "Grüße"}, payload['headers'])
        texts, attached = payload['parts']
        self.assertEqual(
            [p['mimeType'] for p in texts['parts']],
            ['text/plain', 'text/html'])
        self.assertEqual(
            base64.urlsafe_b64decode(texts['parts'][0]['body']['data']),
            b'Text & more\n')
        self.assertEqual(attached['filename'], 'a.bin')
        self.assertNotIn('data', attached['body'])
        part = self.messages.attachments().get(
            userId='me', messageId=self.one,
            id=attached['body']['attachmentId']).execute()
        self.assertEqual(
            base64.urlsafe_b64decode(part['data']), b'\0\1\2')
        self.assertEqual(part['size'], 3)
        self.assertRefused(
            400, 'invalidArgument', self.messages.attachments().get(
                userId='me', messageId=self.one, id='x').execute)

    def test_formats(self):
        self.assertNotIn('payload', self.get(format='minimal'))
        found = self.get(
            format='metadata', metadataHeaders=['subject', 'To'])
        self.assertEqual(
            found['payload']['headers'], [
                {'name': 'To', 'value': BOB},
                {'name': 'Subject', 'value': "Grüße"}])
        data = base64.urlsafe_b64decode(self.get(format='raw')['raw'])
        self.assertEqual(data, self.raws(ANN)[0])
        self.assertEqual(
            self.get(fields='id,payload/mimeType'), {
                'id': self.one, 'payload': {'mimeType': 'multipart/mixed'}})

    def test_scopes(self):
        for scopes, refused in [
                ([SEND], True), ([COMPOSE], True), ([READ], False),
                ([MODIFY], False), ([SCOPE + 'gmail.labels'], True)]:
            call = self.gmail(scopes=scopes).messages().get(
                userId='me', id=self.one)
            if refused:
                self.assertRefused(
                    403, 'insufficientPermissions', call.execute)
            else:
                call.execute()

    def test_metadata_scope(self):
        users = self.gmail(scopes=[META])
        messages = users.messages()
        for form in ['full', 'raw']:
            self.assertRefused(
                403, 'forbidden', messages.get(
                    userId='me', id=self.one, format=form).execute)
        messages.get(userId='me', id=self.one, format='metadata').execute()
        self.assertEqual(self.ids(users), [self.one])
        self.assertRefused(
            403, 'forbidden', messages.list(userId='me', q='x').execute)
        self.assertRefused(
            403, 'insufficientPermissions',
            messages.attachments().get(
                userId='me', messageId=self.one, id='x').execute)
        both = self.gmail(scopes=[META, READ])
        self.ids(both, q='x')
        self.admin.options(metadata_scope_wins=True)
        self.assertRefused(
            403, 'forbidden', both.messages().list(
                userId='me', q='x').execute)

    def test_user(self):
        for users in [self.gmail(BOB), self.gmail(BOB, [SEND])]:
            self.assertRefused(
                403, 'forbidden', users.messages().send(
                    userId=ANN, body=raw(mail())).execute)
        self.assertEqual(
            self.gmail().getProfile(userId=ANN).execute()['emailAddress'],
            ANN)
        self.assertRefused(
            404, 'notFound', self.gmail(BOB).messages().get(
                userId='me', id=self.one).execute)


class TestChanges(GmailTestCase):
    def setUp(self):
        super().setUp()
        self.users = self.gmail()
        self.messages = self.users.messages()
        self.one = self.admin.receive_mail(ANN, mail(ANN))['id']

    def labels(self):
        return self.messages.get(
            userId='me', id=self.one, format='minimal').execute().get(
                'labelIds', [])

    def modify(self, **body):
        return self.messages.modify(
            userId='me', id=self.one, body=body).execute()

    def test_modify(self):
        self.assertEqual(
            self.modify(addLabelIds=['STARRED'], removeLabelIds=['UNREAD'])[
                'labelIds'], ['INBOX', 'STARRED'])
        for body in [
                {}, {'addLabelIds': ['SENT']}, {'addLabelIds': ['Label_9']},
                {'removeLabelIds': ['DRAFT']},
                {'addLabelIds': ['INBOX'], 'removeLabelIds': ['INBOX']}]:
            self.assertRefused(
                400, 'invalidArgument', lambda body=body:
                self.modify(**body))
        self.assertEqual(self.labels(), ['INBOX', 'STARRED'])

    def test_trash(self):
        self.messages.trash(userId='me', id=self.one).execute()
        self.assertEqual(self.labels(), ['UNREAD', 'TRASH'])
        self.assertEqual(self.ids(self.users), [])
        self.assertEqual(
            self.ids(self.users, includeSpamTrash=True), [self.one])
        self.assertEqual(self.ids(self.users, q='in:trash'), [self.one])
        self.assertEqual(
            self.ids(self.users, labelIds=['TRASH']), [self.one])
        self.messages.untrash(userId='me', id=self.one).execute()
        self.assertEqual(self.labels(), ['UNREAD'])

    def test_delete(self):
        modify = self.gmail(scopes=[MODIFY]).messages()
        self.assertRefused(
            403, 'insufficientPermissions',
            modify.delete(userId='me', id=self.one).execute)
        self.messages.delete(userId='me', id=self.one).execute()
        self.assertRefused(404, 'notFound', self.labels)

    def test_several(self):
        other = self.admin.receive_mail(ANN, mail(ANN))['id']
        self.messages.batchModify(userId='me', body={
                'ids': [self.one, other, 'f' * 16],
                'removeLabelIds': ['INBOX']}).execute()
        self.assertEqual(self.labels(), ['UNREAD'])
        self.messages.batchDelete(
            userId='me', body={'ids': [self.one]}).execute()
        self.assertEqual(self.ids(self.users), [other])
        for body in [
                {'removeLabelIds': ['INBOX']},
                {'ids': ['f'] * 1001, 'removeLabelIds': ['INBOX']}]:
            self.assertRefused(
                400, 'invalidArgument', self.messages.batchModify(
                    userId='me', body=body).execute)

    def test_insert(self):
        data = mail(ANN, Date='Thu, 01 Jan 2026 10:00:00 +0000')
        found = self.messages.insert(userId='me', body={
                **raw(data), 'labelIds': ['INBOX', 'SENT']},
            internalDateSource='dateHeader').execute()
        self.assertEqual(found['labelIds'], ['INBOX', 'SENT'])
        self.assertEqual(self.raws(ANN)[-1], data)
        date = self.messages.get(
            userId='me', id=found['id']).execute()['internalDate']
        self.assertEqual(date, '1767261600000')
        imported = self.messages.import_(
            userId='me', body={}, media_body=MediaInMemoryUpload(
                data, 'message/rfc822')).execute()
        self.assertNotIn('labelIds', imported)
        self.assertEqual(self.raws(BOB), [])

    def test_batch(self):
        batch, answers = BatchHttpRequest(
            batch_uri=self.emulator.url + '/batch'), []
        for call in [
                self.messages.get(userId='me', id=self.one),
                self.messages.get(userId='me', id='x'),
                self.messages.trash(userId='me', id=self.one)]:
            batch.add(call, callback=lambda i, answer, error: answers.append(
                    error.resp.status if error else answer['id']))
        batch.execute(http=self.messages._http)
        self.assertEqual(answers, [self.one, 404, self.one])
        batch = BatchHttpRequest(batch_uri=self.emulator.url + '/batch')
        answers.clear()
        batch.add(
            HttpRequest(
                self.messages._http, lambda answer, content: content,
                self.emulator.url + '/calendar/v3/colors'),
            callback=lambda i, answer, error: answers.append(
                error.resp.status))
        batch.execute(http=self.messages._http)
        self.assertEqual(answers, [400])
        batch = BatchHttpRequest(batch_uri=self.emulator.url + '/batch')
        for _ in range(101):
            batch.add(self.messages.get(userId='me', id=self.one))
        with self.assertRaises(HttpError):
            batch.execute(http=self.messages._http)


class TestDrafts(GmailTestCase):
    def setUp(self):
        super().setUp()
        self.users = self.gmail(scopes=[COMPOSE])
        self.drafts = self.users.drafts()

    def create(self, data=None, **body):
        return self.drafts.create(userId='me', body={
                'message': {**raw(data or mail()), **body}}).execute()

    def names(self, **values):
        return [d['id'] for d in self.drafts.list(
                userId='me', **values).execute().get('drafts', ())]

    def test_life(self):
        made = self.create()
        self.assertEqual(made['message']['labelIds'], ['DRAFT'])
        self.assertEqual(self.names(), [made['id']])
        self.assertEqual(self.names(q='subject:hello'), [made['id']])
        found = self.drafts.get(
            userId='me', id=made['id'], format='raw').execute()
        self.assertEqual(
            base64.urlsafe_b64decode(found['message']['raw']), mail())
        changed = self.drafts.update(
            userId='me', id=made['id'],
            body={'message': raw(mail(subject='Other'))}).execute()
        self.assertEqual(changed['id'], made['id'])
        self.assertNotEqual(changed['message']['id'], made['message']['id'])
        self.assertEqual(
            changed['message']['threadId'], made['message']['threadId'])
        self.assertEqual(len(self.raws(ANN)), 1)
        self.drafts.delete(userId='me', id=made['id']).execute()
        self.assertEqual(self.raws(ANN), [])
        self.assertRefused(404, 'notFound', self.drafts.get(
                userId='me', id=made['id']).execute)

    def test_send(self):
        made = self.create(mail(Message_ID='<a@b.example>'))
        sent = self.drafts.send(
            userId='me', body={'id': made['id']}).execute()
        self.assertEqual(sent['labelIds'], ['SENT'])
        self.assertNotEqual(sent['id'], made['message']['id'])
        self.assertEqual(sent['threadId'], made['message']['threadId'])
        self.assertEqual(self.names(), [])
        self.assertEqual(len(self.raws(BOB)), 1)
        self.assertRefused(404, 'notFound', self.drafts.send(
                userId='me', body={'id': made['id']}).execute)
        self.assertEqual(len(self.raws(BOB)), 1)

    def test_send_content(self):
        made = self.create()
        self.drafts.send(userId='me', body={
                'id': made['id'], 'message': raw(mail(subject='New'))
                }).execute()
        self.assertEqual(header(self.raws(BOB)[0], 'Subject'), ['New'])
        other = self.create()
        self.drafts.send(
            userId='me', body={'id': other['id']},
            media_body=MediaInMemoryUpload(
                mail(subject='Upload'), 'message/rfc822')).execute()
        self.assertEqual(header(self.raws(BOB)[1], 'Subject'), ['Upload'])

    def test_lost_answer(self):
        made = self.create()
        self.admin.add_fault(
            'drop_after', method_id='gmail.users.drafts.send')
        # httplib2 repeats it by itself
        self.assertRefused(404, 'notFound', self.drafts.send(
                userId='me', body={'id': made['id']}).execute)
        self.assertEqual(len(self.raws(BOB)), 1)

    def test_refused(self):
        self.create(mail(None))
        nobody = self.names()[0]
        self.assertRefused(400, 'invalidArgument', self.drafts.send(
                userId='me', body={'id': nobody}).execute)
        self.assertEqual(self.names(), [nobody])
        self.assertRefused(
            400, 'invalidArgument', self.create, mail('human@f'))
        self.assertRefused(400, 'invalidArgument', self.drafts.create(
                userId='me', body={}).execute)
        self.assertRefused(400, 'invalidArgument', self.drafts.send(
                userId='me', body={}).execute)
        self.assertRefused(
            404, 'notFound', self.create, mail(), threadId='f' * 16)
        self.assertRefused(
            403, 'insufficientPermissions',
            self.gmail(scopes=[SEND]).drafts().create(
                userId='me', body={}).execute)
        self.assertRefused(
            403, 'insufficientPermissions',
            self.users.messages().list(userId='me').execute)


class TestLabels(GmailTestCase):
    def setUp(self):
        super().setUp()
        self.users = self.gmail(scopes=[FULL, SCOPE + 'gmail.labels'])
        self.labels = self.users.labels()

    def create(self, name, **body):
        return self.labels.create(
            userId='me', body={'name': name, **body}).execute()

    def test_life(self):
        made = self.create('Tryton/Sales', color={
                'backgroundColor': '#000000', 'textColor': '#ffffff'})
        self.assertEqual(
            (made['type'], made['labelListVisibility']),
            ('user', 'labelShow'))
        one = self.admin.receive_mail(
            ANN, mail(ANN), labels=['INBOX', 'UNREAD'])['id']
        self.users.messages().modify(userId='me', id=one, body={
                'addLabelIds': [made['id']]}).execute()
        found = self.labels.get(userId='me', id=made['id']).execute()
        self.assertEqual(
            (found['messagesTotal'], found['threadsUnread']), (1, 1))
        self.labels.patch(userId='me', id=made['id'], body={
                'name': 'Tryton/Orders'}).execute()
        found = self.labels.list(userId='me').execute()['labels']
        self.assertIn(
            ('Tryton/Orders', made['color']),
            [(b['name'], b.get('color')) for b in found])
        self.assertEqual(
            self.ids(self.users, q='label:tryton-orders'), [one])
        self.labels.delete(userId='me', id=made['id']).execute()
        self.assertEqual(
            self.admin.mailbox(ANN)[0]['labels'], ['INBOX', 'UNREAD'])

    def test_refused(self):
        self.create('Work')
        self.assertRefused(409, 'aborted', self.create, 'work')
        for name in ['', 'a//b', '/a', 'INBOX', 'spam', 'x' * 300]:
            self.assertRefused(400, 'invalidArgument', self.create, name)
        self.assertRefused(
            400, 'invalidArgument', self.create, 'Red',
            color={'backgroundColor': '#123456', 'textColor': '#ffffff'})
        for call in [
                self.labels.delete(userId='me', id='INBOX'),
                self.labels.update(
                    userId='me', id='SENT', body={'name': 'x'})]:
            self.assertRefused(400, 'invalidArgument', call.execute)
        self.assertRefused(404, 'notFound', self.labels.get(
                userId='me', id='Label_99').execute)
        self.admin.options(label_limit=1)
        self.assertRefused(400, 'invalidArgument', self.create, 'More')

    def test_dropped(self):
        made = self.create('Work')
        self.admin.drop_label(ANN, 'Work')
        self.assertRefused(404, 'notFound', self.labels.get(
                userId='me', id=made['id']).execute)
