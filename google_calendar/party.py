# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The parties who have the e-mails of the guests."""
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, PYSONEncoder
from trytond.transaction import check_access
from trytond.wizard import (
    Button, StateAction, StateTransition, StateView, Wizard)

from .exceptions import CreatePartiesError
from .person import Directory, is_of_person, target_domain

__all__ = [
    'Attendee', 'ContactMechanism', 'CreateParties', 'CreatePartiesGuest',
    'CreatePartiesShow', 'Event']

PARTIES = Directory(
    'party.party', 'party.contact_mechanism', 'party', 'value', type='email')


class ContactMechanism(metaclass=PoolMeta):
    __name__ = 'party.contact_mechanism'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._sql_indexes.add(PARTIES.index(cls.__table__()))


class Attendee(metaclass=PoolMeta):
    __name__ = 'google_calendar.attendee'

    party = fields.Function(
        fields.Many2One(
            'party.party', "Party",
            states={
                'readonly': Eval('room', False) | Eval('fixed', False),
                },
            help="The only party with the email."),
        'get_person', setter='set_person', searcher='search_person')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._directories['party'] = PARTIES
        cls._buttons.update(
            create_party={
                'invisible': (
                    Bool(Eval('party')) | Eval('room', False)
                    | (Eval('id', -1) < 0)),
                'depends': ['party', 'room'],
                })

    @fields.depends('party', methods=['_choose'])
    def on_change_party(self):
        self._choose('party')

    @classmethod
    @ModelView.button_action('google_calendar.wizard_create_parties')
    def create_party(cls, guests):
        pass


class Event(metaclass=PoolMeta):
    __name__ = 'google_calendar.event'

    parties = fields.Function(
        fields.Many2Many(
            'party.party', None, None, "Parties",
            help="The parties with the emails of the guests."),
        'get_parties', searcher='search_parties')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update(
            create_parties={
                'invisible': ~Eval('attendees', []),
                'depends': ['attendees'],
                })

    @classmethod
    def get_parties(cls, events, name):
        found = PARTIES.find({
                g.email for e in events for g in e.attendees if not g.room})
        return {
            e.id: list(dict.fromkeys(
                    party for g in e.attendees if not g.room
                    for party in found.get(g.email, [])))
            for e in events}

    @classmethod
    def search_parties(cls, name, clause):
        domain, positive = target_domain(name, clause)
        emails = [
            email for email, (_, chosen) in PARTIES.guests(domain).items()
            if chosen]
        return [('attendees', 'where' if positive else 'not where', [
                    ('email', 'in', emails),
                    ('room', '!=', True),
                    ])]

    @classmethod
    @ModelView.button_action('google_calendar.wizard_create_parties')
    def create_parties(cls, events):
        pass


class CreateParties(Wizard):
    __name__ = 'google_calendar.create_parties'

    start = StateTransition()
    show = StateView(
        'google_calendar.create_parties.show',
        'google_calendar.create_parties_show_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Create", 'create_', 'tryton-ok', default=True),
            ])
    create_ = StateTransition()
    open_ = StateAction('party.act_party_form')

    @check_access
    def transition_start(self):
        pool = Pool()
        pool.get('ir.model.access').check('party.party', 'create')
        if not self._guests():
            raise CreatePartiesError(
                gettext('google_calendar.msg_create_parties_none'))
        return 'show'

    @check_access
    def default_show(self, fields):
        return {'guests': self._guests()}

    def _guests(self):
        "The values to show of the guests who are no parties, by e-mail"
        pool = Pool()
        Guest = pool.get('google_calendar.attendee')
        ids = [r.id for r in self.records]
        guests = Guest.search([
                ('id' if self.model is Guest else 'event', 'in', ids),
                ('room', '!=', True),
                ])
        found = PARTIES.find({g.email for g in guests})
        shown = {}
        for guest in guests:
            if guest.email in found or not is_of_person(guest.email):
                continue
            values = shown.setdefault(guest.email, {
                    'email': guest.email,
                    'name': None,
                    # who works with this Tryton is seldom to become one
                    'selected': not (guest.own or guest.user),
                    })
            values['name'] = values['name'] or guest.name
        for values in shown.values():
            values['name'] = values['name'] or values['email']
        return list(shown.values())

    @check_access
    def transition_create_(self):
        Party = Pool().get('party.party')
        guests = {g.email: g for g in self.show.guests if g.selected}
        # those of the guests who were shown, and still are none
        allowed = {v['email'] for v in self._guests()}
        parties = Party.create([{
                    'name': guest.name,
                    'contact_mechanisms': [('create', [{
                                    'type': 'email',
                                    'value': email,
                                    }])],
                    }
                for email, guest in guests.items() if email in allowed])
        self.show.parties = parties
        return 'open_' if parties else 'end'

    def do_open_(self, action):
        ids = [p.id for p in self.show.parties]
        action['pyson_domain'] = PYSONEncoder().encode([('id', 'in', ids)])
        if len(ids) == 1:
            action['views'].reverse()
        return action, {'res_id': ids}


class CreatePartiesShow(ModelView):
    __name__ = 'google_calendar.create_parties.show'

    guests = fields.One2Many(
        'google_calendar.create_parties.guest', None, "Guests",
        help="The guests of whom no party has the email.")
    parties = fields.Many2Many(
        'party.party', None, None, "Parties", readonly=True)


class CreatePartiesGuest(ModelView):
    __name__ = 'google_calendar.create_parties.guest'

    selected = fields.Boolean(
        "Create", help="Check to create a party for the guest.")
    name = fields.Char(
        "Name",
        states={
            'required': Eval('selected', False),
            })
    email = fields.Char("Email", readonly=True)
