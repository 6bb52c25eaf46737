"""Pods that wait for a conversation and turn hostile: a program is brought into one, and people write while it is at work."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from agent_contract.names import LABEL_POOL, LABEL_POOL_HASH, LABEL_THREAD, ExitCode
from dev.attack.archive import build_archive, hide
from dev.attack.checks import Scene, check, look
from dev.attack.inside.__main__ import TURN
from dev.attack.inside.base import ATTACKS, Facts, Outcome, Result, decide, held, opened, untried
from dev.attack.inside.waiting import HELD, TAKEN
from dev.attack.outside import MARKER
from dev.attack.strike import Heard, Striker, Struck
from dev.attack.system import Chat, System, build_class
from dev.bench.clouds import call
from dev.progress import step
from dev.release import CommandFailedError, wait_until

WAITING: Final = "waiting"
"""The class with a pool of one."""
_PROGRAM: Final = "/tmp/attack.pyz"  # in the attacked pod
_POSER: Final = "pool-pose"
_ANSWER_SECONDS: Final = 120.0
_GIVEN: Final = "SELECT to_json(count(*)) FROM runs WHERE pod_uid = '{uid}'"
_HELD_BY: Final = "SELECT to_json((SELECT pod_uid FROM runs r JOIN threads h ON h.id = r.thread_id WHERE h.name = '{thread}' ORDER BY number DESC LIMIT 1))"


class Pool:
    """Attacks from pods of a pool.

    Args:
        system: What is attacked.
        striker: Weighs what became of an attack by what the gateway did meanwhile.
        neighbour: Another conversation.
        open_chat: Opens a chat of a class.
        mark: A word that may stand nowhere.
    """

    def __init__(
        self, system: System, striker: Striker, neighbour: Chat, open_chat: Callable[[str], Chat], mark: str
    ) -> None:
        self._system = system
        self._striker = striker
        self._scene = Scene(system, neighbour, mark, 0, neighbour)
        self._open_chat = open_chat
        # what people said elsewhere stands in no pod of nobody's
        self._facts: Facts = dataclasses.replace(
            striker.facts, mark=mark, needles=(*striker.facts.needles, *hide((MARKER,)))
        )

    def run(self, names: Sequence[str], on_struck: Callable[[Struck], None]) -> None:
        """Do some attacks, and tell of each."""
        self._system.kubectl("apply", "-f", "-", stdin=json.dumps(build_class(WAITING, warmPool={"replicas": 1})))
        try:
            before = [name for name in names if name in ATTACKS and not ATTACKS[name].alone]
            if before:
                with step("attacks: pool", 60):
                    for struck in self._before(before).values():
                        on_struck(look(struck, self._scene))
            for name, judge in (("pool-claimed", self._claimed), ("pool-mute", self._mute), ("pool-pose", self._pose)):
                if name in names:
                    with step(f"attack: {name}", 30):
                        on_struck(self._try(name, judge))
        finally:
            self._system.kubectl("delete", "pod", _POSER, "--ignore-not-found", "--wait=false", check=False)
            self._system.kubectl("delete", "agentclass", WAITING, "--ignore-not-found", check=False)

    def _try(self, name: str, judge: Callable[[], Outcome]) -> Struck:
        began = time.time()
        try:
            outcome = judge()
        except (CommandFailedError, TimeoutError, OSError) as error:
            outcome = untried(f"{type(error).__name__}: {error}"[:200])
        return look(self._striker.weigh(Struck(name, outcome, began, time.time())), self._scene)

    def _before(self, names: Sequence[str]) -> Mapping[str, Struck]:
        try:
            pod = self._wait_for_pod()
            return {name: self._striker.weigh(one) for name, one in self._strike(pod, names).items()}
        except (CommandFailedError, TimeoutError, OSError) as error:
            return {name: Struck(name, untried(f"{type(error).__name__}: {error}"[:200])) for name in names}

    def _wait_for_pod(self) -> str:
        return str(wait_until("a pod that waits", self._find_pod, 150))

    def _find_pod(self) -> str | None:
        """Return a pod that the gateway holds and no conversation has."""
        chosen = f"{LABEL_POOL}={WAITING},!{LABEL_THREAD}"
        items = json.loads(self._system.kubectl("get", "pods", "-l", chosen, "-o", "json"))["items"]
        alive = [i["metadata"]["name"] for i in items if "deletionTimestamp" not in i["metadata"]]
        logs = self._system.kubectl
        return next((str(name) for name in alive if '"held"' in logs("logs", name, check=False)), None)

    def _strike(self, pod: str, names: Sequence[str]) -> Mapping[str, Struck]:
        """Bring the program into a pod, run it to its end, and return what became of each attack."""
        system, results = self._system, f"/tmp/results-{secrets.token_hex(4)}"  # in the attacked pod
        packed = base64.b64encode(build_archive(self._facts)).decode()
        system.kubectl("exec", "-i", pod, "--", "sh", "-c", f"base64 -d > {_PROGRAM}", stdin=packed)
        limit = sum(ATTACKS[name].seconds for name in names) + 30
        does = f"echo 0 > {results}{TURN}; exec /opt/venv/bin/python {_PROGRAM} {results}.jsonl {' '.join(names)}"
        system.exec(pod, "sh", "-c", does, timeout=limit)
        heard = Heard()
        for line in system.exec(pod, "cat", f"{results}.jsonl").splitlines():
            heard.take(line)
        lost = untried("nothing was heard of it: its pod had ended, or its program did not run")
        return {name: heard.done.get(name) or Struck(name, lost) for name in names}

    def _begin(self, name: str) -> tuple[str, threading.Thread, dict[str, Struck]]:
        """Have a pod wait in hostile hands; return it once the gateway holds it, what does the attack, and what is told of it."""
        pod, told = self._wait_for_pod(), dict[str, Struck]()
        doing = threading.Thread(target=lambda: told.update(self._strike(pod, [name])), daemon=True)
        doing.start()
        wait_until("a hostile pod that is held", lambda: self._is_there(pod, str(HELD)), 90)
        return pod, doing, told

    def _is_there(self, pod: str, path: str) -> bool:
        return self._system.exec(pod, "sh", "-c", f"test -e {path} && echo yes").strip() == "yes"

    def _uid(self, pod: str) -> str:
        return self._system.kubectl("get", "pod", pod, "-o", "jsonpath={.metadata.uid}").strip()

    def _is_answered(self, chat: Chat, since: int, words: str) -> bool:
        return any(f"Echo: {words}" in str(m["text"]) for m in self._system.answers(chat, since))

    def _claimed(self) -> Outcome:
        """Let two people write at once to a pool of one pod, which is hostile: one has it, and both are answered."""
        system = self._system
        pod, doing, told = self._begin("pool-claimed")
        uid, chats = self._uid(pod), [self._open_chat(WAITING) for _ in range(2)]
        asked = [(chat, system.say(chat, f"hello from {n}"), f"hello from {n}") for n, chat in enumerate(chats)]
        doing.join(ATTACKS["pool-claimed"].seconds + 60)
        for chat, since, words in asked:
            wait_until(
                f"the answer to {words}", lambda c=chat, s=since, w=words: self._is_answered(c, s, w), _ANSWER_SECONDS
            )
        given = system.query(_GIVEN.format(uid=uid))
        for chat in chats:
            system.end(chat)
        inside = told["pool-claimed"].outcome if told else untried("its program told nothing")
        if inside.result is not Result.HELD:
            return inside
        return decide(given == 1, f"{inside.words}; runs that had it: {given}; both people were answered")

    def _mute(self) -> Outcome:
        """Let a person write to a pod that takes the conversation and is silent; they say /stop, and ask again."""
        system = self._system
        pod, _, _ = self._begin("pool-mute")
        uid, chat = self._uid(pod), self._open_chat(WAITING)
        system.say(chat, "are you there")
        wait_until("the claim", lambda: self._is_there(pod, str(TAKEN)), 60)
        system.say(chat, "/stop")
        since, began = system.say(chat, "and now"), time.monotonic()
        try:
            wait_until("the answer", lambda: self._is_answered(chat, since, "and now"), _ANSWER_SECONDS)
        except TimeoutError:
            return opened(f"no answer {_ANSWER_SECONDS:.0f} s after a stop")
        seconds, other = time.monotonic() - began, system.query(_HELD_BY.format(thread=chat.thread))
        system.end(chat)
        return decide(other != uid, f"stopped; another pod answered {seconds:.0f} s later")

    def _pose(self) -> Outcome:
        """Make a pod like one that waits, that no Job of the pool controls, and see whether the gateway holds it."""
        system = self._system
        whole = json.loads(system.kubectl("get", "pod", self._wait_for_pod(), "-o", "json"))
        system.kubectl("create", "-f", "-", stdin=json.dumps(build_poser(whole)))
        with contextlib.suppress(TimeoutError):  # its log tells
            wait_until("its end", lambda: self._phase() in {"Failed", "Succeeded"}, 60)
        if '"held"' in system.kubectl("logs", _POSER, check=False):
            return opened("the gateway holds it as one of the pool")
        code = self._look_at_poser("{.status.containerStatuses[0].state.terminated.exitCode}")
        if code != str(int(ExitCode.REFUSED)):
            return untried(f"it was not refused: {self._phase() or 'gone'}, exit code {code or 'none'}")
        return held("the gateway refused it, and it was never held")

    def _phase(self) -> str:
        return self._look_at_poser("{.status.phase}")

    def _look_at_poser(self, path: str) -> str:
        return self._system.kubectl("get", "pod", _POSER, "-o", f"jsonpath={path}", check=False).strip()


def build_poser(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Build a pod with the spec of one of a pool and the labels that tell which pool it is of, without its Job."""
    spec = {
        k: v
        for k, v in whole["spec"].items()
        if k not in {"nodeName", "priority", "preemptionPolicy", "serviceAccount"}
    }
    labels = {
        k: v for k, v in whole["metadata"]["labels"].items() if "batch.kubernetes.io" not in k and k != "job-name"
    }
    if not {LABEL_POOL, LABEL_POOL_HASH} <= set(labels):
        raise ValueError("the pod that waits has not the labels of a pool")
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": _POSER, "labels": labels}, "spec": spec}


@check("pool-doors", "pool-hello", "pool-speaks", "pool-claimed")
def nothing_of_it(scene: Scene) -> Outcome:
    """Look for the mark in the other chat and at the provider."""
    told = sum(scene.mark in f"{m['text']}{m['files']}" for m in scene.system.answers(scene.neighbour))
    asked = sum(scene.mark in str(one) for one in call(scene.system.clouds.model, "/sim/requests"))
    return decide(not told and not asked, f"of it in the other chat: {told}, at the provider: {asked}")
