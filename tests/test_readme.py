"""The documentation runs: commands, Python and programs of the README and of docs/usage.md, and every example."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from plot.cli import main
from tests.support.clock import SOON

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
USAGE = (ROOT / "docs" / "usage.md").read_text(encoding="utf-8")
NOTEBOOK = (ROOT / "docs" / "notebook.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README + USAGE, flags=re.MULTILINE | re.DOTALL)
SHELL = [line for kind, text in BLOCKS if kind in ("sh", "console") for line in text.replace("\\\n", " ").splitlines()]
COMMANDS = dict.fromkeys(line.removeprefix("$ ") for line in SHELL if line.removeprefix("$ ").startswith("plot "))
SHOWN = re.findall(r"^\$ (plot .+)\n(?!\$|```)(.+)$", README, flags=re.MULTILINE)
PYTHON = [text for kind, text in BLOCKS if kind == "python"]
PROGRAMS = [text for kind, text in BLOCKS if kind == "plot"]
WORLDS = [text for kind, text in BLOCKS if kind == "yaml"]
NUMBER = re.compile(r"\d+(?:\.\d+)?")
TRUSTED_ERRORS = 7.0  # standard errors between two independent estimates: 5 of their difference
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def test_the_readme_opens_with_two_commands_of_one_line() -> None:
    kind, text = BLOCKS[0]
    assert kind == "sh"
    first, second = text.splitlines()
    assert first.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert ".venv/bin/plot ask " in first
    tests = second.rsplit(" && ", 1)[-1]
    assert tests in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_readme(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    args = shlex.split(command, comments=True)[1:]
    result = CliRunner().invoke(main, args, catch_exceptions=False)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(("command", "answer"), SHOWN)
def test_answers_that_the_readme_shows(command: str, answer: str) -> None:
    result = CliRunner().invoke(main, shlex.split(command)[1:], catch_exceptions=False)
    words, shown = zip(*(parts_of(line) for line in (result.stdout.splitlines()[0], answer)), strict=True)
    assert words[0] == words[1]
    (mean, error, *_), (expected, *_) = shown
    assert abs(mean - expected) <= TRUSTED_ERRORS * error


def parts_of(text: str) -> tuple[str, list[float]]:
    """Return a line with its numbers masked, and the numbers."""
    return NUMBER.sub("#", text), [float(number) for number in NUMBER.findall(text)]


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_python_of_the_readme(number: int) -> None:
    run([sys.executable, "-c", PYTHON[number]])


def test_python_of_the_page_on_notebooks() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", NOTEBOOK, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) > 3
    assert "correlation" in run([sys.executable, "-c", "\n".join(blocks)])


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_programs_of_the_readme(number: int) -> None:
    result = CliRunner().invoke(main, ["run", "-"], input=PROGRAMS[number], catch_exceptions=False)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("number", range(len(WORLDS)))
def test_worlds_of_the_readme(number: int, tmp_path: Path) -> None:
    path = tmp_path / "world.yaml"
    path.write_text(WORLDS[number], encoding="utf-8")
    result = CliRunner().invoke(main, ["check", str(path)], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def commands_of(path: Path) -> list[str]:
    blocks = re.findall(r"^```(?:sh|bash|console)\n(.*?)^```$", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    lines = [line.removeprefix("$ ") for text in blocks for line in text.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line.startswith("plot ")]


PAGES = [(path, line) for path in sorted((ROOT / "docs").rglob("*.md")) for line in commands_of(path)]


@pytest.mark.parametrize(("path", "line"), PAGES, ids=[f"{path.name}: {line}" for path, line in PAGES])
def test_commands_of_the_pages_are_commands(path: Path, line: str) -> None:
    """Their options and arguments are those of the program; what needs a model or another terminal is not run."""
    name, *args = shlex.split(line, comments=True)[1:]
    main.commands[name].make_context(name, args)


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_examples_run(path: Path) -> None:
    assert run([sys.executable, str(path)]).strip()


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.plot")), ids=lambda path: path.name)
def test_example_programs_run(path: Path) -> None:
    result = CliRunner().invoke(main, ["run", str(path)], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=SOON)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
