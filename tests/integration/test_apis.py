"""HTTP services over the gateway: the key put on, the rules held, and what comes back looked through."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest
from aiohttp import web

from tests.support.api_lab import KEY, TOKEN, running_lab


def answer(body=b"", status=200, **headers):
    async def build(request):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=named)

    return build


async def test_a_request_goes_on_with_the_key_and_without_what_the_pod_shows(tmp_path):
    async with running_lab(tmp_path) as lab:
        lab.service.answer = answer(b"hello", ETag='"1"', Set_Cookie="a=b", X_Secret="x", Content_Type="text/plain")
        status, headers, body = await lab.ask(
            "/http/api/v1/x?a=b%20c", Accept="text/plain", Cookie="c=d", X_Forwarded_For="1.2.3.4", X_Original_URL="/admin",
            X_HTTP_Method_Override="DELETE", Forwarded="for=x", If_None_Match='"0"', Host="other.example",
        )  # fmt: skip
        assert (status, body, headers["ETag"]) == (200, b"hello", '"1"')
        assert "Set-Cookie" not in headers
        assert "X-Secret" not in headers
        [seen] = lab.service.seen
        assert (seen.method, seen.path) == ("GET", "/base/v1/x?a=b%20c")
        sent = {name.lower(): value for name, value in seen.headers.items()}
        agent = sent.pop("user-agent")
        assert sent == {
            "host": lab.service.url.removeprefix("http://"), "authorization": f"Bearer {KEY}", "accept": "text/plain",
            "if-none-match": '"0"', "accept-encoding": "identity",
        }  # fmt: skip
        assert TOKEN not in str(seen) + agent


async def test_what_no_rule_allows_never_leaves(tmp_path):
    async with running_lab(tmp_path) as lab:
        lab.allow({"paths": ["v1/**"], "methods": ["GET", "POST"], "max_body": "10"})
        asked = [
            ("GET", "/http/api/v2/x", 403), ("DELETE", "/http/api/v1/x", 403), ("GET", "/http/other/v1/x", 404),
            ("GET", "/http/api/v1/../v2/x", 400), ("GET", "/http/api/v1/%2e%2e/v2", 400), ("OPTIONS", "/http/api/v1/x", 405),
            ("TRACE", "/http/api/v1/x", 405),
        ]  # fmt: skip
        for method, path, expected in asked:
            status, _, body = await lab.ask(path, method)
            assert (status, method, path) == (expected, method, path)
            assert json.loads(body)["error"]
        assert (await lab.ask("/http/api/v1/x", "GET", b"body"))[0] == 400
        assert (await lab.ask("/http/api/v1/x", "POST", b"x" * 11))[0] == 413
        assert (await lab.ask("/http/api/v1/x", Upgrade="websocket", Connection="Upgrade"))[0] == 405
        assert lab.service.seen == []
        assert (await lab.ask("/http/api/v1/x", "POST", b"x" * 10))[0] == 200
        assert lab.service.seen[0].body == b"x" * 10


async def test_a_body_of_no_told_length_ends_at_the_bound(tmp_path):
    async with running_lab(tmp_path) as lab:
        lab.allow({"methods": ["PUT"], "max_body": "1Ki"})

        async def pieces(count):
            for _ in range(count):
                yield b"x" * 100

        status, _, body = await lab.ask("/http/api/x", "PUT", pieces(500))
        assert (status, "larger than 1024 bytes" in json.loads(body)["error"]) == (413, True)
        assert (await lab.ask("/http/api/x", "PUT", pieces(10)))[0] == 200
        assert [len(seen.body) for seen in lab.service.seen if seen.body] == [1000]


async def test_a_key_that_is_refused_is_told_and_one_that_is_shown_is_masked(tmp_path):
    async with running_lab(tmp_path) as lab:
        lab.service.answer = answer(f'{{"you":"Bearer {KEY}"}}'.encode(), ETag=KEY)
        status, headers, body = await lab.ask("/http/api/echo")
        assert (status, body) == (200, f'{{"you":"Bearer {"*" * len(KEY)}"}}'.encode())
        assert KEY not in str(headers)
        (tmp_path / "key").write_text("changed")
        status, headers, body = await lab.ask("/http/api/x")
        assert (status, b"does not accept the gateway's key" in body) == (502, True)
        assert "WWW-Authenticate" not in headers
        (tmp_path / "key").unlink()
        assert (await lab.ask("/http/api/x"))[0] == 502


async def test_a_key_goes_as_basic_or_in_a_header_of_its_own(tmp_path):
    async with running_lab(tmp_path, user="robot") as lab:
        lab.service.authorization = "Basic cm9ib3Q6dGhlLXJlYWwta2V5LW9mLXRoZS1zZXJ2aWNl"
        lab.service.answer = answer(lab.service.authorization.encode())
        status, _, body = await lab.ask("/http/api/x")
        assert (status, b"cm9i" in body) == (200, False)
    async with running_lab(tmp_path, header="PRIVATE-TOKEN") as lab:
        lab.service.authorization = None
        await lab.ask("/http/api/x", PRIVATE_TOKEN="mine")
        headers = lab.service.seen[0].headers
        assert (headers["PRIVATE-TOKEN"], "Authorization" in headers) == (KEY, False)


async def test_a_redirect_is_followed_to_listed_hosts_without_the_key(tmp_path):
    async with running_lab(tmp_path) as lab:
        lab.elsewhere.answer = answer(b"the file", Content_Type="application/octet-stream")
        lab.service.answer = answer(status=302, Location=f"{lab.elsewhere.url}/signed?x=%2F")
        status, _, body = await lab.ask("/http/api/file", Range="bytes=0-3", Content_Type="x/y", Last_Event_ID="7")
        assert (status, body) == (200, b"the file")
        [seen] = lab.elsewhere.seen
        assert (seen.path, seen.headers["Range"]) == ("/signed?x=%2F", "bytes=0-3")
        assert KEY not in str(seen)
        assert "Authorization" not in seen.headers
        assert "Last-Event-ID" not in seen.headers


async def test_a_redirect_elsewhere_is_refused_and_one_at_home_is_the_pods(tmp_path):
    async with running_lab(tmp_path, hosts=frozenset()) as lab:
        lab.allow({"methods": ["GET", "POST"]})
        lab.service.answer = answer(status=302, Location=f"{lab.elsewhere.url}/signed")
        status, headers, body = await lab.ask("/http/api/file")
        assert (status, "Location" in headers, b"not among the hosts" in body) == (502, False, True)
        lab.service.answer = answer(status=307, Location="/outside")
        assert (await lab.ask("/http/api/file"))[0] == 502
        assert lab.elsewhere.seen == []
        for at_home in ("/base/b?c=d", f"{lab.service.url}/base/b?c=d"):
            lab.service.answer = answer(status=307, Location=at_home)
            status, headers, _ = await lab.ask("/http/api/a", "POST", b"x")
            assert (status, headers["Location"]) == (307, "http://127.0.0.1:20001/base/b?c=d")
        lab.service.answer = answer(
            b"[]", Link=f'<{lab.service.url}/base/x?page=2>; rel="next", <https://o.example/>; rel=o'
        )
        _, headers, _ = await lab.ask("/http/api/x")
        assert headers["Link"] == '<http://127.0.0.1:20001/base/x?page=2>; rel="next", <https://o.example/>; rel=o'


async def test_a_listed_host_that_leads_on_and_on_is_left(tmp_path):
    async with running_lab(tmp_path) as lab:
        lab.service.answer = answer(status=302, Location=f"{lab.elsewhere.url}/0")
        lab.elsewhere.answer = answer(status=302, Location=f"{lab.elsewhere.url}/more")
        assert (await lab.ask("/http/api/file"))[0] == 502
        assert len(lab.elsewhere.seen) == 3
        lab.elsewhere.answer = answer(status=302, Location=f"{lab.service.url}/base/secret")
        assert (await lab.ask("/http/api/file"))[0] == 502
        assert [seen.path for seen in lab.service.seen] == ["/base/file", "/base/file"]


async def test_documents_of_a_format_are_mended_and_no_others(tmp_path):
    async with running_lab(tmp_path, form="npm") as lab:
        document = json.dumps({"dist": {"tarball": f"{lab.service.url}/base/@a/b/-/b-1.tgz"}}).encode()
        lab.service.answer = answer(document, Content_Type="application/json")
        _, _, body = await lab.ask("/http/api/@a%2fb")
        assert json.loads(body)["dist"]["tarball"] == "http://127.0.0.1:20001/base/@a/b/-/b-1.tgz"
        assert lab.service.seen[0].path == "/base/@a%2fb"
        lab.service.answer = answer(document, Content_Type="application/octet-stream")
        _, headers, body = await lab.ask("/http/api/@a/b/-/b-1.tgz")
        assert (body, headers["Content-Length"]) == (document, str(len(document)))
        lab.service.answer = answer(document, Content_Type="application/json", Content_Encoding="gzip")
        assert (await lab.ask("/http/api/@a%2fb"))[0] == 502


@pytest.mark.parametrize(
    ("kind", "keyed", "status"),
    [
        ("application/json", True, 502), ("text/plain", True, 502), ("application/vnd.api+json", True, 502),
        ("application/octet-stream", True, 200), ("application/vnd.oci.image.layer.v1.tar", True, 200), ("text/plain", False, 200),
    ],
)  # fmt: skip
async def test_what_comes_packed_hides_no_key(tmp_path, kind, keyed, status):
    async with running_lab(tmp_path) as lab:
        if not keyed:
            lab.apis["api"], lab.service.authorization = replace(lab.apis["api"], key=None), None
        text = f"the key is {KEY}".encode()
        lab.service.answer = answer(gzip.compress(text), Content_Type=kind, Content_Encoding="gzip")
        got, _, body = await lab.ask("/http/api/x", Accept_Encoding="gzip")
        assert got == status
        assert (body == text) is (status == 200), "an archive comes as it was stored"
        lab.service.answer = answer(b"", 304, Content_Type=kind, Content_Encoding="gzip")
        assert (await lab.ask("/http/api/x", "HEAD"))[0] == 304


async def test_a_head_tells_the_length_and_an_answer_keeps_its_status(tmp_path):
    async with running_lab(tmp_path) as lab:
        lab.service.answer = answer(b"12345", Docker_Content_Digest="sha256:00")
        status, headers, body = await lab.ask("/http/api/x", "HEAD")
        assert (status, headers["Content-Length"], headers["Docker-Content-Digest"], body) == (
            200,
            "5",
            "sha256:00",
            b"",
        )
        for status in (204, 304, 404, 409, 429, 500):
            lab.service.answer = answer(b"" if status in (204, 304) else b"why", status)
            assert (await lab.ask("/http/api/x"))[0] == status


async def test_rules_that_were_read_are_believed_for_seconds(tmp_path):
    now = [0.0]
    async with running_lab(tmp_path, clock=lambda: now[0]) as lab:
        for _ in range(5):
            await lab.ask("/http/api/x")
        assert lab.rights.reads == 1
        lab.rights.levels = [[]]
        now[0] = 3.1
        assert (await lab.ask("/http/api/x"))[0] == 404
