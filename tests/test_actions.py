"""The verbs, on the offline store."""

from __future__ import annotations

import pytest

from console.audit.models import Entry
from console.errors import Conflict, Invalid, NotFound
from tests.stores.texts import config_map, daemonset_text, namespace, node
from workloads.documents import edit, read
from workloads.drafts import store as drafts
from workloads.models import StoredManifest
from workloads.services import quotas
from workloads.services.apply import apply_plan
from workloads.services.delete import delete_objects
from workloads.services.facts import project_facts
from workloads.services.merge import choices, settle
from workloads.services.move import move_to_project
from workloads.services.plan import make_plan
from workloads.services.restore import restore_revision
from workloads.stores import store_for
from workloads.stores.protocol import Ref, daemonset

AGENT = daemonset("demo", "agent")
SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData:\n  password: hunter2\n"


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)


def plan(store, *texts, **more):
    return make_plan(store, "---\n".join(texts), project="demo", **more)


def put(store, *texts):
    results = apply_plan(store, plan(store, *texts), why="first")
    assert all(result.outcome for result in results)
    return results


def said(found):
    return [finding.message for item in found.documents for finding in item.findings]


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


def test_documents_are_stored_in_the_order_of_need_and_as_written(store):
    first = daemonset_text("agent", namespace="other")
    second = "# about the map\n" + config_map("settings")
    results = put(store, first, second, namespace("other"))
    assert [str(result.ref) for result in results] == [
        "Namespace other",
        "ConfigMap demo/settings",
        "DaemonSet other/agent",
    ]
    assert store.get(Ref("v1", "ConfigMap", "demo", "settings")).text == second


def test_the_only_document_keeps_all_that_stands_around_it(store):
    text = "# at the top\n---\n" + daemonset_text() + "# at the end\n"
    put(store, text)
    assert store.get(AGENT).text == text


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
    assert finding.params["line"] == 1
    assert finding.line == found.documents[1].document.locate(("metadata", "name")).line


def test_versions_of_one_group_are_the_same_object(store):
    old = daemonset_text().replace("apps/v1", "apps/v1beta2")
    found = plan(store, daemonset_text(), old)
    assert any("already" in finding.message for finding in found.documents[1].errors)


def test_a_project_that_is_not_there_is_named_with_its_place(store):
    found = plan(store, daemonset_text(namespace="nowhere"))
    assert found.missing_projects == ["nowhere"]
    place = found.documents[0].document.locate(("metadata", "namespace"))
    assert any(f.line == place.line and "nowhere" in f.message for f in found.documents[0].errors)


def test_a_namespace_in_the_same_text_makes_its_project(store):
    found = plan(store, namespace("fresh"), daemonset_text(namespace="fresh"))
    assert not found.missing_projects
    assert not found.blocked


def test_a_draft_of_a_deleted_project_can_still_be_planned(store):
    found = make_plan(store, daemonset_text(), project="gone")
    assert found.missing_projects == ["gone"]


def test_moving_changes_the_namespace_of_namespaced_documents_and_nothing_else(store):
    binding = (
        "kind: ClusterRoleBinding\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: b}\n"
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"
        "subjects:\n- {kind: ServiceAccount, name: s, namespace: there}\n"
    )
    text = f"# kept\n{daemonset_text(namespace='there')}---\n{binding}---\n{config_map('plain')}"
    assert move_to_project(text, "here") == text.replace("  namespace: there\n", "  namespace: here\n", 1)


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


def test_offline_all_is_stored_or_nothing(store):
    found = plan(store, config_map("a"), daemonset_text())
    put(store, daemonset_text(image="nginx:3"))  # after the plan was made
    results = apply_plan(store, found)
    assert [(r.ref.name, r.outcome, bool(r.error)) for r in results] == [
        ("a", None, False),
        ("agent", None, True),
    ]
    assert not StoredManifest.objects.filter(name="a").exists()
    assert not Entry.objects.filter(name="a").exists()


def test_the_reason_is_kept_in_the_history(store):
    apply_plan(store, plan(store, daemonset_text()), why="because")
    assert [revision.why for revision in store.history(AGENT)] == ["because"]


def test_secret_values_are_in_no_diff_and_no_conflict(store):
    put(store, SECRET)
    seen = plan(store, SECRET).seen
    put(store, SECRET.replace("hunter2", "hunter3"))
    item = plan(store, SECRET.replace("hunter2", "hunter4"), bases=seen).documents[0]
    shown = "\n".join(line.text for line in item.diff) + item.conflict.theirs
    assert "hunter" not in shown
    assert any(line.kind == "+" for line in item.diff)


def test_facts_of_a_project(store):
    put(store, daemonset_text(), config_map("settings"), SECRET)
    known = project_facts(store, "demo")
    assert known.configmaps == {"settings": {"key"}}
    assert known.secrets == {"token": {"password"}}
    assert "default" in known.service_accounts
    assert [value["metadata"]["name"] for value in known.daemonsets] == ["agent"]
    assert "hunter2" not in repr(known)


def test_facts_of_a_project_that_is_not_there_are_not_known(store):
    known = project_facts(store, "gone")
    assert known.configmaps is None
    assert known.daemonsets is None


def test_an_object_of_the_same_text_counts_as_there(store):
    with_map = edit(
        daemonset_text(),
        0,
        [
            (
                ("spec", "template", "spec", "containers", 0, "envFrom"),
                [{"configMapRef": {"name": "settings"}}],
            )
        ],
    )
    assert any("settings" in message for message in said(plan(store, with_map)))
    assert not any("settings" in message for message in said(plan(store, with_map, config_map("settings"))))


def test_delete_spares_what_was_changed_since(store):
    put(store, daemonset_text(), config_map("a"))
    seen = {AGENT: store.get(AGENT).version, Ref("v1", "ConfigMap", "demo", "a"): "1"}
    put(store, daemonset_text(image="nginx:3"))
    results = delete_objects(store, seen)
    assert [(r.ref.name, r.outcome) for r in results] == [("agent", None), ("a", "deleted")]
    assert isinstance(results[0].error, Conflict)
    assert store.get(AGENT)


def test_restore_brings_back_a_revision_over_what_was_seen(store):
    put(store, daemonset_text())
    put(store, daemonset_text(image="nginx:2"))
    with pytest.raises(Conflict):
        restore_revision(store, AGENT, 1, base="1")
    restore_revision(store, AGENT, 1, base="2")
    assert "nginx:1" in store.get(AGENT).text
    assert "1" in store.history(AGENT)[0].why
    with pytest.raises(NotFound):
        restore_revision(store, AGENT, 99, base="3")


def test_restore_brings_back_what_was_deleted(store):
    put(store, daemonset_text())
    store.delete(AGENT)
    restore_revision(store, AGENT, 1, base="")
    assert store.get(AGENT).text == daemonset_text()


def settled(store, admin, theirs, mine, how):
    """A draft of an object that somebody else changed meanwhile, after the conflict was ended."""
    put(store, daemonset_text())
    draft = drafts.create(admin, "offline", "demo", origin=store.get(AGENT))
    draft = drafts.save(draft, mine, version=draft.version)
    put(store, theirs)
    item = plan(store, draft.text, bases={AGENT: draft.origin_version}).documents[0]
    assert item.conflict
    return settle(draft, item, how)


def test_merging_keeps_both_changes(store, admin):
    theirs = daemonset_text().replace("  selector", "  minReadySeconds: 5\n  selector")
    draft = settled(store, admin, theirs, daemonset_text(image="nginx:2"), "merge")
    value = read(draft.text)[0].value
    assert value["spec"]["minReadySeconds"] == 5
    assert value["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:2"
    assert not plan(store, draft.text, bases={AGENT: draft.origin_version}).blocked


def test_merging_the_same_line_leaves_both_sides_between_markers(store, admin):
    draft = settled(store, admin, daemonset_text(image="nginx:3"), daemonset_text(image="nginx:2"), "merge")
    [choice] = choices(draft.text)
    assert draft.text.splitlines()[choice.line - 1].startswith("<<<<<<<")
    assert [line.strip() for line in (*choice.mine, *choice.theirs)] == ["image: nginx:2", "image: nginx:3"]
    assert plan(store, draft.text).blocked


def test_keeping_mine_shows_what_it_does_to_theirs(store, admin):
    draft = settled(store, admin, daemonset_text(image="nginx:3"), daemonset_text(image="nginx:2"), "mine")
    item = plan(store, draft.text, bases={AGENT: draft.origin_version}).documents[0]
    assert item.conflict is None
    assert [line.text.strip() for line in item.diff if line.kind == "-"] == ["image: nginx:3"]


def test_merging_one_document_leaves_the_others_alone(store, admin):
    put(store, daemonset_text())
    draft = drafts.create(admin, "offline", "demo", origin=store.get(AGENT))
    draft = drafts.save(draft, f"# first\n{config_map('a')}---\n{daemonset_text(image='nginx:2')}", version=1)
    put(store, daemonset_text().replace("  selector", "  minReadySeconds: 5\n  selector"))
    item = plan(store, draft.text, bases={AGENT: draft.origin_version}).documents[1]
    merged = settle(draft, item, "merge").text
    assert merged.startswith(f"# first\n{config_map('a')}---\n")
    assert [document.kind for document in read(merged)] == ["ConfigMap", "DaemonSet"]
    assert "minReadySeconds: 5" in merged


def test_quota_before_and_after(store):
    quota = (
        "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: q\n"
        'spec:\n  hard:\n    pods: "3"\n    count/daemonsets.apps: "5"\n'
    )
    put(store, node("n1"), node("n2"), quota, daemonset_text())
    uses = {use.key: use for use in quotas.quota_uses(store, plan(store, daemonset_text("other")))}
    assert (uses["pods"].before, uses["pods"].after, uses["pods"].too_much) == (2, 4, True)
    assert (uses["count/daemonsets.apps"].before, uses["count/daemonsets.apps"].after) == (1, 2)
    assert not any(use.too_much for use in quotas.quota_uses(store, plan(store, daemonset_text())))


def test_a_new_one_whose_tolerations_compare_counts_where_it_runs(store):
    tainted = f"{node('n1')}spec:\n  taints: [{{key: level, value: '5', effect: NoSchedule}}]\n"
    quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: q\nspec:\n  hard: {pods: 3}\n"
    toleration = "      tolerations: [{key: level, operator: Gt, value: '3'}]\n"
    put(store, tainted, quota)
    [pods] = quotas.quota_uses(store, plan(store, daemonset_text("other") + toleration))
    assert pods.after - pods.before == 1


def test_a_quota_of_the_text_counts_as_the_text_says_it(store):
    def quota(hard: str) -> str:
        return f"apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: q\nspec:\n  hard: {{{hard}}}\n"

    put(store, node("n1"), node("n2"), daemonset_text())
    text = f"{daemonset_text('other')}---\n{quota('pods: 3')}"
    [pods] = quotas.quota_uses(store, plan(store, text))
    assert (pods.before, pods.after, pods.too_much) == (2, 4, True)
    put(store, quota("pods: 3"))
    text = text.replace("pods: 3", "pods: 5, requests.cpu: 1")
    pods, cpu = quotas.quota_uses(store, plan(store, text))
    assert (pods.before, pods.after, pods.hard, pods.too_much) == (2, 4, 5, False)
    assert (cpu.before, cpu.after, cpu.hard) == (0, 0, 1)
