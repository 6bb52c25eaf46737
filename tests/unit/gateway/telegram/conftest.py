"""A chat that is played, what is to be said there, and what shows turns in it."""

from __future__ import annotations

import time

import pytest

from agent_gateway.telegram.fakes import FakeChat, FakeStore
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.views import Views
from tests.support.viewing import INTERVAL


@pytest.fixture
def chat():
    return FakeChat(clock=time.monotonic)


@pytest.fixture
def store():
    return FakeStore()


@pytest.fixture
async def views(chat, store):
    views = Views(chat, store, check=lambda: None, budgets=Budgets(minute=30 * INTERVAL), typing_interval=0.02)
    yield views
    await views.close()
