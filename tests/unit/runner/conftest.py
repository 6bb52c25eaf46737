from __future__ import annotations

import asyncio
import signal

import pytest

from agent_runner.processes import reap
from agent_runner.programs import Programs


@pytest.fixture
async def programs():
    """Return programs whose ends are collected as the runner collects them."""
    found = Programs()

    def collect():
        for pid, code in reap():
            found.collect(pid, code)

    asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, collect)
    yield found
    asyncio.get_running_loop().remove_signal_handler(signal.SIGCHLD)
