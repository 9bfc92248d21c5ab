"""Move a manifest to another project."""

from __future__ import annotations

from workloads import documents, kinds
from workloads.documents import Change, Document


def move_to_project(text: str, project: str) -> str:
    """The manifest with every namespaced document in `project`. Only `metadata.namespace` changes: what
    names a namespace inside a document (the subjects of a role binding, a host name) stays as it is.

    Raises DocumentError, EditRefused.
    """

    def changes(document: Document) -> list[Change]:
        inside = kinds.namespaced(document.api_version, document.kind)
        return [(("metadata", "namespace"), project)] if inside and document.namespace else []

    return documents.edit_each(text, changes)
