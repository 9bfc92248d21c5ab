"""The credentials of a kubeconfig context: read from the file, or given by the program that it names.

A program runs with a time limit, and its output is in no message and no log: it may have tokens.
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import json
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import yaml
from django.conf import settings
from django.utils.translation import gettext as _
from kubernetes.client.configuration import Configuration
from kubernetes.config import ConfigException
from kubernetes.config.kube_config import KubeConfigMerger, load_kube_config_from_dict

from console.errors import Unreachable
from workloads.stores.cluster.contexts import Context

T = TypeVar("T")
log = logging.getLogger(__name__)

_MOST: Final = 1024 * 1024  # bytes that a program can print; a credential has some thousand


@dataclass(frozen=True, slots=True)
class Credentials:
    """`configuration`: of the Kubernetes client. `expire`: when a program has to be run again, or None."""

    configuration: Configuration
    expire: dt.datetime | None = None

    @property
    def expired(self) -> bool:
        return self.expire is not None and self.expire <= dt.datetime.now(dt.UTC)


def credentials_of(context: Context) -> Credentials:
    """Reads the kubeconfig; where the context names a program, runs it. Raises Unreachable after at most
    `CLUSTER_CREDENTIALS_SECONDS`, where the context is unusable or the program gives no credentials."""
    try:
        merged = KubeConfigMerger(settings.KUBECONFIG).config
        if merged is None:
            raise ConfigException
        user = _user_of(merged, context.name)
        configuration = Configuration()
        expire = None
        if user is not None and "exec" in user.value["user"]:
            user.value["user"], expire = _from_program(merged, context.name, user)
        # The other ways to get credentials ask an identity provider, without a limit of their own.
        _limited(
            lambda: load_kube_config_from_dict(
                merged,
                context=context.name,
                client_configuration=configuration,
                persist_config=False,  # the file is the operator's
            )
        )
    except (
        ConfigException,
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        yaml.YAMLError,
    ) as error:
        log.warning("Kubeconfig context %s cannot be used: %s", context.name, type(error).__name__)
        raise Unreachable(
            _("Cannot use the kubeconfig context “%(name)s”.") % {"name": context.name},
            way_out=_("Check it with: kubectl --context %(name)s get nodes") % {"name": context.name},
            code="bad-context",
        ) from None
    if user is None or "auth-provider" not in user.value["user"]:
        # Before each request it would only set again what is set. An identity provider's token may end.
        configuration.refresh_api_key_hook = None
    return Credentials(configuration, expire)


def too_slow(command: str = "") -> Unreachable:
    """`command`: the program that did not end, "" where that is not known."""
    if not command:
        return Unreachable(
            _("The credentials of this cluster did not come in time."),
            status=504,
            way_out=_("Try again in a moment. Other clusters are not affected."),
            code="credentials-timeout",
        )
    return Unreachable(
        _("The program “%(command)s” did not give the credentials of this cluster in time.")
        % {"command": command},
        status=504,
        way_out=_("Run it in a terminal to see what it waits for. Other clusters are not affected."),
        code="credentials-timeout",
    )


def _user_of(merged: Any, name: str) -> Any:
    """The user of a context, None for a context without one. `value`, `path`: see ConfigNode."""
    user = merged["contexts"].get_with_name(name)["context"].safe_get("user")
    found = merged["users"].get_with_name(user, safe=True) if user and merged.safe_get("users") else None
    return found if found is not None and isinstance(found.value.get("user"), dict) else None


def _from_program(merged: Any, name: str, user: Any) -> tuple[dict[str, Any], dt.datetime | None]:
    """What the program says, as the user of a kubeconfig, and until when that is so."""
    exec_: Mapping[str, Any] = user.value["user"]["exec"]
    command = str(exec_["command"])
    program = command
    folder = os.path.abspath(os.path.dirname(user.path))
    if os.path.dirname(command):  # relative to the kubeconfig, as for kubectl
        program = os.path.join(folder, command)
    info = {
        "apiVersion": str(exec_["apiVersion"]),
        "kind": "ExecCredential",
        "spec": {"interactive": False, **_cluster_info(merged, name, exec_)},
    }
    asked = {str(item["name"]): str(item["value"]) for item in exec_.get("env") or ()}
    environment = {**os.environ, **asked, "KUBERNETES_EXEC_INFO": json.dumps(info)}
    output = _run([program, *map(str, exec_.get("args") or ())], environment, folder, command)
    try:
        said = json.loads(output)
        status = said["status"]
        if said["kind"] != "ExecCredential" or said["apiVersion"] != info["apiVersion"]:
            raise ValueError
        given = {"token": status["token"]} if status.get("token") else {}
        if status.get("clientCertificateData"):
            given["client-certificate-data"] = _base64(status["clientCertificateData"])
            given["client-key-data"] = _base64(status["clientKeyData"])
        expire = status.get("expirationTimestamp")
        until = dt.datetime.fromisoformat(expire) if expire else None
        if not given or (until and until.tzinfo is None):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _gave_nothing(command) from None
    return given, until


def _cluster_info(merged: Any, name: str, exec_: Mapping[str, Any]) -> dict[str, Any]:
    if not exec_.get("provideClusterInfo"):
        return {}
    cluster = dict(
        merged["clusters"]
        .get_with_name(merged["contexts"].get_with_name(name)["context"]["cluster"])["cluster"]
        .value
    )
    extensions = cluster.pop("extensions", None) or ()
    own = [each["extension"] for each in extensions if each["name"] == "client.authentication.k8s.io/exec"]
    return {"cluster": {**cluster, **({"config": own[0]} if own else {})}}


def _run(arguments: list[str], environment: Mapping[str, str], folder: str, command: str) -> bytes:
    """What the program prints. It and what it started are killed where that takes too long."""
    try:
        process = subprocess.Popen(  # noqa: S603  # the operator's own kubeconfig names it
            arguments,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        log.warning("The program %s of a kubeconfig cannot be run: %s", command, error.strerror)
        raise _gave_nothing(command) from None
    try:
        return _limited(lambda: _said(process), command)
    except BaseException:
        _end(process)
        raise


def _said(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None  # noqa: S101  # it is a pipe
    with process.stdout as output:
        said = output.read(_MOST)
    return said if process.wait() == 0 else b""


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _limited(action: Callable[[], T], command: str = "") -> T:
    """What the action returns or raises; Unreachable where it takes longer than allowed."""
    result: list[T] = []
    failed: list[Exception] = []

    def act() -> None:
        try:
            result.append(action())
        except Exception as error:  # noqa: BLE001  # raised below
            failed.append(error)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(settings.CLUSTER_CREDENTIALS_SECONDS)
    if failed:
        raise failed[0]
    if not result:
        log.warning("The credentials of a cluster did not come in time: %s", command or "identity provider")
        raise too_slow(command)
    return result[0]


def _gave_nothing(command: str) -> Unreachable:
    return Unreachable(
        _("The program “%(command)s” gave no credentials for this cluster.") % {"command": command},
        way_out=_("Sign in to the cluster again, then reload this page."),
        code="no-credentials",
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
