"""Fill the Secrets whose contents are left to chance, once: `python -m agent_gateway.madesecrets`, a Job of the chart.

A chart that makes a password as it is rendered makes another one at each rendering (`helm template`, Argo CD). So the chart
makes empty Secrets, and this fills in what they lack. What stands in them stays.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import os
import secrets
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agent_gateway.logs import configure_logs
from agent_kube.client import MERGE_PATCH, KubeClient
from agent_kube.errors import KubeError

_BYTES: Final = 24
_TRIES: Final = 30
_WAIT_SECONDS: Final = 2.0
_BAD_CONFIG: Final = 64
_Name = Annotated[str, Field(min_length=1, max_length=253)]
_log = logging.getLogger(__name__)


class MadeSecret(BaseModel):
    """A Secret and what it shall hold.

    Attributes:
        name: Of the Secret.
        key: Holds 48 hexadecimal digits, made at random where there are none.
        derived: Further keys, each a text in which `{}` stands for that of `key`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Name
    key: _Name
    derived: Annotated[dict[_Name, str], Field(max_length=8)] = {}


def fill(wanted: MadeSecret, data: Mapping[str, str]) -> dict[str, str]:
    """Return what is to be added to a Secret, decoded; `data` is what it holds, as the API server encodes it.

    Raises:
        ValueError: what it holds is no text.
    """
    found = _decode(data.get(wanted.key, ""))
    value = found or secrets.token_hex(_BYTES)
    expected = {wanted.key: value, **{key: text.replace("{}", value) for key, text in wanted.derived.items()}}
    return {key: text for key, text in expected.items() if _decode(data.get(key, "")) != text}


def _decode(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("what a Secret holds is no text") from error


async def make(kube: KubeClient, namespace: str, wanted: MadeSecret) -> bool:
    """Fill one Secret; say whether anything was lacking.

    Raises:
        KubeError: it could not be read or written, or another wrote it in between.
        ValueError: what it holds is no text.
    """
    path = f"/api/v1/namespaces/{namespace}/secrets/{wanted.name}"
    found = await kube.request("GET", path)
    lacking = fill(wanted, found.get("data") or {})
    if lacking:
        body: dict[str, Any] = {
            "metadata": {"resourceVersion": found["metadata"]["resourceVersion"]}, "stringData": lacking
        }  # fmt: skip
        await kube.request("PATCH", path, body=body, content_type=MERGE_PATCH)
    return bool(lacking)


async def make_all(kube: KubeClient, namespace: str, wanted: list[MadeSecret]) -> bool:
    """Fill each Secret, again where that fails; say whether all are filled."""
    left = list(wanted)
    for number in range(_TRIES):
        if number:
            await asyncio.sleep(_WAIT_SECONDS)
        left = [one for one in left if not await _try(kube, namespace, one)]
        if not left:
            return True
    return False


async def _try(kube: KubeClient, namespace: str, wanted: MadeSecret) -> bool:
    try:
        made = await make(kube, namespace, wanted)
    except (KubeError, ValueError) as error:
        _log.warning("secret_not_made", extra={"secret": wanted.name, "problem": str(error)})
        return False
    _log.info("secret_made" if made else "secret_kept", extra={"secret": wanted.name})
    return True


async def _run(namespace: str, wanted: list[MadeSecret]) -> int:
    kube = KubeClient.in_cluster()
    try:
        return 0 if await make_all(kube, namespace, wanted) else 1
    finally:
        await kube.close()


def main() -> int:
    """Fill what MADE_SECRETS lists, as JSON, in POD_NAMESPACE; returns the exit code."""
    configure_logs("INFO")
    try:
        wanted = TypeAdapter(list[MadeSecret]).validate_json(os.environ.get("MADE_SECRETS", "[]"))
        namespace = os.environ["POD_NAMESPACE"]
    except (ValidationError, KeyError) as error:
        _log.error(
            "bad_config", extra={"problem": f"MADE_SECRETS or POD_NAMESPACE: {type(error).__name__}"}
        )  # its text may hold a value
        return _BAD_CONFIG
    return asyncio.run(_run(namespace, wanted))


if __name__ == "__main__":
    sys.exit(main())
