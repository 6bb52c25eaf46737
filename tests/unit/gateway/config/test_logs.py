"""Log lines hold no token and no text, and warn of what failed alone."""

from __future__ import annotations

import json
import logging

import pytest

from agent_gateway.logs import SafeFormatter, describe_fault, log_unfinished

TOKEN = "1000000001:AAabcdefghijklmnopqrstuvwxyz_012345"


def emit(message, **extra):
    record = logging.LogRecord("x", logging.WARNING, __file__, 1, message, (), None)
    record.__dict__.update(extra)
    return SafeFormatter("%(message)s").format(record)


@pytest.mark.parametrize(
    "message", [f"The token `{TOKEN}` was rejected by the server.", f"https://api.telegram.org/bot{TOKEN}/getMe"]
)
def test_a_token_is_cut_out(message):
    line = emit(message, address=message)
    assert "AAabc" not in line
    assert json.loads(line)["address"].count("<token>") == 1


def test_what_is_no_token_stays():
    assert json.loads(emit("step", t=1735787045123, run=7, at="12:30:45"))["t"] == 1735787045123


def test_a_fault_is_named_without_its_text():
    try:
        {}["what a person wrote"]
    except KeyError as error:
        words = describe_fault(error)
    assert words.startswith("KeyError < test_logs:")
    assert "person" not in words


def fail(row):
    try:
        {}[row]
    except KeyError as error:
        raise ValueError(row) from error


def test_a_trace_tells_the_places_and_not_the_texts():
    row = "what a person" + " wrote" * 2
    with pytest.raises(ValueError, match="wrote") as caught:
        fail(row)
    raised = (caught.type, caught.value, caught.tb)
    line = SafeFormatter("%(message)s").format(logging.LogRecord("x", logging.ERROR, "", 1, "failed", (), raised))
    told = json.loads(line)["exc_info"]
    assert told.count(", in fail") == 2
    assert told.index("KeyError") < told.index("ValueError")
    assert row not in line


@pytest.mark.parametrize(
    ("reason", "level", "message"),
    [("aborted", logging.INFO, "turn_stopped"), ("provider", logging.WARNING, "turn_failed")],
)
def test_what_a_person_stopped_is_no_warning(caplog, reason, level, message):
    with caplog.at_level(logging.INFO):
        log_unfinished(logging.getLogger("turns"), reason, {"turn": 7})
    [record] = caplog.records
    assert (record.levelno, record.message, record.turn, record.reason) == (level, message, 7, reason)
