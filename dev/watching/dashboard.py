"""The dashboard as Grafana loads it: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from dev.watching.exposed import read_metrics
from dev.watching.panels import ROWS, Panel, build_rest

_WIDTH: Final = 24
_HEIGHTS: Final = {"timeseries": 8, "stat": 4}
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


def build_dashboard() -> str:
    """Return the dashboard's JSON."""
    rest = build_rest(read_metrics())
    board = {
        "uid": "openclaw-dispatcher",
        "title": "openclaw-dispatcher",
        "description": "Conversations with agents: whether they are answered, where time goes, what waits.",
        "tags": ["openclaw"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_build_source(), _build_namespace()]},
        "panels": list(_place([*ROWS, *([rest] if rest[1] else [])])),
    }
    return json.dumps(board, indent=1, ensure_ascii=False) + "\n"


def find_exprs(board: dict[str, Any]) -> list[str]:
    """Return every expression of a dashboard."""
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]


def _build_source() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
        "hide": 0,
    }


def _build_namespace() -> dict[str, Any]:
    return {
        "name": "namespace",
        "label": "Namespace",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": "label_values(openclaw_leading, namespace)", "refId": "namespace"},
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
        "sort": 1,
    }


def _place(rows: Iterable[tuple[str, tuple[Panel, ...]]]) -> Iterator[dict[str, Any]]:
    """Yield rows and panels, each where it stands: from left to right, a new line where there is no room."""
    number = y = 0
    for title, panels in rows:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": title,
            "collapsed": False,
            "panels": [],
            "gridPos": _at(0, y, _WIDTH, 1),
        }
        x, y, deepest = 0, y + 1, 0
        for panel in panels:
            if x + panel.width > _WIDTH:
                x, y, deepest = 0, y + deepest, 0
            number += 1
            height = _HEIGHTS[panel.kind]
            yield {"id": number, "gridPos": _at(x, y, panel.width, height), **_build_panel(panel)}
            x, deepest = x + panel.width, max(deepest, height)
        y += deepest


def _at(x: int, y: int, w: int, h: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": w, "h": h}


def _build_panel(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bounds is not None:
        yellow, red = panel.bounds
        steps += [{"color": "yellow", "value": yellow}, {"color": "red", "value": red}]
    return {
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": _OPTIONS[panel.kind],
        "targets": [
            {"refId": chr(ord("A") + i), "datasource": _SOURCE, "expr": line.expr, "legendFormat": line.legend or "__auto",
             "exemplar": panel.exemplars}
            for i, line in enumerate(panel.lines)
        ],
    }  # fmt: skip


_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom"},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "area"},
}
