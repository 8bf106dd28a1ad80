# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The plain data that travel between the lane that sends and the network."""
from dataclasses import dataclass, field
from typing import Any

__all__ = ['Attempt', 'Outcome', 'Proof']


@dataclass
class Attempt:
    """One message to send.

    ``data`` are the bytes as Tryton made them, ``sender`` and ``recipients``
    the envelope, ``hidden`` those of the recipients whom no header names,
    ``thread_id`` the thread of Gmail of which it is a part, ``draft_id`` the
    draft that holds it, ``drafting`` tells that a draft may have been created,
    ``since`` the seconds since 1970 before which it was certainly not sent.
    """
    id: int
    data: bytes = field(repr=False)
    sender: str
    recipients: list
    hidden: list
    message_id: str
    thread_id: str | None = None
    draft_id: str | None = None
    drafting: bool = False
    since: float | None = None


@dataclass
class Outcome:
    """What became of an attempt.

    ``status`` is

    - ``sent``: Google accepted it, with ``gmail_id`` and ``thread_id`` if it
      told; ``refused`` are the addresses that it did not take, each with its
      ItemError;
    - ``drafted``: the draft ``draft_id`` holds it;
    - ``refused``: it was not sent, nor will it be as it is: ``error``;
    - ``later``: it was not sent, but may be another time: ``error``;
    - ``full``: the account may send nothing for ``retry_after`` seconds;
    - ``account``: it was not sent, as the account may not: ``error``;
    - ``doubt``: it may have been sent, but not to those who are ``refused``:
      ``error``.
    """
    status: str
    gmail_id: str | None = None
    thread_id: str | None = None
    draft_id: str | None = None
    refused: dict = field(default_factory=dict)
    error: Any = None
    retry_after: float | None = None


@dataclass
class Proof:
    """What Google has of a message that was in doubt.

    ``status`` is ``sent``, ``unsent`` (its draft is there, or it was never
    tried) or ``unknown``; ``message_id`` is by which Google knows it.
    """
    status: str
    message_id: str | None = None
    gmail_id: str | None = None
    thread_id: str | None = None
    draft_id: str | None = None
