"""The columns of the lists of objects, by kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext_lazy

from workloads.kinds import Kind, known
from workloads.services.listing import ATTENTION, DaemonSetRow
from workloads.views.columns import Column

COMMON: Final = "workloads/objects/object_list.html"
DAEMONSETS: Final = "workloads/objects/daemonset_list.html"


def _containers(row: DaemonSetRow) -> str:
    return str(len(row.summary.containers))


NAME: Final = Column("name", gettext_lazy("Name"), f"{COMMON}#name", sort="name")
PROJECT: Final = Column("project", gettext_lazy("Project"), f"{COMMON}#project")
UPDATED: Final = Column("updated", gettext_lazy("Updated"), f"{COMMON}#updated", sort="-updated")
UPDATED_BY: Final = Column("updated_by", gettext_lazy("By"), f"{COMMON}#updated-by", sort="updated_by")
KEYS: Final = Column("keys", gettext_lazy("Keys"), f"{COMMON}#keys")

# kind → the columns of its own
OWN: Final[Mapping[str, tuple[Column, ...]]] = {
    "DaemonSet": (
        Column("status", gettext_lazy("Status"), f"{DAEMONSETS}#status", sort=ATTENTION),
        Column("images", gettext_lazy("Images"), f"{DAEMONSETS}#images"),
        Column("runs-on", gettext_lazy("Runs on"), f"{DAEMONSETS}#runs-on"),
        Column("containers", gettext_lazy("Containers"), _containers, numeric=True),
        Column("resources", gettext_lazy("CPU · memory per node"), f"{DAEMONSETS}#resources", numeric=True),
    ),
    "ResourceQuota": (Column("used", gettext_lazy("Used"), f"{COMMON}#used"),),
    "ConfigMap": (KEYS,),
    "Secret": (KEYS,),
}


def columns_of(row: Kind, *, with_project: bool, with_status: bool = False) -> list[Column]:
    """All columns of a list; the name heads each row. with_project: it shows several projects. with_status:
    pods run, so what needs attention can come first."""
    own = OWN.get(row.kind, ()) if known(row.api_version, row.kind) else ()
    columns = [NAME, *([PROJECT] if with_project else []), *own, UPDATED, UPDATED_BY]
    return [
        # The labels are translated once, not in every row.
        replace(
            column,
            label=str(column.label),
            sort="" if column.sort == ATTENTION and not with_status else column.sort,
        )
        for column in columns
    ]
