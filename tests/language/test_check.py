"""The checker as others call it: programs of several texts, names from elsewhere, trees made by hand."""

from __future__ import annotations

import pytest

from plot.errors import PlotError, PlotErrors
from plot.language import check, free_names, parse
from plot.language.syntax import nodes
from plot.language.syntax.nodes import ProgramNode


def mistakes(program: ProgramNode, *known: str) -> list[str]:
    """Return the messages of a program's mistakes."""
    try:
        check(program, known)
    except PlotErrors as errors:
        return [error.message for error in errors.errors]
    return []


MODEL = "@mem\ndef strength(player):\n    return normal(50, 20)\n"


def test_one_mistake_or_many_are_plot_errors() -> None:
    with pytest.raises(PlotErrors) as caught:
        check(parse("x = y"))
    assert len(caught.value.errors) == 1
    with pytest.raises(PlotErrors) as caught:
        check(parse("x = y\nz = w"))
    assert [error.message for error in caught.value.errors] == ["unknown name 'y'", "unknown name 'w'"]


def test_a_program_of_several_texts_tells_which() -> None:
    model = parse(MODEL + "x = a", "world")
    second = parse("condition(strength(b) > 3)", "utterance 2")
    first = parse("\n\nquery(strenght('tom'))", "utterance 1")
    with pytest.raises(PlotErrors) as caught:
        check(ProgramNode(body=model.body + first.body + second.body))
    assert [error.where for error in caught.value.errors] == [
        "world, line 4, column 5",
        "utterance 1, line 3, column 7",
        "utterance 2, line 1, column 20",
    ]
    assert "3 | query(strenght('tom'))" in caught.value.render()


def test_the_places_of_a_clash_may_be_in_different_texts() -> None:
    model = parse(MODEL, "world")
    first = parse('condition(strength("tom") > 3)', "utterance 1")
    second = parse('query(strength(["tom"]))', "question")
    with pytest.raises(PlotErrors, match="a name at utterance 1, line 1, column 20") as caught:
        check(ProgramNode(body=model.body + first.body + second.body))
    assert caught.value.where == "question, line 1, column 16"


def test_names_from_elsewhere() -> None:
    program = parse("condition(simulate(players).speed > threshold)")
    assert mistakes(program) == [
        "unknown name 'simulate'",
        "unknown name 'players'",
        "unknown name 'threshold'",
    ]
    assert mistakes(program, "simulate", "players", "threshold") == []
    assert mistakes(parse("x = sturdy"), "sturdiness", "strudy") == ["unknown name 'sturdy'"]


def test_a_name_is_reported_once() -> None:
    assert mistakes(parse("x = [y, y, y + y]")) == ["unknown name 'y'"]


def test_free_names() -> None:
    assert free_names(parse("def f(x):\n    return x + y + sum([z for z in zs])\nquery(f(w))")) == {
        "y",
        "zs",
        "w",
    }
    assert free_names(parse("x = flip()")) == frozenset()


def test_one_node_in_two_places() -> None:
    x = nodes.Name(id="x")
    both = nodes.ListExpr(
        items=(
            nodes.Call(function=nodes.Lambda(parameters=("x",), body=x), args=(nodes.Constant(value=1),)),
            nodes.Call(function=nodes.Lambda(parameters=("x",), body=x), args=(nodes.Constant(value="tom"),)),
        )
    )
    program = ProgramNode(body=(nodes.Query(value=both),))
    assert mistakes(program) == []
    assert mistakes(ProgramNode(body=(*program.body, nodes.Query(value=x)))) == ["unknown name 'x'"]


def test_a_tree_that_no_one_parsed_has_mistakes_too() -> None:
    program = ProgramNode(body=(nodes.Condition(test=nodes.Name(id="strenght")), nodes.Return()))
    assert mistakes(program) == ["unknown name 'strenght'", "'return' is outside a function"]
    act = nodes.ExprStatement(value=nodes.Call(function=nodes.Name(id="condition"), args=()))
    assert mistakes(ProgramNode(body=(act,))) == ["'condition' is not a function"]


def test_many_mistakes_are_counted() -> None:
    program = parse("\n".join(f"x{i} = unknown_{i}" for i in range(30)))
    with pytest.raises(PlotError) as caught:
        check(program)
    assert caught.value.render().endswith("… and 10 more mistakes")
    assert len(mistakes(program)) == 30


def test_several_refusals_of_one_text_come_together() -> None:
    with pytest.raises(PlotErrors) as caught:
        parse("import os\nwhile True:\n    x = {1}\ny = 1j\n", "mine")
    assert [error.where for error in caught.value.errors] == [
        "mine, line 1, column 1",
        "mine, line 2, column 1",
        "mine, line 4, column 5",
    ]


@pytest.mark.parametrize(
    ("argument", "right"),
    [
        ('"tom"', True),
        ("name", True),
        ("names[0]", True),
        ("choice(names)", True),
        ('["tom"]', False),
        ("names", False),
        ("names + names", False),
        ("[n for n in names]", False),
        ("names[0:1]", False),
        ("sorted(names)", False),
        ("1", False),
        ("len(names)", False),
        ("{'name': name}", False),
        ("name == 'ann'", False),
    ],
)
def test_shapes_of_memoised_arguments(argument: str, right: bool) -> None:
    names = 'name = "ann"\nnames = ["ann", "bob"]\n'
    text = f'{MODEL}{names}condition(strength("tom") > 3)\nquery(strength({argument}))\n'
    said = mistakes(parse(text))
    assert (said == []) is right
    assert all("stores one value for each" in message for message in said)
