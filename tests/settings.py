"""Settings of the test run: the real ones, on a throw-away database."""

import tempfile
from pathlib import Path

from console.settings import *  # noqa: F403

DATA = Path(tempfile.gettempdir())
SECRET_KEY = "tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
KUBECONFIG = ""
STATIC_ROOT = None
