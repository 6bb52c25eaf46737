"""The index of words on a real Postgres: how text is cut, what is found, and that nothing of another chat is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from agent_gateway.memory.searching import search
from agent_gateway.store.search import Narrowing
from dev.bench.madetalk import fill
from dev.bench.peerways import build_full_text
from dev.bench.search import BEST, attack, find_best, list_ways, recall
from tests.conftest import in_database
from tests.support.spoken import hold, say

pytestmark = pytest.mark.postgres
ODD = (
    "", " ", "'", "\\", "\\u0041", "#1", "\u0301", "e\u0301", "\U0001f9e9", "a" * 200_000, "猫" * 200_000, "\U00020000" * 30_000,
    "가" * 3000, "A b_C" * 50_000, " ".join(map(str, range(60_000))), "\ud7ff\ue000\uffff", "\x01\x7f\x85\u2028", "ﷺ" * 20_000, "İı",
)  # fmt: skip


async def words(store, text, thread=None):
    cut = await store.pool.fetchval("SELECT tsvector_to_array(openclaw_words($1, $2))", thread, text)
    return sorted(cut)


CUT = {
    "parseHttpResponse in max_connections": [
        "connections", "http", "in", "max", "max_connections", "parse", "parsehttpresponse", "response",
    ],
    "the JSONParser.parse()": ["json", "jsonparser", "parse", "parser", "the"],
    "src/agent-runner/app.py:12": ["12", "agent", "app", "py", "runner", "src"],
    "Café Straße МЁД É": ["cafe", "e", "straße", "мед"],
    "数据库 v2": ["v2", "库", "据库", "数据"],
    "ﾊﾟｽﾜｰﾄﾞ": ["スワ", "ド", "パス", "ワー", "ード"],
    "'; DROP TABLE": ["drop", "table"],
    "“#7” — …": ["7"],
}  # fmt: skip
ASKED = {"parseHttp": ["http", "parse"], "猫": ["猫"], "数据库": ["据库", "数据"], "#7 '#7'": ["7"]}


async def test_text_is_cut_into_words_and_a_question_into_parts_that_name_no_conversation(store):
    assert {text: await words(store, text, 7) for text in CUT} == {text: ["#7", *cut] for text, cut in CUT.items()}
    assert {text: await words(store, text) for text in ASKED} == ASKED


@pytest.mark.parametrize(
    ("encoding", "cut"), [("UTF8", ["cafe", "parse", "мед", "内存", "存"]), ("SQL_ASCII", ["parse"])]
)
async def test_text_is_cut_alike_under_a_locale_that_knows_no_letters(store, dsn, encoding, cut):
    made = await store.pool.fetchval("SELECT pg_get_functiondef('openclaw_words'::regproc)")
    await store.pool.execute("DROP DATABASE IF EXISTS openclaw_plain")
    await store.pool.execute(f"CREATE DATABASE openclaw_plain TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    other = await asyncpg.connect(in_database(dsn, "openclaw_plain"))
    try:
        await other.execute("SET client_encoding = UTF8")
        await other.execute(made)
        found = await other.fetchval("SELECT tsvector_to_array(openclaw_words(7, $1))", "Parse Café МЁД 内存")
    finally:
        await other.close()
        await store.pool.execute("DROP DATABASE openclaw_plain WITH (FORCE)")
    assert set(cut) <= set(found)


async def test_any_text_can_be_stored_and_asked_for(store):
    mine = await hold(store, 42)
    visible = await store.search.visible(mine.id, chat=True)
    for text in ODD:
        await say(store, mine, text or "-", text)
        await search(store, visible, text[:300], Narrowing(), 0, 5)
    assert await store.pool.fetchval("SELECT count(*) FROM messages") == 2 * len(ODD) - 1


async def test_of_sixty_questions_nearly_all_have_their_answer_first_and_hostile_ones_have_none_of_others(store, dsn):
    busy = await fill(dsn, 3000, 6, 4)
    own = await store.search.visible(busy, chat=False)
    ours = await recall("search", find_best(store, own))
    assert ours >= 0.9
    ways = list_ways(store, busy) | await build_full_text(store, busy, BEST)
    for name, find in ways.items():
        assert ours > await recall(name, find) + 0.1, name
    foreign, met = await attack(store, busy, 100)
    assert foreign == 0
    assert met > 0  # they do find what is theirs


async def test_new_messages_come_before_old_ones_that_fit_as_well_and_filters_hold(store):
    mine = await hold(store, 42)
    await say(store, mine, "deploy the api", days=400)
    await say(store, mine, "deploy the web", "I deploy it now.")
    visible, now = await store.search.visible(mine.id, chat=False), datetime.now(UTC)

    async def find(**narrowing):
        found, total = await search(store, visible, "deploy", Narrowing(**narrowing), 0, 5)
        assert total == len(found)
        return [one.excerpt for one in found]

    assert (await find())[-1] == "deploy the api"
    assert await find(role="assistant") == ["I deploy it now."]
    assert await find(until=now - timedelta(days=1)) == ["deploy the api"]
    assert len(await find(since=now - timedelta(days=1))) == 2


async def test_pieces_of_words_and_typing_errors_are_found_where_the_index_knows_no_word(store):
    mine = await hold(store, 42)
    await say(store, mine, "ask Kowalski about the openclawdispatcher and its dispatcher")
    visible = await store.search.visible(mine.id, chat=False)

    async def find(text):
        found, _ = await search(store, visible, text, Narrowing(), 0, 5)
        return len(found)

    assert await find("clawdisp") == 1
    assert await store.search.knows_likeness()
    assert await find("dispacher") == 1
    await store.pool.execute("DROP EXTENSION pg_trgm")
    assert not await store.search.knows_likeness()
    assert (await find("dispacher"), await find("clawdisp"), await find("kowalski")) == (0, 1, 1)
