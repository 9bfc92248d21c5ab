"""How quick reading and editing are: python -m tests.benchmarks.bench_documents"""

from __future__ import annotations

import io
import sys

import yaml
from ruamel.yaml import YAML

from tests.benchmarks.ratio import Ratio, best, report
from workloads.documents import Limits, edit, read, to_yaml

DOCUMENTS = 1000


def container(i):
    """A container as manifests have them, with a comment or two."""
    return f"""\
      # container {i}
      - name: agent-{i}
        image: registry.example.com/agents/agent-{i}:1.{i}.0 # pinned
        args:
        - --node=$(NODE_NAME)
        - --level=info
        env:
        - name: NODE_NAME
          valueFrom:
            fieldRef:
              fieldPath: spec.nodeName
        - name: MODE
          value: "0644"
        ports:
        - name: metrics
          containerPort: {9000 + i}
          protocol: TCP
        resources:
          requests: {{cpu: 100m, memory: 64Mi}}
          limits:
            memory: 128Mi
        livenessProbe:
          httpGet:
            path: /healthz
            port: metrics
          periodSeconds: 20
        volumeMounts:
        - name: logs
          mountPath: /var/log
          readOnly: true
"""


HEAD = """\
# An agent on every node.
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  namespace: kube-system
  labels:
    app.kubernetes.io/name: agent
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: agent
  template:
    metadata:
      labels:
        app.kubernetes.io/name: agent
    spec:
      tolerations:
      - operator: Exists
      volumes:
      - name: logs
        hostPath: {path: /var/log}
      containers:
"""
IMAGE = ("spec", "template", "spec", "containers", 3, "image")


def main() -> int:
    text = HEAD + "".join(map(container, range(6)))
    many = "---\n".join(
        to_yaml(read(HEAD.replace("name: agent\n", f"name: agent-{i}\n") + container(i))[0].value)
        for i in range(DOCUMENTS)
    )
    limits = Limits(size=len(many), documents=DOCUMENTS, values=len(many))

    def csafe(source):
        return list(yaml.load_all(source, Loader=yaml.CSafeLoader))

    def round_trip():
        ruamel = YAML()
        ruamel.preserve_quotes = True
        value = ruamel.load(text)
        value["spec"]["template"]["spec"]["containers"][3]["image"] = "registry.example.com/other:2"
        ruamel.dump(value, io.StringIO())

    def one_edit():
        edit(text, 0, [(IMAGE, "registry.example.com/other:2")])

    lines = text.count("\n")
    return report(
        Ratio(
            f"read {lines} lines, against CSafeLoader",
            best(lambda: read(text)) / best(lambda: csafe(text)),
            3,
        ),
        Ratio(f"one edit in {lines} lines, against ruamel", best(one_edit) / best(round_trip), 0.25),
        Ratio(
            f"read {DOCUMENTS} documents, against CSafeLoader",
            best(lambda: read(many, limits), 2) / best(lambda: csafe(many), 2),
            3,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
