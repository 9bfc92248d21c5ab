"""Every step × every manifest: open it, save it unchanged, and nothing is changed."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.conftest import MANIFESTS, OWN_MANIFESTS
from tests.wizard.forms import html
from tests.wizard.html_forms import submitted
from workloads import documents
from workloads.daemonsets.manifest.findings import STEPS
from workloads.drafts import store as drafts
from workloads.wizard.form.step import bind, get_step

DAEMONSETS = [
    (path, document.index)
    for path in MANIFESTS
    for document in documents.read(path.read_bytes())
    if (document.api_version, document.kind) == ("apps/v1", "DaemonSet")
]
# (step, whether the DaemonSet is stored already)
FORMS = [(slug, stored) for slug in STEPS for stored in (False, True) if not stored or get_step(slug).stored]


@pytest.mark.parametrize(("slug", "stored"), FORMS)
@pytest.mark.parametrize(("path", "index"), DAEMONSETS, ids=[f"{path.name}-{i}" for path, i in DAEMONSETS])
def test_a_step_saved_unchanged_changes_nothing(path, index, slug, stored):
    text = documents.decode(path.read_bytes())
    document = documents.read(text)[index]
    step = get_step(slug)
    posted = submitted(html(bind(step, document.value, locate=document.locate, stored=stored)))

    bound = bind(step, document.value, posted, locate=document.locate, stored=stored)

    assert bound.is_valid(), bound.errors
    assert bound.changes() == []
    assert bound.apply(text, index) == text


OWN = [(path, index) for path, index in DAEMONSETS if path in OWN_MANIFESTS]


@pytest.mark.parametrize(("path", "index"), OWN, ids=[f"{path.name}-{i}" for path, i in OWN])
def test_walking_through_the_wizard_changes_nothing(path, index, signed_in, admin, demo):
    text = documents.decode(path.read_bytes())
    draft = drafts.create(admin, "offline", demo.name, text)
    address = f"{reverse('draft-step', args=[draft.pk, STEPS[0]])}?doc={index}"
    for slug in STEPS:
        page = signed_in.get(address)
        assert page.status_code == 200, slug
        posted = submitted(page.content.decode(), "step-form")
        answer = signed_in.post(address, posted | {"op": "next"})
        assert answer.status_code == 303, slug
        address = answer["Location"]
    draft.refresh_from_db()
    assert (draft.text, draft.version) == (text, 1)
