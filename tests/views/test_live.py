"""What really runs, on every page of coverage: a cluster that answers as told, and what it was asked."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from tests import builders, kube_api
from tests.builders import ENFORCE_LABEL, GENERATION_ANNOTATION, GENERATION_LABEL, REVISION_LABEL
from tests.views.chinese import assert_chinese
from tests.views.pages import column, empty, figures, follow, notes, soup, toasts
from tests.wizard.html_forms import submitted
from workloads import documents
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.matrix import MatrixBudget, MatrixQuery, build_matrix
from workloads.services.occupancy import read_occupancy
from workloads.stores import store_for, writes

CLUSTER = "/clusters/faulty"
IMPORT = 'main a[href$="/import/"]'


def a_node(name, taint="", **fields):
    labels = {"kubernetes.io/hostname": name}
    return builders.node(name, labels=labels, taints=[f"{taint}:NoSchedule"] if taint else [], **fields)


def a_daemonset(name, project="p", pods=0, **fields):
    return builders.daemonset(
        name,
        namespace=project,
        uid=f"{project}-{name}",
        annotations={GENERATION_ANNOTATION: "2"},
        status={"currentNumberScheduled": pods},
        **fields,
    )


def a_pod(daemonset, node, *, generation="2", why="", bound=True, times=1):
    """why: what keeps it from being ready; or, of a pod that is not bound, from being scheduled."""
    how = {"ready": not why, "ready_since": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}
    if not bound:
        unfit = {"type": "PodScheduled", "status": "False", "message": why}
        how = {"phase": "Pending", "status": {"conditions": [unfit]}}
    elif why:
        waiting = {"name": "main", "restartCount": times, "state": {"waiting": {"reason": why}}}
        how["status"] = {"containerStatuses": [waiting]}
    labels = {"app": daemonset["metadata"]["name"], GENERATION_LABEL: generation}
    return builders.pod(
        node=node, owner=daemonset, bound=bound, labels=labels, revision=f"of-{generation}", **how
    )


def an_event(daemonset, message, *, minutes=10, **fields):
    when = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes, seconds=5)
    return builders.event(message, when=when, about=daemonset, **fields)


class Cluster(kube_api.KubeApi):
    """The projects p and q; `asked`, `asked_events`: the requests for pods and events."""

    def __init__(self):
        super().__init__()
        self.nodes = [a_node(f"n{n}") for n in range(1, 4)] + [a_node("master", "role/master")]
        self.namespaces = [{"metadata": {"name": name}} for name in ("p", "q")]
        self.asked = []
        self.asked_events = []

    def enforce(self, project, level):
        """The Pod Security level of a project."""
        [found] = [each for each in self.namespaces if each["metadata"]["name"] == project]
        found["metadata"]["labels"] = {ENFORCE_LABEL: level}

    def received(self, request):
        super().received(request)
        fields, labels = request.query.get("fieldSelector"), request.query.get("labelSelector")
        if request.plural == "pods":
            self.asked.append((request.project, fields, labels))
        if request.plural == "events":
            self.asked_events.append((request.project, fields))


@pytest.fixture
def cluster(tmp_path, settings):
    there = Cluster()
    with kube_api.FakeServer(tmp_path) as server:
        server.fault = there.answer
        settings.KUBECONFIG = str(server.kubeconfig)
        yield there


@pytest.fixture
def agents(cluster):
    """Running on n1; being updated on n2; failing on n3; there although the master excludes it."""
    agent, other = a_daemonset("agent"), a_daemonset("other")
    cluster.daemonsets = [agent, other]
    cluster.pods = [
        a_pod(agent, "n1"),
        a_pod(agent, "n2", generation="1"),
        a_pod(agent, "n3", why="CrashLoopBackOff"),
        a_pod(agent, "master"),
        a_pod(other, "n1"),
    ]
    cluster.revisions = [
        {
            "metadata": {
                "name": f"agent-{number}",
                "namespace": "p",
                "labels": {REVISION_LABEL: f"of-{number}"},
                "ownerReferences": [{"uid": "p-agent", "controller": True}],
            },
            "revision": number,
        }
        for number in (1, 2)
    ]
    return agent, other


def rows_of(page):
    """DaemonSet → (state, reason, pod) of the page of a node."""
    found = {}
    for row in soup(page).select("#table tbody tr"):
        said = [" ".join(cell.get_text(" ").split()) for cell in row.select("th, td")]
        found[said[0]] = (row.select_one(".dot")["data-state"], *said[3:])
    return found


def reasons_of(page):
    """(state, of how many nodes, what is said of them) for each reason below the map."""
    return [
        (each["data-state"], int(each.b.get_text()), " ".join(each.div.get_text(" ").split()))
        for each in soup(page).select(".whys > li")
    ]


def marks(page):
    """First node of a row → the states of its cells."""
    return {
        row.th.a.get_text() if row.th.a else row.th.get_text(): [i["class"][1] for i in row.select("td i")]
        for row in soup(page).select("#table tbody tr")
    }


def test_the_nodes_tab_asks_only_for_the_pods_of_its_daemonset(signed_in, cluster, agents):
    page = signed_in.get(f"{CLUSTER}/projects/p/daemonsets/agent/nodes/")
    assert cluster.asked == [("p", None, "app=agent")]
    states = {run.a.get_text(): run["class"][-1] for run in soup(page).select("[data-map] .r")}
    assert states == {"n1": "ok", "n2": "old", "n3": "bad", "master": "mis"}
    assert figures(page, "#runs") == {"runs": 2, "should": 3, "total": 4}


def test_nodes_with_the_same_trouble_share_a_reason_however_often_they_restarted(signed_in, cluster):
    agent = a_daemonset("agent")
    cluster.daemonsets = [agent]
    cluster.pods = [a_pod(agent, f"n{n}", why="CrashLoopBackOff", times=n) for n in (1, 2, 3)]
    page = signed_in.get(f"{CLUSTER}/projects/p/daemonsets/agent/nodes/")
    [(state, count, said)] = [each for each in reasons_of(page) if "CrashLoopBackOff" in each[2]]
    assert (state, count) == ("bad", 3)
    said = soup(page).select("#table td.wrap")
    assert re.findall(r"CrashLoopBackOff.*\b(\d)\b", "\n".join(each.get_text() for each in said)) == [*"123"]


OF_DAEMONSETS = "involvedObject.kind=DaemonSet,type=Warning"
REFUSED = 'Error creating: pods "{}" is forbidden: exceeded quota: <b>tight</b>, requested: pods=1'


def test_the_nodes_tab_says_why_a_pod_is_missing_from_one_request_for_events(signed_in, cluster, agents):
    agent, other = agents
    address = f"{CLUSTER}/projects/p/daemonsets/other/nodes/"
    cluster.events = [
        an_event(other, REFUSED.format("other-x7bzk")),
        an_event(agent, "Error creating: another", minutes=2),
    ]
    page = signed_in.get(address)
    assert cluster.asked_events == [("p", f"{OF_DAEMONSETS},involvedObject.uid=p-other")]
    [(_state, count, said)] = [each for each in reasons_of(page) if each[0] == "miss"]
    assert count == 2
    assert "10 min" in said
    assert said.endswith(REFUSED.format("other-…"))
    found = soup(signed_in.get(f"{address}?q=exceeded+quota")).select("#table tbody tr")
    told = [" ".join(row.select_one("td.wrap").get_text(" ").split()) for row in found]
    assert [each for each in told if each and said.endswith(each)] == told
    assert len(told) == 2
    cluster.asked_events.clear()
    cluster.pods.append(a_pod(agent, "n3"))
    signed_in.get(f"{CLUSTER}/projects/p/daemonsets/agent/nodes/")
    signed_in.get(f"{CLUSTER}/projects/p/matrix/")
    assert cluster.asked_events == []


def test_beside_numbers_that_differ_it_is_said_why_the_controller_lags(signed_in, cluster, agents):
    _agent, other = agents
    address = f"{CLUSTER}/projects/p/daemonsets/other/nodes/"

    def lag():
        """What follows the note: why the controller lags."""
        [found] = soup(signed_in.get(address)).select("[data-note=counters-differ]")
        return [" ".join(each.next_sibling.split()) for each in found.select("br")]

    cluster.events = [an_event(other, REFUSED.format("other-x7bzk"))]
    assert lag() == []
    other["metadata"]["generation"], other["status"]["observedGeneration"] = 2, 1
    [said] = lag()
    assert said.endswith(REFUSED.format("other-…"))
    cluster.pods += [a_pod(other, "n2"), a_pod(other, "n3")]
    [said] = lag()
    assert "quota" not in said


@pytest.mark.parametrize(("minor", "recounts"), [(33, "yes"), (34, "no")])
def test_newer_controllers_do_not_count_again_for_a_taint_that_lets_pods_stay(
    signed_in, cluster, agents, minor, recounts
):
    cluster.minor = minor
    page = signed_in.get(f"{CLUSTER}/projects/p/daemonsets/other/nodes/")
    [note] = soup(page).select("[data-note=counters-differ]")
    assert note["data-recounts"] == recounts


def test_the_list_says_how_many_pods_are_where_none_should_run(signed_in, cluster):
    status = {"desiredNumberScheduled": 2, "currentNumberScheduled": 2, "numberMisscheduled": 3}
    running = {"numberReady": 2, "numberAvailable": 2, "updatedNumberScheduled": 2}
    agent, idle = a_daemonset("agent"), a_daemonset("idle")
    agent["status"], idle["status"] = status | running, {"numberMisscheduled": 1}
    cluster.daemonsets = [agent, idle, a_daemonset("other")]
    for place in ("/projects/p/daemonsets/", "/daemonsets/"):
        rows = soup(signed_in.get(CLUSTER + place)).select("tbody tr")
        said = [each.select_one("[data-misscheduled]") for each in rows]
        assert [each and each["data-misscheduled"] for each in said] == ["3", "1", None]


def test_who_may_not_read_events_gets_the_pages_without_them(signed_in, cluster, agents):
    cluster.forbidden = {"/api/v1/events", "/api/v1/namespaces/p/events"}
    page = signed_in.get(f"{CLUSTER}/projects/p/daemonsets/other/nodes/")
    assert page.status_code == 200
    [(_state, count, said)] = [each for each in reasons_of(page) if each[0] == "miss"]
    assert count == 2
    state, reason, pod = rows_of(signed_in.get(f"{CLUSTER}/nodes/n3/"))["other"]
    assert (state, pod) == ("miss", "–")
    assert said.endswith(reason), "nothing but that there is none"
    cluster.forbidden = set()
    [(_state, _count, known)] = [
        each
        for each in reasons_of(signed_in.get(f"{CLUSTER}/projects/p/daemonsets/other/nodes/"))
        if each[0] == "miss"
    ]
    assert known != said, "that no event says why is only said where events can be read"


@pytest.mark.parametrize(
    "path", ["daemonsets/agent/", "daemonsets/agent/nodes/", "matrix/?q=n1", "of a node"]
)
def test_a_live_page_says_when_it_was_read_and_is_read_again_at_a_press(signed_in, cluster, agents, path):
    address = f"{CLUSTER}/nodes/n1/" if path == "of a node" else f"{CLUSTER}/projects/p/{path}"
    page = signed_in.get(address)
    link = soup(page).find(id="refresh")
    assert re.search(r"\d\d:\d\d:\d\d UTC", link.parent.get_text())
    assert link["href"] == address
    assert soup(page).select_one(link["hx-target"]) == soup(page).select_one(link["hx-select"])
    again = signed_in.get(link["href"], headers={"hx-request": "true", "hx-boosted": "true"})
    assert soup(again).select_one(link["hx-select"]), "what htmx puts in place of the old"


def status_code(page):
    return soup(page).select_one("[data-status]")["data-status-code"]


def test_what_the_controller_never_reported_on_is_not_said_to_be_waited_for(signed_in, cluster, agents):
    agent, _other = agents
    agent["metadata"]["generation"], agent["status"] = 1, {}
    address = f"{CLUSTER}/projects/p/daemonsets/agent/"
    assert status_code(signed_in.get(address)) == "no-report"
    agent["metadata"]["generation"], agent["status"] = 2, {"observedGeneration": 1}
    assert status_code(signed_in.get(address)) == "unobserved"


def test_what_is_never_reported_on_comes_first_and_its_page_leads_to_the_reason(signed_in, cluster, agents):
    _agent, other = agents
    for each in agents:
        each["metadata"]["creationTimestamp"] = "2020-01-01T00:00:00Z"
    other["metadata"]["generation"], other["status"] = 1, {}
    address = f"{CLUSTER}/projects/p/daemonsets/"
    first = soup(signed_in.get(address)).select_one("tbody tr")
    assert first.select_one("[data-status]")["data-status-code"] == "report-overdue"
    assert other["metadata"]["name"] in first.get_text()
    page = soup(signed_in.get(f"{address}{other['metadata']['name']}/"))
    assert page.select_one(f'.link[href="{address}{other["metadata"]["name"]}/nodes/"]')


NODES = "/api/v1/nodes"


def test_who_may_not_list_nodes_gets_the_pods_that_may_be_read(signed_in, cluster, agents):
    cluster.forbidden = {NODES}
    page = signed_in.get(f"{CLUSTER}/projects/p/daemonsets/agent/nodes/")
    assert page.status_code == 200
    assert soup(page).h1.get_text(strip=True) == "agent"
    assert notes(page) == ["nodes-unlisted"]
    rows = soup(page).select("#table tbody tr")
    assert [row.th.get_text(strip=True) for row in rows] == ["master", "n1", "n2", "n3"]
    assert [row.select_one(".dot")["data-state"] for row in rows] == ["ok", "ok", "old", "bad"]
    assert [bool(row.select_one("td.wrap").get_text(strip=True)) for row in rows] == [
        False,
        False,
        True,
        True,
    ]
    assert "CrashLoopBackOff" in rows[3].select_one("td.wrap").get_text()
    assert [row.select_one("td.pod").get_text(strip=True) for row in rows] == [
        "agent-on-master",
        "agent-on-n1",
        "agent-on-n2",
        "agent-on-n3",
    ]
    cluster.pods = []
    assert empty(signed_in.get(f"{CLUSTER}/projects/p/daemonsets/agent/nodes/")) == []
    page = signed_in.get(f"{CLUSTER}/projects/p/daemonsets/agent/nodes/")
    assert soup(page).select("[data-empty=no-pods]")
    assert not soup(page).select("#table")
    cluster.forbidden.add("/api/v1/namespaces/p/pods")
    page = signed_in.get(f"{CLUSTER}/projects/p/daemonsets/agent/nodes/")
    assert notes(page) == ["nodes-unlisted", "pods-unread"]


def test_who_may_not_list_nodes_is_told_so_in_the_matrix_and_before_storing(
    signed_in, admin, cluster, agents
):
    cluster.forbidden = {NODES}
    draft = drafts.create(admin, "faulty", "p")
    for address in (
        f"{CLUSTER}/projects/p/matrix/",
        f"{CLUSTER}/matrix/",
        f"/drafts/{draft.id}/nodes/",
        f"/drafts/{draft.id}/review/",
    ):
        page = signed_in.get(address)
        assert page.status_code == 200, address
        assert notes(page).count("nodes-unlisted") == 1, address
        assert empty(page) == []


def test_events_are_found_by_what_they_say_and_of_what(signed_in, cluster, agents):
    agent, other = agents
    cluster.events = [
        an_event(agent, "exceeded quota: tight"),
        an_event(other, "on n1", reason="Evicted"),
    ]
    for event, each in zip(cluster.events, agents, strict=True):
        event["involvedObject"]["name"] = each["metadata"]["name"]
    address = f"{CLUSTER}/projects/p/events/"
    page = signed_in.get(address)
    assert soup(page).h1.get_text() == "Events"
    assert not soup(page).select(IMPORT)
    for search, found in (
        ("FailedCreate", ["agent.17"]),
        ("QUOTA tight", ["agent.17"]),
        ("daemonset other", ["other.17"]),
        ("daemonset", ["agent.17", "other.17"]),
        ("nothing", []),
    ):
        assert column(signed_in.get(address, {"q": search})) == found
    cluster.events = []
    assert empty(signed_in.get(address)) == ["events"]
    assert not soup(signed_in.get(address)).select(IMPORT)
    assert soup(signed_in.get(f"{CLUSTER}/projects/p/configmaps/")).select(IMPORT)


def test_the_page_of_a_node_reads_the_events_of_all_that_it_lacks_at_once(signed_in, cluster, agents):
    _agent, other = agents
    signed_in.get(f"{CLUSTER}/nodes/n1/")
    assert cluster.asked_events == []
    cluster.events = [an_event(other, REFUSED.format("other-x7bzk"))]
    row = rows_of(signed_in.get(f"{CLUSTER}/nodes/n3/"))["other"]
    assert "10 min" in row[1]
    assert row[1].endswith(REFUSED.format("other-…"))
    assert cluster.asked_events == [("p", f"{OF_DAEMONSETS},involvedObject.uid=p-other")]
    third = a_daemonset("third", "q")
    cluster.daemonsets.append(third)
    cluster.events.append(an_event(third, "Error creating: no", minutes=2))
    for forbidden, asked in ((set(), [""]), ({"/api/v1/events"}, ["", "p", "q"])):
        cluster.forbidden = forbidden
        cluster.asked_events.clear()
        rows = rows_of(signed_in.get(f"{CLUSTER}/nodes/n3/"))
        assert cluster.asked_events == [(project, OF_DAEMONSETS) for project in asked]
        assert "2 min" in rows["third"][1]
        assert rows["third"][1].endswith("Error creating: no")
        assert "other-…" in rows["other"][1]
        assert "CrashLoopBackOff" in rows["agent"][1]


def test_the_page_of_a_node_has_what_runs_on_it_from_one_request(signed_in, cluster, agents):
    _agent, other = agents
    cluster.pods.append(a_pod(other, "n3"))
    rows = rows_of(signed_in.get(f"{CLUSTER}/nodes/n3/"))
    assert list(rows) == ["agent", "other"], "what fails comes first"
    state, reason, pod = rows["agent"]
    assert (state, pod) == ("bad", "agent-on-n3")
    assert "CrashLoopBackOff" in reason
    assert rows["other"] == ("ok", "", "other-on-n3")
    assert cluster.asked == [("p", "spec.nodeName=n3", None)]
    assert rows_of(signed_in.get(f"{CLUSTER}/nodes/n2/"))["agent"][0] == "old"
    state, reason, pod = rows_of(signed_in.get(f"{CLUSTER}/nodes/master/"))["agent"]
    assert (state, pod) == ("mis", "agent-on-master")
    assert "role/master:NoSchedule" in reason


def test_a_pod_that_no_node_takes_says_why_on_the_node_it_is_made_for(signed_in, cluster, agents):
    _agent, other = agents
    cluster.pods.append(a_pod(other, "n2", why="Insufficient cpu", bound=False))
    rows = rows_of(signed_in.get(f"{CLUSTER}/nodes/n2/"))
    assert rows["other"][::2] == ("bad", "other-on-n2")
    assert rows["other"][1].endswith("Insufficient cpu")
    assert cluster.asked == [("p", "spec.nodeName=n2", None), ("p", "spec.nodeName=", None)]
    rows = rows_of(signed_in.get(f"{CLUSTER}/nodes/n3/"))
    assert rows["other"][::2] == ("miss", "–")
    assert rows["other"][1]
    other["status"]["numberMisscheduled"] = 1
    cluster.pods.append(a_pod(other, "master", why="Insufficient cpu", bound=False))
    assert rows_of(signed_in.get(f"{CLUSTER}/nodes/master/"))["other"][0] == "mis"


def test_a_pod_that_begins_is_no_failing_one(signed_in, cluster, agents):
    """As the one that a healthy rollout always has."""
    agent, _other = agents
    young = a_pod(agent, "n3", why="ContainerCreating", times=0)
    young["metadata"]["creationTimestamp"] = dt.datetime.now(dt.UTC).isoformat()
    cluster.pods[2] = young
    state, reason, _pod = rows_of(signed_in.get(f"{CLUSTER}/nodes/n3/"))["agent"]
    assert state == "start"
    assert reason
    assert "ContainerCreating" not in reason
    page = signed_in.get(f"{CLUSTER}/projects/p/matrix/")
    assert marks(page)["n3"] == ["start", "miss"]
    assert soup(page).select_one(".legend [data-state=start]")
    page = signed_in.get(f"{CLUSTER}/projects/p/daemonsets/agent/nodes/?state=start")
    assert [row.get_text(strip=True) for row in soup(page).select("#table tbody th")] == ["n3"]


def test_of_the_scheduler_the_reason_of_the_node_is_shown_and_the_rest_folded(signed_in, cluster, agents):
    _agent, other = agents
    whole = (
        "0/4 nodes are available: 1 Insufficient cpu, 3 node(s) didn't match Pod's node affinity/selector."
    )
    cluster.pods.append(a_pod(other, "n2", why=whole, bound=False))
    pages = (f"{CLUSTER}/nodes/n2/", f"{CLUSTER}/projects/p/daemonsets/other/nodes/?q=n2")
    for unlisted in (False, True):
        # Who may not list the nodes gets the pods alone.
        cluster.forbidden = {NODES} if unlisted else set()
        for page in pages[unlisted:]:
            rows = soup(signed_in.get(page)).select("#table tbody tr")
            [row] = [each for each in rows if "other-on-n2" in each.get_text()]
            assert row.details.small.get_text() == whole
            row.details.extract()
            assert "Insufficient cpu" in row.get_text()
            assert "0/4 nodes" not in row.get_text()


def test_after_a_rollback_pods_of_an_older_generation_are_up_to_date(signed_in, cluster, agents):
    for pod in cluster.pods:
        pod["metadata"]["labels"][REVISION_LABEL] = "of-2"
    assert rows_of(signed_in.get(f"{CLUSTER}/nodes/n2/"))["agent"][0] == "ok"


def test_where_revisions_may_not_be_read_the_generation_tells_old_pods(signed_in, cluster, agents):
    cluster.forbidden = {"/apis/apps/v1/namespaces/p/controllerrevisions"}
    assert rows_of(signed_in.get(f"{CLUSTER}/nodes/n2/"))["agent"][0] == "old"
    assert rows_of(signed_in.get(f"{CLUSTER}/nodes/n1/"))["agent"][0] == "ok"


def test_who_may_not_read_pods_gets_verdicts_and_is_told(signed_in, cluster, agents):
    cluster.forbidden = {"/api/v1/pods", "/api/v1/namespaces/p/pods"}
    for address, note in (
        ("nodes/n1/", "pods-unread"),
        ("projects/p/matrix/", "forbidden"),
        ("projects/p/daemonsets/agent/nodes/", "pods-unread"),
    ):
        page = signed_in.get(f"{CLUSTER}/{address}")
        assert page.status_code == 200
        assert notes(page) == [note]
        shown = soup(page)
        assert shown.select("#table [data-state=run], #table i.run")
        assert not shown.select("#table [data-state=miss], #table i.miss")


def test_who_may_read_some_projects_sees_those(signed_in, cluster, agents):
    cluster.daemonsets.append(a_daemonset("hidden", "q"))
    cluster.forbidden = {
        "/api/v1/pods",
        "/apis/apps/v1/daemonsets",
        "/apis/apps/v1/namespaces/q/daemonsets",
        "/api/v1/namespaces/q/pods",
    }
    page = signed_in.get(f"{CLUSTER}/nodes/n1/")
    states = [(name, state) for name, (state, _reason, _pod) in rows_of(page).items()]
    assert states == [("agent", "ok"), ("other", "ok")]
    assert notes(page) == ["some-projects"]
    page = signed_in.get(f"{CLUSTER}/matrix/")
    assert notes(page) == ["some-projects"]
    assert marks(page)["n1"] == ["ok", "ok"]
    assert cluster.asked[-1] == ("p", None, REVISION_LABEL)
    cluster.forbidden.add("/apis/apps/v1/namespaces/p/daemonsets")
    assert signed_in.get(f"{CLUSTER}/matrix/").status_code == 403
    assert notes(signed_in.get(f"{CLUSTER}/nodes/n1/")) == ["daemonsets-unlisted"]


def test_a_node_with_thousands_of_daemonsets_is_paged_searched_and_narrowed(signed_in, cluster):
    cluster.daemonsets = [a_daemonset(f"agent-{n:04}") for n in range(3000)]
    cluster.pods = [a_pod(cluster.daemonsets[7], "n1")]
    page = signed_in.get(f"{CLUSTER}/nodes/n1/")
    assert len(rows_of(page)) == 20
    assert len(page.content) < 60_000
    assert figures(page, "[data-unfit]") == {"runs": 1, "total": 3000, "unfit": 0}
    part = signed_in.get(f"{CLUSTER}/nodes/n1/?state=ok", headers={"HX-Request": "true"})
    assert list(rows_of_part(part)) == ["agent-0007"]
    assert list(rows_of(signed_in.get(f"{CLUSTER}/nodes/n1/?q=agent-0042"))) == ["agent-0042"]
    assert empty(signed_in.get(f"{CLUSTER}/nodes/n1/?q=nothing-of-that-name")) == ["no-match"]


def rows_of_part(part):
    return [row.th.get_text(strip=True) for row in soup(part).select("tbody tr")]


def test_the_matrix_shows_what_runs_and_tells_missing_from_excluded(signed_in, cluster, agents):
    address = f"{CLUSTER}/projects/p/matrix/"
    page = signed_in.get(address)
    assert cluster.asked == [("p", None, REVISION_LABEL)]
    assert marks(page) == {
        "n1": ["ok", "ok"],
        "n2": ["old", "miss"],
        "n3": ["bad", "miss"],
        "master": ["mis", "out"],
    }
    row = next(row for row in soup(page).select("tbody tr") if row.th.a.get_text() == "n3")
    gaps = [(each["data-state"], each.get_text().split()[0]) for each in row.th.select("small [data-state]")]
    assert gaps == [("miss", "1"), ("bad", "1")]
    assert list(marks(signed_in.get(f"{address}?gaps=pods"))) == ["n2", "n3"]
    assert list(marks(signed_in.get(f"{address}?gaps=out"))) == ["master"]
    assert list(marks(signed_in.get(f"{address}?gaps=1"))) == ["master", "n2", "n3"]


def test_the_matrix_reads_no_more_pods_than_it_says(signed_in, cluster, agents):
    agent, _other = agents
    agent["status"]["currentNumberScheduled"] = MatrixBudget().pods
    address = f"{CLUSTER}/projects/p/matrix/"
    assert notes(signed_in.get(address)) == []
    cluster.asked.clear()
    agent["status"]["currentNumberScheduled"] += 1
    page = signed_in.get(address)
    assert notes(page) == ["too-much"]
    assert {state for states in marks(page).values() for state in states} == {"run", "out"}
    assert cluster.asked == []
    page = signed_in.get(f"{address}?d=other")
    assert marks(page)["n1"] == ["ok"]
    assert notes(page) == []
    assert cluster.asked == [("p", None, "app=other")]


BUDGET = MatrixBudget(columns=2, pods=5, cells=8, names=1)


@pytest.mark.parametrize(
    ("budget", "search", "unread", "asked"),
    [
        pytest.param({}, "", "", [REVISION_LABEL], id="just within each"),
        pytest.param({"pods": 4}, "", "too-much", [], id="one pod too many"),
        pytest.param({"cells": 7}, "", "too-much", [], id="one cell too many"),
        pytest.param({"columns": 1}, "", "", [REVISION_LABEL], id="without a search any number"),
        pytest.param({}, "nginx", "", ["app=agent", "app=other"], id="a search within"),
        pytest.param({"columns": 1}, "nginx", "too-much", [], id="one DaemonSet too many to ask for each"),
    ],
)
def test_each_part_of_the_budget_of_a_matrix_counts(admin, cluster, agents, budget, search, unread, asked):
    """4 nodes x 2 DaemonSets, which report 2 + 3 pods."""
    for daemonset, pods in zip(agents, (2, 3), strict=True):
        daemonset["status"]["currentNumberScheduled"] = pods
    query = MatrixQuery(project="p", daemonsets=search)
    matrix = build_matrix(store_for("faulty", admin), query, budget=replace(BUDGET, **budget))
    assert matrix.unread == unread
    assert [selector for _project, _field, selector in cluster.asked] == asked
    assert matrix.states[0] == ("run" if unread else "ok")


def test_a_budget_is_used_up_to_its_last_piece():
    spent = {"pods": BUDGET.pods, "cells": BUDGET.cells, "selectors": BUDGET.columns}
    assert BUDGET.allows(**spent)
    for part in spent:
        assert not BUDGET.allows(**spent | {part: spent[part] + 1}), part


def test_the_budget_says_how_many_columns_and_names_are_shown(admin, cluster, agents):
    cluster.pods = []
    query = MatrixQuery(project="p", column_page=2)
    matrix = build_matrix(store_for("faulty", admin), query, budget=replace(BUDGET, columns=1))
    assert [column.stored.ref.name for column in matrix.columns] == ["other"]
    assert (matrix.all_columns, matrix.across.page) == (2, 2)
    most, _master = matrix.rows
    assert (list(most.nodes), list(most.named), most.more) == (["n1", "n2", "n3"], ["n1"], 2)


def test_a_fix_offered_where_pods_are_looked_at_opens_a_draft_with_the_change(
    signed_in, admin, cluster, agents
):
    address = f"{CLUSTER}/projects/p/daemonsets/other/nodes/"
    page = soup(signed_in.get(address))
    [button] = page.select('button[name="op"][value^="fix:"]')
    assert "role/master" in button.get_text()
    assert page.select_one(f"form#{button['form']}")["method"] == "post"
    answer = signed_in.post(address, {"op": button["value"]})
    assert answer.status_code == 303
    [draft] = drafts.listed(admin)
    assert answer["Location"] == f"/drafts/{draft.id}/nodes/"
    assert "role/master" in draft.text
    assert draft.origin_text != draft.text
    step = follow(signed_in, answer)
    gained = [a.get_text() for a in soup(step).select("[data-map] .r.gain > a")]
    assert gained == ["master"]
    # The next one joins it in the same draft, though the page knows nothing of that.
    cluster.nodes.append(a_node("gpu", "gpu"))
    more = next(b for b in soup(signed_in.get(address)).select("button[name=op]") if "gpu" in b.get_text())
    signed_in.post(address, {"op": more["value"]})
    draft.refresh_from_db()
    assert "key: role/master" in draft.text
    assert "key: gpu" in draft.text
    # Pressed once more, in another tab: the draft is there, and nothing is changed twice.
    again = follow(signed_in, signed_in.post(address, {"op": button["value"]}))
    assert toasts(again)[-1] == "offer-outdated"
    assert drafts.listed(admin).get().text == draft.text
    assert signed_in.post(address, {"op": "nothing"}).status_code == 400


def test_what_really_runs_is_said_in_chinese(signed_in, cluster, agents):
    _agent, other = agents
    cluster.pods.append(a_pod(other, "n2", why="Insufficient cpu", bound=False))
    other["status"]["numberMisscheduled"] = 1
    signed_in.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    for place in ("p/daemonsets/agent/nodes", "p/daemonsets/other/nodes", "p/daemonsets/other", "p/matrix"):
        assert_chinese(signed_in.get(f"{CLUSTER}/projects/{place}/"))
    for place in ("nodes", "nodes/n2", "nodes/n3", "nodes/master", "matrix"):
        assert_chinese(signed_in.get(f"{CLUSTER}/{place}/"))


def problems(page):
    """(code, resource, sentence) of what keeps pods from starting."""
    return [
        (each["data-code"], each["data-resource"], " ".join(each.get_text(" ").split()))
        for each in soup(page).select("section.fit li.fix")
    ]


def rollout(page):
    """What becomes of nodes in the rollout → their names."""
    terms = soup(page).select("[data-rollout]")
    named = {each["data-rollout"]: each.find_next_sibling("dd").small.get_text() for each in terms}
    return {what: names.split(", ") for what, names in named.items()}


def edited(cluster, admin, daemonset, **template):
    """A draft that is the stored DaemonSet with a changed template."""
    pod = {**daemonset["spec"]["template"]["spec"], **template}
    value = {
        **daemonset,
        "spec": {**daemonset["spec"], "template": {**daemonset["spec"]["template"], "spec": pod}},
    }
    return drafts.create(admin, "faulty", "p", documents.to_yaml(written(value)))


def written(daemonset):
    """As somebody writes it."""
    value = {key: part for key, part in daemonset.items() if key != "status"}
    return {**value, "metadata": {"name": daemonset["metadata"]["name"]}}


def nodes_in_review(signed_in, draft):
    """The part of the review with the nodes of the DaemonSet, read again."""
    writes.written("faulty", draft.owner)
    page = signed_in.get(f"/drafts/{draft.id}/review/?map=0", headers={"HX-Request": "true"})
    assert page.status_code == 200
    return page


def test_an_edit_on_very_many_nodes_is_held_against_the_pods_that_are_there(signed_in, admin, cluster):
    """Two want one host port and all of the CPU: who has it, has it, and keeps it through an edit."""
    ports = [{"containerPort": 9100, "hostPort": 9100}]
    container = {"name": "main", "image": "nginx:1", "ports": ports, "resources": {"requests": {"cpu": "1"}}}
    cluster.nodes = [a_node(f"n{n}", allocatable={"cpu": "1"}) for n in range(501)]
    exporter, holder = a_daemonset("exporter"), a_daemonset("holder", "q")
    for each in (exporter, holder):
        each["spec"]["template"]["spec"]["containers"] = [container]
    cluster.daemonsets = [exporter, holder]
    cluster.pods = [a_pod(exporter, f"n{n}") for n in range(500)] + [a_pod(holder, "n500")]
    for each in cluster.pods:
        each["spec"]["containers"] = [container]
    draft = edited(cluster, admin, exporter, containers=[{**container, "image": "nginx:2"}])
    port = ("host-port", "TCP 9100")
    [taken] = [said for *what, said in problems(nodes_in_review(signed_in, draft)) if tuple(what) == port]
    assert "q/holder" in taken
    assert taken.endswith("n500")
    # Who may not read the pods of others is told of their wish, and not of the nodes where the own pods run.
    cluster.forbidden = {"/api/v1/pods"}
    page = nodes_in_review(signed_in, draft)
    assert "pods-unreadable" in notes(page)
    [wanted] = [said for *what, said in problems(page) if tuple(what) == port]
    assert "q/holder" in wanted
    assert wanted.endswith("n500")
    assert wanted != taken


def asking(name, project="p", *, cpu, port=9100):
    """A DaemonSet that asks for CPU and a host port."""
    ports = [{"containerPort": port, "hostPort": port}]
    return a_daemonset(name, project, requests={"cpu": cpu}, ports=ports)


def of_eight_cpus(name):
    return a_node(name, allocatable={"cpu": "8", "pods": "10"})


def assert_no_room_beside(other, found):
    """On a node of 8 CPUs `other` wants 5, and the host port."""
    told = {(code, resource): sentence for code, resource, sentence in found}
    assert list(told) == [("room", "cpu"), ("host-port", "TCP 9100")]
    assert {"5", "3"} <= set(re.findall(r"\d+", told["room", "cpu"]))
    assert other in told["host-port", "TCP 9100"]


@pytest.mark.parametrize(("most", "partly"), [(5, ""), (4, "many-pods")])
def test_of_more_pods_than_may_be_read_none_are_counted(admin, cluster, agents, most, partly):
    store = store_for("faulty", admin)
    found = read_occupancy(store, cluster.nodes, store.capabilities(), most_pods=most)
    assert found.partly == partly


def test_who_may_read_some_projects_is_told_of_what_their_daemonsets_want(signed_in, admin, cluster):
    """Neither DaemonSets nor LimitRanges of all projects may be listed, but those of each may."""
    cluster.nodes = [of_eight_cpus("n1")]
    cluster.daemonsets = [asking("other", "q", cpu="5")]
    cluster.forbidden = {"/api/v1/pods", "/apis/apps/v1/daemonsets", "/api/v1/limitranges"}
    draft = edited(cluster, admin, asking("mine", cpu="5"))
    assert_no_room_beside("q/other", problems(nodes_in_review(signed_in, draft)))
    # What no pod is admitted with takes nothing.
    limits = [{"type": "Container", "max": {"cpu": "1"}}]
    cluster.limit_ranges = [{"metadata": {"name": "l", "namespace": "q"}, "spec": {"limits": limits}}]
    assert not problems(nodes_in_review(signed_in, draft))
    cluster.limit_ranges = []
    cluster.forbidden = {"/api/v1/pods", "/api/v1/namespaces"}
    assert_no_room_beside("q/other", problems(nodes_in_review(signed_in, draft)))
    cluster.enforce("q", "baseline")
    assert not problems(nodes_in_review(signed_in, draft))


@pytest.mark.parametrize("forbidden", [set(), {"/api/v1/pods"}])
def test_new_daemonsets_of_one_text_are_held_against_each_other(signed_in, admin, cluster, forbidden):
    cluster.nodes = [of_eight_cpus("n1")]
    cluster.forbidden = forbidden
    text = documents.bundle.join(
        [documents.to_yaml(written(asking(name, cpu="5"))) for name in ("first", "second")]
    )
    draft = drafts.create(admin, "faulty", "p", text)
    assert_no_room_beside("p/second", problems(nodes_in_review(signed_in, draft)))


def test_a_daemonset_of_a_text_that_has_pods_is_counted_by_them_alone(signed_in, admin, cluster):
    cluster.nodes = [of_eight_cpus("n1")]
    first, second = asking("first", cpu="5"), asking("second", cpu="3", port=9200)
    cluster.daemonsets = [second]
    pod = a_pod(second, "n1")
    pod["spec"]["containers"] = second["spec"]["template"]["spec"]["containers"]
    cluster.pods = [pod]
    text = documents.bundle.join([documents.to_yaml(written(each)) for each in (first, second)])
    draft = drafts.create(admin, "faulty", "p", text)
    assert not problems(nodes_in_review(signed_in, draft))


def test_the_rollout_of_an_edit_starts_from_what_runs(signed_in, admin, cluster, agents):
    """n1 has an available pod, n2 an old one, n3 one that fails; the master one that should not be there."""
    agent, _other = agents
    changed = {"containers": [{"name": "main", "image": "nginx:2"}]}
    page = nodes_in_review(signed_in, edited(cluster, admin, agent, **changed))
    assert soup(page).select_one(".rollout")["data-waves"] == "stalled"
    assert "stalled" in [each["data-code"] for each in soup(page).select(".rollout .warn-text")]
    assert rollout(page) == {"replaced": ["n1", "n2", "n3"], "removed": ["master"]}
    tolerant = edited(cluster, admin, agent, tolerations=[{"operator": "Exists"}], **changed)
    assert rollout(nodes_in_review(signed_in, tolerant)) == {"replaced": ["master", "n1", "n2", "n3"]}
    # Without pods, the controller's own numbers count.
    cluster.forbidden = {"/api/v1/pods", "/api/v1/namespaces/p/pods"}
    agent["status"] = {"desiredNumberScheduled": 3, "currentNumberScheduled": 3, "numberUnavailable": 3}
    page = nodes_in_review(signed_in, edited(cluster, admin, agent, **changed))
    assert rollout(page) == {"replaced": ["n1", "n2", "n3"]}
    assert soup(page).select_one(".rollout")["data-waves"] == "1"
    assert not soup(page).select(".rollout .warn-text[data-code=stalled]")


def test_what_a_cluster_said_before_ones_own_write_is_read_again(signed_in, admin, cluster):
    draft = edited(cluster, admin, a_daemonset("agent"))
    review = signed_in.get(f"/drafts/{draft.id}/review/")
    assert len(cluster.asked) == 1
    form = submitted(review.text, "review") | {"op": "store"}
    assert signed_in.post(f"/drafts/{draft.id}/review/", form).status_code == 303
    [made] = cluster.daemonsets
    cluster.pods = [a_pod(made, f"n{n}") for n in (1, 2, 3)]
    draft = edited(cluster, admin, made, containers=[{"name": "main", "image": "nginx:2"}])
    page = signed_in.get(f"/drafts/{draft.id}/review/")
    assert rollout(page) == {"replaced": ["n1", "n2", "n3"]}


def test_a_fix_that_is_asked_for_while_the_cluster_is_away_can_be_asked_for_again(
    signed_in, admin, cluster, agents, settings
):
    address = f"/drafts/{edited(cluster, admin, agents[0]).id}/nodes/"
    cluster.forbidden = {"/api/v1/pods"}
    page = signed_in.get(address)
    [fix] = soup(page).select("button[value^='do:fix:']")
    form = submitted(page.text, "step-form") | {"sel-0-k": "kubernetes.io/hostname", "sel-0-v": "master"}
    settings.CLUSTER_RECENT_SECONDS, cluster.away = 0, True
    away = signed_in.post(address, form | {"op": fix["value"]})
    assert away.status_code == 503
    assert toasts(away) == []
    kept = submitted(away.text, "step-form")
    assert kept["sel-0-v"] == "master"
    assert fix["value"] in [button["value"] for button in soup(away).select("form button[name=op]")]
    draft = Draft.objects.get()
    assert draft.version == 1
    cluster.away = False
    assert signed_in.post(address, kept | {"op": fix["value"]}).status_code == 303
    draft.refresh_from_db()
    assert "kubernetes.io/hostname: master" in draft.text
    assert "key: role/master" in draft.text


# ---- the list of DaemonSets ----

DAEMONSETS = f"{CLUSTER}/projects/p/daemonsets/"


@pytest.fixture
def reported(cluster):
    """Four DaemonSets in four states, by what their controller reports."""

    def numbers(name, desired, current, ready, updated):
        return builders.daemonset(
            name,
            namespace="p",
            uid=name,
            status={
                "desiredNumberScheduled": desired,
                "currentNumberScheduled": current,
                "numberReady": ready,
                "numberAvailable": ready,
                "updatedNumberScheduled": updated,
            },
        )

    cluster.daemonsets = [
        numbers("a-running", 5000, 5000, 5000, 5000),
        numbers("b-idle", 0, 0, 0, 0),
        numbers("c-updating", 10, 10, 8, 4),
        numbers("d-degraded", 10, 9, 7, 10),
        numbers("e-updating", 2, 2, 2, 1),
    ]


@pytest.mark.parametrize(
    ("query", "order", "found"),
    [
        ("", "attention", ["d-degraded", "c-updating", "e-updating", "a-running", "b-idle"]),
        ("?sort=name", "name", ["a-running", "b-idle", "c-updating", "d-degraded", "e-updating"]),
        ("?sort=-attention", "-attention", ["a-running", "b-idle", "c-updating", "e-updating", "d-degraded"]),
        ("?size=10&status=updating", "attention", ["c-updating", "e-updating"]),
    ],
)
def test_what_needs_attention_comes_first(signed_in, reported, query, order, found):
    page = signed_in.get(DAEMONSETS + query)
    assert column(page) == found
    assert soup(page).select_one("[data-order]")["data-order"] == order


def test_the_order_is_said_and_can_be_switched(signed_in, reported):
    page = signed_in.get(DAEMONSETS)
    by_name = soup(page).select_one("[data-order] a")["href"]
    page = signed_in.get(DAEMONSETS + by_name)
    assert column(page)[0] == "a-running"
    assert (
        column(signed_in.get(DAEMONSETS + soup(page).select_one("[data-order] a")["href"]))[0] == "d-degraded"
    )
    [head] = soup(signed_in.get(DAEMONSETS)).select("th[aria-sort]")
    assert (head["data-column"], head["aria-sort"], head.a["href"]) == (
        "status",
        "ascending",
        "?sort=-attention",
    )


def test_a_row_has_a_bar_of_its_nodes_and_says_it_in_words(signed_in, reported):
    rows = {row.th.a.text: row for row in soup(signed_in.get(DAEMONSETS)).select("tbody tr")}
    lines = {
        name: {
            line["class"][0]: (float(line["x1"]), float(line["x2"]))
            for line in row.select("svg[role=img] line")
        }
        for name, row in rows.items()
    }
    assert lines["a-running"] == {"all": (0, 100), "ok": (0, 100), "bad": (100, 100)}
    assert lines["c-updating"] == {"all": (0, 100), "ok": (0, 80), "bad": (80, 100), "new": (0, 40)}
    assert lines["d-degraded"] == {"all": (0, 100), "ok": (0, 70), "bad": (70, 90)}
    assert lines["b-idle"] == {}
    assert "5,000 of 5,000" in rows["a-running"].select_one(".node-bar").get_text(" ")
    assert all(svg["aria-label"] for svg in soup(signed_in.get(DAEMONSETS)).select("svg[role=img]"))
