"""What the chat asks of a push; pure. What the agent wrote is escaped."""

from __future__ import annotations

from typing import Final

from agent_gateway.connections.held import MOST_REFS, Change, Held
from agent_gateway.connections.looks import FileChange, Stat
from agent_gateway.connections.pushes import Kind
from agent_gateway.render.foreign import spell_hidden
from agent_gateway.wording import keys, units
from agent_gateway.wording.decisions import Message, escape
from agent_gateway.wording.subagents import compute_short
from agent_gateway.wording.texts import shorten

_MOST_COMMITS: Final = 8
"""That are shown, of all refs."""
_MOST_SUBJECT: Final = 80
"""Characters of a commit's first line that are shown."""
_MOST_FILES: Final = 5
"""That stand open, of all refs; what follows is folded."""
_MOST_FOLDED: Final = 25
_MOST_WORKFLOWS: Final = 5
_MOST_PATH: Final = 34
"""Characters of a path, its end: what a phone shows in a line."""


def build_push_message(language: str, held: Held, subagent: str | None) -> Message:
    """Build the question; `subagent` is the name of one that is none of the chat's own."""
    parts = [keys.decision_subagent(language, name=compute_short(subagent))] if subagent is not None else []
    parts.append(f"**{keys.push_ask(language, repository=held.path)}**")
    shown = held.changes[:MOST_REFS]
    parts += [_describe(language, change, len(shown)) for change in shown]
    if len(held.changes) > MOST_REFS:
        parts.append(keys.push_more(language))
    parts += _warn(language, held)
    parts.append(keys.push_how(language))
    return Message("\n\n".join(parts), (keys.push_ask_yes(language), keys.push_ask_no(language)))


def _describe(language: str, change: Change, of: int) -> str:
    """Describe one ref `of` so many."""
    branch = change.command.ref.removeprefix("refs/heads/").replace("`", "'")
    match change.command.kind:
        case Kind.DELETE:
            return keys.push_deleted(language, branch=branch)
        case Kind.CREATE:
            head = keys.push_new(language, branch=branch)
        case Kind.UPDATE:
            head = keys.push_moved(language, branch=branch)
    most = max(1, _MOST_COMMITS // of)
    lines = [f"- {escape(shorten(commit.subject, _MOST_SUBJECT))}" for commit in change.commits[:most]]
    if len(change.commits) > most:
        lines.append(f"- {keys.push_more(language)}")
    warning = [keys.push_rewrites(language)] if change.rewrites else []
    files = _list_files(language, change.stat, of) if change.stat is not None else [keys.push_unread(language)]
    return "\n".join([head, *lines]) + "".join(f"\n\n{line}" for line in [*files, *warning])


def _list_files(language: str, stat: Stat, of: int) -> list[str]:
    """Say what a ref changes: sums, the first files, the rest folded."""
    added, removed = units.number(language, stat.added), units.number(language, stat.removed)
    count = len(stat.files)
    if stat.more:
        head = keys.push_files_many(language, count=units.number(language, count), added=added, removed=removed)
    else:
        head = keys.push_files(language, count=count, added=added, removed=removed)
    most, folded = max(1, _MOST_FILES // of), _MOST_FOLDED // of
    rest = stat.files[most : most + folded]
    lines = [head, *(f"- {_tell(one)}" for one in stat.files[:most])]
    parts = ["\n".join(lines)]
    if rest:
        tail = [keys.push_more(language)] if len(stat.files) > most + folded or stat.more else []
        parts.append("\n".join(f"> {line}  " for line in [*map(_tell, rest), *tail]))
    return parts


def _tell(file: FileChange) -> str:
    lines = [f"+{file.added}"] if file.added else []
    lines += [f"\N{MINUS SIGN}{file.removed}"] if file.removed else []
    return " ".join([f"`{_cut(file.path)}`", *lines])


def _cut(path: str) -> str:
    """Return a path as one line of a phone shows it: its end says most."""
    plain = spell_hidden(path.replace("\n", " ")).replace("`", "'")
    return plain if len(plain) <= _MOST_PATH else f"…{plain[1 - _MOST_PATH :]}"


def _warn(language: str, held: Held) -> list[str]:
    files = list(dict.fromkeys(path for change in held.changes for path in change.workflows))
    lines = [f"- `{_cut(path)}`" for path in files[:_MOST_WORKFLOWS]]
    more = [f"- {keys.push_more(language)}"] if len(files) > _MOST_WORKFLOWS else []
    found = ["\n".join([keys.push_workflows(language), *lines, *more])] if files else []
    unknown = any(change.workflows_unknown for change in held.changes)
    return [*found, *([keys.push_workflows_unknown(language)] if unknown else [])]
