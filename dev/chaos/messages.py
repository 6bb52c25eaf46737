"""What the played people say, and what an answer to it looks like. Pure.

The scripted model's answers are known (docs/reference/simulators.md). Each message bears a word that no other bears, so
that an answer tells which question it belongs to, wherever it stands.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from enum import StrEnum

BOT = "@demo_bot"
"""The name of the simulated bot: in groups it hears only what names it."""


class Kind(StrEnum):
    """What a person does."""

    ECHO = "echo"
    """A short question with a short answer."""
    SLOW = "slow"
    """A question whose answer is written for seconds."""
    BASH = "bash"
    """A question that needs a tool."""
    SPAWN = "spawn"
    """A question that two sub-agents work for."""
    COMMAND = "command"
    """`/spawn`: a sub-agent that a person asks for; its report is the answer."""
    FILE = "file"
    """A document that the agent sends back."""
    STOP = "stop"
    """`/stop`. It needs no answer."""
    EDIT = "edit"
    """A change of an earlier message. It needs no answer."""

    @property
    def asks(self) -> bool:
        """Say whether an answer is owed."""
        return self not in {Kind.STOP, Kind.EDIT}


@dataclass(frozen=True, slots=True)
class Words:
    """What one message holds.

    Attributes:
        text: The text, or the caption of a document.
        answer: Regular expression that a whole answer matches; empty where none is owed.
        document: Contents of the document that comes with it.
        file: Name of that document, and of the file that is owed in return.
    """

    text: str
    answer: str = ""
    document: str = ""
    file: str = ""


def build_words(kind: Kind, word: str, rng: random.Random) -> Words:
    """Build the words of a question (every kind that asks).

    Raises:
        ValueError: the kind asks nothing.
    """
    mark = re.escape(word)
    match kind:
        case Kind.ECHO:
            return Words(f"please say {word}", rf"Echo: .*\b{mark}\b")
        case Kind.SLOW:
            count, pause = rng.randint(12, 60), rng.choice((60, 120, 200))
            return Words(f"slow {count} {pause} {word}", rf"\bw{count - 1}\s+{mark}\b")
        case Kind.BASH:
            return Words(f"bash: sleep {rng.randint(0, 3)}; echo {word}", rf"Tool said: {mark}\b")
        case Kind.SPAWN:
            tasks = [f"bash: sleep {rng.randint(0, 4)}; echo {word}-{n}" for n in (1, 2)]
            parts = [rf"Result {n}: .*Tool said: {mark}-{n}\b" for n in (1, 2)]
            return Words(f"spawn: {' | '.join(tasks)}", ".*".join(parts))
        case Kind.COMMAND:
            task = f"bash: sleep {rng.randint(0, 4)}; echo {word}"
            return Words(f"/spawn {task}", rf"\A(?!Result).*Tool said: {mark}\b")
        case Kind.FILE:
            file = f"{word}.txt"
            arguments = json.dumps({"path": f"inbox/{file}", "caption": f"here is {word}"})
            return Words(f"tool: send_file {arguments}", rf"Handed over for the chat: {re.escape(file)}", word, file)
        case Kind.STOP | Kind.EDIT:
            raise ValueError(f"{kind} asks nothing")
