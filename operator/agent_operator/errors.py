"""What can go wrong in the operator, by meaning.

OperatorError
├── ConfigError     settings that no waiting mends; exit 64
├── SchemaError     the cluster's custom resource definitions are missing
│   └── SchemaOlder they are older than needed
└── KubeError       the API server refused a call, or did not answer
    ├── Conflict    409: somebody wrote in between, or it exists already
    └── Refused     403 or 422: admission, quota or validation; the text is the API server's
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


class KubeError(OperatorError):
    """The API server refused a call, or did not answer."""


class Conflict(KubeError):
    """Somebody wrote in between, or it exists already."""


class Refused(KubeError):
    """Admission, quota or validation said no."""
