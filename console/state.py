"""The state folder: database, secret key, collected static files. Pure Python.

Only its owner can read it: the folder has mode 0700, the key 0600.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from console.errors import BadInput

KEY = "secret-key"
DATABASE = "console.sqlite3"


def default_folder() -> Path:
    """$CONSOLE_DATA, else the folder for a user's data on this platform."""
    named = os.environ.get("CONSOLE_DATA")
    if named:
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "daemonset-console"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "daemonset-console"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "daemonset-console"


def prepare(folder: Path) -> Path:
    """Create the folder and its key if they are missing, and close the folder to others.

    Raises OSError; BadInput for a folder with other contents: closing /tmp would harm others.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = [path.name for path in folder.iterdir()]
    # While another start is writing the key, its file has a longer name.
    if names and not any(name.startswith(KEY) or name == DATABASE for name in names):
        raise BadInput(
            f"{folder} is not empty, and is not a state folder of the console.",
            way_out="Choose a new folder with --data.",
            code="not-a-state-folder",
        )
    folder.chmod(0o700)
    if not (folder / KEY).exists():
        _make_key(folder)
    return folder


def read_key(folder: Path) -> str:
    """The secret key of a prepared folder, "" where it is missing."""
    try:
        return (folder / KEY).read_text()
    except OSError:
        return ""


def write(path: Path, text: str) -> None:
    """Replace a file atomically; only its owner can read it. Raises OSError."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """One process at a time on this folder. No effect on Windows, which has no such lock."""
    with (folder / "lock").open("a") as file:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_key(folder: Path) -> None:
    # Written as a whole under another name, then linked: of two starts at once one wins, and no other reads
    # half a key.
    mine = folder / f"{KEY}.{secrets.token_hex(4)}"
    write(mine, secrets.token_urlsafe(48))
    with contextlib.suppress(FileExistsError):
        os.link(mine, folder / KEY)
    mine.unlink()
