"""The cluster store: the store protocol over one context of the kubeconfig."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from typing import Any, Final, TypeVar

from django.utils.translation import gettext as _

from console import audit
from console.accounts.access import Person, Verb, may, require
from console.errors import AlreadyExists, Conflict, ConsoleError, Forbidden, Invalid, NotFound
from workloads.daemonsets.manifest import schema
from workloads.daemonsets.manifest.findings import Finding, gettext_noop
from workloads.documents import get, to_yaml
from workloads.documents.paths import JsonObject
from workloads.kinds import KINDS
from workloads.stores import facets
from workloads.stores.cluster import objects
from workloads.stores.cluster.contexts import Context
from workloads.stores.cluster.failures import Moved, NoSuchKind, field_conflict
from workloads.stores.cluster.fields import MANAGER, not_as_meant, owned_by_console, removed_but_kept
from workloads.stores.cluster.persons import person_of
from workloads.stores.cluster.pods import label_selector, slim_event, slim_pod
from workloads.stores.cluster.transport import Answer, Client, Resource, client_for
from workloads.stores.incoming import incoming, new_project, project_notes
from workloads.stores.inventory import slim_node
from workloads.stores.protocol import (
    Applied,
    Capabilities,
    Halted,
    Outcome,
    Project,
    Query,
    Ref,
    Revision,
    Selection,
    Stored,
    Write,
    namespace,
)
from workloads.stores.writes import written

T = TypeVar("T")
U = TypeVar("U")

_NAMESPACES: Final = Resource("/api/v1", "namespaces", namespaced=False)
_NODES: Final = Resource("/api/v1", "nodes", namespaced=False)
_PODS: Final = Resource("/api/v1", "pods", namespaced=True)
_EVENTS: Final = Resource("/api/v1", "events", namespaced=True)
# What the header of a project counts.
_COUNTED: Final = tuple((row.api_version, row.kind) for row in KINDS if row.counted)
_TOGETHER: Final = 8  # requests at the same time
# How often to retry when others change an object between our read and our write.
_ATTEMPTS: Final = 8
# A resourceVersion that no object has. Server-side apply with it creates the object, or fails with a conflict
# if it exists, in one step. A POST would do that too, but the fields would then belong to the manager's
# "Update", which conflicts with its own "Apply" from then on.
_NO_VERSION: Final = "1"
_APPLY: Final = "application/apply-patch+yaml"


class ClusterStore:
    """Implements `workloads.stores.protocol.Store` for one person."""

    def __init__(self, context: Context, person: Person) -> None:
        self.cluster = context.key
        self._context = context
        self._person = person
        self._who = person.get_username()

    def capabilities(self) -> Capabilities:
        version, number = self._client.version()
        return Capabilities(
            version=version,
            runs_pods=True,
            admission=True,
            minor=number[1],
            field_validation=number >= (1, 25),  # KEP-2885, on by default since
            max_surge=number >= (1, 22),  # DaemonSetUpdateSurge, on by default since
            grpc_probe=number >= (1, 24),  # GRPCContainerProbe, on by default since
            pod_security=number >= (1, 23),  # KEP-2579: alpha in 1.22, on by default since
            pod_sums=number >= (1, 28),  # with KEP-753
            # TaintTolerationComparisonOperators is off by default; where it is off the server refuses such
            # tolerations, so those that it takes do compare.
            toleration_lt_gt=number >= (1, 35),
        )

    def transaction(self) -> AbstractContextManager[None]:
        return nullcontext()

    # Projects

    def projects(self) -> Sequence[Project]:
        try:
            found = self._items(_NAMESPACES.path())
        except Forbidden as error:
            # Users who can't list namespaces work in the one that their kubeconfig names.
            if not self._context.namespace:
                raise Forbidden(
                    error.message,
                    way_out=_(
                        "Set yours in the kubeconfig: kubectl config set-context %(name)s --namespace=…"
                    )
                    % {"name": self._context.name},
                    code=error.code,
                ) from error
            found = [{"metadata": {"name": self._context.namespace}}]
        alive = [value for value in found if "deletionTimestamp" not in value["metadata"]]
        return [
            project
            for project in sorted(map(_project, alive), key=lambda project: project.name)
            if may(self._person, "view", cluster=self.cluster, project=project.name)
        ]

    def create_project(self, name: str, *, alias: str = "", description: str = "") -> Project:
        made = self.apply(new_project(name, alias, description), project="", base="")
        return _project(made.value)

    def delete_project(self, name: str) -> None:
        self.delete(namespace(name))

    # Reading

    def select(self, api_version: str, kind: str, query: Query) -> Selection:
        self._require("view", query.project or "", kind)
        sort, descending = facets.sort_key(query)
        facets.filters(query)
        resource = self._client.resource(api_version, kind)
        project = (query.project or "") if resource and resource.namespaced else ""
        found = self._list(resource, project) if resource else []
        if not found and project:
            self._require_project(project)
        rows = []
        person = person_of(self.cluster, kind, found)
        for value in found:
            when, who = objects.last_change(value)[0], person(value)
            if facets.matches(facets.facets(value), who, query):
                metadata = value["metadata"]
                keys = {
                    "name": metadata["name"],
                    "updated": when.isoformat() if when else "",
                    "created": str(metadata.get("creationTimestamp")),
                    "updated_by": who,
                }
                rows.append((keys[sort], (metadata["name"], metadata.get("namespace", "")), value))
        rows.sort(key=lambda row: row[1])
        rows.sort(key=lambda row: row[0], reverse=descending)
        end = None if query.limit is None else query.offset + query.limit
        shown = [value for _key, _name, value in rows[query.offset : end]]
        return Selection([_stored(value, person(value)) for value in shown], len(rows))

    def counts(self, project: str) -> Mapping[tuple[str, str], int]:
        self._require("view", project)
        client = self._client

        def count(kind: tuple[str, str]) -> int:
            resource = client.resource(*kind)
            try:
                return client.count(resource.path(project)) if resource else 0
            except (Forbidden, NoSuchKind):
                return 0

        found = zip(_COUNTED, self._together(count, _COUNTED), strict=True)
        return {kind: number for kind, number in found if number}

    def get(self, ref: Ref) -> Stored:
        self._require("view", ref.project, ref.kind)
        value = self._find(self._resource(ref).path(ref.project, ref.name))
        if value is None:
            raise _not_found(ref)
        return _stored(value, person_of(self.cluster, ref.kind, [value])(value))

    def get_all(self, refs: Sequence[Ref]) -> Sequence[Stored | None]:
        def find(ref: Ref) -> Stored | None:
            try:
                return self.get(ref)
            except NotFound:
                return None

        return self._together(find, refs)

    def history(self, ref: Ref) -> Sequence[Revision]:
        return []

    def deleted(self, project: str) -> Sequence[tuple[Ref, Revision]]:
        return []

    def purge(self, refs: Sequence[Ref]) -> Sequence[Ref]:
        return []

    def nodes(self) -> Sequence[JsonObject]:
        self._require("view", "", "Node")
        found = self._items(_NODES.path())
        return sorted((slim_node(value) for value in found), key=lambda value: str(value["metadata"]["name"]))

    def pods(
        self,
        project: str,
        *,
        node: str | None = None,
        selector: JsonObject | None = None,
        most: int | None = None,
    ) -> Sequence[JsonObject]:
        self._require("view", project, "Pod")
        asked = {} if node is None else {"fieldSelector": f"spec.nodeName={node}"}
        if labels := label_selector(selector or {}):
            asked["labelSelector"] = labels
        return self._client.items(_PODS.path(project), asked, slim_pod, most)

    def events(self, project: str, kind: str, *, uid: str = "") -> Sequence[JsonObject]:
        self._require("view", project, "Event")
        asked = {"involvedObject.kind": kind, "type": "Warning"} | (
            {"involvedObject.uid": uid} if uid else {}
        )
        selector = ",".join(f"{field}={value}" for field, value in asked.items())
        return self._client.items(_EVENTS.path(project), {"fieldSelector": selector}, slim_event)

    def quotas(self, project: str) -> Sequence[JsonObject]:
        return [item.value for item in self.select("v1", "ResourceQuota", Query(project)).items]

    # Writing

    def apply(
        self,
        text: str,
        *,
        project: str,
        base: str | None,
        dry_run: bool = False,
        force: bool = False,
        why: str = "",
    ) -> Applied:
        came = incoming(text, project, self._namespaced)
        ref, wanted = came.ref, _as_applied(objects.editable(came.value))
        self._require("edit" if ref.project else "manage", ref.project, ref.kind)
        try:
            path = self._resource(ref).path(ref.project, ref.name)
            before, answer = self._write_over(ref, path, wanted, base, dry_run=dry_run, force=force)
        except NoSuchKind as error:
            template = gettext_noop("This cluster has no %(kind)s in %(api_version)s.")
            params = {"kind": ref.kind, "api_version": ref.api_version}
            finding = Finding(("apiVersion",), template, params=params, source="server")
            raise Invalid(_(template) % params, [finding]) from error
        except NotFound as error:
            raise _no_project(ref.project) from error
        finally:
            if not dry_run:
                written(self.cluster, self._person)
        after = answer.value
        was = objects.version_of(before) if before else ""
        version = objects.version_of(after)
        outcome: Outcome = "configured" if before else "created"
        if version == was:
            outcome = "unchanged"
        elif not dry_run:
            self._record("save" if before else "create", ref, why, version)
        return Applied(
            ref,
            outcome,
            was if dry_run else version,
            objects.without_managed_fields(after),
            to_yaml(objects.editable(after)),
            list(answer.warnings),
        )

    def apply_all(self, writes: Sequence[Write], *, why: str = "") -> Sequence[Applied]:
        done: list[Applied] = []
        for at, write in enumerate(writes):
            try:
                done.append(
                    self.apply(write.text, project=write.project, base=write.base, force=write.force, why=why)
                )
            except ConsoleError as error:
                raise Halted(at, error, done) from error
        return done

    def delete(self, ref: Ref, *, base: str | None = None, dry_run: bool = False, why: str = "") -> None:
        self._require("delete" if ref.project else "manage", ref.project, ref.kind)
        path = self._resource(ref).path(ref.project, ref.name)
        body: JsonObject = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if dry_run:
            body["dryRun"] = ["All"]  # the server ignores it in the query of a request with a body
        for attempt in range(_ATTEMPTS):
            if base is not None:
                before = self._find(path)
                if before is None:
                    raise _not_found(ref)
                _check_base(ref, before, base)
                metadata = before["metadata"]
                body["preconditions"] = {
                    "uid": metadata["uid"],
                    "resourceVersion": metadata["resourceVersion"],
                }
            try:
                self._call("DELETE", path, None, body)
                break
            except Moved:
                if attempt + 1 == _ATTEMPTS:
                    raise
            except NotFound as error:
                raise _not_found(ref) from error
            finally:
                if not dry_run:
                    written(self.cluster, self._person)
        if not dry_run:
            self._record("delete", ref, why)

    def _write_over(
        self, ref: Ref, path: str, wanted: JsonObject, base: str | None, *, dry_run: bool, force: bool
    ) -> tuple[JsonObject | None, Answer]:
        """(the object before, the server's answer)."""
        for attempt in range(_ATTEMPTS):
            before = self._find(path)
            _check_base(ref, before, base)
            try:
                return before, self._write(path, before, wanted, base, dry_run=dry_run, force=force)
            except Moved:
                if attempt + 1 == _ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _write(
        self,
        path: str,
        before: JsonObject | None,
        wanted: JsonObject,
        base: str | None,
        *,
        dry_run: bool,
        force: bool,
    ) -> Answer:
        """Apply `wanted` over `before`, the object as just read. Raises Moved if it has changed since."""
        query = {"fieldManager": MANAGER}
        if force:
            query["force"] = "true"
        if dry_run:
            query["dryRun"] = "All"
        if self.capabilities().field_validation:
            query["fieldValidation"] = "Strict"
        if before is None:
            try:
                return self._call("PATCH", path, query, _at(wanted, _NO_VERSION), _APPLY)
            except Moved:
                if self._find(path) is not None:
                    raise
                # This server refuses the version although the object does not exist yet.
                return self._call("PATCH", path, query, wanted, _APPLY)
        if base is None:
            return self._call("PATCH", path, query, wanted, _APPLY)
        version = before["metadata"]["resourceVersion"]
        # The person has seen the whole object: what they left out is to be removed. Server-side apply keeps
        # what other managers own; a dry run of a replacement tells which of it is more than a default.
        kept = removed_but_kept(before, wanted)
        if kept:
            trial = {key: text for key, text in query.items() if key != "force"} | {"dryRun": "All"}
            meant = self._call("PUT", path, trial, _replacement(before, wanted))
            kept = not_as_meant(kept, before, meant.value)
            if kept and not force:
                stored = {"theirs": to_yaml(objects.editable(before)), "version": objects.version_of(before)}
                raise field_conflict(kept, **stored)
            if kept and dry_run:
                return meant
        if kept:
            version = self._take_ownership(path, before)
        return self._call("PATCH", path, query, _at(wanted, version), _APPLY)

    def _take_ownership(self, path: str, before: JsonObject) -> str:
        """Make this console the only manager of an object's fields; returns its new resourceVersion."""
        version = before["metadata"]["resourceVersion"]
        patch = [
            {"op": "replace", "path": "/metadata/managedFields", "value": owned_by_console(before)},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
        ]
        query = {"fieldManager": MANAGER}
        after = self._call("PATCH", path, query, patch, "application/json-patch+json").value
        return str(after["metadata"]["resourceVersion"])

    # Requests

    @property
    def _client(self) -> Client:
        return client_for(self._context)

    def _together(self, ask: Callable[[T], U], items: Sequence[T]) -> list[U]:
        """The answer for each item, asked for at the same time. Raises the first error."""
        with ThreadPoolExecutor(max_workers=_TOGETHER) as pool:
            # The context carries the person's language, in which errors are put.
            asked = [pool.submit(copy_context().run, ask, item) for item in items]
            return [answer.result() for answer in asked]

    def _call(self, method: str, path: str, *rest: Any) -> Answer:
        return self._client.call(method, path, *rest)

    def _items(self, path: str) -> list[JsonObject]:
        return self._client.items(path)

    def _list(self, resource: Resource, project: str) -> list[JsonObject]:
        try:
            return self._items(resource.path(project))
        except NoSuchKind:
            return []

    def _find(self, path: str) -> JsonObject | None:
        try:
            return self._call("GET", path).value
        except NotFound:
            return None

    def _resource(self, ref: Ref) -> Resource:
        """Raises NoSuchKind."""
        resource = self._client.resource(ref.api_version, ref.kind)
        if resource is None:
            raise NoSuchKind(_("This cluster does not support this kind of object."))
        return resource

    def _namespaced(self, api_version: str, kind: str) -> bool:
        resource = self._client.resource(api_version, kind)
        return resource is None or resource.namespaced

    def _require_project(self, name: str) -> None:
        """Raises NotFound where the project certainly does not exist."""
        try:
            missing = self._find(_NAMESPACES.path(name=name)) is None
        except Forbidden:
            return
        if missing:
            raise _no_project(name)

    def _require(self, verb: Verb, project: str = "", kind: str = "") -> None:
        require(self._person, verb, cluster=self.cluster, project=project, kind=kind)

    def _record(self, verb: str, ref: Ref, why: str, version: str = "") -> None:
        details = {key: text for key, text in (("why", why[:1000]), ("version", version)) if text}
        audit.record(
            self._who,
            verb,
            cluster=self.cluster,
            project=ref.project,
            kind=ref.kind,
            name=ref.name,
            **details,
        )


def _stored(value: JsonObject, who: str) -> Stored:
    """An object as the server sent it; its text is generated, as a cluster keeps none. who: changed it."""
    metadata = value["metadata"]
    ref = Ref(value["apiVersion"], value["kind"], metadata.get("namespace", ""), metadata["name"])
    when, _manager = objects.last_change(value)
    return Stored(
        ref=ref,
        value=objects.without_managed_fields(value),
        text=to_yaml(objects.editable(value)),
        version=objects.version_of(value),
        created_at=objects.created_at(value),
        updated_at=when,
        updated_by=who,
    )


def _project(value: JsonObject) -> Project:
    return Project(value["metadata"]["name"], *project_notes(value), objects.created_at(value))


def _as_applied(wanted: JsonObject) -> JsonObject:
    """The same object as server-side apply of older versions takes it: they are stricter than with a POST."""
    api_version, kind = wanted["apiVersion"], wanted["kind"]
    # They know quantities as strings only (kubernetes/kubernetes#94275) …
    out: JsonObject = schema.quantities_as_text(wanted, api_version, kind)
    ports = get(out, ("spec", "ports")) if (api_version, kind) == ("v1", "Service") else None
    if isinstance(ports, list):
        # … and before 1.21 want what a port is merged by (kubernetes-sigs/structured-merge-diff#183).
        full = [{"protocol": "TCP", **port} if isinstance(port, dict) else port for port in ports]
        out = {**out, "spec": {**out["spec"], "ports": full}}
    return out


def _at(wanted: JsonObject, resource_version: str) -> JsonObject:
    """`wanted`, to be applied to this version of the object only."""
    return {**wanted, "metadata": {**wanted["metadata"], "resourceVersion": resource_version}}


def _replacement(before: JsonObject, wanted: JsonObject) -> JsonObject:
    metadata = {name: before["metadata"][name] for name in ("uid", "resourceVersion", "creationTimestamp")}
    out = {**wanted, "metadata": {**wanted["metadata"], **metadata}}
    return {**out, "status": before["status"]} if "status" in before else out


def _check_base(ref: Ref, before: JsonObject | None, base: str | None) -> None:
    """Raises AlreadyExists or Conflict where what is stored is not what the writer has seen."""
    if base is None or (base == "" and before is None):
        return
    if before is None:
        raise Conflict(
            _("%(object)s was deleted in the meantime.") % {"object": ref},
            way_out=_("Create it again."),
            code="deleted-meanwhile",
        )
    stored = {"theirs": to_yaml(objects.editable(before)), "version": objects.version_of(before)}
    if base == "":
        raise AlreadyExists(
            _("%(object)s already exists.") % {"object": ref},
            way_out=_("Choose another name, or edit the existing one."),
            code="project-exists" if ref.kind == "Namespace" else "",
            **stored,
        )
    if stored["version"] != base:
        raise Conflict(
            _("%(object)s was changed by %(who)s in the meantime.")
            % {"object": ref, "who": objects.last_change(before)[1] or _("someone else")},
            way_out=_("Compare the two versions, merge them, and save again."),
            code="stale",
            **stored,
        )


def _not_found(ref: Ref) -> NotFound:
    return NotFound(_("%(object)s not found.") % {"object": ref})


def _no_project(name: str) -> NotFound:
    return NotFound(
        _("Project “%(name)s” not found in this cluster.") % {"name": name},
        way_out=_("Create it on the Projects page, or add its Namespace to the same manifest."),
        code="no-project",
    )
