"""What one message of an agent says so far: pieces that come one after the other, put together only when asked for."""

from __future__ import annotations

from typing import Final

from agent_gateway.render.foreign import clean_said

BLOCK: Final = 32_768
"""Code points that are made fit for people at once: the most of that which is worst takes some 5 ms."""
_ESCAPE: Final = 128
"""So many code points before the end of a block may begin an escape sequence that ends behind it."""


class Said:
    """The pieces of one message. What an event costs does not grow with what was said before.

    Args:
        text: What was stored of it.
    """

    def __init__(self, text: str = "") -> None:
        self._blocks: list[tuple[str, str]] = []
        """What is fit for people: as it was said, and as it is shown."""
        self._pieces = [text] if text else []
        """What was said behind those."""
        self._open = self.size = len(text)
        """Code points: of the pieces, and of all."""

    def place(self, offset: int, text: str, most: int) -> None:
        """Put a piece where it belongs: what stood there goes, and a hole is closed. No more than `most` is kept."""
        self._cut(min(max(offset, 0), most))
        text = text[: most - self.size]
        if text:
            self._pieces.append(text)
            self._open, self.size = self._open + len(text), self.size + len(text)

    def clean_some(self) -> bool:
        """Make a further block fit for people; False where no whole one is left."""
        if self._open < BLOCK:
            return False
        whole = "".join(self._pieces)
        escape = whole.rfind("\x1b", BLOCK - _ESCAPE, BLOCK)
        end = escape if escape > 0 else BLOCK
        block, rest = whole[:end], whole[end:]
        self._blocks.append((block, clean_said(block)))
        self._pieces, self._open = [rest] if rest else [], len(rest)
        return True

    def read(self) -> str:
        """Return the whole as people are shown it."""
        while self.clean_some():
            pass
        return "".join([*(shown for _, shown in self._blocks), clean_said("".join(self._pieces))])

    def read_beginning(self, most: int) -> str:
        """Return about so many code points of its beginning as people are shown it."""
        parts, left = [], most
        for piece in (*(said for said, _ in self._blocks[: 1 + most // BLOCK]), *self._pieces):
            parts.append(piece[:left])
            left -= len(parts[-1])
            if not left:
                break
        return clean_said("".join(parts))

    def is_blank(self) -> bool:
        """Tell whether there is nothing to be seen of it."""
        return all(shown.isspace() or not shown for _, shown in self._blocks) and all(map(str.isspace, self._pieces))

    def _cut(self, size: int) -> None:
        while self._blocks and size < self.size - self._open:
            block, _ = self._blocks.pop()
            self._pieces, self._open, self.size = [block], len(block), self.size - self._open
        while self.size > size:
            last = self._pieces.pop()
            kept = last[: max(0, len(last) - (self.size - size))]
            self.size, self._open = self.size - len(last) + len(kept), self._open - len(last) + len(kept)
            if kept:
                self._pieces.append(kept)
