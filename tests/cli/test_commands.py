"""The command line: commands, options, JSON and exit codes, on answers that are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from plot.cli import main
from plot.inference import METHODS, Goal
from plot.language.syntax.budget import AMOUNTS
from plot.world import WorldSpec, builtin_worlds

FACTS = ["--no-facts", "--given", "Tom beat John.", "--given", "John and Mary beat Tom and Sue."]
PROMISED = {
    "question", "kind", "answer", "probability", "mean", "sd", "interval", "distribution", "ess", "mcse",
    "method", "log_evidence", "utterances", "seed", "seconds",
}  # fmt: skip
COIN = "heads = flip(0.25)\nquery(heads)\n"


def plot(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(args), input=stdin, catch_exceptions=False)


def answered(*args: str, stdin: str | None = None) -> dict[str, Any]:
    """Run a command with --json; return its only object."""
    result = plot(*args, "--json", stdin=stdin)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def coin(tmp_path: Path) -> str:
    path = tmp_path / "coin.plot"
    path.write_text(COIN)
    return str(path)


# -- ask -----------------------------------------------------------------------------------------------------


def test_the_papers_figures() -> None:
    found = answered("ask", "tugofwar", "How strong is Mary?", *FACTS)
    assert found["kind"] == "number"
    assert abs(found["mean"] - 59.34) < 4 * found["mcse"] + 0.01
    assert abs(found["sd"] - 18.12) < 1.0
    found = answered("ask", "tugofwar", "Is Mary stronger than Tom?", *FACTS)
    assert abs(found["probability"] - 0.585) < 4 * found["mcse"] + 0.001


def test_the_promised_keys_of_json() -> None:
    found = answered("ask", "tugofwar", "Who is stronger, Mary or Tom?", *FACTS, "--seed", "7")
    assert found.keys() >= PROMISED
    assert found["question"] == "Who is stronger, Mary or Tom?"
    assert found["seed"] == 7
    assert found["kind"] == "choice"
    assert set(found["distribution"]) <= {"mary", "tom"}
    assert found["probability"] is found["mean"] is found["interval"] is None
    assert [said["act"] for said in found["utterances"]] == ["observation", "observation", "question"]
    reading = found["utterances"][0]["readings"][0]
    assert reading.keys() == {
        "code",
        "weight",
        "posterior",
        "translator",
        "paraphrase",
        "literal",
        "own_words",
        "reliability",
    }
    assert reading["paraphrase"] == "Tom beat John."
    assert 0.9 < found["reading_probability"] < 1
    assert found["understood_as"] == "Who is stronger, Mary or Tom?"
    assert found["utterances"][0]["say"] == "Tom beat John."


def test_an_interval_is_low_and_high() -> None:
    found = answered("ask", "tugofwar", "How strong is Mary?", *FACTS)
    low, high = found["interval"]
    assert low < found["mean"] < high


def test_the_same_seed_gives_the_same_answer() -> None:
    first, second = (answered("ask", "tugofwar", "How strong is Mary?", *FACTS, "--seed", "3") for _ in range(2))
    other = answered("ask", "tugofwar", "How strong is Mary?", *FACTS, "--seed", "4")
    assert first["mean"] == second["mean"] != other["mean"]


def test_an_answer_in_words() -> None:
    result = plot("ask", "tugofwar", "Is Mary stronger than Tom?", *FACTS)
    assert result.exit_code == 0
    assert "%" in result.stdout
    assert "\x1b" not in result.output
    quiet = plot("ask", "tugofwar", "Is Mary stronger than Tom?", *FACTS, "--quiet")
    assert len(quiet.stdout.splitlines()) == 1


def test_several_questions_are_answered_in_order() -> None:
    result = plot("ask", "tugofwar", "How strong is Mary?", "Is Mary lazy?", *FACTS, "--json")
    assert [json.loads(line)["kind"] for line in result.stdout.splitlines()] == ["number", "boolean"]


def test_words_without_quotes_are_one_question() -> None:
    assert answered("ask", "tugofwar", "how", "strong", "is", "Mary?", *FACTS)["question"] == "how strong is Mary?"


def test_questions_from_the_standard_input() -> None:
    result = plot("ask", "tugofwar", "-", *FACTS, "--json", stdin="How strong is Mary?\n\nHow strong is Tom?\n")
    assert [json.loads(line)["kind"] for line in result.stdout.splitlines()] == ["number", "number"]


def test_a_refused_question_of_the_standard_input_does_not_keep_the_others() -> None:
    stdin = "# two of three\nHow strong is Mary?\nBlorp wug?\n  # more\nHow strong is Tom?\n"
    result = plot("ask", "tugofwar", "-", *FACTS, "--json", stdin=stdin)
    first, second, third = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1 and (first["kind"], third["kind"]) == ("number", "number")
    assert second["question"] == "Blorp wug?" and second["error"]["message"]
    assert "in the question: Blorp wug?" in plot("ask", "tugofwar", "-", *FACTS, stdin=stdin).stderr


def test_facts_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "facts.txt"
    path.write_text("# The paper's facts\n\nTom beat John.\n  John and Mary beat Tom and Sue.\n")
    found = answered("ask", "tugofwar", "--no-facts", "--facts-file", str(path), "How strong is Mary?")
    assert len(found["utterances"]) == 3
    assert abs(found["mean"] - 59.34) < 4 * found["mcse"] + 0.01


def test_the_worlds_own_facts_are_told_unless_they_are_not_wanted() -> None:
    with_facts = answered("ask", "tugofwar", "Who is stronger?")
    assert len(with_facts["utterances"]) > 1
    without = plot("ask", "tugofwar", "Who is stronger?", "--no-facts", "--json")
    assert without.exit_code in (0, 1)
    if without.exit_code == 0:
        assert len(json.loads(without.stdout)["utterances"]) == 1


def test_precision_and_particles_are_heeded() -> None:
    rough = answered("ask", "tugofwar", "Is Mary stronger than Tom?", *FACTS, "--precision", "0.05")
    fine = answered("ask", "tugofwar", "Is Mary stronger than Tom?", *FACTS, "--precision", "0.002")
    assert rough["mcse"] <= 0.05
    assert fine["mcse"] <= 0.002
    assert fine["ess"] > rough["ess"]


def test_show_program_is_a_program(tmp_path: Path) -> None:
    question = "Is Mary stronger than Tom?"
    found = answered("ask", "tugofwar", question, *FACTS, "--show-program")
    path = tmp_path / "shown.plot"
    path.write_text(found["program"])
    again = answered("run", str(path))
    assert abs(again["probability"] - found["probability"]) < 5 * (found["mcse"] + again["mcse"])
    shown = plot("ask", "tugofwar", question, *FACTS, "--show-program")
    assert found["program"].strip() in shown.stdout


def test_show_pyro_names_the_sites() -> None:
    found = answered("ask", "tugofwar", "How strong is Mary?", *FACTS, "--show-pyro")
    assert "Normal" in found["sites"]["strength(mary)"]
    shown = plot("ask", "tugofwar", "How strong is Mary?", *FACTS, "--show-pyro")
    assert "strength(mary)" in shown.stdout


# -- translate, run ------------------------------------------------------------------------------------------


def test_translate_shows_readings_and_does_not_infer() -> None:
    found = answered("translate", "tugofwar", "Tom beat John. Who is stronger?", "--no-facts")
    assert [told["act"] for told in found["utterances"]] == ["observation", "question"]
    reading = found["utterances"][0]["readings"][0]
    assert reading.keys() == {"code", "weight", "translator", "paraphrase", "literal", "own_words"}
    assert reading["paraphrase"] == "Tom beat John."
    assert "condition(" in reading["code"]
    shown = plot("translate", "tugofwar", "Tom beat John.", "--no-facts")
    assert reading["code"].strip() in shown.stdout.replace("      ", "")


def test_translate_reads_one_utterance_after_another() -> None:
    found = answered("translate", "tugofwar", "Tom beat John.", "Ann beat Tom.", "--no-facts")
    codes = [told["readings"][0]["code"] for told in found["utterances"]]
    assert codes[0] != codes[1].replace("ann", "tom").replace("tom", "john")


def test_run_answers_every_query(coin: str) -> None:
    found = answered("run", coin)
    assert found["kind"] == "boolean"
    assert abs(found["probability"] - 0.25) < 4 * found["mcse"] + 1e-9
    both = plot("run", "-", "--json", stdin="x = normal(0, 1)\nquery(x)\nquery(x > 0)\n")
    assert [json.loads(line)["kind"] for line in both.stdout.splitlines()] == ["number", "boolean"]


def test_run_shows_program_and_sites(coin: str) -> None:
    result = plot("run", coin, "--show-program", "--show-pyro")
    assert "heads = flip(0.25)" in result.stdout
    assert "Bernoulli" in result.stdout


def test_the_command_line_may_pass_the_cap_of_world_files(coin: str) -> None:
    assert plot("run", coin, "--budget", "sites=500000", "--budget", "memory=16 GiB").exit_code == 0


def test_the_help_names_every_method_and_limit() -> None:
    shown = " ".join(plot("ask", "--help").stdout.split())
    assert f"Inference method: auto (the default), {', '.join(METHODS)}." in shown
    assert f"repeatable: {', '.join(AMOUNTS)}." in shown
    assert f"Target standard error of a probability, {Goal().precision:g} by default" in shown
    assert f"Time limit of an answer in seconds, {Goal().seconds:g} by default" in shown


# -- worlds, check -------------------------------------------------------------------------------------------


def test_worlds_are_listed() -> None:
    result = plot("worlds")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in builtin_worlds())
    found = answered("worlds")["worlds"]
    assert {row["name"] for row in found} == set(builtin_worlds())
    assert all(row["description"] for row in found)


SLOW_TO_CHECK = {"tabletop", "collisions", "kinship"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.full] * (name in SLOW_TO_CHECK)) for name in sorted(builtin_worlds())],
)
def test_builtin_worlds_pass_their_own_checks(name: str) -> None:
    found = answered("check", name)["worlds"][0]
    assert found["ok"], [one for one in found["outcomes"] if not one["ok"]]
    kinds = {"model", "example", "test"} | ({"fact"} if WorldSpec.load(name).facts else set())
    assert {one["kind"] for one in found["outcomes"]} >= kinds


WRONG = """
name: wrong
model: |
  heads = flip(0.25)
facts:
  - Colourless green ideas sleep furiously.
examples:
  - {say: Blah blah blah., code: condition(heads)}
tests:
  - {ask: Who blah?, expect: {probability: 0.5}}
"""


def test_check_tells_what_fails(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    result = plot("check", str(path), "--json")
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)["worlds"]
    assert [(one["kind"], one["ok"]) for one in found["outcomes"]] == [
        ("fact", False), ("model", True), ("example", False), ("test", False),
    ]  # fmt: skip
    shown = plot("check", str(path))
    assert shown.exit_code == 1
    assert "3 failed" in shown.stdout


def test_check_catches_a_wrong_expectation_and_a_wrong_example(tmp_path: Path) -> None:
    text = builtin_worlds()["tugofwar"].read_text(encoding="utf-8")
    head = text[: min(text.index(f"\n{key}:") for key in ("facts", "examples", "tests") if f"\n{key}:" in text)]
    path = tmp_path / "tug.yaml"
    path.write_text(
        head
        + """
examples:
  - {say: Tom is stronger than Sue., code: condition(strength("tom") > strength("sue"))}
  - {say: Tom is stronger than Sue., code: condition(strength("sue") < strength("tom"))}
  - {say: Tom is stronger than Sue., code: condition(strength("tom") < strength("sue"))}
tests:
  - {ask: Is Tom stronger than Sue?, expect: {probability: 0.5}}
  - {ask: Is Tom stronger than Sue?, expect: {probability: 0.6, tolerance: 0.01}}
  - {ask: How strong is Tom?, expect: {mean: 50, sd: 20, tolerance: 1}}
  - {ask: How strong is Tom?, expect: {probability: 0.5}}
  - {ask: Who is stronger?, given: [Sue is stronger than Tom.], expect: {answer: Sue, distribution: {Sue: 1}}}
  - {ask: Who is stronger?, given: [Sue is stronger than Tom.], expect: {answer: Tom}}
  - {ask: Is Sue stronger than Tom?, given: [Sue is stronger than Tom.], expect: {answer: yes}}
"""
    )
    (found,) = json.loads(plot("check", str(path), "--json").stdout)["worlds"]
    outcomes = [one["ok"] for one in found["outcomes"] if one["kind"] in ("example", "test")]
    assert outcomes == [True, True, False, True, False, True, False, True, False, True], found


def test_check_goes_on_after_a_world_that_can_not_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("nam: x\n")
    result = plot("check", str(path), "tugofwar", "--json")
    assert result.exit_code == 1
    bad, good = json.loads(result.stdout)["worlds"]
    assert not bad["ok"]
    assert "nam" in bad["error"]["message"]
    assert good["ok"]


def test_a_picture_is_drawn_beside_the_answer(tmp_path: Path) -> None:
    file = tmp_path / "out.png"
    told = ["ask", "clinic", "Does Ann have a fever?", "--no-facts", "--render", str(file)]
    shown = plot(*told)
    assert shown.exit_code == 0 and f"picture: {file}" in shown.stdout.replace("\n", " ")
    assert file.read_bytes().startswith(b"\x89PNG")
    file.unlink()
    assert set(answered(*told)) >= PROMISED and file.exists()
