"""A save owns and changes exactly what the person changed, and what they removed is gone: every kind of edit,
on objects of every origin.

The judge is the API server: what a replacement by the person's own text would make of the object.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from console.errors import Invalid
from tests.controlplane.control_plane import ApiError
from workloads import kinds
from workloads.documents import ABSENT, Change, edit, item, read, to_yaml
from workloads.documents.paths import get
from workloads.services.refs import ref_to
from workloads.stores import store_for
from workloads.stores.cluster import ownership
from workloads.stores.protocol import Ref, daemonset
from workloads.stores.visible import editable

pytestmark = pytest.mark.controlplane

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"

POD = ("spec", "template", "spec")
MAIN = (*POD, "containers", item(name="main"))
SIDE = (*POD, "containers", item(name="side"))
VOLUMES = (*POD, "volumes")
AFFINITY = (*POD, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
TERMS = (*AFFINITY, "nodeSelectorTerms")


def probe(**how: Any) -> dict[str, Any]:
    return {"periodSeconds": 7, **how}


AGENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {
        "name": "agent",
        "labels": {"app": "agent", "team": "a"},
        "annotations": {"example.org/note": "one", "example.org/other": "two"},
    },
    "spec": {
        "selector": {"matchLabels": {"app": "agent"}},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}},
        "template": {
            "metadata": {"labels": {"app": "agent", "tier": "node"}, "annotations": {"example.org/pod": "p"}},
            "spec": {
                "serviceAccountName": "agent",
                "hostNetwork": True,
                "hostPID": True,
                "nodeSelector": {"disk": "ssd", "zone": "z"},
                "priorityClassName": "system-node-critical",
                "terminationGracePeriodSeconds": 9,
                "securityContext": {"runAsUser": 1000, "fsGroup": 2000},
                "imagePullSecrets": [{"name": "one"}, {"name": "two"}],
                "tolerations": [{"key": "a", "operator": "Exists"}, {"key": "b", "value": "v"}],
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {"matchExpressions": [{"key": "k", "operator": "In", "values": ["1", "2"]}]},
                                {"matchExpressions": [{"key": "l", "operator": "Exists"}]},
                            ]
                        }
                    }
                },
                "initContainers": [{"name": "prepare", "image": "i:1"}],
                "containers": [
                    {
                        "name": "main",
                        "image": "i:1",
                        "command": ["run"],
                        "args": ["--a", "--b"],
                        "env": [
                            {"name": "A", "value": "1"},
                            {"name": "B", "value": "2"},
                            {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                        ],
                        "envFrom": [{"configMapRef": {"name": "settings"}}],
                        "ports": [
                            {"name": "http", "containerPort": 80, "hostPort": 80},
                            {"name": "dns", "containerPort": 53, "hostPort": 53, "protocol": "UDP"},
                        ],
                        "readinessProbe": probe(httpGet={"path": "/ready", "port": 80}),
                        "livenessProbe": probe(httpGet={"path": "/live", "port": 80}),
                        "lifecycle": {"preStop": {"exec": {"command": ["stop"]}}},
                        "resources": {
                            "requests": {"cpu": "100m", "memory": "64Mi"},
                            "limits": {"cpu": "1", "memory": "128Mi"},
                        },
                        "securityContext": {
                            "privileged": False,
                            "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
                        },
                        "volumeMounts": [
                            {"name": "logs", "mountPath": "/var/log", "readOnly": True},
                            {"name": "tmp", "mountPath": "/tmp"},
                        ],
                    },
                    {"name": "side", "image": "s:1"},
                ],
                "volumes": [
                    {"name": "logs", "hostPath": {"path": "/var/log", "type": "Directory"}},
                    {"name": "tmp", "emptyDir": {"medium": "Memory"}},
                    {"name": "conf", "configMap": {"name": "settings", "optional": True}},
                ],
            },
        },
    },
}

Edit = Callable[[dict[str, Any]], list[Change]]


def put(*path: Any, to: Any) -> Edit:
    return lambda value: [(path, to)]


def cut(*path: Any) -> Edit:
    return lambda value: [(path, ABSENT)]


def turn(*path: Any) -> Edit:
    """The items of a list the other way round."""
    return lambda value: [(path, get(value, path)[::-1])]


def rename(*path: Any, key: str = "name", to: Any) -> Edit:
    """An item of a list under another name, at its place."""
    *holder, which = path

    def changes(value: dict[str, Any]) -> list[Change]:
        items = get(value, tuple(holder))
        at = next(n for n, each in enumerate(items) if which.matches(each))
        return [((*holder, at, key), to)]

    return changes


def both(*edits: Edit) -> Edit:
    return lambda value: [change for each in edits for change in each(value)]


EDITS: dict[str, Edit] = {
    "label added": put("metadata", "labels", "new", to="x"),
    "label changed": put("metadata", "labels", "team", to="b"),
    "label removed": cut("metadata", "labels", "team"),
    "labels removed": cut("metadata", "labels"),
    "annotation added": put("metadata", "annotations", "example.org/new", to="x"),
    "annotation changed": put("metadata", "annotations", "example.org/note", to="x"),
    "annotation removed": cut("metadata", "annotations", "example.org/note"),
    "annotations removed": cut("metadata", "annotations"),
    "pod label added": put("spec", "template", "metadata", "labels", "new", to="x"),
    "pod label removed": cut("spec", "template", "metadata", "labels", "tier"),
    "pod annotation removed": cut("spec", "template", "metadata", "annotations"),
    "selector changed": put("spec", "selector", "matchLabels", "app", to="other"),
    "image changed": put(*MAIN, "image", to="i:2"),
    "container added": put(*POD, "containers", item(name="more"), to={"name": "more", "image": "m:1"}),
    "container removed": cut(*SIDE),
    "container renamed": rename(*SIDE, to="aside"),
    "containers reordered": turn(*POD, "containers"),
    "init container added": put(*POD, "initContainers", item(name="two"), to={"name": "two", "image": "i:1"}),
    "init containers removed": cut(*POD, "initContainers"),
    "init container renamed": rename(*POD, "initContainers", item(name="prepare"), to="first"),
    "command removed": cut(*MAIN, "command"),
    "args changed": put(*MAIN, "args", to=["--a", "--c", "--b"]),
    "args reordered": turn(*MAIN, "args"),
    "args removed": cut(*MAIN, "args"),
    "variable added": put(*MAIN, "env", item(name="C"), to={"name": "C", "value": "3"}),
    "variable changed": put(*MAIN, "env", item(name="A"), "value", to="9"),
    "variable removed": cut(*MAIN, "env", item(name="A")),
    "variable renamed": rename(*MAIN, "env", item(name="A"), to="Z"),
    "variables reordered": turn(*MAIN, "env"),
    "variables removed": cut(*MAIN, "env"),
    "valueFrom becomes a value": put(*MAIN, "env", item(name="N"), to={"name": "N", "value": "n"}),
    "value becomes valueFrom": put(
        *MAIN,
        "env",
        item(name="A"),
        to={"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
    ),
    "envFrom removed": cut(*MAIN, "envFrom"),
    "port added": put(*MAIN, "ports", 2, to={"name": "m", "containerPort": 99, "hostPort": 99}),
    "port changed": both(
        put(*MAIN, "ports", 0, "containerPort", to=81), put(*MAIN, "ports", 0, "hostPort", to=81)
    ),
    "port removed": cut(*MAIN, "ports", item(name="http")),
    "port renamed": rename(*MAIN, "ports", item(name="http"), to="web"),
    "ports removed": cut(*MAIN, "ports"),
    "ports reordered": turn(*MAIN, "ports"),
    "readiness probe removed": cut(*MAIN, "readinessProbe"),
    "probe changes its kind": put(*MAIN, "livenessProbe", to=probe(exec={"command": ["live"]})),
    "probe changed": put(*MAIN, "readinessProbe", "periodSeconds", to=9),
    "hook removed": cut(*MAIN, "lifecycle"),
    "hook changes its kind": put(
        *MAIN, "lifecycle", "preStop", to={"httpGet": {"path": "/stop", "port": 80}}
    ),
    "limit removed": cut(*MAIN, "resources", "limits", "cpu"),
    "limits removed": cut(*MAIN, "resources", "limits"),
    "resources removed": cut(*MAIN, "resources"),
    "request changed": put(*MAIN, "resources", "requests", "cpu", to="200m"),
    "capabilities removed": cut(*MAIN, "securityContext", "capabilities"),
    "container's security context removed": cut(*MAIN, "securityContext"),
    "pod's security context changed": put(*POD, "securityContext", to={"runAsUser": 1}),
    "mount added": put(*MAIN, "volumeMounts", 2, to={"name": "conf", "mountPath": "/conf"}),
    "mount moved": put(*MAIN, "volumeMounts", item(mountPath="/tmp"), "mountPath", to="/scratch"),
    "mount removed": cut(*MAIN, "volumeMounts", item(mountPath="/tmp")),
    "volume added": put(*VOLUMES, item(name="run"), to={"name": "run", "hostPath": {"path": "/run"}}),
    "volume removed": cut(*VOLUMES, item(name="conf")),
    "volume changes its type": put(*VOLUMES, item(name="conf"), to={"name": "conf", "emptyDir": {}}),
    "node selector changed": put(*POD, "nodeSelector", to={"disk": "hdd"}),
    "node selector removed": cut(*POD, "nodeSelector"),
    "affinity term removed": cut(*TERMS, 0),
    "affinity removed": cut(*POD, "affinity"),
    "toleration removed": cut(*POD, "tolerations", 0),
    "tolerations removed": cut(*POD, "tolerations"),
    "strategy becomes OnDelete": put("spec", "updateStrategy", to={"type": "OnDelete"}),
    "service account removed": cut(*POD, "serviceAccountName"),
    "host network removed": both(
        cut(*POD, "hostNetwork"), cut(*MAIN, "ports", 0, "hostPort"), cut(*MAIN, "ports", 1, "hostPort")
    ),
    "host namespace and pull secret removed": both(cut(*POD, "hostPID"), cut(*POD, "imagePullSecrets", 0)),
}


@dataclass(frozen=True)
class Place:
    """Where one object is going to be: a DaemonSet, or another that `manifest` describes."""

    control_plane: Any
    store: Any
    project: str
    name: str = "agent"
    manifest: Any = field(default_factory=lambda: AGENT)

    @property
    def ref(self) -> Ref:
        return ref_to(self.manifest["apiVersion"], self.manifest["kind"], self.project, self.name)

    @property
    def path(self) -> str:
        version = self.manifest["apiVersion"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plural = kinds.row_of(version, self.manifest["kind"]).plural
        return f"{root}/namespaces/{self.project}/{plural}/{self.name}"

    @property
    def agent(self) -> dict[str, Any]:
        return {**self.manifest, "metadata": {**self.manifest["metadata"], "name": self.name}}

    def live(self) -> dict[str, Any]:
        return self.control_plane.api("GET", self.path)

    def post(self, value: dict[str, Any], manager: str) -> None:
        path = self.path.removesuffix(f"/{self.name}")
        self.control_plane.api("POST", f"{path}?fieldManager={manager}", value)

    def apply(self, value: dict[str, Any], manager: str) -> None:
        query = f"?fieldManager={manager}&force=true"
        self.control_plane.api("PATCH", self.path + query, value, content_type=APPLY)

    def kubectl_create(self, value: dict[str, Any]) -> None:
        """As `kubectl apply` creates an object: with the manifest in an annotation."""
        wanted = copy.deepcopy(value)
        wanted["metadata"].setdefault("annotations", {})[LAST_APPLIED] = json.dumps(value)
        self.post(wanted, "kubectl-client-side-apply")

    def edited(self, change: Edit) -> str:
        """The text that a person has after an edit."""
        text = self.store.get(self.ref).text
        [document] = read(text)
        return edit(text, 0, change(document.value))


LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def posted(place: Place) -> None:
    place.post(place.agent, "curl")


def created_by_kubectl(place: Place) -> None:
    place.kubectl_create(place.agent)


def applied_by_flux(place: Place) -> None:
    place.apply(place.agent, "kustomize-controller")


def made_here(place: Place) -> None:
    place.store.apply(to_yaml(place.agent), project=place.project, base="")


def made_here_by_an_earlier_version(place: Place) -> None:
    place.apply(place.agent, ownership.MANAGER)


def of_two_appliers(place: Place) -> None:
    applied_by_flux(place)
    place.apply({**place.manifest, "metadata": {"name": place.name}}, "argocd-controller")


def with_managed_fields_cleared(place: Place) -> None:
    posted(place)
    nobody = {"metadata": {"managedFields": [{}]}}
    place.control_plane.api("PATCH", place.path, nobody, content_type=MERGE)


MAKERS = [
    posted,
    created_by_kubectl,
    applied_by_flux,
    made_here,
    made_here_by_an_earlier_version,
    of_two_appliers,
    with_managed_fields_cleared,
]


@pytest.fixture
def place(control_plane, admin, settings):
    settings.KUBECONFIG = str(control_plane.kubeconfig("admin"))
    return Place(control_plane, store_for("local", admin), control_plane.new_namespace())


def test_the_table_is_as_long_as_it_says():
    assert (len(EDITS), len(MAKERS)) == (67, 7)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_every_edit_ends_as_the_person_meant(place, make):
    wrong = {}
    for number, (name, change) in enumerate(EDITS.items()):
        each = replace(place, name=f"agent-{number}")
        make(each)
        if said := problem(each, change):
            wrong[name] = said
    assert wrong == {}


def test_who_may_only_patch_saves_the_same(place, admin, settings):
    control_plane, project = place.control_plane, place.project
    rule = {"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["get", "list", "create", "patch"]}
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{project}"
    control_plane.api("POST", f"{rbac}/roles", {"metadata": {"name": "patch"}, "rules": [rule]})
    binding = {
        "metadata": {"name": "patch"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "patch"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"}],
    }
    control_plane.api("POST", f"{rbac}/rolebindings", binding)
    control_plane.wait_for(lambda: may_list(control_plane, project), "alice's rights")
    settings.KUBECONFIG = str(control_plane.kubeconfig("alice"))
    place = replace(place, store=store_for("local", admin))
    wrong = {}
    for number, (name, change) in enumerate(EDITS.items()):
        each = replace(place, name=f"agent-{number}")
        (created_by_kubectl if number % 2 else applied_by_flux)(each)
        if said := problem(each, change):
            wrong[name] = said
    assert wrong == {}


def may_list(control_plane: Any, project: str) -> bool:
    try:
        control_plane.api("GET", f"/apis/apps/v1/namespaces/{project}/daemonsets", who="alice")
    except ApiError:
        return False
    return True


def problem(place: Place, change: Edit) -> str:
    """What is wrong with one edit of the object, "" for nothing."""
    version = place.store.get(place.ref).version
    text, before = place.edited(change), place.live()
    judged = judge(place, before, text)
    try:
        applied = place.store.apply(text, project=place.project, base=version, force=True)
    except Invalid as refused:
        return "" if judged is None and refused.findings else f"refused: {refused}"
    if judged is None:
        return "stored what a replacement by the same text would not"
    after = place.live()
    if editable(after) != editable(judged):
        return f"not as meant: {applied.value}"
    if last_applied(after) != last_applied(before):
        return "the manifest of kubectl apply changed"
    return wrong_owners(before, after) if applied.outcome == "configured" else "nothing changed"


def last_applied(live: dict[str, Any]) -> str | None:
    return live["metadata"].get("annotations", {}).get(LAST_APPLIED)


def judge(place: Place, before: dict[str, Any], text: str) -> dict[str, Any] | None:
    """What a replacement by the person's text makes of the object; None where the server refuses it."""
    [document] = read(text)
    value = copy.deepcopy(document.value)
    if kept := last_applied(before):
        value["metadata"].setdefault("annotations", {})[LAST_APPLIED] = kept
    while True:
        if place.manifest is not AGENT:  # other kinds must name it
            value["metadata"]["resourceVersion"] = place.live()["metadata"]["resourceVersion"]
        try:
            return place.control_plane.api("PUT", place.path + "?dryRun=All", value)
        except ApiError as error:
            if error.status in (400, 422):
                return None
            if error.status != 409:
                raise


def wrong_owners(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Every manager keeps what did not change, and this console gets nothing else."""
    had, has = ownership.fields_by_manager(before), ownership.fields_by_manager(after)
    for manager, fields in had.items():
        if manager != ownership.MANAGER:
            lost = {f for f in fields - has.get(manager, set()) if same(before, after, f)}
            if lost:
                return f"{manager} lost {sorted(lost)}"
    gained = has.get(ownership.MANAGER, set()) - had.get(ownership.MANAGER, set())
    kept = {f for f in gained if same(before, after, f)}
    return f"the console owns {sorted(kept)}" if kept else ""


def same(before: dict[str, Any], after: dict[str, Any], field: tuple[str, ...]) -> bool:
    """An item or mapping as such is nobody's in particular: what is in it counts."""
    old = ownership.value_at(before, field)
    return field[-1] != "." and old is not ABSENT and old == ownership.value_at(after, field)


# Afterwards


def test_kubectl_apply_still_removes_what_its_manifest_no_longer_has(place):
    created_by_kubectl(place)
    version = place.store.get(daemonset(place.project, place.name)).version
    place.store.apply(place.edited(EDITS["image changed"]), project=place.project, base=version)
    # What kubectl sends when its manifest loses the label `team`.
    former = json.loads(place.live()["metadata"]["annotations"][LAST_APPLIED])
    assert former["metadata"]["labels"]["team"] == "a"
    gone = {"metadata": {"labels": {"team": None}}}
    place.control_plane.api("PATCH", place.path + "?fieldManager=kubectl-client-side-apply", gone)
    assert "team" not in place.live()["metadata"]["labels"]


@pytest.mark.parametrize("make", [applied_by_flux, of_two_appliers])
def test_another_applier_still_removes_what_its_manifest_no_longer_has(place, make):
    make(place)
    ref = daemonset(place.project, place.name)
    text, version = place.edited(EDITS["image changed"]), place.store.get(ref).version
    place.store.apply(text, project=place.project, base=version, force=True)
    smaller = copy.deepcopy(place.agent)
    del smaller["metadata"]["labels"]["team"]
    [main, _side] = smaller["spec"]["template"]["spec"]["containers"]
    del main["command"]
    place.apply(smaller, "kustomize-controller")
    if make is of_two_appliers:  # the command is gone when both have let it go
        place.apply({**smaller, "metadata": {"name": place.name}}, "argocd-controller")
    live = place.live()
    assert "team" not in live["metadata"]["labels"]
    assert "command" not in live["spec"]["template"]["spec"]["containers"][0]
