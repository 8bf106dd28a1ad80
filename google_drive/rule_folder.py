# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Choosing the root folder of a rule, and trying what may be done in it."""
import json

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.checked_wizard import (
    CheckedWizardMixin)
from trytond.modules.google_integration.transaction import short
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import rule_network as network
from .exceptions import DriveFolderError
from .naming import clean_name
from .rule_client import drive_client

__all__ = [
    'ChooseFolder', 'ChooseFolderCreate', 'ChooseFolderStart', 'TestFolder',
    'TestFolderLine', 'TestFolderResult']


class ChooseFolderStart(ModelView):
    __name__ = 'google_drive.choose_folder.start'

    rule = fields.Many2One('google_drive.rule', "Rule", readonly=True)
    location = fields.Char(
        "Location", readonly=True,
        help="The folder of which the folders are shown.")
    folder = fields.Selection(
        'get_folders', "Folder", translate=False,
        help="Leave empty to choose the location itself.")
    # JSON: the identifiers and names down to the location, and those in it
    trail = fields.Text("Trail", readonly=True)
    choices = fields.Text("Choices", readonly=True)

    @fields.depends('choices')
    def get_folders(self):
        return [(None, "")] + [
            tuple(c) for c in json.loads(self.choices or '[]')]


class ChooseFolderCreate(ModelView):
    __name__ = 'google_drive.choose_folder.create'

    location = fields.Char("Location", readonly=True)
    name = fields.Char("Name", required=True)


class ChooseFolder(CheckedWizardMixin, Wizard):
    __name__ = 'google_drive.choose_folder'

    start = StateView(
        'google_drive.choose_folder.start',
        'google_drive.choose_folder_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Up", 'up', 'tryton-arrow-up', states={
                    'readonly': ~Bool(Eval('location')),
                    }),
            Button("Open", 'open_', 'tryton-folder', states={
                    'readonly': ~Bool(Eval('folder')),
                    }),
            Button("New Folder", 'create_', 'tryton-create', states={
                    'invisible': ~Bool(Eval('location')),
                    }),
            Button("Choose", 'choose', 'tryton-ok', default=True, states={
                    'readonly': (
                        ~Bool(Eval('location')) & ~Bool(Eval('folder'))),
                    }),
            ])
    up = StateTransition()
    open_ = StateTransition()
    create_ = StateView(
        'google_drive.choose_folder.create',
        'google_drive.choose_folder_create_view_form', [
            Button("Cancel", 'start', 'tryton-cancel', validate=False),
            Button("Create", 'do_create', 'tryton-ok', default=True),
            ])
    do_create = StateTransition()
    choose = StateTransition()

    def default_start(self, fields):
        rule = self._rule()
        trail = self._trail()
        if trail is None:
            # the drive of the rule, whichever folder it has
            trail = [[rule.drive.google_id, rule.drive.name]]
        if trail:
            drive, google_id = self._drive(trail), trail[-1][0]
            id = rule.id
            with drive_client(drive) as client:
                choices = network.folders(client, google_id)
        else:
            choices = [
                (d.google_id, d.rec_name) for d in self._drives()]
            id = rule.id
        return {
            'rule': id,
            'location': ' / '.join(name for _, name in trail),
            'folder': None,
            'trail': json.dumps(trail),
            'choices': json.dumps(choices),
            }

    def _rule(self):
        "The rule, which the user may change"
        rule = self.record
        bookkeeping.check_write(type(rule), [rule])
        return rule

    def _trail(self):
        text = getattr(self.start, 'trail', None)
        return json.loads(text) if text else None

    def _drives(self):
        Drive = Pool().get('google_drive.drive')
        return Drive.search([
                ('credentials', '=', self.record.drive.credentials.id),
                ])

    def _drive(self, trail):
        "The drive in which the folder is"
        for drive in self._drives():
            if drive.google_id == trail[0][0]:
                return drive
        raise DriveFolderError(gettext('google_drive.msg_folder_drive'))

    def _go(self, trail):
        self.start.trail = json.dumps(trail)
        self.start.folder = None
        return 'start'

    def _chosen(self):
        "The trail with the folder that is chosen in the location"
        trail = self._trail() or []
        choices = dict(json.loads(self.start.choices or '[]'))
        if self.start.folder in choices:
            trail = [*trail, [self.start.folder, choices[self.start.folder]]]
        return trail

    def transition_up(self):
        return self._go((self._trail() or [])[:-1])

    def transition_open_(self):
        return self._go(self._chosen())

    def default_create_(self, fields):
        self._rule()
        return {'location': self.start.location}

    def transition_do_create(self):
        self._rule()
        trail = self._trail()
        if not trail:
            return 'start'
        name = clean_name(self.create_.name)
        with drive_client(self._drive(trail)) as client:
            google_id = network.create_folder(client, name, trail[-1][0])
        return self._go([*trail, [google_id, name]])

    def transition_choose(self):
        rule = self._rule()
        trail = self._chosen()
        if not trail:
            return 'start'
        Rule = type(rule)
        Rule.write([rule], {
                'drive': self._drive(trail).id,
                'root': trail[-1][0],
                })
        bookkeeping.update(Rule, [rule], {
                'root_name': ' / '.join(name for _, name in trail)})
        return 'end'


class TestFolderResult(ModelView):
    __name__ = 'google_drive.test_folder.result'

    rule = fields.Many2One('google_drive.rule', "Rule", readonly=True)
    folder = fields.Char("Folder", readonly=True)
    lines = fields.One2Many(
        'google_drive.test_folder.line', None, "Tests", readonly=True)
    missing = fields.Text(
        "Missing", readonly=True,
        states={
            'invisible': ~Eval('missing'),
            })


class TestFolderLine(ModelView):
    __name__ = 'google_drive.test_folder.line'

    test = fields.Selection([
            ('find', "Find the Folder"),
            ('list', "List the Folder"),
            ('write', "Write a File"),
            ('read', "Read It Back"),
            ('delete', "Delete It"),
            ('trash', "Move It to the Trash"),
            ], "Test", readonly=True, sort=False)
    passed = fields.Boolean("Passed", readonly=True)
    reason = fields.Char("Reason", readonly=True)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('passed', False), 'success', 'danger')),
            ]


class TestFolder(CheckedWizardMixin, Wizard):
    __name__ = 'google_drive.test_folder'

    start = StateView(
        'google_drive.test_folder.result',
        'google_drive.test_folder_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def default_start(self, fields):
        rule = self.record
        Rule = type(rule)
        bookkeeping.check_write(Rule, [rule])
        id, root, drive = rule.id, rule.root_id, rule.drive
        steps, name = [], None
        with drive_client(drive) as client:
            steps.extend(network.probe(client, root))
            if not steps[0].reason:
                name = (
                    # Google calls the folder of any shared drive the same
                    drive.name if root == drive.google_id
                    else network.folder(client, root).get('name'))
        if name and not Rule(id).root_name:
            short(lambda: bookkeeping.update(
                    Rule, [id], {'root_name': name}))
        return {
            'rule': id,
            'folder': name,
            'lines': [{
                    'test': step.name,
                    'passed': not step.reason,
                    'reason': step.message or step.reason,
                    } for step in steps],
            'missing': '\n'.join(
                self._missing(Rule(id), step)
                for step in steps if step.reason) or None,
            }

    @staticmethod
    def _missing(rule, step):
        "The right that is missing, in words"
        code = step.name
        match step.reason:
            case 'no_folder' | 'trashed' | 'other_drive':
                code = step.reason
            case 'insufficientPermissions' | 'ACCESS_TOKEN_SCOPE_INSUFFICIENT':
                code = 'scope'
            case 'storageQuotaExceeded':
                code = 'quota'
            case 'appNotAuthorizedToFile':
                code = 'app'
        if (code == 'find'
                and rule.drive.credentials.drive_access == 'file'):
            code = 'app'
        return gettext(
            f'google_drive.msg_missing_{code}',
            account=rule.drive.credentials.rec_name)
