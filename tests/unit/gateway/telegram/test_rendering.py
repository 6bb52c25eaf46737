"""Rendering in a process of its own: what takes too long, too much or its process goes out plain, and the next is rendered."""

from __future__ import annotations

import os
import time

import pytest

from agent_gateway.telegram.outbound.previewing import render_preview
from agent_gateway.telegram.outbound.renderer import RenderHere, RenderingFailed
from agent_gateway.telegram.outbound.rendering import RenderProcess
from agent_gateway.telegram.outbound.views import Views
from tests.support.eventually import eventually
from tests.support.sending import CHAT, deliver
from tests.support.viewing import shown, turn


@pytest.fixture(scope="module")
def renderer():
    renderer = RenderProcess("test", 0.2, 64 << 20)
    renderer.start()
    yield renderer
    renderer.close()


async def test_a_text_is_rendered_elsewhere(renderer):
    (chunk,) = await renderer.run(render_preview, "**a**", plain=False)
    assert (chunk.text, chunk.entities[0].type) == ("a", "bold")
    assert await renderer.run(os.getpid) != os.getpid()


@pytest.mark.parametrize(
    ("work", "args", "why"),
    [(pow, (3, 10**8), "TookTooLong"), (bytes, (10**9,), "MemoryError"), (os._exit, (1,), "EOFError"),
     (int, ("x",), "ValueError")],
    ids=["too long", "too much", "it ended", "a fault"],
)  # fmt: skip
async def test_what_takes_too_much_is_told_and_the_next_is_rendered(renderer, work, args, why):
    with pytest.raises(RenderingFailed, match=why):
        await renderer.run(work, *args)
    assert await renderer.run(len, "abc") == 3


async def test_it_is_told_no_secret(renderer, monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "secret")
    with pytest.raises(RenderingFailed):
        await renderer.run(os._exit, 0)  # the next one begins with the environment of now
    assert await renderer.run(os.getenv, "TELEGRAM_BOT_TOKEN") is None


class Failing(RenderHere):
    """Fails with each text."""

    async def run(self, work, *args, **named):
        raise RenderingFailed(work.__name__)


async def test_what_cannot_be_formatted_goes_out_plain(chat, store):
    store.put(CHAT, "**bold** /new")
    await deliver(chat, store, renderer=Failing())
    assert list(chat.messages.values()) == ["**bold** /\u2060new"]


async def test_a_long_one_that_cannot_be_formatted_is_a_file(chat, store):
    store.put(CHAT, "**line**\n" * 5000)
    await deliver(chat, store, renderer=Failing())
    assert len(chat.messages) == 2
    assert chat.messages[101].startswith("**line**\n")
    assert "answer.txt" in chat.messages[101]


async def test_a_row_at_which_processes_ended_goes_out_plain(chat, store):
    row = store.put(CHAT, "**bold**", crashes=2)
    store.put(CHAT, "**bold**", crashes=1)
    await deliver(chat, store)
    assert list(chat.messages.values()) == ["**bold**", "bold"]
    assert row.id in store.done


async def test_a_preview_that_cannot_be_formatted_is_plain(chat, store):
    views = Views(chat, store, check=lambda: None, clock=time.monotonic, renderer=Failing())
    views.open(turn(), CHAT, 5)
    views.update(1, "**bold**")
    await eventually(lambda: shown(chat) == ["**bold**"])
    await views.close()
