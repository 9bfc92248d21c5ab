"""Pages of a cluster, read again by the Refresh button."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import kube_api as faults
from tests.views.test_live import CLUSTER, Cluster, a_daemonset, a_pod


def test_refresh_renews_the_page_in_place(signed_in_page, console, settings, tmp_path):
    page, there = signed_in_page, Cluster()
    agent = a_daemonset("agent")
    there.daemonsets, there.pods = [agent], [a_pod(agent, "n1")]
    with faults.FakeServer(tmp_path) as server:
        server.fault = there.answer
        settings.KUBECONFIG = str(server.kubeconfig)
        address = f"{console}{CLUSTER}/projects/p/daemonsets/agent/nodes/?q=n"
        page.goto(address)
        expect(page.locator("#runs[data-runs='1'][data-should='3'][data-total='4']")).to_be_visible()
        page.evaluate("window.same = true")
        there.pods.append(a_pod(agent, "n2"))
        refresh = page.locator("#refresh")
        refresh.press("Enter")
        expect(page.locator("#runs[data-runs='2'][data-should='3'][data-total='4']")).to_be_visible()
        assert page.evaluate("window.same"), "not loaded anew"
        assert page.url == address
        expect(refresh).to_be_focused()
