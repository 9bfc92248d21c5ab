"""Nothing that the console is installed with may bind its users to more than a permissive licence does."""

from __future__ import annotations

import tomllib
from email.message import Message

import pytest

from tests.console import licences


def package(**headers):
    message = Message()
    for name, values in headers.items():
        for value in [values] if isinstance(values, str) else values:
            message[name.replace("_", "-")] = value
    return message


def test_what_is_installed_may_be_and_is_listed():
    assert licences.check() == []


@pytest.mark.parametrize(
    ("name", "headers", "refused"),
    [
        ("x", {"License_Expression": "MIT"}, False),
        ("x", {"License_Expression": "GPL-2.0-or-later OR MIT"}, False),
        ("x", {"License_Expression": "Apache-2.0 AND MIT"}, False),
        ("x", {"License": "Apache 2.0", "Classifier": "License :: OSI Approved :: MIT License"}, False),
        ("certifi", {"License": "MPL-2.0"}, False),
        ("x", {"License": "MPL-2.0"}, True),
        ("x", {"License_Expression": "GPL-2.0-or-later"}, True),
        ("x", {"License_Expression": "AGPL-3.0-only AND MIT"}, True),
        ("x", {"License_Expression": "MIT AND (MIT OR GPL-3.0-only)"}, True),
        ("certifi", {"License": "AGPL-3.0-only"}, True),
        ("x", {"License": "Our own terms"}, True),
        ("x", {"License": "MIT", "Classifier": "License :: OSI Approved :: GNU GPL v2"}, True),
        ("x", {"Classifier": ["Framework :: Django", "License :: Other/Proprietary License"]}, True),
        ("x", {"License": "", "Classifier": "Framework :: Django"}, True),
        ("x", {}, True),
    ],
)  # fmt: skip
def test_only_permissive_licences_pass(name, headers, refused):
    assert bool(licences.fault(name, licences.statements(package(**headers)))) is refused


def test_dependencies_of_dependencies_and_of_extras_count_and_no_others():
    lock = {
        "package": [
            {
                "name": "daemonset-console",
                "dependencies": [{"name": "a", "extra": ["more"]}],
                "dev-dependencies": {"dev": [{"name": "tool"}]},
            },
            {
                "name": "a",
                "dependencies": [{"name": "b", "marker": "sys_platform == 'win32'"}],
                "optional-dependencies": {"more": [{"name": "c"}], "other": [{"name": "d"}]},
            },
            *({"name": name} for name in ("b", "c", "d", "tool")),
        ]
    }
    assert licences.runtime_dependencies(lock) == ["a", "b", "c"]


def test_the_lock_is_followed_from_what_the_project_asks_for():
    lock = tomllib.loads((licences.ROOT / "uv.lock").read_text())
    found = licences.runtime_dependencies(lock)
    assert {"django", "urllib3", "brotli"} <= set(found)
    assert not {"pytest", "ruamel-yaml", "mypy"} & set(found)


def test_the_list_in_the_notices_is_written_again_below_its_heading():
    before = licences.NOTICE.read_text()
    after = licences.noted(before, {"a": "MIT", "longer": "0BSD"})
    assert after.endswith("\n\n  a       MIT\n  longer  0BSD\n")
    assert before.startswith(after.partition("\n\n  a ")[0])
