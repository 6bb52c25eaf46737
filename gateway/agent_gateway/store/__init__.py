"""Everything durable: a store of rooms, one for each kind of fact, and units of work over it."""

from __future__ import annotations

from agent_gateway.store.database import Fence, Store

__all__ = ["Fence", "Store"]
