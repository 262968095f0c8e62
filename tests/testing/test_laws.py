"""Each law fails for a method or a translator that breaks it, and for no other reason."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from plot import PlotError, World
from plot.inference import METHODS, Boolean, Goal, Posterior, Problem, State
from plot.testing import METHOD_LAWS, TRANSLATOR_LAWS, BrokenLaw
from plot.testing import method_laws as of_methods
from plot.testing import translator_laws as of_translators
from plot.translate import Discourse, Grammar, Reading

WORLD = World.load("tugofwar")
SENTENCES = ["Tom beat John.", "Is Tom stronger than John?"]
EXACT = METHODS["exact"]


class Faulty:
    """Exact inference with a fault: what it returns, or raises, is changed."""

    name = "faulty"

    def __init__(self, fault: Callable[[Problem, Goal, State | None], tuple[Posterior, State | None]]) -> None:
        self.infer = fault


def with_probability(posterior: Posterior, change: Callable[[float], float]) -> Posterior:
    """Return a posterior whose probabilities are changed, and their errors said to be small."""
    changed = [
        replace(one, probability=change(one.probability), mcse=1e-4)
        if isinstance(one, Boolean)
        else replace(one, mean=change(one.mean), mcse=1e-4)
        for one in posterior.marginals
    ]
    return replace(posterior, marginals=tuple(changed))


def biased(problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
    found, kept = EXACT.infer(problem, goal, state)
    return with_probability(found, lambda value: value + 0.01), kept


def overconfident(problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
    found, kept = METHODS["importance"].infer(problem, goal)
    return with_probability(found, lambda value: value * 1.05), kept


def silent(problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
    raise PlotError("not today")


def never_impossible(problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
    try:
        return EXACT.infer(problem, goal, state)
    except PlotError:
        return EXACT.infer(replace(problem, evidence=()), goal)


def last_evidence_only(problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
    return EXACT.infer(replace(problem, evidence=problem.evidence[-1:]), goal)


def of_the_process(problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
    found, kept = EXACT.infer(problem, goal, state)
    torch.rand(1)
    return found, kept


def by_the_clock(problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
    found, _ = EXACT.infer(problem, goal)
    by_the_clock.calls += 1  # type: ignore[attr-defined]
    return with_probability(found, lambda value: value + 1e-6 * by_the_clock.calls), None  # type: ignore[attr-defined]


by_the_clock.calls = 0  # type: ignore[attr-defined]


class Counted:
    """A state that is changed by whoever goes on from it."""

    method = "faulty"
    uses = 0


def used_up(problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
    found, _ = EXACT.infer(problem, goal)
    if isinstance(state, Counted):
        state.uses += 1
        found = with_probability(found, lambda value: value + 1e-6 * state.uses)
    return found, Counted()


METHOD_FAULTS = [
    (of_methods.right_on_finite_programs, biased),
    (of_methods.right_on_finite_programs, silent),
    (of_methods.right_on_conjugate_models, overconfident),
    (of_methods.impossible_evidence_is_an_error, never_impossible),
    (of_methods.order_of_evidence_does_not_matter, last_evidence_only),
    (of_methods.same_seed_same_digits, of_the_process),
    (of_methods.same_seed_same_digits, by_the_clock),
    (of_methods.a_state_can_be_used_again, used_up),
]


@pytest.mark.parametrize(("law", "fault"), METHOD_FAULTS, ids=lambda one: one.__name__)
def test_each_law_of_methods_fails_for_a_fault(law: Any, fault: Any) -> None:
    with pytest.raises(BrokenLaw):
        law(Faulty(fault))
    law(EXACT)


def test_every_law_of_methods_has_a_fault() -> None:
    assert {law for law, _ in METHOD_FAULTS} == set(METHOD_LAWS)


class Changed:
    """The grammar with a fault: what it returns, or raises, is changed."""

    name = "changed"

    def __init__(self, change: Callable[[str, tuple[Reading, ...]], Any]) -> None:
        self._change = change
        self._grammar = Grammar()

    def translate(self, utterance: str, discourse: Discourse) -> Any:
        return self._change(utterance, self._grammar.translate(utterance, discourse))


class Crashing:
    """Does not expect what people type."""

    name = "crashing"

    def translate(self, utterance: str, discourse: Discourse) -> Any:
        first, *_ = utterance.split()
        return Grammar().translate(first + utterance[len(first) :], discourse)


def none_at_all(text: str, found: Any) -> Any:
    return () if text != SENTENCES[0] else found


def refusing(text: str, found: Any) -> Any:
    raise PlotError("no")


def negative(text: str, found: Any) -> Any:
    return tuple(replace(one, weight=-one.weight) for one in found)


def doubled(text: str, found: Any) -> Any:
    return found + found


def unheard(text: str, found: Any) -> Any:
    return tuple(
        replace(one, code=one.code.replace("won_against", "defeated").replace("strength", "power")) for one in found
    )


def nameless(text: str, found: Any) -> Any:
    return tuple(replace(one, code="condition(") for one in found)


def wrong_act(text: str, found: Any) -> Any:
    return tuple(replace(one, act="observation") for one in found)


def by_chance(text: str, found: Any) -> Any:
    return tuple(replace(one, weight=one.weight * random.random()) for one in found)


def counting(text: str, found: Any) -> Any:
    counting.calls += 1  # type: ignore[attr-defined]
    return tuple(replace(one, paraphrase=str(counting.calls)) for one in found)  # type: ignore[attr-defined]


counting.calls = 0  # type: ignore[attr-defined]

TRANSLATOR_FAULTS = [
    (of_translators.reads_the_sentences, Changed(refusing)),
    (of_translators.refuses_what_it_can_not_read, Crashing()),
    (of_translators.refuses_what_it_can_not_read, Changed(none_at_all)),
    (of_translators.weights_are_weights, Changed(negative)),
    (of_translators.weights_are_weights, Changed(doubled)),
    (of_translators.readings_are_programs, Changed(unheard)),
    (of_translators.readings_are_programs, Changed(nameless)),
    (of_translators.readings_are_programs, Changed(wrong_act)),
    (of_translators.same_utterance_same_readings, Changed(by_chance)),
    (of_translators.same_utterance_same_readings, Changed(counting)),
]


@pytest.mark.parametrize(("law", "translator"), TRANSLATOR_FAULTS)
def test_each_law_of_translators_fails_for_a_fault(law: Any, translator: Any) -> None:
    with pytest.raises(BrokenLaw):
        law(translator, WORLD, SENTENCES)


def test_every_law_of_translators_has_a_fault() -> None:
    assert {law for law, _ in TRANSLATOR_FAULTS} == set(TRANSLATOR_LAWS)
    for law in TRANSLATOR_LAWS:
        law(Grammar(), WORLD, SENTENCES)


def test_generated_programs_differ_and_are_the_same_for_a_seed() -> None:
    found = list(of_methods.generated(20))
    assert len({setting for setting, _, _ in found}) > 15
    assert found == list(of_methods.generated(20)) != list(of_methods.generated(20, seed=1))
