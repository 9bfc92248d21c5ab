"""What the Pod Security level of a namespace has against a pod template.

The API server checks pods only: a DaemonSet that violates the enforced level is stored, and no pod starts.

Sources: https://kubernetes.io/docs/concepts/security/pod-security-standards/ and the checks in
k8s.io/pod-security-admission/policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.sentences import Sentence
from workloads.documents.paths import Json, Path

Level: TypeAlias = Literal["privileged", "baseline", "restricted"]
CITE: Final = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"


@dataclass(frozen=True, slots=True)
class Violation:
    """level: the lowest level that forbids it. control: its name in the standards ("Host Namespaces").
    path: the field, from the DaemonSet's root; of what is missing, where it belongs."""

    level: Level
    control: str
    path: Path
    say: Sentence


def enforced(namespace: Json) -> Level:
    """The level that the labels of a Namespace enforce; "privileged" (anything goes) without any."""
    raise NotImplementedError


def violations(template: Json, level: Level) -> list[Violation]:
    """All that the level forbids in a pod template, in the order of the standards."""
    raise NotImplementedError
