"""The cluster store: a live Kubernetes API server. Only this package knows the Kubernetes client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from console.errors import NotFound
from workloads.stores.cluster.contexts import contexts

if TYPE_CHECKING:
    from console.accounts.access import Person
    from workloads.stores.protocol import Store


def cluster_store(key: str, person: Person) -> Store:
    """The store of one context of the kubeconfig. Sends no request yet. Raises NotFound."""
    context = next((context for context in contexts() if context.key == key), None)
    if context is None:
        raise NotFound(
            _("Cluster “%(key)s” not found.") % {"key": key},
            way_out=_("The clusters are the contexts of the kubeconfig that the console was started with."),
            code="no-cluster",
        )
    # Here and not above: the Kubernetes client costs half a second and 50 MB, which offline work never needs.
    from workloads.stores.cluster.store import ClusterStore

    return ClusterStore(context, person)
