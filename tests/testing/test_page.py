"""The page about testing runs: its Python, its list of what waits, and it names all faults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from plot.cli import main
from plot.testing import Fault, faults

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_script_of_the_page() -> None:
    exec(BLOCKS[0], {})


def test_the_replies_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(BLOCKS[1], {})
    error, reply = capsys.readouterr().out.splitlines()
    assert "no reply within 0.1 s: put it in replies/0001-" in error
    assert reply == "query(boils)"
    assert "plot serve-by-hand replies --list" in PAGE
    assert CliRunner().invoke(main, ["serve-by-hand", "replies", "--list"]).output == ""


def test_the_page_names_all_there_is() -> None:
    kinds = [kind.__name__ for kind in Fault.__subclasses__() if kind.__module__ == faults.__name__]
    assert len(kinds) >= 14
    assert [name for name in kinds if f"`{name}(" not in PAGE] == []
    assert all(f"`{option}`" in PAGE for option in ("model", "models", "api_key", "supports"))
