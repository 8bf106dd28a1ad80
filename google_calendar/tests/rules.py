# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rules that publish sales, for the tests."""
import datetime as dt

from trytond.modules.company.tests import create_company
from trytond.modules.google_integration.tests.follow_case import FollowMixin
from trytond.transaction import Transaction

from .tools import ACCESS, CALENDAR, EVENT, GoogleCalendarTestCase, database

__all__ = [
    'CRON', 'DAY', 'PUBLICATION', 'RULE', 'RuleTestCase', 'SALE']

RULE = 'google_calendar.rule'
PUBLICATION = 'google_calendar.publication'
SALE = 'sale.sale'
CRON = 'ir.cron'
DAY = dt.date(2026, 12, 1)


class RuleTestCase(FollowMixin, GoogleCalendarTestCase):
    "Sales of a company, which Ada sells and publishes"
    rule_model = RULE
    modules = ['google_calendar', 'sale']

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with database(1) as pool:
            User = pool.get('res.user')
            ModelData = pool.get('ir.model.data')
            company = create_company()
            cls.company = company.id
            User.write([User(cls.ada), User(1)], {
                    'companies': [('add', [company.id])],
                    'company': company.id,
                    })
            User.write([User(cls.ada)], {
                    'groups': [('add', [
                                ModelData.get_id('sale', 'group_sale')])],
                    })

    def prepare(self):
        super().prepare()
        with database() as pool:
            Party = pool.get('party.party')
            party, = Party.create([{'name': "Customer"}])
            self.party = party.id

    def clean(self):
        super().clean()
        with database() as pool:
            for name in [RULE, SALE]:
                Model = pool.get(name)
                with Transaction().set_context(
                        active_test=False, _skip_warnings=True):
                    Model.delete(Model.search([]))
        self.forget_tasks()

    def as_ada(self, commit=True):
        return database(
            self.ada, context={
                **ACCESS, 'company': self.company,
                'companies': [self.company]},
            commit=commit)

    def create_rule(self, **values):
        with self.as_ada() as pool:
            rule, = pool.get(RULE).create([{
                        'name': "Sales",
                        'calendar': self.calendar,
                        'model': SALE,
                        'start_field': 'sale_date',
                        'summary': 'Sale ${record.description}',
                        **values}])
            return rule.id

    def create_sale(self, description="A", date=DAY, count=1, **values):
        with self.as_ada() as pool:
            Sale = pool.get(SALE)
            sales = Sale.create([{
                        'company': self.company,
                        'currency': pool.get(
                            'company.company')(self.company).currency.id,
                        'party': self.party,
                        'description': description,
                        'sale_date': date,
                        **values} for _ in range(count)])
            ids = [s.id for s in sales]
        return ids if count > 1 else ids[0]

    def save(self, model, id, **values):
        with self.as_ada() as pool:
            Model = pool.get(model)
            Model.write([Model(id)], values)

    def remove(self, model, *ids, **context):
        with self.as_ada() as pool, Transaction().set_context(context):
            Model = pool.get(model)
            Model.delete(Model.browse(ids))

    def events(self, *names):
        return self.search(EVENT, *(names or ['summary']))

    def rule_errors(self):
        return self.search(
            PUBLICATION, 'error', domain=[('code', '!=', None)])

    def move(self, id, start, end=None, **values):
        "Move the event on Google, and synchronize"
        google_id = self.event(id, 'google_id')
        if isinstance(start, dt.datetime):
            when = {
                'start': {'dateTime': start.isoformat() + 'Z'},
                'end': {'dateTime': end.isoformat() + 'Z'}}
        else:
            last = (end or start) + dt.timedelta(days=1)
            when = {
                'start': {'date': start.isoformat()},
                'end': {'date': last.isoformat()}}
        self.google.patch_event(
            'alice@example.com', google_id, {**when, **values})
        self.synchronize()
        self.work()


del GoogleCalendarTestCase, CALENDAR
