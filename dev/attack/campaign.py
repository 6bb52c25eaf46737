"""All attacks in their order, each where it belongs."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from dev.attack import chat as chats
from dev.attack import console as _console  # noqa: F401  # brings its looks in
from dev.attack import people as _people  # noqa: F401  # brings its looks in
from dev.attack.checks import Scene, look
from dev.attack.inside.__main__ import load
from dev.attack.inside.base import ATTACKS, Outcome, decide, untried
from dev.attack.knowledge import end_run, hosts_beside, learn, learn_pack, make_mark
from dev.attack.late import LATE, hear_late
from dev.attack.order import MORE, PAIRED, PAIRS, POOL, REACH, SAID, SHARED, SLEEPERS
from dev.attack.outside import LOOKS, MARKER, Evidence
from dev.attack.pools import Pool
from dev.attack.reached import learn_reached, put_up
from dev.attack.strike import COMMAND, Striker, Struck
from dev.attack.system import CLOSED, REACHING, Chat, System, has_beside
from dev.progress import step
from dev.release import CommandFailedError, wait_until

load()
STAYING_COMMAND: Final = f"{COMMAND}; sleep 60"
"""Of what ends with its turn: the pod is ended before."""
CHILD_COMMAND: Final = "spawn: bash: /opt/venv/bin/python inbox/{file} {results} {names}; sleep 5"


def find_all() -> Mapping[str, str]:
    """Return every attack's name, with what is tried."""
    inside = {name: one.tried for name, one in ATTACKS.items() if name != LATE and one.group != "load"}
    written = {one.name: one.tried for one in chats.WRITTEN}
    return inside | written | dict(MORE) | {name: one.tried for name, one in LOOKS.items()}


class Campaign:
    """Does attacks and keeps what became of each.

    Args:
        system: What is attacked.
        names: The attacks that are wanted.
        on_struck: Hears of each as it ends.
        patience: How many times as long as on a quiet machine all may take.
    """

    def __init__(
        self, system: System, names: Iterable[str], on_struck: Callable[[Struck], None], patience: float = 1.0
    ) -> None:
        self._system = system
        self._names = frozenset(names)
        self._on_struck = on_struck
        self._patience = patience
        self._lock = threading.Lock()
        self._chats: list[Chat] = []
        self._marks: list[str] = []

    def run(self) -> None:
        """Do all that is wanted."""
        system = self._system
        with hosts_beside(system) as private:
            with step("people begin to talk", 20):
                neighbour, ended = self._open(), self._open()
                for chat in (neighbour, ended):
                    system.ask(chat, f"hello {MARKER}", f"Echo: hello {MARKER}", 90 * self._patience)
                facts = learn(system, neighbour, private)
                over = end_run(system, ended)
            more = {"ended": over, **({"pack": learn_pack(system, neighbour)} if "kept-foreign" in self._names else {})}
            facts = dataclasses.replace(facts, neighbour={**facts.neighbour, **more}, patience=self._patience)
            striker = Striker(system, facts)
            with ThreadPoolExecutor(len(SLEEPERS)) as pool:
                waiting = [
                    pool.submit(self._sleeper, striker, name, neighbour) for name in SLEEPERS if name in self._names
                ]
                for part in (
                    self._shared,
                    self._closed,
                    self._waiting,
                    self._reaching,
                    self._alone,
                    self._files,
                    self._children,
                    self._written,
                ):
                    part(striker, neighbour)
                for one in waiting:
                    one.result()
        self._look()

    def _open(self, agent_class: str = "default") -> Chat:
        chat = self._system.open_chat(agent_class)
        self._chats.append(chat)
        return chat

    def _wanted(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self._names]

    def _tell(self, struck: Struck) -> None:
        with self._lock:
            self._on_struck(struck)

    def _strike(self, striker: Striker, chat: Chat, names: Sequence[str], other: Chat, **more: Any) -> None:
        """Do some attacks in a chat, and look at each from outside."""
        mark = make_mark()
        self._marks.append(mark)
        for name in set(names) & set(SAID):
            threading.Thread(target=self._say_when_begun, args=(chat, name), daemon=True).start()
        for struck in striker.strike(chat, names, mark=mark, **more).values():
            self._tell(self._look_at(struck, Scene(self._system, chat, mark, struck.turn, other)))

    def _look_at(self, struck: Struck, scene: Scene) -> Struck:
        try:
            return look(struck, scene)
        except (CommandFailedError, TimeoutError, OSError) as error:
            words = f"{struck.outcome.words}; not seen from outside: {type(error).__name__} {error}"[:240]
            return dataclasses.replace(struck, outcome=untried(words))

    def _shared(self, striker: Striker, neighbour: Chat) -> None:
        chat = self._open()
        for group in SHARED:
            names = self._wanted(
                n
                for n, a in ATTACKS.items()
                if a.group == group and not a.alone and n not in SLEEPERS and n not in PAIRED
            )
            names.sort(key=lambda name: name in {"node-termination-log", "http-requests-flood"})
            if names:
                with step(f"attacks: {group}", 30):
                    self._strike(striker, chat, names, neighbour)
        self._system.end(chat)

    def _closed(self, striker: Striker, neighbour: Chat) -> None:
        names = self._wanted(n for n, a in ATTACKS.items() if a.group == "closed")
        if names:
            chat = self._open(CLOSED)
            with step("attacks: closed", 15):
                self._strike(striker, chat, names, neighbour)
            self._system.end(chat)

    def _waiting(self, striker: Striker, neighbour: Chat) -> None:
        """Attack from pods that wait for a conversation."""
        names = self._wanted(name for name in find_all() if name.startswith(f"{POOL}-"))
        if names:
            mark = make_mark()
            self._marks.append(mark)
            Pool(self._system, striker, neighbour, self._open, mark).run(names, self._tell)

    def _reaching(self, striker: Striker, neighbour: Chat) -> None:
        """Attack what agents reach over the gateway, where it can be put up."""
        names = self._wanted(n for n, a in ATTACKS.items() if a.group in REACH)
        if not names:
            return
        if not has_beside(self._system.release):
            for name in names:
                self._tell(Struck(name, untried("nothing can be put up beside the node"), time.time(), time.time()))
            return
        with put_up() as address:
            with step("a person links an account", 30):
                more = learn_reached(self._system, striker.facts, address)
            as_child = {"command": CHILD_COMMAND, "find": self._system.find_child}
            together = [[n for n in names if ATTACKS[n].group == group and not ATTACKS[n].alone] for group in REACH]
            for some in [*filter(None, together), *([n] for n in names if ATTACKS[n].alone)]:
                chat = self._open(REACHING)
                with step(f"attacks: {some[0]}", 30):
                    self._strike(
                        striker, chat, some, neighbour, **more, **(as_child if some == ["service-child"] else {})
                    )
                self._system.end(chat)

    def _alone(self, striker: Striker, neighbour: Chat) -> None:
        names = self._wanted(
            n
            for n, a in ATTACKS.items()
            if n not in SLEEPERS and a.group not in (*REACH, POOL) and (a.alone or a.group == "ws")
        )
        shared = [n for n in names if not ATTACKS[n].alone]
        for some in ([shared] if shared else []) + [[n] for n in names if ATTACKS[n].alone]:
            chat = self._open()
            with step(f"attack: {some[0] if len(some) == 1 else 'ws'}", 8):
                self._strike(striker, chat, some, neighbour)
            self._system.end(chat)

    def _sleeper(self, striker: Striker, name: str, neighbour: Chat) -> None:
        chat = self._open()
        if name == "llm-outside-turn":
            self._tell(hear_late(self._system, striker, chat, name))
        else:
            self._strike(striker, chat, [name], neighbour)
        self._system.end(chat)

    def _say_when_begun(self, chat: Chat, name: str) -> None:
        """Say what belongs to an attack once that has begun, and has had time to do its worst."""
        deadline = time.monotonic() + 150
        while time.monotonic() < deadline:
            pod = self._system.find_pod(chat)
            if pod is not None and name in self._system.exec(pod, "sh", "-c", "cat /workspace/.results-*.jsonl"):
                for words in SAID[name]:
                    time.sleep(4)
                    self._system.say(chat, words)
                return
            time.sleep(2)

    def _files(self, striker: Striker, neighbour: Chat) -> None:
        for phases in PAIRS:
            if not self._wanted(n for phase in phases for n in phase):
                continue
            chat = self._open()
            with step(f"attacks: {phases[0][0]}", 20):
                for number, names in enumerate(phases):
                    stays = {"command": STAYING_COMMAND} if names[0].startswith("kept-") and number == 0 else {}
                    self._strike(striker, chat, names, neighbour, **stays)
                    if number == 0:
                        self._next_run(chat, keep=names[0] == "files-plant")
            self._system.end(chat)

    def _next_run(self, chat: Chat, *, keep: bool) -> None:
        """End a run: as people do, so that it keeps its files, or by force, so that what it stored last stands."""
        system = self._system
        if keep:
            end_run(system, chat)
            return
        pod = system.find_pod(chat)
        if pod is not None:
            system.kubectl("delete", "pod", pod, "--force", "--grace-period=0", check=False)
            wait_until("the pod's end", lambda: system.find_pod(chat) != pod, 30)

    def _children(self, striker: Striker, neighbour: Chat) -> None:
        names = self._wanted(n for n, a in ATTACKS.items() if a.group == "child")
        chat = self._open()
        if names:
            with step("attacks: child", 20):
                more = {"parent": chat.thread, **striker.facts.neighbour}
                self._strike(
                    striker, chat, names, neighbour, command=CHILD_COMMAND, find=self._system.find_child, neighbour=more
                )
        for name, words, most in (("child-number", "spawn[times=12]: say hello", 10),
                                      ("child-depth", "spawn: spawn: say hello", 1)):  # fmt: skip
            if name in self._names:
                with step(f"attack: {name}", 20):
                    self._tell(Struck(name, self._limit(words, most), time.time(), time.time()))
        self._system.end(chat)

    def _limit(self, words: str, most: int) -> Outcome:
        """Have sub-agents started, and count those that were made."""
        chat = self._open()
        self._system.say(chat, words)
        with contextlib.suppress(TimeoutError):  # what was made by then is counted
            wait_until("an end", lambda: self._system.answers(chat) and self._system.is_at_rest(chat), 100)
        label = f"openclaw.dev/thread={chat.thread}"
        made = len(self._system.kubectl("get", "subagents", "-l", label, "-o", "name").split())
        self._system.end(chat)
        return decide(made <= most, f"{made} SubAgents were made") if made else untried("none was made")

    def _written(self, striker: Striker, _neighbour: Chat) -> None:
        wanted = [one for one in chats.WRITTEN if one.name in self._names]
        if not wanted and "chat-imitation" not in self._names:
            return
        chat = self._open()
        chats.prepare_answers(self._system, {})
        for one in wanted:
            with step(f"attack: {one.name}", 8):
                began = time.time()
                outcome = chats.judge_written(self._system, chat, one)
                self._tell(striker.weigh(Struck(one.name, outcome, began, time.time())))
        if "chat-imitation" in self._names:
            with step("attack: chat-imitation", 20):
                self._tell(Struck("chat-imitation", chats.imitate(self._system, chat), time.time(), time.time()))
        self._system.end(chat)

    def _look(self) -> None:
        evidence = Evidence(self._system, (MARKER, *self._marks), tuple(self._chats))
        for name in sorted(
            self._wanted(LOOKS), key=lambda name: name.startswith("out-")
        ):  # what people do is looked for too
            with step(f"looking: {name}", 5):
                try:
                    outcome = LOOKS[name].look(evidence)
                except (CommandFailedError, TimeoutError, OSError) as error:
                    outcome = untried(f"{type(error).__name__}: {error}"[-160:])
                self._tell(Struck(name, outcome, time.time(), time.time()))
