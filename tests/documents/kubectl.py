"""What kubectl itself makes of a text, where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess


def kubectl_reads(text: str) -> list | None:
    """The objects of a text, Lists taken apart; None without kubectl."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return None
    # The only command that prints what it read without asking a cluster; it adds an annotation on the way.
    command = [kubectl, "annotate", "--local", "--overwrite", "-f", "-", "-o", "json", "tests/read=it"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    rest, objects = done.stdout.decode(), []
    while rest := rest.lstrip():
        value, end = json.JSONDecoder().raw_decode(rest)
        objects += value["items"] if value["kind"] == "List" else [value]
        rest = rest[end:]
    for value in objects:
        del value["metadata"]["annotations"]["tests/read"]
    return objects
