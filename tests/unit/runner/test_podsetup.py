"""Certificates of the pod's own, and what a user that the platform chose finds of the image's compiled modules."""

from __future__ import annotations

import json

import pytest

from agent_runner.launch import BadConfigError, prepare, read_setup
from agent_runner.pifiles import build_environment
from agent_runner.podsetup import build_cache_variable, build_certificate_variables, link_compile_cache, write_bundle

CONFIG = {"thread": "tg-1", "run": 1, "gatewayUrl": "http://gw:8080", "provider": "zai", "model": "m"}


def test_the_pods_own_certificates_are_trusted_beside_the_systems(tmp_path):
    system, own, state = tmp_path / "system.crt", tmp_path / "own.crt", tmp_path / "state"
    system.write_text("SYSTEM\n")
    own.write_text("OWN\n")
    state.mkdir()
    environ = {"AGENT_CA_FILE": str(own), "PIP_CERT": "/etc/mine.crt"}
    write_bundle(environ, str(state), str(system))
    assert (state / "ca.crt").read_text() == "SYSTEM\nOWN\n"
    found = build_certificate_variables(environ, str(state))
    assert found["SSL_CERT_FILE"] == found["GIT_SSL_CAINFO"] == found["REQUESTS_CA_BUNDLE"] == str(state / "ca.crt")
    assert found["NODE_EXTRA_CA_CERTS"] == str(own)  # Node adds them to its own
    assert "PIP_CERT" not in found  # the class says it


def test_without_them_nothing_is_written_or_said(tmp_path):
    write_bundle({}, str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert build_certificate_variables({}, str(tmp_path)) == {}


def test_certificates_that_are_missing_are_told(tmp_path, monkeypatch):
    token = tmp_path / "token"
    token.write_text("t")
    environ = {
        "AGENT_CONFIG": json.dumps(CONFIG), "AGENT_TOKEN_FILE": str(token), "AGENT_STATE_DIR": str(tmp_path / "state"),
        "AGENT_WORKSPACE_DIR": str(tmp_path),
    }  # fmt: skip
    monkeypatch.setenv("AGENT_CA_FILE", str(tmp_path / "ca.crt"))
    with pytest.raises(BadConfigError, match=r"extra certificates cannot be used .*ca\.crt: No such file"):
        prepare(read_setup(environ))


def test_another_user_finds_the_images_compiled_modules(tmp_path):
    image, state = tmp_path / "image", tmp_path / "state"
    (image / "v22-x64-abc-10001").mkdir(parents=True)
    (image / "v22-x64-abc-10001" / "module").write_text("compiled")
    environ = {"NODE_COMPILE_CACHE": str(image)}
    link_compile_cache(environ, str(state), 10001)
    assert build_cache_variable(environ, str(state)) == {}
    link_compile_cache(environ, str(state), 1000680000)
    (own,) = build_cache_variable(environ, str(state)).values()
    assert (state / "compile-cache" / "v22-x64-abc-1000680000" / "module").read_text() == "compiled"
    assert own == str(state / "compile-cache")
    link_compile_cache({"NODE_COMPILE_CACHE": "/missing"}, str(state), 7)  # and where there are none, nothing happens


def test_a_long_configuration_is_read_whole_and_kept_from_tools(tmp_path):
    token = tmp_path / "token"
    token.write_text("t")
    text = json.dumps({**CONFIG, "instructions": "long " * 1000})
    environ = {
        f"AGENT_CONFIG{n}": part for n, part in (("", text[:2000]), ("_2", text[2000:4000]), ("_3", text[4000:]))
    }
    setup = read_setup({**environ, "AGENT_TOKEN_FILE": str(token)})
    assert setup.config == json.loads(text)
    assert not any(
        name.startswith("AGENT_CONFIG") for name in build_environment(environ, CONFIG, setup.folders, ("", ""))
    )
