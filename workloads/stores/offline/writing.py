"""Writing to the database: one transaction, what is stored against what the writer has seen, revisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from console import audit, database
from console.errors import AlreadyExists, Conflict, Invalid
from console.projects import OFFLINE
from console.projects.models import Project as ProjectRow
from workloads.documents.paths import JsonObject
from workloads.models import Revision as RevisionRow
from workloads.models import StoredManifest
from workloads.stores import facets
from workloads.stores.incoming import Incoming, project_notes
from workloads.stores.offline import rows
from workloads.stores.protocol import Outcome, Ref

MAX_WHY: Final = 1000


@contextmanager
def writing() -> Iterator[None]:
    """One transaction; those inside it join it. The database's own errors go no further than here.

    Raises Conflict, Unavailable, OutOfSpace, Invalid.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Conflict(
            _("Someone else saved at the same moment. Nothing was stored; try again."), code="saved-at-once"
        ) from error
    except database.ERRORS as error:
        if unavailable := database.failure(error):
            raise unavailable from error
        raise Invalid(
            _("The database cannot store this manifest. Nothing was stored."), code="not-storable"
        ) from error


class Bundle:
    """What is stored of the objects that some writes are about, and what is to be stored of them."""

    def __init__(self, refs: Sequence[Ref], *, lock: bool) -> None:
        """`lock`: concurrent writers of the same projects wait here for each other."""
        self._now = timezone.now()
        self._rows = rows.find_all(refs)
        self._last = rows.last_numbers(ref for ref in refs if rows.key(ref) not in self._rows)
        self._changed: dict[rows.Key, StoredManifest] = {}
        self._revisions: list[RevisionRow] = []
        names = {ref.project for ref in refs} | {ref.name for ref in refs if rows.is_project(ref)}
        self._projects = rows.find_projects(names, lock=lock)

    def is_new(self, ref: Ref) -> bool:
        return rows.key(ref) not in self._rows

    def judge(self, ref: Ref, text: str, base: str | None) -> tuple[StoredManifest | None, Outcome]:
        """(what is stored, what storing `text` would do). Raises NotFound, AlreadyExists, Conflict."""
        if ref.project and ref.project not in self._projects:
            raise rows.no_project(ref.project)
        row = self._rows.get(rows.key(ref))
        check_base(ref, row, base)
        if base == "" and rows.is_project(ref) and ref.name in self._projects:
            raise _exists(ref)
        if row is None:
            return None, "created"
        return row, "unchanged" if row.text == text else "configured"

    def put(self, came: Incoming, text: str, who: str, why: str) -> StoredManifest:
        """The row as it will be; `save` stores it."""
        ref, key = came.ref, rows.key(came.ref)
        row = self._rows.get(key)
        if row is None:
            row = StoredManifest(**rows.identity(ref), version=self._last.get(key, 0), created_at=self._now)
            self._rows[key] = row
        found = facets.facets(came.value)
        row.api_version, row.text, row.value = ref.api_version, text, came.value
        row.search, row.labels, row.images, row.nodes = found.search, found.labels, found.images, found.nodes
        row.version += 1
        row.updated_at, row.updated_by = self._now, who
        self._changed[key] = row
        self._revisions.append(
            RevisionRow(
                **rows.identity(ref),
                api_version=ref.api_version,
                number=row.version,
                text=text,
                who=who,
                when=self._now,
                why=why[:MAX_WHY],
            )
        )
        if rows.is_project(ref):
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
        rows.touch({row.project for row in self._changed.values()})
        audit.record_all(who, map(_entry, self._revisions))


def delete_all(doomed: QuerySet[StoredManifest], who: str, why: str) -> int:
    """Delete objects, keeping the last text of each as a revision; returns how many they were."""
    now = timezone.now()
    RevisionRow.objects.bulk_create(
        (
            RevisionRow(
                **rows.identity(rows.ref_of(row)),
                api_version=row.api_version,
                number=row.version + 1,
                text=row.text,
                who=who,
                when=now,
                why=why[:MAX_WHY],
                deleted=True,
            )
            for row in doomed.defer("value")
        ),
        batch_size=500,
    )
    return doomed.delete()[0]


def check_base(ref: Ref, row: StoredManifest | None, base: str | None) -> None:
    """Raises AlreadyExists or Conflict where what is stored is not what the writer has seen."""
    if base is None or (base == "" and row is None):
        return
    if row is None:
        raise Conflict(
            _("%(object)s was deleted in the meantime.") % {"object": ref},
            way_out=_("Create it again, or restore an earlier version from its history."),
            code="deleted-meanwhile",
        )
    if base == "":
        raise _exists(ref, row)
    if str(row.version) != base:
        raise Conflict(
            _("%(object)s was saved by %(who)s in the meantime.") % {"object": ref, "who": row.updated_by},
            theirs=row.text,
            version=str(row.version),
            way_out=_("Compare the two versions, merge them, and save again."),
            code="stale",
        )


def _exists(ref: Ref, row: StoredManifest | None = None) -> AlreadyExists:
    return AlreadyExists(
        _("%(object)s already exists.") % {"object": ref},
        theirs=row.text if row else "",
        version=str(row.version) if row else "",
        way_out=_("Choose another name, or edit the existing one."),
        code="project-exists" if rows.is_project(ref) else "",
    )


def _keep_project(name: str, value: JsonObject) -> None:
    alias, description = project_notes(value)
    kept = {"alias": alias[: _length("alias")], "description": description[: _length("description")]}
    ProjectRow.objects.update_or_create(name=name, defaults=kept)


def _length(column: str) -> int | None:
    field = ProjectRow._meta.get_field(column)
    return field.max_length if isinstance(field, models.CharField) else None


def _entry(revision: RevisionRow) -> dict[str, Any]:
    return {
        "verb": "create" if revision.number == 1 else "save",
        "cluster": OFFLINE,
        "project": revision.project,
        "kind": revision.kind,
        "name": revision.name,
        "details": {"version": revision.number, **({"why": revision.why} if revision.why else {})},
    }
