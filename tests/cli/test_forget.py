"""`plot forget`: what is kept is listed, private, and gone for good once it is forgotten."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from plot.cli import main
from plot.llm.config import user_file
from plot.llm.store import Store
from plot.llm.trust import Permission, remember
from plot.testing import ScriptedModel
from tests.llm.helpers import reply

pytestmark = pytest.mark.usefixtures("own_folders")
SAID = "Mary crushed poor Tom."
CODE = 'condition(won_against(["mary"], ["tom"], 1))'


def plot(*args: str, typed: str = "") -> Any:
    return CliRunner().invoke(main, list(args), input=typed, catch_exceptions=False)


def kept() -> dict[str, int]:
    rows = json.loads(plot("forget", "--json").stdout)["kept"]
    return {row["what"]: row["count"] for row in rows}


@pytest.fixture
def used(own_folders: Path) -> Path:
    """A cache, a log, memory, abilities, a damaged file and a confirmation; returns where the database is."""
    with ScriptedModel([reply(CODE)], repeat_last=True) as server:
        result = plot("translate", "tugofwar", SAID, "--model", "scripted", "--base-url", server.base_url)
        assert result.exit_code == 0
    store = Store()
    store.keep_meaning("tugofwar", "a shape", {"code": "x"})
    store.keep_abilities("somewhere", {"form": "text"})
    store.close()
    store.path.with_name(f"{store.path.name}.damaged-1").write_bytes(b"damaged")
    remember(user_file().parent, [Permission(host="a.example")])
    return store.path


def test_what_is_kept_is_listed(used: Path) -> None:
    counts = kept()
    assert counts["log"] >= 1 and counts["cache"] >= 1 and counts["memory"] >= 1 and counts["learned"] >= 1
    assert counts["damaged"] == counts["allowed"] == 1
    shown = plot("forget").stdout
    assert all(name in shown for name in counts)
    assert kept() == counts  # listing removes nothing


@pytest.mark.parametrize("what", ["cache", "log", "memory", "learned", "damaged", "allowed"])
def test_each_kind_is_forgotten_alone(what: str, used: Path) -> None:
    before = kept()
    assert plot("forget", what, "--yes").exit_code == 0
    assert kept() == {**before, what: 0}


def test_all_is_forgotten_for_good(used: Path) -> None:
    assert SAID.encode() in used.read_bytes()
    assert plot("forget", "all", "--yes").exit_code == 0
    assert set(kept().values()) == {0}
    folder = used.parent
    assert not [path for path in folder.rglob("*") if path.is_file() and b"crushed" in path.read_bytes()]


def test_it_is_asked_first(used: Path) -> None:
    before = kept()
    for typed in ("", "n\n"):
        result = plot("forget", "all", typed=typed)
        assert result.exit_code == 1 and "nothing removed" in result.stderr
    assert kept() == before
    assert plot("forget", "cache", "log", typed="y\n").exit_code == 0
    assert kept() == {**before, "cache": 0, "log": 0}


def test_where_nothing_is_kept(own_folders: Path) -> None:
    assert set(kept().values()) == {0}
    assert plot("forget", "all", "--yes").exit_code == 0
    assert not (own_folders / "cache").exists()
    assert plot("forget", "everything").exit_code == 2


def test_what_is_kept_only_its_owner_reads(used: Path) -> None:
    for path in (used, user_file().parent / "allowed.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(used.parent.stat().st_mode) == 0o700


def test_an_older_file_that_others_can_read_is_made_private(own_folders: Path) -> None:
    mask = os.umask(0o000)
    try:
        store = Store()
        store.path.parent.mkdir(parents=True)
        store.path.write_bytes(b"")
        assert stat.S_IMODE(store.path.stat().st_mode) == 0o666
        store.keep_abilities("somewhere", {})
        store.close()
    finally:
        os.umask(mask)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
