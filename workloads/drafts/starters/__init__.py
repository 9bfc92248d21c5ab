"""Starting manifests: the smallest useful manifest of a kind, a file each in this folder.

Which kinds have one says the table of kinds (`starter`); the file is called as the kind, in lower case.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from django.utils.translation import gettext as _

from console.errors import BadInput
from workloads.kinds import KINDS as ALL_KINDS

KINDS: Final = tuple(row.kind for row in ALL_KINDS if row.starter)


def starter(kind: str) -> str:
    """Raises BadInput for a kind without a starting manifest."""
    if kind not in KINDS:
        raise BadInput(_("This kind has no starting manifest."), code="no-starter")
    return files(__name__).joinpath(f"{kind.lower()}.yaml").read_text(encoding="utf-8")
