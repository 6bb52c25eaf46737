"""A schedule on the real cluster: applied with kubectl, asked in its chat at its time, told in its status."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from dev.release import CommandFailedError
from tests.support.chat import wait

SCHEDULE = """
apiVersion: openclaw.dev/v1alpha1
kind: AgentSchedule
metadata: {{name: {name}}}
spec:
  threadRef: {{name: {thread}}}
  {when}
  prompt: "{prompt}"
"""


def apply(system, name, chat, when, prompt="Say exactly: the herons are back"):
    text = SCHEDULE.format(name=name, thread=chat.thread, when=when, prompt=prompt)
    return system.agents.kubectl("apply", "-f", "-", stdin=text)


def test_a_schedule_is_asked_at_its_time_and_answers_in_its_chat(system, chat):
    name = f"herons-{chat.chat}"
    first = chat.ask("hello", "Echo: hello")["message_id"]  # to whom nobody wrote, a bot says nothing
    with pytest.raises(CommandFailedError, match="cron needs five fields"):
        apply(system, name, chat, 'cron: "every day"')
    due = datetime.now(UTC) + timedelta(seconds=4)
    apply(system, name, chat, f'at: "{due:%Y-%m-%dT%H:%M:%SZ}"')
    try:
        system.agents.kubectl("wait", "--for=condition=Accepted", f"asch/{name}", "--timeout=240s")
        chat.wait_for("⏰ Say exactly: the herons are back", since=first)

        def ended():
            status = json.loads(system.agents.kubectl("get", "asch", name, "-o", "json"))["status"]
            return status if status.get("recent") and not status["active"] else None

        status = wait(ended, "an end of its turn")
        assert [one["outcome"] for one in status["recent"]] == ["Succeeded"]
        assert (status["active"], "nextAt" in status) == (0, False)

        def answers():
            return [m["text"] for m in chat.answers(first) if not m["text"].startswith("⏰")]

        wait(answers, "the answer in the chat")
        assert len(answers()) == 1
    finally:
        system.agents.kubectl("delete", "asch", name)
