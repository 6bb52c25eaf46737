"""The checker's table and its end: pure over a snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dev.chaos.remains import Remains, find_remains
from dev.chaos.snapshot import Snapshot
from dev.chaos.verdicts import (
    FileVerdict,
    Judged,
    Misplaced,
    Verdict,
    count_reports,
    find_disorder,
    find_misplaced,
    judge_messages,
)

_NAMED = (Verdict.DOUBLED, Verdict.OTHERWISE, Verdict.PLAIN, Verdict.STUCK, Verdict.LOST)
"""Verdicts whose questions are named one by one."""
_MOST_NAMED = 40
"""Lines of ids of one kind."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that the checker found.

    Attributes:
        judged: Each question.
        misplaced: Messages in a wrong chat or topic.
        disorder: Chats or topics that do not read in order, and the questions whose answer stands too high.
        remains: What is left in Postgres and in the cluster.
        reports: How many reports of each finished sub-agent stand in its chat.
        short: What there was too little of, in words.
    """

    judged: tuple[Judged, ...]
    misplaced: tuple[Misplaced, ...]
    disorder: tuple[tuple[str, tuple[int, ...]], ...]
    remains: Remains
    reports: Mapping[str, int]
    short: tuple[str, ...]

    def reports_by(self, *, doubled: bool) -> tuple[str, ...]:
        """Return the sub-agents whose report stands more than once, or not at all."""
        return tuple(name for name, count in self.reports.items() if (count > 1 if doubled else count == 0))

    @property
    def failures(self) -> tuple[str, ...]:
        """Return why the run counts as failed: nothing where it does not."""
        verdicts = Counter(j.verdict for j in self.judged)
        files = sum(j.file is FileVerdict.LOST for j in self.judged)
        left = self.remains
        counts = {
            "lost": verdicts[Verdict.LOST], "files lost": files, "wrong place": len(self.misplaced),
            "stuck": len(left.stuck_turns) + len(left.stuck_rows),
            "leaked slots": len(left.leaked_slots), "orphans": len(left.orphans),
        }  # fmt: skip
        return (*(f"{count} {words}" for words, count in counts.items() if count), *self.short)


def judge(snapshot: Snapshot) -> Judgement:
    """Check a snapshot."""
    judged = judge_messages(snapshot)
    disorder = {_name(*venue): keys for venue, keys in find_disorder(judged).items()}
    return Judgement(
        judged, find_misplaced(snapshot), tuple(sorted(disorder.items())), find_remains(snapshot),
        count_reports(snapshot), _find_short(snapshot),
    )  # fmt: skip


def _find_short(snapshot: Snapshot) -> tuple[str, ...]:
    asked = sum(said.kind.asks for said in snapshot.said)
    killed = sum(fault.kill and fault.done for fault in snapshot.faults)
    short = []
    if asked < snapshot.wanted_messages:
        short.append(f"only {asked} of {snapshot.wanted_messages} questions were asked")
    if killed < snapshot.wanted_kills:
        short.append(f"only {killed} of {snapshot.wanted_kills} kills happened")
    return tuple(short)


def describe(snapshot: Snapshot, judgement: Judgement) -> str:
    """Return the table and, for what is not as it should be, the ids."""
    return "\n".join([*_describe_counts(snapshot, judgement), *_describe_ids(judgement), _describe_end(judgement)])


def _describe_counts(snapshot: Snapshot, judgement: Judgement) -> Iterable[str]:
    asked = Counter(j.said.kind for j in judgement.judged)
    yield f"\nchaos: seed {snapshot.seed}, {snapshot.minutes:g} min"
    yield f"  at rest after {snapshot.settle_seconds:.0f} s" if snapshot.rested else "  NOT at rest in time"
    yield from _rows("questions", {str(kind): asked[kind] for kind in asked})
    done = Counter(f.name for f in snapshot.faults if f.done and f.kill)
    yield from _rows("kills", done)
    yield from _rows("other faults", Counter(f.name for f in snapshot.faults if f.done and not f.kill))
    yield from _rows("not possible", Counter(f.name for f in snapshot.faults if not f.done))
    verdicts = Counter(j.verdict for j in judgement.judged)
    yield from _rows("verdicts", {str(v): verdicts[v] for v in Verdict})
    files = Counter(j.file for j in judgement.judged if j.file is not None)
    yield from _rows("files", {str(v): files[v] for v in FileVerdict})
    left = judgement.remains
    yield from _rows(
        "left",
        {
            "in a wrong place": len(judgement.misplaced), "chats out of order": len(judgement.disorder),
            "messages beside an answer": sum(len(j.beside) for j in judgement.judged),
            "reports doubled": len(judgement.reports_by(doubled=True)),
            "reports missing": len(judgement.reports_by(doubled=False)),
            "stuck turns": len(left.stuck_turns), "stuck rows": len(left.stuck_rows),
            "leaked slots": len(left.leaked_slots), "orphans": len(left.orphans),
            "undeliverable": len(left.undeliverable),
        },
    )  # fmt: skip


def _rows(title: str, counts: dict[str, int]) -> Iterable[str]:
    if counts:
        yield f"  {title} ({sum(counts.values())})" if title != "left" else "  what else was found"
    for words, count in (
        sorted(counts.items()) if title in {"kills", "other faults", "not possible"} else counts.items()
    ):
        yield f"    {words:<36} {count:5}"


def _describe_ids(judgement: Judgement) -> Iterable[str]:
    for verdict in _NAMED:
        yield from _ids(verdict, [_question(j) for j in judgement.judged if j.verdict is verdict])
    for file in (FileVerdict.DOUBLED, FileVerdict.LOST):
        yield from _ids(file, [_question(j) for j in judgement.judged if j.file is file])
    places = [f"question {m.key} in message {m.message_id} of {_name(m.chat, m.topic)}" for m in judgement.misplaced]
    yield from _ids("in a wrong place", places)
    beside = [f"{_question(j)}: messages {', '.join(map(str, j.beside))}" for j in judgement.judged if j.beside]
    yield from _ids("beside an answer", beside)
    order = [f"{venue}: questions {', '.join(map(str, keys))}" for venue, keys in judgement.disorder]
    yield from _ids("out of order", order)
    yield from _ids("reports doubled", judgement.reports_by(doubled=True))
    yield from _ids("reports missing", judgement.reports_by(doubled=False))
    left = judgement.remains
    yield from _ids("stuck", [*left.stuck_turns, *left.stuck_rows])
    yield from _ids("leaked slots", left.leaked_slots)
    yield from _ids("orphans", left.orphans)
    yield from _ids("undeliverable", left.undeliverable)


def _ids(title: str, lines: Sequence[str]) -> Iterable[str]:
    if lines:
        yield f"  {title}:"
        yield from (f"    {line}" for line in lines[:_MOST_NAMED])
    if len(lines) > _MOST_NAMED:
        yield f"    and {len(lines) - _MOST_NAMED} more"


def _question(judged: Judged) -> str:
    said = judged.said
    unheard = f"; the answer to the sending of {', '.join(map(str, judged.unheard))} was lost" if judged.unheard else ""
    return f"question {said.key} ({said.kind}), message {said.message_id} of {_name(said.chat, said.topic)}{unheard}"


def _name(chat: int, topic: int | None) -> str:
    return f"{chat}" if topic is None else f"{chat}/{topic}"


def _describe_end(judgement: Judgement) -> str:
    return f"  NOT sound: {'; '.join(judgement.failures)}" if judgement.failures else "  sound"
