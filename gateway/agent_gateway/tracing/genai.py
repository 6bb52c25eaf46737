"""Names and attributes after OpenTelemetry's semantic conventions for generative AI, as they stood in 1.40. Pure.

Nothing here is a text of people: names of models, tools and threads, ids, and numbers. What a pod names is cut to plain
names, so that it can say nothing by them.
"""

from __future__ import annotations

import re
from typing import Final

from agent_gateway.models.meter import ModelCall
from agent_gateway.models.usage import Usage
from agent_kube.tracing.spans import Value

OPERATION: Final = "gen_ai.operation.name"
CONVERSATION: Final = "gen_ai.conversation.id"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
AGENT: Final = "pi"
"""`gen_ai.agent.name`: the agent that answers."""
OTHER: Final = "other"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")


def plain(name: str) -> str:
    """Return a name that a pod gave, where it is one; else `other`."""
    return name if _NAME.fullmatch(name) else OTHER


def describe_agent(thread: str) -> dict[str, Value]:
    """Return what is told of an agent's answer."""
    return {OPERATION: "invoke_agent", "gen_ai.agent.name": AGENT, CONVERSATION: thread}


def describe_tool(tool: str, call: str) -> dict[str, Value]:
    """Return what is told of a tool's call: neither what it was given nor what it answered."""
    return {OPERATION: "execute_tool", "gen_ai.tool.name": plain(tool), "gen_ai.tool.call.id": plain(call)}


def describe_call(
    asked: ModelCall, answered_by: str, usage: Usage, status: int, first_chunk: float | None
) -> dict[str, Value]:
    """Return what is told of a model call.

    Args:
        asked: What was asked for.
        answered_by: The model, as the answer names it.
        usage: What it used.
        status: HTTP's.
        first_chunk: Seconds until the answer began; None where it did not.
    """
    found: dict[str, Value] = {
        OPERATION: "chat", "gen_ai.provider.name": asked.provider, "gen_ai.request.model": plain(asked.model),
        INPUT_TOKENS: usage.input, OUTPUT_TOKENS: usage.output, "http.response.status_code": status,
        "gen_ai.usage.cache_read.input_tokens": usage.cached,
        "gen_ai.usage.cache_creation.input_tokens": usage.written,
    }  # fmt: skip
    if answered_by:
        found["gen_ai.response.model"] = plain(answered_by)
    if asked.max_output is not None:
        found["gen_ai.request.max_tokens"] = asked.max_output
    if first_chunk is not None:
        found["gen_ai.response.time_to_first_chunk"] = round(first_chunk, 6)
    return found
