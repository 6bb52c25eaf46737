"""What can go wrong in the gateway, by meaning.

GatewayError
├── ConfigError       settings that no waiting mends; exit 64
├── LeadershipLost    another gateway leads now; every effect stops
├── RunRefused        a runner may not serve this run; its text is told to it
│   └── RunClosed     that run was closed by leave; the runner is told goodbye again
├── ClassUnknown      an AgentClass cannot be read now; asked again later
├── TurnOver          what a turn asked for came after its end
├── ConversationsFull a chat has as many new conversations as it may have within a day
└── OtherBot          this database belongs to another bot
"""

from __future__ import annotations


class GatewayError(Exception):
    """The root; its text is a sentence without secrets or message text."""


class ConfigError(GatewayError):
    """Settings that no waiting mends."""


class LeadershipLost(GatewayError):
    """Another gateway leads now: nothing more may be written or sent from here."""


class RunRefused(GatewayError):
    """A runner may not serve this run."""


class RunClosed(RunRefused):
    """The run was closed by leave."""


class ClassUnknown(GatewayError):
    """An AgentClass cannot be read now: what depends on it is to be asked again."""


class TurnOver(GatewayError):
    """The turn that asks is over."""


class ConversationsFull(GatewayError):
    """A chat has as many new conversations, `most`, as people may begin there within a day."""

    def __init__(self, most: int) -> None:
        super().__init__("as many conversations as a chat may begin within a day have begun")
        self.most = most


class OtherBot(GatewayError):
    """This database belongs to another bot."""


class OtherName(GatewayError):
    """This database knows the bot under another name, which its AgentThreads bear."""
