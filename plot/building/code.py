"""The code of a sketch: each quantity as a variable or a function, under the sentences that it comes from."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from plot.building.sketch import THING, Quantity, Sketch, WorldCase, identifier, with_events
from plot.errors import PlotError
from plot.language import parse
from plot.language.library.library import DISTRIBUTIONS
from plot.language.syntax.nodes import Call, Name, walk
from plot.world.inflect import plural

WIDTH = 100
_DRAWN = frozenset(entry.name for entry in DISTRIBUTIONS)
EVEN = 0.5  # the chance of what nobody gave a chance


def model_of(sketch: Sketch) -> str:
    """Return the model of a sketch as code, each part under the sentences that it comes from."""
    parts = [list_of(kind, names) for kind, names in sketch.kinds.items() if names]
    if sketch.things:
        parts.append(f"things = [{', '.join(_quoted(thing) for thing in sketch.things)}]")
    parts += [definition(one, sketch) for one in ordered(sketch)]
    return "\n\n".join(parts) + "\n"


def list_of(kind: str, names: Sequence[str]) -> str:
    """Return the variable that lists the individuals of a kind."""
    return f"{identifier(plural(kind))} = [{', '.join(_quoted(name) for name in names)}]"


def _quoted(text: str) -> str:
    return f'"{identifier(text)}"'


def ordered(sketch: Sketch) -> list[Quantity]:
    """Return the quantities, each after those that it is computed from."""
    found: list[Quantity] = []

    def visit(one: Quantity, above: tuple[str, ...]) -> None:
        if one.name in above:
            chain = " → ".join((*above, one.name))
            raise PlotError(f"quantities depend on one another in a circle: {chain}", hint="leave one of these out")
        for other in sketch.depends_on(one):
            visit(other, (*above, one.name))
        if one not in found:
            found.append(one)

    for one in sketch.quantities.values():
        visit(one, ())
    return found


def definition(one: Quantity, sketch: Sketch, *, remembered: bool = True) -> str:
    """Return the code of a quantity: a variable, or a function that remembers what it draws."""
    said = list(dict.fromkeys(case.source for case in (*one.cases, *one.changes))) or [sketch.sources[one.name]]
    comment = "\n".join(textwrap.wrap(" ".join(said), WIDTH, initial_indent="# ", subsequent_indent="# "))
    if not one.parameters:
        return f"{comment}\n{one.name} = {with_events(_value(one), sketch)}"
    mem = "@mem\n" if remembered and (not one.group or _draws(one)) else ""
    doc = f'    """In {one.unit}."""\n' if one.unit is not None else ""
    return f"{comment}\n{mem}def {one.name}({', '.join(one.parameters)}):\n{doc}{_body(one, sketch)}"


def _draws(one: Quantity) -> bool:
    """Return whether a quantity is itself drawn from a distribution."""
    calls = (node for case in _cases(one) for node in walk(parse(case.code)) if isinstance(node, Call))
    return any(isinstance(call.function, Name) and call.function.id in _DRAWN for call in calls)


def _cases(one: Quantity) -> list[WorldCase]:
    """Return the cases of a quantity, the last one without a test. Raises PlotError where that was not said."""
    cases = one.ordered
    if one.owner == THING and len({case.tests[:1] for case in cases}) == 1:
        cases = [WorldCase(case.code, case.tests[1:], case.source) for case in cases]
    if cases and not cases[-1].tests:
        return cases
    if one.given is not None:
        before = f"({', '.join(one.parameters)})" if one.parameters else ""
        return [*cases, WorldCase(f"{one.usual}{before}", (), "")]
    if one.sort == "truth" and not cases:
        return [WorldCase(f"flip({EVEN})", (), "")]
    if one.sort != "truth":
        raise PlotError(f"it is not said what “{one.phrase}” is otherwise", hint=f"add “The {one.phrase} is …”")
    return [*cases, WorldCase("False", (), "")]


def _value(one: Quantity) -> str:
    """Return the cases of a quantity as one expression."""
    if one.sort == "truth" and one.changes:
        return _likelier(one)
    *conditional, last = _cases(one)
    whole = "".join(f"{case.code} if {_all(case.tests)} else " for case in conditional) + last.code
    for change in one.changes:
        whole = f"({whole}) {step(change)}"
    return whole


def step(change: WorldCase) -> str:
    """Return a change as an operation: `* (0.5 if is_kid(player) else 1)`."""
    operation, _, by = change.code.partition(" ")
    neutral = "1" if operation == "*" else "0"
    return f"{operation} ({by} if {_all(change.tests)} else {neutral})" if change.tests else f"{operation} ({by})"


def likelier(chance: str, changes: Iterable[WorldCase]) -> str:
    """Return a chance that is changed by factors, at most 1."""
    return f"min([1, ({chance}) {' '.join(step(change) for change in changes)}])"


def _likelier(one: Quantity) -> str:
    """Return the cases of what is true or not, each of whose chances is changed."""
    *conditional, last = [
        WorldCase(
            re.sub(r"^flip\((.*)\)$", lambda m: f"flip({likelier(m[1], one.changes)})", case.code), case.tests, ""
        )
        for case in _cases(one)
    ]
    return "".join(f"{case.code} if {_all(case.tests)} else " for case in conditional) + last.code


def _body(one: Quantity, sketch: Sketch) -> str:
    """Return the body of a function: a case a line, where there are several."""
    *conditional, last = _cases(one)
    if len(conditional) < 2 or one.changes:
        return f"    return {with_events(_value(one), sketch)}"
    lines = []
    for case in conditional:
        test, code = (with_events(text, sketch) for text in (_all(case.tests), case.code))
        lines.append(f"    if {test}:\n        return {code}")
    return "\n".join([*lines, f"    return {with_events(last.code, sketch)}"])


def _all(tests: Sequence[str]) -> str:
    return " and ".join(test if len(tests) == 1 else f"({test})" for test in tests)


__all__ = ["EVEN", "WIDTH", "definition", "likelier", "list_of", "model_of", "ordered", "step"]
