"""The end of a unit of work: what the server says of it is heard."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.store.errors import StoreError, Undone
from agent_gateway.store.transaction import Transaction


@dataclass
class Server:
    """Answers what ends a transaction with the tag of its last command."""

    tag: str
    asked: str = ""

    async def execute(self, text: str) -> str:
        self.asked = text
        return self.tag


@pytest.mark.parametrize("effect", [WakeOutbox(), WakeThread(3)], ids=["alone", "with what is due"])
async def test_a_commit_that_the_server_answers_by_undoing_all_of_it_is_a_mistake_of_ours(effect):
    server = Server("ROLLBACK")
    tx = Transaction(1, server)
    tx.after(effect)
    with pytest.raises(Undone) as caught:
        await tx.commit()
    assert server.asked.endswith("COMMIT")
    assert not isinstance(caught.value, StoreError), "waiting would not help, and no row is at fault"


async def test_a_commit_that_the_server_does_passes():
    await Transaction(1, Server("COMMIT")).commit()
