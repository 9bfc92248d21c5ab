"""What only a cluster does, on a real control plane: other field managers, the server's own checks, kinds of
its own."""

from __future__ import annotations

import copy
import json

import pytest

from console.audit.models import Entry
from console.errors import Conflict, Forbidden, Invalid, NotFound, Unreachable
from tests.controlplane.control_plane import ApiError
from tests.stores.texts import config_map, daemonset_text
from workloads.documents import item
from workloads.stores import store_for
from workloads.stores.cluster import ownership
from workloads.stores.clusters import clusters
from workloads.stores.protocol import DAEMONSET, FieldConflict, Query, Ref, daemonset

pytestmark = pytest.mark.controlplane

APPLY = "application/apply-patch+yaml"

CONTAINER = ("spec", "template", "spec", "containers", item(name="main"))


@pytest.fixture
def store(control_plane, admin, settings):
    settings.KUBECONFIG = str(control_plane.kubeconfig("admin"))
    return store_for("local", admin)


@pytest.fixture
def project(control_plane):
    return control_plane.new_namespace()


AGENT = {
    "metadata": {"name": "agent", "labels": {"team": "a"}},
    "spec": {
        "selector": {"matchLabels": {"app": "agent"}},
        "template": {
            "metadata": {"labels": {"app": "agent"}},
            "spec": {
                "containers": [
                    {
                        "name": "main",
                        "image": "nginx:1",
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "ports": [{"containerPort": 80, "protocol": "TCP"}],
                    }
                ]
            },
        },
    },
}


@pytest.fixture
def by_kubectl(control_plane, project):
    """A DaemonSet `agent` that someone else created."""
    path = f"/apis/apps/v1/namespaces/{project}/daemonsets"
    control_plane.api("POST", path + "?fieldManager=kubectl-create", AGENT)
    return daemonset(project, "agent")


def as_sent(stored):
    """The object as the server sends it."""
    return {**stored.value, "metadata": {**stored.value["metadata"], "managedFields": stored.managed_fields}}


def env_of(stored):
    return [env["name"] for env in stored.value["spec"]["template"]["spec"]["containers"][0]["env"]]


def test_the_text_of_a_live_object_holds_what_people_write(store, by_kubectl):
    text = store.get(by_kubectl).text
    assert text.startswith(
        f"apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: agent\n  namespace: {by_kubectl.project}\n"
    )
    for hidden in ("managedFields", "status", "uid", "resourceVersion", "creationTimestamp", "generation"):
        assert hidden not in text
    assert "updateStrategy" in text


@pytest.fixture
def by_flux(control_plane, project):
    """A DaemonSet `agent` that a GitOps controller applied."""
    path = f"/apis/apps/v1/namespaces/{project}/daemonsets/agent?fieldManager=kustomize-controller&force=true"
    value = {"apiVersion": "apps/v1", "kind": "DaemonSet", **AGENT}
    control_plane.api("PATCH", path, value, content_type=APPLY)
    return daemonset(project, "agent")


def test_a_field_that_another_manager_owns_is_not_changed_unasked(store, by_flux):
    stored = store.get(by_flux)
    text = stored.text.replace("nginx:1", "nginx:2")
    taken = {"kustomize-controller": [(*CONTAINER, "image")]}
    for base in (stored.version, None):
        with pytest.raises(FieldConflict) as kept:
            store.apply(text, project="", base=base)
        assert (kept.value.owners, kept.value.code) == (taken, "field-conflict")
        assert kept.value.way_out
    assert store.get(by_flux).version == stored.version
    would = store.apply(text, project="", base=stored.version, dry_run=True)
    assert (would.taken, would.owned) == (taken, [(*CONTAINER, "image")])
    assert store.get(by_flux).text == stored.text


def test_only_the_fields_that_change_are_taken_over(store, by_flux):
    stored = store.get(by_flux)
    text = stored.text.replace("nginx:1", "nginx:2")
    assert store.apply(text, project="", base=stored.version, force=True).outcome == "configured"
    again = store.get(by_flux)
    managers = ownership.fields_by_manager(as_sent(again))
    image = ("f:spec", "f:template", "f:spec", "f:containers", 'k:{"name":"main"}', "f:image")
    assert managers["daemonset-console"] == {image}
    assert len(managers["kustomize-controller"]) > 5
    assert image not in managers["kustomize-controller"]
    newer = text.replace("nginx:2", "nginx:3")
    assert store.apply(newer, project="", base=again.version).outcome == "configured"


def test_what_is_left_out_of_another_managers_object_goes_only_when_asked(store, by_flux):
    stored = store.get(by_flux)
    text = stored.text.replace("        - name: A\n          value: '1'\n", "").replace(
        '        - name: A\n          value: "1"\n', ""
    )
    assert text != stored.text
    with pytest.raises(FieldConflict) as kept:
        store.apply(text, project="", base=stored.version)
    assert kept.value.owners == {"kustomize-controller": [(*CONTAINER, "env", item(name="A"))]}
    assert env_of(store.get(by_flux)) == ["A", "B"]
    would = store.apply(text, project="", base=stored.version, force=True, dry_run=True)
    assert (would.outcome, env_of(would)) == ("configured", ["B"])
    store.apply(text, project="", base=stored.version, force=True)
    assert env_of(store.get(by_flux)) == ["B"]


def test_kubectl_is_no_rival(store, by_kubectl):
    stored = store.get(by_kubectl)
    text = stored.text.replace("nginx:1", "nginx:2").replace("    team: a\n", "")
    would = store.apply(text, project="", base=stored.version, dry_run=True)
    assert (would.taken, would.owned) == ({}, [(*CONTAINER, "image")])
    assert store.apply(text, project="", base=stored.version).outcome == "configured"


@pytest.mark.parametrize("field", ["finalizers", "ownerReferences"])
def test_what_guards_other_objects_goes_only_where_the_text_says_so(store, project, control_plane, field):
    first = store.apply(config_map("guarded"), project=project, base="")
    owned_by = store.apply(config_map("owner"), project=project, base="").value["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owned_by}
    guards = {"finalizers": ["example.org/guard"], "ownerReferences": [owner]}[field]
    path = f"/api/v1/namespaces/{project}/configmaps/guarded"
    control_plane.api("PATCH", path, {"metadata": {field: guards}})
    version = store.get(first.ref).version
    store.apply(config_map("guarded", "2"), project=project, base=version)
    assert control_plane.api("GET", path)["metadata"][field] == guards
    text = config_map("guarded", "3").replace("metadata:\n", f"metadata:\n  {field}: []\n")
    store.apply(text, project=project, base=store.get(first.ref).version, force=True)
    assert field not in control_plane.api("GET", path)["metadata"]


def test_an_object_that_has_a_variable_twice_can_be_edited(store, control_plane, project):
    value = copy.deepcopy(AGENT)
    value["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "A", "value": "2"})
    control_plane.api(
        "POST", f"/apis/apps/v1/namespaces/{project}/daemonsets?fieldManager=kubectl-create", value
    )
    stored = store.get(daemonset(project, "agent"))
    store.apply(stored.text.replace("nginx:1", "nginx:2"), project="", base=stored.version)
    after = store.get(stored.ref)
    assert env_of(after) == ["A", "B", "A"]
    assert "nginx:2" in after.text


def test_a_default_that_is_left_out_is_no_conflict(store, by_kubectl):
    stored = store.get(by_kubectl)
    text = stored.text.replace("          protocol: TCP\n", "").replace(
        "      terminationGracePeriodSeconds: 30\n", ""
    )
    assert text != stored.text
    assert store.apply(text, project="", base=stored.version).outcome == "unchanged"


def test_a_change_of_the_status_is_no_conflict(store, project, control_plane):
    first = store.apply(daemonset_text(), project=project, base="")
    path = f"/apis/apps/v1/namespaces/{project}/daemonsets/agent"

    def settled():
        status = control_plane.api("GET", path)["status"]
        return (
            status.get("observedGeneration") == 1
            and status["numberReady"] == status["desiredNumberScheduled"]
        )

    before = control_plane.api("GET", path)["metadata"]["resourceVersion"]
    control_plane.wait_for(settled, "the DaemonSet to run")
    control_plane.api("PATCH", path + "/status", {"status": {"collisionCount": 1}})
    assert control_plane.api("GET", path)["metadata"]["resourceVersion"] != before
    assert (
        store.apply(daemonset_text(image="nginx:2"), project=project, base=first.version).outcome
        == "configured"
    )


def test_a_change_by_someone_else_is_a_conflict(store, project, control_plane):
    first = store.apply(daemonset_text(), project=project, base="")
    path = f"/apis/apps/v1/namespaces/{project}/daemonsets/agent?fieldManager=kubectl-label"
    control_plane.api("PATCH", path, {"metadata": {"labels": {"team": "b"}}})
    with pytest.raises(Conflict) as stale:
        store.apply(daemonset_text(image="nginx:2"), project=project, base=first.version)
    assert "kubectl-label" in stale.value.message
    assert "team: b" in stale.value.theirs
    assert store.get(first.ref).updated_by == "kubectl-label"


def test_what_the_server_refuses_is_said_at_the_field(store, project):
    text = daemonset_text().replace(
        "image: nginx:1", "image: nginx:1\n        ports:\n        - containerPort: 99999"
    )
    with pytest.raises(Invalid) as wrong:
        store.apply(text, project=project, base="", dry_run=True)
    [finding] = wrong.value.findings
    assert finding.path == ("spec", "template", "spec", "containers", 0, "ports", 0, "containerPort")
    assert "65535" in finding.message
    assert finding.source == "server"


def test_unknown_fields_and_wrong_types_are_said_at_the_field(store, project, control_plane):
    text = daemonset_text().replace("    spec:\n", "    spec:\n      tolerationz: []\n")
    if control_plane.minor >= 25:  # older ones leave it out
        with pytest.raises(Invalid) as wrong:
            store.apply(text, project=project, base="", dry_run=True)
        [finding] = wrong.value.findings
        assert finding.path == ("spec", "template", "spec", "tolerationz")
    text = daemonset_text().replace("spec:\n", "spec:\n  minReadySeconds: soon\n", 1)
    with pytest.raises(Invalid) as wrong:
        store.apply(text, project=project, base="", dry_run=True)
    assert [finding.path for finding in wrong.value.findings] == [("spec", "minReadySeconds")]


def test_a_selector_cannot_be_changed_and_the_server_says_so(store, project):
    first = store.apply(daemonset_text(), project=project, base="")
    text = daemonset_text().replace("app: agent", "app: other")
    with pytest.raises(Invalid) as wrong:
        store.apply(text, project=project, base=first.version)
    assert [finding.path for finding in wrong.value.findings] == [("spec", "selector")]


OLD_API = (
    "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\n"
    "metadata:\n  name: things.old.example\nspec:\n  group: old.example\n  version: v1\n"
    "  names:\n    plural: things\n    kind: Thing\n"
)
OLD_LABEL = daemonset_text() + "      nodeSelector:\n        beta.kubernetes.io/os: linux\n"


def test_what_the_server_warns_of_is_passed_on(store, project, control_plane):
    # Servers of 1.20 warn only of old API versions. Newer ones no longer serve this one, but warn of fields.
    text = OLD_API if control_plane.minor == 20 else OLD_LABEL
    would = store.apply(text, project=project, base="", dry_run=True)
    assert "deprecated" in " ".join(would.warnings)


def test_kinds_of_the_clusters_own_are_found_by_asking_it(store, project, control_plane):
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything}}}
    definition = {
        "metadata": {"name": "gadgets.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "kind": "Gadget"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    control_plane.api("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
    control_plane.wait_for(lambda: served(control_plane), "the new kind")
    text = "apiVersion: example.org/v1\nkind: Gadget\nmetadata:\n  name: one\nspec:\n  size: 3\n"
    applied = store.apply(text, project=project, base="")
    assert store.get(applied.ref).value["spec"] == {"size": 3}
    assert store.select("example.org/v1", "Gadget", Query(project)).total == 1
    again = store.apply(text.replace("3", "4"), project=project, base=applied.version)
    assert again.value["spec"] == {"size": 4}


def served(control_plane):
    """Whether the API server has taken up the new kind, which takes it a moment."""
    try:
        found = control_plane.api("GET", "/apis/example.org/v1")["resources"]
    except ApiError:
        return False
    return any(resource["kind"] == "Gadget" for resource in found)


def test_a_kind_the_cluster_does_not_have_is_refused_at_its_api_version(store, project):
    for text in (
        "apiVersion: example.com/v1\nkind: Whatever\nmetadata:\n  name: one\n",
        daemonset_text().replace("apps/v1", "extensions/v1beta1"),
    ):
        with pytest.raises(Invalid) as wrong:
            store.apply(text, project=project, base="")
        assert [finding.path for finding in wrong.value.findings] == [("apiVersion",)]
    with pytest.raises(NotFound):
        store.get(Ref("example.com/v1", "Whatever", project, "one"))


def test_a_long_list_is_read_in_pages(store, project, control_plane, settings):
    settings.CLUSTER_PAGE_SIZE = 3
    for number in range(8):
        store.apply(config_map(f"c-{number}"), project=project, base="")
    found = store.select("v1", "ConfigMap", Query(project, search="c-"))
    assert [stored.ref.name for stored in found.items] == [f"c-{number}" for number in range(8)]


def test_who_may_do_little_is_told_what_they_may_not(control_plane, admin, settings, project):
    settings.KUBECONFIG = str(control_plane.kubeconfig("bob"))
    store = store_for("local", admin)
    with pytest.raises(Forbidden) as refused:
        store.select(*DAEMONSET, Query(project))
    assert 'User "bob" cannot list' in refused.value.message
    with pytest.raises(Forbidden):
        store.projects()
    with pytest.raises(Forbidden):
        store.apply(daemonset_text(), project=project, base="")
    assert store.counts(project) == {}


def test_who_may_not_list_projects_works_in_the_one_of_their_context(
    control_plane, admin, settings, project, tmp_path
):
    text = control_plane.kubeconfig("bob").read_text()
    config = tmp_path / "config"
    settings.KUBECONFIG = str(config)
    config.write_text(json.dumps(with_namespace(text, project)))
    assert [found.name for found in store_for("local", admin).projects()] == [project]


def with_namespace(text, namespace):
    from workloads.documents import read

    config = read(text)[0].value
    return {
        **config,
        "contexts": [{**c, "context": {**c["context"], "namespace": namespace}} for c in config["contexts"]],
    }


def test_wrong_credentials_are_said_to_be_that_and_read_again_when_fixed(
    control_plane, admin, settings, tmp_path
):
    good = control_plane.kubeconfig("admin").read_text()
    config = tmp_path / "config"
    settings.KUBECONFIG = str(config)
    config.write_text(good.replace("admin-token", "no-token"))
    with pytest.raises(Unreachable) as refused:
        store_for("local", admin).projects()
    assert refused.value.code == "bad-credentials"
    assert "no-token" not in refused.value.message + refused.value.way_out
    config.write_text(good)
    assert store_for("local", admin).projects()


def test_the_switcher_lists_the_contexts(control_plane, settings):
    settings.KUBECONFIG = str(control_plane.kubeconfig("admin"))
    assert [(c.key, c.offline) for c in clusters()] == [("offline", True), ("local", False)]


def test_writes_to_a_cluster_are_recorded(store, project):
    first = store.apply(daemonset_text(), project=project, base="", why="needed")
    store.apply(daemonset_text(), project=project, base=first.version)
    store.apply(daemonset_text(image="nginx:2"), project=project, base=first.version, dry_run=True)
    store.delete(first.ref)
    entries = Entry.objects.order_by("id").values_list("who", "verb", "cluster", "project", "name")
    assert list(entries) == [("admin", verb, "local", project, "agent") for verb in ("create", "delete")]


def test_a_refused_secret_is_not_quoted(store, project):
    head = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: pin\n"
    for field in ("data: {pin: 271828}", "data: {pin: 'no base64: 271828'}", "stringData: {pin: [271828]}"):
        with pytest.raises(Invalid) as wrong:
            store.apply(f"{head}{field}\n", project=project, base="")
        said = [wrong.value.message, *(finding.message for finding in wrong.value.findings)]
        assert "271828" not in " ".join(said)
