"""Manifests as text: read as kubectl reads, edited without losing anything, generated, compared, merged."""

from workloads.documents.bundle import add, convert, edit_each, extract, move, remove, unlist
from workloads.documents.compare import DiffLine, Merged, diff, merge
from workloads.documents.editor import edit, move_item
from workloads.documents.errors import DocumentError, EditRefused
from workloads.documents.limits import LIMITS, Limits
from workloads.documents.nodes import Mark
from workloads.documents.paths import ABSENT, Change, Item, NoSuchPath, Path, get, item, patch, resolve, show
from workloads.documents.reader import Document, decode, read
from workloads.documents.writer import to_json, to_yaml

__all__ = [
    "ABSENT",
    "LIMITS",
    "Change",
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
    "add",
    "convert",
    "decode",
    "diff",
    "edit",
    "edit_each",
    "extract",
    "get",
    "item",
    "merge",
    "move",
    "move_item",
    "patch",
    "read",
    "remove",
    "resolve",
    "show",
    "to_json",
    "to_yaml",
    "unlist",
]
