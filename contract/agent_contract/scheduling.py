"""Where agents' pods may run: the fields of core/v1 that a class may name, each with a bound."""

from __future__ import annotations

from typing import Annotated, Literal

from agent_contract.base import Wire
from agent_contract.modelling import Field

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
"""Of a resource."""
LabelValue = Annotated[str, Field(pattern=r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$", max_length=63)]
LabelKey = Annotated[
    str, Field(pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$", max_length=317)
]
Labels = Annotated[dict[str, LabelValue], Field(max_length=32)]
Weight = Annotated[int, Field(ge=1, le=100)]


class Toleration(Wire):
    """A core/v1 toleration."""

    key: Annotated[str, Field(max_length=316)] | None = None
    """The taint's key; absent with Exists means every one."""
    operator: Literal["Exists", "Equal"] | None = None
    """Exists or Equal."""
    value: Annotated[str, Field(max_length=63)] | None = None
    """The taint's value, with Equal."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; absent means every one."""
    toleration_seconds: int | None = None
    """How long NoExecute is tolerated; absent means for ever."""


class NodeRequirement(Wire):
    """What a node's label must be."""

    key: LabelKey
    """The label's key."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    """How its value is compared."""
    values: Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=32)] | None = None
    """With In and NotIn; one number with Gt and Lt."""


class NodeTerm(Wire):
    """Requirements that a node meets all at once."""

    match_expressions: Annotated[list[NodeRequirement], Field(max_length=16)] | None = None
    """Of its labels."""
    match_fields: Annotated[list[NodeRequirement], Field(max_length=16)] | None = None
    """Of its fields, such as metadata.name."""


class NodeTerms(Wire):
    """Terms of which a node meets one."""

    node_selector_terms: Annotated[list[NodeTerm], Field(min_length=1, max_length=16)]
    """The terms."""


class WeightedNodeTerm(Wire):
    """A term that a node had better meet."""

    weight: Weight
    """How much that counts."""
    preference: NodeTerm
    """The term."""


class NodeAffinity(Wire):
    """Which nodes are wanted."""

    required_during_scheduling_ignored_during_execution: NodeTerms | None = None
    """No other node will do."""
    preferred_during_scheduling_ignored_during_execution: (
        Annotated[list[WeightedNodeTerm], Field(max_length=16)] | None
    ) = None
    """Others will do where these have no room."""


class LabelRequirement(Wire):
    """What a label of a pod or namespace must be."""

    key: LabelKey
    """The label's key."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How its value is compared."""
    values: Annotated[list[LabelValue], Field(max_length=32)] | None = None
    """With In and NotIn."""


class LabelSelector(Wire):
    """Labels of pods or namespaces, met all at once."""

    match_labels: Labels | None = None
    """Labels with these values."""
    match_expressions: Annotated[list[LabelRequirement], Field(max_length=16)] | None = None
    """Further requirements."""


class PodTerm(Wire):
    """Pods that shall be near, or far."""

    topology_key: LabelKey
    """The node's label by which near is told, such as kubernetes.io/hostname."""
    label_selector: LabelSelector | None = None
    """Which pods; absent means the agents of this namespace."""
    namespaces: Annotated[list[Name], Field(max_length=16)] | None = None
    """Where they are; absent means the agents' namespace."""
    namespace_selector: LabelSelector | None = None
    """Where they are besides, by labels of namespaces."""
    match_label_keys: Annotated[list[LabelKey], Field(max_length=16)] | None = None
    """Labels whose values must be the agent's own."""
    mismatch_label_keys: Annotated[list[LabelKey], Field(max_length=16)] | None = None
    """Labels whose values must not be the agent's own."""


class WeightedPodTerm(Wire):
    """Pods that had better be near, or far."""

    weight: Weight
    """How much that counts."""
    pod_affinity_term: PodTerm
    """Which pods."""


class PodAffinity(Wire):
    """Which pods shall be near, or, as an anti-affinity, far."""

    required_during_scheduling_ignored_during_execution: Annotated[list[PodTerm], Field(max_length=16)] | None = None
    """No other node will do."""
    preferred_during_scheduling_ignored_during_execution: (
        Annotated[list[WeightedPodTerm], Field(max_length=16)] | None
    ) = None
    """Others will do where these have no room."""


class Affinity(Wire):
    """A core/v1 affinity."""

    node_affinity: NodeAffinity | None = None
    """By nodes."""
    pod_affinity: PodAffinity | None = None
    """Near pods."""
    pod_anti_affinity: PodAffinity | None = None
    """Far from pods."""


class SpreadConstraint(Wire):
    """A core/v1 topology spread constraint."""

    max_skew: Annotated[int, Field(ge=1, le=1000)] = 1
    """How many more agents one domain may have than another."""
    topology_key: LabelKey
    """The node's label that tells the domains, such as topology.kubernetes.io/zone."""
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"]
    """Whether a pod waits, or begins all the same."""
    label_selector: LabelSelector | None = None
    """Which pods are counted; absent means the agents of this namespace."""
    min_domains: Annotated[int, Field(ge=1, le=1000)] | None = None
    """How many domains there should be, with DoNotSchedule."""
    match_label_keys: Annotated[list[LabelKey], Field(max_length=16)] | None = None
    """Labels whose values must be the agent's own for a pod to count."""
    node_affinity_policy: Literal["Honor", "Ignore"] | None = None
    """Whether only nodes that the affinity allows are counted."""
    node_taints_policy: Literal["Honor", "Ignore"] | None = None
    """Whether only nodes whose taints are tolerated are counted."""


class Scheduling(Wire):
    """Where the pods may run."""

    node_selector: Annotated[dict[str, Annotated[str, Field(max_length=63)]], Field(max_length=32)] = {}
    """Labels that a node must have."""
    tolerations: Annotated[list[Toleration], Field(max_length=32)] = []
    """Taints that the pods put up with."""
    affinity: Affinity | None = None
    """Nodes that are wanted, and pods that shall be near or far."""
    topology_spread_constraints: Annotated[list[SpreadConstraint], Field(max_length=16)] = []
    """How the pods are spread over zones or nodes."""
    priority_class_name: Name | None = None
    """The pods' PriorityClass; absent means the chart's for agents."""
    scheduler_name: Name | None = None
    """Who finds a node; absent means the cluster's own scheduler."""
