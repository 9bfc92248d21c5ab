"""Changes after which a DaemonSet runs on more nodes, or is written with less, offered as buttons."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.nodes import chosen_nodes, named_node
from workloads.daemonsets.manifest.outline import NODE_TERMS
from workloads.daemonsets.placement import fixes
from workloads.daemonsets.placement.verdicts import Blocker, Coverage, Inventory, coverage, template_of
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents import Change, get
from workloads.documents.paths import JsonObject
from workloads.services.node_map import Map
from workloads.services.translation import say

OFFERED: Final = 12
"""For so many groups of excluded nodes it is found out what would include them."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A change as a button. key: what it posts; blockers: what keeps the nodes off that it would include."""

    key: str
    label: str
    does: str
    changes: Sequence[Change]
    blockers: Sequence[Blocker] = ()


@dataclass(frozen=True, slots=True)
class Picked:
    """Nodes are chosen by name. instead: what picks just these by what they carry, if anything does."""

    instead: Offer | None = None


def offers(
    value: JsonObject, found: Coverage, inventory: Inventory, features: Features, drawn: Map
) -> Mapping[int, Sequence[Offer]]:
    """Number of a reason of the map → the buttons for it."""
    by_number: dict[int, list[Offer]] = {}
    for offer in including(value, found, inventory, features):
        number = next((why.number for why in drawn.whys if why.blockers == offer.blockers), None)
        if number is not None:
            by_number.setdefault(number, []).append(offer)
    return by_number


def including(value: JsonObject, found: Coverage, inventory: Inventory, features: Features) -> list[Offer]:
    """What would include the largest groups of excluded nodes."""
    excluded = [group for group in found.groups if not group.verdict.should_run][:OFFERED]
    made = []
    for group in excluded:
        fix = fixes.fix(group, template_of(value), found, inventory, features=features)
        if fix is None:
            continue
        gains = len(fix.gains)
        does = ngettext("%(n)d node more", "%(n)d nodes more", gains) % {"n": gains}
        made.append(_offer(" + ".join(map(say, fix.says)), does, fix.changes, group.verdict.blockers))
    return made


def picked(value: JsonObject, inventory: Inventory) -> Picked | None:
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
    return Picked(_offer(label, f"{exactly} {say(found.new_nodes)}", found.changes))


def offered(value: JsonObject, facts: ProjectFacts, features: Features, key: str) -> Sequence[Change]:
    """What the button of this key changes; nothing where the change is made already, or is of no use now."""
    if not facts.nodes:
        return ()
    inventory = Inventory(facts.nodes)
    found = coverage(template_of(value), inventory, features=features)
    made = including(value, found, inventory, features)
    by_name = picked(value, inventory)
    if by_name and by_name.instead:
        made.append(by_name.instead)
    return next((offer.changes for offer in made if offer.key == key), ())


def _offer(label: str, does: str, changes: Sequence[Change], blockers: Sequence[Blocker] = ()) -> Offer:
    key = hashlib.sha256(repr(changes).encode()).hexdigest()[:12]
    return Offer(key, label, does, changes, blockers)
