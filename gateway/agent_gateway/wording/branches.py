"""Branches as a message in Markdown; pure. Names are an agent's: nothing of them is formatting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from agent_gateway.connections.settings import Connection
from agent_gateway.diffs.branches import Branch, Repository
from agent_gateway.render.foreign import spell_hidden
from agent_gateway.store.pushedrefs import PushedRef
from agent_gateway.wording import keys
from agent_gateway.wording.texts import shorten

MOST_PUSHED: Final = 15
_MOST_NAME: Final = 60
_MOST_LISTED: Final = 30
"""Branches of all repositories together."""
_MINUS: Final = "\N{MINUS SIGN}"
_PAGES: Final[Mapping[str, str]] = {
    "github": "{url}/{path}/compare/{branch}",
    "gitlab": "{url}/{path}/-/tree/{branch}",
    "gitea": "{url}/{path}/src/branch/{branch}",
}
"""GitHub's page shows what a branch has and the default one has not; others need both names, so theirs show the branch."""


def build_branches(
    language: str, repositories: Sequence[Repository], pushed: Sequence[PushedRef],
    connections: Mapping[str, Connection], notes: Sequence[str] = (),
) -> str:  # fmt: skip
    """Build the message: branches in the workspace, then those that were pushed, with links to the forge's page."""
    parts = [f"*{note}*" for note in notes]
    if repositories:
        parts.append(f"**{keys.branches_here(language)}**")
        left = _MOST_LISTED
        for repository in repositories:
            parts.append(_describe(language, repository, left))
            left = max(0, left - len(repository.branches))
    if pushed:
        parts.append(f"**{keys.branches_pushed(language)}**")
        parts.append("\n".join(_describe_pushed(language, one, connections) for one in pushed[:MOST_PUSHED]))
        parts += [keys.branches_more(language)] if len(pushed) > MOST_PUSHED else []
    return "\n\n".join(parts) if repositories or pushed else "\n\n".join([*parts, keys.branches_none(language)])


def _describe(language: str, repository: Repository, most: int) -> str:
    head = "" if repository.path in {"", "."} else f"{_code(repository.path)}"
    shown = repository.branches[:most]
    lines = [_describe_branch(branch) for branch in shown]
    lines += [keys.branches_more(language)] if repository.more or len(shown) < len(repository.branches) else []
    return "\n".join(filter(None, [head, *lines]))


def _describe_branch(branch: Branch) -> str:
    sign = "▸" if branch.current else "·"
    counts = (
        f" +{branch.ahead} {_MINUS}{branch.behind}" if branch.ahead is not None and branch.behind is not None else ""
    )
    return f"{sign} {_code(branch.name)}{counts}"


def _describe_pushed(language: str, one: PushedRef, connections: Mapping[str, Connection]) -> str:
    name = one.ref.removeprefix("refs/heads/")
    line = f"· {_code(one.path)} {_code(name)}"
    url = build_link(one, connections)
    return f"{line} · [{keys.branches_open(language)}]({url})" if url else line


def build_link(one: PushedRef, connections: Mapping[str, Connection]) -> str:
    """Return the forge's page of a pushed branch; empty where it is none, or the forge is not known."""
    connection = connections.get(one.connection)
    branch = one.ref.removeprefix("refs/heads/")
    if connection is None or branch == one.ref or connection.forge not in _PAGES:
        return ""
    escape: Callable[[str], str] = lambda text: quote(text, safe="/~")  # noqa: E731  # the same twice
    return _PAGES[connection.forge].format(url=connection.url, path=escape(one.path), branch=escape(branch))


def _code(name: str) -> str:
    return f"`{shorten(spell_hidden(name).replace('`', chr(39)), _MOST_NAME)}`"
