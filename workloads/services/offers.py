"""Changes offered as buttons: they make a DaemonSet run on more nodes, or shorten its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.findings import key_of
from workloads.daemonsets.manifest.nodes import chosen_nodes, named_node
from workloads.daemonsets.manifest.outline import NODE_TERMS
from workloads.daemonsets.placement import fixes
from workloads.daemonsets.placement.verdicts import Blocker, Coverage, Inventory, coverage, template_of
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.validation import check
from workloads.documents import Change, get
from workloads.documents.paths import JsonObject
from workloads.services.node_map import NodeMap
from workloads.services.translation import filled, say

OFFERED: Final = 12
"""For this many groups of excluded nodes, the largest ones, a change that includes them is looked for."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A change as a button. key: what it posts; blockers: what excludes the nodes that it would include."""

    key: str
    label: str
    does: str
    changes: Sequence[Change]
    blockers: Sequence[Blocker] = ()


@dataclass(frozen=True, slots=True)
class NamedNodes:
    """Nodes are chosen by name. instead: the change that selects the same nodes by labels, if there is
    one."""

    instead: Offer | None = None


def offers_by_reason(
    value: JsonObject, found: Coverage, inventory: Inventory, features: Features, drawn: NodeMap
) -> Mapping[int, Sequence[Offer]]:
    """Number of a reason of the map → the buttons for it."""
    by_number: dict[int, list[Offer]] = {}
    for offer in inclusion_offers(value, found, inventory, features):
        number = next((each.number for each in drawn.reasons if each.blockers == offer.blockers), None)
        if number is not None:
            by_number.setdefault(number, []).append(offer)
    return by_number


def inclusion_offers(
    value: JsonObject, found: Coverage, inventory: Inventory, features: Features
) -> list[Offer]:
    """What would include the largest groups of excluded nodes."""
    excluded = [group for group in found.groups if not group.verdict.should_run][:OFFERED]
    made = []
    for group in excluded:
        fix = fixes.fix(group, template_of(value), found, inventory, features=features)
        if fix is None:
            continue
        gains = len(fix.gains)
        does = filled(ngettext("%(n)d more node", "%(n)d more nodes", gains), {"n": gains})
        made.append(_offer(" + ".join(map(say, fix.says)), does, fix.changes, group.verdict.blockers))
    return made


def named_nodes_offer(value: JsonObject, inventory: Inventory) -> NamedNodes | None:
    """None where no node is chosen by its name.

    Nothing is offered where other alternatives, or names that no node has now, would be lost with the names.
    """
    names = chosen_nodes(value)
    if not names:
        return None
    terms = get(value, NODE_TERMS)
    if not all(map(named_node, terms)) or not set(names) <= set(inventory.names):
        return NamedNodes()
    found = fixes.narrowest_selection(inventory, names, template_of(value))
    if found is None or found.kind == "names":
        return NamedNodes()
    if found.kind == "all":
        label = _("Use all nodes instead")
    else:
        label = _("Use %(labels)s instead") % found.say.params
    exactly = filled(
        ngettext("Exactly this node.", "Exactly these %(n)d nodes.", len(names)), {"n": len(names)}
    )
    return NamedNodes(_offer(label, f"{exactly} {say(found.new_nodes)}", found.changes))


def offered_changes(value: JsonObject, facts: ProjectFacts, features: Features, key: str) -> Sequence[Change]:
    """What the button with this key changes, on the map or at a finding; empty if it is done already or no
    longer useful."""
    of_findings = (finding.fix for finding in check(value, facts) if finding.fix)
    if (fix := next((fix for fix in of_findings if fix.key == key), None)) is not None:
        return fix.changes
    if not facts.nodes:
        return ()
    inventory = Inventory.of(facts.nodes)
    found = coverage(template_of(value), inventory, features=features)
    made = inclusion_offers(value, found, inventory, features)
    by_name = named_nodes_offer(value, inventory)
    if by_name and by_name.instead:
        made.append(by_name.instead)
    return next((offer.changes for offer in made if offer.key == key), ())


def _offer(label: str, does: str, changes: Sequence[Change], blockers: Sequence[Blocker] = ()) -> Offer:
    return Offer(key_of(changes), label, does, changes, blockers)
