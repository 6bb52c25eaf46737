"""Calls to the API server, as whoever `kubectl` says that one is.

`kubectl proxy` on a socket in a folder that nobody else can enter does what each way of logging in needs, so that nothing
of it is known here, and it passes on headers, which `kubectl get --raw` does not.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

from kubectl_openclaw.errors import Away, MissingRight, Problem, Right

GROUP: Final = "/apis/openclaw.dev/v1alpha1"
PAGE: Final = 500
"""Objects that are listed at once."""
START_SECONDS: Final = 15.0
CALL_SECONDS: Final = 45.0
"""Longer than the API server takes to find out that nobody answers behind a Service."""
MOST_BYTES: Final = 64 << 20
"""Of one answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered: the status, and the JSON object (empty where it is none)."""

    status: int
    body: Mapping[str, Any]

    @property
    def of_cluster(self) -> bool:
        """Say whether it is the API server's own word, not that of what it passes calls on to."""
        return self.body.get("kind") == "Status"


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:  # type: ignore[explicit-override]  # typing has it from 3.12 on, and nothing else is installed
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Cluster:
    """The API server.

    Args:
        kubectl: The program, and options of every call of it: `--context` …
    """

    def __init__(self, kubectl: Sequence[str]) -> None:
        self._kubectl = list(kubectl)
        self._folder = ""
        self._socket = ""
        self._proxy: subprocess.Popen[str] | None = None
        self._user = ""

    def __enter__(self) -> Self:
        """Start the proxy. Raises Problem where it does not start."""
        self._folder = tempfile.mkdtemp(prefix="kubectl-openclaw-")  # which is for this user alone
        self._socket = str(Path(self._folder) / "s")
        try:
            self._proxy = subprocess.Popen(
                [*self._kubectl, "proxy", f"--unix-socket={self._socket}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C ends what waits, not the way to it
            )
            self._await()
        except FileNotFoundError as error:
            self._end()
            raise Problem(f"{self._kubectl[0]} is not there: this is a plugin of kubectl.") from error
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the proxy."""
        self._end()

    def call(
        self,
        method: str,
        path: str,
        right: Right,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = CALL_SECONDS,
    ) -> Answer:
        """Ask the API server.

        Raises:
            MissingRight: it is refused to this user.
            Away: there is no answer.
            Problem: it is refused for another reason.
        """
        connection = _Connection(self._socket, seconds)
        data = json.dumps(body).encode() if body is not None else None
        sent = {
            "Accept": "application/json",
            **({"Content-Type": "application/json"} if data else {}),
            **(headers or {}),
        }
        try:
            connection.request(method, f"{path}?{urlencode(query)}" if query else path, data, sent)
            response = connection.getresponse()
            answer = Answer(response.status, _read(response.read(MOST_BYTES + 1)))
        except (OSError, http.client.HTTPException) as error:
            raise Away(f"The API server does not answer ({type(error).__name__}).") from error
        finally:
            connection.close()
        if answer.status == 401 and answer.of_cluster:
            raise Problem("The API server does not know you: log in again.")
        if answer.status == 403 and answer.of_cluster:
            reason = str(answer.body.get("message", ""))
            if "denied request:" in reason:  # by an admission policy, which says why
                raise Problem(reason)
            raise MissingRight(right, self._user)
        return answer

    def get(self, path: str, right: Right, query: Mapping[str, str] | None = None) -> Mapping[str, Any] | None:
        """Return an object; None where it is not there."""
        answer = self.call("GET", path, right, query=query)
        if answer.status == 404:
            return None
        return check(answer)

    def items(self, resource: str, namespace: str) -> Iterator[Mapping[str, Any]]:
        """Yield all objects of a kind of ours in a namespace, or in all where that is empty, page by page."""
        where = f"/namespaces/{quote(namespace)}" if namespace else ""
        query = {"limit": str(PAGE)}
        right = Right("list", f"{resource}.openclaw.dev", "", namespace)
        while True:
            found = self.get(f"{GROUP}{where}/{resource}", right, query)
            if found is None:
                raise Problem("This cluster has no resources of openclaw.dev: the chart is not installed here.")
            yield from found.get("items") or []
            token = (found.get("metadata") or {}).get("continue")
            if not token:
                return
            query = {"limit": str(PAGE), "continue": str(token)}

    def read_user(self) -> str:
        """Return the name that the API server knows this user by."""
        if not self._user:
            body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
            right = Right("create", "selfsubjectreviews.authentication.k8s.io")
            found = check(self.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", right, body=body))
            self._user = str(((found.get("status") or {}).get("userInfo") or {}).get("username", ""))
        return self._user

    def read_namespace(self) -> str:
        """Return the namespace of kubectl's context."""
        told = subprocess.run(
            [*self._kubectl, "config", "view", "--minify", "-o", "jsonpath={..namespace}"],
            capture_output=True, text=True, check=False, timeout=START_SECONDS,
        )  # fmt: skip
        return told.stdout.strip() or "default"

    def _await(self) -> None:
        """Wait until the proxy takes calls."""
        proxy = self._proxy
        assert proxy is not None  # noqa: S101
        assert proxy.stdout is not None  # noqa: S101
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            ready, _, _ = select.select([proxy.stdout], [], [], 0.2)
            if ready and proxy.stdout.readline().startswith("Starting to serve"):
                return
            if proxy.poll() is not None:
                words = proxy.stderr.read() if proxy.stderr else ""
                raise Problem(f"kubectl proxy ended: {words.strip()[:1000]}")
        raise Problem("kubectl proxy does not start.")

    def _end(self) -> None:
        if self._proxy is not None:
            self._proxy.terminate()  # its own, which this process started
            try:
                self._proxy.wait(3)
            except subprocess.TimeoutExpired:
                self._proxy.kill()
                self._proxy.wait()
            for stream in (self._proxy.stdout, self._proxy.stderr):
                if stream is not None:
                    stream.close()
            self._proxy = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def check(answer: Answer) -> Mapping[str, Any]:
    """Return what a call was answered. Raises Problem where it is not done."""
    if answer.status >= 300:
        raise Problem(str(answer.body.get("message") or answer.body.get("error") or f"status {answer.status}"))
    return answer.body


def find_kubectl() -> str:
    """Return the program that `KUBECTL` names, or the one in the path."""
    return os.environ.get("KUBECTL") or shutil.which("kubectl") or "kubectl"


def _read(data: bytes) -> Mapping[str, Any]:
    if len(data) > MOST_BYTES:
        raise Problem("The answer is too large.")
    try:
        found = json.loads(data)
    except ValueError:
        return {"message": data[:300].decode(errors="replace").strip()} if data else {}
    return found if isinstance(found, dict) else {}
