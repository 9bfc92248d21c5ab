"""What several steps suggest of a project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workloads.daemonsets.manifest.outline import CONTAINERS, POD, VOLUMES
from workloads.daemonsets.project.facts import Keys, ProjectFacts, known_keys
from workloads.documents.paths import JsonObject, Path, get
from workloads.kept import Prepared
from workloads.wizard.form.bindings import items_at
from workloads.wizard.form.step import Suggestions

_PLACES: Sequence[tuple[Path, Path]] = (
    *(((*POD, field), ("image",)) for field in CONTAINERS),
    (VOLUMES, ("image", "reference")),
)


def of_project(facts: ProjectFacts) -> Suggestions:
    """Its images, and its ConfigMaps and Secrets with their keys as far as these are known."""
    return {
        "images": [(image, "") for image in _IMAGES.of(facts.daemonsets or ())],
        "configmaps": [(name, "") for name in sorted(facts.configmaps or ())],
        "configmaps-keys": _keys(facts.configmaps),
        "secrets": [(name, "") for name in sorted(facts.secrets or ())],
        "secrets-keys": _keys(facts.secrets),
    }


def _keys(objects: Keys | None) -> list[tuple[str, str]]:
    """(key, names of the objects that have it)."""
    owners: dict[str, list[str]] = {}
    for name, key in known_keys(objects):
        owners.setdefault(key, []).append(name)
    return [(key, ", ".join(names)) for key, names in owners.items()]


def _images(daemonsets: Sequence[JsonObject]) -> list[str]:
    """The images that the DaemonSets of the project use, each once, in order."""
    found = (
        get(item, field)
        for daemonset in daemonsets
        for place, field in _PLACES
        for item in items_at(daemonset, place)
    )
    return sorted({image for image in found if isinstance(image, str)})


_IMAGES: Final = Prepared(_images, 20)
