"""Run the gateway: read its settings, serve its probes, and end in time whatever hangs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

from aiohttp import web

from agent_gateway.config import GatewayConfig, load_config
from agent_gateway.errors import ConfigError, GatewayError, OtherBot, OtherName
from agent_gateway.health import Health, create_health_app
from agent_gateway.logs import configure_logs, describe_fault
from agent_gateway.serving import run_gateway
from agent_gateway.speech.build import build_speech
from agent_gateway.startup import check_connections
from agent_gateway.store.dsn import read_dsn
from agent_gateway.tracing.build import tell_traces
from agent_gateway.watchdog import Watchdog
from agent_gateway.wording import say
from agent_kube.tracing.settings import TracingSettings, load_tracing

LEAVE_SECONDS: Final = 25.0
"""Within so long after SIGTERM this process has ended; the chart's grace period is longer."""
_BAD_CONFIG = 64
_FEED_SECONDS = 1.0
_SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_log = logging.getLogger("agent_gateway")


def main() -> int:
    """Run until SIGTERM; returns the exit code."""
    try:
        config, traces = load_config(), load_tracing()
        build_speech(config)
        check_connections(config)
        _trust_extra(config)
        if dsn := config.read_dsn():
            read_dsn(dsn)
    except (ConfigError, ValueError, OSError) as error:
        configure_logs("INFO")
        _log.error("bad_config", extra={"problem": str(error)})
        return _BAD_CONFIG
    configure_logs(config.log_level)
    say.load()  # before the loop begins: no message waits for it
    watchdog = Watchdog()
    watchdog.start()
    return asyncio.run(_run(config, traces, watchdog))


async def _run(config: GatewayConfig, traces: TracingSettings, watchdog: Watchdog) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    health = Health()
    runner = web.AppRunner(create_health_app(health), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, config.host, config.port_metrics).start()
    serving = asyncio.create_task(_serve(config, traces, health, watchdog))
    aside = [asyncio.create_task(stop.wait()), asyncio.create_task(_feed(watchdog))]
    try:
        await asyncio.wait({serving, *aside}, return_when=asyncio.FIRST_COMPLETED)
        watchdog.end_within(LEAVE_SECONDS)
        serving.cancel()
        await asyncio.wait({serving})
        return 0 if serving.cancelled() else _explain(serving.exception())
    finally:
        for task in aside:
            task.cancel()
        await runner.cleanup()


async def _serve(config: GatewayConfig, traces: TracingSettings, health: Health, watchdog: Watchdog) -> None:
    with tell_traces(traces) as run_trace:
        await run_gateway(config, health, watchdog, run_trace)


async def _feed(watchdog: Watchdog) -> None:
    while True:
        watchdog.feed()
        await asyncio.sleep(_FEED_SECONDS)


def _explain(error: BaseException | None) -> int:
    """Say in words why the gateway ends; return its exit code."""
    if error is None:
        return 0
    if isinstance(error, GatewayError):
        _log.error("stopped", extra={"problem": str(error)})
        return _BAD_CONFIG if isinstance(error, (OtherBot, OtherName, ConfigError)) else 1
    _log.error("failed", extra={"problem": describe_fault(error)})
    return 1


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
