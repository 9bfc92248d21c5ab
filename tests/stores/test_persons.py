"""Who last changed a live object: the person, where it was this console."""

from __future__ import annotations

import pytest

from console.errors import Conflict
from tests import kube_api
from tests.stores.texts import daemonset_text
from workloads.stores import store_for
from workloads.stores.protocol import DAEMONSET, Query, daemonset

AGENT = daemonset("p", "agent")


@pytest.fixture
def server(tmp_path, settings):
    with kube_api.FakeServer(tmp_path) as server:
        server.api.namespaces = [{"metadata": {"name": "p"}}]
        settings.KUBECONFIG = str(server.kubeconfig)
        yield server


@pytest.fixture
def stores(server, admin, django_user_model):
    """Of two people."""
    wei = django_user_model.objects.create_superuser("wei")
    return store_for("faulty", admin), store_for("faulty", wei)


def put(store, name="agent", image="nginx:1"):
    return store.apply(daemonset_text(name, image=image, namespace="p"), project="p", base=None)


def names(store, **filters):
    found = store.select(*DAEMONSET, Query("p", filters=filters, sort="updated_by"))
    return [(stored.ref.name, stored.updated_by) for stored in found.items]


def test_it_is_the_person_who_saved_last(stores):
    mine, theirs = stores
    put(mine)
    put(mine, "second")
    assert mine.get(AGENT).updated_by == "admin"
    put(theirs, image="nginx:2")
    assert mine.get(AGENT).updated_by == "wei"
    assert names(mine) == [("second", "admin"), ("agent", "wei")]
    assert names(mine, updated_by="wei") == [("agent", "wei")]


def test_a_save_that_changes_nothing_is_nobodys(stores):
    mine, theirs = stores
    put(mine)
    put(theirs)
    assert mine.get(AGENT).updated_by == "admin"


@pytest.mark.parametrize("manager", ["kubectl-label", "daemonset-console"])
def test_others_are_their_field_manager_also_under_the_name_of_the_console(server, stores, manager):
    mine, _theirs = stores
    put(mine)
    server.api.touch("daemonsets", "p", "agent", manager, by="another")
    assert mine.get(AGENT).updated_by == manager
    assert names(mine) == [("agent", manager)]


def test_who_saved_within_the_same_second_as_another_manager_is_the_person(server, stores):
    """The server lists managers of one second by their names."""
    mine, theirs = stores
    put(mine)
    server.api.touch("daemonsets", "p", "agent", "kubectl-edit", by="another")
    put(theirs, image="nginx:2")
    server.api.same_second("daemonsets", "p", "agent")
    assert mine.get(AGENT).updated_by == "wei"
    server.api.touch("daemonsets", "p", "agent", "kubectl-label", by="another")
    server.api.same_second("daemonsets", "p", "agent")
    assert mine.get(AGENT).updated_by == "kubectl-label"


def test_a_conflict_names_the_person(stores):
    mine, theirs = stores
    version = put(mine).version
    put(theirs, image="nginx:2")
    text = daemonset_text(image="nginx:3", namespace="p")
    for write in (
        lambda: mine.apply(text, project="p", base=version),
        lambda: mine.apply(text, project="p", base=version, dry_run=True),
        lambda: mine.delete(AGENT, base=version),
    ):
        with pytest.raises(Conflict) as raised:
            write()
        assert raised.value.code == "stale"
        assert "wei" in raised.value.message
