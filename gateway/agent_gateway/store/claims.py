"""Claims: which pod of a warm pool was given to which run."""

from __future__ import annotations

from dataclasses import dataclass

from agent_contract.terms import Timeouts
from agent_contract.warm import ClaimedModel
from agent_gateway.store.rows import ModelChoice, Run, Thread, Turn
from agent_gateway.store.runs import build_run
from agent_gateway.store.session import Room
from agent_gateway.store.turns import build_turn
from agent_gateway.way import note_given


class NothingWaits(Exception):
    """No turn can be given to a run now, so that none is claimed."""


@dataclass(frozen=True, slots=True)
class WarmPod:
    """A pod of a warm pool, as the API server tells it.

    Attributes:
        pod_name: Its name.
        pod_uid: Its UID.
        job_name: Of the Job that controls it.
        class_name: Whose pool.
        hash: What it was made of.
    """

    pod_name: str
    pod_uid: str
    job_name: str
    class_name: str
    hash: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """A run that is to begin in a pod that waits.

    Attributes:
        number: Which.
        thread_uid: UID of its AgentThread; None where there is none yet.
        limits: What it is promised.
        chosen: What people chose of its model.
        model: Its model by that, where it is not its class's.
    """

    number: int
    thread_uid: str | None
    limits: Timeouts | None
    chosen: ModelChoice
    model: ClaimedModel | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What was recorded of a claim.

    Attributes:
        thread: The conversation, as it stood then.
        run: The run, which is live.
        turn: The turn that it was given.
        model: Its model, where that is not its class's.
    """

    thread: Thread
    run: Run
    turn: Turn
    model: ClaimedModel | None


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """Whose a pod is.

    Attributes:
        thread_id: Whose run.
        run: Which.
        job_name: Of the pod.
        model: Of the run, where that is not its class's.
    """

    thread_id: int
    run: int
    job_name: str
    model: ClaimedModel | None


class ClaimQueries(Room):
    """Claims."""

    async def claim(self, thread_id: int, begins: Beginning, pod: WarmPod) -> Claim:
        """Give a run to a pod, and the oldest waiting turn to the run; part of a transaction.

        Raises:
            NothingWaits: no turn can be given, be it as another model was chosen since; the transaction has to be rolled back.
            Refused: the pod, or the number, was somebody's before.
        """
        tx, number = self._tx, begins.number
        model = None if begins.model is None else begins.model.model_dump_json(by_alias=True, exclude_none=True)
        told = None if begins.limits is None else begins.limits.model_dump_json()
        row = await tx.row(
            "claim_run", thread_id, number, begins.thread_uid, pod.class_name, told, pod.pod_name, pod.pod_uid,
            pod.job_name, model, begins.chosen.model, begins.chosen.thinking,
        )  # fmt: skip
        turn, thread = await tx.row("deliver_next", thread_id, number), await tx.threads.by_id(thread_id)
        if turn is None or thread is None:
            raise NothingWaits
        return Claim(thread, build_run(row), build_turn(note_given(turn)), begins.model)

    async def of_pod(self, pod_uid: str) -> ClaimRow | None:
        """Return whose a pod is; None where it is nobody's."""
        row = await self._session.row("claim_of_pod", pod_uid)
        if row is None:
            return None
        model = ClaimedModel.model_validate_json(row["model"]) if row["model"] else None
        return ClaimRow(row["thread_id"], row["run"], row["job_name"], model)
