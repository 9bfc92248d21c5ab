"""What a DaemonSet needs of its project, and what it does to its neighbours."""

from collections import Counter

import pytest

from tests import builders
from tests.builders import expression, node, nodes
from tests.daemonsets.rule_cases import BASE, INIT, MOUNT, POD, VOLUME, C
from workloads.daemonsets.project.facts import NOTHING_KNOWN, KeysOnDemand, ProjectFacts, known_keys
from workloads.daemonsets.rules.validation import check
from workloads.documents.paths import ABSENT, patch

EMPTY = ProjectFacts(
    project="demo",
    daemonsets=[],
    configmaps={},
    secrets={},
    pvcs={},
    service_accounts=set(),
    limit_ranges=[],
    quotas=[],
    nodes=[],
)
ENV = (*C, "env")
ENV_FROM = (*C, "envFrom")


def found(value, facts):
    findings = check(value, facts)
    assert {finding.severity for finding in findings} <= {"warning"}
    return [(finding.code, finding.path) for finding in findings]


def facts(**known):
    return ProjectFacts(project="demo", **known)


def volume(source):
    return [(VOLUME, {"name": "v", **source}), (MOUNT, {"name": "v", "mountPath": "/v"})]


def config_variable(name, key, **more):
    return [(ENV, [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": name, "key": key, **more}}}])]


def secret_variable(name, key):
    return [(ENV, [{"name": "A", "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}])]


ITEMS = {"items": [{"key": "gone", "path": "p"}]}
PROJECTED = {"projected": {"sources": [{"configMap": {"name": "c"}}, {"secret": {"name": "s", **ITEMS}}]}}
HAVE = {"configmaps": {"c": {"k"}}, "secrets": {"s": {"k"}}, "pvcs": {}, "service_accounts": {"agent"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (config_variable("c", "k"), []),
        (
            config_variable("c", "gone"),
            [("configmap-key-missing", (*ENV, 0, "valueFrom", "configMapKeyRef", "key"))],
        ),
        (
            config_variable("gone", "k"),
            [("configmap-missing", (*ENV, 0, "valueFrom", "configMapKeyRef", "name"))],
        ),
        (config_variable("gone", "k", optional=True), []),
        (config_variable("kube-root-ca.crt", "ca.crt"), []),
        (
            secret_variable("s", "gone"),
            [("secret-key-missing", (*ENV, 0, "valueFrom", "secretKeyRef", "key"))],
        ),
        (secret_variable("gone", "k"), [("secret-missing", (*ENV, 0, "valueFrom", "secretKeyRef", "name"))]),
        (
            [(ENV_FROM, [{"configMapRef": {"name": "gone"}}])],
            [("configmap-missing", (*ENV_FROM, 0, "configMapRef", "name"))],
        ),
        ([(ENV_FROM, [{"secretRef": {"name": "gone", "optional": True}}])], []),
        (volume({"configMap": {"name": "c"}}), []),
        (volume({"configMap": {"name": "gone"}}), [("configmap-missing", (*VOLUME, "configMap", "name"))]),
        (
            volume({"secret": {"secretName": "s", **ITEMS}}),
            [("secret-key-missing", (*VOLUME, "secret", "items", 0, "key"))],
        ),
        (volume({"secret": {"secretName": "gone", "optional": True}}), []),
        (
            volume(PROJECTED),
            [("secret-key-missing", (*VOLUME, "projected", "sources", 1, "secret", "items", 0, "key"))],
        ),
        (
            volume({"persistentVolumeClaim": {"claimName": "gone"}}),
            [("pvc-missing", (*VOLUME, "persistentVolumeClaim", "claimName"))],
        ),
        (
            [((*POD, "imagePullSecrets"), [{"name": "gone"}])],
            [("pull-secret-missing", (*POD, "imagePullSecrets", 0, "name"))],
        ),
        ([((*POD, "serviceAccountName"), "agent")], []),
        ([((*POD, "serviceAccountName"), "default")], []),
        (
            [((*POD, "serviceAccountName"), "gone")],
            [("service-account-missing", (*POD, "serviceAccountName"))],
        ),
    ],
)
def test_what_the_project_does_not_have(changes, expected):
    value = patch(BASE, changes)
    assert found(value, facts(**HAVE)) == expected
    assert found(value, NOTHING_KNOWN) == []


def test_of_another_project_nothing_is_known():
    value = patch(BASE, [*config_variable("gone", "k"), (("metadata", "namespace"), "other")])
    assert found(value, EMPTY) == [("other-namespace", ("metadata", "namespace"))]


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (["ReadWriteOnce"], ["claim-on-one-node"]),
        (["ReadWriteOncePod"], ["claim-on-one-node"]),
        (["ReadWriteOnce", "ReadWriteMany"], []),
        (["ReadOnlyMany"], []),
        ([], []),
    ],
)
def test_a_claim_for_one_node_is_not_for_a_daemonset(modes, expected):
    value = patch(BASE, volume({"persistentVolumeClaim": {"claimName": "c"}}))
    known = facts(pvcs={"c": {"spec": {"accessModes": modes}}})
    assert [code for code, _path in found(value, known)] == expected


# --- neighbours ---


def other(*changes):
    labels = {"app": "other"}
    return patch(
        BASE,
        [
            (("metadata", "name"), "other"),
            (("spec", "selector", "matchLabels"), labels),
            (("spec", "template", "metadata", "labels"), labels),
            *changes,
        ],
    )


SELECTOR = ("spec", "selector")
WIDE = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}


@pytest.mark.parametrize(
    ("neighbour", "expected"),
    [
        (other(), []),
        (other((SELECTOR, WIDE)), [("selector-overlap", SELECTOR)]),
        (
            other((("spec", "template", "metadata", "labels", "app"), "agent")),
            [("selector-overlap", SELECTOR)],
        ),
        (other((("metadata", "name"), "agent"), (SELECTOR, WIDE)), []),
        (other((("metadata", "namespace"), "elsewhere"), (SELECTOR, WIDE)), []),
        (other((SELECTOR, ABSENT)), []),
    ],
)
def test_selectors_that_overlap(neighbour, expected):
    assert found(BASE, facts(daemonsets=[BASE, neighbour])) == expected


def ports(*ports):
    return ((*C, "ports"), list(ports))


HTTP = {"containerPort": 80, "hostPort": 8080}


@pytest.mark.parametrize(
    ("mine", "theirs", "clash"),
    [
        (HTTP, HTTP, True),
        (HTTP, {"containerPort": 80, "hostPort": 8081}, False),
        (HTTP, {**HTTP, "protocol": "UDP"}, False),
        (HTTP, {**HTTP, "hostIP": "10.0.0.1"}, True),
        ({**HTTP, "hostIP": "10.0.0.2"}, {**HTTP, "hostIP": "10.0.0.1"}, False),
        (HTTP, {"containerPort": 8080}, False),
    ],
)
def test_host_ports_that_clash(mine, theirs, clash):
    value, neighbour = patch(BASE, [ports(mine)]), other(ports(theirs))
    expected = [("host-port-clash", (*C, "ports", 0, "hostPort"))] if clash else []
    assert found(value, facts(daemonsets=[neighbour])) == expected


def test_with_host_network_container_ports_are_host_ports():
    neighbour = other(ports({"containerPort": 8080}), ((*POD, "hostNetwork"), True))
    assert found(patch(BASE, [ports(HTTP)]), facts(daemonsets=[neighbour])) == [
        ("host-port-clash", (*C, "ports", 0, "hostPort"))
    ]


def test_host_ports_of_init_containers_are_free_again_unless_they_are_sidecars():
    path = (*POD, "initContainers")
    first = {**INIT, "ports": [HTTP]}
    around = facts(daemonsets=[other(ports(HTTP))])
    assert found(patch(BASE, [(path, [first])]), around) == []
    sidecar = patch(BASE, [(path, [{**first, "restartPolicy": "Always"}])])
    assert found(sidecar, around) == [("host-port-clash", (*path, 0, "ports", 0, "hostPort"))]


# --- quotas ---


def quota(*keys, **spec):
    return {"kind": "ResourceQuota", "spec": {"hard": dict.fromkeys(keys, "10"), **spec}}


@pytest.mark.parametrize(
    ("quotas", "keys"),
    [
        ([quota("pods", "requests.cpu", "limits.memory")], None),
        ([quota("limits.cpu"), quota("requests.memory")], "limits.cpu"),
        ([quota("limits.cpu", scopes=["BestEffort"])], None),
    ],
)
def test_a_quota_on_amounts_needs_amounts(quotas, keys):
    findings = check(BASE, facts(quotas=quotas, limit_ranges=[]))
    assert [finding.params["keys"] for finding in findings] == ([keys] if keys else [])


def test_a_default_of_a_limit_range_meets_a_quota():
    limit_range = {"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}}
    assert found(BASE, facts(quotas=[quota("limits.cpu")], limit_ranges=[limit_range])) == []


# --- the other documents of the text ---


def core(kind, name, **fields):
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields}


def test_documents_of_the_same_text_count_as_present():
    value = patch(
        BASE,
        [
            *config_variable("c", "k"),
            (ENV_FROM, [{"secretRef": {"name": "s"}}]),
            ((*POD, "serviceAccountName"), "agent"),
            *volume({"persistentVolumeClaim": {"claimName": "p"}}),
        ],
    )
    bundle = [
        core("ConfigMap", "c", data={"k": "v"}),
        core("Secret", "s", stringData={"x": "y"}),
        core("ServiceAccount", "agent"),
        core("PersistentVolumeClaim", "p", spec={"accessModes": ["ReadWriteMany"]}),
        value,
    ]
    assert [code for code, _path in found(value, EMPTY)] == [
        *("configmap-missing", "secret-missing", "service-account-missing", "pvc-missing"),
    ]
    assert found(value, EMPTY.with_bundle(bundle)) == []


def test_a_document_replaces_what_is_stored_under_its_name():
    stored = facts(configmaps={"c": {"old"}}, daemonsets=[other((SELECTOR, WIDE))])
    bundle = [core("ConfigMap", "c", data={"new": ""}), other(), "not an object", {"kind": "Nameless"}]
    known = stored.with_bundle(bundle)
    assert known.configmaps == {"c": {"new"}}
    assert found(BASE, known) == []


def test_a_quota_of_the_text_is_used_as_the_stored_one_is():
    """Texts that were copied from another cluster have its status."""
    copied = [builders.quota({"pods": "9"}, name=name, used={"pods": "8"}) for name in ("stored", "new")]
    stored = facts(quotas=[builders.quota({"pods": "5"}, name="stored", used={"pods": "3"})])
    assert [(each["spec"]["hard"], each["status"]) for each in stored.with_bundle(copied).quotas] == [
        ({"pods": "9"}, {"used": {"pods": "3"}}),
        ({"pods": "9"}, {}),
    ]


def test_documents_for_other_projects_do_not_count():
    elsewhere = core("ConfigMap", "c", data={"k": "v"})
    elsewhere["metadata"]["namespace"] = "elsewhere"
    assert EMPTY.with_bundle([elsewhere]).configmaps == {}


def test_what_is_not_known_stays_so_but_neighbours_in_the_text_are_seen():
    known = NOTHING_KNOWN.with_bundle([core("ConfigMap", "c"), other((SELECTOR, WIDE)), BASE])
    assert known.configmaps is None
    assert found(BASE, known) == [("selector-overlap", SELECTOR)]


# What nobody asks for is not read


def test_facts_are_read_when_a_rule_asks_for_them_and_once():
    read = Counter()

    def reading(kind, found):
        def answer():
            read[kind] += 1
            return found

        return answer

    facts = ProjectFacts(
        configmaps=reading("configmaps", {}),
        secrets=reading("secrets", KeysOnDemand(["token", "other"], reading_keys(read))),
        pvcs=reading("pvcs", {}),
        service_accounts=reading("service_accounts", set()),
    )
    variable = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "token", "key": "gone"}}}
    container = {"name": "main", "image": "nginx:1", "env": [variable, {**variable, "name": "B"}]}
    daemonset = builders.daemonset("agent", containers=[container])
    for _again in range(2):
        found = check(daemonset, facts.with_bundle([daemonset]))
        assert [f.code for f in found if f.source == "reference"] == ["secret-key-missing"] * 2
    assert read == {"secrets": 1, "token": 1}
    assert list(known_keys(facts.secrets)) == [("token", "password")]


def reading_keys(read):
    def keys(name):
        read[name] += 1
        return {"password"}

    return keys


def test_of_an_object_whose_keys_are_unknown_nothing_is_said():
    variable = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "token", "key": "any"}}}
    container = {"name": "main", "image": "nginx:1", "env": [variable]}
    daemonset = builders.daemonset("agent", containers=[container])
    facts = ProjectFacts(secrets=KeysOnDemand(["token"], lambda name: None))
    assert not [f for f in check(daemonset, facts) if f.source == "reference"]


# --- variables ---


@pytest.mark.parametrize(
    ("container", "known"),
    [
        ({"command": ["sh", "-c", "echo $(date) $(hostname -f)"]}, {}),
        ({"args": ["$(date)"]}, {}),
        ({"args": ["$$(NOPE) $(", "$NOPE", "$()", "a$"]}, {}),
        ({"args": ["$(A)$(B)"], "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}]}, {}),
        ({"args": ["$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT_HTTPS) $(X_PORT_80_TCP_ADDR)"]}, {}),
        ({"args": ["$(ANY)"], "envFrom": [{"configMapRef": {"name": "c"}}]}, {}),
        (
            {"args": ["$(P_K)"], "envFrom": [{"prefix": "P_", "configMapRef": {"name": "c"}}]},
            {"configmaps": {"c": {"K"}}},
        ),
        (
            {"env": [{"name": "K", "value": "x$(K)"}], "envFrom": [{"secretRef": {"name": "s"}}]},
            {"secrets": {"s": {"K"}}},
        ),
    ],
)
def test_variables_that_are_replaced_or_not_meant(container, known):
    assert found(patch(BASE, [((*C, k), v) for k, v in container.items()]), facts(**known)) == []


def test_variables_of_a_known_configmap_are_known():
    value = patch(BASE, [((*C, "args"), ["$(K) $(L)"]), (ENV_FROM, [{"configMapRef": {"name": "c"}}])])
    (finding,) = check(value, facts(configmaps={"c": {"K"}}))
    assert (finding.code, finding.params) == ("variable-unknown", {"name": "L"})


# --- operating systems ---

OS = "kubernetes.io/os"
NODE_SELECTOR = (*POD, "nodeSelector")
NODES = [
    node("lin", labels={OS: "linux"}),
    node("win-1", labels={OS: "windows"}),
    node("win-2", labels={OS: "windows"}, taints=["os=windows:NoSchedule"]),
]
AFFINITY = (*POD, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
EVERY_TAINT = ((*POD, "tolerations"), [{"operator": "Exists"}])
WINDOWS_OPTIONS = ((*POD, "securityContext"), {"windowsOptions": {"runAsUserName": "a"}})


def on(operator, *values, key=OS):
    return (AFFINITY, {"nodeSelectorTerms": [{"matchExpressions": [expression(key, operator, *values)]}]})


@pytest.mark.parametrize(
    ("changes", "nodes", "system"),
    [
        ([], "win-1", "linux"),
        ([EVERY_TAINT], "win-1, win-2", "linux"),
        ([((*POD, "os"), {"name": "linux"})], "win-1", "linux"),
        ([((*POD, "nodeSelector"), {"disk": "ssd"})], None, ""),
        ([(NODE_SELECTOR, {OS: "linux"}), EVERY_TAINT], None, ""),
        ([(NODE_SELECTOR, {"beta.kubernetes.io/os": "linux"}), EVERY_TAINT], None, ""),
        ([on("In", "linux"), EVERY_TAINT], None, ""),
        ([on("NotIn", "windows"), EVERY_TAINT], None, ""),
        ([on("In", "linux", "windows")], "win-1", "linux"),
        ([(NODE_SELECTOR, {OS: "windows"}), EVERY_TAINT], None, ""),
        ([on("In", "windows"), EVERY_TAINT], None, ""),
        ([((*POD, "os"), {"name": "windows"})], "lin", "windows"),
        ([WINDOWS_OPTIONS, EVERY_TAINT], "lin", "windows"),
        ([WINDOWS_OPTIONS, (NODE_SELECTOR, {OS: "windows"})], None, ""),
    ],
)
def test_pods_of_one_system_on_nodes_of_the_other(changes, nodes, system):
    value = patch(BASE, changes)
    findings = [f for f in check(value, facts(nodes=NODES)) if f.code != "retired-label"]
    if nodes is None:
        assert findings == []
        return
    (finding,) = findings
    assert (finding.code, finding.path, finding.severity) == ("os-nodes", NODE_SELECTOR, "warning")
    assert finding.params == {"nodes": nodes}
    assert list(finding.fix.changes) == [((*NODE_SELECTOR, OS), system)]
    assert check(patch(value, finding.fix.changes), facts(nodes=NODES)) == []


def test_many_nodes_of_the_other_system_are_not_all_named():
    many = nodes(5, labels={OS: "windows"})
    (finding,) = check(BASE, facts(nodes=[node("lin", labels={OS: "linux"}), *many]))
    assert finding.params == {"nodes": "n0, n1, n2, …"}
    assert check(BASE, facts(nodes=NODES[:1])) == check(BASE, facts(nodes=None)) == []
