"""Language models on the command line: listed, pinged, logged, remembered, measured; and bad inputs."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from plot.cli import main
from plot.conversation import World
from plot.llm import Client
from plot.llm.store import FILE, Store
from plot.testing import Redirect, ScriptedModel, Stall, Status
from plot.translate.model import LanguageModel
from tests.llm.helpers import Raw, chats, complaint, entry, reply
from tests.support.clock import AGES, SOON

pytestmark = pytest.mark.usefixtures("own_folders", "quick")
SAID = "Mary crushed poor Tom."
CODE = 'condition(won_against(["mary"], ["tom"], 1))'
OTHER = 'condition(won_against(["tom"], ["mary"], 1))'
NOWHERE = "http://127.0.0.1:9/v1"


def plot(*args: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(main, list(args), input=stdin, catch_exceptions=False)
    assert "Traceback" not in result.output and "bug in PLoT" not in result.output
    return result


def done(*args: str, stdin: str | None = None) -> str:
    result = plot(*args, stdin=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


def answered(*args: str) -> Any:
    return json.loads(done(*args, "--json"))


def failed(*args: str, code: int = 1) -> str:
    result = plot(*args)
    assert result.exit_code == code, result.output
    assert result.stderr.strip()
    return result.stderr


def at(server: ScriptedModel | str, *more: str) -> tuple[str, ...]:
    url = server if isinstance(server, str) else server.base_url
    return ("--model", "scripted", "--base-url", url, *more)


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    """A model that always says the same."""
    with ScriptedModel([reply(CODE, paraphrase="Mary won.")], repeat_last=True) as made:
        yield made


# -- ask and translate ---------------------------------------------------------------------------------------


def test_the_second_run_asks_nothing_and_says_the_same() -> None:
    ask = ("ask", "tugofwar", "--no-facts", "--given", SAID, "Is Mary stronger than Tom?", "--seed", "3", "--no-memory")
    with ScriptedModel([reply(CODE), reply(OTHER), reply(CODE)]) as server:
        first = done(*ask, *at(server))
        assert len(server.requests) == 3
    closed = at(server)
    assert done(*ask, *closed) == first
    assert "can't be reached" in failed(*ask, *closed, "--refresh")
    assert "can't be reached" in failed(*ask, *closed, "--no-cache")
    assert len({came.raw for came in server.requests}) == 1, "samples differ by chance only"


def test_with_memory_too_the_answer_is_the_same(server: ScriptedModel) -> None:
    ask = ("ask", "tugofwar", "--no-facts", "--given", SAID, "How strong is Mary?", *at(server))
    first, count = done(*ask), len(server.requests)
    assert done(*ask) == first and len(server.requests) == count == 3


def test_weights_names_and_spending(server: ScriptedModel) -> None:
    with ScriptedModel([reply(CODE), reply(OTHER), reply(CODE)]) as unsure:
        found = answered("translate", "tugofwar", "--no-facts", SAID, *at(unsure))
        (told,) = found["utterances"]
        assert [one["weight"] for one in told["readings"]] == pytest.approx([2 / 3, 1 / 3])
        assert {one["translator"] for one in told["readings"]} == {"scripted"}
    ask = ("ask", "tugofwar", "--no-facts", "--given", "Mary walloped Tom.", "How strong is Mary?")
    usage = answered(*ask, *at(server))["usage"]
    assert (usage["calls"], usage["attempts"], usage["cached"], usage["remembered"]) == (3, 3, 0, 0)
    assert usage["prompt_tokens"] > 3_000


def test_two_models_and_their_names() -> None:
    with ScriptedModel([reply(CODE)], repeat_last=True) as one, ScriptedModel([reply(OTHER)], repeat_last=True) as two:
        Path("plot.yaml").write_text(
            f"translators:\n  - {{name: one, model: scripted, base_url: '{one.base_url}', samples: 1}}\n"
            f"  - {{name: two, model: scripted, base_url: '{two.base_url}', samples: 1}}\n"
        )
        (told,) = answered("translate", "tugofwar", "--no-facts", SAID)["utterances"]
        assert sorted((found["translator"], found["weight"]) for found in told["readings"]) == [
            ("one", 0.5),
            ("two", 0.5),
        ]
        (told,) = answered("translate", "tugofwar", "--no-facts", SAID, "--model", "two")["utterances"]
        assert [found["translator"] for found in told["readings"]] == ["two"]


def test_the_grammar_first_and_not_at_all(server: ScriptedModel) -> None:
    done("ask", "tugofwar", "--given", "Mary beat Tom.", "How strong is Mary?", *at(server))
    assert server.requests == ()
    found = answered("translate", "tugofwar", "--no-facts", "Mary beat Tom.", "--no-grammar", *at(server))
    assert found["utterances"][0]["readings"][0]["translator"] == "scripted" and len(server.requests) == 3
    done("translate", "tugofwar", "--no-facts", "Mary beat Tom.", "--no-grammar")  # no model: the grammar reads it


def test_limits_name_their_options(server: ScriptedModel) -> None:
    translate = ("translate", "tugofwar", "--no-facts", SAID, *at(server))
    assert "--max-calls" in failed(*translate, "--max-calls", "0")
    assert "--max-tokens" in failed(*translate, "--max-tokens", "500")
    assert server.requests == ()
    done(*translate, "--max-calls", "1")
    assert len(server.requests) == 1


def test_faults_on_the_command_line() -> None:
    with ScriptedModel([Status(401)], repeat_last=True) as server:
        said = failed("ask", "tugofwar", SAID, *at(server))
        assert "refused the key" in said and "hint" in said
    with ScriptedModel([Stall(AGES)], repeat_last=True) as server:
        Path("plot.yaml").write_text(
            f"translators: [{{name: p, model: scripted, base_url: '{server.base_url}', retries: 0, samples: 1}}]"
        )
        assert "did not answer within 0.2 s" in failed("translate", "tugofwar", "--no-facts", SAID, "--timeout", "0.2")


def test_inside_a_running_loop(server: ScriptedModel) -> None:
    async def ask() -> float:
        with Client(store=Store()) as client:
            model = LanguageModel(entry(server), client)
            talk = World.load("tugofwar").conversation(facts=False, translators=(model,))
            talk.tell(SAID)
            return talk.discourse.events

    assert asyncio.run(ask()) == 1


def test_a_damaged_cache_is_told_and_goes_on(server: ScriptedModel) -> None:
    path = Path(os.environ["PLOT_CACHE_DIR"]) / FILE
    path.parent.mkdir()
    path.write_bytes(b"garbage" * 1000)
    result = plot("translate", "tugofwar", "--no-facts", SAID, *at(server))
    assert result.exit_code == 0 and "set aside" in result.stderr and CODE in result.stdout
    path.unlink()
    path.mkdir()
    result = plot("translate", "tugofwar", "--no-facts", SAID, *at(server))
    assert result.exit_code == 0 and "caching is off" in result.stderr and CODE in result.stdout


# -- models --------------------------------------------------------------------------------------------------


def test_models_are_listed() -> None:
    assert "No language model is configured" in done("models")
    text = f"translators: [{{name: parrot, model: m, base_url: '{NOWHERE}', api_key_env: A_KEY}}]"
    Path("plot.yaml").write_text(text)
    assert "A_KEY: not allowed" in done("models") and not answered("models")["models"][0]["allowed"]
    done("models", "--allow", "parrot", "--yes")
    assert "parrot" in done("models") and "A_KEY is not set" in " ".join(done("models").split())
    (row,) = answered("models")["models"]
    assert (row["name"], row["configured_by"], row["key"]) == ("parrot", "plot.yaml", "A_KEY is not set")


def test_ping_alive(server: ScriptedModel) -> None:
    assert "yes" in done("models", "--ping", *at(server))
    (row,) = answered("models", "--ping", *at(server))["models"]
    assert row["answers"] and row["serves"] == ["scripted"]


def test_ping_dead_or_wrong(server: ScriptedModel) -> None:
    assert "can't be reached" in failed("models", "--ping", *at(NOWHERE))
    wrong = ("--model", "missing", "--base-url", server.base_url)
    assert "does not know the model 'missing'" in failed("models", "--ping", *wrong)
    result = plot("models", "--ping", "--json", *wrong)
    assert result.exit_code == 1 and not json.loads(result.stdout)["models"][0]["answers"]
    with ScriptedModel([Stall(AGES)], repeat_last=True) as silent:
        assert "did not answer" in failed("models", "--ping", *at(silent, "--timeout", "0.2"))
    with ScriptedModel([Redirect(server.base_url)], repeat_last=True) as elsewhere:
        count = len(server.requests)
        assert "redirects elsewhere" in failed("models", "--ping", *at(elsewhere))
        assert len(server.requests) == count


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"message": "x"}]},
        [],
        3,
        b"[" * 99_999,
        b"<html>",
    ],
)
def test_ping_of_what_is_no_model(body: object) -> None:
    with ScriptedModel([Raw(body)], repeat_last=True) as server:
        assert "error:" in failed("models", "--ping", *at(server))


def test_ping_of_a_reasoning_model() -> None:
    said = complaint("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")

    def choosy(came: Any) -> Any:
        return said if "max_tokens" in came.body else "Yes."

    with ScriptedModel(choosy) as server:
        assert "yes" in done("models", "--ping", *at(server))


# -- prompt and log ------------------------------------------------------------------------------------------


def test_the_prompt_is_what_is_sent(server: ScriptedModel) -> None:
    for more in (("--no-facts",), ("--given", "Ann beat Sue.")):
        for said in (("Sue beat Ann. Mary crushed poor Tom.",), ("Tom beat Sue.", SAID)):
            shown = answered("prompt", "tugofwar", *more, *said, *at(server, "--samples", "1"))["prompts"]
            count = len(server.requests)
            plot("translate", "tugofwar", *more, *said, *at(server, "--no-cache", "--no-memory", "--samples", "1"))
            sent = server.requests[count].messages
            assert shown[-1]["utterance"] == SAID
            assert shown[-1]["messages"] == sent


def test_showing_a_prompt_sends_nothing(server: ScriptedModel) -> None:
    said = done("prompt", "tugofwar", SAID, *at(server))
    assert "[system]" in said and "<utterance>" in said and "nothing was sent" in said
    assert "nothing was sent" in done("prompt", "tugofwar", SAID), "no model is needed"
    failed("prompt", "tugofwar", SAID, "--given", "Ann squished Bob.", *at(server))
    result = plot("prompt", "tugofwar", "Ann squished Bob.", SAID, *at(server))
    assert result.exit_code == 0 and "only a model can read" in result.stderr
    assert server.requests == ()


def test_the_log(server: ScriptedModel) -> None:
    assert "no language model has been called" in done("log")
    done("translate", "tugofwar", "--no-facts", SAID, *at(server, "--no-memory"))
    done("translate", "tugofwar", "--no-facts", SAID, *at(server, "--no-memory"))
    calls = answered("log")["calls"]
    assert [call["source"] for call in calls] == ["cached"] * 3 + ["called"] * 3
    assert len(answered("log", "--last", "2")["calls"]) == 2
    assert "6 calls" in done("log") and "crushed" in done("log")
    assert "<utterance>" in done("log", "--show", "1") and "Mary won." in done("log", "--show", "1")
    assert answered("log", "--show", "1")["purpose"] == SAID
    assert "empty" in done("log", "--clear")
    assert "no language model has been called" in done("log")
    done("translate", "tugofwar", "--no-facts", SAID, *at(server, "--no-memory"))
    assert len(server.requests) == 6, "the cache was emptied too"


@pytest.mark.parametrize("number", ["99", "-1", "0", "9" * 30])
def test_a_call_that_there_is_not(number: str) -> None:
    assert "there is no call" in failed("log", "--show", number)


# -- memory --------------------------------------------------------------------------------------------------


def test_memory_from_the_command_line(server: ScriptedModel) -> None:
    assert "nothing is remembered" in done("memory")
    assert "confirmed" in done("memory", "tugofwar", SAID, "--no-facts", *at(server, "--samples", "1"))
    count = len(server.requests)
    (told,) = answered("translate", "tugofwar", "--no-facts", "Ann crushed poor Bob.", *at(server))["utterances"]
    assert told["readings"][0]["translator"] == "memory" and len(server.requests) == count
    (told,) = answered("translate", "tugofwar", "--no-facts", "Ann crushed poor Bob.")["utterances"]
    assert told["readings"][0]["code"].strip() == 'condition(won_against(["ann"], ["bob"], 1))', "no model is needed"
    assert "crushed" in failed("translate", "tugofwar", "--no-facts", "Ann crushed poor Bob.", "--no-memory")
    (kept,) = answered("memory")["meanings"]
    assert (kept["shape"], kept["uses"]) == ("{n1} crushed poor {n2}", 2)
    assert "{n1} crushed poor {n2}" in done("memory", "tugofwar") and "nothing" in done("memory", "kinship")
    done("log", "--clear")
    assert "crushed" in done("memory"), "what was confirmed stays"


def test_forgetting(server: ScriptedModel) -> None:
    for said in (SAID, "Mary walloped Tom."):
        done("memory", "tugofwar", said, "--no-facts", *at(server, "--samples", "1"))
    assert done("memory", "kinship", "--forget").startswith("0 ")
    assert done("memory", "tugofwar", "Ann crushed poor Bob.", "--forget") == "1 remembered translation forgotten\n"
    assert len(answered("memory")["meanings"]) == 1
    assert done("memory", "--forget").startswith("1 ")
    assert answered("memory")["meanings"] == []


def test_what_can_not_be_confirmed(server: ScriptedModel) -> None:
    for more in (("--given", "Mary beat Tom."), ()):
        said = failed("memory", "tugofwar", "He walloped Mary.", "--no-facts", *more, *at(server, "--samples", "1"))
        assert said.strip()
    assert answered("memory")["meanings"] == []


# -- eval ----------------------------------------------------------------------------------------------------

DATA = [
    {"say": SAID, "code": CODE},
    {
        "say": "Mary is mightier than Tom.",
        "code": 'condition(strength("mary") > strength("tom"))',
        "given": ["Ann beat Tom."],
    },
    {"say": "How mighty is Mary?", "code": 'query(strength("mary"))'},
]


def speaking(came: Any) -> Any:
    said = came.messages[1]["content"].partition("<utterance>\n")[2].partition("\n")[0]
    known = {one["say"]: one["code"] for one in DATA[:2]}
    if said in known:
        return reply(known[said])
    return reply('query(strength("tom"))', act="question") if "Mary?" in said else reply("x = 1")


def test_eval_of_a_file() -> None:
    Path("data.jsonl").write_text("\n\n".join(json.dumps(one) for one in DATA) + "\n")
    with ScriptedModel(speaking) as server:
        use = ("eval", "tugofwar", "--data", "data.jsonl", *at(server, "--samples", "1"))
        found = answered(*use)
        assert [case["right"] for case in found["cases"]][:2] == [True, True] and not found["cases"][2]["right"]
        acts = {one["act"]: (one["cases"], one["right"]) for one in found["summary"]}
        assert acts == {"observation": (2, 1.0), "question": (1, 0.0), "all": (3, pytest.approx(2 / 3))}
        assert found["summary"][-1]["usage"]["calls"] == 3 + 2 and found["summary"][-1]["repaired"] == 0
        rows = {(one["kind"], one["name"]): one for one in found["reliability"]}
        assert (rows["act", "observation"]["right"], rows["act", "observation"]["high"]) == (2, 1.0)
        (world,) = (one for (kind, _), one in rows.items() if kind == "world")
        assert 0 < world["low"] < 2 / 3 < world["high"] < 1
        assert "right in 66.7% of 3, below 95.0%" in failed(*use, "--fail-under", ".95")
        assert "95% interval" in done(*use, "--fail-under", ".6")
        assert "observation" in done(*use) and "grammar" in done(*use, "--translator", "grammar")
        both = answered(*use, "--translator", "grammar", "--translator", "scripted")
        assert {case["translator"] for case in both["cases"]} == {"grammar", "scripted"}
        refused = [case for case in both["cases"] if case["translator"] == "grammar"]
        assert all(case["failure"] for case in refused[:1])


KETTLE = """
name: kettle
description: A kettle that whistles when it boils, most of the time.
model: |
  boils = flip(0.4)
  whistles = flip(0.9) if boils else flip(0.02)
examples:
  - {say: It hums along., code: condition(whistles)}
  - {say: It bubbles., code: condition(boils)}
  - {say: Is it hot?, code: query(boils)}
"""


def test_eval_holds_out_each_example() -> None:
    Path("kettle.yaml").write_text(KETTLE)
    codes = {one.say: one.code for one in World.load("kettle.yaml").examples}

    def honest(came: Any) -> Any:
        user = came.messages[1]["content"]
        said = user.partition("<utterance>\n")[2].partition("\n")[0]
        assert f"Utterance: {said}\n" not in user and user.count("Utterance: ") == 2
        return reply(codes[said], "question" if "?" in said else "observation")

    with ScriptedModel(honest) as server:
        found = answered("eval", "kettle.yaml", *at(server, "--samples", "1", "--repairs", "0"))
        assert [case["right"] for case in found["cases"]] == [True] * 3
        assert len(chats(server)) == 3


def test_eval_of_a_model_that_can_not_be_asked(server: ScriptedModel) -> None:
    Path("data.jsonl").write_text("".join(json.dumps(one) + "\n" for one in DATA))
    use = ("eval", "tugofwar", "--data", "data.jsonl")
    assert "--max-calls" in failed(*use, *at(server, "--samples", "1", "--max-calls", "1"))
    assert "can't be reached" in failed(*use, *at(NOWHERE))


def test_a_missing_key_is_no_wrong_reply(server: ScriptedModel) -> None:
    said = failed("translate", "tugofwar", "--no-facts", SAID, *at(server, "--api-key-env", "A_KEY"))
    assert "A_KEY is not set" in said and "export A_KEY" in said and "wrong" not in said


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        "3",
        "null",
        "{}",
        '{"say": "a"}',
        '{"say": 3, "code": "query(1)"}',
        '{"say": " ", "code": "query(1)"}',
        '{"say": "a", "code": "query("}',
        '{"say": "a", "code": "query(1)", "given": "b"}',
        '{"say": "a", "code": "query(1)", "given": null}',
        '{"say": "a", "code": "query(1)", "given": [3]}',
        "[" * 100_000,
    ],
)
def test_data_that_is_none(line: str) -> None:
    Path("data.jsonl").write_text('{"say": "a\u2028b", "code": "query(1)"}\n' + line + "\n")
    assert "data.jsonl, line 2" in failed("eval", "tugofwar", "--data", "data.jsonl")


# -- bad inputs ----------------------------------------------------------------------------------------------

BAD = [
    (("translate", "tugofwar", SAID, "--model", ""), 1),
    (("translate", "tugofwar", SAID, "--model", "a="), 1),
    (("translate", "tugofwar", SAID, "--model", "m", "--base-url", "nowhere"), 1),
    (("translate", "tugofwar", SAID, "--model", "m"), 1),
    (("translate", "tugofwar", SAID, "--model", "m", "--samples", "0"), 1),
    (("translate", "tugofwar", SAID, "--model", "m", "--samples", "x"), 2),
    (("translate", "tugofwar", SAID, "--model", "m", "--temperature", "nan"), 1),
    (("translate", "tugofwar", SAID, "--model", "m", "--max-calls", "-1"), 2),
    (("translate", "tugofwar", SAID, "--model", "m", "--api-key-env", "sk-proj-AbCdEf0123456789"), 2),
    (("translate", "tugofwar", SAID, "--model", "m", "--base-url", NOWHERE, "--prompts", "missing"), 1),
    (("translate", "tugofwar", "\udcff is strong.", "--model", "m", "--base-url", NOWHERE), 1),
    (("models", "--model", "a=x", "--model", "a=y"), 1),
    (("prompt", "nowhere", SAID), 1),
    (("prompt", "tugofwar"), 2),
    (("prompt", "tugofwar", " "), 1),
    (("prompt", "tugofwar", SAID, "--prompts", "missing"), 1),
    (("log", "--last", "0"), 2),
    (("log", "--show", "x"), 2),
    (("memory", "nowhere"), 1),
    (("memory", "nowhere", "--forget"), 1),
    (("memory", "tugofwar", "Gibberish of no kind."), 1),
    (("eval", "nowhere"), 1),
    (("eval", "tugofwar", "--data", "missing.jsonl"), 1),
    (("eval", "tugofwar", "--translator", "missing"), 1),
]


@pytest.mark.parametrize(
    ("args", "code"), BAD, ids=[" ".join(args)[:60].encode("ascii", "replace").decode() for args, _ in BAD]
)
def test_bad_inputs(args: tuple[str, ...], code: int) -> None:
    said = failed(*args, code=code)
    assert "AbCdEf" not in said


def test_empty_data_and_huge_numbers() -> None:
    Path("data.jsonl").write_text("\n")
    assert "holds no utterances" in failed("eval", "tugofwar", "--data", "data.jsonl")
    assert "no language model has been called" in done("log", "--last", "9" * 30)


def test_help_is_light() -> None:
    code = "import sys, plot.cli.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=SOON)
    heavy = {"openai", "jinja2", "sklearn", "torch", "tenacity", "numpy", "pydantic", "sqlite3", "yaml"}
    assert not set(done.stdout.decode().split()) & heavy
