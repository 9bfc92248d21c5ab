"""What admission makes of pods by the RuntimeClass and the PriorityClass that they name."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.builders import daemonset, node, priority_class, quota, runtime_class
from tests.daemonsets.coded import coded
from workloads.daemonsets.forecast import demand
from workloads.daemonsets.forecast.fit import fit
from workloads.daemonsets.forecast.room import Room
from workloads.daemonsets.placement.verdicts import coverage, template_of
from workloads.daemonsets.project import admission
from workloads.daemonsets.project.admission import Classes, completed
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.validation import check


def agent(**spec):
    return daemonset(namespace="demo", requests={"cpu": "100m"}, **spec)


ROOM = {"cpu": "1", "pods": "10"}
SANDBOX = Classes.of([runtime_class(overhead={"cpu": "250m", "memory": "100Mi"})], [])
NODES = [node("plain", allocatable=ROOM), node("with-vm", labels={"vm": "yes"}, allocatable=ROOM)]


def test_the_overhead_of_the_runtime_class_counts_towards_quotas():
    asked = demand.per_pod(template_of(completed(agent(runtimeClassName="sandbox"), SANDBOX)))
    assert asked["requests.cpu"] == Decimal("0.35")
    assert asked["requests.memory"] == 100 * 2**20


@pytest.mark.parametrize("classes", [Classes(), Classes.of([], []), Classes.of([runtime_class()], None)])
def test_without_overhead_a_daemonset_is_complete_as_it_is(classes):
    value = agent(runtimeClassName="sandbox")
    assert completed(value, classes) is value


def test_pods_that_name_no_priority_class_get_the_default_one_with_the_lowest_value():
    classes = Classes.of(
        None,
        [
            priority_class("high", 100, globalDefault=True),
            priority_class("usual", 10, globalDefault=True),
            priority_class("low", 1),
        ],
    )
    of_usual = {"scopeName": "PriorityClass", "operator": "In", "values": ["usual"]}
    hard = quota({"pods": "9"}, scopeSelector={"matchExpressions": [of_usual]})

    def counted(value):
        return demand.in_quota(hard, template_of(completed(value, classes)))

    assert counted(agent()) == {"pods": 1}
    assert counted(agent(priorityClassName="low")) is None


def test_what_is_completed_is_placed_as_before():
    classes = Classes.of(
        [runtime_class(node_selector={"vm": "yes"}, overhead={"cpu": "1"})],
        [priority_class("d", 1, globalDefault=True)],
    )
    value = agent(runtimeClassName="sandbox")
    done = completed(value, classes)
    assert done != value
    runs = [coverage(template_of(each), NODES).should_run for each in (value, done)]
    assert runs == [("plain", "with-vm")] * 2


@pytest.mark.parametrize("value", [None, {}, {"spec": {"template": {"spec": ["x"]}}}])
def test_what_is_misshapen_stays_so(value):
    assert completed(value, SANDBOX) == value


REFUSED = [
    (agent(priorityClassName="nope"), "priority-class-missing", "priorityClassName"),
    (agent(runtimeClassName="nope"), "runtime-class-missing", "runtimeClassName"),
    (agent(overhead={"cpu": "1"}), "overhead", "overhead"),
    (agent(runtimeClassName="sandbox", overhead={"cpu": "250m"}), "overhead", "overhead"),
    (agent(runtimeClassName="bound", nodeSelector={"vm": "no"}), "runtime-class-nodes", "vm"),
]


@pytest.mark.parametrize(("value", "code", "field"), REFUSED)
def test_pods_that_the_api_server_refuses(value, code, field):
    runtime = [
        runtime_class(overhead={"cpu": "250m", "memory": "100Mi"}),
        runtime_class("bound", node_selector={"vm": "yes"}),
    ]
    facts = ProjectFacts("demo", classes=Classes.of(runtime, []))
    [finding] = [each for each in check(value, facts) if each.code == code]
    assert (finding.path[-1], finding.severity) == (field, "warning")
    found = fit(value, Room(NODES), facts)
    [problem] = found.refused
    assert (coded(problem.say), problem.path) == ((code, finding.params), finding.path)
    assert found.nowhere


@pytest.mark.parametrize(
    "value",
    [
        agent(),
        agent(priorityClassName="system-node-critical"),
        agent(runtimeClassName="sandbox"),
        agent(runtimeClassName="sandbox", overhead={"cpu": "0.25", "memory": "102400Ki"}),
        agent(runtimeClassName="bound", nodeSelector={"vm": "yes", "other": "label"}),
    ],
)
def test_pods_that_are_admitted(value):
    runtime = [
        runtime_class(overhead={"cpu": "250m", "memory": "100Mi"}),
        runtime_class("bound", node_selector={"vm": "yes"}),
    ]
    assert list(admission.refusals(value, Classes.of(runtime, []))) == []


NEVER = priority_class("never", 5, preemptionPolicy="Never")
USUAL = priority_class("usual", 10, globalDefault=True)


@pytest.mark.parametrize(
    ("spec", "classes", "given"),
    [
        ({"priority": 7}, [], {"priority": "0"}),
        ({"priority": 0}, [USUAL], {"priority": "10"}),
        ({"priority": 7, "priorityClassName": "never"}, [NEVER, USUAL], {"priority": "5"}),
        ({"priority": 1, "priorityClassName": "system-node-critical"}, [], {"priority": "2000001000"}),
        ({"preemptionPolicy": "Never"}, [NEVER], {"preemptionPolicy": "PreemptLowerPriority"}),
        (
            {"priority": 6, "preemptionPolicy": "PreemptLowerPriority", "priorityClassName": "never"},
            [NEVER],
            {"priority": "5", "preemptionPolicy": "Never"},
        ),
    ],
)
def test_pods_that_say_another_priority_than_their_class_are_refused(spec, classes, given):
    facts = ProjectFacts("demo", classes=Classes.of(None, classes))
    found = fit(agent(**spec), Room(NODES), facts)
    said = {each.path[-1]: each.say.params["given"] for each in found.refused}
    assert said == given
    codes = {"priority": "priority", "preemptionPolicy": "preemption-policy"}
    found = {each.code for each in check(agent(**spec), facts)}
    assert found & {*codes.values()} == {codes[field] for field in given}


@pytest.mark.parametrize(
    ("spec", "classes"),
    [
        ({"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}, Classes.of(None, [])),
        ({"priority": 10}, Classes.of(None, [USUAL])),
        (
            {"priority": 5, "preemptionPolicy": "Never", "priorityClassName": "never"},
            Classes.of(None, [NEVER]),
        ),
        ({"priority": 2000000000, "priorityClassName": "system-cluster-critical"}, Classes.of(None, [])),
        # Not known: no classes at all, a class that nobody stored, which one is the default.
        ({"priority": 7}, Classes()),
        ({"priority": 7, "priorityClassName": "elsewhere"}, Classes.of(None, [NEVER], whole=False)),
        ({"priority": 7, "preemptionPolicy": "Never"}, Classes.of(None, [NEVER], whole=False)),
    ],
)
def test_a_priority_that_is_that_of_the_class_or_of_one_not_known_is_no_refusal(spec, classes):
    assert list(admission.refusals(agent(**spec), classes)) == []


@pytest.mark.parametrize("classes", [Classes(), Classes.of([], [], whole=False)])
def test_a_class_that_may_be_there_is_not_called_missing(classes):
    assert list(admission.refusals(agent(priorityClassName="p", runtimeClassName="r"), classes)) == []


def test_a_text_brings_its_classes_along():
    facts = ProjectFacts("demo", classes=Classes.of([], []))
    value = agent(priorityClassName="mine", runtimeClassName="sandbox")
    assert {each.code for each in check(value, facts)} >= {"priority-class-missing", "runtime-class-missing"}
    later = facts.with_bundle([priority_class("mine", 5), runtime_class(overhead={"cpu": "1"})])
    assert not [each for each in check(value, later) if each.code.endswith("class-missing")]
    assert demand.per_pod(template_of(completed(value, later.classes)))["requests.cpu"] == Decimal("1.1")


def test_the_scheduler_asks_for_the_nodes_of_the_runtime_class_and_room_for_its_overhead():
    classes = Classes.of([runtime_class(node_selector={"vm": "yes"}, overhead={"cpu": "950m"})], [])
    found = fit(agent(runtimeClassName="sandbox"), Room(NODES), ProjectFacts(classes=classes))
    too_small = ("node-too-small", {"needed": "1.05", "free": "1", "resource": "cpu", "has": "1"})
    elsewhere = ("runtime-class-other-nodes", {"name": "sandbox", "pairs": "vm=yes"})
    assert {name: [coded(each) for each in found.on(name)] for name in sorted(found.unfit_nodes)} == {
        "plain": [too_small, elsewhere],
        "with-vm": [too_small],
    }


def test_what_kubelet_looks_for_on_a_node_before_it_starts_the_pod():
    def volume(path, **kind):
        return {"name": "v", "hostPath": {"path": path, **kind}}

    volumes = [
        volume("/var/log"),
        volume("/dev/fuse", type="CharDevice"),
        volume("/run/agent", type="DirectoryOrCreate"),
        volume("/run/containerd.sock", type="Socket"),
    ]
    found = fit(agent(volumes=volumes), Room(NODES))
    assert [(each.path, each.kind) for each in found.must_exist] == [
        ("/dev/fuse", "CharDevice"),
        ("/run/containerd.sock", "Socket"),
    ]
    assert found.problems == ()
