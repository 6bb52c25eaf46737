"""The images of this working tree, tagged by content: a build is done once, and yesterday's image never runs."""

from __future__ import annotations

import ast
import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dev.paths import CACHE, PINS, ROOT, content_hash
from dev.progress import UserError, step
from dev.shell import apt_install, need_root, need_space, run

TARGETS = ("operator", "gateway", "runner", "simulators", "postgres")
REPOSITORY = "localhost/openclaw-dispatcher"
_CONTRACT, _INSTALL = "contract/agent_contract", "dev/images/install.sh"
_VENV_SIMULATORS = (_INSTALL, "requirements-simulators.lock")
_VENV_RUNNER = (*_VENV_SIMULATORS, "requirements-runner.lock")
_VENV_OPERATOR = (*_VENV_SIMULATORS, "requirements-operator.lock")
_VENV_GATEWAY = (*_VENV_OPERATOR, "requirements-gateway.lock", "dev/images/keep_locales.py")
SOURCES = {
    "operator": (_CONTRACT, "kube/agent_kube", "operator/agent_operator", *_VENV_OPERATOR),
    "gateway": (_CONTRACT, "kube/agent_kube", "gateway/agent_gateway", *_VENV_GATEWAY),
    "runner": (
        _CONTRACT, "runner/agent_runner", *_VENV_RUNNER, "dev/pins.toml", "dev/images/fetch_pi.py", "dev/images/warm.mjs",
    ),
    "simulators": (_CONTRACT, "simulators/agent_simulators", *_VENV_SIMULATORS),
    "postgres": ("dev/images/postgres-entrypoint.sh",),
}  # fmt: skip
"""What goes into each image, beside the Dockerfile."""
_STORE = CACHE / "buildah"
_PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy")
_CA_FILES = ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")


def build_all(targets: Iterable[str] = TARGETS) -> dict[str, tuple[str, Path]]:
    """Build what is missing; return each target's reference and docker-archive.

    Raises:
        UserError: no builder can be had, a package cannot be fetched, or the disk is full.
    """
    result = {}
    for target in targets:
        reference = refs()[target]
        archive = CACHE / "images" / f"{target}-{reference.rsplit(':', 1)[1]}.tar"
        with _locked(archive.parent, target):
            if not archive.exists():
                need_space(CACHE, 4, "Building images")
                with step(f"building the {target} image", 60):
                    _build(target, reference, archive)
                _remove_older(archive)
        result[target] = (reference, archive)
    return result


def refs() -> dict[str, str]:
    """Return each target's reference; its tag is a hash of all that goes into it."""
    return {target: f"{REPOSITORY}/{target}:{_tag(target)}" for target in TARGETS}


def push_all(registry: str) -> dict[str, tuple[str, str]]:
    """Push every image as REGISTRY/<target>:<tag>; return each one's reference, and its digest as the registry has it.

    Raises:
        UserError: the registry refuses or is not in reach.
    """
    pushed = {}
    for target, (reference, archive) in build_all().items():
        goal = f"{registry.rstrip('/')}/{target}:{reference.rsplit(':', 1)[1]}"
        with step(f"pushing {goal}"):
            if _docker():
                run(["docker", "load", "-i", archive])
                run(["docker", "tag", reference, goal])
                told = run(["docker", "push", goal])
            else:
                note = archive.with_suffix(".digest")
                run([*_buildah("push"), "--digestfile", note,
                     f"docker-archive:{archive}" if not _known(reference) else reference, f"docker://{goal}"])  # fmt: skip
                told = note.read_text()
        pushed[target] = (goal, read_digest(told))
    return pushed


def read_digest(told: str) -> str:
    """Read the digest that a push told of.

    Raises:
        UserError: it told none.
    """
    found = re.search(r"sha256:[0-9a-f]{64}", told)
    if found is None:
        raise UserError("The push told no digest.")
    return found[0]


def build_values(registry: str, pushed: Mapping[str, tuple[str, str]]) -> str:
    """Build the chart's values for images that were pushed, as YAML; pure."""
    lines = ["images:", f"  registry: {registry.rstrip('/')}"]
    for target, (reference, digest) in pushed.items():
        tag = reference.rsplit(":", 1)[1]
        lines += [f"  {target}:", f"    repository: {target}", f'    tag: "{tag}"', f"    digest: {digest}"]
        if target == "postgres":
            lines.append("    useRegistry: true")
    return "\n".join(lines)


@contextlib.contextmanager
def _locked(folder: Path, target: str) -> Iterator[None]:
    """Let one command at a time build a target, from whichever clone it comes: all write the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{target}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _tag(target: str) -> str:
    files = [ROOT / "Dockerfile"]
    for source in SOURCES[target]:
        path = ROOT / source
        files += [p for p in path.rglob("*") if p.is_file() and p.suffix != ".pyc"] if path.is_dir() else [path]
    return content_hash(files, repr(PINS["images"]))


def _build(target: str, reference: str, archive: Path) -> None:
    partial = archive.with_suffix(".partial")
    secret = _secrets()
    if _docker():
        run(["docker", "build", "-q", "--target", target, "-t", reference, *secret, ROOT],
            env={"DOCKER_BUILDKIT": "1"})  # fmt: skip
        run(["docker", "save", "-o", partial, reference])
    else:
        need_root("Building images without Docker")
        apt_install({"buildah": "buildah", "mmdebstrap": "mmdebstrap"})
        base = _make_base()
        run([*_buildah("build"), "--isolation", "chroot", "--layers", "--target", target, "-t", reference,
             "--build-arg", f"BASE={base}", *secret, ROOT])  # fmt: skip
        partial.unlink(missing_ok=True)
        run([*_buildah("push"), reference, f"docker-archive:{partial}:{reference}"])
    partial.rename(archive)


def _make_base() -> str:
    """Make Debian's minimal system an image; anew each week, for its security updates."""
    suite = PINS["images"]["debian"]
    reference = f"{REPOSITORY}/base:{suite}-{time.strftime('%G-%V', time.gmtime())}"
    if _known(reference):
        return reference
    tarball = CACHE / "base.tar"
    with step("making the base image from Debian's packages", 40):
        excludes = [f"--dpkgopt=path-exclude=/usr/share/{d}/*" for d in ("doc", "man", "locale", "info", "lintian")]
        run(["mmdebstrap", "-q", "--variant=minbase", "--include=ca-certificates", *excludes, suite, tarball])
        container = run([*_buildah("from"), "scratch"]).strip()
        run([*_buildah("add"), "-q", container, tarball, "/"])
        run([*_buildah("commit"), "-q", "--rm", container, reference])
        tarball.unlink()
    return reference


def _buildah(command: str) -> list[str]:
    driver = ["--storage-driver", "overlay"]
    return ["buildah", "--root", str(_STORE / "root"), "--runroot", str(_STORE / "run"), *driver, command]


def _known(reference: str) -> bool:
    command = [*_buildah("inspect"), "--type", "image", reference]
    return (
        shutil.which("buildah") is not None
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


def _secrets() -> list[str]:
    """Return what a build may use and must not keep: this machine's certificates, and where its packages come from."""
    named = (os.environ.get(name) for name in _CA_FILES)
    authority = next((value for value in named if value and Path(value).is_file()), None)
    settings = Path.home() / ".npmrc"
    files = {"ca": authority, "pip": _write_pip_settings(), "npm": settings if settings.is_file() else None}
    return [word for name, path in files.items() if path for word in ("--secret", f"id={name},src={path}")]


def _write_pip_settings() -> Path | None:
    """Write this machine's settings of pip, wherever they stand, as the one file that a build reads."""
    listed = run([sys.executable, "-m", "pip", "config", "list"])
    text = build_pip_settings(listed)
    if not text:
        return None
    path = CACHE / "pip.conf"
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def build_pip_settings(listed: str) -> str:
    """Build a `pip.conf` of what `pip config list` printed, as far as it says where packages come from; pure.

    The environment's value comes after a file's and wins, as in pip itself.
    """
    found: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2].strip().replace("_", "-")
        if key in _PIP_SETTINGS:
            found[key] = ast.literal_eval(value)
    lines = [f"{key} = {' '.join(value.split())}" for key, value in found.items()]
    return "\n".join(["[global]", *lines, ""]) if lines else ""


def _docker() -> bool:
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _remove_older(archive: Path) -> None:
    """Keep a target's newest three archives: they are large."""
    target = archive.name.rsplit("-", 1)[0]
    same = sorted(archive.parent.glob(f"{target}-*.tar"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in same[3:]:
        old.unlink()


def check_registry(registry: str) -> None:
    """Refuse a registry name that no push could use.

    Raises:
        UserError: it is empty or has a scheme.
    """
    if not registry or "://" in registry:
        raise UserError("Name a registry and path, as in `make push REGISTRY=registry.example/openclaw`.")
