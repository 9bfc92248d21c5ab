"""What the API server would refuse in a manifest, and what is legal but usually wrong."""

from __future__ import annotations

from typing import Any

from workloads.daemonsets.facts import NOTHING_KNOWN, ProjectFacts
from workloads.daemonsets.findings import Finding

__all__ = ["NOTHING_KNOWN", "ProjectFacts", "check", "check_document"]


def check(value: Any, project: ProjectFacts = NOTHING_KNOWN) -> list[Finding]:
    """Everything there is to say about one DaemonSet. Never raises."""
    return []


def check_document(value: Any, project: ProjectFacts = NOTHING_KNOWN) -> list[Finding]:
    """Everything there is to say about one document of any kind. Never raises."""
    return []
