# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What Google's answers mean: an answer, or which GoogleError"
import json
import re
from datetime import datetime, timezone

from googleapiclient.model import JsonModel

from .transport import GoogleError, retry_after

__all__ = ['checked', 'malformed', 'refusal']

# What XML-RPC, and some databases, do not take
_CONTROLS = re.compile(r'[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]')
_RATE = {'rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED'}
_LATER = {
    'quotaExceeded', 'sharingRateLimitExceeded', 'dailyLimitExceeded',
    'conflict'}


def _details(content):
    "Return (reasons, message) of the body of an error"
    try:
        error = json.loads(content)['error']
        if isinstance(error, str):
            return [error], ''
        items = [
            item for name in ['errors', 'details']
            for item in error.get(name) or [] if isinstance(item, dict)]
        reasons = [item.get('reason') for item in items]
        reasons.append(error.get('status'))
        message = error.get('message')
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return [], ''
    reasons = [
        reason for reason in reasons
        if isinstance(reason, str) and re.fullmatch(r'[\w.]{1,80}', reason)]
    return reasons, message if isinstance(message, str) else ''


def refusal(response, content, token=None):
    """Return the GoogleError of an answer that is no success.

    [Handle API errors (Calendar); Resolve errors (Drive)]
    """
    status = response.status
    reasons, message = _details(content)
    reason = reasons[0] if reasons else f'http_{status}'
    if token:
        message = message.replace(token, '***')
    message = _CONTROLS.sub('', message)[:500]
    if 300 <= status < 400 and status != 304:
        return GoogleError(status, 'insecure_redirect')
    repeat = ''
    if status >= 500:
        repeat = 'idempotent'
    elif status == 429 or (status == 403 and _RATE.intersection(reasons)):
        if 'quotaExceeded' not in reasons:
            repeat = 'always'
    seconds = retry_after(response)
    if seconds is None and status == 429:
        # [Resolve errors (Gmail)]: the time is in the message
        match = re.search(r'Retry after (\S+)', message)
        try:
            until = datetime.fromisoformat(match.group(1).rstrip('.,;'))
            seconds = max(
                (until - datetime.now(timezone.utc)).total_seconds(), 0.0)
        except (AttributeError, TypeError, ValueError):
            pass
    return GoogleError(
        status, reason, message,
        transient=(
            bool(repeat) or status in {408, 429}
            or bool(_LATER.intersection(reasons))),
        retry_after=seconds, unknown=status >= 500, repeat=repeat)


def malformed(response, dropped=False):
    return GoogleError(
        getattr(response, 'status', 0), 'malformed', transient=True,
        unknown=True, repeat='idempotent' if dropped else '')


def checked(request, response, answer):
    "Return the answer of a model of the library, or the GoogleError"
    # JsonModel gives back what it cannot read
    model = getattr(request.postproc, '__self__', None)
    if type(model) is JsonModel and not isinstance(answer, dict):
        return malformed(response)
    return answer if answer != b'' else ''
