"""A container without a name gets that of its image when the step is saved."""

from __future__ import annotations

import pytest

from tests.wizard.forms import added, fields, filled, meaning, opened, page_of
from workloads.wizard.steps.container_names import proposed

HEAD = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: a\nspec:\n  template:\n    spec:\n"
NAMELESS = HEAD + "      containers:\n      - image: quay.io/prometheus/node-exporter:v1  # ours\n"


def containers(text):
    return meaning(text)["spec"]["template"]["spec"]["containers"]


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("nginx", "nginx"),
        ("nginx:1.29", "nginx"),
        ("quay.io/prometheus/node-exporter:v1", "node-exporter"),
        ("registry.example.com:5000/team/Agent_x.y@sha256:abc", "agent-x-y"),
        ("registry.example.com:5000/agent", "agent"),
        ("a/" + "x" * 70, "x" * 63),
        ("", ""),
        ("日志", ""),
        (5, ""),
        (None, ""),
    ],
)
def test_the_name_is_the_last_part_of_the_image(image, name):
    assert proposed({"image": image}) == name


def test_a_new_container_gets_a_name_which_comes_first():
    text = filled("pods", HEAD.rstrip() + " {}\n", {"c-0-image": "example.com/agent:1"})
    assert list(containers(text)[0].items()) == [("name", "agent"), ("image", "example.com/agent:1")]


def test_a_container_that_the_form_changes_gets_a_name_and_keeps_what_was_written():
    assert filled("pods", NAMELESS, {"c-0-dir": "/srv"}) == (
        HEAD
        + "      containers:\n      - name: node-exporter\n"
        + "        image: quay.io/prometheus/node-exporter:v1  # ours\n        workingDir: /srv\n"
    )
    assert filled("pods", NAMELESS, {}) == NAMELESS
    assert "name: node-exporter" not in filled("pods", NAMELESS, {"ready": "5"})


def test_a_name_that_is_taken_is_numbered():
    text = HEAD + "      containers:\n      - {name: agent, image: 'agent:1'}\n"
    text = HEAD + "      initContainers:\n      - {name: agent-2, image: x}\n" + text.removeprefix(HEAD)
    posted = added("pods", text, "c") | {"c-1-image": "other/agent:2"}
    bound = opened("pods", text, posted)
    assert [one["name"] for one in containers(bound.apply(text, 0))] == ["agent", "agent-3"]


def test_a_name_that_somebody_enters_wins_and_no_image_gives_no_name():
    empty = HEAD.rstrip() + " {}\n"
    [one] = containers(filled("pods", empty, {"c-0-image": "agent:1", "c-0-name": "mine"}))
    assert one["name"] == "mine"
    [one] = containers(filled("pods", empty, {"c-0-mem-lim": "1Gi"}))
    assert "name" not in one


def test_the_name_is_shown_before_it_is_saved():
    field = page_of(opened("pods", NAMELESS)).select_one("[name=c-0-name]")
    assert (field["placeholder"], fields("pods", NAMELESS)["c-0-name"]) == ("node-exporter", "")
