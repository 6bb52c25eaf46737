from __future__ import annotations

import subprocess
import sys

import pytest

from agent_kube.tracing import spans
from agent_kube.tracing.settings import load_tracing

PARENT = spans.Parent(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331)
WRITTEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_ids_follow_from_what_they_are_about_and_are_never_none():
    trace = spans.derive_trace(7, 1.5)
    assert trace == spans.derive_trace(7, 1.5) != spans.derive_trace(7, 1.6)
    assert 0 < trace < 1 << 128
    assert 0 < spans.derive_span(trace, "root", 7) < 1 << 64
    assert spans.derive_span(trace, "root", 7) != spans.derive_span(trace, "root", 8)


def test_a_trace_is_named_as_w3c_says():
    assert spans.write_traceparent(PARENT) == WRITTEN
    assert spans.read_traceparent(WRITTEN) == PARENT
    assert spans.read_run_trace(spans.write_run_trace(12, PARENT)) == (12, PARENT)


@pytest.mark.parametrize(
    "text",
    [
        "", "7", f"7/{WRITTEN[:-2]}00", f"7/{WRITTEN}x", f"x/{WRITTEN}", f"7/00-{'0' * 32}-{'1' * 16}-01", WRITTEN,
        f"7/00-{'1' * 32}-{'0' * 16}-01", f"99999999999/{WRITTEN}", f"7/{WRITTEN.upper()}",
    ],
)  # fmt: skip
def test_what_is_no_trace_is_none(text):
    assert spans.read_run_trace(text) is None


def test_a_share_of_traces_is_told_and_the_same_one_everywhere():
    traces = [spans.derive_trace(number, 0.0) for number in range(2000)]
    told = [trace for trace in traces if spans.is_sampled(trace, 0.25)]
    assert 400 < len(told) < 600
    assert set(told) <= {trace for trace in traces if spans.is_sampled(trace, 0.5)}
    assert all(spans.is_sampled(trace, 1.0) for trace in traces)
    assert not any(spans.is_sampled(trace, 0.0) for trace in traces)


def test_settings_name_where_spans_go():
    assert load_tracing(endpoint="http://collector:4318/").url == "http://collector:4318/v1/traces"
    assert load_tracing(endpoint="https://c.example/otlp/v1/traces").url == "https://c.example/otlp/v1/traces"


def test_wrong_settings_are_named_and_not_shown(tmp_path):
    with pytest.raises(ValueError, match="TRACING_ENDPOINT") as caught:
        load_tracing(endpoint="grpc://user:secret@host")
    assert "secret" not in str(caught.value)
    bad = tmp_path / "headers"
    bad.write_text("authorization: Bearer one\nsecret-without-colon\n")
    with pytest.raises(ValueError, match="line 2") as caught:
        load_tracing(endpoint="http://c", headers_file=bad)
    assert "secret" not in str(caught.value)
    bad.write_text("Authorization: Bearer one:two\n\nX-Org: 7\n")
    found = load_tracing(endpoint="http://c", headers_file=bad).read_headers()
    assert found == {"authorization": "Bearer one:two", "x-org": "7"}


@pytest.mark.parametrize("part", ["agent_gateway.__main__", "agent_operator.__main__", "agent_runner.app"])
def test_nothing_of_opentelemetry_is_loaded_by_who_tells_no_traces(part):
    code = f"import sys, {part}; print([m for m in sys.modules if m.startswith(('opentelemetry', 'requests'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=250)
    assert done.stdout.strip() == "[]"
