# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.

from trytond.pool import PoolMeta


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
