"""The data folder: database, secret key, collected static files. Pure Python.

Only its owner can read it: the folder has mode 0700, the key 0600.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from console.errors import BadInput, Conflict, ConsoleError

KEY = "secret-key"
DATABASE = "console.sqlite3"
ADDRESS = "address"
"""The file with the address of the console that runs on this folder."""
RUNNING = "running"
"""The file that this console has locked; its contents are the number of its process."""


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

    Raises OSError; BadInput for a folder with other contents (closing /tmp would harm others), for a file,
    and for an empty key.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInput(
            f"{folder} is a file, not a folder.", way_out="Choose a folder with --data.", code="not-a-folder"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = [path.name for path in folder.iterdir()]
    # While another start is writing the key, its file has a longer name.
    if names and not any(name.startswith(KEY) or name == DATABASE for name in names):
        raise BadInput(
            f"{folder} is not empty, and is not a data folder of the console.",
            way_out="Choose a new folder with --data.",
            code="not-a-state-folder",
        )
    folder.chmod(0o700)
    if not (folder / KEY).exists():
        _make_key(folder)
    read_key(folder)
    return folder


def is_new(folder: Path) -> bool:
    """Whether there is no folder, or nothing in it."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def read_key(folder: Path) -> str:
    """The secret key of a prepared folder, "" where it is missing. Raises OSError; BadInput for an empty one,
    with which everyone would be signed out at each start."""
    try:
        key = (folder / KEY).read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if not key:
        raise BadInput(
            f"{folder / KEY} is empty.",
            way_out="Restore it from a backup, or delete it: the next start makes a new one, and everyone has"
            " to sign in again.",
            code="empty-secret-key",
        )
    return key


def write(path: Path, text: str) -> None:
    """Replace a file atomically; only its owner can read it. Raises OSError, which names the file."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """One process at a time on this folder. No effect on Windows, which has no such lock."""
    with (folder / "lock").open("a") as file:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def run_alone(folder: Path) -> Iterator[None]:
    """While this process is the console of the folder: `announce` tells the other commands where it is.

    Raises Conflict where another console runs on it. Where files cannot be locked (Windows) there is no such
    check.
    """
    with (folder / RUNNING).open("a+") as file:
        if not _lock(file.fileno()):
            file.seek(0)
            process = file.read() or "?"
            raise Conflict(
                f"A console is already running with the data folder {folder} (process {process}).",
                way_out=f"Its address: {address(folder) or 'not known yet, it is starting'}",
                code="already-running",
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        (folder / ADDRESS).unlink(missing_ok=True)
        try:
            yield
        finally:
            (folder / ADDRESS).unlink(missing_ok=True)


def announce(folder: Path, address: str) -> None:
    write(folder / ADDRESS, address)


def address(folder: Path) -> str:
    """Where the console of the folder was last said to be, "" if nowhere."""
    try:
        return (folder / ADDRESS).read_text().strip()
    except OSError:
        return ""


def address_of_running(folder: Path) -> str:
    """Where the console of the folder is running now. Raises ConsoleError where none is."""
    found = address(folder)
    if not found or not _is_running(folder):
        raise ConsoleError(
            f"No console is running with the data folder {folder}.",
            way_out="Run: daemonset-console up, or name the folder of the running console with --data.",
            code="not-running",
        )
    return found


def _is_running(folder: Path) -> bool:
    try:
        with (folder / RUNNING).open("a") as file:
            return not _lock(file.fileno()) or sys.platform == "win32"
    except OSError:
        return False


def _lock(descriptor: int) -> bool:
    """Whether no other process has locked the file; it is ours until it is closed."""
    with contextlib.suppress(ImportError):
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _make_key(folder: Path) -> None:
    # Written as a whole under another name, then linked: of two starts at once one wins, and no other reads
    # half a key.
    mine = folder / f"{KEY}.{secrets.token_hex(4)}"
    write(mine, secrets.token_urlsafe(48))
    with contextlib.suppress(FileExistsError):
        os.link(mine, folder / KEY)
    mine.unlink()
