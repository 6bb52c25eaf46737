"""Have an agent's bash tool do attacks, and hear of each as it ends."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dev.attack.archive import build_archive
from dev.attack.inside.__main__ import TURN
from dev.attack.inside.base import ATTACKS, Facts, Outcome, Result, held, opened, untried
from dev.attack.system import Chat, System
from dev.release import wait_until

COMMAND: Final = "bash: /opt/venv/bin/python inbox/{file} {results} {names}"
Find = Callable[[Chat], str | None]
START_SECONDS: Final = 90.0
"""That a pod may take until its agent runs a tool."""
MOST_PAUSE: Final = 2.5
"""Seconds in which the gateway answers, whatever one pod does; twice that is waited where the machine itself is busy."""
MOST_GROWTH: Final = 200 << 20
"""Bytes that the gateway's memory may grow by one attack."""


@dataclass(frozen=True, slots=True)
class Struck:
    """What became of one attack, with the time in which it was done (of `time.time`) and its turn."""

    name: str
    outcome: Outcome
    began: float = 0.0
    ended: float = 0.0
    turn: int = 0


@dataclass(slots=True)
class Heard:
    """The lines that the program in the pod wrote."""

    began: dict[str, float] = field(default_factory=dict)
    done: dict[str, Struck] = field(default_factory=dict)
    here: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def take(self, line: str) -> None:
        """Know one more line."""
        try:
            value: dict[str, Any] = json.loads(line)
        except ValueError:
            return  # the end of a line that was cut with its pod
        self.here.set()
        if value.get("here"):
            return
        if value.get("end"):
            self.over.set()
            return
        name, began = str(value["name"]), float(value["began"])
        self.began[name] = began
        if "result" in value:
            outcome = Outcome(Result(value["result"]), str(value["words"]))
            self.done[name] = Struck(name, outcome, began, float(value["ended"]))


STOPPED: Final = "work_volume_stopped"
"""Stands in the runner's log where it ended what filled the volume."""


class Striker:
    """Brings the attacks into pods.

    Args:
        system: What is attacked.
        facts: What the attacker knows.
    """

    def __init__(self, system: System, facts: Facts) -> None:
        self._system = system
        self.facts = facts

    def strike(
        self, chat: Chat, names: Sequence[str], command: str = COMMAND, find: Find | None = None, **more: Any
    ) -> Mapping[str, Struck]:
        """Do attacks in a chat's pod, one after the other, and return what became of each.

        Args:
            chat: Whose agent does them.
            names: Of the attacks.
            command: That the agent is told to run: with `{file}`, `{results}` and `{names}`.
            find: Finds the pod that does them, where it is another than the chat's own.
            more: What else the attacker knows: fields of the facts.
        """
        system = self._system
        facts = dataclasses.replace(self.facts, **more)
        find = find or system.find_pod
        limit = (sum(ATTACKS[name].seconds for name in names) + 20) * facts.patience
        begins = START_SECONDS * facts.patience
        results = f"/workspace/.results-{secrets.token_hex(4)}"
        words = command.replace("{results}", f"{results}.jsonl").replace("{names}", " ".join(names))
        message = system.bring(chat, build_archive(facts), words)
        heard, sent = Heard(), time.time()
        try:
            pod = str(wait_until("the attacker's pod", lambda: find(chat), begins))
            turn = int(wait_until("the attacker's turn", lambda: system.find_turn(chat, message), begins))
        except TimeoutError as error:
            return {name: Struck(name, untried(str(error))) for name in names}
        follower = threading.Thread(
            target=self._follow, args=(pod, f"{results}.jsonl", heard, sent + begins + limit), daemon=True
        )
        follower.start()
        heard.here.wait(begins)
        system.exec(pod, "sh", "-c", f"echo {turn} > {results}{TURN}")
        heard.over.wait(begins + limit)
        heard.over.set()
        follower.join(timeout=10)
        return {name: dataclasses.replace(self._read(name, heard, chat, pod), turn=turn) for name in names}

    def _follow(self, pod: str, path: str, heard: Heard, until: float) -> None:
        """Hear a pod's program until its end, the pod's, or a time."""
        while not heard.over.is_set() and time.time() < until:
            with self._system.follow(pod, path) as following:
                ender = threading.Thread(target=_end_when_over, args=(following, heard.over), daemon=True)
                ender.start()
                for line in following.stdout or ():
                    heard.take(line)
            ender.join(timeout=1)
            # a busy API server may not answer once: that is no end
            if not self._runs(pod) and not heard.over.wait(2.0) and not self._runs(pod):
                heard.over.set()
            heard.over.wait(0.5)

    def _runs(self, pod: str) -> bool:
        return (
            self._system.kubectl("get", "pod", pod, "-o", "jsonpath={.status.phase}", check=False).strip() == "Running"
        )

    def _read(self, name: str, heard: Heard, chat: Chat, pod: str) -> Struck:
        struck = heard.done.get(name)
        if struck is not None:
            return self.weigh(struck)
        began = heard.began.get(name)
        if began is None:
            return Struck(name, untried("it was not begun: the run had ended, or the pod's tool did not run"))
        phase = self._system.kubectl("get", "pod", pod, "-o", "jsonpath={.status.phase}", check=False).strip()
        stopped = phase == "Running" and STOPPED in self._system.kubectl("logs", pod, check=False)
        outcome = judge_end(ATTACKS[name].alone, phase, self._system.status(chat).get("run", {}), stopped=stopped)
        made = Struck(name, outcome, began, time.time())
        return made if outcome.result is Result.UNTRIED else self.weigh(made)

    def weigh(self, struck: Struck) -> Struck:
        """Return an attack as open that held the gateway up, however it ended by itself."""
        worst = self._system.watch.find_worst(struck.began, struck.ended + 1)
        before = self._system.watch.find_worst(struck.began - 3, struck.began)
        growth = worst.memory - before.memory if before.memory else 0
        if worst.pause > MOST_PAUSE * self.facts.patience and worst.pause > 2 * before.pause:
            return dataclasses.replace(
                struck, outcome=opened(f"the gateway stood still for {worst.pause:.1f} s; {struck.outcome.words}")
            )
        if growth > MOST_GROWTH:
            return dataclasses.replace(
                struck, outcome=opened(f"the gateway grew by {growth >> 20} MiB; {struck.outcome.words}")
            )
        return struck


def judge_end(alone: bool, phase: str, run: Mapping[str, Any], *, stopped: bool) -> Outcome:
    """Say what became of an attack that told no end.

    Args:
        alone: It has its run to itself.
        phase: Of the pod; empty where it is gone.
        run: Of the AgentThread's status.
        stopped: The runner ended what ran in the pod, as its volume was full.
    """
    if alone and phase == "Running" and stopped:
        return held("the runner stopped all that ran: the volume was full")
    if phase == "Running" or not alone:
        return untried(f"it did not end (the pod: {phase or 'gone'})")
    words = f"the run was ended: {run.get('reason') or phase or 'its pod is gone'} {run.get('message', '')}".strip()
    return held(words[:160])


def _end_when_over(following: subprocess.Popen[str], over: threading.Event) -> None:
    """End a follower when all is heard."""
    while following.poll() is None:
        if over.wait(0.2):
            with contextlib.suppress(OSError):
                following.terminate()
            return
