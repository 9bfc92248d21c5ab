"""Small manifests for the tests of the stores."""

from __future__ import annotations


def daemonset_text(
    name: str = "agent", *, image: str = "nginx:1", namespace: str = "", more: str = ""
) -> str:
    """A valid DaemonSet; `more` is put into its metadata, line by line."""
    where = f"\n  namespace: {namespace}" if namespace else ""
    extra = "".join(f"\n  {line}" for line in more.splitlines())
    return f"""apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {name}{where}{extra}
spec:
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
      - name: main
        image: {image}
"""


def config_map(name: str, value: str = "1") -> str:
    return f'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  key: "{value}"\n'


def namespace(name: str, alias: str = "", description: str = "") -> str:
    notes = ""
    if alias or description:
        notes = (
            f"  annotations:\n    kubesphere.io/alias-name: {alias}\n"
            f"    kubesphere.io/description: {description}\n"
        )
    return f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n{notes}"


def node(name: str, labels: dict[str, str] | None = None) -> str:
    lines = "".join(f"    {key}: {value}\n" for key, value in (labels or {}).items())
    return f"apiVersion: v1\nkind: Node\nmetadata:\n  name: {name}\n" + (
        f"  labels:\n{lines}" if lines else ""
    )
