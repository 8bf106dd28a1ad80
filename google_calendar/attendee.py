# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The guests of the events."""
from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.google_child import GoogleChild
from trytond.pool import Pool
from trytond.pyson import Eval

from .answer import visual
from .exceptions import AttendeeEmailError
from .people import is_email, normalize_email
from .person import PersonMixin

__all__ = ['Attendee']


class Attendee(PersonMixin, GoogleChild, ModelSQL, ModelView):
    __name__ = 'google_calendar.attendee'

    google_parent_field = 'event'

    event = fields.Many2One(
        'google_calendar.event', "Event", required=True, ondelete='CASCADE')
    _fixed = {
        'readonly': Eval('fixed', False),
        }
    email = fields.Char("Email", required=True, states=_fixed)
    name = fields.Char("Name", strip=False, states=_fixed)
    optional = fields.Boolean("Optional", states=_fixed)
    response = fields.Selection([
            (None, ""),
            ('needsAction', "No Answer"),
            ('declined', "Declined"),
            ('tentative', "Maybe"),
            ('accepted', "Accepted"),
            ], "Answer", readonly=True, sort=False)
    comment = fields.Char("Comment", readonly=True, strip=False)
    additional_guests = fields.Integer("Additional Guests", readonly=True)
    room = fields.Boolean(
        "Room", readonly=True, help="It is a room or another resource.")
    organizer = fields.Boolean("Organizer", readonly=True)
    own = fields.Boolean(
        "Own", readonly=True, help="It is the owner of the calendar.")
    fixed = fields.Function(fields.Boolean("Fixed"), 'get_fixed')

    del _fixed

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('event')
        cls._order = [('email', 'ASC'), ('id', 'ASC')]
        table = cls.__table__()
        cls._sql_indexes.add(Index(table, (table.email, Index.Equality())))

    @staticmethod
    def default_optional():
        return False

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree/field[@name="response"]', 'visual',
                visual(Eval('response'))),
            ]

    @classmethod
    def get_fixed(cls, guests, name):
        fixed = {
            a.id for e in {g.event for g in guests} for a in e.fixed_guests}
        return {g.id: g.id in fixed for g in guests}

    def get_rec_name(self, name):
        return self.name or self.email

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR', ('name', *clause[1:]), ('email', *clause[1:])]

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if values.get('email'):
            values['email'] = normalize_email(values['email'])
        return values

    @classmethod
    def write(cls, *args):
        emails = {
            g.id: g.email
            for guests, values in zip(args[::2], args[1::2], strict=True)
            for g in guests if 'email' in values}
        super().write(*args)
        # another e-mail is another guest, who has not answered
        bookkeeping.update(
            cls, [g for g in cls.browse(emails) if g.email != emails[g.id]],
            dict.fromkeys(bookkeeping.readonly_fields(cls)))

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if external:
            Event = Pool().get('google_calendar.event')
            Event.check_invite([a.event for a in records])
            cls._check_fixed(mode, records)
            cls._check_emails(mode, records, values or {})

    @classmethod
    def _check_fixed(cls, mode, records):
        if mode != 'create' and any(a.fixed for a in records):
            Event = Pool().get('google_calendar.event')
            raise AccessError(gettext(
                    'google_calendar.msg_event_not_editable',
                    event=records[0].event.rec_name,
                    **Event.__names__('attendees')))

    @classmethod
    def _check_emails(cls, mode, records, values):
        if mode == 'create':
            emails = [a.email for a in records]
        else:
            # those that Google has anyway are theirs
            emails = [values['email']] if 'email' in values else []
        for email in emails:
            if not is_email(normalize_email(email)):
                raise AttendeeEmailError(gettext(
                        'google_calendar.msg_attendee_email', email=email))
