"""Image references that nodes can pull, and what is said of the others."""

import pytest

from tests.daemonsets.rule_cases import BASE, INIT, POD, C
from workloads.daemonsets.manifest import images
from workloads.daemonsets.rules.validation import check
from workloads.documents.paths import patch

SHA = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    "image",
    [
        *("agent", "agent:1", "team/agent:1.2_3-x", "registry.example/team/agent", "localhost/a", "a/b/c/d"),
        *(
            "registry:5000/a",
            "[::1]:5000/a:1",
            f"a@{SHA}",
            f"registry.example:5000/a/b:v1@{SHA}",
            "UP.example/a",
        ),
        *("a__b", "a--b", "a.b_c-d", "a:" + "x" * 128, "a:LATEST", "a:_1", "a@sha512:" + "0" * 128, " a:1 "),
        *("registry:5000", "x" * 255, "0" * 64 + ":1"),
    ],
)
def test_what_can_be_pulled(image):
    assert images.reference(image) is None


@pytest.mark.parametrize(
    ("image", "part"),
    [
        ("https://registry.example/team/agent:1", "https://"), ("docker://a", "docker://"),
        ("registry.example/Team/agent:1", "Team"), ("Agent:1", "Agent"), ("Team/agent:1", "Team"),
        ("agent:1:2", "1:2"), ("registry.example:5000/agent:1:2", "1:2"), ("agent:-1", "-1"),
        ("agent@abc", "abc"), ("agent@md5:" + "0" * 32, None),
        ("agent@sha256:" + "A" * 64, None), ("a_-b", "a_-b"), ("${IMAGE}:1", "${IMAGE}"),
        ("-a.example/b", "-a.example"),
        ("registry.example:port/a", "registry.example:port"), ("0" * 64, "0" * 64),
    ],
)  # fmt: skip
def test_the_wrong_part_is_named(image, part):
    template, params = images.reference(image) or pytest.fail("nothing is said")
    assert template % params
    assert part is None or params["part"] == part


@pytest.mark.parametrize(
    "image",
    [
        *(
            "registry.example//agent",
            "/agent",
            "agent/",
            "registry.example/",
            "agent:",
            "agent@",
            "a b",
            "a\tb:1",
        ),
        *("agent@sha256:abc", f"a@{SHA}x", f"a@{SHA}@{SHA}", "x" * 256, "a:" + "x" * 129, ":1", "<image>"),
    ],
)
def test_what_cannot_be_pulled(image):
    template, params = images.reference(image) or pytest.fail("nothing is said")
    assert template % params


def test_every_image_of_a_pod_is_looked_at_and_gets_one_warning():
    value = patch(
        BASE,
        [
            ((*C, "image"), "Agent"),
            ((*POD, "initContainers"), [{**INIT, "image": "a:1:2"}]),
            ((*POD, "volumes"), [{"name": "v", "image": {"reference": "https://a"}}]),
        ],
    )
    assert {(f.code, f.severity, f.path) for f in check(value)} == {
        ("image-reference", "warning", path)
        for path in (
            (*C, "image"),
            (*POD, "initContainers", 0, "image"),
            (*POD, "volumes", 0, "image", "reference"),
        )
    }
