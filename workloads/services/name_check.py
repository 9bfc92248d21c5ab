"""Check the name of a new DaemonSet while it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from console.accounts.access import Person
from console.errors import ConsoleError, NotFound
from workloads.daemonsets.manifest import names
from workloads.models import Draft
from workloads.stores import store_for
from workloads.stores.protocol import daemonset


@dataclass(frozen=True, slots=True)
class NameCheck:
    """text: a sentence about it."""

    state: Literal["wrong", "taken", "free", "unknown"]
    text: str


def check_name(draft: Draft, person: Person, name: str, project: str) -> NameCheck | None:
    """Whether `name` is valid, and free in `project` ("": that of the draft). None where nothing is typed.
    Asks the store for this one object only."""
    if not name:
        return None
    problem = names.dns_subdomain(name)
    if problem:
        template, params = problem
        return NameCheck("wrong", _(template) % params)
    project = project or draft.project
    try:
        store_for(draft.cluster, person).get(daemonset(project, name))
    except NotFound:
        return NameCheck("free", _("The name is available in project %(name)s.") % {"name": project})
    except ConsoleError as error:
        return NameCheck("unknown", error.message)
    text = _("Project %(project)s already has a DaemonSet %(name)s.") % {"project": project, "name": name}
    return NameCheck("taken", text)
