"""Settings."""

from __future__ import annotations

import pytest

from agent_gateway.config import load_config
from agent_gateway.errors import ConfigError
from agent_gateway.models.settings import build_providers
from agent_gateway.startup import warn_of_privacy
from agent_gateway.telegram.ports import BotIdentity


@pytest.fixture(autouse=True)
def _empty_surroundings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "TELEGRAM_BOT_TOKEN", "LLM_API_KEY", "LLM_BASE_URL", "LLM_PROVIDER", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)


def test_ids_are_read_from_a_list_with_commas(monkeypatch):
    monkeypatch.setenv("TELEGRAM_ALLOWED_IDS", " 42, -100200300 ,")
    monkeypatch.setenv("TELEGRAM_ADMIN_IDS", "7")
    config = load_config()
    assert config.telegram_allowed_ids == [42, -100200300]
    assert config.telegram_admin_ids == [7]


def test_nobody_is_allowed_by_itself(monkeypatch):
    monkeypatch.setenv("TELEGRAM_ALLOWED_IDS", "")
    assert load_config().telegram_allowed_ids == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_ALLOWED_IDS", "@somebody"),
        ("MAX_THREADS", "0"),
        ("MAX_THREADS", "many"),
        ("LOG_LEVEL", "LOUD"),
        ("BOT_NAME", "Not A Name"),
        ("TELEGRAM_GROUP_TRIGGER", "whisper"),
        ("TELEGRAM_PAIRING", "perhaps"),
        ("KUBE_API_URL", "localhost:8001"),
        ("PORT_RUNNERS", "70000"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name) as caught:
        load_config()
    assert value not in str(caught.value).replace("0 and", "") or value == "0"


def test_pairing_and_whole_groups_are_off_unless_they_are_asked_for(monkeypatch):
    config = load_config()
    assert (config.telegram_pairing, config.telegram_group_trigger) == (False, "mention")
    monkeypatch.setenv("TELEGRAM_PAIRING", "true")
    monkeypatch.setenv("TELEGRAM_GROUP_TRIGGER", "all")
    config = load_config()
    assert (config.telegram_pairing, config.telegram_group_trigger) == (True, "all")


@pytest.mark.parametrize(
    ("trigger", "reads", "told"), [("all", False, True), ("all", True, False), ("mention", False, False)]
)
def test_privacy_mode_is_told_where_it_keeps_messages_back(caplog, trigger, reads, told):
    warn_of_privacy(load_config(telegram_group_trigger=trigger), BotIdentity(1, "b", reads_groups=reads))
    assert [record.message for record in caplog.records] == (["privacy_mode"] if told else [])


def test_a_secret_is_not_repeated(monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1000000001:secret-of-the-bot-0123456789")
    monkeypatch.setenv("MAX_THREADS", "many")
    with pytest.raises(ConfigError) as caught:
        load_config()
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("MAX_THREADS", "5")
    assert "secret-of" not in repr(load_config())


def test_a_file_wins_and_is_read_again(monkeypatch, tmp_path):
    file = tmp_path / "token"
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "from-the-environment")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN_FILE", str(file))
    config = load_config()
    assert config.read_token() == ""
    file.write_text("first\n")
    assert config.read_token() == "first"
    file.write_text("second")
    assert config.read_token() == "second"


def test_dotenv_is_read_and_the_environment_wins(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("MAX_THREADS=7\nLLM_MODEL=one\nTHREADS_DIR=/gone\n")
    monkeypatch.setenv("LLM_MODEL", "two")
    config = load_config()
    assert (config.max_threads, config.llm_model) == (7, "two")


def test_an_unknown_provider_names_the_setting(monkeypatch):
    monkeypatch.setenv("LLM_PROVIDER", "nobody")
    with pytest.raises(ValueError, match="LLM_BASE_URL"):
        build_providers(load_config())
