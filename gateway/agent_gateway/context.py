"""The composition root: who is made of whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from agent_gateway.accounts.build import Accounts, build_accounts
from agent_gateway.accounts.signer import Signer
from agent_gateway.apis.build import build_apis
from agent_gateway.commands.build import build_commands
from agent_gateway.commands.facts import FactReader
from agent_gateway.commands.link import LinkCommands
from agent_gateway.commands.pairing import Pairing
from agent_gateway.commands.requests import AccessRequests
from agent_gateway.commands.steering import Steering
from agent_gateway.config import GatewayConfig
from agent_gateway.connections.build import build_states
from agent_gateway.connections.states import ConnectionStates
from agent_gateway.conversations.build import Conversations, build_conversations
from agent_gateway.conversations.notes import PromptNotes
from agent_gateway.conversations.runmodel import RunModels
from agent_gateway.decisions.keeper import DecisionKeeper
from agent_gateway.decisions.service import DecisionService
from agent_gateway.effects import CallFailed, ShowCommands, WakeFolds, WakeOutbox, WakeReactions
from agent_gateway.forges.build import Forges, build_forges
from agent_gateway.fullness import Fullness
from agent_gateway.health import Heartbeats
from agent_gateway.hooks.build import build_hooks
from agent_gateway.hooks.worker import HookWorker
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.dispatcher import Dispatcher
from agent_gateway.inbox.ingest import Ingest
from agent_gateway.inbox.rights import GroupRights
from agent_gateway.inbox.subscription import WebhookKeeper
from agent_gateway.jobs.build import build_jobs
from agent_gateway.jobs.fork import Forking
from agent_gateway.jobs.worker import JobWorker
from agent_gateway.leader import Leader
from agent_gateway.mcp.build import build_servers
from agent_gateway.memory.service import MemoryService
from agent_gateway.models.access import ModelAccess
from agent_gateway.models.money import Money, build_money
from agent_gateway.models.proxy import LlmProxy
from agent_gateway.models.settings import build_call_limits, build_providers, build_run_settings
from agent_gateway.performers import Performers
from agent_gateway.repositories.build import build_configured
from agent_gateway.repositories.narrowing import RightsWriter
from agent_gateway.resources.adopt import Adopter
from agent_gateway.resources.adoptsubagents import SubAgentAdopter
from agent_gateway.resources.agentclasses import AgentClasses
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.subagents import SubAgents
from agent_gateway.resources.values import SubAgentValue, ThreadValue
from agent_gateway.retention.keeper import RetentionKeeper
from agent_gateway.runners.deps import RunnerDeps
from agent_gateway.runners.front import Front, FrontLimits
from agent_gateway.runners.identity import Authenticator
from agent_gateway.runners.looks import Looks
from agent_gateway.runners.memorycalls import MemoryDoor
from agent_gateway.runners.registry import Registry
from agent_gateway.schedules.build import Schedules, build_schedules
from agent_gateway.speech.build import build_listening
from agent_gateway.store import Store
from agent_gateway.store.purges import Purger
from agent_gateway.subagents.parts import build_subagents
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.classmenus import ClassMenus
from agent_gateway.telegram.outbound.folds import Folds
from agent_gateway.telegram.outbound.menus import fill_own_menu
from agent_gateway.telegram.outbound.newest import Newest
from agent_gateway.telegram.outbound.reactions import Reactions
from agent_gateway.telegram.outbound.rendering import RenderProcess, build_renderers
from agent_gateway.telegram.outbound.richform import RichPolicy
from agent_gateway.telegram.outbound.sender import Sender
from agent_gateway.telegram.outbound.views import Views
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.tracing.build import RunTrace, no_trace
from agent_gateway.venues.joined import Joining
from agent_gateway.venues.leaving import Leaving
from agent_gateway.venues.newtask import NewTask
from agent_gateway.venues.titles import Titles
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
    folds: Folds
    reactions: Reactions
    updates: Ingest | WebhookKeeper
    access: Access
    dispatcher: Dispatcher
    venues: Venues
    titles: Titles
    leaving: Leaving
    jobs: JobWorker
    decisions: DecisionKeeper
    accounts: Accounts
    purger: Purger
    retention: RetentionKeeper
    fullness: Fullness
    connection_states: ConnectionStates
    conversations: Conversations
    rights: RightsWriter
    adopter: Adopter
    subagents: SubAgents
    subagent_adopter: SubAgentAdopter
    proxy: LlmProxy
    money: Money
    forges: Forges
    hooks: HookWorker
    schedules: Schedules
    runner_deps: RunnerDeps
    wake: Wake
    renderers: dict[str, RenderProcess]


def build_context(
    config: GatewayConfig,
    store: Store,
    api: TelegramApi,
    bot: BotIdentity,
    leader: Leader,
    kube: KubeClient,
    heartbeats: Heartbeats,
    run_trace: RunTrace = no_trace,
) -> Context:
    """Put the parts together; nothing runs yet."""
    wake = Wake(store.events)
    registry = Registry(on_change=wake.thread)
    check: Callable[[], None] = leader.check
    looks, classes = Looks(registry), AgentClasses(kube, config.namespace)
    thread_changes: Changes[ThreadValue] = Changes()
    providers = build_providers(config)
    resources = AgentThreads(
        kube, config.namespace, config.bot_name, classes, thread_changes, check, providers.resolve, run_trace
    )
    budgets, newest, events, renderers = Budgets(), Newest(), store.events, build_renderers()
    views = Views(
        api, store.views, check=check, budgets=budgets, newest=newest, events=events, drafts=config.telegram_drafts,
        renderer=renderers["previews"],
    )  # fmt: skip
    sender = Sender(
        api, store.outbox, store.files, check=heartbeats.watch("sender", check), budgets=budgets, newest=newest,
        events=events, rich=RichPolicy(config.telegram_rich_messages),
        renderer=renderers["answers"],
    )  # fmt: skip
    folds = Folds(
        api, store.outbox, check=heartbeats.watch("folds", check), budgets=budgets, renderer=renderers["answers"]
    )
    events.on(WakeOutbox, lambda _: sender.notify())
    events.on(WakeFolds, lambda _: folds.notify())
    reactions = Reactions(api, store.reactions, check=heartbeats.watch("reactions", check), cooldowns=budgets)
    events.on(WakeReactions, lambda _: reactions.notify())
    access = Access(config.telegram_allowed_ids, config.telegram_admin_ids)
    adopter = Adopter(store, resources, thread_changes, bot=bot, bot_name=config.bot_name, guests=access, wake=wake)
    forking = Forking(store, api.topics, resources, config.bot_name)
    filling, opening = partial(fill_own_menu, api, store.menus), NewTask(store, api.topics).open
    money = build_money(config, store, access, classes, resources, check)
    call_access = ModelAccess(store.model_calls, resources, providers)
    proxy = LlmProxy(providers, money.ledger, call_access, build_call_limits(config))
    Performers(store, registry, views, wake, api, resources, filling, opening, proxy.warm).subscribe(store.events)
    events.on(ShowCommands, ClassMenus(api, store.menus, store.threads, resources, access.is_admin).show)
    venues = Venues(store, resources, store.events, check, config.bot_name)
    events.on(CallFailed, lambda failed: venues.note(failed.address, failed.problem))
    subagent_changes: Changes[SubAgentValue] = Changes()
    subagents = SubAgents(kube, config.namespace, subagent_changes, check)
    subagent_adopter = SubAgentAdopter(store, subagents, subagent_changes, wake)
    children = build_subagents(store, resources, subagents, registry, views)
    git = build_configured(config, store, children.classes, registry)
    steering, requests = Steering(), AccessRequests(access, bot.username)
    letting_in = Pairing(access, requests, bot.username, enabled=config.telegram_pairing)
    fullness = Fullness(store, config.build_quotas().database, access.admins, check)
    unaddressed = config.telegram_group_trigger == "all"
    accounts = build_accounts(config.connections_file, config.account_keys_file, store, check)
    links = LinkCommands(accounts.forges, accounts.unable, bot.username)
    commands = build_commands(
        resources, children.requests, steering, letting_in, requests, links, bot_name=config.bot_name, bot_username=bot.username,
        has_topics=bot.has_topics, is_admin=access.is_admin,
        max_runs=config.max_threads, providers=providers, default_model=config.llm_model,
        unaddressed=unaddressed, zone=config.tz, connections=git.broker.connections, schedule_settings=config.schedules,
    )  # fmt: skip
    authenticator = Authenticator(
        kube, store, namespace=config.namespace, service_account=config.agent_service_account,
        by_address=config.pod_addresses, class_uid=classes.find_uid,
    )  # fmt: skip
    forges = build_forges(config.connections_file, store, children.classes, check, tokens=accounts.tokens)
    runner_deps = RunnerDeps(
        store, views, wake, registry, authenticator, proxy, children.service,
        DecisionService(store, children.classes, access.is_admin), children.classes, api,
        PromptNotes(store, resources, wake), access.is_admin, git,
        build_apis(config.connections_file, store, children.classes), forges.service, looks,
        Signer(store, config.git_identity, bot.username), build_servers(config.connections_file, store, children.classes),
        MemoryDoor(MemoryService(store, children.classes)), config.build_quotas(),
        front=Front(FrontLimits(by_address=config.pod_addresses)),
    )  # fmt: skip
    return Context(
        store=store,
        kube=kube,
        registry=registry,
        resources=resources,
        classes=classes,
        views=views,
        sender=sender,
        folds=folds,
        reactions=reactions,
        updates=_build_updates(config, store, api, check, heartbeats, wake),
        access=access,
        dispatcher=Dispatcher(
            store,
            commands,
            access,
            bot,
            config.bot_name,
            facts=FactReader(resources, children.requests, git.listing),
            steering=steering,
            venues=venues,
            letting_in=letting_in,
            joining=Joining(access, requests, bot, leaves=config.telegram_leave_unknown_groups),
            wake=wake,
            check=heartbeats.watch("dispatcher", check),
            listening=build_listening(config, api, access),
            rights=GroupRights(store, access, api.groups),
            level=lambda: fullness.level,
            newest=newest,
            unaddressed=unaddressed,
            group_context=config.telegram_group_context,
            zone=config.tz,
        ),
        jobs=build_jobs(store, looks, git.broker.connections, forking, check),
        decisions=DecisionKeeper(store, registry, store.events, check),
        accounts=accounts,
        purger=Purger(store, check),
        retention=RetentionKeeper(store, classes, check),
        fullness=fullness,
        connection_states=build_states(store, git.broker, classes, access.admins, check),
        venues=venues,
        titles=Titles(store, api.topics, check),
        leaving=Leaving(store, api.groups, access, check, enabled=config.telegram_leave_unknown_groups),
        conversations=build_conversations(
            store,
            resources,
            registry,
            views,
            wake,
            store.events,
            check,
            children=children.reconciler,
            pool=runner_deps.pool,
            models=RunModels(build_run_settings(config), providers.resolve),
            note_claimed=authenticator.note_claimed,
            max_runs=config.max_threads,
            is_admin=access.is_admin,
        ),
        rights=RightsWriter(store, resources, events, check),
        adopter=adopter,
        subagents=subagents,
        subagent_adopter=subagent_adopter,
        proxy=proxy,
        money=money,
        forges=forges,
        hooks=build_hooks(config.read_hooks(), store, forges, access, config.bot_name, check),
        schedules=build_schedules(config, store, kube, access, resources, check),
        runner_deps=runner_deps,
        wake=wake,
        renderers=renderers,
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
