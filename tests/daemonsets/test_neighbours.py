"""Looking neighbours up finds the same as holding a manifest against each of them."""

from __future__ import annotations

import random

import pytest

from tests.builders import daemonset
from workloads.daemonsets.manifest.outline import SELECTOR
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.validation import check
from workloads.documents.paths import patch

LABELS = ["app", "tier", "zone"]
VALUES = ["a", "b", None, 5]


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
    """(code, path, parameters) of each clash."""
    found = check(value, ProjectFacts(daemonsets=others))
    return [(f.code, f.path, f.params) for f in found if f.code in ("selector-overlap", "host-port-clash")]


@pytest.mark.parametrize("seed", range(6))
def test_the_same_clashes_are_found(seed):
    rng = random.Random(seed)
    others = [random_daemonset(rng, number) for number in range(25)]
    for value in others:
        assert clashes(value, others) == [clash for other in others for clash in clashes(value, [other])]


def test_there_are_clashes_to_be_found():
    rng = random.Random(0)
    others = [random_daemonset(rng, number) for number in range(25)]
    codes = {code for value in others for code, _path, _params in clashes(value, others)}
    assert codes == {"selector-overlap", "host-port-clash"}
