"""The offline store: objects kept as their authors' manifests, in the console's own database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Final, TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from console import audit
from console.accounts.access import Person, Verb, may, require
from console.errors import ConsoleError, Forbidden
from console.projects import OFFLINE
from console.projects.models import Project as ProjectRow
from workloads import kinds
from workloads.daemonsets.forecast.object_quota import Excess, beyond_quota
from workloads.daemonsets.manifest import samples
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.facts import in_project, keys_of
from workloads.documents import to_yaml
from workloads.documents.paths import JsonObject
from workloads.kept import Kept, Prepared
from workloads.models import Revision as RevisionRow
from workloads.models import StoredManifest
from workloads.stores import notes
from workloads.stores.incoming import Incoming, incoming, new_project
from workloads.stores.inventory import read_nodes
from workloads.stores.offline import rows
from workloads.stores.offline.quota import with_brought, with_use
from workloads.stores.offline.writing import MAX_WHY, Bundle, check_base, delete_all, writing
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

T = TypeVar("T")

CAPABILITIES: Final = Capabilities(
    keeps_history=True,
    atomic=True,
    edits_nodes=True,
    toleration_lt_gt=True,
    pod_sums=True,
)
_COUNTED_WITH: Final = (("", "Node"), ("node.k8s.io", "RuntimeClass"), ("scheduling.k8s.io", "PriorityClass"))
"""Of the cluster; what the DaemonSets of a project use of a quota depends on them."""
_DELETED_SHOWN: Final = 200


def _values(items: Iterable[Stored]) -> Sequence[JsonObject]:
    """The objects, each with the project that it is stored in."""
    return tuple(value for each in items for value in in_project([each.value], each.ref.project))


# What was read whole is kept until something of it is written: most of a page's time would go into reading
# thousands of objects. Who may see it is asked before. Secrets are not kept: a purged one is gone.
_NODES: Final = Kept[Sequence[JsonObject]](2)
_LISTS: Final = Kept[Sequence[Stored]](20)
_VALUES: Final = Prepared(_values, 20)
_QUOTAS: Final = Kept[Sequence[JsonObject]](100)


class OfflineStore:
    """Implements `workloads.stores.protocol.Store` for one person.

    A write is one transaction: the object, its revision and the entry of who did what. Versions are whole
    numbers from 1; deleting takes a number too, and an object that is created again goes on counting, so that
    a number never means two things.
    """

    cluster = OFFLINE

    def __init__(self, person: Person) -> None:
        self._person = person
        self._who = person.get_username()

    def recent(self, age: float) -> OfflineStore:
        return self

    def age(self) -> float:
        return 0

    def at_once(self, reads: Sequence[Callable[[], T]]) -> list[T]:
        return [read() for read in reads]

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def transaction(self) -> AbstractContextManager[None]:
        return writing()

    # Projects

    def projects(self) -> Sequence[Project]:
        return [
            rows.project_of(row)
            for row in ProjectRow.objects.all()
            if may(self._person, "view", cluster=OFFLINE, project=row.name)
        ]

    def create_project(self, name: str, *, alias: str = "", description: str = "") -> Project:
        self.apply(new_project(name, alias, description), project="", base="")
        return rows.project_of(ProjectRow.objects.get(name=name))

    def delete_project(self, name: str) -> None:
        self.delete(namespace(name))

    # Reading

    def select(self, api_version: str, kind: str, query: Query) -> Selection:
        visible = self._visible(api_version, kind, query.project)
        found = rows.select(visible, query)
        # What belongs to no project is the same whichever project asks.
        place = query.project if kinds.namespaced(api_version, kind) else ""
        if query == Query(query.project) and place is not None and kind != "Secret":
            same = kinds.group_of(api_version), kind
            key = (*same, place, *rows.state(place, same))
            items = _LISTS.get(key, lambda: tuple(map(rows.stored_of, found)))
            return Selection(items, len(items))
        end = None if query.limit is None else query.offset + query.limit
        return Selection([rows.stored_of(row) for row in found[query.offset : end]], found.count())

    def values(self, api_version: str, kind: str, project: str) -> Sequence[JsonObject]:
        return _VALUES.of(self.select(api_version, kind, Query(project or None)).items)

    def names(self, api_version: str, kind: str, project: str, *, of_type: str = "") -> Sequence[str]:
        found = self.select(api_version, kind, Query(project or None)).items
        return [each.ref.name for each in found if of_type in ("", each.value.get("type"))]

    def keys(self, kind: str, project: str, name: str = "") -> Mapping[str, AbstractSet[str]]:
        found = (
            [self.get(Ref("v1", kind, project, name))]
            if name
            else self.select("v1", kind, Query(project)).items
        )
        return {each.ref.name: keys_of(each.value) for each in found}

    def counts(self, project: str) -> Mapping[tuple[str, str], int]:
        self._require("view", project)
        return rows.counts(project)

    def get(self, ref: Ref) -> Stored:
        self._require("view", ref.project, ref.kind)
        row = rows.find(ref)
        if row is None:
            raise rows.not_found(ref)
        return rows.stored_of(row)

    def get_all(self, refs: Sequence[Ref]) -> Sequence[Stored | None]:
        for project, kind in {(ref.project, ref.kind) for ref in refs}:
            self._require("view", project, kind)
        found = rows.find_all(refs)
        return [rows.stored_of(row) if (row := found.get(rows.key(ref))) else None for ref in refs]

    def history(self, ref: Ref) -> Sequence[Revision]:
        self._require("view", ref.project, ref.kind)
        return [rows.revision_of(row) for row in rows.revisions(ref)]

    def deleted(self, project: str) -> Sequence[tuple[Ref, Revision]]:
        self._require("view", project)
        found = rows.deletions(project)[:_DELETED_SHOWN]
        return [(rows.ref_of(row), rows.revision_of(row)) for row in found]

    def nodes(self) -> Sequence[JsonObject]:
        """The same tuple until a node is written: then what was prepared of it can be used again."""
        self._require("view", "", "Node")
        values = rows.nodes().values_list("value", flat=True)
        return _NODES.get(rows.state("", ("", "Node")), lambda: tuple(values))

    def pods(
        self,
        project: str,
        *,
        node: str | None = None,
        selector: JsonObject | None = None,
        most: int | None = None,
    ) -> Sequence[JsonObject]:
        self._require("view", project, "Pod")
        return []

    def events(self, project: str, kind: str, *, uid: str = "") -> Sequence[JsonObject]:
        self._require("view", project, "Event")
        return []

    def quotas(self, project: str) -> Sequence[JsonObject]:
        """`status.used` is what the project's DaemonSets would use on the offline cluster's nodes.

        Kept until something is written to the project or to the nodes or classes.
        """
        self._require("view", project, "ResourceQuota")
        row = rows.find_project(project)
        # A project that is created again starts at generation 0: its birth tells the two apart.
        around = rows.state("", *_COUNTED_WITH)
        key = (row.pk, row.created_at, row.generation, *around)
        return _QUOTAS.get(key, lambda: self._quotas(project))

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
        if dry_run:
            return [self._tried(write) for write in writes]
        found: list[Incoming] = []
        done: list[Applied] = []
        try:
            for write in writes:
                found.append(self._incoming(write))
            with writing():
                bundle = Bundle([came.ref for came in found], lock=True)
                beyond = self._beyond_quota(bundle, found)
                for write, came in zip(writes, found, strict=True):
                    row, outcome = bundle.judge(came.ref, write.text, write.base)
                    note = why
                    if came.ref in beyond:
                        if not write.beyond_quota:
                            raise _over_quota(came.ref, beyond[came.ref])
                        note = " ".join(filter(None, (why, _planned_beyond(beyond[came.ref]))))
                    if row is None or outcome != "unchanged":
                        row = bundle.put(came, write.text, self._who, note)
                    done.append(Applied(came.ref, outcome, str(row.version), came.value))
                bundle.save(self._who)
        except ConsoleError as error:
            at = min(len(done) if len(found) == len(writes) else len(found), len(writes) - 1)
            return [error if n == at else None for n in range(len(writes))]
        return done

    def _tried(self, write: Write) -> Applied | ConsoleError:
        try:
            came = self._incoming(write)
            row, outcome = Bundle([came.ref], lock=False).judge(came.ref, write.text, write.base)
        except ConsoleError as error:
            return error
        return Applied(came.ref, outcome, str(row.version) if row else "", came.value)

    def _beyond_quota(self, bundle: Bundle, found: Sequence[Incoming]) -> dict[Ref, Excess]:
        """The new objects that a quota of their project does not allow."""
        beyond: dict[Ref, Excess] = {}
        for project in {came.ref.project for came in found} - {""}:
            new = {came.ref: came.value for came in found if came.ref.project == project}
            brought = [value for ref, value in new.items() if ref.kind == "ResourceQuota"]
            new = {ref: value for ref, value in new.items() if bundle.is_new(ref)}
            quotas = with_brought(rows.values("v1", "ResourceQuota", project), brought)
            excess = beyond_quota(
                # A status that came with the text is of another cluster.
                [{**each, "status": {}} for each in quotas],
                list(new.values()),
                counts=partial(rows.counts, project),
                claims=partial(rows.values, "v1", "PersistentVolumeClaim", project),
                services=partial(rows.values, "v1", "Service", project),
            )
            refs = list(new)
            beyond |= {refs[each.number]: each for each in excess}
        return beyond

    def _incoming(self, write: Write) -> Incoming:
        came = incoming(write.text, write.project, document=write.document)
        self._require("edit" if came.ref.project else "manage", came.ref.project, came.ref.kind)
        return came

    def delete(
        self, ref: Ref, *, base: str | None = None, uid: str = "", dry_run: bool = False, why: str = ""
    ) -> None:
        self._require("delete" if ref.project else "manage", ref.project, ref.kind)
        with nullcontext() if dry_run else writing():
            if ref.project:
                rows.find_project(ref.project, lock=not dry_run)
            row = rows.find(ref)
            is_project = rows.is_project(ref) and ProjectRow.objects.filter(name=ref.name).exists()
            if row is None and not is_project:
                raise rows.not_found(ref)
            if base is not None:
                check_base(ref, row, base)
            if dry_run:
                return
            doomed = Q(pk=row.pk) if row else Q(pk=None)
            if is_project:
                doomed |= Q(project=ref.name)
            deleted = delete_all(StoredManifest.objects.filter(doomed), self._who, why)
            if is_project:
                ProjectRow.objects.filter(name=ref.name).delete()
            rows.touch([ref.project])
            self._record("delete", ref, why, objects=deleted)

    def deleted_before(self, when: dt.datetime, project: str | None = None) -> Sequence[Ref]:
        """What was deleted earlier, from one project or from all, and does not exist now."""
        return [rows.ref_of(row) for row in rows.deletions(project).filter(when__lt=when)]

    def purge(self, refs: Sequence[Ref]) -> Sequence[Ref]:
        for ref in refs:
            self._require("delete" if ref.project else "manage", ref.project, ref.kind)
        with writing():
            doomed = [row for row in map(self._deletion, refs) if row is not None]
            purged = rows.purge(doomed)
            for ref in purged:
                self._record("purge", ref, "")
        return purged

    def _deletion(self, ref: Ref) -> RevisionRow | None:
        return rows.deletions(ref.project).filter(**rows.identity(ref)).first()

    def replace_nodes(self, text: str) -> int:
        """Make the nodes of `text` (Node objects, or `kubectl get nodes -o yaml|json`) the offline cluster's
        only ones; returns how many. Raises Invalid, and then nothing has changed.
        """
        self._require("manage", "", "Node")
        found = {node["metadata"]["name"]: to_yaml(node) for node in read_nodes(text)}
        with writing():
            for node in rows.nodes().exclude(name__in=list(found)):
                self.delete(rows.ref_of(node), why=notes.NOT_LISTED)
            all_applied(self.apply_all([Write(node_text, "", None) for node_text in found.values()]))
        return len(found)

    def _record(self, verb: str, ref: Ref, why: str, **details: Any) -> None:
        if why:
            details["why"] = why[:MAX_WHY]
        audit.record(
            self._who, verb, cluster=OFFLINE, project=ref.project, kind=ref.kind, name=ref.name, **details
        )

    def _require(self, verb: Verb, project: str, kind: str = "") -> None:
        require(self._person, verb, cluster=OFFLINE, project=project, kind=kind)

    def _visible(self, api_version: str, kind: str, project: str | None) -> QuerySet[StoredManifest]:
        """Of one kind, as far as the person may see them."""
        found = StoredManifest.objects.filter(api_group=kinds.group_of(api_version), kind=kind)
        if not kinds.namespaced(api_version, kind):
            self._require("view", "", kind)
            return found.filter(project="")
        if project is not None:
            self._require("view", project, kind)
            rows.find_project(project)
            return found.filter(project=project)
        if may(self._person, "view", cluster=OFFLINE, kind=kind):
            return found
        return found.filter(project__in=[each.name for each in self.projects()])

    def _quotas(self, project: str) -> list[JsonObject]:
        def values(api_version: str, kind: str) -> list[JsonObject]:
            found = self._visible(api_version, kind, project).order_by("name")
            return list(found.values_list("value", flat=True))

        quotas = values("v1", "ResourceQuota")
        if not quotas:
            return []
        return with_use(
            quotas,
            daemonsets=values("apps/v1", "DaemonSet"),
            nodes=self.nodes(),
            limit_ranges=values("v1", "LimitRange"),
            classes=Classes.of(
                values("node.k8s.io/v1", "RuntimeClass"),
                values("scheduling.k8s.io/v1", "PriorityClass"),
                whole=False,
            ),
            counts=self.counts(project),
            claims=values("v1", "PersistentVolumeClaim"),
            services=values("v1", "Service"),
            features=CAPABILITIES,
        )


def _over_quota(ref: Ref, excess: Excess) -> Forbidden:
    return Forbidden(
        _("%(object)s is refused. %(why)s")
        % {"object": ref, "why": _(excess.say.template) % excess.say.params},
        way_out=_("Delete what is not needed, or raise the quota. The review can also plan beyond it."),
        code=excess.say.code,
    )


def _planned_beyond(excess: Excess) -> str:
    """The note in the history of an object that no cluster with this quota would have taken."""
    return _("Planned beyond the quota %(quota)s.") % {"quota": excess.quota}


def first_start(person: Person) -> None:
    """Give a new console its project `demo`, with sample nodes, a quota and a limit range. Does nothing if it
    ever had one: a project that a user deleted does not come back."""
    ref = namespace(samples.PROJECT)
    store = OfflineStore(person)
    with writing():
        if rows.last_numbers([ref]) or ProjectRow.objects.exists():
            return
        writes = [Write(text, samples.PROJECT, None) for text in samples.manifests()]
        all_applied(store.apply_all(writes, why=samples.WHY))
