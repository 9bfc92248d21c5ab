"""Drafts as places where a deleted object may still be found: those that have ended are removed with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from console.projects import OFFLINE
from workloads.documents import DocumentError, read
from workloads.drafts.store import long_ended
from workloads.models import Draft

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from workloads.stores.protocol import Ref

_ENDED = Q(stored_at__isnull=False) | Q(discarded_at__isnull=False)


def sweep_all() -> None:
    """Delete everybody's drafts that were stored or discarded longer ago than `KEPT_FOR`."""
    Draft.objects.filter(long_ended()).delete()


def open_with(ref: Ref) -> int:
    """How many drafts that people still work on have an offline object in their text, now or before."""
    return sum(1 for draft in _that_name(ref).exclude(_ENDED) if _has(draft, ref))


def forget(ref: Ref) -> int:
    """Delete the ended drafts that have an offline object in their text; returns how many."""
    doomed = [draft.pk for draft in _that_name(ref).filter(_ENDED) if _has(draft, ref)]
    Draft.objects.filter(pk__in=doomed).delete()
    return len(doomed)


def _that_name(ref: Ref) -> QuerySet[Draft]:
    name = ref.name
    texts = Q(text__contains=name) | Q(origin_text__contains=name) | Q(texts__text__contains=name)
    texts |= Q(inputs__fields__text__icontains=name)
    return Draft.objects.filter(texts, cluster=OFFLINE).distinct()


def _has(draft: Draft, ref: Ref) -> bool:
    """Also where one of its texts cannot be read: the object may be in it."""
    typed = (fields.get("text", "") for fields in draft.inputs.values_list("fields", flat=True))
    texts = [draft.text, draft.origin_text, *draft.texts.values_list("text", flat=True), *typed]
    return any(_names(text, draft.project, ref) for text in texts if ref.name in text)


def _names(text: str, project: str, ref: Ref) -> bool:
    try:
        found = read(text)
    except DocumentError:
        return True
    return any(
        (document.kind, document.name) == (ref.kind, ref.name)
        and ref.project in ("", document.namespace or project)
        for document in found
    )
