"""Step 1 writes name, alias, description and project, and what goes with a first name."""

from __future__ import annotations

import pytest

from tests.wizard.forms import changed_lines, filled, meaning, opened
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.drafts import store as drafts

OTHERS = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent  # ours
  annotations:
    example.com/owner: ops
spec:
  selector:
    matchLabels: {tier: node}
"""


def test_a_first_name_brings_the_selector_and_the_label_of_pods_and_daemonset():
    text = filled("basics", drafts.blank("demo"), {"name": " node-log "})
    assert text == (
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: node-log\n  namespace: demo\n"
        "  labels:\n    app: node-log\n"
        "spec:\n  selector:\n    matchLabels:\n      app: node-log\n"
        "  template:\n    metadata:\n      labels:\n        app: node-log\n"
    )


def test_labels_of_the_daemonset_itself_are_not_added_to():
    text = drafts.blank("demo").replace("  name:", "  labels: {tier: node}\n  name:")
    assert meaning(filled("basics", text, {"name": "node-log"}))["metadata"]["labels"] == {"tier": "node"}


def test_another_name_leaves_the_labels_alone():
    text = filled("basics", drafts.blank("demo"), {"name": "node-log"})
    assert changed_lines(text, filled("basics", text, {"name": "logs"})) == [
        "-  name: node-log",
        "+  name: logs",
    ]


def test_labels_that_are_there_before_the_name_stay_as_they_are():
    nameless = OTHERS.replace("name: agent", "name:")
    assert changed_lines(nameless, filled("basics", nameless, {"name": "x"})) == [
        "-  name:  # ours",
        "+  name: x  # ours",
    ]


def test_a_long_name_makes_a_label_value_of_63_characters_that_ends_well():
    name = "a" * 62 + "." + "b" * 20
    value = meaning(filled("basics", drafts.blank("demo"), {"name": name}))
    assert value["metadata"]["name"] == name
    assert value["spec"]["selector"]["matchLabels"] == {"app": "a" * 62}


def test_alias_and_description_are_annotations_beside_the_others():
    text = filled("basics", OTHERS, {"alias": "日志", "description": "two\r\nlines"})
    assert meaning(text)["metadata"]["annotations"] == {
        "example.com/owner": "ops",
        "kubesphere.io/alias-name": "日志",
        "kubesphere.io/description": "two\nlines",
    }
    assert filled("basics", text, {"alias": "", "description": ""}) == OTHERS


def test_the_project_is_one_of_those_there_are_or_the_one_that_is_said():
    facts = ProjectFacts(projects=["demo", "logging"])
    text = OTHERS.replace("  name:", "  namespace: gone\n  name:")
    choices = [
        key for key, _label in opened("basics", text, facts=facts).form.fields["project"].widget.choices
    ]
    assert choices == ["", "demo", "logging", "gone"]
    assert "namespace: logging" in filled("basics", text, {"project": "logging"}, facts=facts)
    assert not opened("basics", text, {"step": "basics", "project": "nope"}, facts=facts).is_valid()


@pytest.mark.parametrize("field", ["name", "project"])
def test_name_and_project_of_a_stored_object_are_read_only(field):
    widget = opened("basics", OTHERS, stored=True).form.fields[field].widget
    assert widget.attrs["readonly"]
