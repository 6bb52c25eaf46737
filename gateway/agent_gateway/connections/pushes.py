"""What a push asks for: the head of a git-receive-pack request, read strictly and written anew.

Upstream never sees the bytes of the pod's list of commands, only the list that was understood and judged: so nothing
can be read one way here and another way there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from agent_gateway.connections.pktline import (
    BAND_DATA,
    BAND_PROGRESS,
    FLUSH,
    MAX_PAYLOAD,
    Malformed,
    PktReader,
    encode,
    encode_band,
)

MAX_COMMANDS: Final = 256
MAX_SHALLOW: Final = 4096
MAX_OPTIONS: Final = 16
MAX_REF: Final = 250
_LONGEST: Final = 2048
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FORBIDDEN: Final = frozenset("~^:?*[\\") | {chr(number) for number in (*range(33), 127)}
"""Characters that git allows in no ref: `git check-ref-format`."""
_PASSED: Final = frozenset({"report-status", "report-status-v2", "side-band-64k", "quiet", "atomic", "ofs-delta"})
_DROPPED: Final = frozenset({"delete-refs", "push-options", "side-band"})
_FORMATS: Final = {"sha1": 40, "sha256": 64}


class Kind(Enum):
    """What one command does."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Command:
    """One ref, and what it shall be moved from and to."""

    old: str
    new: str
    ref: str

    @property
    def kind(self) -> Kind:
        """Say what it does; that `old` is true is upstream's to check, and every git server does."""
        if not self.new.strip("0"):
            return Kind.DELETE
        return Kind.UPDATE if self.old.strip("0") else Kind.CREATE


@dataclass(frozen=True, slots=True)
class Push:
    """The head of a push."""

    commands: tuple[Command, ...]
    capabilities: frozenset[str]
    object_format: str
    agent: str
    shallow: tuple[str, ...]
    options: tuple[str, ...]

    @property
    def has_pack(self) -> bool:
        """Say whether a pack must follow."""
        return any(command.kind is not Kind.DELETE for command in self.commands)

    @property
    def side_band(self) -> bool:
        """Say whether the client can be told anything while it waits."""
        return "side-band-64k" in self.capabilities

    def encode(self) -> bytes:
        """Return the head as upstream gets it."""
        words = [*sorted(self.capabilities & _PASSED), f"object-format={self.object_format}"]
        words += ["push-options"] if self.options else []
        words += [f"agent={self.agent}"] if self.agent else []
        lines = [encode(f"shallow {oid}".encode()) for oid in self.shallow]
        for number, command in enumerate(self.commands):
            line = f"{command.old} {command.new} {command.ref}"
            lines.append(encode((line if number else f"{line}\0 {' '.join(words)}").encode()))
        lines.append(FLUSH)
        if self.options:
            lines += [*(encode(option.encode()) for option in self.options), FLUSH]
        return b"".join(lines)

    def report(self, reasons: Mapping[str, str], *, note: str = "") -> bytes:
        """Return the answer by which git shows `! [remote rejected] <branch> (<reason>)` for each ref.

        Args:
            reasons: By ref; a ref without one is told that another was refused.
            note: Lines for the person, before that: git shows them behind `remote:`.
        """
        if not self.capabilities & {"report-status", "report-status-v2"}:
            return b""
        lines = [encode(b"unpack ok\n")]
        for command in self.commands:
            reason = _one_line(reasons.get(command.ref, "not pushed: another ref of this push was refused"))
            lines.append(encode(f"ng {command.ref} {reason}\n".encode()))
        told = b"".join([*lines, FLUSH])
        if not self.side_band:
            return told
        spoken = encode_band(BAND_PROGRESS, (note.rstrip("\n") + "\n").encode()) if note else b""
        return spoken + encode_band(BAND_DATA, told) + FLUSH


async def read_push(reader: PktReader) -> Push | None:
    """Read the head of a push; None for the lone flush that git asks with whether it may push at all.

    Raises:
        Malformed: it holds what git itself would never send.
    """
    shallow: list[str] = []
    commands: list[Command] = []
    words: list[str] = []
    while (line := await reader.line(_LONGEST)) is not None:
        if not commands and line.startswith(b"shallow "):
            shallow.append(_read_oid(line[8:].rstrip(b"\n")))
        else:
            first, nul, rest = line.partition(b"\0")
            if nul and commands:
                raise Malformed("Capabilities belong to the first command.")
            words = rest.decode("ascii", "replace").split() if nul else words
            commands.append(_read_command(first))
        if len(commands) > MAX_COMMANDS or len(shallow) > MAX_SHALLOW:
            raise Malformed(f"A push may change {MAX_COMMANDS} refs at most.")
    if not commands:
        if shallow or await reader.peek(1):
            raise Malformed("A push without a command.")
        return None
    capabilities, object_format, agent = _read_words(words)
    options = await _read_options(reader) if "push-options" in words else ()
    push = Push(tuple(commands), capabilities, object_format, agent, tuple(shallow), options)
    _check(push)
    await _check_pack(reader, push)
    return push


def _read_command(line: bytes) -> Command:
    if line.startswith(b"push-cert"):
        raise Malformed("Signed pushes are not passed on.")
    parts = line.removesuffix(b"\n").split(b" ", 2)
    if len(parts) != 3:
        raise Malformed("A command is not of the form `old new ref`.")
    return Command(_read_oid(parts[0]), _read_oid(parts[1]), _read_ref(parts[2]))


def _read_oid(text: bytes) -> str:
    oid = text.decode("ascii", "replace")
    if not _OID.fullmatch(oid):
        raise Malformed("An object's name is 40 or 64 lower-case hexadecimal digits.")
    return oid


def _read_ref(raw: bytes) -> str:
    """Return a ref's full name, if git itself would take it (`git check-ref-format`), it is UTF-8 and under `refs/`."""
    try:
        ref = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("A ref's name is not UTF-8.") from None
    components = ref.split("/")
    well_formed = len(components) >= 3 and components[0] == "refs" and all(map(_is_component, components))
    if not well_formed or len(raw) > MAX_REF or not ref.isprintable() or components[-1] in {"HEAD", "@"}:
        raise Malformed("A ref's name is none that git allows, or is too long.")
    return ref


def _is_component(part: str) -> bool:
    if not part or part.startswith(".") or part.endswith((".", ".lock")):
        return False
    return ".." not in part and "@{" not in part and _FORBIDDEN.isdisjoint(part)


def _read_words(words: Sequence[str]) -> tuple[frozenset[str], str, str]:
    kept: set[str] = set()
    object_format, agent = "sha1", ""
    for word in words:
        name, _, value = word.partition("=")
        if name == "object-format":
            object_format = value
        elif name == "agent":
            agent = value[:80] if re.fullmatch(r"[A-Za-z0-9./_+-]*", value) else ""
        elif word in _PASSED:
            kept.add(word)
        elif word not in _DROPPED and name != "session-id":
            raise Malformed("A capability that is not passed on was asked for.")
    if object_format not in _FORMATS:
        raise Malformed("An object format that nobody knows.")
    return frozenset(kept), object_format, agent


async def _read_options(reader: PktReader) -> tuple[str, ...]:
    options: list[str] = []
    while (line := await reader.line(_LONGEST)) is not None:
        option = line.removesuffix(b"\n").decode("utf-8", "replace")
        if len(options) >= MAX_OPTIONS or not option.isprintable():
            raise Malformed("Too many push options, or one that is not text.")
        options.append(option)
    return tuple(options)


def _check(push: Push) -> None:
    length = _FORMATS[push.object_format]
    oids = [oid for command in push.commands for oid in (command.old, command.new)] + list(push.shallow)
    if any(len(oid) != length for oid in oids):
        raise Malformed("An object's name has the wrong length.")
    if any(command.old == command.new for command in push.commands):
        raise Malformed("A command changes nothing.")
    # a server on a disk without upper and lower case would take two such names for one
    names = [command.ref.casefold() for command in push.commands]
    if len(set(names)) != len(names):
        raise Malformed("One ref is named twice.")


async def _check_pack(reader: PktReader, push: Push) -> None:
    head = await reader.peek(12)
    if push.has_pack:
        if len(head) < 12 or head[:4] != b"PACK" or int.from_bytes(head[4:8], "big") not in (2, 3):
            raise Malformed("No pack follows the commands.")
    elif head:
        raise Malformed("Something follows commands that only delete.")


def _one_line(text: str) -> str:
    return " ".join(text.split())[: MAX_PAYLOAD // 64]
