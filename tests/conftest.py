"""Shared by all tests. `corpus` is every real manifest at hand: the project's own, and ../shared's where present."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["tests.controlplane.plugin"]

HERE = Path(__file__).parent
SHARED = HERE.parent.parent / "shared"
OWN_MANIFESTS = sorted((HERE / "manifests").glob("*.y*ml"))
SHARED_MANIFESTS = sorted((SHARED / "corpus").glob("*/*.y*ml"))
MANIFESTS = [p for p in OWN_MANIFESTS + SHARED_MANIFESTS if "broken" not in p.name]


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
