"""The reasoning tasks: answers computed apart from PLoT are what it answers, and the scorer counts them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from benchmarks.reasoning.__main__ import is_right, main, number_of, prompt_of, read_tasks, scored, solved

TASKS = read_tasks()


def test_there_are_forty_of_many_kinds() -> None:
    assert len({task["id"] for task in TASKS}) == 40 and len({task["kind"] for task in TASKS}) >= 8
    assert all(task["question"] in prompt_of(task) and str(task["answer"]) not in prompt_of(task) for task in TASKS)


@pytest.mark.parametrize("task", TASKS[::8], ids=lambda task: task["id"])
def test_some_answers_are_plots_too(task: dict[str, Any]) -> None:
    assert_solved(task)


@pytest.mark.full
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task["id"])
def test_answers_are_plots_too(task: dict[str, Any]) -> None:
    assert_solved(task)


def assert_solved(task: dict[str, Any]) -> None:
    answer = solved(task)
    value = answer.probability if answer.probability is not None else answer.mean
    assert value == pytest.approx(task["answer"], abs=1e-5 + 5 * answer.mcse)


def test_replies_are_scored(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"id": "a", "kind": "x", "answer": 0.5},
        {"id": "b", "kind": "y", "answer": 66.0},
        {"id": "c", "kind": "y", "answer": 0.1},
    ]
    found = scored(rows, {"a": "It is 50.4%", "b": 65.5, "c": "no idea"})
    assert (found["all"].tasks, found["all"].replied, found["all"].right) == (3, 2, 2)
    assert found["x"].mean_error == pytest.approx(0.004) and not is_right(0.52, 0.5)
    assert number_of(math.nan) is None and number_of("P = 1/4, thus .25") == 0.25
    replies = tmp_path / "replies.jsonl"
    replies.write_text('{"id": "base-rate-1", "answer": "7.76%"}\n')
    main(["score", str(replies)])
    assert "all                    1 of  40 right,   1 replies" in capsys.readouterr().out
