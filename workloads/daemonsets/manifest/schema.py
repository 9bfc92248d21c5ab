"""The OpenAPI schemas of Kubernetes: which fields a kind has, of which type, and which are required.

The data is `schema_data/kubernetes.json` (see the NOTICE next to it).
"""

from __future__ import annotations

import base64
import binascii
import difflib
import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, Final, TypeAlias

import jsonschema_rs

from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.findings import Finding, Severity
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import field_of, shortened
from workloads.documents.paths import Path, show

Schema: TypeAlias = dict[str, Any]

_DAEMONSET = ("apps/v1", "DaemonSet")
_CITE = "Kubernetes API reference, OpenAPI schema"

# What the schema requires and no server does: seconds that are left out are 0, and a field whose feature gate
# is off by default is dropped unread (kubernetes/pkg/api/pod/util.go dropDisabledFields).
_NOT_REQUIRED = (("sleep", "seconds"),)
_NEVER_VALIDATED = ("spec", "template", "metadata", "ownerReferences")
_DROPPED_UNREAD = ("clusterTrustBundle", "podCertificate")


@cache
def _data() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("schema_data/kubernetes.json").read_text("utf-8")
    return dict(json.loads(text))


def version() -> str:
    """The Kubernetes version of the schemas, such as "1.37"."""
    return str(_data()["version"])


def knows(api_version: str, kind: str) -> bool:
    """Whether there is a schema for this kind in this apiVersion."""
    return f"{api_version} {kind}" in _data()["kinds"]


def knows_kind(kind: str) -> bool:
    """Whether there is a schema for this kind in some apiVersion."""
    return any(key.split()[1] == kind for key in _data()["kinds"])


def _root(api_version: str, kind: str) -> Schema:
    return {"$ref": f"#/$defs/{_data()['kinds'][f'{api_version} {kind}']}"}


def _resolved(schema: Schema) -> Schema:
    reference = schema.get("$ref")
    return schema if reference is None else _data()["$defs"][reference.removeprefix("#/$defs/")]


def _schema_at(root: Schema, path: Path) -> Schema | None:
    """The schema of the field at `path`, None if there is no such field."""
    schema = _resolved(root)
    for segment in path:
        inner = schema.get("items")
        if isinstance(segment, str):
            extra = schema.get("additionalProperties")
            inner = schema.get("properties", {}).get(segment, extra or None)
        if inner is None:
            return None
        schema = _resolved(inner)
    return schema


def fields_at(path: Path, api_version: str = "apps/v1", kind: str = "DaemonSet") -> list[tuple[str, str]]:
    """(name, type) of the fields that the object at `path` may have; for a list, those of its items.

    type: "string", "integer", "number", "boolean", "array", "object", "quantity", "integer or string".
    Empty where any key is allowed (labels) or the field is not an object.
    """
    if not knows(api_version, kind):
        return []
    schema = _schema_at(_root(api_version, kind), path)
    if schema is not None and "items" in schema:
        schema = _resolved(schema["items"])
    return [(name, _type_word(inner)) for name, inner in (schema or {}).get("properties", {}).items()]


def _type_word(schema: Schema) -> str:
    schema = _resolved(schema)
    if schema.get("format") == "quantity":
        return "quantity"
    kind = schema.get("type", "object")
    return kind if isinstance(kind, str) else " or ".join(kind)


def validate(value: Any, api_version: str, kind: str) -> Iterator[Finding]:
    """One finding for each difference from the schema; none for an unknown kind. Never shows a Secret's data.

    value: without nulls, see `places.without_nulls`.
    """
    if not knows(api_version, kind):
        return
    root = _root(api_version, kind)
    unknown = 0
    for error in _validator(api_version, kind).iter_errors(value):
        path: Path = tuple(error.instance_path)
        if path[:1] == ("status",):
            continue  # The API server ignores the status of an object that is applied.
        fault = error.kind.as_dict()
        match error.kind.name:
            case "additionalProperties":
                for name in fault["unexpected"]:
                    unknown += 1
                    yield _unknown(root, path, name) if unknown <= _GUESSED else _unknown_only(path, name)
            case "required":
                yield _missing(root, path, fault["property"])
            case "minLength":
                yield _required(path, _("“%(field)s” is empty: enter a value."), field=field_of(path))
            case "type":
                yield _wrong_type(path, fault["types"], error.instance)
            case "minimum" | "maximum":
                yield _finding(
                    path,
                    "number-size",
                    _("“%(field)s” is out of range: use a number closer to 0."),
                    field=field_of(path),
                )
            case "format":
                yield _wrong_format(path, fault["format"], str(error.instance))
            case other:
                raise AssertionError(f"the schemas have no rule of kind {other}")


@cache
def _validator(api_version: str, kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {**_root(api_version, kind), "$defs": _data()["$defs"]},
        validate_formats=True,
        formats={"quantity": _is_quantity, "byte": _is_base64},
    )


def _is_quantity(text: str) -> bool:
    return _is_read_as_quantity(text) and quantity.has_digits(text)


def _is_read_as_quantity(text: str) -> bool:
    try:
        quantity.parse(text)
    except ValueError:
        return False
    return True


def _is_base64(text: str) -> bool:
    try:
        # The API server uses Go's decoder, which skips line breaks.
        base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _finding(path: Path, code: str, template: str, severity: Severity = "error", **params: Any) -> Finding:
    return Finding(path, template, severity, "schema", params, _CITE, code=code)


def _field(path: Path) -> str:
    """The name of the field; for an item of a list, the name of the list."""
    return next((segment for segment in reversed(path) if isinstance(segment, str)), "")


# --- unknown fields ---

_GUESSED: Final = 100
"""Of so many unknown fields of a document it is looked up what they may mean, which takes a millisecond."""

# Fields that people know from other kinds, with what to do instead.
_FIELDS_OF_OTHER_KINDS: dict[Path, str] = {
    ("spec", "replicas"): _(
        "A DaemonSet has no “replicas”: it runs one pod on each matching node. Remove the field."
    ),
    ("spec", "strategy"): _("In a DaemonSet this field is called “updateStrategy”: rename “strategy”."),
    ("spec", "templateGeneration"): _("“templateGeneration” does not exist in apps/v1: remove it."),
}


def _unknown(root: Schema, path: Path, name: str) -> Finding:
    here = (*path, name)
    if here in _FIELDS_OF_OTHER_KINDS and root == _root(*_DAEMONSET):
        return _finding(here, "unknown-field", _FIELDS_OF_OTHER_KINDS[here])
    shown = shortened(name)
    right = _right_place(root, path, name)
    if right is not None:
        return _finding(
            here,
            "unknown-field",
            _("“%(field)s” is in the wrong place: move it to “%(place)s”."),
            field=shown,
            place=show(right),
        )
    by_lower_case = {known.lower(): known for known in _properties(root, path)}
    close = difflib.get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.7)
    if close:
        return _finding(
            here,
            "unknown-field",
            _("Unknown field “%(field)s”. Did you mean “%(known)s”?"),
            field=shown,
            known=by_lower_case[close[0]],
        )
    return _unknown_only(path, name)


def _unknown_only(path: Path, name: str) -> Finding:
    return _finding(
        (*path, name),
        "unknown-field",
        _("Unknown field “%(field)s”: remove it, or move it to the right place."),
        field=shortened(name),
    )


def _properties(root: Schema, path: Path) -> dict[str, Schema]:
    schema = _schema_at(root, path) or {}
    return dict(schema.get("properties", {}))


def _right_place(root: Schema, path: Path, name: str) -> Path | None:
    """The nearest place that has a field `name`: around `path`, else at most two levels below it."""
    for length in range(len(path) - 1, 0, -1):
        if name in _properties(root, path[:length]):
            return path[:length]
    inside = [path]
    for _step in range(2):
        steps = [
            ((*place, field), inner) for place in inside for field, inner in _properties(root, place).items()
        ]
        inside = [(*place, 0) if "items" in _resolved(inner) else place for place, inner in steps]
        for place in inside:
            if name in _properties(root, place):
                return place[:-1] if place[-1] == 0 else place
    return None


# --- missing fields ---

_MISSING = {
    "selector": _("“selector” is required: select the pods, usually by the labels of the pod template."),
    "template": _("“template” is required: describe the pods to run."),
    "containers": _("“containers” is required: add at least one container."),
    "spec": _("“spec” is required: describe the pods, with at least one container."),
    "name": _("“%(field)s” is required: enter a name."),
    "mountPath": _("“%(field)s” is required: enter the path in the container where the volume is mounted."),
}


def _missing(root: Schema, path: Path, name: str) -> Finding:
    here = (*path, name)
    if "containers" in _properties(root, here):
        here, name = (*here, "containers"), "containers"  # of a pod, all that is required
    template = _MISSING.get(name)
    if template is not None:
        return _required(here, template, field=field_of(here))
    return _required(here, _("“%(field)s” is required: enter a value."), field=field_of(here))


def _required(path: Path, template: str, **params: Any) -> Finding:
    """A warning where servers take the object without it."""
    taken = (
        path[-2:] in _NOT_REQUIRED
        or any(name in path for name in _DROPPED_UNREAD)
        or path[:4] == _NEVER_VALIDATED
    )
    return _finding(path, "required", template, "warning" if taken else "error", **params)


# --- wrong types ---

_EXPECTED = {
    "array": _("“%(field)s” must be a list: start each item with “- ”."),
    "boolean": _("“%(field)s” must be true or false, without quotes."),
    "integer": _("“%(field)s” must be a whole number, without quotes."),
    "integer or string": _("“%(field)s” must be a whole number or a string."),
    "number or string": _("“%(field)s” must be a quantity such as 500m or 1Gi."),
    "object": _("“%(field)s” must be an object: write its fields as “key: value”."),
    "string": _("“%(field)s” must be a string."),
}
_UNQUOTED_NUMBER = _(
    "“%(field)s” must be a string, but without quotes this value is read as a number: put it in quotes."
)
_UNQUOTED_BOOLEAN = _(
    "“%(field)s” must be a string, but without quotes this value is read as true or false: put it in quotes."
)
_EMPTY_ITEM = _("An item of “%(field)s” is empty: fill it in or remove it.")


def _wrong_type(path: Path, types: list[str], actual: Any) -> Finding:
    code, template = "type", _EXPECTED[" or ".join(sorted(types))]
    if actual is None:
        # Servers read an empty string; an empty object lacks what it requires.
        severity: Severity = "warning" if types == ["string"] else "error"
        return _finding(path, "empty-item", _EMPTY_ITEM, severity, field=_field(path))
    if types == ["string"] and isinstance(actual, bool):
        code, template = "unquoted-boolean", _UNQUOTED_BOOLEAN
    elif types == ["string"] and isinstance(actual, (int, float)):
        code, template = "unquoted-number", _UNQUOTED_NUMBER
    return _finding(path, code, template, field=field_of(path))


# --- formats ---


def _wrong_format(path: Path, name: str, actual: str) -> Finding:
    if name == "quantity" and _is_read_as_quantity(actual):
        return _finding(
            path,
            "quantity-without-digits",
            _("“%(value)s” is read as 0, because it has no digits: write a number before the unit."),
            "warning",
            value=shortened(actual),
        )
    if name == "quantity":
        return _finding(
            path,
            "quantity",
            _(
                "“%(value)s” is not a valid quantity: write a number, with a unit where needed, such as 0.5, "
                "500m, 128Mi or 1Gi."
            ),
            value=shortened(actual),
        )
    if name == "byte":
        return _finding(
            path,
            "base64",
            _(
                "“%(field)s” is not valid base64: encode the value, or put it in plain text under "
                "“stringData”."
            ),
            field=field_of(path),
        )
    return _finding(
        path,
        "date-time",
        _("“%(field)s” must be a date and time such as 2025-12-31T23:59:59Z."),
        field=field_of(path),
    )
