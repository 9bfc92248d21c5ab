"""Changes a text by position: what is not part of the change keeps every character.

Each change becomes a few splices (replace this span by that text) found in the node tree. Whatever the
splices did, the result is read again, and refused unless it means exactly what was asked for.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from workloads.documents.errors import DocumentError, EditRefused, Problem, gettext_noop
from workloads.documents.nodes import Part
from workloads.documents.paths import (
    ABSENT,
    MERGE_KEYS,
    Change,
    Json,
    NoSuchPath,
    Path,
    get,
    patch,
    resolve,
    same,
)
from workloads.documents.reader import parse, parse_part
from workloads.documents.scalars import canonical
from workloads.documents.spans.change import SpanEditor, Task
from workloads.documents.spans.find import NOT_IN_PLACE, splice

NO_SUCH_PATH = Problem("no-such-path", gettext_noop("%(path)s does not exist in this document."))
NO_SUCH_DOCUMENT = Problem("no-such-document", gettext_noop("The manifest no longer contains this document."))
NOT_WRITABLE = Problem(
    "not-writable", gettext_noop("%(path)s cannot be set to this value: Kubernetes cannot store it.")
)


def edit(text: str, index: int, changes: Sequence[Change]) -> str:
    """`text` with the changes made in its document `index`, in order; all of them or none.

    Afterwards the document means `patch(before, changes)` and every other document what it meant.
    Raises EditRefused, and DocumentError where `text` cannot be read."""
    parts = non_empty(text)
    part = part_at(parts, index)
    wanted = part.root.value
    tasks: list[Task] = []
    for path, new in changes:
        try:
            tasks.append(Task(path, new if new is ABSENT else as_json(new)))
            wanted = patch(wanted, [tasks[-1][:2]])
        except NoSuchPath:
            raise EditRefused(NO_SUCH_PATH, path) from None
        except ValueError:
            raise EditRefused(NOT_WRITABLE, path) from None
    if same(wanted, part.root.value):
        return text
    expected = meanings(parts)
    expected[index] = wanted
    # Text of several lines is written as a block scalar, unless what follows at its place would join it.
    for literals in (True, False):
        result = _carry_out(text, part, tasks, literals)
        if means(result, expected):
            return result
    raise EditRefused(NOT_IN_PLACE, path)


def _carry_out(text: str, part: Part, tasks: Iterable[Task], literals: bool) -> str:
    """The text after all tasks, unchecked; cut short where a task broke it."""
    queue = deque(tasks)
    while queue:
        task = queue.popleft()
        if smaller := _smaller_tasks(part, task):
            queue.extendleft(reversed(smaller))
            continue
        try:
            splices = SpanEditor(text, part, task.path, literals).perform(task)
        except (ValueError, NoSuchPath):
            raise EditRefused(NOT_IN_PLACE, task.path) from None
        if splices:
            tail = len(text) - part.end
            text = splice(text, splices)
            if queue:
                try:
                    part = parse_part(text, part.start, len(text) - tail, part.format)
                except DocumentError:
                    break
    return text


def means(text: str, values: list[Json]) -> bool:
    """The documents of `text` have exactly these values."""
    try:
        return same(meanings(non_empty(text)), values)
    except DocumentError:
        return False


def move_item(text: str, index: int, path: Path, to: int) -> str:
    """`text` with the list item at `path` at position `to` of its list; the comments above and behind it go
    along. Raises EditRefused, and DocumentError where `text` cannot be read."""
    parts = non_empty(text)
    part = part_at(parts, index)
    where = resolve(part.root.value, path)
    items = get(part.root.value, where[:-1])
    at = where[-1] if where else None
    if not isinstance(items, list) or not isinstance(at, int) or not (0 <= at < len(items) > to >= 0):
        raise EditRefused(NO_SUCH_PATH, path)
    order = list(range(len(items)))
    order.insert(to, order.pop(at))
    if order == sorted(order):
        return text
    moved = [items[i] for i in order]
    expected = meanings(parts)
    expected[index] = patch(expected[index], [(where[:-1], moved)])
    try:
        result = splice(text, SpanEditor(text, part, path).reorder(where[:-1], order))
    except EditRefused:
        result = text
    if means(result, expected):
        return result
    return edit(text, index, [(where[:-1], moved)])


def non_empty(text: str) -> list[Part]:
    """The documents of a text that are not empty."""
    return [part for part in parse(text) if not part.empty]


def meanings(parts: list[Part]) -> list[Json]:
    return [part.root.value for part in parts]


def part_at(parts: list[Part], index: int) -> Part:
    """Raises EditRefused where there is no such document."""
    if not 0 <= index < len(parts):
        raise EditRefused(NO_SUCH_DOCUMENT)
    return parts[index]


def as_json(value: Any) -> Json:
    """`value` in plain JSON types. Raises ValueError for what JSON cannot hold, TypeError for other types."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        value.encode()
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if value - value != 0:
            raise ValueError("not a JSON number")
        return canonical(value)
    if isinstance(value, Mapping):
        return {str(as_json(k)): as_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(v) for v in value]
    raise TypeError(f"{type(value).__name__} is no JSON value")


_MANY: Final = 200
"""With more differences than this a collection is written again as a whole."""


def _smaller_tasks(part: Part, task: Task) -> list[Task]:
    """A collection set in place of one of its kind: only what differs between them."""
    if task.insert:
        return []
    old, new = get(part.root.value, task.path), task.new
    path = resolve(part.root.value, task.path)
    tasks: list[Task] = []
    if isinstance(old, dict) and isinstance(new, dict) and old and new:
        tasks = [Task((*path, k), v) for k, v in new.items() if k not in old or not same(old[k], v)]
        tasks += [Task((*path, k), ABSENT) for k in old if k not in new]
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        matcher = SequenceMatcher(
            None, [identity(v) for v in old], [identity(v) for v in new], autojunk=False
        )
        # From the last to the first, so that the positions of what is still to do stay right.
        for _, i, i_end, j, j_end in reversed(matcher.get_opcodes()):
            common = min(i_end - i, j_end - j)
            tasks += [Task((*path, n), ABSENT) for n in range(i_end - 1, i + common - 1, -1)]
            tasks += [Task((*path, i + common), new[n], True) for n in range(j_end - 1, j + common - 1, -1)]
            tasks += [
                Task((*path, i + n), new[j + n]) for n in range(common) if not same(old[i + n], new[j + n])
            ]
    return tasks if len(tasks) <= _MANY else []


_IDENTITIES: Final = (*(keys[0] for keys in MERGE_KEYS), "key")


def identity(item: Json) -> str:
    """What makes a list item the same item although its other fields differ."""
    if isinstance(item, dict):
        for field in _IDENTITIES:
            if isinstance(item.get(field), (str, int)):
                return f"{field}={item[field]}"
    return json.dumps(item, sort_keys=True)
