"""From nothing to a conversation on a real cluster; `--chat` opens a chat with the same bot in this terminal."""

from __future__ import annotations

import http.client
import json
import re
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dev.paths import ROOT
from dev.progress import UserError, main_guard, step
from dev.release import CommandFailedError, Release, prepare, wait_until

NAMESPACE = "openclaw"
RELEASE = "openclaw"
PERSON = 48151623
_PROMPTS = (
    ("bash: uname -sr; id -un; echo hello > /workspace/note && ls /workspace", "Tool said"),
    ("slow 24 200", "w23"),
)
"""What the person of the demo says, and what its answer holds: a tool run in the pod, and a slow stream."""
_SUBAGENTS = "spawn: {bash: hostname; sleep 8; echo counted the stars} | {bash: hostname; sleep 8; echo named a tree}"
"""The agent gives two tasks to sub-agents at once and uses both answers."""
_BOTH_ANSWERS = "Result 2"
_ENV = ROOT / ".env"
_DIM, _BOLD, _PLAIN = "\033[2m", "\033[1m", "\033[0m"


def main() -> int:
    """Run the demo, or the chat."""
    if "--chat" in sys.argv:
        return chat()
    return demo()


def demo() -> int:
    """Bring everything up, send a message, print the chat as it streams, and say how to go on."""
    started = time.monotonic()
    env = read_env(_ENV)
    values = build_values(env)
    release, images = prepare(NAMESPACE, RELEASE)
    values["images"] = images
    with step("installing the chart", 25):
        try:
            release.install(values)
        except CommandFailedError as error:
            raise UserError(f"The chart could not be installed: {error.words}\n{explain(release)}") from error
    wait_until("the gateway to be ready", lambda: _ready(release), 90)
    print(f"\n{_BOLD}Everything is up after {time.monotonic() - started:.0f} s.{_PLAIN}\n")
    if env.get("TELEGRAM_BOT_TOKEN"):
        print("Your own bot is connected. Write to it in Telegram, then look with kubectl:\n")
    else:
        with release.forward(f"service/{RELEASE}-demo-telegram", 8081) as port:
            conversation = Conversation(port)
            for prompt, until in _PROMPTS:
                conversation.ask(prompt, until)
            conversation.begin(_SUBAGENTS)
            # the cluster is asked, not the chat: which of their states the chat shows is chance
            conversation.wait(_BOTH_ANSWERS, or_when=lambda: _subagents_at_work(release) == 2)
            print(f"\n{_BOLD}$ kubectl get subagents,pods{_PLAIN}")
            print(release.kubectl("get", "subagents,pods", "-l", f"openclaw.dev/thread=tg-{PERSON}"))
            conversation.wait(_BOTH_ANSWERS)
    print(f"\n{_BOLD}$ kubectl get agentthreads,subagents,pods{_PLAIN}")
    print(release.kubectl("get", "agentthreads,subagents,pods"))
    _say_what_next(release, env)
    return 0


def chat() -> int:
    """Be the person of the demo: lines typed are sent, and the bot's messages are shown as they are edited."""
    release = _running_release()
    with release.forward(f"service/{RELEASE}-demo-telegram", 8081) as port:
        conversation = Conversation(port)
        print(
            "You are person 48151623. Type a message, or /status, /threads, /spawn <task>, /subagents; end with Ctrl-D.\n"
        )
        ended = threading.Event()

        def watch() -> None:
            try:
                conversation.follow()
            except (OSError, http.client.HTTPException):
                if not ended.is_set():
                    print("\nThe simulated Telegram is out of reach. `make chat` tries again.", file=sys.stderr)

        threading.Thread(target=watch, daemon=True).start()
        for line in sys.stdin:
            if line.strip():
                conversation.say(line.strip())
        ended.set()
    return 0


class Conversation:
    """A person's side of the simulated Telegram."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._shown: dict[int, str] = {}
        self._last: int | None = None
        self._since = self._get("/sim/events?timeout=0&since=0")["last"]

    def say(self, text: str) -> None:
        """Send a message as the person."""
        self._post("/sim/messages", {"chat": PERSON, "text": text})

    def ask(self, text: str, until: str) -> None:
        """Send a message and show the answer as it grows, until it holds `until`.

        Raises:
            UserError: it did not within two minutes.
        """
        self.begin(text)
        self.wait(until)

    def begin(self, text: str) -> None:
        """Send a message whose answer is waited for next."""
        self._shown.clear()
        print(f"\n{_DIM}person:{_PLAIN} {text}")
        self.say(text)

    def wait(self, until: str, or_when: Callable[[], bool] = lambda: False) -> None:
        """Show the answer as it grows, until it holds `until` or `or_when` says that it is enough.

        Raises:
            UserError: neither was so within two minutes.
        """
        deadline = time.monotonic() + 120
        while until not in "".join(self._shown.values()) and not or_when():
            if time.monotonic() > deadline:
                raise UserError(
                    "The bot did not answer within two minutes. `kubectl -n openclaw get at,pods` shows why."
                )
            self._show_next()
        print()

    def follow(self) -> None:
        """Show what the bot writes, for ever."""
        while True:
            self._show_next()

    def _show_next(self) -> None:
        """Show what the bot writes within the next two seconds."""
        found = self._get(f"/sim/events?since={self._since}&chat={PERSON}&timeout=2")
        self._since = max(self._since, found["last"])
        for event in found["events"]:
            if event["kind"] == "typing":
                print(f"{_DIM}bot is typing…{_PLAIN}", flush=True)
            elif event["kind"] in {"message", "edit"} and event.get("by") != PERSON:
                self._show(event["message_id"], event["text"])

    def _show(self, message: int, text: str) -> None:
        """Print what is new of a message; one that changed otherwise is printed anew."""
        known = self._shown.get(message)
        self._shown[message] = text
        if known is not None and message == self._last and text.startswith(known):
            print(text[len(known) :], end="", flush=True)
        else:
            mark = "bot" if known is None else "bot, edited"
            print(f"\n{_DIM}{mark}:{_PLAIN} {text}", end="", flush=True)
        self._last = message

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self._base + path, timeout=60) as response:
            return json.load(response)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        data = json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)


def read_env(path: Path) -> dict[str, str]:
    """Read NAME=value lines; comments and empty values are left out.

    Raises:
        UserError: a line is neither.
    """
    found: dict[str, str] = {}
    if not path.exists():
        return found
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals:
            raise UserError(f"Line {number} of .env is not NAME=value.")
        value = value.strip().strip("'\"")
        if value:
            found[name.strip()] = value
    return found


def build_values(env: Mapping[str, str]) -> dict[str, Any]:
    """Map the names of `.env` to the chart's values; without a token or key the simulators step in.

    Raises:
        UserError: a real token without ids of people, or a value that is no number.
    """
    token, key = env.get("TELEGRAM_BOT_TOKEN", ""), env.get("LLM_API_KEY", "")
    allowed, admins = _ids(env, "TELEGRAM_ALLOWED_IDS"), _ids(env, "TELEGRAM_ADMIN_IDS")
    if token and not (allowed or admins):
        raise UserError(
            "TELEGRAM_BOT_TOKEN is set, but nobody may talk to the bot: set TELEGRAM_ALLOWED_IDS in .env to your numeric "
            "Telegram id. You learn it by writing to any id bot, or to your own bot once it runs with some other id."
        )
    values: dict[str, Any] = {
        "demo": {"enabled": not (token and key)},
        "telegram": {
            "botToken": token,
            "allowedIds": allowed or [PERSON],
            "adminIds": admins,
            "pairing": _flag(env, "TELEGRAM_PAIRING"),
            "drafts": _flag(env, "TELEGRAM_DRAFTS"),
            "groupTrigger": env.get("TELEGRAM_GROUP_TRIGGER", "mention"),
        },
        "logLevel": env.get("LOG_LEVEL", "INFO"),
        "gateway": {"maxThreads": _number(env, "MAX_THREADS", 50)},
        "agents": {"class": {"timeouts": {"turn": _number(env, "PI_TIMEOUT", 300)}}},
    }
    if key:
        provider = env.get("LLM_PROVIDER", "zai")
        values["llm"] = {
            "provider": "moonshotai" if provider == "moonshot" else provider,
            "apiKey": key,
            "baseUrl": env.get("LLM_BASE_URL", ""),
            **({"model": env["LLM_MODEL"]} if env.get("LLM_MODEL") else {}),
            "models": [name.strip() for name in env.get("LLM_MODELS", "").split(",") if name.strip()],
        }
    return values


def _ids(env: Mapping[str, str], name: str) -> list[int]:
    parts = [p.strip() for p in env.get(name, "").split(",") if p.strip()]
    if not all(re.fullmatch(r"-?\d+", p) for p in parts):
        raise UserError(f"{name} in .env must be numeric ids, separated by commas.")
    return [int(p) for p in parts]


def _flag(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").lower() in {"true", "1", "yes", "on"}


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isdigit():
        raise UserError(f"{name} in .env must be a whole number.")
    return int(text)


def explain(release: Release) -> str:
    """Return what a person needs to see when the release does not become ready."""
    pods = release.kubectl("get", "pods", check=False)
    logs = release.kubectl("logs", f"deployment/{RELEASE}-gateway", "--tail=5", check=False)
    return f"\n{pods}\nThe gateway's last words:\n{logs}"


def _subagents_at_work(release: Release) -> int:
    found = release.get("subagents", "-l", f"openclaw.dev/thread=tg-{PERSON}")["items"]
    return sum(s.get("status", {}).get("phase") == "Running" for s in found)


def _ready(release: Release) -> bool:
    found = release.get("deployment", f"{RELEASE}-gateway")
    return bool(found.get("status", {}).get("readyReplicas"))


def _running_release() -> Release:
    from dev.cluster import provider  # noqa: PLC0415  # nothing is built for a chat

    cluster = provider()
    if not cluster.kubeconfig.exists():
        raise UserError("There is no demo yet: run `make demo` first.")
    release = Release(cluster, NAMESPACE, RELEASE)
    try:
        release.get("service", f"{RELEASE}-demo-telegram")
    except CommandFailedError as error:
        raise UserError("The demo's simulated Telegram is not there: run `make demo` first.") from error
    return release


def _say_what_next(release: Release, env: Mapping[str, str]) -> None:
    print(f"{_BOLD}What next{_PLAIN}")
    if not env.get("TELEGRAM_BOT_TOKEN"):
        print("  make chat                     talk to the bot in this terminal")
    print(f"  export KUBECONFIG={release.cluster.kubeconfig} PATH={release.cluster.kubectl.parent}:$PATH")
    print(f"  kubectl -n {NAMESPACE} get agentthreads -o wide")
    print(f"  kubectl -n {NAMESPACE} describe agentthread tg-{PERSON}")
    print(
        f"  kubectl -n {NAMESPACE} delete pod -l openclaw.dev/thread=tg-{PERSON}     the next message remembers all the same"
    )
    print(f"  kubectl -n {NAMESPACE} get subagents -o wide")
    print("  make cluster-down             remove everything")


if __name__ == "__main__":
    sys.exit(main_guard(main))
