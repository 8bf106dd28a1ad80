# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What rules refuse, which attachments they send, and to where."""
from unittest.mock import patch

from trytond.modules.google_drive import rule_place
from trytond.modules.google_integration.exceptions import RuleError
from trytond.modules.google_drive.naming import NAME_LIMIT, clean_name
from trytond.modules.google_drive.tests.rule_case import FOLDER, RuleTestCase
from trytond.modules.google_integration.bookkeeping import dumps
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.sync_log import format_error
from trytond.pool import Pool
from trytond.tests.test_tryton import with_transaction
from trytond.transaction import Transaction

OFFICE = 'application/vnd.openxmlformats-officedocument.'
NATIVE = 'application/vnd.google-apps.'


class CheckTestCase(RuleTestCase):

    @with_transaction()
    def test_refused(self):
        "What can not work is told when it is saved, in words"
        rule = self.create_rule(match_folder=False)
        for values, message in [
                ({'root': 'Invoices'}, "Root Folder"),
                ({'root': 'https://docs.google.com/document/d/' + FOLDER},
                    "not the identifier or the address of a folder"),
                ({'orphans': 'quarantine', 'quarantine': 'x'}, "Quarantine"),
                ({'orphans': 'quarantine', 'quarantine': FOLDER},
                    "another one than its root folder"),
                ({'path': '${record.delete()}'}, "delete"),
                ({'path': '${record.nothing}/x'}, "nothing"),
                ({'path': '${record.__class__}'}, "__class__"),
                ({'path': '${'}, "path"),
                ({'path': '${open("/etc/passwd")}'}, "open"),
                ({'filename': '${attachment.nothing}'}, "nothing"),
                ({'filename': '${attachment.data}'}, "data"),
                ({'filename': '${file_ext.format("x")}'}, "format"),
                ({'filename': '${other}'}, "other"),
                ({'mime_types_in': 'pdf'}, "pdf"),
                ({'mime_types_out': 'image/*\nx y'}, "x"),
                ({'match_fields': 'customer'}, "customer"),
                ({'match_fields': 'customer: nothing'}, "nothing"),
                ({'match_fields': 'customer: addresses'}, "addresses"),
                ({'match_pattern': '(?P<name>'}, "not valid"),
                ({'match_pattern': r'(?P<name>.)\1'}, "refer to a group"),
                ({'match_pattern': r'(?P<name>.{9999})'}, "too long"),
                ({'match_pattern': r'INV-\d+'}, "no named group"),
                ({'match_pattern': '(?P<nothing>.)'}, "nothing"),
                ({'match_pattern': '(?P<addresses>.)'}, "addresses"),
                ({'domain': '[["nothing", "=", 1]]'}, "domain"),
                ({'domain': '['}, "domain"),
                ({'match_folder': True, 'path': 'Parties'}, "by folder"),
                ({'match_folder': True, 'path': None}, "by folder"),
                ({'match_folder': True, 'path': '${record.id}'}, "by folder"),
                ({'match_folder': True,
                    'path': '${record.name}/${attachment.name}'},
                    "by folder"),
                ({'encrypted': True}, "encryption_key"),
                ]:
            with self.subTest(values):
                with self.assertRaises(RuleError) as error:
                    self.create_rule(rule.drive, **{
                            'match_folder': False, **values})
                self.assertIn(message, error.exception.message)

    @with_transaction()
    def test_accepted(self):
        drive = self.create_drive()
        for values in [
                {'path': "${record.create_date.strftime('%Y')}/Q"
                    "${(record.create_date.month - 1) // 3 + 1}/"
                    "${record.code}"},
                {'path': None, 'match_folder': False},
                {'path': '${record.lang.name}/${record.name}'},
                {'path': '${record.replaced_by.name}/${record.name}'},
                {'path': '${record}'},
                {'path': '${date.year}', 'direction': 'to_google'},
                {'filename': '${record.code}${file_ext}'},
                {'match_pattern': r'(?i)(?P<code>P\d+).*(?P<who>\w+)',
                    'match_fields': 'who: replaced_by.code\nx: name'},
                {'mime_types_in': 'image/*\napplication/pdf'},
                {'root': None},
                ]:
            with self.subTest(values):
                self.create_rule(drive, **values)

    @with_transaction()
    def test_pasted(self):
        address = f'https://drive.google.com/drive/u/0/folders/{FOLDER}?x=y'
        rule = self.create_rule(
            root=address, orphans='quarantine', quarantine='root')
        self.assertEqual(rule.root, FOLDER)
        self.assertEqual(rule.quarantine, rule.drive.google_id)
        self.assertEqual(rule.root_id, FOLDER)
        rule.root = None
        rule.orphans = 'keep'
        rule.save()
        self.assertEqual(rule.root_id, rule.drive.google_id)

    @with_transaction()
    def test_service_account(self):
        "It has no space of its own, but may act for somebody who has"
        for kind, subject, refused in [
                ('my_drive', None, True), ('shared', None, False),
                ('my_drive', 'alice@example.com', False)]:
            drive = self.create_drive(
                kind, type='service_account', subject=subject)
            if refused:
                with self.assertRaisesRegex(RuleError, "no space"):
                    self.create_rule(drive)
            else:
                self.create_rule(drive)

    @with_transaction()
    def test_my_drive_warning(self):
        for kind, count in [('my_drive', 1), ('shared', 0)]:
            rule = self.create_rule(
                self.create_drive(kind, drive_access='all'))
            self.assertEqual(len(rule.on_change_notify()), count)

    @with_transaction()
    def test_access_warning(self):
        "Credentials with less access than a rule needs, or more"
        def warnings(rule):
            return [
                word for _, text in rule.on_change_notify()
                for word in ["needs access to all", "which no rule needs"]
                if word in text]

        for kind, access, direction, expected in [
                ('shared', 'file', 'to_google', ["needs access to all"]),
                ('my_drive', 'file', 'both', ["needs access to all"]),
                ('my_drive', 'file', 'to_google', []),
                ('my_drive', 'all', 'to_tryton', []),
                ('my_drive', 'all', 'to_google', ["which no rule needs"])]:
            drive = self.create_drive(kind, drive_access=access)
            rule = self.create_rule(drive, direction=direction)
            with self.subTest(kind=kind, access=access, direction=direction):
                self.assertEqual(warnings(rule), expected)
        # another one needs it
        self.create_rule(drive, direction='both')
        self.assertEqual(warnings(rule), [])

    @with_transaction()
    def test_scope(self):
        for kind, direction, scope, word in [
                ('my_drive', 'to_google', 'file', "nothing else"),
                ('my_drive', 'both', 'all', "people put"),
                ('my_drive', 'to_tryton', 'all', "people put"),
                ('shared', 'to_google', 'all', "shared drives")]:
            rule = self.create_rule(
                self.create_drive(kind), direction=direction)
            self.assertEqual(rule.scope, scope)
            self.assertIn(word, rule.scope_reason)

    @with_transaction()
    def test_delete_removed_model(self):
        "A rule of a module that is gone is told, and nothing breaks"
        rule = self.create_rule()
        table = type(rule).__table__()
        Transaction().connection.cursor().execute(*table.update(
                [table.model], ['gone.model'], where=table.id == rule.id))
        Transaction().cache.clear()
        Rule = type(rule)
        Rule._watched_cache.clear()
        self.assertEqual(Rule.watched(), {})
        with self.assertRaises(ItemError):
            self.assertIsNone(Rule(rule.id).Model)


class PlaceTestCase(RuleTestCase):

    def place(self, rule, attachment):
        place = rule.place(attachment)
        return '/'.join(place.folders), place.name

    @with_transaction()
    def test_place(self):
        party = self.create_party(code="P/1")
        attachment = self.attach(party, "offer.PDF")
        drive = self.create_drive()
        year = str(attachment.create_date.year)
        for path, filename, place in [
                ('${record.rec_name}', '${attachment.name}',
                    ("Acme Inc", "offer.PDF")),
                ('A/${record.code}/${date.strftime("%Y")}',
                    '${record.name}', (f"A/P_1/{year}", "Acme Inc.PDF")),
                (None, '${record.code}${file_ext}', ("", "P_1.PDF")),
                (None, '${record.code}.${file_ext}', ("", "P_1.PDF")),
                (None, '${attachment}', ("", "offer.PDF")),
                ("${record.create_date.strftime('%Y')}/Q"
                    "${(record.create_date.month - 1) // 3 + 1}",
                    '${attachment.name}', (
                        f"{year}/Q"
                        f"{(attachment.create_date.month - 1) // 3 + 1}",
                        "offer.PDF")),
                ('${record.lang and record.lang.name}/x', 'x.bin',
                    ("_/x", "x.bin.PDF")),
                ]:
            rule = self.create_rule(
                drive, path=path, filename=filename, match_folder=False)
            with self.subTest(path=path, filename=filename):
                self.assertEqual(self.place(rule, attachment), place)

    @with_transaction()
    def test_fallback(self):
        "What is attached to the fallback record stays where it is"
        rule = self.create_rule(orphans='record', fallback='res.user,1')
        attachment = self.attach(rule.fallback, "a/b.pdf")
        self.assertEqual(self.place(rule, attachment), ("", "a_b.pdf"))

    @with_transaction()
    def test_nasty(self):
        "A name of 300 characters with whatever people put into it"
        name = "../" + '😀"<é>\x1b/\\' * 40 + "end.pdf"
        party = self.create_party(name)
        attachment = self.attach(party, name)
        place = self.create_rule().place(attachment)
        self.assertEqual(len(place.folders), 1)
        for text in [*place.folders, place.name]:
            self.assertEqual(clean_name(text), text)
            self.assertLessEqual(len(text.encode()), NAME_LIMIT)
        self.assertTrue(place.name.endswith('.pdf'))

    @with_transaction()
    def test_one_fails(self):
        "A template that fails for one record fails for that one alone"
        rule = self.create_rule(
            path='${record.replaced_by.name}', match_folder=False)
        best = self.create_party("Best")
        attachments = [
            self.attach(self.create_party()),
            self.attach(self.create_party(replaced_by=best.id))]
        places = rule.places(attachments)
        self.assertIsInstance(places[attachments[0].id], ItemError)
        self.assertEqual(places[attachments[1].id].folders, ("Best",))
        with self.assertRaises(ItemError) as error:
            rule.place(attachments[0])
        error = error.exception
        self.assertIn("path", format_error(error.code, dumps(error.arguments)))

    @with_transaction()
    def test_deep(self):
        rule = self.create_rule(
            path='/'.join(['${record.name}'] * 51), match_folder=False)
        with self.assertRaises(ItemError) as error:
            rule.place(self.attach(self.create_party()))
        self.assertEqual(error.exception.code, 'google_drive.path_deep')

    @with_transaction()
    def test_access(self):
        "The acting user must be allowed to read"
        pool = Pool()
        User = pool.get('res.user')
        Access = pool.get('ir.model.access')
        user, = User.create([{'name': "Act", 'login': 'act'}])
        party = self.create_party()
        attachment = self.attach(party)
        rule = self.create_rule(user=user.id)
        self.assertEqual(rule.place(attachment).folders, ("Acme Inc",))
        Access.create([{
                    'model': 'party.party', 'perm_read': False,
                    'perm_write': False, 'perm_create': False,
                    'perm_delete': False}])
        with self.assertRaises(ItemError) as error:
            rule.place(attachment)
        self.assertEqual(error.exception.code, 'google_drive.rule_access')
        with self.assertLogs(rule_place.logger, 'ERROR'):
            self.assertEqual(type(rule).of_attachments([attachment]), {})


class AttachmentTestCase(RuleTestCase):

    @with_transaction()
    def test_first_by_sequence(self):
        Rule = Pool().get('google_drive.rule')
        drive = self.create_drive()
        second = self.create_rule(drive, sequence=2)
        first = self.create_rule(
            drive, sequence=1, domain='[["name", "like", "A%"]]')
        self.create_rule(drive, sequence=0, active=False)
        self.create_rule(drive, sequence=0, direction='to_tryton')
        acme, best = self.create_party("Acme"), self.create_party("Best")
        attachments = [
            self.attach(acme), self.attach(best), self.attach(drive),
            self.attach(
                acme, data=None, type='link', link='https://example.com')]
        self.assertEqual(Rule.of_attachments(attachments), {
                attachments[0].id: first, attachments[1].id: second})
        self.assertEqual(Rule.all_of(attachments[:1]), {
                attachments[0].id: [first, second]})

    @with_transaction()
    def test_no_rule(self):
        "For a model without rule nothing is asked"
        pool = Pool()
        Rule = pool.get('google_drive.rule')
        attachment = self.attach(self.create_party())
        self.assertEqual(Rule.of_attachments([attachment]), {})
        with patch.object(Rule, 'search') as search, \
                patch.object(pool.get('ir.attachment'), 'browse') as browse:
            self.assertEqual(Rule.of_attachments([attachment]), {})
        search.assert_not_called()
        browse.assert_not_called()

    @with_transaction()
    def test_sends(self):
        rule = self.create_rule(
            mime_types_out='application/pdf', size_limit=1)
        party = self.create_party()
        for name, data, code in [
                ("a.pdf", b'', None), ("a.PDF", b'x', None),
                ("a.png", b'x', 'type_out'), ("a", b'x', 'type_out'),
                ("a.pdf", b'x' * 2 ** 20, None),
                ("a.pdf", b'x' * (2 ** 20 + 1), 'size')]:
            error = rule.sends(self.attach(party, name, data))
            self.assertEqual(
                error and error.code, code and f'google_drive.{code}')

    @with_transaction()
    def test_receives(self):
        rule = self.create_rule(
            mime_types_in='image/*\napplication/pdf', size_limit=1,
            document_format='pdf')
        for resource, result in [
                ({'mimeType': 'image/png', 'size': '5'}, True),
                ({'mimeType': 'image/png', 'size': str(2 ** 21)}, False),
                ({'mimeType': 'text/plain'}, False),
                ({'mimeType': NATIVE + 'folder'}, False),
                ({'mimeType': NATIVE + 'document', 'size': '9999999'}, True),
                ({'mimeType': NATIVE + 'spreadsheet'}, False),
                ({'mimeType': NATIVE + 'shortcut', 'shortcutDetails': {
                            'targetMimeType': 'image/jpeg'}}, True),
                ]:
            self.assertIs(rule.receives(resource), result, resource)
        rule.direction = 'to_google'
        self.assertFalse(rule.receives({'mimeType': 'image/png'}))

    @with_transaction()
    def test_export(self):
        rule = self.create_rule(
            drawing_format='link', document_format='docx',
            presentation_format='pptx')
        for kind, export in [
                ('document', (OFFICE + 'wordprocessingml.document', '.docx')),
                ('spreadsheet', (OFFICE + 'spreadsheetml.sheet', '.xlsx')),
                ('presentation', (
                        OFFICE + 'presentationml.presentation', '.pptx')),
                ('drawing', 'link'), ('form', 'link'), ('shortcut', 'link')]:
            self.assertEqual(
                rule.export_of({'mimeType': NATIVE + kind}), export)
        self.assertIsNone(rule.export_of({'mimeType': 'image/png'}))
        for kind in ['document', 'presentation', 'drawing']:
            self.assertEqual(
                self.create_rule(rule.drive).export_of(
                    {'mimeType': NATIVE + kind}), ('application/pdf', '.pdf'))

    @with_transaction()
    def test_storage(self):
        rule = self.create_rule(
            storage='link_above', link_size=1, images='thumbnail')
        for mime_type, size, storage in [
                ('text/plain', 2 ** 20, 'copy'),
                ('text/plain', 2 ** 20 + 1, 'link'),
                ('image/png', 10, 'thumbnail'),
                (NATIVE + 'form', 0, 'link')]:
            self.assertEqual(
                rule.storage_of({'mimeType': mime_type, 'size': str(size)}),
                storage)
        rule.storage = 'link'
        self.assertEqual(rule.storage_of({'mimeType': 'text/plain'}), 'link')


del RuleTestCase
