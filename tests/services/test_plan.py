"""What storing a manifest will do, and what prevents it."""

from __future__ import annotations

import json

import pytest

from console.errors import Invalid
from tests import kube_api
from tests.services.planning import AGENT, SECRET, plan, put
from tests.stores.texts import config_map, daemonset_text, namespace
from workloads.daemonsets.manifest.outline import POD
from workloads.documents import ABSENT, edit, item, read
from workloads.services.apply import apply_plan
from workloads.services.plan import make_plan
from workloads.stores import store_for
from workloads.stores.protocol import Ref


def test_a_plan_changes_nothing_and_says_what_it_would_do(store):
    put(store, daemonset_text(), config_map("same"))
    found = plan(store, daemonset_text(image="nginx:2"), config_map("same"), config_map("new"))
    assert [item.intent for item in found.documents] == ["configure", "unchanged", "create"]
    assert [(line.kind, line.text.strip()) for line in found.documents[0].diff if line.kind in "+-"] == [
        ("-", "image: nginx:1"),
        ("+", "image: nginx:2"),
    ]
    assert not found.blocked
    assert "nginx:1" in store.get(AGENT).text


def test_a_text_that_cannot_be_read_is_no_exception_but_a_blocked_plan(store):
    found = plan(store, "a: [\n")
    assert found.error is not None
    assert found.error.line > 0
    assert found.blocked
    with pytest.raises(Invalid):
        apply_plan(store, found)


def test_an_empty_text_is_nothing_to_store(store):
    assert plan(store, "").blocked


def test_the_same_object_twice_in_a_text_is_an_error_at_the_second(store):
    found = plan(store, config_map("a", "1"), config_map("a", "2"))
    assert not found.documents[0].errors
    [finding] = found.documents[1].errors
    assert (finding.code, finding.params["line"]) == ("duplicate-object", 1)
    assert finding.line == found.documents[1].document.locate(("metadata", "name")).line


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("DaemonSet", "apps/v1", "apps/v1beta2"),
        ("DaemonSet", "apps/v1", "extensions/v1beta1"),
        ("Ingress", "networking.k8s.io/v1", "extensions/v1beta1"),
        ("HorizontalPodAutoscaler", "autoscaling/v1", "autoscaling/v2"),
        ("PodDisruptionBudget", "policy/v1beta1", "policy/v1"),
        ("Event", "v1", "events.k8s.io/v1"),
        ("Widget", "example.com/v1", "example.com/v2"),
    ],
)
def test_one_object_in_two_versions_or_groups_is_the_same_object(store, kind, first, second):
    texts = [f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: one}}\n" for version in (first, second)]
    assert "duplicate-object" in {finding.code for finding in plan(store, *texts).documents[1].errors}


def test_objects_of_different_groups_are_different_though_their_kinds_have_the_same_name(store):
    texts = [
        f"apiVersion: {group}/v1\nkind: Service\nmetadata: {{name: one}}\n"
        for group in ("serving.knative.dev", "example.com")
    ]
    codes = {finding.code for item in plan(store, *texts).documents for finding in item.errors}
    assert "duplicate-object" not in codes


def test_a_project_that_is_not_there_is_named_with_its_place(store):
    found = plan(store, daemonset_text(namespace="nowhere"))
    assert found.missing_projects == ["nowhere"]
    place = found.documents[0].document.locate(("metadata", "namespace"))
    [finding] = found.documents[0].errors
    assert (finding.code, finding.line, finding.params) == ("no-project", place.line, {"project": "nowhere"})


def test_a_namespace_in_the_same_text_makes_its_project(store):
    found = plan(store, namespace("fresh"), daemonset_text(namespace="fresh"))
    assert not found.missing_projects
    assert not found.blocked


def test_a_draft_of_a_deleted_project_can_still_be_planned(store):
    found = make_plan(store, daemonset_text(), project="gone")
    assert found.missing_projects == ["gone"]


def test_what_somebody_else_stored_since_is_a_conflict_with_both_sides(store):
    put(store, daemonset_text())
    seen = plan(store, daemonset_text(image="nginx:2")).seen
    put(store, daemonset_text(image="nginx:3"))
    found = plan(store, daemonset_text(image="nginx:2"), bases=seen)
    conflict = found.documents[0].conflict
    assert "nginx:3" in conflict.theirs
    assert "nginx:2" in found.documents[0].text
    with pytest.raises(Invalid):
        apply_plan(store, found)
    assert "nginx:3" in store.get(AGENT).text


def test_an_object_that_came_to_be_or_went_since_is_a_conflict_too(store):
    unseen = plan(store, daemonset_text()).seen
    put(store, daemonset_text(image="nginx:3"))
    assert plan(store, daemonset_text(), bases=unseen).documents[0].conflict
    seen = plan(store, daemonset_text()).seen
    store.delete(AGENT)
    assert plan(store, daemonset_text(), bases=seen).documents[0].conflict


def test_planning_again_does_not_forget_what_was_seen(store):
    put(store, daemonset_text())
    seen = plan(store, daemonset_text()).seen
    put(store, daemonset_text(image="nginx:3"))
    again = plan(store, daemonset_text(), bases=plan(store, daemonset_text(), bases=seen).seen)
    assert again.documents[0].conflict


def test_secret_values_are_in_no_diff_and_no_conflict(store):
    put(store, SECRET)
    seen = plan(store, SECRET).seen
    put(store, SECRET.replace("hunter2", "hunter3"))
    item = plan(store, SECRET.replace("hunter2", "hunter4"), bases=seen).documents[0]
    shown = "\n".join(line.text for line in item.diff) + item.conflict.theirs
    assert "hunter" not in shown
    assert any(line.kind == "+" for line in item.diff)


def test_an_object_of_the_same_text_counts_as_there(store):
    env_from = (*POD, "containers", 0, "envFrom")
    with_map = edit(daemonset_text(), 0, [(env_from, [{"configMapRef": {"name": "settings"}}])])
    path = (*env_from, 0, "configMapRef", "name")
    assert path in [finding.path for finding in plan(store, with_map).documents[0].findings]
    with_both = plan(store, with_map, config_map("settings")).documents[0]
    assert path not in [finding.path for finding in with_both.findings]


ASKS = """      volumes:
      - {name: v, configMap: {name: settings}}
      serviceAccountName: robot
"""


def of_kind(found, *codes):
    return [[f.code for f in item.findings if f.code in codes] for item in found.documents]


def test_each_document_is_held_against_its_own_project(store):
    store.create_project("other")
    put(store, config_map("settings"))
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: other}\n"
    text = "---\n".join([daemonset_text() + ASKS, daemonset_text(namespace="other") + ASKS, account])
    codes = ("configmap-missing", "service-account-missing")
    assert of_kind(plan(store, text), *codes) == [["service-account-missing"], ["configmap-missing"], []]
    store.apply(config_map("settings"), project="other", base="")
    assert of_kind(plan(store, text), *codes) == [["service-account-missing"], [], []]


def test_a_project_that_is_created_with_it_has_nothing_else(store):
    put(store, config_map("settings"))
    fresh = "apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n"
    text = f"{fresh}---\n{daemonset_text(namespace='fresh')}{ASKS}"
    codes = ("configmap-missing", "service-account-missing")
    assert of_kind(plan(store, text), *codes) == [[], list(codes)]


class NeverTrying(kube_api.KubeApi):
    """Has a webhook with side effects."""

    def respond(self, handler):
        if "dryRun" in handler.path:
            return kube_api.status(400, 'admission webhook "w" does not support dry run')
        return super().respond(handler)


@pytest.fixture
def never_trying(admin, settings, tmp_path):
    api = NeverTrying()
    api.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}})
    [of_flux] = read(config_map("of-flux"))
    owned = {"manager": "flux", "operation": "Apply", "fieldsV1": {"f:data": {"f:key": {}}}}
    metadata = {"name": "of-flux", "namespace": "demo", "managedFields": [owned]}
    api.add({**of_flux.value, "metadata": metadata})
    with kube_api.FakeServer(tmp_path, api) as server:
        settings.KUBECONFIG = str(server.kubeconfig)
        yield store_for("faulty", admin)


def test_what_cannot_be_tried_can_be_stored(never_trying):
    found = plan(never_trying, config_map("a"))
    assert (found.blocked, found.documents[0].intent) == (False, "create")
    assert "dry run" in found.documents[0].untried
    put(never_trying, config_map("a"))
    text = never_trying.get(found.documents[0].ref).text
    assert plan(never_trying, text).documents[0].intent == "unchanged"


def test_whose_fields_change_is_said_without_a_dry_run(never_trying):
    text = never_trying.get(Ref("v1", "ConfigMap", "demo", "of-flux")).text.replace("'1'", "'2'")
    found = plan(never_trying, text)
    assert found.taken == {"flux": [("data", "key")]}
    [result] = apply_plan(never_trying, found)
    assert result.error.code == "field-conflict"
    [result] = apply_plan(never_trying, found, force=True)
    assert result.outcome == "configured"


class Injecting(kube_api.KubeApi):
    """Has a webhook that puts its container into every DaemonSet, and counts in an annotation."""

    def respond(self, handler):
        if handler.body and handler.command in ("POST", "PUT"):
            value = json.loads(handler.body)
            [*containers] = value["spec"]["template"]["spec"]["containers"]
            if "injected" not in [each["name"] for each in containers]:
                containers.append({"name": "injected", "image": "i:1"})
            value["spec"]["template"]["spec"]["containers"] = containers
            value["metadata"].setdefault("annotations", {})["example.com/count"] = str(len(self.requests))
            handler.body = json.dumps(value).encode()
        return super().respond(handler)


def test_what_a_webhook_puts_back_is_said_though_something_else_changes(admin, settings, tmp_path):
    with kube_api.FakeServer(tmp_path, Injecting()) as server:
        server.api.namespaces = [{"metadata": {"name": "demo"}}]
        settings.KUBECONFIG = str(server.kubeconfig)
        store = store_for("faulty", admin)
        put(store, daemonset_text())
        text, version = store.get(AGENT).text, store.get(AGENT).version
        injected = (*POD, "containers", item(name="injected"))
        text = edit(text, 0, [((*POD, "containers", 0, "image"), "nginx:2"), (injected, ABSENT)])
        found = make_plan(store, text, project="demo", bases={AGENT: version}).documents[0]
    assert found.intent == "configure"
    assert injected in found.put_back
    assert (*POD, "containers", item(name="agent"), "image") not in found.put_back


class Pinning(kube_api.KubeApi):
    """A webhook allows no image but one, and the server writes amounts in its own way."""

    def respond(self, handler):
        if handler.command in ("POST", "PUT") and "/daemonsets" in handler.path:
            value = json.loads(handler.body)
            [container] = value["spec"]["template"]["spec"]["containers"]
            container |= {"image": "nginx:1", "resources": {"requests": {"cpu": "1"}}}
            handler.body = json.dumps(value).encode()
        return super().respond(handler)


def test_what_a_webhook_puts_back_is_said_of_a_manifest_that_was_not_opened_from_the_object(
    admin, settings, tmp_path
):
    with kube_api.FakeServer(tmp_path, Pinning()) as server:
        server.api.namespaces = [{"metadata": {"name": "demo"}}]
        settings.KUBECONFIG = str(server.kubeconfig)
        store = store_for("faulty", admin)
        text = daemonset_text() + "        resources: {requests: {cpu: 1000m}}\n"
        put(store, text)
        [found] = make_plan(store, text.replace("nginx:1", "nginx:2"), project="demo").documents
    assert found.intent == "unchanged"
    assert found.put_back == [(*POD, "containers", item(name="main"), "image")]


class Refusing(kube_api.KubeApi):
    """Refuses whatever is written, for a field that the API server names and for the object as a whole."""

    def respond(self, handler):
        if handler.command == "GET":
            return super().respond(handler)
        causes = [
            {"reason": "FieldValueRequired", "message": "Required value", "field": FIELD},
            {"reason": "FieldValueInvalid", "message": "Invalid value: too odd", "field": ""},
        ]
        return kube_api.status(422, "invalid", reason="Invalid", details={"causes": causes})


FIELD = "spec.template.spec.containers[0].image"


def test_what_a_server_refuses_names_the_field_and_its_container(admin, settings, tmp_path):
    api = Refusing()
    api.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}})
    with kube_api.FakeServer(tmp_path, api) as server:
        settings.KUBECONFIG = str(server.kubeconfig)
        [found] = plan(store_for("faulty", admin), daemonset_text()).documents
    refused = [finding for finding in found.errors if finding.source == "server"]
    image = (*POD, "containers", 0, "image")
    assert [(finding.path, finding.params.get("field")) for finding in refused] == [
        (image, "containers[main].image"),
        ((), None),
    ]
    assert refused[0].message == "containers[main].image: Required value"
    assert refused[0].line == found.document.locate(image).line


def test_a_manifest_that_names_no_project_takes_none_from_what_is_stored(admin, settings, tmp_path):
    """Where the server refuses to change an object, perhaps for what the manifest leaves out."""
    api = Refusing()
    api.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}})
    meta = {"name": "c", "namespace": "demo"}
    api.add({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"key": "0", "other": "1"}})
    with kube_api.FakeServer(tmp_path, api) as server:
        settings.KUBECONFIG = str(server.kubeconfig)
        [found] = plan(store_for("faulty", admin), config_map("c")).documents
    assert list(found.removed) == [("data", "other")]


def test_finalizers_stay_only_where_a_server_keeps_them(store):
    held = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  finalizers: [example.com/f]\n"
    put(store, held)
    [planned] = plan(store, held.replace("  finalizers: [example.com/f]\n", "")).documents
    assert (planned.intent, list(planned.kept)) == ("configure", [])
