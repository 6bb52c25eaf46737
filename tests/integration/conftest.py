"""Fixtures of this ring."""

from __future__ import annotations

import pytest

from agent_gateway.telegram.outbound.api import TelegramApi
from agent_kube.client import KubeClient
from tests.support.apiserver import PATIENT
from tests.support.backup import Backup
from tests.support.operating import Agents
from tests.support.runners import running_port
from tests.support.simulated import TOKEN, simulated


@pytest.fixture
async def backup(dsn, tmp_path):
    """A database of its own that can be backed up and put back."""
    backup = Backup(dsn, tmp_path / "backup")
    yield backup
    await backup.close()


@pytest.fixture
async def port(store):
    """The port that runners connect to."""
    async with running_port(store) as port:
        yield port


@pytest.fixture
async def thread(port):
    """A thread whose run waits for its runner."""
    thread = await port.make_thread()
    await port.make_run(thread)
    return thread


@pytest.fixture
async def sim():
    """A client of a simulated Telegram."""
    async with simulated() as client:
        yield client


@pytest.fixture
async def api(sim):
    """The gateway's connection to the simulated Telegram."""
    api = TelegramApi(TOKEN, str(sim.make_url("")))
    yield api
    await api.close()


@pytest.fixture
def operator(process):
    """The operator of a file's `process`, up and ready."""
    if not process.alive:
        process.start_and_wait()
    return process


@pytest.fixture
async def agents(request, apiserver):
    """What people and the gateway do in the namespace that a file names."""
    client = KubeClient(apiserver.url, ssl_context=apiserver.admin(), limits=PATIENT)
    yield Agents(client, request.module.NAMESPACE)
    await client.close()
