"""What the pods of a DaemonSet name in their project that it does not have, and what then becomes of them.

Sources: plugin/pkg/admission/serviceaccount/admission.go, PreFilter in
pkg/scheduler/framework/plugins/volumerestrictions and volumebinding (claims), makeEnvironmentVariables in
pkg/kubelet/kubelet_pods.go, SetUpAt in pkg/volume/configmap and pkg/volume/secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.pod import all_containers
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.project.facts import Keys, Layers, ProjectFacts

Stage: TypeAlias = Literal["account", "claim", "config"]
"""Without the account no pod is created, without the claim none is scheduled, without the keys of a ConfigMap
or Secret containers do not start."""
_Kind: TypeAlias = Literal["ConfigMap", "Secret"]

# Kubernetes creates these in every namespace.
_BUILT_IN_CONFIGMAPS: Final[Keys] = {"kube-root-ca.crt": {"ca.crt"}}
_BUILT_IN_ACCOUNTS: Final = frozenset({"default"})


@dataclass(frozen=True, slots=True)
class Missing:
    """at: where the template names it. say.code is the finding's."""

    stage: Stage
    name: str
    at: Place
    say: Sentence


def missing(pod: Place, facts: ProjectFacts) -> Iterator[Missing]:
    """What a pod's spec requires and its project does not have; nothing of kinds that are not known.

    facts: those of its namespace. A Secret to pull images with prevents nothing: nodes may have the image.
    """
    for reference in _references(pod):
        if reference.name.text and not reference.optional.is_true:
            objects = facts.configmaps if reference.kind == "ConfigMap" else facts.secrets
            built_in = _BUILT_IN_CONFIGMAPS if reference.kind == "ConfigMap" else {}
            if objects is not None:
                yield from _missing_of(reference, Layers(objects, built_in))
    account = account_of(pod)
    accounts = facts.service_accounts if account.text not in {"", *_BUILT_IN_ACCOUNTS} else None
    if accounts is not None and account.text not in accounts:
        template = _("The project has no ServiceAccount “%(name)s”: no pods can be created until it exists.")
        say = Sentence(template, {"name": account.text}, "service-account-missing")
        yield Missing("account", account.text, account, say)
    for volume in pod["volumes"]:
        claim = volume.at("persistentVolumeClaim", "claimName")
        known = claim.text and facts.pvcs is not None
        if known and (say_why := _unusable(claim.text, facts)):
            yield Missing("claim", claim.text, claim, say_why)


def asked_keys(pod: Place, kind: str, name: str) -> Iterator[str]:
    """The keys that a pod asks a ConfigMap or Secret for."""
    for reference in _references(pod):
        if (reference.kind, reference.name.text) == (kind, name):
            yield from filter(None, (key.text for key in reference.keys))


def unread(pod: Place, facts: ProjectFacts) -> list[str]:
    """The kinds of objects that the pod names and that are not known: whether these exist was not checked."""
    named: dict[str, bool] = {"ConfigMap": False, "Secret": False}
    for reference in _references(pod):
        named[reference.kind] |= bool(reference.name.text) and not reference.optional.is_true
    claims = [volume.at("persistentVolumeClaim", "claimName").text for volume in pod["volumes"]]
    account = account_of(pod).text
    asked = {
        "ConfigMap": named["ConfigMap"] and facts.configmaps is None,
        "Secret": named["Secret"] and facts.secrets is None,
        "ServiceAccount": account not in ("", *_BUILT_IN_ACCOUNTS) and facts.service_accounts is None,
        "PersistentVolumeClaim": any(claims) and facts.pvcs is None,
    }
    if any(_trust_bundles(pod)):
        asked["ClusterTrustBundle"] = True
    return [kind for kind, unknown in asked.items() if unknown]


def _trust_bundles(pod: Place) -> Iterator[bool]:
    for volume in pod["volumes"]:
        for source in volume["projected"]["sources"]:
            yield bool(source["clusterTrustBundle"]) and not source["clusterTrustBundle"]["optional"].is_true


def account_of(pod: Place) -> Place:
    """Where a pod names its ServiceAccount: `serviceAccountName`, or its deprecated alias."""
    return pod["serviceAccountName"] if pod["serviceAccountName"].text else pod["serviceAccount"]


def _unusable(name: str, facts: ProjectFacts) -> Sentence | None:
    """Why the scheduler waits for a claim (podHasPVCs in plugins/volumebinding/volume_binding.go)."""
    claim = Place((facts.pvcs or {}).get(name))
    if not claim:
        template = _(
            "The project has no PersistentVolumeClaim “%(name)s”: the pods will not start until it exists."
        )
        return Sentence(template, {"name": name}, "pvc-missing")
    if claim.at("metadata", "deletionTimestamp"):
        template = _("PersistentVolumeClaim “%(name)s” is being deleted: no new pod can use it.")
        return Sentence(template, {"name": name}, "pvc-deleted")
    if claim.at("status", "phase").text == "Lost":
        template = _("PersistentVolumeClaim “%(name)s” has lost its volume: no new pod can use it.")
        return Sentence(template, {"name": name}, "pvc-lost")
    return None


# --- ConfigMaps and Secrets ---


@dataclass(frozen=True, slots=True)
class _Reference:
    """A pod's reference to a ConfigMap or Secret, and to the keys that must exist in it. container: the name
    of the one that needs it, "" for a volume, without which no container starts."""

    kind: _Kind
    name: Place
    optional: Place
    keys: tuple[Place, ...] = ()
    container: str = ""


_KEY_REFERENCES: tuple[tuple[str, _Kind], ...] = (
    ("configMapKeyRef", "ConfigMap"),
    ("secretKeyRef", "Secret"),
)
_WHOLE_REFERENCES: tuple[tuple[str, _Kind], ...] = (("configMapRef", "ConfigMap"), ("secretRef", "Secret"))
# Volumes that are mounted with a Secret of the project; those of `csi` name it in another field.
_MOUNTED_WITH_SECRET: Final = ("cephfs", "flexVolume", "rbd", "scaleIO", "storageos")


def _references(pod: Place) -> Iterator[_Reference]:
    for container in all_containers(pod):
        own = container["name"].text
        for variable in container["env"]:
            source = variable["valueFrom"]
            for field, kind in _KEY_REFERENCES:
                reference = source[field]
                yield _Reference(kind, reference["name"], reference["optional"], (reference["key"],), own)
        for bundle in container["envFrom"]:
            for field, kind in _WHOLE_REFERENCES:
                yield _Reference(kind, bundle[field]["name"], bundle[field]["optional"], container=own)
    for volume in pod["volumes"]:
        yield _volume_reference("ConfigMap", volume["configMap"], "name")
        yield _volume_reference("Secret", volume["secret"], "secretName")
        for source in volume.at("projected", "sources"):
            yield _volume_reference("ConfigMap", source["configMap"], "name")
            yield _volume_reference("Secret", source["secret"], "name")
        yield _volume_reference("Secret", volume["azureFile"], "secretName")
        yield _volume_reference("Secret", volume["csi"]["nodePublishSecretRef"], "name")
        for driver in _MOUNTED_WITH_SECRET:
            yield _volume_reference("Secret", volume[driver]["secretRef"], "name")


def _volume_reference(kind: _Kind, source: Place, field: str) -> _Reference:
    return _Reference(kind, source[field], source["optional"], tuple(item["key"] for item in source["items"]))


def _missing_of(reference: _Reference, objects: Keys) -> Iterator[Missing]:
    kind, name = reference.kind, reference.name.text
    code = kind.lower()
    params = {"kind": kind, "name": name}
    if reference.container:
        params["container"] = reference.container
    if name not in objects:
        template = (
            _(
                "The project has no %(kind)s “%(name)s”: the pods are created, but the container "
                "“%(container)s” will not start until it exists."
            )
            if reference.container
            else _(
                "The project has no %(kind)s “%(name)s”: the pods are created, but no container will start "
                "until it exists."
            )
        )
        yield Missing("config", name, reference.name, Sentence(template, params, f"{code}-missing"))
        return
    keys = objects[name]
    for key in reference.keys if keys is not None else ():
        if key.text and keys is not None and key.text not in keys:
            template = (
                _(
                    "%(kind)s “%(name)s” has no key “%(key)s”: the pods are created, but the container "
                    "“%(container)s” will not start until it exists."
                )
                if reference.container
                else _(
                    "%(kind)s “%(name)s” has no key “%(key)s”: the pods are created, but no container will "
                    "start until it exists."
                )
            )
            say = Sentence(template, {**params, "key": key.text}, f"{code}-key-missing")
            yield Missing("config", name, key, say)
