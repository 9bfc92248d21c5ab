"""The rules for objects of any kind: their metadata, and the contents of the kinds that DaemonSets use.

Sources: apimachinery/pkg/api/validation/objectmeta.go, kubernetes/pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Final

from workloads.daemonsets.manifest import api_versions, names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, core
from workloads.daemonsets.manifest.pod import PROTOCOLS
from workloads.daemonsets.manifest.resources import amounts
from workloads.daemonsets.manifest.selectors import check_labels
from workloads.daemonsets.project.claims import check_claim
from workloads.daemonsets.rules.annotations import check_annotations
from workloads.daemonsets.rules.quotas import check_quota

_MAX_BYTES: Final = 1024 * 1024
_META = "apimachinery/pkg/api/validation/objectmeta.go ValidateObjectMeta"
_NAME_TESTS: Final = {
    **dict.fromkeys(("Namespace", "Service"), names.dns_label),
    **dict.fromkeys(("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"), names.path_segment),
}


def check_metadata(report: Report, value: Place) -> None:
    """`metadata` of a whole object of any kind (ValidateObjectMeta)."""
    metadata = value["metadata"]
    name, namespace = metadata["name"], metadata["namespace"]
    if not name.text and (not name or name.is_blank):
        report.error(
            name,
            "name-missing",
            _("An object is stored under its name: set “name” instead of “generateName”.")
            if metadata["generateName"].text
            else _("The object has no name: set “metadata.name”."),
            _META,
        )
    report.test(name, "name", _NAME_TESTS.get(value["kind"].text, names.dns_subdomain), _META)
    report.test(namespace, "namespace", names.dns_label, _META)
    check_labels(report, metadata["labels"])
    check_annotations(report, metadata["annotations"])
    _check_owners(report, metadata["ownerReferences"])
    if api_versions.of_kubernetes(value["apiVersion"].text):
        _check_finalizers(report, metadata["finalizers"])


def _check_owners(report: Report, owners: Place) -> None:
    controllers = [owner for owner in owners if owner["controller"].is_true]
    for extra in controllers:
        if extra.value == controllers[0].value:
            continue  # servers drop what is there twice
        report.error(
            extra["controller"],
            "owner-controllers",
            _("Another owner is the controller of this object already: remove “controller: true” here."),
            "apimachinery/pkg/api/validation/objectmeta.go ValidateOwnerReferences",
        )


_FINALIZERS: Final = ("foregroundDeletion", "kubernetes", "orphan")


def _check_finalizers(report: Report, finalizers: Place) -> None:
    """Of the kinds of Kubernetes itself (ValidateFinalizerName in pkg/apis/core/validation/validation.go)."""
    cite = core("ValidateFinalizerName")
    used = {each.text for each in finalizers}
    for each in finalizers:
        if not report.required(each, cite) or not report.test(each, "finalizer", names.qualified_name, cite):
            continue
        if "/" not in each.text and each.text not in _FINALIZERS:
            report.error(
                each,
                "finalizer",
                _("“%(name)s” is not a finalizer of Kubernetes: write it with a domain, like a.example/b."),
                cite,
                name=each.text,
            )
        elif each.text == "orphan" and "foregroundDeletion" in used:
            report.error(
                each,
                "finalizer",
                _("“orphan” and “foregroundDeletion” cannot be used together: remove one of the two."),
                _META,
            )


# --- ConfigMaps and Secrets ---


def _check_keys(report: Report, value: Place, *, plain: str, encoded: str) -> None:
    """The keys of both fields and their total size. encoded: the field whose values are base64."""
    size = 0
    for field in (plain, encoded):
        for _key, entry in value[field].entries:
            report.test_key(entry, "config-key", names.config_key, core("ValidateConfigMap"))
            length = len(entry.text.encode())
            size += length if field == plain else length * 3 // 4
    if size > _MAX_BYTES:
        report.error(
            value["data"],
            "too-much-data",
            _(
                "The data is %(size)d bytes, but Kubernetes allows only 1 MiB: split it or store it "
                "elsewhere."
            ),
            core("ValidateSecret"),
            size=size,
        )


def _check_configmap(report: Report, value: Place) -> None:
    _check_keys(report, value, plain="data", encoded="binaryData")
    for key, entry in value["binaryData"].entries:
        if key in value["data"].mapping:
            report.error(
                entry,
                "key-taken",
                _("“%(name)s” also exists under “data”: rename one of the two."),
                core("ValidateConfigMap"),
                name=key,
            )


_SECRET_KEYS: Final = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


def _check_secret(report: Report, value: Place) -> None:
    """No message shows any part of the data of a Secret."""
    _check_keys(report, value, plain="stringData", encoded="data")
    kind, data, plain = value["type"].text, value["data"], value["stringData"]
    given = data.mapping.keys() | plain.mapping.keys()
    for key in _SECRET_KEYS.get(kind, ()):
        if key not in given:
            report.error(
                data[key],
                "secret-type-key",
                _("A Secret of type %(type)s requires the key “%(key)s”: add it."),
                core("ValidateSecret"),
                type=kind,
                key=key,
            )
        elif key.startswith(".docker") and not _is_json_object(_plain(data, plain, key)):
            report.error(
                plain[key] if plain[key] else data[key],
                "secret-json",
                _("“%(key)s” must contain a JSON object, as “docker login” writes it."),
                core("ValidateSecret"),
                key=key,
            )
    if (
        kind == "kubernetes.io/ssh-auth"
        and data["ssh-privatekey"].is_blank
        and not plain["ssh-privatekey"].text
    ):
        report.required(data["ssh-privatekey"], core("ValidateSecret"))
    if kind == "kubernetes.io/service-account-token":
        account = value.at("metadata", "annotations", "kubernetes.io/service-account.name")
        if not account.text:
            report.required(account, core("ValidateSecret"))
    if kind == "kubernetes.io/basic-auth" and not given & {"username", "password"}:
        report.error(
            data,
            "secret-type-key",
            _("A Secret of type %(type)s requires the key “username” or “password”: add one."),
            core("ValidateSecret"),
            type=kind,
        )


def _plain(data: Place, plain: Place, key: str) -> bytes | None:
    """The value of a key; None if it is not base64, which the schema reports."""
    if plain[key]:
        return plain[key].text.encode()
    try:
        return base64.b64decode(data[key].text, validate=False)
    except binascii.Error:
        return None


def _is_json_object(text: bytes | None) -> bool:
    """Servers read a null as an object without members."""
    if text is None:
        return True
    try:
        return isinstance(json.loads(text), dict | None)
    except (ValueError, RecursionError):
        return False


# --- limit ranges and Services ---


def _check_limit_range(report: Report, value: Place) -> None:
    cite = core("ValidateLimitRange")
    used: set[str] = set()
    for item in value.at("spec", "limits"):
        kind = item["type"].text
        report.unique(
            item["type"],
            used,
            "type-taken",
            _("Two items have the type %(type)s: combine them."),
            cite,
            type=kind,
        )
        if kind and "/" not in kind:
            report.choice(item["type"], ("Container", "Pod", "PersistentVolumeClaim"), cite)
        storage = [item[field]["storage"] for field in ("min", "max")]
        if kind == "PersistentVolumeClaim" and not any(storage):
            report.error(
                item,
                "limit-range-storage",
                _("A limit range for claims must limit “storage”: add it to “min” or “max”."),
                cite,
            )
        if kind == "Pod":
            for field in ("default", "defaultRequest"):
                if item[field].length:
                    report.error(
                        item[field],
                        "limit-range-field",
                        _("“%(field)s” is not allowed for type Pod: remove it."),
                        cite,
                        field=field,
                    )
        for low, high in combinations(("min", "defaultRequest", "default", "max"), 2):
            limits = amounts(item[high])
            for resource, least in amounts(item[low]).items():
                if resource in limits and least > limits[resource]:
                    report.error(
                        item[low][resource],
                        "limit-range-order",
                        _(
                            "“%(low)s” for %(resource)s is greater than “%(high)s”: lower it, or raise "
                            "“%(high)s”."
                        ),
                        cite,
                        low=low,
                        resource=resource,
                        high=high,
                    )
        for resource, ratio in amounts(item["maxLimitRequestRatio"]).items():
            if ratio < 1:
                report.error(
                    item["maxLimitRequestRatio"][resource],
                    "limit-ratio",
                    _("The ratio of limit to request must be 1 or more."),
                    cite,
                )


def _check_service(report: Report, value: Place) -> None:
    spec, cite = value["spec"], core("ValidateService")
    if not spec["ports"].length and spec["clusterIP"].text != "None" and spec["type"].text != "ExternalName":
        report.error(
            spec["ports"],
            "required",
            _("A Service needs at least one port, except one without a cluster IP: add it to “ports”."),
            cite,
        )
    report.choice(spec["type"], ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"), cite)
    report.choice(spec["sessionAffinity"], ("ClientIP", "None"), cite)
    if spec["type"].text == "ExternalName":
        report.required(spec["externalName"], cite)
    check_labels(report, spec["selector"])
    _check_service_ports(report, spec)


def _check_service_ports(report: Report, spec: Place) -> None:
    cite = core("validateServicePort")
    used: set[str] = set()
    numbers: set[tuple[int, str]] = set()
    for port in spec["ports"]:
        name, number, target = port["name"], port["port"], port["targetPort"]
        if spec["ports"].length > 1:
            report.required(name, cite)
        report.test(name, "name", names.dns_label, cite)
        report.once(name, used, cite)
        report.between(number, 1, 65535, cite)
        report.choice(port["protocol"], PROTOCOLS, cite)
        if target.text:
            report.test(target, "port-name", names.port_name, cite)
        elif target.number != 0:  # which is the default, the port itself
            report.between(target, 1, 65535, cite)
        if port["nodePort"].number and spec["type"].text in ("", "ClusterIP"):
            report.error(
                port["nodePort"],
                "node-port",
                _("Only Services of the types NodePort and LoadBalancer have a node port: remove it."),
                cite,
            )
        key = number.number or 0, port["protocol"].text or "TCP"
        if key[0] and key in numbers:
            report.error(
                number,
                "port-taken",
                _("The Service has port %(port)d/%(protocol)s twice: remove one, or change its number."),
                cite,
                port=key[0],
                protocol=key[1],
            )
        numbers.add(key)


_KIND_RULES: Mapping[str, Callable[[Report, Place], None]] = {
    "ConfigMap": _check_configmap,
    "LimitRange": _check_limit_range,
    "PersistentVolumeClaim": lambda report, value: check_claim(report, value["spec"]),
    "ResourceQuota": check_quota,
    "Secret": _check_secret,
    "Service": _check_service,
}


def check_contents(report: Report, value: Place) -> None:
    """The contents of a v1 object, if there are rules for its kind."""
    if value["apiVersion"].text == "v1" and value["kind"].text in _KIND_RULES:
        _KIND_RULES[value["kind"].text](report, value)
