# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Shipments are published, and their moves followed."""
from trytond.modules.google_integration.exceptions import RuleError
from trytond.transaction import Transaction

from .rules import DAY, RULE, RuleTestCase
from .tools import database

SHIPMENT = 'stock.shipment.out'
MOVE = 'stock.move'
LOCATIONS = {
    'warehouse': 'location_warehouse',
    'warehouse_storage': 'location_storage',
    'warehouse_output': 'location_output',
    }


class ShipmentTestCase(RuleTestCase):

    def prepare(self):
        super().prepare()
        with self.stock() as pool:
            unit, = pool.get('product.uom').search([('symbol', '=', 'u')])
            template, = pool.get('product.template').create([{
                        'name': "Chair",
                        'default_uom': unit.id,
                        'type': 'goods',
                        'products': [('create', [{}])],
                        }])
            product, = template.products
            self.unit, self.product = unit.id, product.id

    def clean(self):
        with database() as pool:
            for name in [RULE, SHIPMENT]:
                Model = pool.get(name)
                with Transaction().set_context(_skip_warnings=True):
                    Model.delete(Model.search([]))
        super().clean()

    def stock(self):
        return database(1, context={
                'company': self.company, 'companies': [self.company]})

    def create_shipment(self, reference):
        with self.stock() as pool:
            ModelData = pool.get('ir.model.data')
            address, = pool.get('party.address').create([
                    {'party': self.party}])
            shipment, = pool.get(SHIPMENT).create([{
                        'company': self.company,
                        'customer': self.party,
                        'delivery_address': address.id,
                        **{name: ModelData.get_id('stock', location)
                            for name, location in LOCATIONS.items()},
                        'reference': reference,
                        'planned_date': DAY,
                        }])
            return shipment.id

    def create_move(self, shipment):
        with self.stock() as pool:
            ModelData = pool.get('ir.model.data')
            company = pool.get('company.company')(self.company)
            move, = pool.get(MOVE).create([{
                        'shipment': f'{SHIPMENT},{shipment}',
                        'product': self.product,
                        'unit': self.unit,
                        'quantity': 1,
                        'from_location': ModelData.get_id(
                            'stock', 'location_output'),
                        'to_location': ModelData.get_id(
                            'stock', 'location_customer'),
                        'company': self.company,
                        'currency': company.currency.id,
                        'unit_price': 1,
                        }])
            return move.id

    def publish(self, **values):
        with self.stock() as pool:
            pool.get(RULE).create([{
                        'name': "Shipments",
                        'calendar': self.calendar,
                        'model': SHIPMENT,
                        'start_field': 'planned_date',
                        'summary': '${record.reference}'
                        "${''.join("
                        "': %s %s' % (m.quantity, m.product.name)"
                        " for m in record.outgoing_moves)}",
                        **values}])
        self.work()

    def save(self, model, id, **values):
        with self.stock() as pool:
            Model = pool.get(model)
            Model.write([Model(id)], values)

    def test_computed(self):
        "Moves that are computed from their shipment are followed"
        first, second = self.create_shipment("A"), self.create_shipment("B")
        self.publish(
            related='customer\noutgoing_moves\noutgoing_moves.product')
        move = self.create_move(first)
        self.work()
        self.assertEqual(sorted(self.events()), ["A: 1.0 Chair", "B"])
        self.save(MOVE, move, quantity=2)
        self.work()
        self.assertEqual(sorted(self.events()), ["A: 2.0 Chair", "B"])
        self.save(MOVE, move, shipment=f'{SHIPMENT},{second}')
        self.work()
        self.assertEqual(sorted(self.events()), ["A", "B: 2.0 Chair"])
        self.save('product.product', self.product, code="C1")
        self.assertGreater(self.work(), 0)
        with self.stock() as pool:
            Move = pool.get(MOVE)
            Move.delete([Move(move)])
        self.work()
        self.assertEqual(sorted(self.events()), ["A", "B"])

    def test_not_searched(self):
        "What is computed otherwise can not be followed"
        with self.assertRaisesRegex(RuleError, "can not be searched"):
            self.publish(related='customer_location')

    def test_domain_left(self):
        "A shipment that is cancelled is removed"
        shipment = self.create_shipment("A")
        self.publish(domain='[["state", "in", ["draft", "waiting"]]]')
        self.assertEqual(self.events(), ["A"])
        with self.stock() as pool:
            Shipment = pool.get(SHIPMENT)
            Shipment.cancel([Shipment(shipment)])
        self.work()
        self.assertEqual(self.events(), [])


del RuleTestCase
