# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Contents that travel several at a time, and come back in pieces."""
from contextlib import closing
from itertools import islice

from trytond.modules.google_integration import media
from trytond.modules.google_integration.operation import Answer

__all__ = ['answered']

# what is written in a transaction while others travel
PIECE = 20


def answered(client, items, function, answer):
    """Call the function for each of the items, several at a time

    Yield lists of items and of their answers.  Where the function returns
    none, ``answer`` makes one of the item and what it returned, or the
    exception that it raised, in the thread of the caller.
    """
    outage = None

    def call(item):
        return outage or function(client, item)

    with closing(media.pieces(
                [lambda item=item: call(item) for item in items],
                client.parameters.get('parallel') or 1, PIECE)) as pieces:
        left = iter(items)
        for results in pieces:
            some = list(islice(left, len(results)))
            answers = [
                result if isinstance(result, Answer)
                else answer(item, result)
                for item, result in zip(some, results, strict=True)]
            if all(a.status == 'later' for a in answers):
                # those that have not begun would wait in vain as well
                outage = answers[-1]
            yield some, answers
