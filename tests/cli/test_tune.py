"""`plot tune` and `--ensemble`: what is learned from a world's examples weighs the next utterance."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plot.cli import main
from plot.testing import ReceivedRequest, ScriptedModel
from plot.world import WorldSpec

WORLD = WorldSpec.load("tugofwar")
TOM_WON, TOM_LOST = 'condition(won_against(["tom"], ["john"], 1))', 'condition(won_against(["john"], ["tom"], 1))'
NEW = "Tom wiped the floor with John."


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PLOT_CACHE_DIR", "PLOT_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "PLOT_MODEL"):
        monkeypatch.delenv(variable, raising=False)


def said(request: ReceivedRequest) -> str:
    text = request.messages[1]["content"]
    found = re.search(r"<utterance>\n(.*)\n</utterance>", text)
    assert found is not None
    return found.group(1)


def reply(request: ReceivedRequest) -> str:
    """`good` knows the examples by heart; `bad` knows every third, and else takes the losers for the winners."""
    utterance = said(request)
    for number, example in enumerate(WORLD.examples):
        if example.say == utterance:
            knows = request.model == "good" or number % 3 == 0
            return json.dumps({"code": example.code if knows else swapped(example.code)})
    return json.dumps({"code": TOM_WON if request.model == "good" else TOM_LOST})


def swapped(code: str) -> str:
    return code.replace(">", "§").replace("<", ">").replace("§", "<")


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with ScriptedModel(reply, models=("good", "bad")) as server:
        yield server


def plot(server: ScriptedModel, *args: str) -> Result:
    models = ["--model", "good", "--model", "bad", "--base-url", server.base_url, "--samples", "1", "--repairs", "0"]
    return CliRunner().invoke(main, [*args, *models, "--no-memory", "--max-calls", "500"])


def weight(result: Result) -> float:
    readings = json.loads(result.stdout)["utterances"][0]["readings"]
    return sum(one["weight"] for one in readings if one["code"].strip() == TOM_WON)


@pytest.mark.slow
@pytest.mark.parametrize("ensemble", ["weighted", pytest.param("stacking", marks=pytest.mark.full)])
def test_what_is_learnt_weighs_the_next_utterance(ensemble: str, server: ScriptedModel) -> None:
    ask = ("translate", "tugofwar", NEW, "--no-facts", "--json", "--ensemble", ensemble)
    before = weight(plot(server, *ask))
    assert before == pytest.approx(0.5, abs=0.01), "nothing is known of the two"
    tuned = plot(server, "tune", "tugofwar", "--ensemble", ensemble, "--json")
    assert tuned.exit_code == 0, tuned.output
    found = json.loads(tuned.stdout.splitlines()[-1])
    assert found["gain"]["after"]["score"] > found["gain"]["before"]["score"]
    assert found["gain"]["utterances"] > 20
    after = weight(plot(server, *ask))
    assert after > 0.7
    shown = [text for request in server.requests for text in [request.messages[1]["content"]]]
    assert all(f"Utterance: {said(one)}\n" not in text for one, text in zip(server.requests, shown, strict=True))
    assert plot(server, "tune", "tugofwar", "--ensemble", ensemble, "--forget").exit_code == 0
    assert weight(plot(server, *ask)) == pytest.approx(0.5, abs=0.01)


def test_mistakes_are_told(server: ScriptedModel) -> None:
    unknown = plot(server, "translate", "tugofwar", NEW, "--ensemble", "stackin")
    assert unknown.exit_code == 1
    assert "did you mean 'stacking'?" in unknown.output
    alone = CliRunner().invoke(main, ["tune", "tugofwar"])
    assert alone.exit_code == 1
    assert "no language model is configured" in alone.output


def test_the_vote_is_by_meaning(server: ScriptedModel) -> None:
    found = plot(server, "translate", "tugofwar", NEW, "--no-facts", "--json", "--ensemble", "vote")
    assert found.exit_code == 0, found.output
    assert weight(found) == 0.5


def test_only_so_many_are_asked(server: ScriptedModel) -> None:
    found = plot(server, "translate", "tugofwar", NEW, "--no-facts", "--top", "1")
    assert found.exit_code == 0, found.output
    assert len(server.requests) == 1
    assert "asked: good 1 (evenness 0.00)" in found.stderr
