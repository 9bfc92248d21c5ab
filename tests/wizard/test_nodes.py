"""Step 5: node selector, nodes by name, required affinity, tolerations."""

from __future__ import annotations

import pytest

from tests import builders
from tests.wizard.forms import added, changed_lines, fields, filled, meaning, opened, page_of
from workloads import documents
from workloads.daemonsets.manifest.nodes import chosen_nodes, count_labelled, node_term
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.wizard.form.step import get_step
from workloads.wizard.steps.nodes import PRESETS

HEAD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  template:
    spec:
      containers: []
"""
TEXT = (
    HEAD
    + """\
      nodeSelector:
        kubernetes.io/os: linux
      tolerations:
      - operator: Exists  # everything
      - key: gpu
        value: "true"
        effect: NoSchedule
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchFields:
              - {key: metadata.name, operator: In, values: [n1]}
            - matchExpressions:
              - key: zone
                operator: In
                values: [a, b]
"""
)


def node(name, **labels):
    return builders.node(name, labels=labels, taints=[{"key": "gpu"}])


FACTS = ProjectFacts(nodes=[node("n1", zone="a"), node("n2", zone="a"), node("n3", zone="b")])


def pod(text):
    return meaning(text)["spec"]["template"]["spec"]


def terms(text):
    affinity = pod(text)["affinity"]["nodeAffinity"]
    return affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]


def test_a_label_to_choose_nodes_by():
    posted = fields("nodes", HEAD) | {"sel-0-k": "zone", "sel-0-v": "on"}
    bound = opened("nodes", HEAD, posted)
    assert bound.is_valid()
    assert pod(bound.apply(HEAD, 0))["nodeSelector"] == {"zone": "on"}


def test_the_last_label_takes_the_node_selector_with_it():
    text = filled("nodes", TEXT, {"sel-0-remove": "on"})
    assert changed_lines(TEXT, text) == ["-      nodeSelector:", "-        kubernetes.io/os: linux"]


def test_labels_and_taints_of_the_nodes_are_suggested_with_how_many_carry_them():
    suggested = opened("nodes", TEXT, facts=FACTS).suggestions
    assert suggested["node-keys"] == [("zone", "3 nodes")]
    assert suggested["node-values"] == [("a", "zone · 2 nodes"), ("b", "zone · 1 node")]
    assert suggested["taint-keys"] == [("gpu", "3 nodes")]
    assert count_labelled(FACTS.nodes, "zone", "a") == 2


def test_a_node_that_is_required_by_name_is_a_ticked_box_and_not_a_condition():
    form = fields("nodes", TEXT, facts=FACTS)
    assert {name: value for name, value in form.items() if name.startswith("on.")} == {"on.n1": "true"}
    assert form["term-0-e-0-k"] == "zone"


def test_ticking_and_unticking_nodes_leaves_the_other_terms():
    text = filled("nodes", TEXT, {"on.n1": None, "on.n3": "on"}, facts=FACTS)
    assert terms(text) == [
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]},
        node_term("n3"),
    ]
    assert chosen_nodes(meaning(text)) == ["n3"]


def test_the_first_node_makes_the_affinity_and_the_last_takes_it_away():
    text = filled("nodes", HEAD, {"on.n2": "on"}, facts=FACTS)
    assert terms(text) == [node_term("n2")]
    assert filled("nodes", text, {"on.n2": None}, facts=FACTS) == HEAD


def test_a_node_that_is_not_listed_is_added_by_name():
    text = filled("nodes", HEAD, {"byname": " far-away "}, facts=FACTS)
    assert chosen_nodes(meaning(text)) == ["far-away"]
    page = page_of(opened("nodes", text, facts=FACTS))
    assert [box["name"] for box in page.select("[data-missing]")] == ["on.far-away"]


def test_an_alternative_comes_with_a_blank_condition():
    form = added("nodes", HEAD, "term")
    posted = form | {
        "term-0-e-0-k": "zone",
        "term-0-e-0-op": "NotIn",
        "term-0-e-0-values": "a, b",
    }
    bound = opened("nodes", HEAD, posted)
    assert bound.is_valid(), bound.errors
    assert terms(bound.apply(HEAD, 0)) == [
        {"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a", "b"]}]}
    ]


def test_the_toleration_without_a_key_can_be_given_an_effect():
    text = filled("nodes", TEXT, {"tol-0-effect": "NoExecute"})
    assert changed_lines(TEXT, text) == ["+        effect: NoExecute"]
    assert pod(text)["tolerations"][0] == {"operator": "Exists", "effect": "NoExecute"}


def test_a_toleration_for_some_seconds():
    text = filled("nodes", TEXT, {"tol-1-sec": "300", "tol-1-effect": "NoExecute"})
    assert pod(text)["tolerations"][1] == {
        "key": "gpu",
        "value": "true",
        "effect": "NoExecute",
        "tolerationSeconds": 300,
    }


@pytest.mark.parametrize(
    ("preset", "toleration"),
    [
        (
            "control-plane",
            {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"},
        ),
        ("everything", {"operator": "Exists"}),
        ("gpu", {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}),
    ],
)
def test_presets_add_a_toleration_once(preset, toleration):
    press = get_step("nodes").buttons[preset]
    text = documents.edit(HEAD, 0, press(meaning(HEAD)))
    assert pod(text)["tolerations"] == [toleration]
    assert press(meaning(text)) == []


def test_every_preset_has_a_button_in_the_order_of_the_table():
    page = page_of(opened("nodes", HEAD))
    buttons = [button["value"] for button in page.select("#g-tolerate .presets button")]
    assert buttons == [f"do:{preset.key}" for preset in PRESETS]
    assert all(button.get_text(strip=True) for button in page.select("#g-tolerate .presets button"))


def test_what_is_not_a_list_is_left_to_yaml():
    text = HEAD + "      tolerations: none\n      affinity: {nodeAffinity: 1}\n      nodeSelector: [a]\n"
    form = fields("nodes", text, facts=FACTS)
    bound = opened("nodes", text, form, facts=FACTS)
    assert bound.is_valid()
    assert bound.changes() == []
