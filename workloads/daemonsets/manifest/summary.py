"""The summary of a DaemonSet for a list row or a card. It reads any value: manifests may be wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workloads.daemonsets.manifest.metadata import ALIAS, DESCRIPTION
from workloads.daemonsets.manifest.outline import ANNOTATIONS, POD, REQUIRED
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.pod import PROBES
from workloads.documents.paths import Json


@dataclass(frozen=True, slots=True)
class Container:
    """init: whether it is one of `initContainers`; sidecar: and keeps running.

    requests, limits: resource → quantity, as in the manifest. command: with its arguments.
    ports: "http 8080/TCP", with the port of the node in front if there is one: "http 80:8080/TCP".
    probes: field of the container → what is called, "HTTP :8080/live".
    """

    name: str
    image: str
    init: bool = False
    sidecar: bool = False
    command: Sequence[str] = ()
    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    ports: Sequence[str] = ()
    probes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Volume:
    """type: "hostPath". source: what it mounts, a path or the name of an object, "" where no text says it.
    mounts: (container, path in it, whether read-only)."""

    name: str
    type: str
    source: str = ""
    mounts: Sequence[tuple[str, str, bool]] = ()


@dataclass(frozen=True, slots=True)
class Toleration:
    """As in the manifest; "" for what is not set. anything: the operator is Exists, so any value counts."""

    key: str = ""
    value: str = ""
    effect: str = ""
    anything: bool = False

    def __str__(self) -> str:
        """As kubectl writes it, "key=value:Effect"; "" tolerates everything."""
        return (
            self.key + (f"={self.value}" if self.value else "") + (f":{self.effect}" if self.effect else "")
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """What people look for first in a DaemonSet.

    affinity: the terms of the required node affinity, one of which must match; of each, the conditions, all
    of which must, as in "disk In ssd,nvme". strategy_figures: {"maxUnavailable": "1"}, as in the manifest.
    shares: the namespaces of the node that its pods use, "hostNetwork". selector: `matchLabels`.
    """

    alias: str = ""
    description: str = ""
    containers: Sequence[Container] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Toleration] = ()
    node_name: str = ""
    node_affinity: bool = False
    affinity: Sequence[Sequence[str]] = ()
    strategy: str = "RollingUpdate"
    strategy_figures: Mapping[str, str] = field(default_factory=dict)
    volumes: Sequence[Volume] = ()
    shares: Sequence[str] = ()
    selector: Mapping[str, str] = field(default_factory=dict)
    service_account: str = ""
    priority_class: str = ""

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
        return any(str(each) == "" for each in self.tolerations)


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
            _container(item, init=kind == "initContainers")
            for kind in ("initContainers", "containers")
            for item in pod[kind]
        ],
        node_selector=texts(pod["nodeSelector"]),
        tolerations=[_toleration(item) for item in pod["tolerations"]],
        node_name=pod["nodeName"].text,
        node_affinity=bool(affinity),
        affinity=[_term(term) for term in affinity["nodeSelectorTerms"]],
        strategy=update["type"].text or "RollingUpdate",
        strategy_figures=texts(update["rollingUpdate"]),
        volumes=[_volume(item, pod) for item in pod["volumes"]],
        shares=[name for name in ("hostNetwork", "hostPID", "hostIPC") if pod[name].is_true],
        selector=texts(top.at("spec", "selector", "matchLabels")),
        service_account=pod["serviceAccountName"].text or pod["serviceAccount"].text,
        priority_class=pod["priorityClassName"].text,
    )


def _container(item: Place, *, init: bool) -> Container:
    return Container(
        item["name"].text,
        item["image"].text,
        init=init,
        sidecar=init and item["restartPolicy"].text == "Always",
        command=[each.text for field in ("command", "args") for each in item[field]],
        requests=texts(item.at("resources", "requests")),
        limits=texts(item.at("resources", "limits")),
        ports=[_port(each) for each in item["ports"]],
        probes={name: _action(item[name]) for name in PROBES if item[name]},
    )


def _port(item: Place) -> str:
    number, protocol = _scalar(item["containerPort"]), item["protocol"].text or "TCP"
    outside = _scalar(item["hostPort"])
    name = item["name"].text
    return (f"{name} " if name else "") + (f"{outside}:" if outside else "") + f"{number}/{protocol}"


def _action(probe: Place) -> str:
    """What a probe calls, in one line: "HTTP :8080/live", "TCP :80", "gRPC :9090" or a command."""
    http, tcp, grpc = probe["httpGet"], probe["tcpSocket"], probe["grpc"]
    if http:
        scheme, path = http["scheme"].text or "HTTP", http["path"].text or "/"
        return f"{scheme} {http['host'].text}:{_scalar(http['port'])}{path}"
    if tcp:
        return f"TCP {tcp['host'].text}:{_scalar(tcp['port'])}"
    if grpc:
        return f"gRPC :{_scalar(grpc['port'])}"
    return " ".join(each.text for each in probe.at("exec", "command"))


# Of a volume's source, the field that says what is mounted.
_NAMED_BY = (
    "path",
    "name",
    "secretName",
    "claimName",
    "driver",
    "server",
    "reference",
    "targetPortal",
    "medium",
)


def _volume(item: Place, pod: Place) -> Volume:
    name = item["name"].text
    kind = next((key for key, _ in item.entries if key != "name"), "emptyDir")
    source = next((item[kind][key].text for key in _NAMED_BY if item[kind][key].text), "")
    mounts = [
        (container["name"].text, mount["mountPath"].text, mount["readOnly"].is_true)
        for field in ("initContainers", "containers")
        for container in pod[field]
        for mount in container["volumeMounts"]
        if mount["name"].text == name
    ]
    return Volume(name, kind, source, mounts)


def _term(term: Place) -> list[str]:
    return [
        " ".join(
            filter(
                None,
                (
                    rule["key"].text,
                    rule["operator"].text,
                    ",".join(_scalar(value) for value in rule["values"]),
                ),
            )
        )
        for field in ("matchExpressions", "matchFields")
        for rule in term[field]
    ]


def _scalar(at: Place) -> str:
    return "" if at.value is None or isinstance(at.value, dict | list) else str(at.value)


def texts(at: Place) -> dict[str, str]:
    """The entries of a mapping such as labels whose values are scalars, as strings."""
    return {
        key: str(item.value)
        for key, item in at.entries
        if item.value is not None and not isinstance(item.value, dict | list)
    }


def _toleration(item: Place) -> Toleration:
    key, value, effect = (item[name].text for name in ("key", "value", "effect"))
    return Toleration(key, value, effect, anything=item["operator"].text == "Exists")
