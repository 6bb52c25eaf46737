"""Keys: in environments, files, memory, mounts, the image, and what the gateway tells."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dev.attack.inside.base import Outcome, Pod, attack, decide, held, opened, untried
from dev.attack.inside.http import ask

_MOST_BYTES = 8 << 20
"""Of one file that is looked at."""
_MOST_FILES = 40_000
_FOLDERS = ("/run", "/var", "/etc", "/tmp", "/home", "/root", "/mnt", "/srv", "/opt/venv", "/workspace")
_VOLUMES = ("/workspace", "/home/agent", "/run/agent", "/tmp", "/var/run/openclaw", "/run/openclaw")
_OF_THE_RUNTIME = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev", "/proc", "/sys")
"""What every container is given."""


def _read(path: Path, most: int = _MOST_BYTES) -> bytes:
    """Return the beginning of a file; nothing where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(most) or b""
        except OSError:
            return b""


def _walk(folders: tuple[str, ...]) -> Iterator[Path]:
    count = 0
    for folder in folders:
        for above, _, files in os.walk(folder):
            for name in files:
                path = Path(above, name)
                count += 1
                if count > _MOST_FILES:
                    return
                if path.is_file():
                    yield path


@attack("secrets-environment", "look for keys in the environment and command line of every process")
def environment(pod: Pod) -> Outcome:
    """Look for keys in what processes were started with."""
    seen = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            data = _read(folder / "environ") + _read(folder / "cmdline")
            seen += bool(data)
            if pod.facts.find_needles(data):
                return opened(f"a key in process {folder.name}")
    return decide(seen > 0, f"{seen} processes hold none of {len(pod.facts.needles)} keys")


@attack("secrets-files", "look for keys in every file that can be read", seconds=60)
def files(pod: Pod) -> Outcome:
    """Look for keys in files."""
    seen = 0
    for path in _walk(_FOLDERS):
        seen += 1
        if pod.facts.find_needles(_read(path)):
            return opened(f"a key in {path}")
    return decide(seen > 0, f"{seen} files hold none")


@attack("secrets-memory", "read the memory of the runner")
def memory(pod: Pod) -> Outcome:
    """Read the memory of the process that speaks with the gateway."""
    try:
        maps = Path("/proc/1/maps").read_text()
        with Path("/proc/1/mem").open("rb", buffering=0) as file:
            found, size = 0, 0
            for line in maps.splitlines():
                ends, rights, *_ = line.split()
                first, last = (int(end, 16) for end in ends.split("-"))
                if "r" not in rights or last - first > 64 << 20:
                    continue
                try:
                    file.seek(first)
                    data = file.read(last - first)
                except (OSError, ValueError):
                    continue
                size += len(data)
                found += pod.facts.find_needles(data)
    except PermissionError:
        return held("the kernel refuses: the runner is not dumpable")
    return decide(found == 0, f"{size >> 20} MiB of it hold {found} keys")


@attack("secrets-mounts", "look for volumes that are none of the pod's own")
def mounts(_pod: Pod) -> Outcome:
    """Look at what is mounted."""
    strange = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        place = line.split()[4]
        known = place == "/" or any(place == p or place.startswith(p + "/") for p in (*_VOLUMES, *_OF_THE_RUNTIME))
        if not known:
            strange.append(place)
    return decide(not strange, f"mounted beside the pod's own: {', '.join(strange) or 'nothing'}")


@attack("secrets-account-token", "find the token that Kubernetes usually mounts")
def account_token(_pod: Pod) -> Outcome:
    """Look for the usual mount."""
    folders = [p for p in ("/var/run/secrets", "/run/secrets") if Path(p).exists()]
    return decide(not folders, f"there: {', '.join(folders) or 'nothing'}")


@attack("secrets-image", "look for settings of registries with a password in the image")
def image(_pod: Pod) -> Outcome:
    """Look for what a build may have left."""
    named = [".npmrc", ".pypirc", "pip.conf", ".netrc", ".docker/config.json", ".git-credentials", "ca.crt"]
    bases = ["/", "/root", "/etc", "/run", "/home", "/opt", "/workspace/.."]
    there = sorted({str(Path(b, n).resolve()) for b in bases for n in named if _read(Path(b, n))})
    return decide(not there, f"found: {', '.join(there) or 'none'}")


@attack("secrets-answers", "look for the key in all that the gateway answers")
async def answers(pod: Pod) -> Outcome:
    """Look for keys in answers, those of refused calls too."""
    paths = ("/", "/metrics", "/healthz", "/v1/session", f"/v1/llm/{pod.provider}/models", "/v1/llm/other/models",
             f"/v1/llm/{pod.provider}/chat/completions", "/v1/files/1/0", "/debug", "/.env")  # fmt: skip
    found, told = 0, 0
    for path in paths:
        for method in ("GET", "POST"):
            answer = await ask(pod, method, path, headers={"X-Api-Key": "a"})
            told += answer.status != 0
            found += pod.facts.find_needles(f"{answer.text}{answer.headers}".encode())
    if not told:
        return untried("the gateway answered nothing")
    return decide(found == 0, f"{told} answers hold {found} keys")


@attack("secrets-settings", "look for keys in what pi and the runner are given")
def settings(pod: Pod) -> Outcome:
    """Look at pi's settings and the runner's."""
    paths = list(_walk(("/run/agent",)))
    found = [str(p) for p in paths if pod.facts.find_needles(_read(p))]
    return decide(not found, f"{len(paths)} files; with a key: {', '.join(found) or 'none'}")
