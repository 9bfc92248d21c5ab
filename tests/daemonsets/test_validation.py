import ast
import copy
import inspect
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import MANIFESTS
from tests.daemonsets.rule_cases import BASE, CASES, POD, C
from workloads.daemonsets.manifest import resources, selectors
from workloads.daemonsets.manifest.findings import step_of
from workloads.daemonsets.manifest.outline import NODE_TERMS
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules import advice, containers, downward, operating_system, pods, volumes
from workloads.daemonsets.rules.validation import check
from workloads.documents import read
from workloads.documents.paths import ABSENT, patch


def found(value, facts=None):
    findings = check(value) if facts is None else check(value, facts)
    return [(finding.code, finding.path) for finding in findings]


# --- DaemonSets ---


def test_a_valid_daemonset_has_no_findings():
    assert check(BASE) == []


@pytest.mark.parametrize("case", CASES, ids=[f"{i} {case.id}" for i, case in enumerate(CASES)])
def test_one_fault_is_one_finding_at_its_place(case):
    findings = check(case.value)
    assert [(f.code, f.path, f.severity) for f in findings] == [(case.code, case.path, case.severity)]


@pytest.mark.parametrize("case", CASES, ids=[f"{i} {case.id}" for i, case in enumerate(CASES)])
def test_messages_are_sentences_and_errors_cite_their_source(case):
    (finding,) = check(case.value)
    assert finding.message[0] == "“" or finding.message[0].isupper()
    assert finding.message.endswith((".", "?"))
    assert "%(" not in finding.message
    assert finding.severity == "warning" or finding.cite


POSITION_OF_CODE = {
    **dict.fromkeys(("report.error", "report.warning", "report.test", "report.test_key"), 1),
    "report.unique": 2,
}
# They never come alone, so each has a test of its own.
NO_CASE = {"huge-pages-alone", "toleration-number"}


@pytest.mark.parametrize(
    "module", [containers, downward, operating_system, pods, volumes, resources, selectors, advice]
)
def test_every_rule_for_a_daemonset_has_a_case(module):
    """Reads the codes in the calls of a report. It does not see a code that is in a variable."""
    codes = set()
    for call in ast.walk(ast.parse(inspect.getsource(module))):
        position = POSITION_OF_CODE.get(ast.unparse(call.func)) if isinstance(call, ast.Call) else None
        if position is not None:
            codes |= {code.value for code in ast.walk(call.args[position]) if isinstance(code, ast.Constant)}
    assert codes
    assert codes - {case.code for case in CASES} <= NO_CASE


def test_codes_are_in_kebab_case():
    assert [case.code for case in CASES if not re.fullmatch("[a-z]+(-[a-z]+)*", case.code)] == []


GOOD = {
    "other fields": {(*POD, "hostIPC"): True, (*POD, "enableServiceLinks"): False},
    "null is absent": {("spec", "updateStrategy"): None, (*C, "env"): None, ("metadata", "labels"): None},
    "a null label is empty": {
        ("spec", "selector", "matchLabels", "app"): None,
        ("spec", "template", "metadata", "labels", "app"): None,
    },
    "an expression selects": {
        ("spec", "selector"): {"matchExpressions": [{"key": "app", "operator": "In", "values": ["agent"]}]}
    },
    "maxSurge instead": {
        ("spec", "updateStrategy"): {"rollingUpdate": {"maxSurge": "10%", "maxUnavailable": 0}}
    },
    "zero timings stand for the default": {
        (*C, "readinessProbe"): {"exec": {"command": ["a"]}, "timeoutSeconds": 0, "periodSeconds": 0}
    },
    "a GPU by its limit": {(*C, "resources", "limits", "nvidia.com/gpu"): 1},
    "amounts as numbers": {(*C, "resources", "requests", "cpu"): 0.5},
    "a limit is the request": {(*C, "resources"): {"limits": {"cpu": 1, "memory": "1Gi"}}},
    "relaxed variable names": {(*C, "env"): [{"name": "1 a/b", "value": "x"}]},
    "fields of the pod": {
        (*C, "env"): [
            {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a.b/c']"}}},
        ]
    },
    "tolerate everything": {(*POD, "tolerations"): [{"operator": "Exists"}]},
    "old and new taint": {
        (*POD, "tolerations"): [
            {"key": "node-role.kubernetes.io/master", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"},
        ]
    },
    "a sidecar has probes": {
        (*POD, "initContainers"): [
            {
                "name": "side",
                "image": "a:1",
                "restartPolicy": "Always",
                "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
                "startupProbe": {"grpc": {"port": 9}},
            }
        ]
    },
    "the same host port for TCP and UDP": {
        (*C, "ports"): [
            {"containerPort": 53, "hostPort": 53},
            {"containerPort": 53, "hostPort": 53, "protocol": "UDP"},
        ]
    },
    "a surge beside a host port of an init container": {
        ("spec", "updateStrategy"): {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        (*POD, "initContainers"): [
            {
                "name": "before",
                "image": "a:1",
                "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
                "ports": [{"containerPort": 53, "hostPort": 53}],
            }
        ],
    },
    "one volume mounted twice": {
        (*POD, "volumes"): [{"name": "v", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}],
        (*C, "volumeMounts"): [
            {"name": "v", "mountPath": "/a"},
            {"name": "v", "mountPath": "/b", "subPath": "c"},
        ],
    },
    "a digest is a version": {(*C, "image"): "localhost:5000/agent@sha256:" + "0" * 64},
    "a probe more patient": {
        (*C, "readinessProbe"): {"tcpSocket": {"port": 1}},
        (*C, "livenessProbe"): {"tcpSocket": {"port": 1}, "failureThreshold": 9},
    },
    "a number with leading zeros, as ParseInt reads it": {
        (*NODE_TERMS, 0): {"matchExpressions": [{"key": "cpu", "operator": "Gt", "values": ["007"]}]},
    },
    "status is the server's": {("status",): {"numberReady": 1}},
}


@pytest.mark.parametrize("changes", GOOD.values(), ids=GOOD)
def test_no_findings_for(changes):
    assert check(patch(BASE, changes.items())) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({(*C, "ports"): [{"containerPort": 1, "hostPort": 8}]}, id="of a container"),
        pytest.param({(*POD, "hostNetwork"): True, (*C, "ports"): [{"containerPort": 8}]}, id="of the host"),
        pytest.param(
            {
                (*POD, "initContainers"): [
                    {
                        "name": "side",
                        "image": "a:1",
                        "restartPolicy": "Always",
                        "ports": [{"containerPort": 1, "hostPort": 8}],
                    }
                ]
            },
            id="of a sidecar",
        ),
    ],
)
def test_a_surge_needs_the_host_ports_twice(changes):
    surge = {("spec", "updateStrategy"): {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}
    findings = check(patch(BASE, (surge | changes).items()))
    assert [f.params["port"] for f in findings if f.code == "surge-host-port"] == [8]


@pytest.mark.parametrize(
    ("name", "at", "params"),
    [
        # A field that people know from other kinds has an explanation of its own, without parameters.
        ("replicas", ("spec",), {}),
        ("selectr", ("spec",), {"field": "selectr", "known": "selector"}),
        ("imagepullpolicy", C, {"field": "imagepullpolicy", "known": "imagePullPolicy"}),
        ("tolerations", ("spec",), {"field": "tolerations", "place": "spec.template.spec"}),
        ("hostNetwork", C, {"field": "hostNetwork", "place": "spec.template.spec"}),
        ("image", POD, {"field": "image", "place": "spec.template.spec.containers"}),
        ("zzzz", POD, {"field": "zzzz"}),
    ],
)
def test_an_unknown_field_gets_a_way_out(name, at, params):
    findings = check(patch(BASE, [((*at, name), "x")]))
    assert [f.params for f in findings if (f.code, f.path) == ("unknown-field", (*at, name))] == [params]


def test_all_faults_are_found_at_once():
    value = patch(
        BASE,
        [
            (("metadata", "name"), "A"),
            (("spec", "replicas"), 1),
            ((*C, "image"), ABSENT),
            ((*C, "ports"), [{"containerPort": 0}]),
            ((*POD, "hostPID"), "true"),
        ],
    )
    assert [code for code, _path in found(value)] == [
        *("type", "unknown-field", "name", "required", "out-of-range"),
    ]


def test_a_toleration_that_compares_needs_a_whole_number():
    value = patch(BASE, [((*POD, "tolerations"), [{"key": "a", "operator": "Gt", "value": "many"}])])
    assert found(value) == [
        ("toleration-number", (*POD, "tolerations", 0, "value")),
        ("toleration-compares", (*POD, "tolerations", 0, "operator")),
    ]


def test_huge_pages_need_other_resources_beside_them():
    value = patch(BASE, [((*C, "resources"), {"limits": {"hugepages-2Mi": "4Mi"}})])
    assert ("huge-pages-alone", (*C, "resources")) in found(value)


def test_findings_belong_to_the_step_that_fixes_them():
    steps = {step_of(finding.path) for case in CASES for finding in check(case.value)}
    assert steps == {"basics", "pods", "volumes", "labels", "nodes"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child, max_size=3),
    max_leaves=8,
)


def places(value, path=()):
    yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from places(child, (*path, key))


FULL = [case.value for case in CASES]


@settings(max_examples=300)
@given(st.data())
def test_no_manifest_makes_it_raise(data):
    value = copy.deepcopy(data.draw(st.sampled_from(FULL)))
    path = data.draw(st.sampled_from(sorted(places(value), key=repr)))
    broken = data.draw(JSON)
    for finding in check(patch(value, [(path, broken)])):
        assert finding.message


# --- other documents ---


@pytest.mark.parametrize("value", [None, [], "text", 1, ["a"]])
def test_a_document_that_is_no_object(value):
    assert found(value) == [("not-an-object", ())]


PATCHES = {
    "no selector, no image": patch(BASE, [(("spec", "selector"), ABSENT), ((*C, "image"), ABSENT)]),
    "only a setting of the pod": {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "a"},
        "spec": {"template": {"spec": {"priorityClassName": "system-node-critical"}}},
    },
    "without apiVersion": {
        "kind": "DaemonSet",
        "metadata": {"name": "a"},
        "spec": {"template": {"spec": {"containers": [{"name": "a", "args": ["b"]}]}}},
    },
    "a directive": patch(BASE, [((*C, "$patch"), "delete")]),
    "an order": patch(BASE, [((*POD, "$setElementOrder/containers"), [{"name": "a"}])]),
}


@pytest.mark.parametrize("value", PATCHES.values(), ids=PATCHES)
def test_a_kustomize_patch_is_refused_as_such(value):
    (finding,) = check(value)
    assert (finding.code, finding.severity) == ("kustomize-patch", "error")


def test_a_draft_that_is_not_finished_is_no_patch():
    draft = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": ""}, "spec": {}}
    assert "kustomize-patch" not in dict(found(draft))
    draft["spec"] = {"template": {"spec": {"containers": [{"name": "agent"}]}}}
    assert dict(found(draft)).keys() >= {"name-missing", "required"}


def test_a_list_must_be_split():
    assert found({"apiVersion": "v1", "kind": "List", "items": [BASE]}) == [("list", ("kind",))]
    assert found({"apiVersion": "apps/v1", "kind": "DaemonSetList", "items": []}) == [("list", ("kind",))]


def test_an_input_of_kustomize_is_no_object():
    assert found({"kind": "Kustomization", "resources": ["a.yaml"]}) == [("kustomization", ("kind",))]
    flux = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "a"},
    }
    assert found(flux) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, [("type-missing", ("apiVersion",)), ("type-missing", ("kind",))]),
        ({"kind": "Pod", "metadata": {"name": "a"}}, [("type-missing", ("apiVersion",))]),
        ({"apiVersion": 1, "kind": "Pod"}, [("type-missing", ("apiVersion",))]),
        (
            {"apiVersion": "v1", "kind": "DaemonSet", "metadata": {"name": "a"}},
            [("api-version", ("apiVersion",))],
        ),
        (
            {"apiVersion": "apps/v1", "kind": "Secret", "metadata": {"name": "a"}},
            [("api-version", ("apiVersion",))],
        ),
        (
            {"apiVersion": "apps/v1", "kind": "Daemonset", "metadata": {"name": "a"}},
            [("kind-unknown", ("kind",))],
        ),
        ({"apiVersion": "v1", "kind": "secret", "metadata": {"name": "a"}}, [("kind-unknown", ("kind",))]),
        ({"apiVersion": "example.com/v1", "kind": "secret", "metadata": {"name": "a"}}, []),
        ({"apiVersion": "v1", "kind": "ConfigMap"}, [("name-missing", ("metadata", "name"))]),
        (
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "A"}},
            [("name", ("metadata", "name"))],
        ),
        (
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a.b"}},
            [("name", ("metadata", "name"))],
        ),
        (
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": {"name": "system:a B"},
            },
            [],
        ),
        (
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "a/b"}},
            [("name", ("metadata", "name"))],
        ),
        ({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "anything": [1]}, []),
        (
            {
                "apiVersion": "apps.kruise.io/v1beta1",
                "kind": "DaemonSet",
                "metadata": {"name": "a"},
                "spec": {"x": 1},
            },
            [],
        ),
    ],
)
def test_every_object_needs_type_and_name(value, expected):
    assert found(value) == expected


@pytest.mark.parametrize(
    ("version", "kind", "code", "severity", "params"),
    [
        ("policy/v1beta1", "PodSecurityPolicy", "api-removed", "warning", {"gone": "1.25", "successor": ""}),
        ("policy/v1", "PodSecurityPolicy", "api-removed", "warning", {"gone": "1.25", "successor": ""}),
        ("policy/v1beta1", "PodDisruptionBudget", "api-removed", "warning", {"successor": "policy/v1"}),
        ("extensions/v1beta1", "Ingress", "api-removed", "warning", {"gone": "1.22"}),
        ("batch/v1beta1", "CronJob", "api-removed", "warning", {"gone": "1.25", "successor": "batch/v1"}),
        ("extensions/v1beta1", "Deployment", "api-removed", "error", {"gone": "1.16"}),
        ("settings.k8s.io/v1alpha1", "PodPreset", "api-removed", "error", {"gone": "1.20"}),
        ("resource.k8s.io/v1alpha4", "DeviceClass", "api-alpha", "warning", {"served": "resource.k8s.io/v1"}),
        ("app/v1", "DaemonSet", "api-group", "warning", {"group": "app", "meant": "apps/v1"}),
        ("app/v1", "Daemonset", "api-group", "warning", {"meant": "apps/v1"}),
        ("monitoring/v1", "PodMonitor", "api-group", "warning", {"group": "monitoring", "meant": ""}),
        ("networking.k8.io/v1", "Ingress", "api-group", "warning", {"meant": "networking.k8s.io/v1"}),
        ("v1", "Deploment", "kind-unknown", "warning", {"meant": "Deployment"}),
        ("apps/v1", "Thing", "kind-unknown", "warning", {"meant": ""}),
        ("apps/v1", "daemonSet", "kind-unknown", "error", {"meant": "DaemonSet"}),
        ("v1", "Ingress", "api-version", "warning", {"served": "networking.k8s.io/v1"}),
        ("autoscaling/v3", "HorizontalPodAutoscaler", "api-version", "warning", {}),
        ("v1", "Deployment", "api-version", "error", {"served": "apps/v1"}),
        ("apps.k8s.io/v1", "DaemonSet", "api-group", "warning", {"meant": "apps/v1"}),
        ("rbac.k8s.io/v1", "Role", "api-group", "warning", {"meant": "rbac.authorization.k8s.io/v1"}),
        ("EXAMPLE.com/v1", "Foo", "api-group", "warning", {"meant": ""}),
        ("example.com/1", "Foo", "api-group", "warning", {"meant": ""}),
        ("example.com/v1/x", "Foo", "api-group", "warning", {"meant": ""}),
        ("node.k8s.io/v1alpha1", "RuntimeClass", "api-alpha", "warning", {"served": "node.k8s.io/v1"}),
        ("networking.k8s.io/v1alpha1", "IPAddress", "api-alpha", "warning", {}),
        ("discovery.k8s.io/v1alpha1", "EndpointSlice", "api-alpha", "warning", {}),
        ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration", "configuration-file", "warning", {}),
        ("kubeadm.k8s.io/v1beta3", "ClusterConfiguration", "configuration-file", "warning", {}),
        ("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration", "configuration-file", "warning", {}),
    ],
)
def test_a_kind_that_kubernetes_does_not_have(version, kind, code, severity, params):
    """An error where no supported server, or a rule of the console, takes it; else a warning."""
    (finding,) = check({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}})
    assert (finding.code, finding.severity) == (code, severity)
    assert params.items() <= finding.params.items()


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("networking.k8s.io/v1", "Ingress"), ("networking.k8s.io/v1beta1", "ServiceCIDR"),
        ("resource.k8s.io/v1beta1", "ResourceClaim"), ("autoscaling.k8s.io/v1", "VerticalPodAutoscaler"),
        ("gateway.networking.k8s.io/v1", "Gateway"), ("snapshot.storage.k8s.io/v1", "VolumeSnapshot"),
        ("metrics.k8s.io/v1beta1", "NodeMetrics"), ("scheduling.x-k8s.io/v1alpha1", "PodGroup"),
        ("apps.kruise.io/v1alpha1", "DaemonSet"), ("crd.projectcalico.org/v1", "NetworkPolicy"),
        ("networking.internal.knative.dev/v1alpha1", "Ingress"), ("batch.volcano.sh/v1alpha1", "Job"),
        ("cert-manager.io/v1", "Certificate"), ("events.k8s.io/v1", "Event"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ],
)  # fmt: skip
def test_kinds_that_exist_and_custom_resources_get_no_finding(version, kind):
    assert found({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}}) == []


@pytest.mark.parametrize(
    ("version", "kind", "spec", "missing"),
    [
        ("v1", "Pod", None, ("spec", "containers")),
        ("apps/v1", "Deployment", {"selector": {}, "template": {}}, (*POD, "containers")),
        ("batch/v1", "Job", None, ("spec",)),
        ("batch/v1", "Job", {"template": {}}, (*POD, "containers")),
        ("batch/v1", "CronJob", {"schedule": "x", "jobTemplate": {}}, ("spec", "jobTemplate", "spec")),
    ],
)
def test_what_is_required_is_missed_with_its_parent_too(version, kind, spec, missing):
    assert found({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec}) == [
        ("required", missing)
    ]


def test_a_deployment_may_be_stored():
    deployment = patch(BASE, [(("kind",), "Deployment"), (("spec", "replicas"), 2)])
    assert found(deployment) == []
    assert found(patch(deployment, [(("spec", "replica"), 2)])) == [("unknown-field", ("spec", "replica"))]


def test_another_project_is_pointed_out():
    facts = ProjectFacts(project="other")
    assert found(BASE, facts) == [("other-namespace", ("metadata", "namespace"))]
    assert found(patch(BASE, [(("metadata", "namespace"), ABSENT)]), facts) == []


# --- real manifests ---


@pytest.mark.parametrize("path", MANIFESTS, ids=[path.name for path in MANIFESTS])
def test_real_manifests_have_no_errors(path):
    documents = read(path.read_text())
    errors = [f.code for document in documents for f in check(document.value) if f.severity == "error"]
    expected = []
    if any(document.kind == "List" for document in documents):
        expected = ["list"]
    elif any(document.api_version == "extensions/v1beta1" for document in documents):
        expected = ["legacy-version"]
    elif "patch" in path.name or path.name.startswith(("cadvisor--cadvisor-args", "cadvisor--critical")):
        expected = ["kustomize-patch"]
    assert errors == expected


# --- Windows ---

WINDOWS = {
    "os": [((*POD, "os"), {"name": "windows"})],
    "selector": [((*POD, "nodeSelector"), {"kubernetes.io/os": "windows"})],
    "affinity": [
        (
            NODE_TERMS,
            [{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]}]}],
        )
    ],
}


def with_paths(host_path, mount_path):
    return [
        ((*POD, "volumes"), [{"name": "v", "hostPath": {"path": host_path}}]),
        ((*C, "volumeMounts"), [{"name": "v", "mountPath": mount_path}]),
    ]


@pytest.mark.parametrize("changes", WINDOWS.values(), ids=WINDOWS)
def test_paths_of_windows_pods_are_windows_paths(changes):
    windows = patch(BASE, changes)
    for path in ("C:\\var\\log", "d:/data", r"\\.\pipe\docker_engine", r"\\server\share", r"\var\log", "C:"):
        assert found(patch(windows, with_paths(path, "C:\\logs"))) == [], path
    assert (
        found(patch(windows, with_paths("var\\log", "C:\\a:b")))
        == [
            ("host-path-relative", (*POD, "volumes", 0, "hostPath", "path")),
            ("mount-path-colon", (*C, "volumeMounts", 0, "mountPath")),
        ][::-1]
    )
    on_node = [((*POD, "hostNetwork"), True), ((*POD, "dnsPolicy"), ABSENT)]
    assert found(patch(windows, on_node)) == []


def test_paths_of_other_pods_are_not():
    codes = {code for code, _ in found(patch(BASE, with_paths("C:\\var", "C:\\logs")))}
    assert codes == {"host-path-relative", "mount-path-colon"}


def test_what_windows_pods_may_have():
    options = {"hostProcess": True, "runAsUserName": "NT AUTHORITY\\SYSTEM", "gmsaCredentialSpecName": "a.b"}
    host_process = [((*POD, "securityContext"), {"windowsOptions": options}), ((*POD, "hostNetwork"), True)]
    assert found(patch(BASE, [*WINDOWS["os"], *host_process])) == []
    assert found(patch(BASE, [*WINDOWS["os"], ((*POD, "hostPID"), False)])) == []
    assert found(patch(BASE, [*WINDOWS["os"], ((*POD, "securityContext"), {"sysctls": []})])) == []
    for user in ("ContainerAdministrator", "EXAMPLE.com\\a b", "x" * 104, "a" * 15 + "\\b"):
        options = {"windowsOptions": {"runAsUserName": user}}
        assert found(patch(BASE, [((*POD, "securityContext"), options)])) == [], user
