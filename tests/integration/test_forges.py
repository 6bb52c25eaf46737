"""Pull requests on played forges of each kind, over real HTTP: what is asked, what is read, and every failure in words."""

from __future__ import annotations

import json
import time

import aiohttp
import pytest

from agent_gateway.connections.githubapp import GithubApp
from agent_gateway.connections.settings import Connection
from agent_gateway.forges.http import Exists, ForgeAway, ForgeHttp, ForgeLimited, ForgeRefused
from agent_gateway.forges.rests import Rests
from agent_gateway.forges.values import Change, Checks, NewPull, Place
from tests.support.forge_state import TOKEN, running_forge
from tests.support.git_server import serving
from tests.support.github import APP
from tests.support.github import GitHub as PlayedApp
from tests.support.played_forges import KINDS, PlayedGitHub

NEW = NewPull("agent/fix", "main", "Fix the rounding", "It rounds down now.")


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture(params=KINDS)
async def lab(request, tmp_path, session):
    played = KINDS[request.param]()
    async with running_forge(played, tmp_path) as (connection, _):
        yield played, played.connect(ForgeHttp(lambda: session)), Place(connection, "acme/api")


async def test_one_is_opened_found_changed_and_answered(lab):
    played, forge, place = lab
    assert await forge.read_default(place) == "main"
    assert await forge.find(place, NEW.head, NEW.base) == []
    made = await forge.open(place, NEW)
    assert (made.number, made.state, made.head, made.base, made.title) == (7, "open", "agent/fix", "main", NEW.title)
    assert made.url.startswith(f"{place.connection.url}/acme/api/")
    assert made.opened_at is not None
    [found] = await forge.find(place, NEW.head, NEW.base)
    assert found.number == made.number
    assert played.pulls[0].body == NEW.body
    closed = await forge.update(place, 7, Change(title="Fix it", state="closed"))
    assert (closed.title, closed.state) == ("Fix it", "closed")
    assert (await forge.update(place, 7, Change(state="open"))).state == "open"
    key = await forge.comment(place, 7, "Done.")
    seen = await forge.look(place, 7, "", {})
    assert [(one.key, one.text) for one in seen.remarks] == [(key, "Done.")]
    assert all(TOKEN in token for token in played.tokens)


async def test_a_second_one_of_the_same_branches_is_told_apart_from_other_refusals(lab):
    _, forge, place = lab
    await forge.open(place, NEW)
    with pytest.raises(Exists):
        await forge.open(place, NEW)
    with pytest.raises(ForgeRefused) as refused:
        await forge.open(place, NewPull("agent/missing", "main", "x", ""))
    assert not isinstance(refused.value, Exists)
    assert refused.value.status < 500


async def test_what_was_said_and_checked_is_read(lab):
    played, forge, place = lab
    made = await forge.open(place, NEW)
    played.review(7, "ada", "approved", "")
    played.review(7, "bob", "", "Please *name* it")
    played.say_at(7, "bob", "too long")
    played.say(7, "carl", "Nice")
    played.checks[made.sha] = [("test", "passed"), ("lint", "failed")]
    seen = await forge.look(place, 7, made.sha, {})
    said = {(one.author, one.text, one.verdict, one.place) for one in seen.remarks}
    assert ("ada", "", "approved", "") in said
    assert ("bob", "too long", "", "src/api.py:12") in said
    assert ("carl", "Nice", "", "") in said
    assert played.kind == "gitlab" or ("bob", "Please *name* it", "", "") in said
    assert seen.checks is not None
    assert seen.checks.failed == 1
    assert seen.checks.failing == (("pipeline",) if played.kind == "gitlab" else ("lint",))
    played.of(7).merged, played.of(7).state = True, "closed"
    merged = await forge.look(place, 7, made.sha, seen.etags)
    assert merged.pull.state == "merged"


async def test_what_did_not_change_is_neither_sent_nor_read_again(tmp_path, session):
    played = PlayedGitHub()
    async with running_forge(played, tmp_path) as (connection, _):
        forge, place = played.connect(ForgeHttp(lambda: session)), Place(connection, "acme/api")
        made = await forge.open(place, NEW)
        first = await forge.look(place, 7, "", {})
        assert len(first.etags) == 6
        again = await forge.look(place, 7, made.sha, first.etags)
        assert played.unchanged == 6
        assert (again.pull, again.checks, again.remarks) == (None, None, ())
        assert again.etags == first.etags
        played.checks[made.sha] = [("test", "passed")]
        third = await forge.look(place, 7, made.sha, again.etags)
        assert third.pull is None
        assert third.checks == Checks(passed=1)


@pytest.mark.parametrize("kind", ["github", "gitea"])
async def test_of_what_is_long_the_newest_is_read_in_a_few_calls(tmp_path, session, kind):
    played = KINDS[kind]()
    async with running_forge(played, tmp_path) as (connection, _):
        forge, place = played.connect(ForgeHttp(lambda: session)), Place(connection, "acme/api")
        await forge.open(place, NEW)
        played.calls.clear()
        await forge.look(place, 7, "", {})
        few, etags, read = len(played.calls), {}, set()
        for count in (100, 1, 99, 1, 90):
            for _ in range(count):
                played.review(7, "bob", "", "a review")
                played.say(7, "carl", "a comment")
            played.calls.clear()
            seen = await forge.look(place, 7, "", etags)
            etags = seen.etags
            read |= {one.key for one in seen.remarks}
            assert len(played.calls) <= few + 4
        assert len(read) == 2 * 291, "each look has read all that was new since the one before"


async def test_without_the_right_to_read_checks_the_rest_is_read(tmp_path, session):
    played = PlayedGitHub()
    played.no_checks = True
    async with running_forge(played, tmp_path) as (connection, _):
        forge, place = played.connect(ForgeHttp(lambda: session)), Place(connection, "acme/api")
        await forge.open(place, NEW)
        seen = await forge.look(place, 7, "", {})
        assert seen.checks is None
        assert seen.pull.number == 7


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "words"),
    [
        (401, {"message": "Bad credentials"}, {}, ForgeRefused, "does not accept the gateway's key for acme/api"),
        (403, {"message": "Resource not accessible"}, {}, ForgeRefused, "it needs contents: read, metadata: read, pull_requests: write. It says: Resource not accessible"),
        (404, {}, {}, ForgeRefused, "has no such thing in acme/api"),
        (301, {}, {"Location": "https://evil.example/"}, ForgeRefused, "acme/api has moved on hub"),
        (422, {"message": "Validation Failed", "errors": [{"message": "No commits between main and agent/fix"}]}, {}, ForgeRefused, "No commits between main and agent/fix"),
        (429, {}, {"Retry-After": "120"}, ForgeLimited, "try again in 120 seconds"),
        (403, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1400"}, ForgeLimited, "try again in 400 seconds"),
        (403, {}, {"Retry-After": "999999999"}, ForgeLimited, "try again in 3600 seconds"),
        (500, {}, {}, ForgeAway, "hub answers 500"),
        (200, ["no object"], {}, ForgeAway, "in a form that nobody knows"),
    ],
)  # fmt: skip
async def test_each_failure_is_told_in_words_without_the_key(tmp_path, session, status, body, headers, kind, words):
    played = PlayedGitHub()
    played.refuse = status, body, headers
    async with running_forge(played, tmp_path) as (connection, _):
        forge = played.connect(ForgeHttp(lambda: session, lambda: 1000.0))
        with pytest.raises(kind, match=words) as raised:
            await forge.open(Place(connection, "acme/api"), NEW)
        assert TOKEN not in str(raised.value)
        assert len(played.calls) == 1, "no redirect is followed, and nothing is tried again"


async def test_an_answer_without_an_end_is_cut_and_one_that_never_comes_is_away(tmp_path, session):
    played = PlayedGitHub()
    played.large = True
    async with running_forge(played, tmp_path) as (connection, _):
        forge = played.connect(ForgeHttp(lambda: session))
        with pytest.raises(ForgeRefused, match="more than 2 MiB"):
            await forge.read_default(Place(connection, "acme/api"))
        nowhere = Connection("hub", "github", "http://127.0.0.1:9", connection.credential, api="http://127.0.0.1:9")
        with pytest.raises(ForgeAway, match="does not answer the gateway"):
            await forge.read_default(Place(nowhere, "acme/api"))


async def test_a_persons_key_is_shown_instead_of_the_connections(tmp_path, session):
    played = PlayedGitHub()
    played.knows = lambda header: header == "Bearer of-ada"
    async with running_forge(played, tmp_path) as (connection, _):
        forge = played.connect(ForgeHttp(lambda: session))
        await forge.open(Place(connection, "acme/api", "of-ada"), NEW)
        assert played.tokens == ["Bearer of-ada"]


async def test_a_page_elsewhere_is_never_linked(tmp_path, session):
    played = PlayedGitHub()
    async with running_forge(played, tmp_path) as (connection, _):
        forge, place = played.connect(ForgeHttp(lambda: session)), Place(connection, "acme/api")
        shown = played.show("https://evil.example", "acme/api", played.open_pull("agent/fix", "main", "x"))
        played.answer = lambda request, sent: (200, json.loads(json.dumps([shown])))
        [found] = await forge.find(place, "agent/fix", "main")
        assert found.url == f"{connection.url}/acme/api/pull/7"


async def test_an_apps_tokens_are_of_one_repository_and_may_no_more_than_each_call(tmp_path, session):
    played, hub = PlayedGitHub(), PlayedApp("acme", time.time)
    played.knows = lambda header: header.startswith("Bearer ghs_")
    (tmp_path / "app-key").write_text(hub.private)

    async def handle(request):
        asks_token = request.path.startswith("/app/") or request.path.endswith("/installation")
        return await (hub.handle if asks_token else played.handle)(request)

    async with serving(handle) as url:
        app = GithubApp(lambda: session, url, APP, tmp_path / "app-key")
        place = Place(Connection("hub", "github", url, app, api=url), "acme/api")
        forge = played.connect(ForgeHttp(lambda: session))
        await forge.open(place, NEW)
        await forge.look(place, 7, "", {})
        await forge.comment(place, 7, "Done.")
        assert hub.minted == [
            (["api"], {"contents": "read", "metadata": "read", "pull_requests": "write"}),
            (["api"], {"metadata": "read", "pull_requests": "read"}),
            (["api"], {"checks": "read", "metadata": "read", "statuses": "read"}),
        ]
        app.drop("acme/api")
        hub.lacks = ("pull_requests",)
        with pytest.raises(
            ForgeRefused, match="lacks a permission of contents: read, metadata: read, pull_requests: write"
        ):
            await forge.open(place, NEW)
        hub.lacks = ("checks",)
        seen = await forge.look(place, 7, "", {})
        assert (seen.pull.number, seen.checks) == (7, None), "without the right to read checks the rest is read"


async def test_who_was_asked_too_often_is_left_alone_until_then_but_for_people_with_keys_of_their_own(
    tmp_path, session
):
    played, now = PlayedGitHub(), [100.0]
    played.knows = bool
    async with running_forge(played, tmp_path) as (connection, _):
        forge = played.connect(ForgeHttp(lambda: session, rests=Rests(lambda: now[0])))
        place, other = Place(connection, "acme/api"), Place(connection, "acme/other")
        played.refuse = 429, {}, {"Retry-After": "60"}
        with pytest.raises(ForgeLimited):
            await forge.read_default(Place(connection, "acme/api", "of-ada"))
        with pytest.raises(ForgeLimited):
            await forge.read_default(place)
        played.refuse = None
        now[0] += 59
        with pytest.raises(ForgeLimited, match="try again in 1 seconds"):
            await forge.find(other, "agent/fix", "main")
        assert len(played.calls) == 2, "one asked, and one with a key of their own"
        assert await forge.read_default(Place(connection, "acme/api", "of-ada")) == "main"
        now[0] += 1
        assert await forge.read_default(place) == "main"


async def test_a_token_is_given_up_for_a_refusal_or_a_missing_repository_once_a_minute_and_for_nothing_else(
    tmp_path, session
):
    played, hub = PlayedGitHub(), PlayedApp("acme", time.time)
    played.knows = lambda header: header.startswith("Bearer ghs_")
    (tmp_path / "app-key").write_text(hub.private)

    async def handle(request):
        asks_token = request.path.startswith("/app/") or request.path.endswith("/installation")
        return await (hub.handle if asks_token else played.handle)(request)

    async with serving(handle) as url:
        app = GithubApp(lambda: session, url, APP, tmp_path / "app-key")
        place = Place(Connection("hub", "github", url, app, api=url), "acme/api")
        forge = played.connect(ForgeHttp(lambda: session))

        async def count_minted(refused, ask):
            """Return how many tokens were made for a call that is refused, and for one after it."""
            before, played.refuse = len(hub.minted), (refused, {}, {})
            with pytest.raises(ForgeRefused):
                await ask()
            played.refuse = None
            await forge.read_default(place)
            return len(hub.minted) - before

        await forge.read_default(place)
        assert await count_minted(404, lambda: forge.look(place, 99, "", {})) == 0
        assert await count_minted(404, lambda: forge.read_default(place)) == 1
        assert await count_minted(404, lambda: forge.read_default(place)) == 0, "a minute has not passed"
        assert await count_minted(401, lambda: forge.read_default(place)) == 1
