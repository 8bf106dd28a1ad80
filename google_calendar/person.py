# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The people of Tryton who have the e-mails of the guests."""
import re

from sql import Column
from sql.functions import Lower

from trytond.model import Index, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, active_records, check_access

from .people import normalize_email

__all__ = [
    'Directory', 'PersonMixin', 'is_of_person', 'target_domain']

SLICE = 500
# rooms, calendars and groups that Google gave an address of its own
GOOGLE_ADDRESS = re.compile(r'.*@([^@]*\.)?calendar\.google\.com')


def is_of_person(email):
    "Tell if the address may be of a person: Google's own never are"
    return bool(email and not GOOGLE_ADDRESS.fullmatch(email))


class Directory:
    """Finds the records of a model by e-mail, whatever its case.

    ``holder`` is the model that has the e-mails in its field ``email``, and
    the people in ``person``, for the records for which ``where`` holds. Only
    what is active and what the user may read is found.
    """

    def __init__(self, model, holder, person, email, **where):
        self.model = model
        self.holder = holder
        self.person = person
        self.email = email
        self.where = where

    def _table(self, table=None):
        "The table of the e-mails, its columns, and the condition"
        if table is None:
            table = Pool().get(self.holder).__table__()
        email = Lower(Column(table, self.email))
        where = email != ''
        for name, value in self.where.items():
            where &= Column(table, name) == value
        return table, Column(table, self.person), email, where

    def index(self, table):
        "The index of the table of the e-mails by which people are found"
        _, _, email, where = self._table(table)
        return Index(table, (email, Index.Equality()), where=where)

    def find(self, emails):
        "The ids of the people who have the e-mails in lower case, by e-mail"
        emails = {e for e in emails if is_of_person(e)}
        table, person, email, where = self._table()
        rows = []
        for sub_emails in grouped_slice(sorted(emails), SLICE):
            rows += _execute(table.select(
                    table.id, person, Column(table, self.email),
                    where=where & email.in_(list(sub_emails)),
                    order_by=table.id))
        holders = _readable(self.holder, [h for h, _, _ in rows])
        people = holders if self.holder == self.model else _readable(
            self.model, {p for _, p, _ in rows})
        found = {}
        for holder, person, email in rows:
            if holder in holders and person in people:
                known = found.setdefault(normalize_email(email), [])
                if person not in known:
                    known.append(person)
        return found

    def read(self, id):
        "The name and the e-mail of one of the people"
        with check_access():
            values, = Pool().get(self.model).read([id], ['name', 'email'])
        return {n: values[n] for n in ['name', 'email']}

    def find_one(self, emails):
        "The id of the only one who has the e-mail, by e-mail"
        return {
            email: people[0] for email, people in self.find(emails).items()
            if len(people) == 1}

    def guests(self, domain):
        """The people of the domain who are guests

        The ids of all who have the e-mail, and of those of the domain, by
        e-mail.
        """
        pool = Pool()
        if not _may_read(self.model):
            return {}
        with check_access(), active_records():
            people = pool.get(self.model).search(
                domain, order=[], query=True)
        guest = pool.get('google_calendar.attendee').__table__()
        table, person, email, where = self._table()
        chosen = {}
        for guest_email, id in _execute(table
                .join(guest, condition=guest.email == email)
                .select(guest.email, person,
                    where=where & person.in_(people),
                    group_by=[guest.email, person])):
            chosen.setdefault(guest_email, set()).add(id)
        return {
            email: (people, chosen[email].intersection(people))
            for email, people in self.find(chosen).items()}


def _execute(query):
    cursor = Transaction().connection.cursor()
    cursor.execute(*query)
    return cursor.fetchall()


def _may_read(model):
    ModelAccess = Pool().get('ir.model.access')
    with check_access():
        return ModelAccess.check(model, 'read', raise_exception=False)


def _readable(model, ids):
    "The ids of the active records that the user may read"
    if not ids or not _may_read(model):
        return set()
    Model = Pool().get(model)
    readable = set()
    with check_access(), active_records():
        for sub_ids in grouped_slice(sorted(set(ids)), SLICE):
            readable.update(r.id for r in Model.search([
                        ('id', 'in', list(sub_ids)),
                        ], order=[]))
    return readable


def target_domain(name, clause):
    """The domain of the target of a clause on a many2one or many2many

    And whether the clause asks for those with such a target: it may ask for
    those without.
    """
    field, operator, operand = clause[:3]
    if operator in {'where', 'not where'}:
        return operand, operator == 'where'
    if field != name:
        return [(field.removeprefix(name + '.'), *clause[1:])], True
    if operand is None:
        return [], operator == '!='
    positive = {
        '!=': '=', 'not in': 'in', 'not like': 'like', 'not ilike': 'ilike',
        }.get(operator, operator)
    target = 'rec_name' if isinstance(operand, str) else 'id'
    return [(target, positive, operand)], positive == operator


class PersonMixin:
    "The links of a guest to the people of Tryton, by e-mail"
    __slots__ = ()

    # by the name of the field that links to them
    _directories = {}

    user = fields.Function(
        fields.Many2One(
            'res.user', "User",
            states={
                'readonly': Eval('room', False) | Eval('fixed', False),
                },
            help="The only user with the email."),
        'get_person', setter='set_person', searcher='search_person')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._directories = {
            'user': Directory('res.user', 'res.user', 'id', 'email'),
            }

    @classmethod
    def get_person(cls, guests, name):
        # one name at a time: the caches would keep the other links
        found = cls._directories[name].find_one({
                g.email for g in guests if not g.room})
        return {
            g.id: None if g.room else found.get(g.email) for g in guests}

    @classmethod
    def set_person(cls, guests, name, value):
        # the e-mail links to the person: see preprocess_values
        pass

    @classmethod
    def search_person(cls, name, clause):
        domain, positive = target_domain(name, clause)
        emails = [
            email for email, (people, chosen)
            in cls._directories[name].guests(domain).items()
            if len(people) == 1 and chosen]
        if positive:
            return [('email', 'in', emails), ('room', '!=', True)]
        return ['OR', ('email', 'not in', emails), ('room', '=', True)]

    @fields.depends('email', 'room')
    def on_change_email(self):
        for name, directory in self._directories.items():
            email = None if self.room else normalize_email(self.email)
            setattr(self, name, directory.find_one([email]).get(email))

    @fields.depends('user', methods=['_choose'])
    def on_change_user(self):
        self._choose('user')

    @fields.depends('email', methods=['on_change_email'])
    def _choose(self, name):
        "Invite the person who was chosen"
        person = getattr(self, name)
        if not person:
            return
        directory = self._directories[name]
        email = normalize_email(self.email)
        if person.id not in directory.find([email]).get(email, []):
            values = directory.read(person.id)
            self.email = normalize_email(values['email'])
            self.name = values['name']
            self.on_change_email()
        # also where the e-mail is of several
        setattr(self, name, person)

    @classmethod
    def preprocess_values(cls, mode, values):
        for name, directory in cls._directories.items():
            if values.get(name) and 'email' not in values:
                values = {**directory.read(values[name]), **values}
        return super().preprocess_values(mode, values)
