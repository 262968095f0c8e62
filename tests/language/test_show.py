"""Canonical text: parsing it gives the same program, with no parentheses that are not needed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings

from plot.errors import PlotError
from plot.language import check, parse, show
from plot.language.syntax import nodes
from plot.language.syntax.nodes import walk
from tests.support.strategies import expressions, statements, trees

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@SLOW
@given(trees)
def test_parsing_what_is_shown_gives_the_same_program(program: nodes.ProgramNode) -> None:
    text = show(program)
    assert parse(text) == program
    assert show(parse(text)) == text


@SLOW
@given(expressions)
def test_expressions_alone_are_shown_as_in_a_program(expression: nodes.Expr) -> None:
    program = nodes.ProgramNode(body=(nodes.Assign(target=nodes.NameTarget(id="x"), value=expression),))
    assert parse(f"x = {show(expression)}") == program


@SLOW
@given(statements)
def test_statements_alone_are_shown_as_in_a_program(statement: nodes.Statement) -> None:
    assert parse(show(statement)).body == (statement,)


@SLOW
@given(trees)
def test_the_checker_reports_nothing_but_plot_errors(program: nodes.ProgramNode) -> None:
    for checked in (program, parse(show(program))):
        with contextlib.suppress(PlotError):
            check(checked)


@SLOW
@given(trees)
def test_every_node_knows_its_text(program: nodes.ProgramNode) -> None:
    text = show(program)
    lines = text.split("\n")
    parsed = parse(text)
    for node in walk(parsed):
        span = node.span
        assert span.source is not None
        assert span.source.text == text
        assert 1 <= span.line <= span.end_line <= len(lines)
        assert 0 <= span.column <= len(lines[span.line - 1])
        assert span.end_column <= len(lines[span.end_line - 1])


@SLOW
@given(expressions)
def test_the_span_of_an_expression_is_its_text(expression: nodes.Expr) -> None:
    text = f'x = ["Zoë", {show(expression)}]'
    value = parse(text).body[0].value.items[1]  # type: ignore[union-attr]
    line = text.split("\n")[value.span.line - 1]
    found = line[value.span.column : value.span.end_column]
    again = parse(f"x = {found}").body[0].value  # type: ignore[union-attr]
    assert again == expression


@pytest.mark.parametrize(
    "text",
    [
        "(a + b) * c",
        "a + b * c",
        "a - (b - c)",
        "a - b - c",
        "a / (b * c)",
        "(-a) ** b",
        "-a ** b",
        "a ** -b",
        "(a ** b) ** c",
        "a ** b ** c",
        "(-1) ** 2",
        "-1 ** 2",
        "--1",
        "not (a and b)",
        "not a and b",
        "(a or b) and c",
        "a or b and c",
        "(a and b) and c",
        "(a < b) < c",
        "a < b < c",
        "not a < b",
        "(not a) < b",
        "(a if b else c) if d else e",
        "a if b else c if d else e",
        "a if (b if c else d) else e",
        "(lambda x: x)(1)",
        "lambda x: x if a else b",
        "(lambda x: x) if a else b",
        "(a + b).mass",
        "(1).mass",
        "(-1)[0]",
        "1[0]",
        '"tom"[0]',
        "[x for x in (a if b else c) if (d if e else f)]",
        "[x for x in a or b if c]",
        "[lambda: x for x, (y, z) in zip(a, b)]",
        "xs[1:][:-1][a if b else c:]",
        "(a + b)[0]",
        'f(x, lambda y: y, key=lambda z: -z)({"mass": 1e-300})',
    ],
)
def test_parentheses_stand_only_where_they_are_needed(text: str) -> None:
    program = parse(f"x = {text}")
    shown = show(program).removeprefix("x = ").strip()
    assert parse(f"x = {shown}") == program
    assert shown == text


def test_the_canonical_form_of_a_program() -> None:
    text = '''"""A world."""

@mem
def strength(player, base=50):
    """How strong.

    In kilograms.
    """
    if base > 50:
        return normal(base, 20)
    elif base == 50:
        return base
    else:
        for i, (a, b) in enumerate(pairs):
            break
    return

xs = [1, 2]
a, b = xs
(c,) = xs
condition(a > b)
observe(normal(a, 1), 3.5)
do(strength("tom"), 60)
query({"a": a, "b c": b})
'''
    assert show(parse(text)) == text


def test_two_ways_to_write_one_program_have_one_canonical_form() -> None:
    one = "x=( 1 ,2)\nx+=[3]\ny = any(a for a in x)\nif y:\n  pass\nelse:\n  if x: pass\n"
    assert show(parse(one)) == "x = [1, 2]\nx = x + [3]\ny = any([a for a in x])\nif y:\n    pass\nelif x:\n    pass\n"
