"""The gateway's image keeps of Babel's data what the chat's languages need, and no more."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import babel
import pytest

from agent_gateway.wording.say import LANGUAGES
from dev.images import keep_locales
from dev.paths import ROOT

DATA = Path(babel.__file__).parent / "locale-data"
SPEAK = """
from pathlib import Path
import babel
from agent_gateway.wording import languages, say, units
assert Path(babel.__file__).is_relative_to({packages!r})
for language in say.LANGUAGES:
    print(language, languages.name_language(language), units.number(language, 12345), units.size(language, 1_500_000))
    say.say(language, "steps", count=1234)
"""


@pytest.fixture
def packages(tmp_path):
    shutil.copytree(DATA.parent, tmp_path / "babel")
    return tmp_path


def speak(*first):
    found = subprocess.run(
        [sys.executable, "-c", SPEAK.format(packages=str(first[0]) if first else str(DATA.parents[1]))],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, first), *filter(None, sys.path)])},
    )  # fmt: skip
    return found.stdout


def test_all_languages_speak_as_before_with_what_is_kept(packages):
    before = speak()
    saved = keep_locales.remove_others(packages, LANGUAGES)
    assert speak(packages) == before
    left = sum(path.stat().st_size for path in (packages / "babel" / "locale-data").iterdir())
    assert saved > 25_000_000
    assert left < 2_000_000


def test_a_script_keeps_its_language_too():
    assert keep_locales.find_kept(["de", "zh-hans"]) == {"root", "de", "zh", "zh_Hans"}
    assert {f"{name}.dat" for name in keep_locales.find_kept(LANGUAGES)} <= {path.name for path in DATA.iterdir()}


def test_the_image_is_built_for_the_languages_of_the_catalogue():
    found = re.search(r'^ARG LANGUAGES="(.*)"$', (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert sorted(found[1].split()) == sorted(LANGUAGES)


def test_a_build_without_a_language_of_the_catalogue_fails(packages):
    (packages / "babel" / "locale-data" / "de.dat").unlink()
    with pytest.raises(FileNotFoundError, match=r"Babel lacks de\.dat"):
        keep_locales.remove_others(packages, LANGUAGES)
