"""What an agent asks of the forge that its repositories are on, over the gateway: pull requests, never a key."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.lenient import Number
from agent_contract.modelling import Field
from agent_contract.terms import CallId
from agent_contract.text import Cleaned

MAX_TITLE: Final = 250
"""Characters of a title: what each of the forges takes."""
MAX_BODY: Final = 32_768
"""Characters of a description or comment; GitHub takes twice as many."""
MAX_REF: Final = 250
MAX_REPOSITORY: Final = 300
MAX_CALL_BYTES: Final = 262_144
"""Of a call."""

PullAction = Literal["open", "read", "comment", "update", "list"]
PullState = Literal["open", "closed"]


class PullCall(Wire):
    """One call. Asking again with the same id asks the same: nothing is opened or said twice."""

    turn: Number
    call: CallId
    """Minted by the runner for each tool call."""
    action: PullAction
    repository: Annotated[str, Field(max_length=MAX_REPOSITORY)] = ""
    """As acme/api, or as any address that git takes."""
    number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """Of an existing pull request."""
    head: Annotated[str, Field(max_length=MAX_REF)] = ""
    """The branch that holds the changes, in the same repository."""
    base: Annotated[str, Field(max_length=MAX_REF)] = ""
    """The branch that they are to go into; empty means the repository's own default."""
    title: Annotated[str, Cleaned(MAX_TITLE)] = ""
    body: Annotated[str, Cleaned(MAX_BODY)] = ""
    draft: bool = False
    state: PullState | None = None
    """What an update makes of it."""


class PullAnswer(Wire):
    """What the agent is told."""

    text: str = ""
    waiting: bool = False
    """A person is asked; the same call is to be made again."""
