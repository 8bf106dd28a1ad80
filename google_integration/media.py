# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Contents to and from Google: by files, in small pieces, gone on with.

No record, no database, no trytond: paths of files come in, Google's JSON and
digests come out.  A content is never whole in memory.
"""
from .body import SourceError
from .media_receive import Damaged, Received, TooLarge, receive
from .media_send import (
    MAXIMUM_SINGLE,
    SessionLost,
    SessionURI,
    begin,
    resume,
    send,
)
from .together import pieces, together
from .transport import GoogleError

__all__ = [
    'Damaged', 'GoogleError', 'MAXIMUM_SINGLE', 'Received', 'SessionLost',
    'SessionURI', 'SourceError', 'TooLarge', 'begin', 'pieces', 'receive',
    'resume', 'send', 'together']
