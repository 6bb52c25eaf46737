"""Tells in the chat what became of the files of a conversation: by one answer, or by all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from agent_gateway.diffs.compare import Comparer
from agent_gateway.diffs.report import NoDiff, Report, read_report
from agent_gateway.effects import WakeOutbox
from agent_gateway.metrics import LIMITS
from agent_gateway.render.foreign import spell_hidden
from agent_gateway.runners.looks import Looks
from agent_gateway.store import Store
from agent_gateway.store.chatrows import Button, Urgency
from agent_gateway.store.jobs import Job
from agent_gateway.store.kept import KeptState, Since
from agent_gateway.wording import keys
from agent_gateway.wording.diffs import MEDIA_TYPE, build_summary
from agent_gateway.wording.export import patch_name


class Scope(StrEnum):
    """Since when files are compared."""

    TURN = "turn"
    ALL = "all"


DATA: Final = "df:"
"""Buttons that show the other scope begin with it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is told.

    Attributes:
        title: What is compared with what.
        report: What became of the files; None where there is nothing to tell of.
        notes: What is to be known of it.
    """

    title: str
    report: Report | None
    notes: Sequence[str] = ()


class Diffing:
    """Carries jobs of this kind out. One that is broken off begins anew."""

    def __init__(self, store: Store, comparer: Comparer, looks: Looks) -> None:
        self._store = store
        self._comparer = comparer
        self._looks = looks

    async def work(self, job: Job) -> bool:
        """Look, and tell; True, as nothing is left then."""
        language, scope = str(job.progress["language"]), Scope(job.progress["scope"])
        try:
            found = await self._find(job.thread_id, scope, language)
        except NoDiff:
            LIMITS.labels("diff-unread").inc()
            found = Found(keys.diff_unread(language), None)
        await self._tell(job, found, scope, language)
        return True

    async def _find(self, thread_id: int, scope: Scope, language: str) -> Found:
        if scope is Scope.TURN:
            return await self._compare(thread_id, scope, language)
        if not self._looks.can_ask(thread_id):
            return await self._compare(thread_id, scope, language, keys.diff_no_agent(language))
        told = await self._looks.ask(thread_id, "changes")
        if not told:
            return await self._compare(thread_id, scope, language, keys.diff_no_branch(language))
        report = await asyncio.to_thread(read_report, told)
        return Found(_describe_bases(report, language), report)

    async def _compare(self, thread_id: int, scope: Scope, language: str, *notes: str) -> Found:
        """Compare the files that are kept."""
        states = await self._store.kept.list_states(thread_id)
        if not states:
            return Found(keys.diff_none(language), None)
        newest = states[0]
        before = _find_before(states) if scope is Scope.TURN else states[-1]
        since = await self._store.kept.since(thread_id, newest.turn_id)
        report = await self._comparer.compare(before.id if before is not None else None, newest.id)
        title = keys.diff_title_turn(language) if scope is Scope.TURN else keys.diff_title_kept(language)
        new = [keys.diff_new(language)] if before is None else []
        return Found(title, report, [*notes, *new, *_describe_since(since, language, scope)])

    async def _tell(self, job: Job, found: Found, scope: Scope, language: str) -> None:
        report = found.report
        if report is None:
            await self._put(job, found.title, (), None, "")
            return
        summary = build_summary(language, found.title, report, found.notes)
        file_id = None
        if not summary.whole and report.patch:
            file_id = await self._write_patch(job.thread_id, scope, report)
        other = Scope.ALL if scope is Scope.TURN else Scope.TURN
        words = keys.diff_button_all(language) if other is Scope.ALL else keys.diff_button_turn(language)
        caption = _describe_patch(report, language)
        await self._put(job, summary.text, (Button(words, f"{DATA}{other}"),), file_id, caption)

    async def _write_patch(self, thread_id: int, scope: Scope, report: Report) -> int:
        thread = await self._store.threads.by_id(thread_id)
        name = patch_name(thread.name if thread is not None else "files", scope)
        writer = await self._store.history.begin_text(thread_id, name, MEDIA_TYPE)
        await writer.write(report.patch)
        await writer.finish()
        return writer.file_id

    async def _put(
        self, job: Job, text: str, buttons: Sequence[Button], file_id: int | None, caption: str
    ) -> None:  # fmt: skip
        ids = _read_edited(job.progress)
        async with self._store.transaction() as tx:
            if await tx.jobs.hold(job.id) is None:
                return
            await tx.outbox.put(
                job.address, text, f"diff:{job.id}", format="markdown", reply_to=job.message_id, message_ids=ids,
                buttons=buttons,
            )  # fmt: skip
            if file_id is not None:
                reply_to = job.message_id or next(iter(ids), None)
                await tx.outbox.put(
                    job.address, caption, f"diff:{job.id}:patch", reply_to=reply_to, file_id=file_id,
                    urgency=Urgency.NOTICE,
                )  # fmt: skip
            await tx.jobs.end(job.id)
            tx.after(WakeOutbox())


def _find_before(states: Sequence[KeptState]) -> KeptState | None:
    """Return the newest state that is of another turn than the first one; of one turn there are two where two runs had it."""
    newest = states[0]
    others = (state for state in states[1:] if state.turn_id != newest.turn_id or newest.turn_id is None)
    return next(others, None)


def _describe_bases(report: Report, language: str) -> str:
    bases = [spell_hidden(base).replace("`", "'") for base in report.bases if base]
    return keys.diff_title_branch(language, base=", ".join(bases)) if bases else keys.diff_title_begin(language)


def _describe_since(since: Since, language: str, scope: Scope) -> list[str]:
    notes = []
    if since.late:
        notes.append(keys.diff_late(language))
    elif since.turns > since.at_work and scope is Scope.TURN:
        notes.append(keys.diff_unchanged_turn(language))
    return [*notes, *([keys.diff_at_work(language)] if since.at_work else [])]


def _describe_patch(report: Report, language: str) -> str:
    told = sum(1 for one in report.files if one.end > one.start)
    words = keys.diff_patch(language, count=told)
    return words if told == report.count else f"{words} {keys.diff_cut(language)}"


def _read_edited(progress: Mapping[str, Any]) -> list[int]:
    edited = progress.get("edited")
    return [int(edited)] if edited is not None else []
