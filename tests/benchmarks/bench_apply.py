"""How fast a bundle gets onto a real cluster: python -m tests.benchmarks.bench_apply

The review and storing of 300 DaemonSets, against `kubectl apply --server-side` of the same file. Needs the
control plane of the tests and kubectl.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.bench_lists import manifests
from tests.benchmarks.fresh import with_console
from tests.benchmarks.ratio import Ratio, best, report
from tests.controlplane import binaries
from tests.controlplane.control_plane import ControlPlane

SETS = 300
ROUNDS = 3
# No pods: their making would be measured, too.
NOWHERE = "      nodeSelector:\n        example.org/none: here\n"


def bundle() -> str:
    found = [text.replace("      nodeSelector:\n", NOWHERE, 1) for text in manifests(SETS)]
    return "---\n".join(found)


def measure(person: Any, client: Any) -> int:
    from django.test import override_settings

    from workloads.drafts import store as drafts

    kubectl = shutil.which("kubectl")
    programs = binaries.find()
    if kubectl is None or programs is None:
        print("applying was not measured: it needs kubectl, and the control plane of `make control-plane`")
        return 0
    text = bundle()
    with tempfile.TemporaryDirectory() as folder, ControlPlane(programs, Path(folder), nodes=12) as cluster:
        kubeconfig, file = cluster.kubeconfig("admin"), Path(folder) / "bundle.yaml"
        file.write_text(text)
        places = iter([cluster.new_namespace() for _ in range(3 * ROUNDS)])

        def apply() -> None:
            command = [kubectl, "--kubeconfig", str(kubeconfig), "-n", next(places)]
            command += ["apply", "--server-side", "-f", str(file)]
            done = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            assert done.count("serverside-applied") == SETS

        def review(project: str) -> tuple[str, str]:
            draft = drafts.create(person, "local", project, text)
            address = f"/drafts/{draft.id}/review/"
            page = client.get(address)
            assert page.status_code == 200, page.status_code
            [seen] = re.findall(r'name="seen" value="([^"]+)"', page.content.decode())
            return address, seen

        def store(address: str, seen: str) -> None:
            done = client.post(address, {"op": "store", "seen": seen})
            assert done.status_code == 303, done.status_code
            assert client.get(done["Location"]).content.decode().count('data-outcome="created"') == SETS

        with override_settings(KUBECONFIG=str(kubeconfig)):
            theirs = best(apply, ROUNDS)
            both = best(lambda: store(*review(next(places))), ROUNDS)
            reviewed = iter([review(next(places)) for _ in range(ROUNDS)])
            ours = best(lambda: store(*next(reviewed)), ROUNDS)
    return report(
        Ratio(f"review and store {SETS} DaemonSets / kubectl apply --server-side", both / theirs, 0.5),
        Ratio(f"store {SETS} reviewed DaemonSets / kubectl apply --server-side", ours / theirs, 0.2),
    )


if __name__ == "__main__":
    sys.exit(with_console(measure))
