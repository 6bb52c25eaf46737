"""What is sealed opens by its key, for whom it was sealed, and unchanged; by nothing else."""

from __future__ import annotations

import pytest

from agent_gateway.accounts.sealing import MOST_KEYS, NoKey, Sealer

FIRST, SECOND = "f" * 48, "s" * 48


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "keys"
    file.write_text(FIRST)
    return file


def test_it_opens_for_its_owner_and_looks_like_nothing(file):
    sealer = Sealer(file)
    sealed = sealer.seal("the token", "1/42/hub")
    assert sealer.open(sealed, "1/42/hub") == "the token"
    assert b"token" not in sealed
    assert sealed != sealer.seal("the token", "1/42/hub"), "two of one text are not alike"


def test_another_owner_a_changed_byte_and_a_cut_end_open_nothing(file):
    sealer = Sealer(file)
    sealed = sealer.seal("the token", "1/42/hub")
    with pytest.raises(NoKey):
        sealer.open(sealed, "1/43/hub")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(NoKey):
            sealer.open(changed, "1/42/hub")
        with pytest.raises(NoKey):
            sealer.open(sealed[:at], "1/42/hub")


def test_a_new_key_in_front_seals_and_the_old_one_opens_until_it_goes(file):
    sealer = Sealer(file)
    old = sealer.seal("a", "o")
    file.write_text(f"{SECOND}\n{FIRST}\n")
    new = sealer.seal("b", "o")
    assert (sealer.open(old, "o"), sealer.open(new, "o")) == ("a", "b")
    assert (sealer.is_newest(old), sealer.is_newest(new)) == (False, True)
    file.write_text(SECOND)
    assert sealer.open(new, "o") == "b"
    with pytest.raises(NoKey, match="not there"):
        sealer.open(old, "o")


@pytest.mark.parametrize("text", ["", "\n \n", "short", "\n".join(["k" * 40] * (MOST_KEYS + 1))])
def test_keys_that_cannot_be_used_are_refused_without_showing_them(file, text):
    file.write_text(text)
    with pytest.raises(NoKey, match="one to") as told:
        Sealer(file).seal("a", "o")
    assert "kkkk" not in str(told.value)


def test_no_file_is_no_key(tmp_path):
    with pytest.raises(NoKey, match="cannot be read"):
        Sealer(tmp_path / "none").seal("a", "o")
