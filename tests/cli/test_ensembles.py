"""Every ensemble by its name on the command line, over real HTTP: who is asked when, and what comes of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plot.cli import main
from plot.testing import ReceivedRequest, ScriptedModel
from plot.world import WorldSpec

WORLD = WorldSpec.load("tugofwar")
TOM_WON, TOM_LOST = 'condition(won_against(["tom"], ["john"], 1))', 'condition(won_against(["john"], ["tom"], 1))'
STRONGER = 'condition(strength("tom") > strength("john"))'
NEW, READ = "Tom wiped the floor with John.", "Tom beat John."
SHOWN, JUDGED = "Several translators have read", "Two translations of one utterance"


class Models:
    """What models say: by name, a code or several in turn; a judge prefers what says that Tom won."""

    def __init__(self, **says: str | list[str]) -> None:
        self.says = {name: [code] if isinstance(code, str) else code for name, code in says.items()}
        self.fused = TOM_WON
        self.asked: Counter[str] = Counter()
        self.seen: list[str] = []

    def __call__(self, request: ReceivedRequest) -> str:
        text = request.last_text
        self.seen.append(text)
        kind = "judge" if JUDGED in text else "shown" if SHOWN in text else "asked"
        number = self.asked[f"{request.model} {kind}"]
        self.asked[f"{request.model} {kind}"] += 1
        if kind == "judge":
            first, _, _ = text.partition("second:")
            tom = '["tom"], ["john"]' in first
            return json.dumps({"weights": {"first": 0.9 if tom else 0.3, "second": 0.1 if tom else 0.7}, "reason": ""})
        if kind == "shown":
            return json.dumps({"code": self.fused})
        example = next(
            (one for one in WORLD.examples if f"<utterance>\n{one.say}\n" in request.messages[1]["content"]), None
        )
        says = self.says[request.model]
        if example is not None:
            return json.dumps({"code": example.code if says[0] == TOM_WON else re.sub("[<>]", _turned, example.code)})
        return json.dumps({"code": says[number % len(says)]})


def _turned(match: re.Match[str]) -> str:
    return "<" if match.group() == ">" else ">"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PLOT_CACHE_DIR", "PLOT_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "PLOT_MODEL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def models() -> Models:
    return Models(a=TOM_WON, b=TOM_LOST, c=TOM_WON, judge=TOM_WON)


@pytest.fixture
def server(models: Models) -> Iterator[ScriptedModel]:
    with ScriptedModel(models, models=("a", "b", "c", "judge")) as server:
        yield server


def configure(server: ScriptedModel, prices: dict[str, float | None], samples: int = 1) -> None:
    lines = ["translators:"]
    for name, price in prices.items():
        lines += [
            f"  - name: {name}",
            f"    model: {name}",
            f"    base_url: {server.base_url}",
            f"    samples: {samples}",
        ]
        lines += [f"    price: {{input: {price}, output: {price}}}"] if price is not None else []
    Path("plot.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def plot(*args: str) -> Result:
    return CliRunner().invoke(main, [*args, "--no-memory", "--repairs", "0"])


def read(*args: str, say: str = NEW) -> dict[str, float]:
    """Return the readings of an utterance with their weights."""
    found = plot("translate", "tugofwar", say, "--no-facts", "--json", *args)
    assert found.exit_code == 0, found.output
    (told,) = json.loads(found.stdout)["utterances"]
    return {one["code"].strip(): round(one["weight"], 3) for one in told["readings"]}


# -- what is remembered ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("other", "remembered"), [(TOM_LOST, False), (STRONGER, False), (TOM_WON, True)])
def test_what_models_disagree_on_is_not_remembered(
    models: Models, server: ScriptedModel, other: str, remembered: bool
) -> None:
    models.says["b"] = [other]
    configure(server, {"a": None, "b": None}, samples=2)
    for _ in range(2):
        found = CliRunner().invoke(main, ["translate", "tugofwar", NEW, "--no-facts", "--repairs", "0", "--json"])
        assert found.exit_code == 0, found.output
        (told,) = json.loads(found.stdout)["utterances"]
        assert (len(told["readings"]) == 1) == remembered
    assert models.asked == {"a asked": 2, "b asked": 2}
    say = "Ann wiped the floor with Sue."
    again = CliRunner().invoke(main, ["translate", "tugofwar", say, "--no-facts", "--repairs", "0", "--json"])
    assert (again.exit_code == 0) == remembered, "without a memory, what these models say of Tom is no translation"
    assert models.asked["a asked"] == (2 if remembered else 4)


# -- the cascade -------------------------------------------------------------------------------------------


def test_where_prices_differ_the_dear_model_is_asked_only_if_the_cheap_one_is_unsure(
    models: Models, server: ScriptedModel
) -> None:
    configure(server, {"b": 10.0, "a": 0.1}, samples=2)  # the expensive one stands first
    assert read() == {TOM_WON: 1.0}
    assert models.asked == {"a asked": 2}
    models.says["a"] = [TOM_WON, TOM_LOST]
    found = read("--no-cache")
    assert models.asked == {"a asked": 4, "b asked": 2}
    assert max(found, key=found.__getitem__) == TOM_LOST


def test_without_prices_a_cascade_goes_in_the_order_given(models: Models, server: ScriptedModel) -> None:
    configure(server, {"b": None, "a": None})
    assert read("--ensemble", "cascade") == {TOM_LOST: 1.0}
    assert models.asked == {"b asked": 1}
    models.asked.clear()
    assert read("--no-cache") == {TOM_WON: 0.5, TOM_LOST: 0.5}, "all are asked where none is named and no price known"
    assert models.asked == {"a asked": 1, "b asked": 1}


def test_what_the_grammar_reads_costs_nothing(models: Models, server: ScriptedModel) -> None:
    configure(server, {"a": 0.1, "b": 10.0})
    assert len(read(say=READ)) == 1
    assert not models.asked
    read("--no-grammar", say=READ)
    assert models.asked == {"a asked": 1}


def test_a_grammar_that_was_measured_to_be_wrong_is_not_final(models: Models, server: ScriptedModel) -> None:
    """In these utterances 'beat' is said of who is stronger: the grammar is wrong, and the model right."""
    configure(server, {"c": 1.0})
    names = ["Tom", "John", "Ann", "Bob", "Sue", "Mary"]
    pairs = [(one, two) for one in names for two in names if one != two][:24]
    rows = [
        {"say": f"{one} beat {two}.", "code": f"condition(strength('{one.lower()}') > strength('{two.lower()}'))"}
        for one, two in pairs
    ]
    Path("data.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    meant = {row["say"]: row["code"] for row in rows}
    server._speaker = lambda request: json.dumps({"code": meant[said(request)]})
    assert len(read(say=READ)) == 1
    tuned = plot("tune", "tugofwar", "--data", "data.jsonl", "--json", "--seed", "1")
    assert tuned.exit_code == 0, tuned.output
    learned = json.loads(tuned.stdout.splitlines()[-1])
    assert learned["learned"]["reliable"]["reliability"][""]["grammar"] < 0.4
    assert learned["gain"]["all_after"]["right"] > learned["gain"]["all_before"]["right"] == 0.0
    found = read(say=READ)
    assert max(found, key=found.__getitem__) == STRONGER
    assert plot("tune", "tugofwar", "--forget").exit_code == 0
    assert STRONGER not in read(say=READ)
    assert plot("tune", "tugofwar", "--ensemble", "fusion", "--forget").exit_code == 0, "that needs no judge"


def said(request: ReceivedRequest) -> str:
    text: str = request.messages[1]["content"]
    return text.rpartition("<utterance>\n")[2].partition("\n</utterance>")[0]


def test_a_budget_that_ends_leaves_what_the_cheap_model_said_and_is_told(models: Models, server: ScriptedModel) -> None:
    configure(server, {"a": 0.1, "b": 10.0}, samples=2)
    models.says["a"] = [TOM_WON, TOM_LOST]
    found = plot("translate", "tugofwar", NEW, "--no-facts", "--json", "--max-calls", "2")
    assert found.exit_code == 0, found.output
    assert models.asked == {"a asked": 2}
    assert "note: this command may spend 2 calls" in found.stderr
    assert len(json.loads(found.stdout.splitlines()[-1])["utterances"][0]["readings"]) == 2


@pytest.mark.full
def test_a_threshold_is_fitted_to_what_an_utterance_may_cost(models: Models, server: ScriptedModel) -> None:
    """`b` is wrong in the examples, `a` right.

    The expensive one is worth its price, unless there is no money for it.
    """
    configure(server, {"b": 0.1, "a": 10.0})
    found = {}
    for spend in ((), ("--spend", "0.001")):
        tuned = plot("tune", "tugofwar", "--json", "--max-calls", "500", *spend)
        assert tuned.exit_code == 0, tuned.output
        found[spend] = json.loads(tuned.stdout.splitlines()[-1])
    free, bound = found.values()
    assert free["gain"]["after"]["cost"] > 0.02 > 0.005 > bound["gain"]["after"]["cost"]
    assert free["gain"]["after"]["right"] > bound["gain"]["after"]["right"] + 0.3
    assert free["learned"]["thresholds"]["b"] > bound["learned"]["thresholds"]["b"]
    assert models.asked["a asked"] == models.asked["b asked"], "the second time, all is cached"


# -- those that need a judge -------------------------------------------------------------------------------


def test_a_judge_breaks_a_tie_in_both_orders(models: Models, server: ScriptedModel) -> None:
    configure(server, {"a": None, "b": None, "judge": None})
    assert read("--ensemble", "ranking") == {TOM_WON: 1.0}, "two of three, without a judge"
    models.asked.clear()
    assert read("--ensemble", "ranking", "--judge", "judge") == {TOM_WON: 0.8, TOM_LOST: 0.2}
    assert models.asked == {"judge judge": 2}, "the replies of the others are cached, and a judge does not translate"
    assert "won_against" in models.seen[-1]
    assert "True in 5" in models.seen[-1] or "True in 4" in models.seen[-1]


def test_a_judge_whose_reply_is_none_decides_nothing(models: Models, server: ScriptedModel) -> None:
    configure(server, {"a": None, "b": None, "judge": None})
    server._speaker = lambda request: "I like both." if JUDGED in request.last_text else models(request)
    assert read("--ensemble", "ranking", "--judge", "judge") == {TOM_WON: 0.5, TOM_LOST: 0.5}


def test_a_fused_program_is_kept_if_it_beats_what_it_was_made_of(models: Models, server: ScriptedModel) -> None:
    configure(server, {"a": None, "b": None, "c": None, "judge": None})
    models.says["b"] = [f"{TOM_WON}\n{STRONGER}"]
    assert read("--ensemble", "fusion", "--judge", "judge") == {TOM_WON: 1.0}
    assert models.asked["judge shown"] == 1
    models.fused = TOM_LOST
    found = read("--ensemble", "fusion", "--judge", "judge", "--no-cache")
    assert TOM_LOST not in found


def test_the_second_layer_sees_the_first(models: Models, server: ScriptedModel) -> None:
    configure(server, {"a": None, "b": None, "judge": None})
    models.fused = TOM_LOST
    assert read("--ensemble", "layers", "--judge", "judge") == {TOM_LOST: 1.0}
    assert models.asked == {"a asked": 1, "b asked": 1, "judge shown": 1}
    models.asked.clear()
    assert read("--ensemble", "layers", "--model", "a", "--model", "b", "--no-cache") == {TOM_LOST: 1.0}
    assert models.asked == {"a asked": 1, "b asked": 1, "a shown": 1, "b shown": 1}


# -- the bandit, and mistakes ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.full
def test_a_bandit_asks_one_and_learns_which(models: Models, server: ScriptedModel) -> None:
    configure(server, {"a": None, "b": None})
    read("--ensemble", "bandit")
    assert models.asked.total() == 1
    tuned = plot("tune", "tugofwar", "--ensemble", "bandit", "--max-calls", "500", "--json")
    assert tuned.exit_code == 0, tuned.output
    models.asked.clear()
    for number in range(8):
        read("--ensemble", "bandit", say=f"Tom wiped the floor with John, {number} times over.")
    assert models.asked["a asked"] > 6
    assert plot("tune", "tugofwar", "--ensemble", "bandit", "--forget").exit_code == 0


@pytest.mark.parametrize("ensemble", ["weighted", "cascade", "layers"])
def test_an_ensemble_is_evaluated_by_its_name(ensemble: str, models: Models, server: ScriptedModel) -> None:
    configure(server, {"a": 0.1, "b": 10.0})
    Path("data.jsonl").write_text(json.dumps({"say": NEW, "code": TOM_WON}), encoding="utf-8")
    models.fused = TOM_WON
    found = plot("eval", "tugofwar", "--ensemble", ensemble, "--data", "data.jsonl", "--json")
    assert found.exit_code == 0, found.output
    (case,) = json.loads(found.stdout)["cases"]
    assert case["translator"] == ensemble
    assert case["weight_right"] == pytest.approx({"weighted": 0.5, "cascade": 1.0, "layers": 1.0}[ensemble])
    assert case["usage"]["calls"] == {"weighted": 2, "cascade": 1, "layers": 4}[ensemble]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--ensemble", "cascad"), "did you mean 'cascade'?"),
        (("--ensemble", "nothing-like-it"), "there are vote, weighted,"),
        (("--ensemble", "fusion"), "name it: --judge MODEL"),
        (("--ensemble", "weighted", "--judge", "judge"), "--judge is for ranking, layers, fusion"),
        (("--judge", "judge"), "--judge is for ranking, layers, fusion"),
    ],
)
def test_mistakes_are_told(args: tuple[str, ...], told: str, server: ScriptedModel) -> None:
    configure(server, {"a": None, "b": None, "judge": None})
    found = plot("translate", "tugofwar", NEW, *args)
    assert found.exit_code == 1
    assert told in found.output
    assert "Traceback" not in found.output
