"""Run the gateway: wait for its surroundings in words, take the lead, serve, and leave in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from agent_gateway.config import GatewayConfig, load_config
from agent_gateway.context import Context, build_context, build_providers, run_loops
from agent_gateway.errors import ConfigError, GatewayError, OtherBot
from agent_gateway.health import Health, create_health_app
from agent_gateway.inbox.webhook import create_webhook_app, serve_webhook
from agent_gateway.kube import KubeClient, KubeError
from agent_gateway.leader import Leader
from agent_gateway.logs import configure_logs, describe_fault
from agent_gateway.metrics import LEADING, OUTBOX_AGE, OUTBOX_PENDING, RUNNERS_CONNECTED, RUNS_OPEN
from agent_gateway.runners.server import create_app, serve
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.telegram.errors import TelegramProblem
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.telegram.outbound.menus import fill_menus
from agent_gateway.telegram.ports import BotIdentity

_log = logging.getLogger("agent_gateway")
_BAD_CONFIG = 64
_RETRY_SECONDS = 3.0
_FLUSH_SECONDS = 5.0
_SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def main() -> int:
    """Run until SIGTERM; returns the exit code."""
    try:
        config = load_config()
        build_providers(config)
        _trust_extra(config)
    except (ConfigError, ValueError, OSError) as error:
        configure_logs("INFO")
        _log.error("bad_config", extra={"problem": str(error)})
        return _BAD_CONFIG
    configure_logs(config.log_level)
    return asyncio.run(_run(config))


async def _run(config: GatewayConfig) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    health = Health()
    runner = web.AppRunner(create_health_app(health), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, config.host, config.port_metrics).start()
    serving = asyncio.create_task(_serve(config, health))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        serving.cancel()
        await asyncio.wait({serving})
        return 0 if serving.cancelled() else _explain(serving.exception())
    finally:
        stopping.cancel()
        await runner.cleanup()


def _explain(error: BaseException | None) -> int:
    """Say in words why the gateway ends; return its exit code."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is None:
        return 0
    if isinstance(error, GatewayError):
        _log.error("stopped", extra={"problem": str(error)})
        return _BAD_CONFIG if isinstance(error, (OtherBot, ConfigError)) else 1
    _log.error("failed", extra={"problem": describe_fault(error)})
    return 1


async def _serve(config: GatewayConfig, health: Health) -> None:
    kube = _open_kube(config)
    api, bot = await _reach_telegram(config, health)
    warn_of_privacy(config, bot)
    store = await _open_store(config, health, bot)
    secrets = config.read_token(), config.read_dsn()
    leader = Leader(store, config.read_dsn, config.bot_name)
    health.set("start", None)
    filling: asyncio.Task[None] | None = None
    webhook = await _open_webhook(config, store)
    try:
        await leader.acquire()
        LEADING.set(1)
        filling = asyncio.create_task(fill_menus(api, config.telegram_admin_ids))  # dozens of calls: nothing waits
        context = build_context(config, store, api, bot, leader, kube)
        health.sources.update(
            kubernetes=lambda: context.resources.problem or context.subagents.problem,
            telegram=lambda: context.updates.problem,
            sending=lambda: context.sender.problem,
        )
        await _lead(config, context, leader, secrets)
    finally:
        LEADING.set(0)
        if filling is not None:
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)
        await leader.release()
        if webhook is not None:
            await webhook.cleanup()
        await api.close()
        await kube.close()
        await store.close()


async def _open_webhook(config: GatewayConfig, store: Store) -> web.AppRunner | None:
    """Take updates that Telegram brings, whoever leads; None where it is asked for them."""
    if not config.telegram_webhook_url:
        return None
    path = urlsplit(config.telegram_webhook_url).path
    app = create_webhook_app(store, path, config.read_webhook_secret)
    return await serve_webhook(app, config.host, config.port_webhook)


async def _lead(config: GatewayConfig, context: Context, leader: Leader, secrets: tuple[str, str]) -> None:
    site = await serve(create_app(context.runner_deps), config.host, config.port_runners)
    loops = [run_loops(context, leader), _count(context), _wait_for_new_secrets(config, secrets)]
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        holding = asyncio.create_task(leader.hold())  # or what takes seconds here would end in nothing being sent
        try:
            await _leave(context, site)
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)


async def _leave(context: Context, site: web.AppRunner) -> None:
    """Stop in order: no more frames, then what is due goes out, then nothing more."""
    await site.cleanup()
    await context.views.close()
    context.sender.stop()
    with contextlib.suppress(Away, GatewayError):
        await asyncio.wait_for(context.sender.run(), _FLUSH_SECONDS)
    await context.proxy.close()


async def _reach_telegram(config: GatewayConfig, health: Health) -> tuple[TelegramApi, BotIdentity]:
    """Wait until Telegram tells who the bot is; a token changed in place is tried too."""
    while True:
        token = config.read_token()
        if not token:
            problem = "There is no bot token: set TELEGRAM_BOT_TOKEN, or put it into the gateway's Secret."
        else:
            api = TelegramApi(token, config.telegram_api_base)
            try:
                bot = await api.get_me()
            except TelegramProblem as error:
                problem = str(error)
                await api.close()
            else:
                health.set("telegram", None)
                return api, bot
        health.set("telegram", problem)
        _log.warning("telegram_away", extra={"problem": problem})
        await asyncio.sleep(_RETRY_SECONDS)


def warn_of_privacy(config: GatewayConfig, bot: BotIdentity) -> None:
    """Say what to change where the bot shall answer all that is said in groups, but Telegram keeps that from it."""
    if config.telegram_group_trigger == "all" and not bot.reads_groups:
        _log.warning(
            "privacy_mode",
            extra={
                "problem": "TELEGRAM_GROUP_TRIGGER is all, but Telegram keeps messages that do not name this bot from it: "
                "switch its privacy mode off (/setprivacy at BotFather) and add it to its groups anew, or make it an "
                "administrator there"
            },
        )


async def _open_store(config: GatewayConfig, health: Health, bot: BotIdentity) -> Store:
    """Wait for the database, bring its schema up to date, and connect."""
    while True:
        try:
            store = await _try_store(config, bot)
        except Away as error:
            health.set("database", str(error))
            _log.warning("database_away", extra={"problem": str(error)})
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            health.set("database", None)
            return store


async def _try_store(config: GatewayConfig, bot: BotIdentity) -> Store:
    dsn = config.read_dsn()
    if not dsn:
        raise Away("There is no database: set DATABASE_URL, or put it into the gateway's Secret.")
    store = await Store.open(dsn, bot.id)
    # a process of its own, so that the tool's memory is gone before the gateway serves
    command = [sys.executable, "-m", "agent_gateway.store.migrate"]
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, "DATABASE_URL": dsn}, stderr=asyncio.subprocess.PIPE
    )
    _, words = await process.communicate()
    if process.returncode:
        await store.close()
        last = words.decode(errors="replace").strip().splitlines()[-1:]
        raise Away(last[0] if last and "schema" in last[0] else "The schema could not be brought up to date.")
    return store


async def _count(context: Context) -> None:
    """Keep the gauges."""
    while True:
        with contextlib.suppress(Away):
            pending, age = await context.store.outbox.backlog()
            OUTBOX_PENDING.set(pending)
            OUTBOX_AGE.set(age)
            RUNS_OPEN.set(await context.store.runs.count_open())
        RUNNERS_CONNECTED.set(context.registry.count())
        await asyncio.sleep(10)


async def _wait_for_new_secrets(config: GatewayConfig, started_with: tuple[str, str]) -> None:
    """Return when token or DSN are others: the gateway ends then, and its container starts again with them."""
    token, dsn = started_with
    while config.read_token() in {token, ""} and config.read_dsn() in {dsn, ""}:  # noqa: ASYNC110  # files tell nobody
        await asyncio.sleep(5)
    _log.info("secret_changed")


def _open_kube(config: GatewayConfig) -> KubeClient:
    if config.kube_api_url:
        return KubeClient(config.kube_api_url)
    try:
        return KubeClient.in_cluster()
    except KubeError as error:
        raise ConfigError(f"{error} Outside of a cluster, set KUBE_API_URL to what `kubectl proxy` prints.") from error


def _trust_extra(config: GatewayConfig) -> None:
    """Make every client trust the extra certificates beside the usual ones."""
    if config.extra_ca_file is None:
        return
    bundle = Path(tempfile.gettempdir()) / "certificates.pem"
    usual = _SYSTEM_CERTIFICATES.read_text() if _SYSTEM_CERTIFICATES.exists() else ""
    bundle.write_text(usual + "\n" + config.extra_ca_file.read_text())
    os.environ["SSL_CERT_FILE"] = str(bundle)


if __name__ == "__main__":
    sys.exit(main())
