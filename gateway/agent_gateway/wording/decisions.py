"""What the chat says of questions for people; pure. Their messages are Markdown: what people and models wrote is escaped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent_contract import wire
from agent_gateway.decisions.deciding import Refusal
from agent_gateway.render.foreign import OWN, clean_said, spell_hidden
from agent_gateway.store.decisionrows import DENY, YES, Decision, DecisionKind, DecisionState
from agent_gateway.wording import keys
from agent_gateway.wording.subagents import SIGN, compute_short
from agent_gateway.wording.texts import shorten

_DATA: Final = re.compile(r"d:([0-9]{1,18}):([0-9]{1,2})")
_MARKUP: Final = re.compile(r"[\\`*_~\[\]<>|#]")
_MOST_ANSWER: Final = 300
"""Characters of a written answer that are shown below its question."""
_TICKS: Final = re.compile(r"`+")


@dataclass(frozen=True, slots=True)
class Message:
    """A question as the chat shows it: Markdown, and the words of its buttons."""

    text: str
    options: tuple[str, ...]


def parse_press(data: str) -> tuple[int, int] | None:
    """Return which question a button is of, and which of its buttons it is; None for one of another kind."""
    found = _DATA.fullmatch(data)
    return (int(found[1]), int(found[2])) if found else None


def build_message(language: str, ask: wire.Ask, subagent: str | None) -> Message:
    """Build the message of what an agent asks; `subagent` is the name of one that is none of the chat's own."""
    text = clean_said(ask.text)
    head = [f"{SIGN} {keys.decision_subagent(language, name=compute_short(subagent))}"] if subagent is not None else []
    options: tuple[str, ...]
    match ask.kind:
        case "approval":
            body = [
                keys.decision_approve(language, tool=escape(spell_hidden(ask.tool))),
                fence(spell_hidden(ask.text)),
                keys.decision_approve_rule(language, rule=spell_hidden(ask.rule).replace("`", "'")),
            ]
            options = (
                keys.decision_approve_once(language),
                keys.decision_approve_always(language),
                keys.decision_approve_deny(language),
            )
        case "confirm":
            body, options = [text], (keys.decision_yes(language), keys.decision_no(language))
        case _:
            options = tuple(ask.options)
            body = [text] if options else [text, f"_{keys.decision_write(language)}_"]
    return Message("\n\n".join([*head, *body]), options)


def end_text(decision: Decision) -> str:
    """Say below a question what became of it."""
    language = decision.language
    match decision.state:
        case DecisionState.ANSWERED:
            answer, person = escape(shorten(decision.answer or "", _MOST_ANSWER)), escape(decision.decided_name or "")
            denied = is_denied(decision)
            words = keys.decision_denied if denied else keys.decision_answer
            return f"*{OWN} {words(language, answer=_without_sign(answer), person=person)}*"
        case DecisionState.EXPIRED:
            return f"*{OWN} {keys.decision_expired(language)}*"
        case DecisionState.WITHDRAWN | DecisionState.ASKED:
            return f"*{OWN} {keys.decision_withdrawn(language)}*"


def is_denied(decision: Decision) -> bool:
    """Say whether an answered question was one for leave, which was not given."""
    match decision.kind:
        case DecisionKind.APPROVAL:
            return decision.choice in (None, DENY)
        case DecisionKind.PUSH:
            return decision.choice != YES
        case _:
            return False


def refusal_text(language: str, refusal: Refusal, decision: Decision) -> str:
    """Say to a person why they do not decide; plain text."""
    match refusal:
        case Refusal.ASKER:
            return keys.decision_only_asker(language)
        case Refusal.ADMINISTRATORS:
            return keys.decision_only_administrators(language)
        case Refusal.LATE:
            answer = shorten(decision.answer or "", 100)
            return keys.decision_late(language, person=decision.decided_name or "", answer=answer)
        case Refusal.EXPIRED:
            return keys.decision_expired(language)
        case Refusal.WITHDRAWN:
            return keys.decision_withdrawn(language)


def escape(text: str) -> str:
    """Return words as Markdown that shows them as they are, on one line."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def fence(text: str) -> str:
    """Return a text as a block of code, whatever ticks it holds."""
    longest = max((len(found[0]) for found in _TICKS.finditer(text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}\n{text}\n{ticks}"


def _without_sign(answer: str) -> str:
    """Return the words of a button without the sign that stands before the answer in any case."""
    return answer.removeprefix("✓ ").removeprefix("✕ ")
