"""What was deleted can be removed for good, and is after a while: its revisions, and drafts with its text."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from console.audit.models import Entry
from tests.stores.texts import config_map, daemonset_text
from workloads.drafts import ended
from workloads.drafts import store as drafts
from workloads.models import Draft, DraftText, Revision
from workloads.services.purge import keep_no_longer_than_set, purge
from workloads.stores import OFFLINE
from workloads.stores.offline.store import OfflineStore
from workloads.stores.protocol import Ref

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: pull}\nstringData: {token: hunter2}\n"
PULL = Ref("v1", "Secret", "demo", "pull")


@pytest.fixture
def store(admin, demo):
    return OfflineStore(admin)


@pytest.fixture
def deleted(store):
    store.apply(SECRET, project="demo", base="")
    store.apply(SECRET.replace("hunter2", "hunter3"), project="demo", base=None)
    store.delete(PULL)
    return store


def texts():
    """Everything of manifests that the database has."""
    tables = ((Revision, "text"), (Draft, "text"), (Draft, "origin_text"), (DraftText, "text"))
    return "".join(text for table, column in tables for text in table.objects.values_list(column, flat=True))


def test_a_secret_is_gone_with_its_revisions_and_ended_drafts(deleted, admin):
    for end in (drafts.discard, drafts.close):
        draft = drafts.create(admin, OFFLINE, "demo", SECRET)
        drafts.save(draft, "# taken out\n", version=1)
        end(drafts.fetch(admin, draft.pk))
    other = drafts.create(admin, OFFLINE, "demo", config_map("pull"))
    drafts.discard(other)
    assert purge(deleted, [PULL]) == [PULL]
    assert "hunter" not in texts()
    assert Draft.objects.filter(pk=other.pk).exists()
    assert deleted.history(PULL) == []
    assert deleted.deleted("demo") == []
    [entry] = Entry.objects.filter(verb="purge")
    assert (entry.who, entry.kind, entry.name) == ("admin", "Secret", "pull")
    assert purge(deleted, [PULL]) == []


def test_it_is_gone_with_drafts_that_have_it_as_input_alone(deleted, admin):
    draft = drafts.create(admin, OFFLINE, "demo", daemonset_text())
    drafts.keep_input(draft, "yaml", fields={"text": SECRET}, version=1)
    drafts.discard(draft)
    purge(deleted, [PULL])
    assert not Draft.objects.exists()


def test_work_of_others_stays_and_is_counted(deleted, django_user_model):
    wei = django_user_model.objects.create_superuser("wei")
    draft = drafts.create(wei, OFFLINE, "demo", SECRET)
    drafts.create(wei, OFFLINE, "demo", config_map("pull"))
    assert ended.open_with(PULL) == 1
    purge(deleted, [PULL])
    assert drafts.fetch(wei, draft.pk).text == SECRET


def test_what_exists_keeps_its_history(store):
    store.apply(SECRET, project="demo", base="")
    assert purge(store, [PULL]) == []
    assert len(store.history(PULL)) == 1


def test_a_new_object_of_the_name_goes_on_counting(deleted):
    """Else a draft of the old one would be taken for one of the new."""
    purge(deleted, [PULL])
    assert deleted.apply(SECRET, project="demo", base="").version == "4"
    assert [revision.number for revision in deleted.history(PULL)] == [4]


@pytest.mark.parametrize(("days", "age", "kept"), [(30, 29, True), (30, 31, False), (0, 5000, True)])
def test_it_is_kept_for_the_days_that_are_set(deleted, settings, days, age, kept):
    settings.KEEP_DELETED_DAYS = days
    Revision.objects.update(when=timezone.now() - dt.timedelta(days=age))
    assert keep_no_longer_than_set(deleted) == ([] if kept else [PULL])
    assert ("hunter" in texts()) is kept


def test_it_is_kept_no_longer_in_a_deleted_project(deleted, settings):
    settings.KEEP_DELETED_DAYS = 1
    deleted.delete_project("demo")
    Revision.objects.update(when=timezone.now() - dt.timedelta(days=2))
    assert PULL in keep_no_longer_than_set(deleted)


def test_ended_drafts_of_those_who_do_not_come_back_go_as_well(store, admin):
    draft = drafts.create(admin, OFFLINE, "demo", daemonset_text())
    drafts.discard(draft)
    keep_no_longer_than_set(store)
    assert Draft.objects.filter(pk=draft.pk).exists()
    Draft.objects.update(discarded_at=timezone.now() - dt.timedelta(days=2))
    keep_no_longer_than_set(store)
    assert not Draft.objects.exists()
