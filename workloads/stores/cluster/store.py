"""The cluster store: the store protocol over one context of the kubeconfig."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, copy_context
from dataclasses import replace
from functools import cache
from typing import Any, Final, TypeVar

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from console import audit
from console.accounts.access import Person, Verb, may, require
from console.errors import AlreadyExists, Conflict, ConsoleError, Forbidden, NotFound
from workloads.daemonsets.manifest.deletion import deletion_of
from workloads.daemonsets.project.facts import keys_of
from workloads.documents import to_yaml
from workloads.documents.paths import JsonObject
from workloads.kinds import KINDS, order_of
from workloads.stores import facets
from workloads.stores.cluster import objects
from workloads.stores.cluster.contexts import Context
from workloads.stores.cluster.failures import Moved, NoSuchKind
from workloads.stores.cluster.memory import Memory
from workloads.stores.cluster.patience import Patience
from workloads.stores.cluster.persons import last_manager, person_of
from workloads.stores.cluster.pods import label_selector, slim_event, slim_pod
from workloads.stores.cluster.transport import METADATA_ONLY, Answer, Client, Resource, client_for
from workloads.stores.cluster.writing import (
    ATTEMPTS,
    Changed,
    ObjectWrite,
    check_base,
    find,
    no_project,
    no_such_kind,
    write_object,
)
from workloads.stores.incoming import incoming, new_project, project_notes
from workloads.stores.inventory import slim_node
from workloads.stores.protocol import (
    Applied,
    Capabilities,
    Project,
    Query,
    Ref,
    Revision,
    Selection,
    Stored,
    Write,
    all_applied,
    namespace,
)
from workloads.stores.visible import editable
from workloads.stores.writes import last_write, written

T = TypeVar("T")
U = TypeVar("U")
E = TypeVar("E")

_NAMESPACES: Final = Resource("/api/v1", "namespaces", namespaced=False)
_NODES: Final = Resource("/api/v1", "nodes", namespaced=False)
_PODS: Final = Resource("/api/v1", "pods", namespaced=True)
_EVENTS: Final = Resource("/api/v1", "events", namespaced=True)
# What the header of a project counts.
_COUNTED: Final = tuple((row.api_version, row.kind) for row in KINDS if row.counted)
_TOGETHER: Final = 8  # requests at the same time
_KIND_SECONDS: Final = 10.0  # so long a server may take until it serves a kind that was just defined
_WORTH_A_LIST: Final = 20  # so many objects are read with the list that they are in


class ClusterStore:
    """Implements `workloads.stores.protocol.Store` for one person."""

    def __init__(self, context: Context, person: Person, age: float | None = None) -> None:
        """age: in seconds, of what it may read from memory; None reads everything from the server."""
        self.cluster = context.key
        self._context = context
        self._person = person
        self._who = person.get_username()
        self._age, self._made = age, time.monotonic()
        self._asked: list[float] = []

    def recent(self, age: float) -> ClusterStore:
        return ClusterStore(self._context, self._person, age)

    def age(self) -> float:
        return self._made - min(self._asked, default=self._made)

    def at_once(self, reads: Sequence[Callable[[], T]]) -> list[T]:
        return self._together(lambda read: read(), reads)

    def capabilities(self) -> Capabilities:
        version, number = self._read(("version",), lambda: self._client.version())
        return Capabilities(
            version=version,
            runs_pods=True,
            admission=True,
            minor=number[1],
            field_validation=number >= (1, 25),  # KEP-2885, on by default since
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
            found = self._objects(_NAMESPACES)
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
        return [
            project
            for project in sorted(map(_project, found), key=lambda project: project.name)
            if may(self._person, "view", cluster=self.cluster, project=project.name)
        ]

    def create_project(self, name: str, *, alias: str = "", description: str = "") -> Project:
        try:
            made = self.apply(new_project(name, alias, description), project="", base="")
        except AlreadyExists as error:
            value = self._find(_NAMESPACES.path(name=name))
            if value is None or deletion_of(value) is None:
                raise
            raise AlreadyExists(
                _("Project %(name)s is still being deleted.") % {"name": name},
                way_out=_("Wait until it is gone, or choose another name."),
                code="project-deleting",
            ) from error
        return _project(made.value)

    def delete_project(self, name: str) -> None:
        self.delete(namespace(name))

    # Reading

    def select(self, api_version: str, kind: str, query: Query) -> Selection:
        self._require("view", query.project or "", kind)
        sort, descending = facets.sort_key(query)
        facets.filters(query)
        resource = self._client.serving(api_version, kind)
        project = (query.project or "") if resource and resource.namespaced else ""
        found = self._list(resource, project) if resource else []
        if not found and project:
            self._require_project(project)
        rows = []
        person = self._who_changed(kind, found)
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

    def values(self, api_version: str, kind: str, project: str) -> Sequence[JsonObject]:
        self._require("view", project, kind)
        resource = self._client.serving(api_version, kind)
        try:
            found = self._objects(resource, project) if resource else []
        except NoSuchKind:
            found = []
        if not found and project:
            self._require_project(project)
        return found

    def names(self, api_version: str, kind: str, project: str, *, of_type: str = "") -> Sequence[str]:
        self._require("view", project, kind)
        resource = self._client.serving(api_version, kind)
        asked = {"fieldSelector": f"type={of_type}"} if of_type else {}

        def read() -> list[str]:
            if resource is None:
                return []
            found = self._client.items(resource.path(project), asked, _name_only, accept=METADATA_ONLY)
            return sorted(str(each["name"]) for each in found)

        names = self._read(("names", resource, project, of_type), read)
        if not names and project:
            self._require_project(project)
        return names

    def keys(self, kind: str, project: str, name: str = "") -> Mapping[str, AbstractSet[str]]:
        self._require("view", project, kind)
        resource = self._resource(Ref("v1", kind, project, name))
        path = resource.path(project, name)

        def read() -> list[JsonObject]:
            return (
                [_keys_only(self._call("GET", path).value)]
                if name
                else self._client.items(path, None, _keys_only)
            )

        found = self._read(("keys", path), read)
        if not found:
            self._require_project(project)
        return {str(each["name"]): each["keys"] for each in found}

    def counts(self, project: str) -> Mapping[tuple[str, str], int]:
        self._require("view", project)
        client = self._client

        def count(kind: tuple[str, str]) -> int:
            resource = client.serving(*kind)
            try:
                return client.count(resource.path(project)) if resource else 0
            except (Forbidden, NoSuchKind):
                return 0

        found = zip(_COUNTED, self._together(count, _COUNTED), strict=True)
        return {kind: number for kind, number in found if number}

    def get(self, ref: Ref) -> Stored:
        self._require("view", ref.project, ref.kind)
        value = self._value(ref)
        if value is None:
            raise _not_found(ref)
        return self._whole(ref.kind, [value])[0]

    def get_all(self, refs: Sequence[Ref]) -> Sequence[Stored | None]:
        """Many of one kind and project are read with their list."""
        for project, kind in {(ref.project, ref.kind) for ref in refs}:
            self._require("view", project, kind)
        places = Counter(map(_place_of, refs))
        lists = [place for place, count in places.items() if count >= _WORTH_A_LIST]
        found: dict[Ref, JsonObject | None] = {}
        for place, values in zip(lists, self._together(self._list_of, lists), strict=True):
            listed = {str(value["metadata"]["name"]): value for value in values}
            found |= {ref: listed.get(ref.name) for ref in refs if _place_of(ref) == place}
        single = [ref for ref in refs if ref not in found]
        found |= zip(single, self._together(self._value, single), strict=True)
        stored: dict[Ref, Stored] = {}
        for kind in {ref.kind for ref in found}:
            known = {ref: value for ref, value in found.items() if value is not None and ref.kind == kind}
            stored |= zip(known, self._whole(kind, list(known.values())), strict=True)
        return [stored.get(ref) for ref in refs]

    def _value(self, ref: Ref) -> JsonObject | None:
        resource = self._client.serving(ref.api_version, ref.kind)
        if resource is None:
            return None
        path = resource.path(ref.project, ref.name)
        try:
            if ref.kind == "Secret":  # its values are kept nowhere
                return self._find(path)
            return self._read(("get", path), lambda: self._find(path))
        except NoSuchKind:
            return None

    def _whole(self, kind: str, values: Sequence[JsonObject]) -> list[Stored]:
        """With their managers and the person who changed each last."""
        who = self._who_changed(kind, values)
        return [
            replace(_stored(value, who(value)), managed_fields=objects.managed_fields(value))
            for value in values
        ]

    def _who_changed(self, kind: str, values: Sequence[JsonObject]) -> Callable[[JsonObject], str]:
        """For each of `values` the person; in a thread of the pool the field manager: the database has a
        connection for each thread, which nobody would close."""
        return last_manager if _OF_POOL.get() else person_of(self.cluster, kind, values)

    def _with_person(self, result: E) -> E | Changed:
        """A conflict with the name of the person, as far as this console knows it."""
        if not isinstance(result, Changed):
            return result
        ref, stored = result.ref, result.stored
        return Changed(ref, stored, self._who_changed(ref.kind, [stored])(stored))

    def _list_of(self, place: tuple[str, str, str]) -> list[JsonObject]:
        api_version, kind, project = place
        resource = self._client.serving(api_version, kind)
        return self._list(resource, project) if resource else []

    def history(self, ref: Ref) -> Sequence[Revision]:
        return []

    def deleted(self, project: str) -> Sequence[tuple[Ref, Revision]]:
        return []

    def purge(self, refs: Sequence[Ref]) -> Sequence[Ref]:
        return []

    def nodes(self) -> Sequence[JsonObject]:
        self._require("view", "", "Node")
        return self._objects(_NODES, keep=slim_node)

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
        what = ("pods", project, tuple(asked.items()), most)
        return self._read(what, lambda: self._client.items(_PODS.path(project), asked, slim_pod, most))

    def events(self, project: str, kind: str, *, uid: str = "") -> Sequence[JsonObject]:
        self._require("view", project, "Event")
        asked = {"involvedObject.kind": kind, "type": "Warning"} | (
            {"involvedObject.uid": uid} if uid else {}
        )
        selector = ",".join(f"{field}={value}" for field, value in asked.items())
        return self._client.items(_EVENTS.path(project), {"fieldSelector": selector}, slim_event)

    def quotas(self, project: str) -> Sequence[JsonObject]:
        return self.values("v1", "ResourceQuota", project)

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
        write = Write(text, project, base, force)
        [applied] = all_applied(self.apply_all([write], dry_run=dry_run, why=why))
        return applied

    def apply_all(
        self, writes: Sequence[Write], *, dry_run: bool = False, why: str = ""
    ) -> Sequence[Applied | ConsoleError | None]:
        prepared = [self._prepared(write) for write in writes]
        if not dry_run and any(isinstance(one, ConsoleError) for one in prepared):
            return [one if isinstance(one, ConsoleError) else None for one in prepared]
        client, strict = self._client, self.capabilities().field_validation

        kind_seconds = 0.0
        patience = Patience(settings.CLUSTER_DRY_RUN_SECONDS if dry_run else None)

        def write_one(one: ObjectWrite | ConsoleError) -> Applied | ConsoleError | None:
            if isinstance(one, ConsoleError):
                return one
            if patience.is_over:
                return None
            try:
                return write_object(client, one, strict=strict, dry_run=dry_run, kind_seconds=kind_seconds)
            except ConsoleError as error:
                patience.note(error)
                return error

        if dry_run:
            return list(map(self._with_person, self._together(write_one, prepared)))
        results: list[Applied | ConsoleError | None] = []
        for batch in _batches([one for one in prepared if isinstance(one, ObjectWrite)]):
            done = list(map(self._with_person, self._together(write_one, batch)))
            results += done
            written(self.cluster, self._person)
            self._record(
                [
                    ("create" if result.outcome == "created" else "save", result.ref, result.version)
                    for result in done
                    if isinstance(result, Applied) and result.outcome != "unchanged"
                ],
                why,
            )
            if any(isinstance(result, ConsoleError) for result in done):
                break
            if any(one.ref.kind == "CustomResourceDefinition" for one in batch):
                kind_seconds = _KIND_SECONDS
        return results + [None] * (len(writes) - len(results))

    def _prepared(self, write: Write) -> ObjectWrite | ConsoleError:
        try:
            came = incoming(write.text, write.project, self._namespaced, write.document)
            self._require("edit" if came.ref.project else "manage", came.ref.project, came.ref.kind)
        except ConsoleError as error:
            return error
        return ObjectWrite.of(came.ref, editable(came.value), write)

    def delete(
        self, ref: Ref, *, base: str | None = None, uid: str = "", dry_run: bool = False, why: str = ""
    ) -> None:
        self._require("delete" if ref.project else "manage", ref.project, ref.kind)
        path = self._resource(ref).path(ref.project, ref.name)
        body: JsonObject = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if dry_run:
            body["dryRun"] = ["All"]  # the server ignores it in the query of a request with a body
        for attempt in range(ATTEMPTS):
            if base is not None:
                before = self._find(path)
                if before is None:
                    raise _not_found(ref)
                try:
                    check_base(ref, before, base)
                except Changed as changed:
                    raise self._with_person(changed) from None
                metadata = before["metadata"]
                if uid and metadata["uid"] != uid:
                    raise Conflict(
                        _("%(object)s was deleted and created again in the meantime.") % {"object": ref},
                        code="recreated",
                    )
                body["preconditions"] = {
                    "uid": metadata["uid"],
                    "resourceVersion": metadata["resourceVersion"],
                }
            try:
                self._call("DELETE", path, None, body)
                break
            except Moved:
                if attempt + 1 == ATTEMPTS:
                    raise
            except NotFound as error:
                raise _not_found(ref) from error
            finally:
                if not dry_run:
                    written(self.cluster, self._person)
        if not dry_run:
            self._record([("delete", ref, "")], why)

    # Requests

    def _read(self, what: tuple[Hashable, ...], read: Callable[[], T]) -> T:
        """What `read` returns, from memory where this store may."""
        if self._age is None:
            return read()
        since = last_write(self.cluster, self._person)
        key = (self._context, self._person.pk, since, get_language(), what)
        found, asked = _memory().read(key, self._made, self._age, read)
        self._asked.append(asked)
        return found

    @property
    def _client(self) -> Client:
        return client_for(self._context)

    def _together(self, ask: Callable[[T], U], items: Sequence[T]) -> list[U]:
        """The answer for each item, asked for at the same time. Raises the first error."""
        with ThreadPoolExecutor(max_workers=_TOGETHER) as pool:
            # The context carries the person's language, in which errors are put.
            asked = [pool.submit(copy_context().run, _in_pool, ask, item) for item in items]
            return [answer.result() for answer in asked]

    def _call(self, method: str, path: str, *rest: Any) -> Answer:
        return self._client.call(method, path, *rest)

    def _list(self, resource: Resource, project: str) -> list[JsonObject]:
        try:
            return self._client.items(resource.path(project))
        except NoSuchKind:
            return []

    def _objects(
        self,
        resource: Resource,
        project: str = "",
        keep: Callable[[JsonObject], JsonObject] = objects.without_tools,
    ) -> list[JsonObject]:
        """By name, each reduced by `keep`. Raises NoSuchKind."""
        path = resource.path(project)
        return self._read(
            ("objects", path), lambda: sorted(self._client.items(path, None, keep), key=objects.sort_key)
        )

    def _find(self, path: str) -> JsonObject | None:
        return find(self._client, path)

    def _resource(self, ref: Ref) -> Resource:
        """Raises NoSuchKind."""
        resource = self._client.serving(ref.api_version, ref.kind)
        if resource is None:
            raise no_such_kind()
        return resource

    def _namespaced(self, api_version: str, kind: str) -> bool:
        resource = self._client.serving(api_version, kind)
        return resource is None or resource.namespaced

    def _require_project(self, name: str) -> None:
        """Raises NotFound where the project certainly does not exist."""
        try:
            path = _NAMESPACES.path(name=name)
            missing = self._read(("get", path), lambda: self._find(path)) is None
        except Forbidden:
            return
        if missing:
            raise no_project(name)

    def _require(self, verb: Verb, project: str = "", kind: str = "") -> None:
        require(self._person, verb, cluster=self.cluster, project=project, kind=kind)

    def _record(self, done: Sequence[tuple[str, Ref, str]], why: str) -> None:
        """done: (verb, object, the version that it has now) each."""
        audit.record_all(
            self._who,
            [
                {
                    "verb": verb,
                    "cluster": self.cluster,
                    "project": ref.project,
                    "kind": ref.kind,
                    "name": ref.name,
                    "details": {k: v for k, v in (("why", why[:1000]), ("version", version)) if v},
                }
                for verb, ref, version in done
            ],
        )


_OF_POOL: Final[ContextVar[bool]] = ContextVar("of a pool", default=False)


def _in_pool(ask: Callable[[T], U], item: T) -> U:
    _OF_POOL.set(True)
    return ask(item)


@cache
def _memory() -> Memory:
    return Memory(settings.CLUSTER_RECENT_BYTES, settings.CLUSTER_TYPING_SECONDS)


def _name_only(value: JsonObject) -> JsonObject:
    return {"name": value["metadata"]["name"]}


def _keys_only(value: JsonObject) -> JsonObject:
    return {"name": value["metadata"]["name"], "keys": keys_of(value)}


def _stored(value: JsonObject, who: str) -> Stored:
    """An object as the server sent it; its text is generated, as a cluster keeps none. who: changed it."""
    metadata = value["metadata"]
    ref = Ref(value["apiVersion"], value["kind"], metadata.get("namespace", ""), metadata["name"])
    when, _manager = objects.last_change(value)
    return Stored(
        ref=ref,
        value=objects.without_managed_fields(value),
        text=to_yaml(editable(value)),
        version=objects.version_of(value),
        created_at=objects.created_at(value),
        updated_at=when,
        updated_by=who,
    )


def _project(value: JsonObject) -> Project:
    name, created = value["metadata"]["name"], objects.created_at(value)
    return Project(name, *project_notes(value), created, deletion_of(value))


def _place_of(ref: Ref) -> tuple[str, str, str]:
    """(api_version, kind, project): what has a list."""
    return ref.api_version, ref.kind, ref.project


def _batches(writes: Sequence[ObjectWrite]) -> Iterator[list[ObjectWrite]]:
    """Neighbours that do not need each other: of one rank in the order of installation, each object once."""
    batch: list[ObjectWrite] = []
    for one in writes:
        kind, refs = one.ref.kind, {each.ref for each in batch}
        if batch and (order_of(kind) != order_of(batch[0].ref.kind) or one.ref in refs):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _not_found(ref: Ref) -> NotFound:
    return NotFound(_("%(object)s not found.") % {"object": ref})
