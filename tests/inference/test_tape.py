"""Tapes: played on other particles they give what the function gives, or refuse."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from plot.inference.tape.optimise import joined
from plot.inference.tape.recorder import record
from plot.inference.tape.tape import Tape
from plot.runtime.values.probes import is_any, probe

ONE = {"x": torch.tensor([0.5, 2.0, -1.0], dtype=torch.float64), "k": torch.tensor([0, 2, 1])}
OTHER = {"x": torch.tensor([1.5, 0.25, -3.0], dtype=torch.float64), "k": torch.tensor([1, 1, 0])}


def taped(function: object) -> Tape:
    _, tape = record(function, ONE)  # type: ignore[arg-type]
    assert tape is not None
    return tape


def twice(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    x = given["x"]
    return {"y": (x * 2 + 1).exp() + (x * 2 + 1), "z": x * 2.0 - x * 2}


def from_a_table(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {"y": torch.tensor([10.0, 20.0, 30.0])[given["k"]]}


def in_place(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    zeros = torch.zeros(3, dtype=torch.float64)
    return {"y": zeros.masked_fill_(given["x"] < 0, 7.0) + torch.zeros(3).masked_fill_(given["x"] > 1, 1.0)}


@pytest.mark.parametrize("function", [twice, from_a_table, in_place])
def test_a_tape_gives_what_the_function_gives(function: object) -> None:
    tape = taped(function)
    for given in (ONE, OTHER, ONE):
        found = tape.play(given)
        assert found is not None
        for name, value in function(given).items():  # type: ignore[operator]
            assert torch.equal(found[name], value)


def test_what_is_done_twice_is_played_once() -> None:
    steps = [step.args for step in taped(twice).steps]
    assert len(steps) == 6  # x * 2, + 1, exp, +; x * 2.0 is another operation than x * 2, and -


def test_a_tape_refuses_where_a_question_is_answered_otherwise() -> None:
    def branching(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        x = given["x"]
        return {"y": x + 1 if probe(is_any, x > 1.75) else x}

    tape = taped(branching)
    assert tape.play(OTHER) is None
    found = tape.play(ONE)
    assert found is not None
    assert torch.equal(found["y"], ONE["x"] + 1)


@pytest.mark.parametrize("what", ["random", "as many as there are"])
def test_what_has_no_tape(what: str) -> None:
    def random(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"y": given["x"] + torch.rand(3)}

    def dynamic(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"y": given["x"][given["x"] > 0].sum()}

    assert record(random if what == "random" else dynamic, ONE)[1] is None


def test_tapes_become_one_that_does_alike_things_once() -> None:
    def further(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"y": (given["x"] * 2 + 1).exp() * given["k"]}

    functions = {"a": twice, "b": further, "c": from_a_table, "d": twice}
    tapes = {name: taped(function) for name, function in functions.items()}
    whole = joined(tapes)
    for given in (ONE, OTHER):
        found = whole.play(given)
        assert found is not None
        expected = {f"{key}/{name}": v for key, f in functions.items() for name, v in f(given).items()}
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert len(whole.steps) == len(tapes["a"].steps) + 1 + len(tapes["c"].steps), "of the second a product is new"


def test_one_of_several_tapes_refuses_for_all() -> None:
    def branching(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        x = given["x"]
        return {"y": x + 1 if probe(is_any, x > 1.75) else x}

    whole = joined({"a": taped(twice), "b": taped(branching), "c": taped(in_place)})
    assert whole.play(ONE) is not None and whole.play(OTHER) is None
