"""Rules and dashboard ask only for what gateway and operator expose, and each alert leads to a runbook."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from dev.chart import CHART, ROOT
from dev.watching.__main__ import build_files
from dev.watching.dashboard import build_dashboard, find_exprs
from dev.watching.exposed import read_metrics
from dev.watching.rules import ALERTS, build_rules
from dev.watching.slos import OBJECTIVES, WINDOWS

METRICS = read_metrics()
LABELS = {series: {*one.labels, "namespace", "pod", "le"} for one in METRICS for series in one.series}
RECORDED = {one.record(window): {"namespace"} for one in OBJECTIVES for window in WINDOWS}
KNOWN = LABELS | RECORDED
BOARD = json.loads(build_dashboard())
RULES = [rule for group in yaml.safe_load(build_rules())["groups"] for rule in group["rules"]]
EXPRS = [*find_exprs(BOARD), *(rule["expr"] for rule in RULES)]
FORBIDDEN = ("thread", "chat", "person", "topic", "turn", "run", "name", "user", "token")
_NAME = re.compile(r"openclaw[:_][a-z0-9_:]+")
_CHOSEN = re.compile(r"(openclaw[:_][a-z0-9_:]+)\{([^}]*)\}")
_BY = re.compile(r"by \(([a-z_, ]*)\) \((?:rate|increase)?\(?(openclaw[:_][a-z0-9_:]+)")


def find_faults(expr):
    """Say what an expression asks for that nobody exposes."""
    faults = [f"there is no {name}" for name in _NAME.findall(expr) if name not in KNOWN]
    asked = [(name, re.findall(r'([a-z_]+)(?:=~|!=|=)"', chosen)) for name, chosen in _CHOSEN.findall(expr)]
    asked += [(name, [label.strip() for label in by.split(",")]) for by, name in _BY.findall(expr)]
    return faults + [
        f"{name} has no {label}" for name, labels in asked for label in labels if label not in KNOWN.get(name, {label})
    ]


@pytest.mark.parametrize("expr", EXPRS, ids=range(len(EXPRS)))
def test_what_is_asked_for_is_exposed(expr):
    assert _NAME.search(expr)
    assert find_faults(expr) == []


@pytest.mark.parametrize(
    "expr",
    ["rate(openclaw_answer_total[5m])", 'openclaw_answers_total{kind="x"}', "sum by (kind) (rate(openclaw_answers_total[5m]))",
     "openclaw_step_seconds", "openclaw:answers_bad:ratio_rate9m"],
)  # fmt: skip
def test_what_is_not_there_is_found_out(expr):
    assert find_faults(expr)


def test_each_metric_is_looked_at_somewhere():
    used = {name for expr in EXPRS for name in _NAME.findall(expr)}
    assert [one.name for one in METRICS if not used & set(one.series)] == []


def test_no_metric_has_a_label_that_grows_with_conversations_or_people():
    assert [(one.name, label) for one in METRICS for label in one.labels if label in FORBIDDEN] == []


def test_panels_stand_beside_each_other():
    places = [panel["gridPos"] for panel in BOARD["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells))
    assert all(p["x"] + p["w"] <= 24 for p in places)
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_each_alert_has_a_runbook_that_says_what_is_to_be_done():
    page = (ROOT / "docs" / "how-to" / "alerts.md").read_text()
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    names = {alert.name for alert in ALERTS} | {one.alert for one in OBJECTIVES}
    assert {name for name in sections if name.startswith("Openclaw")} == names
    assert [name for name in names if not re.search(r"\*\*Look\*\*.*\*\*Do\*\*", sections[name], re.DOTALL)] == []
    for rule in (rule for rule in RULES if "alert" in rule):
        assert rule["annotations"]["runbook_url"] == f"docs/how-to/alerts.md#{rule['alert'].lower()}"


def test_severities_are_two_and_objectives_have_four_windows():
    alerts = [rule for rule in RULES if "alert" in rule]
    assert {rule["labels"]["severity"] for rule in alerts} == {"critical", "warning"}
    assert [sum(rule["alert"] == one.alert for rule in alerts) for one in OBJECTIVES] == [4, 4]


@pytest.mark.parametrize("path", build_files(), ids=lambda path: path.name)
def test_what_is_written_is_what_would_be_written(path):
    assert path.read_text() == build_files()[path]
    assert path.is_relative_to(CHART) or path.is_relative_to(ROOT / "docs")
