"""Requests to one API server: plain JSON in and out, over the Kubernetes client's connections.

The client's own models lose fields they do not know and are a hundred times slower; they are not used.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote, urlencode

import urllib3
from django.conf import settings
from django.utils.translation import gettext as _
from kubernetes.client.api_client import ApiClient
from kubernetes.config import ConfigException
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, ReadTimeoutError, SSLError
from urllib3.exceptions import TimeoutError as TimeoutError_

from console.errors import Unreachable
from workloads import kinds
from workloads.documents.paths import JsonObject
from workloads.stores.cluster.contexts import Context, Stamp
from workloads.stores.cluster.credentials import credentials_of, too_slow
from workloads.stores.cluster.failures import Expired, NoSuchKind, failure
from workloads.stores.protocol import TooMany

# The author of the kubeconfig decided to skip the check of certificates: no warning at each request.
urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

T = TypeVar("T")
log = logging.getLogger(__name__)

CONNECTIONS: Final = 16
METADATA_ONLY: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""kubernetes.io/docs/reference/using-api/api-concepts, "Metadata-only fetches"."""
_REMEMBERED_SECONDS: Final = 300  # how long a server's version and kinds are taken as current


@dataclass(frozen=True, slots=True)
class Resource:
    """Where objects of a kind are: `root` such as "/apis/apps/v1"."""

    root: str
    plural: str
    namespaced: bool

    def path(self, project: str = "", name: str = "") -> str:
        where = f"/namespaces/{quote(project, safe='')}" if project else ""
        return f"{self.root}{where}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


@dataclass(frozen=True, slots=True)
class Answer:
    """`value`: the JSON object; `warnings`: the texts of the server's Warning headers."""

    value: JsonObject
    warnings: Sequence[str] = ()


class Client:
    """One API server under one identity; threads may share it."""

    def __init__(self, context: Context) -> None:
        """May run a program for the credentials. Raises Unreachable."""
        credentials = credentials_of(context)
        config = credentials.configuration
        config.retries = False
        config.connection_pool_maxsize = CONNECTIONS
        self._name = context.name
        self._credentials = credentials
        self._api = ApiClient(config)
        self._memory: dict[str, tuple[float, Any]] = {}
        self._away: tuple[float, type[Exception]] | None = None  # since when (monotonic), and why

    @property
    def expired(self) -> bool:
        """Whether its credentials are no longer valid."""
        return self._credentials.expired

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        about: Any = None,
    ) -> Answer:
        """One request. Raises what an error response means (`failures`), and Unreachable if there was none.

        about: the object that the request writes, where the body is not the object itself.

        Unreachable at once if the server did not respond within the last `CLUSTER_AWAY_SECONDS`: a page that
        sends ten requests, and the page after it, wait once.
        """
        if self._away and time.monotonic() < self._away[0] + settings.CLUSTER_AWAY_SECONDS:
            raise _unreachable(self._away[1])
        headers = {"Accept": accept, "User-Agent": "daemonset-console"}
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
            response = self._api.rest_client.pool_manager.request(
                method,
                self._api.configuration.host + path + (f"?{urlencode(query)}" if query else ""),
                headers=headers,
                body=None if body is None else json.dumps(body, ensure_ascii=False).encode(),
                timeout=urllib3.Timeout(
                    connect=settings.CLUSTER_CONNECT_SECONDS,
                    read=settings.CLUSTER_READ_SECONDS if method == "GET" else settings.CLUSTER_WRITE_SECONDS,
                ),
                retries=False,
                redirect=False,
            )
            data, status = response.data, response.status
        except (HTTPError, ConfigException, OSError) as error:
            # Only the kind of error: its text may quote headers.
            log.warning("%s %s: %s", method, path, type(error).__name__)
            if _says_away(method, error):
                self._away = (time.monotonic(), type(error))
            raise _unreachable(type(error)) from None
        self._away = None
        try:
            value = json.loads(data)
        except ValueError:
            value = None
        if status == 401:
            forget(self._name)
        if not isinstance(value, dict) or not 200 <= status < 300:
            raise failure(
                status,
                value if isinstance(value, dict) else None,
                sent=body if about is None else about,
                retry_after=response.headers.get("Retry-After", ""),
            )
        return Answer(value, [_warning(text) for text in response.headers.getlist("Warning")])

    def items(
        self,
        path: str,
        asked: Mapping[str, str] | None = None,
        keep: Callable[[JsonObject], JsonObject] | None = None,
        most: int | None = None,
        accept: str = "application/json",
    ) -> list[JsonObject]:
        """Every object of a list, read in pages. asked: selectors; keep: what to keep of an object; accept:
        METADATA_ONLY for lists of which nothing else is needed.

        Raises TooMany as soon as there are known to be more than `most`: the first page of a list without
        selectors says how many remain.
        """
        asked = asked or {}
        page_size = str(settings.CLUSTER_PAGE_SIZE)
        query = {**asked, "limit": page_size}
        found: list[JsonObject] = []
        while True:
            try:
                page = self.call("GET", path, query, accept=accept).value
            except Expired:
                # The list changed too much to read its next page: read it all at once.
                query, found = {**asked}, []
                continue
            items = page.get("items")
            # Items of a list do not repeat their kind.
            head = {"apiVersion": page.get("apiVersion"), "kind": str(page.get("kind")).removesuffix("List")}
            page_of = ({**head, **item} for item in items or () if isinstance(item, dict))
            found += map(keep, page_of) if keep else page_of
            metadata = page.get("metadata") or {}
            if most is not None and len(found) + int(metadata.get("remainingItemCount") or 0) > most:
                raise TooMany
            more = metadata.get("continue")
            if not more:
                return found
            query = {**asked, "limit": page_size, "continue": more}

    def count(self, path: str) -> int:
        """How many objects a list has, without reading it."""
        page = self.call("GET", path, {"limit": "1"}).value
        metadata = page.get("metadata") or {}
        if metadata.get("continue") and "remainingItemCount" not in metadata:
            return len(self.items(path))
        return len(page.get("items") or ()) + int(metadata.get("remainingItemCount") or 0)

    def version(self) -> tuple[str, tuple[int, int]]:
        """Such as ("v1.20.2", (1, 20))."""

        def ask() -> tuple[str, tuple[int, int]]:
            found = self.call("GET", "/version").value
            digits = [re.match(r"\d*", str(found.get(part) or "")) for part in ("major", "minor")]
            major, minor = (int(match.group() or 0) if match else 0 for match in digits)
            return str(found.get("gitVersion") or ""), (major, minor)

        return self._remembered("version", ask)

    def resource(self, api_version: str, kind: str) -> Resource | None:
        """Where the server keeps a kind; None for one it does not serve."""
        entry = kinds.known(api_version, kind)
        if entry is not None:
            return Resource(_root(api_version), entry.plural, entry.namespaced)
        try:
            found = self._kinds_in(api_version).get(kind)
            if found is None:
                # It may be new, even from the previous document of the same manifest.
                self._memory.pop(_root(api_version), None)
                found = self._kinds_in(api_version).get(kind)
        except NoSuchKind:
            return None
        return found

    def serving(self, api_version: str, kind: str) -> Resource | None:
        """As `resource`, for reading: where this server is too old for the version in the table of kinds, the
        first one of the group that has the kind, in the order of its discovery
        (kubernetes.io/docs/concepts/overview/kubernetes-api)."""
        entry = kinds.known(api_version, kind)
        if entry is None or entry.api_version != api_version or not self._is_older_than(entry.since):
            return self.resource(api_version, kind)
        path = f"/apis/{kinds.group_of(api_version)}"
        try:
            served = self._remembered(path, lambda: self.call("GET", path).value)
            versions = [str(each["groupVersion"]) for each in served.get("versions") or ()]
            return next(filter(None, (self._kinds_in(each).get(kind) for each in versions)), None)
        except NoSuchKind:
            return None

    def _is_older_than(self, minor: int) -> bool:
        return minor > 0 and self.version()[1] < (1, minor)

    def _kinds_in(self, api_version: str) -> dict[str, Resource]:
        """Kind → where the server keeps it. Raises NoSuchKind for a version that it does not serve."""
        root = _root(api_version)

        def ask() -> dict[str, Resource]:
            return {
                str(each.get("kind")): Resource(root, str(each["name"]), bool(each.get("namespaced")))
                for each in self.call("GET", root).value.get("resources") or ()
                if "/" not in each.get("name", "/")
            }

        return self._remembered(root, ask)

    def _remembered(self, name: str, ask: Callable[[], T]) -> T:
        until, value = self._memory.get(name, (0.0, None))
        if time.monotonic() >= until:
            value = ask()
            self._memory[name] = (time.monotonic() + _REMEMBERED_SECONDS, value)
        return cast("T", value)


def _root(api_version: str) -> str:
    return ("/apis/" if "/" in api_version else "/api/") + api_version


class _Place:
    """The client of one context. A context whose credentials are slow to come keeps nobody else waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._client: Client | None = None
        self._failed: tuple[float, Unreachable] | None = None  # when (monotonic)

    def client(self, context: Context) -> Client:
        if not self._lock.acquire(timeout=settings.CLUSTER_CREDENTIALS_SECONDS):
            raise too_slow()
        try:
            if self._stamp != context.stamp or (self._client and self._client.expired):
                self._stamp, self._client, self._failed = context.stamp, None, None
            if self._failed and time.monotonic() < self._failed[0] + settings.CLUSTER_AWAY_SECONDS:
                raise self._failed[1].with_traceback(None)
            if self._client is None:
                try:
                    self._client = Client(context)
                except Unreachable as error:
                    self._failed = (time.monotonic(), error)
                    raise
            return self._client
        finally:
            self._lock.release()

    def forget(self) -> None:
        self._client = None


_places: dict[str, _Place] = {}


def client_for(context: Context) -> Client:
    """The client of a context; a new one when the kubeconfig has changed or the credentials have expired.
    Raises Unreachable."""
    return _places.setdefault(context.name, _Place()).client(context)


def forget(name: str) -> None:
    """Read the credentials of a context again at its next request: a program may give new ones."""
    if name in _places:
        _places[name].forget()


def _says_away(method: str, error: Exception) -> bool:
    """Whether the next request would fail too: a refused connection, or no response in time. A write may have
    waited for a slow admission webhook of its own."""
    return isinstance(error, TimeoutError_) and (method == "GET" or not isinstance(error, ReadTimeoutError))


def _unreachable(kind: type[Exception]) -> Unreachable:
    way_out = _("Check that the cluster is running and reachable from the console, then reload this page.")
    if issubclass(kind, ConfigException):
        return Unreachable(
            _("Cannot get the credentials of this kubeconfig context."),
            way_out=_("Sign in to the cluster again, then reload this page."),
            code="no-credentials",
        )
    if issubclass(kind, SSLError):
        return Unreachable(
            _("The cluster's certificate is not trusted, so nothing was sent to the cluster."),
            status=502,
            way_out=_("Check the certificate authority of this cluster in the kubeconfig."),
            code="untrusted-certificate",
        )
    # A refused connection is a kind of connection timeout to urllib3.
    if issubclass(kind, TimeoutError_) and not issubclass(kind, NewConnectionError):
        return Unreachable(
            _("The cluster did not respond in time."), status=504, way_out=way_out, code="cluster-timeout"
        )
    if issubclass(kind, ProtocolError):
        return Unreachable(
            _("The cluster closed the connection."), status=502, way_out=way_out, code="connection-lost"
        )
    return Unreachable(_("Cannot reach the cluster."), status=503, way_out=way_out)


def _warning(header: str) -> str:
    """The text of a Warning header: `299 - "text"` (RFC 7234, 5.5)."""
    match = re.match(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"', header)
    return re.sub(r"\\(.)", r"\1", match.group(1)) if match else header
