"""Whether the pods that the controller wants will start: of written DaemonSets, and offline of stored ones.

On a cluster its pods say what became of those that are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from workloads.daemonsets.forecast.fit import Fit, crowded, fit
from workloads.daemonsets.forecast.quota import Forecast
from workloads.daemonsets.forecast.rollout import budget
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.placement.verdicts import Coverage
from workloads.daemonsets.project.facts import ProjectFacts, identity, in_project
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable, pod_classes
from workloads.services.occupancy import Taken, taken
from workloads.services.translation import say
from workloads.stores.protocol import DAEMONSET, Query, Store, Stored, namespace

_MOST: Final = 100_000
"""Of what `looked_at` counts, about a second."""
_WHYS: Final = 2
UNFITTED: Final = gettext_lazy(
    "Only what the controller wants: of so many DaemonSets and nodes it is not looked at whether the pods "
    "will start."
)


def looked_at(nodes: int, others: int) -> int:
    """Of so many DaemonSets one page says whether their pods will start. others: that take room there.

    Each is held against every node and every other one; what these take is added up once."""
    return max(_MOST - nodes * others // 50, 0) // max(nodes + others, 1)


def fit_of(
    value: JsonObject, facts: ProjectFacts, others: Taken, features: Features, namespace: JsonObject
) -> Fit:
    """facts: what is known of the project; namespace: the object that is the project."""
    known = facts.about(identity(value)[0])
    return fit(
        value,
        others.room,
        limit_ranges=known.limit_ranges or (),
        claims=known.pvcs,
        classes=known.classes,
        # Offline somebody stored some; every project has its default.
        accounts=known.service_accounts if known.classes.whole else None,
        namespace=namespace,
        features=features,
    )


def crowded_of(
    stored: JsonObject, value: JsonObject, facts: ProjectFacts, others: Taken, features: Features
) -> frozenset[str]:
    """Where a surge will find no room for a new pod beside the stored one's; nowhere without a surge."""
    if not budget(value, len(others.room.inventory.names)).max_surge:
        return frozenset()
    known = facts.about(identity(value)[0])
    limits = known.limit_ranges or ()
    return crowded(stored, value, others.room, limit_ranges=limits, classes=known.classes, features=features)


def namespace_of(store: Store, project: str, bundle: Iterable[JsonObject] = ()) -> JsonObject:
    """The Namespace that the text brings, else the stored one; of one that may not be read only the name."""
    for each in bundle:
        if each.get("kind") == "Namespace" and identity(each)[1] == project:
            return each
    found = if_readable(lambda: store.get(namespace(project))) if project else None
    return found.value if found else {"metadata": {"name": project}}


def stored_fits(
    store: Store, person: Any, nodes: Sequence[JsonObject], features: Features, items: Sequence[Stored]
) -> Callable[[Stored], Fit] | None:
    """How each of these DaemonSets fits, by what the store says of their projects; None on a cluster, and
    where there is too much to look at."""
    if not store.offline or not items or not nodes:
        return None
    others = if_readable(lambda: store.select(*DAEMONSET, Query(None, limit=1)).total) or len(items)
    if len(items) > looked_at(len(nodes), others):
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
    room, classes = taken(store, person, nodes, features), pod_classes(store)

    def of(stored: Stored) -> Fit:
        project = stored.ref.project
        facts = ProjectFacts(
            project,
            limit_ranges=limits.get(project, []),
            pvcs={identity(each)[1]: each for each in claims.get(project, ())},
            classes=classes,
        )
        [value] = in_project([stored.value], project)
        return fit_of(value, facts, room, features, named.get(project, {"metadata": {"name": project}}))

    return of


def misfits(found: Fit, wanted: Coverage, quotas: Forecast | None = None) -> dict[str, list[str]]:
    """Node → why the pod that is wanted there will not start, as sentences. Not of a claim for one node, nor
    of a quota for some pods: of which of the nodes that holds cannot be told."""
    refused = [*_refused(found), *(map(say, quotas.none_made) if quotas else ())]
    nodes = wanted.should_run if refused else found.short
    return {name: [*refused, *map(say, found.on(name))] for name in nodes}


def in_short(found: Fit, wanted: Coverage) -> str:
    """On how many of the nodes that should run a pod it will not start, and why; "" where nothing is known to
    be against it."""
    whys = [*_refused(found), *(say(problem.say) for problem in found.unplaced if problem.certain)]
    count = len(wanted.should_run) if found.refused else len(found.short)
    why = " ".join(whys[:_WHYS])
    if not whys:
        return ""
    if not count:
        return _("Will not start everywhere: %(why)s") % {"why": why}
    said = ngettext(
        "Will not start on %(n)d of them: %(why)s", "Will not start on %(n)d of them: %(why)s", count
    )
    return said % {"n": count, "why": why}


def _refused(found: Fit) -> list[str]:
    """Why no pod is admitted, of Pod Security as one sentence."""
    said = [say(problem.say) for problem in found.refused if problem.kind != "pod-security"]
    if len(said) < len(found.refused):
        forbidden = _("Pod Security forbids the pod: the project enforces the level %(level)s.")
        said.insert(0, forbidden % {"level": found.level})
    return said
