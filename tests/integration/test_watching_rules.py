"""Each alert on played series, by Prometheus' own judge: it is called for what it is for, and for nothing where all is well."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml
from prometheus_client import REGISTRY, generate_latest

from dev.chart import CHART
from dev.watching import slos
from dev.watching.exposed import read_metrics
from dev.watching.prometheus import find_programs
from dev.watching.rules import ALERTS
from tests.support.alerting import CASES, MINUTES, NOBODY, WELL, move

RULES = CHART / "monitoring" / "rules.yaml"
NAMES = sorted({alert.name for alert in ALERTS} | {one.alert for one in slos.OBJECTIVES})
WELL_ONE = "well"
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def find_firing(folder, series):
    """Return the labels of all alerts that fire at the end, as promtool finds them.

    It is told to expect what no alert has, and then names those that it got.
    """
    expected = [
        {"eval_time": f"{MINUTES}m", "alertname": name, "exp_alerts": [{"exp_labels": {"none": "such"}}]}
        for name in NAMES
    ]
    played = [{"series": name, "values": values} for name, values in series.items()]
    test = {"interval": "1m", "input_series": played, "alert_rule_test": expected}
    file = folder / "tests.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [test]}))
    promtool = find_programs().promtool
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False, timeout=250)
    words = done.stdout + done.stderr
    assert words.count("got:") == len(NAMES), words
    got = [line for told in words.split("got:")[1:] for line in told.split("exp:")[0].splitlines() if "Labels:" in line]
    return [dict(_LABEL.findall(line)) for line in got]


def test_every_alert_is_played():
    assert sorted({case.alert for case in CASES}) == NAMES


@pytest.fixture(scope="module")
def firing(tmp_path_factory):
    """Return what fires where each case is a release of its own, beside one that is well."""
    series = move(WELL, WELL_ONE)
    for number, case in enumerate(CASES):
        series |= move(WELL | case.series, f"case-{number}")
    return find_firing(tmp_path_factory.mktemp("rules"), series)


def test_nobody_is_called_where_all_is_well(firing):
    assert [one for one in firing if one["namespace"] == WELL_ONE] == []


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: f"{number}-{CASES[number].alert}")
def test_an_alert_calls_for_what_it_is_for_and_for_nothing_else(firing, number):
    found = [one for one in firing if one["namespace"] == f"case-{number}"]
    case = CASES[number]
    assert {one["alertname"] for one in found} == {case.alert, case.also} - {""}
    assert any(case.labels.items() <= one.items() for one in found), found


def test_somebody_is_called_where_nothing_can_be_read(tmp_path):
    found = {one["alertname"] for one in find_firing(tmp_path, WELL | NOBODY)}
    assert found == {"OpenclawNobodyLeads", "OpenclawOperatorStands"}


def test_names_and_help_are_as_prometheus_asks():
    read_metrics()
    done = subprocess.run(
        [find_programs().promtool, "check", "metrics"],
        input=generate_latest(REGISTRY),
        capture_output=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr.decode()
