"""What only the offline store promises: whole-number versions, history, bundles that are all or nothing."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.utils import translation
from django.utils.translation import gettext

from console.audit.models import Entry
from console.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from tests import builders
from tests.stores.texts import config_map, daemonset_text, namespace, node
from workloads.daemonsets.placement.verdicts import coverage
from workloads.documents.paths import show
from workloads.stores import store_for
from workloads.stores.offline.store import OfflineStore, first_start
from workloads.stores.protocol import Query, Ref, Write, daemonset

AGENT = daemonset("demo", "agent")


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)


def save(store, text, base=None, **more):
    return store.apply(text, project="demo", base=base, **more)


def test_versions_count_from_one_and_every_save_is_kept(store):
    text = daemonset_text()
    assert save(store, text, "", why="first").version == "1"
    assert save(store, text.replace(":1", ":2"), "1", why="newer image").version == "2"
    newest, first = store.history(AGENT)
    assert (newest.number, newest.text, newest.who, newest.why) == (
        2,
        text.replace(":1", ":2"),
        "admin",
        "newer image",
    )
    assert (first.number, first.text, first.why, first.deleted) == (1, text, "first", False)
    assert newest.when >= first.when


def test_the_authors_text_is_kept_to_the_byte(store):
    text = "# why this is here\r\n" + daemonset_text().replace("\n", "\r\n") + "\r\n"
    save(store, text)
    assert store.get(AGENT).text == text


def test_the_same_text_again_is_no_revision(store):
    save(store, daemonset_text())
    again = save(store, daemonset_text(), "1")
    assert (again.outcome, again.version, len(store.history(AGENT))) == ("unchanged", "1", 1)


def test_another_comment_is_a_revision_although_it_means_the_same(store):
    save(store, daemonset_text())
    assert save(store, "# said\n" + daemonset_text(), "1").outcome == "configured"


def test_numbers_go_on_after_an_object_was_deleted(store):
    save(store, daemonset_text())
    store.delete(AGENT, base="1", why="not needed")
    assert save(store, daemonset_text(), "").version == "3"
    assert [(r.number, r.deleted, r.why) for r in store.history(AGENT)] == [
        (3, False, ""),
        (2, True, "not needed"),
        (1, False, ""),
    ]


def test_a_deleted_object_says_that_its_history_is_kept(store):
    save(store, daemonset_text())
    store.delete(AGENT)
    with pytest.raises(NotFound) as missing:
        store.get(AGENT)
    assert missing.value.code == "deleted"
    assert missing.value.way_out
    assert len(store.history(AGENT)) == 2


def test_a_stale_save_shows_who_saved_and_what(store, django_user_model):
    save(store, daemonset_text())
    other = OfflineStore(django_user_model.objects.create_superuser("zhang"))
    other.apply(daemonset_text(image="nginx:2"), project="demo", base="1")
    with pytest.raises(Conflict) as stale:
        save(store, daemonset_text(image="nginx:3"), "1")
    assert (stale.value.version, stale.value.theirs) == ("2", daemonset_text(image="nginx:2"))
    assert "zhang" in stale.value.message
    assert len(store.history(AGENT)) == 2


def test_a_save_over_a_deleted_object_is_a_conflict(store):
    save(store, daemonset_text())
    store.delete(AGENT)
    with pytest.raises(Conflict) as stale:
        save(store, daemonset_text(image="nginx:3"), "1")
    assert stale.value.code == "deleted-meanwhile"


def test_a_later_version_of_the_same_api_is_the_same_object(store):
    save(store, daemonset_text().replace("apps/v1", "apps/v1beta2"))
    assert save(store, daemonset_text(), "1").outcome == "configured"
    assert store.get(AGENT).ref.api_version == "apps/v1"
    assert store.select("apps/v1", "DaemonSet", Query("demo")).total == 1


def test_who_did_what_is_recorded_without_the_text(store):
    save(store, daemonset_text())
    save(store, daemonset_text(image="nginx:2"), why="newer")
    store.delete(AGENT)
    entries = Entry.objects.order_by("id").values_list("who", "verb", "project", "kind", "name", "details")
    assert [entry[:5] for entry in entries] == [
        ("admin", verb, "demo", "DaemonSet", "agent") for verb in ("create", "save", "delete")
    ]
    assert entries[1][5] == {"version": 2, "why": "newer"}
    assert not any("image" in str(entry[5]) for entry in entries)


def test_a_bundle_is_kept_whole_or_not_at_all(store):
    def bundle():
        with store.transaction():
            save(store, config_map("settings"))
            save(store, "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n")

    with pytest.raises(Invalid):
        bundle()
    assert store.counts("demo") == {}
    assert Entry.objects.count() == 0
    with store.transaction():
        save(store, namespace("other"))
        store.apply(config_map("settings"), project="other", base="")
    assert store.counts("other") == {("v1", "ConfigMap"): 1}


def test_any_kind_is_kept_where_it_belongs(store):
    save(store, "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata:\n  name: web\n")
    save(store, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: a:b\n")
    assert store.get(Ref("cert-manager.io/v1", "Certificate", "demo", "web")).ref.project == "demo"
    assert store.get(Ref("rbac.authorization.k8s.io/v1", "ClusterRole", "", "a:b")).ref.project == ""
    assert store.counts("demo") == {("cert-manager.io/v1", "Certificate"): 1}


def test_a_namespace_brings_alias_and_description_of_its_project(store):
    save(store, namespace("logs", "日志", "Everything that writes logs"))
    assert [(p.name, p.alias, p.description) for p in store.projects() if p.name == "logs"] == [
        ("logs", "日志", "Everything that writes logs")
    ]
    save(store, namespace("logs"))
    assert [(p.name, p.alias) for p in store.projects() if p.name == "logs"] == [("logs", "")]


def test_deleting_a_project_keeps_the_history_of_its_objects(store):
    save(store, daemonset_text())
    save(store, config_map("settings"))
    store.delete_project("demo")
    assert store.projects() == []
    assert [r.deleted for r in store.history(AGENT)] == [True, False]
    assert Entry.objects.get(verb="delete").details == {"objects": 2}
    with pytest.raises(NotFound) as missing:
        save(store, daemonset_text())
    assert missing.value.code == "no-project"
    assert missing.value.way_out
    store.create_project("demo")
    assert save(store, daemonset_text(), "").version == "3"


def test_a_project_without_a_namespace_object_is_taken(store):
    with pytest.raises(AlreadyExists) as exists:
        store.create_project("demo")
    assert exists.value.code == "project-exists"
    assert save(store, namespace("demo", "Demo")).outcome == "created"
    assert [p.alias for p in store.projects()] == ["Demo"]


def test_a_page_costs_the_same_queries_however_many_objects_there_are(
    store, django_assert_num_queries, django_assert_max_num_queries
):
    for number in range(3):
        save(store, daemonset_text(f"agent-{number}"))
    with django_assert_max_num_queries(4) as few:
        store.select("apps/v1", "DaemonSet", Query("demo", search="agent", limit=10))
    for number in range(3, 30):
        save(store, daemonset_text(f"agent-{number}"))
    with django_assert_num_queries(len(few)):
        store.select("apps/v1", "DaemonSet", Query("demo", search="agent", limit=10))


@pytest.mark.parametrize(("kind", "kept"), [("ConfigMap", True), ("Secret", False)])
def test_lists_are_kept_in_memory_but_none_of_secrets(store, kind, kept):
    save(store, config_map("one").replace("ConfigMap", kind))
    first, second = (store.select("v1", kind, Query("demo")).items for _again in range(2))
    assert list(first) == list(second)
    assert (first is second) is kept


def test_nodes_are_replaced_by_what_kubectl_prints(store):
    save(store, node("sample-1"))
    listed = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
        "- " + text.replace("\n", "\n  ").rstrip() + "\n" for text in (node("b"), node("a", {"disk": "ssd"}))
    )
    assert store.replace_nodes(listed) == 2
    assert [n["metadata"]["name"] for n in store.nodes()] == ["a", "b"]
    assert store.nodes()[0]["metadata"]["labels"] == {"disk": "ssd"}
    assert [r.deleted for r in store.history(Ref("v1", "Node", "", "sample-1"))] == [True, False]


def test_nodes_lose_what_only_takes_space(store):
    store.replace_nodes(
        '{"apiVersion": "v1", "kind": "NodeList", "items": [{"metadata": {"name": "a", "managedFields": [{}],'
        ' "uid": "1"}, "status": {"images": [{"names": ["x"]}], "allocatable": {"cpu": "4"}}}]}'
    )
    [found] = store.nodes()
    assert found == {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "a"},
        "status": {"allocatable": {"cpu": "4"}},
    }


def test_nodes_are_read_as_the_api_server_reads_nulls(store):
    text = node("a", {"node-role.kubernetes.io/worker": ""})
    store.replace_nodes(text + "spec:\n  podCIDR:\n  taints: [{key: k, value: , effect: NoSchedule}]\n")
    [found] = store.nodes()
    assert found["metadata"]["labels"] == {"node-role.kubernetes.io/worker": ""}
    assert found["spec"] == {"taints": [{"key": "k", "effect": "NoSchedule"}]}
    spec = {"nodeSelector": {"node-role.kubernetes.io/worker": ""}, "tolerations": [{"operator": "Exists"}]}
    assert coverage({"spec": spec}, store.nodes()).should_run == ("a",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kind: Pod\nmetadata: {name: a}\n",
        "kind: List\nitems: [1]\n",
        "kind: List\nitems: 5\n",
        "kind: NodeList\nitems: {a: b}\n",
        "kind: List\nitems: [{apiVersion: v1, kind: Node, metadata: true}]\n",
        "apiVersion: v1\nkind: Node\nmetadata: 5\n",
        "apiVersion: v1\nkind: Node\nmetadata: [a]\n",
        "apiVersion: v1\nkind: Node\nmetadata: x\n",
        "a: [",
        "[]",
        "text",
    ],
)
def test_what_is_no_list_of_nodes_changes_nothing(store, text):
    save(store, node("sample-1"))
    with pytest.raises(Invalid) as refused:
        store.replace_nodes(text)
    assert refused.value.code == ("missing-value" if text == "a: [" else "not-nodes")
    assert [n["metadata"]["name"] for n in store.nodes()] == ["sample-1"]


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("spec: {taints: [{key: [a], effect: NoSchedule}]}", ("spec", "taints", 0, "key")),
        ("spec: {taints: [gpu]}", ("spec", "taints", 0)),
        ("spec: {taints: gpu}", ("spec", "taints")),
        ("spec: 5", ("spec",)),
        ("status: {allocatable: 5}", ("status", "allocatable")),
        ("status: {capacity: {cpu: [1]}}", ("status", "capacity", "cpu")),
        ("status: {conditions: [{type: {}}]}", ("status", "conditions", 0, "type")),
        ("metadata: {name: b, labels: {disk: true}}", ("metadata", "labels", "disk")),
        ("metadata: {name: b, annotations: [1]}", ("metadata", "annotations")),
    ],
)
def test_a_node_of_another_shape_is_refused_by_its_name_and_place(store, part, path):
    head = "metadata: {name: b}\n" if "name: b" not in part else ""
    with pytest.raises(Invalid) as refused:
        store.replace_nodes(node("a") + f"---\napiVersion: v1\nkind: Node\n{head}{part}\n")
    [finding] = refused.value.findings
    assert (refused.value.code, finding.code, finding.path) == ("wrong-type", "wrong-type", path)
    assert finding.params == {"node": "b", "field": show(path)}
    assert finding.line == 8 + bool(head)
    assert list(store.nodes()) == []


def test_long_notes_of_a_node_are_not_kept(store):
    store.replace_nodes(node("a") + "  annotations: {short: kept, long: " + "x" * 2_000 + "}\n")
    assert store.nodes()[0]["metadata"]["annotations"] == {"short": "kept"}


# Quotas

QUOTA = (
    "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: '9', requests.cpu: '4'}}\n"
)
REQUESTS = "        resources:\n          requests:\n            cpu: 250m\n"


def used(store, project="demo"):
    [quota] = store.quotas(project)
    return quota["status"]["used"]


def test_a_quota_counts_the_pods_on_the_nodes_there_are(store):
    store.replace_nodes(node("a") + "---\n" + node("b"))
    save(store, QUOTA)
    assert used(store) == {"pods": "0", "requests.cpu": "0"}
    save(store, daemonset_text() + REQUESTS)
    assert used(store) == {"pods": "2", "requests.cpu": "500m"}
    assert store.quotas("demo")[0]["status"]["hard"] == {"pods": "9", "requests.cpu": "4"}


def test_a_quota_counts_pods_as_placement_does(store):
    store.replace_nodes(node("a") + "spec: {taints: [{key: level, value: '5', effect: NoSchedule}]}\n")
    save(store, QUOTA)
    compares = "{key: level, operator: Gt, value: '3', effect: NoSchedule}"
    save(store, daemonset_text() + f"      tolerations: [{compares}]\n")
    assert used(store)["pods"] == "1"


def test_what_a_quota_counts_is_never_out_of_date(store):
    store.replace_nodes(node("a"))
    save(store, QUOTA)
    save(store, daemonset_text())
    assert used(store)["pods"] == "1"
    store.replace_nodes(node("a") + "---\n" + node("b"))
    assert used(store)["pods"] == "2"
    save(store, node("c"))
    assert used(store)["pods"] == "3"
    store.delete(Ref("v1", "Node", "", "c"))
    assert used(store)["pods"] == "2"
    store.delete(AGENT)
    assert used(store)["pods"] == "0"
    store.delete_project("demo")
    store.create_project("demo")
    assert store.quotas("demo") == []


def test_what_a_quota_counts_is_kept_until_something_changes(store, django_assert_max_num_queries):
    save(store, QUOTA)
    save(store, daemonset_text())
    first = store.quotas("demo")
    with django_assert_max_num_queries(3):
        assert store.quotas("demo") == first


def agents(store):
    return [
        (each.ref.name, each.version) for each in store.select("apps/v1", "DaemonSet", Query("demo")).items
    ]


def test_a_list_is_kept_until_something_of_it_is_written(store):
    seen = [agents(store)]
    save(store, daemonset_text("a"))
    seen.append(agents(store))
    save(store, daemonset_text("b"))
    seen.append(agents(store))
    save(store, daemonset_text("b").replace(":1", ":2"), "1")
    seen.append(agents(store))
    store.delete(daemonset("demo", "b"))
    seen.append(agents(store))
    save(store, daemonset_text("c"))
    seen.append(agents(store))
    assert seen == [
        [],
        [("a", "1")],
        [("a", "1"), ("b", "1")],
        [("a", "1"), ("b", "2")],
        [("a", "1")],
        [("a", "1"), ("c", "1")],
    ]


def test_what_was_not_written_since_is_not_read_again(store):
    save(store, daemonset_text())
    for read in (store.nodes, lambda: store.select("apps/v1", "DaemonSet", Query("demo")).items):
        assert read() is read()
        save(store, node("n1"))
        save(store, config_map("c"))
    nodes = store.nodes()
    save(store, node("n2"))
    assert [each["metadata"]["name"] for each in (*nodes, *store.nodes())] == ["n1", "n1", "n2"]


def test_a_write_that_is_taken_back_leaves_nothing_behind(store):
    save(store, daemonset_text("a"))
    with suppress(ZeroDivisionError), store.transaction():
        save(store, daemonset_text("b"))
        assert len(agents(store)) == 2
        raise ZeroDivisionError
    assert agents(store) == [("a", "1")]
    save(store, daemonset_text("c"))
    assert agents(store) == [("a", "1"), ("c", "1")]


def test_a_broken_quota_counts_nothing(store):
    save(store, "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: nonsense\n")
    assert store.quotas("demo")[0]["status"] == {"hard": {}, "used": {}}


# First start


def test_the_first_start_brings_a_project_with_a_quota_and_nodes_but_no_daemonset(admin):
    first_start(admin)
    store = store_for("offline", admin)
    assert [project.name for project in store.projects()] == ["demo"]
    assert store.counts("demo") == {("v1", "ResourceQuota"): 1, ("v1", "LimitRange"): 1}
    assert len(store.nodes()) > 1
    assert used(store)["pods"] == "0"


def test_what_the_first_start_wrote_is_said_in_the_language_of_the_reader_until_it_is_changed(admin):
    first_start(admin)
    store = store_for("offline", admin)
    ref = Ref("v1", "ResourceQuota", "demo", "demo-quota")
    [project], [revision] = store.projects(), store.history(ref)
    assert (project.alias, project.description) == ("Demo", "A place to try things out")
    with translation.override("zh-hans"):
        [known], [told] = store.projects(), store.history(ref)
        assert told.why == gettext(revision.why) != revision.why
        assert (known.alias, known.description) == (gettext(project.alias), gettext(project.description))
    namespace = store.get(Ref("v1", "Namespace", "", "demo"))
    store.apply(namespace.text.replace(": Demo", ": Mine"), project="", base=namespace.version)
    assert store.projects()[0].alias == "Mine"


def test_later_starts_change_nothing(admin):
    first_start(admin)
    store = store_for("offline", admin)
    store.replace_nodes(node("mine"))
    first_start(admin)
    assert [n["metadata"]["name"] for n in store.nodes()] == ["mine"]
    store.delete_project("demo")
    first_start(admin)
    assert store.projects() == []


# Whoever may not


def test_who_may_not_is_refused_everywhere(store, django_user_model):
    save(store, daemonset_text())
    stranger = OfflineStore(django_user_model.objects.create_user("stranger"))
    refused = [
        lambda: stranger.select("apps/v1", "DaemonSet", Query("demo")),
        lambda: stranger.counts("demo"),
        lambda: stranger.get(AGENT),
        lambda: stranger.history(AGENT),
        lambda: stranger.nodes(),
        lambda: stranger.quotas("demo"),
        lambda: save(stranger, daemonset_text("other")),
        lambda: stranger.delete(AGENT),
        lambda: stranger.create_project("mine"),
        lambda: stranger.delete_project("demo"),
        lambda: stranger.replace_nodes(node("a")),
    ]
    for call in refused:
        with pytest.raises(Forbidden):
            call()
    assert stranger.projects() == []
    assert stranger.select("apps/v1", "DaemonSet", Query(None)).total == 0
    assert store.get(AGENT).version == "1"


def test_what_was_deleted_is_listed_until_it_is_back(store):
    save(store, daemonset_text())
    save(store, config_map("settings"))
    save(store, "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web}\n")
    store.delete(AGENT, why="not needed")
    store.delete(Ref("cert-manager.io/v1", "Certificate", "demo", "web"))
    (web, _last), (agent, deletion) = store.deleted("demo")
    assert (web.api_version, agent) == ("cert-manager.io/v1", AGENT)
    assert (deletion.number, deletion.deleted, deletion.why, deletion.text) == (
        2,
        True,
        "not needed",
        daemonset_text(),
    )
    save(store, daemonset_text(), "")
    assert [ref.name for ref, _deletion in store.deleted("demo")] == ["web"]


def test_a_bundle_costs_few_queries_however_long_it_is(store, django_assert_max_num_queries):
    writes = [Write(config_map(f"c-{number}"), "demo", "") for number in range(100)]
    with django_assert_max_num_queries(12):
        store.apply_all(writes, why="import")
    assert store.counts("demo") == {("v1", "ConfigMap"): 100}
    assert Entry.objects.count() == 100
    [revision] = store.history(Ref("v1", "ConfigMap", "demo", "c-7"))
    assert (revision.number, revision.why) == (1, "import")
    store.delete(Ref("v1", "ConfigMap", "demo", "c-7"))
    assert [item.version for item in store.apply_all(writes[7:8])] == ["3"]


def test_quotas_count_again_what_a_class_adds_to_pods(store):
    save(store, node("n1"))
    save(store, builders.as_text(builders.quota({"requests.cpu": "10"})))
    save(store, builders.as_text(builders.daemonset(requests={"cpu": "1"}, runtimeClassName="sandbox")))
    used = []
    for overhead in ("250m", "500m"):
        runtime = {"handler": "h", "overhead": {"podFixed": {"cpu": overhead}}}
        head = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "sandbox"}}
        save(store, builders.as_text(head | runtime))
        [found] = store.quotas("demo")
        used.append(found["status"]["used"])
    assert used == [{"requests.cpu": "1250m"}, {"requests.cpu": "1500m"}]


def test_objects_of_the_cluster_that_a_project_asks_for_are_read_again_after_a_write(store):
    def levels():
        found = store.select("v1", "Namespace", Query("demo")).items
        return [each.value["metadata"].get("labels") for each in found if each.ref.name == "demo"]

    store.apply(builders.as_text(builders.namespace("demo")), project="", base=None)
    before = levels()
    store.apply(
        builders.as_text(builders.namespace("demo", labels={"level": "strict"})), project="", base=None
    )
    assert (before, levels()) == ([None], [{"level": "strict"}])
