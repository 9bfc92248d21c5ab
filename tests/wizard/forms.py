"""A step of one document: opened, filled in and applied, as the pages do it."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.template.loader import render_to_string

from tests.wizard.html_forms import submitted
from workloads import documents
from workloads.daemonsets.project.facts import NOTHING_KNOWN
from workloads.wizard.form.codecs import FLAG
from workloads.wizard.form.step import BoundStep, bind, get_step
from workloads.wizard.form.tree import FieldNode, RowNode


def opened(slug: str, text: str, posted=None, *, facts=NOTHING_KNOWN, stored=False) -> BoundStep:
    document = documents.read(text)[0]
    return bind(get_step(slug), document.value, posted, facts=facts, locate=document.locate, stored=stored)


def page_of(bound: BoundStep) -> BeautifulSoup:
    return BeautifulSoup(html(bound), "html.parser")


def html(bound: BoundStep) -> str:
    """What the page of the step puts into its form."""
    return render_to_string("workloads/drafts/_step.html", {"bound": bound, "yaml_url": "?doc=0"})


def fields(slug: str, text: str, **how) -> dict[str, str]:
    """What a browser would submit of the untouched form."""
    return submitted(html(opened(slug, text, **how)))


def filled(slug: str, text: str, changes, *, facts=NOTHING_KNOWN, stored=False) -> str:
    """The text after the form was sent with `changes` (field → string; None: a box that is not ticked)."""
    posted = fields(slug, text, facts=facts, stored=stored) | dict(changes)
    posted = {name: value for name, value in posted.items() if value is not None}
    bound = opened(slug, text, posted, facts=facts, stored=stored)
    assert bound.is_valid(), bound.errors
    return bound.apply(text, 0)


def added(slug: str, text: str, target: str, changes=(), **how) -> dict[str, str]:
    """What a browser would submit after the button that adds a row to `target`, with `changes` filled in."""
    posted = fields(slug, text, **how) | dict(changes) | {"op": f"add:{target}"}
    return submitted(html(opened(slug, text, posted, **how)))


def meaning(text: str):
    return documents.read(text)[0].value


def changed_lines(old: str, new: str) -> list[str]:
    return [line.kind + line.text for line in documents.diff(old, new, 0) if line.kind in "+-"]


def typed(nodes):
    """What a browser would post of these nodes untouched."""
    posted = {}
    for top in nodes:
        for node in top.walk():
            if isinstance(node, RowNode):
                posted[node.prefix + "key"] = node.key
            elif (
                isinstance(node, FieldNode)
                and node.shown is not None
                and (node.shown or node.decl.codec is not FLAG)
            ):
                posted[node.name] = node.shown.replace("\n", "\r\n")
    return posted
