"""Extreme and hostile programs, each with its right answer, or with the refusals that are as good.

`right` is the answer to the first query (a probability, or a mean with the posterior's standard deviation in `sd`), and
`why` says where it comes from. A program may be refused where `refused` matches the error's message.
"""

from __future__ import annotations

from dataclasses import dataclass

OVER = "over the budget of (seconds|memory|sites|list_length|depth)|^a list of|is too wide|a table of"


@dataclass(frozen=True, slots=True)
class Extreme:
    """A program, its right answer with the reason, and what its refusal says; `quick` ones run in every check."""

    text: str
    right: float | None = None
    why: str = ""
    sd: float | None = None
    refused: str | None = None
    quick: bool = False
    spread: float = 2.0  # times the standard error of an sd if the posterior were normal and ESS independent


def _loop(*lines: str) -> str:
    return "\n".join(lines)


def _grid(n: int) -> str:
    """Return an Ising grid of n x n sites, of which one corner is known."""
    sites = [f"s{i}_{j} = flip(0.5)" for i in range(n) for j in range(n)]
    pairs = [(f"s{i}_{j}", f"s{i}_{j + 1}") for i in range(n) for j in range(n - 1)]
    pairs += [(f"s{i}_{j}", f"s{i + 1}_{j}") for i in range(n - 1) for j in range(n)]
    seen = [f"observe(flip(0.8 if {a} == {b} else 0.3), True)" for a, b in pairs]
    return "\n".join([*sites, *seen, "condition(s0_0)", f"query(s{n // 2}_{n // 2})"])


def _clique(n: int) -> str:
    """Return flips of which each pair is more likely to agree."""
    sites = [f"s{i} = flip(0.5)" for i in range(n)]
    seen = [f"observe(flip(0.6 if s{i} == s{j} else 0.4), True)" for i in range(n) for j in range(i)]
    return "\n".join([*sites, *seen, "query(s0)"])


EXTREMES: dict[str, Extreme] = {
    # -- counts whose values can't be listed
    "a binomial count of 1e8": Extreme("query(binomial(100000000, 0.5))", 5e7, "n p", 5e3, quick=True),
    "a binomial count of 7e8": Extreme("query(binomial(700000000, 0.1))", 7e7, "n p", 7937.3, quick=True),
    "an observed count of 1e8": Extreme(
        "p = beta(1, 1)\nobserve(binomial(100000000, p), 25000000)\nquery(p)",
        0.25,
        "beta(25000001, 75000001)",
        4.33e-5,
        "over the budget|unlikely",
    ),
    "a Poisson count of 1e12": Extreme("query(poisson(1000000000000))", 1e12, "the rate", 1e6, quick=True),
    "whole numbers up to 1e9": Extreme("query(randint(1, 999999999))", 5e8, "half of 1e9", 2.887e8, quick=True),
    "a rare geometric count": Extreme("query(geometric(0.000001))", 999999.0, "(1 - p) / p", 1e6, quick=True),
    "a random number of trials": Extreme(
        "n = randint(1000000, 3000000)\nquery(binomial(n, 0.5))", 1e6, "half of the mean of n", 2.89e5, quick=True
    ),
    # -- long lists
    "distinct ones of 3,000 numbers": Extreme(
        "xs = [randint(1, 1000000) for i in range(3000)]\nquery(len(distinct(xs)))",
        2995.5,
        "1e6 (1 - (1 - 1e-6)^3000)",
        2.12,
        OVER,
    ),
    "in 3,000 numbers": Extreme(
        "xs = [randint(1, 1000000) for i in range(3000)]\nquery(77 in xs)", 0.0029955, "1 - (1 - 1e-6)^3000", None, OVER
    ),
    "3,000 normals sorted": Extreme(
        "xs = [normal(0, 1) for i in range(3000)]\nquery(sorted(xs)[1500])", 0.0004, "an order statistic", 0.0229, OVER
    ),
    "9,000 numbers shuffled": Extreme("query(first(shuffle(range(9000))))", 4499.5, "any of them", 2598.1, OVER),
    "argmax over 5,000": Extreme(
        "xs = [normal(0, 1) for i in range(5000)]\nquery(argmax(lambda i: xs[i], range(5000)))",
        2499.5,
        "any of them",
        1443.4,
        OVER,
    ),
    "pairs of 4,000": Extreme(
        _loop(
            "xs = [normal(0, 1) for i in range(4000)]",
            "ys = [normal(0, 1) for i in range(4000)]",
            "query(sum([x * y for x, y in zip(xs, ys)]))",
        ),
        0.0,
        "independent",
        63.2,
        OVER,
    ),
    "a random number of items": Extreme(
        "n = poisson(5)\nquery(len([i for i in range(n * 100) if i >= 0]))",
        500.0,
        "100 times the rate",
        223.6,
        OVER,
        True,
    ),
    "a comprehension of a comprehension": Extreme(
        "query(sum([x for row in [[flip(0.5) for i in range(100)] for j in range(100)] for x in row]))",
        5000.0,
        "10,000 flips",
        50.0,
        OVER,
    ),
    "2,000 records": Extreme(
        'rs = [{"a": normal(0, 1), "b": flip(0.5), "c": i} for i in range(2000)]\nquery(sum([r.a + r.b for r in rs]))',
        1000.0,
        "median island",
        50.0,
        OVER,
    ),
    "a choice with 9,000 odds": Extreme(
        "query(categorical([1 for i in range(9000)]))", 4499.5, "any of them", 2598.1, OVER, True
    ),
    "odds that are random": Extreme(
        "query(categorical([exponential(1) for i in range(3000)]))", 1499.5, "any of them", 866.0, OVER
    ),
    "a table of 9,000 remembered values": Extreme(
        "@mem\ndef f(i):\n    return flip(0.5)\nquery(sum([f(i) for i in range(9000)]))",
        4500.0,
        "median island",
        47.4,
        OVER,
    ),
    "numbers remembered": Extreme(
        "@mem\ndef f(x):\n    return flip(0.5)\nquery(sum([f(normal(0, 1)) for i in range(3000)]))",
        1500.0,
        "median island",
        27.4,
        OVER,
    ),
    # -- many observations
    "1,000 rows observed in a loop": Extreme(
        "m = normal(0, 10)\nfor i in range(1000):\n    observe(normal(m, 1), i % 7)\nquery(m)",
        2.99697,
        "the sum of the rows, 2,997, over 1000 + 1/100",
        0.0316,
        OVER,
    ),
    "3,000 flips observed in a loop": Extreme(
        "p = uniform(0, 1)\nfor i in range(3000):\n    observe(flip(p), i % 3 == 0)\nquery(p)",
        1001 / 3002,
        "beta(1001, 2001)",
        0.0086,
        f"{OVER}|did not converge to the posterior",
    ),
    "20,000 conditions": Extreme(
        "x = flip(0.3)\nfor i in range(10000):\n    for j in range(3):\n        condition(x or i >= 0)\nquery(x)",
        None,
        refused="over the budget of sites",
    ),
    # -- finite, and wide
    "an Ising grid of 12 x 12": Extreme(_grid(12), 0.6214482, "a transfer matrix, site by site", None, OVER),
    "a clique of 24": Extreme(_clique(24), 0.5, "symmetry", None, OVER),
    "a sum of 40 flips": Extreme("query(sum([flip(0.5) for i in range(40)]))", 20.0, "median island", 3.16, OVER),
    "a parity of 60 flips": Extreme(
        "query(sum([flip(0.3) for i in range(60)]) % 2 == 1)", 0.5, "(1 - 0.4^60) / 2", None, OVER
    ),
    # -- recursion
    "a recursion that ends at random": Extreme(
        "def g(p):\n    return 1 if flip(p) else 1 + g(p)\nquery(g(0.5))",
        2.0,
        "1 / p",
        1.414,
        "over the budget of depth",
    ),
    "a random grammar": Extreme(
        "def s():\n    return 1 if flip(0.6) else s() + s()\nquery(s())",
        3.0,
        "0.6 / (0.6 - 0.4)",
        4.9,
        "over the budget of (depth|seconds|sites)",
    ),
    "a recursion without an end": Extreme(
        "def f(n):\n    return f(n + 1)\nquery(f(0))", refused="over the budget of depth", quick=True
    ),
    "two calls of each": Extreme(
        "def f(n):\n    return 1 if n == 0 else f(n - 1) + f(n - 1)\nquery(f(100))",
        refused="over the budget of seconds",
    ),
    # -- what grows
    "a list that doubles": Extreme(
        "xs = [flip(0.5)]\nfor i in range(60):\n    xs = xs + xs\nquery(len(xs))",
        refused="over the budget of list_length",
        quick=True,
    ),
    "a tree of lists": Extreme(
        "x = [1]\nfor i in range(60):\n    x = [x, x]\nquery(len(x))",
        refused="over the budget of list_length",
        quick=True,
    ),
    "loops within loops": Extreme(
        "t = 0\nfor i in range(10000):\n    for j in range(10000):\n        t += 1\nquery(t)",
        refused="over the budget of seconds",
    ),
    "a range of 1e9": Extreme(
        "query(len(range(10 ** 9)))", refused="over the budget of list_length|a whole number", quick=True
    ),
    "a tower of powers": Extreme("query(10 ** 10 ** 10)", refused="too large", quick=True),
    "a long sum": Extreme(
        f"query({' + '.join(['1'] * 5000)})", 5000.0, "counted", 0.0, "over the budget of|nested", True
    ),
    "a long text": Extreme(f"query({' + '.join(['1000000'] * 50000)})", refused="over the budget of bytes", quick=True),
    "ifs within ifs": Extreme(
        f"x = flip(0.5)\nquery({'(1 if x else ' * 300}0{')' * 300})", 0.5, "a flip", None, "nested|depth", True
    ),
    # -- evidence
    "a rare number": Extreme(
        "x = normal(0, 1)\ncondition(x > 8)\nquery(x)", 8.1213, "phi(8) / (1 - Phi(8))", 0.1184, OVER
    ),
    "a contradiction among many": Extreme(
        _loop(*[f"x{i} = flip(0.5)\ncondition(x{i})" for i in range(30)], "condition(not x7)", "query(x0)"),
        refused="contradict|impossible|unlikely|no world",
        quick=True,
    ),
}
