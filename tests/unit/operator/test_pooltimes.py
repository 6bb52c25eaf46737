"""How many pods of a pool a class asks for at which time of the week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent_contract.warmpool import WarmPool, asks_for_pool
from agent_operator import pooltimes
from agent_operator.pooltimes import Wanted, find_wanted

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WORK = {"days": ["Mon", "Tue", "Wed", "Thu", "Fri"], "start": "08:00", "end": "18:00", "replicas": 3}
NIGHT = {"start": "22:00", "end": "06:00", "replicas": 0}
LATE_FRIDAY = {"days": ["Fri"], "start": "22:00", "end": "06:00", "replicas": 5}


def pool(*times, **more):
    return WarmPool.model_validate({"times": list(times), **more})


def at(days=0, hours=0, minutes=0):
    return MONDAY + timedelta(days=days, hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("now", "replicas"),
    [
        (at(hours=7, minutes=59), 0),
        (at(hours=8), 3),
        (at(hours=17, minutes=59), 3),
        (at(hours=18), 0),
        (at(days=4, hours=12), 3),
        (at(days=5, hours=12), 0),
    ],
)
def test_a_pool_of_working_hours(now, replicas):
    assert find_wanted(pool(WORK), now).replicas == replicas


@pytest.mark.parametrize(
    ("hours", "replicas"), [(21.9, 2), (22, 0), (23.9, 0), (24, 0), (29.9, 0), (30, 2), (5.9, 0), (6, 2)]
)
def test_a_pool_without_pods_at_night(hours, replicas):
    assert find_wanted(pool(NIGHT, replicas=2), at(hours=hours)).replicas == replicas


@pytest.mark.parametrize(
    ("now", "replicas"),
    [
        (at(days=4, hours=23), 5),
        (at(days=5, hours=5), 5),  # it began on Friday
        (at(days=5, hours=23), 0),
        (at(days=4, hours=5), 0),
        (at(days=6, hours=5), 0),
    ],
)
def test_a_time_over_midnight_is_of_the_day_that_it_begins_on(now, replicas):
    assert find_wanted(pool(LATE_FRIDAY), now).replicas == replicas


def test_one_that_begins_when_it_ends_takes_a_day():
    whole = {"days": ["Sat"], "start": "09:00", "end": "09:00", "replicas": 1}
    found = [find_wanted(pool(whole), at(days=5, hours=hours)).replicas for hours in (8, 9, 23, 32, 33)]
    assert found == [0, 1, 1, 1, 0]


def test_the_first_that_holds_counts():
    assert find_wanted(pool(NIGHT, {**NIGHT, "replicas": 9}, replicas=2), at(hours=23)).replicas == 0


def test_by_the_clocks_of_its_zone_which_change():
    times = pool(WORK, timeZone="Europe/Berlin")
    assert find_wanted(times, datetime(2026, 1, 5, 6, 59, tzinfo=UTC)).replicas == 0
    assert find_wanted(times, datetime(2026, 1, 5, 7, 0, tzinfo=UTC)).replicas == 3
    assert find_wanted(times, datetime(2026, 7, 6, 6, 0, tzinfo=UTC)).replicas == 3


def test_why_it_asks_for_none_is_told():
    told = find_wanted(pool(WORK, timeZone="Europe/Berlin"), at(hours=21))
    assert (told.reason, told.message) == (
        "OutOfHours", "warmPool.times ask for none now, by the clocks of Europe/Berlin."
    )  # fmt: skip
    assert find_wanted(pool(WORK, timeZone="Europe/Berlin"), at(hours=21, minutes=1)) == told, "else it is written anew"
    assert find_wanted(pool(WORK), at(hours=9)).reason == ""
    assert find_wanted(WarmPool(), at()).reason == ""


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "a/../../../etc/passwd".replace(".", "x"), "Europe"])
def test_a_zone_that_is_none_changes_nothing_and_is_told(zone):
    told = find_wanted(pool(WORK, replicas=2, timeZone=zone), at(hours=9))
    assert (told.replicas, told.reason) == (2, "BadZone")
    assert zone in told.message


def test_a_zone_that_could_not_be_read_once_is_read_again(monkeypatch):
    def fail(_name):
        raise OSError(24, "Too many open files")

    times = pool(WORK, replicas=2, timeZone="Asia/Kathmandu")
    monkeypatch.setattr(pooltimes, "ZoneInfo", fail)
    assert find_wanted(times, at(hours=9)).reason == "BadZone"
    monkeypatch.undo()
    assert find_wanted(times, at(hours=9)) == Wanted(3)


@pytest.mark.parametrize(
    ("asked", "yes"),
    [
        ({}, False),
        ({"replicas": 1}, True),
        ({"ahead": 1}, True),
        ({"times": [WORK]}, True),
        ({"times": [NIGHT]}, False),
    ],
)
def test_which_class_asks_for_a_pool(asked, yes):
    assert asks_for_pool(WarmPool.model_validate(asked)) is yes
