"""What list pages search, filter and sort by, extracted from an object; the same for both stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from console.errors import BadInput
from workloads.daemonsets.manifest.metadata import ALIAS
from workloads.documents.paths import JsonObject
from workloads.stores.protocol import Query

FILTERS: Final = ("image", "label", "node", "updated_by")
SORTS: Final = ("name", "updated", "created", "updated_by")
_MAX_WORDS: Final = 20
_MAX_WORD: Final = 253


@dataclass(frozen=True, slots=True)
class Facets:
    """Lines of text; all but the alias in lower case, as SQLite folds only ASCII when it searches.

    labels: one "key=value" a line, with a newline before and after each, so that a whole one can be found.
    """

    alias: str
    search: str
    labels: str
    images: str
    nodes: str


def facets(value: JsonObject) -> Facets:
    metadata = _mapping(value.get("metadata"))
    alias = _text(_mapping(metadata.get("annotations")).get(ALIAS))
    labels = [f"{k}={_text(v)}" for k, v in sorted(_mapping(metadata.get("labels")).items())]
    pod = _pod_spec(value)
    images = sorted(set(_images(pod)))
    return Facets(
        alias=alias,
        search="\n".join([_text(metadata.get("name")), alias, *labels, *images, *_reported(value)]).lower(),
        labels="".join(f"\n{label}\n" for label in labels).lower(),
        images="\n".join(images).lower(),
        nodes="\n".join(_node_terms(pod)).lower(),
    )


def _reported(value: JsonObject) -> list[str]:
    """What an Event says, and about what: its own name is a number."""
    if value.get("kind") != "Event":
        return []
    about = _mapping(value.get("involvedObject"))
    texts = (value.get("reason"), value.get("message"), about.get("kind"), about.get("name"))
    return [_text(each) for each in texts]


def words(search: str) -> list[str]:
    """The words that must all be found, in lower case."""
    return [word[:_MAX_WORD] for word in search.replace("\0", " ").lower().split()[:_MAX_WORDS]]


def filters(query: Query) -> dict[str, str]:
    """The filters that are not empty. Raises BadInput for an unknown one."""
    for name in query.filters:
        if name not in FILTERS:
            raise BadInput(_("Unknown filter: “%(name)s”.") % {"name": name[:50]}, code="unknown-filter")
    wanted = {name: text.replace("\0", " ").strip() for name, text in query.filters.items()}
    return {name: text for name, text in wanted.items() if text}


def label_line(text: str) -> str:
    """What to look for in `Facets.labels`: "key=value" as a whole, or every value of "key"."""
    text = text.lower()
    return f"\n{text}\n" if "=" in text else f"\n{text}="


def sort_key(query: Query) -> tuple[str, bool]:
    """(one of SORTS, whether descending). Raises BadInput."""
    name = query.sort.removeprefix("-")
    if name not in SORTS:
        raise BadInput(_("Lists cannot be sorted by “%(name)s”.") % {"name": name[:50]}, code="unknown-sort")
    return name, query.sort.startswith("-")


def matches(found: Facets, updated_by: str, query: Query) -> bool:
    """Whether an object belongs to the list that `query` asks for. Raises BadInput."""
    wanted = filters(query)
    return (
        all(word in found.search for word in words(query.search))
        and wanted.get("image", "").lower() in found.images
        and wanted.get("node", "").lower() in found.nodes
        and ("label" not in wanted or label_line(wanted["label"]) in found.labels)
        and wanted.get("updated_by", updated_by) == updated_by
    )


def _pod_spec(value: JsonObject) -> Mapping[str, Any]:
    spec = _mapping(value.get("spec"))
    if value.get("kind") == "Pod":
        return spec
    spec = _mapping(_mapping(spec.get("jobTemplate")).get("spec")) or spec
    return _mapping(_mapping(spec.get("template")).get("spec"))


def _images(pod: Mapping[str, Any]) -> Iterator[str]:
    for field in ("initContainers", "containers"):
        for container in _mappings(pod.get(field)):
            if container.get("image"):
                yield _text(container["image"])


def _node_terms(pod: Mapping[str, Any]) -> Iterator[str]:
    """The node selector as "key=value" lines, the required node affinity as "key Operator value,value"."""
    for key, value in sorted(_mapping(pod.get("nodeSelector")).items()):
        yield f"{key}={_text(value)}"
    affinity = _mapping(_mapping(pod.get("affinity")).get("nodeAffinity"))
    required = _mapping(affinity.get("requiredDuringSchedulingIgnoredDuringExecution"))
    for term in _mappings(required.get("nodeSelectorTerms")):
        for field in ("matchExpressions", "matchFields"):
            for rule in _mappings(term.get(field)):
                values = rule.get("values")
                listed = ",".join(_text(item) for item in values) if isinstance(values, list) else ""
                yield f"{_text(rule.get('key'))} {_text(rule.get('operator'))} {listed}".rstrip()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)
