# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The three-way merge of the values of a record, unit by unit.

Pure functions on dictionaries of values: no ORM, no network, no clock.
"""
import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ['Conflict', 'Merge', 'Unit', 'difference', 'merge', 'newest']

MARGIN = dt.timedelta(seconds=60)
_EMPTY = (None, '', [], (), {})


@dataclass(frozen=True)
class Unit:
    """What changes together.

    ``fields`` are the names of the values that are merged as one. With
    ``key`` the unit is a keyed set: its single field holds a list of
    dictionaries, merged item by item, and ``key(item)`` is the hashable
    identity of an item (None if it has none: then it is its whole content).
    The order of a keyed set has no meaning. Of a ``read_only`` unit Google's
    values always stand and nothing is ever pushed.
    """
    name: str
    fields: tuple[str, ...]
    key: Callable | None = None
    read_only: bool = False

    def parts(self, values):
        "The parts of the unit that are merged apart, by their identity"
        if not self.key:
            return {None: {n: values.get(n) for n in self.fields}}
        name, = self.fields
        parts, seen = {}, Counter()
        for item in values.get(name) or []:
            key = self.key(item)
            if key is None:
                key = (None, repr(sorted(_filled(item).items())))
            # twice the same key are two items: none is lost
            parts[key, seen[key]] = item
            seen[key] += 1
        return parts

    def join(self, parts):
        "The values of the parts"
        if not self.key:
            return dict(parts[None])
        name, = self.fields
        return {name: list(parts.values())}

    def same(self, values, others):
        return _same_parts(self.parts(values), self.parts(others))

    def changes(self, values, others):
        "The others that differ from the values, by field"
        if self.key:
            return {} if self.same(values, others) else {
                n: others.get(n) for n in self.fields}
        return {
            n: others.get(n) for n in self.fields
            if not _same({n: values.get(n)}, {n: others.get(n)})}


@dataclass(frozen=True)
class Conflict:
    """A unit that was changed on both sides.

    ``stood`` is ``tryton`` or ``google``, ``lost`` are the values that did not
    stand and ``base`` those of before, None if they are not known: of a keyed
    set only the items in conflict, none where what is lost is a removal.
    If nothing was decided ``stood`` is None, both sides keep what they have
    and ``lost`` are all the values of Google.
    """
    unit: str
    stood: str | None
    lost: dict = field(repr=False)
    base: dict | None = field(repr=False)


@dataclass
class Merge:
    """The outcome of a merge.

    ``values`` has the merged value of every field of the units,
    ``changed_here`` those to write in Tryton, ``changed_there`` the names of
    the units to push.
    """
    values: dict = field(default_factory=dict, repr=False)
    changed_here: dict = field(default_factory=dict, repr=False)
    changed_there: set = field(default_factory=set)
    conflicts: list = field(default_factory=list)


def merge(units, base, ours, theirs, prefer):
    """Merge the values of Tryton and of Google that both come from the base.

    What one side changed is taken. What both changed, differently, is a
    conflict that ``prefer`` decides: ``tryton``, ``google``, or ``manual``
    (nothing of the unit is taken on either side). Without base (None) every
    difference is a conflict, except that what only one side has, an item of a
    keyed set or a value, is taken by the other.
    """
    assert prefer in {'tryton', 'google', 'manual'}, prefer
    result = Merge()
    for unit in units:
        if unit.read_only:
            values, conflict = unit.join(unit.parts(theirs)), None
        else:
            values, conflict = _merge_unit(unit, base, ours, theirs, prefer)
        result.values.update(values)
        result.changed_here.update(unit.changes(ours, values))
        if conflict:
            result.conflicts.append(conflict)
            if not conflict.stood:
                continue
        if not unit.same(values, theirs):
            result.changed_there.add(unit.name)
    return result


def _merge_unit(unit, base, ours, theirs, prefer):
    base_parts = unit.parts(base) if base is not None else {}
    our_parts, their_parts = unit.parts(ours), unit.parts(theirs)
    merged, lost, before, conflict = {}, {}, {}, False
    first, then = their_parts, our_parts
    if _same_parts(base_parts, their_parts):
        first, then = then, first
    for key in first | then:
        was = base_parts.get(key)
        our, their = our_parts.get(key), their_parts.get(key)
        if _same(their, was):
            stands = our
        elif _same(our, was) or _same(our, their):
            stands = their
        elif base is None and not (
                _filled(our or {}) and _filled(their or {})):
            # what one side never had does not erase what the other has
            stands = our if _filled(our or {}) else their
        else:
            conflict = True
            stands, falls = (
                (their, our) if prefer == 'google' else (our, their))
            # a removal has nothing to keep
            if falls is not None:
                lost[key] = falls
            if was is not None:
                before[key] = was
        if stands is not None:
            merged[key] = stands
    if not conflict:
        return unit.join(merged), None
    stood = prefer
    if prefer == 'manual':
        stood, merged, lost, before = None, our_parts, their_parts, base_parts
    return unit.join(merged), Conflict(
        unit.name, stood, unit.join(lost),
        unit.join(before) if base is not None else None)


def difference(units, base, ours):
    """Return the names of the units that differ from the base.

    All of them if there is no base (None), never those that are read-only.
    """
    return {
        u.name for u in units
        if not u.read_only and (base is None or not u.same(base, ours))}


def newest(touched, modified, margin=MARGIN):
    """Return the side that changed last, ``tryton`` or ``google``.

    Both times are naive UTC datetimes or None. In doubt, which is within the
    margin (a timedelta), Google stands.
    """
    if touched and modified and touched - modified > margin:
        return 'tryton'
    return 'google'


def _filled(part):
    # Google omits what is empty, Tryton has None or an empty text
    return {n: v for n, v in part.items() if v not in _EMPTY}


def _same(part, other):
    if part is None or other is None:
        return part is other
    return _filled(part) == _filled(other)


def _same_parts(parts, others):
    return (parts.keys() == others.keys()
        and all(_same(p, others[k]) for k, p in parts.items()))
