"""A gateway's schedules alone, in a process that may be killed at any moment: `python -m tests.support.firing_process DSN`.

It takes the lead, says so on a line, and asks what is due until another takes it.
"""

from __future__ import annotations

import asyncio
import logging
import sys

from agent_gateway.errors import LeadershipLost
from agent_gateway.inbox.access import Access
from agent_gateway.schedules.ending import Ending
from agent_gateway.schedules.firing import Firing
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.leadership import take_over
from tests.conftest import BOT_ID


async def run(dsn):
    store = await Store.open(dsn, BOT_ID, size=6)
    await take_over(store, "tg")
    sys.stdout.write("leads\n")
    sys.stdout.flush()
    firing, ending = Firing(store, Access([42], []), lambda: None), Ending(store, lambda: None, poll=0.5)
    try:
        await asyncio.gather(firing.run(), ending.run())
    except (LeadershipLost, Away):
        store.abandon()


if __name__ == "__main__":
    logging.disable()
    asyncio.run(run(sys.argv[1]))
