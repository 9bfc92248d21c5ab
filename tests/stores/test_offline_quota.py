"""Quotas that count objects: the offline store refuses what an API server would, unless asked not to."""

from __future__ import annotations

import pytest

from console.audit.models import Entry
from console.errors import Forbidden
from tests.builders import as_text, quota
from tests.stores.texts import config_map, daemonset_text, namespace
from workloads.services.restore import restore_revision, undelete
from workloads.stores import store_for
from workloads.stores.protocol import Ref, Write, all_applied, daemonset


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)


def save(store, *texts, beyond=False, why=""):
    writes = [Write(text, "demo", None, beyond_quota=beyond) for text in texts]
    return all_applied(store.apply_all(writes, why=why))


def limit(store, hard, **more):
    save(store, as_text(quota(hard, **more)))


def claim(name, size="1Gi", storage_class=""):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    return as_text(
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}
    )


def service(name, kind="ClusterIP", ports=1):
    listed = [{"port": number} for number in range(80, 80 + ports)]
    spec = {"type": kind, "ports": listed}
    return as_text({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec})


@pytest.mark.parametrize(
    ("hard", "fits", "refused"),
    [
        ({"count/daemonsets.apps": "1"}, [daemonset_text("a")], daemonset_text("b")),
        ({"configmaps": "1"}, [config_map("a")], config_map("b")),
        ({"count/configmaps": "0"}, [], config_map("a")),
        ({"persistentvolumeclaims": "1"}, [claim("a")], claim("b")),
        ({"requests.storage": "3Gi"}, [claim("a", "2Gi")], claim("b", "2Gi")),
        (
            {"fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1"},
            [claim("a"), claim("b", storage_class="fast")],
            claim("c", storage_class="fast"),
        ),
        ({"services.nodeports": "2"}, [service("a", "NodePort", 2), service("b")], service("c", "NodePort")),
        ({"services.loadbalancers": "0"}, [service("a")], service("b", "LoadBalancer")),
    ],
)
def test_what_a_server_refuses_is_refused(store, hard, fits, refused):
    limit(store, hard)
    save(store, *fits)
    with pytest.raises(Forbidden) as refusal:
        save(store, refused)
    error = refusal.value
    assert (error.code, error.status) == ("quota-exceeded", 403)
    [key] = hard
    assert key in error.message
    assert hard[key] in error.message


def test_a_bundle_is_refused_as_a_whole_at_the_first_that_is_too_much(store):
    limit(store, {"count/daemonsets.apps": "2"})
    writes = [Write(daemonset_text(name), "demo", "") for name in "abc"]
    a, b, c = store.apply_all(writes)
    assert (a, b, type(c)) == (None, None, Forbidden)
    assert store.counts("demo").get(("apps/v1", "DaemonSet")) is None


def test_what_exists_can_be_changed_though_the_quota_is_over(store):
    save(store, daemonset_text("a"), daemonset_text("b"))
    limit(store, {"count/daemonsets.apps": "1"})
    save(store, daemonset_text("a", image="nginx:2"))
    with pytest.raises(Forbidden):
        save(store, daemonset_text("c"))
    store.delete(daemonset("demo", "a"))
    store.delete(daemonset("demo", "b"))
    save(store, daemonset_text("c"))


def test_pods_and_scopes_refuse_no_object(store):
    limit(store, {"pods": "0", "requests.cpu": "0", "count/controllerrevisions.apps": "0"})
    limit(store, {"count/daemonsets.apps": "0"}, name="scoped", scopes=["BestEffort"])
    save(store, daemonset_text())


def test_quotas_count_for_their_project_as_the_bundle_leaves_them(store):
    limit(store, {"count/daemonsets.apps": "1"})
    raised = as_text(quota({"count/daemonsets.apps": "2"}))
    save(store, raised, daemonset_text("a"), daemonset_text("b"))
    save(store, namespace("other"), daemonset_text("c", namespace="other"))


def test_beyond_a_quota_is_planned_on_purpose_and_kept_in_the_history(store):
    limit(store, {"count/daemonsets.apps": "1"}, name="small")
    save(store, daemonset_text("a"), daemonset_text("b"), config_map("c"), beyond=True, why="growing")
    why = {name: store.history(daemonset("demo", name))[0].why for name in "ab"}
    assert why["a"] == "growing"
    assert why["b"].startswith("growing ")
    assert "small" in why["b"]
    assert store.history(Ref("v1", "ConfigMap", "demo", "c"))[0].why == "growing"
    [entry] = Entry.objects.filter(kind="DaemonSet", name="b")
    assert "small" in entry.details["why"]


def test_what_was_deleted_comes_back_though_the_quota_is_full_by_now(store):
    save(store, daemonset_text("a"), daemonset_text("b"))
    store.delete(daemonset("demo", "a"))
    limit(store, {"count/daemonsets.apps": "1"})
    undelete(store, [daemonset("demo", "a")])
    assert store.counts("demo")["apps/v1", "DaemonSet"] == 2
    assert "quota" in store.history(daemonset("demo", "a"))[0].why
    store.delete(daemonset("demo", "a"))
    restore_revision(store, daemonset("demo", "a"), 1, base="")
    assert store.counts("demo")["apps/v1", "DaemonSet"] == 2
