"""What became of the files, as a person sees it: played on the real cluster with the real agent, and a page of the documentation."""

from __future__ import annotations

from tests.support.chat import wait
from tests.support.scene import bash

_GIT = "git -c user.name=bot -c user.email=bot@example.org"
_BEGIN = (
    "mkdir api && cd api && git init -q -b main . && printf 'def greet():\\n    print(\"hello\")\\n' > hello.py && git add . && "
    f"{_GIT} commit -q -m 'A greeting'"
)
_CHANGE = "cd api && sed -i 's/hello/HELLO/' hello.py && echo 'It is loud.' > NOTES.md && echo KEY=1 > .env"


def test_what_an_answer_changed(scene):
    scene.teach({
        "Write a greeting": [bash("I'll write it.", _BEGIN), "It is in hello.py."],
        "Make it louder": [bash("I'll change it.", _CHANGE), "Louder now."],
    })  # fmt: skip
    scene.ask("/diff", "no files of this conversation yet")
    scene.ask("Write a greeting, please", "It is in hello.py")
    scene.settle()
    _wait_kept(scene, 1)
    scene.ask("Make it louder, please", "Louder now")
    scene.settle()
    _wait_kept(scene, 2)
    shown = scene.ask("/diff", "What my last answer changed")
    assert "+    print" in shown["text"]
    scene.chat.pressed(scene.chat.press(shown["message_id"], "All since the branch"))
    whole = scene.wait_for("What changed since the repository began")
    assert whole["message_id"] == shown["message_id"]
    scene.ask("/branches", "In my workspace")
    scene.show(
        "diff", "What changed",
        "`/diff` after an answer, all since the branch by a button, and `/branches`. Files that may hold keys are named alone.",
    )  # fmt: skip


def _wait_kept(scene, count):
    """Wait until the files of so many answers are kept, which happens beside the chat."""
    query = (
        "SELECT count(*) FROM kept_states s JOIN threads t ON t.id = s.thread_id "  # our own name
        f"WHERE t.name = '{scene.chat.thread}' AND s.turn_id IS NOT NULL"
    )
    wait(lambda: int(scene.system.query(query) or 0) >= count, f"{count} kept states")
