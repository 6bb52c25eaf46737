"""`/repo` on a real Postgres: what may be used, what is chosen, and what an administrator leaves."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from agent_contract import wire
from agent_gateway.resources.reading import read_class
from agent_gateway.store.repositories import Chosen
from agent_kube.errors import Away
from tests.support.desk import ADMIN, GROUP, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres
RULES = [
    {"connection": "hub", "pattern": "acme/docs"},
    {"connection": "hub", "pattern": "acme/*", "access": "Write", "approval": "Ask"},
]


@pytest.fixture
def connections(tmp_path):
    file = tmp_path / "connections.json"
    file.write_text(json.dumps([
        {"name": "hub", "url": "https://forge.example"}, {"name": "lab", "url": "https://lab.example"}
    ]))  # fmt: skip
    return file


def allow(desk, *rules, **workspace):
    desk.resources.found_class = read_class({"spec": {"repositories": list(rules), "workspace": workspace}})


async def ask(desk, command, **who):
    await desk.say(command, **who)
    text, buttons, _ = await last_said(desk)
    return text, buttons


async def chosen(desk):
    found = await desk.store.repositories.chosen(desk.ids["tg-42"])
    return found.chosen if found is not None else None


async def test_a_person_is_shown_what_may_be_used_and_chooses(store, connections):
    async with running_desk(store, connections=connections) as desk:
        allow(desk, *RULES)
        text, buttons = await ask(desk, "/repo")
        assert "- `acme/docs`: read\n- `acme/*`: read, and push when somebody agrees" in text
        assert "No repository is chosen." in text
        assert list(buttons) == ["acme/docs"], "none of an administrator's"
        assert await press(desk, buttons["acme/docs"]) == ""
        assert (await last_said(desk))[0].startswith(
            "From now on I work with `acme/docs`. It comes into the folder `docs`"
        )
        assert await chosen(desk) == Chosen("hub", "acme/docs")
        text, _ = await ask(desk, "/repo https://forge.example/acme/api.git#release/1")
        assert text.startswith("From now on I work with `acme/api#release/1`.")
        assert await chosen(desk) == Chosen("hub", "acme/api", "release/1")
        text, buttons = await ask(desk, "/repo")
        assert "I work with `acme/api#release/1`, in the folder `api`." in text
        assert list(buttons) == ["✓ acme/api", "acme/docs", "None"]
        await press(desk, buttons["None"])
        assert await chosen(desk) is None
        await ask(desk, "/repo acme/api")
        assert (await ask(desk, "/repo off"))[0].startswith("No repository is chosen any more.")
        assert await chosen(desk) is None


async def test_what_is_not_allowed_or_no_name_is_refused_in_words(store, connections):
    async with running_desk(store, connections=connections) as desk:
        allow(desk)
        assert (await ask(desk, "/repo"))[0] == "I may use no repositories here."
        assert "spec.repositories" in (await ask(desk, "/repo", user=ADMIN, chat=ADMIN))[0]
        assert "`acme/api` is not among" in (await ask(desk, "/repo acme/api"))[0]
        assert (await ask(desk, "/repo what is this"))[0].startswith("I can't read that.")
        allow(desk, *RULES, {"connection": "lab", "pattern": "acme/api"})
        text, _ = await ask(desk, "/repo acme/api")
        assert "`/repo hub:acme/api`, `/repo lab:acme/api`" in text
        assert await chosen(desk) is None
        await ask(desk, "/repo lab:acme/api")
        assert await chosen(desk) == Chosen("lab", "acme/api")
        desk.resources.unknown_since = datetime.now(UTC)
        assert (await ask(desk, "/repo acme/api"))[0].startswith("I can't see right now")


async def test_a_button_chooses_only_what_may_still_be_used(store, connections):
    async with running_desk(store, connections=connections) as desk:
        allow(desk, *RULES)
        _, buttons = await ask(desk, "/repo")
        allow(desk, RULES[1])
        await desk.resources.ensure(await store.threads.by_id(desk.ids["tg-42"]))
        desk.resources.change("tg-42", repositories=[{"connection": "hub", "pattern": "acme/api"}])
        assert "no longer" in await press(desk, buttons["acme/docs"]) or await chosen(desk) is None
        assert await chosen(desk) is None
        assert "is not among" in (await ask(desk, "/repo acme/docs"))[0]


async def test_only_an_administrator_narrows_and_what_is_wanted_is_written(store, connections):
    async with running_desk(store, connections=connections) as desk:
        allow(desk, *RULES)
        await ask(desk, "/repo acme/api")
        thread = desk.ids["tg-42"]
        assert await press(desk, f"rr:{thread}:none") == "Only an administrator can change that."
        assert await store.repositories.unwritten(thread) is None
        desk.resources.faults.append(Away("The API server does not answer.", None, "Unreachable"))
        assert await press(desk, f"rr:{thread}:one", user=ADMIN) == ""
        assert (await last_said(desk))[0] == "From now on I may use only `acme/api` here."

        def written():
            found = desk.resources.cached("tg-42")
            return found is not None and found.spec.repositories is not None and found.spec.repositories

        (rule,) = await eventually(written)
        assert (rule.connection, rule.pattern, rule.access) == ("hub", "acme/api", None)

        async def settled():
            return not await store.repositories.due(10)

        await eventually(settled)
        text, _ = await ask(desk, "/repo")
        assert "- `acme/api`: read, and push when somebody agrees" in text
        assert "docs" not in text
        await press(desk, f"rr:{thread}:all", user=ADMIN)
        await eventually(lambda: desk.resources.cached("tg-42").spec.repositories is None)


async def test_an_administrator_has_buttons_and_nobody_presses_those_of_another_chat(store, connections):
    async with running_desk(store, connections=connections) as desk:
        allow(desk, *RULES)
        _, buttons = await ask(desk, "/repo", user=ADMIN, chat=ADMIN)
        assert list(buttons) == ["acme/docs", "Only read", "No repositories"]
        assert await press(desk, buttons["acme/docs"], chat=GROUP) != ""
        assert await store.repositories.chosen(int(buttons["acme/docs"].split(":")[1])) is None


async def test_a_runner_that_is_there_is_told_at_once(store, connections):
    async with running_desk(store, connections=connections) as desk:
        allow(desk, *RULES, repositories=[{"connection": "hub", "repository": "acme/tools"}])
        await desk.say("hello")
        thread = await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await ask(desk, "/repo acme/api#x")
        await eventually(lambda: any(isinstance(frame, wire.Prepare) for frame in runner.sent))
        (frame,) = [frame for frame in runner.sent if isinstance(frame, wire.Prepare)]
        assert [(one.repository, one.ref, one.fresh) for one in frame.checkouts] == [
            ("acme/tools", "", False), ("acme/api", "x", True)
        ]  # fmt: skip
        assert frame.checkouts[1].address == "https://forge.example/acme/api.git"
