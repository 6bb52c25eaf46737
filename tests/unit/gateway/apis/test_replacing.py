"""Texts in bytes of any pieces: addresses that a tool follows, keys that nobody shall read."""

from __future__ import annotations

import random

import pytest

from agent_gateway.apis.redirects import is_listed, mend, resolve
from agent_gateway.apis.replacing import Replacer, build_links, build_masks
from agent_gateway.apis.settings import Api

NPM = Api("npm", "npm", "https://npm.example/team", 20001, hosts=frozenset({"cdn.example", "files.example:8443"}))
PYPI = Api("pypi", "pypi", "https://pypi.example", 20002)


def replace(pairs, text, *, quoted, seed=None):
    replacer, out = Replacer(pairs, quoted=quoted), b""
    cuts = random.Random(seed)
    while text:
        size = len(text) if seed is None else cuts.randint(1, 9)
        out += replacer.feed(text[:size])
        text = text[size:]
    return out + replacer.end()


@pytest.mark.parametrize("seed", [None, *range(20)])
def test_addresses_are_mended_wherever_the_pieces_end(seed):
    text = (
        b'{"tarball":"https://npm.example/team/@a/b/-/b-1.tgz","home":"https://npm.example/teams","x":"https:\\/\\/npm.example\\/team\\/y",'
        b'"said":"see https://npm.example/team/z","whole":"https://npm.example/team"} <a href=\'https://pypi.example/f.whl\'>'
    )
    assert replace(build_links([NPM, PYPI]), text, quoted=True, seed=seed) == (
        b'{"tarball":"http://127.0.0.1:20001/team/@a/b/-/b-1.tgz","home":"https://npm.example/teams",'
        b'"x":"http:\\/\\/127.0.0.1:20001\\/team\\/y","said":"see https://npm.example/team/z",'
        b'"whole":"http://127.0.0.1:20001/team"} <a href=\'http://127.0.0.1:20002/f.whl\'>'
    )


@pytest.mark.parametrize("seed", [None, *range(20)])
def test_no_key_is_left_and_the_length_stays(seed):
    text = b'a k/"y b k\\/\\"y c k/\\"y k/"'
    found = replace(build_masks([b'k/"y']), text, quoted=False, seed=seed)
    assert found == b'a **** b k\\/\\"y c ***** k/"'.replace(b'k\\/\\"y', b"******")
    assert len(found) == len(text)


def test_nothing_to_replace_leaves_all_as_it_is():
    assert replace({}, b"abc", quoted=True) == b"abc"


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("/team/x?y=1", "http://127.0.0.1:20001/team/x?y=1"), ("https://npm.example/team", "http://127.0.0.1:20001/team"),
        ("y", "http://127.0.0.1:20001/team/y"), ("/teams/x", None), ("https://npm.example.evil/team/x", None),
        ("//pypi.example/f", "http://127.0.0.1:20002/f"), ("https://me@npm.example/team/x", None), ("javascript:x", None),
        ("https://npm.example:99999/x", None), ("/team/a b", None), ("/team/../x", None), ("http://npm.example/team/x", None),
    ],
)  # fmt: skip
def test_an_address_of_a_service_is_known_by_that_within_the_pod(location, found):
    whole = resolve("https://npm.example/team/x", location)
    assert (mend(whole, [NPM, PYPI]) if whole else None) == found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://cdn.example/x", True), ("https://CDN.example:443/x", True), ("https://cdn.example:8443/x", False),
        ("https://files.example:8443/x", True), ("https://files.example/x", False), ("http://cdn.example/x", False),
        ("https://evil.cdn.example/x", False), ("https://cdn.example.evil/x", False),
    ],
)  # fmt: skip
def test_only_listed_hosts_are_followed_to(url, found):
    assert is_listed(url, NPM) is found
