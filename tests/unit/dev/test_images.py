"""How images are built: once, with what is told of where packages come from, and under a tag of all that they hold."""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

import dev.images
from dev.images import SOURCES, TARGETS, build_all, build_pip_settings, build_values, read_digest
from dev.paths import ROOT
from dev.progress import UserError

LISTED = """\
global.index-url='https://mirror.example/simple'
global.timeout='60'
install.trusted-host='mirror.example\\nother.example'
:env:.index-url='https://nearer.example/simple'
:env:.find-links='/opt/wheels'
"""


def test_a_build_gets_the_index_of_this_machine_and_nothing_else():
    assert build_pip_settings(LISTED) == (
        "[global]\nindex-url = https://nearer.example/simple\ntrusted-host = mirror.example other.example\n"
    )


def test_a_machine_without_settings_of_its_own_gives_none():
    assert build_pip_settings("global.timeout='60'\n") == ""
    assert build_pip_settings("") == ""


def test_two_commands_at_once_build_an_image_once(tmp_path, monkeypatch):
    built, both = [], threading.Event()

    def build(target, reference, archive):
        built.append(target)
        if len(built) == 2:
            both.set()
        both.wait(0.5)  # a second build would begin meanwhile
        archive.write_text(reference)

    monkeypatch.setattr(dev.images, "CACHE", tmp_path)
    monkeypatch.setattr(dev.images, "need_space", lambda *_: None)
    monkeypatch.setattr(dev.images, "_build", build)
    with ThreadPoolExecutor(2) as pool:
        first, second = (pool.submit(build_all, ["postgres"]) for _ in range(2))
    assert built == ["postgres"]
    assert first.result() == second.result()


def find_stages(target):
    """Return the text of a target's stage and of each that it is built upon or copies from."""
    texts = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
    stages = {text.partition("\n")[0].rpartition(" AS ")[2]: text for text in texts}
    found, todo = {}, [target]
    while todo:
        name = todo.pop()
        if name in stages and name not in found:
            found[name] = stages[name]
            todo += [stages[name].split()[0], *re.findall(r"--from=(\S+)", stages[name])]
    return found


@pytest.mark.parametrize("target", TARGETS)
def test_a_tag_depends_on_all_that_is_copied_into_the_image(target):
    copied = [
        name
        for text in find_stages(target).values()
        for line in re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", text, re.MULTILINE)
        for name in line.split()
    ]
    assert copied
    for name in copied:
        assert any(name.rstrip("/") == s or name.startswith(f"{s}/") for s in SOURCES[target]), name
    assert {s for s in SOURCES[target] if not any(n.rstrip("/") == s for n in copied)} == set()


def test_a_change_of_our_code_leaves_the_layers_of_others_packages_as_they_are():
    for target in ("operator", "gateway", "runner", "simulators"):
        for name, text in find_stages(target).items():
            ours = [line for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE) if "/agent_" in line]
            assert not ours or name.startswith("code-") or name == "pi", name


def test_environments_that_are_built_upon_each_other_agree_in_each_version():
    locks = [
        dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / f"requirements-{name}.lock").read_text(), re.MULTILINE))
        for name in ("simulators", "runner", "operator", "gateway")
    ]
    for package, version in [item for lock in locks for item in lock.items()]:
        assert all(lock.get(package, version) == version for lock in locks), package
    assert all(locks[0].items() <= lock.items() for lock in locks), "nothing that a part lacks is in its image"


def test_the_first_process_of_a_pod_imports_nothing_from_where_agents_write():
    runner = (ROOT / "Dockerfile").read_text().partition("FROM python AS runner")[2].partition("\nFROM ")[0]
    command = json.loads(re.search(r"^ENTRYPOINT (\[.*\])$", runner, re.MULTILINE)[1])
    assert command[1:] == ["-I", "-u", "-B", "-m", "agent_runner"]
    assert "WORKDIR" not in runner


def test_what_was_pushed_is_named_by_digest_in_the_charts_values():
    digest = "sha256:" + "ab" * 32
    assert read_digest(f"latest: digest: {digest} size: 2\n") == digest
    values = yaml.safe_load(build_values("r.example/x/", {"postgres": ("r.example/x/postgres:7", digest)}))["images"]
    assert values["postgres"] == {"repository": "postgres", "tag": "7", "digest": digest, "useRegistry": True}
    with pytest.raises(UserError):
        read_digest("pushed")
