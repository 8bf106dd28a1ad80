# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The channels of calendars: Google announces that events have changed.

https://developers.google.com/calendar/api/guides/push
"""

__all__ = ['WatchMixin']


class WatchMixin:
    "The hooks of the network by which a calendar is watched"
    __slots__ = ()

    google_can_watch = True

    @classmethod
    def google_watch(cls, client, channel):
        # a channel can not be asked for twice
        return client.execute(
            client.api.events().watch(
                calendarId=client.parameters['calendar_id'], body=channel),
            idempotent=False)

    @classmethod
    def google_stop_watch(cls, client, channel):
        client.execute(client.api.channels().stop(body=channel))
