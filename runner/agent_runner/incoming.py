"""What a frame of the gateway is for the supervisor; pure."""

from __future__ import annotations

from agent_contract import wire
from agent_runner import lifecycle as life


def read_happening(frame: wire.GatewayFrame) -> life.Happening | None:
    """Return what happens with a frame; None for one that is not the supervisor's."""
    match frame:
        case wire.Turn():
            return life.Given(frame)
        case wire.Steer():
            return life.SteerAsked(frame)
        case wire.Abort():
            return life.AbortAsked(frame.turn)
        case wire.Extend():
            return life.ExtendAsked(frame.turn, frame.seconds)
        case wire.Stay():
            return life.Stayed()
        case wire.Goodbye():
            return life.Dismissed()
        case wire.Shutdown():
            return life.ShutdownAsked(frame.reason, frame.grace_seconds)
        case _:
            return None
