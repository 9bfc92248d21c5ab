"""What is built runs on its own: source distribution → wheel → an environment without the checkout."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from tests.console.running import ROOT, Browser, running


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the source distribution of this checkout."""
    folder = tmp_path_factory.mktemp("package")
    build("sdist", ROOT, folder)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "source", filter="data")
    build("wheel", next((folder / "source").iterdir()), folder)
    return next(folder.glob("*.whl"))


def build(target: str, source: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_templates_styles_and_translations_are_inside(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [entry_points] = [archive.read(name).decode() for name in names if name.endswith("/entry_points.txt")]
    for folder in ("templates", "static"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        assert {f"console/{path.relative_to(ROOT)}" for path in files} <= names
    assert {
        "console/docs/users.md",
        "console/docs/operators.md",
        "console/docs/pictures/review.webp",
    } <= names
    assert "console/locale/zh_Hans/LC_MESSAGES/django.mo" in names
    assert [name for name in names if name.startswith(("tests/", "docs/"))] == []
    assert "daemonset-console = console.cli:main" in entry_points


def test_the_notices_of_what_others_made_are_inside(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        licences = {
            found[1]: archive.read(name).decode()
            for name in names
            if (found := re.fullmatch(r"[^/]+\.dist-info/licenses/(.+)", name))
        }
    schema = "workloads/daemonsets/manifest/schema_data"
    assert set(licences) == {"LICENSE", "NOTICE", f"{schema}/NOTICE"}
    assert f"{schema}/kubernetes.json" in licences["NOTICE"]
    own = (
        *("console/templates/", "console/static/console/", "console/locale/", "console/docs/"),
        "workloads/drafts/starters/",
    )
    others = [
        name
        for name in names
        if not name.endswith(".py") and not name.startswith(own) and "dist-info" not in name
    ]
    assert sorted(others) == [f"{schema}/NOTICE", f"{schema}/kubernetes.json"]


def test_the_wheel_runs_from_an_environment_of_its_own(wheel, tmp_path):
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    [site] = home.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # The libraries are this environment's; .pth files beside them, such as the checkout's, are not read.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    with running(tmp_path / "state", python=home / "bin" / "python", cwd=tmp_path) as console:
        browser = Browser()
        _, page = browser.sign_in(console.link)
        assert "demo" in page
        _, page = browser.get(console.address + "/projects/", **{"Accept-Language": "zh-CN"})
        assert 'lang="zh-hans"' in page
        assert "退出登录" in page
        style_sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]
        response, style = browser.get(console.address + style_sheet)
        assert response.headers["Content-Type"].startswith("text/css")
        assert "--page:" in style
        response, _ = browser.get(console.address + "/help/users/")
        assert response.status == 200


def test_the_lock_fits_the_project_and_names_no_other_place():
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    places = {place for package in lock["package"] for place in package["source"].items()}
    assert {kind for kind, _ in places} == {"registry", "editable"}
    assert len(places) == 2
    assert not {value for kind, value in places if "://" in value and not value.startswith("https://")}
    [own] = [package for package in lock["package"] if "editable" in package["source"]]
    extras = project["project"]["optional-dependencies"].values()
    asked = {name(entry) for some in (project["project"]["dependencies"], *extras) for entry in some}
    assert {entry["name"] for entry in own["metadata"]["requires-dist"]} == asked
    dev = {name(entry) for entry in project["dependency-groups"]["dev"]}
    assert {entry["name"] for entry in own["metadata"]["requires-dev"]["dev"]} == dev


def name(requirement: str) -> str:
    """The normalised name of a requirement: https://packaging.python.org/specifications/name-normalization/"""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    return canonicalize_name(Requirement(requirement).name)
