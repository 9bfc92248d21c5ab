"""The pod template step: containers, update strategy, settings and security of the pod."""

from __future__ import annotations

import copy
import gzip
import json
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from console.errors import BadInput
from tests.conftest import HERE
from tests.wizard.forms import html, typed
from tests.wizard.html_forms import submitted
from workloads import documents
from workloads.daemonsets.manifest.findings import Finding
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.validation import check
from workloads.documents.paths import ABSENT, get, patch, resolve
from workloads.drafts import store as drafts
from workloads.wizard.form.bindings import build_nodes, changes_of
from workloads.wizard.form.parts import ComputedField
from workloads.wizard.form.step import bind, new_errors, path_after
from workloads.wizard.form.tree import FieldNode
from workloads.wizard.steps.pods import STEP, parts, suggestions

TEXT = (HERE / "manifests" / "every-pod-field.yaml").read_text()
VALUE = documents.read(TEXT)[0].value
POD = ("spec", "template", "spec")
EMPTY = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "a"}, "spec": {"template": {}}}
NOTHING_KNOWN = ProjectFacts()


def form_of(value, **kwargs):
    """The step's fields as a browser would post them untouched."""
    return submitted(html(bind(STEP, value, **kwargs)))


@cache
def form():
    return form_of(VALUE)


def after(value, posted):
    """The document as the posted form makes it."""
    bound = bind(STEP, value, posted)
    assert bound.is_valid(), bound.errors
    return patch(value, bound.changes())


def container(value, index=0, field="containers"):
    return value["spec"]["template"]["spec"][field][index]


def slots(value):
    """The step's fields, one of each sort."""
    nodes = build_nodes(parts(value, NOTHING_KNOWN), value)
    found = [node for top in nodes for node in top.walk() if isinstance(node, FieldNode) and node.path]
    return list({re.sub(r"[0-9]+", "#", slot.name): slot for slot in reversed(found)}.values())


# ---- every field ----


def another(slot):
    """A string for a field that means something else than what it shows."""
    codec = slot.decl.codec
    match codec.widget(slot.shown):
        case "checkbox":
            return "" if slot.shown else "on"
        case "select":
            return next((raw for raw, _ in codec.options(slot.shown) if raw and raw != slot.shown), "")
    return next(raw for raw in ("7", "8") if raw != slot.shown)


def test_everything_the_manifest_says_is_shown():
    bound = bind(STEP, VALUE)
    assert [place.path for place in bound.only_in_yaml] == []
    for policy, shown in (("Always", []), ("Never", [(*POD, "restartPolicy")])):
        bound = bind(STEP, patch(VALUE, [((*POD, "restartPolicy"), policy)]))
        assert [place.path for place in bound.only_in_yaml] == shown
    assert [slot.name for slot in slots(VALUE) if slot.only_yaml] == []


def test_each_field_changes_exactly_its_place():
    wrong = []
    for slot in slots(VALUE):
        if slot.decl.style == "pick" or isinstance(slot.decl, ComputedField):
            continue
        raw = another(slot)
        posted = {name: text for name, text in form().items() if name not in (slot.name, f"{slot.name}-unit")}
        if raw:
            posted[slot.name] = raw
        found, errors = changes_of(build_nodes(parts(VALUE, NOTHING_KNOWN), VALUE, posted), VALUE)
        expected = patch(VALUE, [(slot.path, slot.decl.codec.read(raw, slot.value))])
        if errors or len(found) != 1 or found[0][0] != slot.path[: len(found[0][0])]:
            wrong.append((slot.name, found, errors))
        elif patch(VALUE, found) != expected:
            wrong.append((slot.name, found))
    assert wrong == []


def test_each_field_made_blank_loses_its_value_and_nothing_else():
    wrong = []
    for slot in slots(VALUE):
        if not slot.shown or slot.decl.style == "pick" or isinstance(slot.decl, ComputedField):
            continue
        posted = {name: text for name, text in form().items() if name not in (slot.name, f"{slot.name}-unit")}
        if slot.decl.codec.widget(slot.shown) != "checkbox":
            posted[slot.name] = ""
        found, errors = changes_of(build_nodes(parts(VALUE, NOTHING_KNOWN), VALUE, posted), VALUE)
        now = patch(VALUE, found)
        if errors or get(now, slot.path) is not ABSENT or patch(now, [(slot.path, slot.value)]) != VALUE:
            wrong.append((slot.name, found, errors))
    assert wrong == []


def test_one_field_changed_is_one_line_of_the_text():
    bound = bind(STEP, VALUE, form() | {"ready": "9"})
    assert bound.apply(TEXT, 0) == TEXT.replace(
        "minReadySeconds: 5        # seconds", "minReadySeconds: 9        # seconds"
    )


# ---- odd documents ----

ODD = [None, "odd", 5, True, 1.5, [], {}, ["odd"], [{}], [None], {"odd": "x"}, {"name": 5}, "a\r\nb", "\ta\0"]


def places(value, path=()):
    yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from places(child, (*path, key))


PLACES = [path for path in places(VALUE) if path]


@settings(max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD)), min_size=1, max_size=4))
def test_whatever_is_in_the_document_saving_it_unchanged_changes_nothing(oddities):
    value = VALUE
    for path, odd in oddities:
        if get(value, path) is not ABSENT:
            value = patch(value, [(path, copy.deepcopy(odd))])
    declared = parts(value, NOTHING_KNOWN)
    posted = typed(build_nodes(declared, value))
    assert changes_of(build_nodes(declared, value, posted), value) == ([], {})
    assert isinstance(STEP.summary(value), str)


@pytest.mark.parametrize(
    "path",
    [
        ("spec",),
        POD,
        (*POD, "containers"),
        (*POD, "containers", 0),
        (*POD, "containers", 0, "env"),
        (*POD, "containers", 1, "name"),
    ],
)
@pytest.mark.parametrize("odd", ["odd", ["odd"], {"odd": "x"}], ids=["text", "list", "mapping"])
def test_odd_documents_have_a_page(path, odd):
    value = patch(VALUE, [((*POD, "initContainers"), ABSENT), (path, odd)])
    assert after(value, form_of(value)) == value


# ---- containers ----


def test_an_empty_template_offers_one_blank_container():
    posted = form_of(EMPTY)
    assert [name for name in posted if name.endswith("-image")] == ["c-0-image"]
    assert after(EMPTY, posted) == EMPTY
    value = after(EMPTY, posted | {"c-0-name": "agent", "c-0-image": "agent:1"})
    assert value["spec"] == {"template": {"spec": {"containers": [{"name": "agent", "image": "agent:1"}]}}}
    assert list(container(value)) == ["name", "image"]  # as people write it, whatever comes first in the form


def test_a_new_container_with_everything_in_it_is_one_change():
    posted = form_of(EMPTY) | {
        "c-0-name": "agent",
        "c-0-mem-lim": "1Gi",
        "c-0-ports-0-port": "8080",
        "c-0-vars-0-name": "NODE",
        "c-0-vars-0-from": "field",
        "c-0-vars-0-from-field-path": "spec.nodeName",
        "c-0-live": "http",
        "c-0-live-http-port": "8080",
    }
    bound = bind(STEP, EMPTY, posted)
    assert bound.changes() == [
        (
            POD,
            {
                "containers": [
                    {
                        "name": "agent",
                        "resources": {"limits": {"memory": "1Gi"}},
                        "ports": [{"containerPort": 8080}],
                        "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                        "livenessProbe": {"httpGet": {"port": 8080}},
                    }
                ]
            },
        )
    ]


def test_asking_for_a_row_keeps_the_input_and_saves_nothing():
    bound = bind(STEP, VALUE, form() | {"op": "add:c-0-vars", "ready": "77"})
    assert bound.asks_for_more
    posted = submitted(html(bound))
    assert posted["ready"] == "77"
    assert posted.keys() - form().keys() == {
        name for name in posted if name.startswith("c-0-vars-8-")
    }  # eight variables were there
    again = after(VALUE, posted | {"c-0-vars-8-name": "NEW", "c-0-vars-8-from-value-v": "x"})
    assert container(again)["env"][8] == {"name": "NEW", "value": "x"}


def test_the_row_that_was_asked_for_gets_the_pointer_and_its_group_is_open():
    value = copy.deepcopy(EMPTY)
    value["spec"]["template"] = {"spec": {"containers": [{"name": "a"}]}}
    soup = BeautifulSoup(html(bind(STEP, value, form_of(value) | {"op": "add:c-0-sources"})), "html.parser")
    field = soup.find(autofocus=True)
    assert field["name"].startswith("c-0-sources-0-")
    assert field.find_parent("details").has_attr("open")


@pytest.mark.parametrize("op", ["add:nothing", "copy", "explode:c-0", "add:c-0-vars;x"])
def test_forged_operations_are_refused(op):
    with pytest.raises(BadInput):
        bind(STEP, VALUE, form() | {"op": op})


@pytest.mark.parametrize("op", ["remove:c-7", "up:c-0-vars-0", "copy:update"])
def test_operations_on_what_is_not_there_are_refused(op):
    with pytest.raises(BadInput):
        bind(STEP, VALUE, form() | {"op": op}).apply(TEXT, 0)


def names(text, field="containers"):
    return [each["name"] for each in get(documents.read(text)[0].value, (*POD, field))]


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("copy:c-0", ["agent", "agent-2", "helper"]),
        ("copy:c-1", ["agent", "helper", "helper-2"]),
        ("down:c-0", ["helper", "agent"]),
        ("up:c-1", ["helper", "agent"]),
        ("up:c-0", ["agent", "helper"]),
        ("remove:c-0", ["helper"]),
    ],
)
def test_operations_on_containers_save_the_form_too(op, expected):
    text = bind(STEP, VALUE, form() | {"op": op, "ready": "9"}).apply(TEXT, 0)
    assert names(text) == expected
    assert get(documents.read(text)[0].value, ("spec", "minReadySeconds")) == 9


def test_a_container_that_was_just_typed_can_be_copied():
    posted = submitted(html(bind(STEP, VALUE, form() | {"op": "add:c"}))) | {
        "c-2-name": "new",
        "op": "copy:c-2",
    }
    assert names(bind(STEP, VALUE, posted).apply(TEXT, 0)) == ["agent", "helper", "new", "new-2"]


def test_the_last_init_container_takes_the_list_along():
    text = TEXT
    for _ in range(2):
        value = documents.read(text)[0].value
        text = bind(STEP, value, form_of(value) | {"op": "remove:i-0"}).apply(text, 0)
    assert get(documents.read(text)[0].value, (*POD, "initContainers")) is ABSENT


# ---- the losses of KubeSphere's form (its issues, and its source) ----


def test_ports_keep_host_port_host_ip_and_protocol():
    posted = form() | {"c-0-ports-0-name": "web"}
    before, now = container(VALUE)["ports"], container(after(VALUE, posted))["ports"]
    assert now == [before[0] | {"name": "web"}, *before[1:]]


def test_commas_and_quotes_in_parameters_are_kept():
    posted = form() | {"c-0-args": form()["c-0-args"] + '\r\n--list=a,b,"c d"'}
    assert container(after(VALUE, posted))["args"] == [*container(VALUE)["args"], '--list=a,b,"c d"']


def test_changing_a_limit_keeps_the_other_resources():
    now = container(after(VALUE, form() | {"c-0-cpu-lim": "2"}))["resources"]
    assert now["limits"] == container(VALUE)["resources"]["limits"] | {"cpu": 2}
    assert now["requests"] == container(VALUE)["resources"]["requests"]


def test_a_grpc_probe_stays_one():
    posted = form() | {"c-0-startup-failure": "30"}
    assert container(after(VALUE, posted))["startupProbe"] == {
        "grpc": {"port": 9090, "service": "health"},
        "failureThreshold": 30,
    }


def test_another_kind_of_probe_replaces_the_handler_and_keeps_the_timing():
    posted = form() | {"c-0-live": "tcp", "c-0-live-tcp-port": "http"}
    probe = container(after(VALUE, posted))["livenessProbe"]
    assert probe.pop("tcpSocket") == {"port": "http"}
    assert probe == {k: v for k, v in container(VALUE)["livenessProbe"].items() if k != "httpGet"}


def test_no_probe_removes_it():
    assert "livenessProbe" not in container(after(VALUE, form() | {"c-0-live": ""}))


def test_pull_secrets_stay():
    value = after(VALUE, form() | {"c-0-image": "other:1"})
    assert value["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "harbor"}]


@pytest.mark.parametrize(("typed", "stored"), [("1", 1), ("10%", "10%")])
def test_max_unavailable_is_a_number_or_a_percentage(typed, stored):
    value = after(EMPTY, form_of(EMPTY) | {"unavailable": typed})
    assert value["spec"]["updateStrategy"] == {"rollingUpdate": {"maxUnavailable": stored}}


def test_zero_and_blank_are_no_limit():
    now = container(after(VALUE, form() | {"c-0-cpu-lim": "0", "c-0-mem-lim": ""}))["resources"]["limits"]
    assert now.keys() == {"ephemeral-storage", "nvidia.com/gpu"}


# ---- environment ----


def test_a_variable_changes_its_source():
    posted = form() | {
        "c-0-vars-0-from": "secret",
        "c-0-vars-0-from-secret-name": "tokens",
        "c-0-vars-0-from-secret-key": "k",
    }
    assert container(after(VALUE, posted))["env"][0] == {
        "name": "PLAIN",
        "valueFrom": {"secretKeyRef": {"name": "tokens", "key": "k"}},
    }


def test_a_source_nobody_knows_yet_is_kept_and_said_to_be_in_yaml():
    value = patch(
        EMPTY,
        [
            (
                (*POD, "containers"),
                [{"name": "a", "env": [{"name": "F", "valueFrom": {"fileKeyRef": {"key": "x"}}}]}],
            )
        ],
    )
    bound = bind(STEP, value)
    assert "fileKeyRef" in html(bound)
    assert after(value, submitted(html(bound)) | {"c-0-vars-0-name": "G"}) == patch(
        value, [((*POD, "containers", 0, "env", 0, "name"), "G")]
    )


# ---- host timezone ----

PAIR = {"name": "host-time", "mountPath": "/etc/localtime", "readOnly": True}
VOLUME = {"name": "host-time", "hostPath": {"path": "/etc/localtime", "type": ""}}


def two(**pod):
    return patch(EMPTY, [(POD, {"containers": [{"name": "a"}, {"name": "b"}], **pod})])


def test_host_timezone_adds_one_volume_for_all_and_removes_it_with_the_last():
    value = two()
    both = after(value, form_of(value) | {"c-0-timezone": "on", "c-1-timezone": "on"})
    assert get(both, (*POD, "volumes")) == [VOLUME]
    assert [container(both, i)["volumeMounts"] for i in (0, 1)] == [[PAIR], [PAIR]]

    posted = form_of(both)
    del posted["c-0-timezone"]
    one = after(both, posted)
    assert "volumeMounts" not in container(one, 0)
    assert container(one, 1)["volumeMounts"] == [PAIR]

    posted = form_of(one)
    del posted["c-1-timezone"]
    assert after(one, posted) == value


def test_host_timezone_takes_only_its_own_pair_away():
    mine = {"name": "zone", "mountPath": "/etc/localtime"}
    value = two(volumes=[{"name": "zone", "hostPath": {"path": "/etc/localtime"}}])
    value = patch(value, [((*POD, "containers", 0, "volumeMounts"), [mine])])
    posted = form_of(value)
    assert "c-0-timezone" not in posted
    bound = bind(STEP, value, posted | {"c-0-timezone": "on"})
    assert list(bound.errors) == ["c-0-timezone"]


def test_host_timezone_does_not_take_over_another_volume_of_that_name():
    value = two(volumes=[{"name": "host-time", "emptyDir": {}}])
    assert list(bind(STEP, value, form_of(value) | {"c-0-timezone": "on"}).errors) == ["c-0-timezone"]


# ---- service account ----


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({}, {"serviceAccountName": "new"}),
        ({"serviceAccount": "old"}, {"serviceAccount": "new"}),
        ({"serviceAccountName": "old"}, {"serviceAccountName": "new"}),
        (
            {"serviceAccountName": "old", "serviceAccount": "old"},
            {"serviceAccountName": "new", "serviceAccount": "new"},
        ),
    ],
)
def test_the_service_account_is_written_where_it_is_said(before, now):
    value = patch(EMPTY, [(POD, {"hostPID": True, **before})])
    assert after(value, form_of(value) | {"account": "new"})["spec"]["template"]["spec"] == {
        "hostPID": True,
        **now,
    }
    assert after(value, form_of(value) | {"account": ""})["spec"]["template"]["spec"] == {"hostPID": True}


# ---- findings ----


def field_errors(bound):
    soup = BeautifulSoup(html(bound), "html.parser")
    described = {}
    for field in soup.find_all(attrs={"aria-invalid": "true"}):
        said = soup.find(id=field["aria-describedby"].split()[-1])
        described[field["name"]] = said.get_text(strip=True)
    return described


def test_findings_stand_at_their_fields():
    finding = Finding(
        (*POD, "containers", documents.item(name="agent"), "image"),
        "No such image: %(image)s.",
        params={"image": "x"},
    )
    bound = bind(STEP, VALUE)
    bound.attach([finding])
    assert field_errors(bound) == {"c-0-image": "No such image: x."}
    assert bound.top == []


def test_a_finding_about_nothing_shown_stands_at_the_top():
    bound = bind(STEP, VALUE)
    bound.attach([Finding(("spec", "template"), "Odd."), Finding(("metadata", "name"), "Not of this step.")])
    assert [finding.message for finding in bound.top] == ["Odd."]


def test_new_errors_are_told_from_old_ones():
    bound = bind(STEP, VALUE, form() | {"c-0-mem-lim": "lots"})
    now = check(patch(VALUE, bound.changes()))
    fresh = new_errors(check(VALUE), now, "pods")
    assert {resolve(VALUE, finding.path)[-1] for finding in fresh} == {"memory"}
    bound.attach(now, after=True)
    assert "c-0-mem-lim" in field_errors(bound)


def test_an_error_that_only_moved_is_not_new():
    old = Finding((*POD, "containers", 1, "ports", 3), "Bad port.")
    assert new_errors([old], [Finding((*POD, "containers", 0, "ports", 1), "Bad port.")], "pods") == []
    assert new_errors([old], [old, old], "pods") == [old]
    assert new_errors([], [old], "nodes") == []


def test_findings_about_the_text_after_a_removal_stand_at_the_row_that_stayed():
    posted = form() | {"c-0-ports-0-remove": "on", "c-0-ports-1-name": "Bad_Name"}
    bound = bind(STEP, VALUE, posted)
    bound.attach([Finding((*POD, "containers", 0, "ports", 0, "name"), "Bad name.")], after=True)
    assert field_errors(bound) == {"c-0-ports-1-name": "Bad name."}


def test_where_things_are_after_changes():
    gone = [(("ports", 1), ABSENT), (("env",), ABSENT)]
    assert path_after(("ports", 0), gone) == ("ports", 0)
    assert path_after(("ports", 1, "name"), gone) is None
    assert path_after(("ports", 2, "name"), gone) == ("ports", 1, "name")
    assert path_after(("env", 0), gone) == ("env", 0)


def test_what_cannot_be_read_is_said_at_the_field_and_the_input_kept():
    bound = bind(STEP, VALUE, form() | {"c-0-ports-0-port": "eighty", "ready": "9"})
    assert not bound.is_valid()
    assert bound.changes() == []
    soup = BeautifulSoup(html(bound), "html.parser")
    field = soup.find(attrs={"name": "c-0-ports-0-port"})
    assert field["value"] == "eighty"
    assert field["aria-invalid"] == "true"
    assert bound.errors["c-0-ports-0-port"] == [soup.find(id=field["aria-describedby"]).get_text(strip=True)]
    assert soup.find(attrs={"name": "ready"})["value"] == "9"


# ---- what the project knows ----


def test_limit_range_defaults_are_shown_as_what_will_apply():
    limits = {"type": "Container", "default": {"memory": "512Mi"}, "defaultRequest": {"memory": "256Mi"}}
    facts = ProjectFacts(limit_ranges=[{"spec": {"limits": [limits]}}])
    without, limited = (
        BeautifulSoup(html(bind(STEP, EMPTY, facts=known)), "html.parser") for known in (NOTHING_KNOWN, facts)
    )

    def placeholder(page, name):
        return page.find(attrs={"name": name})["placeholder"]

    assert "512Mi" in placeholder(limited, "c-0-mem-lim")
    assert "256Mi" in placeholder(limited, "c-0-mem-req")
    assert placeholder(limited, "c-0-cpu-lim") == placeholder(without, "c-0-cpu-lim") != ""
    assert placeholder(limited, "c-0-mem-lim") != placeholder(without, "c-0-mem-lim")


def test_names_of_the_project_are_suggested():
    offered = suggestions(
        ProjectFacts(
            configmaps={"settings": {"level"}},
            secrets={"harbor": {".dockerconfigjson"}, "tokens": {"api"}},
            registries={"harbor"},
            service_accounts={"agent"},
            nodes=[{"status": {"allocatable": {"cpu": "4", "example.com/fpga": "1"}}}],
        )
    )
    assert offered["configmaps-keys"] == [("level", "settings")]
    assert offered["registries"] == [("harbor", "")]
    assert offered["extended"] == [("example.com/fpga", "")]
    assert offered["accounts"] == [("agent", "")]


def test_every_list_of_suggestions_a_field_names_is_there():
    soup = BeautifulSoup(html(bind(STEP, VALUE)), "html.parser")
    wanted = {field["list"] for field in soup.find_all(attrs={"list": True})}
    assert wanted <= {str(found["id"]) for found in soup.find_all("datalist")}


# ---- the page ----


def test_every_field_has_a_label_and_ids_are_unique():
    soup = BeautifulSoup(html(bind(STEP, VALUE)), "html.parser")
    ids = [element["id"] for element in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    labelled = {label["for"] for label in soup.find_all("label") if label.get("for")}
    for field in soup.find_all(["input", "select", "textarea"]):
        if field.get("type") != "hidden":
            assert field.get("id") in labelled or field.find_parent("label") or field.get("aria-label"), field
    for described in soup.find_all(attrs={"aria-describedby": True}):
        assert set(described["aria-describedby"].split()) <= set(ids)


def test_enter_in_a_field_saves_and_presses_no_other_button(signed_in, admin, demo):
    draft = drafts.create(admin, "offline", demo.name, TEXT)
    page = signed_in.get(reverse("draft-step", args=[draft.pk, "pods"])).content
    soup = BeautifulSoup(page, "html.parser")
    form = soup.find(id="step-form")
    of_the_form = [b for b in soup.find_all("button") if b.get("form") == "step-form" or form in b.parents]
    assert of_the_form[0].get("value", "save") == "save"  # a browser presses the first one


def test_headings_leave_out_no_level():
    soup = BeautifulSoup(html(bind(STEP, VALUE)), "html.parser")
    levels = [1, *(int(heading.name[1]) for heading in soup.find_all(re.compile("^h[1-6]$")))]
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))


def test_nothing_of_a_manifest_becomes_markup():
    bad = "<script>alert(1)</script>"
    value = patch(
        EMPTY,
        [((*POD, "containers"), [{"name": bad, "image": bad, "env": [{"name": bad, "value": {"x": bad}}]}])],
    )
    bound = bind(STEP, value)
    bound.attach([Finding((*POD, "containers", 0, "image"), "%(bad)s", params={"bad": bad})])
    page = html(bound)
    assert bad not in page
    assert " style=" not in page
    assert "<script" not in page


def test_the_page_of_two_containers_is_light():
    value = two()
    static = Path(HERE.parent, "static", "console")
    weight = sum(
        len(gzip.compress(static.joinpath(name).read_bytes())) for name in ("console.css", "wizard.css")
    )
    assert (
        weight + len(gzip.compress(html(bind(STEP, value)).encode())) < 34_000
    )  # of 60,000, htmx takes 17,000


def test_the_form_says_what_it_means_in_json_too():
    text = json.dumps(VALUE, indent=2)
    value = documents.read(text)[0].value
    now = bind(STEP, value, form_of(value) | {"ready": "9"}).apply(text, 0)
    assert json.loads(now) == patch(VALUE, [(("spec", "minReadySeconds"), 9)])
