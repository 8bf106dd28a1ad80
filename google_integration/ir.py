# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the family adds to the models of Tryton's own administration."""
import uuid

from sql import Null

from trytond.cache import Cache
from trytond.model import fields
from trytond.pool import PoolMeta
from trytond.transaction import Transaction


class Configuration(metaclass=PoolMeta):
    __name__ = 'ir.configuration'

    google_installation = fields.Char(
        "Google Installation", readonly=True,
        help="What tells the records of this database from others at Google.")
    _google_installation_cache = Cache(
        'ir_configuration.google_installation')

    @classmethod
    def get_google_installation(cls):
        "The identifier of this installation of Tryton"
        value = cls._google_installation_cache.get(None)
        if value is None:
            configuration = cls(1)
            value = configuration.google_installation
            if not value:
                value = uuid.uuid4().hex
                cls.write([configuration], {'google_installation': value})
            else:
                # not before it is committed
                cls._google_installation_cache.set(None, value)
        return value


class Cron(metaclass=PoolMeta):
    __name__ = 'ir.cron'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection.extend([
                ('google_integration.google_credentials|expire_requests',
                    "Expire Google Authorization Requests"),
                ('google_integration.synchronization|synchronize_due',
                    "Synchronize with Google"),
                ('google_integration.synchronization|verify',
                    "Verify Google Synchronization"),
                ])


class FileStoreQueue(metaclass=PoolMeta):
    __name__ = 'ir.filestore.queue'

    @classmethod
    def remove(cls):
        # without store_prefix trytond queues no prefix, with which it can
        # remove nothing; the contents are below the name of the database
        table = cls.__table__()
        transaction = Transaction()
        transaction.connection.cursor().execute(*table.update(
                [table.prefix], [transaction.database.name],
                where=table.prefix == Null))
        super().remove()


class Rule(metaclass=PoolMeta):
    __name__ = 'ir.rule'

    @classmethod
    def _get_context(cls, model_name):
        context = super()._get_context(model_name)
        if cls._is_google(model_name):
            context['user_id'] = Transaction().user
        return context

    @classmethod
    def _get_cache_key(cls, model_names):
        key = super()._get_cache_key(model_names)
        if any(map(cls._is_google, model_names)):
            key = (*key, Transaction().user)
        return key

    @staticmethod
    def _is_google(model_name):
        "The modules of the family have rules by user"
        return model_name.startswith('google_')
