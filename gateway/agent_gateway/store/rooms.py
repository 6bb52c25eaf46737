"""The store, room by room: one for each kind of fact."""

from __future__ import annotations

from agent_gateway.store.access import AccessQueries
from agent_gateway.store.accounts import AccountQueries
from agent_gateway.store.audit import AuditQueries
from agent_gateway.store.backlogs import BacklogQueries
from agent_gateway.store.budgets import BudgetQueries
from agent_gateway.store.claims import ClaimQueries
from agent_gateway.store.commits import CommitQueries
from agent_gateway.store.confirms import ConfirmQueries
from agent_gateway.store.connections import ConnectionQueries
from agent_gateway.store.console import ConsoleQueries
from agent_gateway.store.decisions import DecisionQueries
from agent_gateway.store.files import FileQueries
from agent_gateway.store.forks import ForkQueries
from agent_gateway.store.guests import GuestQueries
from agent_gateway.store.history import HistoryQueries
from agent_gateway.store.hooks import HookQueries
from agent_gateway.store.inbox import InboxQueries
from agent_gateway.store.jobs import JobQueries
from agent_gateway.store.kept import KeptQueries
from agent_gateway.store.menus import MenuQueries
from agent_gateway.store.modelcalls import ModelCallQueries
from agent_gateway.store.narrowed import NarrowedQueries
from agent_gateway.store.notes import NoteQueries
from agent_gateway.store.outbox import OutboxQueries
from agent_gateway.store.overheard import OverheardQueries
from agent_gateway.store.parts import PartQueries
from agent_gateway.store.pastsessions import PastSessionQueries
from agent_gateway.store.people import PeopleQueries
from agent_gateway.store.persons import PersonQueries
from agent_gateway.store.prompts import PromptQueries
from agent_gateway.store.pulls import PullQueries
from agent_gateway.store.pushedrefs import PushedQueries
from agent_gateway.store.pushes import PushQueries
from agent_gateway.store.quotas import QuotaQueries
from agent_gateway.store.reactions import ReactionQueries
from agent_gateway.store.repositories import RepositoryQueries
from agent_gateway.store.requests import RequestQueries
from agent_gateway.store.restores import RestoreQueries
from agent_gateway.store.retention import RetentionQueries
from agent_gateway.store.runs import RunQueries
from agent_gateway.store.schedules import ScheduleQueries
from agent_gateway.store.search import SearchQueries
from agent_gateway.store.session import Session
from agent_gateway.store.sessions import SessionQueries
from agent_gateway.store.settings import SettingQueries
from agent_gateway.store.slots import SlotQueries
from agent_gateway.store.spending import SpendingQueries
from agent_gateway.store.starts import StartQueries
from agent_gateway.store.steers import SteerQueries
from agent_gateway.store.subagents import SubAgentQueries
from agent_gateway.store.threads import ThreadQueries
from agent_gateway.store.topics import TopicQueries
from agent_gateway.store.turns import TurnQueries
from agent_gateway.store.undos import UndoQueries
from agent_gateway.store.usage import UsageQueries
from agent_gateway.store.venues import VenueQueries
from agent_gateway.store.views import ViewQueries
from agent_gateway.store.workspaces import WorkspaceQueries


class Rooms(Session):
    """A session with the queries of every kind of fact, by name."""

    def __init__(self, bot_id: int) -> None:  # noqa: PLR0915  # one line a kind of fact
        super().__init__(bot_id)
        self.inbox = InboxQueries(self)
        self.threads = ThreadQueries(self)
        self.turns = TurnQueries(self)
        self.runs = RunQueries(self)
        self.claims = ClaimQueries(self)
        self.slots = SlotQueries(self)
        self.sessions = SessionQueries(self)
        self.starts = StartQueries(self)
        self.outbox = OutboxQueries(self)
        self.guests = GuestQueries(self)
        self.backlogs = BacklogQueries(self)
        self.reactions = ReactionQueries(self)
        self.views = ViewQueries(self)
        self.usage = UsageQueries(self)
        self.model_calls = ModelCallQueries(self)
        self.audit = AuditQueries(self)
        self.subagents = SubAgentQueries(self)
        self.workspaces = WorkspaceQueries(self)
        self.kept = KeptQueries(self)
        self.undos = UndoQueries(self)
        self.forks = ForkQueries(self)
        self.settings = SettingQueries(self)
        self.accounts = AccountQueries(self)
        self.commits = CommitQueries(self)
        self.confirms = ConfirmQueries(self)
        self.decisions = DecisionQueries(self)
        self.spending = SpendingQueries(self)
        self.budgets = BudgetQueries(self)
        self.pushes = PushQueries(self)
        self.pulls = PullQueries(self)
        self.pushed = PushedQueries(self)
        self.hooks = HookQueries(self)
        self.connections = ConnectionQueries(self)
        self.console = ConsoleQueries(self)
        self.repositories = RepositoryQueries(self)
        self.narrowed = NarrowedQueries(self)
        self.history = HistoryQueries(self)
        self.search, self.notes, self.past = SearchQueries(self), NoteQueries(self), PastSessionQueries(self)
        self.jobs = JobQueries(self)
        self.files = FileQueries(self)
        self.steers = SteerQueries(self)
        self.parts, self.prompts = PartQueries(self), PromptQueries(self)
        self.overheard = OverheardQueries(self)
        self.venues = VenueQueries(self)
        self.access = AccessQueries(self)
        self.requests = RequestQueries(self)
        self.menus = MenuQueries(self)
        self.topics = TopicQueries(self)
        self.people = PeopleQueries(self)
        self.restores = RestoreQueries(self)
        self.quotas = QuotaQueries(self)
        self.schedules = ScheduleQueries(self)
        self.retention, self.persons = RetentionQueries(self), PersonQueries(self)
