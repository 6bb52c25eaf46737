"""Puts the parts together by which people link accounts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent_gateway.accounts.deviceflow import DeviceFlow
from agent_gateway.accounts.keeper import AccountKeeper
from agent_gateway.accounts.linkable import Linkable, read_linkable, read_unlinkable
from agent_gateway.accounts.sealing import Sealer
from agent_gateway.accounts.tokens import AccountTokens
from agent_gateway.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Linked accounts.

    Attributes:
        keeper: Carries on what people began.
        tokens: Acts as them.
        forges: Where accounts may be linked.
        unable: Hosts of forges that have no way to it.
        flow: Speaks to forges.
    """

    keeper: AccountKeeper
    tokens: AccountTokens
    forges: Mapping[str, Linkable]
    unable: tuple[str, ...]
    flow: DeviceFlow

    async def close(self) -> None:
        """End what is under way with forges: tokens that are being refreshed are waited for."""
        try:
            await self.tokens.close()
        finally:
            await self.flow.close()


def build_accounts(
    connections: Path | None, keys: Path | None, store: Store, check: Callable[[], None]
) -> Accounts:  # fmt: skip
    """Build them.

    Args:
        connections: The connections, as the chart writes them.
        keys: What tokens are sealed with; None: nothing can be linked.
        store: The accounts.
        check: Raises when this process may no longer act.

    Raises:
        BadConnections: the connections cannot be used.
    """
    forges = read_linkable(connections)
    if forges and keys is None:
        _log.warning("accounts_off", extra={"why": "connections have a clientId, and there is no ACCOUNT_KEYS_FILE"})
        forges = {}
    sealer, flow = Sealer(keys) if keys is not None else None, DeviceFlow()
    return Accounts(
        AccountKeeper(store, forges, sealer, flow, store.events, check),
        AccountTokens(store, forges, sealer, flow),
        forges,
        read_unlinkable(connections),
        flow,
    )
