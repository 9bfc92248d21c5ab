"""The console on a live cluster, from end to end: its pages as a browser without JavaScript uses them, a real
control plane behind them, and what the API server then has."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import kube_api
from tests.conftest import OWN_MANIFESTS, SHARED
from tests.controlplane.control_plane import ApiError
from tests.controlplane.visitor import Visitor, imported, store, words
from tests.stores.texts import config_map, daemonset_text, namespace
from workloads import kinds
from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.placement.verdicts import coverage
from workloads.documents import read

pytestmark = pytest.mark.django_db

SEEDS = [path for path in sorted((SHARED / "corpus" / "seeds").glob("*.yaml")) if "broken" not in path.name]
MANIFESTS = Path(__file__).parent.parent / "manifests"
# What is refused: a text that is no list of objects, and fields that came after Kubernetes 1.20.
NOT_THESE = ("list.yaml", "every-kind-of-volume.yaml", "every-pod-field.yaml")
OWN = [path for path in (*OWN_MANIFESTS, *MANIFESTS.glob("*.json")) if path.name not in NOT_THESE]
DAEMONSETS = "/apis/apps/v1/namespaces/{}/daemonsets"


@pytest.fixture
def agent(visitor, control_plane, project):
    """The path of a DaemonSet `agent` that was made with the console."""
    review = imported(visitor, project, daemonset_text()).press("go:review")
    assert store(review).status == 200
    return DAEMONSETS.format(project) + "/agent"


# What the tests do over and over


def results(page):
    """(object, outcome) of each line of a page of results; "" for what was not stored."""
    return [(words(row.th), row["data-outcome"]) for row in page.soup.select("tbody tr[data-outcome]")]


def findings(page):
    """(severity, code, step, line, sentence) of everything that a review says of its documents."""
    return [
        (
            entry["data-severity"],
            entry["data-code"],
            group["data-step"],
            int(entry.select_one("small a:last-child")["href"].rpartition("line=")[2]),
            words(entry.span),
        )
        for group in page.soup.select(".step-findings")
        for entry in group.select("li")
    ]


def errors(page):
    """(code, step, line) of the errors among them."""
    return [said[1:4] for said in findings(page) if said[0] == "error"]


def intents(page):
    """What storing will do to each document of a review, in order."""
    return [document["data-intent"] for document in page.soup.select(".document")]


TRIED = '.document [data-code="dry-run-ok"]'
UNTRIED = '.document [data-code="untried"]'
BLOCKED = ".review-foot button.go[disabled]"


def toasts(page):
    """The codes of the messages at the top of the page, in their order."""
    return [toast["data-code"] for toast in page.soup.select("#messages .toast")]


def status_of(page):
    """(state, ready pods, desired pods) of the only DaemonSet of a page."""
    [state] = page.soup.select("[data-status]")
    [pods] = page.soup.select("[data-desired]")
    return state["data-status"], int(pods["data-ready"]), int(pods["data-desired"])


def images_listed(page):
    """The images in a list of DaemonSets. Their tags stand in elements of their own."""
    return [code.get_text(strip=True) for code in page.soup.select("tbody .images code")]


def diff(page):
    return page.parts(".document .diff del"), page.parts(".document .diff ins")


def path_of(value, project):
    """Where the API server keeps the object that a document means."""
    api_version, kind = value["apiVersion"], value["kind"]
    entry = kinds.known(api_version, kind)
    namespace = value["metadata"].get("namespace") or project
    inside = f"/namespaces/{namespace}" if entry.namespaced else ""
    root = "/apis/" if "/" in api_version else "/api/"
    return f"{root}{api_version}{inside}/{entry.plural}/{value['metadata']['name']}"


QUANTITIES = ("requests", "limits", "hard", "sizeLimit", "divisor")


def differences(said: Any, live: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of what a text says and the live object does not have just so. The server leaves out what says
    nothing: null, false, 0, empty."""
    if said is None or (not said and live is None):
        return []
    if isinstance(said, dict) and isinstance(live, dict):
        return [d for key in said for d in differences(said[key], live.get(key), (*path, key))]
    if isinstance(said, list) and isinstance(live, list) and len(said) == len(live):
        return [d for i, each in enumerate(said) for d in differences(each, live[i], (*path, i))]
    if any(key in QUANTITIES for key in path) and said is not None and live is not None:
        return [] if quantity.parse(str(said)) == quantity.parse(str(live)) else [path]
    return [] if said == live and type(said) is type(live) else [path]


def assert_live_as_said(control_plane, text, project):
    """Every field of every document of the text is there with the same value."""
    for document in read(text):
        live = control_plane.api("GET", path_of(document.value, project))
        said = dict(document.value)
        for key, value in said.pop("stringData", None or {}).items():
            said["data"] = {**(said.get("data") or {}), key: base64.b64encode(value.encode()).decode()}
        assert differences(said, live) == [], document.name


def assert_kubectl_agrees(control_plane, manifest, project, folder):
    """`kubectl diff`, which reads the text and asks the server on its own, finds nothing to do."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return
    # With --namespace it would refuse a text that names another.
    config = json.loads(control_plane.kubeconfig().read_text())
    config["contexts"][0]["context"]["namespace"] = project
    kubeconfig = folder / "config"
    kubeconfig.write_text(json.dumps(config))
    options = ("--kubeconfig", str(kubeconfig), "--cache-dir", str(folder))
    said = subprocess.run(
        [kubectl, "diff", *options, "--filename", str(manifest)], capture_output=True, text=True
    )
    assert (said.returncode, said.stdout) == (0, ""), said.stderr


def nodes_of(text, control_plane):
    """The nodes on which placement says that the DaemonSets of a text run, one for each pod."""
    nodes = control_plane.api("GET", "/api/v1/nodes")["items"]
    templates = [d.value["spec"]["template"] for d in read(text) if d.kind == "DaemonSet"]
    return sorted(name for template in templates for name in coverage(template, nodes).should_run)


# Every manifest, from its file to its pods


@pytest.fixture(scope="module")
def kubectl_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("kubectl")


@pytest.mark.parametrize("manifest", SEEDS, ids=lambda path: path.name)
def test_a_seed_is_imported_reviewed_and_stored_and_its_pods_run(
    visitor, control_plane, project, manifest, kubectl_cache
):
    text = manifest.read_bytes().decode()
    with manifest.open("rb") as file:
        page = visitor.get(f"/clusters/local/projects/{project}/import/").press_at(
            "form.import button", files=[file]
        )
    review = page.press("go:review")
    assert len(review.soup.select(f"{TRIED}, {UNTRIED}")) == len(read(text))
    page = store(review)
    assert page.status == 200
    if len(read(text)) == 1:
        assert toasts(page) == ["object-created"]
    else:
        assert {outcome for _object, outcome in results(page)} == {"created"}
        assert len(results(page)) == len(read(text))

    assert_live_as_said(control_plane, text, project)
    assert_kubectl_agrees(control_plane, manifest, project, kubectl_cache)
    values = [document.value for document in read(text)]
    control_plane.wait_for(
        lambda: running(control_plane, values) == nodes_of(text, control_plane), "the pods to run"
    )


def running(control_plane, values):
    """The nodes of the running pods of the DaemonSets."""
    found = []
    for value in values:
        if value["kind"] == "DaemonSet":
            labels = ",".join(f"{k}%3D{v}" for k, v in value["spec"]["selector"]["matchLabels"].items())
            path = f"/api/v1/namespaces/{value['metadata']['namespace']}/pods?labelSelector={labels}"
            found += control_plane.api("GET", path)["items"]
    return sorted(pod["spec"].get("nodeName", "") for pod in found if pod["status"]["phase"] == "Running")


@pytest.mark.parametrize("manifest", OWN, ids=lambda path: path.name)
def test_a_manifest_of_every_shape_means_the_same_once_it_is_live(
    visitor, control_plane, project, manifest, kubectl_cache
):
    text = manifest.read_bytes().decode()
    review = imported(visitor, project, text).press("go:review")
    for missing in {d.namespace for d in read(text)} - {""}:
        if review.soup.select(f"#missing-{missing}"):
            review = review.press(f"create-project:{missing}")
    page = store(review)
    assert page.status == 200
    assert not page.soup.select('[data-failed="yes"]'), results(page)
    assert_live_as_said(control_plane, text, project)
    assert_kubectl_agrees(control_plane, manifest, project, kubectl_cache)
    daemonsets = [path_of(d.value, project) for d in read(text) if d.kind == "DaemonSet"]
    seen = control_plane.wait_for(
        lambda: all(found := [placed(control_plane, path) for path in daemonsets]) and found, "the controller"
    )
    assert sum(status["desiredNumberScheduled"] for status in seen) == len(nodes_of(text, control_plane))


def placed(control_plane, path):
    """The status of a DaemonSet once the controller has seen it."""
    status = control_plane.api("GET", path).get("status", {})
    return status if status.get("observedGeneration") else None


# The wizard

APPLY = "application/apply-patch+yaml"


def test_one_field_changed_in_the_wizard_changes_nothing_else_in_the_live_object(
    visitor, control_plane, project, agent
):
    # Others keep fields of it too: a container that one has added, a label of another.
    sidecar = {"template": {"spec": {"containers": [{"name": "sidecar", "image": "sidecar:1"}]}}}
    theirs = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"}, "spec": sidecar}
    control_plane.api("PATCH", agent + "?fieldManager=injector", theirs, content_type=APPLY)
    control_plane.api("PATCH", agent + "?fieldManager=labeller", {"metadata": {"labels": {"team": "red"}}})
    before = control_plane.api("GET", agent)

    page = visitor.get(f"/clusters/local/projects/{project}/daemonsets/").press_at('[data-verb="edit"]')
    page = page.press("go:pods")
    review = page.press("go:review", **{page.field("nginx:1"): "nginx:1.27"})
    assert diff(review) == (["image: nginx:1"], ["image: nginx:1.27"])
    assert len(review.soup.select(TRIED)) == 1
    assert control_plane.api("GET", agent)["spec"] == before["spec"]
    page = store(review)
    assert toasts(page) == ["object-configured"]
    assert f"{project}/agent" in page.part("#messages")

    after = control_plane.api("GET", agent)
    assert images(after) == {"main": "nginx:1.27", "sidecar": "sidecar:1"}
    images_of = {"main": "nginx:1", "sidecar": "sidecar:1"}
    for container in after["spec"]["template"]["spec"]["containers"]:
        container["image"] = images_of[container["name"]]
    assert after["spec"] == before["spec"]
    assert after["metadata"]["labels"] == before["metadata"]["labels"]
    assert fields_of(after, "injector") == fields_of(before, "injector")
    assert fields_of(after, "labeller") == fields_of(before, "labeller")


def images(daemonset):
    return {c["name"]: c["image"] for c in daemonset["spec"]["template"]["spec"]["containers"]}


def fields_of(live, manager):
    """What a field manager keeps of an object."""
    [entry] = [entry for entry in live["metadata"]["managedFields"] if entry["manager"] == manager]
    return entry["fieldsV1"]


def test_a_daemonset_made_in_the_wizard_runs(visitor, control_plane, project):
    page = visitor.get(f"/clusters/local/projects/{project}/daemonsets/").press_at(".empty form button")
    page = page.press("next", name="collector", alias="采集器")
    review = page.press("go:review", **{"c-0-name": "main", "c-0-image": "fluent-bit:3"})
    assert len(review.soup.select(TRIED)) == 1
    page = store(review)
    assert toasts(page) == ["object-created"]
    assert f"{project}/collector" in page.part("#messages")

    live = control_plane.api("GET", DAEMONSETS.format(project) + "/collector")
    assert images(live) == {"main": "fluent-bit:3"}
    assert live["metadata"]["annotations"]["kubesphere.io/alias-name"] == "采集器"
    nodes = control_plane.api("GET", "/api/v1/nodes")["items"]
    wanted = sorted(coverage(live["spec"]["template"], nodes).should_run)
    control_plane.wait_for(lambda: running(control_plane, [live]) == wanted, "the pods to run")
    # The row tells what the controller reports, which comes after.
    path = path_of(live, project)
    control_plane.wait_for(
        lambda: control_plane.api("GET", path)["status"]["numberReady"] == len(wanted), "its status"
    )
    listed = visitor.get(f"/clusters/local/projects/{project}/daemonsets/")
    assert listed.parts("tbody .name") == ["collector"]
    assert "采集器" in listed.part("tbody tr")
    assert images_listed(listed) == ["fluent-bit:3"]
    assert status_of(listed) == ("running", len(wanted), len(wanted))


# What the server refuses


def test_what_the_server_refuses_is_said_at_its_line(visitor, project):
    service = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: odd\nspec:\n"
        "  clusterIP: nonsense\n  ports:\n  - port: 80\n"
    )
    review = imported(visitor, project, config_map("first") + "---\n" + service).press("go:review")
    [(severity, _code, _step, line, sentence)] = findings(review)
    assert (severity, line) == ("error", 12)
    assert 'Invalid value: "nonsense"' in sentence
    assert review.soup.select(BLOCKED)


def test_mistakes_typed_in_yaml_mode_are_said_at_their_line_and_step(visitor, project):
    text = daemonset_text() + "        ports:\n        - containerPort: 99999\n      tolerationz: []\n"
    review = imported(visitor, project, text).press("go:review")
    assert errors(review) == [("unknown-field", "pods", 19), ("out-of-range", "pods", 18)]


@pytest.mark.parametrize(
    ("name", "dropped_by_new"), [("every-kind-of-volume.yaml", True), ("every-pod-field.yaml", False)]
)
def test_what_the_server_cannot_keep_of_new_fields_is_said_where_it_stands(
    visitor, control_plane, project, name, dropped_by_new
):
    text = (MANIFESTS / name).read_text()
    review = imported(visitor, project, text).press("go:review")
    for missing in {document.namespace for document in read(text)}:
        if review.soup.select(f"#missing-{missing}"):
            review = review.press(f"create-project:{missing}")
    by_server = [said for said in findings(review) if said[1] in ("field-unsupported", "field-dropped")]
    # A server of 1.20 does not know some of the fields; a newer one knows all, and drops those whose feature
    # gate is off.
    if control_plane.minor == 20:
        expected = {("error", "field-unsupported")}
    else:
        expected = {("warning", "field-dropped")} if dropped_by_new else set()
    assert {said[:2] for said in by_server} == expected
    assert {step for _severity, _code, step, _line, _sentence in by_server} <= {"pods", "volumes"}
    assert all(line > 1 for _severity, _code, _step, line, _sentence in by_server)
    assert bool(review.soup.select(BLOCKED)) is (control_plane.minor == 20)


def test_a_field_the_server_would_leave_out_is_warned_of(visitor, control_plane, project):
    text = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n"
        "  publishNotReadyAddresses: false\n  ipFamilyPolicy: SingleStack\n  ports:\n  - port: 80\n"
    )
    review = imported(visitor, project, text).press("go:review")
    # On in all servers since 1.21 (feature gate IPv6DualStack).
    dropped = [("warning", "field-dropped", "", 7)] if control_plane.minor == 20 else []
    assert [said[:4] for said in findings(review)] == dropped
    assert toasts(store(review)) == ["object-created"]
    live = control_plane.api("GET", f"/api/v1/namespaces/{project}/services/web")
    assert live["spec"].get("ipFamilyPolicy") == (None if control_plane.minor == 20 else "SingleStack")


def test_what_older_servers_take_in_another_form_is_sent_in_it(visitor, control_plane, project):
    text = daemonset_text() + "        resources:\n          requests: {cpu: 1, memory: 1e6}\n"
    assert store(imported(visitor, project, text).press("go:review")).status == 200
    live = control_plane.api("GET", DAEMONSETS.format(project) + "/agent")
    [container] = live["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == {"requests": {"cpu": "1", "memory": "1M"}}


def test_a_full_quota_is_said_before_anything_is_stored(visitor, control_plane, project):
    path = f"/api/v1/namespaces/{project}/resourcequotas"
    control_plane.api(
        "POST", path, {"metadata": {"name": "few"}, "spec": {"hard": {"count/daemonsets.apps": "0"}}}
    )
    control_plane.wait_for(lambda: control_plane.api("GET", path + "/few")["status"].get("hard"), "the quota")
    review = imported(visitor, project, daemonset_text()).press("go:review")
    [sentence] = [said[-1] for said in findings(review) if said[0] == "error"]
    assert "exceeded quota: few" in sentence
    [over] = review.soup.select("aside .uses .over")
    assert (over.dt["title"], over.dd["data-figures"]) == ("count/daemonsets.apps", "0 1 0")
    assert review.soup.select(BLOCKED)


def test_a_missing_project_can_be_created_from_the_review(visitor, control_plane, project):
    name = project + "-late"
    review = imported(visitor, project, daemonset_text(namespace=name)).press("go:review")
    assert review.soup.select(BLOCKED)
    assert review.codes(f"#missing-{name}") == ["no-project"]
    review = review.press(f"create-project:{name}")
    assert toasts(review) == ["project-created"]
    assert errors(review) == []
    assert store(review).status == 200
    assert control_plane.api("GET", DAEMONSETS.format(name) + "/agent")


def test_what_failed_on_the_way_can_be_mended_and_gone_on_from(visitor, control_plane, project):
    """Its project comes with the text, so the server could not say before that it refuses the Service."""
    name = project + "-own"
    service = (
        f"apiVersion: v1\nkind: Service\nmetadata:\n  name: odd\n  namespace: {name}\n"
        "spec:\n  clusterIP: bad\n  ports:\n  - port: 80\n"
    )
    text = "---\n".join([namespace(name), service, daemonset_text(namespace=name)])
    page = store(imported(visitor, project, text).press("go:review"))
    assert page.soup.select('[data-failed="yes"]')
    assert results(page) == [(f"Namespace {name}", "created"), ("Service odd", ""), ("DaemonSet agent", "")]
    assert [row["data-code"] for row in page.soup.select("tbody tr")] == ["", "rejected", ""]
    assert "clusterIP" in page.parts("tbody tr")[1]

    page = page.follow('.acts a[href$="/review/"]').follow('aside a[href*="/yaml/"]')
    mended = page.press("go:review", text=text.replace("clusterIP: bad", "clusterIP: None"))
    assert intents(mended) == ["unchanged", "create", "create"]
    assert results(store(mended)) == [
        (f"Namespace {name}", "unchanged"),
        ("Service odd", "created"),
        ("DaemonSet agent", "created"),
    ]


def test_a_broken_text_is_refused_at_its_line_mended_and_stored(visitor, control_plane, project):
    broken = daemonset_text(namespace=project).replace("        image:", "       image:")
    page = imported(visitor, project, broken)
    refused = page.press("go:review")
    assert refused.status == 422
    assert refused.soup.select('#findings [data-line="17"]')
    assert refused.field(broken.replace("\n", "\r\n")) == "text"
    assert store(refused.press("go:review", text=daemonset_text(namespace=project))).status == 200
    assert control_plane.api("GET", DAEMONSETS.format(project) + "/agent")


@pytest.mark.skipif(not SEEDS, reason="needs ../shared/corpus/seeds")
def test_the_broken_seed_is_refused_at_its_line_mended_and_stored(visitor, control_plane, project):
    broken = SEEDS[0].with_name("envoy.broken.yaml").read_text()
    refused = imported(visitor, project, broken).press("go:review")
    assert refused.status == 422
    assert refused.soup.select('#findings [data-line="38"]')
    head, slip, tail = broken.partition(
        "        - name: envoy-tls\n          secret:\n            secretName"
    )
    assert slip
    mended = head + "      - name: envoy-tls\n        secret:\n          secretName" + tail
    assert store(refused.press("go:review", text=mended)).status == 200
    assert_live_as_said(control_plane, mended, project)


# Others at the same object


@pytest.fixture
def edited(visitor, project, agent):
    """The review of a new image for the live `agent`."""
    page = visitor.get(f"/clusters/local/projects/{project}/daemonsets/").press_at('[data-verb="edit"]')
    page = page.press("go:pods")
    return page.press("go:review", **{page.field("nginx:1"): "nginx:1.27"})


def labelled(control_plane, agent, team):
    control_plane.api("PATCH", agent + "?fieldManager=labeller", {"metadata": {"labels": {"team": team}}})


def test_a_change_by_somebody_else_is_shown_and_kept(control_plane, edited, agent):
    labelled(control_plane, agent, "red")
    page = store(edited)
    assert page.status == 409
    assert "rebased" in page.codes(".body .note")
    assert "team: red" in page.part("#rebased")
    assert images(control_plane.api("GET", agent)) == {"main": "nginx:1"}

    assert diff(page) == (["image: nginx:1"], ["image: nginx:1.27"])
    assert store(page).status == 200
    live = control_plane.api("GET", agent)
    assert images(live) == {"main": "nginx:1.27"}
    assert live["metadata"]["labels"] == {"team": "red"}


def test_a_label_that_a_controller_keeps_changing_prevents_no_save(control_plane, visitor, project, agent):
    labelled(control_plane, agent, "red")
    page = visitor.get(f"/clusters/local/projects/{project}/daemonsets/").press_at('[data-verb="edit"]')
    page = page.press("go:pods")
    labelled(control_plane, agent, "green")
    page = page.press("go:review", **{page.field("nginx:1"): "nginx:1.27"})
    assert "team: green" in page.part("#rebased")
    labelled(control_plane, agent, "blue")
    assert store(page).status == 200
    live = control_plane.api("GET", agent)
    assert images(live) == {"main": "nginx:1.27"}
    assert live["metadata"]["labels"] == {"team": "blue"}


def test_what_others_created_just_so_is_as_good_as_stored(visitor, control_plane, project):
    review = imported(visitor, project, daemonset_text()).press("go:review")
    [document] = read(daemonset_text())
    control_plane.api("POST", DAEMONSETS.format(project) + "?fieldManager=kubectl", document.value)
    assert toasts(store(review)) == ["object-unchanged"]


def test_what_was_deleted_meanwhile_can_be_created_again(control_plane, edited, agent):
    control_plane.api("DELETE", agent)
    page = store(edited)
    assert page.status == 409
    assert page.codes(".document .note.bad") == ["object-deleted"]
    page = store(page.press_at('button[value^="mine:"]'))
    assert toasts(page) == ["object-created"]
    assert images(control_plane.api("GET", agent)) == {"main": "nginx:1.27"}


def test_the_selector_of_a_live_daemonset_is_known_to_be_immutable(visitor, control_plane, project, agent):
    page = visitor.get(f"/clusters/local/projects/{project}/daemonsets/").press_at('[data-verb="edit"]')
    page = page.press("go:yaml")
    text = page.held("text").replace("app: agent", "app: other")
    page = page.press("save", text=text)
    assert page.codes("#findings li.error") == ["selector-immutable"]


@pytest.fixture
def of_helm(visitor, control_plane, project):
    """The review of a draft that changes the image and the label of a DaemonSet that Helm installed."""
    [document] = read(daemonset_text(more="labels:\n  team: a"))
    control_plane.api("POST", DAEMONSETS.format(project) + "?fieldManager=helm", document.value)
    page = visitor.get(f"/clusters/local/projects/{project}/daemonsets/").press_at('[data-verb="edit"]')
    page = page.press("go:pods")
    page = page.press("go:labels", **{page.field("nginx:1"): "nginx:1.27"})
    return page.press("go:review", **{page.field("a"): "b"})


def taken(review):
    rows = review.soup.select("[data-code=field-conflict] [data-owner]")
    return [(row["data-owner"], row["data-path"]) for row in rows]


def test_fields_that_another_manager_keeps_are_taken_over_only_when_asked(control_plane, project, of_helm):
    agent = DAEMONSETS.format(project) + "/agent"
    assert taken(of_helm) == [
        ("helm", "metadata.labels.team"),
        ("helm", "spec.template.spec.containers[main].image"),
    ]
    refused = of_helm.sent("#review", op="store")
    assert (refused.status, refused.codes("[role=alert]")) == (409, ["field-conflict"])
    assert images(control_plane.api("GET", agent)) == {"main": "nginx:1"}
    before = control_plane.api("GET", agent)
    assert toasts(of_helm.press("store:force")) == ["object-configured"]
    after = control_plane.api("GET", agent)
    assert images(after) == {"main": "nginx:1.27"}
    assert after["metadata"]["labels"]["team"] == "b"
    assert fields_of(after, "helm")["f:spec"].keys() == fields_of(before, "helm")["f:spec"].keys()


def test_a_field_is_left_to_its_manager(control_plane, project, of_helm):
    review = of_helm.press("theirs:0:1")
    assert taken(review) == [("helm", "metadata.labels.team")]
    assert toasts(review.press("store:force")) == ["object-configured"]
    after = control_plane.api("GET", DAEMONSETS.format(project) + "/agent")
    assert (images(after), after["metadata"]["labels"]["team"]) == ({"main": "nginx:1"}, "b")


@pytest.fixture
def over_a_live_one(visitor, control_plane, project):
    """The review of an import over a live DaemonSet that has more in it."""
    extra = daemonset_text(more="labels:\n  team: a") + "        env:\n        - {name: A, value: a}\n"
    [document] = read(extra)
    control_plane.api("POST", DAEMONSETS.format(project) + "?fieldManager=kubectl-create", document.value)
    return imported(visitor, project, daemonset_text(image="nginx:2")).press("go:review")


def more_of(control_plane, project):
    live = control_plane.api("GET", DAEMONSETS.format(project) + "/agent")
    [container] = live["spec"]["template"]["spec"]["containers"]
    return container["image"], live["metadata"].get("labels"), container.get("env")


def test_an_import_over_a_live_object_asks_what_becomes_of_the_rest(control_plane, project, over_a_live_one):
    [asked] = over_a_live_one.soup.select("[data-code=object-exists]")
    assert asked["data-removes"] == "2"
    undecided = over_a_live_one.press("store")
    assert (undecided.status, undecided.codes("[role=alert]")) == (422, ["undecided"])
    assert more_of(control_plane, project)[0] == "nginx:1"


def test_an_import_adds_and_changes(control_plane, project, over_a_live_one):
    review = over_a_live_one.press("add:0")
    assert toasts(review.press("store")) == ["object-configured"]
    assert more_of(control_plane, project) == ("nginx:2", {"team": "a"}, [{"name": "A", "value": "a"}])


def test_an_import_makes_an_object_exactly_what_it_says(control_plane, project, over_a_live_one):
    assert toasts(over_a_live_one.press("store", exact="0")) == ["object-configured"]
    assert more_of(control_plane, project) == ("nginx:2", None, None)


# Lists, objects, projects


def test_the_pages_of_a_live_project(visitor, control_plane, project, agent):
    here = f"/clusters/local/projects/{project}"
    control_plane.wait_for(
        lambda: control_plane.api("GET", agent).get("status", {}).get("numberReady") == 10, "ten ready pods"
    )
    listed = visitor.get(f"{here}/daemonsets/")
    assert listed.parts("tbody .name") == ["agent"]
    assert images_listed(listed) == ["nginx:1"]
    assert status_of(listed) == ("running", 10, 10)
    assert visitor.get(f"{here}/daemonsets/?status=running").parts("tbody .name") == ["agent"]
    assert visitor.get(f"{here}/daemonsets/?q=other").soup.select('[data-empty="no-match"]')
    everywhere = visitor.get("/clusters/local/daemonsets/")
    assert project in [words(cell) for cell in everywhere.soup.select("tbody td .link")]
    page = visitor.get(f"{here}/daemonsets/agent/")
    assert status_of(page) == ("running", 10, 10)
    assert page.follow('nav a[href$="/revisions/"]').soup.select('[data-empty="history"]')
    assert visitor.get(f"{here}/deleted/").status == 404
    nodes = visitor.get("/clusters/local/nodes/")
    assert nodes.text.count("kubernetes.io/hostname=node-00") >= 10
    assert "node-role.kubernetes.io/control-plane:NoSchedule" in nodes.text
    assert "kube-root-ca.crt" in visitor.get(f"{here}/configmaps/").text or control_plane.version < "v1.20"


def test_the_values_of_a_live_secret_are_on_no_page(visitor, control_plane, project):
    values = {"password": "hunter2-of-the-cluster"}
    encoded = base64.b64encode(values["password"].encode()).decode()
    control_plane.api(
        "POST", f"/api/v1/namespaces/{project}/secrets", {"metadata": {"name": "keys"}, "stringData": values}
    )
    here = f"/clusters/local/projects/{project}/secrets"
    pages = [
        visitor.get(f"{here}/{rest}") for rest in ("", "keys/", "keys/yaml/", "keys/delete/", "keys/copy/")
    ]
    editor = visitor.get(f"{here}/keys/").press_at('[data-verb="edit-yaml"]')
    changed = editor.held("text").replace("type: Opaque", "type: Opaque\r\nimmutable: true")
    pages.append(editor.press("go:review", text=changed))
    for page in pages:
        assert page.status == 200
        assert "keys" in page.text
        assert values["password"] not in page.content.decode()
        assert encoded not in page.content.decode()
    export = visitor.get(f"{here}/keys/export/").press("yaml", values="plain")
    assert encoded in export.content.decode()
    assert encoded not in visitor.get(f"{here}/keys/export/").press("yaml").content.decode()


def test_a_live_daemonset_is_exported_and_deleted(visitor, control_plane, project, agent):
    address = f"/clusters/local/projects/{project}/daemonsets"
    exported = visitor.get(f"{address}/agent/export/?as=yaml").content.decode()
    assert "managedFields" not in exported
    [again] = read(exported)
    assert differences(again.value, control_plane.api("GET", agent)) == []
    page = visitor.get(f"{address}/agent/delete/").press_at(".foot button.red")
    assert toasts(page) == ["deleted"]
    assert f"{project}/agent" in page.part("#messages")
    assert page.address == address + "/"
    with pytest.raises(ApiError) as gone:
        control_plane.api("GET", agent)
    assert gone.value.status == 404


def test_objects_that_were_changed_meanwhile_are_not_deleted(visitor, control_plane, project, agent):
    address = f"/clusters/local/projects/{project}/daemonsets/"
    store(imported(visitor, project, daemonset_text("second")).press("go:review"))
    asked = visitor.get(address).press("delete", ref=[f"{project}/agent", f"{project}/second"])
    control_plane.api("PATCH", agent, {"metadata": {"labels": {"team": "red"}}})
    page = asked.press("deleted")
    assert toasts(page) == ["deleted", "not-deleted"]
    assert "second" in page.parts("#messages .toast")[0]
    assert "agent" in page.parts("#messages .toast")[1]
    assert page.parts("tbody .name") == ["agent"]


def test_a_project_is_made_and_deleted_in_the_cluster(visitor, control_plane, project):
    name = project + "-new"
    page = visitor.get("/projects/").follow('#cluster-local a[href$="/local/projects/"]')
    page = page.follow('a[href$="/new-project/"]')
    page = page.press_at(".foot button.go", name=name, alias="新项目")
    assert page.address == f"/clusters/local/projects/{name}/daemonsets/"
    there = control_plane.api("GET", f"/api/v1/namespaces/{name}")
    assert there["metadata"]["annotations"]["kubesphere.io/alias-name"] == "新项目"
    assert visitor.get("/clusters/local/new-project/").press_at(".foot button.go", name=name).status == 409
    listed = visitor.get("/projects/?cluster=local")
    assert name in listed.parts("#cluster-local .project .name")
    assert listed.parts(f'#cluster-local .project[href*="/{name}/"] [data-alias]') == ["新项目"]

    page = visitor.get(f"/clusters/local/namespaces/{name}/delete/")
    assert page.soup.select(".note.warn")
    assert page.press_at(".foot button.red", name="wrong").status == 422
    assert page.press_at(".foot button.red", name=name).status == 200
    listed = visitor.get("/projects/?cluster=local")
    usable = listed.parts("#cluster-local .project:not(:has([data-code=project-deleting])) .name")
    assert project in usable
    assert name not in usable
    listed = visitor.get("/clusters/local/namespaces/").press("delete", ref=["/" + project])
    assert toasts(listed) == ["one-project-at-a-time"]


# A cluster that does not answer, people who may little


@pytest.fixture
def cluster_pages(project):
    here = f"/clusters/local/projects/{project}"
    return [
        "/clusters/local/daemonsets/",
        "/clusters/local/nodes/",
        f"{here}/daemonsets/",
        f"{here}/daemonsets/agent/",
        f"{here}/daemonsets/agent/yaml/",
        f"{here}/daemonsets/agent/delete/",
        f"{here}/configmaps/",
        f"{here}/delete/",
    ]


def test_a_cluster_that_is_not_there_is_said_on_every_page(
    visitor, control_plane, settings, tmp_path, demo, cluster_pages, project
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        config = json.loads(control_plane.kubeconfig().read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{free.getsockname()[1]}"
        settings.KUBECONFIG = str(tmp_path / "config")
        Path(settings.KUBECONFIG).write_text(json.dumps(config))
    for address in cluster_pages:
        page = visitor.get(address)
        assert (address, page.status) == (address, 503)
        assert page.codes("[data-error]") == ["unreachable"]
    switcher = visitor.get("/projects/").follow('#cluster-local a[href$="/local/projects/"]')
    assert switcher.codes("#cluster-local [data-error]") == ["unreachable"]
    assert "demo" in switcher.follow('main p > a[href="/projects/"]').parts(".project .name")
    assert visitor.get("/clusters/offline/projects/demo/daemonsets/").status == 200

    # A draft can be written meanwhile; only storing it has to wait.
    page = imported(visitor, project, daemonset_text())
    step = page.press("go:pods")
    assert step.status == 200
    review = step.press("go:review", **{step.field("nginx:1"): "nginx:1.27"})
    assert review.status == 503
    assert review.codes(".review .note.bad") == ["unreachable"]
    settings.KUBECONFIG = str(control_plane.kubeconfig())
    assert store(review.follow('.note.bad a[href$="/review/"]')).status == 200
    live = control_plane.api("GET", DAEMONSETS.format(project) + "/agent")
    assert images(live) == {"main": "nginx:1.27"}


def test_a_cluster_that_hangs_is_given_up_at_the_first_request_of_all_pages(admin, settings, tmp_path):
    settings.CLUSTER_READ_SECONDS, settings.CLUSTER_AWAY_SECONDS = 0.1, 600
    asked = []

    def hang(request):
        asked.append(request.path)
        kube_api.hang(request)

    with kube_api.FakeServer(tmp_path) as server:
        server.fault = hang
        settings.KUBECONFIG = str(server.kubeconfig)
        visitor = Visitor(admin)
        here = "/clusters/faulty/projects/any"
        for address in (f"{here}/daemonsets/", f"{here}/daemonsets/agent/", "/clusters/faulty/nodes/"):
            assert visitor.get(address).status == 504
        draft = visitor.get(f"{here}/import/").press_at("form.import button", text=daemonset_text())
        for place, status in (("go:pods", 200), ("go:review", 504)):
            assert draft.press(place).status == status
    assert len(asked) == 1, asked


def test_who_may_nothing_is_told_so_in_words(control_plane, admin, settings, cluster_pages, project):
    settings.KUBECONFIG = str(control_plane.kubeconfig("bob"))
    visitor = Visitor(admin)
    for address in cluster_pages:
        if not address.endswith("/delete/"):
            page = visitor.get(address)
            assert (address, page.status) == (address, 403)
            assert page.codes("[data-error]") == ["forbidden"]
            assert 'User "bob" cannot' in page.part("[data-error]")
    switcher = visitor.get("/projects/?cluster=local")
    assert switcher.codes("#cluster-local [data-error]") == ["forbidden"]
    assert "kubectl config set-context local --namespace=" in switcher.part("#cluster-local [data-error]")
    form = visitor.get("/clusters/local/new-project/").press_at(".foot button.go", name="bobs", alias="kept")
    assert form.status == 403
    assert 'User "bob" cannot' in form.text
    assert form.held("alias") == "kept"
    page = visitor.get(f"/clusters/local/projects/{project}/delete/")
    assert page.press_at(".foot button.red", name=project).status == 403
    review = imported(visitor, project, daemonset_text()).press("go:review")
    assert [code for code, _step, _line in errors(review)] == ["forbidden"]
    assert review.soup.select(BLOCKED)


def test_who_may_only_write_daemonsets_of_one_project_can_do_that(control_plane, admin, settings, project):
    rules = [{"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["*"]}]
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{project}"
    control_plane.api("POST", f"{rbac}/roles", {"metadata": {"name": "agents"}, "rules": rules})
    binding = {
        "metadata": {"name": "agents"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "agents"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"}],
    }
    control_plane.api("POST", f"{rbac}/rolebindings", binding)
    settings.KUBECONFIG = str(control_plane.kubeconfig("alice"))
    visitor = Visitor(admin)
    address = f"/clusters/local/projects/{project}/daemonsets/"
    control_plane.wait_for(lambda: visitor.get(address).status == 200, "alice's rights")
    listed = visitor.get(address)
    assert listed.soup.select('[data-quotas="forbidden"]')
    page = listed.press_at(".empty form button").press("next", name="agent")
    review = page.press("go:review", **{"c-0-name": "main", "c-0-image": "nginx:1"})
    assert len(review.soup.select(TRIED)) == 1
    assert toasts(store(review)) == ["object-created"]
    assert visitor.get(address).parts("tbody .name") == ["agent"]

    # Alice can't list projects: what she does not see may exist all the same.
    elsewhere = daemonset_text("second") + "---\n" + daemonset_text(namespace="kube-system")
    review = imported(visitor, project, elsewhere).press("go:review")
    assert [(code, line) for code, _step, line in errors(review)] == [("forbidden", 18)]
    page = visitor.get(address + "agent/delete/").press_at(".foot button.red")
    assert toasts(page) == ["deleted"]


def test_a_manifest_may_define_the_kind_of_its_objects(visitor, control_plane, project):
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": free}}}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "wheels.bundle.example.org"},
        "spec": {
            "group": "bundle.example.org",
            "scope": "Namespaced",
            "names": {"plural": "wheels", "kind": "Wheel"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    wheel = {"apiVersion": "bundle.example.org/v1", "kind": "Wheel", "metadata": {"name": "w"}}
    review = imported(visitor, project, f"{json.dumps(wheel)}\n---\n{json.dumps(definition)}\n").press(
        "go:review"
    )
    assert (len(review.soup.select(UNTRIED)), len(review.soup.select(TRIED))) == (1, 1)
    assert results(store(review)) == [
        ("CustomResourceDefinition wheels.bundle.example.org", "created"),
        ("Wheel w", "created"),
    ]


def test_a_service_keeps_its_address_and_node_port_when_its_manifest_is_imported_again(
    visitor, control_plane, project
):
    spec = {"type": "NodePort", "selector": {"a": "b"}, "ports": [{"port": 80}]}
    value = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}
    path = f"/api/v1/namespaces/{project}/services"
    before = control_plane.api("POST", f"{path}?fieldManager=kubectl", value)["spec"]
    spec["selector"] = {"a": "c"}
    assert store(imported(visitor, project, json.dumps(value)).press("go:review")).status == 200
    after = control_plane.api("GET", f"{path}/s")["spec"]
    assert after == {**before, "selector": {"a": "c"}}


def test_what_a_manifest_must_not_leave_out_can_be_added(visitor, control_plane, project):
    spec = {"volumeName": "v", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1"}}}
    metadata = {"name": "c", "labels": {"a": "b"}}
    value = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}
    path = f"/api/v1/namespaces/{project}/persistentvolumeclaims"
    control_plane.api("POST", f"{path}?fieldManager=kubectl", value)
    del spec["volumeName"]
    metadata["labels"] = {"a": "c"}
    review = imported(visitor, project, json.dumps(value)).press("go:review")
    assert review.soup.select(BLOCKED)
    assert store(review.press("add:0")).status == 200
    assert control_plane.api("GET", f"{path}/c")["metadata"]["labels"] == {"a": "c"}


def test_a_project_that_a_person_cannot_list_may_exist(control_plane, admin, settings, tmp_path, project):
    other = control_plane.new_namespace()
    for name in (project, other):
        binding = {
            "metadata": {"name": "edit"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "bob"}],
        }
        path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{name}/rolebindings"
        control_plane.api("POST", path, binding)
        maps = f"/api/v1/namespaces/{name}/configmaps"
        control_plane.wait_for(lambda: permitted(control_plane, maps), "bob's rights")  # noqa: B023
    config = json.loads(control_plane.kubeconfig("bob").read_text())
    config["contexts"][0]["context"]["namespace"] = project
    settings.KUBECONFIG = str(tmp_path / "kubeconfig")
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    there = config_map("a").replace("name: a", f"name: a\n  namespace: {other}")
    review = imported(Visitor(admin), project, f"{config_map('a')}---\n{there}").press("go:review")
    assert [outcome for _name, outcome in results(store(review))] == ["created", "created"]


def permitted(control_plane, path):
    try:
        return control_plane.api("GET", path, who="bob")
    except ApiError:
        return None


def test_what_the_cluster_sets_again_is_said(visitor, agent, project):
    page = visitor.get(f"/clusters/local/projects/{project}/daemonsets/").press_at('[data-verb="edit"]')
    page = page.press("go:yaml")
    left = page.held("text").replace("dnsPolicy: ClusterFirst", "# the default")
    review = page.press("go:review", text=left)
    assert intents(review) == ["unchanged"]
    assert review.parts('[data-code="put-back"] li') == ["spec.template.spec.dnsPolicy"]
