"""The chart as helm renders it."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dev.cluster.build import build
from dev.release import CHART

Objects = dict[tuple[str, str], dict[str, Any]]
"""What a chart makes, by kind and name."""


class ChartRefusedError(Exception):
    """Helm refuses the values; its words are the text."""


def render(*settings: str, namespace: str = "default", demo: bool = True) -> Objects:
    """Return what the chart makes.

    Raises:
        subprocess.CalledProcessError: helm refuses the values.
    """
    return _read(_template((f"demo.enabled={str(demo).lower()}", *settings), namespace))


def render_values(
    values: Mapping[str, Any], *, release: str = "oc", namespace: str = "openclaw", chart: Path = CHART
) -> Objects:
    """Return what the chart makes with a file of values, beside the demo's.

    Raises:
        ChartRefusedError: helm refuses them.
    """
    given = json.dumps({"demo": {"enabled": True}, **values})
    command = [build() / "helm", "template", release, chart, "-n", namespace, "-f", "-"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=given)
    if done.returncode:
        raise ChartRefusedError(done.stderr)
    return _read(done.stdout)


def pod_of(objects: Objects, kind: str, name: str) -> dict[str, Any]:
    """Return a workload's pod template."""
    template: dict[str, Any] = objects[kind, name]["spec"]["template"]
    return template


def _read(text: str) -> Objects:
    return {(d["kind"], d["metadata"]["name"]): d for d in yaml.load_all(text, yaml.CSafeLoader) if d}


@functools.cache
def _template(settings: tuple[str, ...], namespace: str) -> str:
    given = [word for setting in settings for word in ("--set", setting)]
    command = [build() / "helm", "template", "oc", CHART, "-n", namespace, *given]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
