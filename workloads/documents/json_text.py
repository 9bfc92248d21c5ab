"""JSON text to nodes: one value or several one after another, as kubectl reads a JSON stream.

YAML readers refuse escaped surrogate pairs, which JSON writers produce for every emoji; therefore a reader of
its own.
"""

from __future__ import annotations

import json
import math
import re

from workloads.documents.errors import DocumentError, Problem, gettext_noop, short
from workloads.documents.limits import Limits
from workloads.documents.nodes import MAPPING, SCALAR, SEQUENCE, Entry, Lines, Node, Part
from workloads.documents.paths import Json
from workloads.documents.scalars import MAX_DIGITS, canonical

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")
    | (?P<number>-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][-+]?[0-9]+)?)(?![0-9.\w])
    | (?P<word>true|false|null)\b
    | (?P<mark>[{}\[\],:])
    )""",
    re.VERBOSE,
)
_BLANK = re.compile(r"[ \t\r\n]*")
_BETWEEN = re.compile(r"[ \t\r\n\ufeff]*")  # of files that were joined, each may have a byte order mark
_WORDS = {"true": True, "false": False, "null": None}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

_VALUE, _FIRST_KEY, _KEY, _COLON, _AFTER, _FIRST_ITEM = range(6)


class NotJson(DocumentError):
    """The text breaks JSON's grammar; it may still be YAML."""


def looks_like_json(text: str) -> bool:
    blank = _BLANK.match(text)
    return text[blank.end() if blank else 0 :][:1] in ("{", "[")


def read_json(text: str, base: int, limits: Limits) -> list[Part]:
    """The values of `text` from offset `base` on, each with its span. Raises DocumentError."""
    parts: list[Part] = []
    at = base
    count = 0
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        if at == len(text):
            return parts
        root, at, count = _value(text, at, count, limits)
        parts.append(Part(root.start, root.end, root, "json"))
        if len(parts) > limits.documents:
            raise too_many_documents(text, root.start, limits)


def too_many_documents(text: str, at: int, limits: Limits) -> DocumentError:
    return DocumentError(
        TOO_MANY_DOCUMENTS, *Lines(text).mark(at), params={"limit": limits.documents}, too_large=True
    )


def _value(text: str, at: int, count: int, limits: Limits) -> tuple[Node, int, int]:
    """The value that starts at `at`, where it ends, and `count` with all its keys and values added."""
    stack: list[tuple[Node, Node | None]] = []  # open collections, each with the key it is the value of
    key: Node | None = None
    state = _VALUE
    while True:
        count += state != _COLON and state != _AFTER
        if count > limits.values:
            raise DocumentError(
                TOO_MANY_VALUES, *Lines(text).mark(at), params={"limit": limits.values}, too_large=True
            )
        token = _TOKEN.match(text, at)
        if token is None:
            raise _wrong(text, at, state)
        kind = token.lastgroup
        if kind in ("fraction", "exponent"):
            kind = "number"
        start, at = token.start(kind or 0), token.end()
        mark = text[start] if kind == "mark" else ""
        if state == _COLON:
            if mark != ":":
                raise _wrong(text, start, state)
            state = _VALUE
            continue
        if state == _AFTER:
            closing = "}" if stack[-1][0].kind == MAPPING else "]"
            if mark == ",":
                state = _KEY if closing == "}" else _VALUE
                continue
            if mark != closing:
                raise _wrong(text, start, state)
        elif state in (_KEY, _FIRST_KEY) and kind == "string":
            name = _string(text, start, at)
            key = Node(SCALAR, start, at, name, '"', None, False)
            if name in stack[-1][0].value:
                place = Lines(text).mark(start)
                raise DocumentError(DUPLICATE_KEY, *place, params={"key": short(name)})
            state = _COLON
            continue
        if mark and mark in "{[" and state in (_VALUE, _FIRST_ITEM):
            if len(stack) >= limits.depth:
                raise DocumentError(TOO_DEEP, *Lines(text).mark(start), params={"limit": limits.depth})
            node = (
                Node(MAPPING, start, at, {}, "flow", None, False)
                if mark == "{"
                else Node(SEQUENCE, start, at, [], "flow", None, False)
            )
            stack.append((node, key))
            state = _FIRST_KEY if mark == "{" else _FIRST_ITEM
            continue
        if mark:
            closes = (mark == "}" and state in (_AFTER, _FIRST_KEY)) or (
                mark == "]" and state in (_AFTER, _FIRST_ITEM)
            )
            if not closes:
                raise _wrong(text, start, state)
            node, key = stack.pop()
            node.end = at
        elif state in (_VALUE, _FIRST_ITEM):
            node = Node(SCALAR, start, at, _scalar(text, token, kind, start, at), None, None, False)
            if kind == "string":
                node.style = '"'
        else:
            raise _wrong(text, start, state)
        if not stack:
            return node, at, count
        parent = stack[-1][0]
        if parent.kind == SEQUENCE:
            parent.items.append(node)
            parent.value.append(node.value)
        elif key is not None:
            parent.entries.append(Entry(key.value, key, node))
            parent.value[key.value] = node.value
        state = _AFTER


def _scalar(text: str, token: re.Match[str], kind: str | None, start: int, end: int) -> Json:
    if kind == "string":
        return _string(text, start, end)
    if kind == "word":
        return _WORDS[token["word"]]
    number = token["number"]
    if token["fraction"] is None and token["exponent"] is None and len(number) < MAX_DIGITS:
        return int(number)
    approximate = float(number)
    if math.isinf(approximate):
        raise DocumentError(NO_JSON_NUMBER, *Lines(text).mark(start))
    return canonical(approximate)


def _string(text: str, start: int, end: int) -> str:
    raw = text[start + 1 : end - 1]
    if "\\" not in raw:
        return raw
    try:
        value: str = json.loads(text[start:end])
    except ValueError:
        raise NotJson(WRONG_ESCAPE, *Lines(text).mark(start)) from None
    # Go puts the replacement character in place of half a surrogate pair; no file could hold it.
    return _LONE_SURROGATE.sub("\ufffd", value)


def _wrong(text: str, at: int, state: int) -> NotJson:
    blank = _BLANK.match(text, at)
    at = blank.end() if blank else at
    place = Lines(text).mark(at)
    if at == len(text):
        return NotJson(JSON_ENDS_EARLY, *place)
    return NotJson(_EXPECTED[state], *place)


DUPLICATE_KEY = Problem("duplicate-key", gettext_noop("The key “%(key)s” appears twice in the same mapping."))
TOO_DEEP = Problem("too-deep", gettext_noop("The manifest is nested deeper than %(limit)s levels."))
TOO_MANY_VALUES = Problem("too-many-values", gettext_noop("The manifest has more than %(limit)s values."))
TOO_MANY_DOCUMENTS = Problem(
    "too-many-documents", gettext_noop("The manifest has more than %(limit)s documents.")
)
NO_JSON_NUMBER = Problem(
    "no-json-number", gettext_noop("Kubernetes cannot store this number: JSON has no infinity and no NaN.")
)
WRONG_ESCAPE = Problem(
    "wrong-escape",
    gettext_noop("Invalid escape sequence (a backslash and what follows it) in this quoted text."),
)
JSON_ENDS_EARLY = Problem("json-ends-early", gettext_noop("The JSON ends before every { and [ is closed."))
_EXPECTED = {
    _VALUE: Problem(
        "json-value",
        gettext_noop("JSON needs a value here: text in double quotes, a number, true, false, null, { or [."),
    ),
    _FIRST_ITEM: Problem("json-item", gettext_noop("JSON needs a value or ] here.")),
    _FIRST_KEY: Problem("json-first-key", gettext_noop("JSON needs a key in double quotes or } here.")),
    _KEY: Problem(
        "json-key",
        gettext_noop("JSON needs a key in double quotes here. Remove the comma if it is followed by }."),
    ),
    _COLON: Problem("json-colon", gettext_noop("JSON needs a colon after the key.")),
    _AFTER: Problem("json-comma", gettext_noop("JSON needs a comma or the closing bracket here.")),
}
