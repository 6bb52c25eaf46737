"""A desk whose people may link accounts at a forge, and the parts that carry it on."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path

from agent_gateway.accounts.deviceflow import DeviceFlow
from agent_gateway.accounts.keeper import AccountKeeper
from agent_gateway.accounts.sealing import Sealer
from agent_gateway.accounts.tokens import AccountTokens
from agent_gateway.events import Events
from tests.support.desk import PERSON, Desk, running_desk
from tests.support.device_forge import DeviceForge, running_forge
from tests.support.pressing import last_said

KEY = "k" * 48


@dataclass
class Linking:
    """A forge, a desk, and a gateway's parts, which may be made anew."""

    desk: Desk
    forge: DeviceForge
    keys: Path
    flows: list

    def build(self, kind, **otherwise):
        """Build a part, as another process would have it, the forge being set up otherwise there."""
        flow = DeviceFlow()
        self.flows.append(flow)
        forges, sealer = {"hub": replace(self.forge.linkable, **otherwise)}, Sealer(self.keys)
        if kind is AccountTokens:
            return AccountTokens(self.desk.store, forges, sealer, flow)
        return AccountKeeper(self.desk.store, forges, sealer, flow, Events(), lambda: None)

    @property
    def pool(self):
        return self.desk.store.pool

    async def look(self, keeper=None):
        """Look once, with all that is under way being due."""
        await self.pool.execute("UPDATE account_flows SET due_at = now()")
        await (keeper or self.build(AccountKeeper)).look()

    async def link(self):
        """Link Ada's account from the first word to the last."""
        await self.desk.say("/link hub")
        await self.look()
        self.forge.state = "granted"
        await self.look()
        return await self.desk.store.accounts.get(PERSON, "hub")

    async def said(self):
        """Return the newest text."""
        return (await last_said(self.desk))[0]

    async def shift(self, seconds):
        """Let the access token end so many seconds from now."""
        await self.pool.execute("UPDATE linked_accounts SET expires_at = now() + make_interval(secs => $1)", seconds)


@contextlib.asynccontextmanager
async def running_linking(store, folder, kind="github", **more):
    """Serve a forge of a kind and run a desk."""
    keys = folder / "keys"
    keys.write_text(KEY + "\n")
    async with contextlib.AsyncExitStack() as stack:
        forge = await stack.enter_async_context(running_forge(kind))
        running = running_desk(store, reconcile=False, forges={"hub": forge.linkable}, **more)
        linking = Linking(await stack.enter_async_context(running), forge, keys, [])
        try:
            yield linking
        finally:
            for flow in linking.flows:
                await flow.close()
