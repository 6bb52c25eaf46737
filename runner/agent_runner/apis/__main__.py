"""The process that serves services within the pod: what it is to do comes as JSON on its standard input."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import agent_contract.lean  # noqa: F401  # before any model: from here on these are lean

# isort: split
from agent_contract.apis import ApiConnection
from agent_runner.apis.forward import serve


def main() -> int:
    """Serve until this process is ended; returns the exit code."""
    raw = json.loads(sys.stdin.buffer.read())
    apis = [ApiConnection.model_validate(one) for one in raw["apis"]]
    asyncio.run(serve(raw["gateway"], Path(raw["token"]), apis))
    return 0


if __name__ == "__main__":
    sys.exit(main())
