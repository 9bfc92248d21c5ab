"""What a posted form changes, on small declarations."""

from __future__ import annotations

import pytest

from workloads.documents.paths import ABSENT, item, patch
from workloads.wizard.form.bindings import (
    build_nodes,
    changes_of,
    condense,
    prune_path,
    row_keys,
    shown_paths,
    unshown_paths,
)
from workloads.wizard.form.codecs import FLAG, LINES, NUMBER, TEXT, TRISTATE
from workloads.wizard.form.parts import (
    ComputedField,
    Field,
    FieldGroup,
    OneOf,
    PairColumn,
    Pairs,
    Rows,
    Variant,
)
from workloads.wizard.form.tree import FieldNode

BASE = ("spec", "template", "spec")


def changes(parts, value, posted, **kwargs):
    found, errors = changes_of(build_nodes(parts, value, posted, **kwargs), value)
    assert errors == {}
    return found


def errors(parts, value, posted):
    return changes_of(build_nodes(parts, value, posted), value)[1]


# ---- fields ----

NAME = [Field("name", ("metadata", "name"))]


def test_what_is_posted_as_it_was_shown_changes_nothing():
    assert changes(NAME, {"metadata": {"name": 8080}}, {"name": "8080"}) == []


def test_line_ends_of_the_browser_change_nothing():
    assert changes(NAME, {"metadata": {"name": "a\nb"}}, {"name": "a\r\nb"}) == []


def test_what_was_not_posted_is_not_changed():
    assert changes(NAME, {"metadata": {"name": "a"}}, {}) == []


def test_blank_removes_the_key():
    assert changes(NAME, {"metadata": {"name": "a"}}, {"name": ""}) == [(("metadata", "name"), ABSENT)]


def test_a_null_stays_null_until_something_is_typed():
    assert changes(NAME, {"metadata": {"name": None}}, {"name": ""}) == []
    assert changes(NAME, {"metadata": {"name": None}}, {"name": "b"}) == [(("metadata", "name"), "b")]


def test_what_a_widget_cannot_express_is_not_written_whatever_is_posted():
    value = {"metadata": {"name": {"odd": 1}}}
    assert changes(NAME, value, {"name": "b"}) == []


def test_nothing_is_written_through_a_scalar():
    assert changes(NAME, {"metadata": "odd"}, {"name": "b"}) == []


def test_a_box_that_is_not_posted_was_unticked_only_if_the_whole_form_was_sent():
    parts = [Field("tty", ("tty",), FLAG)]
    assert changes(parts, {"tty": True}, {"step": "x"}) == [(("tty",), ABSENT)]
    assert changes(parts, {"tty": True}, {"step": "x"}, whole=False) == []
    assert changes(parts, {"tty": False}, {"step": "x"}) == []
    assert changes(parts, {"tty": False}, {"tty": "on"}) == [(("tty",), True)]


def test_what_cannot_be_read_is_an_error_at_its_field_and_changes_nothing():
    parts = [Field("a", ("a",), NUMBER), Field("b", ("b",))]
    nodes = build_nodes(parts, {}, {"a": "ten", "b": "x"})
    found, wrong = changes_of(nodes, {})
    assert found == []
    assert list(wrong) == ["a"]


def test_characters_no_manifest_holds_are_an_error():
    assert list(errors(NAME, {}, {"name": "a\0"})) == ["name"]


# ---- what goes with a value, what comes with it ----


def test_parents_that_hold_nothing_else_go_too():
    parts = [FieldGroup("res", "", [Field("cpu", ("limits", "cpu"))], ("resources",))]
    value = {"resources": {"limits": {"cpu": "1"}}, "name": "a"}
    assert changes(parts, value, {"cpu": ""}) == [(("resources",), ABSENT)]
    value["resources"]["requests"] = {}
    assert changes(parts, value, {"cpu": ""}) == [(("resources", "limits"), ABSENT)]


def test_the_skeleton_of_the_daemonset_stays():
    parts = [Field("net", (*BASE, "hostNetwork"), TRISTATE)]
    value = {"spec": {"template": {"spec": {"hostNetwork": True}}}}
    assert changes(parts, value, {"net": ""}) == [((*BASE, "hostNetwork"), ABSENT)]


def test_several_values_of_a_place_that_is_not_there_are_one_change():
    parts = [Field("a", ("p", "q", "a"), NUMBER), Field("b", ("p", "b"))]
    assert changes(parts, {"x": 1}, {"a": "1", "b": "2"}) == [(("p",), {"q": {"a": 1}, "b": "2"})]


def test_sets_come_before_removals():
    puts = [(("a", "x"), ABSENT, ()), (("a", "y"), 1, ())]
    assert condense({"a": {"x": 0}}, puts) == [(("a", "y"), 1), (("a", "x"), ABSENT)]


@pytest.mark.parametrize(
    ("value", "stop", "gone"),
    [
        ({"a": {"b": {"c": 1}}}, (), ("a",)),
        ({"a": {"b": {"c": 1}}}, ("a",), ("a", "b")),
        ({"a": {"b": {"c": 1}}}, ("a", "b"), ("a", "b", "c")),
        ({"a": {"b": {"c": 1, "d": 1}}}, (), ("a", "b", "c")),
        ({"a": {"b": {}}}, (), ("a",)),
    ],
)
def test_tidy(value, stop, gone):
    assert prune_path(value, ("a", "b", "c"), stop) == gone


# ---- rows ----

ROWS = [
    Rows("p", ("ports",), ("port", "protocol"), [Field("port", ("port",), NUMBER), Field("name", ("name",))])
]
PORTS = {"ports": [{"port": 80, "name": "http", "hostPort": 80}, {"port": 53, "protocol": "UDP"}]}


def test_rows_are_found_by_their_key_wherever_they_are_now():
    posted = {"p-0-key": "=53/UDP", "p-0-port": "5353", "p-0-name": ""}
    assert changes(ROWS, PORTS, posted) == [(("ports", 1, "port"), 5353)]


def test_rows_that_share_a_key_are_told_apart_by_position():
    items = [{"port": 80}, {"port": 80}, {"port": 53}, {"name": "x"}, "odd"]
    assert row_keys(items, ("port", "protocol")) == ["#0", "#1", "=53/", "#3", "#4"]


def test_a_row_that_is_not_posted_stays():
    assert changes(ROWS, PORTS, {"p-0-key": "=53/UDP", "p-0-port": "53"}) == []


def test_a_blank_new_row_is_nothing():
    assert changes(ROWS, PORTS, {"p-2-key": "", "p-2-port": "", "p-2-name": " "}) == []


def test_new_rows_are_appended_in_order():
    posted = {"p-3-key": "", "p-3-port": "2", "p-2-key": "", "p-2-port": "1", "p-4-key": ""}
    assert changes(ROWS, PORTS, posted) == [(("ports", 2), {"port": 1}), (("ports", 3), {"port": 2})]


def test_the_first_rows_of_all_make_the_list():
    posted = {"p-0-key": "", "p-0-port": "1", "p-1-key": "", "p-1-port": "2"}
    assert changes(ROWS, {}, posted) == [(("ports",), [{"port": 1}, {"port": 2}])]


def test_a_row_goes_by_its_box_only():
    posted = {"p-0-key": "=80/", "p-0-port": "", "p-0-name": "", "p-0-remove": "on", "p-1-key": "=53/UDP"}
    assert changes(ROWS, PORTS, posted) == [(("ports", 0), ABSENT)]


def test_the_last_row_takes_the_list_along():
    posted = {"p-0-key": "=80/", "p-0-remove": "on", "p-1-key": "=53/UDP", "p-1-remove": "on"}
    assert changes(ROWS, PORTS, posted) == [(("ports",), ABSENT)]
    posted |= {"p-2-key": "", "p-2-port": "1"}
    assert patch(PORTS, changes(ROWS, PORTS, posted)) == {"ports": [{"port": 1}]}


def test_a_row_that_went_elsewhere_is_an_error_and_the_input_is_kept():
    posted = {"p-0-key": "=9/", "p-0-port": "9"}
    nodes = build_nodes(ROWS, PORTS, posted)
    assert list(changes_of(nodes, PORTS)[1]) == ["p-0-key"]
    (rows,) = nodes
    assert rows.rows[0].key == ""  # posted again, it is a new one
    assert rows.rows[0].nodes[0].raw == "9"


def test_something_that_is_no_list_is_only_in_yaml():
    (rows,) = build_nodes(ROWS, {"ports": {"odd": 1}}, {"p-0-key": "", "p-0-port": "1"})
    assert rows.only_yaml
    assert changes(ROWS, {"ports": {"odd": 1}}, {"p-0-key": "", "p-0-port": "1"}) == []


def test_an_item_that_is_no_mapping_is_kept():
    assert changes(ROWS, {"ports": ["odd"]}, {"p-0-key": "#0", "p-0-port": "1"}) == []


def test_more_than_a_page_can_show_is_left_to_yaml():
    value = {
        "ports": [{"port": n} for n in range(201)],
        "metadata": {"labels": {str(n): "" for n in range(201)}},
    }
    nodes = build_nodes(
        [*ROWS, *LABELS], value, {"p-0-key": "=0/", "p-0-remove": "on", "l-0-key": "=0", "l-0-remove": "on"}
    )
    assert [node.only_yaml for node in nodes] == [True, True]
    assert changes_of(nodes, value) == ([], {})


def test_rows_in_rows():
    parts = [Rows("c", ("containers",), ("name",), [Field("name", ("name",)), *ROWS])]
    value = {"containers": [{"name": "a", **PORTS}, {"name": "b"}]}
    posted = {
        "c-0-key": "=a",
        "c-0-p-1-key": "=53/UDP",
        "c-0-p-1-remove": "on",
        "c-1-key": "=b",
        "c-1-p-0-key": "",
        "c-1-p-0-port": "1",
        "c-2-key": "",
        "c-2-name": "c",
        "c-2-p-0-key": "",
        "c-2-p-0-port": "2",
    }
    after = patch(value, changes(parts, value, posted))
    assert after == {
        "containers": [
            {"name": "a", "ports": [PORTS["ports"][0]]},
            {"name": "b", "ports": [{"port": 1}]},
            {"name": "c", "ports": [{"port": 2}]},
        ]
    }


def test_removing_an_inner_row_of_one_that_moves():
    parts = [Rows("c", ("cs",), ("name",), ROWS)]
    value = {"cs": [{"name": "a"}, {"name": "b", **PORTS}]}
    posted = {
        "c-0-key": "=a",
        "c-0-remove": "on",
        "c-1-key": "=b",
        "c-1-p-0-key": "=80/",
        "c-1-p-0-remove": "on",
    }
    assert patch(value, changes(parts, value, posted)) == {
        "cs": [{"name": "b", "ports": [PORTS["ports"][1]]}]
    }


def test_one_list_in_two_places():
    def mounts(volume):
        return Rows(
            volume,
            ("mounts",),
            ("mountPath",),
            [Field("path", ("mountPath",))],
            only=lambda mount: mount.get("name") == volume,
            preset={"name": volume},
        )

    value = {"mounts": [{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/b"}]}
    posted = {
        "a-0-key": "=/a",
        "a-0-remove": "on",
        "a-1-key": "",
        "a-1-path": "/x",
        "b-1-key": "",
        "b-1-path": "/y",
    }
    after = patch(value, changes([mounts("a"), mounts("b")], value, posted))
    assert after["mounts"] == [
        {"name": "b", "mountPath": "/b"},
        {"name": "a", "mountPath": "/x"},
        {"name": "b", "mountPath": "/y"},
    ]


# ---- pairs ----

LABELS = [Pairs("l", [PairColumn("v", ("metadata", "labels"), "")], "")]
LABELLED = {"metadata": {"labels": {"app": "a", "tier": "b"}}}
LIMITS = [
    Pairs(
        "r",
        [
            PairColumn("lim", ("limits",), "", TEXT, ABSENT),
            PairColumn("req", ("requests",), "", TEXT, ABSENT),
        ],
        "",
        hidden={"cpu"}.__contains__,
    )
]


def test_a_pair_is_changed_where_it_is():
    posted = {"l-0-key": "=app", "l-0-k": "app", "l-0-v": "x"}
    assert changes(LABELS, LABELLED, posted) == [(("metadata", "labels", "app"), "x")]


def test_a_label_may_be_empty():
    posted = {"l-0-key": "=app", "l-0-k": "app", "l-0-v": "", "l-1-key": "", "l-1-k": "new", "l-1-v": ""}
    assert changes(LABELS, LABELLED, posted) == [
        (("metadata", "labels", "app"), ""),
        (("metadata", "labels", "new"), ""),
    ]


def test_a_renamed_key_keeps_its_value():
    posted = {"l-0-key": "=app", "l-0-k": "name", "l-0-v": "a"}
    assert patch(LABELLED, changes(LABELS, LABELLED, posted)) == {
        "metadata": {"labels": {"tier": "b", "name": "a"}}
    }


def test_two_keys_may_be_exchanged():
    posted = {
        "l-0-key": "=app",
        "l-0-k": "tier",
        "l-0-v": "a",
        "l-1-key": "=tier",
        "l-1-k": "app",
        "l-1-v": "b",
    }
    assert patch(LABELLED, changes(LABELS, LABELLED, posted)) == {
        "metadata": {"labels": {"tier": "a", "app": "b"}}
    }


def test_a_key_goes_by_its_box_and_may_come_again():
    posted = {
        "l-0-key": "=app",
        "l-0-k": "app",
        "l-0-v": "a",
        "l-0-remove": "on",
        "l-2-key": "",
        "l-2-k": "app",
    }
    assert patch(LABELLED, changes(LABELS, LABELLED, posted)) == {
        "metadata": {"labels": {"app": "", "tier": "b"}}
    }


@pytest.mark.parametrize("key", ["", "tier"])
def test_a_key_must_be_there_and_only_once(key):
    posted = {
        "l-0-key": "=app",
        "l-0-k": key,
        "l-0-v": "a",
        "l-1-key": "=tier",
        "l-1-k": "tier",
        "l-1-v": "b",
    }
    assert len(errors(LABELS, LABELLED, posted)) == 1


def test_pairs_of_two_mappings():
    value = {"limits": {"cpu": 1, "gpu": 1}, "requests": {"gpu": 1}}
    posted = {"r-0-key": "=gpu", "r-0-k": "gpu", "r-0-lim": "2", "r-0-req": ""}
    after = patch(value, changes(LIMITS, value, posted))
    assert after == {"limits": {"cpu": 1, "gpu": "2"}}


def test_a_new_pair_wants_a_value():
    assert list(errors(LIMITS, {}, {"r-0-key": "", "r-0-k": "gpu", "r-0-lim": "", "r-0-req": ""})) == [
        "r-0-lim"
    ]


# ---- one of several ways ----

PROBE = [
    OneOf(
        "live",
        "",
        [
            Variant("http", "", ("httpGet",), [Field("port", ("httpGet", "port"), NUMBER)]),
            Variant("exec", "", ("exec",), [Field("command", ("exec", "command"), LINES)]),
        ],
        ("probe",),
        none="None",
        common=[Field("delay", ("delay",), NUMBER)],
    )
]
HTTP = {"probe": {"httpGet": {"port": 80, "host": "x"}, "delay": 5}}


def test_another_way_takes_the_place_of_the_first_and_keeps_what_is_common():
    posted = {"live": "exec", "live-http-port": "80", "live-exec-command": "sh\n-c", "live-delay": "5"}
    assert changes(PROBE, HTTP, posted) == [
        (("probe", "exec"), {"command": ["sh", "-c"]}),
        (("probe", "httpGet"), ABSENT),
    ]


def test_no_way_removes_all_of_it():
    assert changes(PROBE, HTTP, {"live": "", "live-http-port": "81"}) == [(("probe",), ABSENT)]


def test_a_way_chosen_without_anything_in_it_is_not_forgotten():
    assert changes(PROBE, {}, {"live": "http", "live-http-port": ""}) == [(("probe",), {"httpGet": {}})]


def test_a_way_stays_chosen_when_its_fields_are_emptied():
    value = {"probe": {"httpGet": {"port": 80}}}
    assert changes(PROBE, value, {"live": "http", "live-http-port": ""}) == [
        (("probe", "httpGet", "port"), ABSENT)
    ]


def test_fields_of_a_way_not_chosen_do_not_count():
    assert changes(PROBE, HTTP, {"live": "http", "live-exec-command": "typed, then thought better of"}) == []


@pytest.mark.parametrize(
    "probe",
    [
        {"httpGet": {}, "exec": {}},
        {"delay": 1},
        {"grpc": {}},
        "odd",
        {"httpGet": {}, "exec": {"command": []}},
    ],
)
def test_a_way_that_is_not_clear_is_kept(probe):
    (node,) = build_nodes(PROBE, {"probe": probe}, {"live": "exec", "live-exec-command": "x"})
    assert node.pick.only_yaml
    assert changes(PROBE, {"probe": probe}, {"live": "exec", "live-exec-command": "x"}) == []


def test_nothing_but_a_null_beside_a_way_does_not_blur_it():
    (node,) = build_nodes(PROBE, {"probe": {"httpGet": {"port": 1}, "exec": None}})
    assert node.chosen == "http"


def test_a_way_nobody_knows_is_an_error():
    assert list(errors(PROBE, HTTP, {"live": "smoke"})) == ["live"]


# ---- fields of several places ----


def test_virtual_fields_write_last_and_one_after_the_other():
    def shown(root, path):
        return "true" if {"name": "shared"} in root.get("volumes", []) else ""

    def write(root, path, raw):
        return [(("volumes", item(name="shared")), {"name": "shared"}), ((*path, "mounted"), True)]

    box = ComputedField("box", shown, write)
    parts = [Rows("c", ("cs",), ("name",), [Field("name", ("name",)), box])]
    posted = {"c-0-key": "=a", "c-0-box": "on", "c-1-key": "", "c-1-name": "b", "c-1-box": "on"}
    value = {"cs": [{"name": "a"}]}
    after = patch(value, changes(parts, value, posted))
    assert after == {
        "cs": [{"name": "a", "mounted": True}, {"name": "b", "mounted": True}],
        "volumes": [{"name": "shared"}],
    }


# ---- what is not shown ----


def test_what_no_field_shows_is_found_topmost():
    value = {
        "metadata": {"name": "a", "labels": {}, "odd": {"deep": {"x": 1}}},
        "ports": PORTS["ports"],
        "other": [1, 2],
    }
    nodes = build_nodes([*NAME, *LABELS, *ROWS], value)
    assert unshown_paths(value, shown_paths(nodes), lambda path: True) == [
        ("metadata", "odd"),
        ("ports", 0, "hostPort"),
        ("ports", 1, "protocol"),
        ("other",),
    ]


def test_what_is_shown_as_only_in_yaml_is_shown():
    value = {"metadata": {"name": {"odd": 1}}, "probe": {"grpc": {}}, "ports": "odd"}
    assert (
        unshown_paths(value, shown_paths(build_nodes([*NAME, *PROBE, *ROWS], value)), lambda path: True) == []
    )


def test_slots_know_their_places():
    (rows,) = build_nodes(ROWS, PORTS)
    slots = [node for row in rows.rows for node in row.nodes]
    assert all(isinstance(slot, FieldNode) for slot in slots)
    assert [slot.path for slot in slots][:2] == [("ports", 0, "port"), ("ports", 0, "name")]
    assert [slot.name for slot in slots][:2] == ["p-0-port", "p-0-name"]
