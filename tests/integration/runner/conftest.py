"""The real pi, the scripted model, and a small gateway between them."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestServer

from agent_simulators.model import create_app
from agent_simulators.model.server import MODEL
from tests.support.pi import install_pi
from tests.support.runner import RunnerProcess
from tests.support.runner_gateway import TestGateway


@pytest.fixture(scope="session")
def pi():
    """Return the installed pi."""
    return install_pi()


@pytest.fixture
async def model_server():
    """Return a scripted model."""
    server = TestServer(create_app())
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
def model(model_server):
    """Return the model's address."""
    return str(model_server.make_url("")).rstrip("/")


@pytest.fixture
def model_requests(model_server):
    """Return a function that lists what the model was asked."""
    return lambda: model_server.app[MODEL].requests


@pytest.fixture
async def gateway(model):
    """Return a started gateway."""
    gateway = TestGateway()
    await gateway.start(model)
    yield gateway
    await gateway.stop()


@pytest.fixture
async def make_runner(tmp_path, gateway, pi):
    """Return a function that makes a runner that is not started; all are ended after the test."""
    made = []

    def make(**config):
        # what is ended has the time of a slow machine, and the fixture waits longer
        config["timeouts"] = {"grace": 40, **config.get("timeouts", {})}
        made.append(RunnerProcess(tmp_path / f"runner-{len(made)}", gateway.url, pi, **config))
        return made[-1]

    yield make
    for runner in made:
        await runner.stop()


@pytest.fixture
def runner(make_runner):
    """Return one runner that is not started."""
    return make_runner()
