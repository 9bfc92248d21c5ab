"""Where in a document a cursor is, in text that is being typed and so need not be readable yet.

YAML is followed by its indentation, JSON by its brackets; the answer is a guess good enough to suggest field
names, never used to decide what a text means.
"""

from __future__ import annotations

import re
from typing import Final

from workloads.documents.paths import Path

_SEPARATOR: Final = re.compile(r"^(---|\.\.\.)(\s|$)")
_LEAD: Final = re.compile(r"^( *)((?:- +)*)")
_KEY: Final = re.compile(r"""^( *)((?:- +)*)(?:"([^"]*)"|'([^']*)'|([^\s"'#:\[{][^:#]*?))\s*:(?=\s|$)""")
_TYPE: Final = re.compile(r"""(?:^|[{,]\s*)["']?(apiVersion|kind)["']?\s*:\s*["']?([\w./-]+)""", re.MULTILINE)
_JSON_TOKEN: Final = re.compile(r'"((?:[^"\\]|\\.)*)"?|[{}\[\],:]')


def path_at(text: str, line: int, column: int) -> tuple[str, str, Path]:
    """(apiVersion, kind, path of the mapping that is being typed in) at a 1-based line and column."""
    lines = text.split("\n")
    line = max(1, min(line, len(lines)))
    start = next((i + 1 for i in range(line - 1, -1, -1) if _SEPARATOR.match(lines[i])), 0)
    end = next((i for i in range(line, len(lines)) if _SEPARATOR.match(lines[i])), len(lines))
    types = dict(reversed(_TYPE.findall("\n".join(lines[start:end]))))
    before = [*lines[start : line - 1], lines[line - 1][: column - 1]]
    is_json = next((s.lstrip()[0] in "{[" for s in before if s.strip()), False)
    path = _json_path("\n".join(before)) if is_json else _yaml_path(before)
    return types.get("apiVersion", ""), types.get("kind", ""), path


def _yaml_path(lines: list[str]) -> Path:
    path: list[str | int] = []
    blanks, dashes = _LEAD.findall(lines[-1])[0]
    level = len(blanks + dashes)
    in_list = bool(dashes)
    if in_list:
        path.append(0)
        level = len(blanks)
    for line in reversed(lines[:-1]):
        match = _KEY.match(line)
        if not match:
            continue
        dash, indent = len(match[1]), len(match[1]) + len(match[2])
        key = match[3] or match[4] or match[5]
        if in_list:
            # The owner of a list may be at the same indent as its dashes.
            if indent > level or (match[2] and dash == level):
                continue
        elif match[2] and dash < level <= indent:
            # The first key of the item that is being typed in.
            path.append(0)
            level, in_list = dash, True
            continue
        elif indent >= level:
            continue
        path.append(key)
        level, in_list = indent, False
        if match[2]:
            path.append(0)
            level, in_list = dash, True
    return tuple(reversed(path))


def _json_path(text: str) -> Path:
    stack: list[str | int] = []
    word = key = ""
    for token in _JSON_TOKEN.finditer(text):
        mark = token[0]
        if mark == "{":
            stack.append(key)
            key = ""
        elif mark == "[":
            stack.append(key)
            stack.append(0)
            key = ""
        elif mark == "}":
            del stack[-1:]
        elif mark == "]":
            del stack[-2:]
        elif mark == ":":
            key = word
        elif mark == ",":
            key = ""
        else:
            word = token[1]
    # "" stands for an item of a list or the root, which have no key of their own.
    return tuple(segment for segment in stack if segment != "")
