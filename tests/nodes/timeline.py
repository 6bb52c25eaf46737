"""What a person sees in a chat while something happens to a node, and after how many seconds."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from dev.cluster.nodes import BuiltinNodes
from dev.paths import ROOT
from dev.release import Release
from tests.support.chat import Chat, Simulator, wait

PERSON = 70004
_FIRST_CHAT = int(time.time()) % 10**8 + 10**9
_FILE = ROOT / "build" / "nodes.json"
_LOOK_SECONDS = 0.5
_GROWS = "(the answer's words)"


@dataclass
class Table:
    """Rows of what was struck and what people saw: printed at the end, and written beside other results."""

    rows: list[tuple[str, str, float]] = field(default_factory=list)

    def add(self, struck: str, seen: str, seconds: float) -> None:
        """Note what people saw, and how many seconds after the stroke."""
        self.rows.append((struck, seen, round(seconds, 1)))

    def print(self) -> None:
        """Print the rows and the machine's load; write them down."""
        load = f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores"
        lines = ["", *(f"{struck:34} {seconds:6.1f} s  {seen}" for struck, seen, seconds in self.rows), load, ""]
        sys.stdout.write("\n".join(lines))
        _FILE.parent.mkdir(exist_ok=True)
        _FILE.write_text(json.dumps({"rows": self.rows, "load": load}, indent=1))


class Stage:
    """A release on two nodes, and what a test asks of it."""

    def __init__(self, release: Release, cluster: BuiltinNodes, telegram: Simulator, table: Table) -> None:
        self.release, self.cluster, self.telegram, self.table = release, cluster, telegram, table
        self._chats = iter(range(_FIRST_CHAT, _FIRST_CHAT + 1000))

    def chat(self) -> Chat:
        """Return a private chat of its own."""
        return Chat(self.telegram, next(self._chats), PERSON)

    def node_of(self, component: str) -> str:
        """Return the node of the only pod of a part of the release."""
        (pod,) = self.pods(component)
        return str(pod["spec"]["nodeName"])

    def pods(self, component: str) -> list[dict[str, Any]]:
        """Return the pods of a part of the release that are not being ended."""
        found = self.release.get("pods", "-l", f"app.kubernetes.io/component={component}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def run(self, chat: Chat) -> dict[str, Any]:
        """Return the newest run as the AgentThread's status tells it."""
        thread = self.release.agents.kubectl("get", "agentthread", chat.thread, "-o", "json", check=False)
        return dict(json.loads(thread or "{}").get("status", {}).get("run", {}))

    def agent_node(self, chat: Chat) -> str:
        """Return the node of a chat's agent."""
        pod = wait(lambda: self.run(chat).get("podName"), f"a pod of {chat.thread}")
        return str(self.release.agents.get("pod", pod)["spec"]["nodeName"])

    def leader(self) -> tuple[str, str]:
        """Return pod and node of the gateway that leads, as its EndpointSlice names it."""
        slices = self.release.get("endpointslices", "-l", f"kubernetes.io/service-name={self.release.name}-gateway")
        names = [e["targetRef"]["name"] for s in slices["items"] for e in s.get("endpoints") or []]
        at = {pod["metadata"]["name"]: pod["spec"]["nodeName"] for pod in self.pods("gateway")}
        return next(((name, at[name]) for name in names if name in at), ("", ""))

    def lead_from(self, node: str) -> None:
        """Have the gateway of that node lead, and the other one, on the other node, stand by."""
        wait(lambda: self.leader()[0], "a gateway that leads", 180)
        self._spread()
        pod, at = self.leader()
        if at != node:
            self.release.kubectl("delete", "pod", pod, "--wait=false")
            wait(lambda: self.leader()[1] == node, f"the gateway of {node} to lead", 90)
            self._spread()

    def _spread(self) -> None:
        """Have one gateway on each node: one that came to the other, as its node was away, does not go back by itself."""

        def ready() -> list[str]:
            return [pod["spec"]["nodeName"] for pod in self._ready("gateway")]

        wait(lambda: len(ready()) == 2, "two gateways", 180, ready)
        if len(set(ready())) == 1:
            full, standby = (
                ready()[0],
                next(p for p in self._ready("gateway") if p["metadata"]["name"] != self.leader()[0]),
            )
            with self.closed(full):
                self.release.kubectl("delete", "pod", standby["metadata"]["name"], "--wait=false")
                wait(lambda: len(set(ready())) == 2, "a gateway on each node", 180, ready)

    def _ready(self, component: str) -> list[dict[str, Any]]:
        return [
            pod for pod in self.pods(component)
            if any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))
        ]  # fmt: skip

    @contextmanager
    def closed(self, node: str) -> Iterator[None]:
        """Let no new pod come to a node for a while."""
        self.release.kubectl("cordon", node)
        try:
            yield
        finally:
            self.release.kubectl("uncordon", node)

    @contextmanager
    def watched(self, chat: Chat, since: int, struck: str) -> Iterator[Watch]:
        """Watch a chat from a stroke on; what is new in it becomes rows of the table."""
        watch = Watch(chat, since)
        try:
            yield watch
        finally:
            watch.end()
            for seconds, text in watch.seen:
                self.table.add(struck, text, seconds)
            begun, ended = watch.still
            self.table.add(struck, f"longest silence, from {begun:.0f} s", ended - begun)


class Watch:
    """Notes each new last line of the bot's messages, with the seconds since it began, and when nothing was new."""

    def __init__(self, chat: Chat, since: int) -> None:
        self.seen: list[tuple[float, str]] = []
        self._chat, self._since, self._began = chat, since, time.monotonic()
        self._shown = {m["message_id"]: _last_line(m["text"]) for m in chat.answers(since)}
        self._texts: list[str] = []
        self._changed = 0.0
        self.still = (0.0, 0.0)
        """The longest time in which nothing changed: from, to."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def seconds(self) -> float:
        """Return the seconds since it began."""
        return time.monotonic() - self._began

    def end(self) -> None:
        """Stop looking; what came last is looked at too."""
        self._ended.set()
        self._thread.join()
        self._look_once()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self._look_once()

    def _look_once(self) -> None:
        with suppress(OSError):
            found = self._chat.answers(self._since)
            self._note_silence([m["text"] for m in (*found, *self._chat.drafts())])
            for message in found:
                line = _last_line(message["text"])
                if self._shown.get(message["message_id"]) != line:
                    self._shown[message["message_id"]] = line
                    self.seen.append((self.seconds(), line))

    def _note_silence(self, texts: list[str]) -> None:
        if texts != self._texts:
            now = self.seconds()
            if now - self._changed > self.still[1] - self.still[0]:
                self.still = (self._changed, now)
            self._texts, self._changed = texts, now


def _last_line(text: str) -> str:
    """Return a text's last line without the words of a slow answer, which grow all the time."""
    line = text.strip().splitlines()[-1] if text.strip() else ""
    words = line.split()
    counted = [w for w in words if w.startswith("w") and w[1:].isdigit()]
    return _GROWS if len(counted) > 1 else line[:120]
