"""Puts the parts together by which agents work with pull requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from agent_gateway.connections.rights import ClassReader, Rights
from agent_gateway.connections.settings import Connection, read_connections
from agent_gateway.forges.asking import HOLD_SECONDS, PullQuestions
from agent_gateway.forges.events import PullEvents
from agent_gateway.forges.gitea import Gitea
from agent_gateway.forges.github import GitHub
from agent_gateway.forges.gitlab import GitLab
from agent_gateway.forges.http import ForgeHttp
from agent_gateway.forges.opening import Opening
from agent_gateway.forges.persons import NoPersonTokens, PersonTokens
from agent_gateway.forges.poller import POLL_SECONDS, PullPoller
from agent_gateway.forges.rests import Rests
from agent_gateway.forges.service import PullService
from agent_gateway.forges.values import Forge
from agent_gateway.httppool import HttpPool
from agent_gateway.store import Store


@dataclass(frozen=True, slots=True)
class Forges:
    """What works with pull requests.

    Attributes:
        service: Serves agents.
        events: Takes what happened at a pull request.
        poller: Looks what happened.
        pool: The connections to forges.
        connections: The ways there, by name.
        kinds: How each kind of forge is spoken to.
    """

    service: PullService
    events: PullEvents
    poller: PullPoller
    pool: HttpPool
    connections: Mapping[str, Connection]
    kinds: Mapping[str, Forge]

    async def close(self) -> None:
        """End what is under way, and close the connections."""
        await self.service.close()
        await self.pool.close()


def build_forges(
    file: Path | None,
    store: Store,
    classes: ClassReader,
    check: Callable[[], None],
    *,
    tokens: PersonTokens | None = None,
    hold: float = HOLD_SECONDS,
    poll: float = POLL_SECONDS,
) -> Forges:
    """Build them.

    Args:
        file: The connections, as the chart writes them.
        store: Conversations, and what they opened.
        classes: What agents may do, and who decides.
        check: Raises when this process may no longer act.
        tokens: Knows which people linked an account.
        hold: Seconds that one call waits for a person.
        poll: Seconds between two looks for what is due.

    Raises:
        BadConnections: the file cannot be used.
    """
    pool = HttpPool(
        aiohttp.ClientTimeout(total=300, sock_connect=30), limit=16, headers={"Accept-Encoding": "identity"}
    )
    connections = read_connections(file, pool.get)
    rests = Rests()
    http = ForgeHttp(pool.get, rests=rests)
    forges: dict[str, Forge] = {"github": GitHub(http), "gitlab": GitLab(http), "gitea": Gitea(http)}
    events = PullEvents(store)
    service = PullService(
        connections, forges, store, Rights(store, classes), PullQuestions(store, classes, hold),
        tokens or NoPersonTokens(), Opening(store),
    )  # fmt: skip
    poller = PullPoller(connections, forges, store, events, check, rests, poll=poll)
    return Forges(service, events, poller, pool, connections, forges)
