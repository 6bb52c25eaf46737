"""GitHub's API as far as an App asks it for tokens; it checks the App's signature as GitHub does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

APP = "Iv1.0123456789abcdef"


class GitHub:
    """Serves one App that is installed for the repositories of one owner.

    Args:
        owner: Whose.
        clock: Seconds since 1970.
    """

    def __init__(self, owner, clock):
        self._clock = clock
        self._owner = owner
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self._public = key.public_key()
        self.minted = []
        """What was asked for: repositories and permissions."""
        self.calls = []
        self.installations = 1
        self.lacks = ()
        """Permissions that the installation has not."""
        self.silent = asyncio.Event()
        """Until it is set, nothing is answered about the repository `slow`."""

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        self.calls.append(request.path)
        if "/slow/" in request.path:
            await self.silent.wait()
        try:
            token = request.headers["Authorization"].removeprefix("Bearer ")
            claims = jwt.decode(token, self._public, ["RS256"], options={"verify_exp": False, "verify_iat": False})
        except (KeyError, jwt.PyJWTError):
            return web.json_response({"message": "A JSON web token could not be decoded"}, status=401)
        now = self._clock()
        if claims["iss"] != APP or not claims["iat"] <= now < claims["exp"] <= claims["iat"] + 600:
            return web.json_response({"message": "Bad credentials"}, status=401)
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["app"]:
                return web.json_response({"slug": "agents", "installations_count": self.installations})
            case "GET", ["repos", owner, _, "installation"]:
                if owner.lower() != self._owner:
                    return web.json_response({"message": "Not Found"}, status=404)
                return web.json_response({"id": 7, "account": {"login": self._owner}})
            case "POST", ["app", "installations", "7", "access_tokens"]:
                asked = await request.json()
                if any(name in self.lacks for name in asked["permissions"]):
                    return web.json_response({"message": "The permissions requested are not granted"}, status=422)
                self.minted.append((asked["repositories"], asked["permissions"]))
                until = datetime.fromtimestamp(now + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                made = {"token": f"ghs_{len(self.minted)}", "expires_at": until, "permissions": asked["permissions"]}
                return web.json_response(made, status=201)
        return web.json_response({"message": "Not Found"}, status=404)
