"""Stand by, lead, and leave in order: what runs when, and how all of it ends within seconds."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Coroutine, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from agent_gateway.accounts.build import Accounts
from agent_gateway.config import GatewayConfig
from agent_gateway.console.build import open_console
from agent_gateway.context import Context, build_context
from agent_gateway.errors import GatewayError, LeadershipLost
from agent_gateway.events import Events
from agent_gateway.gauges import Gauges
from agent_gateway.health import Health
from agent_gateway.hooks.server import HookServer
from agent_gateway.inbox.webhook import create_webhook_app
from agent_gateway.leader import Leader
from agent_gateway.logs import describe_fault
from agent_gateway.loops import build_inlets, build_watches, build_work
from agent_gateway.metrics import LEADING
from agent_gateway.publicport import open_public_port
from agent_gateway.resources.leaderaddress import build_address
from agent_gateway.runners.server import create_app, serve
from agent_gateway.startup import open_kube, open_store, reach_telegram, warn_of_privacy
from agent_gateway.store import Store
from agent_gateway.store.database import INBOX_CHANNEL
from agent_gateway.supervise import Loop, Policy, Supervisor
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.telegram.outbound.botsettings import apply_settings
from agent_gateway.telegram.outbound.menus import fill_menus
from agent_gateway.telegram.outbound.rendering import open_renderers
from agent_gateway.tracing.build import RunTrace, no_trace
from agent_gateway.watchdog import Watchdog
from agent_kube.client import KubeClient

FLUSH_SECONDS: Final = 5.0
"""How long what is due may still go out where nobody else would send it."""
CALLS_SECONDS: Final = 5.0
"""How long calls under way may take whose outcome must be known."""
CLOSE_SECONDS: Final = 8.0
"""How long callers of the runners' port may take to end."""
TIDY_SECONDS: Final = 2.0
"""How long each connection may take to close."""
LOST_SECONDS: Final = 4.0
"""Within so long after the lead was lost this process has ended, whatever hangs."""
_SECRETS_SECONDS = 5.0
_log = logging.getLogger("agent_gateway")


async def run_gateway(
    config: GatewayConfig, health: Health, watchdog: Watchdog, run_trace: RunTrace = no_trace
) -> None:
    """Wait for what is needed, stand by, lead; leave in order when cancelled.

    Returns when token or DSN have changed: the container then starts again with them.

    Raises:
        GatewayError: why this gateway ended.
    """
    kube = open_kube(config)
    events = Events()
    api, bot = await reach_telegram(config, health, events)
    bot = await apply_settings(api, bot, config.telegram_topics, config.telegram_privacy)
    warn_of_privacy(config, bot)
    try:
        store = await open_store(config, health, bot, events)
    except BaseException:
        await _bounded([api.close(), kube.close()], TIDY_SECONDS)
        raise
    ports: list[web.AppRunner] = []
    accounts: Accounts | None = None
    closing = [api.close, kube.close, store.close]
    try:
        ports += await _open_ports(config, store, kube)
        leader = Leader(store, config.read_dsn, config.bot_name)
        context = build_context(config, store, api, bot, leader, kube, health.heartbeats, run_trace)
        closing.append(context.forges.close)
        accounts = context.accounts
        gc.collect()
        gc.freeze()  # what was made by now stays: to walk it again and again holds the loop for a twentieth of a second
        watches = Supervisor(build_watches(context))
        health.sources.update(
            leader=lambda: leader.problem,
            kubernetes=lambda: _describe_watches(context),
            telegram=lambda: context.updates.problem,
            sending=lambda: context.sender.problem,
        )
        health.set("start", None)
        with open_renderers(context.renderers.values()):
            await _until_first([
                _stand_by_and_lead(config, context, leader, api, health, watchdog),
                _wait_for_new_secrets(config, (config.read_token(), config.read_dsn())),
                watches.run(),
            ])  # fmt: skip
    finally:
        if ports:
            await _bounded([port.cleanup() for port in ports], TIDY_SECONDS)
        if accounts is not None:
            await _bounded([accounts.close()], TIDY_SECONDS)  # while the store still takes new tokens
        await _bounded([close() for close in closing], TIDY_SECONDS)


async def _open_ports(config: GatewayConfig, store: Store, kube: KubeClient) -> list[web.AppRunner]:
    """Take updates that Telegram brings, events of hooks and the console's calls, whoever leads; only what is set up."""
    opened: list[web.AppRunner] = []
    if config.telegram_webhook_url:
        path = urlsplit(config.telegram_webhook_url).path
        app = create_webhook_app(store, path, config.read_webhook_secret)
        opened.append(await open_public_port(app, config.host, config.port_webhook, "webhook-connections"))
    if hooks := config.read_hooks():
        app = HookServer(hooks, store).build()
        opened.append(await open_public_port(app, config.host, config.port_hooks, "hook-connections"))
    if config.console is not None:
        opened.append(await open_console(config, config.console, store, kube))
    return opened


async def _stand_by_and_lead(
    config: GatewayConfig, context: Context, leader: Leader, api: TelegramApi, health: Health, watchdog: Watchdog
) -> None:
    try:
        await leader.acquire()
        await leader.listen(INBOX_CHANNEL, context.wake.inbox)
        site = await serve(create_app(context.runner_deps), config.host, config.port_runners)
        LEADING.set(1)
        inlets = Supervisor([*build_inlets(context, leader), *_build_address(config, context.kube, leader, context)])
        work = Supervisor(
            [
                *build_work(context, leader),
                Loop("gauges", Gauges(context, config).run),
                # dozens of calls: nothing waits for them
                Loop("menus", lambda: fill_menus(api, context.store.menus, config.telegram_admin_ids), finite=True),
            ],
            policy=Policy(end=CALLS_SECONDS + 1),
        )
        health.sources["loops"] = lambda: "\n".join([*inlets.problems(), *work.problems()]) or None
        await _Lead(context, leader, site, inlets, work, health, watchdog).run()
    finally:
        LEADING.set(0)
        await leader.release()


class _Lead:
    """One time of leading, from its first loop to its end."""

    def __init__(  # its parts, by name
        self,
        context: Context,
        leader: Leader,
        site: web.AppRunner,
        inlets: Supervisor,
        work: Supervisor,
        health: Health,
        watchdog: Watchdog,
    ) -> None:
        self._context = context
        self._leader = leader
        self._site = site
        self._inlets = asyncio.create_task(inlets.run())
        self._work = asyncio.create_task(work.run())
        self._health = health
        self._watchdog = watchdog

    async def run(self) -> None:
        """Lead until cancelled, then hand over.

        Raises:
            LeadershipLost: another gateway may lead now.
        """
        lost = asyncio.create_task(self._leader.lost.wait())
        try:
            done, _ = await asyncio.wait({self._inlets, self._work, lost}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task is not lost:
                    task.result()
            self._leader.check()
        except LeadershipLost as error:
            await self._give_up(str(error))
            raise
        except asyncio.CancelledError:
            await self._hand_over()
            raise
        finally:
            lost.cancel()
            await _cancel([self._work, self._inlets])

    async def _give_up(self, why: str) -> None:
        """End without asking a database that may be silent: no runner is answered, nothing more is sent."""
        self._watchdog.end_within(LOST_SECONDS)
        self._leader.lose(why)
        for site in list(self._site.sites):
            await site.stop()
        self._work.cancel()
        self._inlets.cancel()
        await _bounded([self._site.cleanup(), self._context.proxy.close()], LOST_SECONDS / 4)

    async def _hand_over(self) -> None:
        """Leave in order; a standby takes over as soon as what was under way is known to the database.

        Updates are taken until the very end, so that between our last poll and the successor's first next to nothing
        passes. Where nobody stands by, what is due goes out first.
        """
        begun = time.monotonic()
        self._health.set("leaving", "The gateway is leaving.")
        followed = await self._leader.has_successor()
        for site in list(self._site.sites):
            await site.stop()
        self._work.cancel()  # lets calls under way arrive: cut off now, they would be made again
        closing = asyncio.create_task(self._site.cleanup())
        await _bounded([self._context.views.close(), _settle(self._work)], CALLS_SECONDS + 1)
        if followed:
            await _bounded([self._context.proxy.close()], TIDY_SECONDS)  # pi makes a call that is cut again
        else:
            await _bounded([_settle(closing)], CLOSE_SECONDS)
            await _bounded([self._context.proxy.close()], TIDY_SECONDS)
            self._context.sender.stop()
            with contextlib.suppress(GatewayError):
                await asyncio.wait_for(self._context.sender.run(), FLUSH_SECONDS)
        await _cancel([self._inlets])  # cuts our own long poll
        await self._leader.release()
        _log.info("handed_over", extra={"standby": followed, "seconds": round(time.monotonic() - begun, 3)})
        await _bounded([_settle(closing)], CLOSE_SECONDS)


def _build_address(config: GatewayConfig, kube: KubeClient, leader: Leader, context: Context) -> Iterable[Loop]:
    address = build_address(config, kube, check=leader.check, fence=lambda: context.store.fence)
    return [] if address is None else [Loop("address", address.run)]


async def _until_first(works: list[Coroutine[Any, Any, None]]) -> None:
    """Run until the first returns or fails; the others are cancelled, and may take their time to end."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _cancel(tasks)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, GatewayError):
            _log.warning("end_failed", extra={"error": describe_fault(error)})


async def _settle(task: asyncio.Task[None]) -> None:
    """Wait until a task has ended, however it did."""
    await asyncio.wait({task})


async def _bounded(works: list[Coroutine[Any, Any, Any]], seconds: float) -> None:
    """Do all at once, for so long; what fails or is late has nobody who waits for it."""
    tasks = [asyncio.create_task(work) for work in works]
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        if task in late:
            task.cancel()
        elif not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("end_failed", extra={"error": type(error).__name__})
    if late:
        _log.warning("end_given_up", extra={"parts": len(late), "seconds": seconds})


def _describe_watches(context: Context) -> str | None:
    """Say why the cluster's resources are not known; None where they are."""
    problem = context.resources.problem or context.subagents.problem or context.classes.problem
    if problem is None and not (context.resources.synced and context.subagents.synced):
        return "The Kubernetes API has not been read yet."
    return problem


async def _wait_for_new_secrets(config: GatewayConfig, started_with: tuple[str, str]) -> None:
    """Return when token or DSN are others: the gateway ends then, and its container starts again with them."""
    token, dsn = started_with
    while config.read_token() in {token, ""} and config.read_dsn() in {dsn, ""}:  # noqa: ASYNC110  # files tell nobody
        await asyncio.sleep(_SECRETS_SECONDS)
    _log.info("secret_changed")
