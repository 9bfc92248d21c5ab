"""Coverage: the matrix of nodes × DaemonSets, of one project or of all."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from console.web.paging import Paging, number
from console.web.render import render_page
from workloads.services.matrix import MatrixQuery, build_matrix
from workloads.services.node_map import STATE_LABELS
from workloads.stores import store_for
from workloads.views import addresses


@require_safe
def matrix(request: HttpRequest, cluster: str, project: str = "") -> HttpResponse:
    """`?q=` nodes, `?d=` DaemonSets, `?gaps=` a key of the matrix's gaps, `?each=1` a row per node, `?c=`
    page of columns."""
    query = _query(request, project)
    context = {"cluster": cluster, "project": project, "query": query}
    found = build_matrix(store_for(cluster, request.user), query)
    if found is not None:
        paging = Paging.of(request).within(len(found.rows))
        tabs = [addresses.of("object", cluster, column.stored.ref) + "nodes/" for column in found.columns]
        context |= {
            "matrix": found,
            "columns": list(zip(found.columns, tabs, strict=True)),
            "rows": [(row, list(zip(row.cells, tabs, strict=True))) for row in paging.cut(found.rows)],
            "found": len(found.rows),
            "pages": range(1, found.across.last(found.all_columns) + 1),
            "legend": [(state, STATE_LABELS[state]) for state in found.states],
            "gap_choices": [(key, label) for key, (_is_gap, label) in found.gaps.items()],
            "narrowed": bool(query.nodes or query.daemonsets or found.gap or query.each),
        }
    return render_page(
        request, "workloads/nodes/matrix.html", context, fragment="workloads/nodes/matrix.html#table"
    )


def _query(request: HttpRequest, project: str) -> MatrixQuery:
    return MatrixQuery(
        project=project,
        nodes=request.GET.get("q", "").strip(),
        daemonsets=request.GET.get("d", "").strip(),
        gaps=request.GET.get("gaps", "").strip(),
        each=bool(request.GET.get("each", "").strip()),
        column_page=number(request.GET.get("c"), 1),
    )
