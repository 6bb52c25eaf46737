"""The metrics that gateway and operator expose, as their own modules declare them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client import REGISTRY

PREFIX: Final = "openclaw_"
_GATEWAY: Final = ("agent_gateway.serving", "agent_gateway.hooks.worker", "agent_gateway.models.metrics")
_OPERATOR: Final = ("agent_operator.metrics",)
_SUFFIXES: Final = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of ours.

    Attributes:
        name: As it is declared; a counter's series are called `<name>_total`.
        kind: counter, gauge or histogram.
        words: What it counts.
        labels: Their names.
    """

    name: str
    kind: str
    words: str
    labels: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Return the name by which one asks for it."""
        return f"{self.name}_total" if self.kind == "counter" else self.name

    @property
    def series(self) -> tuple[str, ...]:
        """Return the names of its series."""
        return tuple(f"{self.name}{suffix}" for suffix in _SUFFIXES[self.kind])

    @property
    def part(self) -> str:
        """Say who exposes it."""
        return "operator" if self.name.startswith(f"{PREFIX}operator_") else "gateway"


def read_metrics() -> list[Metric]:
    """Return every metric of ours, by name."""
    for module in (*_GATEWAY, *_OPERATOR):
        importlib.import_module(module)
    found = {id(collector): collector for collector in REGISTRY._collector_to_names}  # noqa: SLF001  # it tells labels of no other
    metrics = [_build(collector) for collector in found.values() if _is_ours(collector)]
    return sorted(metrics, key=lambda metric: (metric.part, metric.name))


def _is_ours(collector: Any) -> bool:
    return str(getattr(collector, "_name", "")).startswith(PREFIX)


def _build(collector: Any) -> Metric:
    return Metric(collector._name, collector._type, collector._documentation, tuple(collector._labelnames))  # noqa: SLF001
