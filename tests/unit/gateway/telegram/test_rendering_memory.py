"""What the processes that render load."""

from __future__ import annotations

import subprocess
import sys

from agent_gateway.telegram.outbound.rendering import _WORK


def test_a_process_that_renders_does_not_hold_what_it_never_uses():
    """There are two of them, and each counts for the gateway's memory."""
    code = f"import sys; [__import__(name) for name in {_WORK!r}]; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "agent_gateway.store.chatrows" in loaded
    assert not {"asyncpg", "aiohttp", "prometheus_client", "telegram", "agent_gateway.store.database"} & set(loaded)
