from __future__ import annotations

import pytest
from pydantic import BaseModel, Field

from agent_kube.cache import Cache
from tests.unit.kube.played import Seen, read_size


def thing(version, size=1, name="a", uid="u"):
    metadata = {"name": name, "uid": uid, "resourceVersion": str(version), "managedFields": [{}]}
    return {"metadata": metadata, "spec": {"size": size}}


def build(read=read_size):
    seen = Seen()
    return Cache("Thing", read, seen), seen.changes


def test_a_change_is_told_once_with_old_and_new():
    cache, changes = build()
    for raw in (thing(1, 10), thing(1, 10), thing(2, 20), thing(2, 20)):
        cache.take(raw)
    assert changes == [("a", None, 10), ("a", 10, 20)]


def test_an_older_reading_changes_nothing():
    cache, changes = build()
    cache.take(thing(9, 90))
    assert cache.take(thing(8, 80)) == 80
    assert cache.get("a").value == 90
    assert len(changes) == 1


def test_versions_are_compared_as_numbers():
    cache, _ = build()
    cache.take(thing(9, 90))
    cache.take(thing(10, 100))
    assert cache.get("a").value == 100


def test_what_is_read_has_no_managed_fields():
    raws = []
    cache, _ = build(lambda raw: raws.append(raw) or 1)
    cache.take(thing(1))
    assert "managedFields" not in raws[0]["metadata"]


def test_what_cannot_be_read_keeps_its_last_known_value_and_is_told():
    cache, changes = build()
    cache.take(thing(1, 10))
    assert cache.take(thing(2, "much")) is None
    assert (cache.get("a").value, cache.get("a").words, cache.unreadable) == (10, "ValueError", 1)
    cache.take(thing(2, "much"))
    cache.take(thing(3, 30))
    assert (cache.get("a").value, cache.get("a").words, cache.unreadable) == (30, None, 0)
    assert changes == [("a", None, 10), ("a", 10, 10), ("a", 10, 30)]


def test_the_last_known_value_is_not_given_to_another_object_of_that_name():
    cache, changes = build()
    cache.take(thing(1, 10))
    cache.take(thing(2, "much", uid="other"))
    assert cache.get("a").value is None
    assert changes[-1] == ("a", 10, None)


def test_words_name_the_fields_and_never_what_stands_in_them():
    class Spec(BaseModel):
        size: int = Field(lt=5)

    cache, _ = build(lambda raw: Spec.model_validate(raw["spec"]).size)
    cache.take(thing(1, "a secret"))
    assert "size: " in cache.get("a").words
    assert "secret" not in cache.get("a").words


def test_a_mistake_of_the_reader_is_no_mistake_of_the_object():
    cache, _ = build(lambda raw: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        cache.take(thing(1))


def test_an_answer_that_was_overtaken_by_the_deletion_stays_deleted():
    cache, changes = build()
    cache.position = 5
    cache.take(thing(5))
    answer = thing(5)
    cache.drop("a", 7)
    cache.position = 7
    assert cache.take_answer(answer) == 1
    assert cache.get("a") is None
    assert len(changes) == 2


def test_an_answer_that_is_newer_than_the_deletion_counts():
    cache, _ = build()
    cache.position = 7
    cache.take_answer(thing(8, uid="second"))
    assert cache.get("a").uid == "second"


def test_an_answer_counts_before_anything_was_listed():
    cache, _ = build()
    cache.take_answer(thing(8))
    assert cache.get("a") is not None


def test_a_deletion_spares_what_was_made_anew():
    cache, _ = build()
    cache.take(thing(9, uid="second"))
    cache.drop("a", 8)
    assert cache.get("a").uid == "second"
    cache.drop("a", 9)
    cache.drop("a", 9)
    assert cache.get("a") is None


def test_an_unreadable_object_that_is_deleted_is_no_longer_counted():
    cache, changes = build()
    cache.take(thing(1, "much"))
    cache.drop("a", 2)
    assert cache.unreadable == 0
    assert changes == [("a", None, None), ("a", None, None)]


def test_where_the_history_was_put_back_the_older_version_counts():
    cache, _ = build()
    cache.take(thing(9, 90))
    cache.take(thing(4, 40), forced=True)
    assert cache.get("a").value == 40


def test_versions_that_are_no_numbers_follow_the_order_of_arrival():
    cache, _ = build()
    cache.take(thing("x", 1))
    cache.take(thing("w", 2))
    cache.take_answer(thing("y", 3))
    assert cache.get("a").value == 3
    cache.take_answer(thing("z", 3, name="b"))
    assert cache.get("b") is not None


@pytest.mark.parametrize("raw", [{}, {"metadata": None}, {"metadata": {"name": "a"}}, {"metadata": []}])
def test_what_is_no_object_is_told_as_such(raw):
    cache, _ = build()
    with pytest.raises(ValueError, match="without name"):
        cache.take(raw)
