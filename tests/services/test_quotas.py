"""The use of quotas before and after a plan."""

from __future__ import annotations

from tests import builders
from tests.builders import as_text, quota
from tests.services.planning import plan, put
from tests.stores.texts import daemonset_text, node
from workloads.services import quotas


def test_quota_before_and_after(store):
    hard = {"pods": "3", "count/daemonsets.apps": "5"}
    put(store, node("n1"), node("n2"), as_text(quota(hard)), daemonset_text())
    uses = {use.key: use for use in quotas.quota_uses(store, plan(store, daemonset_text("other")))}
    assert (uses["pods"].before, uses["pods"].after, uses["pods"].too_much) == (2, 4, True)
    assert (uses["count/daemonsets.apps"].before, uses["count/daemonsets.apps"].after) == (1, 2)
    assert not any(use.too_much for use in quotas.quota_uses(store, plan(store, daemonset_text())))


def test_a_new_one_whose_tolerations_compare_counts_where_it_runs(store):
    tainted = builders.node("n1", taints=["level=5:NoSchedule"])
    toleration = "      tolerations: [{key: level, operator: Gt, value: '3'}]\n"
    put(store, as_text(tainted), as_text(quota({"pods": 3})))
    [pods] = quotas.quota_uses(store, plan(store, daemonset_text("other") + toleration))
    assert pods.after - pods.before == 1


def test_a_quota_of_the_text_counts_as_the_text_says_it(store):
    put(store, node("n1"), node("n2"), daemonset_text())
    text = f"{daemonset_text('other')}---\n{as_text(quota({'pods': 3}))}"
    [pods] = quotas.quota_uses(store, plan(store, text))
    assert (pods.before, pods.after, pods.too_much) == (2, 4, True)
    put(store, as_text(quota({"pods": 3})))
    text = f"{daemonset_text('other')}---\n{as_text(quota({'pods': 5, 'requests.cpu': 1}))}"
    pods, cpu = quotas.quota_uses(store, plan(store, text))
    assert (pods.before, pods.after, pods.hard, pods.too_much) == (2, 4, 5, False)
    assert (cpu.before, cpu.after, cpu.hard) == (0, 0, 1)


def test_what_is_too_much_comes_first(store):
    put(
        store,
        node("n1"),
        node("n2"),
        as_text(quota({"count/daemonsets.apps": "5", "pods": "9"}, name="a")),
        as_text(quota({"count/daemonsets.apps": "5", "pods": "3"}, name="b")),
    )
    texts = "---\n".join(daemonset_text(name) for name in ("one", "two"))
    figures = quotas.use_figures(quotas.quota_uses(store, plan(store, texts)))
    assert [(each.quota, each.key, each.too_much) for each in figures] == [
        ("b", "pods", True),
        ("b", "count/daemonsets.apps", False),
        ("a", "count/daemonsets.apps", False),
        ("a", "pods", False),
    ]


def test_what_is_kept_of_one_plan_says_nothing_of_another(store):
    put(store, node("n1"), node("n2"), as_text(quota({"pods": "9"})), daemonset_text())
    [first] = quotas.quota_uses(store, plan(store, daemonset_text("other")))
    put(store, node("n3"))
    [second] = quotas.quota_uses(store, plan(store, daemonset_text("other")))
    put(store, daemonset_text("third"))
    [third] = quotas.quota_uses(store, plan(store, daemonset_text("other")))
    assert [(use.before, use.after) for use in (first, second, third)] == [(2, 4), (3, 6), (6, 9)]
