# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The hooks by which files are mapped and sent."""
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.google_resource import GoogleResource

from . import mapping

__all__ = ['GoogleFile']


class GoogleFile(GoogleResource):
    "What the synchronisation knows of a file"
    __slots__ = ()

    google_service_field = 'drive'
    google_units = mapping.UNITS

    @classmethod
    def _google_readonly_fields(cls):
        # people change the attachment
        return bookkeeping.readonly_fields(cls)

    @staticmethod
    def google_to_values(resource):
        return mapping.to_values(resource)

    @staticmethod
    def google_is_deleted(resource):
        return mapping.is_trashed(resource)

    @staticmethod
    def google_updated(resource):
        return mapping.updated(resource)

    @staticmethod
    def google_etag_of(resource):
        return resource.get('version') or '*'

    @classmethod
    def place_changed(cls, records):
        "The names or the folders of what is attached to the records changed"
