"""/clusters/<cluster>/nodes/…: the nodes of a cluster, and what runs on them."""

from __future__ import annotations

from django.urls import path

from workloads.views.nodes import matrix, node, node_list, what_if

urlpatterns = [
    path("clusters/<cluster>/nodes/", node_list.node_list, name="node-list"),
    path("clusters/<cluster>/replace-nodes/", node_list.node_replace, name="node-replace"),
    path("clusters/<cluster>/delete-nodes/", node_list.node_delete_all, name="node-delete-all"),
    path("clusters/<cluster>/what-if/", what_if.node_what_if, name="node-what-if"),
    path(
        "clusters/<cluster>/what-if/delete/",
        what_if.node_delete_hypothetical,
        name="node-delete-hypothetical",
    ),
    path("clusters/<cluster>/nodes/<name>/", node.node, name="node"),
    path("clusters/<cluster>/nodes/<name>/labels/", what_if.node_labels, name="node-labels"),
    path("clusters/<cluster>/matrix/", matrix.matrix, name="coverage-all"),
    path("clusters/<cluster>/projects/<project>/matrix/", matrix.matrix, name="coverage"),
]
