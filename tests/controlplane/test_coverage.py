"""Where it runs and why not there: what the console says of a live cluster is what the cluster has."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from console.errors import Forbidden
from tests.controlplane.visitor import imported, store
from tests.stores.texts import daemonset_text
from workloads.services.running import DAEMONSET_PODS
from workloads.stores import store_for

pytestmark = pytest.mark.django_db

DAEMONSETS = "/apis/apps/v1/namespaces/{}/daemonsets"
PODS = "/api/v1/namespaces/{}/pods"
NODE = "/api/v1/nodes/{}"
OURS = [f"ours-{n}" for n in range(1, 5)]
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


@pytest.fixture
def our_nodes(control_plane):
    """Four nodes that only DaemonSets of these tests select."""
    control_plane.add_nodes(
        {"metadata": {"name": name, "labels": {"pool": "ours", "kubernetes.io/hostname": name}}}
        for name in OURS
    )
    yield OURS
    for name in OURS:
        control_plane.api("DELETE", NODE.format(name))


@pytest.fixture
def agent(visitor, control_plane, project, our_nodes):
    """The path of a DaemonSet that runs on our nodes and replaces no pod by itself."""
    text = daemonset_text(more="annotations:\n  note: one") + "      nodeSelector:\n        pool: ours\n"
    text = text.replace("spec:\n", "spec:\n  updateStrategy:\n    type: OnDelete\n", 1)
    assert store(imported(visitor, project, text).press("Review")).status == 200
    path = DAEMONSETS.format(project) + "/agent"
    settled(control_plane, path, numberReady=len(OURS))
    return path


@pytest.fixture
def troubled(control_plane, project, agent):
    """The agent with an old pod, one that fails, none, and one too many: of our nodes one each, in order."""
    _first, second, third, fourth = OURS
    # A new revision that cannot start, on the one node whose pod is deleted; the others keep the old one.
    broken = {"metadata": {"annotations": {"fake/fail": "ImagePullBackOff"}}}
    control_plane.api("PATCH", agent, {"spec": {"template": broken}})
    settled(control_plane, agent, updatedNumberScheduled=0)
    control_plane.api("DELETE", f"{PODS.format(project)}/{pods_at(control_plane, project)[second]}")
    control_plane.wait_for(lambda: waiting(control_plane, project) == {second}, "the new pod to fail")
    # No pod can take the place of one that is gone, and one stays where none would be made.
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    control_plane.api("POST", f"/api/v1/namespaces/{project}/resourcequotas", quota)
    control_plane.wait_for(
        lambda: control_plane.api("GET", f"/api/v1/namespaces/{project}/resourcequotas/none")["status"],
        "the quota to be reckoned",
    )
    control_plane.api("DELETE", f"{PODS.format(project)}/{pods_at(control_plane, project)[third]}")
    control_plane.api(
        "PATCH", NODE.format(fourth), {"spec": {"taints": [{"key": "late", "effect": "NoSchedule"}]}}
    )
    control_plane.wait_for(
        lambda: events(control_plane, project, "FailedCreate"), "the quota to refuse a pod"
    )
    control_plane.wait_for(lambda: third not in pods_at(control_plane, project), "the old pod to go")
    return agent


def settled(control_plane, path, **counters):
    """Waits until the controller has seen the DaemonSet as it is and reports these numbers."""

    def holds():
        live = control_plane.api("GET", path)
        status = live.get("status", {})
        seen = status.get("observedGeneration") == live["metadata"]["generation"]
        return seen and all(status.get(name, 0) == number for name, number in counters.items())

    control_plane.wait_for(holds, f"{path} with {counters}")


def pods_at(control_plane, project):
    """Node → the name of its pod."""
    pods = control_plane.api("GET", PODS.format(project))["items"]
    return {
        pod["spec"]["nodeName"]: pod["metadata"]["name"]
        for pod in pods
        if not pod["metadata"].get("deletionTimestamp") and pod["spec"].get("nodeName")
    }


def waiting(control_plane, project):
    """The nodes with a pod that its kubelet cannot start."""
    pods = control_plane.api("GET", PODS.format(project))["items"]
    states = [(pod, each) for pod in pods for each in pod["status"].get("containerStatuses", ())]
    return {pod["spec"]["nodeName"] for pod, each in states if "waiting" in each["state"]}


def events(control_plane, project, reason):
    """What the events of this reason say."""
    found = control_plane.api("GET", f"/api/v1/namespaces/{project}/events")["items"]
    return [event["message"] for event in found if event["reason"] == reason]


def nodes_tab(visitor, project, name="agent", cluster="local", **query):
    return visitor.get(
        f"/clusters/{cluster}/projects/{project}/daemonsets/{name}/nodes/?{urlencode({'size': 100, **query})}"
    )


def table(page):
    """Node → (state, why, pod) of the table of a DaemonSet's nodes; the pod "" where there is none."""
    found = {}
    for row in page.soup.select("#table tbody tr"):
        cells = [" ".join(cell.get_text(" ").split()) for cell in row.select("th, td")]
        found[cells[0]] = (cells[1], cells[2], cells[3].strip("–") if len(cells) > 3 else "")
    return found


def cells(page):
    """Node → state, by the classes of the map."""
    return {
        cell.get_text(): run["class"][-1]
        for run in page.soup.select("[data-map] .r")
        for cell in run.select("a")
    }


def counters(page):
    """Field of the status → (what is reported, what is counted)."""
    found = {}
    for line in page.soup.select(".counters > div"):
        numbers = [int(number) for number in re.findall(r"\d+", line.dd.get_text())]
        found[line.dt["title"]] = (numbers[0], numbers[-1])
    return found


def disagrees(page):
    return "The controller reports different numbers" in page.text


# The Nodes tab


def test_the_nodes_tab_has_every_pod_as_the_cluster_has_it(visitor, control_plane, project, agent):
    page = nodes_tab(visitor, project)
    there = pods_at(control_plane, project)
    assert {name: (state, pod) for name, (state, _why, pod) in table(page).items()} == {
        node["metadata"]["name"]: ("running", there[node["metadata"]["name"]])
        if node["metadata"]["name"] in OURS
        else ("excluded", "")
        for node in control_plane.api("GET", "/api/v1/nodes")["items"]
    }


def test_the_nodes_tab_says_what_is_wrong_with_every_pod(visitor, control_plane, project, troubled):
    first, second, third, fourth = OURS
    page = nodes_tab(visitor, project)
    there = pods_at(control_plane, project)
    said = table(page)
    assert said[first] == ("being updated", "The pod has an older revision.", there[first])
    assert said[second] == ("failing", "Container main: ImagePullBackOff", there[second])
    assert said[third][::2] == ("should run, no pod", "")
    assert 'The controller reported (just now): Error creating: pods "agent-…" is' in said[third][1]
    assert "exceeded quota: none" in said[third][1]
    assert said[fourth][::2] == ("has a pod, should not", there[fourth])
    assert "late:NoSchedule is not tolerated" in said[fourth][1]
    assert {name: state for name, state in cells(page).items() if name in OURS} == dict(
        zip(OURS, ("old", "bad", "miss", "mis"), strict=True)
    )
    assert list(table(nodes_tab(visitor, project, state="bad"))) == [second]
    # A controller of 1.20 that cannot make a pod leaves its old numbers, so only what is counted is known.
    assert {name: counted for name, (_reported, counted) in counters(page).items()} == {
        "desiredNumberScheduled": 3,
        "currentNumberScheduled": 2,
        "numberReady": 1,
        "numberAvailable": 1,
        "updatedNumberScheduled": 1,
        "numberMisscheduled": 1,
        "numberUnavailable": 2,
    }
    assert disagrees(page) == any(reported != counted for reported, counted in counters(page).values())


def test_the_counted_numbers_are_the_reported_ones_once_both_have_seen_the_same(
    visitor, control_plane, project, agent
):
    page = nodes_tab(visitor, project)
    assert not disagrees(page)
    assert all(reported == counted for reported, counted in counters(page).values())
    assert counters(page)["desiredNumberScheduled"] == (4, 4)

    with control_plane.paused("controller-manager"):
        taint = {"spec": {"taints": [{"key": "late", "effect": "NoSchedule"}]}}
        control_plane.api("PATCH", NODE.format(OURS[0]), taint)
        page = nodes_tab(visitor, project)
        assert disagrees(page)
        differ = {name: both for name, both in counters(page).items() if both[0] != both[1]}
        assert differ == {
            "desiredNumberScheduled": (4, 3),
            "currentNumberScheduled": (4, 3),
            "numberReady": (4, 3),
            "numberAvailable": (4, 3),
            "updatedNumberScheduled": (4, 3),
            "numberMisscheduled": (0, 1),
        }
    if control_plane.minor >= 34:
        # A taint that lets the pod stay is no reason for these controllers to count again; any change of the
        # DaemonSet is (pkg/controller/daemon/daemon_controller.go syncNodeUpdate).
        control_plane.api("PATCH", agent, {"metadata": {"annotations": {"example.com/count": "again"}}})
    settled(control_plane, agent, numberMisscheduled=1)
    page = nodes_tab(visitor, project)
    assert not disagrees(page)
    assert counters(page)["numberMisscheduled"] == (1, 1)


# The matrix, and the page of a node

TROUBLES = dict(zip(OURS, ("old", "bad", "miss", "mis"), strict=True))


def matrix(visitor, project, **query):
    """Node → state of the only DaemonSet."""
    where = f"/projects/{project}" if project else ""
    page = visitor.get(f"/clusters/local{where}/matrix/?{urlencode({'each': 1, 'size': 100, **query})}")
    rows = page.soup.select("table.matrix tbody tr")
    return {row.th.a.get_text(): row.select_one("td i")["class"][-1] for row in rows}


def test_the_matrix_shows_what_runs_and_finds_the_nodes_that_lack_a_pod(
    visitor, control_plane, project, troubled
):
    seen = matrix(visitor, project)
    assert len(seen) == len(control_plane.api("GET", "/api/v1/nodes")["items"])
    assert {name: state for name, state in seen.items() if name in OURS} == TROUBLES
    assert {state for name, state in seen.items() if name not in OURS} == {"out"}
    assert matrix(visitor, project, gaps="pods") == {OURS[1]: "bad", OURS[2]: "miss"}
    assert {n: s for n, s in matrix(visitor, "", d="agent").items() if n in OURS} == TROUBLES


def test_the_page_of_a_node_has_its_pods_and_what_it_lacks(visitor, control_plane, project, troubled):
    there = pods_at(control_plane, project)

    def line(node):
        rows = visitor.get(f"/clusters/local/nodes/{node}/").soup.select("#table tbody tr")
        [row] = [row for row in rows if row.select("td")[0].get_text(strip=True) == project]
        return [" ".join(cell.get_text(" ").split()) for cell in row.select("td")[1:]]

    _first, second, third, fourth = OURS
    assert line(second) == ["failing", "Container main: ImagePullBackOff", there[second]]
    assert line(third)[::2] == ["should run, no pod", "–"]
    assert "No pod on this node. The controller reported" in line(third)[1]
    assert "exceeded quota: none" in line(third)[1]
    assert line(fourth)[::2] == ["has a pod, should not", there[fourth]]
    assert line("node-0001")[::2] == ["excluded", "–"]


# The store


def test_the_pods_of_a_project_are_those_the_cluster_has_there(
    visitor, control_plane, project, agent, admin, settings
):
    other = control_plane.new_namespace()
    pod = {"metadata": {"name": "lonely"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    control_plane.api("POST", PODS.format(other), pod)

    def names(project, **narrowed):
        pods = store_for("local", admin).pods(project, **narrowed)
        return {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in pods}

    ours = {(project, name) for name in pods_at(control_plane, project).values()}
    assert len(ours) == len(OURS)
    assert names(project) == ours
    assert names(other) == {(other, "lonely")}
    assert names("") >= ours | {(other, "lonely")}
    of_agent = control_plane.api("GET", agent)["spec"]["selector"]
    assert names(project, selector=of_agent) == ours
    assert names("", selector={"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}) >= {
        (other, "lonely")
    }
    assert names(other, selector=of_agent) == set()
    of_all = names("", selector=DAEMONSET_PODS)
    assert of_all >= ours
    assert (other, "lonely") not in of_all
    settings.KUBECONFIG = str(control_plane.kubeconfig("bob"))
    with pytest.raises(Forbidden):
        names(project)


# The nodes of the cluster in the offline store

PLACED = {
    "everywhere": "      tolerations:\n      - operator: Exists\n",
    "says-nothing": "",
    "old-toleration": "      tolerations:\n      - key: node-role.kubernetes.io/master\n"
    "        effect: NoSchedule\n",
    "with-ssd": "      nodeSelector:\n        disktype: ssd\n",
    "not-in-zone-a": "      affinity:\n        nodeAffinity:\n"
    "          requiredDuringSchedulingIgnoredDuringExecution:\n            nodeSelectorTerms:\n"
    "            - matchExpressions:\n"
    "              - {key: topology.kubernetes.io/zone, operator: NotIn, values: [zone-a]}\n",
    "gpus": "      nodeSelector:\n        accelerator: nvidia\n      tolerations:\n"
    "      - key: nvidia.com/gpu\n        operator: Exists\n",
}


def test_nodes_brought_from_the_cluster_make_the_offline_verdicts_those_of_the_cluster(
    visitor, control_plane, project
):
    count = len(control_plane.api("GET", "/api/v1/nodes")["items"])
    listed = visitor.get("/clusters/offline/nodes/").press("local")
    assert f"There are {count} nodes now." in listed.text
    # One that the cluster does not have is not lost unasked.
    supposed = visitor.get("/clusters/offline/what-if/").press("Add them", stem="maybe", count="1")
    found = supposed.press("local")
    assert f"Found: {count} nodes" in found.text
    assert "1 of them would be gone." in found.text
    listed = found.press(f"Make these {count} the only nodes")
    assert f"There are {count} nodes now." in listed.text

    text = "---\n".join(daemonset_text(name) + more for name, more in PLACED.items())
    assert visitor.get("/clusters/offline/new-project/").press("Create", name="copy").status == 200
    for cluster, where in (("offline", "copy"), ("local", project)):
        assert store(imported(visitor, where, text, cluster).press("Review")).status == 200

    for name in PLACED:
        live = DAEMONSETS.format(project) + f"/{name}"
        offline = table(nodes_tab(visitor, "copy", name, cluster="offline"))
        wanted = {node for node, (state, _why, _pod) in offline.items() if state == "should run"}
        settled(control_plane, live, numberReady=len(wanted), desiredNumberScheduled=len(wanted))
        seen = table(nodes_tab(visitor, project, name))
        assert {node for node, (state, _why, _pod) in seen.items() if state == "running"} == wanted, name
        excluded = {node: why for node, (state, why, _pod) in offline.items() if state == "excluded"}
        assert excluded == {node: why for node, (state, why, _pod) in seen.items() if state == "excluded"}
    old = table(nodes_tab(visitor, "copy", "old-toleration", cluster="offline"))
    assert "former name" in old["node-0000"][1]


# Before create, on the cluster


def test_the_button_of_step_five_makes_the_controller_reach_the_control_plane(
    visitor, control_plane, project
):
    text = daemonset_text() + (
        "      tolerations:\n      - key: node-role.kubernetes.io/master\n        effect: NoSchedule\n"
    )
    step = imported(visitor, project, text).press("Node selector 1 toleration")
    assert cells(step)["node-0000"] == "out"
    step = step.press(f"Tolerate {CONTROL_PLANE}:NoSchedule")
    assert cells(step)["node-0000"] == "run"
    assert store(step.press("6 Review")).status == 200
    settled(control_plane, DAEMONSETS.format(project) + "/agent", numberReady=11)
    assert "node-0000" in pods_at(control_plane, project)


def test_the_wizard_names_the_key_and_the_number_at_which_admission_stops_the_pods(
    visitor, control_plane, project
):
    quota = {"metadata": {"name": "tight"}, "spec": {"hard": {"pods": "9", "requests.cpu": "800m"}}}
    path = f"/api/v1/namespaces/{project}/resourcequotas"
    control_plane.api("POST", path, quota)
    control_plane.wait_for(lambda: control_plane.api("GET", f"{path}/tight")["status"].get("used"), "it")
    text = daemonset_text() + "        resources:\n          requests:\n            cpu: 110m\n"
    step = imported(visitor, project, text).press("5 Node selector Not set")
    first, second = step.parts("section.forecast p.bad")
    said = (
        r"Only (\d+) of (\d+) pods can be created: all of them would bring (.+) to \S+, "
        r"and the quota tight allows \S+\. "
        r"(?:All pods fit|It all fits) if .+"
    )
    allowed, desired, label = re.fullmatch(said, first).groups()
    assert re.fullmatch(said, second).groups() == ("9", desired, "Pods")
    key = {"CPU requests": "requests.cpu"}[label]

    assert store(step.press("6 Review")).status == 200

    reasons = control_plane.wait_for(
        lambda: events(control_plane, project, "FailedCreate"), "admission to refuse a pod"
    )
    assert all(f"requested: {key}=" in reason for reason in reasons), reasons
    control_plane.wait_for(lambda: len(pods_at(control_plane, project)) >= int(allowed), f"{allowed} pods")
    assert len(pods_at(control_plane, project)) == int(allowed) == 7
    assert int(desired) == 10
    # A controller of 1.20 whose pods are refused reports nothing at all: the page counts for itself.
    page = nodes_tab(visitor, project)
    states = [state for state, _why, _pod in table(page).values()]
    assert states.count("running") == int(allowed)
    assert states.count("should run, no pod") == int(desired) - int(allowed)
    # The list says before what will stop them, and goes on saying so.
    listed = " ".join(visitor.get(f"/clusters/local/projects/{project}/daemonsets/").parts(".note.warn"))
    assert f"Only {allowed} of {desired} pods can be created: all of them would bring {label}" in listed
    # In its place, and once on the map for all nodes without a pod, it says what refused them.
    [why] = [each for each in page.parts(".whys > li") if "No pod on this node." in each]
    assert why.startswith(f"{int(desired) - int(allowed)} should run, no pod")
    refused = f'Error creating: pods "agent-…" is forbidden: exceeded quota: tight, requested: {key}='
    assert refused in why
    assert refused in page.part(".note.warn")
