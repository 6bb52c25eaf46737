"""Which calls each kind of API has: their paths, how their bodies are rebuilt, and where they go. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from agent_contract.providers import COMPLETIONS, MESSAGES, RESPONSES, Api
from agent_gateway.models.errors import Refusal
from agent_gateway.models.shapes import completions, google, messages, responses
from agent_gateway.models.shapes.fields import Rights, Shaped

_GOOGLE: Final = re.compile(r"models/([A-Za-z0-9][A-Za-z0-9._-]{0,127}):(generateContent|streamGenerateContent)")


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of call.

    Attributes:
        path: Behind the provider's address.
        shape: Rebuilds a body; raises Refusal.
        bound: Lets an answer have at most so many tokens.
    """

    path: str
    shape: Callable[[dict[str, Any], Rights], Shaped]
    bound: Callable[[dict[str, Any], int], None]


_ROUTES: Final[dict[Api, dict[str, Route]]] = {
    COMPLETIONS: {"chat/completions": Route("chat/completions", completions.shape, completions.bound)},
    RESPONSES: {"responses": Route("responses", responses.shape, responses.bound)},
    MESSAGES: {
        name: Route("v1/messages", messages.shape, messages.bound) for name in ("messages", "v1/messages")
    },
}  # fmt: skip
_KNOWN: Final[dict[Api, str]] = {
    COMPLETIONS: "chat/completions",
    RESPONSES: "responses",
    MESSAGES: "v1/messages",
    "google-generative-ai": "models/NAME:generateContent, models/NAME:streamGenerateContent",
}


def find_route(api: Api, rest: str) -> Route:
    """Return what a path stands for; raises Refusal (404) for one that the API has not, or that is not passed on.

    Args:
        api: What the provider speaks.
        rest: The path behind the provider's name, as it came.
    """
    if api == "google-generative-ai":
        found = _GOOGLE.fullmatch(rest)
        if found is not None:
            return _build_google(found[1], found[2])
    elif rest in _ROUTES[api]:
        return _ROUTES[api][rest]
    raise Refusal(404, "unknown_path", f"The gateway passes on only these calls to this provider: {_KNOWN[api]}.")


def _build_google(model: str, method: str) -> Route:
    stream = method == "streamGenerateContent"

    def shape(raw: dict[str, Any], rights: Rights) -> Shaped:
        return google.shape(raw, rights, model, stream=stream)

    return Route(f"models/{model}:{method}{'?alt=sse' if stream else ''}", shape, google.bound)
