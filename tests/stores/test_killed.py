"""Killing the console at any moment loses nothing that was acknowledged."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ROUNDS, PROCESSES, THREADS = 2, 2, 3


def writer(folder, threads):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "console.settings",
        "CONSOLE_DATA": str(folder),
        "PYTHONWARNINGS": "error",
    }
    environment.pop("DATABASE_URL", None)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.stores.writer", str(threads)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_every_acknowledged_save_survives_sigkill(tmp_path):
    acknowledged = {}
    report_of(tmp_path)  # makes the database
    for _round in range(ROUNDS):
        running = [writer(tmp_path, THREADS) for _process in range(PROCESSES)]
        try:
            for process in running:
                assert process.stdout.readline() == "ready\n", process.stderr.read()
            time.sleep(random.uniform(0.1, 0.6))
        finally:
            for process in running:
                process.kill()
        for process in running:
            out, errors = process.communicate()
            assert errors == ""
            for line in out.splitlines():
                name, version, mark = line.split()
                acknowledged.setdefault(name, {})[int(version)] = mark
    assert sum(map(len, acknowledged.values())) > ROUNDS

    for name, found in report_of(tmp_path).items():
        numbers = [number for number, _deleted, _text in found["history"]]
        assert numbers == list(range(len(numbers), 0, -1)), "numbers have no gaps and are never given twice"
        texts = {number: text for number, _deleted, text in found["history"]}
        for version, mark in acknowledged.get(name, {}).items():
            assert texts[version].startswith(f"# {mark}\n")
        newest, deleted, text = found["history"][0]
        assert found["stored"] == (None if deleted else [newest, text])


def report_of(folder):
    out, errors = writer(folder, 0).communicate()
    assert errors == ""
    return json.loads(out)
