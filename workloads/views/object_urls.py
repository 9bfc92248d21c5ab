"""/clusters/<cluster>/…: lists, objects, history, nodes."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from workloads.views import bulk, coverage, history, lists, matrix, nodes, objects, what_if

# The same below a project and below a cluster: for cluster-scoped kinds, and for lists over all projects.
OBJECTS = [
    path("bulk/<resource>/", bulk.objects_bulk, name="objects-bulk"),
    path("<resource>/", lists.object_list, name="object-list"),
    path("<resource>/<name>/", objects.show, name="object"),
    path("<resource>/<name>/yaml/", objects.text, name="object-yaml"),
    path("<resource>/<name>/edit/", objects.edit, name="object-edit"),
    path("<resource>/<name>/copy/", objects.copy, name="object-copy"),
    path("<resource>/<name>/export/", objects.export, name="object-export"),
    path("<resource>/<name>/delete/", objects.delete, name="object-delete"),
    path("<resource>/<name>/revisions/", history.revisions, name="object-revisions"),
    path("<resource>/<name>/revisions/<int:number>/", history.revision, name="object-revision"),
    path("<resource>/<name>/revisions/<int:number>/restore/", history.restore, name="object-restore"),
]

# A fixed word stands where no object's name does: an object may be called `delete` or `what-if`.
urlpatterns: list[URLPattern | URLResolver] = [
    path("clusters/<cluster>/nodes/", nodes.node_list, name="node-list"),
    path("clusters/<cluster>/replace-nodes/", nodes.node_replace, name="node-replace"),
    path("clusters/<cluster>/delete-nodes/", nodes.node_delete_all, name="node-delete-all"),
    path("clusters/<cluster>/what-if/", what_if.node_what_if, name="node-what-if"),
    path("clusters/<cluster>/what-if/delete/", what_if.node_delete_made_up, name="node-delete-made-up"),
    path("clusters/<cluster>/nodes/<name>/", matrix.node, name="node"),
    path("clusters/<cluster>/nodes/<name>/labels/", what_if.node_labels, name="node-labels"),
    path("clusters/<cluster>/matrix/", matrix.matrix, name="coverage-all"),
    path("clusters/<cluster>/projects/<project>/matrix/", matrix.matrix, name="coverage"),
    path(
        "clusters/<cluster>/projects/<project>/daemonsets/<name>/nodes/",
        coverage.daemonset_nodes,
        name="daemonset-nodes",
    ),
    path("clusters/<cluster>/daemonsets/", lists.daemonset_list, name="daemonset-list-all"),
    path("clusters/<cluster>/projects/<project>/daemonsets/", lists.daemonset_list, name="daemonset-list"),
    path("clusters/<cluster>/projects/<project>/deleted/", history.deleted_list, name="deleted-list"),
    path("clusters/<cluster>/projects/<project>/", include(OBJECTS)),
    path("clusters/<cluster>/", include(OBJECTS)),
]
