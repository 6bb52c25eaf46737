"""Who is who in a group, and leaving it, against the simulated Telegram."""

from __future__ import annotations

import pytest

from agent_gateway.telegram.errors import Refused
from tests.support.simulated import FORUM, play

MEMBER, ADMIN = 42, 43


async def test_administrators_of_a_group_are_told_from_members(sim, api):
    await play(sim, "chats", chat=FORUM, administrators=[ADMIN])
    assert await api.groups.is_admin(FORUM, ADMIN)
    assert not await api.groups.is_admin(FORUM, MEMBER)
    with pytest.raises(Refused):
        await api.groups.is_admin(-1, ADMIN)


async def test_a_group_is_left_once_and_again_is_success(sim, api):
    await api.groups.leave_chat(FORUM)
    shown = await (await sim.get(f"/sim/chats/{FORUM}")).json()
    assert shown is not None
    await api.groups.leave_chat(FORUM)
