"""A forge that lets devices in by a code, over HTTP: GitHub's and GitLab's answers, as their documentation has them.

Source: GitHub, "Authorizing OAuth apps" (device flow) and "Refreshing user access tokens": errors come with status 200, and
refreshing needs no secret where the token came by a code. GitLab, "OAuth 2.0 identity provider API" (device authorization
grant), whose errors are those of RFC 6749 and RFC 8628 with status 400.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import dataclass, field

from aiohttp import web

from agent_gateway.accounts.linkable import Linkable
from tests.support.git_server import serving

CLIENT = "Iv1.aaaabbbbccccdddd"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_WORDS = {"authorization_pending": "The authorization request is still pending.", "slow_down": "Too many requests."}


@dataclass
class DeviceForge:
    """One forge with one account. What people do there is done by setting `state`, of the newest code."""

    forge: str
    url: str = ""
    seconds: int = 900
    pause: int = 5
    """A code can be entered so long."""
    token_seconds: int | None = 28_800
    """Until an access token ends; None: it does not."""
    state: str = "authorization_pending"
    """What is answered to who asks for a token: an error's word, or `granted`."""
    down: bool = False
    """It answers 502."""
    going: asyncio.Event | None = None
    """What it decided it answers only once this is set; None: at once."""
    told_pause: int | None = None
    """What `slow_down` tells beside, as GitHub does."""
    calls: list = field(default_factory=list)
    """Path and fields of each."""
    codes: list = field(default_factory=list)
    access: set = field(default_factory=set)
    """Tokens that open the account."""
    refresh: set = field(default_factory=set)
    """Each opens once."""
    made: list = field(default_factory=list)
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    @property
    def linkable(self):
        """Return it as the gateway's settings name it."""
        scopes = "" if self.forge == "github" else "api"
        return Linkable("hub", self.forge, self.url, f"{self.url}/api", CLIENT, scopes)

    @property
    def secrets(self):
        """Return everything that nobody may see."""
        return [*self.made, *(code for code, _ in self.codes)]

    def asked(self, path):
        """Return the fields of each call of a path's end."""
        return [fields for called, fields in self.calls if called.endswith(path)]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        fields = dict(await request.post())
        self.calls.append((request.path, fields))
        if self.down:
            return web.Response(status=502, text="<html>Bad gateway</html>", content_type="text/html")
        answer = self._answer(request, fields)
        if self.going is not None:
            await self.going.wait()
        return answer

    def _answer(self, request, fields):
        match request.method, request.path:
            case ("POST", "/login/device/code") if self.forge == "github":
                return self._start(fields)
            case ("POST", "/oauth/authorize_device") if self.forge == "gitlab":
                return self._start(fields)
            case ("POST", "/login/oauth/access_token") if self.forge == "github":
                return self._token(fields)
            case ("POST", "/oauth/token") if self.forge == "gitlab":
                return self._token(fields)
            case ("GET", "/api/user"):
                return self._user(request.headers.get("Authorization", ""))
        return web.Response(status=404, text="Not Found")

    def _start(self, fields):
        if fields.get("client_id") != CLIENT:
            status = 404 if self.forge == "github" else 401
            return web.json_response({"error": "Not Found" if status == 404 else "invalid_client"}, status=status)
        number = next(self.numbers)
        device, user = f"device-code-{number}-{'x' * 30}", f"WDJB-{number:04}"
        self.codes.append((device, user))
        self.state = "authorization_pending"
        path = "/login/device" if self.forge == "github" else "/oauth/device"
        answer = {
            "device_code": device, "user_code": user, "verification_uri": f"https://forge.example{path}",
            "expires_in": self.seconds, "interval": self.pause,
        }  # fmt: skip
        if self.forge == "gitlab":
            answer["verification_uri_complete"] = f"https://forge.example{path}?user_code={user}"
        return web.json_response(answer)

    def _token(self, fields):
        if fields.get("client_id") != CLIENT or "client_secret" in fields:
            return self._error("incorrect_client_credentials" if self.forge == "github" else "invalid_client")
        if fields.get("grant_type") == "refresh_token":
            if fields.get("refresh_token") not in self.refresh:
                return self._error("bad_refresh_token" if self.forge == "github" else "invalid_grant")
            self.refresh.discard(fields["refresh_token"])
            self.access.clear()
            return self._grant()
        if fields.get("grant_type") != _GRANT or not self.codes or fields.get("device_code") != self.codes[-1][0]:
            return self._error("incorrect_device_code" if self.forge == "github" else "invalid_grant")
        if self.state != "granted":
            return self._error(self.state)
        self.state = "expired_token"  # a code opens once
        return self._grant()

    def _grant(self):
        number = next(self.numbers)
        prefix = "ghu" if self.forge == "github" else "glo"
        access, refresh = f"{prefix}_access{number}{'A' * 20}", f"{prefix}_refresh{number}{'R' * 20}"
        self.made += [access, refresh]
        self.access.add(access)
        answer = {"access_token": access, "token_type": "bearer", "scope": "" if self.forge == "github" else "api"}
        if self.token_seconds is not None:
            self.refresh.add(refresh)
            answer |= {"expires_in": self.token_seconds, "refresh_token": refresh}
        return web.json_response(answer)

    def _error(self, word):
        answer = {"error": word, "error_description": _WORDS.get(word, "No.")}
        if word == "slow_down" and self.told_pause is not None:
            answer["interval"] = self.told_pause
        return web.json_response(answer, status=200 if self.forge == "github" else 400)

    def _user(self, header):
        if header.removeprefix("Bearer ") not in self.access:
            return web.json_response({"message": "Bad credentials"}, status=401)
        name = {"login": "ada"} if self.forge == "github" else {"username": "ada"}
        return web.json_response({"id": 583231, **name, "email": "ada@private.example"})


@contextlib.asynccontextmanager
async def running_forge(kind):
    """Serve a forge."""
    forge = DeviceForge(kind)
    async with serving(forge.handle) as url:
        forge.url = url
        yield forge
