"""The licences of what is installed with the console, and the file NOTICE that lists them.

`python -m tests.console.licences` rewrites the list in NOTICE; with `--check` it prints what is wrong and
changes nothing. What is installed is the wheel's runtime dependencies, direct and indirect, in uv.lock.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTICE = ROOT / "NOTICE"
HEADING = "Installed with it"

PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "PSF-2.0", "Unlicense", "Zlib",
}  # fmt: skip
"""SPDX identifiers, and "BSD" where a package does not say which."""

EXCEPTIONS = {
    "certifi": "MPL-2.0",  # a list of certificates, installed unchanged: the MPL covers changes to its files
}

SPELLINGS = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
CLASSIFIER = "License :: OSI Approved :: "
ENTRY = re.compile(r"^  (\S+) {2,}(.+)$", re.MULTILINE)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="only print what is wrong")
    if options.parse_args().check:
        faults = check()
        print(*faults, sep="\n") if faults else print("The licences are permissive, and NOTICE lists them.")
        return 1 if faults else 0
    NOTICE.write_text(noted(NOTICE.read_text(), licences()))
    return 0


def runtime_dependencies(lock: dict[str, Any], project: str = "daemonset-console") -> list[str]:
    """What the lock installs with the project, on any platform, sorted by name."""
    packages: dict[str, list[dict[str, Any]]] = {}
    for package in lock["package"]:
        packages.setdefault(package["name"], []).append(package)
    found, waiting = set(), [(project, ())]
    while waiting:
        step = waiting.pop()
        if step in found:
            continue
        found.add(step)
        name, extras = step
        for package in packages[name]:
            optional = package.get("optional-dependencies", {})
            for asked in [
                *package.get("dependencies", []),
                *(d for e in extras for d in optional.get(e, [])),
            ]:
                waiting.append((asked["name"], tuple(asked.get("extra", []))))
    return sorted({name for name, _extras in found} - {project})


def statements(package: Message) -> list[str]:
    """Everything a package's metadata says about its licence, in SPDX where that is possible; the most exact
    statement first."""
    said = [package.get("License-Expression") or "", package.get("License") or ""]
    said += [
        c.removeprefix(CLASSIFIER) for c in package.get_all("Classifier", []) if c.startswith("License ::")
    ]
    return [SPELLINGS.get(text.strip(), text.strip()) for text in said if text.strip()]


def allowed(expression: str, licences: set[str] = PERMISSIVE) -> bool:
    """Whether an SPDX expression leaves the choice of permissive licences only. Brackets are not read: they
    are refused."""
    return any(
        all(licence in licences for licence in choice.split(" AND ")) for choice in expression.split(" OR ")
    )


def fault(name: str, said: list[str]) -> str:
    """What is wrong with the licence of a package; "" where nothing is."""
    if not said:
        return f"{name}: declares no licence"
    own = PERMISSIVE | {EXCEPTIONS[name]} if name in EXCEPTIONS else PERMISSIVE
    refused = [text for text in said if not allowed(text, own)]
    return f"{name}: not a permissive licence: {refused[0][:80]!r}" if refused else ""


def declared() -> dict[str, list[str]]:
    """Runtime dependency → its statements. One that only other platforms install has what NOTICE says."""
    listed = dict(ENTRY.findall(NOTICE.read_text()))
    found = {}
    for name in runtime_dependencies(tomllib.loads((ROOT / "uv.lock").read_text())):
        try:
            found[name] = statements(metadata(name))
        except PackageNotFoundError:
            found[name] = [listed[name]] if name in listed else []
    return found


def licences() -> dict[str, str]:
    return {name: (said or ["?"])[0] for name, said in declared().items()}


def noted(notice: str, licences: dict[str, str]) -> str:
    """The text of NOTICE with its list written again."""
    head = notice[: notice.index("\n\n", notice.index(HEADING))]
    width = max(map(len, licences)) + 2
    return head + "\n\n" + "".join(f"  {name:{width}}{licence}\n" for name, licence in licences.items())


def check() -> list[str]:
    """What is wrong, one line each."""
    found = declared()
    faults = [line for name, said in found.items() if (line := fault(name, said))]
    faults += [f"{name}: an exception that is not needed" for name in EXCEPTIONS if name not in found]
    text = NOTICE.read_text()
    if noted(text, licences()) != text:
        faults.append("NOTICE does not fit uv.lock: install it, then run python -m tests.console.licences")
    return faults


if __name__ == "__main__":
    sys.exit(main())
