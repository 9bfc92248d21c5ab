"""What a store promises. There are two: `offline` (database) and `cluster` (Kubernetes API).

A store is made for one person (`store_for(cluster, person)`), so it knows who writes. Values are plain JSON
dicts as the API server would send them; `text` is the author's own manifest where the store keeps it
(offline), else generated YAML (a cluster keeps no comments). Every method may raise Forbidden and
Unreachable (`console.errors`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias, TypeVar

from django.utils.translation import gettext as _

from console.errors import Conflict, ConsoleError
from workloads.daemonsets.manifest.deletion import Deletion
from workloads.daemonsets.manifest.legacy import DAEMONSET_VERSIONS
from workloads.daemonsets.manifest.places import Place
from workloads.documents import Document, Path
from workloads.documents.paths import JsonObject, show

T = TypeVar("T")
Outcome: TypeAlias = Literal["created", "configured", "unchanged"]


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Which object: `api_version` such as "apps/v1", `project` "" for cluster-scoped kinds."""

    api_version: str
    kind: str
    project: str
    name: str

    @property
    def is_daemonset(self) -> bool:
        """Of Kubernetes; custom resources have DaemonSets of their own."""
        return self.kind == "DaemonSet" and self.api_version in DAEMONSET_VERSIONS

    def __str__(self) -> str:
        return f"{self.kind} {self.project + '/' if self.project else ''}{self.name}"


DAEMONSET = ("apps/v1", "DaemonSet")


def daemonset(project: str, name: str) -> Ref:
    return Ref(*DAEMONSET, project, name)


def namespace(name: str) -> Ref:
    """The object that is a project."""
    return Ref("v1", "Namespace", "", name)


_CHURNED: Final = ("labels", "annotations")


@dataclass(frozen=True, slots=True)
class Stored:
    """One object as it is stored.

    version: opaque, at most 64 characters, changes whenever something changes that a person can see. Offline
    it is the number of the newest revision; on a cluster a digest, as the resourceVersion also changes with
    the status.
    """

    ref: Ref
    value: JsonObject
    text: str
    version: str
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    updated_by: str = ""
    managed_fields: Sequence[JsonObject] = ()
    """`metadata.managedFields` of an object that was read by itself, from a cluster."""

    def steady(self, *, set_by: JsonObject | None = None) -> str:
        """A digest of all but the status and what controllers write all the time: the values of labels and
        annotations. Their names count, and so do the values of those that `set_by` sets: another object that
        is to be stored under this name, and would set back what others change of them."""
        found, own = (Place(each)["metadata"] for each in (self.value, set_by))
        metadata = {
            field: _without_churn(found[field], own[field]) if found[field].mapping else found[field].value
            for field in _CHURNED
        }
        rest = {key: value for key, value in self.value.items() if key not in ("metadata", "status")}
        shown = json.dumps([metadata, rest], sort_keys=True).encode()
        return hashlib.sha256(shown).hexdigest()[:32]


def _without_churn(stored: Place, own: Place) -> JsonObject:
    """Labels or annotations without the values of those that `own` does not set."""
    return {name: value if name in own.mapping else "" for name, value in stored.mapping.items()}


@dataclass(frozen=True, slots=True)
class Selection:
    """One page of a list. `total`: the number of matches on all pages."""

    items: Sequence[Stored]
    total: int


@dataclass(frozen=True, slots=True)
class Query:
    """The query of a list page.

    search: every word must occur in the name, alias, `label=value` or image; case is ignored.
    filters: "image" and "node" (node selector and required affinity) match a part; "label" matches
    "key=value" or, without "=", every value of the key; "updated_by" matches the whole name, and its case.
    sort: "name", "updated", "created", "updated_by"; descending with "-" in front. Equal ones by name.
    limit None: all. project None: all projects the person may see.
    """

    project: str | None
    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = "name"
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One save of an object. `deleted`: it was deleted; `text` is its last text."""

    number: int
    text: str
    who: str
    when: dt.datetime
    why: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying one document did, or would do (dry run). `value`: the object as stored after it.

    owned: the fields that this console manages from now on and did not before. taken: field manager → those
    of them that it managed until now, and those it managed that are gone. Both only on a cluster.
    untried: why the server did not try it (dry run); then `value` is what would be sent, without defaults.
    """

    ref: Ref
    outcome: Outcome
    version: str
    value: JsonObject
    warnings: Sequence[str] = ()
    owned: Sequence[Path] = ()
    taken: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    untried: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """A project as a store lists it. deletion: of one that is being deleted: nothing can be created in it."""

    name: str
    alias: str = ""
    description: str = ""
    created_at: dt.datetime | None = None
    deletion: Deletion | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store and the server behind it can do. Ask here, never by version or by the kind of store.

    version: of the server, "" without one; minor: of that version, None for the newest (Pod Security has
    standards for each).
    """

    version: str = ""
    minor: int | None = None

    # Of the server's version: features of Kubernetes (`manifest.features.Features`).
    field_validation: bool = False
    pod_security: bool = True
    toleration_lt_gt: bool = False
    pod_sums: bool = False

    # Of the store.
    runs_pods: bool = False
    """Controllers create pods and report status and the use of quotas. Without them these are computed."""
    admission: bool = False
    """A write passes the API server's own checks, so a dry run tells more than the console's rules."""
    edits_nodes: bool = False
    """The console decides which nodes exist, and what their labels and taints are."""
    keeps_history: bool = False
    """Every revision is kept, and deleted objects can be restored."""
    atomic: bool = False
    """A bundle is stored as a whole or not at all."""


@dataclass(frozen=True, slots=True)
class Write:
    """One document to be stored: the arguments of `Store.apply`.

    document: `text` as read, so that the store need not read it again. stored: what is stored under its name
    ("" for nothing), where that was read a moment ago; None: not known. beyond_quota: create it though a
    quota does not allow one more; only a store that enforces quotas itself heeds it.
    """

    text: str
    project: str
    base: str | None
    force: bool = False
    document: Document | None = None
    stored: Stored | Literal[""] | None = None
    beyond_quota: bool = False


def all_applied(results: Sequence[Applied | ConsoleError | None]) -> list[Applied]:
    """The results of `Store.apply_all` where all of it succeeded. Raises the first error."""
    for result in results:
        if isinstance(result, ConsoleError):
            raise result
    return [result for result in results if isinstance(result, Applied)]


class TooMany(Exception):
    """A list has more objects than the caller is ready to read."""


class FieldConflict(Conflict):
    """Other field managers own fields that the text changes or removes.

    owners: field manager → the fields it manages. A save with `force` owns them from then on, and no others.
    """

    code = "field-conflict"

    def __init__(self, owners: Mapping[str, Sequence[Path]], **more: str) -> None:
        listed = "; ".join(
            _("“%(manager)s” manages %(fields)s") % {"manager": manager, "fields": _some(paths)}
            for manager, paths in owners.items()
        )
        super().__init__(
            _("Other field managers own fields that this manifest changes: %(listed)s.") % {"listed": listed},
            way_out=_("Take ownership of these fields, or leave them unchanged."),
            **more,
        )
        self.owners = owners


def _some(paths: Sequence[Path], most: int = 5) -> str:
    """Some paths, for a sentence."""
    return ", ".join(show(path) for path in paths[:most]) + (", …" if len(paths) > most else "")


class Store(Protocol):
    """`cluster`: the key used in addresses; for what it can do, ask `capabilities`."""

    @property
    def cluster(self) -> str: ...

    def transaction(self) -> AbstractContextManager[None]:
        """Writes inside are all stored or, when an error leaves the block, none; let the first error out.
        A store that is not `atomic` does nothing here, and each write is on its own. For writes alone,
        `apply_all` is quicker."""

    def recent(self, age: float) -> Store:
        """The same store for pages that may show what this person read at most `age` seconds ago. It asks for
        nothing twice, and its answers must not be changed. A store that costs little to read is itself."""

    def age(self) -> float:
        """How old the oldest is that this store returned, in seconds; not above 0 where it read everything
        itself."""

    def at_once(self, reads: Sequence[Callable[[], T]]) -> list[T]:
        """What these return, where it saves time read at the same time. Raises the first error."""

    def capabilities(self) -> Capabilities:
        """A cluster is asked for its version, and the answer remembered for some minutes."""

    def projects(self) -> Sequence[Project]: ...

    def create_project(self, name: str, *, alias: str = "", description: str = "") -> Project:
        """Raises AlreadyExists, Invalid."""

    def delete_project(self, name: str) -> None:
        """Raises NotFound."""

    def select(self, api_version: str, kind: str, query: Query) -> Selection:
        """Objects of one kind; none of a kind that the server does not know.

        Raises NotFound (no such project), BadInput (unknown filter or sort order).
        """

    def values(self, api_version: str, kind: str, project: str) -> Sequence[JsonObject]:
        """The objects of one kind in a project ("": in all, or in none), by name and each with its namespace,
        without what only tools write. `select` makes a text and a version of each, which takes most of its
        time. Raises NotFound (no such project)."""

    def names(self, api_version: str, kind: str, project: str, *, of_type: str = "") -> Sequence[str]:
        """The names alone: little else of the objects is sent. of_type: the `type` of Secrets. Raises
        NotFound (no such project)."""

    def keys(self, kind: str, project: str, name: str = "") -> Mapping[str, AbstractSet[str]]:
        """Name → keys, of one ConfigMap or Secret or, for "", of all in a project. Their values are dropped
        at once. Raises NotFound (no such object or project)."""

    def counts(self, project: str) -> Mapping[tuple[str, str], int]:
        """(api_version, kind) → how many; only kinds with at least one."""

    def get(self, ref: Ref) -> Stored:
        """Raises NotFound."""

    def apply(
        self,
        text: str,
        *,
        project: str,
        base: str | None,
        dry_run: bool = False,
        force: bool = False,
        why: str = "",
    ) -> Applied:
        """Store one document (`text` holds exactly one).

        It goes to the namespace it names, else to `project`; one of a cluster-scoped kind to the cluster.
        A Namespace makes a project.

        base: "": the object must not exist (else AlreadyExists); a version: the stored object must have this
        version (else Conflict, which carries what is stored); None: no condition, only where a person has
        seen no earlier version and said so.
        The object becomes what the text says: what the text leaves out goes, except finalizers and
        ownerReferences, which go only where the text says so (`finalizers: []`), and what only tools and the
        server write. Only fields that change get this console as their manager.
        force: change fields that other field managers own (on a cluster; see FieldConflict).
        "unchanged": offline the same text, byte for byte; on a cluster the same object.
        dry_run: the same answer, nothing stored; `version` is the version stored now, "" if none is. Fields
        of other managers are no conflict then: `taken` names them.
        Raises Invalid (with findings), Conflict, NotFound (no such project).
        """

    def apply_all(
        self, writes: Sequence[Write], *, dry_run: bool = False, why: str = ""
    ) -> Sequence[Applied | ConsoleError | None]:
        """Apply a bundle in this order. For each write what it did, why it failed, or None where it was not
        tried or was rolled back.

        Where the store is `atomic`, all of it is stored or nothing. Otherwise objects that do not need each
        other (`kinds.Kind.order`) are stored at the same time, and when one of them fails, nothing that comes
        after them is tried; what is stored stays. In a dry run all are tried. When the server does not answer
        several of them in time, no more are tried.
        """

    def get_all(self, refs: Sequence[Ref]) -> Sequence[Stored | None]:
        """As `get`, many at once and in this order; None for what does not exist."""

    def delete(
        self, ref: Ref, *, base: str | None = None, uid: str = "", dry_run: bool = False, why: str = ""
    ) -> None:
        """Deleting a Namespace deletes the project with everything in it. uid: with `base`, only the object
        that has it, no other one of its name; a store without uids does not heed it. Raises NotFound,
        Conflict."""

    def history(self, ref: Ref) -> Sequence[Revision]:
        """Newest first; empty where the store keeps none. A deleted object keeps its history."""

    def deleted(self, project: str) -> Sequence[tuple[Ref, Revision]]:
        """What was deleted from a project and does not exist now, each with its deletion, the latest first,
        at most 200; empty where the store keeps no history."""

    def purge(self, refs: Sequence[Ref]) -> Sequence[Ref]:
        """Remove the history of deleted objects for good; returns those that had one and do not exist now.
        None where the store keeps no history."""

    def nodes(self) -> Sequence[JsonObject]:
        """Node objects, by name."""

    def pods(
        self,
        project: str,
        *,
        node: str | None = None,
        selector: JsonObject | None = None,
        most: int | None = None,
    ) -> Sequence[JsonObject]:
        """The Pod objects of a project ("": of all), reduced by `pods.slim_pod`; none where nothing runs.

        node: only those bound to it, "" for those bound to none. selector: a LabelSelector that they must
        match. Raises TooMany where there are more than `most`.
        """

    def events(self, project: str, kind: str, *, uid: str = "") -> Sequence[JsonObject]:
        """The Event objects of type Warning about objects of a kind in a project ("": in all), reduced by
        `pods.slim_event`; none where nothing runs. uid: only those about this object."""

    def quotas(self, project: str) -> Sequence[JsonObject]:
        """ResourceQuota objects by name, with `status.hard` and `status.used` filled in."""
