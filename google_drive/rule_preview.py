# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a rule would do, before it does it."""
from collections import Counter, defaultdict

from sql import Null

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.checked_wizard import (
    CheckedWizardMixin)
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.sync_log import (
    format_error, one_line)
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateView, Wizard

from . import mapping
from .rule_client import drive_client
from .rule_follow import Follow
from .tree import Tree

__all__ = ['RulePreview', 'RulePreviewLine', 'RulePreviewResult']

# the lines that are shown of each kind
SIZE = 100
KINDS = [
    ('send', "Sent"),
    ('receive', "Received"),
    ('rename', "Renamed"),
    ('move', "Moved"),
    ('delete', "Deleted"),
    ('leave', "Not Synchronized Any More"),
    ('orphan', "Without Record"),
    ('error', "Error"),
    ]


class RulePreviewLine(ModelView):
    __name__ = 'google_drive.rule_preview.line'

    kind = fields.Selection(KINDS, "What Happens", readonly=True, sort=False)
    name = fields.Char("Name", readonly=True)
    folder = fields.Char("Folder", readonly=True)
    record = fields.Char("Record", readonly=True)
    reason = fields.Char("Reason", readonly=True)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('kind') == 'error', 'danger',
                    If(Eval('kind').in_(['orphan', 'delete', 'leave']),
                        'warning', ''))),
            ]


class RulePreviewResult(ModelView):
    __name__ = 'google_drive.rule_preview.result'

    rule = fields.Many2One('google_drive.rule', "Rule", readonly=True)
    lines = fields.One2Many(
        'google_drive.rule_preview.line', None, "What Happens",
        readonly=True)
    send_count = fields.Integer("Sent", readonly=True)
    receive_count = fields.Integer("Received", readonly=True)
    rename_count = fields.Integer("Renamed", readonly=True)
    move_count = fields.Integer("Moved", readonly=True)
    delete_count = fields.Integer("Deleted", readonly=True)
    leave_count = fields.Integer("Not Synchronized Any More", readonly=True)
    orphan_count = fields.Integer("Without Record", readonly=True)
    error_count = fields.Integer("Error", readonly=True)


class RulePreview(CheckedWizardMixin, Wizard):
    __name__ = 'google_drive.rule_preview'

    start = StateView(
        'google_drive.rule_preview.result',
        'google_drive.rule_preview_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def default_start(self, fields):
        rule = self.record
        Rule = type(rule)
        bookkeeping.check_write(Rule, [rule])
        preview = Preview(Rule, rule.id)
        preview()
        return {
            'rule': preview.id,
            'lines': [
                {'kind': kind, **line}
                for kind, _ in KINDS for line in preview.lines[kind]],
            **{f'{kind}_count': preview.counts[kind] for kind, _ in KINDS},
            }


class Preview:
    "The comparison of both sides, which writes on neither"

    def __init__(self, Rule, id):
        self.Rule = Rule
        self.id = id
        self.counts = Counter()
        self.lines = defaultdict(list)
        self.unedited = set()

    @property
    def rule(self):
        return self.Rule(self.id)

    def __call__(self):
        transaction = Transaction()
        with without_check_access():
            resources = self.listed() if self.rule.receives_files else []
            language = transaction.context.get('language')
            with transaction.set_user(0), transaction.reset_context(), \
                    transaction.set_context(language=language):
                if self.rule.sends_files:
                    self.outgoing()
                self.incoming(resources)
        transaction.rollback()

    def add(self, kind, name, folder, record=None, reason=''):
        self.counts[kind] += 1
        if len(self.lines[kind]) < SIZE:
            self.lines[kind].append({
                    'name': one_line(name or ''),
                    'folder': folder,
                    'record': record and one_line(record.rec_name),
                    'reason': one_line(reason),
                    })

    def fail(self, name, folder, record, error):
        self.add(
            'error', name, folder, record,
            format_error(error.code, bookkeeping.dumps(error.arguments)))

    # From Tryton

    def outgoing(self):
        File = Pool().get('google_drive.file')
        for sub_ids in grouped_slice(self.entered(), 250):
            self.entering(list(sub_ids))
        for files in grouped_slice(File.search([
                        ('rule', '=', self.id),
                        ('attachment', '!=', None),
                        ('google_state', '!=', 'apart'),
                        ]), 250):
            files = list(files)
            left = self.left(files)
            files = [f for f in files if f.id not in left]
            places = self.rule.places([f.attachment for f in files])
            for file in files:
                self.known(file, places[file.attachment.id])
        self.buried()

    def left(self, files):
        "Tell of the files that the rule has no more, and return their ids"
        ids = {
            id for _, id in Follow(self.id).left_of(
                self.rule, [f.attachment.id for f in files])}
        left = [f for f in files if f.attachment.resource.id in ids]
        rules = self.Rule.of_attachments([f.attachment for f in left])
        result = set()
        for file in left:
            rule = rules.get(file.attachment.id)
            if rule and rule.id == self.id:
                continue
            result.add(file.id)
            self.add(
                'leave', file.name or file.attachment.name,
                file.rendered_path, file.attachment.resource,
                gettext('google_drive.msg_preview_left_to',
                    rule=rule.rec_name) if rule
                else gettext('google_drive.msg_preview_unmatched'))
        return result

    def buried(self):
        "What was deleted here"
        Tombstone = Pool().get('google_integration.tombstone')
        for tombstone in Tombstone.search([
                    ('service', '=', str(self.rule.drive)),
                    ('state', '=', 'to_delete'),
                    ]):
            burial = bookkeeping.loads(tombstone.parameters) or {}
            if burial.get('rule') == self.id:
                self.add(
                    'delete', burial.get('name'), burial.get('shown_path'),
                    reason=gettext('google_drive.msg_preview_deleted'))

    def entered(self):
        "The ids of the attachments that match and have no file"
        attachment = Pool().get('ir.attachment').__table__()
        file = Pool().get('google_drive.file').__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*attachment.join(
                file, 'LEFT', condition=file.attachment == attachment.id
                ).select(
                    attachment.id,
                    where=(attachment.type == 'data')
                    & (attachment.google_drive_version == Null)
                    & ((file.id == Null) | (file.rule == Null))
                    & attachment.resource.in_(
                        Follow(self.id).matching(self.rule)),
                    order_by=attachment.id))
        return [id for id, in cursor.fetchall()]

    def entering(self, ids):
        Attachment = Pool().get('ir.attachment')
        attachments = Attachment.browse(ids)
        rules = self.Rule.of_attachments(attachments)
        places = self.rule.places(attachments)
        for attachment in attachments:
            rule = rules.get(attachment.id, self.rule)
            record = attachment.resource
            if rule.id != self.id:
                self.add(
                    'error', attachment.name, None, record,
                    gettext('google_drive.msg_preview_other',
                        rule=rule.rec_name))
                continue
            place = places[attachment.id]
            error = (place if isinstance(place, ItemError)
                else self.rule.sends(attachment))
            if error:
                self.fail(attachment.name, None, record, error)
            else:
                self.add(
                    'send', place.name, '/'.join(place.folders), record,
                    gettext('google_drive.msg_preview_new'))

    def known(self, file, place):
        attachment, record = file.attachment, file.attachment.resource
        error = (place if isinstance(place, ItemError)
            else self.rule.sends(attachment))
        if error:
            self.fail(
                file.name or attachment.name, file.rendered_path, record,
                error)
            return
        path = '/'.join(place.folders)
        if not file.google_etag:
            self.add(
                'send', place.name, path, record,
                gettext('google_drive.msg_preview_new'))
            return
        if file.holder and file.google_state in {'to_push', 'pushing'}:
            self.fail(
                file.name, path, record, ItemError('google_drive.held', {
                        'name': file.name or '', 'holder': file.holder}))
        elif file.google_state in {'to_push', 'pushing'}:
            self.add(
                'send', place.name, path, record,
                gettext('google_drive.msg_preview_changed'))
        if file.rendered_name is None and not file.to_place:
            # it came from Google: where somebody has put it
            return
        name = file.google_file_name(place.name)
        if place.name != file.rendered_name and name != file.name:
            self.add(
                'rename', name, path, record,
                gettext('google_drive.msg_preview_rename', name=file.name))
        if path != (file.rendered_path or ''):
            self.add(
                'move', place.name, path, record,
                gettext('google_drive.msg_preview_move',
                    folder=file.rendered_path or '/'))

    # From Google

    def listed(self):
        "What Google lists since the last run, in the order of its log"
        File = Pool().get('google_drive.file')
        rule = self.rule
        Drive, drive = type(rule.drive), rule.drive
        cursor = drive.cursor
        held = {
            f.google_id: f.held_revision for f in File.search([
                    ('rule', '=', self.id),
                    ('held_revision', '!=', None),
                    ])}
        found, more = {}, True
        with drive_client(drive) as client:
            while more:
                changes = Drive.list_changes(client, cursor)
                found.update((c.google_id, c) for c in changes.items)
                cursor, more = changes.cursor, changes.more
            # a new name changes the time of a document, too
            self.unedited = {
                id for id in found.keys() & held.keys()
                if Drive._last_revision(client, id) == held[id]}
        return list(found.values())

    def incoming(self, changes):
        File = Pool().get('google_drive.file')
        drive = self.rule.drive
        self.tree = Tree(drive)
        files = []
        for change in changes:
            resource = change.resource
            if mapping.is_folder(resource):
                self.tree.folders[change.google_id] = (
                    resource.get('name'), mapping.parent(resource),
                    mapping.is_trashed(resource))
            else:
                files.append(change)
        for sub_changes in grouped_slice(files, 250):
            sub_changes = list(sub_changes)
            known, elsewhere = File.google_everywhere(
                drive, [c.google_id for c in sub_changes])
            for change in sub_changes:
                file = known.get(change.google_id)
                if file and file.rule == self.rule:
                    self.changed(file, change)
                elif not file:
                    other = elsewhere.get(change.google_id)
                    if self.rule.makes_documents:
                        other = None
                    error = other and other.google_taken_elsewhere()
                    if other and other.google_goes_to(self.rule):
                        # it goes on in this drive
                        self.changed(other, change)
                    else:
                        self.new(change, error)
        self.waiting({c.google_id for c in files})

    def waiting(self, told):
        "What the last run did not come to fetch"
        File = Pool().get('google_drive.file')
        for file in File.google_incoming(self.rule.drive):
            if file.rule == self.rule and file.google_id not in told:
                self.add(
                    'receive', file.name,
                    '/'.join(self.folders(file.google_base) or ()),
                    file.attachment and file.attachment.resource,
                    gettext('google_drive.msg_preview_waiting'))

    def folders(self, resource):
        return self.rule.folders_of(mapping.parent(resource), self.tree)

    def changed(self, file, change):
        resource = change.resource
        record = file.attachment and file.attachment.resource
        if 'name' not in resource:
            # deleted for ever, or not shown any more: nothing is done
            return
        folders = self.folders(resource)
        values = mapping.to_values(resource)
        name, folder = values['name'], '/'.join(folders or ())
        if change.deleted:
            self.add(
                'delete', name, folder, record,
                gettext('google_drive.msg_preview_trashed'))
            return
        if folders is None:
            self.add(
                'move', name, None, record,
                gettext('google_drive.msg_preview_left'))
            return
        if file.incoming or file.google_id not in self.unedited and (
                values['md5'], values['edition']) != (
                    file.md5, file.edition):
            self.add(
                'receive', name, folder, record,
                gettext('google_drive.msg_preview_changed'))
        if name != file.name:
            self.add(
                'rename', name, folder, record,
                gettext('google_drive.msg_preview_rename', name=file.name))
        if values['parent_google_id'] != file.parent_google_id:
            self.add(
                'move', name, folder, record,
                gettext('google_drive.msg_preview_moved'))

    def new(self, change, elsewhere):
        resource, rule = change.resource, self.rule
        if change.deleted or 'name' not in resource:
            return
        folders = self.folders(resource)
        if folders is None or not rule.wants(resource):
            return
        name, folder = resource['name'], '/'.join(folders)
        if error := elsewhere or rule.too_large(resource):
            self.fail(name, folder, None, error)
            return
        try:
            target = rule.target(resource, folders)
        except ItemError as error:
            self.fail(name, folder, None, error)
            return
        if target.orphan:
            actions = dict(self.Rule.fields_get(
                    ['orphans'])['orphans']['selection'])
            self.add(
                'orphan', name, folder, target.record,
                actions[target.orphan])
        else:
            self.add(
                'receive', name, folder, target.record,
                gettext('google_drive.msg_preview_new'))
