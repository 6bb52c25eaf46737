from __future__ import annotations

import re

import pytest

from agent_contract import crdrules, names
from agent_contract.lenient import MAX_RUN

UID = "5f4dcc3b-5aa7-65d6-1d83-27deb882cf99"
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


@pytest.mark.parametrize(
    ("chat", "topic", "name"),
    [
        (48151623, None, "tg-48151623"),
        (-100200300, None, "tg-n100200300"),
        (-100200300, 42, "tg-n100200300-42"),
        (7, 1, "tg-7-1"),
    ],
)
def test_a_thread_is_named_for_its_chat_and_topic(chat, topic, name):
    assert names.build_thread_name("tg", chat, topic) == name
    assert re.fullmatch(crdrules.NAME_PATTERN, name)


def test_different_conversations_have_different_names():
    places = [(1, None), (-1, None), (1, 1), (-1, 1), (11, None), (1, 11), (11, 1)]
    assert len({names.build_thread_name("tg", *place) for place in places}) == len(places)


def test_the_longest_name_is_still_a_label():
    name = names.build_thread_name("a" * 16, -(2**53), 2**53)
    assert len(name) <= 63
    assert LABEL.fullmatch(name)


@pytest.mark.parametrize("run", [1, 99, MAX_RUN])
@pytest.mark.parametrize("thread", ["tg-1", "tg-n100200300-42", "a" * 16 + "-n9007199254740992-9007199254740992"])
def test_a_job_name_leaves_room_for_its_pods_suffix(thread, run):
    name = names.build_job_name(thread, UID, run)
    assert len(name) <= 52
    assert LABEL.fullmatch(name)
    assert f"-r{run}-" in name


def test_a_cut_name_never_doubles_its_hyphen():
    for length in range(1, 63):
        assert "--" not in names.build_job_name("a" * length + "-1", UID, 1)


def test_a_job_name_is_of_one_owner_and_one_run():
    first = names.build_job_name("tg-1", UID, 1)
    assert first == names.build_job_name("tg-1", UID, 1)
    others = {names.build_job_name("tg-1", UID, 2), names.build_job_name("tg-1", UID[::-1], 1)}
    assert first not in others
    assert len(others) == 2


def test_exit_codes_are_those_that_people_are_told():
    assert {code.name: code.value for code in names.ExitCode} == {
        "LEFT": 0, "BAD_CONFIG": 64, "TASK_FAILED": 65, "NAME_UNKNOWN": 68, "REFUSED": 69, "PI_FAILED": 70, "GATEWAY_LOST": 75, "DEADLINE": 124,
    }  # fmt: skip


@pytest.mark.parametrize("agent_class", ["default", "a.b", "a" * 63, "with-w7-in-it"])
@pytest.mark.parametrize("number", [1, 40, 9_999_999_999])
def test_a_job_of_a_pool_is_known_by_its_name_and_the_uid_of_its_class(agent_class, number):
    job = names.build_pool_job_name(agent_class, UID, number)
    assert len(job) <= 52
    assert names.find_pool_number(job, agent_class, UID) == number
    assert names.find_pool_number(job, agent_class, UID[::-1]) is None
    assert names.find_pool_number(job, f"b{agent_class}"[:63], UID) is None


@pytest.mark.parametrize(
    "job",
    ["", "default", "default-w1", "default-w-{digest}", "default-w01-{digest}", "default-w1x-{digest}", "default-r1-{digest}",
     "default-w\N{SUPERSCRIPT TWO}-{digest}", "default-w11111111111-{digest}", "tg-1-w1-{digest}"],
)  # fmt: skip
def test_another_name_is_none_of_a_pool(job):
    digest = names.build_pool_job_name("default", UID, 1).rpartition("-")[2]
    assert names.find_pool_number(job.format(digest=digest), "default", UID) is None
