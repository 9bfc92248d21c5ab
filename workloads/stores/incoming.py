"""Reading a manifest that is to be stored: one object, with a kind, a name and a project. And the Namespace
that is a project."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from console.errors import Invalid, TooLarge
from workloads import kinds
from workloads.daemonsets.manifest.findings import Finding, gettext_noop
from workloads.daemonsets.manifest.metadata import ALIAS, DESCRIPTION
from workloads.documents import Document, DocumentError, read, to_yaml
from workloads.documents.paths import ABSENT, JsonObject, Path, get, show
from workloads.stores.protocol import Ref

# What an address and a column can contain; what else a name must keep to depends on the kind.
# kubernetes staging/src/k8s.io/apimachinery/pkg/api/validation/path/name.go
_SEGMENT: Final = re.compile(r"(?!\.{1,2}$)[^/%\s\x00-\x1f\x7f]{1,253}")
# apimachinery/pkg/util/validation: IsDNS1123Label
_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_API_VERSION: Final = re.compile(r"([a-z0-9]([-a-z0-9.]{0,111}[a-z0-9])?/)?[a-z0-9]{1,15}")
_KIND: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")


@dataclass(frozen=True, slots=True)
class Incoming:
    ref: Ref
    value: JsonObject


def incoming(
    text: str,
    project: str,
    namespaced: Callable[[str, str], bool] = kinds.namespaced,
    document: Document | None = None,
) -> Incoming:
    """The one object that `text` holds, for the namespace it names, else for `project`.

    namespaced: (api_version, kind) → whether its objects belong to a namespace; document: the text as read,
    if it was. Raises Invalid with a finding at the place.
    """
    document = document or _read_one(text)
    value = document.value
    if not isinstance(value, dict):
        raise _wrong(document, (), gettext_noop("A manifest must be an object with fields."), "not-an-object")
    api_version = _field(
        document, ("apiVersion",), _API_VERSION, gettext_noop("“%(found)s” is not a valid apiVersion.")
    )
    kind = _field(document, ("kind",), _KIND, gettext_noop("“%(found)s” is not a valid kind."))
    name = _field(
        document, ("metadata", "name"), _SEGMENT, gettext_noop("“%(found)s” is not a valid object name.")
    )
    if not namespaced(api_version, kind):
        if (api_version, kind) == ("v1", "Namespace"):
            check_project_name(name, document)
        return Incoming(Ref(api_version, kind, "", name), value)
    path: Path = ("metadata", "namespace")
    if get(value, path) not in (ABSENT, None, ""):
        project = _field(document, path, _LABEL, gettext_noop("“%(found)s” is not a valid project name."))
    if not project:
        raise _wrong(
            document, path, gettext_noop("Set the project (namespace) of this object."), "project-required"
        )
    return Incoming(Ref(api_version, kind, project, name), value)


def _read_one(text: str) -> Document:
    try:
        documents = read(text)
    except DocumentError as error:
        raise unreadable(error) from error
    if len(documents) != 1:
        raise Invalid(
            _("Store one object at a time. This manifest contains %d.") % len(documents),
            code="not-one-object",
        )
    return documents[0]


def unreadable(error: DocumentError) -> Invalid | TooLarge:
    """The store's error for a text that cannot be read."""
    message = _(error.template) % error.params if error.params else _(error.template)
    if error.status == TooLarge.status:
        return TooLarge(message)
    return Invalid(
        message,
        [
            Finding(
                (),
                error.template,
                source="text",
                params=error.params,
                code=error.code,
                line=error.line,
                column=error.column,
            )
        ],
        code=error.code,
    )


def new_project(name: str, alias: str, description: str) -> str:
    """The manifest of the Namespace that makes a project. Raises Invalid."""
    check_project_name(name)
    notes = {key: note for key, note in ((ALIAS, alias), (DESCRIPTION, description)) if note}
    metadata: JsonObject = {"name": name} | ({"annotations": notes} if notes else {})
    return to_yaml({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})


def project_notes(namespace: JsonObject) -> tuple[str, str]:
    """(alias, description) of a project, "" for what it does not have."""
    notes = get(namespace, ("metadata", "annotations"))
    notes = notes if isinstance(notes, dict) else {}
    return str(notes.get(ALIAS) or ""), str(notes.get(DESCRIPTION) or "")


def check_project_name(name: str, document: Document | None = None) -> None:
    """Raises Invalid unless `name` is a DNS label, as a namespace's name must be."""
    if _LABEL.fullmatch(name):
        return
    template = gettext_noop(
        "A project name has at most 63 characters: lowercase letters, digits and “-”. It must start and end"
        " with a letter or digit."
    )
    path: Path = ("metadata", "name")
    if document is not None:
        raise _wrong(document, path, template, "project-name")
    raise Invalid(_(template), [Finding(path, template, code="project-name")], code="project-name")


def _field(document: Document, path: Path, rule: re.Pattern[str], wrong: str) -> str:
    found = get(document.value, path)
    if found is ABSENT or found is None or found == "":
        raise _wrong(document, path, gettext_noop("%(field)s is required."), "required", field=show(path))
    if not isinstance(found, str) or not rule.fullmatch(found):
        raise _wrong(document, path, wrong, "not-valid", found=str(found)[:100])
    return found


def _wrong(document: Document, path: Path, template: str, code: str, **params: Any) -> Invalid:
    mark = document.locate(path)
    finding = Finding(path, template, params=params, line=mark.line, column=mark.column, code=code)
    return Invalid(_(template) % params if params else _(template), [finding], code=code)
