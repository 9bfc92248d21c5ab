"""The status of a DaemonSet, by the numbers its controller reports."""

from __future__ import annotations

import pytest

from workloads.daemonsets.manifest import summary
from workloads.daemonsets.running import status


def daemonset(generation=2, observed=2, strategy="RollingUpdate", deleted=False, **numbers):
    metadata = {"generation": generation} | ({"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {})
    return {
        "metadata": metadata,
        "spec": {"updateStrategy": {"type": strategy}},
        "status": {"observedGeneration": observed, **numbers},
    }


def numbers(desired, current=None, ready=None, available=None, updated=None, misscheduled=0):
    def or_all(value):
        return desired if value is None else value

    return {
        "desiredNumberScheduled": desired,
        "currentNumberScheduled": or_all(current),
        "numberReady": or_all(ready),
        "numberAvailable": or_all(available),
        "updatedNumberScheduled": or_all(updated),
        "numberMisscheduled": misscheduled,
    }


@pytest.mark.parametrize(
    ("value", "state", "tone", "text"),
    [
        (daemonset(**numbers(4)), "running", "ok", "Running"),
        (daemonset(observed=1, **numbers(4)), "unobserved", "busy", "Waiting for the controller"),
        (daemonset(observed=1, deleted=True, **numbers(4)), "deleting", "busy", "Being deleted"),
        (daemonset(**numbers(0)), "idle", "", "No node matches"),
        (daemonset(**numbers(4, updated=1, available=0)), "updating", "busy", "Updating: 1 of 4"),
        (daemonset(strategy="OnDelete", **numbers(4, updated=1)), "outdated", "busy", None),
        (daemonset(strategy="OnDelete", **numbers(4, updated=1, available=3)), "degraded", "bad", None),
        (daemonset(**numbers(4, current=3)), "degraded", "bad", "No pod on 1 of 4 nodes"),
        (daemonset(**numbers(4, ready=3, available=3)), "degraded", "bad", "Available on 3 of 4 nodes"),
        ({"metadata": {"generation": 1}}, "unobserved", "busy", "No report from the controller yet"),
        ({}, "idle", "", None),
        ({"status": "broken", "metadata": []}, "idle", "", None),
        (daemonset(**numbers(4) | {"numberReady": "4"}), "running", "ok", None),
    ],
)
def test_states(value, state, tone, text):
    found = status.of(value)
    assert (found.state, found.tone) == (state, tone)
    assert text in (None, found.text)


def test_pods_where_none_should_run_are_counted_beside_the_state():
    found = status.of(daemonset(**numbers(4, misscheduled=2)))
    assert (found.state, found.misscheduled) == ("running", 2)


def test_a_summary_says_what_a_template_asks_for():
    found = summary.of(
        {
            "metadata": {"annotations": {summary.ALIAS: "别名", summary.DESCRIPTION: "what for"}},
            "spec": {
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
                "template": {
                    "spec": {
                        "initContainers": [{"name": "setup", "image": "b:1"}],
                        "containers": [{"name": "main", "image": "a:1"}, {"name": "side", "image": "b:1"}],
                        "nodeSelector": {"disk": "ssd"},
                        "tolerations": [
                            {"key": "k", "operator": "Exists", "effect": "NoExecute"},
                            {"key": "k", "value": "v"},
                        ],
                        "volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}, {"name": "tmp"}],
                    }
                },
            },
        }
    )
    assert found.images == ["a:1", "b:1"]
    assert [container.name for container in found.containers if container.init] == ["setup"]
    assert found.tolerations == ["k:NoExecute", "k=v"]
    assert found.volumes == {"logs": "hostPath", "tmp": "emptyDir"}
    assert found.strategy_figures == {"maxUnavailable": "10%"}
    assert not found.unselective
    assert not found.tolerates_everything
    assert (found.alias, found.description) == ("别名", "what for")


def test_tolerating_everything_is_told_from_tolerating_something():
    def tolerating(*tolerations):
        return summary.of({"spec": {"template": {"spec": {"tolerations": list(tolerations)}}}})

    assert tolerating({"operator": "Exists"}).tolerates_everything
    assert not tolerating({"operator": "Exists", "effect": "NoSchedule"}).tolerates_everything
