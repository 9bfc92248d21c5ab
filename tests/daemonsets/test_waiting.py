"""What keeps all pods from starting, and what of it is only said to be unknown."""

from __future__ import annotations

import pytest

from tests.builders import container, daemonset, node, priority_class
from tests.daemonsets.coded import coded
from workloads.daemonsets.forecast.fit import fit
from workloads.daemonsets.forecast.room import Room
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.devices import Devices
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.stores.protocol import Capabilities

NODES = [node(f"n{number}", allocatable={"cpu": "4", "pods": "10"}) for number in range(3)]
KNOWN = {
    "configmaps": {"c": {"k"}},
    "secrets": {"s": {"k"}},
    "pvcs": {"mine": {}},
    "service_accounts": {"mine"},
}


def facts(**known):
    return ProjectFacts("demo", **{**KNOWN, **known})


def fit_of(known=None, devices=None, **spec):
    value = daemonset(namespace="demo", **spec)
    more = {} if devices is None else {"devices": devices}
    return fit(value, Room(NODES), known or facts(), **more)


def env(**source):
    return {"containers": [container("main", env=[{"name": "A", "valueFrom": source}])]}


def volume(**source):
    return {"volumes": [{"name": "v", **source}]}


def sysctls(*names):
    return {"securityContext": {"sysctls": [{"name": name, "value": "1"} for name in names]}}


@pytest.mark.parametrize(
    ("spec", "kind", "code", "path"),
    [
        pytest.param(
            {"schedulingGates": [{"name": "a.b/c"}]},
            "gates",
            "scheduling-gates",
            ("schedulingGates",),
            id="gates",
        ),
        pytest.param(
            env(configMapKeyRef={"name": "gone", "key": "k"}), "config", "configmap-missing", (), id="env"
        ),
        pytest.param(
            env(secretKeyRef={"name": "s", "key": "gone"}), "config", "secret-key-missing", (), id="a key"
        ),
        pytest.param(
            {"initContainers": [container("i", envFrom=[{"secretRef": {"name": "gone"}}])]},
            "config",
            "secret-missing",
            (),
            id="envFrom",
        ),
        pytest.param(
            volume(configMap={"name": "c", "items": [{"key": "gone", "path": "p"}]}),
            "config",
            "configmap-key-missing",
            (),
            id="an item of a volume",
        ),
        pytest.param(
            volume(projected={"sources": [{"secret": {"name": "gone"}}]}),
            "config",
            "secret-missing",
            (),
            id="a projected volume",
        ),
        pytest.param(
            volume(csi={"driver": "d", "nodePublishSecretRef": {"name": "gone"}}),
            "config",
            "secret-missing",
            (),
            id="a volume of a driver",
        ),
        pytest.param(
            volume(persistentVolumeClaim={"claimName": "gone"}), "claim", "pvc-missing", (), id="a claim"
        ),
        pytest.param(sysctls("vm.swappiness"), "kubelet", "sysctl-of-node", (), id="a sysctl of the node"),
        pytest.param(sysctls("kernel/pid_max"), "kubelet", "sysctl-of-node", (), id="one with a slash"),
        pytest.param(
            {"securityContext": {"runAsNonRoot": True, "runAsUser": 0}},
            "kubelet",
            "root-not-allowed",
            ("securityContext", "runAsUser"),
            id="user 0",
        ),
        pytest.param(
            {
                "securityContext": {"runAsNonRoot": True, "runAsUser": 1},
                "containers": [container("main", securityContext={"runAsUser": 0})],
            },
            "kubelet",
            "root-not-allowed",
            ("containers", 0, "securityContext", "runAsUser"),
            id="user 0 of a container",
        ),
    ],
)
def test_no_pod_starts(spec, kind, code, path):
    found = fit_of(**spec)
    assert [(problem.kind, coded(problem.say)[0]) for problem in found.problems] == [(kind, code)]
    assert (found.nowhere, found.most, found.refused) == (True, 0, ())
    assert found.unfit_nodes == {"n0", "n1", "n2"}
    assert found.problems[0].path[: len(POD) + len(path)] == (*POD, *path)


@pytest.mark.parametrize(
    "spec",
    [
        env(configMapKeyRef={"name": "c", "key": "k"}),
        env(configMapKeyRef={"name": "gone", "key": "k", "optional": True}),
        env(configMapKeyRef={"name": "kube-root-ca.crt", "key": "ca.crt"}),
        volume(secret={"secretName": "gone", "optional": True}),
        {"serviceAccountName": "mine"},
        {"serviceAccountName": "default"},
        {"imagePullSecrets": [{"name": "gone"}]},
        {"schedulerName": "default-scheduler"},
        {"priorityClassName": "system-node-critical"},
    ],
)
def test_pods_that_start(spec):
    found = fit_of(**spec)
    assert (found.problems, found.not_examined, found.most) == ((), (), 3)


@pytest.mark.parametrize(
    ("spec", "code", "params"),
    [
        (
            sysctls("net.core.somaxconn", "net.ipv4.tcp_syncookies", "kernel/msgmax"),
            "sysctls-unsafe",
            {"names": "net.core.somaxconn, kernel/msgmax"},
        ),
        (
            {"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}},
            "profiles-unknown",
            {"names": "a.json"},
        ),
        (
            {
                "initContainers": [
                    container(
                        "i",
                        securityContext={"appArmorProfile": {"type": "Localhost", "localhostProfile": "p"}},
                    )
                ]
            },
            "profiles-unknown",
            {"names": "p"},
        ),
        ({"hostUsers": False}, "user-namespaces-unknown", {}),
        (volume(csi={"driver": "d"}), "storage-unknown", {"names": "v"}),
        (volume(flexVolume={"driver": "a/d"}), "storage-unknown", {"names": "v"}),
        (
            volume(projected={"sources": [{"clusterTrustBundle": {"name": "b", "path": "p"}}]}),
            "objects-unread",
            {"kinds": "ClusterTrustBundle"},
        ),
    ],
)
def test_what_nodes_must_have_is_named(spec, code, params):
    found = fit_of(**spec)
    assert found.problems == ()
    assert [coded(each) for each in found.not_examined] == [(code, params)]


def test_what_every_node_has_is_not_named():
    optional = {"clusterTrustBundle": {"name": "b", "path": "p", "optional": True}}
    for spec in (
        sysctls("net.ipv4.tcp_syncookies", "kernel.shm_rmid_forced"),
        volume(projected={"sources": [optional]}),
        {"hostUsers": True, "securityContext": {"runAsNonRoot": True, "runAsUser": 1}},
    ):
        found = fit_of(**spec)
        assert (found.problems, found.not_examined) == ((), ())


@pytest.mark.parametrize(
    ("system", "minor", "refused"),
    [("linux", 36, {"w"}), ("windows", 36, {"l"}), ("windows", None, {"l"}), ("windows", 23, set())],
)
def test_a_node_refuses_pods_for_another_operating_system(system, minor, refused):
    nodes = [
        node("l", labels={"kubernetes.io/os": "linux"}, allocatable={"pods": "9"}),
        node("w", labels={"kubernetes.io/os": "windows"}, allocatable={"pods": "9"}),
        node("unlabelled", allocatable={"pods": "9"}),
    ]
    pods = daemonset(namespace="demo", os={"name": system})
    found = fit(pods, Room(nodes), facts(features=Capabilities(minor=minor)))
    assert (found.unfit_nodes, found.most) == (refused, 3 - len(refused))
    assert {(each.kind, each.path) for each in found.problems} == (
        {("kubelet", (*POD, "os", "name"))} if refused else set()
    )


@pytest.mark.parametrize("field", ["serviceAccountName", "serviceAccount"])
def test_without_the_account_no_pod_is_created(field):
    found = fit_of(**{field: "gone"})
    assert [(p.kind, p.path, p.resource) for p in found.refused] == [("account", (*POD, field), "gone")]
    assert (found.nowhere, found.most) == (True, 0)


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ({"metadata": {"name": "mine", "deletionTimestamp": "2026-01-01T00:00:00Z"}}, "pvc-deleted"),
        ({"metadata": {"name": "mine"}, "status": {"phase": "Lost"}}, "pvc-lost"),
    ],
)
def test_claims_that_no_new_pod_can_use(claim, code):
    found = fit_of(facts(pvcs={"mine": claim}), **volume(persistentVolumeClaim={"claimName": "mine"}))
    assert [coded(problem.say)[0] for problem in found.problems][:1] == [code]
    assert found.nowhere


def test_gates_came_with_a_version():
    gates = {"schedulingGates": [{"name": "a.b/c"}]}
    assert fit_of(facts(features=Capabilities(minor=26)), **gates).problems == ()
    assert fit_of(facts(features=Capabilities(minor=27)), **gates).nowhere


def test_gated_pods_take_no_room():
    gated = daemonset("gated", namespace="demo", requests={"cpu": "4"}, schedulingGates=[{"name": "a.b/c"}])
    room = Room(NODES).with_daemonsets([gated])
    assert fit(daemonset(namespace="demo", requests={"cpu": "1"}), room).problems == ()


@pytest.mark.parametrize(
    ("spec", "known", "code"),
    [
        ({"schedulerName": "volcano"}, {}, "other-scheduler"),
        ({"serviceAccountName": "mine"}, {"service_accounts": None}, "objects-unread"),
        (env(secretKeyRef={"name": "s", "key": "k"}), {"secrets": None}, "objects-unread"),
        (volume(persistentVolumeClaim={"claimName": "x"}), {"pvcs": None}, "objects-unread"),
        (volume(ephemeral={"volumeClaimTemplate": {"spec": {}}}), {}, "storage-unknown"),
        ({"priorityClassName": "gold"}, {"classes": Classes({}, {}, whole=False)}, "priorityclass-unknown"),
        ({"runtimeClassName": "kata"}, {"classes": Classes({}, {}, whole=False)}, "runtimeclass-unknown"),
        ({"runtimeClassName": "kata"}, {"classes": Classes(None, {})}, "runtimeclass-unknown"),
        ({"resourceClaims": [{"name": "gpu", "resourceClaimName": "one"}]}, {}, "devices-unknown"),
    ],
)
def test_what_was_not_examined_is_named(spec, known, code):
    found = fit_of(facts(**known), **spec)
    assert code in [coded(sentence)[0] for sentence in found.not_examined]
    assert not found.silent
    assert (found.problems, found.most) == ((), 3)


def test_classes_that_are_known():
    offline = Classes.of([], [priority_class("gold", 5)], whole=False)
    assert fit_of(facts(classes=offline), priorityClassName="gold").not_examined == ()
    cluster = Classes({}, {})
    assert fit_of(facts(classes=cluster), priorityClassName="gold").nowhere
    assert fit_of(facts(classes=cluster), runtimeClassName="kata").nowhere


# --- devices ---

GPU = "example.com/gpu"
CLAIMS = [
    {"name": "a", "resourceClaimName": "one"},
    {"name": "b", "resourceClaimTemplateName": "each"},
]


def test_resource_claims_that_are_not_there():
    found = fit_of(devices=Devices(claims={"one"}, templates=set()), resourceClaims=CLAIMS)
    assert [(p.kind, p.resource, p.path) for p in found.problems] == [
        ("device-claim", "each", (*POD, "resourceClaims", 1, "resourceClaimTemplateName"))
    ]
    assert found.nowhere
    found = fit_of(devices=Devices(claims={"one"}, templates={"each"}), resourceClaims=CLAIMS)
    assert (found.problems, [coded(each)[0] for each in found.not_examined]) == ((), ["devices-unknown"])


def device_class(name="gpu", resource=None):
    return {"metadata": {"name": name}, "spec": {"extendedResourceName": resource} if resource else {}}


def device_slice(devices, generation=1, **where):
    pool = {"name": "p", "generation": generation}
    return {
        "spec": {"driver": "d", "pool": pool, "devices": [{"name": f"d{i}"} for i in range(devices)], **where}
    }


def test_without_a_class_that_provides_it_only_the_nodes_have_an_extended_resource():
    for devices in (
        None,
        Devices(classes=[device_class()]),
        Devices(classes=[device_class(resource="a.b/c")]),
    ):
        found = fit_of(devices=devices, requests={GPU: "1"}, limits={GPU: "1"})
        assert found.nowhere
        assert found.not_examined == ()


def test_a_class_may_provide_an_extended_resource():
    devices = Devices(
        classes=[device_class(resource=GPU)],
        slices=[
            device_slice(1, 1, nodeName="n0"),
            device_slice(2, 2, nodeName="n0"),
            device_slice(1, 2, nodeName="n1"),
        ],
    )
    found = fit_of(devices=devices, limits={GPU: "2"})
    assert [(p.kind, p.resource, p.nodes) for p in found.problems] == [("room", GPU, ("n1", "n2"))]
    [sentence] = found.not_examined
    assert coded(sentence) == ("devices-of-class-unknown", {"resource": GPU, "most": 1, "count": 3})


@pytest.mark.parametrize(
    ("devices", "code"),
    [
        (Devices(classes=None, slices=None), "device-class-unknown"),
        (Devices(classes=[device_class(resource=GPU)], slices=None), "devices-of-class-unknown"),
        (
            Devices(classes=[device_class(resource=GPU)], slices=[device_slice(1, nodeSelector={})]),
            "devices-of-class-unknown",
        ),
        (
            Devices(classes=[device_class(resource=GPU)], slices=[device_slice(1, allNodes=True)]),
            "devices-of-class-unknown",
        ),
    ],
)
def test_devices_that_are_not_known_well_enough(devices, code):
    found = fit_of(devices=devices, limits={GPU: "1"})
    assert (found.problems, found.most) == ((), 3)
    assert [coded(sentence)[0] for sentence in found.not_examined] == [code]


def test_devices_requested_by_the_name_of_a_class_are_named():
    resource = "deviceclass.resource.kubernetes.io/gpu"
    [sentence] = fit_of(limits={resource: "1"}, requests={resource: "1"}).not_examined
    assert coded(sentence) == ("devices-unknown", {"claims": resource})


def test_a_node_that_has_the_resource_itself_does_not_take_it_from_drivers():
    has = node("n0", allocatable={"cpu": "1", GPU: "1"})
    value = daemonset(namespace="demo", limits={GPU: "2"})
    devices = Devices(classes=[device_class(resource=GPU)], slices=[device_slice(9, nodeName="n0")])
    assert fit(value, Room([has]), devices=devices).unfit_nodes == {"n0"}
