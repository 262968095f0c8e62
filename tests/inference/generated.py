"""Programs made at random: finite ones with evidence, for exact answers, and models that simulate their own data."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from plot.language import parse
from plot.runtime import RunPlan, run

# -- finite programs with evidence ---------------------------------------------------------------------------

CHANCES = st.integers(1, 19).map(lambda n: n / 20)


@st.composite
def finite_problems(draw: st.DrawFn) -> tuple[str, list[str], str]:
    """Draw a setting of finite choices, one to three factors of evidence, and a question."""
    lines, names = ["@mem\ndef trait(who):\n    return flip(0.3)"], ['trait("a")', 'trait("b")']
    truths = list(names)
    for i in range(draw(st.integers(2, 4))):
        name = f"x{i}"
        text, truth = draw(_choices(truths))
        lines.append(f"{name} = {text}")
        names.append(name)
        truths.append(name if truth else f"{name} > 0")
    evidence = [draw(_evidence(truths, names)) for _ in range(draw(st.integers(1, 3)))]
    return "\n".join(lines), evidence, f"query({draw(st.sampled_from(names))})"


@st.composite
def _choices(draw: st.DrawFn, truths: list[str]) -> tuple[str, bool]:
    """Draw a random choice that may depend on truths before it, and whether it is a truth itself."""
    given = draw(st.sampled_from(truths))
    one, other = draw(CHANCES), draw(CHANCES)
    kind = draw(st.sampled_from(["flip", "randint", "categorical", "binomial", "branch"]))
    if kind == "flip":
        return f"flip({one} if {given} else {other})", True
    if kind == "randint":
        return f"randint(0, 3 if {given} else 1)", False
    if kind == "categorical":
        return f"categorical([{one}, {other}, 0.5 if {given} else 0.1])", False
    if kind == "binomial":
        return f"binomial(2, {one} if {given} else {other})", False
    return f"(randint(1, 3) if {given} else flip({one}) + 0)", False


@st.composite
def _evidence(draw: st.DrawFn, truths: list[str], names: list[str]) -> str:
    one, other = draw(st.sampled_from(truths)), draw(st.sampled_from(truths))
    kind = draw(st.sampled_from(["hard", "or", "soft", "figure"]))
    if kind == "hard":
        return f"condition({one})" if draw(st.booleans()) else f"condition(not ({one}))"
    if kind == "or":
        return f"condition({one} or not ({other}))"
    if kind == "soft":
        return f"observe(flip({draw(CHANCES)} if {one} else {draw(CHANCES)}), {draw(st.booleans())})"
    return f"observe(normal({draw(st.sampled_from(names))} + 0, 1), {draw(st.integers(-1, 3))})"


# -- models that simulate their own data ---------------------------------------------------------------------


@dataclass(frozen=True)
class Simulator:
    """A prior, the number that is asked for, and distributions of data by their text."""

    prior: str
    asked: str
    data: tuple[str, ...]

    def drawn(self, seed: int) -> tuple[float, list[float]]:
        """Draw the number and the data from the model."""
        text = "\n".join([self.prior, *[f"query({d})" for d in self.data], f"query({self.asked} + 0)"])
        *data, truth = [float(value) for value in run(parse(text), 1, RunPlan(seed=seed)).queries]  # type: ignore[arg-type]
        return truth, data

    def simulated(self, seed: int) -> tuple[float, list[str]]:
        """Draw the number and the data from the model; return it, and the data as evidence."""
        truth, data = self.drawn(seed)
        return truth, [f"observe({d}, {value!r})" for d, value in zip(self.data, data, strict=True)]


def random_simulator(seed: int, soft: bool = False) -> Simulator:
    """Make a model of two or three latents and up to six data; with `soft` all are real and no branch is random."""
    draw = Random(seed)
    figure = [f"normal({draw.uniform(-2, 2):.2f}, {draw.uniform(0.5, 2):.2f})", "exponential(0.7)", "gamma(2, 1.5)"]
    first = draw.choice(figure)
    second = f"normal({draw.uniform(-0.5, 0.5):.2f} * x, {draw.uniform(0.5, 2):.2f})"
    lines = [f"x = {first}", f"y = {second}"]
    if not soft:
        lines.append(f"z = flip({draw.uniform(0.2, 0.8):.2f})")
    mean = "x + y" if soft else draw.choice(["x + y", "(x if z else y)"])
    data = [f"normal({mean}, {draw.uniform(0.3, 1.5):.2f})" for _ in range(draw.randint(1, 3))]
    data += [f"student_t(5, {draw.choice('xy')}, 0.8)" for _ in range(draw.randint(0, 2))]
    if not soft:
        data.append("bernoulli(0.8 if z else 0.3)")
    return Simulator("\n".join(lines), draw.choice("xy"), tuple(data))
