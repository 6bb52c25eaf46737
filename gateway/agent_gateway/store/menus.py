"""What Telegram's menus were filled with."""

from __future__ import annotations

from agent_gateway.store.session import Room


class MenuQueries(Room):
    """Menus."""

    async def digests(self) -> dict[str, str]:
        """Return the digest of what each menu holds, by its name."""
        return {row["menu"]: row["digest"] for row in await self._session.rows("menu_digests", self._bot_id)}

    async def chat_digests(self, chat_id: int) -> dict[str, str]:
        """Return the same of the menus of one chat."""
        rows = await self._session.rows("chat_menu_digests", self._bot_id, f"chat {chat_id} ")
        return {row["menu"]: row["digest"] for row in rows}

    async def keep(self, menu: str, digest: str) -> None:
        """Remember what a menu was filled with."""
        await self._session.execute("keep_menu", self._bot_id, menu, digest)
