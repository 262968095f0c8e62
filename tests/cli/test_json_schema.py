"""The JSON schema that ships with the package describes what every command prints with `--json`, and nothing less."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
import jsonschema
import pytest
from click.testing import CliRunner, Result

from plot.answers import make_answer
from plot.cli import main
from plot.cli.shared.output import write_json
from plot.inference import Number, Posterior
from plot.testing import ReplyEvent, ScriptedModel
from tests.llm.helpers import reply

pytestmark = pytest.mark.usefixtures("own_folders", "quick")
SCHEMA: dict[str, Any] = json.loads((files("plot.cli") / "output.schema.json").read_text(encoding="utf-8"))
SAID = "Mary crushed poor Tom."
CODE = 'condition(won_against(["mary"], ["tom"], 1))'
TUG = ("ask", "tugofwar", "--no-facts", "--given", "Tom beat John.")
COIN = "name: coin\nmodel: |\n  heads = flip(0.25)\ntests: []\n"


def closed(schema: Any) -> Any:
    """Return a schema that refuses keys that it does not describe: a key that is printed and not told is a fault."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if "properties" in found and isinstance(schema.get("type"), str):
        found.setdefault("additionalProperties", False)
    return found


CLOSED = closed(SCHEMA)


def mistakes(value: object, kind: str) -> list[str]:
    """Return what the schema of one kind of output, without further keys, finds wrong in a value."""
    validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": CLOSED["$defs"]})
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message}" for one in validator.iter_errors(value)]


def plot(*args: str, code: int = 0) -> list[dict[str, Any]]:
    """Return the objects that a command prints."""
    result: Result = CliRunner().invoke(main, [*args, "--json"], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def check(kind: str, *args: str, code: int = 0) -> dict[str, Any]:
    """Check all that a command prints against the schema; return the first object."""
    found = plot(*args, code=code)
    assert found
    for one in found:
        assert one["format"] == 1
        assert mistakes(one, kind) == []
        jsonschema.validate(one, SCHEMA)
    return found[0]


def at(server: ScriptedModel, *more: str) -> tuple[str, ...]:
    return ("--model", "scripted", "--base-url", server.base_url, *more)


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with ScriptedModel([reply(CODE, paraphrase="Mary won.")], repeat_last=True) as made:
        yield made


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert [one["$ref"].rsplit("/", 1)[-1] for one in SCHEMA["anyOf"]] == list(SCHEMA["$defs"])


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("boolean", "Is Tom stronger than John?"),
        ("number", "How strong is Tom?"),
        ("choice", "Who is stronger, Tom or John?"),
    ],
)
def test_answers(kind: str, question: str) -> None:
    assert check("answer", *TUG, question)["kind"] == kind


def test_an_answer_that_is_a_set(tmp_path: Path) -> None:
    program = tmp_path / "set.plot"
    program.write_text('rainy = flip(0.5)\nquery([day for day in ["mon", "tue"] if rainy])\n')
    assert check("answer", "run", str(program))["kind"] == "set"


def test_reasons_readings_program_and_sites() -> None:
    assert check("answer", *TUG, "Why did Tom beat John?")["reasons"]
    found = check("answer", *TUG, "Is Tom stronger than John?", "--readings", "--show-program", "--show-pyro")
    assert found["program"] and found["sites"] and found["ambiguities"] == []


def test_a_figure_that_is_not_finite(capsys: pytest.CaptureFixture[str]) -> None:
    nan = math.nan
    marginal = Number(nan, nan, nan, (-math.inf, 1.0), 0.0, ((-math.inf, 0.0, 0.5), (0.0, 1.0, 0.5)))
    posterior = Posterior((marginal,), nan, 10, -math.inf, nan, "importance", "asked for", 0.1, False)
    write_json(make_answer("How much?", marginal, posterior).to_json())
    found = json.loads(capsys.readouterr().out)
    assert found["mean"] is None and found["interval"] == [None, 1.0]
    assert mistakes(found, "answer") == []


def test_errors(tmp_path: Path) -> None:
    check("error", "ask", "nowhere", "Is it?", code=1)
    world = tmp_path / "future.yaml"
    world.write_text("format: 9\n" + COIN)
    assert "format 9" in check("error", "translate", str(world), "It is so.", code=1)["error"]["message"]


def test_batches(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("id,world,questions\na,tugowar,Q?\n")
    check("batch", "batch", str(rows), "-o", str(tmp_path / "out.csv"))


def test_translations_worlds_routing_and_domains(tmp_path: Path) -> None:
    check("translation", "translate", "tugofwar", "Tom beat John.", "--no-facts")
    check("worlds", "worlds")
    check("graph", "graph", "clinic", "--given", "Ann has a fever.")
    for router in ("learned", "neighbours"):
        check("routing", "route", "Tom beat John.", "--router", router)
    assert check("translation", "translate", "Tom beat John.", "--no-facts")["world"]["others"]
    said = tmp_path / "said.txt"
    said.write_text("".join(f"{name} beat {other}.\n{name} has a fever.\n" for name in "ABC" for other in "XYZ"))
    check("domains", "discover", str(said), "--clusters", "2")


def test_checks(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(COIN)
    bad.write_text("name: bad\nmodel: x = (\n")
    check("checks", "check", str(good), str(bad), code=1)


def test_language_models(server: ScriptedModel) -> None:
    check("answer", *TUG, "--given", SAID, "Is Mary stronger than Tom?", *at(server))
    check("models", "models", *at(server))
    check("models", "models", *at(server), "--ping")
    check("prompts", "prompt", "tugofwar", SAID)
    number = check("calls", "log")["calls"][0]["id"]
    check("call", "log", "--show", str(number))
    check("translation", "memory", "tugofwar", SAID, "--no-facts", *at(server, "--samples", "1"))
    assert check("meanings", "memory")["meanings"]
    check("kept", "forget")
    check("forgotten", "forget", "memory", "--yes")


def test_evaluation(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps({"say": "Tom beat John.", "code": CODE}) + "\n")
    check("evaluation", "eval", "tugofwar", "--data", str(cases))


@pytest.mark.slow
def test_tuning() -> None:
    with ScriptedModel([reply(CODE)], models=("other",), repeat_last=True) as server:
        models = ("--model", "scripted", "--model", "other", "--base-url", server.base_url, "--samples", "1")
        more = ("--repairs", "0", "--no-memory", "--max-calls", "500", "--ensemble", "weighted")
        check("tuning", "tune", "tugofwar", *models, *more)


def test_replies_by_hand(tmp_path: Path) -> None:
    check("waiting", "serve-by-hand", str(tmp_path), "--list")
    assert mistakes({"format": 1, "base_url": "http://127.0.0.1:9/v1"}, "serving") == []
    assert list(get_args(get_type_hints(ReplyEvent)["what"])) == SCHEMA["$defs"]["event"]["properties"]["event"]["enum"]


def test_words_and_built_worlds() -> None:
    found = check("words", "words", "tugofwar")
    assert {"sort": "verb", "word": "beat"}.items() <= next(
        one for one in found["words"] if one["word"] == "beat"
    ).items()
    text = "There are players. Each player has a strength, around 50, give or take 20."
    assert "strength" in check("built", "build", text)["world"]
    assert "def world():" in check("script", "export", "clinic", "Does Ann have the flu?")["script"]
    assert "is_kid" in check("built", "save", "tugofwar", "-g", "Kids are half as strong.")["world"]


def test_every_command_with_json_is_told_of() -> None:
    told = " ".join(one["description"] for one in SCHEMA["$defs"].values())
    commands = [name for name, one in main.commands.items() if any("--json" in part.opts for part in one.params)]
    assert len(commands) > 10 and [name for name in commands if name not in told] == []
    assert isinstance(main, click.Group)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"probability": 1.5}, "probability"),
        ({"kind": "colour"}, "kind"),
        ({"format": 2}, "format"),
        ({"unheard": 1}, "unheard"),
        ({"utterances": [{"say": "Tom beat John."}]}, "utterances/0"),
    ],
)
def test_the_schema_finds_a_fault(change: dict[str, Any], fault: str) -> None:
    (answer,) = plot(*TUG, "Is Tom stronger than John?")
    assert mistakes(answer, "answer") == []
    assert any(fault in one for one in mistakes({**copy.deepcopy(answer), **change}, "answer"))
    del answer["warnings"]
    assert any("warnings" in one for one in mistakes(answer, "answer"))
