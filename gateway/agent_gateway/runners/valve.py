"""A transport whose reading two may hold back: whoever reads it, and whoever counts what it brings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from typing_extensions import override


class Valve(asyncio.Transport):
    """Passes everything on to a transport; it reads where neither side holds it back.

    Args:
        inner: The transport.
    """

    def __init__(self, inner: asyncio.Transport) -> None:
        super().__init__()
        self._inner = inner
        self._paused = False
        self._held = False

    def hold(self) -> None:
        """Read nothing until `release`, whatever the reader says."""
        self._held = True
        self._inner.pause_reading()

    def release(self) -> None:
        """Read again, unless the reader wants nothing."""
        self._held = False
        if not self._paused and not self._inner.is_closing():
            self._inner.resume_reading()

    @override
    def pause_reading(self) -> None:
        self._paused = True
        self._inner.pause_reading()

    @override
    def resume_reading(self) -> None:
        self._paused = False
        if not self._held:
            self._inner.resume_reading()

    @override
    def is_reading(self) -> bool:
        return self._inner.is_reading()

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._inner.get_extra_info(name, default)

    @override
    def is_closing(self) -> bool:
        return self._inner.is_closing()

    @override
    def close(self) -> None:
        self._inner.close()

    @override
    def abort(self) -> None:
        self._inner.abort()

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._inner.set_protocol(protocol)

    @override
    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._inner.get_protocol()

    @override
    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self._inner.write(data)

    @override
    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview[Any]]) -> None:
        self._inner.writelines(list_of_data)

    @override
    def write_eof(self) -> None:
        self._inner.write_eof()

    @override
    def can_write_eof(self) -> bool:
        return self._inner.can_write_eof()

    @override
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._inner.set_write_buffer_limits(high, low)

    @override
    def get_write_buffer_size(self) -> int:
        return self._inner.get_write_buffer_size()

    @override
    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._inner.get_write_buffer_limits()
