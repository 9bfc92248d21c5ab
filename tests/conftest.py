"""Shared by all tests. MANIFESTS: every real manifest at hand, the project's own and ../shared's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.template import Template
from django.utils import translation
from hypothesis import settings

pytest_plugins = ["tests.controlplane.plugin"]

settings.register_profile("untimed", deadline=None)  # a busy machine makes no example wrong
settings.load_profile("untimed")

HERE = Path(__file__).parent
SHARED = HERE.parent.parent / "shared"
OWN_MANIFESTS = sorted((HERE / "manifests").glob("*.y*ml"))
SHARED_MANIFESTS = sorted((SHARED / "corpus").glob("*/*.y*ml"))
MANIFESTS = [p for p in OWN_MANIFESTS + SHARED_MANIFESTS if "broken" not in p.name]

MAY_BE_SKIPPED = ("../shared", "got empty parameter set")
"""In the reason of a skip: it needs material beside the project, or is done for each file of that."""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """With CI set, a skipped test is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = [
        report
        for report in (reporter.stats.get("skipped", []) if reporter else [])
        if not any(reason in str(report.longrepr) for reason in MAY_BE_SKIPPED)
    ]
    if skipped and os.environ.get("CI") and not hasattr(session.config, "workerinput"):
        reporter.write_line("")
        reporter.write_line(f"{len(skipped)} tests were skipped; in CI none may be.", red=True, bold=True)
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _render(template, context):
    return template.nodelist.render(context)


@pytest.fixture(scope="session", autouse=True)
def _pages_are_read(django_test_environment):
    """Tests read what pages say. Without the copies of contexts that Django's test client keeps for every
    fragment, which it does through this method, pages take a third less time."""
    Template._render = _render


@pytest.fixture(autouse=True)
def _english():
    """A request leaves its language behind in the thread."""
    yield
    translation.deactivate()


@pytest.fixture
def admin(db, django_user_model):
    """The one administrator of a fresh console."""
    return django_user_model.objects.create_superuser("admin")


@pytest.fixture
def signed_in(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture
def demo(db):
    """An offline project without anything in it."""
    from console.projects.models import Project

    return Project.objects.create(name="demo")
