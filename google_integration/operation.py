# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The plain data that travel between the engine and the hooks of a service.

Nothing here knows the database or the network: these values are what is taken
across a commit.
"""
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    'Answer', 'Change', 'Changes', 'CursorExpired', 'ItemError', 'Operation',
    'WorkDone']


class CursorExpired(Exception):
    "Google does not accept the cursor any more: list everything again"


class ItemError(Exception):
    """One item can not be synchronised, the others can.

    ``code`` is the name of a message without its prefix ``msg_error_``, with
    the module and a dot before it if it is not of google_integration, and
    ``arguments`` what the message is formatted with.
    """

    def __init__(self, code, arguments=None):
        super().__init__(code)
        self.code = code
        self.arguments = dict(arguments or {})


@dataclass
class Change:
    """What Google tells about one resource.

    ``error`` is the `ItemError` of one that Google refuses to show.
    """
    google_id: str
    resource: dict = field(repr=False)
    deleted: bool = False
    contents: Any = field(default=None, repr=False)
    error: Any = None


@dataclass
class Changes:
    """One page of changes.

    ``cursor`` is the text from which the next page, or the next run, starts;
    ``more`` tells that another page follows at once; ``service`` are the
    values that the page tells about the service itself.
    """
    items: list
    cursor: str | None
    more: bool = False
    service: dict = field(default_factory=dict, repr=False)


@dataclass
class Operation:
    """One write to do at Google.

    ``kind`` is ``insert``, ``patch`` or ``delete``; ``model`` and ``id`` name
    the record (the tombstone of a deletion), ``revision`` what is confirmed
    when Google accepted it.
    """
    kind: str
    model: str
    id: int
    google_id: str
    revision: str | None = None
    etag: str | None = None
    body: dict = field(default_factory=dict, repr=False)
    parameters: dict = field(default_factory=dict, repr=False)


@dataclass
class Answer:
    """What became of one operation.

    ``status`` is ``done``, ``gone`` (the resource does not exist any more),
    ``void`` (nor is it to be there: the record goes),
    ``conflict`` (the precondition failed, ``resource`` is what Google has
    now), ``failed`` (it will not work as it is: ``error``), ``again`` (it
    begins anew in the same run), or ``later`` (it may work another time,
    ``error`` tells why).
    """
    status: str
    resource: dict | None = field(default=None, repr=False)
    error: ItemError | None = None


@dataclass
class WorkDone:
    "The statistics of a run"
    created: int = 0
    updated: int = 0
    deleted: int = 0
    pushed: int = 0
    pushed_deletions: int = 0
    conflicts: int = 0
    errors: int = 0

    def __iadd__(self, other):
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def __bool__(self):
        return any(getattr(self, n) for n in self.__dataclass_fields__)
