"""Step 3: volumes, and where containers mount them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from workloads.daemonsets.manifest.outline import CONTAINERS, POD, VOLUMES
from workloads.daemonsets.project.facts import Keys, ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, Path, get
from workloads.wizard.form.codecs import AS_TYPED, FLAG, QUANTITY, TRISTATE, Choice, Text, Undecodable, Words
from workloads.wizard.form.parts import Field, Group, OneOf, Part, Rows, Virtual, Way
from workloads.wizard.form.step import Step, Suggestions
from workloads.wizard.form.tree import Node, RowsNode, Slot


@dataclass(frozen=True, slots=True)
class Mode(Text):
    """File permissions, shown in octal as chmod takes them; the API has them as a number."""

    def show(self, value: Json) -> str | None:
        if value is ABSENT or value is None:
            return ""
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return f"{value:04o}" if fits else None

    def read(self, raw: str, old: Json) -> Json:
        text = raw.strip()
        if not text:
            return ABSENT
        if not re.fullmatch(r"(0o)?[0-7]{1,6}", text):
            raise Undecodable(gettext("Type permissions in octal, such as 0644."))
        return int(text.removeprefix("0o"), 8)


MODE = Mode()

_HOST_PATH_TYPES = Choice(
    tuple(
        (name, about)
        for name, about in (
            ("DirectoryOrCreate", _("DirectoryOrCreate – made if it is not there")),
            ("Directory", _("Directory – must be there")),
            ("FileOrCreate", _("FileOrCreate – made if it is not there")),
            ("File", _("File – must be there")),
            ("Socket", _("Socket – must be there")),
            ("CharDevice", _("CharDevice – must be there")),
            ("BlockDevice", _("BlockDevice – must be there")),
        )
    ),
    _("Not checked"),
)
_MEDIA = Choice((("Memory", _("Memory – counts against the memory limit")),), _("The node's disk"))
_PROPAGATION = Choice(
    (
        ("None", _("None – stays private")),
        ("HostToContainer", _("HostToContainer – later mounts of the host show up")),
        ("Bidirectional", _("Bidirectional – mounts show up on the host, too")),
    ),
    _("Default"),
)


def _files(kind: str, name: str, label: Words, suggest: str) -> list[Part]:
    """The fields of a volume made of the keys of a ConfigMap or Secret; `name`: the field that names it."""
    missing = _("Whether pods start without it.")
    return [
        Field("object", (kind, name), label=label, suggest=suggest, look="mono", required=True),
        Field("mode", (kind, "defaultMode"), MODE, _("Permissions"), placeholder="0644", look="narrow"),
        Field("optional", (kind, "optional"), TRISTATE, _("Optional"), missing, look="narrow"),
        Rows(
            "item",
            (kind, "items"),
            ("key",),
            [
                Field("k", ("key",), label=_("Key"), suggest=f"{suggest}-keys", look="mono", required=True),
                Field("path", ("path",), label=_("File"), look="mono", required=True),
                Field("mode", ("mode",), MODE, _("Permissions"), look="narrow"),
            ],
            label=_("Chosen keys"),
            add=_("Choose a key"),
            help=_("None chosen: every key becomes a file of its name."),
            blank=0,
        ),
    ]


def _kinds() -> OneOf:
    claim, host, empty = "persistentVolumeClaim", "hostPath", "emptyDir"
    # The keys in lower case are what the style sheet knows the choices by.
    ways = [
        (
            host,
            _("hostPath – a directory or file of the node"),
            [
                Field(
                    "path",
                    (host, "path"),
                    label=_("Path on the node"),
                    placeholder="/var/log",
                    look="mono",
                    required=True,
                ),
                Field("type", (host, "type"), _HOST_PATH_TYPES, _("Type")),
            ],
        ),
        (
            "configMap",
            _("ConfigMap – its keys as files"),
            _files("configMap", "name", _("Name of the ConfigMap"), "configmaps"),
        ),
        (
            "secret",
            _("Secret – its keys as files"),
            _files("secret", "secretName", _("Name of the Secret"), "secrets"),
        ),
        (
            empty,
            _("emptyDir – empty, goes with the pod"),
            [
                Field("medium", (empty, "medium"), _MEDIA, _("Kept in")),
                Field(
                    "size", (empty, "sizeLimit"), QUANTITY, _("Size limit"), placeholder="1Gi", look="narrow"
                ),
            ],
        ),
        (
            claim,
            _("PersistentVolumeClaim – one for the pods of all nodes"),
            [
                Field(
                    "claim",
                    (claim, "claimName"),
                    label=_("Name of the claim"),
                    suggest="claims",
                    look="mono",
                    required=True,
                ),
                Field("ro", (claim, "readOnly"), FLAG, _("Read only"), look="flag"),
            ],
        ),
    ]
    known = {"name", *(owned for owned, _label, _fields in ways)}
    return OneOf(
        "kind",
        _("Kind"),
        [
            Way("pvc" if owned == claim else owned.lower(), label, (owned,), fields)
            for owned, label, fields in ways
        ],
        none=_("Choose…"),
        foreign=lambda volume: isinstance(volume, dict) and not known.issuperset(volume),
    )


def _mount(*more: Part) -> list[Part]:
    return [
        *more,
        Field("path", ("mountPath",), AS_TYPED, _("Mount path"), look="mono broad", required=True),
        Field("ro", ("readOnly",), FLAG, _("Read only"), look="flag"),
        Field("sub", ("subPath",), AS_TYPED, _("Sub path"), look="mono"),
        Field("prop", ("mountPropagation",), _PROPAGATION, _("Propagation"), look="narrow"),
    ]


# A mount's volume where that is plain from where the mount stands: there, but not drawn.
_VOLUME = Field("name", ("name",), look="mono")


@dataclass(frozen=True, slots=True)
class Container:
    """One container of the document. `slug`: what the names of its fields start with: "c0", "i1"."""

    slug: str
    path: Path
    name: str
    mounts: Sequence[Json]


def containers(value: Json) -> list[Container]:
    """The containers that keep running, then the init containers."""
    found = []
    for kind in CONTAINERS:
        items = get(value, (*POD, kind))
        for i, item in enumerate(items if isinstance(items, list) else ()):
            name, mounts = get(item, ("name",)), get(item, ("volumeMounts",))
            slug = f"{'c' if kind == 'containers' else 'i'}{i}"
            named = name if isinstance(name, str) and name else f"{kind}[{i}]"
            found.append(Container(slug, (*POD, kind, i), named, mounts if isinstance(mounts, list) else []))
    return found


def volume_names(value: Json) -> list[str]:
    volumes = get(value, VOLUMES)
    names = [get(volume, ("name",)) for volume in volumes] if isinstance(volumes, list) else []
    return [name for name in names if isinstance(name, str)]


def _is_of(mount: Json, volume: str) -> bool:
    return get(mount, ("name",)) == volume


def parts(value: Json, facts: ProjectFacts) -> list[Part]:
    inside = containers(value)
    rows = Rows(
        "vol",
        VOLUMES,
        ("name",),
        partial(_volume, inside),
        add=_("Add a volume"),
        title=lambda volume: str(get(volume, ("name",)) or ""),
        blank=0,
        template="workloads/wizard/_volumes.html",
        row_template="workloads/wizard/_volume.html",
    )
    known = volume_names(value)  # no set: what stands in the place of a name may be anything
    strays = [c for c in inside if any(get(mount, ("name",)) not in known for mount in c.mounts)]
    if not strays:
        return [rows]
    lost = Group(
        "stray",
        _("Mounts of volumes that are not here"),
        [
            Rows(
                f"stray-{c.slug}",
                (*c.path, "volumeMounts"),
                ("mountPath",),
                _mount(
                    Field("name", ("name",), label=_("Volume"), suggest="volumes", look="mono", required=True)
                ),
                label=c.name,
                only=lambda mount: get(mount, ("name",)) not in known,
                blank=0,
                template="workloads/wizard/_mounts.html",
                row_template="workloads/wizard/_mount.html",
            )
            for c in strays
        ],
        open=True,
        help=_("Name a volume that is there, add the volume, or remove the mount."),
    )
    return [rows, lost]


def _volume(inside: Sequence[Container], volume: Json, position: int) -> list[Part]:
    name = get(volume, ("name",))
    own: list[Part] = [
        Field("name", ("name",), label=_("Name"), placeholder="varlog", look="mono", required=True),
        _kinds(),
    ]
    if not isinstance(name, str) or not name:
        # Mounts need the name of their volume: a new one takes a path for each container, read-only or not.
        fresh = [
            part
            for c in inside
            for part in (
                _later(
                    f"at-{c.slug}", gettext("Mount path in %(container)s") % {"container": c.name}, "mono"
                ),
                _later(f"ro-{c.slug}", _("Read only"), "flag"),
            )
        ]
        return [*own, *fresh]
    mounts = [
        Rows(
            f"m-{c.slug}",
            (*c.path, "volumeMounts"),
            ("mountPath",),
            _mount(_VOLUME),
            label=c.name,
            add=gettext("Mount in %(container)s") % {"container": c.name},
            only=_of(name),
            preset={"name": name},
            blank=0,
            rooted=True,
            template="workloads/wizard/_mounts.html",
            row_template="workloads/wizard/_mount.html",
        )
        for c in inside
    ]
    return [*own, *mounts]


def _later(name: str, label: Words, look: str) -> Virtual:
    """A field of a mount that `_finish` writes, once its volume has a name."""
    return Virtual(
        name,
        show=lambda root, path: "",
        write=lambda root, path, raw: [],
        codec=FLAG if look == "flag" else AS_TYPED,
        label=label,
        look=look,
    )


def _of(name: str) -> Callable[[Json], bool]:
    return lambda mount: _is_of(mount, name)


# ---- what follows from a change of volumes ----


def _finish(nodes: Sequence[Node], before: Json, now: Json) -> list[Change]:
    """Mounts follow their volume: they are made, renamed and removed with it."""
    volumes = nodes[0]
    if not isinstance(volumes, RowsNode) or volumes.only_yaml:
        return []
    renamed: dict[str, str] = {}
    gone: set[str] = set()
    stays: set[str] = set()
    new: dict[str, list[Json]] = {}
    for row in volumes.rows:
        slots = {slot.name.removeprefix(row.prefix): slot for slot in row.nodes if isinstance(slot, Slot)}
        name = slots.get("name")
        if name is None:
            continue
        was = name.value if isinstance(name.value, str) else ""
        if was:
            (gone if row.removed else stays).add(was)
        if not row.removed and name.changed and isinstance(name.new, str):
            if was:
                renamed[was] = name.new
            for slug, slot in slots.items():
                if slug.startswith("at-") and slot.raw:
                    container = slug.removeprefix("at-")
                    mount: dict[str, Json] = {"name": name.new, "mountPath": slot.raw}
                    if _ticked(slots.get(f"ro-{container}")):
                        mount["readOnly"] = True
                    new.setdefault(container, []).append(mount)
    return [
        change
        for container in containers(now)
        for change in _remounted(container, renamed, gone - stays, new.get(container.slug, []))
    ]


def _ticked(slot: Slot | None) -> bool:
    return slot is not None and bool(slot.raw)


def _remounted(
    container: Container, renamed: dict[str, str], gone: set[str], new: Sequence[Json]
) -> Iterator[Change]:
    path = (*container.path, "volumeMounts")
    names = [get(mount, ("name",)) for mount in container.mounts]
    left = [name for name in names if name not in gone]
    if names and not left and not new:
        yield path, ABSENT
        return
    if new and not names:
        yield path, list(new)
        return
    for i, name in enumerate(names):
        if name in renamed:
            yield (*path, i, "name"), renamed[name]
    for n, mount in enumerate(new):
        yield (*path, len(names) + n), mount
    for i in range(len(names) - 1, -1, -1):
        if names[i] in gone:
            yield (*path, i), ABSENT


def suggestions(facts: ProjectFacts) -> Suggestions:
    configmaps, secrets = facts.configmaps or {}, facts.secrets or {}
    return {
        "configmaps": [(name, "") for name in sorted(configmaps)],
        "configmaps-keys": _keys(configmaps),
        "secrets": [(name, "") for name in sorted(secrets)],
        "secrets-keys": _keys(secrets),
        "claims": [(name, "") for name in sorted(facts.pvcs or ())],
    }


def _keys(objects: Keys) -> list[tuple[str, str]]:
    """Every key once, with the objects that have it."""
    owners: dict[str, list[str]] = {}
    for name in sorted(objects):
        for key in sorted(objects[name]):
            owners.setdefault(key, []).append(name)
    return [(key, ", ".join(names)) for key, names in owners.items()][:500]


def _summary(value: Json) -> str:
    volumes = len(volume_names(value))
    mounts = sum(len(c.mounts) for c in containers(value))
    if not volumes and not mounts:
        return ""
    said = [ngettext("%d volume", "%d volumes", volumes) % volumes]
    if mounts:
        said.append(ngettext("%d mount", "%d mounts", mounts) % mounts)
    return " · ".join(said)


STEP = Step(
    "volumes",
    _("Volumes"),
    parts,
    summary=_summary,
    suggestions=suggestions,
    finish=_finish,
)
