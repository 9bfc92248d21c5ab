"""Static files from the django-ace wheel: only the files that the YAML editor loads, of 12 MB, as `ace/…`.

django-ace is not among the installed apps: its widget needs inline styles, and collecting all of it is slow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.metadata import files, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PREFIX = "ace"
WANTED = (
    "ace.js",
    "ext-language_tools.js",
    "ext-searchbox.js",
    "mode-json.js",
    "mode-yaml.js",
    "css/ace.css",
)
PICTURES = "css/main-*"
"""What ace.css refers to."""
LICENCE = "LICENCE"


class AceFinder(BaseFinder):
    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        spec = find_spec("django_ace")
        places = list(spec.submodule_search_locations or ()) if spec else []
        self.paths = _paths(Path(places[0], "static", "django_ace", "ace")) if places else {}

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        prefix, _, name = path.partition("/")
        found = self.paths.get(name) if prefix == PREFIX else None
        if found is None or not found.is_file():
            return [] if find_all else None
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        for name, path in sorted(self.paths.items()):
            storage = FileSystemStorage(location=path.parents[name.count("/")])
            storage.prefix = PREFIX  # type: ignore[attr-defined]  # collectstatic puts the files below it
            yield name, storage


def _paths(root: Path) -> dict[str, Path]:
    """Address below ace/ → file."""
    wanted = {name: root / name for name in WANTED}
    wanted.update({f"css/{path.name}": path for path in root.glob(PICTURES)})
    wanted.update((LICENCE, Path(str(f.locate()))) for f in files("django-ace") or () if f.name == LICENCE)
    return wanted


def fingerprint() -> str:
    """Changes when a static file may have: versions of the packages, size and time of the console's own."""
    seen = hashlib.sha256()
    for package in ("django", "django-ace", "django-htmx", "whitenoise"):
        seen.update(f"{package} {version(package)}\n".encode())
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(p for p in Path(folder).rglob("*") if p.is_file()):
            state = path.stat()
            seen.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return seen.hexdigest()
