"""Reads YAML and JSON as kubectl does. No other module of the console decides what a manifest means.

libyaml delivers events, which are built into nodes and JSON values in one pass, with the limits checked on
the way: neither depth nor aliases can hurt, and nothing recurses deeper than the limit.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from yaml import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    YAMLError,
)
from yaml._yaml import CParser

from workloads.documents.errors import DocumentError, Problem, gettext_noop, short
from workloads.documents.json_text import (
    DUPLICATE_KEY,
    NO_JSON_NUMBER,
    TOO_DEEP,
    TOO_MANY_VALUES,
    WRONG_ESCAPE,
    NotJson,
    looks_like_json,
    read_json,
    too_many_documents,
)
from workloads.documents.limits import LIMITS, Limits
from workloads.documents.nodes import (
    ALIAS,
    BREAK,
    MAPPING,
    SCALAR,
    SEQUENCE,
    Entry,
    Lines,
    Mark,
    Node,
    Note,
    Part,
)
from workloads.documents.paths import Json, Path, position
from workloads.documents.scalars import NUMERIC_START, WORDS, key_name, resolve


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a text, or what is in its place.

    value: its JSON meaning (share it freely, change it never: use `patch`).
    start, end: its character span, separators not included, comments around it included.
    line: 1-based line on which its content starts. format: "yaml" or "json".
    notes: what kubectl makes of its text that its author may not expect.
    """

    index: int
    value: Json
    start: int
    end: int
    line: int
    format: str
    root: Node = field(repr=False, compare=False)
    lines: Lines = field(repr=False, compare=False)
    notes: Sequence[Note] = field(default=(), repr=False, compare=False)

    @property
    def api_version(self) -> str:
        return self._text("apiVersion")

    @property
    def kind(self) -> str:
        return self._text("kind")

    @property
    def name(self) -> str:
        return self._text("metadata", "name")

    @property
    def namespace(self) -> str:
        return self._text("metadata", "namespace")

    def _text(self, *keys: str) -> str:
        value = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""

    def locate(self, path: Path) -> Mark:
        """Where `path` is written (at its key), or the nearest enclosing place that is."""
        node, at = self.root, self.root.start
        for segment in path:
            if node.kind == MAPPING and isinstance(segment, str):
                entry = node.entry(segment)
                if entry is None:
                    entry = next((e for e in node.entries if e.name is None and segment in node.value), None)
                    return self.lines.mark(entry.key.start if entry else at)
                node, at = entry.value, entry.key.start
            elif node.kind == SEQUENCE and not isinstance(segment, str):
                index = position(node.value, segment)
                if not 0 <= index < len(node.items):
                    break
                node = node.items[index]
                at = node.start
            else:
                break
        return self.lines.mark(at)

    def misread_key(self, path: Path) -> str:
        """The key at the end of `path` as it is written, where it is read as something else: `on`, which is
        "true" in the path. "" for other places."""
        at = self.locate(path)
        misread = (note for note in self.notes if note.problem is MISREAD_KEY)
        return next((note.params["key"] for note in misread if self.lines.mark(note.at) == at), "")


def read(text: str | bytes, limits: Limits = LIMITS) -> list[Document]:
    """The documents of a YAML or JSON text, empty ones left out. Raises DocumentError."""
    text = decode(text, limits)
    lines = Lines(text)
    return [
        Document(
            index=index,
            value=part.root.value,
            start=part.start,
            end=part.end,
            line=lines.mark(part.root.start).line,
            format=part.format,
            root=part.root,
            lines=lines,
            notes=part.notes,
        )
        for index, part in enumerate(part for part in parse(text, limits) if not part.empty)
    ]


def decode(data: str | bytes, limits: Limits = LIMITS) -> str:
    """The characters of an uploaded file: UTF-8, or UTF-16 with a byte order mark.

    Raises DocumentError where it is not text, or too large."""
    if len(data) > limits.size or (
        isinstance(data, str) and len(data.encode(errors="replace")) > limits.size
    ):
        raise DocumentError(TOO_LARGE, params={"limit": limits.size // 1024}, too_large=True)
    if isinstance(data, str):
        return data
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if b"\0" in data[:8000]:
            raise DocumentError(BINARY) from None
        place = Lines(data[: error.start].decode(encoding, "replace")).mark(error.start)
        raise DocumentError(NOT_UTF8, place.line, 0) from None
    if "\0" in text:
        raise DocumentError(BINARY)
    return text


_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(text: str, limits: Limits = LIMITS) -> list[Part]:
    """Every document as written, empty ones too, with its nodes. Raises DocumentError."""
    base = 1 if text.startswith("\ufeff") else 0
    if bad := _FORBIDDEN.search(text):
        place = Lines(text).mark(bad.start())
        if "\0" in text:
            raise DocumentError(BINARY, *place)
        raise DocumentError(CONTROL_CHARACTER, *place, params={"code": f"U+{ord(bad[0]):04X}"})
    if not looks_like_json(text[base:]):
        return _parse_yaml(text, base, limits)
    try:
        return read_json(text, base, limits)
    except NotJson:
        separators = list(SEPARATOR.finditer(text))
        if separators:
            return _parse_each(text, base, separators, limits)
        # Where the first key is in quotes it was meant as JSON: to YAML, `1 // one` would be text.
        if _JSON_START.match(text):
            raise
        return _parse_yaml(text, base, limits)


_JSON_START = re.compile(r'\ufeff?\s*[\[{][\s\[{]*"')
SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
"""No document contains such a line, not even in a block scalar: https://yaml.org/spec/1.2.2/#rule-c-forbidden"""
# Of files joined into one text, each may start with a byte order mark.
_MARKED_LINE = re.compile("^\ufeff", re.MULTILINE)
_NO_SEPARATOR = re.compile(r"^---[^\S\n]*[^\s#]", re.MULTILINE)
_ESCAPED_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
_MARKED_SEPARATOR = re.compile(r"^---[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r)\ufeff", re.MULTILINE)


def _parse_yaml(text: str, base: int, limits: Limits) -> list[Part]:
    composer = _Composer(text, limits)
    for separator in _MARKED_SEPARATOR.finditer(text, base) if "\ufeff" in text[base:] else ():
        composer.run(base, separator.start())
        base = separator.end()
    composer.run(base, len(text))
    return composer.parts


def _parse_each(text: str, base: int, separators: list[re.Match[str]], limits: Limits) -> list[Part]:
    """A text whose first document is in brackets: every document is JSON, or else YAML."""
    if len(separators) > limits.documents:
        raise too_many_documents(text, separators[-1].start(), limits)
    composer = _Composer(text, limits)
    starts = [base, *(_next_start(text, separator.end()) for separator in separators)]
    ends = [*(separator.start() for separator in separators), len(text)]
    for start, end in zip(starts, ends, strict=True):
        try:
            found = read_json(text[:end], start, limits)
            if found and _NO_SEPARATOR.match(text, text.rfind("\n", 0, start) + 1):
                found[0] = replace(found[0], notes=(Note(NO_SEPARATOR, found[0].start),))
            composer.parts += found
        except NotJson:
            if _JSON_START.match(text, start, end):
                raise
            composer.run(start, end)
    return composer.parts


class _Open:
    """A collection being read."""

    __slots__ = ("key", "merged", "node", "own")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.key: Node | None = None
        # Keys written in this mapping itself; kept only once a merge key has brought others.
        self.own: set[str] | None = None


def parse_part(text: str, start: int, end: int, format: str, limits: Limits = LIMITS) -> Part:
    """Read again the one document that is known to be between `start` and `end`. Raises DocumentError."""
    if format == "json":
        parts = read_json(text[:end], start, limits)
    else:
        composer = _Composer(text, limits)
        composer.run(start, end)
        parts = [part for part in composer.parts if not part.empty]
    if len(parts) != 1:
        raise DocumentError(UNREADABLE)
    return Part(start, end, parts[0].root, format)


class _Composer:
    """Reads pieces of `text` into `parts`; positions count from the start of the text."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.parts: list[Part] = []
        self.notes: list[Note] = []
        self.count = 0
        self.repeated = 0
        # Most texts have neither, and are not looked at twice.
        self.has_slashes = "\\/" in text
        self.has_questions = "?" in text

    def error(self, problem: Problem, at: int, /, **params: Any) -> DocumentError:
        return DocumentError(problem, *Lines(self.text).mark(at), params=params)

    def run(self, base: int, to: int) -> None:
        """Adds the documents of the text from `base` to `to`. Raises DocumentError."""
        own = self.text[base:to]
        # To kubectl it is a part of the first key there; libyaml skips it without a word.
        if "\ufeff" in own and (mark := _MARKED_LINE.search(own)):
            raise self.error(BYTE_ORDER_MARK, base + mark.start())
        # kubectl reads lines (LineReader in apimachinery/pkg/util/yaml/decoder.go): each of them ends.
        if not own.endswith("\n"):
            own += "\n"
        try:
            self._run(CParser(own).get_event, base, to)
        except MarkedYAMLError as error:
            raise self._explain(error, base, to) from None
        except (YAMLError, UnicodeError, RecursionError, MemoryError):
            raise DocumentError(UNREADABLE) from None

    def _run(self, next_event: Callable[[], Any], base: int, to: int) -> None:
        text, limits, parts = self.text, self.limits, self.parts
        first = len(parts)
        # Where a line starts with --- and goes on: kubectl takes it for a separator, wherever it stands.
        strange = [found.end() - 1 for found in _NO_SEPARATOR.finditer(text, base, to)]
        anchors: dict[str, Node] = {}
        stack: list[_Open] = []
        current: _Open | None = None
        root: Node | None = None
        part_start = base
        while (event := next_event()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                start, end = event.start_mark.index + base, event.end_mark.index + base
                value: Json = event.value
                style = event.style or None
                tag = event.tag
                if tag is not None:
                    value = self._tagged(tag, value, start)
                elif event.implicit[0]:
                    if value in WORDS:
                        value = WORDS[value]
                        if value is not None and value is not True and value is not False:
                            raise self.error(NO_JSON_NUMBER, start)
                    elif value[0] in NUMERIC_START:
                        value = resolve(value)
                elif style == "|" or style == ">":
                    end = self._block_end(start, min(end, to))
                if self.has_slashes and style == '"' and _ESCAPED_SLASH.search(text, start, end):
                    self.notes.append(Note(SLASH, start))
                if (
                    self.has_questions
                    and style is None
                    and current is not None
                    and current.node.style == "flow"
                    and "?" in text[start:end]
                ):
                    self.notes.append(Note(QUESTION_MARK, start))
                node = Node(SCALAR, start, end, value, style, event.anchor, tag is not None)
                self.count += 1
                if event.anchor is not None:
                    anchors[event.anchor] = node
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                start, end = event.start_mark.index + base, event.end_mark.index + base
                self.counted(start)
                if len(stack) >= limits.depth:
                    raise self.error(TOO_DEEP, start, limit=limits.depth)
                tag = event.tag
                if tag is not None and tag not in _COLLECTION_TAGS:
                    raise self.error(CUSTOM_TAG, start, tag=short(tag))
                style = "flow" if event.flow_style else "block"
                if kind is MappingStartEvent:
                    node = Node(MAPPING, start, end, {}, style, event.anchor, tag is not None)
                else:
                    node = Node(SEQUENCE, start, end, [], style, event.anchor, tag is not None)
                if event.anchor is not None:
                    anchors[event.anchor] = node
                if current is not None and current.node.kind == MAPPING and current.key is None:
                    raise self.error(COLLECTION_KEY, start)
                current = _Open(node)
                stack.append(current)
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                node = stack.pop().node
                current = stack[-1] if stack else None
                if node.style == "flow":
                    node.end = event.end_mark.index + base
                elif node.kind == MAPPING:
                    node.end = node.entries[-1].value.end
                else:
                    node.end = node.items[-1].end
            elif kind is AliasEvent:
                start, end = event.start_mark.index + base, event.end_mark.index + base
                target = anchors.get(event.anchor)
                if target is None:
                    raise self.error(NO_ANCHOR, start, anchor=short(event.anchor))
                if any(open_.node is target for open_ in stack):
                    raise self.error(CYCLE, start, anchor=short(event.anchor))
                self.counted(start)
                node = Node(
                    ALIAS, start, end, self._expand(target.value, len(stack), start), None, None, False
                )
                node.target = target
            elif kind is DocumentStartEvent:
                at = event.start_mark.index + base
                if event.explicit:
                    part_start = _next_start(text, event.end_mark.index + base)
                    if len(parts) > first:
                        parts[-1] = self._cut(parts[-1], at)
                if event.version is not None or event.tags:
                    self.notes.append(Note(DIRECTIVE, at))
                anchors = {}
                root = None
                continue
            elif kind is DocumentEndEvent:
                ends = event.start_mark.index + base
                self.notes += [Note(NO_SEPARATOR, at) for at in strange if part_start <= at < ends]
                if root is not None:
                    end = ends if event.explicit else to
                    parts.append(Part(part_start, end, root, "yaml", tuple(self.notes)))
                self.notes = []
                if len(parts) > limits.documents:
                    raise too_many_documents(text, part_start, limits)
                if event.explicit:
                    part_start = _next_start(text, event.end_mark.index + base)
                continue
            else:
                continue

            if self.count > limits.values:
                raise self.error(TOO_MANY_VALUES, node.start, limit=limits.values)
            if current is None:
                root = node
            elif current.node.kind == SEQUENCE:
                current.node.items.append(node)
                current.node.value.append(node.value)
            elif current.key is None:
                current.key = node
            else:
                self._enter(current, current.key, node)
                current.key = None

    def counted(self, at: int) -> None:
        """One more value, at this place."""
        self.count += 1
        if self.count > self.limits.values:
            raise self.error(TOO_MANY_VALUES, at, limit=self.limits.values)

    def _enter(self, mapping: _Open, key: Node, value: Node) -> None:
        """Add one `key: value` to a mapping."""
        meaning: dict[str, Json] = mapping.node.value
        name = key.value
        if type(name) is not str:
            if isinstance(name, (dict, list)):
                raise self.error(COLLECTION_KEY, key.start)
            try:
                name = key_name(name)
            except ValueError:
                raise self.error(NULL_KEY, key.start) from None
            if name != (written := self.text[key.start : key.end]):
                self.notes.append(Note(MISREAD_KEY, key.start, {"key": short(written), "read": name}))
        elif name == "<<" and key.kind == SCALAR and key.style is None and not key.tagged:
            # Merge keys apply where they are written, as in go-yaml: they overrule what is above them.
            if mapping.own is None:
                mapping.own = set(meaning)
            sources = value.value if isinstance(value.value, list) else [value.value]
            for source in reversed(sources):
                if not isinstance(source, dict):
                    raise self.error(WRONG_MERGE, value.start)
                meaning.update(source)
            mapping.node.entries.append(Entry(None, key, value))
            return
        if name in meaning if mapping.own is None else name in mapping.own:
            written = name if key.style or key.kind == ALIAS else self.text[key.start : key.end]
            raise self.error(DUPLICATE_KEY, key.start, key=short(written))
        if mapping.own is not None:
            mapping.own.add(name)
        meaning[name] = value.value
        mapping.node.entries.append(Entry(name, key, value))

    def _expand(self, value: Json, depth: int, at: int) -> Json:
        """A copy of an anchored value; nothing in a meaning is shared between two places."""
        self.counted(at)
        self.repeated += 1
        if self.count > _SOME_VALUES and self.repeated > _MOST_REPEATED * self.count:
            raise self.error(TOO_MANY_ALIASES, at)
        if depth >= self.limits.depth and isinstance(value, (dict, list)):
            raise self.error(TOO_DEEP, at, limit=self.limits.depth)
        if isinstance(value, dict):
            return {k: self._expand(v, depth + 1, at) for k, v in value.items()}
        if isinstance(value, list):
            return [self._expand(v, depth + 1, at) for v in value]
        return value

    def _tagged(self, tag: str, text: str, at: int) -> Json:
        if tag in ("tag:yaml.org,2002:str", "!", "tag:yaml.org,2002:timestamp"):
            return text
        if tag == "tag:yaml.org,2002:binary":
            try:
                return base64.b64decode("".join(text.splitlines()), validate=True).decode()
            except ValueError:
                raise self.error(NOT_UTF8, at) from None
        if tag not in _SCALAR_TAGS:
            raise self.error(CUSTOM_TAG, at, tag=short(tag))
        value = resolve(text)
        wrong = (isinstance(value, bool) and tag != _BOOL) or (tag == _INT and _FRACTION.search(text))
        if wrong or not isinstance(value, _SCALAR_TAGS[tag]):
            raise self.error(WRONG_TAG, at, tag=tag.rpartition(":")[2])
        if isinstance(value, float) and value - value != 0:
            raise self.error(NO_JSON_NUMBER, at)
        return value

    def _block_end(self, start: int, end: int) -> int:
        """Where a block scalar's own lines end: blank lines after it belong to it only with `+`."""
        text = self.text
        first_break = BREAK.search(text, start, end)
        header = text[start : first_break.start() if first_break else end].partition("#")[0]
        if "+" in header and end == len(text):
            return end
        while end > start and text[end - 1] == " ":
            end -= 1  # the indentation of whatever follows
        if "+" in header:
            return end
        while end > start and text[end - 1] in "\r\n":
            end -= 1
        return end

    def _cut(self, part: Part, separator: int) -> Part:
        """A document ends where the next one's separator starts, unless a `...` ended it before."""
        return part if part.end <= separator else replace(part, end=separator)

    def _explain(self, error: MarkedYAMLError, base: int, to: int) -> DocumentError:
        reason = str(error.problem or "")
        mark = error.problem_mark or error.context_mark
        at = min((mark.index if mark else 0) + base, to)
        context = Lines(self.text).mark(error.context_mark.index + base).line if error.context_mark else 0
        if reason == "found character that cannot start any token" and self.text[at : at + 1] != "\t":
            return self.error(WRONG_START, at, character=self.text[at : at + 1])
        for part, problem in _PROBLEMS:
            if part in reason:
                if problem is UNCLOSED and error.context_mark:
                    at = error.context_mark.index + base
                return self.error(problem, at, opened=context)
        return self.error(NOT_YAML, at, problem=short(reason))


_REST_OF_LINE = re.compile(r"[ \t]*(?:\r\n|\n|\r|\Z)\ufeff?")


def _next_start(text: str, at: int) -> int:
    """Where a document starts whose separator ends at `at`: on the next line if this one has no more."""
    rest = _REST_OF_LINE.match(text, at)
    return rest.end() if rest else at


# Of go-yaml (sigs.k8s.io/yaml/goyaml.v2/decode.go, allowedAliasRatio): above so many values, aliases may have
# repeated no more than this part of them.
_SOME_VALUES = 1_000
_MOST_REPEATED = 0.99

_BOOL = "tag:yaml.org,2002:bool"
_INT = "tag:yaml.org,2002:int"
# `1.0` and `1e3` are numbers of another kind to go-yaml, whole as they are.
_FRACTION = re.compile(r"\.|^[^xX]*[eE]")
_SCALAR_TAGS: dict[str, Any] = {
    _INT: int,
    "tag:yaml.org,2002:float": (int, float),
    _BOOL: bool,
    "tag:yaml.org,2002:null": type(None),
}
_COLLECTION_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "set", "omap", "pairs"))

TOO_LARGE = Problem("too-large", gettext_noop("The manifest is larger than %(limit)s KiB."))
BINARY = Problem("binary", gettext_noop("This is not text: it looks like a binary file."))
NOT_UTF8 = Problem("not-utf-8", gettext_noop("This is not UTF-8 text. Save the file as UTF-8 and try again."))
CONTROL_CHARACTER = Problem(
    "control-character", gettext_noop("YAML and JSON do not allow the control character %(code)s.")
)
UNREADABLE = Problem("not-yaml", gettext_noop("This text cannot be read as YAML."))
BYTE_ORDER_MARK = Problem(
    "byte-order-mark",
    gettext_noop(
        "This line starts with a byte order mark, as in files that were joined: remove it, or put it right"
        " after a --- line."
    ),
)
TOO_MANY_ALIASES = Problem(
    "too-many-aliases",
    gettext_noop("Nearly all values of this manifest are repeated by aliases: write them out."),
)
MISREAD_KEY = Problem(
    "misread-key", gettext_noop("Without quotes the key “%(key)s” is read as “%(read)s”: put it in quotes.")
)
QUESTION_MARK = Problem(
    "kubectl-question-mark",
    gettext_noop(
        "kubectl refuses or misreads a “?” in text without quotes between brackets: put it in quotes."
    ),
)
SLASH = Problem(
    "kubectl-slash", gettext_noop("kubectl refuses the escape sequence “\\/” in YAML: write “/” alone.")
)
DIRECTIVE = Problem(
    "kubectl-directive", gettext_noop("kubectl refuses YAML directives above a document: remove them.")
)
NO_SEPARATOR = Problem(
    "kubectl-separator",
    gettext_noop("kubectl refuses a line that starts with --- and has more text: move it to the next line."),
)
NO_ANCHOR = Problem(
    "unknown-anchor",
    gettext_noop("*%(anchor)s refers to an anchor that does not exist above it in this document."),
)
CYCLE = Problem("alias-cycle", gettext_noop("*%(anchor)s refers to a value that contains itself."))
CUSTOM_TAG = Problem("custom-tag", gettext_noop("Kubernetes does not support the tag %(tag)s."))
WRONG_TAG = Problem("wrong-tag", gettext_noop("This value does not match its tag !!%(tag)s."))
WRONG_MERGE = Problem("wrong-merge", gettext_noop("A merge key (<<) takes a mapping, or a list of mappings."))
COLLECTION_KEY = Problem(
    "collection-key",
    gettext_noop("A key must be a string, not a list or a mapping. Put text in braces {{…}} in quotes."),
)
NULL_KEY = Problem("null-key", gettext_noop("A key must be a string: this one is empty or null."))
WRONG_START = Problem(
    "wrong-start", gettext_noop("A value cannot start with %(character)s. Put it in quotes.")
)
NOT_YAML = Problem("not-yaml", gettext_noop("Invalid YAML: %(problem)s."))
UNCLOSED = Problem("unclosed-quote", gettext_noop("The quoted text that starts here is never closed."))
_PROBLEMS = (
    (
        "found character that cannot start any token",
        Problem("tab", gettext_noop("This line is indented with a tab. YAML allows spaces only.")),
    ),
    (
        "mapping values are not allowed",
        Problem(
            "unexpected-colon",
            gettext_noop(
                "Unexpected colon: this line or the one above is indented wrongly, or a value that"
                " contains “: ” needs quotes."
            ),
        ),
    ),
    (
        "did not find expected key",
        Problem(
            "misplaced-line",
            gettext_noop(
                "This line does not belong to the block that starts on line %(opened)s: its"
                " indentation differs, or a quote or colon is missing."
            ),
        ),
    ),
    (
        "did not find expected '-' indicator",
        Problem(
            "misplaced-item",
            gettext_noop(
                "This line does not belong to the list that starts on line %(opened)s: check its indentation."
            ),
        ),
    ),
    (
        "could not find expected ':'",
        Problem("missing-colon", gettext_noop("Line %(opened)s has no “key: value”.")),
    ),
    ("unexpected end of stream", UNCLOSED),
    ("unexpected document indicator", UNCLOSED),
    (
        "did not find expected ',' or '}'",
        Problem("unclosed-brace", gettext_noop("The { on line %(opened)s needs a comma or its closing }.")),
    ),
    (
        "did not find expected ',' or ']'",
        Problem("unclosed-bracket", gettext_noop("The [ on line %(opened)s needs a comma or its closing ].")),
    ),
    (
        "did not find expected node content",
        Problem("missing-value", gettext_noop("A value is missing here.")),
    ),
    (
        "block sequence entries are not allowed",
        Problem("misplaced-list", gettext_noop("A list cannot start here: put “- ” on a line of its own.")),
    ),
    ("found unknown escape character", WRONG_ESCAPE),
    ("invalid Unicode character escape", WRONG_ESCAPE),
    ("did not find expected hexdecimal number", WRONG_ESCAPE),
    (
        "did not find expected <document start>",
        Problem(
            "text-after-end",
            gettext_noop(
                "Unexpected text after the end of the document: a line above is indented wrongly, or"
                " a --- line is missing."
            ),
        ),
    ),
    ("found duplicate anchor", Problem("duplicate-anchor", gettext_noop("This anchor is defined twice."))),
    ("undefined tag handle", Problem("custom-tag", gettext_noop("Kubernetes does not support this tag."))),
)
