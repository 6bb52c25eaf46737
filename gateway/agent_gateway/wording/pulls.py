"""What the chat says of pull requests; pure. What others wrote is quoted, and can do no more than be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from agent_gateway.forges.values import NewPull
from agent_gateway.render.foreign import clean_said, spell_hidden
from agent_gateway.store.chatrows import Button
from agent_gateway.store.pulls import News, PullRow
from agent_gateway.wording import keys
from agent_gateway.wording.decisions import Message, escape
from agent_gateway.wording.subagents import compute_short
from agent_gateway.wording.texts import shorten

_DATA: Final = re.compile(r"pa:([0-9]{1,18})")
_MOST_BODY: Final = 700
"""Characters of a description or of one remark that are shown."""
_MOST_TITLE: Final = 120
_MOST_TOLD: Final = 6
"""Remarks of one message; the others are on the page."""
_FORGES: Final = (("/-/merge_requests/", "GitLab"), ("/pulls/", "Gitea"), ("/pull/", "GitHub"))
"""By what stands in the addresses of their pages."""
_STATES: Final[dict[str, Callable[[str], str]]] = {
    "merged": keys.pulls_state_merged,
    "closed": keys.pulls_state_closed,
}
_CHANGES: Final[dict[str, Callable[[str], str]]] = {"merged": keys.pulls_merged, "closed": keys.pulls_closed}


def build_question(language: str, path: str, new: NewPull, subagent: str | None) -> Message:
    """Build the question whether a pull request may be opened; `subagent` is the name of one that is none of the chat's own."""
    parts = [keys.decision_subagent(language, name=compute_short(subagent))] if subagent is not None else []
    parts.append(f"**{keys.pulls_ask(language, repository=path)}**")
    parts.append(f"`{new.head}` → `{new.base}`\n\n**{escape(spell_hidden(new.title))}**")
    if new.body.strip():
        parts.append(_quote(spell_hidden(new.body)))
    parts.append(keys.pulls_how(language))
    return Message("\n\n".join(parts), (keys.pulls_ask_yes(language), keys.pulls_ask_no(language)))


def opened_text(language: str, row: PullRow) -> str:
    """Say that a pull request was opened."""
    return f"{keys.pulls_opened(language)} {_name(row)}\n{_title(row)}"


def build_link(language: str, url: str) -> Button:
    """Build the button that leads to a pull request's page."""
    forge = next((name for part, name in _FORGES if part in url), "Git")
    return Button(keys.pulls_open_button(language, forge=forge), url=url)


def build_answer(language: str, pull_id: int) -> Button:
    """Build the button that lets the agent answer."""
    return Button(keys.pulls_answer_button(language), f"pa:{pull_id}")


def parse_answer(data: str) -> int | None:
    """Return which pull request a pressed button lets the agent answer at; None for one of another kind."""
    found = _DATA.fullmatch(data)
    return int(found[1]) if found else None


def is_answerable(news: News) -> bool:
    """Say whether an agent can do something about it."""
    return news.kind in {"review", "comment"} or (news.kind == "checks" and news.verdict == "failed")


def news_text(language: str, row: PullRow, news: Sequence[News]) -> str:
    """Say what happened at a pull request."""
    parts = [f"{_name(row)} {_title(row)}"]
    parts += [_describe(language, one) for one in news[:_MOST_TOLD]]
    if len(news) > _MOST_TOLD:
        parts.append(keys.push_more(language))
    return "\n\n".join(parts)


def list_text(language: str, rows: Sequence[PullRow]) -> str:
    """Return what `/pr` says."""
    if not rows:
        return keys.pulls_none(language)
    return "\n\n".join([f"**{keys.pulls_list(language)}**", *(_describe_row(language, row) for row in rows)])


def _describe_row(language: str, row: PullRow) -> str:
    facts = [_STATES.get(row.state, keys.pulls_state_open)(language)]
    if row.state == "open":
        if row.failed:
            facts.append(keys.pulls_row_failed(language))
        elif row.pending:
            facts.append(keys.pulls_row_running(language))
        elif row.passed:
            facts.append(keys.pulls_row_passed(language))
        if row.review:
            review = keys.pulls_row_approved if row.review == "approved" else keys.pulls_row_changes
            facts.append(review(language))
        if row.next_at is None:
            facts.append(keys.pulls_row_unwatched(language))
    return f"{_name(row)} {_title(row)}\n{' · '.join(facts)}"


def _describe(language: str, one: News) -> str:
    author = escape(shorten(clean_said(one.author), 64)) or "?"
    match one.kind, one.verdict:
        case "state", state:
            return _CHANGES.get(state, keys.pulls_reopened)(language)
        case "checks", "passed":
            return keys.pulls_passed(language)
        case "checks", _:
            names = escape(shorten(clean_said(one.text), 200))
            return keys.pulls_failed_which(language, names=names) if names else keys.pulls_failed(language)
        case "review", verdict:
            say = {"approved": keys.pulls_approved, "changes": keys.pulls_changes}.get(verdict, keys.pulls_reviewed)
            head = say(language, author=author)
        case _ if one.place:
            place = shorten(clean_said(one.place), 120).replace("`", "'")
            head = keys.pulls_wrote_at(language, author=author, place=place)
        case _:
            head = keys.pulls_wrote(language, author=author)
    return "\n\n".join(filter(None, [head, _quote(one.text)]))


def _quote(text: str) -> str:
    """Return words of somebody else as a quote in which nothing is Markdown."""
    said = clean_said(text.strip())
    cut = said if len(said) <= _MOST_BODY else f"{said[: _MOST_BODY - 1]}…"
    return "\n".join(f"> {escape(line)}".rstrip() for line in cut.splitlines() if line.strip())


def _name(row: PullRow) -> str:
    return f"[{escape(row.path)} #{row.number}]({row.url})"


def _title(row: PullRow) -> str:
    return escape(shorten(clean_said(row.title), _MOST_TITLE))
