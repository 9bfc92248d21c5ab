"""Variables in commands, arguments and values: the kubelet replaces `$(NAME)`, and not `$$(NAME)`.

Source: kubernetes/third_party/forked/golang/expansion/expand.go; makeEnvironmentVariables in
kubernetes/pkg/kubelet/kubelet_pods.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report
from workloads.daemonsets.project.facts import Keys, ProjectFacts

_PAGE = (
    "https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/"
)
_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")
_CONSTANT = re.compile(r"[A-Z_][A-Z0-9_]*")
_LINKS = r"(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_[0-9]+_\w+)?)"
# The kubelet sets them for the Services of the project, unless `enableServiceLinks` is false, and always for
# the API server.
_OF_SERVICES = re.compile(rf"[A-Z0-9_]+_{_LINKS}")
_OF_API_SERVER = re.compile(rf"KUBERNETES_{_LINKS}")
_SHELLS = ("sh", "bash", "ash", "dash", "zsh", "busybox", "powershell", "powershell.exe", "pwsh", "pwsh.exe")


def check_variables(report: Report, container: Place, pod: Place, facts: ProjectFacts) -> None:
    """Warns of references to variables that a container does not have, or not yet."""
    of_services = _OF_API_SERVER if pod["enableServiceLinks"].is_false else _OF_SERVICES

    def references(text: str) -> Iterator[str]:
        return (name for name in _references(text) if not of_services.fullmatch(name))

    given = _given(container, facts)
    if given is None:
        return
    own = {variable["name"].text for variable in container["env"]}
    before = set(given)
    for variable in container["env"]:
        for name in references(variable["value"].text):
            if name in before:
                continue
            if name in own:
                report.warning(
                    variable["value"],
                    "variable-later",
                    _("“$(%(name)s)” is not replaced, because “%(name)s” follows further down: move it up."),
                    _PAGE,
                    name=name,
                )
            else:
                _unknown(report, variable["value"], name)
        before.add(variable["name"].text)
    for field in ("command", "args"):
        for part in container[field]:
            for name in references(part.text):
                if name not in own | given and not _may_be_of_a_shell(container, name):
                    _unknown(report, part, name)
    for mount in container["volumeMounts"]:
        for name in references(mount["subPathExpr"].text):
            if name not in own | given:
                report.warning(
                    mount["subPathExpr"],
                    "variable-unknown",
                    _("The container has no variable “%(name)s”, so it cannot start: add it to “env”."),
                    "https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath-expanded-environment",
                    name=name,
                )


def _references(text: str) -> Iterator[str]:
    """The names of variables that a text refers to, each once."""
    found = dict.fromkeys(match[1] for match in _REFERENCE.finditer(text) if match[1])
    return (name for name in found if names.env_name(name) is None)


def _given(container: Place, facts: ProjectFacts) -> set[str] | None:
    """The variables from ConfigMaps and Secrets (`envFrom`), None where they are not known."""
    found: set[str] = set()
    for bundle in container["envFrom"]:
        known: dict[str, Keys | None] = {"configMapRef": facts.configmaps, "secretRef": facts.secrets}
        for field, objects in known.items():
            if bundle[field]:
                keys = (objects or {}).get(bundle[field]["name"].text)
                if keys is None:
                    return None
                found.update(bundle["prefix"].text + key for key in keys)
    return found


def _may_be_of_a_shell(container: Place, name: str) -> bool:
    """Whether `$(name)` may be a command for a shell to run, such as `$(date)`."""
    if _CONSTANT.fullmatch(name):
        return False
    programs = [part.text.replace("\\", "/").rpartition("/")[2] for part in container["command"]]
    return not programs or any(program.lower() in _SHELLS for program in programs)


def _unknown(report: Report, at: Place, name: str) -> None:
    report.warning(
        at,
        "variable-unknown",
        _(
            "“$(%(name)s)” is not replaced, because the container has no variable “%(name)s”: add it to "
            "“env”, or write “$$(%(name)s)” to keep the text."
        ),
        _PAGE,
        name=name,
    )
