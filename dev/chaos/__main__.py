"""Chaos on the real cluster: `python -m dev.chaos run --seed 1 --minutes 5`, `… check FILE`, `… plan --seed 1`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dev.chaos.plan import KILLS_A_MINUTE, MESSAGES_A_MINUTE, Plan, Size, build_plan
from dev.chaos.report import describe, judge
from dev.chaos.scenario import installed, remove, run_plan
from dev.chaos.snapshot import Snapshot
from dev.paths import ROOT
from dev.progress import UserError, main_guard

NAMESPACE, NAME = "openclaw-chaos", "oc"
FOLDER = ROOT / "build" / "chaos"


def main() -> int:
    """Do what the command line asks for."""
    arguments = _parse()
    match arguments.command:
        case "check":
            return check(arguments.file)
        case "plan":
            print_plan(build_plan(arguments.seed, _read_size(arguments)))
            return 0
        case _:
            return run(build_plan(arguments.seed, _read_size(arguments)), keep=arguments.keep)


def run(plan: Plan, *, keep: bool) -> int:
    """Play a plan, keep its snapshot in a file and print what the checker says; return the exit code."""
    with installed(NAMESPACE, NAME) as (release, clouds):
        snapshot = run_plan(release, clouds, plan)
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"seed-{plan.seed}.json"
    file.write_text(snapshot.model_dump_json(indent=1))
    code = check(file)
    if code or keep:
        print(f"  the namespace {NAMESPACE} is left as it is, to be looked at; the next run removes it")
    else:
        remove(release)
    return code


def check(file: Path) -> int:
    """Print what the checker says of a snapshot; return the exit code.

    Raises:
        UserError: it is no snapshot.
    """
    try:
        snapshot = Snapshot.model_validate_json(file.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read as a snapshot: {error}") from error
    judgement = judge(snapshot)
    print(describe(snapshot, judgement))
    print(f"  snapshot: {file}")
    return 1 if judgement.failures else 0


def print_plan(plan: Plan) -> None:
    """Print a plan, line by line in the order of time."""
    lines = [(m.at, f"{m.kind} {m.word} in conversation {m.conversation}") for m in plan.messages]
    lines += [(f.at, f"! {f.name}{f' for {f.seconds:.0f} s' if f.seconds else ''}") for f in plan.faults]
    for at, words in sorted(lines):
        print(f"{at:7.1f}  {words}")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.chaos", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("run", "plan"):
        command = commands.add_parser(name)
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--minutes", type=float, default=5)
        command.add_argument("--messages", type=int, help="questions at least; by default by the minutes")
        command.add_argument("--kills", type=int, help="kills at least; by default by the minutes")
        command.add_argument("--keep", action="store_true", help="leave the namespace in any case")
    commands.add_parser("check").add_argument("file", type=Path)
    return parser.parse_args()


def _read_size(arguments: argparse.Namespace) -> Size:
    """Build the size that the command line asks for.

    Raises:
        UserError: a number is out of its bounds.
    """
    minutes: float = arguments.minutes
    messages = arguments.messages if arguments.messages is not None else round(MESSAGES_A_MINUTE * minutes)
    kills = arguments.kills if arguments.kills is not None else round(KILLS_A_MINUTE * minutes)
    if not (0 < minutes <= 240 and 0 <= messages <= 20_000 and 0 <= kills <= 2_000):
        raise UserError("MINUTES must be over 0 and at most 240, MESSAGES at most 20000, KILLS at most 2000.")
    return Size(minutes, messages, kills)


if __name__ == "__main__":
    sys.exit(main_guard(main))
