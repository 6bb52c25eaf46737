"""Run the operator."""

from __future__ import annotations

import logging
import sys
from typing import Any, cast

import kopf
from pythonjsonlogger.json import JsonFormatter

from agent_kube.tracing.export import telling
from agent_kube.tracing.settings import load_tracing
from agent_operator import startup
from agent_operator.config import OperatorConfig, load_config
from agent_operator.errors import ConfigError
from agent_operator.metrics import count_spans
from agent_operator.traces import StartTraces

_BAD_CONFIG = 64
_log = logging.getLogger("agent_operator")


def main() -> int:
    """Run until SIGTERM; returns the exit code."""
    _configure_logs("INFO")
    try:
        config, traces = load_config(), load_tracing()
    except (ConfigError, ValueError, OSError) as error:
        _log.error("bad_config", extra={"problem": str(error)})
        return _BAD_CONFIG
    _configure_logs(config.log_level)
    with telling(traces, count_spans, StartTraces):
        return run(config)


def run(config: OperatorConfig) -> int:
    """Run with these settings until SIGTERM."""
    from agent_operator import handlers  # noqa: F401, PLC0415  # registers the routing table

    startup.register(config)
    try:
        # named, or kopf would look up the name of its user, which one that the platform chose has not
        kopf.run(namespaces=[config.namespace], standalone=True, identity=cast("Any", "operator"))
    except Exception as error:  # noqa: BLE001  # whatever it is, the last word is a log line, and the container starts again
        if isinstance(error.__cause__, kopf.PermanentError):  # a sentence of ours, which no trace makes clearer
            _log.error("failed", extra={"problem": str(error.__cause__)})
        else:
            _log.exception("failed", extra={"error": type(error).__name__})
        return 1
    return 0


def _configure_logs(level: str) -> None:
    """Log to stderr, one JSON object a line; kopf speaks from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields={"levelname": "level", "asctime": "time"}
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("kopf", "aiohttp", "asyncio", "kubernetes_asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
