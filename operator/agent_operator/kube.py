"""The calls to the API server: few, each with a deadline, and writes only while this operator leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from kubernetes_asyncio.client.models import V1Job

from agent_contract import names
from agent_kube.cache import identify
from agent_kube.client import MERGE_PATCH, KubeClient
from agent_kube.errors import Away, Conflict, KubeError, NotFound, Refused
from agent_operator.builders.plain import to_plain
from agent_operator.metrics import REQUESTS

_MANAGER: Final = {"fieldManager": names.FIELD_MANAGER_OPERATOR}
IMAGES_LEFT_OUT: Final = "the images that its pod mounts"
"""In the words of a refusal: the cluster has no image volumes."""
_NO_DRY_RUN: Final = "does not support dry run"
Json = Mapping[str, Any]


class Kube:
    """One namespace.

    Args:
        client: The API server.
        namespace: Of agents.
        check: Raises `NotLeading` unless this operator leads; asked before each write.
    """

    def __init__(self, client: KubeClient, namespace: str, check: Callable[[], None]) -> None:
        self.namespace = namespace
        self._client = client
        self._check = check
        self._jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self._pods = f"/api/v1/namespaces/{namespace}/pods"
        self._ours = f"/apis/{names.API_VERSION}/namespaces/{namespace}"

    def now(self) -> datetime:
        """Return the API server's time."""
        return self._client.now()

    async def read_job(self, name: str) -> dict[str, Any] | None:
        """Read a Job; None where there certainly is none.

        Raises:
            KubeError: the API server does not answer.
        """
        return await self._find("jobs", f"{self._jobs}/{name}")

    async def list_pods_of_job(self, name: str) -> list[dict[str, Any]]:
        """List the pods that a Job made.

        Raises:
            KubeError: the API server does not answer.
        """
        params = {"labelSelector": f"batch.kubernetes.io/job-name={name}", "limit": "50"}
        return list((await self._ask("GET", "pods", self._pods, params=params)).get("items") or [])

    async def read_class(self, name: str) -> dict[str, Any] | None:
        """Read an AgentClass; None where there certainly is none.

        Raises:
            KubeError: the API server does not answer.
        """
        return await self.read_resource(names.AGENT_CLASSES, name)

    async def read_resource(self, plural: str, name: str) -> dict[str, Any] | None:
        """Read one of our resources; None where there certainly is none.

        Raises:
            KubeError: the API server does not answer.
        """
        return await self._find(plural, f"{self._ours}/{plural}/{name}")

    async def read_namespace(self) -> dict[str, Any]:
        """Read the namespace itself.

        Raises:
            KubeError: the operator may not, or the API server does not answer.
        """
        return await self._ask("GET", "namespaces", f"/api/v1/namespaces/{self.namespace}")

    async def create_job(self, job: V1Job) -> dict[str, Any]:
        """Create a Job and return it.

        Raises:
            Conflict: one of that name exists.
            Refused: admission, validation or quota said no.
            KubeError: the API server did not decide.
        """
        body = to_plain(job)
        if mounted := _list_images(body):
            await self._try_images(body, mounted)
        return _identified(await self._write("POST", "jobs", self._jobs, body=body, params=_MANAGER))

    async def _try_images(self, body: Json, mounted: frozenset[str]) -> None:
        """See whether the API server keeps the images that a Job's pod mounts: one without the feature leaves them out, unsaid.

        Source: Kubernetes 1.34, pkg/api/pod/util.go, `dropImageVolumes`.

        Raises:
            Refused: it does not.
            KubeError: as when it is created.
        """
        try:
            made = await self._write("POST", "jobs", self._jobs, body=body, params={**_MANAGER, "dryRun": "All"})
        except Refused as error:
            if _NO_DRY_RUN in str(error):  # a webhook's words, which says nothing of the Job
                return
            raise
        if left := sorted(mounted - _list_images(made)):
            raise Refused(f"The API server leaves out {IMAGES_LEFT_OUT}: {', '.join(left)}.", reason="ImageVolume")

    async def delete_job(self, name: str, uid: str) -> None:
        """Delete a Job of this UID, and its pods with it, each with its grace.

        Raises:
            KubeError: the API server refuses, or did not decide.
        """
        await self._delete("jobs", f"{self._jobs}/{name}", uid, propagationPolicy="Background")

    async def delete_waiting(self, name: str, uid: str, version: str) -> bool:
        """Delete a Job as it stood at a version, and its pods with it; says whether that was done.

        Raises:
            KubeError: the API server refuses, or did not decide.
        """
        body = {"preconditions": {"uid": uid, "resourceVersion": version}, "propagationPolicy": "Background"}
        try:
            await self._write("DELETE", "jobs", f"{self._jobs}/{name}", body=body)
        except (NotFound, Conflict):
            return False
        return True

    async def delete_pod(self, name: str, uid: str) -> None:
        """Delete a pod of this UID, with its grace.

        Raises:
            KubeError: the API server refuses, or did not decide.
        """
        await self._delete("pods", f"{self._pods}/{name}", uid)

    async def delete_resource(self, plural: str, name: str, uid: str) -> None:
        """Delete one of our resources, of this UID.

        Raises:
            KubeError: the API server refuses, or did not decide.
        """
        await self._delete(plural, f"{self._ours}/{plural}/{name}", uid)

    async def patch_job(self, name: str, body: Json) -> dict[str, Any]:
        """Change a Job, and return it.

        Raises:
            Conflict: it changed since the version that the change names.
            NotFound: it is gone.
            KubeError: the API server refuses, or did not decide.
        """
        return await self._patch("jobs", f"{self._jobs}/{name}", body)

    async def patch_pod(self, name: str, body: Json) -> dict[str, Any]:
        """Change a pod, and return it.

        Raises:
            KubeError: as for `patch_job`.
        """
        return await self._patch("pods", f"{self._pods}/{name}", body)

    async def set_deadline(self, job: str, seconds: int) -> dict[str, Any]:
        """Set after how many seconds from its start a Job ends in any case, and return the Job.

        Raises:
            KubeError: the API server refuses, or did not decide.
        """
        body = {"spec": {"activeDeadlineSeconds": seconds}}
        return await self._patch("jobs", f"{self._jobs}/{job}", body)

    async def patch_status(self, plural: str, name: str, version: str, changes: Json) -> dict[str, Any]:
        """Change the status of one of our resources as it stood at a version, and return the resource.

        Raises:
            Conflict: it changed since.
            NotFound: it is gone.
            KubeError: the API server refuses, or did not decide.
        """
        body = {"metadata": {"resourceVersion": version}, "status": changes}
        return await self._patch(f"{plural}/status", f"{self._ours}/{plural}/{name}/status", body)

    async def write_class_status(self, name: str, version: str, changes: Json) -> dict[str, Any]:
        """Change the status of a class as it stood at a version, and return it.

        Raises:
            KubeError: as for `patch_status`.
        """
        return await self.patch_status(names.AGENT_CLASSES, name, version, changes)

    async def read_definition(self, plural: str) -> dict[str, Any]:
        """Read what the cluster serves of one of our kinds, in the way that needs no right on definitions.

        Raises:
            NotServed: it serves no such kind.
            KubeError: the operator may not, or the API server does not answer.
        """
        return await self._ask("GET", plural, f"{self._ours}/{plural}", params={"limit": "1"})

    async def read_openapi(self) -> dict[str, Any]:
        """Read the OpenAPI document of our group, which every account may.

        Raises:
            KubeError: the API server does not answer, or not yet.
        """
        return await self._ask("GET", "openapi", f"/openapi/v3/apis/{names.API_VERSION}")

    async def _find(self, resource: str, path: str) -> dict[str, Any] | None:
        try:
            return await self._ask("GET", resource, path)
        except NotFound:
            return None

    async def _patch(self, resource: str, path: str, body: Json) -> dict[str, Any]:
        more = {"params": _MANAGER, "content_type": MERGE_PATCH}
        return _identified(await self._write("PATCH", resource, path, body=body, **more))

    async def _delete(self, resource: str, path: str, uid: str, **options: str) -> None:
        try:
            await self._write("DELETE", resource, path, body={"preconditions": {"uid": uid}, **options})
        except (NotFound, Conflict):  # it is gone, and whatever has its name is another
            return

    async def _write(self, method: str, resource: str, path: str, **call: Any) -> dict[str, Any]:
        self._check()
        return await self._ask(method, resource, path, **call)

    async def _ask(self, method: str, resource: str, path: str, **call: Any) -> dict[str, Any]:
        outcome = "away"
        try:
            found = await self._client.request(method, path, **call)
            outcome = "done"
        except KubeError as error:
            outcome = type(error).__name__.lower()
            raise
        finally:
            REQUESTS.labels(method, resource, outcome).inc()
        return found


def _list_images(job: Json) -> frozenset[str]:
    """Return the names of the volumes by which a Job's pod mounts images."""
    volumes = job.get("spec", {}).get("template", {}).get("spec", {}).get("volumes") or ()
    return frozenset(str(one.get("name")) for one in volumes if one.get("image"))


def _identified(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an object that was written; what has no name, UID or version is no answer of the API server."""
    try:
        identify(answer)
    except ValueError as error:
        raise Away("The Kubernetes API answered a write with something that is no object.", None, "NoObject") from error
    return answer
