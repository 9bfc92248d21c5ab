"""What is wrong with a stored DaemonSet."""

from __future__ import annotations

from collections.abc import Sequence

from workloads.daemonsets.manifest.findings import Finding
from workloads.daemonsets.project.facts import NOTHING_KNOWN
from workloads.daemonsets.rules.inspection import inspect
from workloads.services.facts import project_facts
from workloads.stores.protocol import Store, Stored


def findings_of(store: Store, stored: Stored) -> Sequence[Finding]:
    """The errors first. Offline, the project is examined too; on a cluster that would be a dozen requests for
    every look at the page, so only the rules of Kubernetes are."""
    facts = NOTHING_KNOWN if store.capabilities().runs_pods else project_facts(store, stored.ref.project)
    found = inspect(stored.text, facts).all_findings
    return sorted(found, key=lambda finding: finding.severity != "error")
