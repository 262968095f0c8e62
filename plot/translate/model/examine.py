"""Examination of replies: parsed, checked, grounded and tried, with messages for repair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plot.errors import PlotError, Source
from plot.language import Budget, check, parse, show
from plot.language.syntax.nodes import (
    Assign,
    Binary,
    Comprehension,
    FunctionDef,
    ListExpr,
    Name,
    ProgramNode,
    Query,
    Statement,
)
from plot.translate.accounting import missing
from plot.translate.assemble import assemble, context_of, united
from plot.translate.base import Discourse, Reading
from plot.translate.equivalence import defined
from plot.translate.model.events import events_in, new_events
from plot.translate.model.examples import act_of
from plot.translate.model.grounding import individuals_in, ungrounded, unused_names
from plot.translate.model.reply import Reply
from plot.translate.model.trial import DoubtfulError, Trial, tells
from plot.translate.model.vocabulary import with_words
from plot.world import WorldSpec

LEAST_SHARE = 0.01
CODE = "your code"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a reply: the valid readings, and the mistakes of the others.

    `doubts` are no mistakes: a model that is told of them and says the same again is believed.
    """

    readings: tuple[Reading, ...] = ()
    mistakes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass
class Examiner:
    """Examines replies to one utterance; equal programs are tried once."""

    utterance: str
    discourse: Discourse
    translator: str
    seed: int = 0
    budget: Budget | None = None
    _known: dict[str, Verdict] = field(default_factory=dict)
    _told: dict[int, frozenset[str]] | None = None

    def examine(self, reply: Reply) -> Verdict:
        """Return the verdict on a reply with its alternatives. It stands if its first meaning does."""
        if reply.act == "nothing":
            return self._says_nothing(reply)
        left = 1.0 - sum(one.probability for one in reply.alternatives)
        first = self._meaning(reply, reply.code, reply.paraphrase, max(left, LEAST_SHARE))
        if first.mistakes:
            return first
        readings, doubts = list(first.readings), list(first.doubts)
        for number, one in enumerate(reply.alternatives, 1):
            if one.probability < LEAST_SHARE or not one.code.strip():
                continue
            other = self._meaning(reply, one.code, one.paraphrase, one.probability)
            readings += other.readings
            doubts += [f"alternative {number}: {text}" for text in (*other.mistakes, *other.doubts)]
        doubts += self._left_out(readings)
        asks = readings[0].act == "question"
        kept = tuple(one for one in readings if (one.act == "question") == asks)
        return Verdict(kept, (), tuple(doubts))

    def _says_nothing(self, reply: Reply) -> Verdict:
        """Return the verdict on a reply that the utterance says nothing of the world; names and figures are doubts."""
        if self.utterance.rstrip().endswith("?"):
            hint = "query what comes nearest to what is asked, and name what that leaves out"
            return Verdict(mistakes=self._rendered([PlotError("the utterance is a question", hint=hint)]))
        reading = Reading("nothing", "", translator=self.translator, paraphrase=reply.paraphrase.strip())
        return Verdict((reading,), doubts=tuple(self._left_out([reading])))

    def _meaning(self, reply: Reply, code: str, paraphrase: str, share: float) -> Verdict:
        text = f"{reply.definitions.strip()}\n{code.strip()}".strip() if reply.definitions.strip() not in code else code
        if text not in self._known:
            self._known[text] = self._examined(text, reply.act)
        found = self._known[text]
        words = paraphrase.strip() or None
        more: dict[str, Any] = {"paraphrase": words, "ignored": reply.left_out, "unsure": reply.unsure}
        dressed = tuple(replace(one, weight=share, **more) for one in found.readings)
        return replace(found, readings=dressed)

    def _examined(self, text: str, said_act: str | None) -> Verdict:
        try:
            program = parse(text, CODE)
        except PlotError as error:
            return Verdict(mistakes=(error.render(),))
        act = act_of(program)
        errors = [*_misused(act, said_act, self.utterance, program), *_overwritten(program, self.discourse)]
        errors += ungrounded(program, self.utterance, self.discourse)
        if errors:
            return Verdict(mistakes=self._rendered(errors))
        named = individuals_in(program, self.discourse)
        context = prior_of(replace(self.discourse, names=united(self.discourse.names, named)))
        events = events_in(context, program, self.discourse.world.lexicon, self.seed)
        reading = Reading(
            act,
            show(program),
            translator=self.translator,
            names=named,
            events=new_events(events, self.discourse.events),
        )
        errors = list(self._checked_and_tried(reading, program))
        doubtful = [error for error in errors if isinstance(error, DoubtfulError)]
        if len(doubtful) < len(errors):
            return Verdict(mistakes=self._rendered([error for error in errors if error not in doubtful]))
        doubts = (*self._rendered(doubtful), *self._doubts(reading), *self._reused(reading, events))
        return Verdict((reading,), doubts=doubts)

    def _checked_and_tried(self, reading: Reading, program: ProgramNode) -> Iterator[PlotError]:
        names = united(self.discourse.names, reading.names)
        extended = replace(self.discourse, names=names)
        context = context_of(extended, names)
        try:
            check(ProgramNode(body=context.body + program.body), modules=self.discourse.world.modules)
        except PlotError as error:
            yield with_words(error, self.discourse.world)
            return
        trial = Trial(prior_of(extended), names, self.seed, self.budget, self.discourse.world.lexicon)
        yield from trial.mistakes(reading, program, reading.code, self.utterance)

    def _rendered(self, errors: Sequence[PlotError]) -> tuple[str, ...]:
        return tuple(_without_paths(error, self.discourse.world).render() for error in errors)

    def _left_out(self, readings: Sequence[Reading]) -> Iterator[str]:
        """Doubt meanings that together leave out a name, a figure, a negation …; one alone may leave out a name."""
        whole = ProgramNode(body=tuple(statement for one in readings for statement in parse(one.code).body))
        names = unused_names(whole, self.utterance, self.discourse)
        lost = [*names, *missing(self.utterance, whole, self.discourse.world)]
        if lost:
            yield f"the utterance speaks of {' and '.join(lost)}, but the code does not"

    def _doubts(self, reading: Reading) -> Iterator[str]:
        if reading.events > 1 + len(reading.names) ** 2:
            yield f"the code speaks of {reading.events} new events; number them on from {self.discourse.events + 1}"

    def _reused(self, reading: Reading, events: Mapping[int, frozenset[str]]) -> Iterator[str]:
        """Doubt a fact that tells of a known event with individuals that were not in it."""
        if reading.act != "observation" or not any(number <= self.discourse.events for number in events):
            return
        for number, names in self._participants().items():
            others = events.get(number, frozenset()) - names
            if names and others:
                told, new = " and ".join(sorted(names)), " and ".join(sorted(others))
                following = self.discourse.events + 1
                yield f"event {number} was told of with {told}; with {new} too? a new event is number {following}"

    def _participants(self) -> dict[int, frozenset[str]]:
        """Return the events that were told of, each with the individuals that were mentioned with it."""
        if self._told is None:
            found: dict[int, frozenset[str]] = {}
            context, lexicon = prior_of(self.discourse), self.discourse.world.lexicon
            for told in self.discourse.told:
                for reading in told.readings:
                    for number, names in events_in(context, parse(reading.code), lexicon, self.seed).items():
                        found[number] = found.get(number, frozenset()) | names
            self._told = found
        return self._told


def prior_of(discourse: Discourse) -> ProgramNode:
    """Return the program of a conversation without what was observed: the world, and what was defined."""
    program = assemble(discourse)
    body: tuple[Statement, ...] = program.names.body + program.model.body
    for block in program.blocks:
        knowledge = block.said.act == "knowledge"
        body += tuple(one for one in block.program.body if knowledge or not tells(one))
    return ProgramNode(body=body)


def _without_paths(error: PlotError, world: WorldSpec) -> PlotError:
    """Return an error as a model is told of it: what fails in the world's code is not where that file lies here."""
    source = error.span.source if error.span is not None else None
    own = {statement.span.source for statement in world.program.body}
    if error.span is None or source is None or source not in own:
        return error
    span = replace(error.span, source=Source(source.text, f"the world “{world.name}”"))
    hint = error.hint or "the world is as it should be: what does your code call it with?"
    return PlotError(error.message, hint=hint, span=span)


def _misused(act: str, said: str | None, utterance: str, program: ProgramNode) -> Iterator[PlotError]:
    """Yield what is wrong with the speech act."""
    queries = [statement for statement in program.body if isinstance(statement, Query)]
    if act == "question" and (len(queries) > 1 or not isinstance(program.body[-1], Query)):
        yield PlotError("a question has exactly one query, at the end", hint="query one value, or a list of them")
    if not program.body:
        yield PlotError("there are no statements", hint="write condition(…), observe(…), query(…) or a definition")
    if act != "question" and (utterance.rstrip().endswith("?") or said == "question"):
        yield PlotError("the utterance is a question, but the code has no query", hint="end it with query(…)")
    if act == "question" and said is not None and said != "question" and not utterance.rstrip().endswith("?"):
        yield PlotError(f"the code queries something, but its act is {said}", hint="an utterance either tells or asks")
    if act == "knowledge" and not any(isinstance(one, (FunctionDef, Assign)) for one in program.body):
        yield PlotError(
            "the code neither defines, conditions, observes nor queries", hint="express what the utterance says"
        )


def _overwritten(program: ProgramNode, discourse: Discourse) -> Iterator[PlotError]:
    """Yield the assignments that would replace a variable of the world; to add to a list is allowed."""
    world = discourse.world
    taken = {*defined(world.program), *world.name_lists}
    for statement in program.body:
        for name in defined(ProgramNode(body=(statement,))):
            if name in taken and not _extends(statement, name):
                hint = "use what the world defines, and give what is new another name"
                yield PlotError(f"{name!r} belongs to the world", hint=hint, span=statement.span)


def _extends(statement: Statement, name: str) -> bool:
    """Return whether a statement adds to a list: `rules = rules + […]`."""
    value = statement.value if isinstance(statement, Assign) else None
    if not isinstance(value, Binary) or value.op != "+":
        return False
    first, more = value.left, value.right
    return isinstance(first, Name) and first.id == name and isinstance(more, (ListExpr, Comprehension))


__all__ = ["Examiner", "Verdict", "prior_of"]
