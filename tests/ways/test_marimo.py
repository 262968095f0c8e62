"""A marimo notebook, executed without a screen, shows answers and conversations as Jupyter does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.clock import SOON

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    from plot import World

    talk = World.load("tugofwar").conversation(facts=False)
    talk.tell("Tom beat John.")
    return (talk,)


@app.cell
def _(talk):
    talk.ask("Who is stronger?")
    return


@app.cell
def _(talk):
    talk
    return
"""


@pytest.mark.full
def test_answers_show_themselves_in_marimo(tmp_path: Path) -> None:
    pytest.importorskip("marimo")
    (tmp_path / "notebook.py").write_text(NOTEBOOK, encoding="utf-8")
    command = [sys.executable, "-m", "marimo", "-y", "-q", "export", "html", "notebook.py", "-o", "out.html"]
    subprocess.run([*command, "--no-include-code"], cwd=tmp_path, check=True, timeout=SOON, capture_output=True)
    shown = (tmp_path / "out.html").read_text(encoding="utf-8")
    for said in (
        "Probably Tom",
        "role=",
        "www.w3.org/2000/svg",
        "effective sample size",
        "a conversation about tug-of-war",
    ):
        assert said in shown, said
