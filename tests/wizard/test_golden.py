"""Every step × every manifest: open it, save it unchanged, and nothing is changed."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from tests.conftest import MANIFESTS, OWN_MANIFESTS
from tests.wizard.html_forms import submitted
from workloads import documents
from workloads.daemonsets.findings import STEPS
from workloads.models import Draft
from workloads.wizard import drafts
from workloads.wizard.steps import BoundStep, bind, get_step

DAEMONSETS = [
    (path, document.index)
    for path in MANIFESTS
    for document in documents.read(path.read_bytes())
    if (document.api_version, document.kind) == ("apps/v1", "DaemonSet")
]


def render(bound: BoundStep) -> str:
    context = {"bound": bound, "yaml_url": "?doc=0", "draft": Draft()}
    return render_to_string("workloads/wizard/_step.html", context)


@pytest.mark.parametrize("stored", [False, True], ids=["new", "stored"])
@pytest.mark.parametrize("slug", STEPS)
@pytest.mark.parametrize(("path", "index"), DAEMONSETS, ids=[f"{path.name}-{i}" for path, i in DAEMONSETS])
def test_a_step_saved_unchanged_changes_nothing(path, index, slug, stored):
    text = documents.decode(path.read_bytes())
    document = documents.read(text)[index]
    step = get_step(slug)
    if stored and step.stored is None:
        pytest.skip("the same form either way")
    posted = submitted(render(bind(step, document.value, locate=document.locate, stored=stored)))

    bound = bind(step, document.value, posted, locate=document.locate, stored=stored)

    assert bound.is_valid(), bound.errors
    assert bound.changes() == []
    assert bound.apply(text, index) == text


@pytest.mark.parametrize(
    "path", [p for p in OWN_MANIFESTS if p in {p for p, _ in DAEMONSETS}], ids=lambda p: p.name
)
def test_walking_through_the_wizard_changes_nothing(path, signed_in, admin, demo):
    text = documents.decode(path.read_bytes())
    draft = drafts.create(admin, "offline", demo.name, text)
    address = reverse("draft-step", args=[draft.pk, STEPS[0]])
    for slug in STEPS:
        page = signed_in.get(address)
        assert page.status_code == 200, slug
        posted = submitted(page.content.decode(), "step-form")
        answer = signed_in.post(address, posted | {"op": "next"})
        assert answer.status_code == 303, slug
        address = answer["Location"]
    draft.refresh_from_db()
    assert (draft.text, draft.version) == (text, 1)
