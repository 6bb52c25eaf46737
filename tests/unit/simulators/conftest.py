"""Simulators that run as their program runs them."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from aiohttp.test_utils import TestClient, TestServer


class _Server(TestServer):
    """One that goes on with a request whose client has hung up, as `web.run_app` does."""

    async def _make_runner(self, **kwargs):
        return await super()._make_runner(**{**kwargs, "handler_cancellation": False})


@pytest.fixture
async def serve():
    """Return a function that serves an app and returns a client of it."""
    async with AsyncExitStack() as stack:

        async def serve(app):
            return await stack.enter_async_context(TestClient(_Server(app)))

        yield serve
