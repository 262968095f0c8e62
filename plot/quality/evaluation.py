"""Evaluation of translators: the share of correct translations, and the cost."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from plot.conversation import Conversation, World
from plot.errors import PlotError, mistakes_of
from plot.files import read_text
from plot.inference import Goal
from plot.language import parse
from plot.llm import Client, ModelError, Usage
from plot.quality.agreement import agreeing
from plot.translate.base import Act, Told, Translator, unshown
from plot.translate.grammar import Grammar
from plot.translate.model import LanguageModel
from plot.translate.model.examples import act_of, act_of_example
from plot.world import Example

MOST_BYTES = 10_000_000
KINDS = ("act", "construction", "world")


@dataclass(frozen=True, slots=True)
class Case:
    """An utterance with the code that it should become; what is `given` was said before it."""

    say: str
    code: str
    act: Act
    given: tuple[str, ...] = ()
    example: Example | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case went with one translator. `agreed` is the weight of the readings that mean the same.

    `likeliest` is whether the likeliest reading does. `failure` is why there is no reading, `repaired` whether a reply
    was wrong at first.
    """

    case: Case
    translator: str
    agreed: float
    likeliest: bool
    repaired: bool
    failure: str
    seconds: float
    usage: Usage
    world: str = ""
    constructions: tuple[str, ...] = ()


def cases_of(world: World) -> list[Case]:
    """Return the examples of a world as cases."""
    return [Case(one.say, one.code, act_of_example(one), one.given, one) for one in world.examples]


def read_cases(path: str) -> list[Case]:
    """Return the cases of a file: one JSON object a line, with `say`, `code`, and `given` if any. Raises PlotError."""
    found = []
    for number, line in enumerate(read_text(path, "a file of utterances", most=MOST_BYTES).split("\n"), 1):
        if line.strip():
            try:
                found.append(_case(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, PlotError) as error:
                said = error.message if isinstance(error, PlotError) else "this is not of the form"
                hint = 'write {"say": "…", "code": "…", "given": ["…"]} on each line'
                raise PlotError(said, hint=hint, where=f"{path}, line {number}") from None
    if not found:
        raise PlotError(f"'{path}' holds no utterances")
    return found


def _case(data: Any) -> Case:
    given = data.get("given", [])
    texts = [data["say"], data["code"], *given]
    if not all(isinstance(text, str) and text.strip() for text in texts) or not isinstance(given, list):
        raise ValueError
    return Case(data["say"], data["code"], act_of(parse(data["code"], "code")), tuple(given))


def evaluate(
    world: World, cases: Sequence[Case], translators: Sequence[Translator], goal: Goal, client: Client | None = None
) -> Iterator[CaseResult]:
    """Yield how each translator did on each case. What was said before it is read by the grammar, else the translator.

    A case that is an example of the world is not shown to a model that translates it. Raises PlotError where a model
    can't be asked; what was translated so far is in its client's cache.
    """
    for case in cases:
        for translator in translators:
            yield _scored(world, case, translator, goal, client)


def _scored(world: World, case: Case, translator: Translator, goal: Goal, client: Client | None) -> CaseResult:
    before = client.usage if client is not None else Usage()
    started = time.monotonic()
    failure, agreed, likeliest = "", 0.0, False
    translator = unshown(translator, case.example)
    count = len(translator.outcomes) if isinstance(translator, LanguageModel) else 0
    try:
        talk = conversation_before(world, case, translator, goal)
        told = _only(talk.translate(case.say))
        right = agreeing(talk, told, case.code)
        agreed, likeliest = sum(reading.weight for reading in right), told.readings[0] in right
    except PlotError as error:
        for one in mistakes_of(error):
            if isinstance(one, ModelError) and one.fatal:
                raise one from None  # what could not be asked says nothing of the translator
        failure = error.message
    spent = (client.usage if client is not None else Usage()) - before
    repaired = isinstance(translator, LanguageModel) and any(one.repaired for one in translator.outcomes[count:])
    seconds, built = time.monotonic() - started, _constructions(world, case, goal)
    return CaseResult(case, translator.name, agreed, likeliest, repaired, failure, seconds, spent, world.name, built)


def _constructions(world: World, case: Case, goal: Goal) -> tuple[str, ...]:
    """Return the constructions by which the grammar reads a case, whoever translates it; none where it can't."""
    grammar = Grammar()
    try:
        talk = conversation_before(world, case, grammar, goal)
        return _only(talk.translate(case.say)).readings[0].constructions
    except PlotError:
        return ()


def conversation_before(world: World, case: Case, translator: Translator, goal: Goal) -> Conversation:
    """Return a conversation in which all that is given was said."""
    known = world.conversation(facts=False, translators=(Grammar(),), goal=goal)
    talk = world.conversation(facts=False, translators=(translator,), goal=goal)
    for said in case.given:
        try:
            found = known.translate(said)
        except PlotError:
            found = talk.translate(said)
        for told in found:
            talk.add(told)
            known.add(told)
    return talk


def _only(found: Sequence[Told]) -> Told:
    if len(found) != 1:
        raise PlotError("a case is one sentence", hint="put the preceding sentences under 'given'")
    return found[0]


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """Shares of the cases of one translator and act (or of all acts)."""

    translator: str
    act: str
    cases: int
    right: float
    weight_right: float
    refused: float
    repaired: float
    usage: Usage
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        kept = {name: getattr(self, name) for name in EvaluationSummary.__slots__ if name != "usage"}
        return {**kept, "usage": self.usage.to_json()}


def summarise(scored: Sequence[CaseResult]) -> list[EvaluationSummary]:
    """Return the shares by translator and act, those of all acts last."""
    found = []
    for translator in dict.fromkeys(one.translator for one in scored):
        mine = [one for one in scored if one.translator == translator]
        for act in [*dict.fromkeys(one.case.act for one in mine), "all"]:
            found.append(_summary(translator, act, [one for one in mine if act in ("all", one.case.act)]))
    return found


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often a translator is right about one kind of utterance, with bounds on the probability (Jeffreys, 95%).

    `kind` is what the utterances have in common: an act, a construction of the grammar, or a world.
    """

    translator: str
    kind: str
    name: str
    cases: int
    right: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share that was right."""
        return self.right / self.cases

    def to_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        return {name: getattr(self, name) for name in Reliability.__slots__}


def reliabilities(scored: Sequence[CaseResult]) -> list[Reliability]:
    """Return how reliable each translator is by act, construction and world: the least reliable first in each."""
    found = []
    for translator in dict.fromkeys(one.translator for one in scored):
        mine = [one for one in scored if one.translator == translator]
        groups: dict[tuple[str, str], list[CaseResult]] = {}
        for one in mine:
            names = [
                ("act", one.case.act),
                ("world", one.world),
                *(("construction", name) for name in one.constructions),
            ]
            for key in dict.fromkeys(names):
                groups.setdefault(key, []).append(one)
        rows = [_reliability(translator, *key, cases) for key, cases in groups.items()]
        found += sorted(rows, key=lambda row: (KINDS.index(row.kind), row.share, -row.cases, row.name))
    return found


def _reliability(translator: str, kind: str, name: str, scored: Sequence[CaseResult]) -> Reliability:
    right = sum(one.likeliest for one in scored)
    return Reliability(translator, kind, name, len(scored), right, *bounds(right, len(scored)))


def bounds(right: int, count: int) -> tuple[float, float]:
    """Return Jeffreys' 95% interval of a probability (Brown, Cai and DasGupta 2001).


    >>> [round(bound, 2) for bound in bounds(19, 20)]
    [0.79, 0.99]
    """
    from scipy.stats import beta

    low, high = (float(beta.ppf(share, right + 0.5, count - right + 0.5)) for share in (0.025, 0.975))
    return 0.0 if right == 0 else low, 1.0 if right == count else high


def _summary(translator: str, act: str, scored: Sequence[CaseResult]) -> EvaluationSummary:
    count = len(scored)
    return EvaluationSummary(
        translator,
        act,
        count,
        sum(one.likeliest for one in scored) / count,
        sum(one.agreed for one in scored) / count,
        sum(bool(one.failure) for one in scored) / count,
        sum(one.repaired for one in scored) / count,
        sum((one.usage for one in scored), Usage()),
        sum(one.seconds for one in scored) / count,
    )
