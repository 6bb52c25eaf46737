"""`python -m agent_simulators telegram | model [--port N] [--host H]`."""

from __future__ import annotations

import argparse
import os

from aiohttp import web


def main() -> None:
    """Serve one simulator until the process is ended."""
    parser = argparse.ArgumentParser(prog="agent_simulators")
    parser.add_argument("which", choices=["telegram", "model"])
    parser.add_argument("--port", type=int)
    parser.add_argument("--host", default="", help="empty: every address, IPv4 and IPv6")
    options = parser.parse_args()
    # each is of no use where the other serves
    if options.which == "telegram":
        from agent_simulators.telegram import create_app  # noqa: PLC0415

        app = create_app(os.environ.get("SIM_BOT_TOKEN", "1000000001:demo-token-of-the-simulator"))
    else:
        from agent_simulators.model import create_app as create_model  # noqa: PLC0415

        app = create_model(os.environ.get("SIM_MODEL_KEY", ""))
    port = options.port or {"telegram": 8081, "model": 8082}[options.which]
    web.run_app(app, host=options.host, port=port, access_log=None, shutdown_timeout=1)


if __name__ == "__main__":
    main()
