"""The whole system: the chart of this tree with its images on the cluster, two simulators, and kubectl."""

from __future__ import annotations

import itertools
import json
import os
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from dev.cluster import provider
from dev.release import Release, prepare
from tests.support.chat import Chat, Simulator, wait
from tests.support.scene import Scene

NAMESPACE, NAME = os.environ.get("E2E_NAMESPACE", "openclaw-e2e"), "oc"
PERSON, STRANGER, ADMIN = 70001, 70099, 70002
NAMES = {PERSON: "Ada", ADMIN: "administrator"}
"""Who stands in the pages of the documentation."""
_FIRST = int(time.time()) % 100000 * 100 + 100_000_000
_MOST_CHATS = 200
_chats = itertools.count(_FIRST)
HOOK_CHAT = _FIRST + _MOST_CHATS - 1
"""The private chat that events come into."""
_HOOK = {
    "name": "alerts", "form": "secret", "to": {"chatId": HOOK_CHAT},
    "existingSecret": {"name": f"{NAME}-telegram", "key": "bot-token"},  # one that the release has anyway
    "template": "Our monitoring says {{ title }} of {{ service }}.\n{{ quote details }}\nSay what we should do.",
}  # fmt: skip
TEST_SECONDS = 1200
"""That a test takes at most, which has several waits and may install a release twice."""
CONSOLE_VIEWER, CONSOLE_SPEAKER = {"kind": "User", "name": "vera"}, {"kind": "User", "name": "alice"}
_CLASS = {"timeouts": {"idle": 900, "turn": 600, "grace": 5}, "resources": {"requests": {"cpu": "50m"}}}


def pytest_collection_modifyitems(items):
    """Give every test of this ring its marker and a time of its own."""
    for item in items:
        if "/tests/e2e/" in str(item.path):
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(TEST_SECONDS, func_only=True))


class System:
    """The installed release, and what a test asks of it."""

    def __init__(self, release: Release, values: dict, telegram: Simulator, model: Simulator) -> None:
        self.release, self.values, self.telegram, self.model = release, values, telegram, model
        self.agents = release.agents

    def chat(self, topic: int | None = None, person: int | None = None, chat: int | None = None) -> Chat:
        """Return a private chat of a person of its own, as their numbers are the same, or a topic of a group of its own."""
        number = chat if chat is not None else next(_chats)
        if topic is not None and number > 0:
            number = -number
        return Chat(self.telegram, number, person or (number if number > 0 else PERSON), topic)

    def admin(self) -> Chat:
        """Return a group of its own in which an administrator asks."""
        return Chat(self.telegram, -next(_chats), ADMIN)

    def stranger(self) -> Chat:
        """Return the private chat of somebody who is not on the list."""
        number = next(_chats) + 50_000_000
        return Chat(self.telegram, number, number)

    def kubectl(self, *args: str, **more) -> str:
        """Look into the namespace of gateway, operator and database; `agents.kubectl` looks where agents are."""
        return self.release.kubectl(*args, **more)

    def thread(self, name: str) -> dict:
        return json.loads(self.agents.kubectl("get", "agentthread", name, "-o", "json", check=False) or "{}")

    def status(self, name: str) -> dict:
        """Return what the operator says of a thread; nothing while there is none, or it has said nothing yet."""
        return self.thread(name).get("status", {})

    def run(self, name: str) -> dict:
        return self.status(name).get("run", {})

    def wait_run(self, name: str, **fields) -> dict:
        """Wait until the status' run has these fields."""

        def look():
            run = self.run(name)
            return run if all(run.get(k) == v for k, v in fields.items()) else None

        return wait(look, f"{fields} in status.run of {name}", show=lambda: self.thread(name).get("status"))

    def wanted(self, name: str) -> int:
        """Return the number of the run that the gateway wants, which it writes before that run begins."""
        return self.thread(name)["spec"]["run"]

    def wait_column(self, name: str, word: str) -> None:
        """Wait until `kubectl get` shows a word of a thread."""
        wait(lambda: word in self.shown(name), f"{word} in kubectl get at {name}", show=lambda: self.shown(name))

    def shown(self, name: str) -> str:
        """Return what `kubectl get` shows of a thread."""
        return self.agents.kubectl("get", "at", name)

    def pod(self, name: str) -> str:
        return wait(lambda: self.run(name).get("podName"), f"a pod of {name}")

    def address(self, pod: str) -> str:
        """Return an agent's pod's address, which the kubelet may tell after the agent has answered."""
        told = ("get", "pod", pod, "-o", "jsonpath={.status.podIP}")
        return wait(lambda: self.agents.kubectl(*told).strip(), f"the address of {pod}")

    def exec(self, pod: str, *command: str, check: bool = True) -> str:
        """Run a command in an agent's pod."""
        return self.agents.kubectl("exec", pod, "--", *command, check=check)

    def query(self, sql: str) -> str:
        """Return what the database says; nothing while it does not answer."""
        program = ("psql", "-U", "openclaw", "-d", "openclaw", "-XAtc", sql)
        return self.kubectl("exec", f"{NAME}-postgres-0", "--", *program, check=False).strip()

    def wait_exported(self) -> None:
        """Wait until no copy of a history is on its way: before that nothing is forgotten."""
        unsent = (
            "SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending', 'held') AND dedupe_key LIKE 'export:%'"
        )
        wait(lambda: self.query(unsent) == "0", "all copies to be in their chats")

    def logged(self, pod: str, event: str) -> bool:
        """Say whether an agent's program has logged an event; no, while there is no log.

        A kubelet that is slow says that a container is being made when what runs in it has answered already.
        """
        return f'"{event}"' in self.agents.kubectl("logs", pod, check=False)

    def wait_logged(self, pod: str, event: str) -> None:
        """Wait until an agent's program has logged an event."""
        wait(
            lambda: self.logged(pod, event), f"{event} in the log of {pod}",
            show=lambda: self.agents.kubectl("get", "pod", pod, "-o", "jsonpath={.status}", check=False),
        )  # fmt: skip

    def make_class(self, name: str, **spec) -> None:
        """Make an AgentClass like the default but for `spec`."""
        body = {
            "apiVersion": "openclaw.dev/v1alpha1", "kind": "AgentClass", "metadata": {"name": name},
            "spec": {**_CLASS, **spec},
        }  # fmt: skip
        self.agents.kubectl("apply", "-f", "-", stdin=json.dumps(body))

    def make_thread(self, chat: Chat, agent_class: str) -> None:
        """Make a chat's AgentThread by hand, of another class."""
        channel = {"type": "telegram", "bot": "tg", "botId": 1000000001, "chatId": chat.chat}
        if chat.topic:
            channel["topicId"] = chat.topic
        body = {
            "apiVersion": "openclaw.dev/v1alpha1", "kind": "AgentThread", "metadata": {"name": chat.thread},
            "spec": {"channel": channel, "classRef": {"name": agent_class}},
        }  # fmt: skip
        self.agents.kubectl("apply", "-f", "-", stdin=json.dumps(body))

    def end(self, chat: Chat) -> None:
        """End a chat's agent, so that it takes no room from the next test."""
        self.agents.kubectl("delete", "agentthread", chat.thread, "--ignore-not-found", "--wait=false", check=False)

    def end_all(self) -> None:
        """End every agent, those that a failed test left behind too, and wait until they hold no place any more."""
        self.agents.kubectl("delete", "agentthreads", "--all", "--timeout=240s")

    def requests(self, since: int = 0) -> list[dict]:
        return self.model.get(f"/sim/requests?since={since}")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="session")
def prepared():
    """A release that is not installed yet, and where its images are: the cluster is up and has them."""
    required = os.environ.get("E2E_REQUIRED") == "1"
    cluster = provider()
    if not required and not cluster.kubeconfig.exists():
        pytest.skip("no cluster: `make cluster` brings one up, and `make test` does it by itself")
    return prepare(NAMESPACE, NAME)


@pytest.fixture(scope="session")
def system(prepared):
    """The system, installed once for the whole ring."""
    release, images = prepared
    values = {
        "images": images,
        "demo": {"enabled": True},
        # every chat that a test makes is on the list by its person
        "telegram": {
            "allowedIds": [PERSON, *range(_FIRST, _FIRST + _MOST_CHATS)],
            "adminIds": [ADMIN],
            "pairing": True,
        },
        "agents": {"class": _CLASS},
        "hooks": {"list": [_HOOK]},
        "console": {"enabled": True, "viewers": [CONSOLE_VIEWER], "speakers": [CONSOLE_SPEAKER]},
    }
    release.install(values)
    release.agents.kubectl("delete", "agentthreads", "--all", "--wait=false", check=False)
    with ExitStack() as stack:
        ports = SimpleNamespace(
            telegram=stack.enter_context(release.forward(f"service/{NAME}-demo-telegram", 8081)),
            model=stack.enter_context(release.forward(f"service/{NAME}-demo-model", 8082)),
        )
        yield System(release, values, Simulator(ports.telegram), Simulator(ports.model))
        release.agents.kubectl("delete", "agentthreads", "--all", "--wait=false", check=False)


@pytest.fixture
def chat(system):
    """A private chat of its own; its agent is ended behind the test."""
    chat = system.chat()
    yield chat
    system.end(chat)


@pytest.fixture
def admin(system):
    """A group of its own in which an administrator asks; its agent is ended behind the test."""
    chat = system.admin()
    yield chat
    system.end(chat)


@pytest.fixture
def scene(system, chat):
    """A private chat that becomes a page."""
    return Scene(system, chat, NAMES)
