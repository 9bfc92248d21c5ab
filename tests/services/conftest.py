from __future__ import annotations

import pytest

from workloads.stores import store_for


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)
