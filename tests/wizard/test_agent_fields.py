"""Fields that real agents use: each is written where Kubernetes reads it, and findings stand at it."""

from __future__ import annotations

import pytest

from tests.daemonsets.rule_cases import BASE
from tests.wizard.forms import added, changed_lines, fields, filled, meaning, opened, page_of
from workloads import documents
from workloads.daemonsets.rules.inspection import inspect
from workloads.documents.paths import get, patch

TEXT = documents.to_yaml(BASE)
POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)
MOUNT = (*CONTAINER, "volumeMounts", 0)
HOSTNAME = "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def manifest(*changes):
    return documents.to_yaml(patch(BASE, changes))


VOLUME = ((*POD, "volumes"), [{"name": "v", "emptyDir": {}}])
MOUNTED = manifest(VOLUME, ((*CONTAINER, "volumeMounts"), [{"name": "v", "mountPath": "/v"}]))
SYSTEM = r"NT AUTHORITY\SYSTEM"
WINDOWS_USER = ("securityContext", "windowsOptions", "runAsUserName")


@pytest.mark.parametrize(
    ("slug", "text", "field", "raw", "path", "value"),
    [
        ("pods", TEXT, "users", "false", (*POD, "hostUsers"), False),
        ("pods", TEXT, "links", "false", (*POD, "enableServiceLinks"), False),
        ("pods", TEXT, "runtime", "gvisor", (*POD, "runtimeClassName"), "gvisor"),
        ("pods", TEXT, "os", "windows", (*POD, "os"), {"name": "windows"}),
        (
            "pods",
            TEXT,
            "win-host",
            "true",
            (*POD, "securityContext", "windowsOptions"),
            {"hostProcess": True},
        ),
        (
            "pods",
            TEXT,
            "win-user",
            SYSTEM,
            (*POD, *WINDOWS_USER),
            SYSTEM,
        ),
        (
            *("pods", TEXT, "c-0-win-host", "true"),
            *((*CONTAINER, "securityContext", "windowsOptions"), {"hostProcess": True}),
        ),
        ("pods", TEXT, "cpu-req", "250", (*POD, "resources"), {"requests": {"cpu": "250m"}}),
        ("pods", TEXT, "mem-lim", "64", (*POD, "resources"), {"limits": {"memory": "64Mi"}}),
        (
            "pods",
            TEXT,
            "dns-ip",
            "10.0.0.1, fd00::1",
            (*POD, "dnsConfig", "nameservers"),
            ["10.0.0.1", "fd00::1"],
        ),
        ("pods", TEXT, "dns-search", "a.b, c.d", (*POD, "dnsConfig"), {"searches": ["a.b", "c.d"]}),
        ("volumes", MOUNTED, "vol-0-m-c0-0-expr", "$(NODE)", (*MOUNT, "subPathExpr"), "$(NODE)"),
        (
            "volumes",
            MOUNTED,
            "vol-0-m-c0-0-recursive",
            "IfPossible",
            (*MOUNT, "recursiveReadOnly"),
            "IfPossible",
        ),
    ],
)
def test_a_field_is_written_at_its_place_and_removed_again(slug, text, field, raw, path, value):
    after = filled(slug, text, {field: raw})
    assert get(meaning(after), path) == value
    assert fields(slug, after)[field] == raw
    assert filled(slug, after, {field: ""}) == text


@pytest.mark.parametrize(
    ("rows", "changes", "path", "value"),
    [
        (
            "dns-opt",
            {"name": "ndots", "value": "2"},
            (*POD, "dnsConfig", "options"),
            {"name": "ndots", "value": "2"},
        ),
        (
            *("alias", {"ip": "10.1.2.3", "names": "a.local, b.local"}),
            *((*POD, "hostAliases"), {"ip": "10.1.2.3", "hostnames": ["a.local", "b.local"]}),
        ),
    ],
)
def test_a_row_is_written_at_its_place(rows, changes, path, value):
    posted = added("pods", TEXT, rows) | {f"{rows}-0-{name}": raw for name, raw in changes.items()}
    bound = opened("pods", TEXT, posted)
    assert bound.is_valid(), bound.errors
    assert get(meaning(bound.apply(TEXT, 0)), path) == [value]


def test_huge_pages_of_the_pod_are_a_row():
    posted = added("pods", TEXT, "huge") | {"huge-0-k": "hugepages-2Mi", "huge-0-lim": "64Mi"}
    bound = opened("pods", TEXT, posted)
    assert get(meaning(bound.apply(TEXT, 0)), (*POD, "resources")) == {"limits": {"hugepages-2Mi": "64Mi"}}


def test_an_image_is_a_kind_of_volume():
    posted = added("volumes", TEXT, "vol") | {
        "vol-0-name": "models",
        "vol-0-kind": "image",
        "vol-0-kind-image-ref": "example.com/models:1",
        "vol-0-kind-image-pull": "Always",
    }
    bound = opened("volumes", TEXT, posted)
    image = {"reference": "example.com/models:1", "pullPolicy": "Always"}
    assert get(meaning(bound.apply(TEXT, 0)), (*POD, "volumes")) == [{"name": "models", "image": image}]


@pytest.mark.parametrize(
    ("slug", "changes", "code", "field"),
    [
        ("pods", [((*POD, "runtimeClassName"), "A_B")], "name", "runtime"),
        ("pods", [((*POD, "dnsConfig", "nameservers"), ["x"])], "ip-address", "dns-ip"),
        ("pods", [((*POD, "dnsConfig", "nameservers"), ["1.1.1.1"] * 4)], "dns-servers-limit", "dns-ip"),
        ("pods", [((*POD, "dnsPolicy"), "None")], "dns-servers-missing", "dns-ip"),
        ("pods", [((*POD, "dnsConfig", "searches"), ["a b"])], "dns-search", ""),
        ("pods", [((*POD, "dnsConfig", "searches"), ["-a"])], "dns-search", "dns-search"),
        ("pods", [((*POD, "dnsConfig", "options"), [{"value": "2"}])], "required", "dns-opt-0-name"),
        ("pods", [((*POD, "hostAliases"), [{"ip": "x"}])], "ip-address", "alias-0-ip"),
        ("pods", [((*POD, "hostAliases"), [{"ip": "1.1.1.1", "hostnames": ["_"]}])], "name", "alias-0-names"),
        (
            "pods",
            [((*POD, "resources"), {"requests": {"cpu": "1m"}})],
            "pod-request-below-containers",
            "cpu-req",
        ),
        (
            *("pods", [((*POD, "resources"), {"limits": {"memory": "1Mi"}})]),
            *("limit-over-pod-limit", "c-0-mem-lim"),
        ),
        (
            "volumes",
            [VOLUME, (MOUNT, {"name": "v", "mountPath": "/v", "subPathExpr": "/x"})],
            "",
            "vol-0-m-c0-0-expr",
        ),
        (
            "volumes",
            [VOLUME, (MOUNT, {"name": "v", "mountPath": "/v", "recursiveReadOnly": "Enabled"})],
            "",
            "vol-0-m-c0-0-recursive",
        ),
        (
            "volumes",
            [((*POD, "volumes"), [{"name": "v", "image": {"pullPolicy": "X"}}])],
            "",
            "vol-0-kind-image-pull",
        ),
        ("pods", [((*POD, *WINDOWS_USER), "a/b")], "windows-user", "win-user"),
        ("pods", [((*CONTAINER, *WINDOWS_USER), "a/b")], "windows-user", "c-0-win-user"),
    ],
)
def test_a_finding_stands_at_its_field(slug, changes, code, field):
    text = manifest(*changes)
    bound = opened(slug, text)
    bound.attach(inspect(text).findings[0])
    assert bound.top == []
    found = {
        (finding.code, getattr(node, "name", ""))
        for top in bound.nodes
        for node in top.walk()
        for finding in node.findings
    }
    assert any((not code or at[0] == code) and (not field or at[1] == field) for at in found), found


def test_a_list_shows_what_it_can_and_leaves_the_rest_to_yaml():
    text = manifest(((*POD, "dnsConfig"), {"nameservers": ["a b"], "searches": "x"}))
    bound = opened("pods", text, fields("pods", text))
    assert bound.changes() == []


@pytest.mark.parametrize(("policy", "left"), [("Always", []), ("Never", [(*POD, "restartPolicy")])])
def test_the_one_value_that_a_daemonset_may_have_is_not_left_to_yaml(policy, left):
    bound = opened("pods", manifest(((*POD, "restartPolicy"), policy)))
    assert [place.path for place in bound.only_in_yaml] == left


AFFINITY = {
    "podAffinity": {REQUIRED: [{"topologyKey": HOSTNAME, "labelSelector": {"matchLabels": {"app": "web"}}}]},
    "podAntiAffinity": {REQUIRED: [{"topologyKey": HOSTNAME, "labelSelector": {}}], "preferred": 5},
}


def test_affinity_to_other_pods_is_shown_in_words_and_not_changed():
    text = manifest(((*POD, "affinity"), AFFINITY))
    bound = opened("nodes", text)
    page = page_of(bound)
    codes = {kind: [line["data-code"] for line in page.select(f"#d-{kind} [data-code]")] for kind in AFFINITY}
    assert codes == {"podAffinity": ["podAffinity"], "podAntiAffinity": ["podAntiAffinity"]}
    assert "app=web" in page.select_one("#d-podAffinity").get_text()
    line = bound.line_of((*POD, "affinity", "podAffinity"))
    assert page.select_one("#d-podAffinity a")["href"].endswith(f"line={line}")
    assert bound.only_in_yaml == []
    assert changed_lines(text, filled("nodes", text, {})) == []
    assert page_of(opened("nodes", TEXT)).select("[id^=d-]") == []


def test_affinity_to_other_pods_that_cannot_be_read_is_shown_as_it_is():
    page = page_of(opened("nodes", manifest(((*POD, "affinity"), {"podAffinity": [5]}))))
    assert page.select_one("#d-podAffinity code").get_text() == "[5]"
