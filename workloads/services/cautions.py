"""What to know of a stored object before it is changed: that it is being deleted, and who undoes changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from console.web.ages import age_text
from workloads.daemonsets.manifest.deletion import Deletion, deletion_of
from workloads.daemonsets.manifest.findings import Finding, Severity
from workloads.daemonsets.manifest.managers import manager_of
from workloads.services.translation import say
from workloads.stores.protocol import Project, Ref, Store, Stored


@dataclass(frozen=True, slots=True)
class Caution:
    """A sentence and more of them about it. link: to the documentation of the tool, or ""."""

    code: str
    text: str
    more: Sequence[str] = ()
    link: str = ""

    @property
    def sentences(self) -> str:
        return " ".join((self.text, *self.more))


def cautions(store: Store, stored: Stored) -> list[Caution]:
    """None offline, where nobody else acts on what is stored."""
    return list(_cautions(stored)) if store.capabilities().runs_pods else []


def _cautions(stored: Stored) -> Iterator[Caution]:
    if deletion := deletion_of(stored.value):
        text = _("This object is being deleted. What you change in it will be gone with it.")
        yield Caution("being-deleted", text, deletion_details(deletion))
    if manager := manager_of(stored.value, stored.managed_fields):
        yield Caution(manager.say.code, say(manager.say), link=manager.cite)


def project_caution(project: Project) -> Caution | None:
    """Of a project that is being deleted."""
    if project.deletion is None:
        return None
    text = _("Project %(name)s is being deleted: nothing can be created in it.") % {"name": project.name}
    return Caution("project-deleting", text, deletion_details(project.deletion))


def deletion_details(deletion: Deletion) -> list[str]:
    """Since when, who holds it, and what is still there as the cluster says it."""
    details = []
    if deletion.since:
        age = age_text((timezone.now() - deletion.since).total_seconds())
        details.append(_("Its deletion was requested %(age)s.") % {"age": age})
    if deletion.finalizers:
        details.append(_("Finalizers hold it: %(names)s.") % {"names": ", ".join(deletion.finalizers)})
    return [*details, *deletion.why]


def project_findings(projects: Iterable[Project], ref: Ref, stored: Stored | None) -> list[Finding]:
    """For the review: an object of a project that is being deleted, which takes no new ones (admission of
    kubernetes/staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle)."""
    severity: Severity = "error" if stored is None else "warning"
    found = [project_caution(each) for each in projects if each.name == ref.project]
    return [
        Finding(
            ("metadata", "namespace"),
            "%(text)s",
            severity,
            "server",
            {"text": each.sentences},
            code=each.code,
        )
        for each in found
        if each
    ]
