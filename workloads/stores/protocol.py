"""What a store promises. Two keep it: `offline` (database) and `cluster` (Kubernetes API).

A store is made for one person (`store_for(cluster, person)`), so it knows who writes. Values are plain JSON
dicts as the API server would send them; `text` is the author's own text where the store keeps it (offline)
and generated YAML where it does not (a cluster keeps no comments). Every method may raise Forbidden and
Unreachable (`console.errors`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from console.errors import Conflict, ConsoleError
from workloads.documents import Document, Path
from workloads.documents.paths import JsonObject

Outcome: TypeAlias = Literal["created", "configured", "unchanged"]


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Which object: `api_version` such as "apps/v1", `project` "" for cluster-scoped kinds."""

    api_version: str
    kind: str
    project: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.project + '/' if self.project else ''}{self.name}"


DAEMONSET = ("apps/v1", "DaemonSet")


def daemonset(project: str, name: str) -> Ref:
    return Ref(*DAEMONSET, project, name)


def namespace(name: str) -> Ref:
    """The object that is a project."""
    return Ref("v1", "Namespace", "", name)


@dataclass(frozen=True, slots=True)
class Stored:
    """One object as it is stored. `version`: opaque, at most 64 characters, another after every change that a
    person can see (offline a row version; of a cluster a digest, as its resourceVersion also changes with
    the status)."""

    ref: Ref
    value: JsonObject
    text: str
    version: str
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    updated_by: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """One page of a list. `total`: how many match in all."""

    items: Sequence[Stored]
    total: int


@dataclass(frozen=True, slots=True)
class Query:
    """What a list page asks for. `search` matches name, alias, `label=value` and image, all words must match.

    filters: "image" and "node" (node selector and required affinity) find a part; "label" finds "key=value"
    or, without "=", every value of the key; "updated_by" is whole. All but the last ignore case, as the
    search does. Another filter raises BadInput.

    sort: "name", "updated", "created", "updated_by"; "-" in front turns it round. limit None: all.
    project None: all projects the person may see.
    """

    project: str | None
    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = "name"
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One save of an object. `deleted`: the save was a deletion (its text is what was deleted)."""

    number: int
    text: str
    who: str
    when: dt.datetime
    why: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying one document did, or would do (dry run). `value`: the object as stored after it."""

    ref: Ref
    outcome: Outcome
    version: str
    value: JsonObject
    text: str
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A project as a store lists it."""

    name: str
    alias: str = ""
    description: str = ""
    created_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the server can do; features are asked for here, never guessed from a version elsewhere.

    minor: of its version, None for the newest; Pod Security has standards for each.
    """

    version: str = ""
    minor: int | None = None
    field_validation: bool = False
    max_surge: bool = True
    grpc_probe: bool = True
    pod_security: bool = True
    history: bool = False
    keeps_text: bool = False
    toleration_lt_gt: bool = False
    pod_sums: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """One document to be stored: the arguments of `Store.apply`.

    document: `text` as it was read already, to spare the store a second reading.
    """

    text: str
    project: str
    base: str | None
    force: bool = False
    document: Document | None = None


class TooMany(Exception):
    """A list has more objects than are read."""


class Halted(Exception):
    """`Store.apply_all` stopped at write number `at` for `error`; `done`: what is stored all the same."""

    def __init__(self, at: int, error: ConsoleError, done: Sequence[Applied]) -> None:
        super().__init__(error.message)
        self.at = at
        self.error = error
        self.done = done


class FieldConflict(Conflict):
    """Fields that the text changes or removes are kept by others than this console (server-side apply).

    owners: field manager → the fields it keeps. Applying with `force` takes them over.
    """

    def __init__(self, message: str, owners: Mapping[str, Sequence[Path]], **more: str) -> None:
        super().__init__(message, **more)
        self.owners = owners


class Store(Protocol):
    """`cluster`: the key used in addresses. `offline`: whether there is no cluster behind it."""

    @property
    def cluster(self) -> str: ...

    @property
    def offline(self) -> bool: ...

    def transaction(self) -> AbstractContextManager[None]:
        """Writes inside are all kept or, when an error leaves the block, none. A cluster cannot promise that:
        there it does nothing, and each write stands alone. Let the first error out of the block. For
        writes alone, `apply_all` is quicker."""

    def capabilities(self) -> Capabilities: ...

    def projects(self) -> Sequence[Project]: ...

    def create_project(self, name: str, *, alias: str = "", description: str = "") -> Project:
        """Raises AlreadyExists, Invalid."""

    def delete_project(self, name: str) -> None:
        """Raises NotFound."""

    def select(self, api_version: str, kind: str, query: Query) -> Selection:
        """Objects of one kind. A kind the server does not know is an empty selection.

        Raises NotFound (there is no such project), BadInput (a filter or sort order there is not).
        """

    def counts(self, project: str) -> Mapping[tuple[str, str], int]:
        """(api_version, kind) → how many; only kinds that are there."""

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

        base: "" the object must not exist yet (else AlreadyExists); a version: it must be stored at just this
        version (else Conflict carrying what is stored); None: whatever is there (server-side apply without a
        precondition), used only where a person has seen no earlier version and said so.
        force: take over fields that another field manager keeps (a cluster's; see FieldConflict).
        "unchanged": offline the same text, byte for byte; of a cluster the same object.
        dry_run: the same answer, nothing stored; `version` is that of what is stored now, "" for nothing.
        Raises Invalid (with findings), Conflict, NotFound (the project is not there).
        """

    def apply_all(self, writes: Sequence[Write], *, why: str = "") -> Sequence[Applied]:
        """Apply a bundle in this order, offline all of it or nothing; far quicker than one by one.

        Raises Halted at the first that cannot be stored; on a cluster those before it stay.
        """

    def get_all(self, refs: Sequence[Ref]) -> Sequence[Stored | None]:
        """As `get`, many at once and in this order; None for what is not there."""

    def delete(self, ref: Ref, *, base: str | None = None, dry_run: bool = False, why: str = "") -> None:
        """Deleting a Namespace deletes the project with all that is in it. Raises NotFound, Conflict."""

    def history(self, ref: Ref) -> Sequence[Revision]:
        """Newest first; empty where the store keeps none. A deleted object still has its history."""

    def deleted(self, project: str) -> Sequence[tuple[Ref, Revision]]:
        """What was deleted from a project and is not there now, with its deletion, the latest first, at most
        200; empty where the store keeps no history."""

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
        """The Pod objects of a project ("": of all), as `pods.slim_pod` leaves them; none offline, where
        nothing runs. node: only those bound to it, "" for those that are bound to none.
        selector: a LabelSelector; only those that it matches. Raises TooMany where there are more than
        `most`."""

    def events(self, project: str, kind: str, *, uid: str = "") -> Sequence[JsonObject]:
        """The Event objects of type Warning about objects of a kind in a project ("": in all), as
        `pods.slim_event` leaves them; none offline. uid: only those about this object."""

    def quotas(self, project: str) -> Sequence[JsonObject]:
        """ResourceQuota objects by name, with `status.hard` and `status.used` filled in."""
