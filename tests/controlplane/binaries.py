"""Where the programs of a control plane are on this machine."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

KUBERNETES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
MISSING = "no control plane to test against"
HOW_TO_GET = (
    "run `make control-plane` (Debian, about four minutes, once), "
    f"or set KUBEBUILDER_ASSETS to a folder with {', '.join(KUBERNETES)}, etcd"
)


@dataclass(frozen=True, slots=True)
class Binaries:
    apiserver: Path
    controller_manager: Path
    scheduler: Path
    etcd: Path


def cache() -> Path:
    """The folder `.ci/control-plane` fills."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "daemonset-console" / "control-plane"


def find() -> Binaries | None:
    """The programs of $KUBEBUILDER_ASSETS, else of the cache: of one folder, so that their versions fit.

    etcd may come from elsewhere on PATH.
    """
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    for folder in ([Path(assets)] if assets else []) + [cache()]:
        kubernetes = [folder / name for name in KUBERNETES]
        own_etcd = folder / "etcd"
        etcd = str(own_etcd) if os.access(own_etcd, os.X_OK) else shutil.which("etcd")
        if etcd and all(os.access(program, os.X_OK) for program in kubernetes):
            return Binaries(*kubernetes, Path(etcd))
    return None


def required() -> bool:
    """Whether tests fail, rather than be skipped, where there is no control plane."""
    return bool(os.environ.get("CI")) or os.environ.get("REQUIRE_CONTROL_PLANE") == "1"
