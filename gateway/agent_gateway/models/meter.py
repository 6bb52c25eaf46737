"""What a model call asks of the budgets before it goes out, and what it tells them after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

MAX_OUTPUT: Final = 32_768
"""Tokens that an answer may have where neither its call nor the settings name a bound."""


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A call that a pod asks for.

    Attributes:
        thread_id: The conversation or sub-agent.
        run: Its run.
        turn_id: The turn that runs; None outside of one.
        provider: The provider's name in the settings.
        model: The model as the request names it; empty where it names none.
        input_bytes: Bytes of the request's texts, from which its tokens are estimated.
        max_output: The most output tokens that the request asks for; None where it names no bound.
    """

    thread_id: int
    run: int
    turn_id: int | None
    provider: str
    model: str
    input_bytes: int
    max_output: int | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call that the budgets bear.

    Attributes:
        id: Its row.
        call: What was asked for.
        max_output: The output tokens that are reserved: the request must ask for no more than these.
    """

    id: UUID
    call: ModelCall
    max_output: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that no budget bears.

    Attributes:
        limit: The limit's name.
        status: The HTTP status that pi takes for an end.
        message: A sentence for the agent.
    """

    limit: str
    status: int
    message: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What a call used.

    Attributes:
        input: Tokens of the prompt, those from the provider's cache included.
        output: Tokens of the answer, those of its thinking included.
        cached: Of the input, tokens read from the provider's cache.
        written: Of the input, tokens written to the provider's cache.
        status: The HTTP status; 499 where the caller hung up before it came.
        milliseconds: From the call's arrival to its end.
        model: The model as the answer names it; empty where it names none.
        estimated: The provider did not tell what was used.
    """

    input: int
    output: int
    cached: int
    written: int
    status: int
    milliseconds: int
    model: str = ""
    estimated: bool = False


class Meter(Protocol):
    """Reserves before a model call, settles after it."""

    async def reserve(self, call: ModelCall) -> Reservation | Refused:
        """Reserve what a call may use at most.

        Raises:
            Away: the database does not answer: nothing may go out.
            LeadershipLost: another gateway leads.
        """
        ...

    async def settle(self, reservation: Reservation, spent: Spent) -> None:
        """Give back what was reserved and record what was used, in one transaction.

        Where the database does not answer, it is done as soon as that does.
        """
        ...
