"""What is in an image: Debian's packages, Python's, npm's and Node, read from the archive's layers."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from typing import Any, Final

_STATUS: Final = "var/lib/dpkg/status"
_PYTHON: Final = re.compile(r"/[^/]+\.dist-info/METADATA$")
_NPM: Final = re.compile(r"^opt/pi/node_modules/(?:@[^/]+/)?[^/]+/package\.json$")
_NODE: Final = "opt/node/bin/node"
_GONE: Final = ".wh."
_ALL_GONE: Final = ".wh..wh..opq"


@dataclass(frozen=True, slots=True, order=True)
class Component:
    """One package.

    Attributes:
        kind: `deb`, `pypi`, `npm` or `generic`.
        name: As its own system names it.
        version: The same.
        architecture: Of a Debian package.
    """

    kind: str
    name: str
    version: str
    architecture: str = ""


def read_image(archive: Path, node: str) -> Sequence[Component]:
    """Return what an image holds, sorted.

    Args:
        archive: The image as a docker-archive.
        node: The version of Node that is pinned.

    Raises:
        KeyError: it is no docker-archive.
    """
    with tarfile.open(archive) as outer:
        manifest = json.loads(_read(outer, "manifest.json"))
        files: dict[str, bytes] = {}
        for name in manifest[0]["Layers"]:
            layer = outer.extractfile(name)
            if layer is None:
                raise KeyError(name)
            with tarfile.open(fileobj=layer, mode="r|*") as inner:
                _lay_over(files, inner)
    return sorted(set(find_components(files, node)))


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


def _lay_over(files: dict[str, bytes], layer: tarfile.TarFile) -> None:
    """Lay a layer over what is below it: what it hides goes."""
    for member in layer:
        path = PurePosixPath(member.name.removeprefix("./"))
        name = str(path)
        if path.name == _ALL_GONE:
            _hide(files, str(path.parent) + "/")
        elif path.name.startswith(_GONE):
            _hide(files, str(path.parent / path.name.removeprefix(_GONE)))
        elif member.isfile() and _matters(name):
            held = layer.extractfile(member)
            files[name] = b"" if held is None or name == _NODE else held.read()


def _hide(files: dict[str, bytes], name: str) -> None:
    for path in [p for p in files if p == name or p.startswith(name.rstrip("/") + "/")]:
        del files[path]


def _matters(name: str) -> bool:
    return name in {_STATUS, _NODE} or _PYTHON.search(name) is not None or _NPM.match(name) is not None


def find_components(files: Mapping[str, bytes], node: str) -> Iterator[Component]:
    """Yield the packages that some files tell of; pure."""
    for name, data in files.items():
        if name == _STATUS:
            yield from read_debian(data.decode("utf-8", "replace"))
        elif name == _NODE:
            yield Component("generic", "node", node)
        elif name.endswith("METADATA"):
            told = HeaderParser().parsestr(data.decode("utf-8", "replace"))
            yield Component("pypi", str(told["Name"]).lower().replace("_", "-"), str(told["Version"]))
        else:
            package: dict[str, Any] = json.loads(data)
            yield Component("npm", str(package["name"]), str(package.get("version", "0")))


def read_debian(status: str) -> Iterator[Component]:
    """Yield the installed packages of dpkg's own list."""
    for paragraph in status.split("\n\n"):
        told = HeaderParser().parsestr(paragraph)
        if told["Package"] and "installed" in str(told["Status"]).split():
            yield Component("deb", str(told["Package"]), str(told["Version"]), str(told["Architecture"]))
