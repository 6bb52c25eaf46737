"""Commands of the chat that stand for a prompt template or a skill of the class: written out before pi sees them.

pi would write out a prompt that begins with a slash itself, but only one that begins so: what the agent is told first, such as
who speaks, stands before the person's words. And so no line of a person's reaches pi as a command of its own.

Source of what a template may hold: pi's docs/prompt-templates.md.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent_contract.runnerconfig import RunnerCommand
from agent_runner.logs import Log

MOST_BYTES: Final = 64 * 1024
"""Of a template."""
MOST_WRITTEN: Final = 256 * 1024
"""Characters of one that is written out."""
MOST_ARGUMENTS: Final = 4096
"""Characters of what a person wrote behind the name."""
MOST_PLACES: Final = 256
"""Places of a template that are filled."""
_LINE = re.compile(r"/([a-z][a-z0-9_]{0,31})(?:@[A-Za-z0-9_]{1,64})?(?:[ \t]+(.*))?")
_PLACES = re.compile(r"\$\{(\d{1,2}|@):-([^}]{0,1000})\}|\$\{@:(\d{1,2})(?::(\d{1,2}))?\}|\$(\d{1,2}|@|ARGUMENTS)")


class Templates:
    """Writes out commands.

    Args:
        commands: Of the class.
        templates: Folders of its templates.
        skills: Folders of its skills.
        log: Where it is noted that a file is missing.
    """

    def __init__(
        self, commands: Sequence[RunnerCommand], templates: Sequence[str], skills: Sequence[str], log: Log
    ) -> None:
        self._commands = {one.name: one for one in commands}
        self._templates = tuple(map(Path, templates))
        self._skills = tuple(map(Path, skills))
        self._log = log

    def write_out(self, text: str) -> str:
        """Return a prompt in which the first line that is a command of the class is what that stands for."""
        if not self._commands or "/" not in text:
            return text
        lines = text.split("\n")
        for number, line in enumerate(lines):
            found = _LINE.fullmatch(line) if line.startswith("/") else None
            command = self._commands.get(found[1]) if found is not None else None
            if found is None or command is None:
                continue
            written = self._write(command, (found[2] or "").strip())
            if written is not None:
                lines[number] = written
            break
        return "\n".join(lines)

    def _write(self, command: RunnerCommand, arguments: str) -> str | None:
        if command.skill is not None:
            path = self._find_skill(command.skill)
            if path is None:
                self._log.warning("skill_missing", file=command.skill)
                return None
            return f"Use the skill {command.skill}: read {path} first, and do what it says. {arguments}".rstrip()
        name = command.template or command.name
        for folder in self._templates:
            template = _read(folder / f"{name}.md")
            if template is not None:
                return fill(template, arguments)
        self._log.warning("template_missing", file=name)
        return None

    def _find_skill(self, name: str) -> Path | None:
        for folder in self._skills:
            for path in (folder / name / "SKILL.md", folder / f"{name}.md"):
                if path.is_file():
                    return path
        return None


def fill(template: str, arguments: str) -> str:
    """Return a template's text with what a person wrote behind its name.

    Args:
        template: The file: what stands between two lines of `---` at its beginning describes it.
        arguments: As they were typed; quotes keep words together.
    """
    arguments = arguments[:MOST_ARGUMENTS]
    try:
        words = shlex.split(arguments)
    except ValueError:  # a quote that is not closed
        words = arguments.split()

    def replace(found: re.Match[str]) -> str:
        with_default, default, start, count, plain = found.groups()
        if start is not None:
            first = max(int(start), 1) - 1
            return " ".join(words[first:] if count is None else words[first : first + int(count)])
        place = with_default or plain
        if place in ("@", "ARGUMENTS"):
            value = " ".join(words)
        else:
            value = words[int(place) - 1] if 0 < int(place) <= len(words) else ""
        return value or default or ""

    return _PLACES.sub(replace, _drop_head(template), count=MOST_PLACES).strip()[:MOST_WRITTEN]


def _drop_head(template: str) -> str:
    lines = template.replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() == "---":
        for number, line in enumerate(lines[1:], 1):
            if line.rstrip() == "---":
                return "\n".join(lines[number + 1 :])
    return template


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
