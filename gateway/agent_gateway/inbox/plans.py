"""What is read of an update before the transaction that takes it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from agent_gateway.commands.facts import Facts
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.incoming import Incoming
from agent_gateway.telegram.inbound.joined import Joined
from agent_gateway.telegram.inbound.topics import Unnamed
from agent_gateway.telegram.inbound.venues import VenueEvent

NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an update asks for, with what the cluster was known to say of its conversation before the transaction."""

    incoming: Incoming | VenueEvent
    facts: Facts = NO_FACTS
    joined: Joined | None = None
    """The group that the bot came to."""
    unnamed: Unnamed | None = None
    """The topic that nobody named."""


def load_update(payload: str) -> object:
    """Return an update as it came.

    Raises:
        MalformedUpdate: it is no JSON.
    """
    try:
        return json.loads(payload)
    except ValueError as error:
        raise MalformedUpdate("the update is not JSON") from error
