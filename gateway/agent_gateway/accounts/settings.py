"""How commits are signed, as the chart writes it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_NAME: Final = 64
"""Characters of a name."""


class CommitSettings(BaseModel):
    """How commits are signed, as the chart writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    author: Literal["asker", "bot"] = "asker"
    committer: Literal["asker", "bot"] = "bot"
    email_domain: Annotated[
        str, Field(alias="emailDomain", pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=80)
    ] = "users.noreply.invalid"
    """Of addresses that no linked account brings. `.invalid` never belongs to anybody (RFC 2606, section 2)."""
    bot_name: Annotated[str, Field(alias="botName", max_length=MOST_NAME)] = ""
    """Empty: the bot's username."""
    bot_email: Annotated[str, Field(alias="botEmail", pattern=r"^([^\s<>@]+@[^\s<>@]+)?$", max_length=120)] = ""
    """Empty: the bot's username in that domain."""
    trailers: bool = True
    """Whether a message ends with where it was asked for, and who else had a say."""
