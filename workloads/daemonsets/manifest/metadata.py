"""What some metadata means: what the console keeps there, and what people never write themselves."""

from __future__ import annotations

from typing import Final

ALIAS: Final = "kubesphere.io/alias-name"
DESCRIPTION: Final = "kubesphere.io/description"
SAMPLE: Final = "daemonset-console/sample"
"""The annotation of what a new console starts with."""

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl keeps the whole object, values of Secrets and all."""

SERVER_FIELDS: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""Fields of the metadata that only the API server sets."""
