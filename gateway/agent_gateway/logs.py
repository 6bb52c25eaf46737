"""Structured logs: one JSON object a line, ids only."""

from __future__ import annotations

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

_LIBRARIES = ("httpx", "httpcore", "telegram", "aiohttp", "asyncio", "yoyo")


def configure_logs(level: str) -> None:
    """Log to stderr; libraries speak from warnings on, as their chatter holds addresses with the bot's token."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields={"levelname": "level", "asctime": "time"}
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
