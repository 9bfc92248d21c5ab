"""The one folder with all that a console keeps: database, secret key, prepared static files. Pure Python.

Only its owner may look into it: it is made 0700, the key 0600.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

KEY = "secret-key"


def default_folder() -> Path:
    """$CONSOLE_DATA, else where the platform keeps a user's data."""
    named = os.environ.get("CONSOLE_DATA")
    if named:
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "daemonset-console"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "daemonset-console"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "daemonset-console"


def prepare(folder: Path) -> Path:
    """Make the folder and its key where they are missing, and close the folder to others. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not (folder / KEY).exists():
        _make_key(folder)
    return folder


def read_key(folder: Path) -> str:
    """The secret key of a prepared folder, "" if there is none."""
    try:
        return (folder / KEY).read_text()
    except OSError:
        return ""


def _make_key(folder: Path) -> None:
    # Written whole under another name, then linked: of two starts at once one wins, nobody reads half a key.
    mine = folder / f"{KEY}.{os.getpid()}"
    descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(mine, folder / KEY)
    except FileExistsError:
        pass
    finally:
        mine.unlink()
