"""What affinity to other pods does to a DaemonSet, in words."""

from __future__ import annotations

import pytest

from workloads.daemonsets.manifest.pod_affinity import effects

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def term(topology=HOSTNAME, selector=None, **more):
    return {"topologyKey": topology, "labelSelector": selector or {"matchLabels": {"app": "web"}}, **more}


def said(kind, *terms, preferred=()):
    return [(s.code, s.params) for s in effects(kind, {REQUIRED: list(terms), PREFERRED: list(preferred)})]


def test_each_kind_names_the_pods_and_the_topology():
    same_node = {"topology": HOSTNAME, "labels": "app=web"}
    assert said("podAffinity", term()) == [("podAffinity", same_node)]
    assert said("podAntiAffinity", term()) == [("podAntiAffinity", same_node)]
    sentences = {
        effects(kind, {REQUIRED: [term(key, selector)]})[0].text
        for kind in ("podAffinity", "podAntiAffinity")
        for key in (HOSTNAME, ZONE)
        for selector in (None, {"matchExpressions": []})
    }
    assert len(sentences) == 8


@pytest.mark.parametrize(
    ("selector", "labels"),
    [
        ({"matchLabels": {"a": "1", "b": "2"}}, "a=1, b=2"),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, "a in (1, 2)"),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, "a notin (1)"),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, "a"),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, "!a"),
        ({"matchExpressions": []}, ""),
    ],
)
def test_a_selector_is_written_as_kubectl_writes_it(selector, labels):
    [(_code, params)] = said("podAffinity", term(selector=selector))
    assert params["labels"] == labels


def test_keys_that_are_matched_with_the_own_labels_are_named():
    [(_code, params)] = said("podAntiAffinity", term(matchLabelKeys=["pod-template-hash"]))
    assert params["labels"] == "app=web, matchLabelKeys: pod-template-hash"


def test_the_projects_whose_pods_count_are_named():
    assert said("podAffinity", term(namespaces=["a", "b"]))[1:] == [("projects", {"projects": "a, b"})]
    assert said("podAffinity", term(namespaceSelector={}))[1:] == [("every-project", {})]
    teams = {"matchLabels": {"team": "x"}}
    assert said("podAffinity", term(namespaceSelector=teams))[1:] == [
        ("project-labels", {"labels": "team=x"})
    ]


def test_a_term_without_a_selector_matches_nothing_and_a_preference_has_no_effect():
    assert said("podAffinity", {"topologyKey": HOSTNAME}) == [("no-selector", {})]
    weighted = {"weight": 1, "podAffinityTerm": term()}
    assert said("podAntiAffinity", preferred=[weighted, weighted]) == [("preferred-terms", {})]


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, {REQUIRED: 5}, {REQUIRED: [5, {"topologyKey": [1]}]}])
def test_what_cannot_be_read_says_nothing(odd):
    assert effects("podAffinity", odd) == []
