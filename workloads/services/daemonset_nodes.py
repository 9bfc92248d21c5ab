"""Where one stored DaemonSet runs, node by node, why not elsewhere, and changes that include more nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from workloads.daemonsets.forecast.fit import Fit
from workloads.daemonsets.forecast.quota import Forecast
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.placement.verdicts import Coverage, Inventory, Verdict, coverage, template_of
from workloads.daemonsets.running import absence, presence
from workloads.daemonsets.running.presence import NodePresence
from workloads.documents import Document, DocumentError, EditRefused, edit, read
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable
from workloads.services.fits import Start
from workloads.services.node_map import (
    NodeMap,
    NodeOutcome,
    NodeState,
    draw_map,
    exclusion_reasons,
    placement_remarks,
    planned_outcomes,
)
from workloads.services.offers import Offer, inclusion_offers, offers_by_reason
from workloads.services.running import (
    STATE_OF_PRESENCE,
    ClusterPods,
    cause_text,
    observed_outcomes,
    pod_reasons,
)
from workloads.services.starts import StoredStart, StoredStarts, stored_starts
from workloads.stores.protocol import Ref, Store, Stored

COUNTER_LABELS: Final[Mapping[str, str | Promise]] = {
    "desiredNumberScheduled": gettext_lazy("should run"),
    "currentNumberScheduled": gettext_lazy("have a pod"),
    "numberReady": gettext_lazy("ready"),
    "numberAvailable": gettext_lazy("available"),
    "updatedNumberScheduled": gettext_lazy("up to date"),
    "numberMisscheduled": gettext_lazy("have a pod, should not"),
    "numberUnavailable": gettext_lazy("unavailable"),
}


@dataclass(frozen=True, slots=True)
class DaemonSetNode:
    """One node of the table. remarks: what is worth knowing about a node that is not excluded. whole: the
    full message of the scheduler about its pod."""

    name: str
    state: NodeState
    reasons: Sequence[str]
    remarks: Sequence[str] = ()
    pod: str = ""
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Counters:
    """The controller's numbers next to those counted here: (field, label, reported, counted). lag: why the
    controller reports nothing newer, as sentences. recounts: whether it counts again at every change of a
    node, or only where a pod must come or go."""

    lines: Sequence[tuple[str, str | Promise, int, int]]
    lag: Sequence[str]
    recounts: bool

    @property
    def differs(self) -> bool:
        return any(reported != counted for _name, _label, reported, counted in self.lines)


@dataclass(frozen=True, slots=True)
class DaemonSetNodes:
    """on_node: None offline, and for users who can't read the pods. unfit: node → why its pod will not
    start."""

    nodes: Sequence[JsonObject]
    coverage: Coverage
    outcome_of: Callable[[str], NodeOutcome]
    map: NodeMap
    on_node: Mapping[str, NodePresence] | None
    starts: StoredStarts
    will: StoredStart
    unfit: Mapping[str, Sequence[str]]
    offers: Mapping[int, Sequence[Offer]]
    counters: Counters | None

    @property
    def start(self) -> Start | None:
        """As of StoredStart."""
        return self.will.start

    @property
    def fit(self) -> Fit | None:
        return self.will.fit

    @property
    def forecast(self) -> Forecast | None:
        """What the quotas stop."""
        return self.will.quotas

    @property
    def start_target(self) -> str:
        """The id of the section that explains `start`; "" if only the quotas do."""
        return "fit" if self.fit and not self.fit.silent else ""

    @property
    def live(self) -> bool:
        return self.on_node is not None

    @property
    def should_run(self) -> int:
        return len(self.coverage.should_run)

    def names(self, search: str, state: str = "") -> list[str]:
        """The nodes in which all words of a search are found. state: only those in it; "" for all."""
        return [
            name
            for name in self.coverage.verdicts
            if (not state or self.outcome_of(name).state == state)
            and self.outcome_of(name).matches(search, name)
        ]

    def row(self, name: str) -> DaemonSetNode:
        pod = (self.on_node or {}).get(name)
        verdict: Verdict = self.coverage[name]
        return DaemonSetNode(
            name,
            self.outcome_of(name).state,
            [
                *(pod_reasons(pod) if pod else ()),
                *self.unfit.get(name, ()),
                *exclusion_reasons(verdict, of_group=False),
            ],
            placement_remarks(verdict),
            pod.pod if pod else "",
            pod.scheduler_message if pod else "",
        )


def nodes_of_daemonset(store: Store, stored: Stored, *, group_by: str = "") -> DaemonSetNodes | None:
    """None for users who can't list nodes: see `pods_of_daemonset`. group_by: the label for the map."""
    nodes = if_readable(store.nodes)
    if nodes is None:
        return None
    features, inventory = store.capabilities(), Inventory.of(nodes)
    found = coverage(template_of(stored.value), inventory, features=features)
    on_node = None if not store.capabilities().runs_pods else _on_nodes(store, stored, found, nodes)
    starts = stored_starts(store, nodes, [stored], of_cluster=True)
    will = starts.alone(stored)
    unfit = will.unfit(found)
    outcome_of = (
        planned_outcomes(found, unstartable=unfit) if on_node is None else observed_outcomes(found, on_node)
    )
    drawn = draw_map(nodes, outcome_of, group_by)
    return DaemonSetNodes(
        nodes=nodes,
        coverage=found,
        outcome_of=outcome_of,
        map=drawn,
        on_node=on_node,
        starts=starts,
        will=will,
        unfit=unfit,
        offers=offers_by_reason(stored.value, found, inventory, features, drawn),
        counters=None if on_node is None else _counters(stored.value, found, on_node, features),
    )


def pods_of_daemonset(store: Store, stored: Stored) -> list[DaemonSetNode] | None:
    """The pods with the nodes that these name, for users who can't list nodes; None where the pods may not be
    read either."""
    on_node = _on_nodes(store, stored, None, ())
    if on_node is None:
        return None
    return [
        DaemonSetNode(
            name, STATE_OF_PRESENCE[pod.presence], pod_reasons(pod), pod=pod.pod, whole=pod.scheduler_message
        )
        for name, pod in on_node.items()
    ]


def apply_offer(store: Store, text: str, stored: Stored, key: str) -> tuple[int, str]:
    """(which document of a draft is the DaemonSet, the text with the change of the button `key`). The text
    stays as it is where the draft, which may have been open for long, has the change already or cannot take
    it."""
    try:
        documents = read(text)
        number = next(n for n, each in enumerate(documents) if _is(each, stored.ref))
    except (StopIteration, DocumentError):
        return 0, text
    inventory, features = Inventory.of(store.nodes()), store.capabilities()

    def offers(value: JsonObject) -> list[Offer]:
        found = coverage(template_of(value), inventory, features=features)
        return inclusion_offers(value, found, inventory, features)

    wanted = [each.label for each in offers(stored.value) if each.key == key]
    # The same change is made at another place of a draft in which others were made before it.
    same = [each for each in offers(documents[number].value) if each.label in wanted]
    try:
        return number, edit(text, number, list(same[0].changes)) if same else text
    except EditRefused:
        return number, text


def _is(document: Document, ref: Ref) -> bool:
    return (document.kind, document.name) == (ref.kind, ref.name) and document.namespace in ("", ref.project)


def _on_nodes(
    store: Store, stored: Stored, found: Coverage | None, nodes: Sequence[JsonObject]
) -> dict[str, NodePresence] | None:
    """None for users who can't read the pods."""
    value, project = stored.value, stored.ref.project
    pods = if_readable(lambda: store.pods(project, selector=value["spec"].get("selector")))
    if pods is None:
        return None
    on_node = ClusterPods(store, pods).on_nodes(value, found)
    if found is None or not absence.any_missing(on_node):
        return on_node
    events = if_readable(lambda: store.events(project, stored.ref.kind, uid=presence.uid_of(value)))
    return absence.with_causes(on_node, value, nodes, events, stored.updated_at)


_RECOUNTED_BEFORE: Final = 34
"""Since this minor version the controller looks at a DaemonSet again only if a changed node needs a pod or
must lose one (syncNodeUpdate in pkg/controller/daemon/daemon_controller.go): a new taint that lets pods stay
changes none of its numbers."""


def _counters(
    value: JsonObject, found: Coverage, on_node: Mapping[str, NodePresence], features: Features
) -> Counters:
    reported, counted = presence.reported_counters(value), presence.counters(on_node, found.should_run)
    lines = [(name, label, reported[name], counted[name]) for name, label in COUNTER_LABELS.items()]
    recounts = features.minor is not None and features.minor < _RECOUNTED_BEFORE
    if all(from_controller == own for _name, _label, from_controller, own in lines):
        return Counters(lines, (), recounts)
    lag = absence.unobserved(value)
    why = next((each.cause for each in on_node.values() if each.cause), lag) if lag else None
    return Counters(lines, cause_text(why), recounts)
