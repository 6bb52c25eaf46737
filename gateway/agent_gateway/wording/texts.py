"""What the chat is told when something waits, ends or fails. Pure; plain sentences a person can act on."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from agent_contract.agentthread import Reason
from agent_gateway.render.fences import close_code
from agent_gateway.store.rows import MOVED

TIMED_OUT = "Request timed out. Process killed. Try again."
EMPTY_ANSWER = "The agent finished without an answer."
UNREADABLE = "I can't read this kind of message. Send text, a picture, a voice message or a file."
QUEUED = "Waits for the answer that is being written. To change that one, reply to it or use /steer."
WORKING = "Working…"
GOES_ON = "… The answer goes on; it comes whole at its end."
STEERED = "Passed on to the running answer."
STEER_USAGE = "Usage: /steer <words for the running answer>"
NOTHING_ASKED = "Write your question behind my name."
ANONYMOUS = (
    "I can't tell who writes this, so I don't answer it. Write under your own name: an administrator switches off "
    "“Remain anonymous” in the rights of their own account."
)
NO_FILES_NOTE = "This run started without the files of earlier ones; the conversation itself is kept."
OLDER_FILES_NOTE = (
    "This run started with older files: those of the last run could not be kept; the conversation itself is kept."
)
STARTING = "Starting a pod…"
TRY_AGAIN = "Write again to continue."
_ERROR_LIMIT = 300

_RESETS = re.compile(r"\s*\[resets (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\]")
_STATUS = re.compile(r"(?<!\d)([45]\d\d)(?!\d)")
_WAIT = "Wait a minute, then try again."
_PROVIDER: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"(?<!\d)402(?!\d)|insufficient.{0,12}(quota|funds)|balance|billing|arrears|\bcredits?\b", re.IGNORECASE
        ),
        "The model provider says that the account has no balance left. Top it up, then try again.",
    ),
    (
        re.compile(r"(?<!\d)40[13](?!\d)|api.?key|unauthori[sz]ed|forbidden|authentication|credentials", re.IGNORECASE),
        "The model provider refused the key. An administrator must check LLM_API_KEY.",
    ),
    (
        re.compile(r"(?<!\d)429(?!\d)|rate.?limit|too many requests|quota", re.IGNORECASE),
        f"The model provider limits how much may be asked at a time. {_WAIT}",
    ),
    (
        re.compile(
            r"context.{0,20}(length|window|limit)|maximum context|too many tokens|(prompt|input) is too long",
            re.IGNORECASE,
        ),
        "The conversation is longer than the model can read at once. Begin a new one with /new.",
    ),
    (
        re.compile(r"(?<!\d)404(?!\d)|model.{0,20}(not found|not exist|unknown)|unknown provider", re.IGNORECASE),
        "The model or its provider is not known. An administrator must check LLM_PROVIDER and LLM_MODEL.",
    ),
    (
        re.compile(
            r"(?<!\d)5\d\d(?!\d)|overloaded|unavailable|connect|network|timed? ?out|fetch failed|socket", re.IGNORECASE
        ),
        "The model provider is away or overloaded. Try again in a while.",
    ),
)

_LOST: dict[str, str] = {
    Reason.OOM_KILLED: "The agent used more memory than its pod may have and was killed.",
    Reason.EVICTED: "The cluster removed the agent's pod to free its node.",
    Reason.DEADLINE_EXCEEDED: "The agent's pod reached the end of its time.",
    Reason.NODE_LOST: "The node that ran the agent is lost.",
    Reason.DELETED: "The agent's pod was deleted.",
    Reason.STOPPED: "The agent was stopped.",
    Reason.SUPERSEDED: "A newer run took the place of this one.",
    Reason.IDLE_TIMEOUT: "The agent had left.",
    Reason.AGENT_FAILED: "The agent's process does not start or keeps dying.",
    Reason.GATEWAY_REFUSED: "The agent's pod was refused by the gateway.",
    Reason.GATEWAY_LOST: "The agent's pod could not reach the gateway.",
    Reason.BAD_CONFIG: "The agent's pod was given settings it cannot use. An administrator must look at them.",
    Reason.SUSPENDED: "An administrator has suspended this conversation.",
    Reason.UNSCHEDULABLE: "The cluster found no room for the agent's pod.",
    Reason.IMAGE_PULL_BACK_OFF: "The agent's image cannot be pulled. An administrator must check its name.",
    Reason.QUOTA_EXCEEDED: "The namespace's quota leaves no room for the agent's pod.",
    Reason.CREATE_REFUSED: "The cluster refuses the agent's pod.",
    Reason.CONTAINER_CONFIG_ERROR: "The agent's container cannot be made as it is described.",
    Reason.VOLUME_PENDING: "The agent's volume did not become ready.",
    Reason.PULLING_IMAGE: "The agent's image was still being pulled.",
    Reason.CLASS_NOT_FOUND: "The AgentClass of this conversation does not exist.",
    Reason.CLASS_INVALID: "The AgentClass of this conversation is not valid.",
    Reason.SPEC_INVALID: "The AgentThread of this conversation is not valid.",
    Reason.CONCURRENCY_LIMIT: "It waited for another sub-agent of the same parent to end.",
    Reason.COMPLETED: "The agent had done its task.",
    Reason.CANCELLED: "It was cancelled.",
    Reason.TASK_FAILED: "The agent ended without an answer.",
    Reason.ERROR: "The agent's pod failed.",
    MOVED: "The group became a supergroup or got topics, so that its agent had to begin anew.",
}

_WAITING: dict[str, str] = {
    Reason.UNSCHEDULABLE: "Waiting for capacity",
    Reason.IMAGE_PULL_BACK_OFF: "Waiting for the agent's image, which cannot be pulled",
    Reason.QUOTA_EXCEEDED: "Waiting for room in the namespace's quota",
    Reason.CREATE_REFUSED: "The cluster refuses the agent's pod",
    Reason.CONTAINER_CONFIG_ERROR: "The agent's container cannot be made",
    Reason.VOLUME_PENDING: "Waiting for the agent's volume",
    Reason.PULLING_IMAGE: "Still pulling the agent's image, which takes a while where it is new",
    Reason.CLASS_NOT_FOUND: "Waiting for an AgentClass that does not exist",
    Reason.CLASS_INVALID: "Waiting for a valid AgentClass",
    Reason.SPEC_INVALID: "Waiting for a valid AgentThread",
    Reason.SUSPENDED: "An administrator has suspended this conversation; your message waits",
}


def files_over_text(limit: str) -> str:
    """Say that a run's files were too many to be kept; `limit` is the class's `workspace.snapshotLimit`."""
    return (
        f"The files of the last run were over {limit} packed (workspace.snapshotLimit) and could not be kept; "
        "the conversation itself is kept."
    )


def too_large_text(name: str, size: int) -> str:
    """Say that Telegram does not let a bot fetch a file; `size` is in bytes."""
    return (
        f"{name} has {size / 1_000_000:.0f} MB: Telegram lets a bot fetch at most 20 MB. Send it in parts, or tell the "
        "agent where to download it. Nothing was asked."
    )


def file_refused_text(name: str, caption: str, why: str) -> str:
    """Say that a file of the agent did not come into the chat.

    Args:
        name: Of the file.
        caption: What would have stood below it.
        why: Telegram's words.
    """
    words = f"{name} could not be sent. Telegram says: {_sentence(why.removeprefix('Bad Request: '), 'no.')}"
    return f"{caption}\n\n{words}" if caption.strip() else words


def edited_text(text: str) -> str:
    """Tell the agent how a person's message reads now."""
    return f"[The person has edited their message. It reads now:]\n{text}"


def failure_text(reason: str, error: str = "") -> str:
    """Say why a turn failed.

    Args:
        reason: `turns.reason`: aborted, timeout, provider, agent, agent_died, run_lost, start_failed.
        error: What the agent, the provider or the cluster said of it.
    """
    error = error.removesuffix(TRY_AGAIN)
    match reason:
        case "timeout":
            return TIMED_OUT
        case "aborted":
            return "Stopped."
        case "provider":
            return provider_text(error)
        case "agent_died":
            return f"The agent's process died. {TRY_AGAIN}"
        case "run_lost":
            return f"{_sentence(error, 'The agent was cut off.')} {TRY_AGAIN}"
        case "start_failed":
            return f"The agent could not be started. {_sentence(error, '')}".strip() + f" {TRY_AGAIN}"
        case _:
            return f"The agent failed. {_sentence(error, '')}".strip() + f" {TRY_AGAIN}"


def provider_text(error: str, now: datetime | None = None) -> str:
    """Say what a model provider's error means for the person; what is not known is quoted, shortened.

    Where the error holds the time at which the provider will answer again, that is told; `now` is for how long it is.
    """
    reset = _find_reset(error)
    if reset is not None:
        words = provider_text(_RESETS.sub("", error)).replace(f" {_WAIT}", "")
        return f"{words} It will answer again {_describe_time(reset, now or datetime.now(UTC))}."
    if "LLM_" in error:  # the gateway's own words: they name the setting already
        return _sentence(error, "")
    status = _STATUS.search(error)
    numbered = f"{status[0]} {_STATUS.sub('', error)}" if status else error  # other numbers are no status
    for pattern, text in _PROVIDER:
        if pattern.search(numbered):
            return f"{text} (HTTP {status.group(1)})" if status else text
    return f"The model provider answered with an error. {_sentence(error, '')}".strip()


def _find_reset(error: str) -> datetime | None:
    found = _RESETS.search(error)
    try:
        return datetime.fromisoformat(found[1]) if found is not None else None
    except ValueError:  # a pod's words are checked
        return None


def _describe_time(at: datetime, now: datetime) -> str:
    """Say a time to come, as in `at 14:30 UTC (in 12 min)`."""
    minutes = max(1, round((at - now).total_seconds() / 60))
    day = "" if at.date() == now.date() else f"{at:%d %B} "
    hours, rest = divmod(minutes, 60)
    left = f"{minutes} min" if hours < 1 else f"{hours} h {rest} min" if hours < 24 else f"{hours // 24} days"
    return f"at {day}{at:%H:%M} UTC (in {left})"


def run_lost_text(reason: str | None, message: str | None = None, *, resumes: bool = False) -> str:
    """Say why a run ended in the middle of an answer, and how it goes on.

    Args:
        reason: `status.run.reason`.
        message: The cluster's own words, added where the reason alone does not tell what to do.
        resumes: The turn continues by itself in a new run.
    """
    words = _LOST.get(reason or "", "The connection to the agent was lost.")
    if message and reason in _WAITING | {Reason.ERROR: "", Reason.BAD_CONFIG: ""}:
        words = f"{words} {_sentence(message, '')}"
    return f"{words} {'It continues by itself in a new pod.' if resumes else TRY_AGAIN}"


def lost_words(reason: str | None, message: str | None = None) -> str:
    """Say why an agent ended without an answer: its own or the cluster's words, where the reason alone says little."""
    own = reason in {Reason.TASK_FAILED, Reason.ERROR} or reason not in _LOST
    words = "" if own else _LOST[reason or ""]
    if message and (own or reason in _WAITING | {Reason.BAD_CONFIG: ""}):
        words = f"{words} {_sentence(message, '')}".strip()
    return words or _LOST[Reason.TASK_FAILED]


def waiting_text(reason: str | None = None, message: str | None = None) -> str:
    """Say what a message waits for: a pod that starts, or the cluster's reason with its own words."""
    if reason is None or reason not in _WAITING:
        return STARTING
    return f"{_WAITING[reason]}: {shorten(message)}" if message else f"{_WAITING[reason]}."


def buried_text(problem: str, update_id: int) -> str:
    """Tell a person that their message was set aside, and an administrator where it is."""
    return (
        f"This message could not be taken: {problem}. It is kept as update {update_id}; please write it in other words."
    )


def job_failed_text(command: str) -> str:
    """Say that a command's work, which goes on beside, was given up."""
    return f"/{command} could not be done to its end. Send it again; an administrator finds the cause in the gateway's log."


def cluster_text(why: str) -> str:
    """Say that the cluster does not take a message on, and that it is tried again."""
    return f"Your message waits: {_sentence(why, 'the cluster does not answer.')} It is tried again by itself."


def late_text(thread: str) -> str:
    """Say that a start takes too long with nobody saying why, and where to look."""
    return (
        "Still starting a pod, and it takes longer than it should. An administrator can look with: "
        f"kubectl describe agentthread {thread}"
    )


def capacity_text(active: int, most: int, place: int) -> str:
    """Say that all allowed agents are at work, and who is before this message."""
    line = "You are next." if place == 1 else f"You are number {place} in line."
    return f"Waiting for a free agent: {active} of {most} are at work. {line}"


def interrupted_text(partial: str, words: str) -> str:
    """Return what was written before, then why it stopped."""
    return f"{close_code(partial).rstrip()}\n\n{words}" if partial.strip() else words


def _sentence(text: str, otherwise: str) -> str:
    short = shorten(text)
    if not short:
        return otherwise
    return short if short[-1] in ".!?…" else f"{short}."


def shorten(text: str | None, limit: int = _ERROR_LIMIT) -> str:
    """Return the beginning of a text, on one line, in at most `limit` characters."""
    line = " ".join((text or "").split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def count_units(text: str) -> int:
    """Return the length of a text as Telegram counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2
