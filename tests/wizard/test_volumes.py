"""Step 3: volumes and the mounts that go with them."""

from __future__ import annotations

import re

import pytest

from tests.wizard.forms import added, changed_lines, fields, filled, meaning, opened, page_of
from workloads.daemonsets.project.facts import ProjectFacts

TEXT = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  template:
    spec:
      initContainers:
      - name: setup
        image: a:1
      containers:
      - name: agent
        image: a:1
        volumeMounts:
        - name: config  # twice
          mountPath: /etc/agent
          subPath: agent.conf
        - name: data
          mountPath: /data
        - name: config
          mountPath: /etc/extra
        - name: lost
          mountPath: /lost
      volumes:
      - name: config
        configMap:
          name: agent
          defaultMode: 0644
          items:
          - {key: a, path: a.conf, mode: 256}
      - name: data
        emptyDir: {}
      - name: token
        projected:
          sources: []
"""


def pod(text):
    return meaning(text)["spec"]["template"]["spec"]


def mounts(text, container="agent"):
    items = [*pod(text).get("initContainers", []), *pod(text)["containers"]]
    return next(item for item in items if item["name"] == container).get("volumeMounts")


def test_modes_are_shown_in_octal_and_written_as_the_number_they_are():
    form = fields("volumes", TEXT)
    assert form["vol-0-kind-configmap-mode"] == "0644"
    assert form["vol-0-kind-configmap-item-0-mode"] == "0400"
    text = filled("volumes", TEXT, {"vol-0-kind-configmap-mode": "0600"})
    assert pod(text)["volumes"][0]["configMap"]["defaultMode"] == 0o600


@pytest.mark.parametrize("mode", ["rw", "0689", "-1"])
def test_what_is_no_mode_is_refused_at_its_field(mode):
    bound = opened("volumes", TEXT, fields("volumes", TEXT) | {"vol-0-kind-configmap-mode": mode})
    assert list(bound.errors) == ["vol-0-kind-configmap-mode"]


def test_a_volume_is_mounted_several_times_in_a_container():
    form = fields("volumes", TEXT)
    assert form["vol-0-m-c0-0-path"] == "/etc/agent"
    assert form["vol-0-m-c0-0-sub"] == "agent.conf"
    assert form["vol-0-m-c0-1-path"] == "/etc/extra"
    assert form["vol-1-m-c0-0-path"] == "/data"


def test_one_mount_changes_one_line():
    text = filled("volumes", TEXT, {"vol-0-m-c0-1-ro": "on"})
    assert changed_lines(TEXT, text) == ["+          readOnly: true"]


def test_another_mount_in_another_container():
    form = added("volumes", TEXT, "vol-1-m-i0")
    posted = form | {"vol-1-m-i0-0-path": "/data", "vol-1-m-i0-0-prop": "HostToContainer"}
    bound = opened("volumes", TEXT, posted)
    assert bound.is_valid(), bound.errors
    assert mounts(bound.apply(TEXT, 0), "setup") == [
        {"name": "data", "mountPath": "/data", "mountPropagation": "HostToContainer"}
    ]


def test_renaming_a_volume_renames_its_mounts():
    text = filled("volumes", TEXT, {"vol-0-name": "settings"})
    assert changed_lines(TEXT, text) == [
        "-        - name: config  # twice",
        "+        - name: settings  # twice",
        "-        - name: config",
        "+        - name: settings",
        "-      - name: config",
        "+      - name: settings",
    ]


def test_two_volumes_can_swap_their_names():
    text = filled("volumes", TEXT, {"vol-0-name": "data", "vol-1-name": "config"})
    assert [mount["name"] for mount in mounts(text)] == ["data", "config", "data", "lost"]


def test_removing_a_volume_takes_its_mounts_along_and_says_so():
    page = page_of(opened("volumes", TEXT))
    labels = [page.select_one(f"label:has([name=vol-{n}-remove])").text for n in (0, 1, 2)]
    assert [re.findall("[0-9]+", label) for label in labels] == [["2"], ["1"], []]
    text = filled("volumes", TEXT, {"vol-0-remove": "on"})
    assert [volume["name"] for volume in pod(text)["volumes"]] == ["data", "token"]
    assert [mount["name"] for mount in mounts(text)] == ["data", "lost"]


def test_removing_one_volume_and_a_mount_of_another():
    text = filled("volumes", TEXT, {"vol-0-remove": "on", "vol-1-m-c0-0-remove": "on"})
    assert [mount["name"] for mount in mounts(text)] == ["lost"]


def test_the_mounts_of_two_volumes_of_one_name_stay_while_one_of_them_does():
    twice = TEXT.replace("- name: data\n        emptyDir", "- name: config\n        emptyDir")
    text = filled("volumes", twice, {"vol-1-remove": "on"})
    assert [mount["name"] for mount in mounts(text)] == ["config", "data", "config", "lost"]


def test_a_volume_that_takes_the_name_of_a_removed_one_gets_its_own_mounts_only():
    text = filled("volumes", TEXT, {"vol-0-remove": "on", "vol-1-name": "config"})
    assert [mount["mountPath"] for mount in mounts(text)] == ["/data", "/lost"]


def test_what_must_be_filled_in_is_marked_for_eyes_and_ears():
    marked = {
        slug: {label["for"] for label in page_of(opened(slug, TEXT)).select("label:has(.required)")}
        for slug in ("basics", "pods", "volumes")
    }
    assert marked["basics"] == {"f-name"}
    assert marked["pods"] >= {"f-c-0-image", "f-c-0-name"}
    assert marked["volumes"] >= {"f-vol-0-name", "f-vol-0-kind-configmap-object", "f-vol-0-m-c0-0-path"}
    label = page_of(opened("basics", TEXT)).select_one('label[for="f-name"]')
    assert label.select_one(".visually-hidden").text


def test_mounts_of_volumes_that_are_not_there_are_shown_and_can_be_mended():
    form = fields("volumes", TEXT)
    assert form["stray-c0-0-name"] == "lost"
    text = filled("volumes", TEXT, {"stray-c0-0-name": "data"})
    assert changed_lines(TEXT, text) == ["-        - name: lost", "+        - name: data"]


def test_kinds_without_fields_are_kept():
    form = fields("volumes", TEXT)
    assert form["vol-2-name"] == "token"
    assert "vol-2-kind" not in form
    assert not opened("volumes", TEXT).only_in_yaml


@pytest.mark.parametrize(
    ("kind", "typed", "source"),
    [
        ("hostpath", {"path": "/srv", "type": "File"}, {"hostPath": {"path": "/srv", "type": "File"}}),
        ("emptydir", {"medium": "Memory", "size": "1"}, {"emptyDir": {"medium": "Memory", "sizeLimit": "1"}}),
        ("emptydir", {}, {"emptyDir": {}}),
        ("pvc", {"claim": "a", "ro": "on"}, {"persistentVolumeClaim": {"claimName": "a", "readOnly": True}}),
        ("secret", {"object": "a", "optional": "true"}, {"secret": {"secretName": "a", "optional": True}}),
        ("configmap", {"object": "a", "mode": "0400"}, {"configMap": {"name": "a", "defaultMode": 256}}),
    ],
)
def test_a_new_volume_of_each_kind_with_its_mount(kind, typed, source):
    form = added("volumes", TEXT, "vol")
    posted = form | {"vol-3-name": "new", "vol-3-kind": kind, "vol-3-at-c0": "/new"}
    posted |= {f"vol-3-kind-{kind}-{name}": value for name, value in typed.items()}
    bound = opened("volumes", TEXT, posted)
    assert bound.is_valid(), bound.errors
    text = bound.apply(TEXT, 0)
    assert pod(text)["volumes"][-1] == {"name": "new", **source}
    assert mounts(text)[-1] == {"name": "new", "mountPath": "/new"}


def test_the_mount_of_a_new_volume_may_be_read_only():
    posted = {"vol-3-name": "new", "vol-3-kind": "hostpath", "vol-3-kind-hostpath-path": "/var/log"}
    posted |= {"vol-3-at-c0": "/new", "vol-3-ro-c0": "on"}
    bound = opened("volumes", TEXT, added("volumes", TEXT, "vol") | posted)
    assert mounts(bound.apply(TEXT, 0))[-1] == {"name": "new", "mountPath": "/new", "readOnly": True}


def test_another_kind_takes_the_place_of_the_first():
    text = filled("volumes", TEXT, {"vol-1-kind": "hostpath", "vol-1-kind-hostpath-path": "/srv"})
    assert pod(text)["volumes"][1] == {"name": "data", "hostPath": {"path": "/srv"}}


def test_objects_of_the_project_are_suggested():
    facts = ProjectFacts(configmaps={"b": {"k"}, "a": {"k", "l"}}, secrets={}, pvcs={"claim": {}})
    suggested = opened("volumes", TEXT, facts=facts).suggestions
    assert suggested["configmaps"] == [("a", ""), ("b", "")]
    assert suggested["configmaps-keys"] == [("k", "a, b"), ("l", "a")]
    assert suggested["claims"] == [("claim", "")]
