"""What people write behind /schedule, in eight languages, and what is not taken for a time."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agent_gateway.schedules.phrases import parse_asked
from agent_gateway.schedules.times import build_when
from agent_gateway.schedules.words import WORDS
from agent_gateway.wording.languages import LANGUAGES

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))
"""A Monday."""


@pytest.mark.parametrize(
    ("language", "text", "cron", "prompt"),
    [
        ("en", "every weekday 9:00 check the dependencies", "0 9 * * 1-5", "check the dependencies"),
        ("en", "Every weekday at 9 Check it", "0 9 * * 1-5", "Check it"),
        ("en", "every monday and thursday at 9am look", "0 9 * * 1,4", "look"),
        ("en", "every mon, wed 18:30: look", "30 18 * * 1,3", "look"),
        ("en", "every day at 12 am sleep", "0 0 * * *", "sleep"),
        ("en", "9pm every day stop", "0 21 * * *", "stop"),
        ("en", "every 15 minutes ping", "*/15 * * * *", "ping"),
        ("en", "every 2 hours ping", "0 */2 * * *", "ping"),
        ("en", "hourly: ping", "0 * * * *", "ping"),
        ("en", "monthly 9:00 write the invoice", "0 9 1 * *", "write the invoice"),
        ("en", "0 9 * * 1-5 check it", "0 9 * * 1-5", "check it"),
        ("en", "0 9 * * MON-FRI check it", "0 9 * * MON-FRI", "check it"),
        ("en", "@daily check it", "@daily", "check it"),
        ("de", "jeden Werktag um 9 Uhr prüfe die Pakete", "0 9 * * 1-5", "prüfe die Pakete"),
        ("de", "täglich 9:30 prüfe", "30 9 * * *", "prüfe"),
        ("de", "montags und freitags um 8 prüfe", "0 8 * * 1,5", "prüfe"),
        ("de", "alle 30 Minuten schau", "*/30 * * * *", "schau"),
        ("de", "every weekday 9:00 check", "0 9 * * 1-5", "check"),
        ("es", "cada día laborable a las 9:00 revisa", "0 9 * * 1-5", "revisa"),
        ("es", "cada lunes a las 9 revisa", "0 9 * * 1", "revisa"),
        ("fr", "chaque jour ouvré à 9h vérifie", "0 9 * * 1-5", "vérifie"),
        ("fr", "tous les lundis à 9h30 vérifie", "30 9 * * 1", "vérifie"),
        ("pt", "todo dia útil às 9:00 verifique", "0 9 * * 1-5", "verifique"),
        ("pt", "a cada 30 minutos verifique", "*/30 * * * *", "verifique"),
        ("ru", "каждый будний день в 9:00 проверь", "0 9 * * 1-5", "проверь"),
        ("ru", "по пятницам в 18 проверь", "0 18 * * 5", "проверь"),
        ("ru", "каждые 2 часа проверь", "0 */2 * * *", "проверь"),
        ("zh-hans", "每个工作日9:00检查依赖", "0 9 * * 1-5", "检查依赖"),
        ("zh-hans", "每周一9点半检查依赖", "30 9 * * 1", "检查依赖"),
        ("zh-hans", "每天下午3点检查", "0 15 * * *", "检查"),
        ("ja", "平日9:00に依存関係を確認", "0 9 * * 1-5", "依存関係を確認"),
        ("ja", "毎日午後3時に確認", "0 15 * * *", "確認"),
        ("ja", "30分ごとに確認", "*/30 * * * *", "確認"),
    ],
)
def test_what_comes_again_and_again_is_understood(language, text, cron, prompt):
    found = parse_asked(text, language, NOW)
    assert found is not None
    assert (found.cron, found.at, found.prompt) == (cron, None, prompt)
    assert text.startswith(found.said)
    build_when(found.cron, "UTC")


@pytest.mark.parametrize(
    ("language", "text", "at"),
    [
        ("en", "tomorrow at 9 call", "2026-12-01T09:00"),
        ("en", "at 15:30 call", "2026-11-30T15:30"),
        ("en", "9:00 call", "2026-12-01T09:00"),
        ("en", "2026-12-24 18:00 call", "2026-12-24T18:00"),
        ("en", "today 9:00 call", "2026-11-30T09:00"),
        ("de", "morgen um 7 Uhr call", "2026-12-01T07:00"),
        ("es", "mañana a las 10 call", "2026-12-01T10:00"),
        ("fr", "demain à 8 heures call", "2026-12-01T08:00"),
        ("pt", "amanhã às 8h call", "2026-12-01T08:00"),
        ("ru", "завтра в 10 часов call", "2026-12-01T10:00"),
        ("zh-hans", "明天 10:00 call", "2026-12-01T10:00"),
        ("ja", "明日9時30分に call", "2026-12-01T09:30"),
    ],
)
def test_once_is_understood_in_the_zone_of_the_person(language, text, at):
    found = parse_asked(text, language, NOW)
    assert found is not None
    assert (found.cron, found.prompt) == ("", "call")
    assert found.at == datetime.fromisoformat(at).replace(tzinfo=NOW.tzinfo)


@pytest.mark.parametrize(
    "text",
    [
        "check the dependencies", "every day check", "every 7 minutes ping", "every day 25:00 x", "9 lives of a cat", "every weekday 9:00",
        "2026-02-31 9:00 x", "every 0 minutes x", "0 9 * * 1-5", "", "@daily", "today", "everyday9:00 x", "99 99 look",
        "0001-01-01 0:00 x", "9999-12-31 23:59 x",
    ],
)  # fmt: skip
def test_what_says_no_time_or_no_task_is_asked_about(text):
    assert parse_asked(text, "en", NOW) is None


def test_each_language_has_its_words():
    assert set(WORDS) == set(LANGUAGES)
    for words in WORDS.values():
        assert all(phrase == phrase.lower() for phrase in words.phrases)


def test_a_long_text_is_read_in_no_time():
    began = time.process_time()
    for text in ("every " * 700, "9" * 4000, "every monday and " * 250, "0 " * 2000, "*/" * 2000, " " * 4000 + "x"):
        parse_asked(text, "ja", NOW)
        parse_asked(text, "en", NOW)
    assert time.process_time() - began < 2
