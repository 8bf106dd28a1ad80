# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Creating documents of Google on records."""
import datetime as dt

from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, fields
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.checked_wizard import (
    CheckedWizardMixin)
from trytond.modules.google_integration.operation import Change, ItemError
from trytond.pool import Pool, PoolMeta
from trytond.transaction import (
    Transaction, check_access, without_check_access)
from trytond.wizard import (
    Button, StateAction, StateTransition, StateView, Wizard)

from . import create_network as network
from . import mapping
from .exceptions import DriveCreateError
from .mapping import DATABASE, GOOGLE
from .matching import RECORD
from .naming import clean_name
from .rule_client import drive_client

__all__ = ['CreateDocument', 'CreateDocumentStart', 'Creation', 'Rule']

KINDS = [
    ('document', "Google Doc"),
    ('spreadsheet', "Google Sheet"),
    ('presentation', "Google Slides"),
    ]
# what was never answered is not asked for again after this time
PATIENCE = dt.timedelta(days=30)


class Rule(metaclass=PoolMeta):
    __name__ = 'google_drive.rule'

    @classmethod
    def on_modification(cls, mode, rules, field_names=None):
        super().on_modification(mode, rules, field_names=field_names)
        if mode == 'create' or (
                mode == 'write' and 'active' in (field_names or ['active'])):
            cls._offer_documents({r.model for r in rules})

    @classmethod
    @without_check_access
    def _offer_documents(cls, models):
        "The records of the models have the action to create documents"
        pool = Pool()
        Keyword = pool.get('ir.action.keyword')
        Wizard = pool.get('ir.action.wizard')
        ModelData = pool.get('ir.model.data')
        action = Wizard(ModelData.get_id(
                'google_drive', 'wizard_create_document')).action
        known = {
            str(k.model) for k in Keyword.search([
                    ('action', '=', action.id),
                    ('keyword', '=', 'form_action'),
                    ])}
        Keyword.create([{
                    'keyword': 'form_action',
                    'action': action.id,
                    'model': f'{model},-1',
                    } for model in sorted(models)
                if f'{model},-1' not in known])

    @classmethod
    @without_check_access
    def for_document(cls, record):
        "The rules by which a document can be created on the record"
        rules = cls.search([
                ('model', '=', record.__name__),
                ('active', '=', True),
                ('direction', '!=', 'to_google'),
                ('encrypted', '!=', True),
                ])
        return [r for r in rules if r.matching([record.id])]


class Creation(ModelSQL):
    "A document that is to be created, until Google has answered"
    __name__ = 'google_drive.creation'
    _log = False

    rule = fields.Many2One(
        'google_drive.rule', "Rule", required=True, ondelete='CASCADE')
    record = fields.Reference(
        "Record", selection='get_models', required=True)
    kind = fields.Selection(KINDS, "Kind", required=True)
    name = fields.Char("Name", required=True, strip=False)
    user = fields.Many2One(
        'res.user', "User", required=True, ondelete='CASCADE')

    @classmethod
    def get_models(cls):
        return Pool().get('ir.attachment').get_models()

    @classmethod
    def clean(cls):
        "Forget what was never answered"
        cls.delete(cls.search([
                    ('create_date', '<', bookkeeping.utcnow() - PATIENCE),
                    ]))

    @classmethod
    def of(cls, rule, record, kind, name):
        "The creation that was not answered yet, or a new one, and which"
        user = Transaction().user
        cls.clean()
        found = cls.search([
                ('rule', '=', rule.id),
                ('record', '=', str(record)),
                ('kind', '=', kind),
                ('name', '=', name),
                ('user', '=', user),
                ], limit=1)
        if found:
            return found[0], True
        creation, = cls.create([{
                    'rule': rule.id,
                    'record': str(record),
                    'kind': kind,
                    'name': name,
                    'user': user,
                    }])
        return creation, False

    def body(self, folder):
        "The metadata of the document"
        Configuration = Pool().get('ir.configuration')
        database = Configuration.get_google_installation()
        return {
            'name': self.name,
            'mimeType': GOOGLE + self.kind,
            'parents': [folder],
            'appProperties': {
                DATABASE: database,
                RECORD: str(self.record),
                network.CREATION: f'{database} {self.id}',
                },
            }


class CreateDocumentStart(ModelView):
    __name__ = 'google_drive.create_document.start'

    record = fields.Reference(
        "Record", selection='get_models', readonly=True)
    kind = fields.Selection(KINDS, "Kind", required=True, sort=False)
    name = fields.Char("Name", required=True)
    rule = fields.Selection(
        'get_rules', "Rule", required=True, translate=False,
        help="The rule by which the document comes back as an attachment.")

    @classmethod
    def get_models(cls):
        return Pool().get('ir.attachment').get_models()

    @classmethod
    def default_kind(cls):
        return 'document'

    @fields.depends('record')
    def get_rules(self):
        Rule = Pool().get('google_drive.rule')
        if not self.record or self.record.id < 0:
            return []
        try:
            check_record(self.record)
        except AccessError:
            return []
        with without_check_access():
            return [
                (str(r.id), r.rec_name) for r in Rule.for_document(
                    self.record)]


class CreateDocument(CheckedWizardMixin, Wizard):
    __name__ = 'google_drive.create_document'

    start = StateView(
        'google_drive.create_document.start',
        'google_drive.create_document_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Create", 'create_', 'tryton-ok', default=True),
            ])
    create_ = StateTransition()
    open_ = StateAction('google_drive.url_document')

    def _record(self):
        "The record, to which the user may attach files"
        check_record(self.record)
        return self.record

    def default_start(self, fields):
        Rule = Pool().get('google_drive.rule')
        record = self._record()
        rules = Rule.for_document(record)
        if not rules:
            raise DriveCreateError(gettext(
                    'google_drive.msg_create_no_rule',
                    record=record.rec_name))
        return {
            'record': str(record),
            'rule': str(rules[0].id),
            'name': record.rec_name,
            }

    def transition_create_(self):
        pool = Pool()
        Creation = pool.get('google_drive.creation')
        Drive = pool.get('google_drive.drive')
        Rule = pool.get('google_drive.rule')
        record = self._record()
        name = clean_name(self.start.name)
        with without_check_access():
            rule = next((
                    r for r in Rule.for_document(record)
                    if str(r.id) == self.start.rule), None)
            if not rule or not rule.receives({
                    'mimeType': GOOGLE + self.start.kind, 'name': name}):
                raise DriveCreateError(gettext(
                        'google_drive.msg_create_refused',
                        rule=rule.rec_name if rule else ''))
            rule_id, folder = rule.id, _folder(rule, record)
            rule = Rule(rule_id)
            creation, again = Creation.of(
                rule, record, self.start.kind, name)
            id, drive, body = creation.id, rule.drive, creation.body(folder)
            drive_id = drive.id
            # the creation is committed before Google is asked
            with drive_client(drive) as client:
                resource = network.create(client, body, again)
            self.link = _take(Creation(id), Drive(drive_id), resource)
        return 'open_' if self.link else 'end'

    def do_open_(self, action):
        action['url'] = self.link
        return action, {}


@check_access
def check_record(record):
    "Raise the error if the user may not attach files to the record"
    pool = Pool()
    Attachment = pool.get('ir.attachment')
    for model, mode in Attachment._convert_check_access(
            record.__name__, 'create'):
        pool.get('ir.model.access').check(model, mode)
        pool.get('ir.rule').check(model, [record.id], mode)


def _folder(rule, record):
    """The identifier of the folder of the record, as far as there is one

    A document that is put into the root folder is found by its properties.
    """
    pool = Pool()
    Attachment = pool.get('ir.attachment')
    Folder = pool.get('google_drive.folder')
    transaction = Transaction()
    root = rule.root_id
    with Attachment.written_by_google():
        # a place is that of an attachment
        attachment, = Attachment.create([{
                    'name': rule.name, 'resource': str(record)}])
        try:
            folders = rule.place(attachment).folders
        except ItemError:
            folders = ()
    transaction.rollback()
    folder = Folder.known_path(rule.drive, root, folders)
    return folder.google_id if folder else root


def _take(creation, drive, resource):
    """Attach the document, of which the next run brings the content

    Return its address, None if Google tells none.
    """
    pool = Pool()
    Attachment = pool.get('ir.attachment')
    File = pool.get('google_drive.file')
    drive.apply_changes([Change(resource['id'], resource)])
    files = File.search([
            ('drive', '=', drive.id),
            ('google_id', '=', resource['id']),
            ])
    if files and not files[0].attachment:
        file, = files
        with Attachment.written_by_google():
            attachment, = Attachment.create([{
                        'name': file.google_attachment_name(file.name),
                        'type': 'link',
                        'link': file.link,
                        'resource': str(creation.record),
                        }])
        bookkeeping.update(File, [file], {
                'attachment': attachment.id,
                'rule': creation.rule.id,
                })
    type(creation).delete([creation])
    type(drive).make_due(drive.credentials)
    return mapping.to_values(resource)['link']
