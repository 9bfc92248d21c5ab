"""Write one object to an API server: a POST, or a replacement at the resourceVersion that was read. Who may
only patch sends the patch that comes to the same."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _

from console.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from workloads.daemonsets.manifest.findings import Finding, gettext_noop
from workloads.documents import to_yaml
from workloads.documents.paths import JsonObject
from workloads.stores.cluster import objects, ownership
from workloads.stores.cluster.failures import Moved, NoDryRun, NoSuchKind
from workloads.stores.cluster.persons import last_manager
from workloads.stores.cluster.transport import Answer, Client, Resource
from workloads.stores.differences import dropped
from workloads.stores.protocol import Applied, FieldConflict, Outcome, Ref, Stored, Write
from workloads.stores.visible import editable

# How often to retry when others change an object between our read and our write.
ATTEMPTS: Final = 8
_PAUSE: Final = 0.1  # seconds


@dataclass(frozen=True, slots=True)
class ObjectWrite:
    """One object to be written. wanted: as `editable`; before: what is stored, with managedFields, as
    just read; None: nothing. known: whether `before` is known at all."""

    ref: Ref
    wanted: JsonObject
    base: str | None
    force: bool
    before: JsonObject | None = None
    known: bool = False

    @classmethod
    def of(cls, ref: Ref, wanted: JsonObject, write: Write) -> ObjectWrite:
        one = cls(ref, wanted, write.base, write.force)
        match write.stored:
            case Stored() as stored:
                return replace(one, before=_as_sent(stored), known=True)
            case "":
                return replace(one, known=True)
        return one


def write_object(
    client: Client, one: ObjectWrite, *, strict: bool, dry_run: bool, kind_seconds: float = 0
) -> Applied:
    """strict: whether the server refuses fields that it does not know when asked (1.25 and newer).
    kind_seconds: for how many seconds a kind is waited for that the server does not serve yet.

    Raises Conflict, FieldConflict, AlreadyExists, Invalid, NotFound (no such project), and what `failures`
    makes of the server's answer.
    """
    until = time.monotonic() + kind_seconds
    while True:
        try:
            return _write_object(client, one, strict=strict, dry_run=dry_run)
        except NoSuchKind as error:
            if time.monotonic() >= until:
                raise _unknown_kind(one.ref) from error
            time.sleep(_PAUSE)


def _write_object(client: Client, one: ObjectWrite, *, strict: bool, dry_run: bool) -> Applied:
    """Raises NoSuchKind, and as `write_object`."""
    ref = one.ref
    query = {"fieldManager": ownership.MANAGER}
    if dry_run:
        query["dryRun"] = "All"
    if strict:
        query["fieldValidation"] = "Strict"
    resource = resource_of(client, ref)
    for _attempt in range(ATTEMPTS):
        before = one.before if one.known else find(client, resource.path(ref.project, ref.name))
        check_base(ref, before, one.base)
        try:
            answer = _write(client, resource, one, before, query)
        except Moved as moved:
            error, one = moved, replace(one, known=False)
            continue
        except NoDryRun as refused:
            return _untried(one, before, refused)
        except Invalid:
            if dry_run and not strict:
                _refuse_unknown_fields(client, one)
            raise
        if dry_run and not strict and dropped(one.wanted, answer.value):
            _refuse_unknown_fields(client, one)
        return _applied(ref, before, answer, dry_run=dry_run)
    raise error


def _write(
    client: Client, resource: Resource, one: ObjectWrite, before: JsonObject | None, query: dict[str, str]
) -> Answer:
    """Raises Moved where what is stored is not `before`."""
    ref = one.ref
    if before is None:
        try:
            return client.call("POST", resource.path(ref.project), query, one.wanted)
        except AlreadyExists as error:
            raise Moved(error.message) from error
        except NoSuchKind:
            raise
        except NotFound as error:
            raise no_project(ref.project) from error
    path = resource.path(ref.project, ref.name)
    wanted = objects.replacement(before, one.wanted)
    dry_run = "dryRun" in query
    if not dry_run and not one.force and (taken := ownership.at_stake(before, wanted)):
        try:
            trial = _replace(client, path, {**query, "dryRun": "All"}, before, wanted)
        except NoDryRun:
            pass
        else:
            taken = ownership.taken(before, trial.value)  # only the server knows its defaults
        if taken:
            stored = {"theirs": to_yaml(editable(before)), "version": objects.version_of(before)}
            raise FieldConflict(taken, **stored)
    try:
        return _replace(client, path, query, before, wanted)
    except NoSuchKind:
        raise
    except NotFound as error:
        raise Moved(error.message) from error  # deleted since it was read


def _replace(
    client: Client, path: str, query: dict[str, str], before: JsonObject, wanted: JsonObject
) -> Answer:
    """Replace an object; for people who may only patch, as kubectl apply does, by a patch that comes to the
    same."""
    try:
        return client.call("PUT", path, query, wanted)
    except Forbidden as refused:
        patch = objects.json_patch(before, wanted)
        try:
            return client.call("PATCH", path, query, patch, "application/json-patch+json", about=wanted)
        except Forbidden:
            raise refused from None


def _refuse_unknown_fields(client: Client, one: ObjectWrite) -> None:
    """Servers before 1.25 leave out a field that they do not know, without a word, and may then refuse what
    is left. Only server-side apply, whose schema is strict, names it. Raises Invalid."""
    query = {"fieldManager": ownership.MANAGER, "force": "true", "dryRun": "All"}
    path = resource_of(client, one.ref).path(one.ref.project, one.ref.name)
    try:
        client.call("PATCH", path, query, one.wanted, "application/apply-patch+yaml")
    except Invalid as refused:
        unknown = [finding for finding in refused.findings if finding.code == "field-unsupported"]
        if unknown:
            raise Invalid(refused.message, unknown, code=refused.code) from None
    except (Conflict, NotFound, Forbidden):
        pass  # the write itself says it


def _applied(ref: Ref, before: JsonObject | None, answer: Answer, *, dry_run: bool) -> Applied:
    after = answer.value
    was = objects.version_of(before) if before else ""
    version = "" if dry_run and not before else objects.version_of(after)
    outcome: Outcome = "created" if not before else "unchanged" if version == was else "configured"
    return Applied(
        ref,
        outcome,
        was if dry_run else version,
        objects.without_managed_fields(after),
        list(answer.warnings),
        owned=ownership.gained(before, after) if before else (),
        taken=ownership.taken(before, after) if before else {},
    )


def _untried(one: ObjectWrite, before: JsonObject | None, refused: NoDryRun) -> Applied:
    """What can be said of a dry run that the server does not make."""
    wanted = objects.replacement(before, one.wanted) if before else one.wanted
    was = objects.version_of(before) if before else ""
    outcome: Outcome = (
        "created" if not before else "unchanged" if objects.version_of(wanted) == was else "configured"
    )
    return Applied(
        one.ref,
        outcome,
        was,
        wanted,
        taken=ownership.at_stake(before, wanted) if before else {},
        untried=refused.message,
    )


def _as_sent(stored: Stored) -> JsonObject:
    """The object as the server sent it."""
    return {
        **stored.value,
        "metadata": {**stored.value["metadata"], "managedFields": list(stored.managed_fields)},
    }


def find(client: Client, path: str) -> JsonObject | None:
    try:
        return client.call("GET", path).value
    except NoSuchKind:
        raise
    except NotFound:
        return None


def resource_of(client: Client, ref: Ref) -> Resource:
    """Raises NoSuchKind."""
    resource = client.resource(ref.api_version, ref.kind)
    if resource is None:
        raise no_such_kind()
    return resource


def no_such_kind() -> NoSuchKind:
    return NoSuchKind(_("This cluster does not support this kind of object."))


def check_base(ref: Ref, before: JsonObject | None, base: str | None) -> None:
    """Raises AlreadyExists or Conflict where what is stored is not what the writer has seen."""
    if base is None or (base == "" and before is None):
        return
    if before is None:
        raise Conflict(
            _("%(object)s was deleted in the meantime.") % {"object": ref},
            way_out=_("Create it again."),
            code="deleted-meanwhile",
        )
    stored = {"theirs": to_yaml(editable(before)), "version": objects.version_of(before)}
    if base == "":
        raise AlreadyExists(
            _("%(object)s already exists.") % {"object": ref},
            way_out=_("Choose another name, or edit the existing one."),
            code="project-exists" if ref.kind == "Namespace" else "",
            **stored,
        )
    if stored["version"] != base:
        raise Changed(ref, before, last_manager(before))


class Changed(Conflict):
    """What is stored is not the version that the writer has seen. stored: it, as the server sent it."""

    code = "stale"

    def __init__(self, ref: Ref, stored: JsonObject, who: str) -> None:
        super().__init__(
            _("%(object)s was changed by %(who)s in the meantime.")
            % {"object": ref, "who": who or _("someone else")},
            way_out=_("Compare the two versions, merge them, and save again."),
            theirs=to_yaml(editable(stored)),
            version=objects.version_of(stored),
        )
        self.ref, self.stored = ref, stored


def no_project(name: str) -> NotFound:
    return NotFound(
        _("Project “%(name)s” not found in this cluster.") % {"name": name},
        way_out=_("Create it on the Projects page, or add its Namespace to the same manifest."),
        code="no-project",
    )


def _unknown_kind(ref: Ref) -> Invalid:
    template = gettext_noop("This cluster has no %(kind)s in %(api_version)s.")
    params = {"kind": ref.kind, "api_version": ref.api_version}
    finding = Finding(("apiVersion",), template, params=params, source="server")
    return Invalid(_(template) % params, [finding], code="unknown-kind")
