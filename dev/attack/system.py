"""The installed system that is attacked, and how its people, pods and parts are reached."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from dev.attack.watch import Watch
from dev.bench.clouds import Clouds, call
from dev.cluster.node import BuiltinNode
from dev.progress import step
from dev.release import Release, prepare, wait_until
from tests.support.beside import CLIENT_ID, KEYS, TOOL_NAMES
from tests.support.git_server import KEY as FORGE_KEY

ADMIN: Final = 70002
FIRST: Final = 300_000_000
MOST_CHATS: Final = 400
STRANGER: Final = 399_000_000
SPEAKER: Final = "somebody"
"""Who may speak by the console, by their name before the API server."""
MIB: Final = 1 << 20
CLASS: Final[Mapping[str, Any]] = {
    "timeouts": {"idle": 600, "turn": 120, "grace": 5},
    "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "640Mi"}},
    "workspace": {"size": "256Mi", "snapshotLimit": "16Mi"},
}
LIMITS: Final = {"workspace": 256 * MIB, "snapshot": 16 * MIB}
_TURN: Final = (
    "SELECT to_json(max(t.id)) FROM turns t JOIN threads h ON h.id = t.thread_id "
    "WHERE h.name = '{thread}' AND t.message_id = {message}"
)
_AT_REST: Final = (
    "SELECT to_json(NOT EXISTS (SELECT 1 FROM turns t JOIN threads h ON h.id = t.thread_id WHERE h.name = '{thread}' "
    "AND t.state IN ('queued', 'delivered', 'started')) "
    "AND NOT EXISTS (SELECT 1 FROM outbox WHERE chat_id = {chat} AND state IN ('pending', 'sending')))"
)
CLOSED: Final = "closed"
"""The class with egress GatewayOnly."""
REACHING: Final = "reaching"
"""The class whose agents reach a repository, a service and a tool server."""
BESIDE: Final = "192.88.99.79"
"""Where those are, on this machine alone."""
REACHES: Final[Mapping[str, Any]] = {
    "repositories": [{"connection": "hub", "pattern": "acme/api", "access": "Write", "pullRequestBases": ["main"]}],
    "apis": [
        {"connection": "shown", "paths": ["v1/**"], "methods": ["GET", "POST"], "maxBody": "1Ki", "subAgents": "Read"}
    ],
    "mcpServers": [{"connection": "tracker", "tools": {"allow": list(TOOL_NAMES)}}],
}


@dataclass(frozen=True, slots=True)
class Chat:
    """A private chat of a person, and the conversation that it is."""

    number: int
    agent_class: str = "default"

    @property
    def thread(self) -> str:
        """Return the AgentThread's name."""
        return f"tg-{self.number}"


@dataclass(slots=True)
class System:
    """The release that is attacked.

    Attributes:
        release: What is installed.
        agents: The namespace of agents.
        clouds: The two simulators.
        watch: Looks at the gateway all the time.
        linked: Tokens of accounts that people linked.
    """

    release: Release
    agents: str
    clouds: Clouds
    watch: Watch
    linked: list[str] = field(default_factory=list)
    _chats: Iterator[int] = field(default_factory=lambda: itertools.count(FIRST))
    _files: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def open_chat(self, agent_class: str = "default") -> Chat:
        """Return a chat that nobody spoke in, of a class."""
        chat = Chat(next(self._chats), agent_class)
        if agent_class != "default":
            channel = {"type": "telegram", "bot": "tg", "botId": 1000000001, "chatId": chat.number}
            body = {
                "apiVersion": "openclaw.dev/v1alpha1", "kind": "AgentThread", "metadata": {"name": chat.thread},
                "spec": {"channel": channel, "classRef": {"name": agent_class}},
            }  # fmt: skip
            self.kubectl("apply", "-f", "-", stdin=json.dumps(body))
        return chat

    def kubectl(self, *args: str, **more: Any) -> str:
        """Run kubectl in the agents' namespace."""
        return self.release.kubectl("-n", self.agents, *args, **more)

    def say(self, chat: Chat, text: str) -> int:
        """Say something as the person; return the message's id."""
        return int(call(self.clouds.telegram, "/sim/messages", {"chat": chat.number, "text": text})["message_id"])

    def bring(self, chat: Chat, file: bytes, words: str) -> int:
        """Send a file with words beside it, in which `{file}` is its name; return the message's id."""
        name = f"a{next(self._files)}.pyz"
        document = {"name": name, "mime": "application/zip", "content": base64.b64encode(file).decode()}
        body = {"chat": chat.number, "document": document, "caption": words.replace("{file}", name)}
        return int(call(self.clouds.telegram, "/sim/messages", body)["message_id"])

    def answers(self, chat: Chat, since: int = 0) -> list[dict[str, Any]]:
        """Return the bot's messages after one."""
        found = call(self.clouds.telegram, f"/sim/chats/{chat.number}")["messages"]
        return [m for m in found if m["bot"] and m["message_id"] > since]

    def drafts(self, chat: Chat) -> list[dict[str, Any]]:
        """Return what is shown as being written, in no message yet."""
        found = call(self.clouds.telegram, f"/sim/chats/{chat.number}")["drafts"]
        return [{"entities": [], "files": [], "buttons": [], **draft} for draft in found]

    def ask(self, chat: Chat, text: str, until: str, seconds: float = 60) -> float:
        """Say something and return how long it took until an answer held `until`.

        Raises:
            TimeoutError: none did.
        """
        started, since = time.monotonic(), self.say(chat, text)
        wait_until(until, lambda: any(until in m["text"] for m in self.answers(chat, since)), seconds)
        return time.monotonic() - started

    def find_pod(self, chat: Chat) -> str | None:
        """Return the chat's pod that runs now."""
        return self._find(f"openclaw.dev/thread={chat.thread},!openclaw.dev/subagent")

    def find_newest(self, chats: Sequence[Chat]) -> tuple[Chat, str] | None:
        """Return the last of these chats whose pod runs now, and the pod."""
        return next(((chat, pod) for chat in reversed(chats) if (pod := self.find_pod(chat))), None)

    def read_token(self, pod: str) -> str:
        """Return the token that an agent's pod has.

        Raises:
            CommandFailedError: the pod is gone.
        """
        return self.exec(pod, "cat", "/var/run/openclaw/token", check=True).strip()

    def find_child(self, chat: Chat) -> str | None:
        """Return the newest pod of the chat's sub-agents that runs now."""
        return self._find(f"openclaw.dev/thread={chat.thread},openclaw.dev/subagent")

    def _find(self, label: str) -> str | None:
        items = json.loads(self.kubectl("get", "pods", "-l", label, "-o", "json"))["items"]
        alive = [i for i in items if i["status"].get("phase") == "Running" and "deletionTimestamp" not in i["metadata"]]
        newest = max(alive, key=lambda i: str(i["metadata"]["creationTimestamp"]), default=None)
        return None if newest is None else str(newest["metadata"]["name"])

    def exec(self, pod: str, *command: str, check: bool = False, timeout: float = 60) -> str:
        """Run a program in an agent's pod."""
        return self.kubectl("exec", pod, "--", *command, check=check, timeout=timeout)

    def query(self, sql: str) -> Any:
        """Return the JSON that a query of one row gives.

        Raises:
            CommandFailedError: Postgres is away.
        """
        program = ("psql", "-U", "openclaw", "-d", "openclaw", "-XAtc", sql)
        found = self.release.kubectl("exec", f"{self.release.name}-postgres-0", "--", *program)
        return json.loads(found) if found.strip() else None

    def find_turn(self, chat: Chat, message: int) -> int | None:
        """Return the id of the turn that a message became; None where it is none yet."""
        found = self.query(_TURN.format(thread=chat.thread, message=message))
        return None if found is None else int(found)

    def is_at_rest(self, chat: Chat) -> bool:
        """Say whether nothing of a chat is under way: no turn, no message."""
        return self.query(_AT_REST.format(thread=chat.thread, chat=chat.number)) is True

    def status(self, chat: Chat) -> dict[str, Any]:
        """Return the status of the chat's AgentThread."""
        found = self.kubectl("get", "agentthread", chat.thread, "-o", "json", check=False)
        status: dict[str, Any] = json.loads(found).get("status", {}) if found.strip() else {}
        return status

    def end(self, chat: Chat) -> None:
        """End a chat's agent."""
        self.kubectl("delete", "agentthread", chat.thread, "--ignore-not-found", "--wait=false", check=False)

    def follow(self, pod: str, path: str) -> subprocess.Popen[str]:
        """Follow a file of a pod, from its beginning."""
        cluster = self.release.cluster
        command = [str(cluster.kubectl), "--kubeconfig", str(cluster.kubeconfig), "-n", self.agents, "exec", pod, "--",
                   "tail", "-n", "+1", "-F", path]  # fmt: skip
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@contextlib.contextmanager
def installed(namespace: str, name: str) -> Iterator[System]:
    """Install the chart of this tree into a namespace made anew, with both simulators."""
    release, images = prepare(namespace, name)
    release.remove()
    allowed = [ADMIN, *range(FIRST, FIRST + MOST_CHATS)]
    values: dict[str, Any] = {
        "images": images, "demo": {"enabled": True}, "agents": {"class": CLASS}, "gateway": {"maxThreads": 40},
        "telegram": {"allowedIds": allowed, "adminIds": [ADMIN], "pairing": True},
        "console": {"enabled": True, "speakers": [{"kind": "User", "name": SPEAKER}]},
    }  # fmt: skip
    with step("installing", 30):
        if has_beside(release):
            values["connections"] = _connect(release)
        release.install(values)
    with ExitStack() as stack:
        ports = [
            stack.enter_context(release.forward(f"service/{name}-demo-{part}", port))
            for part, port in (("telegram", 8081), ("model", 8082))
        ]
        system = System(release, release.agents.namespace, Clouds(*ports), Watch(release))
        system.kubectl("apply", "-f", "-", stdin=json.dumps(build_class(CLOSED, egress="GatewayOnly")))
        system.kubectl("apply", "-f", "-", stdin=json.dumps(build_class(REACHING, **REACHES)))
        system.watch.start()
        try:
            yield system
        finally:
            system.watch.stop()


def has_beside(release: Release) -> bool:
    """Say whether hosts can be put up beside the node: where it is this machine."""
    return isinstance(release.cluster, BuiltinNode)


def _connect(release: Release) -> list[dict[str, Any]]:
    """Make the Secrets of connections to what is beside the node; return the connections."""
    url, keys = f"http://{BESIDE}", {**KEYS, "hub": FORGE_KEY}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": release.namespace}}
    release.kubectl("apply", "-f", "-", stdin=json.dumps(space))
    for name, key in keys.items():
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"attack-{name}"},
            "stringData": {"token": key},
        }
        release.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    more: dict[str, dict[str, Any]] = {"hub": {"forge": "github", "url": url, "clientId": CLIENT_ID}}
    return [
        {
            "name": name,
            "existingSecret": {"name": f"attack-{name}"},
            **more.get(name, {"kind": "http", "url": f"{url}/{name}"}),
        }
        for name in keys
    ]


def build_class(name: str, **spec: Any) -> dict[str, Any]:
    """Build an AgentClass like the default but for `spec`."""
    return {
        "apiVersion": "openclaw.dev/v1alpha1",
        "kind": "AgentClass",
        "metadata": {"name": name},
        "spec": {**CLASS, **spec},
    }
