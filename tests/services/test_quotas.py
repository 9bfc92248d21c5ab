"""The use of quotas before and after a plan."""

from __future__ import annotations

from tests.services.planning import plan, put
from tests.stores.texts import daemonset_text, node
from workloads.services import quotas


def test_quota_before_and_after(store):
    quota = (
        "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: q\n"
        'spec:\n  hard:\n    pods: "3"\n    count/daemonsets.apps: "5"\n'
    )
    put(store, node("n1"), node("n2"), quota, daemonset_text())
    uses = {use.key: use for use in quotas.quota_uses(store, plan(store, daemonset_text("other")))}
    assert (uses["pods"].before, uses["pods"].after, uses["pods"].too_much) == (2, 4, True)
    assert (uses["count/daemonsets.apps"].before, uses["count/daemonsets.apps"].after) == (1, 2)
    assert not any(use.too_much for use in quotas.quota_uses(store, plan(store, daemonset_text())))


def test_a_new_one_whose_tolerations_compare_counts_where_it_runs(store):
    tainted = f"{node('n1')}spec:\n  taints: [{{key: level, value: '5', effect: NoSchedule}}]\n"
    quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: q\nspec:\n  hard: {pods: 3}\n"
    toleration = "      tolerations: [{key: level, operator: Gt, value: '3'}]\n"
    put(store, tainted, quota)
    [pods] = quotas.quota_uses(store, plan(store, daemonset_text("other") + toleration))
    assert pods.after - pods.before == 1


def test_a_quota_of_the_text_counts_as_the_text_says_it(store):
    def quota(hard: str) -> str:
        return f"apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: q\nspec:\n  hard: {{{hard}}}\n"

    put(store, node("n1"), node("n2"), daemonset_text())
    text = f"{daemonset_text('other')}---\n{quota('pods: 3')}"
    [pods] = quotas.quota_uses(store, plan(store, text))
    assert (pods.before, pods.after, pods.too_much) == (2, 4, True)
    put(store, quota("pods: 3"))
    text = text.replace("pods: 3", "pods: 5, requests.cpu: 1")
    pods, cpu = quotas.quota_uses(store, plan(store, text))
    assert (pods.before, pods.after, pods.hard, pods.too_much) == (2, 4, 5, False)
    assert (cpu.before, cpu.after, cpu.hard) == (0, 0, 1)
