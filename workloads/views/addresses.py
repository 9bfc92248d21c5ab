"""From an address to the object it means, and back."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from console.errors import NotFound
from workloads import kinds
from workloads.stores.protocol import Ref


def ref_at(project: str, resource: str, name: str) -> Ref:
    """Raises NotFound for a resource or a place there cannot be."""
    api_version, kind = kind_at(resource)
    if kinds.namespaced(api_version, kind) != bool(project):
        raise NotFound(_("There is no such page: %(kind)s objects live elsewhere.") % {"kind": kind})
    return Ref(api_version, kind, project, name)


def kind_at(resource: str) -> tuple[str, str]:
    """(api_version, kind). Raises NotFound."""
    found = kinds.kind_of(resource)
    if found is None:
        raise NotFound(_("There are no objects called “%(resource)s”.") % {"resource": resource[:100]})
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
    """The list in which an object stands; `project` "": of the whole cluster."""
    kwargs = {"cluster": cluster} | ({"project": project} if project else {})
    if plural == "daemonsets":
        return reverse("daemonset-list" if project else "daemonset-list-all", kwargs=kwargs)
    return reverse("object-list", kwargs={**kwargs, "resource": plural})
