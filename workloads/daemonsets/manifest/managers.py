"""Which tool manages an object of any kind, by the labels, annotations and field managers that it leaves: it
undoes what is changed here.

A tool that uses another comes first: Flux, Fleet and KubeSphere install through Helm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import JsonObject


@dataclass(frozen=True, slots=True)
class Manager:
    """say: what becomes of a change; its code names the tool. cite: the tool's documentation."""

    tool: str
    say: Sentence
    cite: str


def manager_of(value: JsonObject, managed_fields: Sequence[JsonObject] = ()) -> Manager | None:
    """managed_fields: `metadata.managedFields` of the object, as far as known. Who only owns fields of its
    status does not manage it."""
    owners = {
        entry["manager"].text
        for entry in map(Place, managed_fields)
        # Servers before 1.22 do not name the subresource.
        if not entry["subresource"].text and {*entry["fieldsV1"].mapping} != {"f:status"}
    }
    notes = _Notes(Place(value), owners)
    for tool in _TOOLS:
        name = tool.find(notes)
        if name is not None:
            params = {"tool": tool.name, "name": name}
            say = Sentence(tool.named if name else tool.unnamed, params, f"managed-by-{tool.code}")
            return Manager(tool.name, say, tool.cite)
    return None


@dataclass(frozen=True, slots=True)
class _Notes:
    """What tools write down in an object."""

    value: Place
    field_managers: Collection[str]

    def label(self, key: str) -> str:
        return self.value.at("metadata", "labels", key).text

    def annotation(self, key: str) -> str:
        return self.value.at("metadata", "annotations", key).text

    def both(self, prefix: str) -> str:
        """`namespace/name` of the labels <prefix>/namespace and <prefix>/name."""
        return "/".join(filter(None, (self.label(f"{prefix}/namespace"), self.label(f"{prefix}/name"))))

    @property
    def controllers(self) -> Iterator[str]:
        for owner in self.value.at("metadata", "ownerReferences"):
            if owner["controller"].is_true:
                yield f"{owner['kind'].text} {owner['name'].text}"


_Find: TypeAlias = Callable[[_Notes], str | None]
"""The name of what the tool has the object from, "" if it does not tell; None if it does not manage it."""


def _flux(notes: _Notes) -> str | None:
    for kind, where in (
        ("HelmRelease", "helm.toolkit.fluxcd.io"),
        ("Kustomization", "kustomize.toolkit.fluxcd.io"),
    ):
        off = (notes.annotation(f"{where}/reconcile"), notes.label(f"{where}/reconcile"))
        if "disabled" in off or notes.annotation(f"{where}/ssa") in ("Ignore", "IfNotPresent"):
            return None
        if notes.label(f"{where}/name"):
            return f"{kind} {notes.both(where)}"
    return "" if {"kustomize-controller", "helm-controller"} & {*notes.field_managers} else None


def _argo_cd(notes: _Notes) -> str | None:
    tracked = notes.annotation("argocd.argoproj.io/tracking-id").partition(":")[0]
    name = tracked or notes.label("argocd.argoproj.io/instance")
    if not name and not {"argocd-controller", "argocd-application-controller"} & {*notes.field_managers}:
        return None
    return f"Application {name}" if name else ""


def _rancher(notes: _Notes) -> str | None:
    owner = notes.annotation("objectset.rio.cattle.io/owner-name")
    _group, _kind, kind = notes.annotation("objectset.rio.cattle.io/owner-gvk").partition("Kind=")
    if owner:
        return f"{kind} {owner}".strip()
    bundle = notes.annotation("objectset.rio.cattle.io/id")
    return f"Bundle {bundle}" if bundle else None


def _kubesphere(notes: _Notes) -> str | None:
    return notes.label("app.kubesphere.io/instance") or None


def _olm(notes: _Notes) -> str | None:
    for name, kind in (("olm.owner", "olm.owner.kind"), (f"{_OLM_1}/owner-name", f"{_OLM_1}/owner-kind")):
        if owner := notes.label(name):
            return f"{notes.label(kind)} {owner}".strip()
    return None


_OLM_1: Final = "olm.operatorframework.io"


def _config_sync(notes: _Notes) -> str | None:
    if notes.annotation("configmanagement.gke.io/managed") != "enabled":
        return None
    return notes.annotation("configmanagement.gke.io/source-path")


def _kapp(notes: _Notes) -> str | None:
    return "" if notes.label("kapp.k14s.io/app") else None


def _k0s(notes: _Notes) -> str | None:
    return notes.label("k0s.k0sproject.io/stack") or None


def _eks(notes: _Notes) -> str | None:
    return "" if "eks" in notes.field_managers else None


def _terraform(notes: _Notes) -> str | None:
    return "" if "Terraform" in notes.field_managers else None


def _pulumi(notes: _Notes) -> str | None:
    """It signs with a manager for each resource: `pulumi-kubernetes-31df3088`."""
    return "" if any(each.startswith("pulumi-kubernetes") for each in notes.field_managers) else None


def _addon_manager(notes: _Notes) -> str | None:
    """Addons that only have to exist may be edited."""
    mode = notes.label("addonmanager.kubernetes.io/mode")
    old = notes.label("kubernetes.io/cluster-service") == "true"
    return "" if mode == "Reconcile" or (old and mode != "EnsureExists") else None


def _helm(notes: _Notes) -> str | None:
    """Charts that are rendered and applied by others have the label, but not the annotation."""
    return notes.annotation("meta.helm.sh/release-name") or None


def _controller(notes: _Notes) -> str | None:
    return next(notes.controllers, None)


@dataclass(frozen=True, slots=True)
class _Tool:
    """named, unnamed: what becomes of an edit, where it is known what the tool has the object from, and where
    not."""

    code: str
    name: str
    find: _Find
    named: str
    unnamed: str
    cite: str


_UNDONE: Final = _("%(tool)s (%(name)s) manages this object and undoes changes made here: make them there.")
_UNDONE_UNNAMED: Final = _("%(tool)s manages this object and undoes changes made here: make them there.")
_AT_SYNC: Final = _("%(tool)s (%(name)s) manages this object: its next sync undoes changes made here.")
_AT_SYNC_UNNAMED: Final = _("%(tool)s manages this object: its next sync undoes changes made here.")
_AT_UPGRADE: Final = _(
    "%(tool)s (release %(name)s) manages this object: the next upgrade of the release can undo changes made "
    "here."
)
_BY_CONTROLLER: Final = _("%(name)s controls this object: its controller can undo changes made here.")
_TOOLS: Final = (
    _Tool(
        "flux",
        "Flux",
        _flux,
        _UNDONE,
        _UNDONE_UNNAMED,
        "https://fluxcd.io/flux/faq/#why-are-kubectl-edits-rolled-back-by-flux",
    ),
    _Tool(
        "argo-cd",
        "Argo CD",
        _argo_cd,
        _AT_SYNC,
        _AT_SYNC_UNNAMED,
        "https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/",
    ),
    _Tool(
        "rancher", "Rancher", _rancher, _UNDONE, _UNDONE_UNNAMED, "https://fleet.rancher.io/ref-bundle-stages"
    ),
    _Tool(
        "kubesphere",
        "KubeSphere",
        _kubesphere,
        _AT_UPGRADE,
        _UNDONE_UNNAMED,
        "https://github.com/kubesphere/kubesphere/blob/master/staging/src/kubesphere.io/api/application/v2/constants.go",
    ),
    _Tool(
        "olm",
        "Operator Lifecycle Manager",
        _olm,
        _UNDONE,
        _UNDONE_UNNAMED,
        "https://olm.operatorframework.io/docs/concepts/crds/clusterserviceversion/",
    ),
    _Tool(
        "addon-manager",
        "Addon manager",
        _addon_manager,
        _UNDONE,
        _UNDONE_UNNAMED,
        "https://github.com/kubernetes/kubernetes/blob/master/cluster/addons/addon-manager/README.md",
    ),
    _Tool(
        "config-sync",
        "Config Sync",
        _config_sync,
        _UNDONE,
        _UNDONE_UNNAMED,
        "https://cloud.google.com/kubernetes-engine/enterprise/config-sync/docs/how-to/managing-objects",
    ),
    _Tool("k0s", "k0s", _k0s, _UNDONE, _UNDONE_UNNAMED, "https://docs.k0sproject.io/stable/manifests/"),
    _Tool(
        "eks",
        "Amazon EKS",
        _eks,
        _UNDONE,
        _UNDONE_UNNAMED,
        "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-field-management.html",
    ),
    _Tool(
        "kapp",
        "kapp",
        _kapp,
        _AT_SYNC,
        _AT_SYNC_UNNAMED,
        "https://carvel.dev/kapp/docs/latest/state-namespace/",
    ),
    _Tool(
        "terraform",
        "Terraform",
        _terraform,
        _AT_SYNC,
        _AT_SYNC_UNNAMED,
        "https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/resources/manifest",
    ),
    _Tool(
        "pulumi",
        "Pulumi",
        _pulumi,
        _AT_SYNC,
        _AT_SYNC_UNNAMED,
        "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/",
    ),
    _Tool(
        "helm",
        "Helm",
        _helm,
        _AT_UPGRADE,
        _UNDONE_UNNAMED,
        "https://helm.sh/docs/faq/changes_since_helm2/#improved-upgrade-strategy-3-way-strategic-merge-patches",
    ),
    _Tool(
        "controller",
        "",
        _controller,
        _BY_CONTROLLER,
        _BY_CONTROLLER,
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/",
    ),
)
