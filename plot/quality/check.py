"""Checks of a world: its facts, examples and tests."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from plot.answers import Answer
from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.inference import Goal
from plot.language import parse
from plot.quality.agreement import agreement
from plot.runtime import RunPlan, run
from plot.translate.base import Told
from plot.world import Example, Expectation, WorldTest

PARTICLES = 1_000
STANDARD_ERRORS = 4.0


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was checked; `detail` says what was found, or what is wrong."""

    kind: Literal["model", "fact", "example", "test", "query", "distribution", "together"]
    subject: str
    ok: bool
    detail: str


def check_world(world: World, goal: Goal, method: str = "auto") -> Iterator[CheckResult]:
    """Yield what every check of a world found, in the order of its file; a PlotError becomes an outcome."""
    talk = world.conversation(facts=False, goal=goal, method=method)
    for fact in world.facts:
        yield _fact(talk, fact)
    yield _model(talk, goal)
    for example in world.examples:
        yield _example(world, example, goal)
    for test in world.tests:
        yield _test(world, test, goal, method)


def _failed(kind: Literal["model", "fact", "example", "test"], subject: str, error: PlotError) -> CheckResult:
    return CheckResult(kind, subject, False, error.render())


def _fact(talk: Conversation, fact: str) -> CheckResult:
    try:
        found = talk.tell(fact)
    except PlotError as error:
        return _failed("fact", fact, error)
    return CheckResult("fact", fact, True, "; ".join(_shown(told) for told in found))


def _model(talk: Conversation, goal: Goal) -> CheckResult:
    """Run the model, with the facts, on a few particles."""
    subject = "runs with its facts"
    try:
        found = run(parse(talk.program(), "the whole program"), PARTICLES, RunPlan(seed=goal.seed, budget=goal.budget))
    except PlotError as error:
        return _failed("model", subject, error)
    if found.warnings:
        return CheckResult("model", subject, False, "; ".join(warning.message for warning in found.warnings))
    return CheckResult("model", subject, True, f"{len(found.sites)} random choices")


def _shown(told: Told) -> str:
    first = " ".join(told.readings[0].code.split())
    more = len(told.readings) - 1
    return first if not more else f"{first} ({told.readings[0].weight:.0%}, and {more} more)"


# -- examples ------------------------------------------------------------------------------------------------


def _example(world: World, example: Example, goal: Goal) -> CheckResult:
    """Compare what the translators make of an example with its code, by meaning."""
    try:
        talk = world.conversation(facts=False, goal=goal)
        for said in example.given:
            talk.tell(said)
        found = talk.translate(example.say)
        if len(found) > 1:
            raise PlotError("an example is one sentence", hint="put the preceding sentences under 'given'")
        agreed = agreement(talk, found[0], example.code)
    except PlotError as error:
        return _failed("example", example.say, error)
    told = found[0]
    if example.act is not None and told.act != example.act:
        return CheckResult(
            "example", example.say, False, f"understood as {told.act}, not as {example.act}: {_shown(told)}"
        )
    likeliest = told.readings[0].weight
    if agreed <= 0:
        return CheckResult("example", example.say, False, f"means something else: {_shown(told)}")
    if agreed < likeliest:
        return CheckResult("example", example.say, False, f"is only the {agreed:.0%} reading; likelier: {_shown(told)}")
    return CheckResult("example", example.say, True, _shown(told))


# -- tests ---------------------------------------------------------------------------------------------------


def _test(world: World, test: WorldTest, goal: Goal, method: str) -> CheckResult:
    try:
        talk = world.conversation(facts=test.tells_facts, goal=goal, method=method)
        for said in test.given:
            talk.tell(said)
        answer = talk.ask(test.ask)
    except PlotError as error:
        return _failed("test", test.ask, error)
    wrong = list(_wrong(answer, test.expect))
    return CheckResult("test", test.ask, not wrong, "; ".join(wrong) or answer.answer)


def _wrong(answer: Answer, expect: Expectation) -> Iterator[str]:
    """Yield what differs from what was expected."""
    spread = answer.sd / math.sqrt(2 * answer.ess) if answer.sd is not None and answer.ess > 0 else 0.0
    figures: list[tuple[str, float | tuple[float, float] | None, float | None, float]] = [
        ("probability", expect.probability, answer.probability, answer.mcse),
        ("mean", expect.mean, answer.mean, answer.mcse),
        ("sd", expect.sd, answer.sd, spread),
    ]
    for option, share in (expect.distribution or {}).items():
        found = answer.distribution.get(_key(option, answer), 0.0) if answer.distribution is not None else None
        figures.append((option, share, found, answer.mcse))
    for name, wanted, found, error in figures:
        if wanted is None:
            continue
        low, high = wanted if isinstance(wanted, tuple) else (wanted, wanted)
        shown = f"{low:g} to {high:g}" if isinstance(wanted, tuple) else f"{low:g}"
        if found is None:
            yield f"{name}: expected {shown}, but the answer is a {answer.kind}"
            continue
        allowed = STANDARD_ERRORS * error if low < high else _tolerance(low, error, expect.tolerance)
        if not low - allowed <= found <= high + allowed:
            yield f"{name} is {found:.4g}, not {shown} ± {allowed:.2g}"
    if expect.answer is not None:
        yield from _wrong_answer(answer, expect.answer)


def _tolerance(wanted: float, error: float, tolerance: float | None) -> float:
    """Return the tolerance as given, or half a unit of the last digit as written, and the Monte-Carlo error.

    >>> round(_tolerance(0.62, 0.001, None), 4), _tolerance(0.62, 0.001, 0.02)
    (0.009, 0.02)
    """
    if tolerance is not None:
        return tolerance
    exponent = Decimal(repr(float(wanted))).as_tuple().exponent
    rounding = 0.5 * 10.0**exponent if isinstance(exponent, int) else 0.0
    return rounding + STANDARD_ERRORS * error


def _key(option: str, answer: Answer) -> str:
    """Return a name as the answer has it: people write "Mary" where programs have `mary`."""
    plain = option.casefold().replace(" ", "_")
    return next((name for name in answer.distribution or {} if name.casefold().replace(" ", "_") == plain), option)


def _wrong_answer(answer: Answer, wanted: bool | str | tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with the likeliest answer."""
    found: bool | str | set[str] | None = None
    expected: bool | str | set[str] = wanted if isinstance(wanted, bool) else _key(str(wanted), answer)
    if answer.kind == "boolean":
        found = answer.probability is not None and answer.probability > 0.5
        expected = wanted if isinstance(wanted, bool) else str(wanted).strip().casefold() in ("yes", "true")
    elif answer.kind == "choice" and answer.distribution:
        found = max(answer.distribution, key=lambda name: (answer.distribution or {})[name])
    elif answer.kind == "set":
        found = {name for name, share in (answer.distribution or {}).items() if share > 0.5}
        listed = wanted if isinstance(wanted, tuple) else (str(wanted),)
        expected = {_key(name, answer) for name in listed}
    elif answer.kind == "number":
        yield "for a number, expect a mean instead of an answer"
        return
    if found != expected:
        yield f"the likeliest is {found}, not {expected}: {answer.answer}"
