"""The data folder is its owner's alone, and its key is made once."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from console import state
from console.errors import BadInput, Conflict, ConsoleError


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


def test_a_file_is_not_a_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput) as refused:
        state.prepare(tmp_path / "file")
    assert refused.value.code == "not-a-folder"


@pytest.mark.parametrize("key", ["", " \n"])
def test_an_empty_key_is_refused(tmp_path, key):
    folder = state.prepare(tmp_path / "a")
    (folder / "secret-key").write_text(key)
    with pytest.raises(BadInput) as refused:
        state.prepare(folder)
    assert refused.value.code == "empty-secret-key"


def test_one_console_runs_on_a_folder_and_only_that_one_has_an_address(tmp_path):
    folder = state.prepare(tmp_path / "a")
    state.announce(folder, "http://127.0.0.1:1")  # of one that was killed
    with pytest.raises(ConsoleError) as stopped:
        state.address_of_running(folder)
    assert stopped.value.code == "not-running"
    with state.run_alone(folder):
        assert state.address(folder) == ""
        state.announce(folder, "http://127.0.0.1:2")
        with pytest.raises(Conflict) as running, state.run_alone(folder):
            pass
        assert running.value.code == "already-running"
        assert str(os.getpid()) in running.value.message
        assert state.address_of_running(folder) == "http://127.0.0.1:2"
    assert state.address(folder) == ""


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


def test_what_cannot_be_written_names_the_file_and_leaves_nothing(tmp_path):
    path = tmp_path / "out.yaml"
    path.mkdir()
    with pytest.raises(OSError, match=r"out\.yaml") as refused:
        state.write(path, "new\n")
    assert refused.value.filename == str(path)
    assert list(tmp_path.iterdir()) == [path]
