"""Annotations that the console reads and writes, and metadata fields that only the API server sets."""

from __future__ import annotations

from typing import Final

ALIAS: Final = "kubesphere.io/alias-name"
DESCRIPTION: Final = "kubesphere.io/description"
SAMPLE: Final = "daemonset-console/sample"
"""The annotation of the sample objects that a new console starts with."""

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl stores the whole object, including the values of Secrets."""

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
"""Fields of `metadata` that only the API server sets."""
