# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The part of Google Drive: the documents of customers, both ways."""
import proteus

from .compare_files import compare, find
from .documents import open_text
from .files import ACME, EXPECTED, KEPT, Files
from .servers import DemoError
from .table import say

__all__ = ['DriveSteps']

ATTACHMENT = 'ir.attachment'
CONFLICT = 'google_integration.conflict'
DRIVE = 'google_drive.drive'
ERROR = 'google_integration.sync_error'
RULE = 'google_drive.rule'
PARTY = 'party.party'
FOLDERS = 'https://drive.google.com/drive/folders/'
LIST = 'drive.changes.list'
READ = ['name', 'type', 'data', 'resource.rec_name']


class DriveSteps:
    def __init__(self, demo, email):
        self.admin = demo.admin
        self.config = demo.config
        self.table = demo.table
        self.expect = demo.expect
        self.last_request = demo.last_request
        self.files = Files(self.admin, email)
        self.differences = []

    def prepare(self):
        with self.table.step("Google: make documents in a drive") as step:
            step.items = self.files.prepare()
            say(f"{step.items} files of the shared drive: PDF, PNG, a Google "
                "Doc and Slides")

    def __call__(self, spoil=False):
        "Return the differences that were found, none if all is well"
        self.make()
        self.create_rule()
        self.synchronize("Drive: synchronize")
        self.compare("Drive: compare")
        self.change()
        self.synchronize("Drive: synchronize both ways")
        self.check_conflict()
        self.check_changes()
        self.compare("Drive: compare")
        # a document that was renamed may have been edited as well
        self.synchronize("Drive: see what was sent")
        self.idle()
        if spoil:
            self.admin.edit_file(
                self.files.email, self.files.file(ACME, "offer.pdf"),
                b'%PDF-spoilt')
        self.compare("Drive: compare again")
        return self.differences

    def make(self):
        with self.table.step("Tryton: make documents of customers") as step:
            step.items = self.files.make()
            say(f"{step.items} attachments: a report of Tryton (ODT), PDF "
                "and PNG")

    def create_rule(self):
        with self.table.step("Make a rule") as step:
            self.drive, = proteus.Model.get(DRIVE).find([
                    ('kind', '=', 'shared')])
            self.drive.enabled = True
            self.drive.save()
            rule = proteus.Model.get(RULE)(
                name="Customers", drive=self.drive, model=PARTY)
            rule.root = FOLDERS + self.files.root
            rule.path = '${record.name}'
            rule.document_format = 'docx'
            rule.save()
            test = proteus.Wizard('google_drive.test_folder', [rule])
            self.expect(
                {line.passed for line in test.form.lines}, {True},
                "each test of the folder")
            test.execute('end')
            say(f"{rule.path}/{rule.filename} below the folder "
                f'"{rule.root_name or test.form.folder}"')
            self.rule = rule
            step.items = 1

    def synchronize(self, name):
        before = self.last_request()
        with self.table.step(name) as step:
            # the answer comes when it is done: there is no worker
            self.rule.click('synchronize')
            self.drive.reload()
            if self.drive.sync_state != 'idle' or self.drive.backlog:
                raise DemoError(
                    f'"{self.drive.name}" is {self.drive.sync_state}, '
                    f"{self.drive.backlog} changes are waiting: "
                    f"{self.drive.last_error}")
            self.differences += [
                f"{e.service.rec_name}: {e.google_id}: {e.message}"
                for e in proteus.Model.get(ERROR).find([])]
            entries = self.admin.log(since=before)
            writes = [e['id'] for e in entries if e['method'] != 'GET']
            step.items = len(self.read())
            say(f"{step.items} attachments in Tryton, {len(writes)} writes "
                "at Google")
        return entries, writes

    def read(self):
        return self.config.get_proxy(ATTACHMENT).search_read(
            [('resource', 'like', PARTY + ',%')], 0, None, None, READ,
            self.config.context)

    def found(self):
        return find(self.files.listed(), self.files.prefix)

    def compare(self, name):
        with self.table.step(name) as step:
            files = self.found()
            # what is kept of a conflict is kept in Tryton alone
            rows = [r for r in self.read() if not is_kept(r)]
            differences = list(compare(
                    files, self.admin.file_content, rows))
            step.items = len(files)
            say(f"{step.items} files: {len(differences)} differences")
            self.differences += differences

    def change(self):
        with self.table.step("Tryton: change documents") as step:
            step.items = self.files.change_tryton()
        with self.table.step("Google: change documents") as step:
            step.items = self.files.change_google()

    def check_conflict(self):
        "The label was changed on both sides: nothing of it is lost"
        with self.table.step("Look at the conflict") as step:
            conflict, = proteus.Model.get(CONFLICT).find([
                    ('service', '=', str(self.drive))])
            self.expect(conflict.stood, 'google', "what stands")
            kept = [r for r in self.read() if is_kept(r)]
            self.expect(
                [bytes(r['data']) for r in kept], [self.files.lost],
                "what was kept of the other side")
            say(f'"{conflict.rec_name}" of {ACME}: Google stands, Tryton '
                f'keeps "{kept[0]["name"]}"')
            step.items = 1

    def check_changes(self):
        "No change was lost, on whichever side it was made"
        with self.table.step("Look for each change") as step:
            found = self.found()
            self.differences += [
                f"{key} is not as it should be at Google"
                for key in found.keys() ^ EXPECTED.keys()]
            rows = {
                (r['resource.']['rec_name'].replace('/', '_'), r['name']):
                bytes(r['data'] or b'') for r in self.read()}
            for key, text in EXPECTED.items():
                opened = open_text(key[1], rows[key]) if key in rows else None
                if opened is None or text not in opened:
                    self.differences.append(
                        f"{key} should say {text!r}: {opened!r}")
            step.items = len(EXPECTED)
            say(f'{step.items} documents are opened; "Minutes" came back as '
                "DOCX, the slides as PDF")

    def idle(self):
        entries, writes = self.synchronize(
            "Drive: synchronize with nothing to do")
        requests = [e['id'] for e in entries if not e['batch']]
        if writes or requests != [LIST]:
            self.differences.append(
                f"With nothing to do the drive made {requests}")


def is_kept(row):
    return row['name'].startswith(KEPT)
