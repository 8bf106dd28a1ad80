# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What becomes of the files that have no record, or none any more."""
from typing import Any, NamedTuple

from trytond.model import Model

__all__ = ['ORPHANS', 'Target', 'orphan']

ORPHANS = [
    ('quarantine', "Move to the Quarantine Folder"),
    ('record', "Attach to the Fallback Record"),
    ('keep', "Keep Where It Is"),
    ('log', "Keep and Log"),
    ]


class Target(NamedTuple):
    """The record to which a file belongs.

    ``orphan`` is None for a file of which the record was found, else what
    becomes of it, a value of `ORPHANS`: with 'record' the record is the
    fallback, with 'quarantine' ``folder`` is where it goes. ``fields`` are
    the texts that its name has in the groups of the pattern.
    """
    record: Any = None
    orphan: str | None = None
    fields: dict = {}
    folder: str | None = None


def orphan(rule, fields=None):
    "Return the target of a file of the rule that has no record"
    record, folder, policy = None, None, rule.orphans
    if policy == 'record':
        record = rule.fallback
        if not isinstance(record, Model):
            # it was deleted itself
            record, policy = None, 'log'
    elif policy == 'quarantine':
        folder = rule.quarantine
    return Target(record, policy, fields or {}, folder)
