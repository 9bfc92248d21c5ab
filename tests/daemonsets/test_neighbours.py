"""Looking neighbours up finds the same as holding a manifest against each of them."""

from __future__ import annotations

import random

import pytest

from tests.builders import daemonset
from workloads.daemonsets.manifest.outline import NAME, PROJECT, SELECTOR
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.project.neighbours import MOST_COMPARED
from workloads.daemonsets.rules.validation import check
from workloads.documents.paths import patch

LABELS = ["app", "tier", "zone"]
VALUES = ["a", "b", None, 5]
CLASHES = ("selector-overlap", "host-port-clash")


def labels(rng, most=3):
    return {key: rng.choice(VALUES) for key in rng.sample(LABELS, rng.randint(0, most))}


def random_daemonset(rng, number):
    selector = {"matchLabels": labels(rng, 2)} if rng.random() < 0.8 else {}
    if rng.random() < 0.3:
        selector["matchExpressions"] = [
            {"key": rng.choice(LABELS), "operator": rng.choice(["Exists", "DoesNotExist"])}
        ]
    port = {"containerPort": rng.choice([80, 81]), "hostPort": rng.choice([None, 80, 81])}
    if rng.random() < 0.3:
        port |= {"hostIP": "10.0.0.1", "protocol": "UDP"}
    found = daemonset(
        f"d{number}",
        namespace=rng.choice(["p", "p", "q"]),
        labels=labels(rng),
        ports=[port],
        hostNetwork=rng.choice([True, None]),
    )
    return patch(found, [(SELECTOR, rng.choice([selector, selector, selector, None]))])


def clashes(value, others):
    """(code, path) → the parameters of each clash."""
    found = check(value, ProjectFacts(daemonsets=others))
    return {(f.code, f.path): f.params for f in found if f.code in CLASHES}


@pytest.mark.parametrize("seed", range(6))
def test_the_same_clashes_are_found(seed):
    rng = random.Random(seed)
    others = [random_daemonset(rng, number) for number in range(25)]
    for value in others:
        one_by_one = [(other["metadata"]["name"], clashes(value, [other])) for other in others]
        together = clashes(value, others)
        assert together.keys() == {clash for _name, found in one_by_one for clash in found}
        for clash, params in together.items():
            names = [name for name, found in one_by_one if clash in found]
            if len(names) == 1:
                assert params["name"] == names[0]
            else:
                assert params["count"] == len(names)
                assert set(params["names"].split(", ")) <= set(names)


def test_there_are_clashes_to_be_found():
    rng = random.Random(0)
    others = [random_daemonset(rng, number) for number in range(25)]
    codes = {code for value in others for code, _path in clashes(value, others)}
    assert codes == {"selector-overlap", "host-port-clash"}


def alike(count):
    """Copies of one DaemonSet under other names."""
    return [daemonset(f"d{n}", labels={"app": "x"}, ports=[{"hostPort": 80}]) for n in range(count)]


def test_of_many_others_some_are_named_in_one_finding():
    [first, *_rest] = others = alike(200)
    found = clashes(first, others)
    assert len(found) == 2
    for params in found.values():
        assert (params["count"], params["names"]) == (199, "d1, d2, d3")


def test_one_without_a_project_may_be_in_any():
    value = patch(alike(1)[0], [(PROJECT, None)])
    here = [patch(each, [(PROJECT, "p")]) for each in alike(2)]
    there = [patch(each, [(PROJECT, "q"), (NAME, f"{each['metadata']['name']}-q")]) for each in alike(2)]
    [overlap] = [params for (code, _path), params in clashes(value, [*here, *there]).items() if "sel" in code]
    assert overlap["count"] == 3
    assert [params["name"] for params in clashes(here[0], [*here, *there]).values()] == ["d1", "d1"]


def test_what_is_not_compared_is_said():
    def selecting(number, operator):
        """Selects by an expression that no index helps with."""
        found = daemonset(f"d{number}", labels={"app": f"x{number}"})
        expression = {"key": "app", "operator": operator, "values": [f"y{number}"]}
        return patch(found, [(SELECTOR, {"matchExpressions": [expression]})])

    others = [selecting(number, "NotIn") for number in range(MOST_COMPARED + 2)]
    [finding] = [f for f in check(others[0], ProjectFacts(daemonsets=others)) if f.path == SELECTOR]
    assert finding.code == "selector-compared-with-some"
    assert finding.params["compared"] == MOST_COMPARED
    # Those that an index finds are all compared.
    others = [selecting(number, "In") for number in range(MOST_COMPARED + 2)]
    assert check(others[0], ProjectFacts(daemonsets=others)) != []
    assert clashes(others[0], others) == {}


@pytest.mark.parametrize("seed", range(6))
def test_what_a_manifest_brings_counts_as_it_is_now(seed):
    """The stored ones are the same tuple for several manifests: each finds what it would among all anew."""
    rng = random.Random(seed)
    stored = tuple(patch(random_daemonset(rng, number), [(PROJECT, "p")]) for number in range(25))
    for _text in range(12):
        brought = [patch(random_daemonset(rng, number), [(PROJECT, "p")]) for number in (3, 26)]
        names = {each["metadata"]["name"] for each in brought}
        together = [*(each for each in stored if each["metadata"]["name"] not in names), *brought]
        facts = ProjectFacts("p", daemonsets=stored).with_bundle(brought)
        for value in brought:
            found = {(f.code, f.path): f.params for f in check(value, facts) if f.code in CLASHES}
            assert found == clashes(value, together)
