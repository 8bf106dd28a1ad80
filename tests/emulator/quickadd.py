# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""events.quickAdd [Create events]

No page states what is understood: here a date and a time that dateutil
finds; without them the event begins at the next hour (unverified)."""
import datetime as dt
import re

from dateutil import parser

from .api import method
from .errors import required
from .events import insert, writable
from .zones import zone


@method('calendar.events.quickAdd')
def quick_add(call):
    calendar = writable(call)
    text = call.params['text'].strip()
    if not text:
        raise required("Required parameter: text")
    name = calendar.data.get('timeZone', 'UTC')
    now = dt.datetime.fromtimestamp(call.state.now(), zone(name))
    hour = now.replace(
        minute=0, second=0, microsecond=0, tzinfo=None) + dt.timedelta(
            hours=1)
    summary, start = text, hour
    try:
        start, rest = parser.parse(
            text, default=hour, fuzzy_with_tokens=True, ignoretz=True)
    except (ValueError, OverflowError):
        pass  # no date in the text
    else:
        summary = re.sub(
            r'(\b(at|on|from)\s*)+$', '', ' '.join(''.join(rest).split()))
    end = start + dt.timedelta(hours=1)
    call.body = {
        'summary': summary.strip() or text,
        'start': {'dateTime': start.isoformat(), 'timeZone': name},
        'end': {'dateTime': end.isoformat(), 'timeZone': name}}
    return insert(call)
