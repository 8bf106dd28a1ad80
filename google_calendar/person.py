# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The people of Tryton who have the e-mails of the guests."""
import re

from sql import Column
from sql.functions import Lower

from trytond.model import Index, fields
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import active_records, check_access

from .people import normalize_email

__all__ = ['Directory', 'PersonMixin', 'USERS', 'is_of_person']

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

    def _table(self):
        "The table of the e-mails, its columns, and the condition"
        table = Pool().get(self.holder).__table__()
        email = Lower(Column(table, self.email))
        where = email != ''
        for name, value in self.where.items():
            where &= Column(table, name) == value
        return table, Column(table, self.person), email, where

    def index(self):
        table, _, email, where = self._table()
        return Index(table, (email, Index.Equality()), where=where)

    def find(self, emails):
        "The ids of the people who have the e-mails in lower case, by e-mail"
        emails = {e for e in emails if is_of_person(e)}
        table, person, email, where = self._table()
        rows = []
        for sub_emails in grouped_slice(sorted(emails)):
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
    from trytond.transaction import Transaction
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
        for sub_ids in grouped_slice(sorted(set(ids))):
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
    positive = {'!=': '=', 'not in': 'in'}.get(operator, operator)
    return [('id', positive, operand)], positive == operator


USERS = Directory('res.user', 'res.user', 'id', 'email')
