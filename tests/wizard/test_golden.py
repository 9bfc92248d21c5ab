"""Every step × every manifest: open it, save it unchanged, and nothing is changed."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from tests.conftest import MANIFESTS
from tests.wizard.html_forms import submitted
from workloads import documents
from workloads.daemonsets.findings import STEPS
from workloads.wizard.steps import BoundStep, bind, get_step

DAEMONSETS = [
    pytest.param(path.read_bytes(), document.index, id=f"{path.name}-{document.index}")
    for path in MANIFESTS
    for document in documents.read(path.read_bytes())
    if document.kind == "DaemonSet"
]


def render(bound: BoundStep) -> str:
    return render_to_string("workloads/wizard/_step.html", {"bound": bound, "yaml_url": "?doc=0"})


@pytest.mark.parametrize("slug", STEPS)
@pytest.mark.parametrize(("text", "index"), DAEMONSETS)
def test_a_step_saved_unchanged_changes_nothing(slug, text, index):
    text = documents.decode(text)
    document = documents.read(text)[index]
    step = get_step(slug)
    posted = submitted(render(bind(step, document.value, locate=document.locate)))

    bound = bind(step, document.value, posted, locate=document.locate)

    assert bound.is_valid(), bound.errors
    assert bound.changes() == []
    assert bound.apply(text, index) == text
