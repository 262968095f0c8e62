"""The search for reasons, in posterior worlds, or without the evidence if nothing varies in these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot._lazy import late
from plot.answers.reasons import CERTAIN, MOST, Reason, ReasonSelection, Why, told
from plot.errors import PlotError
from plot.inference import Goal, State
from plot.language import parse
from plot.language.syntax.nodes import (
    Assign,
    Compare,
    Condition,
    Expr,
    FunctionDef,
    Name,
    NameTarget,
    ProgramNode,
    Query,
    Statement,
    walk,
)
from plot.text import clean
from plot.translate.assemble import Assembled, Block
from plot.translate.base import Candidate, Reading
from plot.world.lexicon import expression

if TYPE_CHECKING:
    from plot.inference.posterior import joint
    from plot.inference.posterior.joint import Joint
else:
    joint = late("plot.inference.posterior.joint")

MOST_TOLD = 4


def asking_why(readings: Sequence[Reading]) -> Reading | None:
    """Return the likeliest reading that asks for reasons, with what may be one; None where none does.

    Where several translators found one meaning, the grammar's candidates are taken.
    """
    for reading in readings:
        for one in (reading, *reading.merged):
            if one.reasons is not None:
                return replace(reading, reasons=one.reasons)
    return None


@dataclass(frozen=True, slots=True)
class Search:
    """A question with *why*, read, in its program; `state` is that of its answer's inference."""

    assembled: Assembled
    reading: Reading
    goal: Goal
    state: State | None

    def why(self) -> Why:
        """Return the reasons, the strongest first."""
        try:
            return self._why()
        except PlotError as error:
            return Why((), failed=error.message)

    def _why(self) -> Why:
        candidates, exprs = self._candidates()
        now = joint.joint(self.assembled.problem(), exprs, self.goal, self.state)
        compared, note = now, None
        if not _varies(now):
            for fewer, how in self._before():
                compared, note = joint.joint(fewer.problem(), exprs, self.goal), how
                if _varies(compared):
                    break
        other = [one for place, one in enumerate(candidates, 1) if not _restates(compared, place, len(candidates))]
        found = ReasonSelection(candidates, now, compared, self._decides()).reasons(other)
        return Why(found, note) if found else Why(self._told(now))

    # -- what may decide it --------------------------------------------------------------------------------

    @property
    def _context(self) -> ProgramNode:
        """The setting with what was defined, without what is evidence."""
        body: tuple[Statement, ...] = self.assembled.problem().setting.body
        for block in self.assembled.blocks:
            if block.said.act == "knowledge":
                body += block.program.body
        own = parse(self.reading.code).body
        return ProgramNode(body=(*body, *(node for node in own if isinstance(node, (Assign, FunctionDef)))))

    def _candidates(self) -> tuple[list[Candidate], list[Expr]]:
        """Return the candidates that are an error in no world; and their expressions, with the question's parts."""
        candidates = list(self.reading.reasons or ())
        fine = joint.sound(self._context, [expression(one.code) for one in candidates], self.goal)
        parts = list(_closed_parts(self._asked()))
        known = joint.sound(self._context, parts, self.goal)
        kept = [candidates[number] for number in fine]
        return kept, [*(expression(one.code) for one in kept), *(parts[number] for number in known)]

    def _asked(self) -> Expr:
        return next(node.value for node in reversed(parse(self.reading.code).body) if isinstance(node, Query))

    def _decides(self) -> Determinism:
        context = self._context
        return Determinism(context, joint.choices_of(context, self._asked(), self.goal), self.goal)

    # -- the evidence -------------------------------------------------------------------------------------

    def _observed(self) -> list[Block]:
        return [block for block in self.assembled.blocks if block.said.act == "observation"]

    def _saying(self) -> list[Block]:
        """Return what says in so many words what is asked."""
        asked = self._asked()
        return [block for block in self._observed() if any(asked in _parts(node) for node in walk(block.program))]

    def _without(self, left_out: list[Block]) -> Assembled:
        return replace(self.assembled, blocks=tuple(one for one in self.assembled.blocks if one not in left_out))

    def _before(self) -> list[tuple[Assembled, str]]:
        """Return the conversation without what says what is asked, and without all that was told."""
        observed, saying = self._observed(), self._saying()
        found = [(saying, "compared with worlds without that evidence")] if saying else []
        if observed and observed != saying:
            found.append((observed, "compared with worlds without any evidence"))
        return [(self._without(left_out), how) for left_out, how in found]

    def _told(self, now: Joint) -> tuple[Reason, ...]:
        """Return as reasons the evidence last, by how likely what is asked would be without each."""
        with_ = now.chance(now.truths[0])
        found: list[Reason] = []
        for block in [one for one in self._observed() if one not in self._saying()][-MOST_TOLD:]:
            less = joint.joint(self._without([block]).problem(), [], self.goal)
            reason = told(clean(block.said.say).rstrip(" .!"), block.text.strip(), with_, less.chance(less.truths[0]))
            found += [reason] if reason is not None else []
        return tuple(sorted(found, key=lambda one: -one.contrast)[:MOST])


@dataclass(frozen=True, slots=True)
class Determinism:
    """Tells what is decided before something that follows from these `choices`: by some of them, not by all."""

    context: ProgramNode
    choices: frozenset[str]
    goal: Goal

    def __call__(self, candidate: Candidate) -> bool:
        """Return whether a candidate follows from some of the random choices that decide what is asked."""
        try:
            return joint.choices_of(self.context, expression(candidate.code), self.goal) < self.choices
        except PlotError:
            return False


def _varies(worlds: Joint) -> bool:
    """Return whether what is asked is neither nearly certain nor nearly impossible."""
    return CERTAIN < worlds.chance(worlds.truths[0]).value < 1 - CERTAIN


def _restates(worlds: Joint, place: int, last: int) -> bool:
    """Return whether a candidate is what is asked, or a part of it, in other words: in all worlds alike, or opposite.

    The rows after `last` are the parts of the question.
    """
    alive, one = worlds.weights > 0, worlds.truths[place]
    whole = [worlds.truths[0], *worlds.truths[last + 1 :]]
    return any(bool((one == other)[alive].all()) or bool((one != other)[alive].all()) for other in whole)


def _closed_parts(asked: Expr) -> Iterator[Expr]:
    """Yield the comparisons in an expression that mean something by themselves."""
    bound = {node.id for node in walk(asked) if isinstance(node, NameTarget)}
    for node in walk(asked):
        names = {inner.id for inner in walk(node) if isinstance(inner, Name)}
        if isinstance(node, Compare) and node != asked and not names & bound:
            yield node


def _parts(node: object) -> tuple[Expr, ...]:
    """Return what a condition says: its test, and the parts of that."""
    if not isinstance(node, Condition):
        return ()
    inner = getattr(node.test, "values", ()) if getattr(node.test, "op", "") == "and" else ()
    return (node.test, *inner)


__all__ = ["Search", "asking_why"]
