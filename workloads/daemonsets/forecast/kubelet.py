"""What the kubelets of nodes refuse of pods that are scheduled to them, as far as it is known.

Sources: rejectPodAdmissionBasedOnOSField in pkg/kubelet/lifecycle/predicate.go, allowlist.go and
safe_sysctls.go in pkg/kubelet/sysctl, verifyRunAsNonRoot in
pkg/kubelet/kuberuntime/security_context_others.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from workloads.daemonsets.forecast.problem import Problem
from workloads.daemonsets.forecast.room import Room
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.pod import OS_LABEL, all_containers, of_namespace, security_setting
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.project.pod_security import SAFE_SYSCTLS
from workloads.documents.paths import Json

_ADMISSION: Final = "pkg/kubelet/lifecycle/predicate.go"
_SYSCTLS: Final = "pkg/kubelet/sysctl/allowlist.go"
_USERS: Final = "pkg/kubelet/kuberuntime/security_context_others.go"
_OS_SINCE: Final = 24
"""The field `os` of pods (IdentifyPodOS): on by default since this minor version."""


def refused_by_nodes(
    daemonset: Json, nodes: Sequence[str], room: Room, facts: ProjectFacts
) -> Iterator[Problem]:
    """Why kubelets refuse the pods, or never start a container of them."""
    pod = Place(daemonset).at(*POD)
    yield from _other_system(pod, nodes, room, facts)
    for sysctl in pod["securityContext"]["sysctls"]:
        name = sysctl["name"]
        if name.text and not of_namespace(name.text):
            template = _(
                "The sysctl “%(name)s” is one of the whole node: every node refuses pods that set it."
            )
            say = Sentence(template, {"name": name.text}, "sysctl-of-node")
            yield Problem("kubelet", name.text, say, name.path, _SYSCTLS, dict.fromkeys(nodes, say))
    for container in all_containers(pod):
        user, not_root = (security_setting(pod, container, field) for field in ("runAsUser", "runAsNonRoot"))
        if not_root.is_true and user.number == 0:
            template = _(
                "The container “%(container)s” does not start: “runAsNonRoot” does not allow user 0."
            )
            own = container["name"].text
            say = Sentence(template, {"container": own}, "root-not-allowed")
            yield Problem("kubelet", own, say, user.path, _USERS, dict.fromkeys(nodes, say))


def depends_on_nodes(daemonset: Json) -> Iterator[Sentence]:
    """What nodes must have or allow for the pods to start, and the console cannot see."""
    pod = Place(daemonset).at(*POD)
    unsafe = [
        name
        for name in (sysctl["name"].text for sysctl in pod["securityContext"]["sysctls"])
        if of_namespace(name) and name.replace("/", ".") not in SAFE_SYSCTLS
    ]
    if unsafe:
        template = _("Nodes refuse pods with these sysctls unless their kubelet allows them: %(names)s.")
        yield Sentence(template, {"names": ", ".join(unsafe)}, "sysctls-unsafe")
    contexts = [pod["securityContext"], *(each["securityContext"] for each in all_containers(pod))]
    profiles = [
        context[field]["localhostProfile"].text
        for context in contexts
        for field in ("seccompProfile", "appArmorProfile")
        if context[field]["type"].text == "Localhost"
    ]
    if names := ", ".join(dict.fromkeys(filter(None, profiles))):
        template = _("Whether the nodes have these security profiles was not checked: %(names)s.")
        yield Sentence(template, {"names": names}, "profiles-unknown")
    if pod["hostUsers"].is_false:
        template = _("Whether the nodes support user namespaces (“hostUsers: false”) was not checked.")
        yield Sentence(template, code="user-namespaces-unknown")


def _other_system(pod: Place, nodes: Sequence[str], room: Room, facts: ProjectFacts) -> Iterator[Problem]:
    """A kubelet refuses pods for another operating system; neither controller nor scheduler looks at it."""
    system, minor = pod["os"]["name"], facts.features.minor
    if not system.text or (minor is not None and minor < _OS_SINCE):
        return
    template = _("The pods are for %(wanted)s nodes (“os.name”): a node with another system refuses them.")
    say = Sentence(template, {"wanted": system.text}, "other-system")
    column = dict(zip(room.inventory.names, room.inventory.column(OS_LABEL), strict=True))
    off = {node: say for node in nodes if column[node] not in (None, system.text)}
    if off:
        yield Problem("kubelet", system.text, say, system.path, _ADMISSION, off)
