"""Standard streams that are closed, full or no longer read: one line and exit code 1, never a mistake of PLoT's."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest

from plot.cli import main

PLOT = f"{sys.executable} -m plot"
LIGHT = ("--help", "worlds", "models", "log --json", "memory", "forget", "ask --help", "serve-by-hand {folder} --list")
COIN = "run {folder}/coin.plot --json"
HEAVY = (
    'ask tugofwar "Is Mary stronger than Tom?"',
    'translate tugofwar "Tom beat John."',
    'route "Tom beat John." --worlds {folder}/worlds',
    "discover {folder}/statements.txt",
    COIN,
    "check {folder}/coin.yaml",
    "graph {folder}/coin.yaml",
    'prompt tugofwar "Tom beat John."',
    "tune tugofwar --forget",
    "eval {folder}/coin.yaml",
    "words {folder}/coin.yaml",
    'build "There are players. Each player has a strength, around 50, give or take 20."',
    'export {folder}/coin.yaml "Is it heads?"',
    "save {folder}/coin.yaml",
)
FULL = "the standard output can't be written: no space left on device"
Here = Callable[..., tuple[int, str | None]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "statements.txt").write_text("Tom beat John.\nA cat sat.\nMary ran.\nDogs bark.\n")
    (tmp_path / "coin.plot").write_text("query(flip(0.3))\n")
    (tmp_path / "coin.yaml").write_text(
        "name: coin\ndescription: A coin.\nmodel: |\n  heads = flip(0.5)\n"
        "lexicon:\n  adjectives:\n    heads: {means: heads}\nexamples:\n  - {say: Is it heads?, code: query(heads)}\n"
    )
    (tmp_path / "worlds").mkdir()
    for name in ("coin", "cube"):
        text = (tmp_path / "coin.yaml").read_text().replace("coin", name)
        (tmp_path / "worlds" / f"{name}.yaml").write_text(text)
    (tmp_path / "by_hand_0001_request.md").write_text("")
    return tmp_path


def run(command: str, folder: Path, redirected: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PLOT_CACHE_DIR": str(folder / "cache"), "PLOT_CONFIG_DIR": str(folder)}
    line = f"{PLOT} {command.format(folder=folder)} {redirected}"
    return subprocess.run(["bash", "-c", line], capture_output=True, check=False, timeout=300, env=environment)


@pytest.fixture
def here(folder: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """Run a command in this process on streams of its own: what is imported already costs nothing more.

    Returns its exit code and what it wrote as errors (None where `stderr` is given).
    """

    def act(command: str, **streams: TextIO | None) -> tuple[int, str | None]:
        with (own_folders / "errors").open("w+") as errors:
            for name, stream in {"stdout": errors, "stderr": errors, **streams}.items():
                monkeypatch.setattr(sys, name, stream)
            with pytest.raises(SystemExit) as ended:
                main(shlex.split(command.format(folder=folder)), prog_name="plot")
            monkeypatch.undo()
            errors.seek(0)
            return int(ended.value.code or 0), None if "stderr" in streams else errors.read()

    return act


def one_line(done: subprocess.CompletedProcess[bytes], said: str) -> None:
    assert done.returncode == 1
    assert done.stderr.decode() == f"error: {said}\n"


@pytest.mark.parametrize("command", [*LIGHT[:-1], COIN])
def test_an_output_that_is_full(command: str, folder: Path) -> None:
    one_line(run(command, folder, "> /dev/full"), FULL)


@pytest.mark.parametrize("command", [command for command in HEAVY if command != COIN])
def test_an_output_that_is_full_in_this_process(command: str, folder: Path, here: Here) -> None:
    with Path("/dev/full").open("w") as output:
        assert here(command, stdout=output) == (1, f"error: {FULL}\n")


@pytest.mark.parametrize("command", [*LIGHT, HEAVY[0]])
def test_an_output_that_is_closed(command: str, folder: Path) -> None:
    one_line(run(command, folder, ">&-"), "the standard output is closed")


def test_an_output_that_can_only_be_read(folder: Path) -> None:
    one_line(run("worlds", folder, "1< /dev/null"), "the standard output can't be written: bad file descriptor")


@pytest.mark.parametrize("command", LIGHT[:2])
def test_an_output_that_nobody_reads_any_more(command: str, folder: Path) -> None:
    done = run(command, folder, "| true; exit ${PIPESTATUS[0]}")
    assert done.returncode in (0, 1) and done.stderr == b""


READING = ("run -", "ask tugofwar -", "discover -", "ask tugofwar x --facts-file -")


def test_an_input_that_is_closed(folder: Path) -> None:
    one_line(run("run -", folder, "<&-"), "the standard input is closed")


@pytest.mark.parametrize("command", READING[1:])
def test_an_input_that_is_closed_in_this_process(command: str, here: Here) -> None:
    assert here(command, stdin=None) == (1, "error: the standard input is closed\n")


@pytest.mark.parametrize("command", READING)
def test_an_input_that_can_only_be_written(command: str, here: Here) -> None:
    with os.fdopen(os.open(os.devnull, os.O_WRONLY)) as unreadable:
        assert here(command, stdin=unreadable) == (1, "error: the standard input can't be read: bad file descriptor\n")


@pytest.mark.parametrize("command", ["worlds", "ask --help"])
def test_an_input_that_is_not_needed_may_be_closed(command: str, folder: Path) -> None:
    done = run(command, folder, "<&-")
    assert done.returncode == 0 and done.stdout and not done.stderr


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [(COIN, 0, "Prob"), ("ask nowhere x", 1, ""), ("ask nowhere x --json", 1, '"error"'), ("ask --wrong", 2, "")],
)
def test_errors_that_nobody_can_read_change_nothing_else(
    command: str, code: int, said: str, here: Here, tmp_path: Path
) -> None:
    with (tmp_path / "output").open("w+") as output, Path("/dev/full").open("w") as full:
        assert here(command, stdout=output, stderr=full) == (code, None)
        output.seek(0)
        found = output.read()
    assert said in found if said else not found


def test_errors_that_are_closed_change_nothing_else(folder: Path) -> None:
    done = run(COIN, folder, "2>&- <&-")
    assert done.returncode == 0 and b"Prob" in done.stdout
    done = run("ask nowhere x --json", folder, "2>&-")
    assert done.returncode == 1 and b'"error"' in done.stdout
    assert run("ask --wrong", folder, "2>&-").returncode == 2


def test_all_streams_may_be_closed_at_once(folder: Path) -> None:
    assert run("worlds", folder, "<&- >&- 2>&-").returncode == 1


def test_what_is_kept_is_not_written_where_a_stream_was(folder: Path) -> None:
    """A file that is opened while a standard stream is closed must not get the stream's number."""
    assert run("log", folder, "2>&- <&-").returncode == 0
    assert run("log", folder, "").stdout == b"no language model has been called yet\n"


def test_every_command_is_tried_here() -> None:
    tried = {command.split()[0] for command in (*LIGHT, *HEAVY)}
    elsewhere = {"batch", "chat", "mcp"}  # a table to a file, a talk, a protocol: tests/batch and tests/ways
    assert set(main.commands) <= tried | elsewhere
