"""What a list row or a summary card says of a DaemonSet. Reads any shape: a stored text may hold anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workloads.documents.paths import ABSENT, Json, Path, get

ALIAS = ("metadata", "annotations", "kubesphere.io/alias-name")
DESCRIPTION = ("metadata", "annotations", "kubesphere.io/description")
_POD: Path = ("spec", "template", "spec")


@dataclass(frozen=True, slots=True)
class Container:
    name: str
    image: str
    init: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """`tolerations`: as kubectl writes them, "key=value:Effect"; "" tolerates everything. `volumes`: name → source
    field ("hostPath"). `strategy`: type, then its figures ("RollingUpdate", {"maxUnavailable": "1"})."""

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
        """Each once, those of the containers that keep running first."""
        ordered = sorted(self.containers, key=lambda container: container.init)
        return list(dict.fromkeys(container.image for container in ordered if container.image))

    @property
    def everywhere(self) -> bool:
        """Whether nothing in the template keeps it from any node (taints may)."""
        return not (self.node_selector or self.node_affinity or self.node_name)

    @property
    def tolerates_everything(self) -> bool:
        return "" in self.tolerations


def of(value: Json) -> Summary:
    figures = get(value, ("spec", "updateStrategy", "rollingUpdate"))
    affinity = get(
        value, (*_POD, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    )
    return Summary(
        alias=_text(get(value, ALIAS)),
        description=_text(get(value, DESCRIPTION)),
        containers=[
            Container(_text(item.get("name")), _text(item.get("image")), kind == "initContainers")
            for kind in ("initContainers", "containers")
            for item in _mappings(get(value, (*_POD, kind)))
        ],
        node_selector=_texts(get(value, (*_POD, "nodeSelector"))),
        tolerations=[_toleration(item) for item in _mappings(get(value, (*_POD, "tolerations")))],
        node_name=_text(get(value, (*_POD, "nodeName"))),
        node_affinity=bool(affinity),
        strategy=_text(get(value, ("spec", "updateStrategy", "type"))) or "RollingUpdate",
        strategy_figures=_texts(figures),
        volumes={
            _text(item.get("name")): next((key for key in item if key != "name"), "emptyDir")
            for item in _mappings(get(value, (*_POD, "volumes")))
        },
    )


def _text(value: Json) -> str:
    return "" if value is None or value is ABSENT or isinstance(value, dict | list) else str(value)


def _texts(value: Json) -> dict[str, str]:
    return {key: _text(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _mappings(value: Json) -> Iterator[dict[str, Json]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _toleration(item: Mapping[str, Json]) -> str:
    key, value, effect = (_text(item.get(name)) for name in ("key", "value", "effect"))
    return key + (f"={value}" if value else "") + (f":{effect}" if effect else "")
