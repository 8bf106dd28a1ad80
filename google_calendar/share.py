# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Share calendars of Google."""
import json

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.listing import pages
from trytond.pool import Pool
from trytond.pyson import Bool, Eval
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import acl
from .choices import ACCESS_ROLES
from .exceptions import CalendarManageError

__all__ = [
    'ShareCalendar', 'ShareCalendarPublic', 'ShareCalendarRule',
    'ShareCalendarStart']

# the maximum of https://developers.google.com/calendar/api/v3/reference/acl/list
PAGE = 250
# who may see and who may change the list
READERS = {'writer', 'owner'}


class ShareCalendarRule(ModelView):
    __name__ = 'google_calendar.share_calendar.rule'

    type = fields.Selection([
            ('user', "Person"),
            ('group', "Group"),
            ('domain', "Organization"),
            ('default', "Everybody"),
            ], "Type", required=True, sort=False,
        states={
            'readonly': Eval('own', False),
            })
    value = fields.Char(
        "Email or Domain",
        states={
            'readonly': Eval('own', False),
            'required': Eval('type') != 'default',
            'invisible': Eval('type') == 'default',
            },
        help="The email of a person or of a group, the domain of an "
        "organization.")
    role = fields.Selection(
        list(ACCESS_ROLES), "Access", required=True, sort=False,
        states={
            'readonly': Eval('own', False),
            })
    own = fields.Boolean(
        "Own", readonly=True,
        help="The access of the account itself can not be changed.")

    @staticmethod
    def default_type():
        return 'user'

    @staticmethod
    def default_role():
        return 'reader'

    @staticmethod
    def default_own():
        return False

    @fields.depends('type', 'value', 'role')
    def on_change_type(self):
        if self.type == 'default':
            self.value = None
            if self.role not in acl.PUBLIC_ROLES:
                self.role = 'freeBusyReader'


class ShareCalendarStart(ModelView):
    __name__ = 'google_calendar.share_calendar.start'

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", readonly=True, required=True)
    owner = fields.Boolean("Owner")
    rules = fields.One2Many(
        'google_calendar.share_calendar.rule', None, "Shared With",
        states={
            'readonly': ~Eval('owner', False),
            })
    send_notifications = fields.Boolean(
        "Send Notifications",
        states={
            'invisible': ~Eval('owner', False),
            },
        help="Check to let Google tell by email who gets access or another "
        "one. Who loses it is never told.")
    before = fields.Text("Before")


class ShareCalendarPublic(ModelView):
    __name__ = 'google_calendar.share_calendar.public'

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", readonly=True)
    role = fields.Selection(
        [c for c in ACCESS_ROLES if c[0] in acl.PUBLIC_ROLES], "Access",
        readonly=True, sort=False)
    confirmed = fields.Boolean(
        "Share with Everybody",
        help="Check to let everybody on the internet see the calendar.")


class ShareCalendar(Wizard):
    __name__ = 'google_calendar.share_calendar'

    start = StateView(
        'google_calendar.share_calendar.start',
        'google_calendar.share_calendar_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Share", 'share', 'tryton-ok', default=True, states={
                    'invisible': ~Eval('owner', False),
                    }),
            ])
    share = StateTransition()
    public = StateView(
        'google_calendar.share_calendar.public',
        'google_calendar.share_calendar_public_view_form', [
            Button("Cancel", 'end', 'tryton-cancel', default=True),
            Button("Share", 'share_public', 'tryton-ok', states={
                    'readonly': ~Bool(Eval('confirmed')),
                    }),
            ])
    share_public = StateTransition()

    def default_start(self, fields):
        calendar = self.record
        id, account = calendar.id, calendar.credentials.email or ''
        google_id, owner = calendar.google_id, calendar.access_role == 'owner'
        credentials = calendar.credentials
        credentials.check_manage_calendars()
        if calendar.access_role not in READERS:
            raise CalendarManageError(gettext(
                    'google_calendar.msg_manage_forbidden',
                    credentials=credentials.rec_name,
                    subject=calendar.rec_name))
        with credentials.calendar_client(
                calendar.rec_name, writing=False) as client:
            found = _list(client, google_id)
        return {
            'calendar': id,
            'owner': owner,
            'rules': [{
                    'type': type_,
                    'value': value or None,
                    'role': role,
                    'own': type_ == 'user' and value == account.lower(),
                    } for (type_, value), (role, _, _) in sorted(
                        found.items())],
            'send_notifications': True,
            'before': json.dumps([
                    [*scope, role]
                    for scope, (role, _, _) in found.items()]),
            }

    def _changes(self):
        "What the person changed"
        before = {
            (type_, value): role
            for type_, value, role in json.loads(self.start.before or '[]')}
        try:
            after = acl.desired(
                (r.type, r.value, r.role) for r in self.start.rules)
        except acl.AccessListError as error:
            raise CalendarManageError(gettext(
                    f'google_calendar.msg_share_{error.code}',
                    value=error.value)) from error
        return acl.changes(before, after)

    def transition_share(self):
        changes = self._changes()
        self.start.calendar.credentials.check_manage_calendars()
        if acl.is_public(changes):
            return 'public'
        return self._share(changes)

    def default_public(self, fields):
        role, = [
            c.after for c in self._changes() if c.scope == acl.PUBLIC]
        return {
            'calendar': self.start.calendar.id,
            'role': role,
            'confirmed': False,
            }

    def transition_share_public(self):
        if not self.public.confirmed:
            return 'public'
        changes = self._changes()
        if any(c.scope == acl.PUBLIC and c.after != self.public.role
                for c in changes):
            # something else was confirmed
            return 'public'
        return self._share(changes)

    def _share(self, changes):
        calendar = self.start.calendar
        google_id, notify = (
            calendar.google_id, bool(self.start.send_notifications))
        name = calendar.rec_name
        calendar.credentials.check_manage_calendars()
        credentials_id = calendar.credentials.id
        if not changes:
            return 'end'
        failures = []
        with calendar.credentials.calendar_client(name) as client:
            # of a repetition some are done already
            found = _list(client, google_id)
            for change in changes:
                try:
                    _apply(client, google_id, change, found, notify)
                except GoogleError as error:
                    if error.transient or error.status in {401, 412}:
                        raise
                    failures.append((change, error))
        if failures:
            self._refuse(credentials_id, name, failures)
        return 'end'

    @staticmethod
    def _refuse(credentials_id, name, failures):
        Credentials = Pool().get('google_integration.google_credentials')
        lines = []
        for change, error in failures:
            message = Credentials.calendar_error(
                credentials_id, error, change.scope[1] or name, True)
            lines.append(': '.join(filter(None, [
                            change.scope[1] or change.scope[0],
                            message or error.message or str(error)])))
        raise CalendarManageError(
            gettext('google_calendar.msg_share_refused', calendar=name),
            '\n'.join(lines))


def _list(client, google_id):
    "The access list of the calendar as it is now"
    resources = []
    for answer in pages(
            client, client.api.acl().list, calendarId=google_id,
            maxResults=PAGE):
        resources.extend(answer.get('items') or [])
    return acl.read(resources)


def _apply(client, google_id, change, found, notify):
    "Ask Google for one change"
    role, id, etag = found.get(change.scope, (None, None, None))
    match acl.state(change, role):
        case 'done':
            return
        case 'other':
            raise GoogleError(412, 'conditionNotMet')
    rules = client.api.acl()
    if change.before is None:
        type_, value = change.scope
        scope = {'type': type_, 'value': value} if value else {'type': type_}
        request = rules.insert(
            calendarId=google_id, sendNotifications=notify,
            body={'role': change.after, 'scope': scope})
    elif change.after is None:
        request = rules.delete(calendarId=google_id, ruleId=id)
    else:
        request = rules.patch(
            calendarId=google_id, ruleId=id, sendNotifications=notify,
            body={'role': change.after})
    if id and etag:
        request.headers['If-Match'] = etag
    # once: Google tells by mail what it did
    client.execute(request, idempotent=False)
