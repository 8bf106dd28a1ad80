# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Sending limits [Gmail sending limits in Google Workspace; Usage limits
(Gmail)]: over a rolling day, shared by the API and SMTP"""
from ..state import stamp_text

DAY = 86400


def _limit(state, box, name):
    own = getattr(box.limits, name)
    return state.options[name] if own is None else own


def _from(box, now, seconds):
    return [s for s in box.sent if s[0] > now - seconds]


def check(state, box, recipients):
    """Refuse a message that is beyond a limit; return whether it is
    delivered: [Resolve errors (Gmail)] some beyond it are accepted, and
    dropped"""
    from .delivery import Refused
    now = state.now()
    minute = _limit(state, box, 'sends_per_minute')
    if minute is not None and len(_from(box, now, 60)) >= minute:
        raise Refused(
            'rate', "Quota exceeded for quota metric 'Queries' and limit "
            "'Queries per minute per user' of service "
            "'gmail.googleapis.com' for consumer 'project_number:1'.",
            now + 60)
    sent = _from(box, now, DAY)
    messages = _limit(state, box, 'daily_messages')
    people = _limit(state, box, 'daily_recipients')
    total = sum(n for _, n in sent) + len(recipients)
    if (messages is not None and len(sent) >= messages
            or people is not None and total > people):
        grace = state.options['daily_grace']
        if messages is not None and messages <= len(sent) < messages + grace:
            return False
        moment = (sent[0][0] if sent else now) + DAY
        raise Refused(
            'limit', "User-rate limit exceeded (Mail sending).  Retry after "
            f"{stamp_text(moment * 1000)}", moment)
    return True


def count(state, box, recipients):
    now = state.now()
    box.sent.append((now, len(recipients)))
    while box.sent and box.sent[0][0] <= now - DAY:
        box.sent.popleft()
