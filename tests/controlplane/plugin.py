"""Fixtures for tests against a real control plane; they are skipped, or fail in CI, where there is none.

A test that takes `control_plane` is marked `controlplane`; one that asks for it by name says so itself.
All of them share one cluster: with `-m "browser or controlplane" --dist loadgroup` one worker runs them all,
while the others run the tests with a browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.controlplane import binaries
from tests.controlplane.control_plane import ControlPlane


class _OneWithTheCluster(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith("tests/browser/") else "control plane"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """In place of xdist's own `loadgroup`, which finds no group with pytest 9.2 (it sets `Item._nodeid`)."""
    return _OneWithTheCluster(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "control_plane" in getattr(item, "fixturenames", ()):
            item.add_marker("controlplane")
        if item.get_closest_marker("controlplane"):
            item.add_marker(pytest.mark.xdist_group("control plane"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if binaries.MISSING in str(r.longrepr)]
    if skipped:
        line = f"{len(skipped)} TESTS SKIPPED: {binaries.MISSING}: {binaries.HOW_TO_GET}"
        terminalreporter.write_line(line, yellow=True, bold=True)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running cluster with twelve fake nodes, shared by all tests: work in a `new_namespace()`."""
    programs = binaries.find()
    if programs is None:
        if binaries.required():
            pytest.fail(f"{binaries.MISSING}: {binaries.HOW_TO_GET}", pytrace=False)
        pytest.skip(binaries.MISSING)
    with ControlPlane(programs, tmp_path_factory.mktemp("control-plane")) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _room_for_the_next(request: pytest.FixtureRequest) -> Iterator[None]:
    """What one test has left running slows the controllers down for the others."""
    yield
    if "control_plane" in request.fixturenames:
        request.getfixturevalue("control_plane").tidy()


@pytest.fixture
def kubeconfig(control_plane: ControlPlane) -> Path:
    """The administrator's kubeconfig; its one context is `local`."""
    return control_plane.kubeconfig("admin")
