"""Check the name of a new DaemonSet while it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from console.errors import ConsoleError, NotFound
from workloads.daemonsets.manifest import names
from workloads.services.draft_context import DraftContext
from workloads.stores.protocol import daemonset


@dataclass(frozen=True, slots=True)
class NameCheck:
    """text: a sentence about it."""

    state: Literal["wrong", "taken", "free", "unknown"]
    text: str


def check_name(context: DraftContext, name: str, project: str) -> NameCheck | None:
    """Whether `name` is valid, and free in `project`. None where nothing is typed."""
    if not name:
        return None
    problem = names.dns_subdomain(name)
    if problem:
        template, params = problem
        return NameCheck("wrong", _(template) % params)
    if context.store is None:
        return NameCheck("unknown", _("The name could not be checked."))
    try:
        context.store.get(daemonset(project, name))
    except NotFound:
        return NameCheck("free", _("The name is available in project %(name)s.") % {"name": project})
    except ConsoleError as error:
        return NameCheck("unknown", error.message)
    text = _("Project %(project)s already has a DaemonSet %(name)s.") % {"project": project, "name": name}
    return NameCheck("taken", text)
