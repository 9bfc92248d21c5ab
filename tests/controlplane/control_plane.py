"""A real Kubernetes control plane on loopback: etcd, API server, controllers, scheduler, and fake kubelets.

    with ControlPlane(binaries.find(), folder, nodes=12) as cluster:
        cluster.kubeconfig("alice")                       # a path; also admin (system:masters), console, bob
        cluster.api("GET", "/api/v1/nodes")["items"]      # plain HTTP as admin

Alice, bob and console have no rights until a RoleBinding gives them some.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import urllib3

from tests.controlplane.binaries import Binaries
from tests.controlplane.nodes import fake_nodes, status_of

Json = dict[str, Any]

TOKENS = {"admin": "admin-token", "console": "console-token", "alice": "alice-token", "bob": "bob-token"}
GROUPS = {"admin": "system:masters"}

# Off: what would change the taints a test has put on a node, or needs a cloud or certificates.
NOT_RUN = "nodelifecycle nodeipam route service cloud-node-lifecycle ttl csrsigning csrapproving"
FAST = ("--kube-api-qps=500", "--kube-api-burst=1000")
START_SECONDS = 90

# A program started through this dies with us, even when we are killed.
_DIE_TOO = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()


class ApiError(Exception):
    """The API server refused. `status`: the HTTP status; `body`: its Status object."""

    def __init__(self, call: str, status: int, body: Json) -> None:
        super().__init__(f"{call}: {status} {body.get('message', body)}")
        self.status = status
        self.body = body


class ControlPlane:
    """Runs while its context is open; then `url`, `ca` (a path) and `version` (such as "v1.20.2") are set,
    and `minor` (20), by which tests expect what servers of different versions do differently.

    folder: an empty one, for keys, kubeconfigs, etcd's data (removed at the end) and the logs.
    nodes: how many fake nodes, or the Node objects themselves.
    """

    def __init__(self, programs: Binaries, folder: Path, nodes: int | Sequence[Json] = 12) -> None:
        self._programs = programs
        self._nodes = fake_nodes(nodes) if isinstance(nodes, int) else nodes
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._names = itertools.count(1)
        self.folder = folder
        self.ca = folder / "ca.crt"
        self.url = ""
        self.version = ""

    @property
    def minor(self) -> int:
        return int(self.version.split(".")[1])

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def kubeconfig(self, who: str = "admin") -> Path:
        return self.folder / f"{who}.kubeconfig"

    def api(
        self, method: str, path: str, body: Json | None = None, *, who: str = "admin", content_type: str = ""
    ) -> Json:
        """One request, its answer ({"message": …} where it is no JSON). Raises ApiError.

        A PATCH is a merge patch unless `content_type` says otherwise.
        """
        content_type = content_type or f"application/{'merge-patch+' if method == 'PATCH' else ''}json"
        headers = {"Authorization": f"Bearer {TOKENS[who]}", "Content-Type": content_type}
        data = json.dumps(body) if body is not None else None
        answer = self._http.request(method, self.url + path, headers=headers, body=data)
        try:
            value = json.loads(answer.data)
        except ValueError:
            value = {"message": answer.data.decode(errors="replace")}
        if answer.status >= 400:
            raise ApiError(f"{method} {path}", answer.status, value)
        return dict(value)

    def new_namespace(self, prefix: str = "test") -> str:
        """A namespace of one's own in which pods can be made. Nothing removes it: the whole cluster goes."""
        name = f"{prefix}-{next(self._names)}"
        self.api("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        self.wait_for(lambda: self._takes_pods(name), "its service account and that account's token")
        return name

    def tidy(self) -> None:
        """Deletes every DaemonSet there is: its pods crowd the nodes, of which each takes 110."""
        for live in self.api("GET", "/apis/apps/v1/daemonsets")["items"]:
            name, namespace = live["metadata"]["name"], live["metadata"]["namespace"]
            path = f"/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}"
            try:
                self.api("DELETE", path, {"propagationPolicy": "Background"})
            except ApiError as error:
                if error.status != 404:
                    raise

    def add_nodes(self, nodes: Iterable[Json]) -> None:
        """Nodes as given (metadata, spec with taints), Ready; what a node brings of `status` is kept."""
        for node in nodes:
            name = node["metadata"]["name"]
            self.api("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", **node, "status": {}})
            self.api("PATCH", f"/api/v1/nodes/{name}/status", {"status": status_of(node)})

    def wait_for(self, holds: Callable[[], Any], what: str, seconds: float = 60) -> Any:
        """What `holds()` answers once that is true. Raises TimeoutError, naming `what` was waited for."""
        end = time.monotonic() + seconds
        while not (answer := holds()):
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds} s for {what}; the logs are in {self.folder}")
            time.sleep(0.05)
        return answer

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Meanwhile one of the programs ("controller-manager", "scheduler", "kubelets") does nothing."""
        group = self._running[name].pid
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def stop(self) -> None:
        """Kills everything that was started; may be called twice."""
        # The API server's clients first: their last words would only be about lost connections.
        for process in reversed(self._running.values()):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()
        shutil.rmtree(self.folder / "etcd", ignore_errors=True)

    def _start(self) -> None:
        etcd_port, peer_port, api_port = _free_ports(3)
        etcd_url = f"http://127.0.0.1:{etcd_port}"
        self.url = f"https://127.0.0.1:{api_port}"
        self._write_keys()
        self._write_who()
        self._http = urllib3.PoolManager(ca_certs=str(self.ca), maxsize=8, retries=False, timeout=60)
        self.version = _version(self._programs.apiserver)

        self._run(
            "etcd",
            self._programs.etcd,
            "--data-dir=etcd",
            f"--listen-client-urls={etcd_url}",
            f"--advertise-client-urls={etcd_url}",
            f"--listen-peer-urls=http://127.0.0.1:{peer_port}",
            "--unsafe-no-fsync",
        )
        self._run(
            "apiserver",
            self._programs.apiserver,
            f"--etcd-servers={etcd_url}",
            "--bind-address=127.0.0.1",
            f"--secure-port={api_port}",
            # Must not be loopback, which is all that a machine without a network has; nobody connects to it.
            "--advertise-address=192.0.2.1",
            "--tls-cert-file=server.crt",
            "--tls-private-key-file=server.key",
            "--cert-dir=certs",
            "--token-auth-file=tokens.csv",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-signing-key-file=accounts.key",
            "--service-account-key-file=accounts.pub",
            "--allow-privileged=true",
            # It would give new nodes a not-ready taint that only the node lifecycle controller takes away.
            "--disable-admission-plugins=TaintNodesByCondition",
            "--max-requests-inflight=3000",
            "--max-mutating-requests-inflight=1000",
        )
        self.wait_for(self._is_ready, "the API server", START_SECONDS)
        self.add_nodes(self._nodes)

        # Only 1.20 and older serve plain HTTP as well, and know the flag to turn that off.
        old = ("--port=0",) if self.minor == 20 else ()
        kubeconfig = self.kubeconfig()
        self._run(
            "controller-manager",
            self._programs.controller_manager,
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            "--service-account-private-key-file=accounts.key",
            f"--root-ca-file={self.ca}",
            "--controllers=" + ",-".join(["*", *NOT_RUN.split()]),
            "--leader-elect=false",
            "--secure-port=0",
            *FAST,
            *old,
        )
        self._run(
            "scheduler",
            self._programs.scheduler,
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            "--secure-port=0",
            *FAST,
            *old,
        )
        kubelets = Path(__file__).with_name("kubelets.py")
        self._run("kubelets", Path(sys.executable), str(kubelets), self.url, TOKENS["admin"], str(self.ca))

    def _run(self, name: str, program: Path, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*_DIE_TOO, str(program), *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running[name] = process

    def _is_ready(self) -> bool:
        for process in self._running.values():
            if process.poll() is not None:
                logs = "\n".join(_tail(log) for log in sorted(self.folder.glob("*.log")))
                raise RuntimeError(f"{process.args!r} ended with {process.returncode}\n{logs}")
        try:
            self.api("GET", "/readyz")
        except (ApiError, urllib3.exceptions.HTTPError):
            return False
        return True

    def _takes_pods(self, namespace: str) -> bool:
        pod = {"metadata": {"name": "any"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        try:
            self.api("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)
        except ApiError as error:
            if error.status not in (403, 500):  # no account yet, no token yet
                raise
            return False
        return True

    def _write_keys(self) -> None:
        self.folder.chmod(0o700)
        for name in ("ca", "server", "accounts"):
            self._openssl(f"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key")
        self._openssl("pkey -in accounts.key -pubout -out accounts.pub")
        self._openssl("req -x509 -new -days 7 -key ca.key -subj /CN=control-plane-ca -out ca.crt")
        self._openssl(
            "req -x509 -new -days 7 -key server.key -subj /CN=kube-apiserver -out server.crt"
            " -CA ca.crt -CAkey ca.key -addext basicConstraints=critical,CA:FALSE"
            " -addext subjectAltName=IP:127.0.0.1,DNS:localhost"
        )

    def _openssl(self, words: str) -> None:
        subprocess.run(["openssl", *words.split()], cwd=self.folder, capture_output=True, check=True)

    def _write_who(self) -> None:
        rows = [f'{token},{who},{who}-uid,"{GROUPS.get(who, "")}"' for who, token in TOKENS.items()]
        (self.folder / "tokens.csv").write_text("\n".join(rows) + "\n")
        for who, token in TOKENS.items():
            config = {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [
                    {"name": "local", "cluster": {"server": self.url, "certificate-authority": str(self.ca)}}
                ],
                "users": [{"name": who, "user": {"token": token}}],
                "contexts": [{"name": "local", "context": {"cluster": "local", "user": who}}],
                "current-context": "local",
            }
            # JSON is YAML.
            self.kubeconfig(who).write_text(json.dumps(config, indent=1))


def _free_ports(count: int) -> list[int]:
    """Ports free a moment ago; held together, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _version(apiserver: Path) -> str:
    said = subprocess.run([apiserver, "--version"], check=True, capture_output=True, text=True).stdout
    return said.split()[-1]


def _tail(log: Path, lines: int = 15) -> str:
    return f"== {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
