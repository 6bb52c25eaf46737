"""A request's parameters, however they came: query, form, multipart or JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from agent_simulators.telegram.checks import Refused


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a request."""

    name: str
    mime: str
    data: bytes


class Params:
    """Parameters with the types that a method asks for."""

    def __init__(self, values: dict[str, Any], files: dict[str, Upload] | None = None) -> None:
        self.values = values
        self.files = files or {}

    def text(self, name: str) -> str | None:
        """Return a text, or None."""
        value = self.values.get(name)
        return None if value is None else str(value)

    def number(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number.

        Raises:
            Refused: it is none.
        """
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise Refused(f"Bad Request: invalid {name} specified") from error

    def required(self, name: str) -> int:
        """Return a whole number that must be there.

        Raises:
            Refused: it is not.
        """
        value = self.number(name)
        if value is None:
            raise Refused(f"Bad Request: {name.replace('_', ' ')} is empty")
        return value

    def flag(self, name: str) -> bool:
        """Return a truth value."""
        return self.values.get(name) in {True, "true", "True", "1"}

    def json(self, name: str, default: Any) -> Any:
        """Return a nested value, which forms carry as JSON text.

        Raises:
            Refused: it is not JSON.
        """
        value = self.values.get(name)
        if value is None or value == "":
            return default
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise Refused(f"Bad Request: can't parse {name} JSON object") from error


async def read_params(request: web.Request) -> Params:
    """Read a request's parameters.

    Raises:
        Refused: a JSON body is no object.
    """
    values: dict[str, Any] = dict(request.query)
    files: dict[str, Upload] = {}
    if request.content_type == "application/json" and request.can_read_body:
        try:
            body = await request.json()
        except ValueError as error:
            raise Refused("Bad Request: can't parse JSON body") from error
        if not isinstance(body, dict):
            raise Refused("Bad Request: the body is no JSON object")
        values.update(body)
    elif request.can_read_body:
        posted = await request.post()
        values.update({k: v for k, v in posted.items() if isinstance(v, str)})
        uploads = {k: v for k, v in posted.items() if isinstance(v, web.FileField)}
        files = {k: Upload(v.filename, v.content_type, v.file.read()) for k, v in uploads.items()}
    return Params(values, files)
