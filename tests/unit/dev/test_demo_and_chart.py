"""Settings of the demo, and what the chart derives from its sources."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import jsonschema
import pytest
import yaml

import dev.release
from dev.chart import CHART, build_files, build_schema
from dev.demo import build_values, read_env
from dev.images import check_registry, refs
from dev.progress import UserError


def test_without_an_account_the_simulators_step_in():
    values = build_values({})
    assert values["demo"]["enabled"]
    assert "llm" not in values


def test_a_real_token_needs_ids():
    with pytest.raises(UserError, match="TELEGRAM_ALLOWED_IDS"):
        build_values({"TELEGRAM_BOT_TOKEN": "1:x"})


def test_real_settings_reach_the_chart():
    env = {
        "TELEGRAM_BOT_TOKEN": "1:x", "TELEGRAM_ALLOWED_IDS": "5, -100", "LLM_PROVIDER": "moonshot", "LLM_API_KEY": "k",
        "PI_TIMEOUT": "60", "MAX_THREADS": "3", "TELEGRAM_PAIRING": "true", "TELEGRAM_DRAFTS": "yes", "TELEGRAM_GROUP_TRIGGER": "all",
        "LLM_MODELS": "one, two", "LLM_FALLBACK_MODELS": '[{"provider": "other", "name": "x"}]',
        "LLM_PROVIDERS": '[{"name": "other", "api": "anthropic-messages", "apiKey": "k", "models": ["x"]}]', "SPEECH_PROVIDER": "groq", "SPEECH_API_KEY": "s",
    }  # fmt: skip
    values = build_values(env)
    assert values["demo"] == {"enabled": False}
    assert values["telegram"]["allowedIds"] == [5, -100]
    telegram = values["telegram"]
    assert (telegram["pairing"], telegram["drafts"], telegram["groupTrigger"]) == (True, True, "all")
    assert values["llm"]["provider"] == "moonshotai"
    assert values["llm"]["models"] == ["one", "two"]
    assert values["llm"]["providers"][0]["name"] == values["llm"]["fallbackModels"][0]["provider"] == "other"
    assert values["speech"] == {"provider": "groq", "apiKey": "s", "model": "", "baseUrl": ""}
    assert values["agents"]["class"]["timeouts"]["turn"] == 60
    jsonschema.validate(values, json.loads((CHART / "values.schema.json").read_text()))


@pytest.mark.parametrize("env", [{"TELEGRAM_ALLOWED_IDS": "me"}, {"MAX_THREADS": "many"}])
def test_what_is_no_number_is_told(env):
    with pytest.raises(UserError, match=next(iter(env))):
        build_values(env)


def test_an_env_file_is_read_as_people_write_it(tmp_path):
    path = tmp_path / ".env"
    assert read_env(path) == {}
    path.write_text("# a comment\n\nA=1\nB='two words'\nEMPTY=\n")
    assert read_env(path) == {"A": "1", "B": "two words"}
    path.write_text("nonsense\n")
    with pytest.raises(UserError, match="Line 1"):
        read_env(path)


def test_the_chart_and_its_sources_agree():
    for path, text in build_files().items():
        assert path.read_text() == text, path.name


def test_the_default_values_are_valid_and_unknown_ones_are_refused():
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    jsonschema.validate(values, schema)
    for wrong in ({"telegrm": {}}, {"llm": {"modle": "x"}}, {"agents": {"class": {"timeouts": {"turns": 1}}}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_a_comment_becomes_the_schema():
    text = '# Port to\n# listen on.\n# @schema {"minimum": 1}\nport: 80\nfree: {}\nagents:\n  class: {}\n'
    schema = build_schema(text, {"type": "object"})
    assert schema["properties"]["port"] == {"type": "integer", "minimum": 1, "description": "Port to listen on."}
    assert schema["properties"]["free"] == {"type": "object"}
    assert schema["additionalProperties"] is False


def test_images_are_tagged_by_content():
    tags = {ref.rsplit(":", 1)[1] for ref in refs().values()}
    assert len(tags) == len(refs())
    assert all(len(tag) == 12 for tag in tags)


@pytest.mark.parametrize("registry", ["", "https://registry.example/x"])
def test_a_registry_that_is_none_is_told(registry):
    with pytest.raises(UserError, match="REGISTRY"):
        check_registry(registry)


def test_images_are_built_while_the_cluster_is_made_and_what_it_lacks_is_loaded(monkeypatch, tmp_path):
    met = threading.Barrier(2, timeout=10)
    loaded = []

    class Cluster:
        kubeconfig = tmp_path

        def up(self):
            met.wait()

        def has_image(self, reference):
            return reference == "x/gateway:1"

        def load_images(self, archives):
            loaded.extend(archives)

    def build(targets):
        met.wait()
        assert targets == ["runner"], "what the cluster has needs no archive"
        return {name: (f"x/{name}:1", Path(f"{name}.tar")) for name in targets}

    monkeypatch.setattr(dev.release, "refs", lambda: {name: f"x/{name}:1" for name in ("gateway", "runner")})
    monkeypatch.setattr(dev.release, "provider", Cluster)
    monkeypatch.setattr(dev.release, "build_all", build)
    _, references = dev.release.bring_up()
    assert references == {"gateway": "x/gateway:1", "runner": "x/runner:1"}
    assert loaded == [Path("runner.tar")]


def test_a_cluster_that_cannot_be_made_is_told_before_the_images_are_done(monkeypatch, tmp_path):
    ended = threading.Event()

    class Cluster:
        kubeconfig = tmp_path / "none"

        def up(self):
            raise UserError("Port 6443 is taken")

    monkeypatch.setattr(dev.release, "provider", Cluster)
    monkeypatch.setattr(dev.release, "build_all", lambda _: ended.wait(20))
    try:
        with pytest.raises(UserError, match="6443"):
            dev.release.bring_up()
        assert not ended.is_set()
    finally:
        ended.set()
