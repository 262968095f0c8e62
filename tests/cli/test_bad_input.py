"""Bad input through the command line: a short, clear error with exit code 1 or 2, never a traceback."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plot.cli import main
from tests.support.clock import SOON

ONE_SCREEN = 60
ASK = ["ask", "tugofwar", "--no-facts"]


def plot(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(args), input=stdin, catch_exceptions=False)


def fails(*args: str, stdin: str | None = None, code: int = 1) -> str:
    """Run a command that must fail; return what it says."""
    started = time.perf_counter()
    result = plot(*args, stdin=stdin)
    assert time.perf_counter() - started < SOON
    assert result.exit_code == code, result.output
    said = result.stderr
    assert said.strip()
    assert "Traceback" not in said
    assert "bug in PLoT" not in said
    assert len(said.splitlines()) <= ONE_SCREEN
    assert all(len(line) <= 500 for line in said.splitlines())
    assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in said)
    assert result.stdout == ""
    return said


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return tmp_path / "w.yaml"


# -- files ---------------------------------------------------------------------------------------------------


def test_a_missing_world() -> None:
    assert "tugofwar" in fails("ask", "tugofwr", "Who is stronger?")


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in fails("ask", str(tmp_path), "Who is stronger?")
    assert "is a folder" in fails("run", str(tmp_path))
    assert "is a folder" in fails(*ASK, "--facts-file", str(tmp_path), "Who is stronger?")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x00\x01\x02\xff" * 100, "is a binary file"),
        (b"\xff\xfe\xfd", "is not UTF-8 text"),
        (b"", "is empty"),
        (b"- a\n- b\n", "a world is a mapping"),
        (b"just a text\n", "a world is a mapping"),
        (b"name: a\nname: b\nmodel: x = 1\n", "the key 'name' occurs twice"),
        (b"a: &a [x]\nb: [*a, *a]\n", "anchors and aliases"),
        (b"name: a\nmodel: |\n  x = = 1\n", "line 3"),
        (b"name: a\nmodle: x\n", "did you mean 'model'?"),
        (b"name: [a\nmodel: x = 1\n", "this is not YAML"),
    ],
)
def test_files_that_are_no_world(data: bytes, said: str, world: Path) -> None:
    world.write_bytes(data)
    assert said in fails("ask", str(world), "Who is stronger?")


REFUSED = [
    "import os",
    "from os import path",
    "x = (1).__class__",
    "x = __name__",
    "while True:\n    pass",
    "class A:\n    pass",
    "try:\n    x = 1\nexcept E:\n    pass",
    "def f():\n    global x\n    x = 1",
    "@cache\ndef f():\n    return 1",
    "def f(*a):\n    return 1",
    "x = f'{1}'",
    "x = '%s' % 1 if (y := 1) else 2",
    "x = open('/etc/passwd')",
    "x = eval('1')",
    "with a as b:\n    pass",
    "assert True",
    "del x",
    "raise x",
    "x = {1, 2}",
    "x = [1, 2][::2]",
    "async def f():\n    pass",
    "x = (yield 1)",
    "match 1:\n    case 1:\n        pass",
    "x: int = 1",
    "x = 1j",
    "x = b'a'",
    "x = ...",
    "x = 1 if flip() else\n",
    "x = [i for i in range(2)]\nx.append(3)",
    "nonlocal x",
    "lambda: (yield)",
]


@pytest.mark.parametrize("code", REFUSED)
def test_each_refused_construct_is_shown_in_the_worlds_file(code: str, world: Path) -> None:
    block = "\n".join(f"  {line}" for line in code.splitlines())
    world.write_text(f"name: a\nmodel: |\n{block}\n")
    said = fails("ask", str(world), "Who is stronger?")
    assert "w.yaml, line" in said
    assert "^" in said


# -- programs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("def f(n):\n    return f(n + 1)\nquery(f(0))\n", "depth"),
        ("def f(n):\n    return f(n + 1) if flip(0.999999) else n\nquery(f(0))\n", "depth"),
        ("query(len(range(1000000)))\n", "list_length"),
        ("xs = [flip() for i in range(1000000)]\nquery(xs[0])\n", "list_length"),
        ("def f(n):\n    return [] if n == 0 else f(n - 1) + f(n - 1)\nquery(len(f(60)))\n", ""),
        ("x = 10 ** 10 ** 10\nquery(x)\n", ""),
        ("x = [0]\nfor i in range(60):\n    x = x + x\nquery(len(x))\n", "list_length"),
        ("for i in range(5000):\n    for j in range(5000):\n        x = i + j\nquery(x)\n", ""),
        ("query(" + "(" * 5000 + "1" + ")" * 5000 + ")\n", "nested"),
        ("query(" + "-" * 5000 + "1)\n", "nested"),
        ("x = " + " + ".join(["1"] * 20_000) + "\nquery(x)\n", ""),
        ("x = flip(0.5)\n", "has no query"),
        ("", ""),
        ("query(1 / 0)\n", ""),
        ("query(nothing)\n", "nothing"),
        ("query(flip(2))\n", ""),
        ("x = flip()\ncondition(x)\ncondition(not x)\nquery(x)\n", ""),
        ("\x00", ""),
        ("query('\x1b[31m')\n", "U+001B"),
    ],
    ids=lambda value: repr(value)[:30],
)
@pytest.mark.usefixtures("real_time")
def test_programs_that_can_not_be_answered(program: str, said: str) -> None:
    assert said in fails("run", "-", "--budget", "seconds=2", stdin=program)


# -- words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["", "   ", "\n", "?", "...", "\u200b"])
def test_an_empty_question(question: str) -> None:
    fails(*ASK, question)


@pytest.mark.parametrize(
    "question",
    [
        "Wer ist stärker, Tom oder Maria?",
        "¿Quién es más fuerte?",
        "トムはメアリーより強いですか？",
        "Кто сильнее?",
        "هل توم أقوى من ماري؟",
        "Is Mary 🦄 than Tom?",
        "SELECT * FROM players; --",
        "Is Mary stronger than",
        "stronger Mary Tom is than?",
        "\x1b]0;owned\x07Is Mary stronger than Tom?\x1b[2J" * 3 + "blah",
        "Is [bold red]Mary[/] :smile: than \u202eTom?",
        "a\udcff?",
    ],
)
def test_a_question_that_is_not_understood(question: str) -> None:
    fails(*ASK, question)


@pytest.mark.parametrize(
    "question",
    [
        "Is Mary stronger than Tom? " * 4_000,
        "very " * 25_000 + "strong?",
        "x" * 100_000,
        "(" * 100_000,
        "\n" * 100_000,
    ],
)
def test_a_question_of_100_kilobytes(question: str) -> None:
    fails(*ASK, question)


def test_facts_that_contradict_each_other_are_named() -> None:
    said = fails(
        *ASK, "Is Mary strong?", "--given", "Sue is stronger than Ann.",
        "--given", "Tom is stronger than Mary.", "--given", "Mary is stronger than Tom.",
    )  # fmt: skip
    assert "Tom is stronger than Mary" in said
    assert "Mary is stronger than Tom" in said
    assert "Sue" not in said


def test_a_fact_that_is_a_question_and_a_question_that_is_none() -> None:
    fails(*ASK, "Is Mary stronger than Tom?", "--given", "Who is stronger?")
    fails(*ASK, "Mary is stronger than Tom.")


def test_a_bad_line_in_a_file_of_facts_is_named(tmp_path: Path) -> None:
    path = tmp_path / "facts.txt"
    path.write_text("Tom beat John.\n\n# fine\nblah blah blah\n")
    assert f"{path}, line 4" in fails(*ASK, "--facts-file", str(path), "Who is stronger?")


def test_a_name_that_was_never_mentioned_is_someone_new() -> None:
    result = plot(*ASK, "How strong is Zebedee?", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert abs(found["mean"] - 50) < 4 * found["mcse"] + 1e-9


# -- usage ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ["ask"],
        ["ask", "tugofwar"],
        ["aks", "tugofwar", "Who?"],
        ["ask", "tugofwar", "Who?", "--sed", "3"],
        ["ask", "tugofwar", "Who?", "--seed", "x"],
        ["ask", "tugofwar", "Who?", "--seed", "-1"],
        ["ask", "tugofwar", "Who?", "--seed", str(2**70)],
        ["ask", "tugofwar", "Who?", "--precision", "0"],
        ["ask", "tugofwar", "Who?", "--precision", "nan"],
        ["ask", "tugofwar", "Who?", "--precision", "2"],
        ["ask", "tugofwar", "Who?", "--budget-seconds", "inf"],
        ["ask", "tugofwar", "Who?", "--budget-seconds", "-1"],
        ["ask", "tugofwar", "Who?", "--particles", "0"],
        ["ask", "tugofwar", "Who?", "--budget", "sites"],
        ["ask", "tugofwar", "Who?", "--budget", "site=3"],
        ["ask", "tugofwar", "Who?", "--budget", "sites=many"],
        ["ask", "tugofwar", "Who?", "--budget", "sites=-3"],
        ["ask", "tugofwar", "Who?", "--method", "guess"],
        ["run"],
        ["check"],
        ["translate", "tugofwar"],
        ["--nothing"],
    ],
    ids=" ".join,
)
def test_wrong_usage(args: list[str]) -> None:
    said = fails(*args, code=2)
    assert "Error:" in said
    result = plot(*args, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 2 and result.stderr == ""
    assert found["error"]["message"] in " ".join(said.split()) and "--help" in found["error"]["hint"]


def test_usage_is_told_in_json_only_where_that_is_asked_for() -> None:
    result = plot("ask", "--wrong", "--", "--json")
    assert result.exit_code == 2 and not result.stdout and "Error:" in result.stderr


@pytest.mark.parametrize(("limit", "said"), [("nodes=2", "budget of nodes"), ("bytes=9", "budget of bytes")])
def test_a_limit_of_the_size_holds_for_programs_and_models(limit: str, said: str, world: Path, tmp_path: Path) -> None:
    program = tmp_path / "x.plot"
    program.write_text("x = flip(0.25)\nquery(x)\n")
    assert said in fails("run", str(program), "--budget", limit)
    world.write_text("name: coin\nmodel: heads = flip(0.5)\n")
    assert said in fails("ask", str(world), "Is it heads?", "--budget", limit)
    assert said in plot("check", str(world), "--budget", limit).output


def test_a_limit_of_the_size_may_be_raised_for_both(world: Path, tmp_path: Path) -> None:
    long = "x = [" + ", ".join(["flip(0.5)"] * 7_500) + "]"
    few = ("--particles", "50")
    program = tmp_path / "x.plot"
    program.write_text(f"{long}\ny = flip(0.25)\nquery(y)\n")
    assert "budget of nodes" in fails("run", str(program))
    assert "budget of nodes" not in plot("run", str(program), "--budget", "nodes=100000", *few).output
    world.write_text(f"name: long\nmodel: |\n  {long}\n")
    assert "budget of nodes" in fails("ask", str(world), "Is it so?")
    assert "budget of nodes" not in plot("ask", str(world), "Is it so?", "--budget", "nodes=100000", *few).output


# -- errors as JSON ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ["ask", "nowhere", "Who?"],
        [*ASK, "blah blah"],
        [*ASK, ""],
        ["run", "/nonexistent/file.plot"],
        ["translate", "tugofwar", "blah blah"],
        [
            *ASK,
            "Is Mary strong?",
            "--given",
            "Tom is stronger than Mary.",
            "--given",
            "Mary is stronger than Tom.",
        ],
    ],
    ids=" ".join,
)
def test_with_json_an_error_is_an_object(args: list[str]) -> None:
    result = plot(*args, "--json")
    assert result.exit_code == 1
    assert result.stderr == ""
    found = json.loads(result.stdout)
    assert found.keys() == {"format", "error"}
    assert found["error"].keys() == {"message", "hint", "where"}
    assert found["error"]["message"]


def test_several_mistakes_are_one_object(tmp_path: Path) -> None:
    path = tmp_path / "x.plot"
    path.write_text("import os\nclass X:\n    pass\n")
    found = json.loads(plot("run", str(path), "--json").stdout)
    assert len(found["error"]["message"].splitlines()) == 2
    assert found["error"]["where"].endswith("line 1, column 1")


@pytest.mark.parametrize(
    ("file", "questions", "said"),
    [
        ("out.bmp", ["Is Tom strong?"], "'.bmp'"),
        ("out.gif", ["Is Tom strong?"], "animation"),
        ("no/such/out.png", ["Is Tom strong?"], "there is no folder"),
        ("out.png", ["Is Tom strong?", "Is Mary strong?"], "one question"),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_refused_before_anything_is_inferred(
    tmp_path: Path, file: str, questions: list[str], said: str
) -> None:
    assert said in fails("ask", "tugofwar", "--no-facts", *questions, "--render", str(tmp_path / file))
    assert not list(tmp_path.iterdir())
