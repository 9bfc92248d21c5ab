"""The catalogues of translations: collects the texts, keeps each .po in step, compiles its .mo.

`python -m tests.console.catalogue` updates the files of every language; with `--check` it says what is not in
order and changes nothing; with `--add fr` it begins the catalogue of another language. Needs GNU gettext
(xgettext). Django's makemessages would need it too, and writes dates and line numbers into the file, which
make every change a conflict.
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
LOCALE = ROOT / "console/locale"
PO = LOCALE / "zh_Hans/LC_MESSAGES/django.po"
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say what is not in order")
    parser.add_argument(
        "--add", metavar="LOCALE", help="begin the catalogue of a language, such as fr or pt_BR"
    )
    options = parser.parse_args()
    if not shutil.which("xgettext"):
        print(NO_GETTEXT, file=sys.stderr)
        return 1
    if options.check:
        faults = [fault for po in catalogues() for fault in check(po)]
        print(*faults, sep="\n") if faults else print("The translations are complete.")
        return 1 if faults else 0
    for po in [LOCALE / options.add / "LC_MESSAGES/django.po"] if options.add else catalogues():
        update(po)
        print(f"{po.relative_to(ROOT)}: {len(untranslated(read(po)))} texts are not translated.")
    return 0


def catalogues() -> list[Path]:
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


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


def read(po: Path = PO) -> polib.POFile:
    """The catalogue of a language; a new one has the plural forms that Django's own has."""
    if po.exists():
        return polib.pofile(str(po), wrapwidth=110)
    locale = po.parts[-3]
    of_django = polib.pofile(
        str(Path(django.__file__).parent / "conf/locale" / locale / "LC_MESSAGES/django.po")
    )
    new = polib.POFile(wrapwidth=110)
    new.metadata = {
        "Language": locale,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": of_django.metadata["Plural-Forms"],
    }
    return new


def merged(po: Path = PO) -> polib.POFile:
    """The catalogue as it should be: what is translated stays, new texts come in empty, unused ones go."""
    catalogue = read(po)
    forms = int(re.findall(r"nplurals=(\d+)", catalogue.metadata["Plural-Forms"])[0])
    catalogue.merge(collect())
    for entry in list(catalogue.obsolete_entries()):
        catalogue.remove(entry)
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {form: entry.msgstr_plural.get(form, entry.msgstr) for form in range(forms)}
            entry.msgstr = ""
        elif entry.msgstr_plural:  # the text had a plural before, and pages would show nothing
            entry.msgstr, entry.msgstr_plural = entry.msgstr or entry.msgstr_plural[0], {}
    catalogue.sort(key=lambda entry: (entry.occurrences, entry.msgid, entry.msgctxt or ""))
    return catalogue


def update(po: Path = PO) -> None:
    po.parent.mkdir(parents=True, exist_ok=True)
    catalogue = merged(po)
    catalogue.save(str(po))
    po.with_suffix(".mo").write_bytes(catalogue.to_binary())


def check(po: Path = PO) -> list[str]:
    """What is not in order, one line each."""
    catalogue, wanted, mo = read(po), merged(po), po.with_suffix(".mo")
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
    if not mo.exists() or mo.read_bytes() != catalogue.to_binary():
        faults.append(f"{mo.relative_to(ROOT)} is not compiled from the catalogue: run `make messages`")
    return faults


def untranslated(catalogue: polib.POFile) -> list[polib.POEntry]:
    return [entry for entry in catalogue if not entry.obsolete and not _is_translated(entry)]


def _is_translated(entry: polib.POEntry) -> bool:
    """Also not where it has a plural and its text has none, or the other way round."""
    right = bool(entry.msgstr_plural) if entry.msgid_plural else bool(entry.msgstr)
    return right and entry.translated() and not entry.fuzzy


def same_placeholders(entry: polib.POEntry, text: str) -> bool:
    # A language with one form for all numbers may go by the English singular or by the plural.
    of = sorted(PLACEHOLDER.findall(text))
    return of in (
        sorted(PLACEHOLDER.findall(entry.msgid)),
        sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid)),
    )


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    sys.exit(main())
