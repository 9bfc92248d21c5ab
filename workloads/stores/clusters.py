"""The clusters to choose from: the offline store, and the contexts of the operator's kubeconfig."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from workloads.stores import OFFLINE
from workloads.stores.cluster.contexts import contexts


@dataclass(frozen=True, slots=True)
class Cluster:
    """`key`: its name in addresses (letters, digits, "-", "_"); `label`: its name for people.
    `offline`: the console's own store, with no cluster behind it."""

    key: str
    label: str
    offline: bool = False


def clusters() -> list[Cluster]:
    """The offline store first, then the contexts in the order of the kubeconfig. Asks no cluster."""
    in_kubeconfig = [Cluster(context.key, context.name) for context in contexts()]
    return [Cluster(OFFLINE, _("Offline store"), offline=True), *in_kubeconfig]
