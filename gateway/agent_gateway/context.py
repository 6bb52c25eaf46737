"""The composition root: who is made of whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from agent_gateway.commands.build import build_commands
from agent_gateway.commands.facts import FactReader
from agent_gateway.commands.pairing import Pairing
from agent_gateway.commands.steering import Steering
from agent_gateway.config import GatewayConfig
from agent_gateway.conversations.build import Conversations, build_conversations
from agent_gateway.conversations.notes import PromptNotes
from agent_gateway.effects import WakeOutbox
from agent_gateway.health import Heartbeats
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.dispatcher import Dispatcher
from agent_gateway.inbox.ingest import Ingest
from agent_gateway.inbox.subscription import WebhookKeeper
from agent_gateway.jobs.export import Exporting
from agent_gateway.jobs.forget import Forgetting
from agent_gateway.jobs.worker import JobWorker
from agent_gateway.leader import Leader
from agent_gateway.models.providers import Keys, Providers, build_provider
from agent_gateway.models.proxy import LlmProxy
from agent_gateway.performers import Performers
from agent_gateway.resources.adopt import Adopter
from agent_gateway.resources.adoptsubagents import SubAgentAdopter
from agent_gateway.resources.agentclasses import AgentClasses
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.subagents import SubAgents
from agent_gateway.resources.values import SubAgentValue, ThreadValue
from agent_gateway.runners.identity import Authenticator
from agent_gateway.runners.registry import Registry
from agent_gateway.runners.server import RunnerDeps
from agent_gateway.store import Store
from agent_gateway.store.jobs import JobKind
from agent_gateway.store.purges import Purger
from agent_gateway.subagents.parts import build_subagents
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.menus import fill_own_menu
from agent_gateway.telegram.outbound.reactions import Reactions
from agent_gateway.telegram.outbound.sender import Sender
from agent_gateway.telegram.outbound.views import Views
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.venues.venues import Venues
from agent_gateway.wake import Wake
from agent_kube.client import KubeClient


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that runs while this gateway leads."""

    store: Store
    kube: KubeClient
    registry: Registry
    resources: AgentThreads
    classes: AgentClasses
    views: Views
    sender: Sender
    reactions: Reactions
    updates: Ingest | WebhookKeeper
    access: Access
    dispatcher: Dispatcher
    venues: Venues
    jobs: JobWorker
    purger: Purger
    conversations: Conversations
    adopter: Adopter
    subagents: SubAgents
    subagent_adopter: SubAgentAdopter
    proxy: LlmProxy
    runner_deps: RunnerDeps
    wake: Wake


def build_providers(config: GatewayConfig) -> Providers:
    """Read the model provider's settings.

    Raises:
        ValueError: the provider is unknown or its URL is none; the text says which setting.
    """
    keys = Keys(config.llm_api_key.get_secret_value(), config.llm_api_key_file)
    return Providers(build_provider(config.llm_provider, config.llm_base_url, keys))


def build_context(
    config: GatewayConfig,
    store: Store,
    api: TelegramApi,
    bot: BotIdentity,
    leader: Leader,
    kube: KubeClient,
    heartbeats: Heartbeats,
) -> Context:
    """Put the parts together; nothing runs yet."""
    wake = Wake(store.events)
    registry = Registry(on_change=wake.thread)
    check: Callable[[], None] = leader.check
    classes = AgentClasses(kube, config.namespace)
    thread_changes: Changes[ThreadValue] = Changes()
    resources = AgentThreads(kube, config.namespace, config.bot_name, classes, thread_changes, check)
    budgets = Budgets()
    views = Views(api, store.views, check=check, budgets=budgets, drafts=config.telegram_drafts)
    sender = Sender(api, store.outbox, store.files, check=heartbeats.watch("sender", check), budgets=budgets)
    store.events.on(WakeOutbox, lambda _: sender.notify())
    reactions = Reactions(api, store.reactions, check=heartbeats.watch("reactions", check), cooldowns=budgets)
    views.on_open = sender.on_sent = reactions.notify
    access = Access(config.telegram_allowed_ids, config.telegram_admin_ids)
    adopter = Adopter(store, resources, thread_changes, bot=bot, bot_name=config.bot_name, guests=access, wake=wake)
    Performers(store, registry, views, wake, api, resources, partial(fill_own_menu, api)).subscribe(store.events)
    venues = Venues(store, resources, store.events, check, config.bot_name)
    api.on_problem = venues.note
    subagent_changes: Changes[SubAgentValue] = Changes()
    subagents = SubAgents(kube, config.namespace, subagent_changes, check)
    subagent_adopter = SubAgentAdopter(store, subagents, subagent_changes, wake)
    children = build_subagents(store, resources, subagents, registry, views)
    steering = Steering()
    commands = build_commands(
        resources, children.requests, steering, bot_name=config.bot_name, is_admin=access.is_admin,
        max_runs=config.max_threads, allowed_models=config.llm_models, default_model=config.llm_model,
    )  # fmt: skip
    proxy = LlmProxy(build_providers(config), store.usage)
    authenticator = Authenticator(kube, store, namespace=config.namespace, service_account=config.agent_service_account)
    return Context(
        store=store,
        kube=kube,
        registry=registry,
        resources=resources,
        classes=classes,
        views=views,
        sender=sender,
        reactions=reactions,
        updates=_build_updates(config, store, api, check, heartbeats, wake),
        access=access,
        dispatcher=Dispatcher(
            store,
            commands,
            access,
            bot,
            config.bot_name,
            facts=FactReader(resources, children.requests),
            steering=steering,
            venues=venues,
            letting_in=Pairing(access, enabled=config.telegram_pairing),
            wake=wake,
            check=heartbeats.watch("dispatcher", check),
            unaddressed=config.telegram_group_trigger == "all",
        ),
        jobs=JobWorker(
            store,
            {JobKind.EXPORT: Exporting(store), JobKind.FORGET: Forgetting(store)},
            store.events,
            check,
        ),
        purger=Purger(store, check),
        venues=venues,
        conversations=build_conversations(
            store,
            resources,
            registry,
            views,
            wake,
            store.events,
            check,
            children=children.reconciler,
            max_runs=config.max_threads,
        ),
        adopter=adopter,
        subagents=subagents,
        subagent_adopter=subagent_adopter,
        proxy=proxy,
        runner_deps=RunnerDeps(
            store,
            views,
            wake,
            registry,
            authenticator,
            proxy,
            children.service,
            children.classes,
            api,
            PromptNotes(store, resources, wake),
        ),
        wake=wake,
    )


def _build_updates(
    config: GatewayConfig,
    store: Store,
    api: TelegramApi,
    check: Callable[[], None],
    heartbeats: Heartbeats,
    wake: Wake,
) -> Ingest | WebhookKeeper:
    """Choose the way in: Telegram brings updates to a webhook, or is asked for them."""
    if config.telegram_webhook_url:
        return WebhookKeeper(api, store.inbox, config.telegram_webhook_url, config.read_webhook_secret, check)
    return Ingest(api, store.inbox, check=heartbeats.watch("ingest", check), wake=wake.inbox)
