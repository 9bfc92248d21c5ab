"""Every field of a DaemonSet × every wrong type: each step opens, and saving it unchanged changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import zip_longest

import pytest

from tests.wizard.forms import html, typed
from tests.wizard.html_forms import submitted
from workloads import documents
from workloads.daemonsets.manifest import schema
from workloads.daemonsets.manifest.findings import STEPS
from workloads.daemonsets.manifest.outline import CONTAINERS, POD
from workloads.daemonsets.project.facts import NOTHING_KNOWN
from workloads.documents.paths import ABSENT, Json, Path, patch
from workloads.drafts import store as drafts
from workloads.wizard.form.bindings import build_nodes, changes_of
from workloads.wizard.form.step import bind, get_step

WRONG: dict[str, Json] = {
    "list": ["x", ["x"], {"x": ["y"]}, None],
    "mapping": {"x": "y"},
    "number": 5,
    "bool": True,
    "null": None,
    "long-text": "x" * 3000,
    "empty-text": "",
}
BASE: Json = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "agent"},
    "spec": {"template": {"spec": {"containers": [{"name": "agent", "image": "agent:1"}]}}},
}
LISTS = [(*POD, field) for field in (*CONTAINERS, "ephemeralContainers", "volumes")]


def fields_below(path: Path, kind: str) -> Iterator[Path]:
    """Every place that the schema knows below `path`, the inner ones too; of lists the first item."""
    if kind == "array":
        path = (*path, 0)
        yield path
    known = schema.fields_at(path)
    if not known and kind == "object":
        yield (*path, "key")
    for name, inner in known:
        yield (*path, name)
        yield from fields_below((*path, name), inner)


@cache
def every_field() -> list[Path]:
    return [path for path in fields_below((), "object") if path not in (("apiVersion",), ("kind",))]


def misshapen(wrong: Json) -> Iterator[tuple[list[Path], Json]]:
    """(places, a DaemonSet that has `wrong` there), each place once.

    Places that do not touch each other share a document: one of each field of the pod, and one in each of
    eight containers or volumes.
    """
    rooms: dict[Path, list[Path]] = {}
    for path in every_field():
        if path == POD[: len(path)]:
            yield [path], patch(BASE, [(path, wrong)])
        else:
            inner = path[: len(POD)] == POD
            room = path[: len(POD) + 1] if inner else path[: 2 if path[0] == "spec" else 1]
            rooms.setdefault(room, []).append(path)
    for room in [room for room in rooms if room in LISTS]:
        inside = [path for path in rooms.pop(room) if len(path) > len(room) + 1]
        for some in (inside[n : n + 8] for n in range(0, len(inside), 8)):
            places = [(*room, i, *path[len(room) + 1 :]) for i, path in enumerate(some)]
            named = [((*room, i), {"name": f"n{i}"}) for i in range(len(places))]
            yield places, patch(BASE, [(room, ABSENT), *named, *((place, wrong) for place in places)])
        yield [room], patch(BASE, [(room, wrong)])
        yield [(*room, 0)], patch(BASE, [(room, [wrong])])
    for shared in zip_longest(*rooms.values()):
        places = [path for path in shared if path]
        yield places, patch(BASE, [(place, wrong) for place in places])


def test_the_fields_are_those_of_the_schema():
    assert {
        ("metadata", "labels", "key"),
        (*POD, "serviceAccountName"),
        (*POD, "containers", 0, "livenessProbe", "httpGet", "httpHeaders", 0, "value"),
        (*POD, "volumes", 0, "hostPath", "path"),
        (*POD, "tolerations", 0, "effect"),
    } <= set(every_field())
    tried = [place for places, _value in misshapen(5) for place in places]
    assert len(tried) == len(set(tried)) == len(every_field())


@pytest.mark.parametrize("kind", WRONG)
def test_each_step_of_each_misshapen_manifest_opens_and_saved_unchanged_changes_nothing(kind):
    for places, value in misshapen(WRONG[kind]):
        for slug in STEPS:
            step = get_step(slug)
            declared = step.parts(value, NOTHING_KNOWN)
            shown = build_nodes(declared, value)
            assert all(node.preview for top in shown for node in top.walk() if getattr(node, "only_yaml", 0))
            nodes = build_nodes(declared, value, typed(shown))
            assert changes_of(nodes, value) == ([], {}), (slug, places)
            assert step.finish(nodes, value, value) == [], (slug, places)
            assert isinstance(str(step.summary(value)), str)


def some(wrong: Json, first: int) -> list[tuple[list[Path], Json]]:
    """Of the misshapen DaemonSets with more than one place every 80th."""
    return [each for each in misshapen(wrong) if len(each[0]) > 1][first::80]


@pytest.mark.parametrize("kind", WRONG)
def test_each_step_of_a_misshapen_manifest_has_a_page(kind):
    """Of others than those that are sent to the console below."""
    for places, value in some(WRONG[kind], 40):
        for slug in STEPS:
            posted = submitted(html(bind(get_step(slug), value)))
            bound = bind(get_step(slug), value, posted)
            assert bound.is_valid(), (slug, places, bound.errors)
            assert bound.changes() == [], (slug, places)


@pytest.mark.parametrize("kind", WRONG)
def test_a_misshapen_manifest_breaks_no_page_of_the_draft(kind, signed_in, admin, demo):
    for places, value in some(WRONG[kind], 0):
        text = documents.to_yaml(value)
        draft = drafts.create(admin, "offline", "demo", text)
        for slug in STEPS:
            address = f"/drafts/{draft.pk}/{slug}/"
            page = signed_in.get(address)
            assert page.status_code == 200, (slug, places)
            sent = submitted(page.content.decode(), "step-form") | {"op": "save"}
            assert signed_in.post(address, sent).status_code == 303, (slug, places)
        for slug in ("review", "yaml"):
            assert signed_in.get(f"/drafts/{draft.pk}/{slug}/").status_code == 200, (slug, places)
        draft.refresh_from_db()
        assert draft.text == text


@pytest.mark.parametrize("field", ["serviceAccountName", "serviceAccount"])
def test_a_field_for_two_places_shows_what_only_yaml_can_express(field):
    value = patch(BASE, [((*POD, field), ["x"])])
    bound = bind(get_step("pods"), value)
    [account] = [node for top in bound.nodes for node in top.walk() if getattr(node, "name", "") == "account"]
    assert (account.only_yaml, account.preview) == (True, '["x"]')
