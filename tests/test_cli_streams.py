"""Standard streams that are closed, full or no longer read: one line and exit code 1, never a mistake of PLoT's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLOT = f"{sys.executable} -m plot"
LIGHT = ("--help", "worlds", "models", "log --json", "memory", "forget", "ask --help", "serve-by-hand {folder} --list")
HEAVY = (
    'ask tugofwar "Is Mary stronger than Tom?"',
    'translate tugofwar "Tom beat John."',
    'route "Tom beat John."',
    "discover {folder}/statements.txt",
    "run {folder}/coin.plot --json",
    "check {folder}/coin.yaml",
    'prompt tugofwar "Tom beat John."',
    "tune tugofwar --forget",
    "eval clinic",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "statements.txt").write_text("Tom beat John.\nA cat sat.\nMary ran.\nDogs bark.\n")
    (tmp_path / "coin.plot").write_text("query(flip(0.3))\n")
    (tmp_path / "coin.yaml").write_text("name: coin\ndescription: A coin.\nmodel: |\n  heads = flip(0.5)\n")
    (tmp_path / "by_hand_0001_request.md").write_text("")
    return tmp_path


def run(command: str, folder: Path, redirected: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PLOT_CACHE_DIR": str(folder / "cache"), "PLOT_CONFIG_DIR": str(folder)}
    line = f"{PLOT} {command.format(folder=folder)} {redirected}"
    return subprocess.run(["bash", "-c", line], capture_output=True, check=False, timeout=300, env=environment)


def one_line(done: subprocess.CompletedProcess[bytes], said: str) -> None:
    assert done.returncode == 1
    assert done.stderr.decode() == f"error: {said}\n"


@pytest.mark.parametrize("command", [*LIGHT[:-1], *HEAVY])
def test_an_output_that_is_full(command: str, folder: Path) -> None:
    one_line(run(command, folder, "> /dev/full"), "the standard output can't be written: no space left on device")


@pytest.mark.parametrize("command", [*LIGHT, HEAVY[0]])
def test_an_output_that_is_closed(command: str, folder: Path) -> None:
    one_line(run(command, folder, ">&-"), "the standard output is closed")


def test_an_output_that_can_only_be_read(folder: Path) -> None:
    one_line(run("worlds", folder, "1< /dev/null"), "the standard output can't be written: bad file descriptor")


@pytest.mark.parametrize("command", [*LIGHT[:2], HEAVY[4]])
def test_an_output_that_nobody_reads_any_more(command: str, folder: Path) -> None:
    done = run(command, folder, "| true; exit ${PIPESTATUS[0]}")
    assert done.returncode in (0, 1) and done.stderr == b""


@pytest.mark.parametrize("command", ["run -", "ask tugofwar -", "discover -", "ask tugofwar x --facts-file -"])
@pytest.mark.parametrize(
    ("redirected", "said"),
    [
        ("<&-", "the standard input is closed"),
        ("0> /dev/null", "the standard input can't be read: bad file descriptor"),
    ],
)
def test_an_input_that_can_not_be_read(command: str, redirected: str, said: str, folder: Path) -> None:
    one_line(run(command, folder, redirected), said)


@pytest.mark.parametrize("command", ["worlds", "ask --help", HEAVY[4]])
def test_an_input_that_is_not_needed_may_be_closed(command: str, folder: Path) -> None:
    done = run(command, folder, "<&-")
    assert done.returncode == 0 and done.stdout and not done.stderr


@pytest.mark.parametrize("redirected", ["2>&-", "2> /dev/full", "2>&- <&-"])
def test_errors_that_nobody_can_read_change_nothing_else(redirected: str, folder: Path) -> None:
    done = run(HEAVY[4], folder, redirected)
    assert done.returncode == 0 and b"Prob" in done.stdout
    done = run("ask nowhere x", folder, redirected)
    assert done.returncode == 1 and not done.stdout
    done = run("ask nowhere x --json", folder, redirected)
    assert done.returncode == 1 and b'"error"' in done.stdout
    assert run("ask --wrong", folder, redirected).returncode == 2


def test_all_streams_may_be_closed_at_once(folder: Path) -> None:
    assert run("worlds", folder, "<&- >&- 2>&-").returncode == 1


def test_what_is_kept_is_not_written_where_a_stream_was(folder: Path) -> None:
    """A file that is opened while a standard stream is closed must not get the stream's number."""
    assert run("log", folder, "2>&- <&-").returncode == 0
    assert run("log", folder, "").stdout == b"no language model has been called yet\n"


def test_every_command_is_tried_here() -> None:
    from plot.cli import main

    tried = {command.split()[0] for command in (*LIGHT, *HEAVY)}
    assert set(main.commands) <= tried
