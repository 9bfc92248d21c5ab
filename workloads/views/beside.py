"""What is said of a DaemonSet and its nodes while it is written: the map, what would include more nodes, what
the scheduler, the quotas and the rollout will make of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, TypeVar

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workloads import actions
from workloads.daemonsets import fixes, forecast, rollout
from workloads.daemonsets.facts import ProjectFacts, identity
from workloads.daemonsets.fit import Fit, Room, fit
from workloads.daemonsets.forecast import Forecast
from workloads.daemonsets.outline import NODE_TERMS
from workloads.daemonsets.placement import Coverage, Features, Inventory, coverage, template_of
from workloads.daemonsets.places import Place
from workloads.daemonsets.resources import amounts
from workloads.daemonsets.rollout import Rollout
from workloads.documents import ABSENT, Change, get
from workloads.documents.paths import patch
from workloads.stores.protocol import DAEMONSET, Json, Query, Store, Stored, namespace
from workloads.views import cells
from workloads.views.cells import Map
from workloads.views.words import say
from workloads.wizard.nodes import chosen_nodes, named_node

LOOKED_AT: Final = 20_000
"""DaemonSets × nodes up to which the list says what a quota stops."""
OFFERED: Final = 12
"""For so many groups of excluded nodes it is found out what would include them."""
ASKED_FOR_PODS: Final = 500
"""Of clusters with more nodes not all pods are read to know what is free; their DaemonSets still are."""
_SECONDS: Final = 20
"""Seconds for which it is kept what others take on a cluster: to redraw a map asks for nothing anew."""

T = TypeVar("T")
Partly: TypeAlias = Literal["", "many-nodes", "unreadable"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A change that includes a group of nodes, as a button. key: what it posts."""

    key: str
    label: str
    does: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Picked:
    """Nodes are chosen by name. instead: what picks just these by what they carry, if anything does."""

    instead: Offer | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What others take on the nodes. partly: why only DaemonSets are counted though a cluster has more."""

    room: Room
    partly: Partly = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """offers: number of a reason of the map → the buttons for it. None: too little is known for this part."""

    map: Map
    coverage: Coverage
    offers: Mapping[int, Sequence[Offer]] = field(default_factory=dict)
    picked: Picked | None = None
    fit: Fit | None = None
    partly: Partly = ""
    forecast: Forecast | None = None
    rollout: Rollout | None = None


def beside(
    store: Store | None,
    value: Json,
    facts: ProjectFacts,
    features: Features,
    *,
    stored: Json | None = None,
    by: str = "",
    prefix: str = "",
    inventory: Inventory | None = None,
    others: Taken | None = None,
    bundle: Iterable[Json] = (),
) -> Beside | None:
    """None where there are no nodes. stored: what is in place of `value` now, if anything is.
    others: of `taken`; bundle: all values of the text, each of them `in_project`.
    prefix: of the ids on a page with several maps; inventory: of the nodes of `facts`, where there is one.
    """
    if not facts.nodes:
        return None
    inventory = inventory or Inventory(facts.nodes)
    now = coverage(template_of(value), inventory, features=features)
    before = coverage(template_of(stored), inventory, features=features) if stored else None
    fits = _fit(store, value, facts, features, others, bundle) if store and others else None
    misfits = {name: [say(each) for each in fits.on(name)] for name in fits.short} if fits else {}
    drawn = cells.draw(facts.nodes, cells.of_coverage(now, before=before, misfits=misfits), by, prefix)
    return Beside(
        drawn,
        now,
        offers=offers(value, now, inventory, features, drawn),
        picked=_picked(value, inventory),
        fit=fits,
        partly=others.partly if others else "",
        forecast=forecast_of(store, value, facts, inventory, features, stored) if store else None,
        rollout=rollout.rollout(stored, value, inventory, features=features) if stored else None,
    )


def stored_now(facts: ProjectFacts, name: str) -> Json | None:
    """The DaemonSet of this name that the project has, whatever the draft was opened from."""
    return next((each for each in facts.daemonsets or () if identity(each)[1] == name), None)


# ---- what would include more nodes ----


def offered(value: Json, facts: ProjectFacts, features: Features, key: str) -> Sequence[Change]:
    """What the button of this key changes; nothing where the change is made already, or is of no use now."""
    if not facts.nodes:
        return ()
    inventory = Inventory(facts.nodes)
    found = coverage(template_of(value), inventory, features=features)
    made = [offer for _blockers, offer in _offers(value, found, inventory, features)]
    picked = _picked(value, inventory)
    if picked and picked.instead:
        made.append(picked.instead)
    return next((offer.changes for offer in made if offer.key == key), ())


def offers(
    value: Json, found: Coverage, inventory: Inventory, features: Features, drawn: Map
) -> Mapping[int, Sequence[Offer]]:
    """Number of a reason of the map → the buttons for it."""
    return _by_reason(drawn, _offers(value, found, inventory, features))


def _offers(
    value: Json, found: Coverage, inventory: Inventory, features: Features
) -> list[tuple[Any, Offer]]:
    """(what keeps the nodes off, the button that takes it away), for the largest groups."""
    excluded = [group for group in found.groups if not group.verdict.should_run][:OFFERED]
    made = []
    for group in excluded:
        fix = fixes.fix(group, template_of(value), inventory, features=features)
        if fix is None:
            continue
        gains = len(fix.gains)
        does = ngettext("%(n)d node more", "%(n)d nodes more", gains) % {"n": gains}
        made.append((group.verdict.blockers, Offer(_key(fix.changes), say(fix.say), does, fix.changes)))
    return made


def _by_reason(drawn: Map, made: Sequence[tuple[Any, Offer]]) -> dict[int, list[Offer]]:
    found: dict[int, list[Offer]] = {}
    for blockers, offer in made:
        number = next((why.number for why in drawn.whys if why.blockers == blockers), None)
        if number is not None:
            found.setdefault(number, []).append(offer)
    return found


def _key(changes: Sequence[Change]) -> str:
    return hashlib.sha256(repr(changes).encode()).hexdigest()[:12]


def _picked(value: Json, inventory: Inventory) -> Picked | None:
    """None where no node is chosen by its name.

    Other alternatives, and names that no node has now, would be lost with the names: nothing is offered then.
    """
    names = chosen_nodes(value)
    if not names:
        return None
    terms = get(value, NODE_TERMS)
    if not all(map(named_node, terms)) or not set(names) <= set(inventory.names):
        return Picked()
    found = fixes.narrowest(inventory, names, template_of(value))
    if found is None or found.kind == "names":
        return Picked()
    if found.kind == "all":
        label = _("Take every node instead")
    else:
        label = _("Use %(labels)s instead") % found.say.params
    exactly = ngettext("Exactly this node.", "Exactly these %(n)d nodes.", len(names)) % {"n": len(names)}
    return Picked(Offer(_key(found.changes), label, f"{exactly} {say(found.new_nodes)}", found.changes))


# ---- what the scheduler and the quotas will say ----


def taken(
    store: Store, person: Any, nodes: Sequence[Json], features: Features, bundle: Iterable[Json] = ()
) -> Taken:
    """What others take on these nodes; for any number of DaemonSets. person: whom the store is made for;
    bundle: the values of a text, `in_project`, whose DaemonSets count offline as if they were stored.

    Raises Unreachable.
    """
    room = Room(nodes)
    if store.offline:
        daemonsets, limits = _everywhere(store)
        mine = {identity(each): each for each in bundle if each.get("kind") == "DaemonSet"}
        kept = [each for each in daemonsets if identity(each) not in mine]
        return Taken(room.with_daemonsets([*kept, *mine.values()], limits, features=features))
    if len(nodes) <= ASKED_FOR_PODS:
        pods = _kept(store, person, "pods", lambda: actions.known(lambda: store.pods("")))
        if pods is not None:
            return Taken(room.with_pods(pods))
    daemonsets, limits = _kept(store, person, "daemonsets", lambda: _everywhere(store))
    partly: Partly = "many-nodes" if len(nodes) > ASKED_FOR_PODS else "unreadable"
    return Taken(room.with_daemonsets(daemonsets, limits, features=features), partly)


def in_project(values: Iterable[Any], project: str) -> list[Json]:
    """The values of a text with the namespace that they get where they name none."""
    found = [value for value in values if isinstance(value, dict)]
    return [
        value if identity(value)[0] else patch(value, [(("metadata", "namespace"), project)])
        for value in found
        if isinstance(value.get("metadata"), dict)
    ]


def _everywhere(store: Store) -> tuple[list[Json], dict[str, list[Json]]]:
    """The DaemonSets of all projects that may be read, and the LimitRanges of each."""

    def values(api_version: str, kind: str) -> list[Json]:
        found = actions.known(lambda: store.select(api_version, kind, Query(None)).items)
        return [value for each in found or () for value in in_project([each.value], each.ref.project)]

    limits: dict[str, list[Json]] = {}
    for each in values("v1", "LimitRange"):
        limits.setdefault(identity(each)[0], []).append(each)
    return values(*DAEMONSET), limits


def _kept(store: Store, person: Any, what: str, look: Callable[[], T]) -> T:
    """What `look` finds on a cluster, for a while the same: for this person only, who may see other things
    there than the next one."""
    key = hashlib.sha256(repr((what, person.pk, store.cluster)).encode()).hexdigest()
    found: list[T] | None = cache.get(key)
    if found is None:
        found = [look()]
        cache.set(key, found, _SECONDS)
    return found[0]


def _fit(
    store: Store, value: Json, facts: ProjectFacts, features: Features, others: Taken, bundle: Iterable[Json]
) -> Fit:
    project = identity(value)[0] or facts.project
    known = facts.about(project)
    return fit(
        value,
        others.room,
        limit_ranges=known.limit_ranges or (),
        claims=known.pvcs,
        namespace=_namespace(store, project, bundle),
        features=features,
    )


def _namespace(store: Store, project: str, bundle: Iterable[Json]) -> Json:
    """The Namespace that the text brings, else the stored one; of one that may not be read only the name."""
    for each in bundle:
        if each.get("kind") == "Namespace" and identity(each)[1] == project:
            return each
    found = actions.known(lambda: store.get(namespace(project))) if project else None
    return found.value if found else {"metadata": {"name": project}}


def forecast_of(
    store: Store,
    value: Json,
    facts: ProjectFacts,
    inventory: Inventory,
    features: Features,
    stored: Json | None,
) -> Forecast | None:
    """None without quotas, or where they may not be read."""
    if not facts.quotas or facts.daemonsets is None:
        return None
    limits = facts.limit_ranges or ()
    if store.offline:
        used = forecast.used_by_others(
            facts.quotas,
            value,
            facts.daemonsets,
            inventory,
            limits,
            store.counts(facts.project),
            claims=list((facts.pvcs or {}).values()),
            features=features,
        )
    else:
        used = forecast.used_beside(facts.quotas, stored, limits)
    return forecast.forecast(
        value, inventory, facts.quotas, used, limit_ranges=limits, present=stored, features=features
    )


def stopped(store: Store, project: str, items: Sequence[Stored]) -> list[tuple[str, Forecast]]:
    """(name, what the quotas say) of the DaemonSets, of a page of their list, whose pods do not all fit.

    Asked only where a quota is used up, or where an update starts pods beside the old ones.
    """
    quotas = actions.known(lambda: store.quotas(project))
    over = any(_used_up(quota) for quota in quotas or ())
    asked = [each for each in items if over or get(each.value, _SURGE) not in (ABSENT, 0, "0%")]
    if not quotas or not asked:
        return []
    # What is too much to look at is counted first: to read it all would cost more than the list itself.
    there = store.counts(project).get(DAEMONSET, 0) * len(actions.known(store.nodes) or ())
    if not 0 < there <= LOOKED_AT:
        return []
    facts = actions.facts(store, project)
    if not facts.nodes:
        return []
    inventory, features = Inventory(facts.nodes), store.capabilities()
    found = [
        (each.ref.name, forecast_of(store, each.value, facts, inventory, features, each.value))
        for each in asked
    ]
    return [(name, said) for name, said in found if said is not None and (said.blocks or said.first)]


_SURGE = ("spec", "updateStrategy", "rollingUpdate", "maxSurge")


def _used_up(quota: Json) -> bool:
    status = Place(quota)["status"]
    used = amounts(status["used"])
    return any(used.get(key, 0) > hard for key, hard in amounts(status["hard"]).items())
