"""Moving a manifest to another project."""

from __future__ import annotations

from tests.stores.texts import config_map, daemonset_text
from workloads.services.move import move_to_project


def test_moving_changes_the_namespace_of_namespaced_documents_and_nothing_else(store):
    binding = (
        "kind: ClusterRoleBinding\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: b}\n"
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"
        "subjects:\n- {kind: ServiceAccount, name: s, namespace: there}\n"
    )
    text = f"# kept\n{daemonset_text(namespace='there')}---\n{binding}---\n{config_map('plain')}"
    assert move_to_project(text, "here") == text.replace("  namespace: there\n", "  namespace: here\n", 1)
