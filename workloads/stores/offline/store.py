"""The offline store: objects kept as their authors' texts, in the console's own database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, TypeAlias

from django.core.cache import cache
from django.db import DatabaseError, IntegrityError, OperationalError, models, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from console import audit
from console.accounts.access import Verb, may, require
from console.errors import AlreadyExists, Conflict, ConsoleError, Invalid, NotFound, Unreachable
from console.projects import OFFLINE
from console.projects.models import Project as ProjectRow
from workloads import kinds
from workloads.daemonsets.manifest import samples
from workloads.daemonsets.project.admission import Classes
from workloads.documents import to_yaml
from workloads.documents.paths import JsonObject
from workloads.models import Revision as RevisionRow
from workloads.models import StoredManifest
from workloads.stores import facets
from workloads.stores.incoming import Incoming, incoming, new_project, project_notes
from workloads.stores.inventory import read_nodes
from workloads.stores.offline.quota import with_use
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

# Operators Lt and Gt of tolerations: a server that takes them compares, and the author is told which do.
CAPABILITIES: Final = Capabilities(history=True, keeps_text=True, toleration_lt_gt=True, pod_sums=True)
_SORT_COLUMNS: Final = {
    "name": "name",
    "updated": "updated_at",
    "created": "created_at",
    "updated_by": "updated_by",
}
_QUOTAS_KEPT: Final = 24 * 60 * 60  # seconds; the key changes with every write that matters
_MAX_WHY: Final = 1000
_AT_ONCE: Final = 500  # names in one query; SQLite takes no more than some thousands
_DELETED_SHOWN: Final = 200


class OfflineStore:
    """Implements `workloads.stores.protocol.Store` for one person.

    A write is one transaction: the object, its revision and the entry of who did what. Versions are whole
    numbers from 1; deleting takes a number too, and an object that is created again goes on counting, so that
    a number never means two things.
    """

    cluster = OFFLINE
    offline = True

    def __init__(self, person: Any) -> None:
        self._person = person
        self._who: str = person.get_username()

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def transaction(self) -> AbstractContextManager[None]:
        return _writing()

    # Projects

    def projects(self) -> Sequence[Project]:
        return [
            _project(row)
            for row in ProjectRow.objects.all()
            if may(self._person, "view", cluster=OFFLINE, project=row.name)
        ]

    def create_project(self, name: str, *, alias: str = "", description: str = "") -> Project:
        self.apply(new_project(name, alias, description), project="", base="")
        return _project(ProjectRow.objects.get(name=name))

    def delete_project(self, name: str) -> None:
        self.delete(namespace(name))

    # Reading

    def select(self, api_version: str, kind: str, query: Query) -> Selection:
        rows = self._rows(api_version, kind, query.project)
        for word in facets.words(query.search):
            rows = rows.filter(search__contains=word)
        for name, text in facets.filters(query).items():
            if name == "updated_by":
                rows = rows.filter(updated_by=text)
            elif name == "label":
                rows = rows.filter(labels__contains=facets.label_line(text))
            else:
                rows = rows.filter(**{f"{name}s__contains": text.lower()})
        sort, turned = facets.sort_key(query)
        rows = rows.order_by(("-" if turned else "") + _SORT_COLUMNS[sort], "name", "project")
        end = None if query.limit is None else query.offset + query.limit
        total = rows.count()
        return Selection([_stored(row) for row in rows[query.offset : end]], total)

    def counts(self, project: str) -> Mapping[tuple[str, str], int]:
        self._require("view", project)
        rows = StoredManifest.objects.filter(project=project).values_list("api_version", "kind")
        return {(api_version, kind): n for api_version, kind, n in rows.annotate(n=Count("id")).order_by()}

    def get(self, ref: Ref) -> Stored:
        self._require("view", ref.project, ref.kind)
        row = _row(ref)
        if row is None:
            raise _not_found(ref)
        return _stored(row)

    def get_all(self, refs: Sequence[Ref]) -> Sequence[Stored | None]:
        for project, kind in {(ref.project, ref.kind) for ref in refs}:
            self._require("view", project, kind)
        rows = _rows_of(refs)
        return [_stored(rows[_key(ref)]) if _key(ref) in rows else None for ref in refs]

    def history(self, ref: Ref) -> Sequence[Revision]:
        self._require("view", ref.project, ref.kind)
        return [_revision(row) for row in _revisions(ref)]

    def deleted(self, project: str) -> Sequence[tuple[Ref, Revision]]:
        self._require("view", project)
        same = {field: OuterRef(field) for field in ("api_group", "kind", "project", "name")}
        rows = RevisionRow.objects.filter(
            ~Exists(StoredManifest.objects.filter(**same)),
            ~Exists(RevisionRow.objects.filter(**same, number__gt=OuterRef("number"))),
            project=project,
            deleted=True,
        )
        return [(_ref(row), _revision(row)) for row in rows.order_by("-when", "-number")[:_DELETED_SHOWN]]

    def nodes(self) -> Sequence[JsonObject]:
        self._require("view", "", "Node")
        return list(_nodes().order_by("name").values_list("value", flat=True))

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

        Kept until something is written to the project or to the nodes.
        """
        self._require("view", project, "ResourceQuota")
        row = _project_row(project)
        written = RevisionRow.objects.filter(api_group="", kind="Node", project="")
        nodes = written.aggregate(last=Max("id"))["last"]
        # A project that is created again starts at generation 0: its birth tells the two apart.
        key = f"quotas:{row.pk}:{row.created_at.timestamp()}:{row.generation}:{nodes}"
        found: list[JsonObject] | None = cache.get(key)
        if found is None:
            found = self._quotas(project)
            cache.set(key, found, _QUOTAS_KEPT)
        return found

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
        if dry_run:
            came = self._incoming(write)
            row, outcome = _Bundle([came.ref], lock=False).judge(came.ref, text, base)
            return Applied(came.ref, outcome, str(row.version) if row else "", came.value, text)
        try:
            [applied] = self.apply_all([write], why=why)
        except Halted as halted:
            raise halted.error from halted
        return applied

    def apply_all(self, writes: Sequence[Write], *, why: str = "") -> Sequence[Applied]:
        found: list[Incoming] = []
        done: list[Applied] = []
        try:
            for write in writes:
                found.append(self._incoming(write))
            with _writing():
                bundle = _Bundle([came.ref for came in found], lock=True)
                for write, came in zip(writes, found, strict=True):
                    row, outcome = bundle.judge(came.ref, write.text, write.base)
                    if row is None or outcome != "unchanged":
                        row = bundle.put(came, write.text, self._who, why[:_MAX_WHY])
                    done.append(Applied(came.ref, outcome, str(row.version), came.value, write.text))
                bundle.save(self._who)
        except ConsoleError as error:
            at = len(done) if len(found) == len(writes) else len(found)
            raise Halted(min(at, len(writes) - 1), error, []) from error
        return done

    def _incoming(self, write: Write) -> Incoming:
        came = incoming(write.text, write.project, document=write.document)
        self._require("edit" if came.ref.project else "manage", came.ref.project, came.ref.kind)
        return came

    def delete(self, ref: Ref, *, base: str | None = None, dry_run: bool = False, why: str = "") -> None:
        self._require("delete" if ref.project else "manage", ref.project, ref.kind)
        with nullcontext() if dry_run else _writing():
            if ref.project:
                _project_row(ref.project, lock=not dry_run)
            row = _row(ref)
            is_project = _is_project(ref) and ProjectRow.objects.filter(name=ref.name).exists()
            if row is None and not is_project:
                raise _not_found(ref)
            if base is not None:
                _check_base(ref, row, base)
            if dry_run:
                return
            doomed = Q(pk=row.pk) if row else Q(pk=None)
            if is_project:
                doomed |= Q(project=ref.name)
            buried = self._bury(StoredManifest.objects.filter(doomed), why)
            if is_project:
                ProjectRow.objects.filter(name=ref.name).delete()
            _touch([ref.project])
            self._record("delete", ref, why, objects=buried)

    def replace_nodes(self, text: str) -> int:
        """Make the nodes of `text` (Node objects, or `kubectl get nodes -o yaml|json`) the offline cluster's
        only ones; returns how many. Raises Invalid, and then nothing has changed.
        """
        self._require("manage", "", "Node")
        found = {node["metadata"]["name"]: to_yaml(node) for node in read_nodes(text)}
        with _writing():
            for node in _nodes().exclude(name__in=list(found)).order_by("name"):
                self.delete(_ref(node), why=_("Not in the new list of nodes"))
            try:
                self.apply_all([Write(node_text, "", None) for node_text in found.values()])
            except Halted as halted:
                raise halted.error from halted
        return len(found)

    def _bury(self, rows: QuerySet[StoredManifest], why: str) -> int:
        """Delete objects, keeping what they last said as a revision; returns how many they were."""
        now = timezone.now()
        RevisionRow.objects.bulk_create(
            (
                RevisionRow(
                    **_identity(_ref(row)),
                    api_version=row.api_version,
                    number=row.version + 1,
                    text=row.text,
                    who=self._who,
                    when=now,
                    why=why[:_MAX_WHY],
                    deleted=True,
                )
                for row in rows.defer("value")
            ),
            batch_size=500,
        )
        return rows.delete()[0]

    def _record(self, verb: str, ref: Ref, why: str, **details: Any) -> None:
        if why:
            details["why"] = why[:_MAX_WHY]
        audit.record(
            self._who, verb, cluster=OFFLINE, project=ref.project, kind=ref.kind, name=ref.name, **details
        )

    def _require(self, verb: Verb, project: str, kind: str = "") -> None:
        require(self._person, verb, cluster=OFFLINE, project=project, kind=kind)

    def _rows(self, api_version: str, kind: str, project: str | None) -> QuerySet[StoredManifest]:
        """Of one kind, as far as the person may see them."""
        rows = StoredManifest.objects.filter(api_group=kinds.group_of(api_version), kind=kind)
        if not kinds.namespaced(api_version, kind):
            self._require("view", "", kind)
            return rows.filter(project="")
        if project is not None:
            self._require("view", project, kind)
            _project_row(project)
            return rows.filter(project=project)
        if may(self._person, "view", cluster=OFFLINE, kind=kind):
            return rows
        return rows.filter(project__in=[seen.name for seen in self.projects()])

    def _quotas(self, project: str) -> list[JsonObject]:
        def values(api_version: str, kind: str) -> list[JsonObject]:
            rows = self._rows(api_version, kind, project).order_by("name")
            return list(rows.values_list("value", flat=True))

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


class _Bundle:
    """What is stored now of the objects that some writes are about, and what is to be stored of them."""

    def __init__(self, refs: Sequence[Ref], *, lock: bool) -> None:
        """`lock`: whoever writes to the same projects waits here for the others."""
        self._now = timezone.now()
        self._rows = _rows_of(refs)
        self._last = _last_numbers(ref for ref in refs if _key(ref) not in self._rows)
        self._changed: dict[_Key, StoredManifest] = {}
        self._revisions: list[RevisionRow] = []
        names = {ref.project for ref in refs} | {ref.name for ref in refs if _is_project(ref)}
        projects = ProjectRow.objects.select_for_update() if lock else ProjectRow.objects.all()
        self._projects = {
            row.name for names in _chunks(sorted(names)) for row in projects.filter(name__in=names)
        }

    def judge(self, ref: Ref, text: str, base: str | None) -> tuple[StoredManifest | None, Outcome]:
        """(what is stored, what storing `text` would be). Raises NotFound, AlreadyExists, Conflict."""
        if ref.project and ref.project not in self._projects:
            raise _no_project(ref.project)
        row = self._rows.get(_key(ref))
        _check_base(ref, row, base)
        if base == "" and _is_project(ref) and ref.name in self._projects:
            raise _exists(ref)
        if row is None:
            return None, "created"
        return row, "unchanged" if row.text == text else "configured"

    def put(self, came: Incoming, text: str, who: str, why: str) -> StoredManifest:
        """The row as it will be; it is stored by `save`."""
        ref, key = came.ref, _key(came.ref)
        row = self._rows.get(key)
        if row is None:
            row = StoredManifest(**_identity(ref), version=self._last.get(key, 0), created_at=self._now)
            self._rows[key] = row
        found = facets.facets(came.value)
        row.api_version, row.text, row.value = ref.api_version, text, came.value
        row.search, row.labels, row.images, row.nodes = found.search, found.labels, found.images, found.nodes
        row.version += 1
        row.updated_at, row.updated_by = self._now, who
        self._changed[key] = row
        self._revisions.append(
            RevisionRow(
                **_identity(ref),
                api_version=ref.api_version,
                number=row.version,
                text=text,
                who=who,
                when=self._now,
                why=why,
            )
        )
        if _is_project(ref):
            _keep_project(ref.name, came.value)
            self._projects.add(ref.name)
        return row

    def save(self, who: str) -> None:
        new = [row for row in self._changed.values() if row.pk is None]
        for row in self._changed.values():
            if row.pk is not None:
                row.save()
        StoredManifest.objects.bulk_create(new, batch_size=200)
        RevisionRow.objects.bulk_create(self._revisions, batch_size=200)
        _touch({row.project for row in self._changed.values()})
        audit.record_all(who, map(_entry, self._revisions))


def _entry(revision: RevisionRow) -> dict[str, Any]:
    return {
        "verb": "create" if revision.number == 1 else "save",
        "cluster": OFFLINE,
        "project": revision.project,
        "kind": revision.kind,
        "name": revision.name,
        "details": {"version": revision.number, **({"why": revision.why} if revision.why else {})},
    }


def first_start(person: Any) -> None:
    """Give a new console its project `demo`, with sample nodes, a quota and a limit range. Does nothing if it
    ever had one: a project that somebody deleted does not come back."""
    ref = namespace(samples.PROJECT)
    store = OfflineStore(person)
    with _writing():
        if _revisions(ref).exists() or ProjectRow.objects.exists():
            return
        writes = [Write(text, samples.PROJECT, None) for text in samples.texts()]
        store.apply_all(writes, why=samples.WHY)


@contextmanager
def _writing() -> Iterator[None]:
    """One transaction; those inside it join it. What the database says goes no further than here."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Conflict(_("Somebody else saved at the same moment. Nothing was stored; try again.")) from error
    except OperationalError as error:
        raise Unreachable(
            _("The database did not answer in time. Nothing was stored; try again."), status=503
        ) from error
    except DatabaseError as error:
        raise Invalid(_("The database cannot keep this text. Nothing was stored.")) from error


_Key: TypeAlias = tuple[str, str, str, str]


def _key(ref: Ref) -> _Key:
    return kinds.group_of(ref.api_version), ref.kind, ref.project, ref.name


def _rows_of(refs: Iterable[Ref]) -> dict[_Key, StoredManifest]:
    return {_key(_ref(row)): row for same in _batches(refs) for row in StoredManifest.objects.filter(**same)}


def _last_numbers(refs: Iterable[Ref]) -> dict[_Key, int]:
    """The newest revision of each object that ever was."""
    out: dict[_Key, int] = {}
    for same in _batches(refs):
        rows = RevisionRow.objects.filter(**same).order_by().values_list("name").annotate(last=Max("number"))
        for name, last in rows:
            out[same["api_group"], same["kind"], same["project"], name] = last
    return out


def _batches(refs: Iterable[Ref]) -> Iterator[dict[str, Any]]:
    """Filters that find all of them, a few hundred names of a kind at a time."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for ref in refs:
        group, kind, project, name = _key(ref)
        groups.setdefault((group, kind, project), []).append(name)
    for (group, kind, project), names in groups.items():
        for some in _chunks(names):
            yield {"api_group": group, "kind": kind, "project": project, "name__in": some}


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))


def _identity(ref: Ref) -> dict[str, str]:
    return {
        "api_group": kinds.group_of(ref.api_version),
        "kind": ref.kind,
        "project": ref.project,
        "name": ref.name,
    }


def _row(ref: Ref) -> StoredManifest | None:
    return StoredManifest.objects.filter(**_identity(ref)).first()


def _revisions(ref: Ref) -> QuerySet[RevisionRow]:
    """Newest first."""
    return RevisionRow.objects.filter(**_identity(ref)).order_by("-number")


def _nodes() -> QuerySet[StoredManifest]:
    return StoredManifest.objects.filter(api_group="", kind="Node")


def _ref(row: StoredManifest | RevisionRow) -> Ref:
    return Ref(row.api_version, row.kind, row.project, row.name)


def _revision(row: RevisionRow) -> Revision:
    return Revision(row.number, row.text, row.who, row.when, _said(row.why), row.deleted)


def _stored(row: StoredManifest) -> Stored:
    return Stored(
        ref=_ref(row),
        value=row.value,
        text=row.text,
        version=str(row.version),
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def _check_base(ref: Ref, row: StoredManifest | None, base: str | None) -> None:
    """Raises AlreadyExists or Conflict where what is stored is not what the writer has seen."""
    if base is None or (base == "" and row is None):
        return
    if row is None:
        raise Conflict(
            _("%(object)s was deleted in the meantime.") % {"object": ref},
            way_out=_("Create it anew, or take an earlier text from its history."),
        )
    if base == "":
        raise _exists(ref, row)
    if str(row.version) != base:
        raise Conflict(
            _("%(object)s was saved by %(who)s in the meantime.") % {"object": ref, "who": row.updated_by},
            theirs=row.text,
            version=str(row.version),
            way_out=_("Compare both texts, merge them, and save again."),
        )


def _exists(ref: Ref, row: StoredManifest | None = None) -> AlreadyExists:
    return AlreadyExists(
        _("%(object)s exists already.") % {"object": ref},
        theirs=row.text if row else "",
        version=str(row.version) if row else "",
        way_out=_("Choose another name, or edit the one that is there."),
    )


def _not_found(ref: Ref) -> NotFound:
    deleted = _revisions(ref).filter(deleted=True).exists()
    return NotFound(
        _("%(object)s is not there.") % {"object": ref},
        way_out=_("It was deleted; its history is kept, and any of its texts can be restored.")
        if deleted
        else "",
    )


def _project_row(name: str, *, lock: bool = False) -> ProjectRow:
    """`lock`: whoever writes to a project waits here for the others. Raises NotFound."""
    rows = ProjectRow.objects.select_for_update() if lock else ProjectRow.objects.all()
    row = rows.filter(name=name).first()
    if row is None:
        raise _no_project(name)
    return row


def _no_project(name: str) -> NotFound:
    return NotFound(
        _("There is no project “%(name)s”.") % {"name": name},
        way_out=_("Create it in the list of projects, or bring its Namespace in the same text."),
    )


def _touch(projects: Iterable[str]) -> None:
    for names in _chunks(sorted(projects)):
        ProjectRow.objects.filter(name__in=names).update(generation=F("generation") + 1)


def _is_project(ref: Ref) -> bool:
    return (ref.api_version, ref.kind) == ("v1", "Namespace")


def _keep_project(name: str, value: JsonObject) -> None:
    alias, description = project_notes(value)
    kept = {"alias": alias[: _length("alias")], "description": description[: _length("description")]}
    ProjectRow.objects.update_or_create(name=name, defaults=kept)


def _length(column: str) -> int | None:
    field = ProjectRow._meta.get_field(column)
    return field.max_length if isinstance(field, models.CharField) else None


def _project(row: ProjectRow) -> Project:
    created: dt.datetime = row.created_at
    notes = (row.alias, row.description)
    alias, description = map(_said, notes) if row.name == samples.PROJECT else notes
    return Project(row.name, alias, description, created)


def _said(text: str) -> str:
    """What the first start wrote, in the language of the reader; what a person wrote, as it is."""
    return _(text) if text in samples.WORDS else text
