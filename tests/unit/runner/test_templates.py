"""Commands of a class, as an agent reads them."""

from __future__ import annotations

import io

import pytest

from agent_contract.runnerconfig import RunnerCommand
from agent_runner.logs import Log
from agent_runner.templates import MOST_WRITTEN, Templates, fill

REVIEW = "---\ndescription: Reviews\n---\nReview $1 with ${2:-care}. All: $ARGUMENTS"


@pytest.mark.parametrize(
    ("template", "arguments", "text"),
    [
        (REVIEW, '"foo bar" x', "Review foo bar with x. All: foo bar x"),
        (REVIEW, "foo", "Review foo with care. All: foo"),
        (REVIEW, 'it"s', 'Review it"s with care. All: it"s'),
        ("$@ | ${@:2} | ${@:2:1}", "a b c", "a b c | b c | b"),
        ("$0 $5 $HOME ${x}", "a", "$HOME ${x}"),
        ("---\nno end", "", "---\nno end"),
        ("costs $1", "$ARGUMENTS", "costs $ARGUMENTS"),
    ],
)
def test_what_a_person_wrote_stands_where_the_template_says(template, arguments, text):
    assert fill(template, arguments) == text


def test_what_is_written_out_is_bounded():
    assert len(fill("$@" * 10_000, "x" * 4096)) == MOST_WRITTEN


@pytest.fixture
def templates(tmp_path):
    (tmp_path / "review.md").write_text(REVIEW)
    (tmp_path / "ship").mkdir()
    (tmp_path / "ship" / "SKILL.md").write_text("Ship.")
    commands = [RunnerCommand(name="review"), RunnerCommand(name="ship_it", skill="ship"), RunnerCommand(name="gone")]
    return Templates(commands, [str(tmp_path)], [str(tmp_path)], Log("INFO", io.StringIO()))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/review foo", "Review foo with care. All: foo"),
        (
            "[It is Sunday.]\n\nAnn:\n\n/review@the_bot foo\nand more",
            "[It is Sunday.]\n\nAnn:\n\nReview foo with care. All: foo\nand more",
        ),
        ("/other foo", "/other foo"),
        ("see /review foo", "see /review foo"),
        ("> /review foo", "> /review foo"),
        ("/reviewer foo", "/reviewer foo"),
        ("/gone foo", "/gone foo"),
        ("/review a\n/review b", "Review a with care. All: a\n/review b"),
    ],
)
def test_a_line_that_is_a_command_is_written_out(templates, text, told):
    assert templates.write_out(text) == told


def test_a_skill_is_named_with_its_file(templates, tmp_path):
    assert (
        templates.write_out("/ship_it now")
        == f"Use the skill ship: read {tmp_path}/ship/SKILL.md first, and do what it says. now"
    )
