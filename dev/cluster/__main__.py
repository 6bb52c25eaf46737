"""`python -m dev.cluster up | down | status | kubeconfig | load ARCHIVE…`."""

from __future__ import annotations

import sys
from pathlib import Path

from dev.cluster import provider
from dev.progress import UserError, main_guard

_USAGE = "usage: python -m dev.cluster up | down | status | kubeconfig | load ARCHIVE…"


def main() -> None:
    """Do what the command line asks."""
    match sys.argv[1:]:
        case ["up"]:
            cluster = provider()
            cluster.up()
            print(cluster.status())
            print(f"\n  export KUBECONFIG={cluster.kubeconfig} PATH={cluster.kubectl.parent}:$PATH")
        case ["down"]:
            provider().down()
        case ["status"]:
            print(provider().status())
        case ["kubeconfig"]:
            print(provider().kubeconfig)
        case ["load", *archives] if archives:
            provider().load_images([Path(a) for a in archives])
        case _:
            raise UserError(_USAGE)


if __name__ == "__main__":
    sys.exit(main_guard(main))
