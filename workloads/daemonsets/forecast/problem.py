"""A problem: why pods will not start although the controller wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.manifest.findings import Step, step_of
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import Path

Kind: TypeAlias = Literal[
    # The API server refuses every pod.
    "pod-security",
    "limit-range",
    "class",
    "invalid",
    "account",
    # The scheduler lets pods wait.
    "gates",
    "claim",
    "runtime-class",
    "room",
    "host-port",
    "pod-affinity",
    "pod-anti-affinity",
    "spread",
    "device-claim",
    # The kubelet refuses the pod or does not start its containers.
    "config",
    "kubelet",
]

AT_ADMISSION: Final = frozenset({"pod-security", "limit-range", "class", "invalid", "account"})
"""The problems because of which the API server admits no pod at all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why pods will not start although the controller wants them.

    resource: for "room" the resource (`cpu`, `pods`, `nvidia.com/gpu`), for "host-port" the port (`TCP
    9100`), for "pod-affinity", "pod-anti-affinity" and "spread" the topology key, for "claim", "account",
    "runtime-class", "device-claim", "config" and "kubelet" its name, for "pod-security" the control; else "".
    say: the problem in general. on_node: node → the problem on that node; empty if it is not about certain
    nodes: admission refuses every pod, a claim for one node all pods but one. most: how many pods start at
    most, if it is not known on which nodes; None if all that are not on `on_node`. path: the field that
    causes it, from the DaemonSet's root. cite: the source of the rule. certain: false if the scheduler may
    make room by evicting pods of lower priority.
    """

    kind: Kind
    resource: str
    say: Sentence
    path: Path
    cite: str
    on_node: Mapping[str, Sentence] = field(default_factory=dict)
    certain: bool = True
    most: int | None = None

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(self.on_node)

    @property
    def step(self) -> Step:
        return step_of(self.path)
