"""What every store promises, asked of both: the offline store, and a cluster store on a control plane."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from console.errors import AlreadyExists, BadInput, Conflict, Invalid, NotFound
from tests.stores.texts import config_map, daemonset_text, namespace
from workloads.stores import store_for
from workloads.stores.protocol import DAEMONSET, Halted, Query, Ref, Store, Write, daemonset


@dataclass
class Place:
    store: Store
    project: str

    def save(self, text, base=None, **more):
        return self.store.apply(text, project=self.project, base=base, **more)

    def get(self, name="agent"):
        return self.store.get(daemonset(self.project, name))

    def names(self, query=None, **asked):
        found = self.store.select(*DAEMONSET, query or Query(self.project, **asked))
        return [item.ref.name for item in found.items]


@pytest.fixture(params=["offline", pytest.param("cluster", marks=pytest.mark.controlplane)])
def place(request, admin, settings):
    if request.param == "offline":
        store = store_for("offline", admin)
        store.create_project("test-0")
        return Place(store, "test-0")
    control_plane = request.getfixturevalue("control_plane")
    settings.KUBECONFIG = str(control_plane.kubeconfig("admin"))
    return Place(store_for("local", admin), control_plane.new_namespace())


def image_of(value):
    return value["spec"]["template"]["spec"]["containers"][0]["image"]


def config(project, name):
    return Ref("v1", "ConfigMap", project, name)


# Create, read, change


def test_what_is_stored_can_be_read(place):
    created = place.save(daemonset_text(), "")
    assert (created.outcome, created.ref) == ("created", daemonset(place.project, "agent"))
    stored = place.get()
    assert stored.ref == created.ref
    assert stored.version == created.version
    assert image_of(stored.value) == "nginx:1"
    assert "image: nginx:1" in stored.text
    assert stored.created_at is not None
    assert stored.updated_at is not None
    assert stored.updated_at >= stored.created_at
    assert stored.updated_by


def test_what_is_stored_can_be_changed(place):
    first = place.save(daemonset_text(), "")
    second = place.save(daemonset_text(image="nginx:2"), first.version)
    assert second.outcome == "configured"
    assert second.version != first.version
    assert image_of(second.value) == "nginx:2"
    assert image_of(place.get().value) == "nginx:2"
    assert place.get().version == second.version


def test_the_text_that_is_given_out_can_be_saved_again_and_changes_nothing(place):
    place.save(daemonset_text(more="labels:\n  tier: node"), "")
    stored = place.get()
    again = place.save(stored.text, stored.version)
    assert (again.outcome, again.version) == ("unchanged", stored.version)


def test_a_field_that_is_left_out_goes(place):
    first = place.save(daemonset_text(more="labels:\n  tier: node\n  team: a"), "")
    place.save(daemonset_text(more="labels:\n  tier: node"), first.version)
    assert place.get().value["metadata"]["labels"] == {"tier": "node"}


def test_a_document_goes_to_the_namespace_it_names(place):
    other = "other-" + place.project
    place.store.create_project(other)
    applied = place.save(daemonset_text(namespace=other), "")
    assert applied.ref.project == other
    assert place.store.get(applied.ref).ref == applied.ref
    assert place.names() == []


def test_any_kind_can_be_stored(place):
    place.save(config_map("settings"), "")
    assert place.store.get(config(place.project, "settings")).value["data"] == {"key": "1"}
    role = f"read-{place.project}"
    text = (
        f"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {role}\nrules: []\n"
    )
    applied = place.save(text, "")
    assert applied.ref.project == ""
    assert place.store.get(applied.ref).ref.name == role
    place.store.delete(applied.ref)


def test_numbers_and_strings_are_what_kubectl_makes_of_them(place):
    place.save(
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\ndata: {a: '0755', b: 'on', c: '1e3'}\n", ""
    )
    found = place.store.get(config(place.project, "c"))
    assert found.value["data"] == {"a": "0755", "b": "on", "c": "1e3"}
    assert place.save(found.text, found.version).outcome == "unchanged"


# Dry run


def test_a_dry_run_says_what_would_happen_and_stores_nothing(place):
    would = place.save(daemonset_text(), "", dry_run=True)
    assert (would.outcome, would.version, image_of(would.value)) == ("created", "", "nginx:1")
    assert place.names() == []
    first = place.save(daemonset_text(), "")
    would = place.save(daemonset_text(image="nginx:2"), first.version, dry_run=True)
    assert (would.outcome, would.version, image_of(would.value)) == ("configured", first.version, "nginx:2")
    assert "nginx:2" in would.text
    assert image_of(place.get().value) == "nginx:1"
    assert place.save(daemonset_text(), first.version, dry_run=True).outcome == "unchanged"
    place.store.delete(first.ref, dry_run=True)
    assert place.names() == ["agent"]


def test_a_dry_run_meets_the_same_errors(place):
    place.save(daemonset_text(), "")
    with pytest.raises(AlreadyExists):
        place.save(daemonset_text(), "", dry_run=True)
    with pytest.raises(Invalid):
        place.save("kind: DaemonSet", None, dry_run=True)
    with pytest.raises(NotFound):
        place.store.apply(daemonset_text(), project="nowhere", base=None, dry_run=True)
    with pytest.raises(NotFound):
        place.store.delete(daemonset(place.project, "none"), dry_run=True)


# Two people at once


def test_a_name_that_is_taken_is_not_overwritten(place):
    first = place.save(daemonset_text(), "")
    with pytest.raises(AlreadyExists) as taken:
        place.save(daemonset_text(image="nginx:2"), "")
    assert taken.value.version == first.version
    assert "nginx:1" in taken.value.theirs
    assert taken.value.way_out
    assert image_of(place.get().value) == "nginx:1"


def test_a_stale_save_changes_nothing_and_shows_what_is_there(place):
    first = place.save(daemonset_text(), "")
    second = place.save(daemonset_text(image="nginx:2"), first.version)
    with pytest.raises(Conflict) as stale:
        place.save(daemonset_text(image="nginx:3"), first.version)
    assert not isinstance(stale.value, AlreadyExists)
    assert stale.value.version == second.version
    assert "nginx:2" in stale.value.theirs
    assert stale.value.way_out
    assert image_of(place.get().value) == "nginx:2"
    place.save(daemonset_text(image="nginx:3"), stale.value.version)
    assert image_of(place.get().value) == "nginx:3"


def test_a_save_over_a_deleted_object_is_a_conflict(place):
    first = place.save(daemonset_text(), "")
    place.store.delete(first.ref)
    with pytest.raises(Conflict) as gone:
        place.save(daemonset_text(image="nginx:2"), first.version)
    assert (gone.value.theirs, gone.value.version) == ("", "")
    assert place.names() == []


def test_without_a_base_whatever_is_there_is_replaced(place):
    assert place.save(config_map("settings", "1")).outcome == "created"
    assert place.save(config_map("settings", "2")).outcome == "configured"
    assert place.save(config_map("settings", "2")).outcome == "unchanged"


# Delete


def test_a_deleted_object_is_gone(place):
    first = place.save(daemonset_text(), "")
    place.store.delete(first.ref, base=first.version)
    assert place.names() == []
    with pytest.raises(NotFound):
        place.get()
    with pytest.raises(NotFound):
        place.store.delete(first.ref)


def test_a_stale_delete_is_a_conflict(place):
    first = place.save(daemonset_text(), "")
    place.save(daemonset_text(image="nginx:2"), first.version)
    with pytest.raises(Conflict):
        place.store.delete(first.ref, base=first.version)
    assert place.names() == ["agent"]


def test_a_deleted_object_can_be_created_again(place):
    first = place.save(config_map("settings"), "")
    place.store.delete(first.ref)
    assert place.save(config_map("settings"), "").outcome == "created"


# Bad input


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("kind: DaemonSet\nmetadata: {name: a}\n", ("apiVersion",)),
        ("apiVersion: apps/v1\nmetadata: {name: a}\n", ("kind",)),
        ("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {}\n", ("metadata", "name")),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a/b}\n", ("metadata", "name")),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 12}\n", ("metadata", "name")),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: .x}\n",
            ("metadata", "namespace"),
        ),
        ("apiVersion: v1\nkind: Namespace\nmetadata: {name: Big}\n", ("metadata", "name")),
        ("just text", ()),
    ],
)
def test_what_is_no_object_is_refused_at_its_place(place, text, path):
    with pytest.raises(Invalid) as wrong:
        place.save(text)
    [finding] = wrong.value.findings
    assert (finding.path, finding.severity) == (path, "error")
    assert finding.line >= 1


def test_a_text_that_cannot_be_read_is_refused_at_its_line(place):
    with pytest.raises(Invalid) as wrong:
        place.save("apiVersion: v1\nkind: [\n")
    [finding] = wrong.value.findings
    assert (finding.source, finding.line) == ("text", 3)


@pytest.mark.parametrize("text", ["", "# nothing\n", config_map("a") + "---\n" + config_map("b")])
def test_a_text_holds_exactly_one_object(place, text):
    with pytest.raises(Invalid):
        place.save(text)


def test_a_project_that_is_not_there_says_how_to_get_it(place):
    with pytest.raises(NotFound) as missing:
        place.store.apply(daemonset_text(), project="nowhere", base="")
    assert "nowhere" in missing.value.message
    assert missing.value.way_out
    with pytest.raises(NotFound):
        place.store.select(*DAEMONSET, Query("nowhere"))


# Lists


@pytest.fixture
def fleet(place):
    """Three DaemonSets whose names, images, labels and node selectors differ."""
    logs = daemonset_text("logs", image="fluent/fluentd:v1", more="labels:\n  team: a")
    place.save(
        logs.replace("metadata:", "metadata:\n  annotations:\n    kubesphere.io/alias-name: 日志 收集", 1)
    )
    metrics = daemonset_text(
        "metrics", image="Prom/exporter:2", more="labels:\n  team: ab\n  Tier: x"
    ).replace("      containers:", "      nodeSelector:\n        disktype: ssd\n      containers:")
    place.save(metrics.replace("Prom", "prom"))
    place.save(
        daemonset_text("net", image="cni:3").replace(
            "      containers:",
            "      affinity:\n        nodeAffinity:\n"
            "          requiredDuringSchedulingIgnoredDuringExecution:\n"
            "            nodeSelectorTerms:\n            - matchExpressions:\n"
            "              - {key: zone, operator: In, values: [a, b]}\n      containers:",
        )
    )
    return place


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["logs", "metrics", "net"]),
        ("LOG", ["logs"]),
        ("日志", ["logs"]),
        ("team=a", ["logs", "metrics"]),
        ("fluentd", ["logs"]),
        ("prom TEAM=ab", ["metrics"]),
        ("prom fluentd", []),
        ("%", []),
        ("_", []),
        ("nothing", []),
        ("\x00", ["logs", "metrics", "net"]),
    ],
)
def test_search_finds_name_alias_label_and_image(fleet, search, found):
    assert fleet.names(search=search) == found


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"image": "EXPORTER"}, ["metrics"]),
        ({"label": "team=a"}, ["logs"]),
        ({"label": "team"}, ["logs", "metrics"]),
        ({"label": "tier=X"}, ["metrics"]),
        ({"label": "ier=x"}, []),
        ({"node": "disktype=ssd"}, ["metrics"]),
        ({"node": "zone In a,b"}, ["net"]),
        ({"image": "", "label": " "}, ["logs", "metrics", "net"]),
        ({"updated_by": "nobody"}, []),
        ({"image": "prom", "label": "team=a"}, []),
    ],
)
def test_filters(fleet, filters, found):
    assert fleet.names(filters=filters) == found


def test_who_saved_last_can_be_filtered_by(fleet):
    who = fleet.get("logs").updated_by
    assert fleet.names(filters={"updated_by": who}) == ["logs", "metrics", "net"]


@pytest.mark.parametrize("asked", [{"filters": {"colour": "red"}}, {"sort": "colour"}])
def test_a_filter_or_order_there_is_not_is_refused(place, asked):
    with pytest.raises(BadInput):
        place.names(**asked)


def test_pages_and_order(fleet):
    assert fleet.names(sort="-name") == ["net", "metrics", "logs"]
    assert fleet.names(limit=2) == ["logs", "metrics"]
    assert fleet.names(limit=2, offset=2) == ["net"]
    assert fleet.names(limit=2, offset=4) == []
    page = fleet.store.select(*DAEMONSET, Query(fleet.project, limit=1, search="team="))
    assert (len(page.items), page.total) == (1, 2)
    assert sorted(fleet.names(sort="-updated")) == sorted(fleet.names(sort="created")) == fleet.names()


def test_all_projects_at_once(place):
    others = [f"a-{place.project}", f"b-{place.project}"]
    for number, project in enumerate(others):
        place.store.create_project(project)
        place.store.apply(daemonset_text(f"all-{place.project}-{number}"), project=project, base="")
    found = place.store.select(*DAEMONSET, Query(None, search=f"all-{place.project}"))
    assert [(item.ref.project, item.ref.name) for item in found.items] == [
        (others[0], f"all-{place.project}-0"),
        (others[1], f"all-{place.project}-1"),
    ]


def test_a_kind_the_server_does_not_know_is_an_empty_list(place):
    found = place.store.select("example.com/v1", "Whatever", Query(place.project))
    assert (list(found.items), found.total) == ([], 0)


def test_counts_tell_what_a_project_has(place):
    before = place.store.counts(place.project)
    place.save(config_map("one"))
    place.save(config_map("two"))
    place.save(daemonset_text())
    after = place.store.counts(place.project)
    assert after["v1", "ConfigMap"] - before.get(("v1", "ConfigMap"), 0) == 2
    assert after["apps/v1", "DaemonSet"] == 1
    assert ("v1", "PersistentVolumeClaim") not in after


# Projects, nodes, quotas, capabilities, history


def test_projects_come_and_go(place):
    name = f"new-{place.project}"
    created = place.store.create_project(name, alias="新", description="For the tests")
    assert (created.name, created.alias, created.description) == (name, "新", "For the tests")
    listed = {project.name: project for project in place.store.projects()}
    assert list(listed) == sorted(listed)
    assert (listed[name].alias, listed[name].description) == ("新", "For the tests")
    assert listed[name].created_at is not None
    with pytest.raises(AlreadyExists):
        place.store.create_project(name)
    place.store.delete_project(name)
    assert name not in [project.name for project in place.store.projects()]
    with pytest.raises(NotFound):
        place.store.delete_project("nowhere")


@pytest.mark.parametrize("name", ["", "Big", "-a", "a_b", "a" * 64, "项目"])
def test_a_project_has_the_name_of_a_namespace(place, name):
    with pytest.raises(Invalid) as wrong:
        place.store.create_project(name)
    assert [finding.path for finding in wrong.value.findings] == [("metadata", "name")]


def test_a_namespace_makes_a_project(place):
    name = f"made-{place.project}"
    assert place.save(namespace(name, "Made", "By a document"), "").outcome == "created"
    assert [(p.alias, p.description) for p in place.store.projects() if p.name == name] == [
        ("Made", "By a document")
    ]
    with place.store.transaction():
        place.store.apply(config_map("settings"), project=name, base="")
    assert place.store.get(config(name, "settings")).ref.project == name


def test_nodes_come_by_name(place):
    if place.store.offline:
        for name in ("node-2", "node-1"):
            place.save(f"apiVersion: v1\nkind: Node\nmetadata:\n  name: {name}\n  labels: {{a: b}}\n")
    nodes = place.store.nodes()
    names = [node["metadata"]["name"] for node in nodes]
    assert names
    assert names == sorted(names)
    assert all(node["kind"] == "Node" and node["metadata"]["labels"] for node in nodes)
    assert not any("managedFields" in node["metadata"] for node in nodes)


def test_history_is_kept_where_the_store_says_so(place):
    first = place.save(daemonset_text(), "", why="a start")
    place.save(daemonset_text(image="nginx:2"), first.version)
    history = place.store.history(first.ref)
    assert place.store.capabilities().keeps_history == bool(history)
    assert [revision.number for revision in history] in ([2, 1], [])


def test_capabilities_name_the_version_of_a_cluster(place):
    capabilities = place.store.capabilities()
    assert capabilities.keeps_text == place.store.offline
    assert bool(capabilities.version) != place.store.offline
    assert (capabilities.minor is None) == place.store.offline
    if capabilities.version.startswith("v1.20."):
        newer = (
            capabilities.max_surge,
            capabilities.grpc_probe,
            capabilities.field_validation,
            capabilities.toleration_lt_gt,
            capabilities.pod_security,
        )
        assert newer == (False, False, False, False, False)
    if place.store.offline:
        assert capabilities.toleration_lt_gt
        assert capabilities.pod_security


def test_quotas_tell_what_is_used(place, request):
    place.save(
        "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: small\n"
        "spec:\n  hard:\n    count/configmaps: '10'\n    count/daemonsets.apps: '5'\n"
    )
    place.save(config_map("one"))
    place.save(daemonset_text())

    def counted():
        [quota] = place.store.quotas(place.project)
        used = quota.get("status", {}).get("used", {})
        return quota if used.get("count/daemonsets.apps") == "1" and used.get("count/configmaps") else None

    if place.store.offline:
        quota = counted()
    else:
        quota = request.getfixturevalue("control_plane").wait_for(counted, "the quota to be counted")
    assert quota["status"]["hard"] == {"count/configmaps": "10", "count/daemonsets.apps": "5"}
    assert quota["status"]["used"]["count/daemonsets.apps"] == "1"


def test_a_project_without_a_quota_has_none(place):
    assert list(place.store.quotas(place.project)) == []


# Bundles


def test_a_bundle_is_stored_in_its_order(place):
    name = f"bundle-{place.project}"
    writes = [
        Write(namespace(name), place.project, ""),
        Write(config_map("one"), name, ""),
        Write(config_map("two"), name, None),
        Write(config_map("two", "2"), name, None),
        Write(daemonset_text(), name, ""),
    ]
    applied = place.store.apply_all(writes, why="all at once")
    assert [(item.ref.name, item.outcome) for item in applied] == [
        (name, "created"),
        ("one", "created"),
        ("two", "created"),
        ("two", "configured"),
        ("agent", "created"),
    ]
    refs = [item.ref for item in applied]
    found = place.store.get_all([*refs[1:3], config(name, "none"), refs[4]])
    assert [stored and stored.ref.name for stored in found] == ["one", "two", None, "agent"]
    assert found[1].value["data"] == {"key": "2"}
    assert found[1].version == applied[3].version
    again = [
        Write(config_map("one"), name, found[0].version),
        Write(daemonset_text(), name, found[3].version),
    ]
    assert [item.outcome for item in place.store.apply_all(again)] == ["unchanged", "unchanged"]


def test_a_bundle_halts_at_the_first_error(place):
    writes = [
        Write(config_map("one"), place.project, ""),
        Write(config_map("one", "2"), place.project, ""),
        Write(config_map("three"), place.project, ""),
    ]
    with pytest.raises(Halted) as halted:
        place.store.apply_all(writes)
    assert halted.value.at == 1
    assert isinstance(halted.value.error, AlreadyExists)
    assert len(halted.value.done) == (0 if place.store.offline else 1)
    found = place.store.get_all([config(place.project, name) for name in ("one", "three")])
    assert [stored is not None for stored in found] == [not place.store.offline, False]


def test_an_empty_bundle_stores_nothing(place):
    assert list(place.store.apply_all([])) == []
    assert list(place.store.get_all([])) == []
