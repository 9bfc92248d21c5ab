import pytest

from workloads.documents.cursor import path_at

YAML = """\
apiVersion: v1
kind: ConfigMap
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  |1
spec:
  template:
    spec:
      containers:
      - name: a
        image: x
        ports:
          - containerPort: 80
            |2
        env:
        - |3
        |4
      tolerations:
      - operator: Exists
      |5
|6
"""


def at(marker: str, text: str = YAML):
    head = text[: text.index(marker)]
    line = head.count("\n") + 1
    column = len(head) - head.rfind("\n")
    return path_at(text.replace(marker, ""), line, column)


@pytest.mark.parametrize(
    ("marker", "path"),
    [
        ("|1", ("metadata",)),
        ("|2", ("spec", "template", "spec", "containers", 0, "ports", 0)),
        ("|3", ("spec", "template", "spec", "containers", 0, "env", 0)),
        ("|4", ("spec", "template", "spec", "containers", 0)),
        ("|5", ("spec", "template", "spec")),
        ("|6", ()),
    ],
)
def test_a_cursor_in_yaml_knows_its_mapping(marker, path):
    assert at(marker) == ("apps/v1", "DaemonSet", path)


def test_a_cursor_in_json_knows_its_mapping():
    text = '{"kind": "DaemonSet", "spec": {"template": {"spec": {"containers": [{"name": "a,}", |}]}}}}'
    assert at("|", text) == ("", "DaemonSet", ("spec", "template", "spec", "containers", 0))


def test_every_cut_of_a_text_has_an_answer():
    for line in range(0, 40):
        for column in range(0, 30, 7):
            path_at(YAML, line, column)
