"""Will the pods start? Answered for DaemonSets of a manifest and, offline, for stored ones.

On a cluster the pods themselves show what became of stored DaemonSets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from workloads.daemonsets.forecast.fit import Fit, fit, nodes_without_surge_room
from workloads.daemonsets.forecast.quota import Forecast
from workloads.daemonsets.forecast.rollout import budget
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement.verdicts import Coverage
from workloads.daemonsets.project.facts import ProjectFacts, identity, in_project
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable, pod_classes
from workloads.services.occupancy import Occupancy, read_occupancy
from workloads.services.translation import say
from workloads.stores.protocol import DAEMONSET, Query, Store, Stored, namespace

_REASONS: Final = 2
FIT_NOT_CHECKED: Final = gettext_lazy(
    "This page only shows where pods should run. With this many DaemonSets and nodes, it does not check "
    "whether they will start."
)


def fit_budget(nodes: int, others: int) -> int:
    """For this many DaemonSets one page can say whether their pods will start. others: the DaemonSets that
    take room on the nodes.

    Each is checked on every node and against every other DaemonSet; what these take is added up once."""
    return max(settings.FIT_CHECKS - nodes * others // 50, 0) // max(nodes + others, 1)


def fit_in_project(
    value: JsonObject, facts: ProjectFacts, others: Occupancy, features: Features, namespace: JsonObject
) -> Fit:
    """facts: what is known of the project; namespace: the object that is the project."""
    known, pod = facts.about(identity(value)[0]), Place(value).at(*POD)
    # A cluster is asked for what the pod names only.
    has_claims = any(volume["persistentVolumeClaim"] for volume in pod["volumes"])
    has_account = pod["serviceAccountName"].text or pod["serviceAccount"].text
    return fit(
        value,
        others.room,
        limit_ranges=known.limit_ranges or (),
        claims=known.pvcs if has_claims else None,
        classes=known.classes,
        # Offline somebody stored some; every project has its default.
        accounts=known.service_accounts if has_account and known.classes.whole else None,
        namespace=namespace,
        features=features,
    )


def crowded_nodes(
    stored: JsonObject, value: JsonObject, facts: ProjectFacts, others: Occupancy, features: Features
) -> frozenset[str]:
    """Where a surge will find no room for a new pod next to the stored one's; empty without a surge."""
    if not budget(value, len(others.room.inventory.names)).max_surge:
        return frozenset()
    known = facts.about(identity(value)[0])
    limits = known.limit_ranges or ()
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


def stored_fits(
    store: Store,
    nodes: Sequence[JsonObject],
    features: Features,
    items: Sequence[Stored],
) -> Callable[[Stored], Fit] | None:
    """How each of these DaemonSets fits, by what the store knows of their projects; None on a cluster, and
    where that would take more than FIT_CHECKS of the settings."""
    if store.capabilities().runs_pods or not items or not nodes:
        return None
    others = if_readable(lambda: store.select(*DAEMONSET, Query(None, limit=1)).total) or len(items)
    if len(items) > fit_budget(len(nodes), others):
        return None
    projects = {each.ref.project for each in items}
    place = projects.pop() if len(projects) == 1 else None

    def values(kind: str) -> dict[str, list[JsonObject]]:
        found: dict[str, list[JsonObject]] = {}
        for each in if_readable(lambda: store.select("v1", kind, Query(place)).items) or ():
            found.setdefault(each.ref.project or each.ref.name, []).append(each.value)
        return found

    limits, claims = values("LimitRange"), values("PersistentVolumeClaim")
    named = {name: found[0] for name, found in values("Namespace").items()}
    room, classes = read_occupancy(store, nodes, features), pod_classes(store)

    def fit_of(stored: Stored) -> Fit:
        project = stored.ref.project
        facts = ProjectFacts(
            project,
            limit_ranges=limits.get(project, []),
            pvcs={identity(each)[1]: each for each in claims.get(project, ())},
            classes=classes,
        )
        [value] = in_project([stored.value], project)
        return fit_in_project(
            value, facts, room, features, named.get(project, {"metadata": {"name": project}})
        )

    return fit_of


def unstartable_nodes(found: Fit, wanted: Coverage, quotas: Forecast | None = None) -> dict[str, list[str]]:
    """Node → why the pod that should run there will not start, as sentences. Leaves out a claim for one node
    and a quota for some pods: which of the nodes these affect cannot be known."""
    refused = [*_refused(found), *(map(say, quotas.none_made) if quotas else ())]
    nodes = wanted.should_run if refused else found.unfit_nodes
    return {name: [*refused, *map(say, found.on(name))] for name in nodes}


def fit_summary(found: Fit, wanted: Coverage) -> str:
    """On how many of the nodes that should run a pod it will not start, and why; "" where nothing is known to
    prevent it."""
    reasons = [*_refused(found), *(say(problem.say) for problem in found.unplaced if problem.certain)]
    count = len(wanted.should_run) if found.refused else len(found.unfit_nodes)
    why = " ".join(reasons[:_REASONS])
    if not reasons:
        return ""
    if not count:
        return _("Will not start everywhere: %(why)s") % {"why": why}
    template = ngettext(
        "Will not start on %(n)d of them: %(why)s", "Will not start on %(n)d of them: %(why)s", count
    )
    return template % {"n": count, "why": why}


def _refused(found: Fit) -> list[str]:
    """Why no pod is admitted; what Pod Security forbids is one sentence."""
    sentences = [say(problem.say) for problem in found.refused if problem.kind != "pod-security"]
    if len(sentences) < len(found.refused):
        forbidden = _("Pod Security forbids the pod: the project enforces the level %(level)s.")
        sentences.insert(0, forbidden % {"level": found.level})
    return sentences
