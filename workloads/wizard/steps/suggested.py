"""What several steps suggest of a project."""

from __future__ import annotations

from collections.abc import Sequence

from workloads.daemonsets.manifest.outline import CONTAINERS, POD, VOLUMES
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import Path, get
from workloads.wizard.form.bindings import items_at

_PLACES: Sequence[tuple[Path, Path]] = (
    *(((*POD, field), ("image",)) for field in CONTAINERS),
    (VOLUMES, ("image", "reference")),
)


def images(facts: ProjectFacts) -> list[str]:
    """The images that the DaemonSets of the project use, each once, in order."""
    found = (
        get(item, field)
        for daemonset in facts.daemonsets or ()
        for place, field in _PLACES
        for item in items_at(daemonset, place)
    )
    return sorted({image for image in found if isinstance(image, str)})
