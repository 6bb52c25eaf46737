"""A container registry whose tokens the gateway asks for itself, each for one repository."""

from __future__ import annotations

import base64

import pytest
from aiohttp import web

from agent_gateway.apis.oci import compute_scope
from tests.support.api_lab import KEY, running_lab

BASIC = "Basic " + base64.b64encode(f"robot:{KEY}".encode()).decode()


class Registry:
    """Wants tokens that it makes itself, and writes down for what."""

    def __init__(self, lab):
        self.lab, self.scopes, self.number, self.seconds = lab, [], 0, 300
        self.realm = f"{lab.service.url}/base/token"
        self.old = 0
        lab.service.authorization = None
        lab.service.answer = self.answer

    async def answer(self, request):
        shown = request.headers.get("Authorization")
        if request.path.endswith("/token"):
            if shown != BASIC:
                return web.Response(status=401)
            self.scopes.append(request.query.get("scope"))
            self.number += 1
            return web.json_response({"token": f"made-{self.number}", "expires_in": self.seconds})
        good = {f"Bearer made-{number + 1}" for number in range(self.old, self.number)}
        if shown not in good:
            challenge = f'Bearer realm="{self.realm}",service="lab",scope="repository:all:*"'
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        if request.method == "POST":
            return web.Response(
                status=202,
                headers={"Location": "/base/v2/acme/app/blobs/uploads/7?_state=x", "Docker-Upload-UUID": "7"},
            )
        return web.Response(
            body=b"{}", headers={"Docker-Content-Digest": "sha256:00", "Content-Type": "application/json"}
        )


@pytest.mark.parametrize(
    ("path", "method", "scope"),
    [
        ("v2/acme/app/manifests/latest", "GET", "repository:acme/app:pull"), ("v2/acme/app/tags/list", "HEAD", "repository:acme/app:pull"),
        ("v2/acme/app/blobs/uploads/", "POST", "repository:acme/app:pull,push"), ("v2/a/manifests/sha256:00", "DELETE", "repository:a:delete"),
        ("v2/_catalog", "GET", "registry:catalog:*"), ("v2/", "GET", ""), ("v2/acme:push/manifests/x", "GET", ""),
    ],
)  # fmt: skip
def test_a_token_is_for_no_more_than_the_request_needs(path, method, scope):
    assert compute_scope(path, method) == scope


async def test_the_gateway_asks_for_tokens_and_the_pod_sees_none(tmp_path):
    async with running_lab(tmp_path, form="oci", user="robot") as lab:
        registry = Registry(lab)
        for _ in range(3):
            status, headers, body = await lab.ask("/http/api/v2/acme/app/manifests/latest")
            assert (status, body, headers["Docker-Content-Digest"]) == (200, b"{}", "sha256:00")
        assert registry.scopes == ["repository:acme/app:pull"]
        assert (await lab.ask("/http/api/v2/acme/other/manifests/latest"))[0] == 200
        assert registry.scopes[1:] == ["repository:acme/other:pull"]
        registry.old = registry.number  # the registry forgets them
        assert (await lab.ask("/http/api/v2/acme/app/manifests/latest"))[0] == 502
        assert (await lab.ask("/http/api/v2/acme/app/manifests/latest"))[0] == 200


async def test_an_upload_comes_from_no_other_repository_and_goes_on_in_the_pod(tmp_path):
    async with running_lab(tmp_path, form="oci", user="robot") as lab:
        Registry(lab)
        lab.allow({"paths": ["v2/acme/app/**"], "methods": ["GET", "POST", "PUT", "PATCH"]})
        path = "/http/api/v2/acme/app/blobs/uploads/?mount=sha256:00&fro%6d=acme/secret;from=x&digest=sha256:11"
        status, headers, _ = await lab.ask(path, "POST")
        assert (status, headers["Location"]) == (
            202,
            "http://127.0.0.1:20001/base/v2/acme/app/blobs/uploads/7?_state=x",
        )
        assert lab.service.seen[-1].path == "/base/v2/acme/app/blobs/uploads/?digest=sha256:11"
        assert (await lab.ask("/http/api/v2/acme/secret/manifests/latest"))[0] == 403


async def test_the_key_is_shown_to_no_host_that_is_not_listed(tmp_path):
    async with running_lab(tmp_path, form="oci", user="robot", hosts=frozenset()) as lab:
        registry = Registry(lab)
        registry.realm = f"{lab.elsewhere.url}/token"
        status, _, body = await lab.ask("/http/api/v2/acme/app/manifests/latest")
        assert (status, b"does not list" in body) == (502, True)
        assert lab.elsewhere.seen == []


async def test_a_registry_that_wants_basic_or_nothing_gets_it(tmp_path):
    async with running_lab(tmp_path, form="oci", user="robot") as lab:
        lab.service.authorization = BASIC
        assert (await lab.ask("/http/api/v2/acme/app/manifests/latest"))[0] == 200
        assert [seen.headers.get("Authorization") for seen in lab.service.seen] == [None, BASIC]
