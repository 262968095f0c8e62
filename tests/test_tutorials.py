"""The tutorials run: the notebook without a screen, the commands of the pages, and each has at most five."""

from __future__ import annotations

import re
import shlex

import nbformat
import pytest
from click.testing import CliRunner

from plot.cli import main
from tests.notebook_picture import NOTEBOOK, PICTURE, TUTORIALS, executed, picture_of, words_of

MOST_COMMANDS = 5


def commands_of(page: str) -> list[str]:
    blocks = re.findall(
        r"^ *```sh\n(.*?)^ *```$", (TUTORIALS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("page", ["teacher.md", "builder.md"])
def test_tutorials_are_short(page: str) -> None:
    assert 1 < len(commands_of(page)) <= MOST_COMMANDS
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert sum(cell.cell_type == "code" for cell in cells) <= MOST_COMMANDS


def test_commands_of_the_tutorials_do_what_the_pages_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TUTORIALS.parents[1])
    codes = {}
    for command in [*commands_of("teacher.md")[:3], commands_of("builder.md")[0]]:
        found = CliRunner().invoke(main, shlex.split(command)[1:], catch_exceptions=False)
        codes[command] = found.exit_code
        if "--same-as" in command:
            ann, _, bob = found.stdout.partition("bob.plot")
            assert "FAILED" not in ann and "FAILED" in bob
    assert list(codes.values()) == [0, 0, 1, 0], codes


@pytest.mark.slow
def test_the_notebook_runs_and_is_what_its_picture_shows() -> None:
    book = executed("%%plot\nqwerty.")
    *cells, wrong = book.cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert [output for output in outputs if output.output_type in ("error", "stream")] == []
    shown = "".join("".join(output["data"].get("text/html", "")) for output in outputs)
    for said in ("Tom beat John.", "Probably Mary", "three opponents, once each", "correlation", "<svg", "individual"):
        assert said in shown, said
    [error] = wrong.outputs
    assert error.output_type == "error" and "line 1: qwerty." in "\n".join(error.traceback)
    assert "File " not in "\n".join(error.traceback)
    hint = "the picture is older than the notebook: python -m tests.notebook_picture"
    assert words_of(picture_of(cells)) == words_of(PICTURE.read_text(encoding="utf-8")), hint
