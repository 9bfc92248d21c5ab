"""What the scheduler and the kubelet will do with a pod that the controller wants.

The second layer: never mixed with the controller's verdict, which looks at none of this.

Sources: pkg/scheduler/framework/plugins (noderesources, nodeports), HostPortInfo in
pkg/scheduler/framework/types.go,
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from workloads.daemonsets.placement import OLDEST, Features, Inventory
from workloads.daemonsets.sentences import Sentence
from workloads.documents.paths import Json, Path

Kind: TypeAlias = Literal["room", "host-port", "claim", "pod-security"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why pods will not run though the controller wants them.

    resource: of "room" the resource (`cpu`, `pods`, `nvidia.com/gpu`), of "host-port" the port (`TCP 9100`),
    of "claim" its name, of "pod-security" the control.
    nodes: where; () means everywhere (Pod Security). say: about all of them together.
    path: the field it is about, from the DaemonSet's root. cite: where the rule is from.
    """

    kind: Kind
    resource: str
    say: Sentence
    nodes: tuple[str, ...]
    path: Path
    cite: str
    on_node: Mapping[str, Sentence]
    """Node → what to say of that one."""


@dataclass(frozen=True)
class Fit:
    """problems: grouped, the gravest first. unknown: nodes that get a pod and do not say what they have."""

    problems: tuple[Problem, ...]
    unknown: tuple[str, ...]

    def on(self, node: str) -> list[Sentence]:
        """What stands against the pod on one node; what holds everywhere not included."""
        raise NotImplementedError

    @property
    def short(self) -> frozenset[str]:
        """The nodes with a problem of their own."""
        raise NotImplementedError


class Room:
    """What the nodes have and what takes it; prepared once for any number of DaemonSets.

    nodes: whole Node objects (`status.allocatable`).
    """

    def __init__(self, nodes: Iterable[Json]) -> None:
        raise NotImplementedError

    @property
    def inventory(self) -> Inventory:
        """The same nodes for placement."""
        raise NotImplementedError

    def with_daemonsets(
        self,
        daemonsets: Iterable[Json],
        limit_ranges: Mapping[str, Sequence[Json]] | None = None,
        *,
        features: Features = OLDEST,
    ) -> Room:
        """Taken by the pods of these DaemonSets, where they should run: all there is to know offline.

        limit_ranges: namespace → its LimitRanges.
        """
        raise NotImplementedError

    def with_pods(self, pods: Iterable[Json]) -> Room:
        """Taken by these pods of a cluster, those that are bound to a node and not finished."""
        raise NotImplementedError


def fit(
    daemonset: Json,
    room: Room,
    *,
    limit_ranges: Sequence[Json] = (),
    claims: Mapping[str, Json] | None = None,
    namespace: Json = None,
    features: Features = OLDEST,
) -> Fit:
    """Whether the pods of a DaemonSet will run where they should.

    Of what is in the room, the DaemonSet's own pods (same namespace and name) do not count: they make way.
    claims: name → PersistentVolumeClaim of its project, None: not known. namespace: the Namespace object, for
    its Pod Security level.
    """
    raise NotImplementedError
