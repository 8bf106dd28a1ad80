# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What of a drive belongs to which records."""
import datetime as dt

from trytond.i18n import gettext
from trytond.ir.resource import ResourceAccessMixin
from trytond.model import ModelSQL, ModelView, fields, sequence_ordered
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.google_rule import GoogleRule
from trytond.modules.google_integration.google_two_way import (
    CONFLICT_POLICIES, DIRECTIONS)
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If

from .exceptions import DriveDisabledError
from .matching import InvalidRoot, folder_id
from .orphans import ORPHANS
from .rule_check import RuleCheck
from .rule_defaults import RuleDefaults
from .rule_follow import RuleFollow
from .rule_formats import formats
from .rule_match import RuleMatch
from .rule_place import NAMES, TEMPLATES, RulePlace
from .rule_scope import SCOPES, access_warning, scope_of
from .versions import VERSIONS

__all__ = ['Rule']

# what decides on what is read, as the acting user
REACH = {
    'user', 'model', 'drive', 'root', 'domain', 'path', 'filename', 'fallback',
    'direction', 'match_folder', 'match_pattern', 'match_fields',
    'match_properties'}
# what changes which attachments have which place
PLACE = {
    'active', 'sequence', 'drive', 'root', 'model', 'domain', 'user',
    'language', 'direction', 'path', 'filename', 'mime_types_out',
    'size_limit'}
# what becomes of the files without record
ORPHANED = {'orphans', 'quarantine', 'fallback'}

_receives = {
    'invisible': Eval('direction') == 'to_google',
    }
_sends = {
    'invisible': Eval('direction') == 'to_tryton',
    }


class Rule(
        RuleDefaults, RulePlace, RuleMatch, RuleCheck, RuleFollow,
        sequence_ordered(), GoogleRule, ModelSQL, ModelView):
    __name__ = 'google_drive.rule'

    google_templates = TEMPLATES
    google_names = NAMES
    google_reach = REACH
    google_content = PLACE
    google_unruled = ('google_', 'ir.')
    google_left = 'files'
    google_removal = 'google_drive.msg_rule_removal'

    drive = fields.Many2One(
        'google_drive.drive', "Drive", required=True, ondelete='CASCADE')
    model = fields.Selection(
        'get_models', "Model", required=True,
        states={
            'readonly': Eval('id', -1) >= 0,
            },
        help="The attachments of the records of which model are "
        "synchronized.")
    domain = fields.Char(
        "Domain", required=True,
        help="A PYSON domain in JSON that the records match.")
    language = fields.Selection(
        'get_languages', "Language", translate=False,
        help="The language of the names.\n"
        "Leave empty for the language of the acting user.")
    root = fields.Char(
        "Root Folder", strip=False,
        help="The identifier or the address of the folder at Google that "
        "holds the files.\n"
        "Leave empty for the drive itself.")
    root_name = fields.Char(
        "Folder Name", readonly=True, strip=False,
        states={
            'invisible': ~Eval('root_name'),
            })
    direction = fields.Selection(
        list(DIRECTIONS), "Direction", required=True, sort=False)
    conflict_policy = fields.Selection(
        list(CONFLICT_POLICIES), "Conflicts", required=True, sort=False,
        states={
            'invisible': Eval('direction') != 'both',
            },
        help="What stands when the same was changed on both sides.")
    path = fields.Char(
        "Path", states=_sends,
        help="The template of the folders in the root folder, separated by "
        "slashes, with the record as \"record\", the attachment as "
        "\"attachment\" and its day as \"date\".\n"
        "Leave empty for the root folder itself.")
    filename = fields.Char(
        "File Name", required=True, states=_sends,
        help="The template of the name of the file, besides with its "
        "extension as \"file_ext\".")
    storage = fields.Selection([
            ('copy', "Copy"),
            ('link', "Link"),
            ('link_above', "Link Above a Size"),
            ], "Storage", required=True, sort=False, states=_receives,
        help="What Tryton keeps of the files that come from Google.")
    link_size = fields.Integer(
        "Link Above (MB)",
        domain=[
            If(Eval('storage') == 'link_above',
                ('link_size', '>', 0),
                ()),
            ],
        states={
            'required': Eval('storage') == 'link_above',
            'invisible': (
                (Eval('storage') != 'link_above')
                | (Eval('direction') == 'to_google')),
            },
        help="Larger files are kept as links.")
    images = fields.Selection([
            ('full', "In Full"),
            ('thumbnail', "Thumbnail"),
            ], "Images", required=True, sort=False,
        states={
            'invisible': (
                (Eval('storage') == 'link')
                | (Eval('direction') == 'to_google')),
            },
        help="What Tryton keeps of the images that come from Google.")
    document_format = fields.Selection(
        formats('document'), "Google Docs", required=True, sort=False,
        states=_receives)
    spreadsheet_format = fields.Selection(
        formats('spreadsheet'), "Google Sheets", required=True, sort=False,
        states=_receives)
    presentation_format = fields.Selection(
        formats('presentation'), "Google Slides", required=True, sort=False,
        states=_receives)
    drawing_format = fields.Selection(
        formats('drawing'), "Google Drawings", required=True, sort=False,
        states=_receives)
    mime_types_in = fields.Text(
        "MIME Types Received", states=_receives,
        help="One a line, such as application/pdf or image/*.\n"
        "Leave empty to receive any.")
    mime_types_out = fields.Text(
        "MIME Types Sent", states=_sends,
        help="One a line, such as application/pdf or image/*.\n"
        "Leave empty to send any.")
    size_limit = fields.Integer(
        "Size Limit (MB)",
        domain=['OR',
            ('size_limit', '=', None),
            ('size_limit', '>', 0),
            ],
        help="Larger files are neither sent nor received.")
    match_folder = fields.Boolean(
        "By Folder", states=_receives,
        help="Check to attach what is put in the folder of a record, as the "
        "path says, or in a folder below it.")
    match_pattern = fields.Char(
        "By Name", strip=False, states=_receives,
        help="A regular expression in which the names of the groups are "
        "fields of the record, such as (?P<number>INV-[0-9]+)")
    match_fields = fields.Text(
        "Other Names",
        states=_receives,
        help="The groups and the properties that are not named like their "
        "fields, one a line, such as\n"
        "customer: party.code")
    match_properties = fields.Boolean(
        "By Property", states=_receives,
        help="Check to attach the files of which a property "
        "\"tryton_record\", or one of the other names, tells the record.")
    orphans = fields.Selection(
        ORPHANS, "Without Record", required=True, sort=False,
        help="What becomes of a file of which the record is not found, or "
        "was deleted.")
    quarantine = fields.Char(
        "Quarantine Folder", strip=False,
        states={
            'required': Eval('orphans') == 'quarantine',
            'invisible': Eval('orphans') != 'quarantine',
            },
        help="The identifier or the address of the folder at Google.")
    quarantine_days = fields.Integer(
        "Days in Quarantine",
        domain=['OR',
            ('quarantine_days', '=', None),
            ('quarantine_days', '>', 0),
            ],
        states={
            'invisible': Eval('orphans') != 'quarantine',
            },
        help="Files that nobody has touched in the quarantine folder for so "
        "many days are moved to the trash of Google.\n"
        "Leave empty to keep them.")
    fallback = fields.Reference(
        "Fallback Record", selection='get_fallbacks',
        states={
            'required': Eval('orphans') == 'record',
            'invisible': Eval('orphans') != 'record',
            })
    encrypted = fields.Boolean(
        "Encrypted",
        help="Check to encrypt the content before it is sent.\n"
        "Nobody can open such files but through Tryton.")
    lock = fields.Boolean(
        "Lock",
        help="Check to let people lock an attachment while they edit it.\n"
        "What is edited in Tryton is read-only on Google Drive. To lock and "
        "to unlock it costs two requests each, and a change that is sent "
        "meanwhile one more. What is edited, or locked by anybody, on Google "
        "Drive is read-only in Tryton.")
    lock_timeout = fields.TimeDelta(
        "Lock Timeout",
        domain=[
            If(Eval('lock', False),
                ('lock_timeout', '>', dt.timedelta()),
                ()),
            ],
        states={
            'required': Eval('lock', False),
            'invisible': ~Eval('lock', False),
            },
        help="The time after which a lock ends by itself.")
    versions = fields.Selection(
        VERSIONS, "Versions", required=True, sort=False,
        help="What becomes of a content that is replaced.\n"
        "Attachments: what Google Drive replaces stays in Tryton as an "
        "attachment of its own, with the space that it takes, and is not "
        "sent.\n"
        "Revisions: each content that is sent or received is kept on Google "
        "Drive for ever, where it counts as used space. Each content that is "
        "received costs one more request. Google keeps 200 of a file; what "
        "comes after these is sent all the same, and logged.")
    scope = fields.Function(
        fields.Selection(SCOPES, "Access Needed", sort=False,
            help="The access to Google Drive that the credentials need."),
        'on_change_with_scope')
    scope_reason = fields.Function(
        fields.Text("Reason"), 'on_change_with_scope_reason')
    files = fields.One2Many(
        'google_drive.file', 'rule', "Files", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order.append(('id', 'ASC'))
        cls._buttons.update({
                'synchronize': {
                    'invisible': ~Eval('active', True),
                    'icon': 'tryton-refresh',
                    'depends': ['active'],
                    },
                'preview': {
                    'icon': 'tryton-search',
                    },
                'choose_folder': {
                    'icon': 'tryton-folder',
                    },
                'test_folder': {
                    'icon': 'google-integration-connection',
                    },
                })

    @classmethod
    def get_fallbacks(cls):
        return [(None, "")] + ResourceAccessMixin.get_models()

    @fields.depends('direction', 'drive', '_parent_drive.kind')
    def on_change_with_scope(self, name=None):
        return scope_of(self.direction, self.drive and self.drive.kind)[0]

    @fields.depends('direction', 'drive', '_parent_drive.kind')
    def on_change_with_scope_reason(self, name=None):
        _, reason = scope_of(self.direction, self.drive and self.drive.kind)
        return gettext(f'google_drive.msg_scope_{reason}')

    @fields.depends('drive', '_parent_drive.kind', 'direction')
    def on_change_notify(self):
        Drive = Pool().get('google_drive.drive')
        notifications = super().on_change_notify()
        # a client may name any
        if not self.drive or not Drive.search([('id', '=', self.drive.id)]):
            return notifications
        if self.drive.kind == 'my_drive':
            notifications.append(
                ('warning', gettext('google_drive.msg_rule_my_drive')))
        if code := access_warning(self):
            notifications.append((
                    'warning', gettext(
                        f'google_drive.msg_rule_access_{code}',
                        credentials=self.drive.credentials.rec_name)))
        return notifications

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Bool(Eval('error')), 'danger', '')),
            ]

    @property
    def makes_documents(self):
        "Tell if files become no attachments but incoming documents"
        return False

    # What people write

    @classmethod
    def folder_fields(cls):
        "The names of the fields that hold identifiers of folders"
        return ['root', 'quarantine']

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        for name in cls.folder_fields():
            if values.get(name):
                try:
                    values[name] = folder_id(values[name])
                except InvalidRoot:
                    # the validation tells
                    pass
                if name == 'root':
                    values.setdefault('root_name', None)
        return values

    @classmethod
    def check_modification(cls, mode, rules, values=None, external=False):
        super().check_modification(
            mode, rules, values=values, external=external)
        if mode == 'write' and 'model' in values:
            for rule in rules:
                if rule.model != values['model']:
                    raise AccessError(gettext(
                            'google_drive.msg_rule_model',
                            rule=rule.rec_name))
        if external and values:
            for name in bookkeeping.readonly_fields(cls) & values.keys():
                if values[name] is not None:
                    raise AccessError(gettext(
                            'google_integration.msg_resource_bookkeeping',
                            **cls.__names__(name)))

    @classmethod
    def count_removed(cls, rules):
        File = Pool().get('google_drive.file')
        return File.search([
                ('rule', 'in', [r.id for r in rules]),
                ], count=True)

    @classmethod
    def on_modification(cls, mode, rules, field_names=None):
        super().on_modification(mode, rules, field_names=field_names)
        if mode in {'create', 'write'}:
            cls._resolve_roots(rules)
        if mode == 'write' and (field_names or ORPHANED) & ORPHANED:
            Pool().get('google_drive.file').google_judge_again(rules)

    @classmethod
    def _resolve_roots(cls, rules):
        "The identifier of My Drive in the place of its alias"
        for rule in rules:
            for name in cls.folder_fields():
                if getattr(rule, name) == 'root':
                    bookkeeping.update(
                        cls, [rule], {name: rule.drive.google_id})

    @classmethod
    def copy(cls, rules, default=None):
        default = default.copy() if default is not None else {}
        for name in ['files', 'code', 'arguments']:
            default.setdefault(name)
        return super().copy(rules, default=default)

    # Buttons

    @classmethod
    @ModelView.button
    def synchronize(cls, rules):
        "The drives are synchronised: a rule has no change log of its own"
        Drive = Pool().get('google_drive.drive')
        bookkeeping.check_write(cls, rules)
        for rule in rules:
            if not rule.drive.enabled:
                raise DriveDisabledError(gettext(
                        'google_drive.msg_rule_drive_disabled',
                        drive=rule.drive.rec_name))
        Drive.synchronize(Drive.browse({r.drive.id for r in rules}))

    @classmethod
    @ModelView.button_action('google_drive.wizard_rule_preview')
    def preview(cls, rules):
        pass

    @classmethod
    @ModelView.button_action('google_drive.wizard_choose_folder')
    def choose_folder(cls, rules):
        pass

    @classmethod
    @ModelView.button_action('google_drive.wizard_test_folder')
    def test_folder(cls, rules):
        pass


del _receives, _sends
