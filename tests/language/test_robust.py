"""Whatever the text, the answer is a program or a PlotError: no crash, no hang, no other exception."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from plot.errors import BudgetError, PlotError
from plot.language import Budget, check, parse, show
from tests.support.clock import SOON, effort
from tests.support.sizes import examples
from tests.support.strategies import trees

PROGRAM = '''@mem
def strength(player, base=50):
    """How strong."""
    if base > 50:
        return normal(base, 20)
    return {"mass": [x for x in range(3) if not x == 1], "name": "Zoë"}.mass[-1]

players = ["tom", "ann"]
for i, p in enumerate(players):
    condition(strength(p) < 3 <= i or p in players[1:] and p is not None)
observe(normal(0, 1), 3.5)
do(strength("tom"), 60)
query(argmax(lambda x: -strength(x) ** 2, players) if flip(0.3) else None)
'''
PIECES = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "=",
    "==",
    "**",
    "*",
    "@",
    "\\",
    '"',
    "'",
    '"""',
    "\n",
    "    ",
    "\t",
    ".",
    "if ",
]
PIECES += [
    "lambda ",
    "for ",
    "in ",
    "def ",
    "return ",
    "f'{",
    "b'",
    "1e999",
    "0x",
    "é",
    "ﬁ",
    "\0",
    "\x0c",
    "\ufeff",
    "\ud800",
    "…",
    "None",
]


def said(text: str) -> str:
    """Return what the language says about a text."""
    try:
        program = parse(text)
        assert parse(show(program)) == program
        check(program)
    except PlotError as error:
        return shown(error)
    return ""


def shown(error: PlotError) -> str:
    """Return an error as text, which is fit for any terminal."""
    text = error.render()
    text.encode()
    assert error.message
    assert "\x1b" not in text
    assert "\0" not in text
    return text


@settings(deadline=None)
@given(st.text(max_size=60))
@example("\ufeffx = 1")
@example("\0")
@example("x = 'a\\")
@example("\ud800")
def test_any_text(text: str) -> None:
    said(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.sampled_from(PROGRAM.split(" ")), max_size=15).map("".join))
def test_any_pieces_of_programs(text: str) -> None:
    said(text)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = PROGRAM
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        text = text[:start] + draw(st.sampled_from(PIECES) | st.text(max_size=3)) + text[end:]
    return text


@settings(deadline=None, max_examples=examples(300))
@given(mutated())
def test_any_mutation_of_a_program(text: str) -> None:
    said(text)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(trees, st.data())
def test_any_cut_of_a_program(program: object, data: st.DataObject) -> None:
    text = show(program)  # type: ignore[arg-type]
    said(text[: data.draw(st.integers(0, len(text)))])


def test_the_program_itself_parses() -> None:
    assert "reads" not in said(PROGRAM)
    parse(PROGRAM)


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_line_endings(ending: str) -> None:
    assert parse(PROGRAM.replace("\n", ending)) == parse(PROGRAM)
    with pytest.raises(PlotError) as caught:
        check(parse(f"x = 1{ending}y = zz{ending}"))
    assert caught.value.span is not None
    assert (caught.value.span.line, caught.value.span.column) == (2, 4)
    assert "2 | y = zz" in caught.value.render()


def test_a_byte_order_mark_at_the_start_is_left_out() -> None:
    assert parse("\ufeff" + PROGRAM) == parse(PROGRAM)
    with pytest.raises(PlotError):
        parse("x = 1\n\ufeffy = 2")


@pytest.mark.parametrize(
    "character",
    ["\0", "\x0c", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\u2066", "\ud800"],
)
@pytest.mark.parametrize("form", ["x = 1 {}\n", "x = 'tom{}'\n", "x = 1 # {}\n", "{}"])
def test_hidden_characters_are_refused_wherever_they_stand(character: str, form: str) -> None:
    with pytest.raises(PlotError) as caught:
        parse(form.format(character))
    assert f"U+{ord(character):04X}" in caught.value.message
    caught.value.render().encode()


def test_no_warning_leaks() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said('x = "\\d"\ny = 1 is 1\nz = "a" is None\nw = 0or 1\nassert (x, "y")\nv = [1](2)\n')


MOST_EFFORT = 1_000  # measured: 60
NESTED = {
    "parentheses": "x = " + "(" * 10_000 + "1" + ")" * 10_000,
    "open brackets": "[" * 10_000,
    "signs": "x = " + "-" * 50_000 + "1",
    "nots": "x = " + "not " * 20_000 + "1",
    "attributes": "x = a" + ".b" * 50_000,
    "indexes": "x = a" + "[0]" * 30_000,
    "calls": "x = f" + "()" * 50_000,
    "sums": "x = 1" + " + 1" * 30_000,
    "powers": "x = 1" + " ** 1" * 20_000,
    "conditions": "x = " + "1 if a else " * 10_000 + "1",
    "lambdas": "x = " + "lambda: " * 20_000 + "1",
    "ands": "x = a" + " and a" * 10_000,
    "comparisons": "x = a" + " < a" * 20_000,
    "elifs": "if a:\n    x = 1\n" + "elif a:\n    x = 1\n" * 5_000,
    "blocks": "".join(" " * i + "if a:\n" for i in range(90)) + " " * 90 + "x = 1",
    "deep blocks": "".join(" " * i + "if a:\n" for i in range(300)) + " " * 300 + "x = 1",
    "definitions": "".join(" " * i + f"def f{i}():\n" for i in range(95)) + " " * 95 + "return 1",
    "targets": "(" * 150 + "a," + "),".join([""] * 150) + ") = 1",
    "digits": "x = " + "9" * 100_000,
    "a long list": "x = [" + "1, " * 60_000 + "]",
    "a long name": "x" * 150_000,
    "quotes": "'" * 100_001,
    "backslashes": "\\" * 100_000,
    "newlines": "\n" * 150_000,
    "strings": "x = " + "'a' " * 40_000,
    "comments": "#" * 150_000,
    "decorators": "@mem\n" * 30_000 + "def f():\n    return 1\n",
    "parameters": "def f(" + ", ".join(f"a{i}" for i in range(20_000)) + "):\n    return 1\n",
    "unknown names": "x = [" + ", ".join(f"a{i}" for i in range(15_000)) + "]",
}


@pytest.mark.parametrize("name", NESTED)
def test_deep_and_long_texts_are_answered_soon(name: str) -> None:
    assert effort(lambda: said(NESTED[name])) < MOST_EFFORT


@pytest.mark.parametrize(
    "name",
    ["parentheses", "signs", "nots", "attributes", "sums", "conditions", "lambdas", "powers", "digits"],
)
def test_what_is_too_deep_is_an_error(name: str) -> None:
    assert said(NESTED[name]).startswith(("this is nested too deeply", "this number has too many digits"))


def test_a_megabyte_is_over_budget_at_once() -> None:
    def parsed() -> None:
        with pytest.raises(BudgetError, match="budget of bytes"):
            parse("x = 1\n" * 200_000, "big")

    assert effort(parsed) < 30


def test_a_program_of_many_nodes_is_over_budget() -> None:
    with pytest.raises(BudgetError, match="over the budget of nodes"):
        parse("x = [" + "1, " * 60 + "]", budget=Budget(nodes=50))
    parse("x = [" + "1, " * 40 + "]", budget=Budget(nodes=50))


def test_a_fresh_interpreter_survives_the_deepest_texts() -> None:
    """A crash of the interpreter itself can only be seen from outside."""
    program = (
        "import sys\n"
        "from plot.language import parse\n"
        "from plot.errors import PlotError\n"
        "for text in ['-' * 190_000 + '1', 'not ' * 45_000 + '1', '(' * 190_000, 'a' + '[0]' * 60_000,\n"
        "             'lambda:' * 28_000 + '1',\n"
        "             'a if b else ' * 15_000 + 'c', '1' + '**1' * 60_000, '{' * 199_000,\n"
        "             'f(' * 90_000]:\n"
        "    try:\n"
        "        parse(text)\n"
        "    except PlotError:\n"
        "        continue\n"
        "    sys.exit('parsed: ' + text[:20])\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=SOON)


def test_the_deepest_programs_that_parse_can_be_shown_and_checked() -> None:
    deepest = 0
    for depth in range(1, 130):
        text = "x = " + "-" * depth + "a"
        try:
            program = parse(text)
        except PlotError:
            break
        deepest = depth
        assert parse(show(program)) == program
        with pytest.raises(PlotError):
            check(program)
    assert deepest > 90


def test_speed_of_a_hundred_lines() -> None:
    text = "def f0(x):\n    return flip(0.5)\n\n"
    for i in range(1, 20):
        drawn = f"normal(x, {i}) if flip(0.3) else f{i - 1}(x) + 1"
        text += f"@mem\ndef f{i}(x):\n    return {drawn}\n\ncondition(f{i}({i}) > 2 * {i})\n"
    assert effort(lambda: check(parse(text))) < 5  # measured: 0.5
