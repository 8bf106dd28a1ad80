# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What becomes of an upload: the message of the request."
from ..api import HANDLERS, complete
from ..errors import ApiError
from . import errors

_DRAFTS = ('gmail.users.drafts.',)


def limit(found):
    "The size that the discovery document allows"
    return int(found.upload['maxSize'])


def check(call, found, metadata, media_type, size=0):
    "Refuse what would be refused with the whole content"
    if size > limit(found):
        raise ApiError('uploadTooLarge', "Request Too Large", 413)
    kind = (media_type or '').partition(';')[0].strip().lower()
    if not kind.startswith('message/'):
        raise ApiError(
            'badContent', f"Media type '{kind}' is not supported. Valid "
            f"media types: [{', '.join(found.upload['accept'])}]", 400)
    if metadata.get('raw') or (metadata.get('message') or {}).get('raw'):
        # (unverified) a message twice
        raise errors.invalid("Message is both in the body and uploaded")


def store(call, found, _, metadata, media_type, content):
    "Hand the uploaded message to the method; return its answer"
    raw = content.read()
    if found.id.startswith(_DRAFTS):
        metadata = {
            **metadata,
            'message': {**(metadata.get('message') or {}), 'raw': raw}}
    else:
        metadata = {**metadata, 'raw': raw}
    call.body = metadata
    return complete(call, found, lambda: HANDLERS[found.id](call))
