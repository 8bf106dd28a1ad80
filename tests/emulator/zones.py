# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Time zones: IANA names only [Calendars & events]"
import datetime as dt
import functools
import zoneinfo

UTC = dt.timezone.utc


@functools.cache
def _names():
    return frozenset(zoneinfo.available_timezones())


@functools.lru_cache(1024)
def zone(name):
    "Return the zone, or None if Google would not know the name"
    if not isinstance(name, str) or name not in _names():
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError):
        return None
