"""Rows of the database as `Stored`, `Revision` and `Project`, and the queries that find them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from django.db.models import Count, Exists, F, Max, OuterRef, QuerySet
from django.utils.translation import gettext as _

from console.errors import NotFound
from console.projects.models import Project as ProjectRow
from workloads import kinds
from workloads.daemonsets.manifest import samples
from workloads.models import Revision as RevisionRow
from workloads.models import StoredManifest
from workloads.stores import facets
from workloads.stores.protocol import Project, Query, Ref, Revision, Stored

Key: TypeAlias = tuple[str, str, str, str]
"""(API group, kind, project, name): the same for every version of an API."""

_SORT_COLUMNS: Final = {
    "name": "name",
    "updated": "updated_at",
    "created": "created_at",
    "updated_by": "updated_by",
}
_AT_ONCE: Final = 500  # names in one query; SQLite takes no more than some thousands


def key(ref: Ref) -> Key:
    return kinds.group_of(ref.api_version), ref.kind, ref.project, ref.name


def identity(ref: Ref) -> dict[str, str]:
    """The columns that tell an object from all others."""
    return dict(zip(("api_group", "kind", "project", "name"), key(ref), strict=True))


def is_project(ref: Ref) -> bool:
    return (ref.api_version, ref.kind) == ("v1", "Namespace")


# From a row


def ref_of(row: StoredManifest | RevisionRow) -> Ref:
    return Ref(row.api_version, row.kind, row.project, row.name)


def stored_of(row: StoredManifest) -> Stored:
    return Stored(
        ref=ref_of(row),
        value=row.value,
        text=row.text,
        version=str(row.version),
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def revision_of(row: RevisionRow) -> Revision:
    return Revision(row.number, row.text, row.who, row.when, _localized(row.why), row.deleted)


def project_of(row: ProjectRow) -> Project:
    alias, description = row.alias, row.description
    if row.name == samples.PROJECT:
        alias, description = _localized(alias), _localized(description)
    return Project(row.name, alias, description, row.created_at)


def _localized(text: str) -> str:
    """What the first start wrote, in the reader's language; what a person wrote, unchanged."""
    return _(text) if text in samples.TEXTS else text


# Objects


def select(rows: QuerySet[StoredManifest], query: Query) -> QuerySet[StoredManifest]:
    """Those of `rows` that match the query, in its order. Raises BadInput."""
    for word in facets.words(query.search):
        rows = rows.filter(search__contains=word)
    for name, text in facets.filters(query).items():
        if name == "updated_by":
            rows = rows.filter(updated_by=text)
        elif name == "label":
            rows = rows.filter(labels__contains=facets.label_line(text))
        else:
            rows = rows.filter(**{f"{name}s__contains": text.lower()})
    sort, descending = facets.sort_key(query)
    return rows.order_by(("-" if descending else "") + _SORT_COLUMNS[sort], "name", "project")


def find(ref: Ref) -> StoredManifest | None:
    return StoredManifest.objects.filter(**identity(ref)).first()


def find_all(refs: Iterable[Ref]) -> dict[Key, StoredManifest]:
    """Those of the objects that exist."""
    return {key(ref_of(row)): row for same in _batches(refs) for row in StoredManifest.objects.filter(**same)}


def state(api_group: str, kind: str, project: str) -> tuple[object, ...]:
    """Changes with every write to these objects. Costs little: it is read from indexes."""
    same = {"api_group": api_group, "kind": kind, "project": project}
    stored = StoredManifest.objects.filter(**same).aggregate(
        count=Count("id"), last=Max("id"), newest=Max("updated_at")
    )
    written = RevisionRow.objects.filter(**same).aggregate(last=Max("id"))
    return (*stored.values(), *written.values())


def nodes() -> QuerySet[StoredManifest]:
    return StoredManifest.objects.filter(api_group="", kind="Node").order_by("name")


def not_found(ref: Ref) -> NotFound:
    message = _("%(object)s not found.") % {"object": ref}
    if not revisions(ref).filter(deleted=True).exists():
        return NotFound(message)
    return NotFound(
        message,
        way_out=_("It was deleted. Its history is kept, and you can restore any version of it."),
        code="deleted",
    )


# Revisions


def revisions(ref: Ref) -> QuerySet[RevisionRow]:
    """Newest first."""
    return RevisionRow.objects.filter(**identity(ref)).order_by("-number")


def last_numbers(refs: Iterable[Ref]) -> dict[Key, int]:
    """The number of the newest revision of each object that ever existed."""
    out: dict[Key, int] = {}
    for same in _batches(refs):
        rows = RevisionRow.objects.filter(**same).order_by().values_list("name").annotate(last=Max("number"))
        for name, last in rows:
            out[same["api_group"], same["kind"], same["project"], name] = last
    return out


def deletions(project: str) -> QuerySet[RevisionRow]:
    """The deletion of each object of a project that does not exist now, the latest first."""
    same = {field: OuterRef(field) for field in ("api_group", "kind", "project", "name")}
    rows = RevisionRow.objects.filter(
        ~Exists(StoredManifest.objects.filter(**same)),
        ~Exists(RevisionRow.objects.filter(**same, number__gt=OuterRef("number"))),
        project=project,
        deleted=True,
    )
    return rows.order_by("-when", "-number")


# Projects


def find_project(name: str, *, lock: bool = False) -> ProjectRow:
    """`lock`: concurrent writers of a project wait here for each other. Raises NotFound."""
    rows = ProjectRow.objects.select_for_update() if lock else ProjectRow.objects.all()
    row = rows.filter(name=name).first()
    if row is None:
        raise no_project(name)
    return row


def find_projects(names: Iterable[str], *, lock: bool = False) -> set[str]:
    """Those of the projects that exist. `lock`: as in `find_project`."""
    rows = ProjectRow.objects.select_for_update() if lock else ProjectRow.objects.all()
    return {row.name for some in _chunks(sorted(names)) for row in rows.filter(name__in=some)}


def no_project(name: str) -> NotFound:
    return NotFound(
        _("Project “%(name)s” not found.") % {"name": name},
        way_out=_("Create it on the Projects page, or add its Namespace to the same manifest."),
        code="no-project",
    )


def touch(projects: Iterable[str]) -> None:
    """Count a write to each project: what is calculated from its objects is out of date."""
    for names in _chunks(sorted(projects)):
        ProjectRow.objects.filter(name__in=names).update(generation=F("generation") + 1)


def _batches(refs: Iterable[Ref]) -> Iterator[dict[str, Any]]:
    """Filters that find all of them, a few hundred names of a kind at a time."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for ref in refs:
        group, kind, project, name = key(ref)
        groups.setdefault((group, kind, project), []).append(name)
    for (group, kind, project), names in groups.items():
        for some in _chunks(names):
            yield {"api_group": group, "kind": kind, "project": project, "name__in": some}


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))
