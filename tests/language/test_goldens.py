"""Errors as people see them: each program in goldens/*.golden stands with what is said about it.

PLOT_UPDATE_GOLDENS=1 rewrites what is said; the diff is then to be read.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from plot.errors import PlotError
from plot.language import check, parse

FOLDER = Path(__file__).parent / "goldens"
FILES = sorted(FOLDER.glob("*.golden"))
CASE, SAID, NOTHING = "=== ", "--- says\n", "nothing\n"


def cases(text: str) -> list[tuple[str, str, str]]:
    """Split a file into (title, program, what is said)."""
    found = []
    for part in text.split("\n" + CASE)[1:]:
        title, _, rest = part.partition("\n")
        program, _, said = rest.partition(SAID)
        found.append((title, program, said.strip("\n") + "\n"))
    return found


def says(program: str) -> str:
    """Return what the language says about a program."""
    try:
        check(parse(program))
    except PlotError as error:
        return error.render() + "\n"
    return NOTHING


def rewritten(text: str) -> str:
    """Return a file with what is said now."""
    header = text.split("\n" + CASE)[0]
    parts = [f"\n{CASE}{title}\n{program}{SAID}{says(program)}" for title, program, _ in cases(text)]
    return header + "\n" + "\n".join(part.removeprefix("\n") + "\n" for part in parts)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_what_is_said_of_each_program(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.stem == "text" and sys.version_info[:2] != (3, 11):
        pytest.skip("where Python's own parser stops differs between its versions")
    if os.environ.get("PLOT_UPDATE_GOLDENS"):
        path.write_text(rewritten(text), encoding="utf-8")
        return
    found = cases(text)
    assert found
    for title, program, said in found:
        assert says(program) == said, f"{path.name}: {title}"


def test_every_golden_file_holds_a_mistake_and_a_program_without() -> None:
    for path in FILES:
        said = [said for _, _, said in cases(path.read_text(encoding="utf-8"))]
        assert any(one != NOTHING for one in said), path.name
