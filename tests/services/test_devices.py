"""What is read of the devices that a cluster hands out through dynamic resource allocation (DRA)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests import kube_api
from tests.builders import daemonset
from workloads.daemonsets.project.devices import API, API_SINCE, NO_DEVICES
from workloads.services.occupancy import read_occupancy
from workloads.stores import store_for

DRIVER = "gpu.tests.example.com"
GPU = "tests.example.com/gpu"
BY_CLASS = f"deviceclass.resource.kubernetes.io/{DRIVER}"
EXTENDED_SINCE = 36
"""Since then servers keep `extendedResourceName` by default (DRAExtendedResource in kube_features.go)."""
ASKED = {"devices": {"requests": [{"name": "one", "exactly": {"deviceClassName": DRIVER}}]}}
CLASS = {
    "metadata": {"name": DRIVER},
    "spec": {
        "selectors": [{"cel": {"expression": f"device.driver == '{DRIVER}'"}}],
        "extendedResourceName": GPU,
    },
}


def device_slice(name, node, devices, generation=1):
    """As a driver publishes it; `generation` of its pool, which has the name of the node."""
    return {
        "metadata": {"name": name},
        "spec": {
            "driver": DRIVER,
            "nodeName": node,
            "pool": {"name": node, "generation": generation, "resourceSliceCount": 1},
            "devices": [{"name": f"gpu-{n}"} for n in range(devices)],
        },
    }


OF_CLUSTER = [
    ("DeviceClass", "deviceclasses", CLASS),
    ("ResourceSlice", "resourceslices", device_slice("tests-old", "n1", 8)),
    ("ResourceSlice", "resourceslices", device_slice("tests-new", "n1", 2, generation=2)),
    ("ResourceSlice", "resourceslices", device_slice("tests-other", "n2", 1)),
]
OF_PROJECT = [
    ("ResourceClaim", "resourceclaims", {"metadata": {"name": "mine"}, "spec": ASKED}),
    (
        "ResourceClaimTemplate",
        "resourceclaimtemplates",
        {"metadata": {"name": "each"}, "spec": {"spec": ASKED}},
    ),
]


class Api(kube_api.KubeApi):
    """A server with these objects in the project `p`, which answers lists of them as kube-apiserver does."""

    def __init__(self, minor):
        super().__init__(minor)
        self.namespaces = [{"metadata": {"name": "p"}}]
        self.asked = []

    def respond(self, handler):
        path = urlsplit(handler.path).path
        self.asked.append(path)
        if path in self.forbidden or not path.startswith(f"/apis/{API}"):
            return super().respond(handler)
        if self.minor < API_SINCE:
            return kube_api.body(404, "404 page not found\n", "text/plain")
        if path == f"/apis/{API}":
            resources = {plural: (kind, False) for kind, plural, _value in OF_CLUSTER}
            resources |= {plural: (kind, True) for kind, plural, _value in OF_PROJECT}
            served = [
                {"name": plural, "kind": kind, "namespaced": inside, "verbs": ["get", "list"]}
                for plural, (kind, inside) in resources.items()
            ]
            return kube_api.ok({"kind": "APIResourceList", "groupVersion": API, "resources": served})
        found = [
            (kind, value) for kind, plural, value in OF_CLUSTER + OF_PROJECT if path.endswith(f"/{plural}")
        ]
        head = {"apiVersion": API, "kind": f"{found[0][0]}List", "metadata": {"resourceVersion": "9"}}
        items = [self._completed(value) for _kind, value in found]
        if "as=PartialObjectMetadataList" in handler.headers["Accept"]:
            head |= {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList"}
            items = [{"metadata": each["metadata"]} for each in items]
        return kube_api.ok({**head, "items": items})


@pytest.fixture
def api():
    return Api(EXTENDED_SINCE)


@pytest.fixture
def fake(api, admin, settings, tmp_path):
    """A store of the fake server."""
    with kube_api.FakeServer(tmp_path, api) as server:
        settings.KUBECONFIG = str(server.kubeconfig)
        yield store_for(kube_api.CONTEXT, admin)


@pytest.fixture
def cluster(control_plane, admin, settings):
    """A store of the real server, and a project with these objects, where it knows them."""
    settings.KUBECONFIG = str(control_plane.kubeconfig("admin"))
    project, made = control_plane.new_namespace(), []
    if control_plane.minor >= API_SINCE:
        for root, objects in (
            (f"/apis/{API}", OF_CLUSTER),
            (f"/apis/{API}/namespaces/{project}", OF_PROJECT),
        ):
            for kind, plural, value in objects:
                whole = {"apiVersion": API, "kind": kind, **value}
                control_plane.api("POST", f"{root}/{plural}", whole)
                made.append(f"{root}/{plural}/{value['metadata']['name']}")
    yield store_for("local", admin), project
    for path in made:
        control_plane.api("DELETE", path)


def devices_for(store, project, resource=GPU, bundle=()):
    asking = daemonset(namespace=project, requests={resource: "1"}, limits={resource: "1"})
    return read_occupancy(store, [], store.capabilities(), bundle).devices(project, asking)


def check(found, minor):
    if minor < API_SINCE:
        assert found == NO_DEVICES
        return
    assert found.provides(BY_CLASS)
    assert not found.provides("tests.example.com/other")
    assert (found.claims, found.templates) == ({"mine"}, {"each"})
    assert found.provides(GPU) == (minor >= EXTENDED_SINCE)
    if found.provides(GPU):
        # Of the pool of n1 only the slice of the latest generation counts.
        nodes = ("n1", "n2", "n3")
        most = {node: [n for n in range(1, 10) if found.may_have(GPU, node, n)] for node in nodes}
        assert most == {"n1": [1, 2], "n2": [1], "n3": []}


def test_devices_are_read_from_a_cluster(cluster, control_plane):
    check(devices_for(*cluster), control_plane.minor)


@pytest.mark.parametrize("minor", [API_SINCE - 1, EXTENDED_SINCE])
def test_devices_are_read_from_answers_of_that_shape(fake, api, minor):
    api.minor = minor
    check(devices_for(fake, "p"), minor)


def test_what_a_person_cannot_read_is_unknown(fake, api):
    api.forbidden = {f"/apis/{API}/{plural}" for plural in ("deviceclasses", "resourceslices")}
    found = devices_for(fake, "p")
    assert (found.provides(GPU), found.classes, found.slices) == (None, None, None)
    assert found.may_have(GPU, "n3", 9)
    assert (found.claims, found.templates) == ({"mine"}, {"each"})
    api.forbidden = {f"/apis/{API}/namespaces/p/{plural}" for _kind, plural, _value in OF_PROJECT}
    found = devices_for(fake, "p")
    assert (found.provides(GPU), found.claims, found.templates) == (True, None, None)


def test_the_objects_of_a_manifest_count_as_if_they_were_stored(fake):
    other = "tests.example.com/other"
    brought = [
        {"kind": "DeviceClass", "metadata": {"name": "other"}, "spec": {"extendedResourceName": other}},
        {"kind": "ResourceClaim", "metadata": {"name": "new", "namespace": "p"}, "spec": ASKED},
        {"kind": "ResourceClaim", "metadata": {"name": "elsewhere", "namespace": "q"}, "spec": ASKED},
    ]
    found = devices_for(fake, "p", bundle=brought)
    assert found.provides(other)
    assert found.claims == {"mine", "new"}


def test_for_pods_that_ask_for_no_devices_none_are_read(fake, api):
    assert devices_for(fake, "p", resource="cpu") == NO_DEVICES
    assert [path for path in api.asked if path.startswith(f"/apis/{API}")] == []
