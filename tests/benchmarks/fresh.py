"""A console on an empty database, for the benchmarks of its pages; a process can have one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def with_console(measure: Callable[[Any, Any], int]) -> int:
    """What `measure(its administrator, a client signed in as that person)` answers."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
        import django

        django.setup()
        from django.contrib.auth import get_user_model
        from django.core.management import call_command
        from django.db import connection
        from django.test import Client

        call_command("migrate", verbosity=0)
        person = get_user_model().objects.create_superuser("admin")
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(person)
        try:
            return measure(person, client)
        finally:
            connection.close()
