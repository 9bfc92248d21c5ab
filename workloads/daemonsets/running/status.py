"""The state of a DaemonSet on a cluster, by the numbers that its controller reports.

The numbers count nodes, not pods, and are about the generation in `observedGeneration`
(kubernetes pkg/controller/daemon/daemon_controller.go, updateDaemonSetStatus).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from workloads.daemonsets.manifest.findings import gettext_noop
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.running.presence import parse_time
from workloads.documents.paths import Json, get

State: TypeAlias = Literal[
    "saved", "running", "updating", "outdated", "degraded", "idle", "unobserved", "deleting"
]
Tone: TypeAlias = Literal["", "ok", "busy", "bad"]


@dataclass(frozen=True, slots=True)
class Status:
    """`template % params` is the English text, `template` the key to translate.

    code: the text's short name, finer than `state`. tone: the colour of the dot.
    desired: nodes that should have a pod; with_pod, ready, updated: how many of them have one, a ready one,
    one of the newest revision. misscheduled: nodes that have a pod but should not.
    """

    state: State
    tone: Tone
    code: str
    template: str
    params: Mapping[str, Any] = field(default_factory=dict)
    desired: int = 0
    with_pod: int = 0
    ready: int = 0
    updated: int = 0
    misscheduled: int = 0

    @property
    def text(self) -> str:
        return self.template % self.params


SAVED: Final = Status("saved", "", "saved", gettext_noop("Saved"))
"""The status of objects in the offline store, where nothing runs."""
FIRST_REPORT: Final = dt.timedelta(minutes=1)
"""How long the controller may take to report on a new DaemonSet. Older ones never report on one whose pods
the API server rejects: syncDaemonSet of 1.20 returns before the status, that of 1.36 does not."""


def of(value: Json, now: dt.datetime | None = None) -> Status:
    """The status of a DaemonSet as the API server sent it; absent numbers count as 0.

    now: with a time zone; without it, no report is overdue.
    """
    reported = get(value, ("status",))
    reported = reported if isinstance(reported, dict) else {}

    def number(name: str) -> int:
        count = reported.get(name)
        return count if isinstance(count, int) else 0

    desired, current = number("desiredNumberScheduled"), number("currentNumberScheduled")
    ready, available = number("numberReady"), number("numberAvailable")
    updated, generation = number("updatedNumberScheduled"), get(value, ("metadata", "generation"))

    def status(state: State, tone: Tone, code: str, template: str, **params: Any) -> Status:
        params["desired"] = desired
        return Status(
            state,
            tone,
            code,
            template,
            params,
            desired=desired,
            with_pod=min(current, desired),
            ready=min(ready, desired),
            updated=min(updated, desired),
            misscheduled=number("numberMisscheduled"),
        )

    if get(value, ("metadata", "deletionTimestamp")):
        return status("deleting", "busy", "deleting", gettext_noop("Being deleted"))
    if isinstance(generation, int) and number("observedGeneration") < generation:
        if not number("observedGeneration"):  # the controller may not run at all
            created = parse_time(Place(value).at("metadata", "creationTimestamp"))
            if now and created and now - created > FIRST_REPORT:
                return status(
                    "degraded", "bad", "report-overdue", gettext_noop("The controller does not report")
                )
            return status(
                "unobserved", "busy", "no-report", gettext_noop("No report from the controller yet")
            )
        return status("unobserved", "busy", "unobserved", gettext_noop("Waiting for the controller"))
    if desired == 0:
        return status("idle", "", "no-node", gettext_noop("No matching nodes"))
    # Where every pod that exists is of the newest revision, pods are missing, not waiting for their update.
    replacing = updated < min(current, desired)
    if replacing and get(value, ("spec", "updateStrategy", "type")) != "OnDelete":
        template = gettext_noop("Updating: %(updated)d of %(desired)d")
        return status("updating", "busy", "updating", template, updated=updated)
    if current < desired:
        template = gettext_noop("No pod on %(missing)d of %(desired)d nodes")
        return status("degraded", "bad", "missing", template, missing=desired - current)
    if available < desired:
        template = gettext_noop("Available on %(available)d of %(desired)d nodes")
        return status("degraded", "bad", "unavailable", template, available=available)
    if updated < desired:
        template = gettext_noop("Older revision on %(older)d of %(desired)d nodes until deleted")
        return status("outdated", "busy", "outdated", template, older=desired - updated)
    return status("running", "ok", "running", gettext_noop("Running"))
