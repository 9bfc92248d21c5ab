"""What every store promises: the offline store, and a cluster store on a control plane.

What is only read is also asked of a cluster store on the fake API server of tests/kube_api.py, so that it
answers as a real server does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest

from console.errors import AlreadyExists, BadInput, Conflict, Invalid, NotFound
from tests import builders, kube_api
from tests.controlplane.control_plane import ControlPlane
from tests.stores.texts import config_map, daemonset_text, namespace
from workloads import kinds
from workloads.stores import store_for
from workloads.stores.protocol import DAEMONSET, Query, Ref, Store, TooMany, Write, daemonset


@dataclass
class Place:
    """A project in a store. server: what is behind the store, None offline."""

    store: Store
    project: str
    server: ControlPlane | kube_api.KubeApi | None = None
    people: dict[str, Store] = field(default_factory=dict)

    def save(self, text, base=None, **more):
        return self.store.apply(text, project=self.project, base=base, **more)

    def get(self, name="agent"):
        return self.store.get(daemonset(self.project, name))

    def names(self, query=None, **asked):
        found = self.store.select(*DAEMONSET, query or Query(self.project, **asked))
        return [item.ref.name for item in found.items]

    def saved_by(self, who, label):
        """Somebody else, who may not have saved before, labels the DaemonSet `agent-<label>`."""
        name = f"agent-{label}"
        match self.server:
            case None:
                text = daemonset_text(name, more="labels:\n  touched: yes-it-is")
                self.people[who].apply(text, project=self.project, base=None)
            case kube_api.KubeApi() as api:
                api.touch("daemonsets", self.project, name, who, touched="yes-it-is")
            case ControlPlane() as control_plane:
                path = f"/apis/apps/v1/namespaces/{self.project}/daemonsets/{name}?fieldManager={who}"
                control_plane.api("PATCH", path, {"metadata": {"labels": {"touched": "yes-it-is"}}})

    def create(self, value):
        """An object that the server is given past the store."""
        if isinstance(self.server, kube_api.KubeApi):
            self.server.add(value)
            return
        kind = kinds.known(value["apiVersion"], value["kind"])
        path = f"/api/v1/namespaces/{value['metadata']['namespace']}/{kind.plural}"
        self.server.api("POST", path, value)

    def tick(self):
        """Until a later time of a server, whose times are whole seconds; the fake's pass at each write."""
        if isinstance(self.server, ControlPlane):
            time.sleep(1.05)


CLUSTER = pytest.param("cluster", marks=pytest.mark.controlplane)


@pytest.fixture(params=["offline", CLUSTER])
def place(request, admin, settings):
    return a_place(request, admin, settings)


@pytest.fixture(params=["offline", CLUSTER, "fake"])
def read_place(request, admin, settings):
    """For tests of what is read."""
    return a_place(request, admin, settings)


@pytest.fixture(params=[CLUSTER, "fake"])
def cluster_place(request, admin, settings):
    """For tests of what only a cluster has."""
    return a_place(request, admin, settings)


def a_place(request, admin, settings):
    match request.param:
        case "offline":
            store = store_for("offline", admin)
            store.create_project("test-0")
            people = request.getfixturevalue("django_user_model").objects
            others = {
                who: store_for("offline", people.create_superuser(who))
                for who in ("anna", "bert", "kubectl", "zhang")
            }
            return Place(store, "test-0", None, others)
        case "fake":
            server = kube_api.FakeServer(request.getfixturevalue("tmp_path"))
            request.addfinalizer(lambda: server.__exit__())
            server.__enter__().api.namespaces = [{"metadata": {"name": "test-0"}}]
            settings.KUBECONFIG = str(server.kubeconfig)
            return Place(store_for(kube_api.CONTEXT, admin), "test-0", server.api)
    control_plane = request.getfixturevalue("control_plane")
    settings.KUBECONFIG = str(control_plane.kubeconfig("admin"))
    return Place(store_for("local", admin), control_plane.new_namespace(), control_plane)


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\ndata: {user: YQ==, password: Yg==}\n"
REGISTRY = """\
apiVersion: v1
kind: Secret
metadata: {name: registry}
type: kubernetes.io/dockerconfigjson
data: {.dockerconfigjson: e30=}
"""


def image_of(value):
    return value["spec"]["template"]["spec"]["containers"][0]["image"]


def config(project, name):
    return Ref("v1", "ConfigMap", project, name)


# Create, read, change


def test_what_is_stored_can_be_read(read_place):
    created = read_place.save(daemonset_text(), "")
    assert (created.outcome, created.ref) == ("created", daemonset(read_place.project, "agent"))
    stored = read_place.get()
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


def test_any_kind_can_be_stored(read_place):
    read_place.save(config_map("settings"), "")
    assert read_place.store.get(config(read_place.project, "settings")).value["data"] == {"key": "1"}
    role = f"read-{read_place.project}"
    text = (
        f"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {role}\nrules: []\n"
    )
    applied = read_place.save(text, "")
    assert applied.ref.project == ""
    assert read_place.store.get(applied.ref).ref.name == role
    read_place.store.delete(applied.ref)


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
    assert taken.value.code == "already-exists"
    assert taken.value.version == first.version
    assert "nginx:1" in taken.value.theirs
    assert taken.value.way_out
    assert image_of(place.get().value) == "nginx:1"


def test_a_stale_save_changes_nothing_and_shows_what_is_there(place):
    first = place.save(daemonset_text(), "")
    second = place.save(daemonset_text(image="nginx:2"), first.version)
    with pytest.raises(Conflict) as stale:
        place.save(daemonset_text(image="nginx:3"), first.version)
    assert stale.value.code == "stale"
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
    assert gone.value.code == "deleted-meanwhile"
    assert (gone.value.theirs, gone.value.version) == ("", "")
    assert place.names() == []


def test_without_a_base_whatever_is_there_is_replaced(place):
    assert place.save(config_map("settings", "1")).outcome == "created"
    assert place.save(config_map("settings", "2")).outcome == "configured"
    assert place.save(config_map("settings", "2")).outcome == "unchanged"


# Delete


def test_a_deleted_object_is_gone(read_place):
    first = read_place.save(daemonset_text(), "")
    read_place.store.delete(first.ref, base=first.version)
    assert read_place.names() == []
    with pytest.raises(NotFound):
        read_place.get()
    with pytest.raises(NotFound):
        read_place.store.delete(first.ref)


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


def test_a_project_that_is_not_there_says_how_to_get_it(read_place):
    with pytest.raises(NotFound) as missing:
        read_place.store.apply(daemonset_text(), project="nowhere", base="")
    assert missing.value.code == "no-project"
    assert "nowhere" in missing.value.message
    assert missing.value.way_out
    with pytest.raises(NotFound):
        read_place.store.select(*DAEMONSET, Query("nowhere"))


# Lists


@pytest.fixture
def fleet(read_place):
    """Three DaemonSets whose names, images, labels and node selectors differ."""
    logs = daemonset_text("logs", image="fluent/fluentd:v1", more="labels:\n  team: a")
    read_place.save(
        logs.replace("metadata:", "metadata:\n  annotations:\n    kubesphere.io/alias-name: 日志 收集", 1)
    )
    metrics = daemonset_text(
        "metrics", image="Prom/exporter:2", more="labels:\n  team: ab\n  Tier: x"
    ).replace("      containers:", "      nodeSelector:\n        disktype: ssd\n      containers:")
    read_place.save(metrics.replace("Prom", "prom"))
    read_place.save(
        daemonset_text("net", image="cni:3").replace(
            "      containers:",
            "      affinity:\n        nodeAffinity:\n"
            "          requiredDuringSchedulingIgnoredDuringExecution:\n"
            "            nodeSelectorTerms:\n            - matchExpressions:\n"
            "              - {key: zone, operator: In, values: [a, b]}\n      containers:",
        )
    )
    return read_place


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


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"filters": {"colour": "red"}}, "unknown-filter"), ({"sort": "colour"}, "unknown-sort")],
)
def test_an_unknown_filter_or_order_is_refused(read_place, asked, code):
    with pytest.raises(BadInput) as refused:
        read_place.names(**asked)
    assert refused.value.code == code


def test_pages_and_order(fleet):
    assert fleet.names(sort="-name") == ["net", "metrics", "logs"]
    assert fleet.names(limit=2) == ["logs", "metrics"]
    assert fleet.names(limit=2, offset=2) == ["net"]
    assert fleet.names(limit=2, offset=4) == []
    page = fleet.store.select(*DAEMONSET, Query(fleet.project, limit=1, search="team="))
    assert (len(page.items), page.total) == (1, 2)


@pytest.fixture
def four(read_place):
    """DaemonSets whose order by name, by creation, by last change and by who made it all differ."""
    for label in "cadb":
        read_place.save(daemonset_text(f"agent-{label}"))
        read_place.tick()
    return read_place


def test_every_order_has_a_way_back_and_equal_ones_are_by_name(four):
    def order(sort):
        return "".join(name.removeprefix("agent-") for name in four.names(sort=sort))

    assert (order("updated_by"), order("-updated_by")) == ("abcd", "abcd"), "all by the same person"
    for label, who in {"d": "kubectl", "b": "anna", "c": "zhang", "a": "bert"}.items():
        four.saved_by(who, label)
        four.tick()
    assert (order("name"), order("-name")) == ("abcd", "dcba")
    assert (order("created"), order("-created")) == ("cadb", "bdac")
    assert (order("updated"), order("-updated")) == ("dbca", "acbd")
    assert (order("updated_by"), order("-updated_by")) == ("badc", "cdab")
    assert four.names(sort="-created", limit=2, offset=1) == ["agent-d", "agent-a"]
    assert four.names(filters={"updated_by": "anna"}) == ["agent-b"]


def test_objects_are_found_in_the_order_they_are_asked_for(four):
    refs = [daemonset(four.project, f"agent-{label}") for label in "bxac"]
    found = four.store.get_all(refs)
    assert [stored and stored.ref for stored in found] == [refs[0], None, *refs[2:]]
    with pytest.raises(NotFound):
        four.store.get(refs[1])


@pytest.mark.parametrize("size", [1, 3, 500])
def test_a_list_is_the_same_whatever_the_pages_it_is_read_in(four, settings, size):
    settings.CLUSTER_PAGE_SIZE = size
    assert four.names() == [f"agent-{label}" for label in "abcd"]
    assert four.store.counts(four.project)["apps/v1", "DaemonSet"] == 4


def test_all_projects_at_once(read_place):
    others = [f"a-{read_place.project}", f"b-{read_place.project}"]
    for number, project in enumerate(others):
        read_place.store.create_project(project)
        read_place.store.apply(daemonset_text(f"all-{read_place.project}-{number}"), project=project, base="")
    found = read_place.store.select(*DAEMONSET, Query(None, search=f"all-{read_place.project}"))
    assert [(item.ref.project, item.ref.name) for item in found.items] == [
        (others[0], f"all-{read_place.project}-0"),
        (others[1], f"all-{read_place.project}-1"),
    ]


def test_a_kind_the_server_does_not_know_is_an_empty_list(read_place):
    found = read_place.store.select("example.com/v1", "Whatever", Query(read_place.project))
    assert (list(found.items), found.total) == ([], 0)


def test_counts_tell_what_a_project_has(read_place):
    before = read_place.store.counts(read_place.project)
    read_place.save(config_map("one"))
    read_place.save(config_map("two"))
    read_place.save(daemonset_text())
    after = read_place.store.counts(read_place.project)
    assert after["v1", "ConfigMap"] - before.get(("v1", "ConfigMap"), 0) == 2
    assert after["apps/v1", "DaemonSet"] == 1
    assert ("v1", "PersistentVolumeClaim") not in after


# Pods and events


def a_pod(project, name, node, **labels):
    return builders.pod(name, namespace=project, node=node, labels=labels, schedulerName="nobody")


@pytest.fixture
def pods(cluster_place):
    """Two on a node, one on none; as a function of what is asked for, their names."""
    place = cluster_place
    place.create(a_pod(place.project, "two", "", app="a"))
    place.create(a_pod(place.project, "one", "elsewhere", app="a", tier="x"))
    place.create(a_pod(place.project, "three", "elsewhere", app="b", tier="y"))
    return lambda **asked: [pod["metadata"]["name"] for pod in place.store.pods(place.project, **asked)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["one", "three", "two"]),
        ({"node": "elsewhere"}, ["one", "three"]),
        ({"node": ""}, ["two"]),
        ({"selector": {"matchLabels": {"app": "a"}}}, ["one", "two"]),
        ({"node": "elsewhere", "selector": {"matchLabels": {"app": "a"}}}, ["one"]),
        ({"selector": {"matchLabels": {"app": "a", "tier": "y"}}}, []),
    ],
)
def test_pods_by_node_and_selector(pods, asked, found):
    assert pods(**asked) == found


@pytest.mark.parametrize(
    ("operator", "values", "found"),
    [
        ("In", ["x", "z"], ["one"]),
        ("NotIn", ["x", "z"], ["three", "two"]),
        ("Exists", [], ["one", "three"]),
        ("DoesNotExist", [], ["two"]),
    ],
)
def test_pods_by_every_operator_of_a_selector(pods, operator, values, found):
    term = {"key": "tier", "operator": operator} | ({"values": values} if values else {})
    assert pods(selector={"matchExpressions": [term]}) == found


def test_more_pods_than_asked_for_are_too_many(pods):
    selector = {"matchLabels": {"app": "a"}}
    assert len(pods(most=3)) == 3
    assert len(pods(most=2, selector=selector)) == 2
    for asked in ({"most": 2}, {"most": 1, "selector": selector}):
        with pytest.raises(TooMany):
            pods(**asked)


def test_the_rest_of_a_long_list_is_known_from_its_first_page(pods, settings):
    settings.CLUSTER_PAGE_SIZE = 1
    with pytest.raises(TooMany):
        pods(most=2)
    assert pods() == ["one", "three", "two"]


def test_events_are_the_warnings_about_a_kind_or_an_object(cluster_place):
    place = cluster_place

    def event(name, kind, uid, sort="Warning"):
        about = {"kind": kind, "name": "agent", "namespace": place.project, "uid": uid}
        metadata = {"name": name, "namespace": place.project}
        value = {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": about}
        place.create({**value, "type": sort, "reason": "Because", "message": name})

    event("c", "DaemonSet", "u1")
    event("a", "DaemonSet", "u2")
    event("b", "DaemonSet", "u1", "Normal")
    event("d", "Pod", "u1")

    def told(uid=""):
        return [each["message"] for each in place.store.events(place.project, "DaemonSet", uid=uid)]

    assert told() == ["a", "c"]
    assert told("u1") == ["c"]
    assert told("u3") == []


def test_a_store_where_nothing_runs_has_no_pods_and_no_events(admin, demo):
    store = store_for("offline", admin)
    assert (list(store.pods("demo")), list(store.events("demo", "DaemonSet"))) == ([], [])


# Projects, nodes, quotas, capabilities, history


def test_projects_come_and_go(read_place):
    name = f"new-{read_place.project}"
    created = read_place.store.create_project(name, alias="新", description="For the tests")
    assert (created.name, created.alias, created.description) == (name, "新", "For the tests")
    listed = {project.name: project for project in read_place.store.projects()}
    assert list(listed) == sorted(listed)
    assert (listed[name].alias, listed[name].description) == ("新", "For the tests")
    assert listed[name].created_at is not None
    with pytest.raises(AlreadyExists) as exists:
        read_place.store.create_project(name)
    assert exists.value.code == "project-exists"
    read_place.store.delete_project(name)
    assert name not in [each.name for each in read_place.store.projects() if each.deletion is None]
    with pytest.raises(NotFound):
        read_place.store.delete_project("nowhere")


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


def test_nodes_come_by_name(read_place):
    if not isinstance(read_place.server, ControlPlane):
        for name in ("node-2", "node-1"):
            read_place.save(builders.as_text(builders.node(name, labels={"a": "b"})))
    nodes = read_place.store.nodes()
    names = [node["metadata"]["name"] for node in nodes]
    assert names
    assert names == sorted(names)
    assert all(node["kind"] == "Node" and node["metadata"]["labels"] for node in nodes)
    assert not any("managedFields" in node["metadata"] for node in nodes)


def test_history_is_kept_where_the_store_says_so(read_place):
    first = read_place.save(daemonset_text(), "", why="a start")
    read_place.save(daemonset_text(image="nginx:2"), first.version)
    history = read_place.store.history(first.ref)
    assert read_place.store.capabilities().keeps_history == bool(history)
    assert [revision.number for revision in history] in ([2, 1], [])


def test_a_store_can_do_what_a_cluster_cannot_and_the_other_way_round(read_place):
    can = read_place.store.capabilities()
    cluster = (can.runs_pods, can.admission)
    console = (can.edits_nodes, can.keeps_history, can.atomic)
    assert set(cluster) == {read_place.server is not None}
    assert set(console) == {read_place.server is None}


def test_capabilities_name_the_version_of_a_cluster(read_place):
    capabilities = read_place.store.capabilities()
    offline = read_place.server is None
    assert bool(capabilities.version) != offline
    assert (capabilities.minor is None) == offline
    if capabilities.version.startswith("v1.20."):
        newer = (
            capabilities.field_validation,
            capabilities.toleration_lt_gt,
            capabilities.pod_security,
        )
        assert newer == (False, False, False)
    if offline:
        assert capabilities.toleration_lt_gt
        assert capabilities.pod_security


def test_quotas_tell_what_is_used(place, request):
    hard = {"count/configmaps": "10", "count/daemonsets.apps": "5"}
    place.save(builders.as_text(builders.quota(hard, name="small")))
    place.save(config_map("one"))
    place.save(daemonset_text())

    def counted():
        [quota] = place.store.quotas(place.project)
        used = quota.get("status", {}).get("used", {})
        return quota if used.get("count/daemonsets.apps") == "1" and used.get("count/configmaps") else None

    if place.server is None:
        quota = counted()
    else:
        quota = request.getfixturevalue("control_plane").wait_for(counted, "the quota to be counted")
    assert quota["status"]["hard"] == {"count/configmaps": "10", "count/daemonsets.apps": "5"}
    assert quota["status"]["used"]["count/daemonsets.apps"] == "1"


def test_quotas_come_by_name_with_what_a_server_counted(read_place):
    for name in ("small", "big"):
        read_place.save(builders.as_text(builders.quota({"count/configmaps": "10"}, name=name)))
    quotas = read_place.store.quotas(read_place.project)
    assert [quota["metadata"]["name"] for quota in quotas] == ["big", "small"]
    assert all(quota["spec"]["hard"] == {"count/configmaps": "10"} for quota in quotas)


def test_a_project_without_a_quota_has_none(read_place):
    assert list(read_place.store.quotas(read_place.project)) == []


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


def test_nothing_that_is_installed_after_a_failure_is_tried(place):
    atomic = place.store.capabilities().atomic
    place.save(config_map("one"), "")
    writes = [
        Write(config_map("two"), place.project, ""),
        Write(config_map("one", "2"), place.project, ""),
        Write(daemonset_text(), place.project, ""),
    ]
    two, one, agent = place.store.apply_all(writes)
    assert isinstance(one, AlreadyExists)
    assert (two is None, agent) == (atomic, None)
    found = place.store.get_all([config(place.project, "two"), daemonset(place.project, "agent")])
    assert [stored is not None for stored in found] == [not atomic, False]


def test_a_bundle_with_a_text_that_cannot_be_stored_is_not_begun(place):
    writes = [Write(config_map("one"), place.project, ""), Write("kind: [", place.project, "")]
    one, broken = place.store.apply_all(writes)
    assert (one, type(broken)) == (None, Invalid)
    assert place.store.get_all([config(place.project, "one")]) == [None]


def test_a_dry_run_of_a_bundle_tries_all_and_stores_nothing(place):
    place.save(config_map("one"), "")
    writes = [
        Write(config_map("one", "2"), place.project, ""),
        Write(config_map("two"), place.project, ""),
        Write(daemonset_text(), place.project, ""),
    ]
    one, *rest = place.store.apply_all(writes, dry_run=True)
    assert isinstance(one, AlreadyExists)
    assert [applied.outcome for applied in rest] == ["created", "created"]
    refs = [config(place.project, "two"), daemonset(place.project, "agent")]
    assert place.store.get_all(refs) == [None, None]


def test_an_empty_bundle_stores_nothing(read_place):
    assert list(read_place.store.apply_all([])) == []
    assert list(read_place.store.get_all([])) == []


# Values, names and keys alone


def test_values_come_by_name_with_their_namespace(place):
    for name in ("two", "one"):
        place.save(config_map(name))
    found = [each for each in place.store.values("v1", "ConfigMap", place.project) if "key" in each["data"]]
    assert [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in found] == [
        (place.project, "one"),
        (place.project, "two"),
    ]
    assert all("managedFields" not in each["metadata"] for each in found)
    everywhere = place.store.values("v1", "ConfigMap", "")
    assert {"one", "two"} <= {each["metadata"]["name"] for each in everywhere}
    assert not place.store.values("example.com/v1", "Nonsense", place.project)


def test_names_of_secrets_can_be_those_of_one_type(place):
    place.save(SECRET)
    place.save(REGISTRY)
    kind = ("v1", "Secret", place.project)
    assert {"login", "registry"} <= {*place.store.names(*kind)}
    assert place.store.names(*kind, of_type="kubernetes.io/dockerconfigjson") == ["registry"]


def test_keys_are_those_of_one_object_or_of_all(place):
    place.save(SECRET)
    place.save(REGISTRY)
    assert place.store.keys("Secret", place.project, "login") == {"login": {"user", "password"}}
    found = place.store.keys("Secret", place.project)
    assert (found["login"], found["registry"]) == ({"user", "password"}, {".dockerconfigjson"})
    with pytest.raises(NotFound):
        place.store.keys("Secret", place.project, "gone")


@pytest.mark.parametrize(
    "read",
    [
        lambda store: store.values("v1", "ConfigMap", "nowhere"),
        lambda store: store.names("v1", "ConfigMap", "nowhere"),
        lambda store: store.keys("ConfigMap", "nowhere"),
    ],
)
def test_a_project_that_does_not_exist_has_none_of_them(place, read):
    with pytest.raises(NotFound):
        read(place.store)


def test_a_store_for_pages_answers_as_the_store_does(place):
    place.save(daemonset_text())
    recent = place.store.recent(60)
    assert recent.capabilities() == place.store.capabilities()
    found, nodes = recent.at_once([lambda: recent.values(*DAEMONSET, place.project), recent.nodes])
    assert [each["metadata"]["name"] for each in found] == ["agent"]
    assert [each["metadata"]["name"] for each in nodes] == [
        n["metadata"]["name"] for n in place.store.nodes()
    ]
    assert recent.values(*DAEMONSET, place.project) == found
    place.save(daemonset_text("other"))
    assert len(place.store.recent(60).values(*DAEMONSET, place.project)) == 2  # after an own write
    assert recent.age() <= 0


def test_a_project_that_is_being_deleted_is_listed_and_not_created_again(cluster_place):
    """A ConfigMap with a finalizer holds it."""
    place = cluster_place
    holding = {"name": "held", "namespace": place.project, "finalizers": ["example.com/hold"]}
    place.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": holding})
    if isinstance(place.server, kube_api.KubeApi):
        [project] = place.server.namespaces
        project["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        project["spec"] = {"finalizers": ["kubernetes"]}
    else:
        place.store.delete_project(place.project)
    try:
        [project] = [each for each in place.store.projects() if each.name == place.project]
        assert project.deletion
        assert project.deletion.since
        assert project.deletion.finalizers == ("kubernetes",)
        with pytest.raises(AlreadyExists) as raised:
            place.store.create_project(place.project)
        assert raised.value.code == "project-deleting"
    finally:
        if isinstance(place.server, ControlPlane):
            path = f"/api/v1/namespaces/{place.project}/configmaps/held"
            place.server.api("PATCH", path, {"metadata": {"finalizers": None}})
