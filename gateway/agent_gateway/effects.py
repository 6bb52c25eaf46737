"""What may follow from a transaction once it is committed: a closed union of hints.

Each may be lost with its process or with the answer of a commit; what is recorded is found again by who looks for what
is due.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WakeThread:
    """A thread should be looked at; the transaction records that it is due."""

    thread_id: int


@dataclass(frozen=True, slots=True)
class WakeOutbox:
    """Something is to be said."""


Effect = WakeThread | WakeOutbox
