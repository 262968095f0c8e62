"""`plot check --same-as`: programs of one meaning are the same however they are written, and others are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from plot.cli import main

EITHER = "x = flip(0.3)\ny = flip(0.5)\ncondition(x or y)\nquery(x)\nquery(y)\n"
REWRITTEN = """
def a():
    return flip(0.3)
b = flip(0.5)
c = a()
condition(not (not b and not c))
query(c)
query(b)
"""
SEEN = "m = normal(0, 1)\nobserve(normal(m, 1), 2)\nquery(m)\n"
WHO = "def strength(p):\n    return normal(0, 1)\nquery(argmax(strength, ['a', 'b']))\n"
DIE = "query(randint(1, 6))\n"


@pytest.mark.parametrize(
    ("solution", "program", "same"),
    [
        (EITHER, REWRITTEN, True),
        (EITHER, "x = flip(0.3 / 0.65)\ny = flip(0.5 / 0.65)\nquery(x)\nquery(y)\n", False),  # right marginals only
        (EITHER, EITHER.replace("condition(x or y)\n", ""), False),
        (EITHER, EITHER.replace("query(x)\nquery(y)", "query(y)\nquery(x)"), False),
        (EITHER, EITHER.replace("query(y)\n", ""), False),
        (EITHER, EITHER.replace("query(y)", "query(y + 0)"), False),
        (SEEN, "a = normal(0, 1)\nb = normal(0, 1)\nm = (a + b) / sqrt(2)\nobserve(normal(2, 1), m)\nquery(m)\n", True),
        (SEEN, "query(normal(1, sqrt(0.5)))\n", True),
        (SEEN, "query(1 + uniform(-1.2247, 1.2247))\n", False),  # the same mean and spread
        (SEEN, "query(normal(1, 0.8))\n", False),
        (WHO, "query(choice(['b', 'a']))\n", True),
        (WHO, "query('a' if flip(0.55) else 'b')\n", False),
        (WHO, "query(choice(['a', 'c']))\n", False),
        (DIE, "query(1 + sum([1 for i in range(5) if i < randint(0, 5)]))\n", False),
        (DIE, "query(choice([6, 5, 4, 3, 2, 1]))\n", True),
        (DIE, "x = flip(0.5)\ncondition(x and not x)\nquery(randint(1, 6))\n", False),
    ],
)  # fmt: skip
def test_programs_are_compared_by_what_they_mean(tmp_path: Path, solution: str, program: str, same: bool) -> None:
    files = [tmp_path / "solution.plot", tmp_path / "program.plot"]
    for file, text in zip(files, (solution, program), strict=True):
        file.write_text(text, encoding="utf-8")
    args = ["check", "--same-as", *map(str, files), "--precision", "0.01"]
    found = CliRunner().invoke(main, args, catch_exceptions=False)
    assert found.exit_code == (0 if same else 1), found.output
    assert ("FAILED" in found.stdout) is not same


def test_a_program_that_is_none_fails_and_a_solution_that_is_none_is_an_error(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.plot", tmp_path / "bad.plot"
    good.write_text(DIE, encoding="utf-8")
    bad.write_text("query(", encoding="utf-8")
    found = CliRunner().invoke(main, ["check", "--same-as", str(good), str(bad), str(good), "--json"])
    assert found.exit_code == 1 and '"error"' in found.stdout and found.stdout.count('"ok": true') > 1
    found = CliRunner().invoke(main, ["check", "--same-as", str(bad), str(good)])
    assert found.exit_code == 1 and "never closed" in found.stderr
