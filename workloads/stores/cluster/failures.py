"""What an API server's error response means, as one of our errors. Pure functions over the response.

What the server says about an object (`status.message`, `details.causes`) is shown; what a proxy or the client
library says is not, as it may quote headers, tokens or addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from console.errors import (
    AlreadyExists,
    Conflict,
    ConsoleError,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    Unreachable,
)
from workloads.daemonsets.manifest.findings import Finding, gettext_noop
from workloads.documents.paths import JsonObject, Path, Segment
from workloads.stores.cluster.fields import parse_path
from workloads.stores.secrets import hide_values

_MAX_MESSAGE: Final = 600
# sigs.k8s.io/structured-merge-diff typed/: "  .spec.minReadySeconds: expected numeric (int or float), got …"
_TYPED: Final = re.compile(r"(?:^|\s)(\.[A-Za-z][^\s:]*(?::[^\s:]+)*): ([^\n]+)")
_TYPED_HEAD: Final = re.compile(
    r"failed to create (?:typed patch|manager for)|failed to convert|strict decoding"
)
_UNKNOWN_FIELD: Final = re.compile(r'unknown field "([^"]+)"')
# encoding/json: "json: cannot unmarshal string into Go struct field DaemonSetSpec.spec.minReadySeconds of …"
_GO_JSON: Final = re.compile(
    r"json: cannot unmarshal \S+ into Go (?:struct field [^.\s]+|value)\.?(\S*) of type"
)
# Servers before 1.23 (json-iterator): "v1.DaemonSet.Spec: v1.DaemonSetSpec.MinReadySeconds: readUint32: …"
_GO_FIELDS: Final = re.compile(r"\bv\w+\.\w+\.(\w+): ")
_NOT_KNOWN: Final = gettext_noop("This cluster's version of Kubernetes does not support this field.")
# apiserver/pkg/admission/plugin/webhook/errors: ToStatusErr
_DENIED: Final = re.compile(r'admission webhook "[^"]*" denied the request')
_LATE: Final = re.compile(r"deadline exceeded|Client\.Timeout|request did not complete within|timed out")
# How Go prints a value in sigs.k8s.io/structured-merge-diff's messages.
_GO_VALUE: Final = re.compile(r"&value\.valueUnstructured\{Value:([^{}]*)\}")


class Moved(Conflict):
    """The object's resourceVersion is not, or no longer, the one in the request: read it again."""


class NoSuchKind(NotFound):
    """The server does not serve this kind at all."""

    code = "unknown-kind"


class NoDryRun(ConsoleError):
    """A webhook has side effects, so the server tries nothing of this kind without storing it."""

    status = 502
    code = "no-dry-run"


class Expired(ConsoleError):
    """The `continue` token of a list is no longer valid."""

    status = 502


def failure(status: int, body: JsonObject | None, sent: Any = None, *, retry_after: str = "") -> ConsoleError:
    """The error for a response that is not a success; one that says nothing about the object, only about the
    way to the cluster, is Unreachable.

    body: its Status object, None where it was not a JSON object (then often not from the API server);
    sent: the object the request was about, to find the fields in. retry_after: the header of this name.
    """
    if isinstance(sent, dict) and sent.get("kind") == "Secret":
        body = hide_values(body, sent)
    message = _message(body or {})
    if status != 403 and _DENIED.match(message):
        # The webhook chose the status, so that says nothing of the object.
        return Invalid(_("The cluster rejected this: %(message)s") % {"message": message}, code="rejected")
    match status:
        case 401:
            return Unreachable(
                _("The cluster rejected the credentials of this kubeconfig context."),
                status=502,
                way_out=_("They may have expired. Sign in to the cluster again, then reload this page."),
                code="bad-credentials",
            )
        case 429:
            return Unreachable(
                _("The cluster is busy. Try again in a moment."),
                status=503,
                code="cluster-busy",
                retry_after=_seconds(retry_after),
            )
        case 404 if not _names_an_object(body):
            return NoSuchKind(_("This cluster does not support this kind of object."))
    if body is None or status < 400:
        return Unreachable(
            _("Invalid response (HTTP %(status)s): it did not come from the cluster's API server.")
            % {"status": status},
            status=status if status in (503, 504) else 502,
            way_out=_("Check that the server of this kubeconfig context is the cluster's API server."),
            code="invalid-response",
        )
    match status:
        case 403:
            return Forbidden(_("The cluster does not allow this: %(message)s") % {"message": message})
        case 404:
            return NotFound(_("Not found in the cluster: %(message)s") % {"message": message})
        case 409:
            return _conflict(body, message)
        case 410:
            return Expired(message)
        case 413:
            return TooLarge(_("This is too large for the cluster: %(message)s") % {"message": message})
    if "resourceVersion should not be set on objects to be created" in message:
        return _moved()  # how a Service answers, with HTTP 500
    if status == 400 and message.endswith("does not support dry run"):
        # apiserver/pkg/admission/plugin/webhook/errors: NewDryRunUnsupportedErr
        return NoDryRun(
            _("The server can check this only when it stores it: %(message)s.") % {"message": message}
        )
    findings = [Finding(path, text, source="server", code="rejected") for path, text in _causes(body, sent)]
    findings = findings or list(_typed_findings(message, sent))
    if status in (400, 422) or _TYPED_HEAD.search(message):
        return Invalid(
            _("The cluster rejected this: %(message)s") % {"message": message}, findings, code="rejected"
        )
    return Unreachable(
        _("The cluster failed to do this (HTTP %(status)s): %(message)s")
        % {"status": status, "message": message},
        status=status if status in (503, 504) else 502,
        code="cluster-failed",
    )


def says_late(error: ConsoleError) -> bool:
    """Whether the server itself waited in vain: for a webhook, or for what stores its objects.

    apiserver/pkg/admission/plugin/webhook/errors: ErrCallingWebhook, with Go's words for a time-out.
    """
    return error.code == "cluster-failed" and (error.status == 504 or bool(_LATE.search(error.message)))


def _seconds(header: str) -> int:
    """Of a Retry-After header; 0 where it has a date, or more than an hour."""
    return int(header) if re.fullmatch(r"[0-9]{1,4}", header) and int(header) <= 3600 else 0


def _names_an_object(body: JsonObject | None) -> bool:
    """Whether a 404 is about one object: for what is not served at all, the response has no name."""
    details = (body or {}).get("details")
    return isinstance(details, dict) and bool(details.get("name"))


def _conflict(body: JsonObject, message: str) -> ConsoleError:
    if body.get("reason") == "AlreadyExists":
        return AlreadyExists(_("Already exists in the cluster: %(message)s") % {"message": message})
    if "the object has been modified" in message or "precondition" in message.lower():
        return _moved()
    return Conflict(_("The cluster reported a conflict: %(message)s") % {"message": message})


def _moved() -> Moved:
    return Moved(_("The object keeps changing, so nothing was stored. Try again."), code="keeps-changing")


def _message(body: JsonObject) -> str:
    text = str(body.get("message") or body.get("reason") or "")
    # Servers before 1.23 quote what was sent, in pieces that `hide_values` can't recognise.
    text = text.partition(", error found in #")[0]
    return text if len(text) <= _MAX_MESSAGE else text[:_MAX_MESSAGE] + "…"


def _causes(body: JsonObject, sent: Any) -> Iterator[tuple[Path, str]]:
    """(path, message) for each cause."""
    details = body.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, dict):
            text = str(cause.get("message") or cause.get("reason") or "")
            yield parse_path(str(cause.get("field") or ""), sent), text[:_MAX_MESSAGE]


def _typed_findings(message: str, sent: Any) -> Iterator[Finding]:
    """Some servers name fields only in the message: older ones answer 500 to a field that is not in the
    schema, without `causes`."""
    for field, found in _TYPED.findall(message):
        text, code = _GO_VALUE.sub(r"\1", found.strip().rstrip(",")), "rejected"
        if text == "field not declared in schema":
            text, code = _NOT_KNOWN, "field-unsupported"
        yield Finding(parse_path(field, sent), text, source="server", code=code)
    for field in _UNKNOWN_FIELD.findall(message):
        yield Finding(parse_path(field, sent), _NOT_KNOWN, source="server", code="field-unsupported")
    named = _GO_JSON.search(message)
    fields = named.group(1).split(".") if named else _GO_FIELDS.findall(message)
    if path := tuple(_by_go_names(fields, sent)):
        yield Finding(path, message, source="server", code="rejected")


def _by_go_names(names: Sequence[str], value: Any) -> Iterator[Segment]:
    """The path that struct fields of Go mean in `value`: they ignore case, and say nothing of positions."""
    for name in names:
        if isinstance(value, list):
            if len(value) != 1:
                return
            yield 0
            value = value[0]
        keys = value if isinstance(value, dict) else ()
        key = next((key for key in keys if key.lower() == name.lower()), None)
        if key is None:
            return
        yield key
        value = value[key]
