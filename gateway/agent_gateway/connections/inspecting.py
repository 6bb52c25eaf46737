"""What is found out about a push before it goes on: whether it moves forward, which workflows it changes, and what else."""

from __future__ import annotations

from typing import Final

from agent_gateway.connections.fronts import FRONT_BYTES, Front, FrontRoom
from agent_gateway.connections.held import MOST_REFS, Change
from agent_gateway.connections.looking import Looker, Place
from agent_gateway.connections.packs import Proof
from agent_gateway.connections.pushes import Command, Kind
from agent_gateway.connections.rules import Verdict
from agent_gateway.connections.underway import Reading, Receiving
from agent_gateway.connections.upstream import Upstream

HEAD_BYTES: Final = 4 << 20
"""How far a pack's commits are looked for."""
MOST_COMMITS: Final = 20
"""Commits that a person is shown."""
_MOST_WATCHED: Final = 8
"""Commits of one push whose workflow files are looked at."""
_TOLD: Final = 3
"""Workflow files that a refusal names."""
_NO_FORWARD: Final = "not a fast-forward, and history may not be written anew here: fetch first"
_UNTOLD: Final = "it cannot be told whether this changes workflow files, which an agent may not: push less at once"


class Inspector:
    """Finds it out.

    Args:
        upstream: Asks git servers.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._looker = Looker(upstream)
        self._room = FrontRoom()

    def close(self) -> None:
        """End what works for it."""
        self._looker.close()

    async def judge(
        self, receiving: Receiving, reading: Reading, verdict: Verdict
    ) -> dict[Command, tuple[str, ...] | None]:
        """Add to a verdict what the pack tells; return the workflow files that refs change, None where it cannot be told.

        Refused is what stands for another ref, what is not known to be a fast-forward, and workflow files where the rule
        says so; where it says *Hold*, the verdict asks.
        """
        push, connection, path = reading.push, receiving.connection, receiving.target.path
        if connection.forge == "git":  # forges have none
            refs = [command.ref for command in push.commands]
            aliases = await self._upstream.find_aliases(connection, path, refs, push.object_format)
            verdict.refused |= {ref: f"is only another name for {target}" for ref, target in aliases.items()}
        await self._read(receiving, reading, verdict)
        for command in verdict.unproven:
            proof, border = reading.head.prove(command.old, command.new)
            if proof is Proof.FORWARD:
                continue
            if not await self._upstream.descends(connection, path, command.old, border, push.object_format):
                verdict.refused[command.ref] = _NO_FORWARD
        if verdict.refused or verdict.workflows == "Allow":
            return {}
        return await self._watch(receiving, reading, verdict)

    async def describe(
        self, receiving: Receiving, reading: Reading, workflows: dict[Command, tuple[str, ...] | None]
    ) -> tuple[Change, ...]:
        """Return what a person is shown of a push."""
        place = _place(receiving, reading)
        changes: list[Change] = []
        for number, command in enumerate(reading.push.commands):
            stat = None
            if number < MOST_REFS and command.kind is not Kind.DELETE:
                old = command.old if command.kind is Kind.UPDATE else None
                stat = await self._looker.describe(place, command.new, old)
            forward = reading.head.prove(command.old, command.new)[0] is Proof.FORWARD
            rewrites = command.kind is Kind.UPDATE and not forward
            commits = tuple(reading.head.list_new(command.new, MOST_COMMITS))
            touched = workflows.get(command, ())
            changes.append(Change(command, commits, rewrites, stat, touched or (), touched is None))
        return tuple(changes)

    async def _read(self, receiving: Receiving, reading: Reading, verdict: Verdict) -> None:
        """Read the front of the pack, as far as it must be: only for its commits, or for its files too."""
        watched = verdict.asks or verdict.workflows != "Allow"
        if not reading.push.has_pack or not (watched or verdict.unproven):
            return
        front = reading.front = Front(reading.reader, self._room, receiving.identity.thread_id)
        head, size = reading.head, 0

        def is_wanting() -> bool:
            if any(head.prove(c.old, c.new)[0] is Proof.OPEN for c in verdict.unproven):
                return True
            kept = [c for c in reading.push.commands if c.kind is not Kind.DELETE]
            return verdict.asks and any(c.new not in head.commits for c in kept)

        def see(chunk: bytes) -> bool:
            nonlocal size
            size += len(chunk)
            if size <= HEAD_BYTES and not head.ended and is_wanting():
                head.feed(chunk)
            return not watched and (size > HEAD_BYTES or head.ended or not is_wanting())

        await front.fill(FRONT_BYTES if watched else HEAD_BYTES, see)

    async def _watch(
        self, receiving: Receiving, reading: Reading, verdict: Verdict
    ) -> dict[Command, tuple[str, ...] | None]:
        place = _place(receiving, reading)
        found: dict[Command, tuple[str, ...] | None] = {}
        moved = [command for command in reading.push.commands if command.kind is not Kind.DELETE]
        for number, command in enumerate(moved):
            old = command.old if command.kind is Kind.UPDATE else None
            changed = None
            if number < _MOST_WATCHED:
                changed = await self._looker.find_workflows(place, command.new, old, verdict.workflow_files)
            if changed == ():
                continue
            found[command] = changed
            if verdict.workflows == "Refuse":
                words = f"changes {', '.join(changed[:_TOLD])}, which an agent may not" if changed else _UNTOLD
                verdict.refused[command.ref] = words
            else:
                verdict.asks = True
        return found


def _place(receiving: Receiving, reading: Reading) -> Place:
    front = reading.front.path if reading.front is not None else ""
    return Place(
        receiving.connection, receiving.target.path, reading.push.object_format, front, receiving.identity.thread_id
    )
