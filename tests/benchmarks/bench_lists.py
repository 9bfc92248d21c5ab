"""How lists and imports grow: python -m tests.benchmarks.bench_lists"""

from __future__ import annotations

import sys
from typing import Any

from tests.benchmarks.fresh import with_console
from tests.benchmarks.ratio import Ratio, best, report

FEW, MANY = 50, 5_000
IMPORTED = 1_000

MANIFEST = """\
# Collects the logs of team {number}.
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent-{number}
  labels:
    app.kubernetes.io/name: agent-{number}
  annotations:
    kubesphere.io/alias-name: 日志采集 {number}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: agent-{number}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 10%
  template:
    metadata:
      labels:
        app.kubernetes.io/name: agent-{number}
    spec:
      nodeSelector:
        kubernetes.io/os: linux
      tolerations:
      - key: node-role.kubernetes.io/control-plane
        effect: NoSchedule
      containers:
      - name: collector
        image: registry.example.com/logs/collector:1.{number}
        args: ["--config=/etc/agent/agent.yaml", "--level=info"]
        env:
        - name: NODE_NAME
          valueFrom:
            fieldRef:
              fieldPath: spec.nodeName
        ports:
        - name: metrics
          containerPort: 9100
        resources:
          requests:
            cpu: 50m
            memory: 64Mi
          limits:
            memory: 128Mi
        volumeMounts:
        - name: logs
          mountPath: /var/log
          readOnly: true
      volumes:
      - name: logs
        hostPath:
          path: /var/log
"""

# So much that no project uses it up: what a quota stops is said of the few rows of a small project only.
QUOTA = """\
apiVersion: v1
kind: ResourceQuota
metadata:
  name: quota
spec:
  hard:
    count/daemonsets.apps: "1000000"
    pods: "1000000"
    requests.cpu: "1000000"
    requests.memory: 1Pi
    limits.memory: 1Pi
"""


def manifests(count):
    return [MANIFEST.format(number=number) for number in range(count)]


def measure(person: Any, client: Any) -> int:
    from workloads import documents
    from workloads.services.apply import apply_plan
    from workloads.services.plan import make_plan
    from workloads.stores import store_for
    from workloads.stores.offline.store import first_start

    first_start(person)  # its nodes are part of every list
    store = store_for("offline", person)

    def visit(project):
        def page():
            response = client.get(f"/clusters/offline/projects/{project}/daemonsets/?q=agent&sort=-updated")
            assert response.status_code == 200, response.status_code

        return page

    for project, count in (("few", FEW), ("many", MANY)):
        store.create_project(project)
        with store.transaction():
            store.apply(QUOTA, project=project, base="")
            for text in manifests(count):
                store.apply(text, project=project, base="")

    bundle = "---\n".join(manifests(IMPORTED))

    def read():
        assert len(documents.read(bundle)) == IMPORTED

    imported = iter(range(100))

    def load():
        project = f"import-{next(imported)}"
        store.create_project(project)
        plan = make_plan(store, bundle, project=project)
        results = apply_plan(store, plan)
        assert all(result.outcome == "created" for result in results)

    parsing, importing = best(read, 3), best(load, 3)
    few, many = best(visit("few")), best(visit("many"))
    return report(
        Ratio(f"list page with {MANY} DaemonSets / with {FEW}", many / few, 2),
        Ratio(f"import of {IMPORTED} documents / reading them", importing / parsing, 3),
    )


if __name__ == "__main__":
    sys.exit(with_console(measure))
