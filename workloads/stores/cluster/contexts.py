"""The contexts of the operator's own kubeconfig, and their keys in addresses.

A kubeconfig may name programs to run, so only the file the console was started with is ever read.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml
from django.conf import settings

from console.projects import OFFLINE

log = logging.getLogger(__name__)

Stamp: TypeAlias = tuple[tuple[str, int, int], ...]
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,63}")
_MAX_SLUG: Final = 40


@dataclass(frozen=True, slots=True)
class Context:
    """`namespace`: the one the context chooses, or "". `stamp`: of the files it was read from."""

    key: str
    name: str
    namespace: str
    stamp: Stamp


def contexts() -> list[Context]:
    """In the order of the files. A file that cannot be read has none; the log says so."""
    return list(_read(_stamp()))


def key_of(name: str) -> str:
    """The key of a context in addresses: its name where that can be one, else what is left of it and a
    digest, so that the keys of two contexts differ and none changes when another comes or goes."""
    if _PLAIN.fullmatch(name) and name != OFFLINE:
        return name
    slug = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:_MAX_SLUG]
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{slug}-{digest}" if slug else digest


def _stamp() -> Stamp:
    """(path, time of the last change in ns, size) of each file; as in kubectl there may be several."""
    stamp = []
    for path in settings.KUBECONFIG.split(os.pathsep):
        try:
            state = os.stat(path)
        except OSError:
            continue
        stamp.append((path, state.st_mtime_ns, state.st_size))
    return tuple(stamp)


@lru_cache(maxsize=4)
def _read(stamp: Stamp) -> tuple[Context, ...]:
    found: dict[str, Context] = {}
    for path, _mtime, _size in stamp:
        for name, namespace in _names(path):
            found.setdefault(name, Context(key_of(name), name, namespace, stamp))  # the first file wins
    return tuple(found.values())


def _names(path: str) -> list[tuple[str, str]]:
    try:
        config = yaml.safe_load(Path(path).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        # The error itself would quote the file, and with it credentials.
        log.warning("The kubeconfig %s cannot be read", path)
        return []
    listed: Any = config.get("contexts") if isinstance(config, dict) else None
    out = []
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and isinstance(item.get("name"), str) and item["name"]:
            context = item.get("context")
            namespace = context.get("namespace") if isinstance(context, dict) else ""
            out.append((item["name"], namespace if isinstance(namespace, str) else ""))
    return out
