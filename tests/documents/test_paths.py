from __future__ import annotations

import copy

import pytest

from workloads.documents import ABSENT, NoSuchPath, get, item, patch, resolve, show

VALUE = {"a": {"b": [{"name": "x", "v": 1}, {"name": "y"}, "z"]}, "n": None}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a", "b", 0, "v"), 1),
        (("a", "b", -1), "z"),
        (("a", "b", item(name="y")), {"name": "y"}),
        (("a", "b", item(name="q")), ABSENT),
        (("a", "b", 3), ABSENT),
        (("a", "b", "c"), ABSENT),
        (("n",), None),
        (("n", "x"), ABSENT),
        ((), VALUE),
    ],
)
def test_values_are_found(path, found):
    assert get(VALUE, path) is found or get(VALUE, path) == found


@pytest.mark.parametrize(
    ("path", "new", "at", "expected"),
    [
        (("a", "b", 0, "v"), 2, ("a", "b", 0), {"name": "x", "v": 2}),
        (("a", "b", 1), ABSENT, ("a", "b"), [{"name": "x", "v": 1}, "z"]),
        (("a", "b", 3), "w", ("a", "b", 3), "w"),
        (("a", "b", item(name="q"), "v"), 3, ("a", "b", 3), {"name": "q", "v": 3}),
        (("a", "b", item(name="q")), {"name": "r"}, ("a", "b", 3), {"name": "r"}),
        (("n", "x", 0, "y"), 1, ("n",), {"x": [{"y": 1}]}),
        (("q", "x"), ABSENT, (), VALUE),
        (("n", "x"), ABSENT, (), VALUE),
        (("a", "b", item(name="q")), ABSENT, (), VALUE),
        ((), 5, (), 5),
    ],
)
def test_values_are_changed_and_the_old_one_stays(path, new, at, expected):
    before = copy.deepcopy(VALUE)
    assert get(patch(VALUE, [(path, new)]), at) == expected
    assert before == VALUE


@pytest.mark.parametrize(
    "path", [("a", 0), ("a", "b", "c"), ("a", "b", 2, "x"), ("a", "b", 9), ("a", "b", -9)]
)
def test_there_is_no_way_through_a_scalar_or_past_the_end(path):
    with pytest.raises(NoSuchPath):
        patch(VALUE, [(path, 1)])


def test_paths_are_resolved_and_shown():
    path = ("a", "b", item(name="y"), "app.kubernetes.io/name")
    assert resolve(VALUE, path) == ("a", "b", 1, "app.kubernetes.io/name")
    assert show(path) == "a.b[y]['app.kubernetes.io/name']"
    assert show(("spec", "containers", 0, "image")) == "spec.containers[0].image"
