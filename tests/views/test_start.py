"""Will the pods start? The same answer in the step of the nodes, in the review and of what is stored."""

from __future__ import annotations

import pytest

from tests import builders
from tests.builders import REQUIRED, as_text, container, node
from tests.views.pages import soup
from workloads.drafts import store as drafts
from workloads.stores import store_for

ZONE = "topology.kubernetes.io/zone"


@pytest.fixture
def store(admin, demo):
    """Offline, with six nodes in three zones."""
    store = store_for("offline", admin)
    for number, zone in enumerate("aaabbc"):
        store.apply(as_text(node(f"n{number}", labels={ZONE: zone})), project="", base="")
    return store


def agent(name="agent", **spec):
    return builders.daemonset(name, namespace="demo", **spec)


def chip(part):
    found = part.select_one("[data-code=nowhere], [data-code=at-most], [data-code=not-examined].chip")
    return found["data-code"] if found else ""


@pytest.fixture
def places(signed_in, admin, store):
    """Step, review and the Nodes tab of what is stored then, each with the number beside the heading and the
    section that explains it."""

    def places(value):
        draft = drafts.create(admin, "offline", "demo", as_text(value))
        step = soup(signed_in.get(f"/drafts/{draft.pk}/nodes/")).select_one("#step-aside")
        review = soup(signed_in.get(f"/drafts/{draft.pk}/review/")).select_one("#d0")
        store.apply(as_text(value), project="demo", base="")
        stored = soup(signed_in.get("/clusters/offline/projects/demo/daemonsets/agent/nodes/")).main
        return {"step": step, "review": review, "stored": stored}

    return places


def apart(topology):
    term = {"topologyKey": topology, "labelSelector": {"matchLabels": {"app": "agent"}}}
    return {"podAntiAffinity": {REQUIRED: [term]}}


SAME_PORT = [container(name, ports=[{"containerPort": 9100}]) for name in ("a", "b")]


@pytest.mark.parametrize(
    ("spec", "code", "explained", "unfit"),
    [
        pytest.param({}, "", [], 0, id="nothing known to prevent it"),
        pytest.param(
            {"hostNetwork": True, "containers": SAME_PORT}, "nowhere", ["invalid"], 6, id="a port twice"
        ),
        pytest.param({"serviceAccountName": "gone"}, "nowhere", ["account"], 6, id="no account"),
        pytest.param({"schedulingGates": [{"name": "a.b/c"}]}, "nowhere", ["gates"], 6, id="gates"),
        pytest.param(
            {"volumes": [{"name": "v", "configMap": {"name": "gone"}}]},
            "nowhere",
            ["config"],
            6,
            id="no configuration",
        ),
        pytest.param(
            {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "gone"}}]},
            "nowhere",
            ["claim", "storage-unknown"],
            6,
            id="no claim",
        ),
        pytest.param({"affinity": apart(ZONE)}, "at-most", ["pod-anti-affinity"], 0, id="one a zone"),
        pytest.param({"affinity": apart("no")}, "", [], 0, id="apart in no domain"),
        pytest.param({"schedulerName": "x"}, "not-examined", ["other-scheduler"], 0, id="a scheduler"),
        pytest.param(
            {"priorityClassName": "gold"}, "not-examined", ["priorityclass-unknown"], 0, id="a class"
        ),
        pytest.param({"imagePullSecrets": [{"name": "gone"}]}, "", [], 0, id="a secret to pull with"),
    ],
)
def test_every_page_says_the_same(places, spec, code, explained, unfit):
    for part in places(agent(**spec)).values():
        assert chip(part) == code
        said = [each["data-code"] for each in part.select("section.fit li[data-code]")]
        assert said == explained
        fit = part.select_one(".legend [data-state=fit] b")
        assert int(fit.get_text() if fit else 0) == unfit


def test_of_many_daemonsets_each_says_how_many_start(signed_in, admin, store):
    """The maps of the first are drawn; the others are counted."""
    values = [agent(f"x{number}") for number in range(3)]
    values += [agent("gone", serviceAccountName="gone"), agent("zones", affinity=apart(ZONE))]
    text = "---\n".join(as_text(each) for each in values).replace('"app": "zones"', '"app": "agent"')
    draft = drafts.create(admin, "offline", "demo", text)
    page = soup(signed_in.get(f"/drafts/{draft.pk}/review/"))
    assert [chip(page.select_one(f"#d{number}")) for number in (3, 4)] == ["nowhere", "at-most"]
    assert all(page.select_one(f"#d{number} [data-code=unfit]") for number in (3, 4))
