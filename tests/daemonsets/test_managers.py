"""Which tool manages an object, and whether it is being deleted."""

from __future__ import annotations

import datetime as dt

import pytest

from workloads.daemonsets.manifest.deletion import deletion_of
from workloads.daemonsets.manifest.managers import manager_of

HELM = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "p"},
}


@pytest.mark.parametrize(
    ("metadata", "managers", "code", "name"),
    [
        (HELM, ["helm"], "helm", "shop"),
        (
            {"labels": {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "flux"}}
            | {"annotations": HELM["annotations"]},
            ["helm-controller"],
            "flux",
            "HelmRelease flux/shop",
        ),
        (
            {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}},
            [],
            "flux",
            "Kustomization apps",
        ),
        ({}, ["kubectl", "kustomize-controller"], "flux", ""),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/DaemonSet:p/agent"}},
            [],
            "argo-cd",
            "Application shop",
        ),
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, [], "argo-cd", "Application shop"),
        ({}, ["argocd-controller"], "argo-cd", ""),
        (
            {
                "annotations": {
                    "objectset.rio.cattle.io/owner-gvk": "k3s.cattle.io/v1, Kind=Addon",
                    "objectset.rio.cattle.io/owner-name": "coredns",
                    "objectset.rio.cattle.io/id": "",
                }
            },
            [],
            "rancher",
            "Addon coredns",
        ),
        (
            {"annotations": {**HELM["annotations"], "objectset.rio.cattle.io/id": "default-shop"}},
            ["fleetagent"],
            "rancher",
            "Bundle default-shop",
        ),
        ({"labels": {"app.kubesphere.io/instance": "shop"}}, [], "kubesphere", "shop"),
        (
            {"labels": {"olm.owner": "agent.v1", "olm.owner.kind": "ClusterServiceVersion"}},
            [],
            "olm",
            "ClusterServiceVersion agent.v1",
        ),
        (
            {
                "labels": {
                    "olm.operatorframework.io/owner-kind": "ClusterExtension",
                    "olm.operatorframework.io/owner-name": "agent",
                }
            },
            [],
            "olm",
            "ClusterExtension agent",
        ),
        (
            {
                "annotations": {
                    "configmanagement.gke.io/managed": "enabled",
                    "configmanagement.gke.io/source-path": "apps/agent.yaml",
                }
            },
            ["configsync"],
            "config-sync",
            "apps/agent.yaml",
        ),
        ({"annotations": {"configmanagement.gke.io/managed": "enabled"}}, [], "config-sync", ""),
        ({"labels": {"kapp.k14s.io/app": "1654770079912481700"}}, [], "kapp", ""),
        ({"labels": {"k0s.k0sproject.io/stack": "kuberouter"}}, [], "k0s", "kuberouter"),
        ({}, ["eks", "kube-controller-manager"], "eks", ""),
        ({}, ["Terraform"], "terraform", ""),
        ({}, ["pulumi-kubernetes-31df3088"], "pulumi", ""),
        ({"labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}}, [], "addon-manager", ""),
        ({"labels": {"kubernetes.io/cluster-service": "true"}}, [], "addon-manager", ""),
        (
            {"ownerReferences": [{"kind": "Installation", "name": "default", "controller": True}]},
            [],
            "controller",
            "Installation default",
        ),
    ],
)
def test_the_tool_is_known_by_what_it_leaves(metadata, managers, code, name):
    found = manager_of({"metadata": metadata}, [{"manager": each} for each in managers])
    assert (found.say.code, found.say.params["name"]) == (f"managed-by-{code}", name)
    assert name in found.say.text
    assert found.cite.startswith("https://")


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"labels": HELM["labels"]},  # a chart that somebody rendered and applied
        {
            "labels": {
                "addonmanager.kubernetes.io/mode": "EnsureExists",
                "kubernetes.io/cluster-service": "true",
            }
        },
        {
            "labels": {"kustomize.toolkit.fluxcd.io/name": "apps"},
            "annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"},
        },
        {
            "labels": {"kustomize.toolkit.fluxcd.io/name": "apps"},
            "annotations": {"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"},
        },
        {"ownerReferences": [{"kind": "Installation", "name": "default"}]},
        {"labels": {"app.kubernetes.io/instance": "shop"}},  # every other chart sets it
        {"labels": ["olm.owner"], "annotations": "meta.helm.sh/release-name", "ownerReferences": {}},
    ],
)
def test_nobody_manages_the_others(metadata):
    of_status = {"manager": "kustomize-controller", "subresource": "status"}
    as_before_1_22 = {"manager": "helm-controller", "fieldsV1": {"f:status": {}}}
    assert manager_of({"metadata": metadata}, [{"manager": "kubectl"}, of_status, as_before_1_22]) is None


def test_a_deletion_tells_since_when_and_what_holds_it():
    value = {
        "kind": "Namespace",
        "metadata": {
            "deletionTimestamp": "2026-01-01T00:01:00Z",
            "deletionGracePeriodSeconds": 30,
            "finalizers": ["example.com/cleanup"],
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {
            "conditions": [
                {"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1 instances"},
                {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "none"},
            ]
        },
    }
    found = deletion_of(value)
    assert found.since == dt.datetime(2026, 1, 1, 0, 0, 30, tzinfo=dt.UTC)
    assert found.finalizers == ("example.com/cleanup", "kubernetes")
    assert found.why == ("pods. has 1 instances",)


def test_what_is_not_being_deleted_has_no_deletion():
    assert deletion_of({"metadata": {"finalizers": ["kubernetes.io/pvc-protection"]}}) is None
