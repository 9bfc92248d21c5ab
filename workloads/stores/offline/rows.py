"""Rows of the database as `Stored`, `Revision` and `Project`, and the queries that find them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from console.errors import NotFound
from console.projects.models import Project as ProjectRow
from workloads import kinds
from workloads.daemonsets.manifest import samples
from workloads.documents.paths import JsonObject
from workloads.models import Revision as RevisionRow
from workloads.models import StoredManifest
from workloads.stores import facets
from workloads.stores.notes import localized
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
    return Revision(row.number, row.text, row.who, row.when, localized(row.why), row.deleted)


def project_of(row: ProjectRow) -> Project:
    alias, description = row.alias, row.description
    if row.name == samples.PROJECT:
        alias, description = localized(alias), localized(description)
    return Project(row.name, alias, description, row.created_at)


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


def values(api_version: str, kind: str, project: str) -> list[JsonObject]:
    """The objects of one kind in a project, by name."""
    found = StoredManifest.objects.filter(api_group=kinds.group_of(api_version), kind=kind, project=project)
    return list(found.order_by("name").values_list("value", flat=True))


def counts(project: str) -> dict[tuple[str, str], int]:
    """(api_version, kind) → how many a project has."""
    found = StoredManifest.objects.filter(project=project).values_list("api_version", "kind")
    return {(api_version, kind): n for api_version, kind, n in found.annotate(n=Count("id")).order_by()}


def state(project: str, *groups_and_kinds: tuple[str, str]) -> tuple[object, ...]:
    """Changes with every write to objects of these kinds. Costs little: it is read from indexes."""
    groups, names = zip(*groups_and_kinds, strict=True)
    same = {"api_group__in": groups, "kind__in": names, "project": project}
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

PURGED: Final = Q(text="")
"""The row that stays of a purged history. A stored manifest is never empty."""


def revisions(ref: Ref) -> QuerySet[RevisionRow]:
    """Newest first."""
    return RevisionRow.objects.filter(**identity(ref)).exclude(PURGED).order_by("-number")


def purge(deletions: Iterable[RevisionRow]) -> list[Ref]:
    """Remove the history of objects whose last revision is their deletion; returns their identities.

    Of each, a last row without a text stays: an object of this name continues its numbers, so that no draft
    takes the new one for the old.
    """
    purged = []
    for last in deletions:
        ref = ref_of(last)
        RevisionRow.objects.filter(**identity(ref)).exclude(pk=last.pk).delete()
        RevisionRow.objects.filter(pk=last.pk).update(text="", why="", deleted=True)
        purged.append(ref)
    return purged


def last_numbers(refs: Iterable[Ref]) -> dict[Key, int]:
    """The number of the newest revision of each object that ever existed."""
    out: dict[Key, int] = {}
    for same in _batches(refs):
        rows = RevisionRow.objects.filter(**same).order_by().values_list("name").annotate(last=Max("number"))
        for name, last in rows:
            out[same["api_group"], same["kind"], same["project"], name] = last
    return out


def deletions(project: str | None) -> QuerySet[RevisionRow]:
    """The deletion of each object of a project (None: of all) that does not exist now, the latest first."""
    same = {field: OuterRef(field) for field in ("api_group", "kind", "project", "name")}
    rows = RevisionRow.objects.filter(
        ~Exists(StoredManifest.objects.filter(**same)),
        ~Exists(RevisionRow.objects.filter(**same, number__gt=OuterRef("number"))),
        deleted=True,
    ).exclude(PURGED)
    if project is not None:
        rows = rows.filter(project=project)
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
