"""The summary of a DaemonSet for a list row or a card. It reads any value: manifests may be wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workloads.daemonsets.manifest.metadata import ALIAS, DESCRIPTION
from workloads.daemonsets.manifest.outline import ANNOTATIONS, POD, REQUIRED
from workloads.daemonsets.manifest.places import Place
from workloads.documents.paths import Json


@dataclass(frozen=True, slots=True)
class Container:
    """init: whether it is one of `initContainers`."""

    name: str
    image: str
    init: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What people look for first in a DaemonSet.

    tolerations: as kubectl writes them, "key=value:Effect"; "" tolerates everything.
    strategy_figures: {"maxUnavailable": "1"}, as in the manifest.
    volumes: name → type ("hostPath").
    """

    alias: str = ""
    description: str = ""
    containers: Sequence[Container] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[str] = ()
    node_name: str = ""
    node_affinity: bool = False
    strategy: str = "RollingUpdate"
    strategy_figures: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)

    @property
    def images(self) -> list[str]:
        """Each once, those of init containers last."""
        ordered = sorted(self.containers, key=lambda container: container.init)
        return list(dict.fromkeys(container.image for container in ordered if container.image))

    @property
    def unselective(self) -> bool:
        """Whether the template does not choose nodes. Taints may still keep pods off some of them."""
        return not (self.node_selector or self.node_affinity or self.node_name)

    @property
    def tolerates_everything(self) -> bool:
        return "" in self.tolerations


def of(value: Json) -> Summary:
    """The summary of a DaemonSet of any apiVersion."""
    top = Place(value)
    notes, update = top.at(*ANNOTATIONS), top.at("spec", "updateStrategy")
    pod = top.at(*POD)
    affinity = pod.at("affinity", "nodeAffinity", REQUIRED)
    return Summary(
        alias=notes[ALIAS].text,
        description=notes[DESCRIPTION].text,
        containers=[
            Container(item["name"].text, item["image"].text, kind == "initContainers")
            for kind in ("initContainers", "containers")
            for item in pod[kind]
        ],
        node_selector=texts(pod["nodeSelector"]),
        tolerations=[_toleration(item) for item in pod["tolerations"]],
        node_name=pod["nodeName"].text,
        node_affinity=bool(affinity),
        strategy=update["type"].text or "RollingUpdate",
        strategy_figures=texts(update["rollingUpdate"]),
        volumes={
            item["name"].text: next((key for key, _ in item.entries if key != "name"), "emptyDir")
            for item in pod["volumes"]
        },
    )


def texts(at: Place) -> dict[str, str]:
    """The entries of a mapping such as labels whose values are scalars, as strings."""
    return {
        key: str(item.value)
        for key, item in at.entries
        if item.value is not None and not isinstance(item.value, dict | list)
    }


def _toleration(item: Place) -> str:
    key, value, effect = (item[name].text for name in ("key", "value", "effect"))
    return key + (f"={value}" if value else "") + (f":{effect}" if effect else "")
