"""What a pod that waited does first when a welcome names its conversation."""

from __future__ import annotations

from agent_contract import wire
from agent_runner.conversation import Conversation
from agent_runner.launch import Setup, change_model
from agent_runner.logs import Log
from agent_runner.program import Program


def take_claim(frame: wire.Welcome, setup: Setup, log: Log, program: Program, conversation: Conversation) -> bool:
    """Be the run that a welcome names; say whether pi has been ended, as it has to start anew with another model.

    Args:
        frame: The welcome.
        setup: How pi is started.
        log: Names the run from now on.
        program: Has the pi that waits.
        conversation: Speaks with it.

    Raises:
        OSError: pi's models cannot be written.
    """
    log.identify(thread=frame.thread, run=frame.run)
    if frame.model is None or not change_model(setup, frame.model.to_dict()):
        return False
    log.info("model_changed", provider=frame.model.provider, model=frame.model.model)
    program.drop()
    conversation.detach()
    return True
