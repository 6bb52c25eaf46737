"""Fixtures that all rings share."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from xdist.scheduler import LoadScopeScheduling

from agent_gateway.store import Store, database, leadership
from agent_gateway.store.leadership import take_over
from tests.support.apiserver import running_apiserver
from tests.support.postgres import execute, running_postgres

BOT_ID = 1000000001
_RINGS = ("unit", "integration", "e2e", "nodes")
_SIDE_BY_SIDE = ("unit", "integration")
_names = itertools.count(1)


def _ring(path: str) -> str:
    return next((r for r in _RINGS if f"/tests/{r}/" in path), "unit")


def pytest_configure():
    """Be patient with a database, or this process, that stands still; gateways that are processes keep their bounds."""
    for module in (database, leadership):
        module.CONNECT_SECONDS = module.ACQUIRE_SECONDS = 60.0
    database.SESSION_SETTINGS["idle_in_transaction_session_timeout"] = "60s"


def pytest_collection_modifyitems(items):
    """Run the quick rings first."""
    items.sort(key=lambda item: _RINGS.index(_ring(str(item.path))))
    if unstable := [item.nodeid for item in items if " at 0x" in item.nodeid]:
        raise pytest.UsageError(f"Give these parameters ids, as workers must find the same tests: {unstable[:3]}")


class _ByFile(LoadScopeScheduling):
    """Gives each worker whole files, in their order, and all files that use the cluster to one."""

    def _split_scope(self, nodeid):
        ring = _ring("/" + nodeid)
        return nodeid.partition("::")[0] if ring in _SIDE_BY_SIDE else ring


def pytest_xdist_make_scheduler(config, log):
    """Schedule by file, where several workers run."""
    config.option.loadscopereorder = False
    return _ByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """Fail a test that leaves its process in another folder: programs of tests after it would not find their modules."""
    left = yield
    if Path.cwd() != item.config.invocation_params.dir:
        os.chdir(item.config.invocation_params.dir)
        pytest.fail("this test left its process in another folder")
    return left


_seconds: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report):
    _seconds[_ring("/" + report.nodeid)] += report.duration


def pytest_terminal_summary(terminalreporter):
    """Say how long each ring took."""
    for ring in _RINGS:
        if _seconds.get(ring):
            terminalreporter.write_line(f"{ring}: {_seconds[ring]:.0f} s")


@pytest.fixture(scope="session")
def postgres():
    """DSN of a server with a migrated database `template`."""
    with running_postgres() as dsn:
        asyncio.run(execute(dsn, "DROP DATABASE IF EXISTS openclaw_template", "CREATE DATABASE openclaw_template"))
        # a process of its own, as in the product: the tool warns of things that are errors here
        code = "import sys; from agent_gateway.store.migrate import migrate; migrate(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, in_database(dsn, "openclaw_template")], check=True)
        yield dsn


@pytest.fixture(scope="session")
def apiserver():
    """A Kubernetes API server with our kinds and the controllers of Jobs; each test makes a namespace of its own."""
    with running_apiserver(crds=True, controllers=True) as server:
        yield server


@pytest.fixture
async def dsn(postgres):
    """DSN of an own, migrated, empty database."""
    name = f"openclaw_test_{next(_names)}"
    await execute(postgres, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE openclaw_template")
    yield in_database(postgres, name)
    await execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def store(dsn):
    """A store that leads, on an own database."""
    store = await Store.open(dsn, BOT_ID)
    await take_over(store, "tg")
    yield store
    await store.close()


def in_database(dsn: str, name: str) -> str:
    """Return the DSN of another database of the same server."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
