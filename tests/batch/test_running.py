"""Batches of vignettes: tables, resumption, and the same rows whoever works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plot import World
from plot.batch import answer_all, answer_file
from plot.batch.answering import COLUMNS, seed_of
from plot.batch.running import ThisProcess, batch_of, run
from plot.batch.table import ResultTable
from plot.errors import PlotError
from plot.inference import Goal
from tests.batch.rows import table, vignette, written
from tests.cli.test_commands import plot

COIN = "name: coin\nmodel: |\n  heads = flip(0.25)\n"


def test_one_tidy_row_a_question_and_a_bad_row_fails_alone(tmp_path: Path) -> None:
    rows = [
        {
            **vignette(1),
            "questions": ["Is Tom stronger than Sue?", "How strong is Tom?", "Who is stronger, Tom or Sue?"],
        },
        {**vignette(2), "statements": ["Tom beat John.", "Frobnicate the wug!"]},
        {**vignette(3), "questions": ["Is Tom stronger than Sue?", "Blorp?"]},
        {**vignette(4), "world": "tugowar"},
        {**vignette(5), "world": "../../etc/passwd"},
        "not json",
    ]
    answer_file(written(tmp_path / "rows.jsonl", rows), tmp_path / "out.csv")
    found = table((tmp_path / "out.csv").read_text())
    assert [row["id"] for row in found] == ["v1"] * 3 + ["v2"] + ["v3"] * 2 + ["v4", "v5", "line 6"]
    assert [row["status"] for row in found] == ["answered"] * 3 + ["refused", "answered", *["refused"] * 4]
    assert [row["kind"] for row in found[:3]] == ["boolean", "number", "choice"]
    assert "statement 2 (“Frobnicate the wug!”)" in found[3]["refused"]
    assert found[5]["refused"] and found[6]["refused"].endswith("did you mean 'tugofwar'?")
    assert "there is no world" in found[7]["refused"] and "no JSON" in found[8]["refused"]
    assert json.loads(found[2]["distribution"])["Sue"] == pytest.approx(
        1 - json.loads(found[2]["distribution"])["Tom"], abs=1e-5
    )
    assert float(found[1]["low"]) < float(found[1]["estimate"]) < float(found[1]["high"])


def test_rows_are_what_a_conversation_answers() -> None:
    row, seed = vignette(1), seed_of(5, "v1")
    talk = World.load("tugofwar").conversation(facts=False, goal=Goal(precision=0.08, seconds=60.0, seed=seed))
    talk.tell(" ".join(row["statements"]))
    answer = talk.ask(row["questions"][0])
    (found,) = answer_all([row], seed=5)
    assert found["estimate"] == pytest.approx(answer.probability, rel=1e-5) and found["seed"] == seed
    assert (found["answer"], found["reading"]) == (answer.answer, answer.understood_as)
    assert answer_all([row])[0]["estimate"] != found["estimate"]
    with ThreadPoolExecutor(2) as pool:
        shuffled = answer_all([vignette(2), row, vignette(3)], executor=pool, seed=5)
    assert [one["id"] for one in shuffled] == ["v2", "v1", "v3"] and shuffled[1] == found


def test_a_world_of_ones_own_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "worlds").mkdir()
    (tmp_path / "worlds" / "coin.yaml").write_text(COIN)
    (tmp_path / "outside.yaml").write_text(COIN)
    rows = [
        {"id": name, "world": name, "question": "Q?"} for name in ("coin", "coin.yaml", "../outside.yaml", "/etc/hosts")
    ]
    answer_file(written(tmp_path / "worlds" / "rows.jsonl", rows), tmp_path / "out.csv")
    refused = [row["refused"] for row in table((tmp_path / "out.csv").read_text())]
    assert ["there is no world" in why for why in refused] == [False, False, True, True]


class Stopped(Exception):
    """Where an interruption came."""


def test_what_was_done_before_an_interruption_is_not_asked_again(tmp_path: Path) -> None:
    path, out = written(tmp_path / "rows.jsonl", [vignette(n) for n in range(6)]), tmp_path / "out.csv"
    whole = answer_file(path, tmp_path / "whole.csv")

    def stopping(done: int, _: int) -> None:
        if done == 3:
            raise Stopped

    with pytest.raises(Stopped):
        run(batch_of(path, 0), ResultTable(out), ThisProcess(), stopping)
    assert not out.exists()
    journal = tmp_path / "out.csv.part"
    with journal.open("a") as file:
        file.write('[{"id": "v3", "wor')  # the process was killed while it wrote
    assert answer_file(path, out).kept == 3
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes() and not journal.exists()
    asked = [json.loads(line)["id"] for line in (tmp_path / "out.csv.log").read_text().splitlines()]
    assert sorted(asked) == [f"v{n}" for n in range(6)]
    written(path, [vignette(n) for n in (9, 2, 5)])
    again = answer_file(path, out)
    assert (whole.answered, again.kept, again.answered) == (6, 2, 3)


def test_a_table_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    path, out = written(tmp_path / "rows.jsonl", [vignette(1)]), tmp_path / "out.csv"
    out.write_text("my,precious\n1,2\n")
    with pytest.raises(PlotError, match="not a table of"):
        answer_file(path, out)
    assert out.read_text() == "my,precious\n1,2\n"
    answer_file(path, out, fresh=True)
    written(path, [vignette(2)])
    with pytest.raises(PlotError, match="other vignettes"):
        answer_file(path, out)
    with pytest.raises(PlotError, match="can't be written"):
        answer_file(path, tmp_path / "nowhere" / "out.csv")
    with ResultTable(out).writing(), pytest.raises(PlotError, match="another `plot batch`"):
        answer_file(path, out, fresh=True)


def test_the_command_writes_a_table_or_says_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plot.batch.cluster.FIRST_PATIENCE", 0.1)
    path = written(tmp_path / "rows.jsonl", [vignette(1), "oops"])
    shown = plot("batch", str(path))
    assert shown.exit_code == 0 and "1 answered, 1 refused, 0 failed" in shown.stderr
    assert tuple(table(shown.stdout)[0]) == COLUMNS
    piped = plot("batch", "-", "--quiet", stdin=path.read_text())
    assert piped.stdout == shown.stdout and piped.stderr == ""
    found = plot("batch", str(path), "-o", str(tmp_path / "out.csv"), "--json")
    assert json.loads(found.stdout)["batch"] == {
        "answered": 1, "refused": 1, "failed": 0, "resumed": 0, "out": str(tmp_path / "out.csv")
    }  # fmt: skip
    assert (tmp_path / "out.csv").read_text() == shown.stdout
    for wrong in (["nowhere.jsonl"], [str(tmp_path)], [str(path), "--cluster", "tcp://127.0.0.1:1"]):
        failed = plot("batch", *wrong)
        assert failed.exit_code == 1 and failed.stderr.startswith("error: ")
    assert plot("batch", str(path), "-j", "2", "--cluster", "tcp://x:1").exit_code == 2


@pytest.mark.slow
def test_a_killed_command_goes_on_where_it_was(tmp_path: Path) -> None:
    path, out = written(tmp_path / "rows.jsonl", [vignette(n) for n in range(25)]), tmp_path / "out.csv"
    log = tmp_path / "out.csv.log"
    process = subprocess.Popen([sys.executable, "-m", "plot", "batch", str(path), "-o", str(out), "-q"])
    try:
        while process.poll() is None and not (log.exists() and log.read_text().count("\n") >= 3):
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert answer_file(path, out).kept >= 3
    answer_file(path, tmp_path / "whole.csv")
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    asked = [json.loads(line)["id"] for line in log.read_text().splitlines()]
    assert sorted(asked) == sorted(f"v{n}" for n in range(25))


def test_what_a_slow_machine_did_not_answer_is_asked_again(tmp_path: Path) -> None:
    rows = written(tmp_path / "rows.jsonl", [{**vignette(1), "options": {"seconds": 1e-9}}])
    assert answer_file(rows, tmp_path / "out.csv").failed == 1
    assert answer_file(rows, tmp_path / "out.csv").kept == 0


@pytest.mark.parametrize(
    ("out", "message"), [("rows.jsonl", "the vignettes itself"), ("folder", "is a folder"), ("pipe", "is not a file")]
)
def test_there_is_no_table_there(tmp_path: Path, out: str, message: str) -> None:
    rows = written(tmp_path / "rows.jsonl", [vignette(1)])
    before = rows.read_bytes()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PlotError, match=message):
        answer_file(rows, tmp_path / out, fresh=True)
    assert rows.read_bytes() == before and not (tmp_path / "pipe.part").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_keeps_what_was_done(tmp_path: Path) -> None:
    rows, out = written(tmp_path / "rows.jsonl", [vignette(1)]), tmp_path / "out.csv"
    (tmp_path / "out.csv.log").symlink_to("/dev/full")
    with pytest.raises(PlotError, match="no space left"):
        answer_file(rows, out)
    (tmp_path / "out.csv.log").unlink()
    assert not out.exists() and answer_file(rows, out).kept == 1
