"""Other worlds share the noise of the factual one: against the listed noise of models at random, and laws they obey."""

# ruff: noqa: E501, ISC004 - a program of a test stands on one line

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from scipy import stats

from plot import Program
from plot.errors import PlotError
from plot.inference import Goal
from plot.inference.methods.exact.exact import Exact
from plot.language import parse
from tests.oracle.problems import divided
from tests.oracle.structural import FORMS, Model, Proposition, model, simple
from tests.runtime.running import ran, values
from tests.support.sizes import examples
from tests.support.tolerances import FAILURE_RATE, agrees

MODELS = range(examples(40))
SAMPLED = range(examples(4))


def answers(text: str) -> list[float]:
    """Return the exact probability of each query."""
    return [marginal.probability for marginal in Exact().infer(divided(text), Goal())[0].marginals]  # type: ignore[attr-defined]


@functools.cache
def questions(seed: int, interventions: int) -> tuple[Model, list[tuple[Proposition, Proposition]]]:
    """Return a model with pairs of tests: of the factual world, and of the last one."""
    random = Random(f"{seed} {interventions}")
    found = model(random, interventions, ("truth",) if seed % 4 == 0 else ("truth", "number", "name"))
    return found, [(simple(random, found.variables), simple(random, found.variables[2:])) for _ in range(3)]


def truths(found: Model, pairs: Sequence[tuple[Proposition, Proposition]]) -> list[float]:
    """Return the probabilities of what is `asked`, by listing the noise."""
    total, both, same = 0.0, [0.0] * len(pairs), [0.0] * len(found.variables)
    for weight, worlds in found.worlds():
        total += weight
        for number, (before, after) in enumerate(pairs):
            both[number] += weight * (before.holds(worlds[0]) and after.holds(worlds[-1]))
        for number, variable in enumerate(found.variables):
            same[number] += weight * (worlds[0][variable.name] == worlds[-1][variable.name])
    return [each / total for each in (*both, *same)]


def asked(
    found: Model, pairs: Sequence[tuple[Proposition, Proposition]], forms: Sequence[str] | None = None
) -> list[str]:
    """Return queries: whether both tests of a pair hold, and whether each variable is what it is in fact."""
    both = [f"actual({found.shown(one, forms)}) and {found.shown(other, forms)}" for one, other in pairs]
    return [*both, *[f"{name} == actual({name})" for name in called(found, forms)]]


def called(found: Model, forms: Sequence[str] | None = None) -> list[str]:
    """Return the variables as a program writes them."""
    return [
        f"{v.name}(1)" if form == "function" else v.name
        for v, form in zip(found.variables, forms or found.forms, strict=True)
    ]


@pytest.mark.parametrize("interventions", [1, 2, 3])
@pytest.mark.parametrize("seed", MODELS)
def test_exact_answers_are_those_of_the_listed_noise(seed: int, interventions: int) -> None:
    found, pairs = questions(seed, interventions)
    if interventions == 3 and any(variable.kind == "name" for variable in found.variables):
        found.fixed.pop()
    assert answers(found.program(asked(found, pairs))) == pytest.approx(truths(found, pairs), abs=1e-9)


@pytest.mark.parametrize("seed", MODELS)
def test_all_ways_to_write_a_mechanism_give_the_same(seed: int) -> None:
    found, pairs = questions(seed, 1)
    for form in FORMS:
        forms = [form] * len(found.variables)
        text = found.program(asked(found, pairs, forms), forms)
        assert answers(text) == pytest.approx(truths(found, pairs), abs=1e-9)


@pytest.mark.parametrize("seed", SAMPLED)
def test_samples_agree(seed: int) -> None:
    found, pairs = questions(seed, 1)
    text = found.program(asked(found, pairs))
    for method in ("importance", "smc"):
        given = Program.parse(text).answers(Goal(precision=0.01, seed=seed, seconds=60), method)
        for answer, truth in zip(given, truths(found, pairs), strict=True):
            assert agrees(answer.probability or 0.0, truth, max(answer.mcse, 1e-3))


@pytest.mark.parametrize("seed", MODELS)
def test_a_variable_set_to_its_own_value_changes_nothing(seed: int) -> None:
    found, pairs = questions(seed, 1)
    name = found.fixed[0][0]
    own = called(found)[int(name[1])]
    found = Model(found.variables, found.forms, found.told)
    plain = [f"{found.shown(one)} and {found.shown(other)}" for one, other in pairs]
    before, told = answers(found.program(plain)), found.program([])
    assert answers(f"{told}do({own}, {own})\n" + "\n".join([f"query({each})" for each in plain])) == pytest.approx(
        before
    )


@pytest.mark.parametrize("seed", MODELS)
def test_interventions_on_different_variables_commute(seed: int) -> None:
    found, pairs = questions(seed, 2)
    other = Model(found.variables, found.forms, found.told, found.fixed[::-1])
    texts = asked(found, pairs)
    assert answers(found.program(texts)) == pytest.approx(answers(other.program(texts)), abs=1e-9)


@pytest.mark.parametrize("seed", MODELS)
def test_to_undo_an_intervention_restores_the_fact(seed: int) -> None:
    found, _ = questions(seed, 1)
    name = found.fixed[0][0]
    shown = called(found)
    own = shown[int(name[1])]
    restored = "\n".join([f"query({each} == actual({each}))" for each in shown])
    assert answers(f"{found.program([])}do({own}, actual({own}))\n{restored}") == pytest.approx([1.0] * len(shown))


@pytest.mark.parametrize("seed", MODELS)
def test_each_world_has_its_own_marginals(seed: int) -> None:
    """Without evidence an intervention is a program in which the equation of its target is a constant."""
    found, pairs = questions(seed, 1)
    texts = [found.shown(test) for _, test in pairs]
    name, value = found.fixed[0]
    fixed = Model([*found.variables], [*found.forms], found.told)
    place = int(name[1])
    constant = tuple(
        [1.0 if each == value and type(each) is type(value) else 0.0 for each in found.variables[place].values]
    )
    fixed.variables[place] = type(found.variables[place])(
        name, found.variables[place].kind, found.variables[place].test, {True: constant, False: constant}
    )
    assert answers(found.program(texts, told=False)) == pytest.approx(
        answers(fixed.program(texts, told=False)), abs=1e-9
    )


def test_a_wrong_coupling_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws that are made again, whatever they were in fact, are found among these models."""
    monkeypatch.setattr("plot.runtime.evaluator.sampling.coupled", lambda here, drawable, draws: drawable.distribution)
    wrong = 0
    for seed in MODELS[:20]:
        found, pairs = questions(seed, 1)
        wrong += answers(found.program(asked(found, pairs))) != pytest.approx(truths(found, pairs), abs=1e-9)
    assert (1 - wrong / 20) ** (3 * len(MODELS)) < FAILURE_RATE


# -- by hand ---------------------------------------------------------------------------------------------------

TREATED = "treated = flip(0.5)\nok = flip(0.8 if treated else 0.4)\n"
BY_HAND = {
    "what failed untreated": (TREATED + "condition(not treated and not ok)\ndo(treated, True)\nquery(ok)", 2 / 3),
    "two other worlds": (TREATED + "do(treated, True)\nwas = ok\ndo(treated, False)\nquery(was and not ok)", 0.4),
    "not the other way": (TREATED + "do(treated, True)\nwas = ok\ndo(treated, False)\nquery(ok and not was)", 0.0),
    "the fact in a file": (TREATED + "condition(ok)\ndo(treated, False)\nquery(actual(treated) and ok)", 0.2 / 0.6),
    "a name of the world": (TREATED + "bad = not ok\ndo(treated, True)\nquery(bad)", 0.2),
    "a name for the question": (TREATED + "do(treated, True)\nbad = not ok\ndo(treated, False)\nquery(bad)", 0.2),
    "a draw that did not run": (
        "a = flip(0.5)\nb = flip(0.3) if a else False\ncondition(not a)\ndo(a, True)\nquery(b)",
        0.3,
    ),
    "a draw that vanished": ("a = flip(0.5)\nb = flip(0.3) if a else False\ncondition(b)\ndo(a, False)\nquery(b)", 0.0),
    "other families are other noise": (
        "a = flip(0.5)\nb = flip(0.5) if a else randint(0, 1) == 1\ncondition(a and b)\ndo(a, False)\nquery(b)",
        0.5,
    ),
    "draws one after the other": (
        "a = flip(0.5)\nb = flip(0.2)\nif a:\n    b = flip(0.6)\ncondition(a and b)\ndo(a, False)\nquery(b)",
        0.2,
    ),
    "kept names": (
        't = flip()\nc = categorical([0.5, 0.5] if t else [0.2, 0.8], ["a", "b"])\n'
        'condition(t and c == "a")\ndo(t, False)\nquery(c == "a")',
        0.4,
    ),
    "evidence in a function": (
        "@mem\ndef f(a):\n    x = flip()\n    observe(flip(0.9 if x else 0.1), True)\n    return x\ny = 1\n"
        "condition(f(1) or flip(0.5))\ndo(y, 2)\nquery(f(1))",
        0.45 / 0.475,
    ),
    "evidence that fails elsewhere": ("x = randint(1, 2)\ncondition(2 / x > 0.5)\ndo(x, 0)\nquery(x == 0)", 1.0),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_by_hand(case: str) -> None:
    text, truth = BY_HAND[case]
    assert Program.parse(text).answers(method="exact")[0].probability == pytest.approx(truth)


SEVERAL = "@mem\ndef ill(p):\n    return categorical([0.2, 0.3, 0.5], ['flu', 'cold', 'none'])\n@mem\ndef hot(p):\n    return flip(0.9 if ill(p) == 'flu' else 0.1)\n"
RESTRICTED = {
    "what is kept or replaced": (
        SEVERAL + "condition(hot(1))\ndo(ill(1), where=lambda i: i != 'flu')\nquery(ill(1) == 'none')",
        0.625,
    ),
    "what follows from it": (
        SEVERAL + "condition(hot(1))\ndo(ill(1), where=lambda i: i != 'flu')\nquery(hot(1))",
        0.1 / 0.26,
    ),
    "others are as they were": (SEVERAL + "do(ill(1), where=lambda i: i != 'flu')\nquery(ill(2) == 'flu')", 0.2),
    "quantiles": ("n = randint(1, 6)\ndo(n, where=lambda k: k > 3)\nquery(n - actual(n) == 2)", 1 / 3),
    "parents as they were": (
        "a = flip(0.4)\nn = randint(1, 2) if a else randint(1, 4)\ndo(n, where=lambda k: k > 1)\nquery(n == 2)",
        0.4 + 0.6 / 3,
    ),
    "relative to what it was": (
        "n = randint(1, 3)\ncondition(n < 3)\ndo(n, where=lambda k: k > n)\nquery(n == 3)",
        0.5,
    ),
    "set again": ("n = randint(1, 4)\ndo(n, where=lambda k: k > 2)\ndo(n, 1)\nquery(n == 1)", 1.0),
    "restricted again": ("n = randint(1, 4)\ndo(n, 1)\ndo(n, where=lambda k: k > 2)\nquery(n == 3)", 0.5),
    "the absolute value of a draw": (
        "n = abs(randint(-3, 3))\ndo(n, where=lambda k: k > 1)\nquery(n == 3)",
        0.5,
    ),
    "a constant that passes": (
        "@mem\ndef f(x):\n    return randint(1, 4) if x == 1 else 9\ndo(f(2), where=lambda k: k > 2)\ndo(f(1), where=lambda k: k > 2)\nquery(f(1) == 3 and f(2) == 9)",
        0.5,
    ),
    "a test with a name": ("def big(k):\n    return k > 2\nn = randint(1, 4)\ndo(n, where=big)\nquery(n == 3)", 0.5),
}


@pytest.mark.parametrize("case", RESTRICTED)
def test_restricted_by_hand(case: str) -> None:
    text, truth = RESTRICTED[case]
    for method in ("exact", "importance"):
        answer = Program.parse(text).answers(Goal(precision=0.01), method)[0]
        assert agrees(answer.probability or 0.0, truth, max(answer.mcse, 1e-12))


def test_restricted_reals_keep_their_quantile_within_what_is_left() -> None:
    text = "x = {}\nt = {}\ndo(x, where=lambda v: 1 < v and v <= t)\nquery([actual(x), x, t])"
    for drawn, law in (("normal(0, 2)", stats.norm(0, 2)), ("gamma(2, 1)", stats.gamma(2))):
        for was, now, most in values(ran(text.format(drawn, "uniform(2, 9)"), 200)):
            low, high = law.cdf(1), law.cdf(most)
            assert law.cdf(now) == pytest.approx(low + law.cdf(was) * (high - low), abs=1e-9)
    for was, now, most in values(ran(text.format("poisson(3)", "randint(4, 9)"), 400)):
        assert 2 <= now <= most
        assert now >= min(was, 2)


@pytest.mark.parametrize("low", [0.5, 4])
def test_restricted_absolute_values_keep_the_quantile_of_the_draw(low: float) -> None:
    law = stats.norm(2, 3)
    for was, now in values(ran(f"x = abs(normal(2, 3))\ndo(x, where=lambda v: {low} < v)\nquery([actual(x), x])", 300)):
        below, above = law.cdf(-low), law.sf(low)
        wanted = [
            law.ppf(t) if t < below else law.isf(above + below - t)
            for t in (law.cdf(z) * (below + above) for z in (was, -was))
        ]
        assert min(abs(now - abs(one)) for one in wanted) < 1e-8


def test_what_is_restricted_is_so_in_all_particles_where_branches_ask_for_it_in_turn() -> None:
    text = (
        "@mem\ndef s(a):\n    return normal(50, 20)\n@mem\ndef l(a):\n    return flip(0.3)\n"
        "def pull(a):\n    return s(a) / 2 if l(a) else s(a)\n"
        "do(s(1), where=lambda k: k > 60)\nquery([l(1), pull(1), s(1), actual(s(1))])"
    )
    law = stats.norm(50, 20)
    for lazy, pull, now, was in values(ran(text, 200)):
        assert pull == pytest.approx(now / 2 if lazy else now)
        assert law.cdf(now) == pytest.approx(law.cdf(60) + law.cdf(was) * law.sf(60), abs=1e-9)


def test_restricted_whole_numbers_of_a_wide_range() -> None:
    for was, now in values(ran("x = randint(100, 999)\ndo(x, where=lambda k: k > 500)\nquery([actual(x), x])", 500)):
        assert now == pytest.approx(501 + (was - 100) * 499 / 900, abs=1)


REFUSED = {
    "@mem\ndef f(x):\n    return randint(1, 4) if x == 1 else 0\ndo(f(2), where=lambda k: k > 2)\nquery(f(2))": "no value that this can have",
    "x = normal(0, 1)\nz = x + 1\ndo(z, where=lambda k: k > 3)\nquery(x)": "only what is drawn from a distribution",
    "x = normal(0, 1)\ndo(x, where=lambda k: k * k > 3)\nquery(x)": "too many values to try this test on each",
    "x = normal(0, 1)\ndo(x, where=x > 3)\nquery(x)": "where needs a function",
    "x = normal(0, 1)\ny = lambda a, b: a\ndo(x, where=y)\nquery(x)": "where needs a function",
    "x = randint(1, 3)\ndo(x, where=lambda k: k > 3)\nquery(x)": "no value that this can have",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_can_not_be_restricted(text: str) -> None:
    with pytest.raises(PlotError, match=REFUSED[text]):
        Program.parse(text).answers()


def test_names_of_the_questions_own_block_keep_their_value() -> None:
    whole = divided(TREATED + "do(treated, True)\nquery(was and not ok)")
    asked = parse("do(treated, True)\nwas = ok\ndo(treated, False)\nquery(was and not ok)")
    before = parse("was = ok\ndo(treated, False)\nquery(was and not ok)")
    for question, truth in ((asked, 0.4), (before, 0.2)):
        found = Exact().infer(replace(whole, question=question), Goal())[0].marginals[0]
        assert found.probability == pytest.approx(truth)  # type: ignore[attr-defined]


@pytest.mark.parametrize("draw", ["flip(0.9 if v{0} else 0.2)", "flip(0.9) if v{0} else flip(0.2)"])
def test_a_long_chain_is_answered_exactly(draw: str) -> None:
    """Fact and counterfactual go down the chain together: a Markov chain of pairs."""
    length = 30
    lines = ["v0 = flip(0.5)", *[f"v{i} = {draw.format(i - 1)}" for i in range(1, length)]]
    last = f"v{length - 1}"
    text = "\n".join([*lines, f"condition({last})", "do(v0, False)", f"query({last})"])
    pairs = {(True, False): 0.5, (False, False): 0.5}
    for _ in range(1, length):
        after: dict[tuple[bool, bool], float] = {}
        for (one, other), weight in pairs.items():
            p, q = (0.9 if one else 0.2), (0.9 if other else 0.2)
            shares = {(True, True): min(p, q), (False, False): 1 - max(p, q)}
            shares |= {(True, False): max(0.0, p - q), (False, True): max(0.0, q - p)}
            for pair, share in shares.items():
                after[pair] = after.get(pair, 0.0) + weight * share
        pairs = after
    truth = pairs[True, True] / (pairs[True, True] + pairs[True, False])
    assert Program.parse(text).answers(method="exact")[0].probability == pytest.approx(truth, abs=1e-9)


def test_what_can_not_be_compared_is_refused() -> None:
    text = "n = flip()\nx = choice(range(300 if n else 10))\ncondition(n)\ndo(n, False)\nquery(x)"
    with pytest.raises(PlotError, match="few values in one world"):
        Program.parse(text).answers()
