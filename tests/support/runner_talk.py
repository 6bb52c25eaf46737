"""What tests of the runner say to it, and what they read of its answer."""

from __future__ import annotations

from agent_contract import wire
from tests.support.eventually import LONG, eventually


def texts(events):
    """Return the messages of an answer."""
    return [event.text for event in events if isinstance(event, wire.MessageDone)]


async def begin(gateway, runner, text, *, files=(), **more):
    """Start a runner and give it its first turn."""
    await runner.start()
    await gateway.ready()
    await gateway.send(wire.Turn(id=1, text=text, files=list(files), **more))


async def begin_early(gateway, runner, text):
    """Start a runner and give it its first turn before it is ready, so that it is never idle without one.

    One that leaves after a second would be gone where that second passes before the turn comes.
    """
    await runner.start()
    await eventually(lambda: gateway.connected, timeout=LONG)
    await gateway.send(wire.Turn(id=1, text=text))
