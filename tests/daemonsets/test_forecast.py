"""What the quotas of a project say to a DaemonSet (CheckRequest, and Constraints of the pod evaluator)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.builders import daemonset, limit_range, node, nodes, quota, rolling
from tests.daemonsets.coded import code_of, coded
from workloads.daemonsets.forecast.fit import fit
from workloads.daemonsets.forecast.quota import PlannedUse, forecast, used_without
from workloads.daemonsets.forecast.room import Room
from workloads.daemonsets.manifest.quantity import parse
from workloads.daemonsets.running.presence import reported_pods

GI = 2**30


def foresee(new, count, *quotas, others=(), **more):
    used = PlannedUse(quotas, others, nodes(count), more.get("limit_ranges", ())).without(new)
    return forecast(new, nodes(count), quotas, used, **more)


def test_all_fits():
    found = foresee(daemonset(requests={"cpu": "100m"}), 10, quota({"pods": "10", "requests.cpu": "1"}))
    assert (found.desired, found.allowed, found.first, found.blocks) == (10, 10, None, False)
    assert coded(found.say) == ("quotas-fit", {"desired": 10})
    assert {code_of(line.say) for line in found.lines} == {"quota-fits"}
    assert [(line.key, line.before, line.after, line.outcome) for line in found.lines] == [
        ("pods", 0, 10, "fits"),
        ("requests.cpu", 0, 1, "fits"),
    ]


def test_pods_stop_where_the_first_key_is_used_up():
    new = daemonset(requests={"cpu": "250m", "memory": "1Gi"})
    found = foresee(new, 44, quota({"pods": "40", "requests.cpu": "8", "requests.memory": "35Gi"}))
    assert (found.desired, found.allowed, found.blocks) == (44, 32, True)
    assert coded(found.say) == (
        "quota-exceeded",
        {
            **{"quota": "quota", "key": "requests.cpu", "hard": "8", "before": "0", "after": "11"},
            **{"needed": "11", "lower": "181m", "allowed": 32, "most": 32, "desired": 44},
        },
    )
    by_key = {line.key: line for line in found.lines}
    assert {key: line.allowed for key, line in by_key.items()} == {
        "pods": 40,
        "requests.cpu": 32,
        "requests.memory": 35,
    }
    assert by_key["requests.cpu"].lower_to == Decimal("0.181")
    assert by_key["requests.memory"].lower_to == 814 * 2**20
    assert by_key["pods"].lower_to is None
    assert by_key["requests.cpu"].raise_to == 11


@pytest.mark.parametrize(
    ("planned", "cpu", "code"),
    [
        (False, "2", "quota-exceeded"),
        (True, "1", "quota-exceeded-if-last"),
        (True, "2", "quota-exceeded-at-most"),
    ],
)
def test_not_even_one_pod_is_said_without_a_figure(planned, cpu, code):
    other = daemonset("other", requests={"cpu": "1"})
    new = daemonset(requests={"cpu": cpu})
    found = foresee(new, 3, quota({"requests.cpu": "3"}), others=[other], planned=planned)
    assert (found.first.allowed, code_of(found.say)) == (0, code)
    assert "%(allowed)" not in found.first.say.template


def test_what_it_is_lowered_or_raised_to_suffices():
    hard = quota({"requests.cpu": "8"})
    [line] = foresee(daemonset(requests={"cpu": "250m"}), 44, hard).lines
    lowered = daemonset(requests={"cpu": f"{line.lower_to}"})
    assert foresee(lowered, 44, hard).first is None
    raised = quota({"requests.cpu": str(line.raise_to)})
    assert foresee(daemonset(requests={"cpu": "250m"}), 44, raised).first is None


def test_what_other_daemonsets_use_counts_and_its_own_present_version_does_not():
    others = [daemonset("other", requests={"cpu": "1"}), daemonset("agent", requests={"cpu": "4"})]
    found = foresee(daemonset(requests={"cpu": "1"}), 3, quota({"requests.cpu": "5"}), others=others)
    [line] = found.lines
    assert (line.before, line.after, line.allowed) == (3, 6, 2)


def test_offline_nobody_knows_who_comes_first():
    """What others want counts as used, and of all together it can be said for sure."""
    hard = quota({"requests.cpu": "8"})
    one_agent = daemonset("one", requests={"cpu": "1"})
    both = [one_agent, daemonset("other", requests={"cpu": "2"})]
    found = [foresee(new, 3, hard, others=both, planned=True).first for new in both]
    assert [code_of(line.say) for line in found] == ["quota-exceeded-if-last"] * 2
    assert [(line.allowed, line.most, line.say.params["after"]) for line in found] == [
        (2, 8, "9"),
        (2, 4, "9"),
    ]
    one, other = (line.shared for line in found)
    assert one.text == other.text
    assert code_of(one) == "quota-exceeded-together"
    # What would not fit even if it came first does not depend on the order.
    large = foresee(
        daemonset("large", requests={"cpu": "3"}), 3, hard, others=[one_agent], planned=True
    ).first
    assert (large.allowed, large.most, large.shared) == (1, 2, None)
    code, params = coded(large.say)
    assert (code, params["allowed"], params["most"]) == ("quota-exceeded-at-most", 1, 2)


@pytest.mark.parametrize(("requests", "none"), [("5", False), ("9", True)])
def test_that_no_pod_is_made_is_said_only_where_it_is_sure(requests, none):
    others = [daemonset("other", requests={"cpu": "2"})]
    new = daemonset(requests={"cpu": requests})
    found = foresee(new, 4, quota({"requests.cpu": "8"}), others=others, planned=True)
    assert (found.allowed, bool(found.none_made)) == (0, none)
    # On a cluster others have what is used.
    assert foresee(new, 4, quota({"requests.cpu": "8"}), others=others).none_made


def test_what_runs_nowhere_is_not_stopped_by_what_others_want():
    others = [daemonset("other", requests={"cpu": "2"})]
    nowhere = daemonset(requests={"cpu": "1"}, nodeName="none")
    found = foresee(nowhere, 3, quota({"requests.cpu": "5"}), others=others, present=nowhere, planned=True)
    assert (found.first, found.blocks, found.none_made) == (None, False, ())


@pytest.mark.parametrize(
    ("hard", "code", "lower", "needed"),
    [
        ({"requests.cpu": "2"}, "quota-lower-or-raise", "666m", "3"),
        ({"pods": "2"}, "quota-raise", None, "3"),
        ({"requests.cpu": "0"}, "quota-raise", None, "3"),
        ({"count/daemonsets.apps": "0"}, "quota-raise", None, "1"),
    ],
)
def test_what_would_make_it_fit(hard, code, lower, needed):
    found, params = coded(foresee(daemonset(requests={"cpu": "1"}), 3, quota(hard)).first.ways)
    assert (found, params.get("lower"), params["needed"]) == (code, lower, needed)


def test_a_revision_that_a_quota_does_not_allow_keeps_all_pods_from_being_made():
    """syncDaemonSet writes it before any pod."""
    found = foresee(daemonset(), 3, quota({"count/controllerrevisions.apps": "0"}))
    assert (found.first.outcome, found.allowed, found.blocks) == ("unrecorded", 0, True)
    assert code_of(found.say) == "quota-refuses-revision"


def test_on_a_cluster_the_pods_that_are_there_count_before_an_edit():
    stopped = daemonset(requests={"cpu": "1"})
    hard = quota({"pods": "5"}, used={"pods": "5"})
    found = forecast(
        stopped, nodes(8), [hard], used_without([hard], stopped, 5), present=stopped, present_pods=5
    )
    [line] = found.lines
    assert (line.before, line.present, line.after, line.allowed) == (0, 5, 8, 5)


def test_short_keys_and_several_quotas():
    new = daemonset(requests={"cpu": "1"}, limits={"cpu": "2", "memory": "1Gi", "nvidia.com/gpu": "1"})
    hard = (
        quota({"requests.nvidia.com/gpu": "1"}, name="gpu"),
        quota({"cpu": "3", "limits.cpu": "6", "memory": "9Gi"}, name="cpu"),
    )
    found = foresee(new, 4, *hard)
    assert [(line.quota, line.key, line.allowed) for line in found.lines] == [
        ("gpu", "requests.nvidia.com/gpu", 1),
        ("cpu", "cpu", 3),
        ("cpu", "limits.cpu", 3),
        ("cpu", "memory", 9),
    ]
    assert (found.allowed, found.first.quota) == (1, "gpu")


@pytest.mark.parametrize(
    ("scope", "counts"),
    [
        ({"scopes": ["NotTerminating"]}, True),
        ({"scopes": ["Terminating"]}, False),
        ({"scopes": ["BestEffort"]}, False),
        ({"scopes": ["NotBestEffort"]}, True),
        (
            {
                "scopeSelector": {
                    "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]
                }
            },
            True,
        ),
        (
            {
                "scopeSelector": {
                    "matchExpressions": [
                        {"scopeName": "PriorityClass", "operator": "NotIn", "values": ["high"]}
                    ]
                }
            },
            False,
        ),
    ],
)
def test_only_quotas_whose_scopes_match_apply(scope, counts):
    new = daemonset(requests={"cpu": "1"}, priorityClassName="high")
    found = foresee(new, 2, quota({"pods": "1"}, **scope))
    assert (found.allowed, bool(found.lines)) == ((1, True) if counts else (2, False))
    if not counts:
        assert code_of(found.say) == "no-quota"


def test_a_scoped_quota_asks_nothing_of_containers_it_leaves_out():
    hard = quota(
        {"requests.cpu": "1"},
        scopeSelector={"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]},
    )
    assert foresee(daemonset(), 1, hard).unstated == ()
    assert foresee(daemonset(priorityClassName="high"), 1, hard).unstated != ()


def test_with_a_quota_of_compute_resources_each_container_must_state_them():
    found = foresee(daemonset(), 3, quota({"requests.cpu": "10", "limits.memory": "10Gi", "pods": "5"}))
    [missing] = found.unstated
    assert missing.keys == ("requests.cpu", "limits.memory")
    assert missing.path == ("spec", "template", "spec", "containers", 0, "resources", "requests", "cpu")
    assert (found.allowed, found.blocks) == (0, True)
    params = {"quota": "quota", "container": "main", "keys": "requests.cpu, limits.memory"}
    assert coded(found.say) == ("quota-requires-resources", params)


def test_init_containers_must_state_it_too_but_not_other_resources():
    new = daemonset(requests={"cpu": "1"}, initContainers=[{"name": "first"}])
    found = foresee(new, 1, quota({"cpu": "10", "requests.ephemeral.storage": "1Gi"}))
    assert [(one.container, one.keys) for one in found.unstated] == [("first", ("cpu",))]


def test_a_limit_range_may_state_it():
    ranges = [limit_range(default={"cpu": "2"})]
    found = foresee(daemonset(), 3, quota({"limits.cpu": "4", "requests.cpu": "9"}), limit_ranges=ranges)
    assert (found.unstated, found.allowed) == ((), 2)


def test_with_resources_of_the_whole_pod_containers_need_state_none():
    new = daemonset(resources={"requests": {"cpu": "1"}})
    assert foresee(new, 1, quota({"requests.cpu": "10"})).unstated == ()


def test_the_daemonset_itself_may_be_one_too_many():
    hard = quota({"count/daemonsets.apps": "2"})
    others = [daemonset("a"), daemonset("b")]
    found = foresee(daemonset(), 3, hard, others=others)
    assert (found.first.outcome, found.allowed, found.blocks) == ("refused", 0, True)
    code, params = coded(found.say)
    assert code == "quota-refuses-daemonset"
    assert (params["key"], params["hard"], params["before"]) == ("count/daemonsets.apps", "2", "2")
    stored = foresee(daemonset("b"), 3, hard, others=others, present=daemonset("b"))
    assert (stored.first, stored.allowed) == (None, 3)


def test_a_daemonset_for_no_node_uses_nothing():
    found = foresee(daemonset(requests={"cpu": "1"}, nodeName="none"), 3, quota({"pods": "0", "cpu": "0"}))
    assert (found.desired, found.allowed, found.first) == (0, 0, None)


@pytest.mark.parametrize(
    ("old", "new", "update", "peak"),
    [
        pytest.param("1", "2", {"maxUnavailable": 1}, 20, id="without surge: the larger of the two"),
        pytest.param("2", "1", {"maxUnavailable": 1}, 20, id="old pods may be the larger"),
        pytest.param("1", "2", {"maxUnavailable": 0, "maxSurge": 2}, 22, id="the last old beside all new"),
        pytest.param("2", "1", {"maxUnavailable": 0, "maxSurge": "20%"}, 22, id="the first new beside old"),
        pytest.param("1", "1", {"maxUnavailable": 0, "maxSurge": 2}, 10, id="nothing is replaced"),
    ],
)
def test_the_most_while_it_is_rolled_out(old, new, update, peak):
    present = daemonset(requests={"cpu": old})
    found = foresee(
        daemonset(requests={"cpu": new}, update=rolling(**update)),
        10,
        quota({"requests.cpu": "100"}),
        present=present,
    )
    [line] = found.lines
    assert (line.present, line.after, line.peak) == (10 * int(old), 10 * int(new), peak)


def test_a_rollout_that_stalls_although_all_would_fit():
    new = daemonset(requests={"cpu": "1"}, update=rolling(maxUnavailable=0, maxSurge=1), priority=1)
    found = foresee(new, 10, quota({"requests.cpu": "10"}), present=daemonset(requests={"cpu": "1"}))
    [line] = found.lines
    assert (line.outcome, line.raise_to, found.allowed, found.blocks) == ("rollout", 11, 10, False)
    code, params = coded(found.say)
    assert (code, params["needed"], params["hard"]) == ("quota-stalls-rollout", "11", "10")


def test_nodes_gained_count_at_once_beside_those_in_rollout():
    inventory = [*nodes(4, prefix="a", labels={"half": "a"}), *nodes(3, prefix="b", labels={"half": "b"})]
    present = daemonset(requests={"cpu": "1"}, nodeSelector={"half": "a"})
    new = daemonset(requests={"cpu": "2"}, update=rolling(maxUnavailable=0, maxSurge=1))
    hard = quota({"requests.cpu": "100"})
    found = forecast(new, inventory, [hard], {}, present=present)
    assert (found.lines[0].present, found.lines[0].after, found.lines[0].peak) == (4, 14, 15)


def test_on_a_cluster_the_present_version_is_taken_off_what_is_used():
    present = daemonset(
        requests={"cpu": "500m"}, status={"currentNumberScheduled": 3, "numberMisscheduled": 1}
    )
    hard = quota({"pods": "10", "requests.cpu": "10"}, used={"pods": "9", "requests.cpu": "6500m"})
    assert reported_pods(present) == 4
    assert used_without([hard], present, 4) == {"quota": {"pods": 5, "requests.cpu": parse("4500m")}}
    assert used_without([hard], present, 20) == {"quota": {"pods": 0, "requests.cpu": 0}}
    assert used_without([hard], None, 0) == {"quota": {"pods": 9, "requests.cpu": parse("6500m")}}


def test_claims_of_ephemeral_volumes_count_for_each_pod():
    claim = {"spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}}
    new = daemonset(volumes=[{"name": "v", "ephemeral": {"volumeClaimTemplate": claim}}])
    fast = "fast.storageclass.storage.k8s.io/requests.storage"
    hard = quota({"persistentvolumeclaims": "9", "requests.storage": "35Gi", fast: "1Ti"})
    found = foresee(new, 4, hard)
    assert [(line.allowed, line.after) for line in found.lines] == [(9, 4), (3, 40 * GI), (102, 40 * GI)]
    assert found.lines[1].lower_to == 8960 * 2**20


def test_counted_daemonsets_are_not_counted_twice():
    hard = quota({"count/daemonsets.apps": "9", "configmaps": "9"})
    counts = {("apps/v1", "DaemonSet"): 2, ("v1", "ConfigMap"): 3}
    planned = PlannedUse([hard], [daemonset("a"), daemonset("b")], nodes(1), (), counts)
    used = planned.without(daemonset("b"))
    assert used == {"quota": {"count/daemonsets.apps": 1, "configmaps": 3}}


def test_what_is_odd_is_passed_over():
    odd = [{}, None, {"spec": {"hard": {"pods": "many", "requests.cpu": None}}}]
    found = forecast(None, nodes(2), odd, {})
    assert (found.lines, found.unstated) == ((), ())


def test_amounts_finer_than_1m_decide_as_the_server_rounds_them():
    """8 of 10 pods of 0.5m fit in 8m, and 8 of 10 of 1m in 7.1m."""
    for cpu, hard in (("0.5m", "8m"), ("1m", "7.1m")):
        found = foresee(daemonset(requests={"cpu": cpu}), 10, quota({"requests.cpu": hard}))
        assert (found.allowed, found.desired) == (8, 10)
    fine = fit(daemonset(requests={"cpu": "0.5m"}), Room([node("n", allocatable={"cpu": "0.6m"})]))
    assert fine.problems == ()
    found = fit(daemonset(requests={"cpu": "1.5m"}), Room([node("n", allocatable={"cpu": "1.5m"})]))
    assert found.problems == ()
    assert fit(daemonset(requests={"cpu": "1.5m"}), Room([node("n", allocatable={"cpu": "1m"})])).nowhere


def test_what_all_use_without_one_is_what_the_others_use():
    hard = quota({"pods": "9", "requests.cpu": "9", "count/daemonsets.apps": "9", "secrets": "3"})
    few = quota({"pods": "9"}, name="few", scopes=["BestEffort"])
    counts = {("v1", "Secret"): 2, ("apps/v1", "DaemonSet"): 3}
    sets = [daemonset("a", requests={"cpu": "1"}), daemonset("b"), daemonset("c", nodeName="n0")]
    planned = PlannedUse([hard, few], sets, nodes(4), (), counts)
    for number, each in enumerate(sets):
        others = [*sets[:number], *sets[number + 1 :]]
        assert planned.without(each) == PlannedUse([hard, few], others, nodes(4), (), counts).used
    assert planned.without(daemonset("new")) == planned.used
