"""No named query reads a table that grows from end to end, on a database as large as a year makes it."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from agent_gateway.store.database import SESSION_SETTINGS
from agent_gateway.store.sql import QUERIES
from dev.bench.history import build_history
from dev.bench.plans import explain
from tests.conftest import in_database
from tests.support.postgres import execute

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]
MODES = ("force_custom_plan", "force_generic_plan")
MOST_ROWS = 2500
"""What one node of a plan may visit: the fixture has twice as many of everything that grows, in one conversation or chat alone."""
SMALL = {
    "leader": "one row",
    "fullness": "one row",
    "cursor": "one row",
    "allowed": "people who were let in",
    "access_requests": "twenty wait at once, the rest goes after a month",
    "invitations": "fifty at once, each for a day",
    "private_chats": "administrators",
    "budgets": "limits that administrators set",
    "reservations": "model calls under way",
    "menus": "a row for each scope and language",
    "topics": "topics of a month that nobody named",
    "unknown_groups": "two hundred at once, each for a day",
    "chat_aliases": "groups that became supergroups",
    "thread_narrowed": "what administrators wish for, until it is written",
    "chat_rests": "chats that previews were told to leave alone",
    "connections": "sixty-four at most",
    "retention": "rules of classes",
    "turn_views": "turns that are under way: it goes with the turn's end, or by its purge",
}
MAY_SCAN = {
    "database_use": "adds up what all stored files stand for: two rows a conversation, without their contents",
}
MAY_VISIT_MORE = {
    "count_lines": "counts a conversation's lines at its first of a day, by their index",
    "forget_inbox": "/forget looks at the text of every update of two days that overtook, by its index",
    "take_back_grants": "/revoke of a person takes back all that they allowed, by index",
    "take_back_group_grants": "/revoke of a group looks at all its conversations, by index",
    "sessions_of": "/sessions counts what each session of a conversation was asked, by index",
    "purge_files": "looks once an hour at all files of two weeks, by index, for those that nothing speaks of",
}


@pytest.fixture(scope="session")
def grown(postgres):
    """DSN of a database with 400,000 turns and what belongs to them."""
    name = "openclaw_grown"
    asyncio.run(
        execute(postgres, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE openclaw_template")
    )
    asyncio.run(build_history(in_database(postgres, name)))
    yield in_database(postgres, name)
    asyncio.run(execute(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def connection(grown):
    connection = await asyncpg.connect(grown, command_timeout=60, server_settings=SESSION_SETTINGS)
    yield connection
    await connection.close()


def find_faults(name, plan):
    """Say what a plan reads that it should not."""
    if name in MAY_SCAN:
        return []
    seq = ["is compiled"] * plan.compiled + [
        f"scans all of {s.table}"
        for s in plan.scans
        if s.kind == "Seq Scan" and s.table not in SMALL and not s.table.startswith("pg_")
    ]
    if name in MAY_VISIT_MORE:
        return seq
    return seq + [f"visits {s.rows} rows of {s.table}" for s in plan.scans if s.rows > MOST_ROWS]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", sorted(QUERIES))
async def test_a_query_reads_only_what_it_is_asked_for(connection, name, mode):
    assert find_faults(name, await explain(connection, name, mode)) == []


@pytest.mark.parametrize(
    ("indexes", "name"),
    [
        ("turns_open, turns_open_of", "open_threads_page"),
        ("turns_run, turns_thread", "prompt_facts"),
        ("messages_turn", "edit_message"),
        ("threads_topic", "thread_by_address"),
        ("outbox_file", "files_waiting"),
    ],
)
async def test_a_missing_index_is_found_out(connection, indexes, name):
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(f"DROP INDEX {indexes}")
    found = [find_faults(name, await explain(connection, name, mode)) for mode in MODES]
    await transaction.rollback()
    assert any(found)


def test_exceptions_are_of_queries_that_exist():
    assert MAY_VISIT_MORE.keys() | MAY_SCAN.keys() <= QUERIES.keys()


async def test_rows_that_are_deleted_are_looked_up_by_an_index_where_they_are_referred_to(connection):
    missing = await connection.fetch(
        """
        SELECT c.conrelid::regclass::text AS source, a.attname::text AS name FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.confrelid = ANY ('{files,workspaces}'::regclass[])
          AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])
        """
    )
    assert [(row["source"], row["name"]) for row in missing] == []
