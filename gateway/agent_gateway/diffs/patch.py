"""One file's part of a patch, as `git apply` reads it. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from agent_contract.diffs import MOST_FILE_BYTES, FileDiff
from agent_contract.keptfiles import Entry
from agent_gateway.diffs.lines import Steps, find_edits, write_hunks
from agent_gateway.diffs.pairs import Pair

_LINK: Final = 0o120000
_PLAIN: Final = 0o100644
_PROGRAM: Final = 0o100755
_OWNER_RUNS: Final = 0o100
_PROBED: Final = 8000
"""Bytes of a file in which a zero makes it binary, as git has it."""
_MOST_LINES: Final = 40_000
"""Of both sides together; a file of more is told as binary ones are."""
_QUOTED: Final = {
    7: b"\\a",
    8: b"\\b",
    9: b"\\t",
    10: b"\\n",
    11: b"\\v",
    12: b"\\f",
    13: b"\\r",
    34: b'\\"',
    92: b"\\\\",
}
_NOTHING: Final = b"/dev/null"


class Contents(NamedTuple):
    """What a file holds, by pieces: what is missing was not found."""

    chunks: dict[str, bytes]

    def read(self, entry: Entry | None) -> bytes | None:
        """Return it; None where it is not known, or too long to be looked at. What is not there is empty."""
        if entry is None or (entry.kind == "f" and not entry.size):
            return b""
        if entry.kind == "l":
            return entry.target.encode("utf-8", "surrogateescape")
        if entry.size > MOST_FILE_BYTES or len(entry.chunks) != 1:
            return None
        chunk = entry.chunks[0]
        return bytes(entry.size) if isinstance(chunk, int) else self.chunks.get(chunk)


def describe(pair: Pair, contents: Contents, steps: Steps) -> tuple[FileDiff, bytes]:
    """Return what became of a file, and its part of the patch; empty where that would tell nothing true."""
    what = "added" if pair.before is None else "removed" if pair.after is None else "renamed" if pair.old else "changed"
    sizes = {"before": _size(pair.before), "after": _size(pair.after)}
    told = FileDiff(pair.path, what, pair.old, note=pair.note, **sizes)
    if pair.note == "rights":
        head = _write_head(pair)
        return told, head if b"mode" in head else b""
    if pair.note:
        return told, b""
    if pair.is_same:
        return told, _write_head(pair)
    before, after = contents.read(pair.before), contents.read(pair.after)
    if before is None or after is None:
        return told._replace(note="unread"), b""
    if b"\0" in before[:_PROBED] or b"\0" in after[:_PROBED]:
        return told._replace(note="binary"), b""
    a, b = split_lines(before), split_lines(after)
    if len(a) + len(b) > _MOST_LINES:
        return told._replace(note="large"), b""
    if pair.before is not None and pair.after is not None and pair.before.kind != pair.after.kind:
        return _describe_other_kind(pair, told, a, b)
    edits = find_edits(a, b, steps)
    told = told._replace(added=sum(e.b1 - e.b0 for e in edits), removed=sum(e.a1 - e.a0 for e in edits))
    return told, _write_head(pair) + (_write_names(pair) + write_hunks(a, b, edits) if edits else b"")


def split_lines(data: bytes) -> list[bytes]:
    r"""Return lines with their ends; `\n` alone ends one."""
    *lines, rest = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([rest] if rest else [])


def quote(name: str) -> bytes:
    """Return a name as a patch has it: in quotes, with its odd signs written out, where it has such."""
    raw = name.encode("utf-8", "surrogateescape")
    if all(0x20 <= sign < 0x7F and sign not in b'"\\' for sign in raw):
        return raw
    return b'"%s"' % b"".join(_quote_sign(sign) for sign in raw)


def _quote_sign(sign: int) -> bytes:
    if sign in _QUOTED:
        return _QUOTED[sign]
    return bytes([sign]) if 0x20 <= sign < 0x7F else b"\\%03o" % sign


def _describe_other_kind(pair: Pair, told: FileDiff, a: list[bytes], b: list[bytes]) -> tuple[FileDiff, bytes]:
    """Return the same for a file that a link took the place of, or the reverse: two parts, as git has it."""
    gone, new = Pair(pair.old or pair.path, pair.before, None), Pair(pair.path, None, pair.after)
    parts = []
    for one, lines, other in ((gone, a, []), (new, [], b)):
        edits = find_edits(lines, other, Steps())
        parts.append(_write_head(one) + (_write_names(one) + write_hunks(lines, other, edits) if edits else b""))
    return told._replace(added=len(b), removed=len(a)), b"".join(parts)


def _size(entry: Entry | None) -> int:
    return (
        0
        if entry is None
        else len(entry.target.encode("utf-8", "surrogateescape"))
        if entry.kind == "l"
        else entry.size
    )


def _mode(entry: Entry) -> int:
    if entry.kind == "l":
        return _LINK
    return _PROGRAM if entry.mode & _OWNER_RUNS else _PLAIN


def _write_head(pair: Pair) -> bytes:
    old = pair.old or pair.path
    lines = [b"diff --git %s %s" % (quote(f"a/{old}"), quote(f"b/{pair.path}"))]
    if pair.before is None and pair.after is not None:
        lines.append(b"new file mode %o" % _mode(pair.after))
    elif pair.after is None and pair.before is not None:
        lines.append(b"deleted file mode %o" % _mode(pair.before))
    elif pair.before is not None and pair.after is not None and _mode(pair.before) != _mode(pair.after):
        lines += [b"old mode %o" % _mode(pair.before), b"new mode %o" % _mode(pair.after)]
    if pair.old:
        lines += [b"similarity index 100%", b"rename from " + quote(old), b"rename to " + quote(pair.path)]
    return b"".join(line + b"\n" for line in lines)


def _write_names(pair: Pair) -> bytes:
    old = _NOTHING if pair.before is None else _close(quote(f"a/{pair.old or pair.path}"))
    new = _NOTHING if pair.after is None else _close(quote(f"b/{pair.path}"))
    return b"--- %s\n+++ %s\n" % (old, new)


def _close(name: bytes) -> bytes:
    """Return a name as it stands before the end of a line: one with blanks ends with a tab, so that no date is seen in it."""
    return name + b"\t" if b" " in name and not name.startswith(b'"') else name
