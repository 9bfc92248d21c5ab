"""Settings of the test run: the real ones, on a throw-away database file.

A file, because threads of a server under test cannot wait for each other in SQLite's shared memory.
"""

import os
import tempfile
from pathlib import Path

from console.settings import *  # noqa: F403
from console.settings import DATABASES

DATA = Path(tempfile.gettempdir())
SECRET_KEY = "tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
KUBECONFIG = ""
STATIC_ROOT = None  # type: ignore[assignment]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / f"daemonset-console-tests-{os.getpid()}.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF;PRAGMA foreign_keys=ON;"
    )
