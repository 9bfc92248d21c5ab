"""A finding: an error or a warning about one place of a manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from workloads.daemonsets.manifest.metadata import ALIAS, DESCRIPTION
from workloads.daemonsets.manifest.outline import (
    ANNOTATIONS,
    LABELS,
    NODE_NAME,
    NODE_SELECTOR,
    POD,
    SELECTOR,
    TEMPLATE,
    TOLERATIONS,
    VOLUMES,
)
from workloads.documents.errors import gettext_noop as gettext_noop
from workloads.documents.paths import Change, Path

Severity: TypeAlias = Literal["error", "warning"]
Source: TypeAlias = Literal["schema", "rule", "warning", "reference", "server", "text"]
Step: TypeAlias = Literal["basics", "pods", "volumes", "labels", "nodes"]
STEPS: tuple[Step, ...] = ("basics", "pods", "volumes", "labels", "nodes")


@dataclass(frozen=True, slots=True)
class Fix:
    """Changes after which a finding is gone, as a button. template: the English label, to translate."""

    template: str
    changes: Sequence[Change]
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return key_of(self.changes)


def key_of(changes: Sequence[Change]) -> str:
    """A short name for changes, which the button for them posts."""
    return hashlib.sha256(repr(list(changes)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Finding:
    """`template % params` is the English message; `template` is the msgid to translate.

    source: what found it: the schema, a rule, advice ("warning"), other objects of the project ("reference"),
    the API server, or the manifest's text itself.
    cite: the Kubernetes file or page that the rule comes from.
    code: the short name of the rule, such as "selector-mismatch". It stays when the message changes.
    line, column: 1-based, in the whole text; 0 where unknown.
    fix: what corrects it without a choice to be made.
    """

    path: Path
    template: str
    severity: Severity = "error"
    source: Source = "rule"
    params: Mapping[str, Any] = field(default_factory=dict)
    cite: str = ""
    line: int = 0
    column: int = 0
    code: str = ""
    fix: Fix | None = None

    @property
    def message(self) -> str:
        return self.template % self.params if self.params else self.template

    @property
    def step(self) -> Step:
        return step_of(self.path)

    @property
    def key(self) -> str:
        """A short name for this finding at this place, which a form posts to say that it was shown."""
        said = self.path, self.template, sorted((name, str(value)) for name, value in self.params.items())
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12]

    def at(self, line: int, column: int) -> Finding:
        return replace(self, line=line, column=column)


_STEP_PREFIXES: tuple[tuple[Path, Step], ...] = (
    (VOLUMES, "volumes"),
    (NODE_SELECTOR, "nodes"),
    (NODE_NAME, "nodes"),
    ((*POD, "affinity"), "nodes"),
    (TOLERATIONS, "nodes"),
    ((*TEMPLATE, "metadata"), "labels"),
    (SELECTOR, "labels"),
    (LABELS, "labels"),
    (ANNOTATIONS, "labels"),
    (("metadata",), "basics"),
    (("apiVersion",), "basics"),
    (("kind",), "basics"),
)
_BASIC_ANNOTATIONS = (ALIAS, DESCRIPTION)


def step_of(path: Path) -> Step:
    """The wizard step that edits the field at `path`; the first step for the object as a whole."""
    if not path:
        return "basics"
    if path[:2] == ANNOTATIONS and len(path) > 2 and path[2] in _BASIC_ANNOTATIONS:
        return "basics"
    if "volumeMounts" in path:
        return "volumes"
    for prefix, step in _STEP_PREFIXES:
        if path[: len(prefix)] == prefix:
            return step
    return "pods"
