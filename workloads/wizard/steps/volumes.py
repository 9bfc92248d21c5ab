"""Step 3: volumes and their mounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from workloads.daemonsets.manifest.outline import CONTAINERS, POD, VOLUMES
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, Path, get
from workloads.wizard.form.codecs import (
    AS_TYPED,
    FLAG,
    QUANTITY,
    TRISTATE,
    ChoiceCodec,
    StrOrPromise,
    TextCodec,
    Undecodable,
    plain_options,
)
from workloads.wizard.form.parts import (
    TEMPLATES,
    ComputedField,
    Field,
    FieldGroup,
    OneOf,
    Part,
    Rows,
    Variant,
)
from workloads.wizard.form.step import Step, Suggestions
from workloads.wizard.form.tree import FieldNode, FormNode, RowsNode
from workloads.wizard.steps.suggested import of_project


@dataclass(frozen=True, slots=True)
class FileModeCodec(TextCodec):
    """File permissions, shown in octal as in chmod; the API has a number."""

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
            raise Undecodable(gettext("Enter permissions in octal, such as 0644."))
        return int(text.removeprefix("0o"), 8)


FILE_MODE = FileModeCodec()

_HOST_PATH_TYPES = ChoiceCodec(
    (
        ("DirectoryOrCreate", _("DirectoryOrCreate: created if missing")),
        ("Directory", _("Directory: must exist")),
        ("FileOrCreate", _("FileOrCreate: created if missing")),
        ("File", _("File: must exist")),
        ("Socket", _("Socket: must exist")),
        ("CharDevice", _("CharDevice: must exist")),
        ("BlockDevice", _("BlockDevice: must exist")),
    ),
    _("Not checked (default)"),
)
_MEDIA = ChoiceCodec((("Memory", _("Memory: counts toward the memory limit")),), _("Node disk (default)"))
_PROPAGATION = ChoiceCodec(
    (
        ("None", _("None: no propagation")),
        ("HostToContainer", _("HostToContainer: the container sees later mounts of the host")),
        ("Bidirectional", _("Bidirectional: the host also sees mounts of the container")),
    ),
    _("None (default)"),
)


_RECURSIVE = ChoiceCodec(
    (
        ("Enabled", _("Enabled: pods do not start where the node cannot do it")),
        ("IfPossible", _("IfPossible: where the node can do it")),
        ("Disabled", _("Disabled")),
    ),
    _("Disabled (default)"),
)


# ---- the kinds of volumes ----


def _kinds() -> OneOf:
    kinds = [_host_path(), _configmap(), _secret(), _empty_dir(), _claim(), _image()]
    known = {"name", *(kind.owns[0] for kind in kinds)}
    return OneOf(
        "kind",
        _("Volume type"),
        kinds,
        none=_("Choose…"),
        unknown=lambda volume: isinstance(volume, dict) and not known.issuperset(volume),
    )


# The style sheet shows the fields of the chosen kind by its key.


def _host_path() -> Variant:
    fields: list[Part] = [
        Field(
            "path",
            ("hostPath", "path"),
            label=_("Path on the node"),
            placeholder="/var/log",
            suggest="host-paths",
            style="mono",
            required=True,
        ),
        Field("type", ("hostPath", "type"), _HOST_PATH_TYPES, _("Type")),
    ]
    return Variant("hostpath", _("hostPath: a file or directory of the node"), ("hostPath",), fields)


def _configmap() -> Variant:
    fields = _files("configMap", "name", _("ConfigMap name"), "configmaps")
    return Variant("configmap", _("ConfigMap: its keys as files"), ("configMap",), fields)


def _secret() -> Variant:
    fields = _files("secret", "secretName", _("Secret name"), "secrets")
    return Variant("secret", _("Secret: its keys as files"), ("secret",), fields)


def _empty_dir() -> Variant:
    size = Field(
        "size", ("emptyDir", "sizeLimit"), QUANTITY, _("Size limit"), placeholder="1Gi", style="narrow"
    )
    fields: list[Part] = [Field("medium", ("emptyDir", "medium"), _MEDIA, _("Medium")), size]
    return Variant("emptydir", _("emptyDir: empty, deleted with the pod"), ("emptyDir",), fields)


def _claim() -> Variant:
    place = "persistentVolumeClaim"
    fields: list[Part] = [
        Field(
            "claim",
            (place, "claimName"),
            label=_("Claim name"),
            suggest="claims",
            style="mono",
            required=True,
        ),
        Field("ro", (place, "readOnly"), FLAG, _("Read-only"), style="flag"),
    ]
    return Variant("pvc", _("PersistentVolumeClaim: one claim for the pods of all nodes"), (place,), fields)


def _image() -> Variant:
    reference = ("image", "reference")
    policy = ChoiceCodec(
        plain_options("Always", "IfNotPresent", "Never"), _("Always for :latest, else IfNotPresent")
    )
    fields: list[Part] = [
        Field(
            "ref",
            reference,
            label=_("Image"),
            help=_("Mounted read-only. Kubernetes 1.33+."),
            placeholder="registry.example.com/models:1",
            suggest="images",
            style="mono",
            required=True,
        ),
        Field("pull", ("image", "pullPolicy"), policy, _("Image pull policy")),
    ]
    return Variant("image", _("Image: the files of an image or artifact"), ("image",), fields)


def _files(kind: str, name: str, label: StrOrPromise, suggest: str) -> list[Part]:
    """The fields of a volume with the keys of a ConfigMap or Secret. name: the field with its name."""
    optional = _("If yes, pods can start without it.")
    return [
        Field("object", (kind, name), label=label, suggest=suggest, style="mono", required=True),
        Field("mode", (kind, "defaultMode"), FILE_MODE, _("Permissions"), placeholder="0644", style="narrow"),
        Field("optional", (kind, "optional"), TRISTATE, _("Optional"), optional, style="narrow"),
        Rows(
            "item",
            (kind, "items"),
            ("key",),
            [
                Field("k", ("key",), label=_("Key"), suggest=f"{suggest}-keys", style="mono", required=True),
                Field("path", ("path",), label=_("File path"), style="mono", required=True),
                Field("mode", ("mode",), FILE_MODE, _("Permissions"), style="narrow"),
            ],
            label=_("Selected keys"),
            add=_("Add a key"),
            help=_("If no key is selected, every key becomes a file with its name."),
            blank=0,
        ),
    ]


# ---- mounts ----


def _mount(*more: Part) -> list[Part]:
    return [
        *more,
        Field("path", ("mountPath",), AS_TYPED, _("Mount path"), style="mono broad", required=True),
        Field("ro", ("readOnly",), FLAG, _("Read-only"), style="flag"),
        Field("sub", ("subPath",), AS_TYPED, _("Subpath"), style="mono"),
        Field("prop", ("mountPropagation",), _PROPAGATION, _("Propagation"), style="short"),
        FieldGroup("more", _("Advanced"), _rare()),
    ]


def _rare() -> list[Part]:
    """Fields that few mounts need."""
    expression = _("A subpath with variables of the container. Instead of a subpath.")
    recursive = _("Also for file systems that are mounted below it. Needs “Read-only”.")
    return [
        Field(
            "expr",
            ("subPathExpr",),
            AS_TYPED,
            _("Subpath with variables"),
            expression,
            "$(NODE_NAME)",
            style="mono",
        ),
        Field("recursive", ("recursiveReadOnly",), _RECURSIVE, _("Recursive read-only"), recursive),
    ]


# The volume of a mount that is shown below its volume: a field that is not rendered.
_VOLUME = Field("name", ("name",), style="mono")


@dataclass(frozen=True, slots=True)
class ContainerMounts:
    """One container of the document and its mounts. slug: in names of fields, "c0", "i1"."""

    slug: str
    path: Path
    name: str
    mounts: Sequence[Json]


def containers(value: Json) -> list[ContainerMounts]:
    """Every container, the init containers last."""
    found = []
    for kind in CONTAINERS:
        items = get(value, (*POD, kind))
        for i, item in enumerate(items if isinstance(items, list) else ()):
            name, mounts = get(item, ("name",)), get(item, ("volumeMounts",))
            slug = f"{'c' if kind == 'containers' else 'i'}{i}"
            named = name if isinstance(name, str) and name else f"{kind}[{i}]"
            mounts = mounts if isinstance(mounts, list) else []
            found.append(ContainerMounts(slug, (*POD, kind, i), named, mounts))
    return found


def volume_names(value: Json) -> list[str]:
    volumes = get(value, VOLUMES)
    names = [get(volume, ("name",)) for volume in volumes] if isinstance(volumes, list) else []
    return [name for name in names if isinstance(name, str)]


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
        template=f"{TEMPLATES}/_volumes.html",
        row_template=f"{TEMPLATES}/_volume.html",
    )
    known = volume_names(value)  # not a set: a manifest may have anything in place of a name
    strays = [c for c in inside if any(get(mount, ("name",)) not in known for mount in c.mounts)]
    if not strays:
        return [rows]
    lost = FieldGroup(
        "stray",
        _("Mounts without a volume"),
        [
            Rows(
                f"stray-{c.slug}",
                (*c.path, "volumeMounts"),
                ("mountPath",),
                _mount(
                    Field(
                        "name", ("name",), label=_("Volume"), suggest="volumes", style="mono", required=True
                    )
                ),
                label=c.name,
                only=lambda mount: get(mount, ("name",)) not in known,
                blank=0,
                template=f"{TEMPLATES}/_mounts.html",
                row_template=f"{TEMPLATES}/_mount.html",
            )
            for c in strays
        ],
        open=True,
        help=_("Enter the name of an existing volume, add the volume, or remove the mount."),
    )
    return [rows, lost]


def _volume(inside: Sequence[ContainerMounts], volume: Json, position: int) -> list[Part]:
    name = get(volume, ("name",))
    own: list[Part] = [
        Field("name", ("name",), label=_("Name"), placeholder="varlog", style="mono", required=True),
        _kinds(),
    ]
    if not isinstance(name, str) or not name:
        # Mounts need the name of their volume, so a new volume has a mount path and a box for each container.
        fresh = [
            part
            for c in inside
            for part in (
                _later(
                    f"at-{c.slug}", gettext("Mount path in %(container)s") % {"container": c.name}, "mono"
                ),
                _later(f"ro-{c.slug}", _("Read-only"), "flag"),
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
            only=_mounts_of(name),
            preset={"name": name},
            blank=0,
            rooted=True,
            template=f"{TEMPLATES}/_mounts.html",
            row_template=f"{TEMPLATES}/_mount.html",
        )
        for c in inside
    ]
    return [*own, *mounts]


def _later(name: str, label: StrOrPromise, style: str) -> ComputedField:
    """A field of a mount that `_finish` writes once its volume has a name."""
    return ComputedField(
        name,
        show=lambda root, path: "",
        write=lambda root, path, raw: [],
        codec=FLAG if style == "flag" else AS_TYPED,
        label=label,
        style=style,
    )


def _mounts_of(volume: str) -> Callable[[Json], bool]:
    return lambda mount: bool(get(mount, ("name",)) == volume)


# ---- mounts follow their volume ----


def _finish(nodes: Sequence[FormNode], before: Json, now: Json) -> list[Change]:
    """The mounts are added, renamed and removed with their volume."""
    volumes = nodes[0]
    if not isinstance(volumes, RowsNode) or volumes.only_yaml:
        return []
    renamed: dict[str, str] = {}
    removed: set[str] = set()
    kept: set[str] = set()
    new: dict[str, list[Json]] = {}
    for row in volumes.rows:
        fields = {
            node.name.removeprefix(row.prefix): node for node in row.nodes if isinstance(node, FieldNode)
        }
        name = fields.get("name")
        if name is None:
            continue
        old = name.value if isinstance(name.value, str) else ""
        if old:
            (removed if row.removed else kept).add(old)
        if not row.removed and name.changed and isinstance(name.new, str):
            if old:
                renamed[old] = name.new
            for slug, field in fields.items():
                if slug.startswith("at-") and field.raw:
                    container = slug.removeprefix("at-")
                    mount: dict[str, Json] = {"name": name.new, "mountPath": field.raw}
                    if _ticked(fields.get(f"ro-{container}")):
                        mount["readOnly"] = True
                    new.setdefault(container, []).append(mount)
    return [
        change
        for container in containers(now)
        for change in _remounted(container, renamed, removed - kept, new.get(container.slug, []))
    ]


def _ticked(field: FieldNode | None) -> bool:
    return field is not None and bool(field.raw)


def _remounted(
    container: ContainerMounts, renamed: dict[str, str], removed: set[str], new: Sequence[Json]
) -> Iterator[Change]:
    path = (*container.path, "volumeMounts")
    # A manifest may have anything in place of a name; only a string names a volume.
    found = [get(mount, ("name",)) for mount in container.mounts]
    names = [name if isinstance(name, str) else "" for name in found]
    left = [name for name in names if name not in removed]
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
        if names[i] in removed:
            yield (*path, i), ABSENT


# What published agents mount, the most frequent first, and what each of them is for.
HOST_PATHS = (
    ("/var/log", _("logs of the node")),
    ("/var/log/pods", _("logs of the pods")),
    ("/var/log/containers", _("logs of the containers")),
    ("/sys", _("devices and kernel settings")),
    ("/proc", _("processes of the node")),
    ("/", _("all files of the node")),
    ("/run/xtables.lock", _("lock of iptables")),
    ("/etc/cni/net.d", _("network configuration")),
    ("/opt/cni/bin", _("network plugins")),
    ("/lib/modules", _("kernel modules")),
    ("/var/run", _("sockets of the node")),
    ("/run/containerd/containerd.sock", _("socket of containerd")),
    ("/var/run/docker.sock", _("socket of Docker")),
    ("/var/lib/docker/containers", _("logs of the containers (Docker)")),
    ("/var/lib/kubelet", _("files of the kubelet")),
    ("/var/lib/kubelet/device-plugins", _("device plugins")),
    ("/var/lib/kubelet/plugins_registry", _("plugins of the kubelet")),
    ("/dev", _("devices")),
    ("/dev/kmsg", _("kernel messages")),
    ("/etc/machine-id", _("identity of the node")),
    ("/etc/localtime", _("timezone of the node")),
    ("/etc/os-release", _("operating system of the node")),
)


def suggestions(facts: ProjectFacts) -> Suggestions:
    return {
        **of_project(facts),
        "claims": [(name, "") for name in sorted(facts.pvcs or ())],
        "host-paths": [(path, str(about)) for path, about in HOST_PATHS],
    }


def _summary(value: Json) -> str:
    volumes = len(volume_names(value))
    mounts = sum(len(c.mounts) for c in containers(value))
    if not volumes and not mounts:
        return ""
    found = [ngettext("%d volume", "%d volumes", volumes) % volumes]
    if mounts:
        found.append(ngettext("%d mount", "%d mounts", mounts) % mounts)
    return " · ".join(found)


STEP = Step(
    "volumes",
    _("Volumes"),
    parts,
    summary=_summary,
    suggestions=suggestions,
    finish=_finish,
)
