"""Everything durable: a store of rooms, one for each kind of fact, and units of work over it.

The store itself is loaded by the first that names it: the processes that render need rows alone, and would each hold the
database's client in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_gateway.store.database import Store
    from agent_gateway.store.transaction import Fence
else:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(name)
        from agent_gateway.store import database  # noqa: PLC0415  # not before it is needed

        return getattr(database, name)


__all__ = ["Fence", "Store"]
