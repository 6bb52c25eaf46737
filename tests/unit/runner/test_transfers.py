"""A connection that breaks under an upload is told by its answer, and ends no run."""

from __future__ import annotations

import asyncio
import gc
import socket
import struct

import pytest

from agent_runner.link import Address
from agent_runner.transfers import Transfers
from agent_runner.workspace import WorkspaceError


@pytest.mark.parametrize("how", ["reset", "closed", "refused", "reset behind a part"])
async def test_a_broken_upload_is_told_once(tmp_path, how):
    (tmp_path / "token").write_text("token-1\n")
    faults = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))

    async def serve(reader, writer):
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        elif how == "refused":
            await reader.readuntil(b"\r\n\r\n")
            body = b'{"error": {"message": "There is no room."}}'
            writer.write(b"HTTP/1.1 409 No\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
            writer.write(body)
        elif how == "reset behind a part":
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await reader.read(1000)
            writer.transport.abort()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        transfers = Transfers(Address(f"http://127.0.0.1:{port}", tmp_path / "token"))
        for _ in range(20):
            with pytest.raises(WorkspaceError if how == "refused" else OSError):
                await transfers.put_pack("name", bytes(5_000_000))
    gc.collect()
    assert faults == []


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("size", [1, 3, 10, 1000])
async def test_the_last_line_of_a_session_is_known_wherever_its_pieces_end(tmp_path, size, ended):
    (tmp_path / "token").write_text("token-1\n")
    body = b'{"id":"a"}\n{"id":"b","x":"' + b"x" * 500 + b'"}' + (b"\n" if ended else b"")

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(0, len(body), size):
            piece = body[at : at + size]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        transfers = Transfers(Address(f"http://127.0.0.1:{port}", tmp_path / "token"))
        target = tmp_path / "session.jsonl"
        assert (await transfers.fetch_session(target, '{"type":"session"}', 2)).startswith('{"id":"b"')
        assert target.read_bytes() == b'{"type":"session"}\n' + body.rstrip(b"\n") + b"\n"
        with pytest.raises(ConnectionError, match="2 session lines came instead of 3"):
            await transfers.fetch_session(target, '{"type":"session"}', 3)
