"""Everything durable: one class over Postgres, put together from one module for each kind of fact."""

from __future__ import annotations

from agent_gateway.store.access import AccessQueries
from agent_gateway.store.confirms import ConfirmQueries
from agent_gateway.store.database import Fence
from agent_gateway.store.files import FileQueries
from agent_gateway.store.history import HistoryQueries
from agent_gateway.store.inbox import InboxQueries
from agent_gateway.store.outbox import OutboxQueries
from agent_gateway.store.runs import RunQueries
from agent_gateway.store.sessions import SessionQueries
from agent_gateway.store.settings import SettingQueries
from agent_gateway.store.slots import SlotQueries
from agent_gateway.store.steers import SteerQueries
from agent_gateway.store.subagents import SubAgentQueries
from agent_gateway.store.threads import ThreadQueries
from agent_gateway.store.turns import TurnQueries
from agent_gateway.store.venues import VenueQueries
from agent_gateway.store.workspaces import WorkspaceQueries

__all__ = ["Fence", "Store"]


class Store(
    InboxQueries,
    ThreadQueries,
    TurnQueries,
    RunQueries,
    SlotQueries,
    SessionQueries,
    OutboxQueries,
    SubAgentQueries,
    WorkspaceQueries,
    SettingQueries,
    ConfirmQueries,
    HistoryQueries,
    FileQueries,
    SteerQueries,
    VenueQueries,
    AccessQueries,
):
    """The store of one gateway."""
