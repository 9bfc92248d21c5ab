"""What state a DaemonSet of a cluster is in, by the numbers its controller reports.

The numbers count nodes, not pods, and speak of the generation in `observedGeneration` only
(kubernetes pkg/controller/daemon/daemon_controller.go, updateDaemonSetStatus).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from workloads.daemonsets.manifest.findings import gettext_noop
from workloads.documents.paths import Json, get

State: TypeAlias = Literal[
    "saved", "running", "updating", "outdated", "degraded", "idle", "unobserved", "deleting"
]
Tone: TypeAlias = Literal["", "ok", "busy", "bad"]


@dataclass(frozen=True, slots=True)
class Status:
    """`template % params` is the English text, `template` the key to translate; `tone` chooses the dot.

    misscheduled: nodes that run a pod and should not.
    """

    state: State
    tone: Tone
    template: str
    params: Mapping[str, Any] = field(default_factory=dict)
    desired: int = 0
    ready: int = 0
    misscheduled: int = 0

    @property
    def text(self) -> str:
        return self.template % self.params


SAVED: Final = Status("saved", "", gettext_noop("Saved"))
"""Of an object of the offline store: nothing runs."""


def of(value: Json) -> Status:
    """The status of a DaemonSet as the API server sent it. Numbers it does not have count as 0."""
    reported = get(value, ("status",))
    reported = reported if isinstance(reported, dict) else {}

    def number(name: str) -> int:
        count = reported.get(name)
        return count if isinstance(count, int) else 0

    desired, current = number("desiredNumberScheduled"), number("currentNumberScheduled")
    ready, available = number("numberReady"), number("numberAvailable")
    updated, generation = number("updatedNumberScheduled"), get(value, ("metadata", "generation"))

    def status(state: State, tone: Tone, template: str, **params: Any) -> Status:
        params["desired"] = desired
        return Status(state, tone, template, params, desired, ready, number("numberMisscheduled"))

    if get(value, ("metadata", "deletionTimestamp")):
        return status("deleting", "busy", gettext_noop("Being deleted"))
    if isinstance(generation, int) and number("observedGeneration") < generation:
        said = gettext_noop("Waiting for the controller")
        if not number("observedGeneration"):  # it may not run at all
            said = gettext_noop("No report from the controller yet")
        return status("unobserved", "busy", said)
    if desired == 0:
        return status("idle", "", gettext_noop("No node matches"))
    if updated < desired and get(value, ("spec", "updateStrategy", "type")) != "OnDelete":
        said = gettext_noop("Updating: %(updated)d of %(desired)d")
        return status("updating", "busy", said, updated=updated)
    if current < desired:
        said = gettext_noop("No pod on %(missing)d of %(desired)d nodes")
        return status("degraded", "bad", said, missing=desired - current)
    if available < desired:
        said = gettext_noop("Available on %(available)d of %(desired)d nodes")
        return status("degraded", "bad", said, available=available)
    if updated < desired:
        said = gettext_noop("Older revision on %(older)d of %(desired)d nodes until deleted")
        return status("outdated", "busy", said, older=desired - updated)
    return status("running", "ok", gettext_noop("Running"))
