"""Install the chart of this working tree on the development cluster, with the images of this working tree."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from dev.cluster import Cluster, provider
from dev.images import build_all, refs
from dev.progress import UserError

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "openclaw-dispatcher"
_START_SECONDS = 120.0
"""In which kubectl begins to forward, or says why not."""
_PAUSE = 1.0
"""Seconds before it is begun again."""
_STOP_SECONDS = 10.0
"""In which it ends once it is asked to; then it is killed."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace of the cluster and the way to look into it."""

    cluster: Cluster
    namespace: str

    def kubectl(self, *args: str, check: bool = True, stdin: str | None = None, timeout: float = 300) -> str:
        """Run kubectl in the namespace and return what it printed.

        Raises:
            CommandFailedError: it ended with an error; the text is what it said.
        """
        command = [str(self.cluster.kubectl), "--kubeconfig", str(self.cluster.kubeconfig), "-n", self.namespace, *args]
        return run(command, check=check, stdin=stdin, timeout=timeout)

    def get(self, *args: str) -> dict[str, Any]:
        """Return `kubectl get … -o json` as a value."""
        value: dict[str, Any] = json.loads(self.kubectl("get", *args, "-o", "json"))
        return value


@dataclass(frozen=True, slots=True)
class Release(Namespace):
    """One installed release and the ways to reach it."""

    name: str

    @property
    def agents(self) -> Namespace:
        """Return the namespace of its AgentThreads, SubAgents, AgentClasses, Jobs and agent pods."""
        return Namespace(self.cluster, f"{self.namespace}-agents")

    def helm(self, *args: str, timeout: float = 700, stdin: str | None = None) -> str:
        """Run helm in the release's namespace and return what it printed."""
        return run([*self._helm(), *args], timeout=timeout, stdin=stdin)

    def install(self, values: Mapping[str, Any], chart: Path = CHART) -> None:
        """Install or upgrade to these values and wait until it serves; agents have a namespace of their own unless named."""
        # named, so that a release whose agents lived elsewhere moves them
        values = {**values, "agents": {"namespace": self.agents.namespace, **values.get("agents", {})}}
        self._forget_interrupted()
        # what stands in crds/ is installed once by helm; an upgrade takes the documented extra command
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(chart / "crds"))
        self.helm(
            "upgrade", "--install", self.name, str(chart), "--create-namespace", "--values", "-", "--wait",
            "--timeout", "10m", timeout=700, stdin=json.dumps(values),
        )  # fmt: skip

    def remove(self, timeout: float = 400) -> None:
        """Remove the release, its namespaces, and what it has that no namespace holds."""
        self._forget_interrupted()
        run(
            [*self._helm(), "uninstall", self.name, "--ignore-not-found", "--wait", "--timeout", "5m"],
            check=False, timeout=timeout,
        )  # fmt: skip
        for namespace in (self.agents.namespace, self.namespace):
            self.kubectl("delete", "namespace", namespace, "--ignore-not-found", timeout=timeout)

    def _helm(self) -> list[str]:
        return [str(self.cluster.helm), "--kubeconfig", str(self.cluster.kubeconfig), "-n", self.namespace]

    def _forget_interrupted(self) -> None:
        """Drop the record of a helm that was killed in the middle: helm would refuse to go on for ever."""
        pending = "status in (pending-install,pending-upgrade,pending-rollback)"
        self.kubectl(
            "delete", "secret", "-l", f"owner=helm,name={self.name},{pending}", "--ignore-not-found", check=False
        )

    @contextlib.contextmanager
    def forward(self, target: str, port: int, *, tries_for: float = 120.0) -> Iterator[int]:
        """Forward a free local port to a Service's port, or a pod's, while the context lasts; again where kubectl ends meanwhile.

        Args:
            target: The Service, or the pod, which may run already and not be said to.
            port: Of it.
            tries_for: Seconds in which kubectl is begun again where it could not forward at first; 0: it is begun once.

        Raises:
            CommandFailedError: kubectl could not forward in that time.
            TimeoutError: it did not say whether it does.
        """
        command = [
            str(self.cluster.kubectl), "--kubeconfig", str(self.cluster.kubeconfig), "-n", self.namespace,
            "port-forward", target,
        ]  # fmt: skip
        until, keeper = time.monotonic() + tries_for, None
        forward = _Forward(target, command)
        try:
            while True:
                try:
                    local = forward.begin(f":{port}")
                    break
                except CommandFailedError:
                    if time.monotonic() > until:
                        raise
                time.sleep(_PAUSE)
            if tries_for:
                keeper = threading.Thread(target=forward.keep, args=(f"{local}:{port}",), daemon=True)
                keeper.start()
            yield local
        finally:
            forward.end()
            if keeper is not None:
                keeper.join()


class _Forward:
    """A kubectl that forwards a port, and the next where it ends: one connection that is cut ends it for all others."""

    def __init__(self, target: str, command: Sequence[str]) -> None:
        self._target, self._command = target, command
        self._lock, self._over = threading.Lock(), threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, ports: str) -> int:
        """Begin to forward, and return the local port.

        Raises:
            CommandFailedError: kubectl could not forward.
            TimeoutError: it did not say whether it does.
        """
        # a file, not a pipe: kubectl writes a line for each connection, and a full pipe would stop it
        with tempfile.TemporaryFile("w+") as said:
            with self._lock:
                if self._over.is_set():
                    raise CommandFailedError(f"kubectl port-forward {self._target}", "it is wanted no more")
                process = self._process = subprocess.Popen([*self._command, ports], stdout=said, stderr=said)
            found = partial(_forwarded_port, self._target, process, said)
            try:
                return int(wait_until("kubectl port-forward", found, _START_SECONDS))
            except BaseException:
                _stop(process)
                raise

    def keep(self, ports: str) -> None:
        """Begin again where kubectl ends, until `end`."""
        while self._process is not None:
            self._process.wait()
            if self._over.wait(_PAUSE):
                return
            with contextlib.suppress(CommandFailedError, TimeoutError):
                self.begin(ports)

    def end(self) -> None:
        """Forward no more."""
        with self._lock:
            self._over.set()
            if self._process is not None:
                _stop(self._process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _forwarded_port(target: str, process: subprocess.Popen[bytes], said: IO[str]) -> int | None:
    """Return the local port once kubectl tells it.

    Raises:
        CommandFailedError: kubectl ended.
    """
    said.seek(0)
    words = said.read()
    match = re.search(r"Forwarding from 127\.0\.0\.1:(\d+)", words)
    if match is None and process.poll() is not None:
        raise CommandFailedError(f"kubectl port-forward {target}", words)
    return int(match[1]) if match else None


class CommandFailedError(Exception):
    """A command ended with an error; its words are in the text."""

    def __init__(self, command: str, words: str) -> None:
        super().__init__(f"{command}: {words.strip()}")
        self.words = words


def run(command: list[str], *, check: bool = True, stdin: str | None = None, timeout: float = 300) -> str:
    """Run a command and return its output.

    Raises:
        CommandFailedError: it ended with an error and `check` is set.
    """
    done = subprocess.run(command, capture_output=True, text=True, input=stdin, timeout=timeout, check=False)
    if check and done.returncode:
        raise CommandFailedError(" ".join(Path(c).name if c.startswith("/") else c for c in command[:8]), done.stderr)
    return done.stdout


def image_values(images: Mapping[str, str]) -> dict[str, Any]:
    """Build the chart's image values from the references that `dev.images` made."""
    values: dict[str, Any] = {"pullPolicy": "IfNotPresent"}
    for target, ref in images.items():
        repository, tag = ref.rsplit(":", 1)
        values[target] = {"repository": repository, "tag": tag}
    return values


def prepare(namespace: str, name: str) -> tuple[Release, dict[str, Any]]:
    """Bring the cluster up, build and load what is missing; return the release and its image values."""
    cluster, references = bring_up()
    return Release(cluster, namespace, name), image_values(references)


def bring_up() -> tuple[Cluster, dict[str, str]]:
    """Bring the cluster up, build and load what is missing; return it and each image's reference.

    Images are built beside the cluster's programs: building waits for the network where compiling waits for a core.
    """
    cluster, pool = provider(), ThreadPoolExecutor()
    try:
        images = pool.submit(build_all, [t for t, ref in refs().items() if not _has_already(cluster, ref)])
        cluster.up()
        built = images.result()
    finally:
        # what went wrong is told at once, not when the images are done
        pool.shutdown(wait=False, cancel_futures=True)
    cluster.load_images([tar for ref, tar in built.values() if not cluster.has_image(ref)])
    return cluster, refs()


def _has_already(cluster: Cluster, reference: str) -> bool:
    """Say whether a cluster that runs has an image: its archive, which may be gone, is not needed then."""
    try:
        return cluster.kubeconfig.exists() and cluster.has_image(reference)
    except UserError:
        return False


def wait_until(words: str, check: Any, timeout: float) -> Any:
    """Poll until `check()` is truthy and return that.

    Raises:
        TimeoutError: it was not in time; the text says what was waited for.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:.0f} s for {words}")
        time.sleep(0.2)
