"""What a request is for: nothing that could be read in two ways."""

from __future__ import annotations

import pytest

from agent_gateway.apis.paths import MAX_PATH, read_asked

NPM = frozenset({"npm"})


@pytest.mark.parametrize(
    ("raw", "name", "path", "goes_on", "query"),
    [
        ("/http/api", "api", "", "", ""),
        ("/http/api/", "api", "", "/", ""),
        ("/http/api/v1/issues?page=2&q=a%20b", "api", "v1/issues", "/v1/issues", "page=2&q=a%20b"),
        ("/http/pypi/simple/acme-tools/", "pypi", "simple/acme-tools/", "/simple/acme-tools/", ""),
        ("/http/pypi/packages/a-1.0%2Bcpu.whl", "pypi", "packages/a-1.0+cpu.whl", "/packages/a-1.0%2Bcpu.whl", ""),
        ("/http/go/github.com/!acme/x/@v/v1.0.0+incompatible.zip", "go", "github.com/!acme/x/@v/v1.0.0+incompatible.zip",
         "/github.com/!acme/x/@v/v1.0.0+incompatible.zip", ""),
        ("/http/oci/v2/acme/app/blobs/sha256:00ff", "oci", "v2/acme/app/blobs/sha256:00ff", "/v2/acme/app/blobs/sha256:00ff", ""),
        ("/http/api/f%C3%BCr", "api", "für", "/f%C3%BCr", ""),
        ("/http/npm/@acme%2ftools", "npm", "@acme/tools", "/@acme%2ftools", ""),
        ("/http/npm/@acme%2Ftools?write=true", "npm", "@acme/tools", "/@acme%2Ftools", "write=true"),
        ("/http/npm/@acme/tools/-/tools-1.0.0.tgz", "npm", "@acme/tools/-/tools-1.0.0.tgz", "/@acme/tools/-/tools-1.0.0.tgz", ""),
        ("/http/npm/-/package/@acme%2ftools/dist-tags", "npm", "-/package/@acme/tools/dist-tags",
         "/-/package/@acme%2ftools/dist-tags", ""),
        ("/http/api/.well-known/x", "api", ".well-known/x", "/.well-known/x", ""),
        ("/http/api/a...b", "api", "a...b", "/a...b", ""),
    ],
)  # fmt: skip
def test_a_plain_path_is_read_and_goes_on_as_it_came(raw, name, path, goes_on, query):
    asked = read_asked(raw, scoped=NPM)
    assert (asked.name, asked.path, asked.raw, asked.query) == (name, path, goes_on, query)


@pytest.mark.parametrize(
    "raw",
    [
        "/http/api/../secret", "/http/api/a/./b", "/http/api/a/..", "/http/api//a", "/http/api/a//", "/http//a",
        "/http/api/%2e%2e/a", "/http/api/.%2e/a", "/http/api/a%2fb", "/http/api/a%5cb", "/http/api/a\\b", "/http/api/a;b=c",
        "/http/api/..;/a", "/http/api/%252e", "/http/api/%00", "/http/api/%0d%0aX", "/http/api/a%3Fb", "/http/api/a%23b",
        "/http/api/%61dmin", "/http/api/%c0%ae", "/http/api/%ff", "/http/api/%EF%BC%8F", "/http/api/%E2%80%A5/x", "/http/api/%", "/http/api/%2",
        "/http/API/a", "/http/a_b/c", "/http/", "/http", "/git/api/a", "http://x/http/api/a", "/http/api/a b", "/http/api/ü",
        "/http/api/a#b", "/http/api/a?b#c", "/http/api/a?b c", "/http/api/a?%zz", "/http/api/a?b\x00", "/http/api/a\n",
        "/http/api/@acme%2ftools", "/http/npm/@acme%2f../x", "/http/npm/@acme%2f%2e", "/http/npm/tools%2fx", "/http/npm/x/@acme%2fy",
        "/http/npm/@acme%2fa%2fb", "/http/npm/@acme%2f", "/http/npm/@acme%2f/x", "/http/api/" + "a" * MAX_PATH,
    ],
)  # fmt: skip
def test_what_is_not_plain_is_nothing(raw):
    assert read_asked(raw, scoped=NPM) is None
