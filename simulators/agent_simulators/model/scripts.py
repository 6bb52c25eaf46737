"""Choose what the model does from the request's messages; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

SAMPLE = """# Result

Some **bold**, *italic* and `code` with a [link](https://example.org/a_(b)).

- one
  - nested
- [x] done

| name | value |
|---|---|
| a | 1 |

```python
def hello() -> str:
    return "world"
```
"""

_SPAWN = re.compile(r"spawn(?:\[([^\]]*)\])?: *(.+)")
_SAME_ID = "call_same"
_ECHO = "Echo: "
_NOTES = re.compile(r"\A(?:(?:\[[^\]]*\]|>[^\n]*)\n+)+")
"""What stands before a person's own words: the date, who speaks, what is quoted, of files, of what was lost."""
_NO_IMAGE = "(image omitted: model does not support images)"
"""What pi puts in the place of an image."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call; without an id it gets one of its own."""

    name: str
    arguments: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What one request is answered with."""

    words: Sequence[str] = ()
    pause: float = 0.0
    """Seconds between words."""
    calls: Sequence[Call] = ()
    status: int = 200
    error: str = ""
    cut: bool = False
    """Cut the connection after the words."""
    hang: bool = False
    finish: str = ""
    """Why the answer ends, where not by itself: `length`, `content_filter`."""
    prompt_tokens: int | None = None


def text_of(content: Any) -> str:
    """Return the text of a message's content, which is a text or a list of parts."""
    if isinstance(content, str):
        return content
    return "".join(p.get("text", "") for p in content or [] if p.get("type") == "text")


def choose(messages: Sequence[Mapping[str, Any]], seen: Mapping[str, int]) -> Script:
    """Choose by the last user message; `seen` counts how often each user text was asked for before."""
    said = [text_of(m["content"]) for m in messages if m["role"] == "user"]
    prompt = _NOTES.sub("", said[-1]).removesuffix(_NO_IMAGE).strip() if said else ""
    line, _, rest = prompt.partition("\n")
    script = _play(line.strip(), prompt, said, messages, seen)
    unfinished = script.calls or script.hang or script.cut or script.error
    if rest.strip() and not unfinished and list(script.words[:1]) != [_ECHO]:
        return replace(script, words=[*script.words, "\n\nAlso: ", " ".join(rest[:2000].split())])
    return script


def _play(
    line: str, prompt: str, said: Sequence[str], messages: Sequence[Mapping[str, Any]], seen: Mapping[str, int]
) -> Script:
    """Play the first line of a prompt; what is joined to it is named behind, so that each question has its answer."""
    last = messages[-1] if messages else {"role": "user", "content": ""}
    if found := _SPAWN.fullmatch(line):
        return _spawn(found[1] or "", found[2], messages)
    if last["role"] == "tool":
        return Script(words=["Tool said: ", text_of(last["content"])[:2000]])
    word, _, rest = line.partition(" ")
    match word:
        case "bash:":
            return Script(words=["Let me run that. "], calls=[Call("bash", json.dumps({"command": rest}))])
        case "tool:":
            return Script(words=["Let me use that. "], calls=[_call(rest)])
        case "multi:":
            return Script(words=["Let me do these. "], calls=[_call(part) for part in rest.split(" || ")])
        case "slow" if numbers := _numbers(rest):
            pause = numbers[1] / 1000 if len(numbers) > 1 else 0.1
            words = [f"w{i} " for i in range(numbers[0])]
            return Script(words=[*words, *filter(None, [_without_numbers(rest)])], pause=pause)
        case "recall":
            earlier = [" ".join(_NOTES.sub("", t).split()) for t in said[:-1]]
            return Script(words=["I was told: ", " | ".join(earlier) or "nothing"])
        case "err" if numbers := _numbers(rest):
            return _error(numbers, rest, seen.get(prompt, 0))
        case "cut" if numbers := _numbers(rest):
            if seen.get(prompt, 0) < numbers[0]:
                return Script(words=["part1 ", "part2 ", "part3 "], pause=0.05, cut=True)
            return Script(words=["whole ", "answer"])
        case "finish":
            finish, _, told = rest.partition(" ")
            return Script(words=[f"{w} " for w in told.split()], finish=finish)
        case "think":
            return Script(words=["<th", "ink>Let me", " see.</thi", "nk>", *(f"{w} " for w in rest.split())])
        case "hang":
            return Script(hang=True)
        case "big" if numbers := _numbers(rest):
            return Script(words=[_ECHO, prompt], prompt_tokens=numbers[0])
        case "long" if numbers := _numbers(rest):
            text = "\n\n".join(f"Paragraph {i} with **bold** and `code`." for i in range(numbers[0] // 30 + 1))
            return Script(words=[text[i : i + 200] for i in range(0, min(len(text), numbers[0]), 200)])
        case "markdown":
            return Script(words=[SAMPLE[i : i + 12] for i in range(0, len(SAMPLE), 12)])
        case _:
            pass
    return Script(words=[_ECHO, *(f"{w} " for w in prompt[:2000].split())])


def _spawn(options: str, rest: str, messages: Sequence[Mapping[str, Any]]) -> Script:
    """Ask for sub-agents, all at once or, with the same id, one message after the other; then quote what each said."""
    given = dict(option.partition("=")[::2] for option in options.replace(" ", "").split(",") if option)
    same_id = given.pop("sameid", None) is not None
    tasks = split_tasks(rest) * int(given.pop("times", 1))
    arguments = {key: int(value) if value.isdecimal() else value for key, value in given.items()}
    calls = [Call("spawn_subagent", json.dumps({"task": t, **arguments}), _SAME_ID if same_id else None) for t in tasks]
    results = _find_results(messages)
    if same_id and len(results) < len(calls):
        calls = calls[len(results) : len(results) + 1]
    elif results:
        return Script(words=[f"Result {n}: {text[:2000]}\n\n" for n, text in enumerate(results, 1)])
    return Script(words=["I hand this over. "], calls=calls)


def split_tasks(text: str) -> list[str]:
    """Split at each `|` between blanks; a task in braces may hold them too."""
    tasks, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if character == "|" and depth == 0 and text[at - 1 : at + 2] == " | ":
            tasks.append(text[start:at])
            start = at + 1
    tasks.append(text[start:])
    return [_without_braces(task.strip()) for task in tasks if task.strip()]


def _without_braces(task: str) -> str:
    """Return what stands in the braces that hold the whole task."""
    inner = task[1:-1]
    depth = lowest = 0
    for character in inner:
        depth += (character == "{") - (character == "}")
        lowest = min(lowest, depth)
    whole = task.startswith("{") and task.endswith("}") and depth == lowest == 0
    return inner.strip() if whole else task


def _find_results(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what the tools said since the last user message, in the order in which they were called."""
    latest = max((at for at, m in enumerate(messages) if m["role"] == "user"), default=0)
    results: list[str] = []
    ids: list[str] = []
    for message in messages[latest + 1 :]:
        if message["role"] == "assistant":
            first = len(results)
            ids = [call["id"] for call in message.get("tool_calls") or []]
            results.extend([""] * len(ids))
        elif message["role"] == "tool" and message["tool_call_id"] in ids:
            results[first + ids.index(message["tool_call_id"])] = text_of(message["content"])
    return results


def _call(text: str) -> Call:
    name, _, arguments = text.strip().partition(" ")
    return Call(name, arguments or "{}")


def _numbers(text: str) -> list[int]:
    found = re.match(r"\d+(?: \d+)*", text)
    return [int(n) for n in found[0].split()] if found else []


def _error(numbers: list[int], rest: str, seen: int) -> Script:
    code, times = numbers[0], numbers[1] if len(numbers) > 1 else 1
    if seen >= times:
        return Script(words=["recovered"])
    return Script(status=code, error=_without_numbers(rest) or f"scripted failure {code}")


def _without_numbers(text: str) -> str:
    return re.sub(r"^[\d ]+", "", text)
