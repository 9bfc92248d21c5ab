from decimal import Decimal

import pytest

from tests.builders import limit_range
from tests.daemonsets.coded import coded
from tests.daemonsets.rule_cases import BASE, POD, C
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.project import limit_ranges
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.validation import check
from workloads.documents.paths import ABSENT, patch
from workloads.stores.protocol import Capabilities


def shown(amounts):
    return {name: str(amount) for name, amount in amounts.items()}


@pytest.mark.parametrize(
    ("ranges", "requests", "limits"),
    [
        ([], {}, {}),
        ([limit_range(default={"cpu": "1"}, defaultRequest={"cpu": "0.5"})], {"cpu": "0.5"}, {"cpu": "1"}),
        ([limit_range(default={"cpu": "1"})], {"cpu": "1"}, {"cpu": "1"}),
        ([limit_range(max={"cpu": "2"})], {"cpu": "2"}, {"cpu": "2"}),
        ([limit_range(min={"cpu": "0.1"})], {"cpu": "0.1"}, {}),
        ([limit_range(min={"cpu": "0.1"}, max={"cpu": "2"})], {"cpu": "2"}, {"cpu": "2"}),
        ([limit_range("Pod", max={"cpu": "2"})], {}, {}),
        ([limit_range(default={"cpu": "1"}), limit_range(default={"cpu": "2", "memory": "1Ki"})],
         {"cpu": "1", "memory": "1024"}, {"cpu": "1", "memory": "1024"}),
        ([limit_range(default={"cpu": "lots"})], {}, {}),
        ([{}, {"spec": None}, {"spec": {"limits": ["x"]}}], {}, {}),
    ],
)  # fmt: skip
def test_what_a_container_without_resources_gets(ranges, requests, limits):
    given = limit_ranges.defaults(ranges)
    assert (shown(given.requests), shown(given.limits)) == (requests, limits)


@pytest.mark.parametrize(
    ("resources", "requests", "limits"),
    [
        ({}, {"cpu": "0.5"}, {"cpu": "1"}),
        ({"limits": {"cpu": "4"}}, {"cpu": "4"}, {"cpu": "4"}),
        ({"requests": {"cpu": "0.1"}}, {"cpu": "0.1"}, {"cpu": "1"}),
        ({"limits": {"memory": "1Ki"}}, {"memory": "1024", "cpu": "0.5"}, {"memory": "1024", "cpu": "1"}),
        (None, {"cpu": "0.5"}, {"cpu": "1"}),
    ],
)
def test_what_a_container_says_goes_first(resources, requests, limits):
    ranges = [limit_range(default={"cpu": "1"}, defaultRequest={"cpu": "500m"})]
    given = limit_ranges.effective({"resources": resources}, ranges)
    assert (shown(given.requests), shown(given.limits)) == (requests, limits)


def codes(value, *ranges, **known):
    return [
        (finding.code, finding.path, finding.severity)
        for finding in check(value, ProjectFacts(limit_ranges=list(ranges), **known))
    ]


RESOURCES = (*C, "resources")
NEWEST = Capabilities(pod_sums=True)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"min": {"cpu": "50m"}}, None),
        ({"min": {"cpu": "200m"}}, "limit-range-min"),
        ({"max": {"memory": "128Mi"}}, None),
        ({"max": {"memory": "100Mi"}}, "limit-range-max"),
        ({"max": {"memory": "32Mi"}, "default": {"cpu": "1"}}, "limit-range-max"),
        ({"maxLimitRequestRatio": {"memory": "2"}}, None),
        ({"maxLimitRequestRatio": {"memory": "1.5"}}, "limit-range-ratio"),
        # No limit for CPU at all: LimitRange defaults fill it in before the ratio is checked.
        ({"maxLimitRequestRatio": {"cpu": "2"}}, "limit-range-ratio"),
        ({"maxLimitRequestRatio": {"cpu": "2"}, "default": {"cpu": "200m"}}, None),
        ({"max": {"nvidia.com/gpu": "1"}}, None),
    ],
)
def test_bounds_of_a_container(item, code):
    found = codes(BASE, limit_range(**item))
    assert [(each, path[: len(RESOURCES)], severity) for each, path, severity in found] == (
        [(code, RESOURCES, "warning")] if code else []
    )


def test_a_breach_names_the_limit_range_its_bound_and_the_value():
    [finding] = check(BASE, ProjectFacts(limit_ranges=[limit_range(name="small", max={"memory": "100Mi"})]))
    assert (finding.code, finding.path) == ("limit-range-max", (*RESOURCES, "limits", "memory"))
    assert finding.params == {
        **{"range": "small", "bound": "100Mi", "resource": "memory"},
        **{"key": "limits.memory", "container": "agent", "value": "128Mi"},
    }
    assert "%(" not in finding.message


@pytest.mark.parametrize("kind", ["Container", "Pod"])
@pytest.mark.parametrize(
    ("bound", "missing", "code", "key"),
    [
        ({"min": {"memory": "1Gi"}}, False, "limit-range-min", "requests.memory"),
        ({"max": {"memory": "1Mi"}}, False, "limit-range-max", "limits.memory"),
        ({"maxLimitRequestRatio": {"memory": "1.5"}}, False, "limit-range-ratio", "limits.memory"),
        ({"maxLimitRequestRatio": {"cpu": "2"}}, True, "limit-range-ratio", "limits.cpu"),
    ],
)
def test_every_bound_has_a_sentence_with_its_figures(kind, bound, missing, code, key):
    pod = Place(BASE["spec"]["template"]["spec"])
    found = [
        each
        for each in limit_ranges.breaches(pod, [limit_range(kind, name="l", **bound)], features=NEWEST)
        if each.say.code == code
    ]
    [breach] = found
    said, params = coded(breach.say)
    assert (said, params["key"], params["value"] == "") == (code, key, missing)
    assert params["container"] == ("agent" if kind == "Container" else "")


TWO = patch(
    BASE, [((*POD, "containers", 1), {**BASE["spec"]["template"]["spec"]["containers"][0], "name": "b"})]
)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"max": {"memory": "256Mi"}}, None),
        ({"max": {"memory": "255Mi"}}, "limit-range-max"),
        ({"min": {"cpu": "200m"}}, None),
        ({"min": {"cpu": "201m"}}, "limit-range-min"),
        ({"max": {"cpu": "1"}}, "limit-range-max"),
    ],
)
def test_bounds_of_a_whole_pod(item, code):
    expected = [(code, (*POD, "containers"), "warning")] if code else []
    assert codes(TWO, limit_range("Pod", **item)) == expected


def pod_of(*containers, init=(), **spec):
    """limits.cpu of each; None for one that says nothing."""

    def made(kind, amounts):
        return [
            {"name": f"{kind}{n}", "image": "a:1", "resources": {"limits": {"cpu": amount} if amount else {}}}
            | ({"restartPolicy": "Always"} if kind == "init" and stays else {})
            for n, (amount, stays) in enumerate(amounts)
        ]

    own = {
        "containers": made("c", [(one, False) for one in containers]),
        "initContainers": made("init", init),
    }
    return patch(BASE, [(POD, {**BASE["spec"]["template"]["spec"], "volumes": [], **own, **spec})])


@pytest.mark.parametrize(
    ("value", "of_old", "now"),
    [
        (pod_of("900m", "100m"), [], []),
        (pod_of("900m", "101m"), ["limit-range-max"], ["limit-range-max"]),
        # What one of them leaves open counts as nothing today.
        (pod_of("900m", None), ["limit-range-max"], []),
        (pod_of("400m", init=[("600m", True), ("1", False)]), [], ["limit-range-max"]),
        (pod_of("400m", init=[("1", False), ("600m", True)]), [], []),
        (pod_of("100m", resources={"limits": {"cpu": "2"}}), [], ["limit-range-max"]),
    ],
)
def test_servers_since_1_28_add_up_whatever_containers_say(value, of_old, now):
    item = limit_range("Pod", max={"cpu": "1"})

    def said(features):
        found = codes(value, item, features=features)
        return [code for code, _path, _severity in found if code.startswith("limit-range")]

    assert (said(Capabilities(version="1.27")), said(NEWEST)) == (of_old, now)


@pytest.mark.parametrize(
    ("resources", "given", "refused"),
    [
        ({"requests": {"memory": "1Gi"}}, {"default": {"memory": "256Mi"}}, True),
        ({"requests": {"memory": "1Gi"}}, {"default": {"memory": "1Gi"}}, False),
        (
            {"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}},
            {"default": {"memory": "256Mi"}},
            False,
        ),
        ({"limits": {"memory": "1Gi"}}, {"default": {"memory": "256Mi"}}, False),
        ({"requests": {"cpu": "1"}}, {"default": {"memory": "256Mi"}}, False),
        # A limit that is not given is the largest one allowed: that the request is above it is said once.
        ({"requests": {"memory": "1Gi"}}, {"max": {"memory": "512Mi"}}, False),
    ],
)
def test_a_limit_that_is_filled_in_may_be_too_low(resources, given, refused):
    value = patch(BASE, [(RESOURCES, resources)])
    found = [
        path for code, path, _severity in codes(value, limit_range(**given)) if code == "limit-range-default"
    ]
    assert found == ([(*RESOURCES, "limits", "memory")] if refused else [])


def test_an_init_container_counts_where_it_is_larger():
    init = {"name": "i", "image": "a:1", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
    value = patch(BASE, [((*POD, "initContainers"), [init])])
    assert codes(value, limit_range("Pod", max={"memory": "1Gi"})) == []
    assert codes(value, limit_range("Pod", max={"memory": "1023Mi"})) == [
        ("limit-range-max", (*POD, "containers"), "warning")
    ]


def test_a_default_is_as_good_as_a_request():
    bare = patch(BASE, [(RESOURCES, ABSENT)])
    assert codes(bare) == [("no-resources", RESOURCES, "warning")]
    assert codes(bare, limit_range(default={"cpu": "1", "memory": "1Gi"})) == []
    assert limit_ranges.effective({}, []).requests == {}
    assert limit_ranges.defaults([limit_range(default={"cpu": 1})]).limits == {"cpu": Decimal(1)}


def test_of_several_bounds_on_one_amount_the_strictest_is_named():
    ranges = [
        limit_range(name=f"l{number}", max={"memory": f"{number}Mi"}, min={"cpu": str(number)})
        for number in (3, 1, 2)
    ]
    found = limit_ranges.breaches(Place(BASE["spec"]["template"]["spec"]), ranges)
    named = [(each.say.code, each.say.params["range"]) for each in found]
    assert named == [("limit-range-min", "l3"), ("limit-range-max", "l1")]


def test_the_breaches_of_a_container_are_bounded_and_say_so():
    many = limit_ranges.MOST_BREACHES + 5
    ranges = [limit_range(maxLimitRequestRatio={f"example.com/r{number}": "1"}) for number in range(many)]
    assert [code for code, _path, _severity in codes(BASE, *ranges)] == [
        *["limit-range-ratio"] * limit_ranges.MOST_BREACHES,
        "limit-range-more",
    ]
