# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The control panel: all the services of all the modules."""
from sql import Literal, Select

from trytond.model import ModelSQL, ModelView, UnionMixin, fields
from trytond.pool import Pool
from trytond.pyson import Eval, If

from . import bookkeeping
from .checked_read import CheckedReadMixin

__all__ = ['Synchronization']


class Synchronization(
        CheckedReadMixin, UnionMixin, ModelSQL, ModelView):
    __name__ = 'google_integration.synchronization'

    credentials = fields.Many2One(
        'google_integration.google_credentials', "Credentials",
        readonly=True)
    service = fields.Function(
        fields.Reference("Service", selection='get_services'), 'get_service')
    service_name = fields.Function(fields.Char("Name"), 'get_service')
    enabled = fields.Boolean("Enabled", readonly=True)
    last_sync = fields.Timestamp("Last Synchronization", readonly=True)
    next_sync = fields.Timestamp("Next Synchronization", readonly=True)
    sync_state = fields.Function(fields.Selection([
                ('idle', "Idle"),
                ('running', "Running"),
                ('failed', "Failed"),
                ], "State", sort=False), 'get_service')
    backlog = fields.Function(fields.Integer(
            "Backlog", help="The number of changes that wait to be sent."),
        'get_service')
    last_error = fields.Function(fields.Text(
            "Last Error",
            states={
                'invisible': ~Eval('last_error'),
                }),
        'get_service')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('credentials', 'ASC'), ('id', 'ASC')]
        enabled = Eval('enabled', False)
        cls._buttons.update({
                'synchronize': {
                    'invisible': ~enabled,
                    'icon': 'tryton-refresh',
                    'depends': ['enabled'],
                    },
                'pause': {
                    'invisible': ~enabled,
                    'depends': ['enabled'],
                    },
                'resume': {
                    'invisible': enabled,
                    'depends': ['enabled'],
                    },
                'retry': {
                    'invisible': ~enabled,
                    'depends': ['enabled'],
                    },
                })

    @staticmethod
    def union_models():
        Credentials = Pool().get('google_integration.google_credentials')
        return sorted(
            Model.__name__ for Model in Credentials.service_models())

    @classmethod
    def table_query(cls):
        if cls.union_models():
            return super().table_query()
        columns = [
            field.sql_cast(Literal(None)).as_(name)
            for name, field in cls._fields.items() if not hasattr(field, 'set')
            and not isinstance(field, fields.Function)]
        return Select(columns, where=Literal(False))

    @classmethod
    def get_services(cls):
        get_name = Pool().get('ir.model').get_name
        return [(name, get_name(name)) for name in cls.union_models()]

    @classmethod
    def get_service(cls, records, names):
        result = {name: {} for name in names}
        for Model, services in cls._by_model(records):
            for service in services:
                id = cls.union_shard(service.id, Model.__name__)
                for name in names:
                    match name:
                        case 'service':
                            value = str(service)
                        case 'service_name':
                            value = service.rec_name
                        case _:
                            value = getattr(service, name)
                    result[name][id] = value
        return result

    def get_rec_name(self, name):
        return self.service_name

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('sync_state') == 'failed', 'danger',
                    If(~Eval('enabled', False), 'muted', ''))),
            ]

    @classmethod
    def _by_model(cls, records):
        "Yield the model and the services of the records"
        services = [cls.union_unshard(r.id) for r in records]
        for Model in dict.fromkeys(map(type, services)):
            # read together
            yield Model, Model.browse(
                [s.id for s in services if type(s) is Model])

    @classmethod
    @ModelView.button
    def synchronize(cls, records):
        for Model, services in cls._by_model(records):
            Model.synchronize(services)

    @classmethod
    @ModelView.button
    def pause(cls, records):
        for Model, services in cls._by_model(records):
            bookkeeping.check_write(Model, services)
            Model.write(services, {'enabled': False})

    @classmethod
    @ModelView.button
    def resume(cls, records):
        for Model, services in cls._by_model(records):
            bookkeeping.check_write(Model, services)
            Model.write(services, {'enabled': True})

    @classmethod
    @ModelView.button
    def retry(cls, records):
        for Model, services in cls._by_model(records):
            Model.retry_failed(services)

    # Cron

    @classmethod
    def synchronize_due(cls):
        "Queue one task for each service of which the time has come"
        pool = Pool()
        Channel = pool.get('google_integration.channel')
        Credentials = pool.get('google_integration.google_credentials')
        Channel.attend()
        for Model in Credentials.service_models():
            Model.enqueue_due()

    @classmethod
    def verify(cls):
        "Queue the verification of each enabled service"
        pool = Pool()
        Credentials = pool.get('google_integration.google_credentials')
        for Model in Credentials.service_models():
            services = Model.search([('enabled', '=', True)])
            for service in services:
                Model.__queue__.verify([service])
        cls.clean()

    @classmethod
    def clean(cls):
        "Remove what nobody needs any more"
        Pool().get('google_integration.sync_log').clean()
