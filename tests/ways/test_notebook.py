"""`%%plot`: which conversation a cell goes on with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plot import PlotError, World
from plot.conversation import Conversation
from plot.ways.notebook import run_cell


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Any:
    display = pytest.importorskip("IPython.display")
    shown: list[object] = []
    monkeypatch.setattr(display, "display", shown.append)
    return SimpleNamespace(user_ns={}, shown=shown)


def test_a_cell_goes_on_with_the_conversation_of_the_notebook(shell: Any) -> None:
    run_cell(shell, "tugofwar --no-facts", "Tom beat John.")
    first = shell.user_ns["talk"]
    run_cell(shell, "tugofwar", "John beat Sue.")
    run_cell(shell, "", "Ann beat Tom.")
    assert shell.user_ns["talk"] is first and len(first.told) == 3 == len(shell.shown)
    run_cell(shell, "--new --no-facts", "")
    assert shell.user_ns["talk"] is not first and shell.user_ns["talk"].told == ()
    run_cell(shell, "lunch", "")
    assert isinstance(shell.user_ns["talk"], Conversation) and shell.user_ns["talk"].world == World.load("lunch")


@pytest.mark.parametrize("line", ["", "nowhere", "tugofwar lunch", "tugofwar --what", "'tugofwar"])
def test_what_is_no_world_is_an_error(shell: Any, line: str) -> None:
    with pytest.raises(PlotError):
        run_cell(shell, line, "Tom beat John.")


def test_a_cell_that_is_run_again_is_told(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("tugofwar --no-facts", "tugofwar --new"):
        run_cell(shell, line, "Tom beat John.")
        run_cell(shell, "tugofwar", "Tom beat Sue.")
        assert "run before" not in capsys.readouterr().out
    run_cell(shell, "tugofwar", "Tom beat Sue.")
    assert "run before" in capsys.readouterr().out
