"""What all tests of the console on a live cluster start from."""

from __future__ import annotations

import pytest

from tests.controlplane.visitor import Visitor


@pytest.fixture
def visitor(control_plane, admin, settings):
    settings.KUBECONFIG = str(control_plane.kubeconfig("admin"))
    return Visitor(admin)


@pytest.fixture
def project(control_plane):
    return control_plane.new_namespace()
