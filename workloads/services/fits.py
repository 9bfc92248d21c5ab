"""Will the pods start? What previews of a manifest and pages of stored DaemonSets (`starts.py`) both say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workloads.daemonsets.forecast.fit import Fit, fit, nodes_without_surge_room
from workloads.daemonsets.forecast.quota import Forecast
from workloads.daemonsets.forecast.rollout import budget
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.placement.verdicts import Coverage
from workloads.daemonsets.project.facts import ProjectFacts, identity
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable
from workloads.services.occupancy import Occupancy
from workloads.services.translation import filled, say
from workloads.stores.protocol import Store, namespace

_REASONS: Final = 2


def fit_budget(nodes: int, others: int) -> int:
    """For this many DaemonSets one page can say whether their pods will start. others: the DaemonSets that
    take room on the nodes.

    Each is checked on every node and against every other DaemonSet; what these take is added up once."""
    return max(settings.FIT_CHECKS - nodes * others // 50, 0) // max(nodes + others, 1)


def fit_in_project(value: JsonObject, facts: ProjectFacts, others: Occupancy, namespace: JsonObject) -> Fit:
    """facts: what is known of the project; namespace: the object that is the project."""
    project = identity(value)[0]
    devices = others.devices(project or facts.project, value)
    return fit(value, others.room, facts.about(project), namespace=namespace, devices=devices)


def crowded_nodes(
    stored: JsonObject, value: JsonObject, facts: ProjectFacts, others: Occupancy, features: Features
) -> frozenset[str]:
    """Where a surge will find no room for a new pod next to the stored one's; empty without a surge."""
    if not budget(value, len(others.room.inventory.names)).max_surge:
        return frozenset()
    known = facts.about(identity(value)[0])
    limits = known.limits
    return nodes_without_surge_room(
        stored, value, others.room, limit_ranges=limits, classes=known.classes, features=features
    )


def namespace_of(store: Store, project: str, bundle: Iterable[JsonObject] = ()) -> JsonObject:
    """The Namespace in the manifest, else the stored one; only the name of one that the user can't read."""
    for each in bundle:
        if each.get("kind") == "Namespace" and identity(each)[1] == project:
            return each
    found = if_readable(lambda: store.get(namespace(project))) if project else None
    return found.value if found else {"metadata": {"name": project}}


def unstartable_nodes(found: Fit, wanted: Coverage, quotas: Forecast | None = None) -> dict[str, list[str]]:
    """Node → why the pod that should run there will not start, as sentences. Leaves out a claim for one node
    and a quota for some pods: which of the nodes these affect cannot be known."""
    refused = [*_refused(found), *(map(say, quotas.none_made) if quotas else ())]
    nodes = wanted.should_run if refused else found.unfit_nodes
    return {name: [*refused, *map(say, found.on(name))] for name in nodes}


@dataclass(frozen=True, slots=True)
class Start:
    """How many pods will start, in a few words. code: "nowhere", "at-most", or "not-examined" where all may
    start but not everything was checked."""

    code: Literal["nowhere", "at-most", "not-examined"]
    text: str

    @property
    def colour(self) -> str:
        return "amber" if self.code == "not-examined" else "red"


def start_of(found: Fit, quotas: Forecast | None = None, *, partly: bool = False) -> Start | None:
    """None where all pods will start, as far as everything was checked. partly: not all pods on the nodes
    are known."""
    if found.refused or (quotas and quotas.none_made):
        return Start("nowhere", _("no pod will be created"))
    if found.nowhere:
        return Start("nowhere", _("no pod will start"))
    most = min(found.most, quotas.most) if quotas else found.most
    if most < found.wanted:
        return Start("at-most", filled(_("at most %(n)d will start"), {"n": most}))
    if found.not_examined or partly:
        return Start("not-examined", _("not everything was checked"))
    return None


def fit_summary(found: Fit, wanted: Coverage) -> str:
    """How many of the pods that should run will not start, and why; "" where nothing is known to prevent
    it."""
    reasons = [*_refused(found), *(say(problem.say) for problem in found.unplaced if problem.certain)]
    count = len(wanted.should_run) - found.most
    why = " ".join(reasons[:_REASONS])
    if not reasons or not count:
        return ""
    template = ngettext(
        "Will not start on %(n)d of them: %(why)s", "Will not start on %(n)d of them: %(why)s", count
    )
    return filled(template, {"n": count, "why": why})


def _refused(found: Fit) -> list[str]:
    """Why no pod is admitted; what Pod Security forbids is one sentence."""
    sentences = [say(problem.say) for problem in found.refused if problem.kind != "pod-security"]
    if len(sentences) < len(found.refused):
        forbidden = _("Pod Security forbids the pod: the project enforces the level %(level)s.")
        sentences.insert(0, forbidden % {"level": found.level})
    return sentences
