"""Whether two DaemonSets have the same pod template, so that their pods are not replaced.

The controller compares templates byte by byte, as the API server stores them: with defaults, without nulls,
empty lists and most zero values, and with quantities in canonical form.

Sources: getPatch in pkg/controller/daemon/update.go, pkg/apis/core/v1/defaults.go, the types and tags of
fields in k8s.io/api/core/v1/types.go, CanonicalizeBytes in k8s.io/apimachinery/pkg/api/resource/quantity.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.outline import CONTAINERS
from workloads.daemonsets.manifest.places import Place, without_nulls
from workloads.daemonsets.manifest.pod import PROBES, is_latest
from workloads.daemonsets.placement.verdicts import template_of
from workloads.daemonsets.running.presence import HASH
from workloads.documents.paths import Json

_Object: TypeAlias = dict[str, Any]

_POD: Final = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30,
    "securityContext": {},
}
_CONTAINER: Final = {
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "resources": {},
}
_PROBE: Final = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_HTTP_GET: Final = {"path": "/", "scheme": "HTTP"}
_MODE: Final = {"defaultMode": 0o644}
_VOLUMES: Final[dict[str, _Object]] = {
    "secret": _MODE,
    "configMap": _MODE,
    "downwardAPI": _MODE,
    "projected": _MODE,
}
# Fields that are stored even if they are false, 0 or "": pointers in Go. All other fields are either omitted
# then (omitempty) or stored with that value when absent, so setting it changes nothing. The same holds for
# pointers that have it by default (`type` of a hostPath, `service` of grpc): they are not in this list.
_POINTERS: Final = frozenset(
    {
        # pods
        *("activeDeadlineSeconds", "automountServiceAccountToken", "enableServiceLinks", "hostUsers"),
        *("hostnameOverride", "minDomains", "nodeAffinityPolicy", "nodeTaintsPolicy", "podGroupName"),
        *("preemptionPolicy", "priority", "resourceClaimName", "resourceClaimTemplateName"),
        *("runtimeClassName", "setHostnameAsFQDN", "shareProcessNamespace", "terminationGracePeriodSeconds"),
        *("tolerationSeconds",),
        # security contexts
        *("allowPrivilegeEscalation", "fsGroup", "fsGroupChangePolicy", "gmsaCredentialSpec"),
        *("gmsaCredentialSpecName", "hostProcess", "localhostProfile", "privileged", "procMount"),
        *("readOnlyRootFilesystem", "runAsGroup", "runAsNonRoot", "runAsUser", "runAsUserName"),
        *("seLinuxChangePolicy", "supplementalGroupsPolicy"),
        # containers
        *("mountPropagation", "optional", "recursiveReadOnly", "stopSignal"),
        # volumes
        *("apiGroup", "clusterTrustBundle.name", "csi.fsType", "csi.readOnly", "dataSourceRef.namespace"),
        *("defaultMode", "defaultUser", "expirationSeconds", "initiatorName", "lun", "maxExpirationSeconds"),
        *("mode", "signerName", "storageClassName", "volumeAttributesClassName", "volumeMode"),
        *("clusterTrustBundle.user", "items.user", "podCertificate.user", "serviceAccountToken.user"),
    }
)
_AMOUNTS: Final = ("limits", "requests", "overhead")
# Maps of strings, whose empty strings are stored. `options` is a flexVolume's; those of `dnsConfig`, a list,
# are pointers, so they are stored as well.
_TEXTS: Final = (
    *("labels", "annotations", "nodeSelector", "matchLabels", "options", "userAnnotations"),
    "volumeAttributes",
)
_EXPONENT: Final = re.compile(r".*[eE][+-]?[0-9]+")


def same_revision(old: Json, new: Json) -> bool:
    """Whether changing a DaemonSet from `old` to `new` keeps its pods."""
    return bool(_completed(old) == _completed(new))


def matching_revision(revisions: Iterable[Json], daemonset: Json) -> str | None:
    """The revision hash of pods with the template of `daemonset`, from its ControllerRevisions; None if it
    never had this template."""
    for each in revisions:
        stored = without_nulls(Place(each).at("data", "spec", "template").mapping)
        template = {key: value for key, value in stored.items() if key != "$patch"}
        if same_revision({"spec": {"template": template}}, daemonset):
            return Place(each).at("metadata", "labels", HASH).text
    return None


def _completed(daemonset: Json) -> Json:
    """The template as the API server would store it, as far as the comparison needs it."""
    template = _plain(without_nulls(template_of(daemonset)))
    if not isinstance(template, dict):
        return template
    template.setdefault("metadata", {})
    pod = template.get("spec")
    if isinstance(pod, dict):
        _complete_pod(pod)
    return template


def _plain(value: Json, of: str = "") -> Json:
    """A copy without omitted fields and with canonical quantities. of: the field that holds the value."""
    if isinstance(value, list):
        return [_plain(child, of) for child in value]
    if not isinstance(value, dict):
        return _amount(value) if of in ("divisor", "sizeLimit") else value
    if of in _AMOUNTS:
        return {name: _amount(amount, listed=True) for name, amount in value.items()}
    if of in _TEXTS:
        return dict(value)
    plain = {name: _plain(child, name) for name, child in value.items()}
    return {name: child for name, child in plain.items() if _is_written(of, name, child)}


def _is_written(of: str, name: str, value: Json) -> bool:
    if isinstance(value, list):
        return bool(value)
    if isinstance(value, dict):
        return bool(value) or name not in (*_AMOUNTS, *_TEXTS)
    if name == "divisor":
        return bool(value != "0")
    return bool(value) or name in _POINTERS or f"{of}.{name}" in _POINTERS


def _amount(value: Json, *, listed: bool = False) -> Json:
    """A quantity in canonical form, which keeps its unit family: 1024Mi is 1Gi, but 1073741824 differs.
    listed: it is in a list of resources."""
    if not isinstance(value, (str, int, float)):
        return value
    try:
        amount = quantity.parse(value)
    except ValueError:
        return value
    if listed:
        amount = quantity.in_list(amount)
    if str(value).strip(" ").endswith("i"):
        return quantity.canonical(amount, "binary")
    written = quantity.canonical(amount)
    # 1e3 is not stored as 1k, but 10e2 is stored as 1e3.
    return f"{written} (exponent)" if written[-1].isalpha() and _EXPONENT.match(str(value)) else written


def _complete_pod(pod: _Object) -> None:
    _add(pod, _POD)
    account = pod.pop("serviceAccount", None)  # the deprecated name, kept equal
    if account is not None:
        pod.setdefault("serviceAccountName", account)
    for field in CONTAINERS:
        for container in _objects(pod.get(field)):
            _complete_container(container, host_network=pod.get("hostNetwork") is True)
    for volume in _objects(pod.get("volumes")):
        if volume.keys() <= {"name"}:
            volume["emptyDir"] = {}
        for kind, defaults in _VOLUMES.items():
            if isinstance(volume.get(kind), dict):
                _add(volume[kind], defaults)
    _complete_references(pod)


def _complete_container(container: _Object, *, host_network: bool) -> None:
    _add(container, _CONTAINER)
    image = container.get("image")
    if isinstance(image, str):
        container.setdefault("imagePullPolicy", "Always" if is_latest(image) else "IfNotPresent")
    for port in _objects(container.get("ports")):
        port.setdefault("protocol", "TCP")
        if host_network and port.get("hostPort", 0) == port.get("containerPort"):
            port.pop("hostPort", None)  # some versions write it into templates, some do not
    for probe in PROBES:
        if isinstance(container.get(probe), dict):
            _add(container[probe], _PROBE)
            _complete_handler(container[probe])
    lifecycle = container.get("lifecycle")
    for hook in lifecycle.values() if isinstance(lifecycle, dict) else ():
        if isinstance(hook, dict):
            _complete_handler(hook)


def _complete_handler(handler: _Object) -> None:
    if isinstance(handler.get("httpGet"), dict):
        _add(handler["httpGet"], _HTTP_GET)


def _complete_references(value: Json) -> None:
    """`fieldRef` in variables and volumes, tokens in volumes."""
    if isinstance(value, list):
        for child in value:
            _complete_references(child)
    elif isinstance(value, dict):
        for name, child in value.items():
            if name == "fieldRef" and isinstance(child, dict):
                child.setdefault("apiVersion", "v1")
            elif name == "serviceAccountToken" and isinstance(child, dict):
                child.setdefault("expirationSeconds", 3600)
            else:
                _complete_references(child)


def _add(value: _Object, defaults: _Object) -> None:
    for name, default in defaults.items():
        value.setdefault(name, default)


def _objects(items: Json) -> list[_Object]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
