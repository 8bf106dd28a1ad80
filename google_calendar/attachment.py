# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The files that are attached to the events at Google."""
from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.google_integration.google_child import GoogleChild

__all__ = ['Attachment']


class Attachment(GoogleChild, ModelSQL, ModelView):
    __name__ = 'google_calendar.attachment'

    google_parent_field = 'event'

    event = fields.Many2One(
        'google_calendar.event', "Event", required=True, readonly=True,
        ondelete='CASCADE')
    title = fields.Char("Title", readonly=True, strip=False)
    url = fields.Char("URL", required=True, readonly=True, strip=False)
    mime_type = fields.Char("MIME Type", readonly=True, strip=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('event')

    def get_rec_name(self, name):
        return self.title or self.url
