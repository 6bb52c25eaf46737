"""The workspace's own instructions (AGENTS.md), as far as an agent is told of them; no import takes time.

pi reads such a file whole into each request, whatever its size, and follows a link to wherever it leads. So pi is kept from it,
and is given a bounded copy with the class's instructions.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

NAMES = ("AGENTS.override.md", "AGENTS.md", "CLAUDE.md")
"""The first of them counts, as with pi."""
PROJECT_FOLDER = ".pi"
"""What pi reads of a workspace that its class trusts."""
MOST_BYTES = 64 * 1024
"""Of the file; of a larger one the agent is told its beginning."""
_HEADING = "# The project's own instructions"


class ProjectFile(NamedTuple):
    """What was found in the workspace."""

    name: str = ""
    """Of the file; empty where there is none."""
    text: str = ""
    """Its beginning."""
    size: int = 0
    """Bytes that it has."""
    problem: str = ""
    """Why it is not read, in words."""

    @property
    def cut(self) -> bool:
        """Say whether the agent is told a part alone."""
        return self.size > MOST_BYTES


def read_project_file(workspace: str) -> ProjectFile:
    """Read the first of the files that is there: a plain file of the workspace, or a link to one within."""
    root = os.path.realpath(workspace)
    for name in NAMES:
        path = f"{root}/{name}"
        if not os.path.lexists(path):  # noqa: PTH110, RUF100  # no import that takes time
            continue
        target = os.path.realpath(path)
        if not target.startswith(f"{root}/"):
            return ProjectFile(name, problem="it is a link that leads out of the workspace")
        try:
            return _read(name, target)
        except OSError as error:
            return ProjectFile(name, problem=f"it cannot be read ({error.strerror})")
    return ProjectFile()


def _read(name: str, path: str) -> ProjectFile:
    # what is no file must not hold us up, and what became a link meanwhile is none of ours
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            return ProjectFile(name, problem="it is no plain file")
        data = b""
        while len(data) < MOST_BYTES and (part := os.read(fd, MOST_BYTES - len(data))):
            data += part
    finally:
        os.close(fd)
    size = max(found.st_size, len(data))
    if size > MOST_BYTES and b"\n" in data:
        data = data[: data.rindex(b"\n") + 1]
    return ProjectFile(name, data.decode("utf-8", "replace").replace("\0", ""), size)


def build_instructions(own: str, found: ProjectFile, workspace: str) -> str:
    """Return what is added to the system prompt: the class's instructions, then the project's.

    Args:
        own: Of the class.
        found: In the workspace.
        workspace: Its folder.
    """
    if not found.name:
        return own
    path = f"{workspace}/{found.name}"
    if found.problem:
        said = f"{path} was not read: {found.problem}."
    elif found.cut:
        said = (
            f"From {path}, which has {found.size} bytes: this is its beginning alone. Read the rest from the file where "
            f"you need it.\n\n{found.text}"
        )
    else:
        said = f"From {path}:\n\n{found.text}"
    return f"{own}\n\n{_HEADING}\n\n{said}".lstrip()


def write_instructions(workspace: str, path: str, own: str) -> ProjectFile:
    """Write what is added to the system prompt, where pi reads it at each start and each change of its session.

    Args:
        workspace: Where a project's file is looked for.
        path: Of the file that is written.
        own: The class's instructions.

    Raises:
        OSError: it cannot be written.
    """
    found = read_project_file(workspace)
    with open(f"{path}.new", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(build_instructions(own, found, workspace))
    os.replace(f"{path}.new", path)  # noqa: PTH105
    return found
