"""`plot route`, and the commands that find the world from what is said."""

from __future__ import annotations

import functools
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from plot.cli import main
from plot.cli.shared import chosen_world, finding
from plot.routing import Routing
from plot.testing import ScriptedModel
from plot.world import builtin_worlds
from plot.worldfile.places import builtin_folder

WORLDS = str(builtin_folder())
LOADED = chosen_world.all_worlds
BUILT_IN = functools.cache(lambda: LOADED(None))
QUICK = ("--no-facts", "--precision", "0.05")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def folders(own_folders: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What was learned is kept for all tests of this file, and the built-in worlds are loaded once."""
    monkeypatch.setenv("PLOT_CACHE_DIR", str(cache))
    monkeypatch.setattr(chosen_world, "all_worlds", lambda folder: BUILT_IN() if folder is None else LOADED(folder))
    return own_folders


def plot(*args: str, stdin: str | None = None, code: int = 0) -> Result:
    result = CliRunner().invoke(main, list(args), input=stdin, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def data(*args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plot(*args, "--json").stdout)
    return found


# -- plot route ----------------------------------------------------------------------------------------------


def test_route_shows_probabilities_and_reasons() -> None:
    said = plot("route", "Which mugs are red?").stdout
    assert said.startswith("world: tabletop (9")
    assert "words typical of tabletop: mugs +" in said


def test_route_abstains() -> None:
    said = plot("route", "What is the capital of France?").stdout
    assert said.startswith("no world: this seems to be about none of them; the nearest are ")


def test_route_in_json() -> None:
    found = data("route", "Mary outskied Tom.", "Kay beat Ness.")
    assert found["router"] == "learned" and not found["abstains"]
    assert next(iter(found["scores"])) == "olympics"
    assert set(found["scores"]) == set(builtin_worlds())
    assert sum(found["scores"].values()) == pytest.approx(1)
    assert {"kind", "text", "world", "amount"} == set(found["reasons"][0])
    assert len(found["nearest"]) == 3


@pytest.mark.parametrize("router", ["neighbours", "hash", "random"])
def test_other_routers(router: str) -> None:
    said = plot("route", "Which of the mugs are red?", "--router", router).stdout
    assert said.startswith("world: ")
    assert ("like “" in said) == (router == "neighbours")


def test_a_model_routes() -> None:
    with ScriptedModel(['{"weights": {"clinic": 0.9, "lunch": 0.1}, "reason": "it is about fever"}']) as server:
        args = ("--router", "asked", "--model", "scripted", "--base-url", server.base_url)
        said = plot("route", "Rosa is burning up.", *args).stdout
    assert said.startswith("world: clinic (90%)")
    assert "the model says: it is about fever" in said


def test_a_model_must_be_configured() -> None:
    assert "no language model is configured" in plot("route", "Hi.", "--router", "asked", code=1).stderr


def test_a_folder_of_other_worlds(tmp_path: Path) -> None:
    for name in ("clinic", "lunch"):
        shutil.copy(Path(WORLDS) / f"{name}.yaml", tmp_path)
    assert set(data("route", "Ann has a fever.", "--worlds", str(tmp_path))["scores"]) == {"clinic", "lunch"}
    (tmp_path / "broken.yaml").write_text("name: [")
    result = plot("route", "Ann has a fever.", "--worlds", str(tmp_path))
    assert "broken.yaml' was skipped" in result.stderr
    assert result.stdout.startswith("world: clinic")


def test_a_folder_without_worlds(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert "is not a folder of worlds" in plot("route", "Hi.", "--worlds", str(folder), code=1).stderr
    (tmp_path / "broken.yaml").write_text("name: [")
    assert "not YAML" in plot("route", "Hi.", "--worlds", str(tmp_path), code=1).stderr


# -- ask, without a world ------------------------------------------------------------------------------------


def test_a_question_alone_finds_its_world() -> None:
    said = plot("ask", "Is there a mug?", *QUICK).stdout
    assert said.startswith("world: tabletop (")
    assert "Probably yes" in said


def test_what_is_given_tells_too() -> None:
    question = "Is Mary stronger than Tom?"
    for given, world in (("Mary slacks off.", "tugofwar"), ("Mary outskied Tom.", "olympics")):
        found = data("ask", question, "--given", given, *QUICK)
        assert found["world"]["name"] == world
        assert found["question"] == question
        assert sum(found["world"]["others"].values()) + found["world"]["probability"] == pytest.approx(1)


def test_a_file_of_facts_tells_too(tmp_path: Path) -> None:
    (tmp_path / "facts.txt").write_text("# a comment\nMary slacks off.\n")
    found = data("ask", "Is Mary strong?", "--facts-file", str(tmp_path / "facts.txt"), *QUICK)
    assert found["world"]["name"] == "tugofwar"


def test_a_folder_of_worlds() -> None:
    said = plot("ask", WORLDS, "Is there a mug?", "Is there a can?", *QUICK).stdout
    assert said.startswith("world: tabletop (")
    assert said.count("world: ") == 1


def test_quiet_is_quiet() -> None:
    assert plot("ask", "Is there a mug?", "--quiet", *QUICK).stdout.startswith("Probably")


def test_questions_from_the_standard_input() -> None:
    assert plot("ask", "-", *QUICK, stdin="Is there a mug?\n").stdout.startswith("world: tabletop")


def test_two_plausible_worlds_are_told() -> None:
    said = plot("ask", "Tom is stronger than John?", "--given", "Tom beat John.", *QUICK).stdout.splitlines()[0]
    assert "is also plausible" in said
    assert "tugofwar" in said and "olympics" in said


def test_it_abstains_with_the_nearest() -> None:
    said = plot("ask", "What is the capital of France?", code=1)
    assert "about none of the worlds" in said.stderr
    assert "name the world before the question; the nearest are " in said.stderr
    assert said.stdout == ""


@pytest.mark.parametrize("said", ["", "  ", "?!"])
def test_nothing_was_said(said: str) -> None:
    for args in (("ask", said), ("ask", WORLDS, said), ("translate", said), ("route", said)):
        assert "the utterance is empty" in plot(*args, code=1).stderr


def test_what_can_not_be_read_tells_which_world_it_was_taken_for() -> None:
    said = plot("ask", "How many red mugs of the bowls the table?", code=1).stderr
    assert "this was taken to be about 'tabletop'" in said


def test_another_plausible_world_that_can_read_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A teams' match between two is tug-of-war or a race; only olympics has a verb for the latter."""
    monkeypatch.setattr("plot.cli.shared.finding.Learned.of", lambda worlds: Fixed(0.97))
    said = plot("ask", "Would Kay outpaddle Lane?", "--given", "Kay beat Lane by a lot.", code=1).stderr
    assert "taken to be about 'tugofwar' (62%); the grammar of 'olympics' (38%) can read it" in said
    assert "put that world's name before the question: olympics" in said
    monkeypatch.setattr("plot.cli.shared.finding.Learned.of", lambda worlds: Fixed(0.6))
    said = plot("ask", "Would Kay outfly Lane?", code=1).stderr
    assert "the grammar of 'olympics', which is also plausible, can't read it either" in said


def test_a_world_whose_grammar_reads_it_is_likelier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plot.cli.shared.finding.Learned.of", lambda worlds: Fixed(0.6))
    told = ("--given", "Kay beat Lane by a lot.", *QUICK)
    found = data("ask", "Would Kay outpaddle Lane?", *told)["world"]
    assert found["name"] == "olympics"
    odds = found["probability"] / found["others"]["tugofwar"]
    assert odds == pytest.approx(math.exp(finding.READABLE) * 0.4 / 0.6)
    both = data("ask", "Is Kay strong?", *QUICK)["world"]  # both read it, so that it says nothing
    assert both["name"] == "tugofwar" and both["probability"] == pytest.approx(0.6)


def test_what_a_grammar_reads_is_about_its_world() -> None:
    """Though no word of it tells the router anything."""
    routing = Routing("learned", {"lunch": 0.4, "clinic": 0.3, "kinship": 0.3}, abstains=True)
    found = finding.with_grammars(routing, BUILT_IN(), ["Where is Bob going?"])
    assert found.best == "lunch" and not found.abstains
    assert finding.with_grammars(routing, BUILT_IN(), ["Where is the opera?"]).abstains


def test_a_grammar_that_reads_anything_tells_nothing() -> None:
    routing = Routing("learned", {"tabletop": 0.5, "bayesnet": 0.5}, abstains=True)
    assert finding.reads(BUILT_IN()["bayesnet"], ["The probability of a saucer is 30%."])
    assert finding.with_grammars(routing, BUILT_IN(), ["The probability of a saucer is 30%."]) == routing
    assert finding.with_grammars(routing, BUILT_IN(), ["Is there a mug?"]).best == "tabletop"


def test_what_no_grammar_reads_stays_as_the_router_said(monkeypatch: pytest.MonkeyPatch) -> None:
    routing = Fixed(0.6).route([])
    assert finding.with_grammars(routing, BUILT_IN(), ["Colourless green ideas sleep furiously."]) == routing


def test_route_weighs_what_grammars_read() -> None:
    said = plot("route", "Kay beat Lane by a lot.").stdout
    assert said.startswith("world: olympics (9")
    assert "olympics: its grammar understands all of it +3.0" in said


class Fixed:
    """A router that always says the same."""

    def __init__(self, share: float) -> None:
        self.share = share

    def route(self, utterances: list[str]) -> Routing:
        return Routing("fixed", {"tugofwar": self.share, "olympics": 1 - self.share})


# -- a language model where the learned router abstains --------------------------------------------------------

FOREIGN = "Rosa's thermometer shows thirty-nine."
FEVER = json.dumps({"act": "question", "readings": [{"code": "query(fever('rosa'))", "weight": 1.0}]})


def abstaining(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Routing("learned", {"lunch": 0.6, "clinic": 0.4}, abstains=True, nearest=("lunch", "clinic"), inside=0.1)
    monkeypatch.setattr(
        "plot.cli.shared.finding.Learned.of", lambda worlds: type("Silent", (), {"route": lambda *_: nothing})
    )


def test_where_it_abstains_a_model_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    abstaining(monkeypatch)
    with ScriptedModel(['{"weights": {"clinic": 0.9, "lunch": 0.1}, "reason": "a fever"}', FEVER]) as server:
        args = ("--model", "scripted", "--base-url", server.base_url, "--samples", "1", *QUICK)
        result = plot("ask", FOREIGN, *args)
        assert result.stdout.startswith("world: clinic (90%, says the language model)")
        assert FOREIGN in json.dumps(server.requests[0].body)
        assert len(server.requests) == 2
        assert result.stderr.count("language models:") == 1


def test_which_router_it_was_is_in_the_json(monkeypatch: pytest.MonkeyPatch) -> None:
    assert data("ask", "Is there a mug?", *QUICK)["world"]["router"] == "learned"
    abstaining(monkeypatch)
    with ScriptedModel(['{"weights": {"clinic": 1}, "reason": ""}', FEVER]) as server:
        args = ("--model", "scripted", "--base-url", server.base_url, "--samples", "1")
        found = data("ask", FOREIGN, *args, *QUICK)["world"]
    assert found["router"] == "asked" and found["name"] == "clinic"


def test_where_the_model_names_no_world_either(monkeypatch: pytest.MonkeyPatch) -> None:
    abstaining(monkeypatch)
    with ScriptedModel(['{"weights": {"clinic": 0}, "reason": "it is about France"}']) as server:
        said = plot("ask", "Hm.", "--model", "scripted", "--base-url", server.base_url, code=1).stderr
    assert "to the language model too; its reason: it is about France" in said
    assert "the nearest are lunch, clinic" in said


def test_where_the_learned_router_is_sure_no_model_is_asked() -> None:
    with ScriptedModel([]) as server:
        args = ("--model", "scripted", "--base-url", server.base_url)
        assert data("ask", "Is there a mug?", *args, *QUICK)["world"]["name"] == "tabletop"
        assert not server.requests


# -- translate -----------------------------------------------------------------------------------------------


def test_translate_finds_its_world() -> None:
    assert plot("translate", "There is a red mug.").stdout.startswith("world: tabletop (")
    found = data("translate", WORLDS, "There is a red mug.")
    assert found["world"]["name"] == "tabletop"
    assert found["utterances"][0]["say"] == "There is a red mug."


# -- named worlds stay as they were --------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["ask", "translate"])
def test_a_world_without_a_question_lacks_it(command: str) -> None:
    for world in ("tugofwar", WORLDS, f"{WORLDS}/tugofwar.yaml"):
        said = plot(command, world, code=2).stderr
        assert "Missing argument '" in said
    assert "Missing argument 'WORLD'" in plot(command, code=2).stderr


@pytest.mark.parametrize("command", ["ask", "translate"])
def test_a_mistyped_world_is_told(command: str) -> None:
    for args in (("tugofwr", "Who is stronger?"), ("tugofwr",)):
        said = plot(command, *args, code=1).stderr
        assert "there is no world 'tugofwr'" in said and "did you mean 'tugofwar'?" in said


def test_a_folder_without_worlds_is_no_world(tmp_path: Path) -> None:
    assert "is a folder, not a world" in plot("ask", str(tmp_path), "Who is stronger?", code=1).stderr


def test_a_named_world_is_not_told() -> None:
    assert "world" not in data("ask", "tugofwar", "Is Mary stronger than Tom?", *QUICK)
    assert "world:" not in plot("ask", "tugofwar", "Is Mary stronger than Tom?", *QUICK).stdout
