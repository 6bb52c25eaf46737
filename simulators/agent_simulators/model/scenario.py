"""What the model does when people talk like people: their sentences, each with the steps of an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agent_simulators.model.scripts import Call, Script, text_of


class ToolCall(BaseModel):
    """A call of a tool."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Step(BaseModel):
    """One message of the model: words, and tools to be called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    say: str = ""
    calls: tuple[ToolCall, ...] = ()
    pause: float = Field(default=0.0, ge=0, le=60)
    """Seconds between the words."""

    def to_script(self) -> Script:
        """Return it as a script."""
        calls = [Call(call.name, json.dumps(call.arguments)) for call in self.calls]
        words = [word for word in self.say.split(" ") if word]
        return Script(words=[f"{word} " for word in words[:-1]] + words[-1:], calls=calls, pause=self.pause)


class Scenario(BaseModel):
    """Sentences with what they come to: a message of the script's language, or steps one after the other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sentences: dict[str, str | tuple[Step, ...]] = Field(default_factory=dict)

    def find(self, prompt: str) -> str | tuple[Step, ...] | None:
        """Return what the last sentence comes to that a prompt holds, of those that end alike the longest; or None.

        A person's own words stand last: behind who speaks, and what is quoted.
        """
        held = [sentence for sentence in self.sentences if sentence in prompt]
        if not held:
            return None
        return self.sentences[max(held, key=lambda sentence: (prompt.rindex(sentence) + len(sentence), len(sentence)))]


def choose_step(steps: Sequence[Step], messages: Sequence[Mapping[str, Any]]) -> Script:
    """Return the next step: one for each message of the model since the last of a person; the last one again at the end."""
    latest = max((at for at, m in enumerate(messages) if m["role"] == "user"), default=0)
    done = sum(bool(message["role"] == "assistant") for message in messages[latest + 1 :])
    return steps[min(done, len(steps) - 1)].to_script()


def last_prompt(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return what a person said last."""
    return next((text_of(m["content"]) for m in reversed(messages) if m["role"] == "user"), "")


def put_script(messages: Sequence[Mapping[str, Any]], script: str) -> list[Mapping[str, Any]]:
    """Return the messages with a script in the place of what a person said last."""
    latest = max(at for at, m in enumerate(messages) if m["role"] == "user")
    return [{**m, "content": script} if at == latest else m for at, m in enumerate(messages)]
