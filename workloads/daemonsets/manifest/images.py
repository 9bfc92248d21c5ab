"""Image references: `registry.example:5000/team/agent:1.2@sha256:…`, and what keeps nodes from pulling one.

Grammar: https://github.com/distribution/reference (reference.go, regexp.go), which the kubelet reads images
with (kubernetes/pkg/util/parsers ParseImageName).
"""

from __future__ import annotations

import re
from typing import Final

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Problem

CITE: Final = "https://github.com/distribution/reference/blob/main/reference.go"

_TAG_LIMIT: Final = 128
_PATH_LIMIT: Final = 255
_HOST_LABEL: Final = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REGISTRY: Final = re.compile(rf"(?:{_HOST_LABEL}(?:\.{_HOST_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_COMPONENT: Final = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_TAG: Final = re.compile(r"\w[\w.-]*", re.ASCII)
_HASH: Final = re.compile(r"[0-9a-f]+")
_HASH_LENGTHS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}
_IDENTIFIER: Final = re.compile(r"[a-f0-9]{64}")


def reference(image: str) -> Problem | None:
    """What is wrong with an image reference, None for one that can be pulled. Blanks around it are not looked
    at."""
    image = image.strip()
    if "://" in image:
        part = image[: image.index("://") + 3]
        return _("An image has no “%(part)s”: start it with the registry."), {"part": part}
    if any(character.isspace() for character in image):
        return _("The image contains a blank: remove it."), {}
    if _IDENTIFIER.fullmatch(image):
        return _("“%(part)s” is the ID of an image, which nodes cannot pull: write its name."), {
            "part": image
        }
    rest, at, digest = image.partition("@")
    if at and (problem := _digest(digest)):
        return problem
    folder, slash, last = rest.rpartition("/")
    name, colon, tag = last.partition(":")
    registry, path = _split(folder + slash + name)
    # `host:5000` alone is a name and its tag.
    return (
        _path(path)
        or (_registry(registry) if registry else None)
        or (_tag(tag) if colon else None)
        or _long(path)
    )


def _split(name: str) -> tuple[str, str]:
    """(registry, path); "" for the default registry. As splitDockerDomain in normalize.go."""
    first, slash, rest = name.partition("/")
    is_registry = any(c in first for c in ".:") or first == "localhost" or first.lower() != first
    return (first, rest) if slash and is_registry else ("", name)


def _path(path: str) -> Problem | None:
    for part in path.split("/"):
        if not part:
            return _("The image has an empty part: check the “/” in it."), {}
        if part.lower() != part:
            return _("“%(part)s” in the image must be in lower case."), {"part": part}
        if not _COMPONENT.fullmatch(part):
            return _(
                "“%(part)s” cannot be part of an image: use lowercase letters and digits, with “.”, “_” or "
                "“-” between them."
            ), {"part": part}
    return None


def _registry(registry: str) -> Problem | None:
    if not any(c in registry for c in ".:") and registry != "localhost":
        return _("“%(part)s” is read as the name of a registry, because of its capitals: use lower case."), {
            "part": registry
        }
    if not _REGISTRY.fullmatch(registry):
        return _("“%(part)s” is not a valid registry: write a host name, and a port if needed."), {
            "part": registry
        }
    return None


def _tag(tag: str) -> Problem | None:
    if not tag:
        return _("The tag after “:” is empty: add one, or remove the “:”."), {}
    if ":" in tag:
        return _("The image has two tags, “%(part)s”: keep one of them."), {"part": tag}
    if len(tag) > _TAG_LIMIT:
        return _("The tag has %(length)d characters: shorten it to %(limit)d or fewer."), {
            "length": len(tag),
            "limit": _TAG_LIMIT,
        }
    if not _TAG.fullmatch(tag):
        return _(
            "“%(part)s” is not a valid tag: use letters, digits, “_”, “.” and “-”, and start with a letter, "
            "a digit or “_”."
        ), {"part": tag}
    return None


def _digest(digest: str) -> Problem | None:
    algorithm, _colon, value = digest.partition(":")
    length = _HASH_LENGTHS.get(algorithm)
    if length is not None and len(value) != length:
        return _("A %(algorithm)s digest has %(limit)d characters, but this one has %(length)d."), {
            "algorithm": algorithm,
            "limit": length,
            "length": len(value),
        }
    if length is None or not _HASH.fullmatch(value):
        return _("“%(part)s” is not a valid digest: write “sha256:” and 64 characters 0-9 and a-f."), {
            "part": digest
        }
    return None


def _long(path: str) -> Problem | None:
    if len(path) > _PATH_LIMIT:
        return _("The name of the image has %(length)d characters: shorten it to %(limit)d or fewer."), {
            "length": len(path),
            "limit": _PATH_LIMIT,
        }
    return None
