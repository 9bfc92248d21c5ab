"""Templates for “Add a document”: the smallest useful manifest of each kind."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _

from console.errors import BadInput

_STARTERS: Final = {
    "DaemonSet": """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector:
    matchLabels:
      app: agent
  template:
    metadata:
      labels:
        app: agent
    spec:
      containers:
      - name: agent
        image: example.com/agent:1.0
        resources:
          requests:
            cpu: 50m
            memory: 64Mi
          limits:
            memory: 128Mi
""",
    "ConfigMap": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: agent-config
data:
  agent.conf: |
    # each key is a file
""",
    "Secret": """\
apiVersion: v1
kind: Secret
metadata:
  name: agent-token
type: Opaque
stringData:
  token: ""
""",
    "ServiceAccount": """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: agent
""",
    "PersistentVolumeClaim": """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: agent-data
spec:
  accessModes:
  - ReadWriteMany
  resources:
    requests:
      storage: 1Gi
""",
    "ResourceQuota": """\
apiVersion: v1
kind: ResourceQuota
metadata:
  name: quota
spec:
  hard:
    pods: "100"
    count/daemonsets.apps: "20"
    requests.cpu: "10"
    requests.memory: 20Gi
    limits.cpu: "20"
    limits.memory: 40Gi
""",
    "LimitRange": """\
apiVersion: v1
kind: LimitRange
metadata:
  name: defaults
spec:
  limits:
  - type: Container
    defaultRequest:
      cpu: 50m
      memory: 64Mi
    default:
      cpu: 500m
      memory: 256Mi
""",
}
KINDS: Final = tuple(_STARTERS)


def starter(kind: str) -> str:
    """The template of a kind. Raises BadInput for a kind without one."""
    if kind not in _STARTERS:
        raise BadInput(_("There is no template for this kind."), code="unknown-kind")
    return _STARTERS[kind]
