"""The kubelets of all nodes at once: a pod bound to a node becomes Running and Ready, or goes once deleted.

usage: kubelets.py API_URL TOKEN CA_FILE        (a program of its own, started by ControlPlane)

A pod annotated `fake/fail: CrashLoopBackOff` stays waiting with that reason; `fake/delay: "3"` makes it Ready
after so many seconds.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import urllib3

Json = dict[str, Any]

BOUND = "/api/v1/pods?fieldSelector=spec.nodeName!="
WATCH_SECONDS = 300


class Kubelets:
    def __init__(self, url: str, token: str, ca: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = urllib3.PoolManager(ca_certs=ca, maxsize=32, retries=False, timeout=60)

    def serve(self) -> None:
        with ThreadPoolExecutor(16) as workers:
            while True:
                try:
                    for pod in self._bound_pods():
                        workers.submit(self._attend, pod)
                except (urllib3.exceptions.HTTPError, ValueError, KeyError) as error:
                    print("listing again:", error, flush=True)
                time.sleep(0.2)

    def _bound_pods(self) -> Iterator[Json]:
        """Every pod that is bound, then each one that changes, until the watch ends."""
        listed = json.loads(self._call("GET", BOUND).data)
        yield from listed["items"]
        since = listed["metadata"]["resourceVersion"]
        watch = self._call(
            "GET",
            f"{BOUND}&watch=1&resourceVersion={since}&timeoutSeconds={WATCH_SECONDS}",
            preload_content=False,
            timeout=urllib3.Timeout(connect=5, read=WATCH_SECONDS + 10),
        )
        rest = b""
        for chunk in watch.stream(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for event in map(json.loads, lines):
                if event["type"] == "ERROR":
                    return
                if event["type"] != "DELETED":
                    yield event["object"]

    def _attend(self, pod: Json) -> None:
        try:
            self._run_or_remove(pod)
        except Exception as error:  # noqa: BLE001  (the other pods go on)
            print(pod["metadata"]["name"], error, flush=True)

    def _run_or_remove(self, pod: Json) -> None:
        meta, status = pod["metadata"], pod.get("status", {})
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if meta.get("deletionTimestamp"):
            self._call("DELETE", path, {"gracePeriodSeconds": 0})
            return
        if status.get("phase", "Pending") != "Pending" or status.get("containerStatuses"):
            return
        annotations = meta.get("annotations") or {}
        time.sleep(float(annotations.get("fake/delay", 0)))
        self._call(
            "PATCH", path + "/status", {"status": _status(pod["spec"], annotations.get("fake/fail", ""))}
        )

    def _call(self, method: str, path: str, body: Json | None = None, **options: Any) -> Any:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        return self._http.request(
            method,
            self._url + path,
            headers={**self._headers, "Content-Type": kind},
            body=json.dumps(body) if body is not None else None,
            **options,
        )


def _status(spec: Json, failure: str) -> Json:
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = not failure
    state: Json = {"running": {"startedAt": now}}
    if failure:
        state = {"waiting": {"reason": failure, "message": f"fake failure {failure}"}}
    return {
        "phase": "Running" if ready else "Pending",
        "startTime": now,
        "podIP": "10.1.0.1",
        "hostIP": "10.0.0.1",
        "conditions": [
            {
                "type": kind,
                "status": "True" if ready or kind == "PodScheduled" else "False",
                "lastTransitionTime": now,
            }
            for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
        ],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": ready,
                "started": ready,
                "restartCount": 0,
                "state": state,
            }
            for container in spec["containers"]
        ],
    }


if __name__ == "__main__":
    Kubelets(*sys.argv[1:]).serve()
