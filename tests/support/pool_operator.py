"""Plays the operator of a warm pool: pods that wait, claims that it takes over or refuses, and its own deaths."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

from agent_contract import names, wire
from tests.support.crash_kube import PlayedApi
from tests.support.crash_operator import PlayedOperator, _now
from tests.support.crash_runner import Home, PlayedRunner
from tests.support.runners import POOL_HASH, build_warm_pod, make_token

Note = Callable[[str, int], None]
"""Told of each turn that was answered, and whose it is."""


class WarmRunner(PlayedRunner):
    """A pod of the pool: it is whose the first welcome says, answers one turn and leaves."""

    def __init__(self, home: Home, token: str, note: Note) -> None:
        super().__init__(home, "", 0, token, one_turn=False)
        self._note = note
        self.welcomes: set[tuple[str, int]] = set()
        """Which runs it was told that it is."""

    def _hello(self) -> wire.Hello:
        return super()._hello().model_copy(update={"warm": not self.welcomes})

    def _take(self, frame: wire.GatewayFrame) -> None:
        if isinstance(frame, wire.Welcome):
            self.welcomes.add((frame.thread, frame.run))
            self.thread, self.run = frame.thread, frame.run
        super()._take(frame)

    async def _work(self) -> None:
        await answer_and_leave(self, self._note)


class ColdRunner(PlayedRunner):
    """A pod that was made for its run, which does the same."""

    def __init__(self, home: Home, thread: str, run: int, token: str, note: Note) -> None:
        super().__init__(home, thread, run, token, one_turn=False)
        self._note = note

    async def _work(self) -> None:
        await answer_and_leave(self, self._note)


async def answer_and_leave(runner: PlayedRunner, note: Note) -> None:
    """Answer each turn at once, and ask to leave."""
    while True:
        turn = await runner._waiting.get()
        runner.turn = turn.id
        runner.event(wire.TurnStarted())
        runner.event(wire.MessageDone(message=0, text=f"An answer to {turn.text}."))
        runner.event(wire.TurnSettled())
        runner.turn = None
        note(runner.thread, turn.id)
        if not runner._leaving:
            runner._leaving = True
            runner.add(lambda seq: wire.Leave(seq=seq, reason="idle"))


class PoolOperator(PlayedOperator):
    """Keeps so many pods waiting, and takes over those that are claimed. It forgets pods that have ended.

    Args:
        api: Where everything stands.
        home: Where runners live.
        replicas: How many pods wait.
    """

    def __init__(self, api: PlayedApi, home: Home, replicas: int) -> None:
        super().__init__(api, lambda name, run, token: ColdRunner(home, name, run, token, self.note_answer))
        self._home, self._replicas = home, replicas
        self.made = self.refused = 0
        self.refuse_next = False
        """It refuses the next claim, as one would whose Job is gone."""
        self.jobs: dict[str, WarmRunner] = {}
        self.ended: dict[str, int] = {}
        """Exit codes of pods of the pool, by Job."""
        self.taken: dict[str, tuple[str, int]] = {}
        """Whose a Job is, as it stands on its pod."""
        self.made_for: set[tuple[str, int]] = set()
        """Runs that a pod was made for."""
        self.answers: Counter[str] = Counter()
        """How often each thread was answered."""
        self._up = asyncio.Event()
        self._up.set()

    def note_answer(self, thread: str, _turn: int) -> None:
        """Count an answer."""
        self.answers[thread] += 1

    def busy(self) -> set[str]:
        """Return the threads whose pods have not ended."""
        return {runner.thread for runner in self.live()}

    def fill(self) -> None:
        """Make what is missing."""
        waiting = sum(1 for job, one in self.jobs.items() if job not in self.taken and not one.welcomes)
        for _ in range(self._replicas - waiting):
            self.made += 1
            pod = build_warm_pod(self.made)
            job = pod["metadata"]["ownerReferences"][0]["name"]
            token = make_token(f"token-{job}")
            self._api.add_pod(pod, token)
            runner = self.jobs[job] = WarmRunner(self._home, token, self.note_answer)
            self.runners.append(runner)
            self._spawn(self._live(job, runner))

    async def die(self, seconds: float) -> None:
        """Know nothing any more, hear nothing for a while, and find out anew what is."""
        self._up.clear()
        self.taken.clear()
        await asyncio.sleep(seconds)
        for (plural, _), found in list(self._api.objects.items()):
            labels = found["metadata"].get("labels", {})
            if plural == "pods" and names.LABEL_POOL in labels and names.LABEL_RUN in labels:
                job = found["metadata"]["ownerReferences"][0]["name"]
                self.taken[job] = labels[names.LABEL_THREAD], int(labels[names.LABEL_RUN])
        for job in self.ended.keys() & self.taken.keys():  # what is over is known before anything is acted upon
            self._tell_end(job)
        self._up.set()
        for (plural, name), found in list(self._api.objects.items()):
            if plural == names.AGENT_THREADS:
                self._changed(plural, name, found)
        self.fill()

    def _changed(self, plural: str, name: str, found: dict[str, Any] | None) -> None:
        if self._up.is_set():
            super()._changed(plural, name, found)

    def _see_thread(self, found: dict[str, Any]) -> None:
        name, spec, status = found["metadata"]["name"], found["spec"], found.get("status", {})
        wanted, known = spec.get("run") or 0, status.get("run", {}).get("number", 0)
        claim = spec.get("claim")
        if wanted <= known or wanted <= (spec.get("stop") or 0):
            super()._see_thread(found)
        elif claim is None or claim["run"] != wanted:
            self.made_for.add((name, wanted))
            super()._see_thread(found)
        else:
            self._take_over(name, wanted, claim, status)

    def _take_over(self, name: str, wanted: int, claim: dict[str, Any], status: dict[str, Any]) -> None:
        job, run = claim["jobName"], {"number": wanted}
        earlier = {"previousRun": status["run"]} if "run" in status else {}
        known = job in self.jobs or job in self.ended
        mine = self.taken.get(job, (name, wanted)) == (name, wanted)
        if self.refuse_next or not (known and mine and claim["podUid"] == f"uid-{job}"):
            self.refused, self.refuse_next = self.refused + 1, False
            over = run | {"finishedAt": _now(), "reason": "ClaimRefused", "message": "Its pod is none of the pool."}
            self._write(names.AGENT_THREADS, name, {"phase": "Failed", "run": over, **earlier})
            if mine and job in self.jobs:
                self.jobs[job].terminate()
            return
        self.taken[job] = name, wanted
        pod = copy.deepcopy(self._api.objects["pods", f"{job}-x"])
        pod["metadata"]["labels"] |= {names.LABEL_THREAD: name, names.LABEL_RUN: str(wanted)}
        self._api.put("pods", pod)
        run |= {"jobName": job, "podName": f"{job}-x", "podUid": f"uid-{job}", "startedAt": _now()}
        self._write(names.AGENT_THREADS, name, {"phase": "Running", "run": run, **earlier})
        self.fill()
        if job in self.ended:  # it was over before it was taken over
            self._tell_end(job)

    async def _live(self, job: str, runner: WarmRunner) -> None:
        code = await runner.live()
        if len(runner.welcomes) > 1:
            self.faults.append(f"the pod of {job} was told that it is {sorted(runner.welcomes)}")
        self.ended[job] = code
        del self.jobs[job]
        self.runners.remove(runner)
        if self._up.is_set():
            if job in self.taken:
                self._tell_end(job)
            self.fill()

    def _tell_end(self, job: str) -> None:
        thread, number = self.taken.pop(job)
        self._api.objects.pop(("pods", f"{job}-x"), None)
        found = self._api.objects.get((names.AGENT_THREADS, thread))
        status = copy.deepcopy(found.get("status", {})) if found is not None else {}
        for key in ("run", "previousRun"):
            if status.get(key, {}).get("number") == number and "finishedAt" not in status[key]:
                reason = {0: "IdleTimeout", 69: "GatewayRefused"}.get(self.ended[job], "Error")
                status[key] |= {"finishedAt": _now(), "exitCode": self.ended[job], "reason": reason}
                phase = {"phase": "Idle"} if key == "run" else {}
                self._write(names.AGENT_THREADS, thread, status | phase)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def build_pool_class(found: dict[str, Any]) -> dict[str, Any]:
    """Return a class with a warm pool, as its operator tells of it."""
    metadata = found["metadata"] | {"uid": "class-uid"}
    return found | {"metadata": metadata, "status": {"warmPool": {"hash": POOL_HASH}}}
