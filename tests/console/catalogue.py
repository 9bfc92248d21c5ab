"""The catalogue of translations: collects the texts of the console, keeps the .po in step, compiles the .mo.

`python -m tests.console.catalogue` updates both files; with `--check` it says what is not in order and
changes nothing. Needs GNU gettext (xgettext). Django's makemessages would need it too, and writes dates and
line numbers into the file, which make every change a conflict.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import django
import polib
from django.utils.translation import templatize

ROOT = Path(__file__).parents[2]
PO = ROOT / "console/locale/zh_Hans/LC_MESSAGES/django.po"
MO = PO.with_suffix(".mo")
ROOMS = ("console", "workloads", "templates")
KEYWORDS = (
    "gettext_noop",
    "gettext_lazy",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "pgettext_lazy:1c,2",
    "npgettext:1c,2,3",
    "npgettext_lazy:1c,2,3",
)
NO_GETTEXT = "GNU gettext is needed here: apt-get install gettext"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="only say what is not in order")
    if not shutil.which("xgettext"):
        print(NO_GETTEXT, file=sys.stderr)
        return 1
    if options.parse_args().check:
        faults = check()
        print(*faults, sep="\n") if faults else print("The translations are complete.")
        return 1 if faults else 0
    update()
    print(f"{len(untranslated(read()))} texts are not translated.")
    return 0


def collect() -> polib.POFile:
    """Every text of the sources, with the files it is in."""
    django.setup()  # reading templates asks for the settings
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for room in ROOMS:
            for path in sorted((ROOT / room).rglob("*")):
                if path.suffix not in (".py", ".html", ".txt") or "locale" in path.parts:
                    continue
                text = path.read_text(encoding="utf-8")
                name = str(path.relative_to(ROOT))
                copy = Path(folder, name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(
                    text if path.suffix == ".py" else templatize(text, origin=name), encoding="utf-8"
                )
                sources.append(name)
        found = subprocess.run(
            ["xgettext", "--language=Python", "--from-code=UTF-8", "--add-comments=Translators", "--output=-"]
            + [f"--keyword={keyword}" for keyword in KEYWORDS]
            + sources,
            cwd=folder,
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout
    collected = polib.pofile(found)
    for entry in collected:
        entry.occurrences = sorted({(file, "") for file, _line in entry.occurrences})
    return collected


def read() -> polib.POFile:
    if PO.exists():
        return polib.pofile(str(PO), wrapwidth=110)
    new = polib.POFile(wrapwidth=110)
    new.metadata = {
        "Language": "zh_Hans",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    return new


def merged() -> polib.POFile:
    """The catalogue as it should be: what is translated stays, new texts come in empty, unused ones go."""
    catalogue = read()
    catalogue.merge(collect())
    for entry in list(catalogue.obsolete_entries()):
        catalogue.remove(entry)
    for entry in catalogue:
        if entry.msgid_plural:  # English has two forms, Chinese one
            entry.msgstr_plural = {0: entry.msgstr_plural.get(0, "")}
    catalogue.sort(key=lambda entry: (entry.occurrences, entry.msgid, entry.msgctxt or ""))
    return catalogue


def update() -> None:
    PO.parent.mkdir(parents=True, exist_ok=True)
    catalogue = merged()
    catalogue.save(str(PO))
    MO.write_bytes(catalogue.to_binary())


def check() -> list[str]:
    """What is not in order, one line each."""
    catalogue, wanted = read(), merged()
    have = {(entry.msgctxt, entry.msgid) for entry in catalogue if not entry.obsolete}
    faults = [
        f"not in the catalogue: {entry.msgid!r} ({entry.occurrences[0][0]})"
        for entry in wanted
        if (entry.msgctxt, entry.msgid) not in have
    ]
    used = {(entry.msgctxt, entry.msgid) for entry in wanted}
    faults += [
        f"not used any more: {entry.msgid!r}"
        for entry in catalogue
        if (entry.msgctxt, entry.msgid) not in used
    ]
    faults += [f"not translated: {entry.msgid!r}" for entry in untranslated(catalogue)]
    faults += [
        f"other placeholders than the original: {entry.msgid!r} → {text!r}"
        for entry in catalogue
        for text in [entry.msgstr, *entry.msgstr_plural.values()]
        if text and not same_placeholders(entry, text)
    ]
    if not MO.exists() or MO.read_bytes() != catalogue.to_binary():
        faults.append(f"{MO.relative_to(ROOT)} is not compiled from the catalogue: run `make messages`")
    return faults


def untranslated(catalogue: polib.POFile) -> list[polib.POEntry]:
    return [entry for entry in catalogue if not entry.obsolete and (not entry.translated() or entry.fuzzy)]


def same_placeholders(entry: polib.POEntry, text: str) -> bool:
    # Chinese has one form for both numbers: it may go by the English singular or by the plural.
    of = sorted(PLACEHOLDER.findall(text))
    return of in (
        sorted(PLACEHOLDER.findall(entry.msgid)),
        sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid)),
    )


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    sys.exit(main())
