"""Kinds and their names in addresses."""

from __future__ import annotations

import pytest

from console.errors import BadInput
from console.web.icons import ICONS
from workloads import kinds
from workloads.documents import read
from workloads.drafts.starters import KINDS as STARTERS
from workloads.drafts.starters import starter


@pytest.mark.parametrize(
    ("api_version", "kind", "resource"),
    [
        ("apps/v1", "DaemonSet", "daemonsets"),
        ("v1", "ConfigMap", "configmaps"),
        ("v1", "Endpoints", "endpoints"),
        ("networking.k8s.io/v1", "Ingress", "ingresses"),
        ("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses"),
        ("cert-manager.io/v1", "Certificate", "Certificate.v1.cert-manager.io"),
        ("extensions/v1beta1", "DaemonSet", "DaemonSet.v1beta1.extensions"),
        ("v1", "Whatever", "Whatever.v1"),
        ("example.com/v1", "gadget", "gadget.v1.example.com"),
    ],
)
def test_a_kind_and_its_address_are_each_others(api_version, kind, resource):
    assert kinds.resource_of(api_version, kind) == resource
    assert kinds.kind_of(resource) == (api_version, kind)


def test_every_kind_of_the_table_can_be_read_back():
    for entry in kinds.KINDS:
        resource = kinds.resource_of(entry.api_version, entry.kind)
        assert kinds.kind_of(resource) == (entry.api_version, entry.kind)
    assert len({entry.plural for entry in kinds.KINDS}) == len(kinds.KINDS)
    assert len({entry.kind for entry in kinds.KINDS}) == len(kinds.KINDS)


def test_a_kind_without_a_row_has_the_defaults():
    row = kinds.row_of("cert-manager.io/v1", "Certificate")
    assert (row.plural, row.title, row.namespaced) == ("Certificate.v1.cert-manager.io", "Certificate", True)
    assert (row.side, row.counted, row.starter, row.about) == (None, False, False, "")
    assert row.icon in ICONS


def test_a_row_is_fit_to_be_shown():
    for row in kinds.KINDS:
        assert row.icon in ICONS
        assert not row.side or row.heading is not None
        assert not row.starter or starter(row.kind)


def test_every_starting_manifest_is_one_object_of_its_kind():
    assert tuple(row.kind for row in kinds.KINDS if row.starter) == STARTERS
    for kind in STARTERS:
        [document] = read(starter(kind))
        row = kinds.known(document.api_version, document.kind)
        assert row is not None
        assert (row.kind, row.api_version) == (kind, document.api_version)
    with pytest.raises(BadInput) as refused:
        starter("Deployment")
    assert refused.value.code == "no-starter"


def test_the_side_has_its_kinds_in_their_order():
    assert [row.kind for row in kinds.in_side("workloads")] == ["DaemonSet"]
    assert [row.kind for row in kinds.in_side("configuration")] == [
        "ConfigMap",
        "Secret",
        "PersistentVolumeClaim",
        "ServiceAccount",
        "ResourceQuota",
        "LimitRange",
    ]
    assert [row.kind for row in kinds.in_side("cluster")] == ["Node"]


def test_another_version_of_a_known_kind_has_the_same_address():
    assert kinds.resource_of("batch/v1beta1", "CronJob") == "cronjobs"


@pytest.mark.parametrize("resource", ["", "nothing", "a/b", "Certificate", "..", "1.v1.x", "A.v1.", "A..x"])
def test_what_is_no_address_of_a_kind(resource):
    assert kinds.kind_of(resource) is None


def test_what_lives_in_a_project():
    assert kinds.namespaced("apps/v1", "DaemonSet")
    assert kinds.namespaced("cert-manager.io/v1", "Certificate")
    for api_version, kind in (
        ("v1", "Node"),
        ("v1", "Namespace"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ("rbac.authorization.k8s.io/v1beta1", "ClusterRole"),
        ("storage.k8s.io/v1", "StorageClass"),
    ):
        assert not kinds.namespaced(api_version, kind)


def test_a_bundle_is_installed_in_order_of_need():
    needed = (
        "Namespace ResourceQuota ServiceAccount Secret ConfigMap CustomResourceDefinition ClusterRole "
        "ClusterRoleBinding Role RoleBinding Service DaemonSet Gadget ValidatingWebhookConfiguration"
    )
    bundle = sorted(needed.split())  # by the alphabet: not in order of need
    assert bundle != needed.split()
    assert " ".join(kinds.in_install_order((kind, kind) for kind in bundle)) == needed
    assert kinds.in_install_order([("Secret", 2), ("Secret", 1), ("Namespace", 3)]) == [3, 2, 1]
