"""What developers copy works as it stands."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from click.testing import CliRunner

from plot import PlotError, World
from plot.cli import main
from plot.inference import METHODS
from plot.quality.agreement import agreement
from plot.testing import METHOD_LAWS, TRANSLATOR_LAWS
from plot.translate import Cascade, Grammar

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "developers"
SKELETONS = FOLDER / "skeletons"
BY_GRADIENTS = ("nuts", "svi")  # each law takes them seconds
OUTPULLED = ["Tom outpulled John.", "Sue outpulled Tom"]


def loaded(name: str) -> ModuleType:
    """Return a skeleton as a module."""
    spec = importlib.util.spec_from_file_location(f"skeleton_{name}", SKELETONS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("law", METHOD_LAWS, ids=lambda law: law.__name__)
def test_the_method_keeps_the_laws(law) -> None:  # type: ignore[no-untyped-def]
    law(loaded("method").OwnMethod())


@pytest.mark.parametrize("law", TRANSLATOR_LAWS, ids=lambda law: law.__name__)
def test_the_translator_keeps_the_laws(law) -> None:  # type: ignore[no-untyped-def]
    law(loaded("translator").OwnTranslator(), World.load("tugofwar"), OUTPULLED)


def test_the_translator_takes_part_in_a_conversation() -> None:
    translators = [Cascade(((Grammar(),), (loaded("translator").OwnTranslator(),)))]
    talk = World.load("tugofwar").conversation(facts=False, translators=translators)
    talk.tell("Tom outpulled John.")
    assert talk.ask("Is Tom stronger than John?").probability > 0.6  # type: ignore[operator]


@pytest.mark.parametrize("law", METHOD_LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("name", ["exact", "importance"])
def test_methods_keep_the_laws(name: str, law) -> None:  # type: ignore[no-untyped-def]
    law(METHODS[name])


@pytest.mark.slow
@pytest.mark.parametrize("law", METHOD_LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize(
    "name",
    [
        *sorted(METHODS.keys() - {"exact", "importance", *BY_GRADIENTS}),
        *[pytest.param(name, marks=pytest.mark.full) for name in BY_GRADIENTS],
    ],
)
def test_other_methods_keep_the_laws(name: str, law) -> None:  # type: ignore[no-untyped-def]
    law(METHODS[name])


@pytest.mark.parametrize("law", TRANSLATOR_LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("world", ["tugofwar", "kinship"])
def test_the_grammar_keeps_the_laws(world: str, law) -> None:  # type: ignore[no-untyped-def]
    known = World.load(world)
    law(Grammar(), known, [one.say for one in known.examples[:4] if not one.given])


def test_the_world_passes_its_checks() -> None:
    result = CliRunner().invoke(main, ["check", str(SKELETONS / "world.yaml"), "--json"])
    assert result.exit_code == 0, result.output
    (world,) = json.loads(result.stdout)["worlds"]
    assert {one["kind"] for one in world["outcomes"]} >= {"example", "test"}


CASES = yaml.safe_load((SKELETONS / "construction.yaml").read_text(encoding="utf-8"))["worlds"]
READ = [(world, case) for world, cases in CASES.items() for case in cases["read"]]
REFUSED = [(world, say) for world, cases in CASES.items() for say in cases["refused"]]


@pytest.mark.parametrize(("world", "case"), READ, ids=lambda one: one if isinstance(one, str) else one["say"])
def test_a_construction_means_what_its_cases_say(world: str, case: dict[str, str]) -> None:
    talk = World.load(world).conversation(facts=False)
    (told,) = talk.translate(case["say"])
    code = case["code"] if "code" in case else talk.translate(case["like"])[0].readings[0].code
    assert agreement(talk, told, code) == pytest.approx(1)


@pytest.mark.parametrize(("world", "say"), REFUSED)
def test_what_looks_like_a_construction_is_refused(world: str, say: str) -> None:
    with pytest.raises(PlotError):
        World.load(world).conversation(facts=False).translate(say)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.name)
def test_links_of_the_guides_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    missing = [one for one in targets if "://" not in one and not (path.parent / one).exists()]
    assert missing == []
