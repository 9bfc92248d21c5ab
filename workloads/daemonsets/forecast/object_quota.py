"""Which new objects the API server refuses because a quota counts objects of their kind.

Unlike pods, which a controller creates later, these are refused when they are stored; changes of stored ones
are not.

Source: CheckRequest in plugin/pkg/admission/resourcequota/controller.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from workloads.daemonsets.forecast import demand
from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, without_nulls
from workloads.daemonsets.manifest.resources import Amounts, amounts
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import Json, JsonObject

_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Excess:
    """An object that a quota does not allow. number: which of the new ones. key: that of the quota. say: for
    this object."""

    number: int
    quota: str
    key: str
    say: Sentence


def beyond_quota(
    quotas: Sequence[JsonObject],
    created: Sequence[JsonObject],
    *,
    counts: Callable[[], Mapping[tuple[str, str], int]],
    claims: Callable[[], Sequence[JsonObject]],
    services: Callable[[], Sequence[JsonObject]],
) -> list[Excess]:
    """The objects that are refused if these are created one after the other in a project.

    quotas: those of the project. Of each key as much is used before as `status.used` says, else as the
    project has: counts, its claims and Services, which are read only where they matter. A refused object uses
    nothing.
    """
    if not quotas or not created:
        return []
    kinds = {each["kind"] for each in created}
    reported = {_name(each): amounts(Place(each).at("status", "used")) for each in quotas}
    known = all(_hard(each).keys() <= reported[_name(each)].keys() for each in quotas)
    found = {} if known else counts()
    objects = demand.used_by_objects(
        found,
        claims=claims() if found and "PersistentVolumeClaim" in kinds else (),
        services=services() if found and "Service" in kinds else (),
    )
    used = {_name(each): demand.objects_used(each, objects) | reported[_name(each)] for each in quotas}
    return list(_refused(quotas, used, created))


def _refused(
    quotas: Sequence[Json], used: Mapping[str, Amounts], created: Iterable[Json]
) -> Iterator[Excess]:
    bounds = _bounds(quotas, used)
    scarcest = {full: min(each.hard - each.before for each in group) for full, group in bounds.items()}
    taken: Amounts = {}
    for number, value in enumerate(created):
        asked = demand.of_new_object(value)
        after = {full: taken.get(full, _ZERO) + more for full, more in asked.items() if more}
        if not any(full in scarcest and total > scarcest[full] for full, total in after.items()):
            taken |= after
            continue
        full, over = min(
            (
                (full, each)
                for full, total in after.items()
                for each in bounds.get(full, ())
                if total > each.hard - each.before
            ),
            key=lambda found: found[1].order,
        )
        name, key, hard = over.quota, over.key, over.hard
        figures = {
            "requested": asked[full],
            "used": over.before + taken.get(full, _ZERO),
            "hard": hard,
        }
        params = {figure: quantity.show_of(key, amount) for figure, amount in figures.items()}
        template = _(
            "Exceeds the quota %(quota)s: %(key)s requested: %(requested)s, used: %(used)s, limited: "
            "%(hard)s."
        )
        say = Sentence(template, {"quota": name, "key": key, **params}, "quota-exceeded")
        yield Excess(number, name, key, say)


@dataclass(frozen=True, slots=True)
class _Bound:
    """One key of one quota. order: the quotas as they are given, and each one's keys."""

    order: tuple[int, int]
    quota: str
    key: str
    hard: Decimal
    before: Decimal


def _bounds(quotas: Sequence[Json], used: Mapping[str, Amounts]) -> dict[str, list[_Bound]]:
    """By `full_key`, without quotas that have scopes: they count pods only."""
    found: dict[str, list[_Bound]] = {}
    for number, quota in enumerate(quotas):
        if demand.scopes(quota):
            continue
        name = _name(quota)
        for place, (key, hard) in enumerate(_hard(quota).items()):
            bound = _Bound((number, place), name, key, hard, used.get(name, {}).get(key, _ZERO))
            found.setdefault(demand.full_key(key), []).append(bound)
    return found


def _hard(quota: Json) -> Amounts:
    return amounts(Place(without_nulls(quota)).at("spec", "hard"))


def _name(quota: Json) -> str:
    return Place(quota).at("metadata", "name").text
