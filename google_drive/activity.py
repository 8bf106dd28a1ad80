# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Seeing on an attachment what was done to its file."""
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration.checked_wizard import (
    CheckedWizardMixin)
from trytond.modules.google_integration.sync_log import one_line
from trytond.pool import Pool, PoolMeta
from trytond.transaction import check_access, without_check_access
from trytond.wizard import Button, StateView, Wizard

from . import activity_network as network
from .credentials import PREFIX
from .exceptions import DriveActivityError
from .rule_client import drive_client

__all__ = [
    'Activity', 'ActivityLine', 'ActivityResult', 'GoogleCredentials']

API = ('driveactivity', 'v2')
SCOPE = PREFIX + 'drive.activity.readonly'
# of the newest
SIZE = 100


class GoogleCredentials(metaclass=PoolMeta):
    __name__ = 'google_integration.google_credentials'

    drive_activity = fields.Boolean(
        "Drive Activity",
        help="Check to let people see on attachments what was done to their "
        "files.\n"
        "After a change authorize again.")

    @classmethod
    def default_drive_activity(cls):
        return False

    @property
    def drive_scopes(self):
        scopes = super().drive_scopes
        return (*scopes, SCOPE) if self.drive_activity else scopes


class ActivityResult(ModelView):
    __name__ = 'google_drive.activity.result'

    name = fields.Char("File", readonly=True)
    lines = fields.One2Many(
        'google_drive.activity.line', None, "Activity", readonly=True)


class ActivityLine(ModelView):
    __name__ = 'google_drive.activity.line'

    time = fields.DateTime("Time", readonly=True)
    action = fields.Selection([
            ('create', "Created"),
            ('edit', "Edited"),
            ('move', "Moved"),
            ('rename', "Renamed"),
            ('delete', "Deleted"),
            ('restore', "Restored"),
            ('permission', "Access Changed"),
            ('comment', "Commented"),
            ('settings', "Settings Changed"),
            ('other', "Other"),
            ], "Action", readonly=True, sort=False)
    actor = fields.Selection([
            ('account', "The Account of Tryton"),
            ('google', "Google"),
            ('other', "Somebody Else"),
            ], "By", readonly=True, sort=False)
    old_name = fields.Char("Old Name", readonly=True)
    new_name = fields.Char("New Name", readonly=True)


class Activity(CheckedWizardMixin, Wizard):
    __name__ = 'google_drive.activity'

    start = StateView(
        'google_drive.activity.result',
        'google_drive.activity_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def default_start(self, fields):
        File = Pool().get('google_drive.file')
        with check_access():
            # a wizard is executed without
            self.model.read([self.record.id], ['id'])
        with without_check_access():
            files = File.search([
                    ('attachment', '=', self.record.id),
                    ('google_etag', '!=', None),
                    ])
            if not files:
                raise DriveActivityError(
                    gettext('google_drive.msg_share_unsent'))
            file, = files
            credentials = file.drive.credentials
            if SCOPE not in (credentials.granted_scopes or '').split():
                raise DriveActivityError(gettext(
                        'google_drive.msg_activity_scope',
                        credentials=credentials.rec_name))
            name, google_id = file.name, file.google_id
            with drive_client(file.drive, API) as client:
                lines = network.activities(client, google_id, SIZE)
        for line in lines:
            for key in ['old_name', 'new_name']:
                line[key] = line[key] and one_line(line[key])
        return {'name': name and one_line(name), 'lines': lines}
