"""The command line."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from kubectl_openclaw import talk
from kubectl_openclaw.cluster import GROUP, Cluster, check, find_kubectl
from kubectl_openclaw.console import Console
from kubectl_openclaw.errors import Problem, Right
from kubectl_openclaw.schedule import build_list, build_schedule
from kubectl_openclaw.top import SORTS, build_top, read_row, sort_rows
from kubectl_openclaw.why import Reason, build_lines, explain

_FAILED: Final = 1
_MOST_SHOWN: Final = 1_000_000
_Act = Callable[[Cluster, str, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    given = _build_parser().parse_args(arguments)
    options = [
        part for name in ("context", "kubeconfig", "as") if (v := getattr(given, name)) for part in (f"--{name}", v)
    ]
    act: _Act = given.act
    for one in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, lambda number, _: sys.exit(128 + number))  # what was started is ended first
    try:
        with Cluster([find_kubectl(), *options]) as cluster:
            everywhere = getattr(given, "all", False)
            namespace = "" if everywhere else given.namespace or cluster.read_namespace()
            return act(cluster, namespace, given)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # whoever reads has gone
        return _FAILED


def _top(cluster: Cluster, namespace: str, given: argparse.Namespace) -> int:
    rows = sort_rows((read_row(thread) for thread in cluster.items("agentthreads", namespace)), given.sort)
    if not rows:
        raise Problem(f"There are no AgentThreads in namespace {namespace}: -n names another one, -A takes all.")
    for line in build_top(rows, given.most or _MOST_SHOWN, datetime.now(UTC), namespaces=not namespace):
        print(line)
    return 0


def _why(cluster: Cluster, namespace: str, given: argparse.Namespace) -> int:
    reasons, missing = _find_reasons(cluster, Console(cluster, namespace, given.thread), namespace, given.thread)
    print("\n".join(build_lines(given.thread, reasons)))
    if missing:
        print(f"\nThis is from the resource alone. {missing}", file=sys.stderr)
    return _FAILED if reasons[0].word == "NotFound" else 0


def _find_reasons(cluster: Cluster, console: Console, namespace: str, name: str) -> tuple[list[Reason], str]:
    """Return why a conversation waits, and why what the gateway knows could not be read."""
    right = Right("get", "agentthreads.openclaw.dev", name, namespace, "<release>-console-view-agents")
    thread = cluster.get(f"{GROUP}/namespaces/{quote(namespace)}/agentthreads/{quote(name)}", right)
    facts: Mapping[str, Any] | None = None
    missing = ""
    try:
        facts = console.read("why")
    except Problem as problem:
        missing = str(problem)
    return explain(thread, facts, name, datetime.now(UTC)), missing


def _chat(cluster: Cluster, namespace: str, given: argparse.Namespace) -> int:
    console = Console(cluster, namespace, given.thread)

    def tell() -> None:
        reasons, _ = _find_reasons(cluster, console, namespace, given.thread)
        print(f"[{reasons[0].word}: {reasons[0].words}]", file=sys.stderr)

    if given.message:
        return 0 if talk.ask(console, given.message, tell) else _FAILED
    console.read("turns", {"most": "1"})  # it is told at once what is missing
    print("The chat sees what you ask. Ctrl-D ends this; an answer goes on without you.", file=sys.stderr)
    while True:
        try:
            text = input("you> " if sys.stdin.isatty() else "")
        except EOFError:
            return 0
        if text.strip():
            try:
                talk.ask(console, text, tell)
            except Problem as problem:
                print(problem, file=sys.stderr)
            except KeyboardInterrupt:
                print("\nIt goes on; `kubectl openclaw stop` ends it.", file=sys.stderr)


def _logs(cluster: Cluster, namespace: str, given: argparse.Namespace) -> int:
    talk.show_logs(Console(cluster, namespace, given.thread), on=given.follow)
    return 0


def _transcript(cluster: Cluster, namespace: str, given: argparse.Namespace) -> int:
    talk.show_transcript(Console(cluster, namespace, given.thread), given.most or _MOST_SHOWN)
    return 0


def _stop(cluster: Cluster, namespace: str, given: argparse.Namespace) -> int:
    told = Console(cluster, namespace, given.thread).do("stop", {"request": str(uuid4())})
    print("Stopped." if told.get("stopped") else "Nothing runs or waits.")
    return 0


def _schedule_add(cluster: Cluster, namespace: str, given: argparse.Namespace) -> int:
    body = build_schedule(given.thread, given.when, " ".join(given.prompt), given.zone)
    right = Right("create", "agentschedules.openclaw.dev", "", namespace, "<release>-console-speak-agents")
    path = f"{GROUP}/namespaces/{quote(namespace)}/agentschedules"
    made = check(cluster.call("POST", path, right, body=body))
    print(f"agentschedule {made['metadata']['name']} is made.")
    return 0


def _schedule_list(cluster: Cluster, namespace: str, given: argparse.Namespace) -> int:
    for line in build_list(cluster.items("agentschedules", namespace), given.thread or "", datetime.now(UTC)):
        print(line)
    return 0


def _schedule_delete(cluster: Cluster, namespace: str, given: argparse.Namespace) -> int:
    right = Right("delete", "agentschedules.openclaw.dev", given.name, namespace, "<release>-console-speak-agents")
    path = f"{GROUP}/namespaces/{quote(namespace)}/agentschedules/{quote(given.name, safe='')}"
    check(cluster.call("DELETE", path, right))
    print(f"agentschedule {given.name} is deleted.")
    return 0


def _build_parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("-n", "--namespace", help="namespace of the AgentThreads; the context's, if none is named")
    for name, words in (
        ("context", "of the kubeconfig"),
        ("kubeconfig", "the file"),
        ("as", "act as somebody else, where one may"),
    ):
        common.add_argument(f"--{name}", help=words)
    parser = argparse.ArgumentParser("kubectl openclaw", description="Conversations with agents, in a terminal.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(where: Any, name: str, act: _Act, words: str, *positional: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = where.add_parser(name, parents=[common], help=words, description=words)
        made.set_defaults(act=act)
        for one in positional:
            made.add_argument(one)
        return made

    chat = add(commands, "chat", _chat, "talk to an agent; the chat sees it", "thread")
    chat.add_argument("-m", "--message", help="ask this and end with the answer")
    logs = add(commands, "logs", _logs, "the newest answer, as it is written", "thread")
    logs.add_argument("-f", "--follow", action="store_true", help="go on with what comes")
    transcript = add(commands, "transcript", _transcript, "what was said", "thread")
    transcript.add_argument("--most", type=int, default=50, help="messages, the newest; 0: all (50)")
    top = add(commands, "top", _top, "conversations by what they cost")
    top.add_argument("--sort", choices=SORTS, default="cost", help="in which order (cost)")
    top.add_argument("--most", type=int, default=20, help="rows; 0: all (20)")
    top.add_argument("-A", "--all-namespaces", dest="all", action="store_true", help="of all namespaces")
    add(commands, "why", _why, "why a message waits", "thread")
    add(commands, "stop", _stop, "stop the running answer, or what waits", "thread")
    schedule = commands.add_parser("schedule", help="what is asked at times of its own")
    schedules = schedule.add_subparsers(required=True, metavar="command")
    made = add(schedules, "add", _schedule_add, "ask something again and again, or once", "thread", "when")
    made.add_argument("prompt", nargs="+")
    made.add_argument("--zone", help="in which cron is meant, such as Europe/Berlin")
    add(schedules, "list", _schedule_list, "the schedules").add_argument("thread", nargs="?")
    add(schedules, "delete", _schedule_delete, "delete one", "name")
    return parser


if __name__ == "__main__":
    sys.exit(main())
