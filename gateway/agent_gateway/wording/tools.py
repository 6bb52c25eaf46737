"""What the chat shows of an agent's tools: a short list while it works, one line behind the answer; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_gateway.render.foreign import break_taps, clean_said
from agent_gateway.store.chatrows import ToolUse
from agent_gateway.wording.texts import shorten


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is shown: the last `listed` tools, and of each `argument` characters of what it is about."""

    listed: int
    argument: int


USUAL: Final = Detail(5, 60)
DETAILS: Final = (Detail(0, 60), USUAL, Detail(10, 120))
"""By what `/verbose` was told."""
READ: Final = 500
"""Characters of what a pod says that are looked at."""
_ICONS: Final = {
    "read": "📖",
    "write": "📝",
    "edit": "📝",
    "bash": "💻",
    "grep": "🔍",
    "find": "🔍",
    "ls": "🔍",
    "web_search": "🔍",
    "web_fetch": "🌐",
    "send_file": "📎",
    "ask_person": "❓",
}
_OTHER = "🔧"
_MARKS: Final = {"running": "…", "done": "✓", "failed": "✗"}
_HIDDEN = "[hidden]"
_NAME = r"[\w-]*(?:api[_-]?key|access[_-]?key|private[_-]?key|token|secret|passw(?:or)?d|passphrase|credentials?)[\w-]*"
_ENDING = r"(?:[\w-]*[_-])?(?:key|pass|passwd|passin|passout|pwd?|auth|pat|sig|signature|session|dsn)"
_VALUE = r"(?:\"(?:\\.|[^\"\\])*\"?|'[^']*'?|[^\s'\"]\S*)"
_NAMED = re.compile(
    rf"(?i)((?<![\w-])(?:{_NAME}[\"']?\s*[=:]|x-{_ENDING}\s*:|{_ENDING}(?:[\"']?\s*=|[\"']\s*:|:(?=\S)))\s*"
    rf"|(?<!\S)--?{_NAME}\s+){_VALUE}"
)
"""`API_KEY=…`, `--password …`, `"token": "…"`: what the words before it call a secret."""
_HEADER = re.compile(r"(?i)(\b(?:authorization|cookie)[\"']?\s*[=:]\s*[\"']?)[^\"'\n]+")
_COMMAND = re.compile(
    rf"(\b(?:sshpass|login|mysql\w*|mariadb\w*|redis-cli)\b[^|;&\n]*?\s-[pa]\s*){_VALUE}"
    rf"|(\b(?:echo|printf)\s+(?:-\S+\s+)*){_VALUE}(?=\s*\|\s*(?:sudo\s+-\w*S|chpasswd|[^|]*--password-stdin))"
    r"|((?<!\S)(?:-u\s*|--(?:proxy-)?user[ =]))[^\s:]+:\S+"
)
"""Passwords that stand where a command wants them."""
_LOGIN = re.compile(r"(?<=://)[^/\s]+@")
_SHAPED = re.compile(
    r"(?i:bearer)\s+\S+|(?i:basic)\s+[\w+/=]{8,}|\bAKIA[A-Z0-9]{8,}|\beyJ[\w-]+(?:\.[\w-]+)*|\b\d{8,12}:[\w-]{20,}"
    r"|\b(?:sk|pk|rk|key|xai|gsk|gh[a-z]|glpat|github_pat|xox[a-z]|npm|hf|pypi|whsec|do[a-z]_v1|dckr_pat|ya29)[-_.][\w-]{8,}"
    r"|(?<![0-9A-Za-z])[0-9a-fA-F]{24,}(?:\.\w+)?\b|-----BEGIN [A-Z ]*PRIVATE KEY-----.*|(?<=/services/)T\w+/\w+/\w+"
    r"|(?<=/webhooks/)\d+/[\w-]+|\b(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{32,}\b",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool.

    Attributes:
        call: Its id.
        tool: The tool's name.
        about: What it is about, without secrets.
        state: running, done or failed.
    """

    call: str
    tool: str
    about: str
    state: str = "running"


def describe_call(call: str, tool: str, summary: str, detail: Detail = USUAL) -> ToolCall:
    """Build a call that runs, from what the agent says of it."""
    about = shorten(hide(clean_said(summary[:READ])), detail.argument) or shorten(tool, detail.argument)
    return ToolCall(call, tool, break_taps(about))


def hide(text: str) -> str:
    """Return a text without what looks like a key, a token or a password."""
    text = _LOGIN.sub(f"{_HIDDEN}@", text)
    for pattern in (_HEADER, _COMMAND, _NAMED):
        text = pattern.sub(lambda found: "".join(part for part in found.groups() if part) + _HIDDEN, text)
    return _SHAPED.sub(_HIDDEN, text)


def build_lines(calls: Sequence[ToolCall], total: int, detail: Detail = USUAL) -> tuple[str, ...]:
    """Return a line for each of the last calls, oldest first, and one for how many there were before them."""
    listed = calls[-detail.listed :] if detail.listed else ()
    earlier = total - len(listed)
    lines = [f"{_ICONS.get(c.tool, _OTHER)} {c.about} {_MARKS[c.state]}" for c in listed]
    return (f"{earlier} earlier", *lines) if earlier > 0 and lines else tuple(lines)


def fold(use: ToolUse | None) -> str | None:
    """Return the one line that stays of an answer's tools; None where there were none."""
    if use is None or not use.total:
        return None
    words = f"{use.total} tool{'' if use.total == 1 else 's'}"
    failed = f", {use.failed} failed" if use.failed else ""
    return f"{words}{failed} · {_duration(use.seconds)}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes_rest = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_rest} min"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
