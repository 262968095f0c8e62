"""What may be a reason: what a world's words say of the individuals in a question, each with its English wording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plot.language import ProgramNode, show
from plot.language.syntax.nodes import Condition, Constant, Expr, Query, walk
from plot.translate.base import Candidate, Discourse
from plot.translate.english.build import compare, filled, negated, number, template, unified
from plot.translate.english.forms import Parsed, Polar, parts_of
from plot.translate.english.individuals import with_bearers
from plot.translate.english.kinds import Scope
from plot.translate.english.record import ROLES, program_of
from plot.world.inflect import compared, third, verb_forms
from plot.world.lexicon import Adjective, Verb, expression, mentions

MOST = 100

Said = tuple[str, str, Expr]  # a wording, that of the opposite, and the expression


def candidates(parsed: Parsed, code: str, discourse: Discourse, sentence: str) -> tuple[Candidate, ...] | None:
    """Return what may be reasons for what a question with *why* asks of; None where it does not ask why.

    They speak of the individuals that are named in `code`, and of the few others of their kinds. What was told, and
    what is asked itself and its parts, is left out. Whether any of this has to do with the question is for inference
    to find.
    """
    if not any(asked.why for asked in parts_of(parsed.act, Polar)):
        return None
    asked = _query(program_of(code))
    scope = Scope.of(asked, discourse, parsed.names, sentence)
    known = {negated(asked), *(node for node in walk(asked) if isinstance(node, Expr)), *_told(discourse)}
    found: dict[str, Candidate] = {}
    for text, denial, expr in _Sayings(scope, _events(asked, discourse)).all():
        meant = _borne(expr, discourse, parsed.names)
        if meant in known or negated(meant) in known:
            continue
        candidate = Candidate(text, _text(meant), denial, _text(negated(meant)))
        found.setdefault(candidate.code, candidate)
    return tuple(found.values())[:MOST]


def all_sayings(parsed: Parsed, code: str, discourse: Discourse, sentence: str) -> tuple[Candidate, ...]:
    """Return all that can be said of the individuals of a question, each once."""
    asked = _query(program_of(code))
    scope = Scope.of(asked, discourse, parsed.names, sentence)
    found: dict[str, Candidate] = {}
    for text, denial, expr in _Sayings(scope, _events(asked, discourse)).all():
        meant = _borne(expr, discourse, parsed.names)
        found.setdefault(_text(meant), Candidate(text, _text(meant), denial, _text(negated(meant))))
    return tuple(found.values())[:MOST]


def _query(program: ProgramNode) -> Expr:
    return next(node.value for node in reversed(program.body) if isinstance(node, Query))


def _told(discourse: Discourse) -> Iterator[Expr]:
    """Yield what was told as certain, and its parts."""
    for told in discourse.told:
        for node in walk(program_of(told.readings[0].code)) if len(told.readings) == 1 else ():
            if isinstance(node, Condition):
                yield node.test
                yield from getattr(node.test, "values", ()) if getattr(node.test, "op", "") == "and" else ()


def _borne(expr: Expr, discourse: Discourse, names: Sequence[str]) -> Expr:
    return _query(ProgramNode(body=tuple(with_bearers([Query(value=expr)], names, discourse.world.lexicon))))


def _text(expr: Expr) -> str:
    return show(ProgramNode(body=(Query(value=expr),))).strip().removeprefix("query(")[:-1]


@dataclass(frozen=True, slots=True)
class AskedEvent:
    """A match that the question speaks of; `past` if it was told of."""

    number: Expr
    past: bool


def _events(asked: Expr, discourse: Discourse) -> list[AskedEvent]:
    """Return the matches that an expression speaks of."""
    lexicon = discourse.world.lexicon
    codes = [code for verb in lexicon.verbs.values() for code in (verb.means, *verb.manners.values())]
    codes += [adjective.event for adjective in lexicon.adjectives.values()]
    templates = [expression(code) for code in codes if code is not None and mentions(code, "event")]
    found: dict[Expr, AskedEvent] = {}
    for node in walk(asked):
        for pattern in templates if isinstance(node, Expr) else ():
            roles: dict[str, Expr] = {}
            if unified(pattern, node, (*ROLES, "x"), roles) and isinstance(roles["event"], Constant):
                told = roles["event"].value
                found[roles["event"]] = AskedEvent(roles["event"], isinstance(told, int) and told <= discourse.events)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Sayings:
    """All that can be said of the individuals of a question in the words of a world."""

    scope: Scope
    events: list[AskedEvent]

    def all(self) -> Iterator[Said]:
        """Yield sayings: of the world, of each individual, and of pairs of them."""
        lexicon = self.scope.lexicon
        for word, adjective in lexicon.adjectives.items():
            yield from self._adjective(word, adjective)
        for word, noun in lexicon.nouns.items():
            for x in self.scope.everyone if noun.means is not None and noun.of is None else ():
                if noun.domain is not None and x in self.scope.members(noun.domain):
                    test = template(str(noun.means), x=x)
                    name = self.scope.called(x, general=True)
                    yield f"{name} is a {word}", f"{name} is not a {word}", test
        for key, verb in lexicon.verbs.items():
            yield from self._verb(key, verb)
        for word, code in lexicon.prepositions.items():
            if not mentions(code, "other"):
                for x, of in self.scope.pairs():
                    said = f"{word} {self._of(of)}"
                    yield f"{self._of(x)} is {said}", f"{self._of(x)} is not {said}", template(code, x=x, of=of)

    def _of(self, x: Expr, place: bool = True) -> str:
        return self.scope.called(x, place)

    # -- adjectives ----------------------------------------------------------------------------------------

    def _adjective(self, word: str, adjective: Adjective) -> Iterator[Said]:
        means, degree = adjective.means, adjective.degree
        if means is not None and not mentions(means, "x"):
            opposite = f"it is {adjective.opposite[0]}" if adjective.opposite else f"it is not {word}"
            yield f"it is {word}", opposite, expression(means)
            return
        for x in self.scope.everyone:
            no = f"is {adjective.opposite[0]}" if adjective.opposite else f"is not {word}"
            if means is not None:
                yield f"{self._of(x)} is {word}", f"{self._of(x)} {no}", template(means, x=x)
            elif degree is not None:
                op, limit = (">", adjective.above) if adjective.above is not None else ("<", adjective.below)
                test = compare(template(degree, x=x), op, number(limit or 0.0))
                yield f"{self._of(x)} is {word}", f"{self._of(x)} is not {word}", test
        if degree is not None:
            yield from self._compared(word, adjective, degree)
        for x in self.scope.main if adjective.event is not None else ():
            yield from self._in_event(word, adjective, x)
        for x, of in self.scope.pairs() if adjective.mutual is not None else ():
            both = f"{self._of(x)} and {self._of(of)} are"
            yield f"{both} {word}", f"{both} not {word}", template(str(adjective.mutual), x=x, of=of)

    def _compared(self, word: str, adjective: Adjective, degree: str) -> Iterator[Said]:
        forms = compared(word)
        more = adjective.comparative or (forms[0] if forms is not None else f"more {word}")
        op = ">" if adjective.above is not None else "<"
        for x, of in self.scope.rivals():
            test = compare(template(degree, x=x), op, template(degree, x=of))
            yield (
                f"{self._of(x)} is {more} than {self._of(of)}",
                f"{self._of(x)} is not {more} than {self._of(of)}",
                test,
            )

    def _in_event(self, word: str, adjective: Adjective, x: Expr) -> Iterator[Said]:
        noun = next((word for word, noun in self.scope.lexicon.nouns.items() if noun.event), None)
        when = f"in that {noun}" if noun is not None else "then"
        for event in self.events:
            be = "was" if event.past else "is"
            test = filled(expression(str(adjective.event)), {"x": x, "event": event.number})
            yield f"{self._of(x)} {be} {word} {when}", f"{self._of(x)} {be} not {word} {when}", test

    # -- verbs ---------------------------------------------------------------------------------------------

    def _verb(self, key: str, verb: Verb) -> Iterator[Said]:
        if verb.means is None or mentions(verb.means, "event") or verb.teams:
            return
        head, _, rest = key.partition(" ")
        if not mentions(verb.means, "subject"):
            yield from self._undergone(key, verb)
            return
        does, does_not = f"{verb.forms.get('third', third(head))} {rest}".strip(), f"does not {key}"
        if not mentions(verb.means, "object"):
            for x in self.scope.doers():
                yield f"{self._of(x)} {does}", f"{self._of(x)} {does_not}", template(verb.means, subject=x)
            return
        for x, of in self.scope.done(verb):
            what = self._of(of, " " in key)
            test = template(verb.means, subject=x, object=of)
            yield f"{self._of(x)} {does} {what}", f"{self._of(x)} {does_not} {what}", test
            if verb.degree is not None and verb.object is not None:
                yield from self._more(key, does, x, of, verb.degree)

    def _more(self, key: str, does: str, x: Expr, of: Expr, degree: str) -> Iterator[Said]:
        """Yield that someone likes one thing (say) more than another."""
        for other in self.scope.others(of):
            said = f"{self._of(of, ' ' in key)} more than {self._of(other, ' ' in key)}"
            ours, theirs = (template(degree, subject=x, object=one) for one in (of, other))
            test = compare(ours, ">", theirs)
            yield f"{self._of(x)} {does} {said}", f"{self._of(x)} does not {key} {said}", test

    def _undergone(self, key: str, verb: Verb) -> Iterator[Said]:
        """Yield what is done to something, whoever does it: *is pushed hard*."""
        head, _, rest = key.partition(" ")
        done = f"{verb.forms.get('participle', verb_forms(head)['participle'])} {rest}".strip()
        for x in self.scope.everyone:
            for manner, code in {"": str(verb.means), **verb.manners}.items():
                said = f"{done} {manner}".strip()
                yield f"{self._of(x)} is {said}", f"{self._of(x)} is not {said}", template(code, object=x)


__all__ = ["all_sayings", "candidates"]
