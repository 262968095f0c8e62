"""What the schemes come to on utterances whose replies were written by hand and recorded: played, no model is reached.

    python -m benchmarks.mixture.replies [--out FILE]

The replies in tests/replies were written by a person reading each prompt, so nothing here says how good any language
model is. What is measured is what the machinery makes of given replies: wrong ones that are sent back, utterances that
mean several things, and the grammar, which was not made for these utterances. There is one reply an utterance, so
there are no votes among models. Tuned rows have learned from the other worlds only.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.mixture.run import interval
from plot.llm import Client
from plot.llm.recording import Recording
from plot.llm.store import Store
from plot.quality.tuning import right_class
from plot.translate.base import Reading
from plot.translate.grammar import Grammar
from plot.translate.mixture import LabelledPool, Mixture, PoolingRule, Stage, Vote, likeliest, scheme_called
from plot.translate.mixture.pooling.label_model import WeightedVote
from plot.translate.mixture.pooling.thresholds import stopped
from plot.translate.mixture.pooling.translator import gathered
from tests.replies.cases import Case, cases_of, conversation, entry, recording_of, worlds

FLOOR = 0.01
GRAMMAR, FIRST, MENDED = "grammar", "first reply", "by hand"
KINDS = ("plain", "repaired", "ambiguous")


@dataclass(frozen=True)
class Heard:
    """An utterance: the pool of all translators, the probability of each class, and the calls of each translator."""

    case: Case
    one: LabelledPool
    means: Mapping[int | None, float]
    calls: Mapping[str, int]


@dataclass(frozen=True)
class Score:
    """What one way came to on one utterance."""

    right: float
    log_score: float
    calls: int


Way = Callable[[Heard], Score]


def heard(case: Case, client: Client) -> Heard | None:
    """Return what the grammar, the first reply, and the reply after repairs make of an utterance."""
    talk, model = conversation(case, client, entry())
    votes: list[Vote] = []
    calls = {GRAMMAR: 0}
    first = replace(model, entry=model.entry.model_copy(update={"name": FIRST, "repairs": 0}))
    mended = replace(model, entry=model.entry.model_copy(update={"name": MENDED}))
    for name, one in ((GRAMMAR, Grammar()), (FIRST, first), (MENDED, mended)):
        before = client.usage.recorded
        votes += gathered((one,), case.say, talk.discourse)[0]
        calls[name] = client.usage.recorded - before
    if not votes:
        return None
    pool = PoolingRule().pool(case.say, votes, talk.discourse)
    means: dict[int | None, float] = {}
    for code, probability in case.means.items():
        number = right_class(talk, pool, code)
        means[number] = means.get(number, 0.0) + probability
    return Heard(case, LabelledPool(pool, max(means, key=means.__getitem__)), means, calls)


def scored(one: Heard, labelled: LabelledPool | None, weights: Sequence[float], calls: int) -> Score:
    """Return whether the likeliest meaning is right, and the expected log of the weight of what may be meant."""
    if labelled is None:
        return Score(0.0, math.log(FLOOR), calls)
    numbers = {members: k for k, members in enumerate(labelled.pool.classes)}
    log = 0.0
    for number, probability in one.means.items():
        members = one.one.pool.classes[number] if number is not None else ()
        here = next((k for mine, k in numbers.items() if set(mine) & set(members)), None)
        log += probability * math.log(max(FLOOR, weights[here] if here is not None else 0.0))
    return Score(float(likeliest(weights) == labelled.right), log, calls)


def ways(others: Mapping[str, Sequence[Heard]]) -> dict[str, Way]:
    """Return what is compared; `others` are for each world the utterances of the others, to tune with."""
    tuned = {world: _tuned([one.one for one in known]) for world, known in others.items()}
    return {
        "grammar alone": _by("vote", GRAMMAR),
        "first reply alone": _by("vote", FIRST),
        "reply, sent back where wrong": _by("vote", MENDED),
        "its likeliest meaning only": _likeliest_only,
        "grammar, whatever it says; else reply": lambda one: (
            _by("vote", GRAMMAR)(one) if one.one.among({GRAMMAR}) else _by("vote", MENDED)(one)
        ),
        "vote of grammar and reply": _by("vote", GRAMMAR, MENDED),
        "weighted, untuned": _by("weighted", GRAMMAR, MENDED),
        "cascade, untuned": lambda one: _cascaded(one, _cascade()),
        "cascade, tuned on other worlds": lambda one: _cascaded(one, tuned[one.case.world]),
    }


def _by(scheme: str, *experts: str) -> Way:
    def way(one: Heard) -> Score:
        labelled = one.one.among(experts)
        weights = scheme_called(scheme).weigh(labelled.pool) if labelled is not None else ()
        return scored(one, labelled, weights, sum(one.calls[name] for name in experts))

    return way


def _likeliest_only(one: Heard) -> Score:
    labelled = one.one.among({MENDED})
    if labelled is None:
        return scored(one, None, (), one.calls[MENDED])
    weights = labelled.pool.shares[MENDED]
    chosen = [float(k == likeliest(weights)) for k in range(len(weights))]
    return scored(one, labelled, chosen, one.calls[MENDED])


@dataclass
class Named:
    """A translator by its name."""

    name: str

    def translate(self, utterance: str, discourse: Any) -> tuple[Reading, ...]:
        raise NotImplementedError


def _cascade() -> Mixture:
    reliable = WeightedVote()
    stages = (Stage((Named(GRAMMAR),)), Stage((Named(MENDED),), 1.0))
    return Mixture(stages, reliable, PoolingRule(), reliable, free=1)


def _tuned(known: Sequence[LabelledPool]) -> Mixture:
    mixture = _cascade()
    mixture.fit([seen for one in known if (seen := one.among({GRAMMAR, MENDED})) is not None])
    return mixture


def _cascaded(one: Heard, mixture: Mixture) -> Score:
    steps = mixture.steps(one.one)
    names = (GRAMMAR,) if stopped(steps, mixture.thresholds) is steps[0] else (GRAMMAR, MENDED)
    labelled = one.one.among(names)
    weights = mixture.scheme.weigh(labelled.pool) if labelled is not None else ()
    return scored(one, labelled, weights, sum(one.calls[name] for name in names))


def measured(seed: int = 0) -> dict[str, Any]:
    """Return the table, and how often the grammar reads these utterances and is right."""
    found: list[Heard] = []
    lost = 0
    for world in worlds():
        with Client(store=Store(), cache=False, recording=Recording(recording_of(world), records=False)) as client:
            every = [heard(case, client) for case in cases_of(world)]
        found += [one for one in every if one is not None]
        lost += sum(one is None for one in every)
    chance = random.Random(seed)
    table: dict[str, Any] = {}
    others = {world: [one for one in found if one.case.world != world] for world in worlds()}
    print(f"{len(found)} utterances" + (f", and {lost} that nobody reads" if lost else ""))
    for name, way in ways(others).items():
        scores = [(one.case.kind, way(one)) for one in found]
        table[name] = {
            "right": interval([score.right for _, score in scores], chance),
            "log_score": interval([score.log_score for _, score in scores], chance),
            "calls": sum(score.calls for _, score in scores) / len(scores),
            "by_kind": {
                kind: [
                    _mean([getattr(score, of) for mine, score in scores if mine == kind])
                    for of in ("right", "log_score")
                ]
                for kind in KINDS
            },
        }
        print(row_text(name, table[name]))
    read = [one for one in found if one.one.among({GRAMMAR}) is not None]
    right = sum(_by("vote", GRAMMAR)(one).right for one in read)
    print(f"the grammar reads {len(read)} of {len(found)}, {right:g} of them rightly")
    counts = {kind: sum(one.case.kind == kind for one in found) for kind in KINDS}
    return {"utterances": counts, "grammar_reads": len(read), "grammar_right": right, "table": table}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def row_text(name: str, row: Mapping[str, Any]) -> str:
    """Return a line of the table."""
    shown = [f"{mean:6.3f} [{low:6.3f}, {high:6.3f}]" for mean, low, high in (row["right"], row["log_score"])]
    kinds = "  ".join(f"{kind} {right:.2f} {log:+.2f}" for kind, (right, log) in row["by_kind"].items())
    return f"{name:40} {'  '.join(shown)}  {row['calls']:.2f}   {kinds}"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PLOT_CACHE_DIR"] = folder
        found = measured()
    if options.out:
        Path(options.out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
