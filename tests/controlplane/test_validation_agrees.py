"""What the console calls an error a real API server refuses; what it only warns of, the server takes."""

from __future__ import annotations

import pytest

from tests.controlplane.control_plane import ApiError
from tests.daemonsets.rule_cases import BASE, CASES, POD, C
from workloads.daemonsets.manifest import schema
from workloads.daemonsets.rules.validation import check
from workloads.documents.paths import ABSENT, get, patch, show


def refusal(control_plane, value):
    """What the API server says to a dry run, "" if it takes the object."""
    namespace = get(value, ("metadata", "namespace"))
    if namespace in (ABSENT, BASE["metadata"]["namespace"]):
        namespace = "default"
        value = patch(value, [(("metadata", "namespace"), namespace)])
    path = f"/apis/apps/v1/namespaces/{namespace}/daemonsets?dryRun=All&fieldValidation=Strict"
    try:
        control_plane.api("POST", path, value)
    except ApiError as error:
        return str(error)
    return ""


def test_the_manifest_all_cases_start_from_is_taken(control_plane):
    assert refusal(control_plane, BASE) == ""


@pytest.mark.parametrize("refused", [True, False])
def test_the_server_refuses_what_its_version_should(control_plane, refused):
    cases = [case for case in CASES if case.refused_by(control_plane.minor) is refused]
    answers = {f"{number} {case.id}": refusal(control_plane, case.value) for number, case in enumerate(cases)}
    assert {case: answer for case, answer in answers.items() if bool(answer) is not refused} == {}


# --- every field of the schema, with odd values ---

# What stands in the required fields around the one that is tried.
PLAUSIBLE = {
    **{"operator": "Exists", "path": "x", "mountPath": "/m", "topologyKey": "a", "maxSkew": 1, "weight": 1},
    **{"whenUnsatisfiable": "DoNotSchedule", "port": 80, "ip": "1.2.3.4", "fieldPath": "metadata.name"},
    **{"resource": "limits.cpu", "type": "RuntimeDefault", "devicePath": "/dev/x", "containerPort": 80},
    **{"conditionType": "a.b/c", "image": "a:1", "lun": 1},
}
ODD = {
    "string": ["", "x", "A b", "/a/../b", "-1", "a" * 300],
    "integer": [-1, 0, 1, 70000, 2**31 - 1],
    "boolean": [True, False],
    "array": [[], [{}], ["x"], ["A b"]],
    "object": [{}],
    "integer or string": ["", "x", "A b", "5%", "-1", -1, 0, 1, 70000],
    "quantity": ["", "1", "-1", 1, -1, "x", "1.5"],
}
NOT_TRIED = {
    *("status", "managedFields", "ownerReferences", "finalizers", "uid", "resourceVersion", "generateName"),
    *("creationTimestamp", "deletionTimestamp", "generation", "selfLink", "ephemeralContainers", "namespace"),
    # The console leaves these to the server: drivers that are gone or used through CSI.
    *("azureDisk", "cephfs", "cinder", "fc", "flocker", "gitRepo", "glusterfs", "iscsi"),
    *("quobyte", "rbd", "scaleIO", "storageos"),
}
# Rules that Kubernetes changed: part of a path, and the minor version from which servers agree with the
# console. An older one refuses what is legal now (names of variables, a pod selector in a spread constraint,
# a disk for writing, a path) or takes what is refused now (a mount of /proc).
CHANGED = {
    "topologySpreadConstraints[0].labelSelector": 27,
    "serviceAccountToken.path": 36,
    "securityContext.procMount": 36,
    "env[0].name": 30,
    "envFrom[0].prefix": 30,
    "gcePersistentDisk": 29,
}


def plausible(definition):
    required = definition.get("required", [])
    return {name: _plausible(name, definition["properties"][name]) for name in required}


def _plausible(name, inner):
    inner = schema._resolved(inner)
    if name in PLAUSIBLE:
        return PLAUSIBLE[name]
    if inner.get("type") == "array":
        item = schema._resolved(inner["items"])
        return [plausible(item) if "properties" in item else "x"]
    return {"string": "x", "integer": 1}.get(inner.get("type")) or plausible(inner)


def fields(definition, path=()):
    """(path, schema) of every field of a DaemonSet, lists with one item."""
    for name, inner in schema._resolved(definition).get("properties", {}).items():
        if name in NOT_TRIED:
            continue
        here = (*path, name)
        resolved = schema._resolved(inner)
        yield here, resolved
        if "items" in resolved:
            yield from fields(resolved["items"], (*here, 0))
        else:
            yield from fields(resolved, here)


def served(openapi, path):
    """Whether the server knows a field at all."""
    definitions = openapi["definitions"]
    here = definitions["io.k8s.api.apps.v1.DaemonSet"]
    for segment in path:
        here = here.get("items", {}) if segment == 0 else here.get("properties", {}).get(segment)
        if here is None:
            return False
        if "$ref" in here:
            here = definitions[here["$ref"].rpartition("/")[2]]
    return True


def odd_manifests(openapi, minor):
    root = schema._root("apps/v1", "DaemonSet")
    volumes = [
        {"name": "x", "emptyDir": {}},
        {"name": "claim", "persistentVolumeClaim": {"claimName": "c"}},
    ]
    for path, definition in fields(root):
        if path in (("apiVersion",), ("kind",)) or not served(openapi, path):
            continue
        if any(minor < since and part in show(path) for part, since in CHANGED.items()):
            continue
        base = BASE
        if "volumeMounts" in path or "volumeDevices" in path:
            base = patch(base, [((*POD, "volumes"), volumes)])
        around = []
        for length in range(1, len(path)):
            above = path[:length]
            inner = schema._schema_at(root, above)
            if get(base, above) or "properties" not in inner:
                continue
            around.append((above, plausible(inner)))
        if path[: len(C) + 2] == (*C, "volumeDevices", 0):
            around.append(((*C, "volumeDevices", 0, "name"), "claim"))
        for value in ODD[schema._type_word(definition)]:
            yield path, value, patch(base, [*around, (path, value)])


def without_what_is_required(openapi, minor):
    """For each field that the schema requires, its path and a DaemonSet without it."""
    root = schema._root("apps/v1", "DaemonSet")
    for path, definition in fields(root):
        if path[:1] == ("metadata",) or not served(openapi, path):
            continue
        if any(minor < since and part in show(path) for part, since in CHANGED.items()):
            continue
        around = [
            (path[:length], plausible(schema._schema_at(root, path[:length])))
            for length in range(1, len(path) + 1)
            if get(BASE, path[:length]) is ABSENT
            and "properties" in (schema._schema_at(root, path[:length]) or {})
        ]
        yield from (
            ((*path, name), patch(BASE, [*around, ((*path, name), ABSENT)]))
            for name in definition.get("required", [])
        )


def test_what_the_schema_requires_is_missed_by_both_or_neither(control_plane):
    openapi = control_plane.api("GET", "/openapi/v2")
    disagreed = {}
    for path, value in without_what_is_required(openapi, control_plane.minor):
        answer = refusal(control_plane, value)
        errors = [finding.message for finding in check(value) if finding.severity == "error"]
        if bool(answer) is not bool(errors):
            disagreed[show(path)] = answer or errors
    assert disagreed == {}


def test_every_field_with_odd_values_is_refused_by_both_or_neither(control_plane):
    openapi = control_plane.api("GET", "/openapi/v2")
    tried, disagreed = 0, {}
    for path, odd, value in odd_manifests(openapi, control_plane.minor):
        tried += 1
        answer = refusal(control_plane, value)
        errors = [finding.message for finding in check(value) if finding.severity == "error"]
        if bool(answer) is not bool(errors):
            disagreed[f"{show(path)} = {odd!r}"[:150]] = answer or errors
    assert disagreed == {}
    assert tried > 2000
