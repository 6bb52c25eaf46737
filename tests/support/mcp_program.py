"""A tool server of the official SDK, also as a program of its own: `mcp_program.py PORT LOG`; it wants the key of its environment.

Each request is a line of LOG: method, what is called, and the key and session that it shows.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
server = MCPServer("tracker", instructions="Adds numbers and tells the weather.", log_level="ERROR")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool(name="get-weather")
async def get_weather(city: str, wait: float = 0) -> str:
    """Tell the weather of a city, after so many seconds."""
    await asyncio.sleep(wait)
    return f"sunny in {city}"


@server.tool()
def delete_all() -> str:
    """Delete everything."""
    return "all is gone"


@server.tool()
def repeat(text: str, times: int) -> str:
    """Repeat a text."""
    return text * times


@server.resource("note://{name}")
def note(name: str) -> str:
    """Tell what a note says."""
    return f"the note {name}"


def build_server(log: str, key: str = "", *, host: str = "127.0.0.1", json_response: bool = False) -> App:
    """Build the server.

    Args:
        log: The file of its requests.
        key: What a request must show, as a bearer.
        host: The address that it is reached at.
        json_response: It answers in JSON, not in streams.
    """
    app = server.streamable_http_app(json_response=json_response, host=host)

    async def logged(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        body, more = b"", scope["method"] == "POST"
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        said = json.loads(body) if body else {}
        line = {
            "method": scope["method"], "rpc": said.get("method"), "key": headers.get("authorization"), "headers": headers,
            "body": said,
        }  # fmt: skip
        with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123, ASYNC230  # a line, of a test
            file.write(json.dumps(line) + "\n")
        if key and headers.get("authorization") != f"Bearer {key}":
            await send({"type": "http.response.start", "status": 401, "headers": [(b"www-authenticate", b"Bearer")]})
            await send({"type": "http.response.body", "body": b"no"})
            return
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await app(scope, again, send)

    return logged


def main() -> None:
    """Serve until it is ended."""
    port, log = int(sys.argv[1]), sys.argv[2]
    app = build_server(log, os.environ.get("SERVER_KEY", ""), json_response=os.environ.get("SERVER_JSON") == "1")
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", lifespan="on")


if __name__ == "__main__":
    main()
