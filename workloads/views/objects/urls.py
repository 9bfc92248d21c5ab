"""/clusters/<cluster>/…: lists of objects, one object, its history."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from workloads.views.objects import bulk, daemonset_nodes, history, lists, pages, undo

# The same below a project and below a cluster: for cluster-scoped kinds, and for lists over all projects.
OBJECTS = [
    path("bulk/<resource>/", bulk.objects_bulk, name="objects-bulk"),
    path("bulk/<resource>/undelete/", undo.objects_undelete, name="objects-undelete"),
    path("<resource>/", lists.object_list, name="object-list"),
    path("<resource>/<name>/", pages.object_page, name="object"),
    path("<resource>/<name>/yaml/", pages.object_text, name="object-yaml"),
    path("<resource>/<name>/edit/", pages.object_edit, name="object-edit"),
    path("<resource>/<name>/copy/", pages.object_copy, name="object-copy"),
    path("<resource>/<name>/export/", pages.object_export, name="object-export"),
    path("<resource>/<name>/delete/", pages.object_delete, name="object-delete"),
    path("<resource>/<name>/revisions/", history.revisions, name="object-revisions"),
    path("<resource>/<name>/revisions/purge/", history.purge_object, name="object-purge"),
    path("<resource>/<name>/revisions/<int:number>/", history.revision, name="object-revision"),
    path("<resource>/<name>/revisions/<int:number>/restore/", history.restore, name="object-restore"),
]

# Pages of a kind's own come first: they stand at the addresses that the pages of every kind would have.
# A fixed word is never in the place of an object's name: an object may be called `delete` or `what-if`.
urlpatterns: list[URLPattern | URLResolver] = [
    path("clusters/<cluster>/daemonsets/", lists.daemonset_list, name="daemonset-list-all"),
    path("clusters/<cluster>/projects/<project>/daemonsets/", lists.daemonset_list, name="daemonset-list"),
    path(
        "clusters/<cluster>/projects/<project>/daemonsets/<name>/",
        pages.daemonset_page,
        name="daemonset",
    ),
    path(
        "clusters/<cluster>/projects/<project>/daemonsets/<name>/nodes/",
        daemonset_nodes.daemonset_nodes,
        name="daemonset-nodes",
    ),
    path("clusters/<cluster>/projects/<project>/deleted/", history.deleted_list, name="deleted-list"),
    path("clusters/<cluster>/projects/<project>/", include(OBJECTS)),
    path("clusters/<cluster>/", include(OBJECTS)),
]
