"""Ensembles by name: their stages of translators, and the weighting of readings."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from plot.errors import PlotError
from plot.llm.entries import Entry, Price
from plot.translate.base import Translator
from plot.translate.mixture.judge import Judge
from plot.translate.mixture.pooling.fusion import Fusion
from plot.translate.mixture.pooling.gate import ReliableGate
from plot.translate.mixture.pooling.label_model import WeightedVote
from plot.translate.mixture.pooling.pool import PoolingRule
from plot.translate.mixture.pooling.ranking import PairRanking
from plot.translate.mixture.pooling.translator import Mixture, Stage
from plot.translate.mixture.schemes import SCHEMES, Scheme, scheme_called
from plot.translate.mixture.unproven.bandit import Bandit, Outcomes
from plot.translate.mixture.unproven.layers import Layered
from plot.translate.model import LanguageModel, PendingTranslations

CASCADE, WEIGHTED, LAYERS, FUSION, BANDIT, RANKING = "cascade", "weighted", "layers", "fusion", "bandit", "ranking"
ENSEMBLES = (*SCHEMES, CASCADE, LAYERS, FUSION, BANDIT)
JUDGED = (RANKING, LAYERS, FUSION)
PROMPT, REPLY = 4_000, 200  # tokens of one call, about

LearnedState = Mapping[str, Any]


@dataclass(frozen=True)
class Participants:
    """Who takes part: `free` translators, one after another; then `models`; `judge` is the model that others need.

    `at_once` is how many models of a stage are asked at most. A bandit begins with `outcomes`, and calls `keep` with
    them after each utterance. `undecided` is where models put what is to be remembered if nobody contradicts.
    """

    models: tuple[LanguageModel, ...]
    free: tuple[Translator, ...] = ()
    judge: LanguageModel | None = None
    at_once: int | None = None
    pooling: PoolingRule = field(default_factory=PoolingRule)
    outcomes: Outcomes = field(default_factory=Outcomes)
    keep: Callable[[LearnedState], None] | None = None
    undecided: PendingTranslations | None = None


def checked(name: str, *, judged: bool) -> str:
    """Return the name of an ensemble. Raises PlotError where there is none such, and where a judge is wrong."""
    if name not in ENSEMBLES:
        near = difflib.get_close_matches(name, ENSEMBLES, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(ENSEMBLES)}"
        raise PlotError(f"there is no ensemble '{name}'", hint=hint)
    if name == FUSION and not judged:
        raise PlotError("the ensemble 'fusion' needs a model that fuses translations", hint="name it: --judge MODEL")
    if judged and name not in JUDGED:
        raise PlotError(f"the ensemble '{name}' does not use a judge", hint=f"--judge is for {', '.join(JUDGED)}")
    return name


def usual(entries: Sequence[Entry]) -> str:
    """Return the ensemble that is taken where none is named: a cascade where prices tell which models are cheap."""
    return CASCADE if len(set(prices_of(entries) or ())) > 1 else WEIGHTED


def ensemble(name: str, cast: Participants, learned: LearnedState | None = None) -> Mixture:
    """Return an ensemble, with what was learned for it. Raises PlotError for a name that there is not."""
    checked(name, judged=cast.judge is not None)
    reliable = WeightedVote()
    free = tuple(Stage((one,)) for one in cast.free)
    stages, scheme = (*free, *_stages(name, cast, reliable)), _scheme(name, cast, reliable)
    mixture = Mixture(stages, scheme, cast.pooling, reliable, free=len(free), name=name, undecided=cast.undecided)
    if learned:
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            mixture.load(learned)
    return mixture


def _scheme(name: str, cast: Participants, reliable: WeightedVote) -> Scheme:
    if name == RANKING:
        return PairRanking(Judge(cast.judge) if cast.judge is not None else None)
    return scheme_called(name) if name in SCHEMES and name != WEIGHTED else reliable


def _stages(name: str, cast: Participants, reliable: WeightedVote) -> tuple[Stage, ...]:
    """Return how the models are asked."""
    gate = ReliableGate(
        [model.name for model in cast.models],
        cast.at_once,
        reliability=reliable.reliability,
        rpm={model.name: model.entry.rpm for model in cast.models},
    )
    models, pooling, prices = cast.models, cast.pooling, costs(cast)

    def cost(asked: Sequence[LanguageModel]) -> float:
        return sum(prices[model.name] for model in asked)

    if name == CASCADE:
        return tuple(Stage(tier, cost(tier), gate) for tier in tiers(models))
    if name == LAYERS:
        last = (cast.judge,) if cast.judge is not None else models
        return (Stage((Layered((models, last), reliable, pooling),), cost((*models, *last))),)
    if name == FUSION and cast.judge is not None:
        return (Stage((Fusion(models, cast.judge, reliable, pooling),), cost((*models, cast.judge))),)
    if name == BANDIT:
        return (Stage((Bandit(models, cast.outcomes, cast.keep),), cost(models) / len(models)),)
    return (Stage(models, cost(models), gate),)


def tiers(models: Sequence[LanguageModel]) -> tuple[tuple[LanguageModel, ...], ...]:
    """Return models in the order in which a cascade asks them: by price, those of one price together.

    Where a price is not known, each is a tier of its own, in the order given.
    """
    prices = prices_of([model.entry for model in models])
    if prices is None:
        return tuple((model,) for model in models)
    ordered = sorted(zip(prices, models, strict=True), key=itemgetter(0))
    return tuple(tuple(model for _, model in tier) for _, tier in groupby(ordered, key=itemgetter(0)))


def prices_of(entries: Sequence[Entry]) -> list[float] | None:
    """Return about what an utterance costs with each, in the currency of the prices; None where these are not known.

    Beside models that have a price, one on this machine that has none costs nothing.
    """
    if not any(entry.price for entry in entries) or any(not (one.price or one.is_local) for one in entries):
        return None
    return [_price(entry.price, entry.samples) if entry.price is not None else 0.0 for entry in entries]


def _price(price: Price, samples: int) -> float:
    return samples * (PROMPT * price.input + REPLY * price.output) / 1e6


def costs(cast: Participants) -> Mapping[str, float]:
    """Return what asking each model costs: in money where prices are known, else in replies."""
    entries = [model.entry for model in cast.models] + ([cast.judge.entry] if cast.judge is not None else [])
    found = prices_of(entries) or [float(entry.samples) for entry in entries]
    return {entry.name: cost for entry, cost in zip(entries, found, strict=True)}


__all__ = ["BANDIT", "ENSEMBLES", "Participants", "checked", "ensemble", "prices_of", "tiers", "usual"]
