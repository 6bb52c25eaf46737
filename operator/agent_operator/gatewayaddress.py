"""Where the gateway is, so that pods need ask no name service for it: some may not, and to others one may not answer."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from typing import Final
from urllib.parse import urlsplit

from agent_operator.errors import NameUnknown

_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 30.0
"""Between two questions."""
_log = logging.getLogger(__name__)


class GatewayAddress:
    """Knows the addresses of the gateway's Service.

    Args:
        url: Of the gateway.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._known: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """Return what was last answered; empty before, and where no name has to be known."""
        return self._known

    async def find(self) -> tuple[str, ...]:
        """Ask now.

        Raises:
            NameUnknown: the name service does not answer, or knows no such name.
        """
        self._known = await resolve_gateway(self._url)
        return self._known

    async def follow(self) -> None:
        """Ask again and again, for ever. What was known stays where nobody answers."""
        while True:
            try:
                await self.find()
            except NameUnknown as error:
                _log.warning("gateway_unknown", extra={"problem": str(error)})
            await asyncio.sleep(_AGAIN_SECONDS)


async def resolve_gateway(url: str) -> tuple[str, ...]:
    """Return the addresses of the gateway's Service; none where the URL names an address itself.

    They are the Service's own and stay while it does, whichever pod is behind it.

    Raises:
        NameUnknown: the name service does not answer, or knows no such name.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_address(host):
        return ()
    lookup = asyncio.get_running_loop().getaddrinfo(host, parts.port or 80, type=socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(_SECONDS):
            found = await lookup
    except (OSError, TimeoutError) as error:
        raise NameUnknown(
            f"The name of the gateway's Service, {host}, is not known ({type(error).__name__})."
        ) from error
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
