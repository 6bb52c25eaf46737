"""Pages of chats: time going down, what rang, what was pressed, and what of it must come out alike each time."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_simulators.telegram import create_app
from tests.support.transcript import normalise, render_events, without_chance
from tests.support.transcript_lines import WIDTH, cells, lay_out, wrap

TOKEN = "1000000001:demo-token-of-the-simulator"
ADA = 70001


@pytest.fixture
async def client():
    async with TestClient(TestServer(create_app(TOKEN))) as client:
        yield client


async def play(client, what, **body):
    return await (await client.post(f"/sim/{what}", json={"chat": ADA, **body})).json()


async def call(client, method, /, **params):
    return (await (await client.post(f"/bot{TOKEN}/{method}", json={"chat_id": ADA, **params})).json())["result"]


def keyboard(*texts):
    return {"inline_keyboard": [[{"text": text, "callback_data": text} for text in texts]]}


async def page(client, steps):
    """Play a turn with so many steps on the way, and a question whose button is pressed."""
    asked = (await play(client, "messages", text="Can you look why the build fails?"))["message_id"]
    await call(client, "setMessageReaction", message_id=asked, reaction=[{"type": "emoji", "emoji": "👀"}])
    shown = await call(client, "sendMessage", text="Looking…", disable_notification=True)
    for step in range(steps):
        await call(client, "editMessageText", message_id=shown["message_id"], text=f"Looking… {step}")
    await call(client, "deleteMessage", message_id=shown["message_id"])
    below = {"message_id": asked}
    found = await call(
        client, "sendMessage", text="A test fails. Mend it?", reply_parameters=below, reply_markup=keyboard("Yes", "No")
    )
    pressed = await play(client, "press", message_id=found["message_id"], text="Yes")
    await call(client, "answerCallbackQuery", callback_query_id=pressed["callback_id"], text="Mending…")
    await call(client, "editMessageText", message_id=found["message_id"], text="A test fails. Mend it?\n\nAda: Yes")
    events = (await (await client.get("/sim/events")).json())["events"]
    for number, event in enumerate(events):
        event["t"] = 1_000_000 + number * 13_000
    return render_events(events, {ADA: "Ada"})


async def test_time_goes_down_with_what_rang_and_what_was_pressed(client):
    assert (
        await page(client, 2)
        == """~~~text
  +0 s  Ada
        Can you look why the build fails?
 +13 s  👀 on “Can you look why the buil…”
 +26 s  · 🔕 bot
        Looking…
 +52 s  · ✎ bot changes what it showed (2 times)
        Looking… 1
 +65 s  · removed: “Looking… 1”
 +78 s  🔔 bot to “Can you look why the buil…”
        A test fails. Mend it?
        [ Yes ] [ No ]
 +91 s  Ada presses [ Yes ] under “A test fails. Mend it?”
        (Mending…)
 +1:57  ✎ bot changes “A test fails. Mend it?”
        A test fails. Mend it?

        Ada: Yes

🔔 rang 1x (+78 s)
~~~
"""
    )


async def test_what_is_seen_on_the_way_may_differ_and_nothing_else(client):
    first = await page(client, 1)
    async with TestClient(TestServer(create_app(TOKEN))) as other:
        second = await page(other, 4)
    assert first != second
    assert without_chance(first) == without_chance(second)
    for was, becomes in (
        ("A test fails.", "A test fell."), ("[ No ]", "[ Not ]"), ("(Mending…)", "(Stopping…)"), ("👀 on", "👌 on"),
        ("rang 1x", "rang 2x"), ("🔔 bot", "🔕 bot"),
    ):  # fmt: skip
        assert without_chance(first.replace(was, becomes)) != without_chance(second), becomes


async def test_a_passing_message_that_rings_is_no_chance(client):
    await play(client, "messages", text="hello")
    shown = await call(client, "sendMessage", text="w0")
    await call(client, "editMessageText", message_id=shown["message_id"], text="w0 w1")
    events = (await (await client.get("/sim/events")).json())["events"]
    loud = without_chance(render_events(events, {}))
    events[1]["notified"] = False
    assert without_chance(render_events(events, {})) != loud


def test_lines_are_as_wide_as_a_phone_and_folded_quotes_short():
    words = "The tests fail since Friday, and 测试从星期五开始失败。因为数据库端口变了。所以连接不上。 " + "x" * 60
    assert all(cells(line) <= WIDTH for line in wrap(words))
    assert "".join(wrap(words)).replace(" ", "") == words.replace(" ", "")
    text = "🚗 steps\n" + "\n".join(f"line {n}" for n in range(6)) + "\nmake all\ndone"
    entities = [{"type": "expandable_blockquote", "offset": 9, "length": 41}, {"type": "bold", "offset": 0, "length": 2},
                {"type": "pre", "offset": 51, "length": 8}]  # fmt: skip
    assert lay_out(text, entities) == [
        "🚗 steps", "┃ line 0", "┃ line 1", "┃ line 2", "┃ ⌄ 3 more lines", "│ make all", "done",
    ]  # fmt: skip
    quote = [{"type": "expandable_blockquote", "offset": 0, "length": 4}]
    assert lay_out("1234 is over", quote, lambda part: part.replace("1234", "2")) == ["┃ 2", " is over"]


def test_in_a_group_it_is_chance_whether_an_answer_took_the_place_of_what_was_on_the_way():
    asked = "  +0 s  Ada\n        @demo_bot hello\n"
    edited = (
        "  +3 s  ✎ bot changes what it showed\n        Hello, Ada.\n\n        ▸ 1 step · 2 s\n        ┃ Let me see.\n"
    )
    new = "  +8 s  🔔 bot to “@demo_bot hello”\n        Hello, Ada.\n  +8 s  ✎ bot changes what it showed\n        ▸ 1 step\n"
    one, other = (
        f"~~~text\n{asked}{of}\n🔔 rang {often}\n~~~" for of, often in ((edited, "never"), (new, "1x (+8 s)"))
    )
    assert without_chance(one, group=True) == without_chance(other, group=True)
    assert without_chance(one) != without_chance(other)
    assert without_chance(one, group=True) != without_chance(other.replace("Hello, Ada", "Hello, Ben"), group=True)


def test_how_long_something_took_is_the_same_in_every_page():
    english, chinese = ("0 s", "41 s", "1 min", "1 min 5 s"), ("0 秒", "41 秒", "1 分钟", "1 分 5 秒")
    assert {normalise(f"▸ 1 step · {took}") for took in english} == {"▸ 1 step · 2 s"}
    assert {normalise(f"k1 ({took}): done") for took in english} == {"k1 (2 s, 1 875 tokens): done"}
    assert {normalise(f"▸ 1 步 · {took}") for took in chinese} == {"▸ 1 步 · 2 秒"}
