"""A fake API server, for what a real control plane cannot be made to do, or takes too long to do.

`KubeApi` holds objects and answers requests about them as kube-apiserver does, as far as tests need it: lists
with label and field selectors and in pages, single objects, server-side apply without other field managers,
deletion, dry runs. The read half of the contract suite (tests/stores/test_contract.py) holds it against the
real server. `FakeServer` serves it, or any other function that answers a request, on a port of its own; its
`fault` answers in its place: `body`, `status`, `hang`, `hang_up`, `cut_short`.
"""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from workloads import kinds

TOKEN = "s3cr3t-t0ken"
CONTEXT = "faulty"
Json = dict[str, Any]
Fault = Callable[["Handler"], None]
"""Answers one request: `Handler.path`, `.command` and `.body` are what was sent."""


class FakeServer:
    """Answers with `api`, or with `fault` while there is one; `kubeconfig` has the one context CONTEXT."""

    def __init__(self, folder: Path, api: KubeApi | None = None) -> None:
        self.kubeconfig = folder / "kubeconfig"
        self.api = api or KubeApi()
        self.fault: Fault | None = None
        self.stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.owner = self  # type: ignore[attr-defined]
        self.use("http")

    def use(self, scheme: str) -> None:
        server = f"{scheme}://127.0.0.1:{self._server.server_port}"
        config = {
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": TOKEN}}],
            "contexts": [{"name": CONTEXT, "context": {"cluster": "c", "user": "u"}}],
        }
        self.kubeconfig.write_text(json.dumps(config))

    def answer(self, handler: Handler) -> None:
        (self.fault or self.api.answer)(handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.owner.answer(self)  # type: ignore[attr-defined]

    do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        pass


# Answers and faults


def body(status: int, text: str | bytes, content_type: str = "text/html", **headers: str) -> Fault:
    data = text.encode() if isinstance(text, str) else text

    def answer(handler: Handler) -> None:
        handler.send_response(status)
        sent = {"Content-Type": content_type, "Content-Length": str(len(data)), **headers}
        for name, value in sent.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def ok(value: Json, code: int = 200) -> Fault:
    return body(code, json.dumps(value), "application/json")


def status(code: int, message: str, **more: Any) -> Fault:
    """A Kubernetes Status object."""
    head = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
    return ok({**head, **more}, code)


def hang_up(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def cut_short(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"items": [')
    handler.wfile.flush()
    hang_up(handler)


def hang(handler: Handler) -> None:
    handler.server.owner.stopping.wait(30)  # type: ignore[attr-defined]
    handler.close_connection = True


# Objects


@dataclass(frozen=True)
class Request:
    """`plural` "" where the path is of no kind, `project` "" where it names none, `name` "" for a list.
    metadata_only: it asks for a PartialObjectMetadataList."""

    method: str
    path: str
    query: Mapping[str, str]
    kind: kinds.Kind | None = None
    project: str = ""
    name: str = ""
    metadata_only: bool = False

    @property
    def plural(self) -> str:
        return self.kind.plural if self.kind else ""


def _objects(plural: str) -> Any:
    """The objects of a kind as a list that tests may read, change and replace."""
    return property(
        lambda api: api.objects[plural],
        lambda api, objects: api.objects.__setitem__(plural, list(objects)),
    )


class KubeApi:
    """Objects of the kinds in `workloads.kinds`; `add` completes them as a server would.

    requests: all of them, in order. forbidden: paths that answer 403. away: whether every answer is a 503.
    minor: of the server's version.
    """

    nodes = _objects("nodes")
    namespaces = _objects("namespaces")
    daemonsets = _objects("daemonsets")
    pods = _objects("pods")
    events = _objects("events")
    limit_ranges = _objects("limitranges")
    quotas = _objects("resourcequotas")
    revisions = _objects("controllerrevisions")

    def __init__(self, minor: int = 30) -> None:
        self.minor = minor
        self.objects: dict[str, list[Json]] = {kind.plural: [] for kind in kinds.KINDS}
        self.requests: list[Request] = []
        self.forbidden: set[str] = set()
        self.away = False
        self._numbers = itertools.count(1000)
        self._lock = threading.Lock()

    @property
    def paths(self) -> list[str]:
        """Of all requests, in order."""
        return [request.path for request in self.requests]

    def add(self, value: Json) -> Json:
        """Store an object, with a uid, a resourceVersion and a time, each later than the one before."""
        value = self._completed(value)
        kind = kinds.known(value["apiVersion"], value["kind"])
        assert kind is not None, value["kind"]
        self.objects[kind.plural].append(value)
        return value

    def touch(self, plural: str, project: str, name: str, who: str, **labels: str) -> None:
        """Somebody else (the field manager `who`) labels an object."""
        found = self._find(plural, project, name)
        assert found is not None, name
        found["metadata"]["labels"] = {**found["metadata"].get("labels", {}), **labels}
        self._written(found, who, "Update", {"f:metadata": {}})

    def same_second(self, plural: str, project: str, name: str) -> None:
        """All managers of an object wrote within one second; then the server lists them by their names."""
        found = self._find(plural, project, name)
        assert found is not None, name
        entries = sorted(found["metadata"]["managedFields"], key=lambda entry: entry["manager"])
        found["metadata"]["managedFields"] = [{**entry, "time": entries[0]["time"]} for entry in entries]

    def answer(self, handler: Handler) -> None:
        with self._lock:
            respond = self.respond(handler)
        respond(handler)

    def received(self, request: Request) -> None:
        self.requests.append(request)

    def respond(self, handler: Handler) -> Fault:
        request = _request(handler)
        self.received(request)
        if self.away:
            return body(503, "<html>")
        if request.path in self.forbidden:
            said = f'{request.plural} is forbidden: User "u" cannot {_verb(request)} resource'
            return status(403, said, reason="Forbidden", details={"kind": request.plural})
        if request.path == "/version":
            number = {"major": "1", "minor": str(self.minor), "gitVersion": f"v1.{self.minor}.0"}
            return ok(number)
        if request.kind is None:
            return self._discovery(request.path)
        match request.method:
            case "GET":
                return self._one(request) if request.name else self._list(request)
            case "POST" | "PUT":
                return self._write(request, json.loads(handler.body))
            case "DELETE":
                return self._delete(request, json.loads(handler.body or b"{}"))
        return status(405, "the fake API server does not know this method", reason="MethodNotAllowed")

    def _discovery(self, path: str) -> Fault:
        root = re.fullmatch(r"/api/(v1)|/apis/([^/]+/[^/]+)", path)
        api_version = root.group(1) or root.group(2) if root else ""
        found = [kind for kind in kinds.KINDS if kind.api_version == api_version]
        if not found:
            return body(404, "404 page not found\n", "text/plain")
        named = [{"name": kind.plural, "kind": kind.kind, "namespaced": kind.namespaced} for kind in found]
        return ok({"kind": "APIResourceList", "groupVersion": api_version, "resources": named})

    def _find(self, plural: str, project: str, name: str) -> Json | None:
        return next((each for each in self.objects[plural] if _key(each) == (project, name)), None)

    def _one(self, request: Request) -> Fault:
        found = self._find(request.plural, request.project, request.name)
        return _not_found(request) if found is None else ok({**_head(request), **found})

    def _list(self, request: Request) -> Fault:
        found = [
            each
            for each in self.objects[request.plural]
            if request.project in ("", each["metadata"].get("namespace"))
        ]
        labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
        for field in map(_FIELD.fullmatch, filter(None, fields.split(","))):
            assert field is not None, fields
            path, operator, wanted = field.groups()
            if path not in (*_FIELDS_OF_ALL, *_FIELDS.get(request.plural, ())):
                return status(400, f"field label not supported: {path}", reason="BadRequest")
            found = [each for each in found if (_field(each, path) == wanted) == (operator != "!=")]
        found = [each for each in found if matches(labels, each["metadata"].get("labels") or {})]
        found.sort(key=lambda each: "/".join(_key(each)))  # as they are in etcd
        start, limit = int(request.query.get("continue") or 0), int(request.query.get("limit") or 0)
        end = start + limit if limit else len(found)
        metadata: Json = {"resourceVersion": str(next(self._numbers))}
        if end < len(found):
            metadata["continue"] = str(end)
            if not labels and not fields:
                metadata["remainingItemCount"] = len(found) - end
        head = _head(request)
        if request.metadata_only:
            head = {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata"}
            found = [{"metadata": each["metadata"]} for each in found]
        items = [
            {field: part for field, part in each.items() if field not in ("apiVersion", "kind")}
            for each in found[start:end]
        ]
        return ok({**head, "kind": head["kind"] + "List", "metadata": metadata, "items": items})

    def _write(self, request: Request, wanted: Json) -> Fault:
        """Create it (POST to a list) or replace it (PUT). All fields belong to the one who writes."""
        name = wanted["metadata"]["name"]
        if request.project and self._find("namespaces", "", request.project) is None:
            return _not_found(Request("GET", "", {}, _NAMESPACE, "", request.project))
        before = self._find(request.plural, request.project, name)
        if request.method == "POST" and before is not None:
            said = f'{request.plural} "{name}" already exists'
            return status(409, said, reason="AlreadyExists", details={"name": name, "kind": request.plural})
        if request.method == "PUT" and before is None:
            return _not_found(request)
        version = wanted["metadata"].get("resourceVersion")
        if before is not None and version not in (None, before["metadata"]["resourceVersion"]):
            return _modified(request)
        if request.project:
            wanted["metadata"]["namespace"] = request.project
        if before is None:
            after = self._completed(wanted)
        else:
            server = {f: before["metadata"][f] for f in _SERVER_FIELDS if f in before["metadata"]}
            after = {**wanted, "metadata": {**wanted["metadata"], **server}}
            if "status" in before:
                after["status"] = before["status"]
        if after != before:
            manager = request.query.get("fieldManager", "unknown")
            self._written(after, manager, "Update", {"f:metadata": {}, "f:spec": {}})
        if "dryRun" not in request.query and after != before:
            kept = self.objects[request.plural]
            if before is not None:
                kept.remove(before)
            kept.append(after)
        return ok(after, 200 if before else 201)

    def _delete(self, request: Request, options: Json) -> Fault:
        found = self._find(request.plural, request.project, request.name)
        if found is None:
            return _not_found(request)
        asked = options.get("preconditions") or {}
        if any(found["metadata"].get(field) != wanted for field, wanted in asked.items()):
            return _modified(request)
        if not options.get("dryRun"):
            self.objects[request.plural].remove(found)
            if request.plural == "namespaces":
                for plural, objects in self.objects.items():
                    inside = [each for each in objects if _key(each)[0] == request.name]
                    self.objects[plural] = [each for each in objects if each not in inside]
        return ok({"kind": "Status", "apiVersion": "v1", "status": "Success"})

    def _completed(self, given: Json) -> Json:
        number, out = next(self._numbers), copy.deepcopy(given)
        metadata = {
            "uid": f"uid-{number}",
            "resourceVersion": str(number),
            "creationTimestamp": _time(number),
        }
        out["metadata"] = {**metadata, **out["metadata"]}
        return out

    def _written(self, found: Json, manager: str, operation: str, fields: Json) -> None:
        number, metadata = next(self._numbers), found["metadata"]
        entry = {"manager": manager, "operation": operation, "fieldsV1": fields}
        others = [
            each for each in metadata.get("managedFields", ()) if entry | {"time": each.get("time")} != each
        ]
        metadata["managedFields"] = [*others, {**entry, "time": _time(number)}]
        metadata["resourceVersion"] = str(number)


_NAMESPACE: Final = next(kind for kind in kinds.KINDS if kind.kind == "Namespace")
_PATH: Final = re.compile(r"/api(?:s/([^/]+))?/([^/]+)(?:/namespaces/([^/]+))?/([^/]+)(?:/([^/]+))?")
_FIELD: Final = re.compile(r"([A-Za-z.]+)(!=|==|=)(.*)")
_SERVER_FIELDS: Final = ("uid", "resourceVersion", "creationTimestamp", "managedFields")
# Field selectors, as kubernetes pkg/apis/core/v1/conversion.go has them.
_FIELDS_OF_ALL: Final = ("metadata.name", "metadata.namespace")
_FIELDS: Final = {
    "pods": ("spec.nodeName", "status.phase"),
    "secrets": ("type",),
    "events": ("involvedObject.kind", "involvedObject.name", "involvedObject.uid", "reason", "type"),
}


def _request(handler: Handler) -> Request:
    address = urlsplit(handler.path)
    query = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
    ask = partial(Request, handler.command, address.path, query)
    found = _PATH.fullmatch(address.path)
    if found is None:
        return ask()
    group, version, project, plural, name = found.groups()
    api_version = f"{group}/{version}" if group else version
    kind = next((k for k in kinds.KINDS if (k.api_version, k.plural) == (api_version, plural)), None)
    if kind is None or (project and not kind.namespaced):
        return ask()
    metadata_only = "as=PartialObjectMetadataList" in handler.headers.get("Accept", "")
    return ask(kind, project or "", name or "", metadata_only)


def _verb(request: Request) -> str:
    return {"GET": "get" if request.name else "list"}.get(request.method, request.method.lower())


def _head(request: Request) -> Json:
    assert request.kind is not None
    return {"apiVersion": request.kind.api_version, "kind": request.kind.kind}


def _key(found: Json) -> tuple[str, str]:
    return found["metadata"].get("namespace", ""), found["metadata"]["name"]


def _field(found: Json, path: str) -> str:
    part: Any = found
    for name in path.split("."):
        part = part.get(name) if isinstance(part, dict) else None
    return "" if part is None else str(part)


def _time(number: int) -> str:
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=number)
    return moment.isoformat().replace("+00:00", "Z")


def _not_found(request: Request) -> Fault:
    details = {"name": request.name, "kind": request.plural}
    return status(404, f'{request.plural} "{request.name}" not found', reason="NotFound", details=details)


def _modified(request: Request) -> Fault:
    said = f'Operation cannot be fulfilled on {request.plural} "{request.name}": the object has been modified'
    return status(409, said, reason="Conflict", details={"name": request.name, "kind": request.plural})


def matches(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether a label selector, as a list request writes it, selects these labels."""
    return all(_holds(term, labels) for term in _terms(selector))


def _terms(selector: str) -> Iterator[str]:
    return (term.strip() for term in re.split(r",(?![^(]*\))", selector) if term.strip())


def _holds(term: str, labels: Mapping[str, str]) -> bool:
    if among := re.fullmatch(r"(\S+) +(in|notin) +\(([^)]*)\)", term):
        key, operator, values = among.groups()
        return (labels.get(key) in [each.strip() for each in values.split(",")]) == (operator == "in")
    if equal := re.fullmatch(r"([^=!\s]+)\s*(!=|==|=)\s*(\S*)", term):
        key, operator, wanted = equal.groups()
        return (labels.get(key) == wanted) == (operator != "!=")
    return term[1:] not in labels if term.startswith("!") else term in labels
