"""What the chat is told when something waits, ends or fails. Pure; plain sentences a person can act on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from agent_contract.agentthread import Reason
from agent_gateway.render.fences import close_code
from agent_gateway.render.foreign import OWN, clean_said, disarm
from agent_gateway.store.rows import MOVED, RESTORED
from agent_gateway.wording import keys
from agent_gateway.wording.diskfull import disk_full_text
from agent_gateway.wording.worktime import TIMED_OUT

_ERROR_LIMIT = 300

_LOST: Final[dict[str, Callable[[str], str]]] = {
    Reason.OOM_KILLED: keys.lost_memory,
    Reason.EVICTED: keys.lost_computer,
    Reason.DISK_FULL: keys.lost_disk_full_plain,
    Reason.PREEMPTED: keys.lost_preempted,
    Reason.NODE_LOST: keys.lost_computer,
    Reason.DELETED: keys.lost_computer,
    Reason.DEADLINE_EXCEEDED: keys.lost_time,
    Reason.STOPPED: keys.lost_stopped,
    Reason.SUPERSEDED: keys.lost_replaced,
    Reason.CLAIM_REFUSED: keys.lost_replaced,
    Reason.IDLE_TIMEOUT: keys.lost_left,
    Reason.AGENT_FAILED: keys.lost_crashed,
    Reason.GATEWAY_REFUSED: keys.lost_connection,
    Reason.GATEWAY_LOST: keys.lost_connection,
    Reason.BAD_CONFIG: keys.lost_settings,
    Reason.SUSPENDED: keys.lost_paused,
    Reason.UNSCHEDULABLE: keys.lost_room,
    Reason.QUOTA_EXCEEDED: keys.lost_room,
    Reason.IMAGE_PULL_BACK_OFF: keys.lost_settings,
    Reason.CREATE_REFUSED: keys.lost_settings,
    Reason.CONTAINER_CONFIG_ERROR: keys.lost_settings,
    Reason.WRONG_ARCHITECTURE: keys.lost_settings,
    Reason.INIT_FAILED: keys.lost_settings,
    Reason.JOB_SUSPENDED: keys.lost_queue,
    Reason.SCHEDULING_GATED: keys.lost_queue,
    Reason.NOT_STARTED: keys.lost_cluster,
    Reason.WEBHOOK_UNAVAILABLE: keys.lost_cluster,
    Reason.SANDBOX_FAILED: keys.lost_cluster,
    Reason.VOLUME_PENDING: keys.lost_disk,
    Reason.PULLING_IMAGE: keys.lost_fetching,
    Reason.CLASS_NOT_FOUND: keys.lost_settings,
    Reason.CLASS_INVALID: keys.lost_settings,
    Reason.SPEC_INVALID: keys.lost_settings,
    Reason.CONCURRENCY_LIMIT: keys.lost_siblings,
    Reason.COMPLETED: keys.lost_done,
    Reason.CANCELLED: keys.lost_cancelled,
    Reason.TASK_FAILED: keys.lost_no_answer,
    Reason.ERROR: keys.lost_error,
    MOVED: keys.lost_moved,
    RESTORED: keys.lost_restored,
}
_OWN_WORDS: Final = frozenset({Reason.TASK_FAILED, Reason.ERROR})
"""Of which the agent's own words say more than ours."""


def file_refused_text(language: str, name: str, caption: str, why: str) -> str:
    """Say that a file of the agent did not come into the chat.

    Args:
        language: Of the reader.
        name: Of the file.
        caption: What would have stood below it.
        why: Telegram's words.
    """
    said = _sentence(why.removeprefix("Bad Request: ")) or keys.telegram_says_no(language)
    words = keys.file_refused(language, name=name, why=said)
    return f"{caption}\n\n{words}" if caption.strip() else words


def edited_text(text: str) -> str:
    """Tell the agent how a person's message reads now."""
    return f"[The person has edited their message. It reads now:]\n{text}"


def failure_text(language: str, reason: str, error: str = "") -> str:
    """Say why a turn failed that its runner ended.

    Args:
        language: Of the reader.
        reason: `turns.reason`: aborted, timeout, agent_died, agent.
        error: What the agent said of it.
    """
    match reason:
        case "timeout":
            return TIMED_OUT
        case "aborted":
            return keys.stopped(language)
        case "agent_died":
            return keys.agent_crashed(language)
        case _:
            return f"{keys.agent_failed(language)} {_sentence(disarm(error))}".rstrip()


def start_failed_text(language: str, reason: str | None, message: str | None = None) -> str:
    """Say that no run could be started; `reason` and `message` are those of the last one that was tried."""
    words = keys.could_not_start(language)
    return f"{words} {_explain(language, reason, message)}" if reason in _LOST else words


def _explain(language: str, reason: str, message: str | None) -> str:
    return disk_full_text(language, message) if reason == Reason.DISK_FULL else _LOST[reason](language)


def run_lost_text(language: str, reason: str | None, message: str | None = None, *, resumes: bool = False) -> str:
    """Say why a run ended in the middle of an answer, and how it goes on.

    Args:
        language: Of the reader.
        reason: `status.run.reason`.
        message: `status.run.message`, the cluster's own words.
        resumes: The turn continues by itself in a new run.
    """
    words = _explain(language, reason, message) if reason in _LOST else keys.lost_connection(language)
    return f"{words} {keys.carries_on(language)}" if resumes else words


def lost_words(language: str, reason: str | None, message: str | None = None) -> str:
    """Say why an agent ended without an answer: in its own words, where the reason alone says little."""
    if message and (reason in _OWN_WORDS or reason not in _LOST):
        return _sentence(disarm(message))
    return _explain(language, reason, message) if reason in _LOST else keys.lost_no_answer(language)


def interrupted_text(partial: str, words: str) -> str:
    """Return what was written before, then why it stopped, in a line that an agent cannot write."""
    return f"{close_code(partial).rstrip()}\n\n{OWN} {words}" if partial.strip() else words


def _sentence(text: str) -> str:
    short = shorten(text)
    return short if not short or short[-1] in ".!?…" else f"{short}."


def shorten(text: str | None, limit: int = _ERROR_LIMIT) -> str:
    """Return the beginning of a text, on one line, in at most `limit` characters."""
    line = " ".join((text or "").split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def count_units(text: str) -> int:
    """Return the length of a text as Telegram counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def workspace_text(language: str, said: str) -> str:
    """Return, in Markdown, what an agent's pod reports in its own words: below a line of ours, in a block of code.

    Nothing in it is read as Markdown, and nothing of it stands where our words do.
    """
    words = "\n".join(line for line in clean_said(said).splitlines() if line.strip())
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{OWN} {keys.agent_notice(language)}\n\n{fence}\n{words}\n{fence}"


def quote_inline(name: str) -> str:
    """Return a name that an agent's pod chose, as code within a line of Markdown."""
    return f"`{' '.join(clean_said(name).replace('`', chr(39)).split())}`"
