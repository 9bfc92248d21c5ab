"""Objects that a DaemonSet of a text names and its project does not have: added to the text by one button."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.translation import gettext as _

from console.errors import BadInput
from workloads import documents
from workloads.daemonsets.manifest.findings import Finding
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.project.needs import asked_keys
from workloads.documents import Document, bundle, read, to_yaml
from workloads.documents.paths import JsonObject
from workloads.drafts.starters import starter
from workloads.services.draft_outcomes import unknown_action

_KINDS: Final[Mapping[str, str]] = {
    "configmap-missing": "ConfigMap",
    "secret-missing": "Secret",
    "pull-secret-missing": "Secret",
    "service-account-missing": "ServiceAccount",
    "pvc-missing": "PersistentVolumeClaim",
}


def addable(finding: Finding) -> str:
    """The object that would settle a finding, `<kind>:<name>` for `with_object`; "" for none."""
    kind = _KINDS.get(finding.code)
    return f"{kind}:{finding.params['name']}" if kind else ""


def with_object(text: str, wanted: str) -> str:
    """`text` with a document for `wanted` (of `addable`): in the namespace of the DaemonSets that name it,
    and with the keys that they ask for. Raises BadInput, EditRefused, DocumentError."""
    kind, _colon, name = wanted.partition(":")
    if kind not in _KINDS.values() or not name:
        raise unknown_action()
    users = [document for document in read(text) if document.kind == "DaemonSet" and _names(document, name)]
    if not users:
        raise BadInput(_("The manifest no longer names this object."), code="nothing-to-add")
    metadata = {"name": name} | ({"namespace": users[0].namespace} if users[0].namespace else {})
    return bundle.add(text, _manifest(kind, metadata, users))


def _names(document: Document, name: str) -> bool:
    """Whether the DaemonSet has the name anywhere in its pod template."""
    todo = [Place(document.value).at(*POD).value]
    while todo:
        value = todo.pop()
        if value == name:
            return True
        if isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return False


def _manifest(kind: str, metadata: JsonObject, users: Iterable[Document]) -> str:
    pods = [Place(document.value).at(*POD) for document in users]
    name = metadata["name"]
    if kind in ("ServiceAccount", "PersistentVolumeClaim"):
        changes = [(("metadata", field), value) for field, value in metadata.items()]
        return documents.edit(starter(kind), 0, changes)
    head: JsonObject = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    keys = dict.fromkeys(key for pod in pods for key in asked_keys(pod, kind, name))
    if kind == "ConfigMap":
        return _with_values(head, "data", dict.fromkeys(keys, ""))
    if any(secret["name"].text == name for pod in pods for secret in pod["imagePullSecrets"]):
        # The API server requires valid JSON under this key: validation.go ValidateSecret.
        values = {".dockerconfigjson": '{"auths":{}}'}
        return _with_values({**head, "type": "kubernetes.io/dockerconfigjson"}, "stringData", values)
    return _with_values({**head, "type": "Opaque"}, "stringData", dict.fromkeys(keys, ""))


def _with_values(head: JsonObject, field: str, values: Mapping[str, str]) -> str:
    """With comments, in YAML, that say what is left to do."""
    if not values:
        comment = _("add a key and its value for each file")
        return to_yaml(head) + f"{field}: {{}}  # {comment}\n"
    comment = _("enter the value")
    entries = [to_yaml({key: value}).rstrip("\n") for key, value in values.items()]
    return to_yaml(head) + f"{field}:\n" + "".join(f"  {entry}  # {comment}\n" for entry in entries)
