"""The command line as a process: start-up without torch, broken pipes, interrupts, terminals, encodings."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from plot.cli import main
from plot.conversation import World
from tests.support.clock import SOON

PLOT = [sys.executable, "-m", "plot"]
ASK = [*PLOT, "ask", "tugofwar", "Is Mary stronger than Tom?"]
AT_WORK = """
from plot.cli import main
from plot.inference.progress import listening
with listening(lambda *_: print("at work", flush=True)):
    main({args!r})
"""
IN_TURN = """
from plot.cli import main
for args in {commands!r}:
    try: main(args)
    except SystemExit: print("-- ended", flush=True)
"""
IMPORTED = "import sys; from plot.cli import main\ntry: main({args!r})\nexcept SystemExit: pass\nprint(*sys.modules)"


def plain_environment(**more: str) -> dict[str, str]:
    ours = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PLOT_DEBUG", "PYTHONIOENCODING", "PYTHONUTF8")
    return {**{key: value for key, value in os.environ.items() if key not in ours}, **more}


def run(command: Sequence[str | bytes], **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, check=False, timeout=SOON, env=plain_environment(**more))


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["--version"],
        ["ask", "--help"],
        ["worlds"],
        ["ask"],
        ["ask", "tugofwar"],
        ["ask", "nowhere", "Who?"],
    ],
    ids=" ".join,
)
def test_what_needs_no_inference_imports_nothing_heavy(args: list[str]) -> None:
    done = run([sys.executable, "-c", IMPORTED.format(args=args)])
    modules = set(done.stdout.decode().splitlines()[-1].split())
    assert "click" in modules
    assert not modules & {"torch", "pyro", "numpy", "openai"}


def test_the_package_itself_is_light() -> None:
    done = run([sys.executable, "-c", "import sys, plot; print(*sys.modules)"])
    assert not set(done.stdout.decode().split()) & {
        "torch",
        "pyro",
        "pydantic",
        "yaml",
        "lark",
        "rich",
        "click",
    }


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    for command in ([*PLOT, "worlds"], [*PLOT, "--help"], [*ASK, "--json"]):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, **pipes, env=plain_environment()) as process:  # type: ignore[call-overload]
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(timeout=SOON) in (0, 1)


def test_a_full_disk_is_no_traceback() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run([*PLOT, "worlds"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=SOON)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def test_ctrl_c_ends_it_with_130() -> None:
    args = ["run", "-", "--precision", "1e-9", "--budget-seconds", str(SOON)]
    process = subprocess.Popen(
        [sys.executable, "-c", AT_WORK.format(args=args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=plain_environment(),
    )
    assert process.stdin is not None
    process.stdin.write(b"query(normal(0, 1))\n")
    process.stdin.close()
    process.stdin = None
    assert process.stdout is not None
    assert process.stdout.readline() == b"at work\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=SOON)
    assert process.returncode in (0, 130)
    assert b"Traceback" not in said


@pytest.mark.parametrize("columns", ["1", "20", "300"])
def test_narrow_and_wide_terminals(columns: str) -> None:
    for command in (ASK, [*PLOT, "worlds"], [*PLOT, "ask", "nowhere", "Who?"]):
        done = CliRunner(env={"COLUMNS": columns}).invoke(main, command[len(PLOT) :], catch_exceptions=False)
        assert done.exit_code in (0, 1)
        assert "Traceback" not in done.stderr


def test_a_terminal_that_knows_ascii_only() -> None:
    done = run([*ASK, "--given", "Zoë beat Tom."], PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    done.stdout.decode("ascii")
    done = run([*PLOT, "ask", "nowhère", "Who?"], PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def test_arguments_that_are_no_text() -> None:
    done = run([*(os.fsencode(part) for part in PLOT), b"ask", b"tugofwar", b"\xff\xfe is strong?"])
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    done = run([*(os.fsencode(part) for part in PLOT), b"ask", b"no\xffwhere", b"Who?", b"--json"])
    assert done.returncode == 1
    assert "error" in json.loads(done.stdout)


def on_a_terminal(command: list[str], **more: str) -> bytes:
    """Run a command on a pseudo-terminal; return all that it wrote there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=plain_environment(TERM="xterm", **more)
    )
    os.close(slave)
    written = b""
    while select.select([master], [], [], 60)[0]:
        try:
            found = os.read(master, 65536)
        except OSError:
            break
        if not found:
            break
        written += found
    process.wait(timeout=SOON)
    os.close(master)
    return written


def test_colour_only_where_it_is_wanted() -> None:
    assert b"\x1b[" in on_a_terminal(ASK)
    assert b"\x1b[3" not in on_a_terminal(ASK, NO_COLOR="1")
    assert "\x1b" not in CliRunner().invoke(main, ASK[len(PLOT) :]).stdout


def test_nothing_that_was_said_drives_the_terminal() -> None:
    evil = "Is \x1b]0;owned\x07Mary\x1b[2J stronger than \u202eTom?"
    commands = [
        ["ask", "tugofwar", evil],
        ["translate", "tugofwar", evil],
        ["ask", "\x1b[2Jnowhere", "Who?"],
        ["ask", "tugofwar", "Who?", "--method", "\x1b[2J"],
        ["\x1b[2J"],
    ]
    written = on_a_terminal([sys.executable, "-c", IN_TURN.format(commands=commands)])
    assert written.count(b"-- ended") == len(commands)
    assert b"\x1b]" not in written
    assert b"\x1b[2J" not in written
    assert b"\x07" not in written
    assert "\u202e".encode() not in written


def test_a_mistake_of_our_own_asks_for_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> World:
        raise TypeError("a planted mistake")

    monkeypatch.setattr(World, "load", broken)
    monkeypatch.delenv("PLOT_DEBUG", raising=False)
    result = CliRunner().invoke(main, ["ask", "tugofwar", "Who?"], catch_exceptions=False)
    assert result.exit_code == 1
    assert "TypeError: a planted mistake" in result.stderr
    assert "please report it" in result.stderr
    assert "Traceback" not in result.stderr
    result = CliRunner().invoke(main, ["ask", "tugofwar", "Who?", "--debug", "--json"], catch_exceptions=False)
    assert "Traceback" in result.stderr
    assert "planted" in json.loads(result.stdout)["error"]["message"]
