"""`python -m dev.images build [TARGET…] | tags | push REGISTRY`."""

from __future__ import annotations

import json
import sys

from dev.images import TARGETS, build_all, build_values, check_registry, push_all, refs
from dev.progress import UserError, main_guard


def main() -> None:
    """Do what the command line asks."""
    match sys.argv[1:]:
        case ["build", *targets]:
            unknown = set(targets) - set(TARGETS)
            if unknown:
                raise UserError(f"No such target: {', '.join(sorted(unknown))}. There are {', '.join(TARGETS)}.")
            for target, (reference, archive) in build_all(targets or TARGETS).items():
                print(f"  {target:11} {archive.stat().st_size / 1e6:6.0f} MB  {reference}")
        case ["tags"]:
            print(json.dumps(refs(), indent=2))
        case ["push", registry]:
            check_registry(registry)
            pushed = push_all(registry)
            print("\nValues for the chart:\n")
            print(build_values(registry, pushed))
        case _:
            raise UserError("usage: python -m dev.images build [TARGET…] | tags | push REGISTRY")


if __name__ == "__main__":
    sys.exit(main_guard(main))
