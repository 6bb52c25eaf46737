"""What the kinds of requests have in common: tools, and what is given by address. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from agent_gateway.models.shapes.fields import (
    Fields,
    Odd,
    Read,
    Rights,
    anything,
    flag,
    forbid,
    rebuild,
    show,
    text,
)

HOSTED: Final = "llm_hosted_tools"
ADDRESSES: Final = "llm_addresses"
ACCOUNT: Final = "llm_account"
_TOOL_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,256}")
_CHOICES: Final = frozenset({"function", "custom", "tool", "auto", "any", "none", "required", "allowed_tools"})
FORMAT: Final[Fields] = {"type": text, "syntax": text, "definition": text, "grammar": anything}
"""Of a tool whose input has a grammar."""


def hosted(rights: Rights, what: str) -> Read:
    """Return what reads a tool or an item of a tool that the provider runs itself."""

    def reads(value: Any) -> Any:
        if rights.hosted_tools:
            return value
        kind = show(value.get("type")) if isinstance(value, dict) else ""
        raise forbid(
            HOSTED,
            f"The agent's class allows the agent's own tools alone, no {what} that the provider runs"
            f"{f' ({kind})' if kind else ''}: providerAccess.hostedTools of the AgentClass.",
        )

    return reads


def address(rights: Rights) -> Read:
    """Return what reads a `data:` URL, or an address where the class allows them."""

    def reads(value: Any) -> str:
        url = text(value)
        if url[:5].lower() == "data:":
            return url
        if rights.addresses and url[:8].lower().startswith(("http://", "https://")):
            return url
        raise forbid(
            ADDRESSES,
            "The agent's class allows pictures and files as data alone, none that the provider fetches: "
            "providerAccess.addresses of the AgentClass.",
        )

    return reads


def never(what: str) -> Read:
    """Return what refuses a field that reaches what the account keeps for everybody."""

    def reads(_: Any) -> Any:
        raise forbid(ACCOUNT, f"{what} is not passed on: what the provider keeps is its account's, not one agent's.")

    return reads


def named(fields: Fields, where: str, rights: Rights) -> Read:
    """Return what reads a tool of the agent's own; one whose name no such tool has is the provider's."""

    def reads(value: Any) -> Any:
        name = value.get("name") if isinstance(value, dict) else None
        if not isinstance(name, str) or _TOOL_NAME.fullmatch(name) is None:
            return hosted(rights, "tool")(value)
        return rebuild(value, fields, where)

    return reads


def choice(rights: Rights) -> Read:
    """Return what reads which tool the model shall use."""

    def reads(value: Any) -> Any:
        if isinstance(value, str):
            return value
        if not isinstance(value, dict):
            raise Odd
        return value if value.get("type") in _CHOICES else hosted(rights, "tool")(value)

    return reads


CACHE: Final[Fields] = {"type": text, "ttl": text, "scope": text}
"""Where a prefix ends that the provider may keep."""
FUNCTION: Final[Fields] = {
    "name": text, "description": text, "parameters": anything, "strict": flag,
}  # fmt: skip
