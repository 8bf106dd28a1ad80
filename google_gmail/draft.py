# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Opening a mail about a record as a draft in Gmail."""
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.checked_wizard import (
    CheckedWizardMixin,
)
from trytond.modules.google_integration.sync_log import format_error
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import slugify
from trytond.transaction import Transaction, check_access, without_check_access
from trytond.wizard import (
    Button, StateAction, StateTransition, StateView, Wizard)

from . import mime, scopes
from .composing import written
from .exceptions import MailError
from .mail import account_name, is_gmail, refused
from .network import GmailNetwork

__all__ = ['Draft', 'DraftResult', 'DraftStart']


class DraftStart(ModelView):
    __name__ = 'google_gmail.draft.start'

    record = fields.Reference(
        "Record", selection='get_models', readonly=True)
    model = fields.Char("Model", readonly=True)
    template = fields.Many2One(
        'ir.email.template', "Template",
        domain=[
            ('model.name', '=', Eval('model', '')),
            ],
        help="What the mail is filled in with.")
    to = fields.Char("To")
    cc = fields.Char("Cc")
    bcc = fields.Char("Bcc")
    subject = fields.Char("Subject")
    body = fields.Text("Body")
    attachments = fields.Many2Many(
        'ir.attachment', None, None, "Attachments",
        domain=[
            ('resource', '=', Eval('record', '')),
            ('type', '=', 'data'),
            ])
    reports = fields.Many2Many(
        'ir.action.report', None, None, "Reports",
        domain=[
            ('model', '=', Eval('model', '')),
            ])

    @classmethod
    def get_models(cls):
        return Pool().get('ir.attachment').get_models()

    @fields.depends('record', 'template')
    def on_change_template(self):
        if not self.record or not self.template:
            return
        values = template_values(self.record, self.template.id)
        for name in ['to', 'cc', 'bcc', 'subject', 'body']:
            if name in values:
                setattr(self, name, values[name])
        if 'reports' in values:
            self.reports = values['reports']


class DraftResult(ModelView):
    __name__ = 'google_gmail.draft.result'

    link = fields.Char("Open in Gmail", readonly=True)
    address = fields.Char("Account", readonly=True)


class Draft(CheckedWizardMixin, Wizard):
    __name__ = 'google_gmail.draft'

    start = StateView(
        'google_gmail.draft.start',
        'google_gmail.draft_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Open in Gmail", 'create_', 'tryton-ok', default=True),
            ])
    create_ = StateTransition()
    open_ = StateAction('google_gmail.url_draft')
    result = StateView(
        'google_gmail.draft.result',
        'google_gmail.draft_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def default_start(self, fields):
        record = self.record
        return {
            'record': str(record),
            'model': record.__name__,
            **default_values(record),
            }

    def transition_create_(self):
        pool = Pool()
        Message = pool.get('google_gmail.message')
        Account = pool.get('google_gmail.account')
        user = pool.get('res.user')(Transaction().user)
        # before the attachments are read and the reports are made
        account_id = account_for(user.id).id
        try:
            mail = mime.compose(self._write(user), draft=True)
        except mime.MailRefused as error:
            raise refused(error) from None
        with without_check_access():
            account = Account(account_id)
            if error := Message.refusal(account, None, mail):
                raise refused(error)
            draft, attempt = Message.begin_draft(
                account, user, self.record, mail)
            id = draft.id
            create_draft(Account(account_id), id, attempt)
            draft = Message(id)
            self.result.link = draft.gmail_link
            self.result.address = draft.account.address
        return 'open_'

    @check_access
    def _write(self, user):
        "The message, of what the user may read"
        record, start = self.record, self.start
        type(record).read([record.id], ['id'])
        return written(
            user, start.to, start.cc, start.bcc, start.subject,
            start.body or '',
            report_files(record, start.reports or [])
            + attached_files(record, start.attachments or []))

    def do_open_(self, action):
        action['url'] = self.result.link
        return action, {}

    def transition_open_(self):
        return 'result'

    def default_result(self, fields):
        return {'link': self.result.link, 'address': self.result.address}


@without_check_access
def account_for(user):
    "The account whose drafts the user uses, which may have some"
    Account = Pool().get('google_gmail.account')
    account = Account.choose(
        account_name() if is_gmail() else None, user, Transaction().context)
    if not account:
        raise MailError(gettext('google_gmail.msg_error_no_account'))
    granted = (account.credentials.granted_scopes or '').split()
    if not account.google_can_run or not scopes.can_draft(granted):
        raise MailError(gettext(
                'google_gmail.msg_draft_account', account=account.rec_name))
    return account


def create_draft(account, id, attempt):
    """Let Google create the draft, for which nothing is pending meanwhile

    Raises an error that tells what to do, and leaves no message behind.
    """
    pool = Pool()
    Credentials = pool.get('google_integration.google_credentials')
    Message = pool.get('google_gmail.message')
    transaction = Transaction()
    credentials, parameters = account.credentials.id, (
        account.google_parameters())
    transaction.commit()
    outcome = None
    try:
        with Credentials.google_errors(credentials):
            client = Credentials(credentials).get_client(
                *type(account).google_api, parameters)
            transaction.commit()
            try:
                network = GmailNetwork(client)
                outcome = network.create_draft(attempt)
                if outcome.status == 'doubt':
                    outcome = network.find_draft(attempt) or outcome
            finally:
                client.close()
        if outcome.status != 'drafted':
            raise MailError(format_error(
                    outcome.error.code,
                    bookkeeping.dumps(outcome.error.arguments)))
    except Exception:
        transaction.rollback()
        Message.delete([Message(id)])
        transaction.commit()
        raise
    Message(id).drafted(outcome)


# What fills the mail in, and what is attached, with the access of the user

@check_access
def default_values(record):
    Template = Pool().get('ir.email.template')
    return joined(Template.get_default(record.__name__, record.id))


@check_access
def template_values(record, id):
    Template = Pool().get('ir.email.template')
    type(record).read([record.id], ['id'])
    template, = Template.search([
            ('id', '=', id), ('model.name', '=', record.__name__)]) or [None]
    return joined(template.get(record)) if template else {}


def joined(values):
    "The addresses as texts"
    return {
        k: ', '.join(v) if k in {'to', 'cc', 'bcc'} else v
        for k, v in values.items()}


def attached_files(record, attachments):
    Attachment = Pool().get('ir.attachment')
    return [
        (a.name, a.data or b'') for a in Attachment.search([
                ('id', 'in', [a.id for a in attachments]),
                ('resource', '=', str(record)),
                ('type', '=', 'data'),
                ], order=[('id', 'ASC')])]


def report_files(record, reports):
    pool = Pool()
    ActionReport = pool.get('ir.action.report')
    files = []
    for action in ActionReport.search([
                ('id', 'in', [r.id for r in reports]),
                ('model', '=', record.__name__),
                ]):
        Report = pool.get(action.report_name, type='report')
        ext, content, _, title = Report.execute(
            [record.id], {'action_id': action.id})
        if isinstance(content, str):
            content = content.encode()
        files.append((f'{slugify(title)}.{ext}', content))
    return files
