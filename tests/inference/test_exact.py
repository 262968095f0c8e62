"""Exact inference against hand calculation and brute force, and the sampling methods against it."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable

import pytest

from plot.errors import BudgetError, ImpossibleError, PlotError
from plot.inference import Boolean, Choice, Goal, Members, Number, Posterior, Problem, infer
from plot.inference.methods.exact.exact import Exact
from plot.language import ProgramNode, parse
from tests.inference import models
from tests.support.tolerances import agrees

NOTHING = ProgramNode(body=())


def answer(text: str, method: str = "exact", **goal: float) -> Posterior:
    return infer(Problem(NOTHING, (), parse(text)), Goal(**goal), method)[0]  # type: ignore[arg-type]


PROGRAMS: dict[str, tuple[str, float, float]] = {
    "dice": ("a = randint(1, 6)\nb = randint(1, 6)\ncondition(a + b == 9)\nquery(a == 6)", 0.25, math.log(1 / 9)),
    "or": ("a = flip(0.5)\nb = flip(0.5)\ncondition(a or b)\nquery(a and b)", 1 / 3, math.log(0.75)),
    "soft": ("a = flip(0.3)\nobserve(flip(0.9 if a else 0.2), True)\nquery(a)", 0.27 / 0.41, math.log(0.41)),
    "branches": ("a = flip(0.5)\nb = flip(0.9) if a else flip(0.1)\ncondition(b)\nquery(a)", 0.9, math.log(0.5)),
    "memo": (
        (
            "x = choice(['a', 'b'])\n@mem\ndef f(p):\n    return flip(0.9 if p == 'a' else 0.2)\n"
            "condition(f(x))\nquery(x == 'a')"
        ),
        0.9 / 1.1,
        math.log(0.55),
    ),
    "memo met in parts": (
        (
            "x = flip(0.5)\nz = flip(0.5)\n@mem\ndef f(p):\n    q = 0.3\n    return flip(q)\n"
            "a = f('a') if x else False\nb = f('a') if z else False\ncondition(a or b)\nquery(x)"
        ),
        2 / 3,
        math.log(0.225),
    ),
    "recursion": ("def g(n):\n    return n if n >= 4 or flip(0.5) else g(n + 1)\nquery(g(0) == 4)", 1 / 16, 0.0),
    "order": ("x = shuffle(['a', 'b', 'c'])\ncondition(x[0] != 'a')\nquery(x[2] == 'a')", 0.5, math.log(2 / 3)),
    "binomial": ("n = binomial(4, 0.5)\ncondition(n > 2)\nquery(n == 4)", 0.2, math.log(5 / 16)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_by_hand(name: str) -> None:
    text, probability, log_evidence = PROGRAMS[name]
    found = answer(text)
    assert isinstance(found.marginals[0], Boolean)
    assert found.marginals[0].probability == pytest.approx(probability)
    assert found.marginals[0].mcse == 0
    assert found.log_evidence == pytest.approx(log_evidence, abs=1e-9)


@pytest.mark.parametrize("method", ["smc", "importance"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_sampling_agrees_with_the_exact_value(name: str, method: str) -> None:
    text, probability, log_evidence = PROGRAMS[name]
    found = answer(text, method, particles=16_384)
    assert isinstance(found.marginals[0], Boolean)
    assert agrees(found.marginals[0].probability, probability, found.marginals[0].mcse)
    assert agrees(found.log_evidence, log_evidence, found.log_evidence_error + 1e-9)


def test_kinds_of_answers() -> None:
    found = answer(
        "a = flip(0.25)\nn = randint(1, 3)\nname = 'tom' if a else 'sue'\n"
        "query(n)\nquery(name)\nquery([x for x in ['u', 'v'] if a or x == 'v'])\nquery(None if a else n)"
    )
    number, choice, members, some = found.marginals
    assert isinstance(number, Number)
    assert (number.mean, number.mcse) == (pytest.approx(2), 0)
    assert number.sd == pytest.approx(math.sqrt(2 / 3))
    assert isinstance(choice, Choice)
    assert choice.probabilities == pytest.approx({"sue": 0.75, "tom": 0.25})
    assert isinstance(members, Members)
    assert members.probabilities == pytest.approx({"v": 1, "u": 0.25})
    assert isinstance(some, Number)
    assert some.undefined == pytest.approx(0.25)


def net(nodes: int, seed: int) -> tuple[str, list[tuple[list[int], list[float]]]]:
    """Return a random sparse binary net as a program and as tables (parents, probability of true by their values)."""
    chance = random.Random(seed)
    lines: list[str] = []
    tables: list[tuple[list[int], list[float]]] = []
    for node in range(nodes):
        parents = chance.sample(range(node), min(node, chance.randint(0, 3)))
        rows = [round(chance.random(), 3) for _ in range(2 ** len(parents))]
        tables.append((parents, rows))
        text = _tree(parents, rows)
        lines.append(f"x{node} = flip({text})")
    return "\n".join(lines) + f"\ncondition(x{nodes - 1})\nquery(x0)\nquery(x{nodes // 2})\n", tables


def _tree(parents: list[int], rows: list[float]) -> str:
    if not parents:
        return str(rows[0])
    half = len(rows) // 2
    return f"({_tree(parents[1:], rows[:half])} if x{parents[0]} else {_tree(parents[1:], rows[half:])})"


def brute_force(tables: list[tuple[list[int], list[float]]]) -> tuple[float, float, float]:
    """Return P(x0), P(middle) given that the last is true, and the probability of that."""
    total, first, middle = 0.0, 0.0, 0.0
    for world in itertools.product([True, False], repeat=len(tables)):
        if not world[-1]:
            continue
        weight = 1.0
        for node, (parents, rows) in enumerate(tables):
            row = 0
            for parent in parents:
                row = 2 * row + (0 if world[parent] else 1)
            weight *= rows[row] if world[node] else 1 - rows[row]
        total += weight
        first += weight * world[0]
        middle += weight * world[len(tables) // 2]
    return first / total, middle / total, total


@pytest.mark.parametrize("seed", range(8))
def test_nets_against_brute_force(seed: int) -> None:
    text, tables = net(8, seed)
    found = answer(text)
    first, middle, evidence = brute_force(tables)
    assert [m.probability for m in found.marginals] == pytest.approx([first, middle])  # type: ignore[union-attr]
    assert found.log_evidence == pytest.approx(math.log(evidence))


def test_a_net_too_large_to_enumerate() -> None:
    chain = "x0 = flip(0.3)\n" + "".join(f"x{i} = flip(0.9 if x{i - 1} else 0.2)\n" for i in range(1, 60))
    found = answer(chain + "condition(x59)\nquery(x0)\n")
    p, q = [1.0, 1.0], [0.0, 1.0]  # messages from the end: P(x59 | x_i) for x_i false, true
    for _ in range(59):
        q = [0.2 * q[1] + 0.8 * q[0], 0.9 * q[1] + 0.1 * q[0]]
    expected = 0.3 * q[1] / (0.3 * q[1] + 0.7 * q[0])
    assert isinstance(found.marginals[0], Boolean)
    assert found.marginals[0].probability == pytest.approx(expected)
    assert p


def test_much_evidence_on_a_chain_against_the_forward_algorithm() -> None:
    length = 30
    seen = [number % 3 != 0 for number in range(length)]
    lines, believed, likelihood = [], [0.5, 0.5], 1.0
    for number, value in enumerate(seen):
        lines.append(f"x{number} = flip({f'0.8 if x{number - 1} else 0.3' if number else 0.5})")
        lines.append(f"e{number} = flip(0.9 if x{number} else 0.2)")
        if number:
            true = 0.3 * believed[0] + 0.8 * believed[1]
            believed = [1 - true, true]
        joint = [believed[x] * (chance if value else 1 - chance) for x, chance in ((0, 0.2), (1, 0.9))]
        likelihood *= sum(joint)
        believed = [part / sum(joint) for part in joint]
    said = [f"condition({'' if value else 'not '}e{number})" for number, value in enumerate(seen)]
    found = answer("\n".join([*lines, *said, f"query(x{length - 1})"]), "exact")
    assert isinstance(found.marginals[0], Boolean)
    assert found.marginals[0].probability == pytest.approx(believed[1])
    assert found.log_evidence == pytest.approx(math.log(likelihood))


def test_what_was_seen_can_be_asked() -> None:
    found = answer(
        "x = flip(0.3)\ny = flip(0.9 if x else 0.2)\ncondition(not x)\nquery(x)\nquery(x or y)\nquery(y)", "exact"
    )
    assert [m.probability for m in found.marginals if isinstance(m, Boolean)] == pytest.approx([0.0, 0.2, 0.2])


CHANCES: dict[str, Callable[[bool, bool, bool], float]] = {
    "0.9 if a else 0.2": lambda a, b, c: 0.9 if a else 0.2,
    "(0.9 if b else 0.6) if a else (0.1 if b else 0.3)": lambda a, b, c: (
        (0.9 if b else 0.6) if a else (0.1 if b else 0.3)
    ),
    "(0.9 if a else 0.6) if b else 0.35": lambda a, b, c: (0.9 if a else 0.6) if b else 0.35,
    "(0.9 if a else 0.6) if a else 0.35": lambda a, b, c: 0.9 if a else 0.35,
    "0.9 if (a and b) else 0.2": lambda a, b, c: 0.9 if a and b else 0.2,
    "0.9 if either else (0.5 if c else 0.2)": lambda a, b, c: 0.9 if a or b else (0.5 if c else 0.2),
    "(0.5 if either else 0.7) if c else 0.2": lambda a, b, c: (0.5 if a or b else 0.7) if c else 0.2,
    "1 if a else 0.2": lambda a, b, c: 1 if a else 0.2,
    "(0.9 if c else 0.6) if not a else 0.35": lambda a, b, c: 0.35 if a else (0.9 if c else 0.6),
}


@pytest.mark.parametrize("chance", CHANCES)
def test_tables_of_chances_against_brute_force(chance: str) -> None:
    priors = {"a": 0.3, "b": 0.6, "c": 0.8}
    lines = [f"{name} = flip({prior})" for name, prior in priors.items()]
    total = share = 0.0
    for world in itertools.product([False, True], repeat=3):
        weight = math.prod([p if value else 1 - p for p, value in zip(priors.values(), world, strict=True)])
        weight *= CHANCES[chance](*world)
        total, share = total + weight, share + world[0] * weight
    said = ["either = a or b", f"d = flip({chance})", "condition(d)", "query(a)", "query(d)"]
    found = answer("\n".join([*lines, *said]), "exact")
    assert [m.probability for m in found.marginals if isinstance(m, Boolean)] == pytest.approx([share / total, 1.0])
    assert found.log_evidence == pytest.approx(math.log(total))


def test_more_choices_than_a_tensor_has_dimensions() -> None:
    def chain(length: int) -> str:
        return "x0 = flip(0.3)\n" + "".join([f"x{i} = flip(0.9 if x{i - 1} else 0.2)\n" for i in range(1, length)])

    sure = "".join([f"{line}\ncondition(x{i})\n" for i, line in enumerate(chain(100).splitlines())])
    found = answer(sure + "query(x99)", "exact")
    assert found.log_evidence == pytest.approx(math.log(0.3) + 99 * math.log(0.9))
    free = answer(chain(100) + "query(x99)", "auto")
    assert free.method == "exact"
    assert isinstance(free.marginals[0], Boolean)
    assert free.marginals[0].probability == pytest.approx(2 / 3)  # where the chain is at rest


def test_hard_conditions_prune_while_enumerating() -> None:
    text = "".join(f"x{i} = flip(0.3)\ncondition(x{i})\n" for i in range(30))
    text += "query(" + " + ".join(f"x{i}" for i in range(30)) + ")\n"
    found = answer(text)
    assert isinstance(found.marginals[0], Number)
    assert found.marginals[0].mean == pytest.approx(30)
    assert found.log_evidence == pytest.approx(30 * math.log(0.3))


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(PlotError, match="finitely many values; x is Normal"):
        answer("x = normal(0, 1)\nquery(x > 0)")
    with pytest.raises(PlotError, match="finitely many"):
        answer("query(log_normal(2, 1) > 1)")


def test_what_is_too_large_ends_with_an_error() -> None:
    with pytest.raises((BudgetError, PlotError), match="exact"):
        answer("query(sum([choice([1, 2.5, 7]) * 2 ** i for i in range(40)]))", seconds=60)


def test_impossible_evidence() -> None:
    with pytest.raises(ImpossibleError):
        answer("x = flip(0.5)\ncondition(x)\ncondition(not x)\nquery(x)")


def test_what_is_very_unlikely_is_not_impossible() -> None:
    told = ["observe(normal(0 if x else 100, 1), 0)", "observe(normal(101 if x else 1, 1), 1)"]
    found = answer("\n".join(["x = flip(0.4)", *told, "query(x)"]))
    assert isinstance(found.marginals[0], Boolean)
    assert found.marginals[0].probability == pytest.approx(0.4)
    assert found.log_evidence == pytest.approx(-5_000 - math.log(2 * math.pi))
    with pytest.raises(ImpossibleError):
        answer("\n".join(["x = flip(0.4)", *told, "condition(x)", "condition(not x)", "query(x)"]))


def test_the_chooser_takes_the_exact_method_for_finite_programs() -> None:
    found = answer(PROGRAMS["dice"][0], "auto")
    assert found.method == "exact"
    assert "summed" in found.reason
    assert answer("x = normal(0, 1)\nquery(x)", "auto").method == "importance"
    rare = "x = normal(0, 1)\ny = normal(0, 1)\ncondition(x > 4)\nquery(y)"
    assert answer(rare, "auto").method == "smc"


@pytest.mark.parametrize(
    "evidence",
    [
        "observe(choice(['bob']), ['tom', 'ann'][flip()])",
        "observe(categorical([1, 2, 1], [1, 1, flip()]), 2)",
        "observe(randint(3, 4), randint(0, 1))",
    ],
)
def test_a_factor_that_is_impossible_everywhere(evidence: str) -> None:
    with pytest.raises(ImpossibleError):
        Exact().infer(models.problem("x = flip()", evidence, ask="query(x)"), Goal())


def test_a_choice_of_one_value_within_a_function() -> None:
    found, _ = Exact().infer(models.problem("def f(n):\n    return randint(0, n)\nn = 0", ask="query(f(n))"), Goal())
    assert models.number(found).mean == 0
