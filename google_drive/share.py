# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Sharing files with people, and seeing with whom they are shared."""
import datetime as dt
import json
import re
from collections import defaultdict
from contextlib import contextmanager
from email.utils import parseaddr

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.checked_wizard import (
    CheckedWizardMixin)
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.sync_log import (
    format_error, one_line)
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.tools import grouped_slice
from trytond.transaction import check_access, without_check_access
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import share_network as network
from .exceptions import DriveShareAnyoneWarning, DriveShareError
from .rule_client import drive_client

__all__ = ['Share', 'SharePermission', 'ShareStart']

ROLES = [
    ('reader', "Viewer"),
    ('commenter', "Commenter"),
    ('writer', "Editor"),
    ]
# [Permissions resource] expirationTime
LONGEST = dt.timedelta(days=365)
# the reasons of Google that have a message of their own
REASONS = {
    'sharingRateLimitExceeded': 'limit',
    'insufficientFilePermissions': 'rights',
    'appNotAuthorizedToFile': 'app',
    'invalidSharingRequest': 'invalid',
    'teamDrivesSharingRestrictionNotAllowed': 'restricted',
    'domainPolicy': 'restricted',
    'publishOutNotPermitted': 'restricted',
    'cannotModifyInheritedTeamDrivePermission': 'inherited',
    'cannotModifyInheritedPermission': 'inherited',
    'cannotRemoveOwner': 'owner',
    'notFound': 'not_found',
    }


class ShareStart(ModelView):
    __name__ = 'google_drive.share.start'

    names = fields.Char("Files", readonly=True)
    permissions = fields.One2Many(
        'google_drive.share.permission', None, "Who Has Access",
        readonly=True)
    outcome = fields.Text(
        "Outcome", readonly=True,
        states={
            'invisible': ~Bool(Eval('outcome')),
            })
    addresses = fields.Text(
        "Addresses",
        help="The e-mail addresses, separated by commas or one a line.")
    grantee = fields.Selection([
            ('user', "People"),
            ('group', "Google Groups"),
            ], "Addresses Of", sort=False)
    role = fields.Selection(ROLES, "Role", sort=False)
    expires = fields.DateTime(
        "Until",
        help="When the access of the addresses ends, within a year.\n"
        "Leave empty for access until it is removed.")
    notify = fields.Boolean(
        "Notify",
        help="Check to let Google send them a mail.\n"
        "Who has no Google account can only be invited by mail.")
    message = fields.Text(
        "Message",
        states={
            'invisible': ~Eval('notify', False),
            })
    anyone = fields.Boolean(
        "Anyone with the Link",
        help="Check to let everybody who knows the link open the files.")
    # JSON: what is chosen from
    choices = fields.Text("Choices", readonly=True)
    removed = fields.Selection(
        'get_removed', "Access to Remove", translate=False,
        states={
            'invisible': ~Bool(Eval('permissions')),
            })

    @classmethod
    def default_grantee(cls):
        return 'user'

    @classmethod
    def default_role(cls):
        return 'reader'

    @classmethod
    def default_notify(cls):
        return True

    @classmethod
    def default_anyone(cls):
        return False

    @fields.depends('choices')
    def get_removed(self):
        return [(None, "")] + [
            tuple(c) for c in json.loads(self.choices or '[]')]

    @classmethod
    def values_of(cls, attachments):
        "The values that depend on what the files are attached to"
        return {}

    def check_choices(self):
        "Raise the error of what a client sends that is no choice"
        for name in ['grantee', 'role']:
            value = getattr(self, name)
            if value and value not in dict(self._fields[name].selection):
                raise DriveShareError(gettext(
                        'google_drive.msg_share_choice', value=value,
                        **self.__names__(name)))

    @property
    def emails(self):
        "The addresses without repetition; raise the error of a wrong one"
        found = {}
        for text in re.split(r'[,;\n]', self.addresses or ''):
            if not (text := text.strip()):
                continue
            email = parseaddr(text)[1].lower()
            if not re.fullmatch(r'[^@\s]+@[^@\s]+', email):
                raise DriveShareError(gettext(
                        'google_drive.msg_share_address', address=text))
            found[email] = True
        return list(found)


class SharePermission(ModelView):
    __name__ = 'google_drive.share.permission'

    file = fields.Char("File", readonly=True)
    who = fields.Char("Who", readonly=True)
    role = fields.Selection([
            *ROLES,
            ('fileOrganizer', "Content Manager"),
            ('organizer', "Manager"),
            ('owner', "Owner"),
            ], "Role", readonly=True, sort=False)
    expires = fields.DateTime("Until", readonly=True)
    inherited = fields.Boolean(
        "Inherited", readonly=True,
        help="The access comes from a folder or from the shared drive.")
    anyone = fields.Boolean("Anyone", readonly=True)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Eval('anyone', False), 'warning', '')),
            ]


class Share(CheckedWizardMixin, Wizard):
    __name__ = 'google_drive.share'

    start = StateView(
        'google_drive.share.start', 'google_drive.share_start_view_form', [
            Button("Close", 'end', 'tryton-close'),
            Button("Remove Access", 'remove', 'tryton-delete', states={
                    'readonly': ~Bool(Eval('removed')),
                    }),
            Button("Share", 'share', 'tryton-ok', default=True),
            ])
    share = StateTransition()
    remove = StateTransition()

    def files(self):
        "What is known of the files, of which the user may write all"
        pool = Pool()
        Attachment = pool.get('ir.attachment')
        File = pool.get('google_drive.file')
        with check_access():
            # a wizard is executed without
            self.model.read([r.id for r in self.records], ['id'])
        with without_check_access():
            if issubclass(self.model, File):
                files = File.browse(self.records)
            else:
                files = [
                    f for records in grouped_slice(self.records, 500)
                    for f in File.search([
                            ('attachment', 'in', [r.id for r in records]),
                            ])]
            attachments = [f.attachment for f in files if f.attachment]
            shared = [
                (f.id, f.drive.id, f.google_id, f.name or '') for f in files
                if f.google_etag and f.attachment]
            encrypted = [
                f.rec_name for f in files if f.rule and f.rule.encrypted]
        bookkeeping.check_write(Attachment, attachments)
        with check_access():
            Attachment.check_access([a.id for a in attachments], 'write')
        if not shared:
            raise DriveShareError(gettext('google_drive.msg_share_unsent'))
        if encrypted:
            raise DriveShareError(gettext(
                    'google_drive.msg_share_encrypted', file=encrypted[0]))
        return shared

    @staticmethod
    def by_drive(files):
        drives = defaultdict(list)
        for _, drive, google_id, name in files:
            drives[drive].append((google_id, name))
        return list(drives.items())

    def default_start(self, fields):
        files = self.files()
        lines, choices, failures = [], [], []
        for drive, items in self.by_drive(files):
            with _client(drive) as client:
                held = network.permissions(client, [i for i, _ in items])
            for (google_id, name), permissions in zip(
                    items, held, strict=True):
                if isinstance(permissions, GoogleError):
                    failures.append(_line(name, permissions))
                    continue
                for permission in permissions:
                    line = _permission(name, permission)
                    lines.append(line)
                    if not line['inherited'] and line['role'] != 'owner':
                        choices.append((
                                f'{google_id} {permission["id"]}',
                                f'{line["who"]} ({name})'))
        outcome = getattr(self.start, 'outcome', None)
        values = {
            'names': ', '.join(one_line(f[3]) for f in files),
            'permissions': lines,
            'choices': json.dumps(choices),
            'removed': None,
            'outcome': '\n'.join(filter(None, [outcome, *failures])) or None,
            }
        with without_check_access():
            attachments = [
                getattr(r, 'attachment', r) for r in self.records]
        values.update(type(self.start).values_of(attachments))
        for name in ['role', 'grantee', 'notify']:
            if hasattr(self.start, name):
                values[name] = getattr(self.start, name)
        return values

    def transition_share(self):
        files = self.files()
        bodies = self._bodies()
        if self.start.anyone:
            self._warn_anyone(files)
        lines = []
        for drive, items in self.by_drive(files):
            google_ids = [i for i, _ in items]
            with _client(drive) as client:
                # one after the other: Google keeps only the last of what is
                # changed of one file at a time [Permissions: create]
                for body in bodies:
                    mails = body['type'] != 'anyone'
                    results = network.share(
                        client, google_ids, body,
                        bool(self.start.notify) if mails else None,
                        self.start.message)
                    lines.extend(
                        _line(name, error, body)
                        for (_, name), error in zip(
                            items, results, strict=True))
        self.start.outcome = '\n'.join(lines)
        return 'start'

    def _bodies(self):
        "What is asked of Google, one permission each"
        start = self.start
        start.check_choices()
        bodies = []
        for email in start.emails:
            bodies.append({
                    'type': start.grantee or 'user',
                    'emailAddress': email,
                    'role': start.role or 'reader',
                    })
        if start.expires:
            now = bookkeeping.utcnow()
            if not bodies or not now < start.expires <= now + LONGEST:
                raise DriveShareError(
                    gettext('google_drive.msg_share_expires'))
            for body in bodies:
                body['expirationTime'] = (
                    start.expires.replace(microsecond=0).isoformat()
                    + '.000Z')
        if start.anyone:
            bodies.append({'type': 'anyone', 'role': start.role or 'reader'})
        if not bodies:
            raise DriveShareError(gettext('google_drive.msg_share_nobody'))
        return bodies

    @staticmethod
    def _warn_anyone(files):
        Warning = Pool().get('res.user.warning')
        File = Pool().get('google_drive.file')
        with without_check_access():
            key = Warning.format(
                'google_drive_share_anyone', File.browse(
                    [id for id, *_ in files]))
        if Warning.check(key):
            raise DriveShareAnyoneWarning(key, gettext(
                    'google_drive.msg_share_anyone',
                    files=', '.join(one_line(name) for *_, name in files)))

    def transition_remove(self):
        files = self.files()
        google_id, _, permission = (self.start.removed or '').partition(' ')
        for drive, items in self.by_drive(files):
            for id, name in items:
                if id != google_id:
                    continue
                error = None
                with _client(drive) as client:
                    try:
                        network.remove(client, id, permission)
                    except GoogleError as exception:
                        error = exception
                self.start.outcome = _line(name, error) if error else None
        return 'start'


@contextmanager
def _client(id):
    "The client of a drive, whoever may see its credentials"
    Drive = Pool().get('google_drive.drive')
    with without_check_access(), drive_client(Drive(id)) as client:
        yield client


def _permission(name, permission):
    "The line of one who has access"
    expires = permission.get('expirationTime')
    anyone = permission.get('type') == 'anyone'
    if anyone:
        who = gettext('google_drive.msg_share_who_anyone')
    else:
        who = (permission.get('emailAddress') or permission.get('domain')
            or permission.get('displayName') or permission['id'])
    return {
        'file': one_line(name),
        'who': one_line(who),
        'role': permission.get('role'),
        'expires': (
            dt.datetime.fromisoformat(expires[:19]) if expires else None),
        'inherited': any(
            d.get('inherited')
            for d in permission.get('permissionDetails') or []),
        'anyone': anyone,
        }


def _line(name, error, body=None):
    "What became of one permission of one file, in words"
    who = body and (
        body.get('emailAddress')
        or gettext('google_drive.msg_share_who_anyone'))
    if not error:
        return gettext(
            'google_drive.msg_share_done', file=one_line(name), who=who)
    if code := REASONS.get(error.reason):
        reason = gettext(f'google_drive.msg_share_{code}')
    else:
        code = Pool().get('google_drive.drive').google_error_code(error)
        reason = format_error(code, bookkeeping.dumps({
                    'status': error.status,
                    'reason': error.reason,
                    'message': error.message,
                    }))
    if code in {'invalid', 'google'} and error.message:
        reason = f'{reason} {error.message}'
    if who:
        return gettext(
            'google_drive.msg_share_failed', file=one_line(name), who=who,
            reason=reason)
    return gettext(
        'google_drive.msg_share_refused', file=one_line(name), reason=reason)
