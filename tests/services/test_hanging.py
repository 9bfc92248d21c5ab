"""Reviews and stores where an admission webhook never answers: counted in requests, not seconds."""

from __future__ import annotations

import pytest

from tests import kube_api
from tests.services.planning import plan
from tests.stores.texts import config_map, daemonset_text
from workloads.services.apply import apply_plan
from workloads.stores import store_for
from workloads.stores.cluster.patience import TIMEOUTS

MANY = 60
MOST_ASKED = TIMEOUTS + 8
"""Those that are under way when the last time-out is known."""
WEBHOOK = kube_api.status(
    500,
    'Internal error occurred: failed calling webhook "w": failed to call webhook: context deadline exceeded',
)


class Hanging(kube_api.KubeApi):
    """Has a webhook for what `hangs` says: (method, path with query) → whether it waits for it in vain."""

    def __init__(self):
        super().__init__()
        self.hangs = lambda _method, _path: False
        self.fault = WEBHOOK
        self.waited = []

    def respond(self, handler):
        if handler.command != "GET" and self.hangs(handler.command, handler.path):
            self.waited.append(handler.path)
            return self.fault
        return super().respond(handler)


@pytest.fixture
def api():
    api = Hanging()
    api.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}})
    return api


@pytest.fixture
def store(admin, settings, tmp_path, api):
    with kube_api.FakeServer(tmp_path, api) as server:
        settings.KUBECONFIG = str(server.kubeconfig)
        settings.CLUSTER_DRY_RUN_SECONDS = 600
        yield store_for("faulty", admin)


def config_maps(count):
    return [config_map(f"c{number}") for number in range(count)]


@pytest.mark.parametrize("fault", [WEBHOOK, kube_api.status(504, "too late"), kube_api.hang])
def test_a_review_gives_up_after_some_time_outs_and_shows_the_rest_as_untried(store, api, settings, fault):
    settings.CLUSTER_WRITE_SECONDS = 0.2 if fault is kube_api.hang else 60
    api.hangs, api.fault = lambda _method, path: "dryRun" in path, fault
    found = plan(store, *config_maps(MANY))
    assert TIMEOUTS <= len(api.waited) < MOST_ASKED
    assert len(found.documents) == MANY
    assert all(item.untried and item.intent == "create" for item in found.documents)
    assert not found.blocked
    assert len({item.untried for item in found.documents}) == 2  # those that timed out, and the others


def test_a_review_asks_all_where_only_one_hangs(store, api):
    api.hangs = lambda _method, path: "dryRun" in path and "/configmaps" in path
    texts = [config_map("c"), *(daemonset_text(f"agent-{number}") for number in range(MANY))]
    found = plan(store, *texts)
    assert [bool(item.untried) for item in found.documents] == [True, *[False] * MANY]


def test_a_slow_review_ends(store, api, settings):
    settings.CLUSTER_DRY_RUN_SECONDS = 0
    found = plan(store, *config_maps(3))
    assert all(item.untried for item in found.documents)
    assert {request.method for request in api.requests} == {"GET"}


def test_what_fails_otherwise_is_said_of_each(store, api):
    api.hangs, api.fault = lambda _method, path: "dryRun" in path, kube_api.status(500, "no quorum")
    found = plan(store, *config_maps(MANY))
    assert len(api.waited) == MANY
    assert all("no quorum" in item.untried for item in found.documents)


def test_what_is_stored_gives_up_too_and_says_what_was_not_tried(store, api):
    texts = [config_map("c"), *(daemonset_text(f"agent-{number}") for number in range(MANY))]
    found = plan(store, *texts)
    api.hangs = lambda _method, path: "/daemonsets" in path
    first, *others = apply_plan(store, found)
    assert first.outcome == "created"
    failed = [result for result in others if result.error]
    assert TIMEOUTS <= len(failed) == len(api.waited) < MOST_ASKED
    assert {result.error.code for result in failed} == {"cluster-failed"}
    assert not any(result.outcome for result in others)
    assert len(others) == MANY
