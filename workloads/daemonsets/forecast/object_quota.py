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
from workloads.daemonsets.manifest.resources import Amounts, add, amounts
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

    quotas: those of the project. What they have in `status.used` is used of them before, else what the
    project has: counts, its claims and Services, which are read only where they matter. A refused object uses
    nothing.
    """
    if not quotas or not created:
        return []
    kinds = {each["kind"] for each in created}
    reported = {_name(each): amounts(Place(each).at("status", "used")) for each in quotas}
    found = counts() if not all(reported.values()) else {}
    has_claims = claims() if found and "PersistentVolumeClaim" in kinds else ()
    has_services = services() if found and "Service" in kinds else ()
    used = {
        _name(each): reported[_name(each)]
        or demand.used_by_objects(each, found, claims=has_claims, services=has_services)
        for each in quotas
    }
    return list(_refused(quotas, used, created))


def _refused(
    quotas: Sequence[Json], used: Mapping[str, Amounts], created: Iterable[Json]
) -> Iterator[Excess]:
    taken = {_name(quota): dict(used.get(_name(quota), {})) for quota in quotas}
    for number, value in enumerate(created):
        asked = {_name(quota): demand.of_new_object(quota, value) for quota in quotas}
        over = next(
            (
                (_name(quota), key, hard)
                for quota in quotas
                for key, hard in amounts(Place(without_nulls(quota)).at("spec", "hard")).items()
                if asked[_name(quota)][key]
                and taken[_name(quota)].get(key, _ZERO) + asked[_name(quota)][key] > hard
            ),
            None,
        )
        if over is None:
            for name, amounts_of in asked.items():
                add(taken[name], amounts_of)
            continue
        name, key, hard = over
        figures = {"requested": asked[name][key], "used": taken[name].get(key, _ZERO), "hard": hard}
        params = {figure: quantity.show_of(key, amount) for figure, amount in figures.items()}
        template = _(
            "Exceeds the quota %(quota)s: %(key)s requested: %(requested)s, used: %(used)s, limited: "
            "%(hard)s."
        )
        say = Sentence(template, {"quota": name, "key": key, **params}, "quota-exceeded")
        yield Excess(number, name, key, say)


def _name(quota: Json) -> str:
    return Place(quota).at("metadata", "name").text
