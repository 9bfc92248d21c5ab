"""Step 4: labels, annotations and the selector."""

from __future__ import annotations

from tests.wizard.forms import added, changed_lines, fields, filled, meaning, opened
from workloads import documents
from workloads.wizard.form.step import bind, get_step
from workloads.wizard.steps import labels

TEXT = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  labels:
    team: ops  # who
  annotations:
    kubesphere.io/alias-name: Agent
    kubectl.kubernetes.io/last-applied-configuration: |
      {"kind":"DaemonSet"}
    note: "yes"
spec:
  selector:
    matchLabels:
      app: agent
    matchExpressions:
    - {key: tier, operator: In, values: [node, "on"]}
  template:
    metadata:
      labels:
        app: agent
        tier: node
"""


def test_one_label_changes_one_line():
    text = filled("labels", TEXT, {"labels-0-v": "platform"})
    assert changed_lines(TEXT, text) == ["-    team: ops  # who", "+    team: platform  # who"]


def test_words_that_yaml_would_misread_stay_text():
    form = added("labels", TEXT, "labels")
    posted = form | {"labels-1-k": "on", "labels-1-v": "0755"}
    bound = opened("labels", TEXT, posted)
    assert bound.is_valid()
    assert meaning(bound.apply(TEXT, 0))["metadata"]["labels"] == {"team": "ops", "on": "0755"}


def test_what_basic_info_and_tools_have_is_not_among_the_annotations():
    form = fields("labels", TEXT)
    assert [value for name, value in form.items() if name.startswith("notes") and name.endswith("-k")] == [
        "note"
    ]
    shown = [path.path[-1] for path in opened("labels", TEXT).only_in_yaml]
    assert shown == []


def test_a_removed_annotation_leaves_the_hidden_ones():
    text = filled("labels", TEXT, {"notes-0-remove": "on"})
    assert changed_lines(TEXT, text) == ['-    note: "yes"']


def test_the_selector_of_a_new_daemonset_can_be_changed():
    text = filled("labels", TEXT, {"selector-0-v": "agent2"})
    assert changed_lines(TEXT, text) == ["-      app: agent", "+      app: agent2"]


def test_the_selector_of_a_stored_daemonset_is_shown_as_kubectl_writes_it_and_stays():
    form = fields("labels", TEXT, stored=True)
    assert form["selector"] == "app=agent,tier in (node, on)"
    forged = opened("labels", TEXT, form | {"selector": "app=other"}, stored=True)
    assert not forged.is_valid()


def test_pod_labels_are_given_what_the_selector_asks_for():
    text = filled("labels", TEXT, {"selector-0-v": "agent2"})
    value = meaning(text)
    assert labels.unmatched(value) == {"app": "agent2"}
    text = documents.edit(text, 0, get_step("labels").buttons["match"](value))
    assert meaning(text)["spec"]["template"]["metadata"]["labels"] == {"app": "agent2", "tier": "node"}
    assert labels.unmatched(meaning(text)) == {}


def test_places_of_the_wrong_shape_are_left_to_yaml():
    value = {
        "metadata": {"labels": ["a"], "annotations": "x"},
        "spec": {"selector": 1, "template": {"metadata": 2}},
    }
    for stored in (False, True):
        bound = bind(get_step("labels"), value, {"step": "labels"}, stored=stored)
        assert bound.is_valid()
        assert bound.changes() == []
