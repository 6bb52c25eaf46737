"""The calls to the API server, with its refusals translated once."""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import aiohttp
from kubernetes_asyncio import client
from kubernetes_asyncio.client.exceptions import ApiException
from kubernetes_asyncio.client.models import V1Job

from agent_contract import names
from agent_contract.agentthread import AgentThreadStatus
from agent_contract.conditions import Condition
from agent_contract.subagent import SubAgentStatus
from agent_operator.errors import Conflict, KubeError, Refused
from agent_operator.observe import PULLS

P = ParamSpec("P")
T = TypeVar("T")
_NOT_FOUND, _CONFLICT, _FORBIDDEN, _INVALID = 404, 409, 403, 422


def translated(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T | None]]:
    """Turn the client's exceptions into ours; 404 into None."""

    @functools.wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return await function(*args, **kwargs)
        except ApiException as error:
            if error.status == _NOT_FOUND:
                return None
            kinds = {_CONFLICT: Conflict, _FORBIDDEN: Refused, _INVALID: Refused}
            raise kinds.get(error.status, KubeError)(_words(error)) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise KubeError(f"The API server does not answer ({type(error).__name__}).") from error

    return call


class Kube:
    """One namespace."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self.namespace = namespace
        self._api = api
        self._custom = client.CustomObjectsApi(api)
        self._batch = client.BatchV1Api(api)
        self._core = client.CoreV1Api(api)

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    @translated
    async def read_thread(self, name: str) -> dict[str, Any]:
        """Read an AgentThread."""
        return await self._read(names.AGENT_THREADS, name)

    @translated
    async def read_class(self, name: str) -> dict[str, Any]:
        """Read an AgentClass."""
        return await self._read(names.AGENT_CLASSES, name)

    async def list_threads(self) -> list[dict[str, Any]]:
        """List the AgentThreads."""
        found = await self._list(names.AGENT_THREADS)
        return list(found["items"]) if found else []

    @translated
    async def read_subagent(self, name: str) -> dict[str, Any]:
        """Read a SubAgent."""
        return await self._read(names.SUB_AGENTS, name)

    async def list_subagents(self) -> list[dict[str, Any]]:
        """List the SubAgents."""
        found = await self._list(names.SUB_AGENTS)
        return list(found["items"]) if found else []

    async def write_subagent_status(self, sub: Mapping[str, Any], status: SubAgentStatus) -> None:
        """Replace the whole status of the resource that was read.

        Raises:
            Conflict: it changed since it was read.
        """
        await self._replace_status(names.SUB_AGENTS, {**sub, "status": status.to_dict()})

    @translated
    async def delete_subagent(self, name: str, uid: str) -> None:
        """Delete a SubAgent, if it is still the same one."""
        await self._custom.delete_namespaced_custom_object(
            names.GROUP,
            names.VERSION,
            self.namespace,
            names.SUB_AGENTS,
            name,
            body=client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=uid)),
        )

    async def write_status(self, thread: Mapping[str, Any], status: AgentThreadStatus) -> None:
        """Replace the whole status of the resource that was read.

        Raises:
            Conflict: it changed since it was read.
        """
        await self._replace_status(names.AGENT_THREADS, {**thread, "status": status.to_dict()})

    async def write_class_conditions(self, found: Mapping[str, Any], conditions: Sequence[Condition]) -> None:
        """Replace the conditions of a class that was read.

        Raises:
            Conflict: it changed since it was read.
        """
        status = {"conditions": [c.to_dict() for c in conditions]}
        await self._replace_status(names.AGENT_CLASSES, {**found, "status": status})

    @translated
    async def read_job(self, name: str) -> Mapping[str, Any]:
        """Read a Job."""
        return await _json(self._batch.read_namespaced_job(name, self.namespace, _preload_content=False))

    async def list_jobs(self, owner: str, label: str = names.LABEL_THREAD) -> list[Mapping[str, Any]]:
        """List the Jobs of a thread, or of whatever `label` names."""
        return await self._items(self._batch.list_namespaced_job, _selector(owner, label))

    async def list_pods(self, owner: str, label: str = names.LABEL_THREAD) -> list[Mapping[str, Any]]:
        """List the pods of a thread, or of whatever `label` names."""
        return await self._items(self._core.list_namespaced_pod, _selector(owner, label))

    async def list_warnings(self, uids: Sequence[str]) -> list[Mapping[str, Any]]:
        """List the warning Events about objects, and those of images that are pulled, newest first."""
        found: list[Mapping[str, Any]] = []
        for uid in uids:
            query = {"field_selector": f"involvedObject.uid={uid}"}
            events = await self._items(self._core.list_namespaced_event, query)
            found += [e for e in events if e.get("type") == "Warning" or e.get("reason") in PULLS]
        return sorted(found, key=lambda e: e.get("lastTimestamp") or "", reverse=True)

    @translated
    async def create_job(self, job: V1Job) -> None:
        """Create a Job.

        Raises:
            Conflict: one of that name exists.
            Refused: admission or quota said no.
        """
        await self._batch.create_namespaced_job(self.namespace, job)

    @translated
    async def delete_job(self, name: str) -> None:
        """Delete a Job; its pods go with it, each with its grace."""
        await self._batch.delete_namespaced_job(name, self.namespace, propagation_policy="Background")

    @translated
    async def read_definition(self, plural: str) -> dict[str, Any]:
        """Read what the cluster serves of one of our kinds, in the way that needs no right on definitions."""
        return await self._custom.list_namespaced_custom_object(  # type: ignore[no-any-return]
            names.GROUP, names.VERSION, self.namespace, plural, limit=1
        )

    @translated
    async def read_openapi(self) -> Mapping[str, Any]:
        """Read the OpenAPI document of our group, which every account may."""
        path = f"/openapi/v3/apis/{names.API_VERSION}"
        accept = {"Accept": "application/json"}
        return await _json(
            self._api.call_api(path, "GET", header_params=accept, auth_settings=["BearerToken"], _preload_content=False)
        )

    @translated
    async def _list(self, plural: str) -> dict[str, Any]:
        return await self._custom.list_namespaced_custom_object(  # type: ignore[no-any-return]
            names.GROUP, names.VERSION, self.namespace, plural
        )

    async def _read(self, plural: str, name: str) -> dict[str, Any]:
        return await self._custom.get_namespaced_custom_object(  # type: ignore[no-any-return]
            names.GROUP, names.VERSION, self.namespace, plural, name
        )

    @translated
    async def _replace_status(self, plural: str, body: Mapping[str, Any]) -> None:
        await self._custom.replace_namespaced_custom_object_status(
            names.GROUP, names.VERSION, self.namespace, plural, body["metadata"]["name"], body
        )

    async def _items(self, call: Callable[..., Awaitable[Any]], query: Mapping[str, str]) -> list[Mapping[str, Any]]:
        @translated
        async def read() -> list[Mapping[str, Any]]:
            return list((await _json(call(self.namespace, _preload_content=False, **query)))["items"])

        return await read() or []


async def _json(call: Awaitable[Any]) -> Mapping[str, Any]:
    """Read plain JSON: the client's models cost many times the reading."""
    response = await call
    body = await response.read()
    if response.status >= 400:
        error = ApiException(status=response.status, reason=response.reason)
        error.body = body
        raise error
    found: Mapping[str, Any] = json.loads(body)
    return found


def _selector(owner: str, label: str) -> dict[str, str]:
    return {"label_selector": f"{names.LABEL_MANAGED_BY}={names.MANAGED_BY},{label}={owner}"}


def _words(error: ApiException) -> str:
    try:
        return str(json.loads(error.body or b"{}")["message"])
    except (TypeError, ValueError, KeyError):
        return f"The API server refuses: {error.status} {error.reason}"
