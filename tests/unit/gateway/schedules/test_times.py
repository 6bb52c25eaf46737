"""When a schedule is due: over clock changes as in Debian's cron, and what makes no sense is told."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest

from agent_contract.agentschedule import AgentScheduleSpec, has_cron_shape
from agent_gateway.schedules.checks import Refusal, check_times, parse_thread_name
from agent_gateway.schedules.settings import ScheduleSettings
from agent_gateway.schedules.times import (
    BadTimes,
    When,
    build_when,
    compute_interval,
    compute_latest,
    compute_next,
    iterate,
    read_when,
)

BERLIN = ZoneInfo("Europe/Berlin")


def at(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def times(cron, zone, after, count):
    return [moment.isoformat() for moment in islice(iterate(build_when(cron, zone), after), count)]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "due"),
    [
        # 2026-03-29: Berlin goes from 02:00 to 03:00, what names 02:30 is due as soon as there is a time
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:00:00+00:00", "2026-03-30T00:30:00+00:00"]),
        # 2026-10-25: it goes back from 03:00 to 02:00, and 02:30 is due the first time alone
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"]),
        # what comes each half hour comes by the time that passes
        ("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:59", [
            "2026-10-25T00:00:00+00:00", "2026-10-25T00:30:00+00:00", "2026-10-25T01:00:00+00:00", "2026-10-25T01:30:00+00:00",
        ]),
        ("0 9 * * 1-5", "America/New_York", "2026-11-01T00:00", ["2026-11-02T14:00:00+00:00", "2026-11-03T14:00:00+00:00"]),
        ("@daily", "Asia/Kolkata", "2026-01-01T00:00", ["2026-01-01T18:30:00+00:00"]),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00", ["2028-02-29T00:00:00+00:00"]),
    ],
)  # fmt: skip
def test_it_is_due_as_debian_has_it(cron, zone, after, due):
    assert times(cron, zone, at(after), len(due)) == due


def test_a_look_between_the_two_hours_of_a_clock_that_goes_back_finds_nothing_earlier():
    after = datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN, fold=1)
    found = compute_next(build_when("30 2 * * *", "Europe/Berlin"), after)
    assert found == at("2026-10-26T01:30")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
def test_each_time_is_found_from_the_one_before_as_it_is_in_a_row(zone):
    seed = random.Random(zone)
    for _ in range(40):
        minute = seed.choice([str(seed.randrange(60)), "*/15", "0,30", "5-50/15"])
        hour = seed.choice([str(seed.randrange(24)), "*", "*/3", "1-4", "2"])
        when = build_when(f"{minute} {hour} * * {seed.choice(['*', '1-5', '0'])}", zone)
        begin = at("2026-10-20T00:00") if seed.random() < 0.5 else at("2026-03-25T00:00")
        row = list(islice(iterate(when, begin), 40))
        steps, last = [], begin
        for _ in row:
            last = compute_next(when, last)
            steps.append(last)
        assert steps == row, when
        assert all(a < b for a, b in pairwise(row)), when


def test_of_those_that_were_missed_the_last_is_found_from_any_distance():
    when = build_when("*/5 * * * *", "Europe/Berlin")
    first = at("2026-01-01T00:00")
    for away in (timedelta(0), timedelta(minutes=7), timedelta(hours=30), timedelta(days=400)):
        now = first + away
        expected = now - timedelta(minutes=now.minute % 5, seconds=now.second)
        assert compute_latest(when, first, now) == expected
    yearly = build_when("0 0 1 1 *", "UTC")
    assert compute_latest(yearly, at("2020-01-01T00:00"), at("2026-06-01T00:00")) == at("2026-01-01T00:00")
    assert compute_latest(When(at=first), first, first + timedelta(days=9)) == first


def test_of_many_that_were_missed_before_a_long_pause_the_last_is_found():
    when = build_when("*/5 * 1-10 * *", "UTC")
    assert compute_latest(when, at("2026-03-01T00:00"), at("2026-03-20T00:00")) == at("2026-03-10T23:55")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
def test_the_last_that_was_missed_is_that_of_all_in_a_row(zone):
    seed = random.Random(zone)
    for _ in range(60):
        minute = seed.choice([str(seed.randrange(60)), "*/20", "*/7", "5-50/15"])
        hour = seed.choice([str(seed.randrange(24)), "*", "*/3", "1-4", "2"])
        days = seed.choice(["*", "1-10", "25-31", "L"])
        when = build_when(f"{minute} {hour} {days} * {seed.choice(['*', '*', '1-5', '0'])}", zone)
        begin = at(seed.choice(["2026-10-20T00:00", "2026-03-05T00:00", "2026-03-25T00:00"]))
        now = begin + timedelta(seconds=seed.randrange(30 * 86400))
        missed = list(iter_until(when, begin, now))
        assert compute_latest(when, begin, now) == (missed[-1] if missed else begin), (when, begin, now)


def iter_until(when, begin, now):
    return takewhile(lambda moment: moment <= now, iterate(when, begin))


@pytest.mark.parametrize(
    ("spec", "reason", "words"),
    [
        ({"cron": "0 25 * * *"}, "BadCron", "Bad hour"),
        ({"cron": "0 9 * *"}, "BadCron", "five fields"),
        ({"cron": "0 0 9 * * *"}, "BadCron", "five fields"),
        ({"cron": "0 0 31 2 *"}, "BadCron", "Bad day-of-month"),
        ({"cron": "0 9 * * *", "timeZone": "Mars/Olympus"}, "BadZone", "'Mars/Olympus'"),
        ({}, "BadTimes", "either cron"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "BadTimes", "1 to 9999"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "BadTimes", "1 to 9999"),
        ({"cron": "@daily", "at": "2026-01-01T00:00:00Z"}, "BadTimes", "either cron"),
        ({"cron": "0 0 */31 2 MON#5"}, "Never", "fifty years"),
        ({"cron": "* * * * *"}, "LimitReached", "schedule-interval"),
        ({"cron": "0,1 9 1 * *"}, "LimitReached", "every 60 s"),
        ({"cron": "59,0 23,0 * * *"}, "LimitReached", "schedule-interval"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(spec, reason, words):
    read = AgentScheduleSpec.model_validate({"threadRef": {"name": "tg-42"}, "prompt": "Look.", **spec})
    found = check_times(read, "UTC", ScheduleSettings(), at("2026-01-01T00:00"))
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert words in found.words


def test_the_zone_of_the_settings_stands_in_for_one_that_is_not_named():
    spec = AgentScheduleSpec.model_validate({"threadRef": {"name": "tg-42"}, "prompt": "Look.", "cron": "0 9 * * *"})
    assert read_when(spec, "Asia/Tokyo") == When("0 9 * * *", "Asia/Tokyo")
    once = AgentScheduleSpec.model_validate(
        {"threadRef": {"name": "tg-42"}, "prompt": "Look.", "at": "2026-01-01T09:00:00"}
    )
    assert read_when(once, "Asia/Tokyo").at == at("2026-01-01T09:00"), "without an offset it is UTC"


def test_the_smallest_interval_is_found():
    now = at("2026-01-01T00:00")
    assert compute_interval(build_when("*/5 * * * *", "UTC"), now) == 300
    assert compute_interval(build_when("0 9 * * *", "UTC"), now) == 86400
    assert compute_interval(When(at=now + timedelta(hours=1)), now) is None


def test_nothing_that_is_written_takes_long():
    seed, began = random.Random(7), time.process_time()
    signs = "0123456789*/,-#LWMONFEB "
    for _ in range(3000):
        text = " ".join("".join(seed.choices(signs.strip(), k=seed.randrange(1, 9))) for _ in range(5))
        try:
            when = build_when(text, "Europe/Berlin")
        except BadTimes:
            continue
        compute_next(when, at("2026-01-01T00:00"))
    hard = [
        f"{m} {h} {d} {o} {w}"
        for m in ("59",)
        for h in ("23",)
        for d in ("29", "31", "L")
        for o in ("2", "12")
        for w in ("MON#5", "*")
    ]
    for text in hard:
        if has_cron_shape(text):
            try:
                compute_next(build_when(text, "Europe/Berlin"), at("2026-01-01T00:00"))
            except BadTimes:
                continue
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("tg-42", (42, None)), ("tg-n100-7", (-100, 7)), ("tg-x-42", None), ("other-42", None), ("tg-", None), ("tg-0", None),
    ],
)  # fmt: skip
def test_only_threads_of_the_own_bot_are_known(name, place):
    assert parse_thread_name("tg", name) == place
