"""Sub-agents at a desk: asked for by a running turn, created, connected, and what is told of them."""

from __future__ import annotations

from agent_contract import wire
from agent_contract.names import SUBAGENT_RUN
from agent_gateway.wording.subagents import ChildLine
from tests.support.deciding import begin_in
from tests.support.desk import PERSON
from tests.support.eventually import eventually

TASK = "count the stars"


async def begin(desk, text="begin"):
    """Begin a private conversation whose turn runs in run 1; return its thread, turn and runner."""
    return await begin_in(desk, PERSON, "tg-42", text)


async def ask(desk, thread, turn, call="call-1", *, seq=2, run=1, **fields):
    frame = wire.SubAgentAsk(seq=seq, turn=turn.id, call_id=call, task=fields.pop("task", TASK), **fields)
    refused = await desk.service.ask(thread, run, frame)
    return refused or await desk.store.subagents.by_call(thread.id, run, call)


async def created(desk, name):
    return await eventually(lambda: desk.subagents.whole(name))


async def connect_child(desk, name):
    """Connect the child's runner, and wait until it has its task."""
    await created(desk, name)

    async def known():
        child = await desk.store.subagents.by_name(name)
        return child if child and child.uid == desk.subagents.cached(name).uid else None

    child = await eventually(known)
    thread = await desk.store.threads.by_id(child.thread_id)
    runner = await desk.connect(thread, SUBAGENT_RUN, f"pod-{name}")
    await eventually(lambda: runner.turns)
    return thread, runner


def first_line(desk, turn):
    """Return the line of the first sub-agent below a turn; one without words where there is none yet."""
    return next(iter(desk.views.lines.get(turn.id, ())), ChildLine("", None))


def results(runner):
    return [frame for frame in runner.sent if isinstance(frame, wire.SubAgentResult)]


async def reports(desk):
    rows = await desk.store.pool.fetch(
        "SELECT o.kind, o.text, s.turn_id FROM outbox o JOIN subagents s ON o.dedupe_key = 'subagent:' || s.thread_id "
        "ORDER BY o.id"
    )
    # the answer of /spawn rings and is never given up; of one that a turn asked for the turn's own answer rings
    assert [row["kind"] for row in rows] == ["reply" if row["turn_id"] is None else "notice" for row in rows]
    return [row["text"] for row in rows]
