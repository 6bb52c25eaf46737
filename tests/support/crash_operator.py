"""Plays operator and nodes: begins the run that is wanted once, ends what is stopped, and writes how it is."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from agent_contract import names
from tests.support.crash_kube import PlayedApi
from tests.support.crash_runner import PlayedRunner
from tests.support.runners import build_pod, make_token

Start = Callable[[str, int, str], PlayedRunner]


class PlayedOperator:
    """Acts on each write of a custom resource at once.

    Args:
        api: Where they stand.
        start: Makes the runner of a pod: name of the thread or sub-agent, run, token.
    """

    def __init__(self, api: PlayedApi, start: Start) -> None:
        self._api = api
        self._start = start
        self._tasks: set[asyncio.Task] = set()
        self.runners: list[PlayedRunner] = []
        self.faults: list[str] = []
        """What a gateway must never ask for, and did."""
        api.on_change = self._changed

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def live(self) -> list[PlayedRunner]:
        """Return the runners whose pods have not ended."""
        return [r for r in self.runners if r.code is None]

    def _changed(self, plural: str, name: str, found: dict[str, Any] | None) -> None:
        if plural not in {names.AGENT_THREADS, names.SUB_AGENTS}:
            return
        if found is None:
            self._end(name)
        elif plural == names.AGENT_THREADS:
            self._see_thread(found)
        else:
            self._see_subagent(found)

    def _end(self, name: str, below: int | None = None) -> None:
        for runner in self.live():
            if runner.thread == name and (below is None or runner.run <= below):
                runner.terminate()

    def _see_thread(self, found: dict[str, Any]) -> None:
        name, spec, status = found["metadata"]["name"], found["spec"], found.get("status", {})
        wanted, known = spec.get("run") or 0, status.get("run", {}).get("number", 0)
        if spec.get("stop"):
            self._end(name, spec["stop"])
        if wanted < known:
            self.faults.append(f"run {wanted} of {name} is wanted after run {known}")
        if wanted <= known or wanted <= (spec.get("stop") or 0):
            return
        if status.get("run") and "finishedAt" not in status["run"]:
            self.faults.append(f"run {wanted} of {name} is wanted while run {known} is open")
            self._end(name, known)
        job = names.build_job_name(name, found["metadata"]["uid"], wanted)
        run = {"number": wanted, "jobName": job, "podName": f"{job}-x", "podUID": f"uid-{job}", "startedAt": _now()}
        earlier = {"previousRun": status["run"]} if "run" in status else {}
        self._write(names.AGENT_THREADS, name, {"phase": "Running", "run": run, **earlier})
        self._begin(names.AGENT_THREADS, name, wanted, job, {})

    def _see_subagent(self, found: dict[str, Any]) -> None:
        name, status = found["metadata"]["name"], found.get("status", {})
        if found["spec"].get("cancel"):
            self._end(name)
        if status.get("phase"):
            return
        job = names.build_job_name(name, found["metadata"]["uid"], names.SUBAGENT_RUN)
        pod = {"jobName": job, "podName": f"{job}-x", "podUID": f"uid-{job}", "startedAt": _now()}
        self._write(names.SUB_AGENTS, name, {"phase": "Running", **pod})
        self._begin(names.SUB_AGENTS, name, names.SUBAGENT_RUN, job, {names.LABEL_SUBAGENT: name})

    def _begin(self, plural: str, name: str, run: int, job: str, labels: dict[str, str]) -> None:
        pod = build_pod(name, run, f"{job}-x", f"uid-{job}", job)
        pod["metadata"]["labels"] |= labels
        token = make_token(f"token-{job}")
        self._api.add_pod(pod, token)
        runner = self._start(name, run, token)
        self.runners.append(runner)
        task = asyncio.create_task(self._follow(plural, runner))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, plural: str, runner: PlayedRunner) -> None:
        code = await runner.live()
        found = self._api.objects.get((plural, runner.thread))
        if found is None:
            return
        status, spec = copy.deepcopy(found.get("status", {})), found["spec"]
        ended = {"finishedAt": _now(), "exitCode": code}
        if plural == names.SUB_AGENTS:
            cancelled = spec.get("cancel") and runner.result is None
            phase = "Cancelled" if cancelled else "Succeeded" if runner.result is not None else "Failed"
            reason = {"Cancelled": "Cancelled", "Succeeded": "Completed", "Failed": "Error"}[phase]
            told = {} if runner.result is None else {"result": runner.result}
            self._write(plural, runner.thread, status | ended | {"phase": phase, "reason": reason} | told)
            return
        stopped = (spec.get("stop") or 0) >= runner.run
        reason = "Stopped" if stopped else {0: "IdleTimeout", 69: "GatewayRefused"}.get(code, "Error")
        for key in ("run", "previousRun"):
            if status.get(key, {}).get("number") == runner.run:
                status[key] |= ended | {"reason": reason}
        self._write(plural, runner.thread, status | {"phase": "Idle"})

    def _write(self, plural: str, name: str, status: dict[str, Any]) -> None:
        found = copy.deepcopy(self._api.objects[plural, name])
        found["status"] = status
        self._api.put(plural, found)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
