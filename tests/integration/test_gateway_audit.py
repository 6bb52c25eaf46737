"""`/audit`, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_gateway.wording import keys
from tests.support.confirms import ask
from tests.support.desk import ADMIN, GROUP, PERSON, running_desk
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres


async def test_an_administrator_reads_who_did_what_in_pages_and_nobody_else_does(store):
    async with running_desk(store) as desk:
        await desk.say("hello")
        await store.pool.execute(
            "INSERT INTO audit (person_id, action, subject) SELECT $1, 'kill', 'old-' || g FROM generate_series(1, 20) g",
            ADMIN,
        )
        await desk.say("/remember tea")
        text, buttons = await ask(desk, "/audit", chat=ADMIN, user=ADMIN)
        assert f"({PERSON}) · remember · tg-42" in text
        assert "old-20" in text
        assert "old-5" not in text.split()
        earlier = buttons["Earlier"]
        await press(desk, earlier, chat=ADMIN, user=ADMIN)
        text, buttons, _ = await last_said(desk)
        assert "old-5" in text
        assert buttons == {}
        assert (
            await store.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'audit' AND person_id = $1", ADMIN)
            == 1
        )

        text, _ = await ask(desk, f"/audit {PERSON}", chat=ADMIN, user=ADMIN)
        assert "remember" in text
        assert "kill" not in text
        assert (await ask(desk, "/audit me", chat=ADMIN, user=ADMIN))[0] == keys.audit_usage("en")

        assert (await ask(desk, "/audit"))[0] == keys.access_only_admins("en")
        assert await press(desk, earlier) == keys.access_only_admins("en")
        assert await press(desk, earlier, chat=GROUP, user=ADMIN) == keys.access_only_admins("en")
        assert (await ask(desk, "/audit@demo_bot", chat=GROUP, user=ADMIN))[0] == keys.audit_private("en")
