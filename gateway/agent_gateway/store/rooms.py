"""The store, room by room: one for each kind of fact."""

from __future__ import annotations

from agent_gateway.store.access import AccessQueries
from agent_gateway.store.audit import AuditQueries
from agent_gateway.store.confirms import ConfirmQueries
from agent_gateway.store.files import FileQueries
from agent_gateway.store.history import HistoryQueries
from agent_gateway.store.inbox import InboxQueries
from agent_gateway.store.jobs import JobQueries
from agent_gateway.store.outbox import OutboxQueries
from agent_gateway.store.reactions import ReactionQueries
from agent_gateway.store.runs import RunQueries
from agent_gateway.store.session import Session
from agent_gateway.store.sessions import SessionQueries
from agent_gateway.store.settings import SettingQueries
from agent_gateway.store.slots import SlotQueries
from agent_gateway.store.steers import SteerQueries
from agent_gateway.store.subagents import SubAgentQueries
from agent_gateway.store.threads import ThreadQueries
from agent_gateway.store.turns import TurnQueries
from agent_gateway.store.usage import UsageQueries
from agent_gateway.store.venues import VenueQueries
from agent_gateway.store.views import ViewQueries
from agent_gateway.store.workspaces import WorkspaceQueries


class Rooms(Session):
    """A session with the queries of every kind of fact, by name."""

    def __init__(self, bot_id: int) -> None:
        super().__init__(bot_id)
        self.inbox = InboxQueries(self)
        self.threads = ThreadQueries(self)
        self.turns = TurnQueries(self)
        self.runs = RunQueries(self)
        self.slots = SlotQueries(self)
        self.sessions = SessionQueries(self)
        self.outbox = OutboxQueries(self)
        self.reactions = ReactionQueries(self)
        self.views = ViewQueries(self)
        self.usage = UsageQueries(self)
        self.audit = AuditQueries(self)
        self.subagents = SubAgentQueries(self)
        self.workspaces = WorkspaceQueries(self)
        self.settings = SettingQueries(self)
        self.confirms = ConfirmQueries(self)
        self.history = HistoryQueries(self)
        self.jobs = JobQueries(self)
        self.files = FileQueries(self)
        self.steers = SteerQueries(self)
        self.venues = VenueQueries(self)
        self.access = AccessQueries(self)
