"""What can go wrong in the operator, by meaning; what a call of the API server can fail with is `agent_kube.errors`.

OperatorError
├── ConfigError     settings that no waiting mends; exit 64
├── SchemaError     the cluster's custom resource definitions are missing
│   └── SchemaOlder they are older than needed
├── NameUnknown     the name service does not know the gateway, or does not answer
└── NotLeading      another operator leads: nothing may be written
"""

from __future__ import annotations


class OperatorError(Exception):
    """The root; its text is a sentence."""


class ConfigError(OperatorError):
    """Settings that no waiting mends."""


class SchemaError(OperatorError):
    """The cluster's custom resource definitions are missing, or may not be read."""


class SchemaOlder(SchemaError):
    """The cluster's custom resource definitions are older than needed; they may be on their way."""


class NameUnknown(OperatorError):
    """The name service does not know the gateway, or does not answer."""


class NotLeading(OperatorError):
    """Another operator leads, or may: nothing may be written."""
