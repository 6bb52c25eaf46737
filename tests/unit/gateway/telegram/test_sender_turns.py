"""Whose turn it is among what must be said, and how many files are on the disk meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import time

from agent_contract.names import MAX_FILE_BYTES
from agent_gateway.store.chatrows import FileRow, Urgency
from agent_gateway.store.rows import Address
from agent_gateway.telegram.fakes import FakeChat, FakeStore
from agent_gateway.telegram.outbound.budget import GROUP_CALLS, PRIVATE_CALLS, Budgets, Kind
from agent_gateway.telegram.outbound.diskroom import DiskRoom
from agent_gateway.telegram.outbound.sender import MOST_AT_ONCE, Sender
from agent_gateway.telegram.outbound.turnstile import Turnstile
from tests.support.eventually import eventually
from tests.support.sending import CHAT, TOPIC


@contextlib.asynccontextmanager
async def sending(chat, store, **parts):
    budgets = parts.pop("budgets", None) or Budgets(minute=0.1)
    sender = Sender(chat, store, store, check=lambda: None, budgets=budgets, poll=0.01, **parts)
    task = asyncio.create_task(sender.run())
    yield sender
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class GatedChat(FakeChat):
    """Takes files only once it is let."""

    def __init__(self):
        super().__init__()
        self.go = asyncio.Event()

    async def send_file(self, *args, **more):
        await self.go.wait()
        return await FakeChat.send_file(self, *args, **more)


class CountingStore(FakeStore):
    """Knows whose file was fetched."""

    def __init__(self):
        super().__init__()
        self.fetched = []

    async def stream(self, file_id):
        self.fetched.append(file_id)
        yield self.files[file_id]


def put_file(store, number, address):
    store.files[number] = b"x"
    file = FileRow(number, f"{number}.bin", "application/octet-stream", MAX_FILE_BYTES)
    store.put(address, "", file=file, kind="reply", urgency=Urgency.NOTICE)


async def test_an_answer_passes_a_file_of_its_own_topic_that_takes_long():
    chat, store = GatedChat(), CountingStore()
    put_file(store, 1, CHAT)
    async with sending(chat, store):
        await eventually(lambda: store.fetched == [1])
        store.put(CHAT, "the answer")
        await eventually(lambda: list(chat.messages.values()) == ["the answer"])
        chat.go.set()
        await eventually(lambda: not store.pending)


async def test_no_file_is_fetched_that_has_no_room_on_the_disk():
    chat, store = GatedChat(), CountingStore()
    for number in range(1, 5):
        put_file(store, number, Address(1000, number))
    async with sending(chat, store, disk=DiskRoom(2 * MAX_FILE_BYTES)):
        await eventually(lambda: len(store.fetched) == 2)
        store.put(Address(1000, 99), "meanwhile")
        await eventually(lambda: "meanwhile" in chat.messages.values())
        assert len(store.fetched) == 2
        chat.go.set()
        await eventually(lambda: not store.pending)


async def test_what_waits_for_its_chats_budget_takes_no_place_of_other_chats():
    chat, store, budgets = FakeChat(), FakeStore(), Budgets(minute=60.0)
    crowded = [Address(1000, -n) for n in range(1, MOST_AT_ONCE[Urgency.ANSWER] + 5)]
    for address in crowded:
        while budgets.wait(address.chat_id, Kind.ANSWER) == 0:
            budgets.of(address.chat_id).spend(time.monotonic())
        store.put(address, "waits")
    async with sending(chat, store, budgets=budgets):
        await eventually(lambda: len(store.sending) == len(crowded))
        store.put(CHAT, "the answer")
        await eventually(lambda: list(chat.messages.values()) == ["the answer"])


async def test_calls_of_one_kind_go_in_the_order_in_which_they_came():
    now, budgets = asyncio.get_running_loop().time, Budgets(minute=3.0)
    for _ in range(PRIVATE_CALLS):
        budgets.spend(5)
    turnstile, order = Turnstile(budgets), []

    async def go(name, urgency):
        await turnstile.wait(5, urgency)
        order.append(name)

    begun = now()
    async with asyncio.TaskGroup() as group:
        for name in ("a", "b", "c"):
            group.create_task(go(name, Urgency.ANSWER))
            await asyncio.sleep(0)
    assert order == ["a", "b", "c"]
    assert now() - begun >= 3 * 3.0 / 60 * 0.9  # one a second, of which a minute has sixty


async def test_an_answer_of_many_parts_lets_others_in_between():
    chat, store = FakeChat(), FakeStore()
    store.put(TOPIC, "x" * 20_000, format="plain", kind="reply")
    store.put(Address(TOPIC.bot_id, TOPIC.chat_id, 43), "short", kind="reply")
    budgets = Budgets(minute=1.0)
    for _ in range(GROUP_CALLS):
        budgets.spend(TOPIC.chat_id)  # from now on each call waits
    async with sending(chat, store, budgets=budgets):
        await eventually(lambda: not store.pending)
    texts = list(chat.messages.values())
    assert texts.index("short") <= 1
