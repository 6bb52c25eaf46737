"""What a runner loads, as people wait for its start."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
import agent_contract.lean
import agent_runner.app
import agent_contract.runnerconfig
print(*sorted(sys.modules))
"""
HEAVY = {
    "pydantic",
    "pydantic_core",
    "aiohttp",
    "yarl",
    "email",
    "http.client",
    "unicodedata",
    "tempfile",
    "html",
    "zipfile",
    "lzma",
}


def test_a_runner_loads_nothing_that_takes_long():
    """pydantic and aiohttp were two thirds of its start, on the cores that pi loads on."""
    found = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=250)
    loaded = set(found.stdout.split())
    assert "agent_runner.link" in loaded
    assert sorted(HEAVY & loaded) == []
