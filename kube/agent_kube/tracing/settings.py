"""Settings of traces, the same for gateway and operator: all with the prefix `TRACING_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

TRACES_PATH = "/v1/traces"


class TracingSettings(BaseSettings):
    """Where traces go. Off while there is no endpoint."""

    model_config = SettingsConfigDict(env_prefix="TRACING_", extra="ignore", env_ignore_empty=True, frozen=True)

    endpoint: Annotated[
        str,
        Field(pattern=r"^(https?://[^\s?#]+)?$", description="A collector's base URL for OTLP over HTTP; empty: none."),
    ] = ""
    ratio: Annotated[float, Field(ge=0, le=1, description="Share of messages whose traces are told.")] = 1.0
    headers_file: Annotated[
        Path | None, Field(description="File with headers for the collector, one `name: value` a line.")
    ] = None
    ca_file: Annotated[
        Path | None, Field(description="Certificates by which the collector is trusted; empty: the usual ones.")
    ] = None
    instance: Annotated[str, Field(description="`service.instance.id`; empty: none is told.")] = ""

    @property
    def url(self) -> str:
        """Return where spans are posted to."""
        base = self.endpoint.rstrip("/")
        return base if base.endswith(TRACES_PATH) else base + TRACES_PATH

    def read_headers(self) -> dict[str, str]:
        """Return the headers for the collector.

        Raises:
            OSError: the file cannot be read.
            ValueError: a line of it is no header; the line itself is not told, as it may be a key.
        """
        if self.headers_file is None:
            return {}
        headers: dict[str, str] = {}
        for number, line in enumerate(self.headers_file.read_text(encoding="utf-8").splitlines(), 1):
            name, colon, value = line.partition(":")
            if not line.strip():
                continue
            if not colon or not name.strip() or not value.strip():
                raise ValueError(f"TRACING_HEADERS_FILE: line {number} is no `name: value`")
            headers[name.strip().lower()] = value.strip()
        return headers


def load_tracing(**overrides: Any) -> TracingSettings:
    """Read the settings, and the file that they name.

    Raises:
        ValueError: one is wrong; the text names it, never its value.
        OSError: the file with headers cannot be read.
    """
    try:
        found = TracingSettings(**overrides)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        words = "; ".join(f"TRACING_{'_'.join(map(str, p['loc'])).upper()}: {p['msg']}" for p in problems)
        raise ValueError(f"Settings that cannot be used: {words}") from None
    found.read_headers()
    return found
