"""The state folder is its owner's alone, and its key is made once."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from console import state
from console.errors import BadInput


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_and_its_key_are_closed_to_others(tmp_path):
    folder = state.prepare(tmp_path / "a" / "b")
    assert mode(folder) == 0o700
    assert mode(folder / "secret-key") == 0o600
    assert len(state.read_key(folder)) >= 50
    assert [path.name for path in folder.iterdir()] == ["secret-key"]


def test_a_second_start_keeps_the_key_and_closes_what_was_opened(tmp_path):
    folder = state.prepare(tmp_path / "a")
    key = state.read_key(folder)
    folder.chmod(0o755)
    state.prepare(folder)
    assert state.read_key(folder) == key
    assert mode(folder) == 0o700


def test_of_many_starts_at_once_all_have_the_same_key(tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    keys = []
    starts = [
        threading.Thread(target=lambda: keys.append(state.read_key(state.prepare(folder)))) for _ in range(8)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert keys[0]


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    tmp_path.chmod(0o755)
    with pytest.raises(BadInput):
        state.prepare(tmp_path)
    assert mode(tmp_path) == 0o755


def test_the_default_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("CONSOLE_DATA", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert state.default_folder() == tmp_path / "daemonset-console"
    monkeypatch.setenv("CONSOLE_DATA", str(tmp_path / "mine"))
    assert state.default_folder() == tmp_path / "mine"


def test_a_file_is_replaced_at_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "out.yaml"
    path.write_text("old")
    os.chmod(path, 0o644)
    state.write(path, "new\n")
    assert path.read_text() == "new\n"
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]
