"""How admission completes or refuses a pod because of its RuntimeClass and PriorityClass.

The controller decides where pods run by the template, which is never completed. Quotas and the scheduler see
the pod as it was admitted.

Sources: setOverhead, setScheduling and validateOverhead in plugin/pkg/admission/runtimeclass/admission.go,
admitPod and getDefaultPriorityClass in plugin/pkg/admission/priority/admission.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import NODE_SELECTOR, OVERHEAD, POD, PRIORITY_CLASS, RUNTIME_CLASS
from workloads.daemonsets.manifest.places import Place, Report
from workloads.daemonsets.manifest.resources import amounts
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import Change, Json, Path, patch

RUNTIME_CITE: Final = "kubernetes/plugin/pkg/admission/runtimeclass/admission.go"
PRIORITY_CITE: Final = "kubernetes/plugin/pkg/admission/priority/admission.go"

_EVERYWHERE: Final = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
"""The classes of every cluster, name → value (SystemPriorityClasses in pkg/apis/scheduling/v1/helpers.go)."""
_PREEMPTION: Final = "PreemptLowerPriority"
"""The default preemptionPolicy of classes and of pods without a class."""


@dataclass(frozen=True, slots=True)
class Classes:
    """The RuntimeClasses and PriorityClasses of a cluster, name → object; None if unknown.

    whole: whether the cluster has no others. Offline only those that somebody stored are known.
    """

    runtime: Mapping[str, Json] | None = None
    priority: Mapping[str, Json] | None = None
    whole: bool = True

    def with_bundle(self, values: Iterable[Json]) -> Classes:
        """These classes and those among `values`, the documents of a text that is to be stored."""

        def merged(known: Mapping[str, Json] | None, kind: str) -> Mapping[str, Json] | None:
            new = _by_name(value for value in values if Place(value)["kind"].text == kind)
            return known if known is None else {**known, **new}

        values = list(values)
        return replace(
            self,
            runtime=merged(self.runtime, "RuntimeClass"),
            priority=merged(self.priority, "PriorityClass"),
        )

    @classmethod
    def of(
        cls, runtime: Iterable[Json] | None, priority: Iterable[Json] | None, *, whole: bool = True
    ) -> Classes:
        """From the objects themselves; None if unknown."""
        return cls(
            None if runtime is None else _by_name(runtime),
            None if priority is None else _by_name(priority),
            whole,
        )

    def runtime_of(self, pod: Place) -> Place:
        """The RuntimeClass that a pod names; an empty Place if it names none or the class is unknown."""
        return Place((self.runtime or {}).get(pod["runtimeClassName"].text))

    def priority_of(self, pod: Place) -> tuple[int, str] | None:
        """(priority, preemptionPolicy) that a pod gets from its PriorityClass; None if unknown."""
        name = pod["priorityClassName"].text or self.default_priority
        found = Place((self.priority or {}).get(name))
        if found:
            return found["value"].number or 0, found["preemptionPolicy"].text or _PREEMPTION
        if name:
            return (_EVERYWHERE[name], _PREEMPTION) if name in _EVERYWHERE else None
        # If not all classes are known, another one may be the default.
        return (0, _PREEMPTION) if self.whole and self.priority is not None else None

    @property
    def default_priority(self) -> str:
        """The PriorityClass of pods that name none, "" if there is none. Of several the lowest one counts."""
        found = [
            (place["value"].number or 0, name)
            for name, place in ((name, Place(value)) for name, value in (self.priority or {}).items())
            if place["globalDefault"].is_true
        ]
        return min(found)[1] if found else ""


NO_CLASSES: Final = Classes()


def completed(daemonset: Json, classes: Classes) -> Json:
    """The DaemonSet with what admission adds to its pods and quotas count: the overhead of the RuntimeClass
    and the default PriorityClass. Placement is the same with and without it."""
    if not (classes.runtime or classes.priority):
        return daemonset  # the usual case, for thousands of DaemonSets
    pod = Place(daemonset).at(*POD)
    if not pod.mapping:
        return daemonset
    changes: list[Change] = []
    overhead = classes.runtime_of(pod).at("overhead", "podFixed")
    if overhead.mapping:
        changes.append((OVERHEAD, overhead.value))
    if not pod["priorityClassName"].text and (default := classes.default_priority):
        changes.append((PRIORITY_CLASS, default))
    return patch(daemonset, changes) if changes else daemonset


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the API server admits no pod. path: from the DaemonSet's root. say.code is the finding's."""

    path: Path
    say: Sentence
    cite: str


def refusals(daemonset: Json, classes: Classes) -> Iterator[Refusal]:
    """Why the API server refuses the pods because of their classes."""
    pod = Place(daemonset).at(*POD)
    name = pod["priorityClassName"].text
    if classes.whole and classes.priority is not None and name not in {"", *_EVERYWHERE, *classes.priority}:
        template = _("The cluster has no PriorityClass “%(name)s”: every pod is rejected.")
        say = Sentence(template, {"name": name}, "priority-class-missing")
        yield Refusal(PRIORITY_CLASS, say, PRIORITY_CITE)
    yield from _priority_mismatches(pod, classes)
    name = pod["runtimeClassName"].text
    if classes.runtime is None:
        return
    if name and name not in classes.runtime:
        if classes.whole:
            template = _("The cluster has no RuntimeClass “%(name)s”: every pod is rejected.")
            say = Sentence(template, {"name": name}, "runtime-class-missing")
            yield Refusal(RUNTIME_CLASS, say, RUNTIME_CITE)
        return
    runtime = classes.runtime_of(pod)
    own, given = pod["overhead"], runtime.at("overhead", "podFixed")
    if own and amounts(own) != amounts(given):
        template = _(
            "“overhead” is set from the RuntimeClass, and these amounts differ from it: every pod is "
            "refused. Remove the field."
        )
        yield Refusal(OVERHEAD, Sentence(template, code="overhead"), RUNTIME_CITE)
    selector = pod["nodeSelector"].mapping
    for key, value in runtime.at("scheduling", "nodeSelector").entries:
        if key in selector and selector[key] != value.text:
            template = _(
                "The RuntimeClass “%(name)s” requires nodes with %(wanted)s, but the node selector requires "
                "%(own)s: every pod is rejected."
            )
            params = {"name": name, "wanted": f"{key}={value.text}", "own": f"{key}={selector[key]}"}
            say = Sentence(template, params, "runtime-class-nodes")
            yield Refusal((*NODE_SELECTOR, key), say, RUNTIME_CITE)


def unknown_classes(pod: Place, classes: Classes) -> Iterator[tuple[str, str]]:
    """(kind, name) of each class that the pod names and of which it is not known whether it exists."""
    for kind, field, known in (
        ("PriorityClass", "priorityClassName", classes.priority),
        ("RuntimeClass", "runtimeClassName", classes.runtime),
    ):
        name = pod[field].text
        if name and name not in _EVERYWHERE and (known is None or (name not in known and not classes.whole)):
            yield kind, name


def _priority_mismatches(pod: Place, classes: Classes) -> Iterator[Refusal]:
    """The priority fields of the pod that differ from its PriorityClass."""
    given = classes.priority_of(pod)
    if given is None:
        return
    priority, preemption = pod["priority"], pod["preemptionPolicy"]
    template = _(
        "“%(field)s” is set from the PriorityClass or the default, here to %(given)s, but the template has "
        "%(own)s: every pod is rejected. Remove the field."
    )
    if priority.number not in (None, given[0]):
        params = {"field": "priority", "given": str(given[0]), "own": str(priority.number)}
        yield Refusal((*POD, "priority"), Sentence(template, params, "priority"), PRIORITY_CITE)
    if preemption.text not in ("", given[1]):
        params = {"field": "preemptionPolicy", "given": given[1], "own": preemption.text}
        say = Sentence(template, params, "preemption-policy")
        yield Refusal((*POD, "preemptionPolicy"), say, PRIORITY_CITE)


def check(report: Report, daemonset: Json, classes: Classes) -> None:
    """Adds a warning for each refusal: the DaemonSet itself is stored, but no pod is created."""
    for refusal in refusals(daemonset, classes):
        at = Place(None, refusal.path)
        report.warning(at, refusal.say.code, refusal.say.template, refusal.cite, **refusal.say.params)


def _by_name(values: Iterable[Json]) -> dict[str, Json]:
    return {Place(value).at("metadata", "name").text: value for value in values}
