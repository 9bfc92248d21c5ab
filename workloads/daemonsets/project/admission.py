"""What admission makes of a pod by the classes that it names: it completes the pod, or refuses it.

The controller decides where pods run by the template, which is never completed. What quotas count and where
the scheduler looks is the pod as it was admitted.

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
"""What every API server makes, name → value (SystemPriorityClasses in pkg/apis/scheduling/v1/helpers.go)."""
_PREEMPTION: Final = "PreemptLowerPriority"
"""Of classes that say nothing else, and of pods without a class."""


@dataclass(frozen=True, slots=True)
class Classes:
    """The RuntimeClasses and PriorityClasses of a cluster, name → object; None: not known.

    whole: whether these are all there are. Offline they are those that somebody stored.
    """

    runtime: Mapping[str, Json] | None = None
    priority: Mapping[str, Json] | None = None
    whole: bool = True

    def beside(self, values: Iterable[Json]) -> Classes:
        """With those of a text, which will be stored with it."""

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
        """Of the objects themselves."""
        return cls(
            None if runtime is None else _by_name(runtime),
            None if priority is None else _by_name(priority),
            whole,
        )

    def runtime_of(self, pod: Place) -> Place:
        """The RuntimeClass that a pod names; empty where it names none or that is not known."""
        return Place((self.runtime or {}).get(pod["runtimeClassName"].text))

    def priority_of(self, pod: Place) -> tuple[int, str] | None:
        """(priority, preemptionPolicy) that a pod gets by its PriorityClass; None where that is not known."""
        name = pod["priorityClassName"].text or self.default_priority
        found = Place((self.priority or {}).get(name))
        if found:
            return found["value"].number or 0, found["preemptionPolicy"].text or _PREEMPTION
        if name:
            return (_EVERYWHERE[name], _PREEMPTION) if name in _EVERYWHERE else None
        # Of classes that are not all known another may be the default one.
        return (0, _PREEMPTION) if self.whole and self.priority is not None else None

    @property
    def default_priority(self) -> str:
        """The PriorityClass of pods that name none, "" without one. Of several the lowest counts."""
        found = [
            (place["value"].number or 0, name)
            for name, place in ((name, Place(value)) for name, value in (self.priority or {}).items())
            if place["globalDefault"].is_true
        ]
        return min(found)[1] if found else ""


NO_CLASSES: Final = Classes()


def completed(daemonset: Json, classes: Classes) -> Json:
    """The DaemonSet with what admission adds to its pods and quotas count: the overhead of the RuntimeClass
    and the default PriorityClass. Placement finds the same in it as before."""
    if not (classes.runtime or classes.priority):
        return daemonset  # mostly, and of thousands
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
    """Why the API server admits no pod. code: the finding's. path: from the DaemonSet's root."""

    code: str
    path: Path
    say: Sentence
    cite: str


def refusals(daemonset: Json, classes: Classes) -> Iterator[Refusal]:
    """What the classes have against the pods."""
    pod = Place(daemonset).at(*POD)
    name = pod["priorityClassName"].text
    if classes.whole and classes.priority is not None and name not in {"", *_EVERYWHERE, *classes.priority}:
        said = _("The cluster has no PriorityClass “%(name)s”, so every pod is refused.")
        yield Refusal("priority-class-missing", PRIORITY_CLASS, Sentence(said, {"name": name}), PRIORITY_CITE)
    yield from _overruled(pod, classes)
    name = pod["runtimeClassName"].text
    if classes.runtime is None:
        return
    if name and name not in classes.runtime:
        if classes.whole:
            said = _("The cluster has no RuntimeClass “%(name)s”, so every pod is refused.")
            yield Refusal(
                "runtime-class-missing", RUNTIME_CLASS, Sentence(said, {"name": name}), RUNTIME_CITE
            )
        return
    runtime = classes.runtime_of(pod)
    own, given = pod["overhead"], runtime.at("overhead", "podFixed")
    if own and amounts(own) != amounts(given):
        said = _(
            "“overhead” is filled in from the RuntimeClass, and these amounts are not its own: every pod is "
            "refused. Remove the field."
        )
        yield Refusal("overhead", OVERHEAD, Sentence(said), RUNTIME_CITE)
    selector = pod["nodeSelector"].mapping
    for key, value in runtime.at("scheduling", "nodeSelector").entries:
        if key in selector and selector[key] != value.text:
            said = _(
                "The RuntimeClass “%(name)s” asks for nodes with %(wanted)s, the node selector for %(own)s: "
                "every pod is refused."
            )
            params = {"name": name, "wanted": f"{key}={value.text}", "own": f"{key}={selector[key]}"}
            yield Refusal("runtime-class-nodes", (*NODE_SELECTOR, key), Sentence(said, params), RUNTIME_CITE)


def _overruled(pod: Place, classes: Classes) -> Iterator[Refusal]:
    """What the pod says of its priority, where its PriorityClass says something else."""
    given = classes.priority_of(pod)
    if given is None:
        return
    priority, preemption = pod["priority"], pod["preemptionPolicy"]
    said = _(
        "“%(field)s” is filled in from the PriorityClass or by default, here with %(given)s. The template "
        "says %(own)s: every pod is refused. Remove the field."
    )
    if priority.number not in (None, given[0]):
        params = {"field": "priority", "given": str(given[0]), "own": str(priority.number)}
        yield Refusal("priority", (*POD, "priority"), Sentence(said, params), PRIORITY_CITE)
    if preemption.text not in ("", given[1]):
        params = {"field": "preemptionPolicy", "given": given[1], "own": preemption.text}
        yield Refusal("preemption-policy", (*POD, "preemptionPolicy"), Sentence(said, params), PRIORITY_CITE)


def check(report: Report, daemonset: Json, classes: Classes) -> None:
    """Warnings where no pod is admitted: the DaemonSet itself is stored."""
    for refusal in refusals(daemonset, classes):
        at = Place(None, refusal.path)
        report.warning(at, refusal.code, refusal.say.template, refusal.cite, **refusal.say.params)


def _by_name(values: Iterable[Json]) -> dict[str, Json]:
    return {Place(value).at("metadata", "name").text: value for value in values}
