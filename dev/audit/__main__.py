"""Audit: `python -m dev.audit [--allow-unchecked] [--rights [--write] NAMESPACE NAME]`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from dev.audit import rights
from dev.audit.checked import Checked, decide_exit
from dev.audit.contents import read_image
from dev.audit.tools import audit_npm, audit_python, find_locks, make_environment
from dev.cluster import provider
from dev.images import build_all
from dev.paths import PINS, ROOT
from dev.progress import UserError, main_guard, step
from dev.release import Release
from dev.shell import run

FOLDER: Final = ROOT / "build" / "sbom"


def main() -> int:
    """Do what the command line asks for; 1: a fault is known or a right differs, 2: something could not be checked."""
    arguments = _parse()
    if arguments.rights:
        return check_rights(*arguments.rights, write=arguments.write)
    python = make_environment()
    checked: list[Checked] = []
    for lock in find_locks():
        with step(f"asking for known faults of {lock.name}", 10):
            checked.append(audit_python(python, lock))
    with step("asking for known faults of npm's packages", 10):
        checked.append(audit_npm())
    write_lists(python)
    for one in checked:
        print("\n".join(one.describe()))
    code = decide_exit(checked, allow_unchecked=arguments.allow_unchecked)
    if any(one.unchecked for one in checked):
        print("NOT ALL COULD BE CHECKED: that no fault is told of those packages says nothing.", file=sys.stderr)
    return code


def write_lists(python: Path) -> None:
    """Write what is in each image."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    node = str(PINS["images"]["node"]["package"]).partition("==")[2]
    for target, (reference, archive) in build_all().items():
        name, _, tag = reference.rpartition(":")
        with step(f"listing the {target} image", 5):
            found = read_image(archive, node)
            program = ROOT / "dev" / "audit" / "sbom.py"
            text = run(
                [python, program, name.rpartition("/")[2], tag], stdin=json.dumps([asdict(one) for one in found])
            )
            path = FOLDER / f"{target}.cdx.json"
            path.write_text(text)
        print(f"  {path.relative_to(ROOT)}: {len(found)} packages")


def check_rights(namespace: str, name: str, *, write: bool) -> int:
    """Compare the rights of an installed release with the files, or make those anew."""
    cluster = provider()
    if not cluster.kubeconfig.exists():
        raise UserError("There is no cluster: `make cluster` brings one up.")
    release = Release(cluster, namespace, name)
    found = rights.read_rights(release, rights.find_agents(release))
    if write:
        rights.write(found)
    differences = rights.compare(found)
    for account, lines in differences.items():
        print(account, *lines, sep="\n  ")
    print(
        f"rights of {len(found)} accounts and namespaces: {'as the files have them' if not differences else 'different'}"
    )
    return 1 if differences else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.audit", description=__doc__)
    parser.add_argument("--allow-unchecked", action="store_true", help="end well where a service does not answer")
    parser.add_argument(
        "--rights", nargs=2, metavar=("NAMESPACE", "NAME"), help="compare an installed release's rights alone"
    )
    parser.add_argument("--write", action="store_true", help="with --rights: make the files anew")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main_guard(main))
