"""From utterances with their readings to one program: several readings of one become a latent choice in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from plot.language import parse, show
from plot.language.nodes import (
    Assign,
    Call,
    Compare,
    Constant,
    Do,
    Expr,
    FunctionDef,
    If,
    ListExpr,
    Name,
    NameTarget,
    Program,
    Query,
    Statement,
    walk,
)
from plot.translate.base import Reading, Told

WEIGHT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Block:
    """The statements of one utterance; `site` is the variable that holds which of several readings is meant."""

    said: Told
    program: Program
    site: str | None = None

    @property
    def text(self) -> str:
        """The block as canonical text."""
        return show(self.program)


def list_of_names(variable: str, names: Sequence[str]) -> Program:
    """Return `variable = ["tom", "john"]`."""
    items = tuple(Constant(value=name) for name in names)
    return Program(body=(Assign(target=NameTarget(id=variable), value=ListExpr(items=items)),))


def block(said: Told, number: int | str, source: str, taken: Collection[str] = ()) -> Block:
    """Return an utterance as statements; `number` names its latent choice, `taken` are names that it may not use.

    `source` is what errors call the text of its readings.
    """
    programs = [
        parse(reading.code, source if len(said.readings) == 1 else f"{source}, reading {i}")
        for i, reading in enumerate(said.readings)
    ]
    if len(programs) == 1:
        return Block(said, programs[0])
    site = fresh(f"reading_{number}", taken)
    bodies = [program.body for program in programs]
    after: tuple[Statement, ...] = ()
    if said.act == "question":
        answer = fresh("answer", {*taken, *(name for program in programs for name in names_in(program))})
        bodies = [tuple(_kept_as(answer, statement) for statement in body) for body in bodies]
        after = (Query(value=Name(id=answer)),)
    statements = (_draw(site, said.readings), _branches(site, bodies), *after)
    return Block(said, Program(body=statements), site)


def _kept_as(answer: str, statement: Statement) -> Statement:
    if isinstance(statement, Query):
        return Assign(target=NameTarget(id=answer), value=statement.value, span=statement.span)
    return statement


def _draw(site: str, readings: Sequence[Reading]) -> Statement:
    """Return `site = categorical([weights])`; the weights are rounded so that the text is readable, and sum to one."""
    weights = [round(reading.weight, WEIGHT_DIGITS) for reading in readings]
    weights[0] = round(1 - sum(weights[1:]), WEIGHT_DIGITS)
    listed = ListExpr(items=tuple(Constant(value=float(weight)) for weight in weights))
    return Assign(target=NameTarget(id=site), value=Call(function=Name(id="categorical"), args=(listed,)))


def _branches(site: str, bodies: Sequence[tuple[Statement, ...]]) -> Statement:
    orelse = bodies[-1]
    for number in range(len(bodies) - 2, -1, -1):
        test: Expr = Compare(left=Name(id=site), ops=("==",), comparators=(Constant(value=number),))
        orelse = (If(test=test, body=bodies[number], orelse=orelse),)
    return orelse[0]


def can_branch(reading: Reading, source: str) -> bool:
    """Tell whether a reading can be one of several: an intervention stands at the top level only."""
    return not any(isinstance(node, Do) for node in walk(parse(reading.code, source)))


def fresh(name: str, taken: Collection[str]) -> str:
    """Return `name`, with underscores after it where it is taken.

    >>> fresh("answer", {"answer"})
    'answer_'
    """
    while name in taken:
        name += "_"
    return name


def names_in(program: Program) -> Iterator[str]:
    """Yield every variable and function that a program mentions."""
    for node in walk(program):
        if isinstance(node, (Name, NameTarget)):
            yield node.id
        elif isinstance(node, FunctionDef):
            yield node.name


def query_of(site: str) -> Program:
    """Return the query of a latent choice."""
    return Program(body=(Query(value=Name(id=site)),))


def site_label(address: str, sites: Collection[str]) -> str:
    """Return a site's address as it is shown: the choice `reading_2` is `reading[2]`.

    >>> site_label("reading_2", {"reading_2"}), site_label("strength(tom)", ())
    ('reading[2]', 'strength(tom)')
    """
    return f"reading[{address.rstrip('_').removeprefix('reading_')}]" if address in sites else address
