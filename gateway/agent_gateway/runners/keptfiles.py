"""What follows where a run cannot unpack the files that it was to begin with."""

from __future__ import annotations

from agent_contract.text import clean
from agent_gateway.runners.ports import Wakes
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread
from agent_gateway.wording import keys
from agent_gateway.wording.texts import workspace_text


async def tell_problem(store: Store, wake: Wakes, thread: Thread, run: int, problem: str) -> None:
    """Say it in the chat, once a run; files that two runs could not unpack are kept aside.

    Args:
        store: Where it is recorded.
        wake: Told that there is something to say.
        thread: The conversation.
        run: The run.
        problem: Why, in the runner's words.
    """
    state = await store.kept.of(thread, None)
    aside = await (store.kept if state is not None else store.workspaces).note_failed(thread.id, run)
    words = keys.room_aside(thread.language) if aside else workspace_text(thread.language, clean(problem))
    await store.outbox.put(thread.address, words, f"no-files:{thread.id}:{run}", kind="notice", format="markdown")
    wake.outbox()
