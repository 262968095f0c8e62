"""Assembly of one program from utterances; several readings of one become a latent choice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from plot.inference import Part, Problem
from plot.language import parse, show
from plot.language.syntax.nodes import (
    Assign,
    Call,
    Compare,
    Constant,
    Expr,
    FunctionDef,
    If,
    ListExpr,
    Name,
    NameTarget,
    Node,
    ProgramNode,
    Query,
    Statement,
    walk,
)
from plot.language.syntax.tables import Table, with_tables
from plot.text import clean
from plot.translate.base import Discourse, Reading, Told
from plot.world.lexicon import expression

WEIGHT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Block:
    """The statements of one utterance; `site` is the variable that holds which of several readings is meant."""

    said: Told
    program: ProgramNode
    site: str | None = None

    @property
    def text(self) -> str:
        """The block as canonical text."""
        return show(self.program)


@dataclass(frozen=True, slots=True)
class Assembled:
    """One program, in the pieces that inference and `--show-program` take it by."""

    names: ProgramNode
    model: ProgramNode
    model_text: str
    blocks: tuple[Block, ...]
    question: Block | None = None
    tables: Mapping[str, Table] = field(default_factory=dict)

    @property
    def sites(self) -> tuple[str, ...]:
        """The variables that hold which reading of an utterance is meant."""
        found = [*self.blocks, *([self.question] if self.question is not None else [])]
        return tuple(item.site for item in found if item.site is not None)

    @property
    def compared(self) -> tuple[str, ...]:
        """What is to be known besides the question's query, for the effect that it asks for."""
        readings = self.question.said.readings if self.question is not None else ()
        return readings[0].causal.compared if readings and readings[0].causal is not None else ()

    def problem(self) -> Problem:
        """Return what is to be inferred: the question's query, what that compares, and which readings were meant."""
        setting = ProgramNode(body=self.names.body + self.model.body)
        parts = tuple(
            Part(clean(item.said.say), with_tables(item.program, self.tables))
            for item in self.blocks
            if item.program.body
        )
        asked = self.question.program.body if self.question is not None else ()
        asked += tuple(Query(value=expression(code)) for code in self.compared)
        for site in self.sites:
            asked += query_of(site).body
        question = with_tables(ProgramNode(body=asked), self.tables)
        return Problem(setting, parts, question, targets=1 + len(self.compared))

    @property
    def text(self) -> str:
        """The program as one text, which `plot run` accepts; comments quote the utterances."""
        pieces = [show(self.names).strip(), self.model_text.strip()]
        for number, item in enumerate(self.blocks, 1):
            pieces.append(f"# {number}. {clean(item.said.say)}\n{item.text.strip()}")
        if self.question is not None:
            pieces.append(f"# Question: {clean(self.question.said.say)}\n{self.question.text.strip()}")
        return "\n\n".join(piece for piece in pieces if piece) + "\n"


def assemble(discourse: Discourse, asked: Told | None = None) -> Assembled:
    """Return the program of a conversation, with the question's block where one is asked: in its likeliest reading.

    Readings of the evidence are latent; a question is not weighed by its own suppositions.
    """
    asked = alone(asked) if asked is not None else None
    mentioned = (name for reading in asked.readings for name in reading.names) if asked is not None else ()
    names = united(discourse.names, mentioned)
    world = discourse.world
    lists = [list_of_names(variable, names) for variable in world.name_lists]
    if world.lexicon.encounters is not None:
        lists.append(encounters(world.lexicon.encounters, discourse.told))
    taken = set(names_in(world.program)) | set(world.lexicon.told_lists)
    for told in [*discourse.told, *([asked] if asked is not None else [])]:
        for reading in told.readings:
            taken |= set(names_in(parse(reading.code)))
    blocks = tuple(block(told, number, f"utterance {number}", taken) for number, told in enumerate(discourse.told, 1))
    question = block(asked, "q", "question", taken) if asked is not None else None
    header = ProgramNode(body=tuple(statement for item in lists for statement in item.body))
    return Assembled(header, world.program, world.model, blocks, question, world.tables)


def without_told(discourse: Discourse, asked: Told) -> Discourse:
    """Return the discourse without what was told of those variables that a question speaks of afresh."""
    causal = asked.readings[0].causal
    if causal is None or causal.kind != "afresh":
        return discourse
    about = {node for code in causal.about for node in walk(expression(code)) if isinstance(node, Call)}
    kept = tuple(told for told in discourse.told if told.act != "observation" or not _speaks_of(told, about))
    return replace(discourse, told=kept)


def _speaks_of(told: Told, about: Collection[Call]) -> bool:
    return any(node in about for reading in told.readings for node in walk(parse(reading.code)))


def context_of(discourse: Discourse, names: Sequence[str]) -> ProgramNode:
    """Return the program that a reading stands after: that of a conversation in which `names` are known."""
    return assemble(replace(discourse, names=tuple(names))).problem().program


def alone(said: Told, reading: Reading | None = None) -> Told:
    """Return an utterance as if it had one reading only, by default its likeliest."""
    kept = reading or max(said.readings, key=lambda one: one.weight)
    return replace(said, readings=(replace(kept, weight=1.0),))


def united(names: Sequence[str], more: Iterable[str]) -> tuple[str, ...]:
    """Return names with more of them, each once, in order."""
    return tuple(dict.fromkeys([*names, *more]))


def list_of_names(variable: str, names: Sequence[str]) -> ProgramNode:
    """Return `variable = ["tom", "john"]`."""
    items = tuple(Constant(value=name) for name in names)
    return ProgramNode(body=(Assign(target=NameTarget(id=variable), value=ListExpr(items=items)),))


def encounters(variable: str, told: Iterable[Told]) -> ProgramNode:
    """Return `variable = [[["tom"], ["john"], 1], …]`: who met whom in which event, from either side.

    An event has two sides in the likeliest reading of what was told: `won(["tom"], ["john"], 1)`, or `match_1 = […]`.
    """
    found: dict[tuple[Expr, Expr, Expr], None] = {}
    for said in told:
        for node in walk(parse(alone(said).readings[0].code)):
            sides = _sides(node)
            if sides is not None:
                one, other, event = sides
                found |= {(one, other, event): None, (other, one, event): None}
    value = ListExpr(items=tuple(ListExpr(items=sides) for sides in found))
    return ProgramNode(body=(Assign(target=NameTarget(id=variable), value=value),))


def _sides(node: Node) -> tuple[Expr, Expr, Expr] | None:
    if isinstance(node, Call) and len(node.args) == 3:
        one, other, event = (_side(node.args[0]), _side(node.args[1]), node.args[2])
    elif isinstance(node, Assign) and isinstance(node.target, NameTarget) and isinstance(node.value, ListExpr):
        number = node.target.id.rpartition("_")[2]
        if len(node.value.items) != 2 or not number.isdecimal():
            return None
        one, other = (_side(item) for item in node.value.items)
        event = Constant(value=int(number))
    else:
        return None
    whole = isinstance(event, Constant) and isinstance(event.value, int) and not isinstance(event.value, bool)
    return (one, other, event) if one is not None and other is not None and whole else None


def _side(expr: Expr) -> Expr | None:
    """Return one side of an event as a list: of an individual alone, or of a team."""
    if isinstance(expr, Constant) and isinstance(expr.value, str):
        return ListExpr(items=(expr,))
    texts = isinstance(expr, ListExpr) and all(isinstance(getattr(item, "value", None), str) for item in expr.items)
    return expr if texts else None


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
    statements = (_draw(site, said.readings), _branches(site, bodies))
    return Block(said, ProgramNode(body=statements), site)


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


def fresh(name: str, taken: Collection[str]) -> str:
    """Return `name`, with underscores after it where it is taken.

    >>> fresh("answer", {"answer"})
    'answer_'
    """
    while name in taken:
        name += "_"
    return name


def names_in(program: ProgramNode) -> Iterator[str]:
    """Yield every variable and function that a program mentions."""
    for node in walk(program):
        if isinstance(node, (Name, NameTarget)):
            yield node.id
        elif isinstance(node, FunctionDef):
            yield node.name


def query_of(site: str) -> ProgramNode:
    """Return the query of a latent choice."""
    return ProgramNode(body=(Query(value=Name(id=site)),))


def site_label(address: str, sites: Collection[str]) -> str:
    """Return a site's address as it is shown: the choice `reading_2` is `reading[2]`.

    >>> site_label("reading_2", {"reading_2"}), site_label("strength(tom)", ())
    ('reading[2]', 'strength(tom)')
    """
    return f"reading[{address.rstrip('_').removeprefix('reading_')}]" if address in sites else address
