"""Manifests as text: read as kubectl reads, edited without losing anything, generated, compared, merged."""

from workloads.documents.bundle import add, convert, edit_each, extract, move, own_text, remove, unlist
from workloads.documents.compare import DiffLine, diff
from workloads.documents.editor import edit, move_item
from workloads.documents.errors import DocumentError, EditRefused
from workloads.documents.limits import LIMITS, Limits
from workloads.documents.merge import SIDES, Clash, Merged, Side, choose, clashes, merge, merge_cleanly
from workloads.documents.nodes import Mark
from workloads.documents.paths import ABSENT, Change, Item, NoSuchPath, Path, get, item, patch, resolve, show
from workloads.documents.reader import Document, decode, read
from workloads.documents.salvage import BrokenDocument, blanked, broken_documents, without
from workloads.documents.writer import to_json, to_yaml

__all__ = [
    "ABSENT",
    "LIMITS",
    "SIDES",
    "BrokenDocument",
    "Change",
    "Clash",
    "DiffLine",
    "Document",
    "DocumentError",
    "EditRefused",
    "Item",
    "Limits",
    "Mark",
    "Merged",
    "NoSuchPath",
    "Path",
    "Side",
    "add",
    "blanked",
    "broken_documents",
    "choose",
    "clashes",
    "convert",
    "decode",
    "diff",
    "edit",
    "edit_each",
    "extract",
    "get",
    "item",
    "merge",
    "merge_cleanly",
    "move",
    "move_item",
    "own_text",
    "patch",
    "read",
    "remove",
    "resolve",
    "show",
    "to_json",
    "to_yaml",
    "unlist",
    "without",
]
