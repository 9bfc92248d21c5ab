"""Extract the schemas the console validates with from the dev package `kubernetes-validate`.

`python -m tests.daemonsets.extract_schema` rewrites the file `TARGET`.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

VERSION = "1.37"
TARGET = Path(__file__).parents[2] / "workloads/daemonsets/manifest/schema_data/kubernetes.json"

KINDS = {
    "v1": "ConfigMap LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod ResourceQuota "
    "Secret Service ServiceAccount",
    "apps/v1": "DaemonSet Deployment StatefulSet",
    "batch/v1": "CronJob Job",
    "networking.k8s.io/v1": "NetworkPolicy",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "scheduling.k8s.io/v1": "PriorityClass",
}

# Required by the published schema, but the API server reads an absent one as empty and accepts it.
LENIENT = {
    ("core.v1.HTTPHeader", "value"),
    ("core.v1.PreferredSchedulingTerm", "preference"),
    ("core.v1.Sysctl", "value"),
}

# Optional in the published schema, but structs in Go: an API server validates one that is absent as an empty
# one, which lacks what it requires. In the OpenAPI v3 description of Kubernetes these are the fields with
# `default: {}` whose type has required fields.
VALIDATED_WHEN_ABSENT = {
    ("batch.v1.Job", "spec"),
    ("batch.v1.JobTemplateSpec", "spec"),
    ("core.v1.Pod", "spec"),
    ("core.v1.PodTemplateSpec", "spec"),
}

FORMATS = ("byte", "date-time")
BOUNDS = {"int32": 2**31, "int64": 2**63}


def short(name: str) -> str:
    """`io.k8s.api.core.v1.Pod` → `core.v1.Pod`, `…apimachinery.pkg.api.resource.Quantity` → `Quantity`."""
    for prefix in ("io.k8s.apimachinery.pkg.api.resource.", "io.k8s.apimachinery.pkg.util.intstr."):
        name = name.removeprefix(prefix)
    return name.removeprefix("io.k8s.apimachinery.pkg.apis.").removeprefix("io.k8s.api.")


def simplified(schema: dict[str, Any]) -> dict[str, Any]:
    """Without prose, without null (the console drops nulls before it validates) and without alternatives."""
    if "$ref" in schema:
        return {"$ref": "#/$defs/" + short(schema["$ref"].split("/")[-1])}
    if "oneOf" in schema:
        return {"type": sorted(simplified(choice)["type"] for choice in schema["oneOf"])}
    out: dict[str, Any] = {"format": schema["format"]} if schema.get("format") in FORMATS else {}
    if "type" in schema:
        types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        (out["type"],) = [kind for kind in types if kind != "null"]
    if schema.get("format") in BOUNDS and out.get("type") == "integer":
        bound = BOUNDS[schema["format"]]
        out |= {"minimum": -bound, "maximum": bound - 1}
    if "items" in schema:
        out["items"] = simplified(schema["items"])
    if "properties" in schema:
        out["properties"] = {key: simplified(value) for key, value in sorted(schema["properties"].items())}
    if "required" in schema:
        out["required"] = schema["required"]
        for field in out["required"]:
            # The API server has its own checks for these, and they refuse empty text as well.
            if out["properties"][field].get("type") == "string":
                out["properties"][field]["minLength"] = 1
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        out["additionalProperties"] = simplified(extra)
    elif extra is False:
        out["additionalProperties"] = False
    return out


def references(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["$ref"].removeprefix("#/$defs/")} if isinstance(schema.get("$ref"), str) else set()
        return own.union(*map(references, schema.values()))
    return set().union(*map(references, schema)) if isinstance(schema, list) else set()


def extract(folder: Path) -> dict[str, Any]:
    everything = json.loads((folder / "_definitions.json").read_text())["$defs"]
    by_kind = {
        ("/".join(filter(None, (gvk["group"], gvk["version"]))), gvk["kind"]): short(name)
        for name, schema in everything.items()
        for gvk in schema.get("x-kubernetes-group-version-kind", [])
    }
    kinds = {
        f"{version} {kind}": by_kind[version, kind]
        for version, all_ in KINDS.items()
        for kind in all_.split()
    }
    available = {short(name): schema for name, schema in everything.items()}
    definitions: dict[str, Any] = {}
    wanted = set(kinds.values())
    while wanted:
        name = wanted.pop()
        schema = definitions[name] = simplified(available[name])
        for holder, field in LENIENT:
            if holder == name:
                schema["required"].remove(field)
                schema["properties"][field].pop("minLength", None)
        for holder, field in VALIDATED_WHEN_ABSENT:
            if holder == name:
                schema.setdefault("required", []).append(field)
        wanted |= references(schema) - definitions.keys()
    definitions["Quantity"]["format"] = "quantity"
    return {"version": VERSION, "kinds": kinds, "$defs": dict(sorted(definitions.items()))}


def source() -> Path:
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("kubernetes-validate is not installed")
    return Path(spec.origin).parent / "kubernetes-json-schema" / f"v{VERSION}.0-local-strict"


def render(data: dict[str, Any]) -> str:
    """One definition a line, so that a change of Kubernetes reads well as a diff."""
    lines = [f"    {json.dumps(name)}: {json.dumps(schema)}" for name, schema in data["$defs"].items()]
    kinds = json.dumps(data["kinds"], indent=2).replace("\n", "\n  ")
    return (
        f'{{\n  "version": {json.dumps(data["version"])},\n  "kinds": {kinds},\n  "$defs": {{\n'
        + ",\n".join(lines)
        + "\n  }\n}\n"
    )


if __name__ == "__main__":
    TARGET.write_text(render(extract(source())))
