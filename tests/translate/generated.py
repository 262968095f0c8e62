"""Readings made from the lexicon of a world: every form of entry, with names, polarity, comparison, quantifier, act."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from plot import World
from plot.language import may_be_random, parse, show
from plot.language.syntax.nodes import (
    Binary,
    Condition,
    Constant,
    Expr,
    ListExpr,
    Name,
    Observe,
    ProgramNode,
    Query,
    Statement,
)
from plot.translate.base import Act, Reading
from plot.translate.english.build import both, call, compare, either, filled, listing, negated, number
from plot.world.lexicon import Lexicon, expression, mentions

NAMES = ("tom", "sue", "ann", "kyle")


@dataclass
class Maker:
    """Makes expressions and whole readings; `draw` chooses."""

    world: World
    draw: random.Random
    events: int = 0
    x: Expr = field(default_factory=lambda: Name(id="x"))

    @property
    def lexicon(self) -> Lexicon:
        """The lexicon of the world."""
        return self.world.lexicon

    # -- individuals ---------------------------------------------------------------------------------------

    @property
    def named(self) -> bool:
        """Whether people have names in this world."""
        return bool(self.lexicon.names)

    def names(self, count: int) -> list[Expr]:
        """Draw different individuals."""
        chosen = self.draw.sample(NAMES, count)
        return [self.bearer(name) for name in chosen]

    def bearer(self, name: str) -> Expr:
        """Return the individual of a name."""
        constant = Constant(value=name)
        return constant if self.lexicon.bearer is None else filled(expression(self.lexicon.bearer), {"x": constant})

    def things(self) -> Expr:
        """Return the list of all individuals of which most is said."""
        nouns = [noun for noun in self.lexicon.nouns.values() if noun.domain is not None and not noun.of]
        person = next((noun for noun in nouns if noun.person), nouns[0])
        return expression(str(person.domain))

    # -- what is said of one ---------------------------------------------------------------------------------

    def said_of(self, x: Expr, other: Expr | None) -> list[Expr]:
        """Return everything that the lexicon can say of an individual, and of it and another one."""
        return [*self.adjectives(x), *self.comparisons(x, other), *self.verbs(x, other), *self.relations(x, other)]

    def adjectives(self, x: Expr) -> Iterator[Expr]:
        """Yield plain adjectives, values, and degrees beyond each threshold."""
        for adjective in self.lexicon.adjectives.values():
            if adjective.means is not None and mentions(adjective.means, "x"):
                yield filled(expression(adjective.means), {"x": x})
            if adjective.degree is not None:
                degree = filled(expression(adjective.degree), {"x": x})
                op = ">" if adjective.below is None else "<"
                for limit in (adjective.above, adjective.below, *adjective.degrees.values()):
                    if limit is not None:
                        yield compare(degree, op, number(limit))
        for attribute in self.lexicon.attributes.values():
            value = filled(expression(attribute.value), {"x": x})
            for code in attribute.values.values():
                yield compare(value, "==", expression(code))

    def comparisons(self, x: Expr, other: Expr | None) -> Iterator[Expr]:
        """Yield comparisons of degrees, with margins and tolerances."""
        for adjective in self.lexicon.adjectives.values():
            if adjective.degree is None or other is None:
                continue
            one, two = (filled(expression(adjective.degree), {"x": item}) for item in (x, other))
            up = ">" if adjective.below is None else "<"
            yield compare(one, up, two)
            yield compare(one, f"{up}=", two)
            first, second = (one, two) if up == ">" else (two, one)
            for margin, amount in adjective.margins.items():
                if margin == "much":
                    yield compare(Binary(op="-", left=first, right=second), ">", number(amount))
            if adjective.tolerance is not None:
                gap = call("abs", Binary(op="-", left=one, right=two))
                yield compare(gap, "<=", number(adjective.tolerance))

    def verbs(self, x: Expr, other: Expr | None) -> Iterator[Expr]:
        """Yield what each verb says, in each of its manners."""
        for verb in self.lexicon.verbs.values():
            if verb.means is None:
                continue
            for code in (verb.means, *verb.manners.values()):
                objects = self._objects(other)
                if mentions(code, "object") and not objects:
                    continue
                event = mentions(code, "event")
                if event and not isinstance(x, (Constant, ListExpr)):
                    continue
                thing = x if not mentions(code, "object") or mentions(code, "subject") else None
                object_ = self.draw.choice(objects) if objects and thing is not None else x
                roles = {"subject": x, "object": object_, "event": number(self.events + 1)}
                if verb.teams:
                    roles |= {name: ListExpr(items=(roles[name],)) for name in ("subject", "object")}
                yield filled(expression(code), roles)

    def _objects(self, other: Expr | None) -> list[Expr]:
        individuals = [expression(code) for code in self.lexicon.individuals.values()]
        return individuals or ([other] if other is not None else [])

    def relations(self, x: Expr, other: Expr | None) -> Iterator[Expr]:
        """Yield nouns of relation and of kind, and prepositions."""
        for noun in self.lexicon.nouns.values():
            if noun.of is not None and noun.domain is not None and other is not None:
                yield filled(expression(noun.of), {"x": x, "of": other})
            elif noun.means is not None and mentions(noun.means, "x"):
                yield filled(expression(noun.means), {"x": x})
        for code in self.lexicon.prepositions.values():
            if other is not None and not mentions(code, "other") and self.named:
                yield filled(expression(code), {"x": x, "of": other})

    # -- propositions ------------------------------------------------------------------------------------------

    def atom(self) -> Expr:
        """Draw something that is said of one individual by name, or of both of two."""
        one, other = self.names(2)
        return self.draw.choice(self.said_of(one, other))

    def quantified(self) -> Expr:
        """Draw something that is said of some, of all, of none, or of so many."""
        x, source = self.x, self.things()
        tests = self._kind(x)
        element = self.draw.choice(list(self.adjectives(x)) or self.said_of(x, None))
        listed = listing(element, "x", source, both(tests))
        kind = self.draw.choice(["any", "all", "none", "not all", "count"])
        if kind in ("any", "all"):
            return call(kind, listed)
        if kind in ("none", "not all"):
            return negated(call("any" if kind == "none" else "all", listed))
        op = self.draw.choice(["==", ">=", "<=", ">", "<"])
        return compare(call("count", listed), op, number(self.draw.randint(2, 4)))

    def _kind(self, x: Expr) -> list[Expr]:
        """Draw tests that a noun says, none or one."""
        nouns = [
            filled(expression(noun.means), {"x": x})
            for noun in self.lexicon.nouns.values()
            if noun.means is not None and noun.domain is not None and expression(noun.domain) == self.things()
        ]
        return [self.draw.choice(nouns)] if nouns and self.draw.random() < 0.6 else []

    def proposition(self) -> Expr:
        """Draw a proposition: an atom or a quantified one, denied or not."""
        found = self.atom() if self.named and self.draw.random() < 0.6 else self.quantified()
        while not may_be_random(found, self.world.program):
            found = self.quantified()
        return negated(found) if self.draw.random() < 0.3 else found

    # -- whole readings ----------------------------------------------------------------------------------------

    def reading(self) -> Reading:
        """Draw a reading."""
        makes = [self._observation, self._joined, self._polar, self._supposing, self._which, self._how_many]
        makes += [self._figure, self._value] if self._measured() else []
        act, body = self.draw.choice(makes)()
        return reading(act, body, self)

    def _observation(self) -> tuple[Act, Sequence[Statement]]:
        return "observation", [Condition(test=self.proposition())]

    def _joined(self) -> tuple[Act, Sequence[Statement]]:
        parts = [self.proposition(), self.proposition()]
        return "observation", [Condition(test=both(parts) if self.draw.random() < 0.5 else either(parts))]

    def _polar(self) -> tuple[Act, Sequence[Statement]]:
        return "question", [Query(value=self.proposition())]

    def _supposing(self) -> tuple[Act, Sequence[Statement]]:
        return "question", [Condition(test=self.proposition()), Query(value=self.proposition())]

    def _which(self) -> tuple[Act, Sequence[Statement]]:
        return "question", [Query(value=self._set(shown=True))]

    def _how_many(self) -> tuple[Act, Sequence[Statement]]:
        return "question", [Query(value=call("len", self._set(shown=False)))]

    def _set(self, *, shown: bool) -> Expr:
        x = self.x
        tests = [*self._kind(x), self.draw.choice(list(self.adjectives(x)) or self.said_of(x, None))]
        element = x
        if shown and self.lexicon.shown is not None:
            element = filled(expression(self.lexicon.shown), {"x": x})
        return listing(element, "x", self.things(), both(tests))

    def _measured(self) -> list[str]:
        if not self.named:
            return []
        found = [a for a in self.lexicon.attributes.values() if mentions(a.value, "x") and not a.values]
        return [attribute.value for attribute in found]

    def _figure(self) -> tuple[Act, Sequence[Statement]]:
        value = self.draw.choice(self._measured())
        attribute = next(one for one in self.lexicon.attributes.values() if one.value == value)
        degree = filled(expression(value), {"x": self.names(1)[0]})
        figure = self.draw.choice([0.5, 2, 60])
        distribution = call("normal", degree, number(attribute.precision))
        return "observation", [Observe(distribution=distribution, value=number(figure))]

    def _value(self) -> tuple[Act, Sequence[Statement]]:
        return "question", [
            Query(value=filled(expression(self.draw.choice(self._measured())), {"x": self.names(1)[0]}))
        ]


def reading(act: Act, body: Sequence[Statement], maker: Maker) -> Reading:
    """Return statements as a reading, with the names that stand in it."""
    code = show(ProgramNode(body=tuple(body)))
    program = parse(code)
    names = tuple(name for name in NAMES if f'"{name}"' in code)
    events = 1 if act != "question" and f", {maker.events + 1})" in code and _has_events(maker.lexicon) else 0
    return Reading(act, show(program), names=names, events=events)


def _has_events(lexicon: Lexicon) -> bool:
    return any(verb.means is not None and mentions(verb.means, "event") for verb in lexicon.verbs.values())


def readings(world: World, count: int, seed: int) -> Iterator[Reading]:
    """Yield so many readings of a world."""
    maker = Maker(world, random.Random(seed))
    for _ in range(count):
        yield maker.reading()


__all__ = ["Maker", "readings"]
