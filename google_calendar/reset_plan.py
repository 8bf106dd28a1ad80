# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a reset does to each event of a calendar.

Pure functions: no ORM, no network, no clock.
"""
from dataclasses import dataclass, field

__all__ = ['EXISTING', 'NEXT', 'Plan', 'Row', 'plan']

EXISTING = ['leave', 'delete_google', 'delete_tryton', 'delete_both']
NEXT = ['new', 'all']


@dataclass(frozen=True)
class Row:
    """An event.

    ``at_google`` tells if it is there as far as is known, ``changed`` if it
    has changes that were not sent, ``invited`` if somebody else organizes it.
    """
    id: int
    google_id: str | None = None
    series: str | None = None
    at_google: bool = False
    changed: bool = False
    invited: bool = False


@dataclass
class Plan:
    """The ids of the events by what is done to them.

    - ``google``: deleted at Google, an occurrence along with its series,
    - ``tryton``: deleted here,
    - ``fresh``: kept here and deleted at Google: new, from now on,
    - ``relink``: compared with Google anew, as if never synchronised,
    - ``apart``: left alone until they are changed on either side,
    - ``send``: never sent before, and sent next.

    Of what is deleted here ``lost`` have changes that were not sent.
    ``declined`` would be declined if they were deleted at Google, and are
    not.
    """
    google: set = field(default_factory=set)
    tryton: set = field(default_factory=set)
    fresh: set = field(default_factory=set)
    relink: set = field(default_factory=set)
    apart: set = field(default_factory=set)
    send: set = field(default_factory=set)
    lost: set = field(default_factory=set)
    declined: set = field(default_factory=set)


def plan(rows, existing, next_):
    "Return the plan of one calendar for the choices"
    assert existing in EXISTING and next_ in NEXT, (existing, next_)
    from_google = existing in {'delete_google', 'delete_both'}
    from_tryton = existing in {'delete_tryton', 'delete_both'}
    masters = {r.google_id: r for r in rows if r.google_id and not r.series}
    result = Plan()
    for row in rows:
        # an occurrence is where its series is
        whole = masters.get(row.series, row)
        deleted = from_google and whole.at_google and not whole.invited
        if deleted and whole is row:
            result.google.add(row.id)
        if from_google and whole.at_google and whole.invited:
            result.declined.add(row.id)
        if from_tryton and whole.at_google:
            result.tryton.add(row.id)
            if row.changed:
                result.lost.add(row.id)
        elif deleted:
            result.fresh.add(row.id)
        if row.id in result.tryton:
            continue
        if next_ == 'new':
            result.apart.add(row.id)
        elif deleted or not row.at_google:
            result.send.add(row.id)
        else:
            result.relink.add(row.id)
    return result
