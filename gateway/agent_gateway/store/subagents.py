"""Sub-agents: who asked for them, how they are, and whether their parent knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from agent_contract.names import SUBAGENT_RUN, build_subagent_name
from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.errors import TurnOver
from agent_gateway.metrics import SUBAGENTS
from agent_gateway.store.chatrows import Button, dump_buttons
from agent_gateway.store.rows import Address, Ending, NewSubAgent, SubAgentRow, Thread, ThreadKind, Turn, TurnState
from agent_gateway.store.session import Room
from agent_gateway.store.subagentrows import SubAgentFacts, build_facts, build_subagent
from agent_gateway.store.threads import build_thread
from agent_gateway.store.turns import build_turn

if TYPE_CHECKING:
    from agent_gateway.store.transaction import Transaction


class SubAgentQueries(Room):
    """Sub-agents. Each has a thread of its own with one run and one turn, its task."""

    async def add(self, new: NewSubAgent) -> SubAgentRow:
        """Record a sub-agent that is wanted; the same call of the same run gives the same one.

        The parent's row must be locked (`lock_thread`): the name's number is the next of its run.
        """
        parent = new.parent
        known = await self._tx.row("subagent_by_call", parent.id, new.parent_run, new.call_id)
        if known is not None:
            return build_subagent(known)
        number, name = await _find_name(self._tx, parent, new.parent_run)
        address = parent.address
        thread = await _add_thread(self._tx, address.chat_id or None, address.topic_id, name, new.task, parent.language)
        await self._tx.execute(
            "add_subagent", thread.id, parent.id, new.parent_uid, new.parent_run, new.call_id, number,
            new.turn_id, new.reply_to, new.task, new.class_name, new.timeout, new.workspace, new.depth, None, "wanted",
        )  # fmt: skip
        limits = new.limits.model_dump_json() if new.limits is not None else None
        await self._tx.execute("want_run", thread.id, SUBAGENT_RUN, None, new.class_name, limits, None)
        self._tx.after(WakeThread(thread.id))
        return build_subagent(await self._tx.row("subagent", thread.id))

    async def ask(self, new: NewSubAgent, most: int, seq: int) -> SubAgentRow | None:
        """Record what a runner asks for, with the acknowledgement; None, and nothing recorded, over `most` of its turn.

        Raises:
            TurnOver: so is the turn that asks: whoever ended it has ended its sub-agents, and would miss this one.
        """
        async with self._session.unit() as tx:
            # the run's row first, as everything of a connection locks it first
            await tx.row("lock_run", new.parent.id, new.parent_run)
            if await tx.row("hold_turn", new.turn_id) is None:
                raise TurnOver
            await tx.subagents.lock_thread(new.parent.id)
            known = await tx.row("subagent_by_call", new.parent.id, new.parent_run, new.call_id)
            asked = await tx.value("count_turn_children", new.parent.id, new.parent_run, new.turn_id)
            if known is None and asked >= most:
                return None
            child = await tx.subagents.add(new)
            await tx.execute("acked", new.parent.id, new.parent_run, seq)
            return child

    async def cancel_call(self, parent_id: int, run: int, seq: int, thread_id: int | None) -> None:
        """Record that a call's sub-agent is not wanted any more, with the acknowledgement."""
        async with self._session.unit() as tx:
            await tx.execute("acked", parent_id, run, seq)
            if thread_id is not None:
                await tx.subagents.cancel(thread_id, "parent")

    async def adopt(self, name: str, uid: str, task: str, class_name: str, seconds: int, depth: int) -> SubAgentRow:
        """Record a sub-agent that somebody made by hand: it has no parent here and no chat."""
        async with self._session.unit() as tx:
            thread = await _add_thread(tx, None, None, name, task, "en")
            await tx.execute(
                "add_subagent", thread.id, None, None, None, None, None, None, None, task, class_name, seconds,
                "Empty", depth, uid, "created",
            )  # fmt: skip
            await tx.execute("want_run", thread.id, SUBAGENT_RUN, uid, class_name, None, None)
            return build_subagent(await tx.row("subagent", thread.id))

    async def give_name_free(self, thread_id: int, name: str) -> None:
        """Let a new resource of the same name have a thread of its own; what the old one said stays."""
        await self._session.execute("rename_thread", thread_id, f"{name}~{thread_id}")

    async def lock_thread(self, thread_id: int) -> None:
        """Let nobody else name a child of a thread before this transaction ends."""
        await self._tx.row("lock_thread", thread_id)

    async def get(self, thread_id: int) -> SubAgentRow | None:
        """Return the sub-agent of a thread."""
        row = await self._session.row("subagent", thread_id)
        return build_subagent(row) if row else None

    async def by_name(self, name: str) -> SubAgentRow | None:
        """Return the sub-agent of a SubAgent's name."""
        row = await self._session.row("subagent_by_name", name)
        return build_subagent(row) if row else None

    async def by_call(self, parent_id: int, run: int, call_id: str) -> SubAgentRow | None:
        """Return what a call asked for."""
        row = await self._session.row("subagent_by_call", parent_id, run, call_id)
        return build_subagent(row) if row else None

    async def children(self, parent_id: int, run: int | None = None) -> list[SubAgentRow]:
        """Return the children of a thread, or of one of its runs, oldest first."""
        return [build_subagent(row) for row in await self._session.rows("children", parent_id, run)]

    async def of_turn(self, parent_id: int, run: int | None, turn_id: int) -> list[SubAgentRow]:
        """Return those that one turn of a run asked for, oldest first."""
        return [build_subagent(row) for row in await self._session.rows("turn_children", parent_id, run, turn_id)]

    async def read_facts(self, thread_id: int) -> SubAgentFacts | None:
        """Return what is decided from; None where the thread is no sub-agent's."""
        row = await self._session.row("subagent_facts", thread_id)
        return build_facts(row) if row else None

    async def family(self, thread_id: int) -> list[SubAgentRow]:
        """Return all below a conversation that are open or ended lately."""
        return [build_subagent(row) for row in await self._session.rows("family", thread_id)]

    async def undelivered(self, parent_id: int) -> list[SubAgentRow]:
        """Return the children that ended and of which the parent's session says nothing yet."""
        return [build_subagent(row) for row in await self._session.rows("undelivered", parent_id)]

    async def created(self, thread_id: int, uid: str) -> None:
        """Record that the resource stands; its run may be held by a pod from now on."""
        async with self._session.unit() as tx:
            await tx.execute("subagent_created", thread_id, uid)
            await tx.execute("want_run", thread_id, SUBAGENT_RUN, uid, None, None, None)
            await tx.execute("write_accepted", thread_id, SUBAGENT_RUN)

    async def refused(self, thread_id: int, pause: float, phase: str, why: str) -> None:
        """Record that its resource could not be made now, why, and how many seconds later the next try may be."""
        async with self._session.unit() as tx:
            await tx.row("write_refused", thread_id, SUBAGENT_RUN, pause, why)
            await tx.execute("subagent_phase", thread_id, phase, None, why)

    async def send_again(self, turn_id: int) -> Turn | None:
        """Count that a delivered task is sent once more; None where it has begun or ended."""
        row = await self._session.row("send_turn_again", turn_id)
        return build_turn(row) if row else None

    async def set_phase(self, thread_id: int, phase: str, reason: str | None, message: str | None) -> None:
        """Remember what was last told of one that is not finished."""
        await self._session.execute("subagent_phase", thread_id, phase, reason, message)

    async def cancel(self, thread_id: int, why: str) -> bool:
        """Record that it shall end; False where it has. Who carries it out may be another gateway."""
        async with self._session.unit() as tx:
            row = await tx.row("cancel_subagent", thread_id, why)
            if row is not None:
                await tx.decisions.withdraw(thread_id)
                tx.after(WakeThread(thread_id))
        return row is not None

    async def cancel_children(self, parent_id: int, why: str, turn_id: int | None = None) -> list[int]:
        """Record that all children of a thread, or of one of its turns, shall end; return their threads' ids."""
        async with self._session.unit() as tx:
            rows = await tx.rows("cancel_children", parent_id, why, turn_id)
            ended = sorted(row["thread_id"] for row in rows)
            for thread_id in ended:
                await tx.decisions.withdraw(thread_id)
            tx.after(*map(WakeThread, ended))
        return ended

    async def finish(
        self, child: SubAgentRow, ending: Ending, report: str | None, seq: int | None = None, cancel: str | None = None
    ) -> bool:
        """End a sub-agent in one transaction: state, turn, history, those below it, report in the chat, acknowledgement.

        Whoever waits for it is told by who looks at it next.

        Args:
            child: It.
            ending: How it ended.
            report: What the chat is told, in Markdown; None where it has no chat.
            seq: The frame of its own runner that this acknowledges.
            cancel: Why its pod must be ended, where that is not on its way.

        Returns:
            False where it had ended already: only the acknowledgement moves.
        """
        async with self._session.unit() as tx:
            row = await tx.row(
                "finish_subagent", child.thread_id, ending.phase, ending.reason, ending.message,
                ending.result, cancel,
            )  # fmt: skip
            if row is not None:
                await _close(tx, child, ending)
                await tx.decisions.withdraw(child.thread_id)
                # behind the end of its turn, so that none is missed that is asked for in this moment
                await tx.subagents.cancel_children(child.thread_id, "parent")
                if report is not None:
                    await _report(tx, child, report)
                tx.after(WakeThread(child.thread_id))
                if child.parent_id is not None:
                    tx.after(WakeThread(child.parent_id))
            if seq is not None:
                await tx.execute("acked", child.thread_id, SUBAGENT_RUN, seq)
        if row is not None:
            SUBAGENTS.labels(ending.phase).inc()
        return row is not None

    async def hand_results(self, thread_ids: Sequence[int], turn_id: int) -> None:
        """Record that a turn's prompt tells these results; they count as delivered once that turn is over."""
        await self._session.execute("hand_results", list(thread_ids), turn_id)

    async def edit_status_message(
        self, thread_id: int, describe: Callable[[SubAgentRow], tuple[str, Sequence[Button]]]
    ) -> bool:
        """Make the status message of one that a person asked for say how it is; False while it is yet to be sent.

        Args:
            thread_id: Of the sub-agent.
            describe: Builds the message's text and buttons. Each state is said once.
        """
        async with self._session.unit() as tx:
            row = await tx.row("lock_subagent", thread_id)
            message = await tx.row("outbox_messages", f"spawned:{thread_id}")
            if row is None or message is None:
                return True
            if not message["message_ids"]:
                return not message["unsent"]
            child = build_subagent(row)
            state = "end" if child.finished_at is not None else f"{child.phase}:{child.reason}"
            text, buttons = describe(child)
            key = f"spawned-{state}:{thread_id}"
            written = await tx.execute("edit_status", f"spawned:{thread_id}", key, text, dump_buttons(buttons))
            if written != "INSERT 0 0":
                tx.after(WakeOutbox())
        return True

    async def family_usage(self, thread_id: int) -> tuple[int, int, int]:
        """Return the tokens of a sub-agent and all below it: input, output, cached."""
        row = await self._session.row("family_usage", thread_id)
        return row["input"], row["output"], row["cached"]


async def _find_name(tx: Transaction, parent: Thread, run: int) -> tuple[int, str]:
    """Return the next number of a run and its name; one that somebody gave by hand is passed over."""
    number = await tx.value("last_child_number", parent.id, run)
    while True:
        number += 1
        name = build_subagent_name(parent.name, run if parent.kind is ThreadKind.CONVERSATION else None, number)
        if await tx.row("subagent_by_name", name) is None:
            return number, name


async def _add_thread(
    tx: Transaction, chat_id: int | None, topic_id: int | None, name: str, task: str, language: str
) -> Thread:
    row = await tx.row("add_child_thread", tx.bot_id, chat_id, topic_id, name, task[:256], language)
    turn = await tx.row("add_turn", row["id"], None, None, None, task, "[]", None, None, "", False)
    await tx.execute("add_message", row["id"], turn["id"], "user", task)
    return build_thread(row)


async def _close(tx: Transaction, child: SubAgentRow, ending: Ending) -> None:
    done = ending.phase == "Succeeded"
    state = (TurnState.DONE if done else TurnState.FAILED).value
    for turn in await tx.rows("end_child_turns", child.thread_id, state, ending.reason):
        await tx.execute("delete_view", turn["id"])
        said = ending.result or ending.message or ""
        await tx.execute("add_message", child.thread_id, turn["id"], "assistant", said)
    if child.parent_id is not None:
        for name in ("drop_copies", "drop_copied_states"):
            await tx.execute(name, child.parent_id, child.parent_run, child.call_id)


async def _report(tx: Transaction, child: SubAgentRow, report: str) -> None:
    thread = await tx.row("thread_by_id", child.thread_id)
    kind = "reply" if child.turn_id is None else "notice"  # the answer of the turn that asked for it is what rings
    address = Address(thread["bot_id"], thread["chat_id"], thread["topic_id"])
    await tx.outbox.put(
        address, report, f"subagent:{child.thread_id}", kind=kind, format="markdown", reply_to=child.reply_to
    )
    tx.after(WakeOutbox())
