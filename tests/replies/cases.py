"""The utterances whose replies were written by hand, with what they mean: one YAML file for each world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from plot.conversation import Conversation, World
from plot.inference import Goal
from plot.llm import Client, Entry
from plot.translate.grammar import Grammar
from plot.translate.model import LanguageModel

FOLDER = Path(__file__).parent
MODEL = "by-hand"
NOWHERE = "http://127.0.0.1:9/v1"  # nothing answers there: all that is replayed is in the recording
Kind = Literal["plain", "repaired", "ambiguous"]


@dataclass(frozen=True)
class Case:
    """An utterance after what is `given` (which the grammar reads), and its meanings with their probabilities."""

    world: str
    say: str
    kind: Kind
    means: Mapping[str, float]
    given: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What tests call it."""
        return f"{self.world}: {self.say}"


def worlds() -> list[str]:
    """Return the worlds that have cases."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def cases_of(world: str) -> list[Case]:
    """Return the cases of a world. `means` is code, or a mapping from code to probability."""
    found = yaml.safe_load((FOLDER / f"{world}.yaml").read_text(encoding="utf-8"))
    return [
        Case(
            world,
            one["say"],
            one["kind"],
            one["means"] if isinstance(one["means"], dict) else {one["means"]: 1.0},
            tuple(one.get("given", ())),
        )
        for one in found["cases"]
    ]


def recording_of(world: str) -> Path:
    """Return the file with the replies of a world."""
    return FOLDER / f"{world}.json"


def entry(base_url: str = NOWHERE, timeout: float = 30.0) -> Entry:
    """Return the translator whose replies are recorded: one sample, and up to two repairs."""
    return Entry(name=MODEL, model=MODEL, base_url=base_url, samples=1, repairs=2, retries=0, timeout=timeout)


def conversation(case: Case, client: Client, served: Entry) -> tuple[Conversation, LanguageModel]:
    """Return a conversation in which all that is given was told, and the translator that reads what comes next."""
    world, goal = World.load(case.world), Goal()
    model = LanguageModel(served, client, budget=world.budget)
    before = world.conversation(facts=False, translators=(Grammar(),), goal=goal)
    talk = world.conversation(facts=False, translators=(model,), goal=goal)
    for said in case.given:
        for told in before.tell(said):
            talk.add(told)
    return talk, model
