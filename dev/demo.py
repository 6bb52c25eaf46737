"""From nothing to a conversation on a real cluster; `--chat` opens a chat with the same bot in this terminal."""

from __future__ import annotations

import http.client
import json
import re
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dev.conversation import PERSON, Conversation
from dev.paths import ROOT
from dev.progress import UserError, main_guard, step
from dev.release import CommandFailedError, Release, prepare, wait_until

NAMESPACE = "openclaw"
RELEASE = "openclaw"
_PROMPTS = (
    ("bash: uname -sr; id -un; echo hello > /workspace/note && ls /workspace", "Tool said"),
    ("slow 24 200", "w23"),
)
"""What the person of the demo says, and what its answer holds: a tool run in the pod, and a slow stream."""
_SUBAGENTS = "spawn: {bash: hostname; sleep 8; echo counted the stars} | {bash: hostname; sleep 8; echo named a tree}"
"""The agent gives two tasks to sub-agents at once and uses both answers."""
_BOTH_ANSWERS = "Result 2"
_ENV = ROOT / ".env"
_BOLD, _PLAIN = "\033[1m", "\033[0m"


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
            print(release.agents.kubectl("get", "subagents,pods", "-l", f"openclaw.dev/thread=tg-{PERSON}"))
            conversation.wait(_BOTH_ANSWERS)
    print(f"\n{_BOLD}$ kubectl get agentthreads,subagents,pods{_PLAIN}")
    print(release.agents.kubectl("get", "agentthreads,subagents,pods"))
    _say_what_next(release, env)
    return 0


def chat() -> int:
    """Be the person of the demo: lines typed are sent, and the bot's messages are shown as they are edited."""
    release = _running_release()
    with release.forward(f"service/{RELEASE}-demo-telegram", 8081) as port:
        conversation = Conversation(port)
        print(
            "You are person 48151623. Type a message or a command (/help); !Stop presses the button Stop; end with Ctrl-D.\n"
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
            if line.startswith("!"):
                conversation.press(line[1:].strip())
            elif line.strip():
                conversation.say(line.strip())
        ended.set()
    return 0


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
            "drafts": _flag(env, "TELEGRAM_DRAFTS", default="true"),
            "richMessages": env.get("TELEGRAM_RICH_MESSAGES", "auto"),
            "groupTrigger": env.get("TELEGRAM_GROUP_TRIGGER", "mention"),
            "topics": env.get("TELEGRAM_TOPICS", "keep"),
            "privacy": env.get("TELEGRAM_PRIVACY", "keep"),
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
            "api": env.get("LLM_API", ""),
            "providers": _list(env, "LLM_PROVIDERS"),
            "fallbackModels": _list(env, "LLM_FALLBACK_MODELS"),
        }
    speech = {
        "provider": env.get("SPEECH_PROVIDER", ""), "apiKey": env.get("SPEECH_API_KEY", ""),
        "model": env.get("SPEECH_MODEL", ""), "baseUrl": env.get("SPEECH_BASE_URL", ""),
    }  # fmt: skip
    if any(speech.values()):
        values["speech"] = speech
    return values


def _list(env: Mapping[str, str], name: str) -> list[Any]:
    try:
        found = json.loads(env.get(name) or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise UserError(f"{name} in .env must be a JSON list on one line.")
    return found


def _ids(env: Mapping[str, str], name: str) -> list[int]:
    parts = [p.strip() for p in env.get(name, "").split(",") if p.strip()]
    if not all(re.fullmatch(r"-?\d+", p) for p in parts):
        raise UserError(f"{name} in .env must be numeric ids, separated by commas.")
    return [int(p) for p in parts]


def _flag(env: Mapping[str, str], name: str, *, default: str = "") -> bool:
    return env.get(name, default).lower() in {"true", "1", "yes", "on"}


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isdigit():
        raise UserError(f"{name} in .env must be a whole number.")
    return int(text)


def explain(release: Release) -> str:
    """Return what a person needs to see when the release does not become ready."""
    pods = release.kubectl("get", "pods", check=False) + release.agents.kubectl("get", "pods", check=False)
    logs = release.kubectl("logs", f"deployment/{RELEASE}-gateway", "--tail=5", check=False)
    return f"\n{pods}\nThe gateway's last words:\n{logs}"


def _subagents_at_work(release: Release) -> int:
    found = release.agents.get("subagents", "-l", f"openclaw.dev/thread=tg-{PERSON}")["items"]
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
    agents = release.agents.namespace
    print(f"  kubectl -n {agents} get agentthreads -o wide")
    print(f"  kubectl -n {agents} describe agentthread tg-{PERSON}")
    print(
        f"  kubectl -n {agents} delete pod -l openclaw.dev/thread=tg-{PERSON}     the next message remembers all the same"
    )
    print(f"  kubectl -n {agents} get subagents -o wide")
    print("  make cluster-down             remove everything")


if __name__ == "__main__":
    sys.exit(main_guard(main))
