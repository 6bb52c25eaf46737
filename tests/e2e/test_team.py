"""Skills from an image: mounted where the cluster mounts images, and otherwise told in words."""

from __future__ import annotations

import json

import pytest

from dev.cluster.scratch_image import write_image
from tests.e2e.conftest import NAMES
from tests.support.chat import wait
from tests.support.scene import Scene

IMAGE = "localhost/openclaw-dispatcher/skills:e2e"
SKILL = "---\nname: tidy\ndescription: tidies a folder up\n---\nThrow nothing away.\n"
SKILLS = [{"image": IMAGE, "folder": "team"}]


@pytest.fixture(scope="module")
def mounts_images(system):
    """Say whether the cluster keeps the image that a pod mounts: one without the feature leaves it out."""
    body = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "images"},
        "spec": {
            "containers": [{"name": "one", "image": IMAGE}],
            "volumes": [{"name": "skills", "image": {"reference": IMAGE}}],
        },
    }  # fmt: skip
    made = system.release.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=json.dumps(body))
    return any("image" in volume for volume in json.loads(made)["spec"]["volumes"])


def test_a_cluster_that_mounts_no_images_says_so_and_answers_without_them(system, chat, mounts_images):
    if mounts_images:
        pytest.skip("this cluster mounts images")
    system.make_class("pictured", skills=SKILLS)
    system.make_thread(chat, "pictured")
    asked = chat.say("hello")
    chat.shown("its settings need an administrator", asked)
    wait(lambda: system.run(chat.thread).get("message", "").startswith("This cluster mounts no images"), "the reason")
    system.make_class("pictured")
    chat.wait_for("Echo: hello", asked)


def test_a_skill_of_an_image_is_there(system, chat, mounts_images, tmp_path):
    if not mounts_images:
        pytest.skip("this cluster mounts no images")
    (tmp_path / "SKILL.md").write_text(SKILL)
    write_image(tmp_path / "skills.tar", IMAGE, tmp_path / "SKILL.md", "team/tidy/SKILL.md")
    system.release.cluster.load_images([tmp_path / "skills.tar"])
    system.make_class("pictured", skills=SKILLS, commands=[{"name": "tidy", "description": "Tidy up", "skill": "tidy"}])
    system.make_thread(chat, "pictured")
    scene = Scene(system, chat, NAMES)
    scene.teach(
        {
            "Use the skill tidy": "bash: cat /etc/openclaw/team/skills/0/team/tidy/SKILL.md; touch /etc/openclaw/team/skills/0/x"
        }
    )
    told = scene.ask("/tidy", "Throw nothing away")["text"]
    assert "Read-only file system" in told
    assert "tidies a folder up" in str([r["body"]["messages"][0] for r in system.requests(scene.began)])
