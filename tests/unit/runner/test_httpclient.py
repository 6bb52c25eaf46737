"""The runner's HTTP before servers that answer late, early, wrong, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import io

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_runner.httpclient import MAX_ANSWER, Bounds, StatusError, Target, read_target, request

CALM = Bounds(silence=20.0)


@contextlib.asynccontextmanager
async def saying(*parts, wait=0.0, read=b"\r\n\r\n"):
    """Serve one connection after the other with these bytes."""
    taken, serving = [], []

    async def serve(reader, writer):
        serving.append(asyncio.current_task())
        try:
            taken.append(await reader.readuntil(read))
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(wait)
        except OSError:
            pass  # whoever asked has hung up
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x", taken
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://gw.ns.svc:8080", Target("gw.ns.svc", 8080, False, "gw.ns.svc:8080", "/")),
        ("http://gw/v1/a", Target("gw", 80, False, "gw", "/v1/a")),
        ("https://gw.example/base/", Target("gw.example", 443, True, "gw.example", "/base/")),
        ("http://[fd00::1]:8080/a", Target("fd00::1", 8080, False, "[fd00::1]:8080", "/a")),
        ("http://[fd00::1]/a", Target("fd00::1", 80, False, "[fd00::1]", "/a")),
    ],
)
def test_an_address_is_read(url, target):
    assert read_target(url) == target


def test_a_query_is_written_out():
    assert read_target("http://gw/a", {"name": "ä b&c", "turn": "1"}).path == "/a?name=%C3%A4+b%26c&turn=1"


async def test_a_body_of_any_length_is_sent_once_the_server_takes_it():
    bodies = []

    async def take(request_):
        bodies.append((request_.headers["Authorization"], await request_.read()))
        return web.json_response({"missing": ["a"]})

    app = web.Application(client_max_size=1 << 30)
    app.router.add_put("/x", take)
    server = TestServer(app)
    await server.start_server()
    for body in (b"", b"abc", bytes(3_000_000)):
        async with request("PUT", str(server.make_url("/x")), {"Authorization": "Bearer t"}, CALM, body=body) as answer:
            assert (answer.status, answer.content_type) == (200, "application/json")
            assert await answer.json() == {"missing": ["a"]}
    assert bodies == [("Bearer t", b""), ("Bearer t", b"abc"), ("Bearer t", bytes(3_000_000))]
    await server.close()


async def test_nothing_is_sent_to_a_server_that_wants_none_of_it():
    said = b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\n{}"
    async with saying(said) as (url, taken), request("PUT", url, {}, CALM, body=bytes(10_000_000)) as answer:
        assert (answer.status, await answer.json()) == (413, {})
    assert taken[0].endswith(b"\r\n\r\n")
    assert b"expect: 100-continue" in taken[0].lower()


async def test_an_answer_that_comes_before_the_end_of_a_body_is_read():
    """The gateway reserves room as a body comes: where there is no more, it says so and reads no further."""
    said = b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 No\r\nContent-Length: 9\r\n\r\n"no room"'
    async with saying(said, wait=60.0) as (url, _), request("PUT", url, {}, CALM, body=bytes(50_000_000)) as answer:
        assert (answer.status, await answer.json()) == (413, "no room")


async def test_a_server_that_stops_reading_a_body_and_says_nothing_is_silent():
    async with saying(b"HTTP/1.1 100 Continue\r\n\r\n", wait=60.0) as (url, _):
        with pytest.raises(TimeoutError):
            async with request("PUT", url, {}, Bounds(silence=0.2), body=bytes(50_000_000)):
                pass
        with pytest.raises(TimeoutError):
            async with request("PUT", url, {}, Bounds(silence=0.2), body=b"abc"):
                pass


@pytest.mark.parametrize(
    "said",
    [
        b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
    ],
    ids=["nothing", "no HTTP", "half a body", "half an answer", "no chunk", "endless header"],
)  # fmt: skip
async def test_half_an_answer_is_a_broken_connection(said):
    async with saying(said) as (url, _):
        with pytest.raises(ConnectionError):
            async with request("GET", url, {}, CALM) as answer:
                await answer.read()


async def test_a_server_may_take_its_time_but_not_be_silent():
    parts = [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", b"a", b"b", b"c", b"d", b"e", b"f"]
    async with saying(*parts, wait=0.1) as (url, _):
        async with request("GET", url, {}, CALM) as answer:
            assert await answer.read() == b"abcdef"
        with pytest.raises(TimeoutError):
            async with request("GET", url, {}, Bounds(silence=2.0, total=0.25)) as answer:
                await answer.read()
    async with saying(parts[0], wait=5.0) as (url, _):
        with pytest.raises(TimeoutError):
            async with request("GET", url, {}, Bounds(silence=0.2)) as answer:
                await answer.read()


async def test_an_answer_that_is_read_whole_has_a_bound():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_ANSWER + 1)
    async with saying(head, bytes(MAX_ANSWER + 1)) as (url, _):
        with pytest.raises(ConnectionError, match="larger"):
            async with request("GET", url, {}, CALM) as answer:
                await answer.read()


class Growing(io.FileIO):
    def read(self, size=-1):
        return super().read(size) or b"more"


class Shrinking(io.FileIO):
    def read(self, size=-1):
        return super().read(1) if self.tell() == 0 else b""


@pytest.mark.parametrize("kind", [Growing, Shrinking])
async def test_a_file_that_is_of_another_length_than_was_said_is_told(tmp_path, kind):
    """An agent's file, which it may write meanwhile: any other fault than this one would end the run."""
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    async with saying(b"HTTP/1.1 100 Continue\r\n\r\n", wait=0.5) as (url, _):
        with kind(path) as file, pytest.raises(ConnectionError, match="grew or shrank"):
            async with request("PUT", url, {}, CALM, body=file):
                pass


@pytest.mark.parametrize("status", [204, 302, 307, 404])
async def test_what_leads_elsewhere_is_no_success(status):
    """Nothing is stored by who only says where else it could be."""
    said = f"HTTP/1.1 {status} X\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n".encode()
    async with saying(said) as (url, _), request("GET", url, {}, CALM) as answer:
        with pytest.raises(StatusError) if status != 204 else contextlib.nullcontext():
            answer.raise_for_status()
