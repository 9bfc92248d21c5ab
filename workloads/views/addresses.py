"""From an address to the object it means, and back.

Every object is at /clusters/<cluster>/[projects/<project>/]<resource>/<name>/, its list one level above. A
kind with a page of its own has it at the same address: its pattern comes first in `objects/urls.py`.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from console.errors import NotFound
from workloads import kinds
from workloads.stores.protocol import Ref


def ref_at(project: str, resource: str, name: str) -> Ref:
    """Raises NotFound for a resource that does not exist, or not in a project, or only in one."""
    api_version, kind = kind_at(resource)
    namespaced = kinds.namespaced(api_version, kind)
    if namespaced and not project:
        raise NotFound(_("%(kind)s objects belong to a project.") % {"kind": kind}, code="namespaced")
    if project and not namespaced:
        raise not_in_a_project(kind)
    return Ref(api_version, kind, project, name)


def not_in_a_project(kind: str) -> NotFound:
    return NotFound(_("%(kind)s objects do not belong to a project.") % {"kind": kind}, code="cluster-scoped")


def kind_at(resource: str) -> tuple[str, str]:
    """(api_version, kind). Raises NotFound."""
    found = kinds.kind_of(resource)
    if found is None:
        raise NotFound(_("Kind “%(resource)s” not found.") % {"resource": resource[:100]}, code="no-kind")
    return found


def resource(ref: Ref) -> str:
    return kinds.resource_of(ref.api_version, ref.kind)


def of(name: str, cluster: str, ref: Ref, **more: Any) -> str:
    """The address called `name` of one object."""
    kwargs = {"cluster": cluster, "resource": resource(ref), "name": ref.name}
    if ref.project:
        kwargs["project"] = ref.project
    return reverse(name, kwargs={**kwargs, **more})


def listing(cluster: str, project: str, plural: str) -> str:
    """The list of a kind; `project` "": of the whole cluster."""
    kwargs = {"cluster": cluster, "resource": plural} | ({"project": project} if project else {})
    return reverse("object-list", kwargs=kwargs)
