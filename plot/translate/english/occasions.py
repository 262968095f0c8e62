"""How questions about an occasion get their meanings: *after it hits the wall*, *how fast does it move*."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import Binary, Call, Expr, Name
from plot.translate.english.adjectives import Comparative
from plot.translate.english.build import TRUE, compare, number, template
from plot.translate.english.combine import negative
from plot.translate.english.entries import AdjectiveUse, AttributeUse, NounUse
from plot.translate.english.forest import Alternatives, Weighted
from plot.translate.english.forms import (
    And,
    Claim,
    Listed,
    Not,
    Polar,
    Quant,
    Question,
    Supposing,
    Value,
    changed,
    listed,
    mentions,
    replaced,
)
from plot.translate.english.meanings import NP, Circumstance, Property, Some, Unfit, applied
from plot.translate.english.noun_phrases import PREFERENCE, THEY
from plot.translate.english.questions import Questions, as_it_was
from plot.translate.english.sentences import Said
from plot.world.lexicon import expression
from plot.world.lexicon import mentions as in_code

IN_GENERAL = 0.05  # "if he had been lazy": how likely in general, in proportion to in the match that is spoken of


class Occasions(Questions):
    """The functions of the grammar's rules for occasions, by their aliases. It has those of all other rules too."""

    # -- after something has happened ----------------------------------------------------------------------

    def q_after(self, question: Question, test: Said) -> Alternatives:
        """A question about what comes after an occasion takes it for granted that it comes about."""
        return self._supposed(test, question, found_so=True)

    def _supposed(self, test: Said, question: Question, found_so: bool = False) -> Alternatives:
        """Return a question under a condition, where *it* in one of them may mean what the other speaks of."""
        found: list[tuple[Question, Question]] = []
        for prop in resolved(test.prop, question):
            said = replace(test, prop=prop)
            for asked in resolved(question, prop):
                general = self._supposing(said, asked, found_so, in_general=True)
                found.append((self._supposing(said, asked, found_so), general))
        one = [Weighted(first, PREFERENCE**rank) for rank, (first, _) in enumerate(found)]
        return Alternatives(
            [*one, *(Weighted(other, IN_GENERAL * PREFERENCE**rank) for rank, (_, other) in enumerate(found))]
        )

    def q_were(self, _: str, np: NP, predicate: Property, question: Question) -> Alternatives:
        return self._supposed(Said(applied(np, predicate)), question)

    def q_had_been(self, tense: str, np: NP, predicate: Property, question: Question) -> Alternatives:
        if tense != "past":
            raise Unfit("")
        return self._supposed(Said(applied(np, predicate), np, predicate.under(tense="past", perfect=True)), question)

    def q_after_first(self, test: Said, question: Question) -> Alternatives:
        return self.q_after(question, test)

    def q_after_occasion(self, question: Question, np: NP) -> Question:
        """*After the collision*: there is one."""
        if not isinstance(np, Some):
            raise Unfit("")
        return self._supposing(Said(np.apply(lambda side: Claim(TRUE))), question)

    def q_after_occasion_first(self, np: NP, question: Question) -> Question:
        return self.q_after_occasion(question, np)

    def s_after_occasion(self, said: Said, np: NP) -> Said:
        if not isinstance(np, Some):
            raise Unfit("")
        return replace(said, prop=And((np.apply(lambda side: Claim(TRUE)), said.prop)))

    # -- on a scale ------------------------------------------------------------------------------------------

    def q_rank_of(self, count: float, _: NounUse, __: str, np: NP, use: AttributeUse) -> Question:
        """*Out of 100 athletes, where does she rank in strength?*: of so many as there could be, how many have less."""
        if use.attribute.share is None:
            raise Unfit(f"the lexicon does not say what share of all have less {use.word}")
        return Value(Binary(op="*", left=number(count), right=template(use.attribute.share, x=np.side().expr)))

    def q_rank_of_np(self, count: float, noun: NounUse, np: NP, use: AttributeUse) -> Question:
        return self.q_rank_of(count, noun, "", np, use)

    def q_rank_of_after(self, tense: str, np: NP, use: AttributeUse, count: float, noun: NounUse) -> Question:
        return self.q_rank_of(count, noun, tense, np, use)

    def q_rank_of_after_np(self, np: NP, use: AttributeUse, count: float, noun: NounUse) -> Question:
        return self.q_rank_of(count, noun, "", np, use)

    # -- what is so of no one: "it is winter" ---------------------------------------------------------------

    def weather(self, pronoun: tuple[str, int], _: str, use: AdjectiveUse) -> Said:
        """*It is winter*: an adjective that is true of the world, not of someone."""
        means = use.adjective.means
        if pronoun[0] != "it" or means is None or in_code(means, "x"):
            raise Unfit("")
        said = Claim(expression(means))
        return Said(Not(said) if use.negated else said)

    def weather_not(self, pronoun: tuple[str, int], tense: str, use: AdjectiveUse) -> Said:
        return Said(Not(self.weather(pronoun, tense, use).prop))

    def weather_been(self, pronoun: tuple[str, int], tense: str, use: AdjectiveUse) -> Said:
        """*If it had been winter*: the contrary of what is so."""
        said = self.weather(pronoun, tense, use)
        been = Property(lambda side, _: said.prop, circumstance=Circumstance(tense="past", perfect=tense == "past"))
        return replace(said, predicate=been)

    def weather_not_been(self, pronoun: tuple[str, int], tense: str, use: AdjectiveUse) -> Said:
        said = self.weather_been(pronoun, tense, use)
        return replace(said, prop=Not(said.prop))

    def q_weather(self, tense: str, pronoun: tuple[str, int], use: AdjectiveUse) -> Question:
        return Polar(self.weather(pronoun, tense, use).prop)

    def there_state(self, tense: str, use: AdjectiveUse) -> Said:
        """*There is an alarm*: what is so of no one, called by a noun."""
        return self.weather(("it", 0), tense, use)

    def there_no_state(self, tense: str, use: AdjectiveUse) -> Said:
        return Said(Not(self.there_state(tense, use).prop))

    def there_any_state(self, tense: str, determiner: tuple[str, str | None], use: AdjectiveUse) -> Said:
        if determiner[0] not in ("no", "any", "some"):
            raise Unfit("")
        return self.there_no_state(tense, use) if determiner[0] == "no" else self.there_state(tense, use)

    def q_there_state(self, tense: str, use: AdjectiveUse) -> Question:
        return Polar(self.there_state(tense, use).prop)

    def q_there_any_state(self, tense: str, determiner: tuple[str, str | None], use: AdjectiveUse) -> Question:
        return Polar(self.there_any_state(tense, determiner, use).prop)

    # -- if something is so ---------------------------------------------------------------------------------

    def q_if(self, test: Said, question: Question) -> Alternatives:
        return self._supposed(test, question)

    def q_if_after(self, question: Question, test: Said) -> Alternatives:
        return self._supposed(test, question)

    def q_unless(self, test: Said, question: Question) -> Alternatives:
        """*Unless she takes it, …*: if she does not."""
        predicate = test.predicate
        if predicate is None or test.parts:
            return self._supposed(Said(Not(test.prop)), question)
        return self._supposed(replace(test, prop=Not(test.prop), predicate=negative(predicate)), question)

    def q_unless_after(self, question: Question, test: Said) -> Alternatives:
        return self.q_unless(test, question)

    def q_given(self, test: Said, question: Question) -> Alternatives:
        """*Given that Ann took the medicine, …*: it is found to be so, whoever does it."""
        return self._supposed(test, question, found_so=True)

    def q_given_after(self, question: Question, test: Said) -> Alternatives:
        return self.q_given(test, question)

    # -- if something had been otherwise -------------------------------------------------------------------

    def q_if_otherwise(self, question: Question, np: NP, tense: str, comparative: Comparative) -> Alternatives:
        """*If it had been lighter*: all else the same, its mass is a share of what it is, or a multiple."""
        if tense != "past":
            raise Unfit("")
        said = self.degree(comparative.use, np.side())
        found = []
        for degree in resolved(said, question):
            made = Claim(compare(degree, comparative.op, degree))  # in the one world as it is in the other
            asks = resolved(question, Value(degree))
            found += [Supposing(None, as_it_was(asked), made=made) for asked in asks]
        return Alternatives(Weighted(one, PREFERENCE**rank) for rank, one in enumerate(found))

    def q_if_otherwise_first(self, np: NP, tense: str, comparative: Comparative, question: Question) -> Alternatives:
        return self.q_if_otherwise(question, np, tense, comparative)

    # -- how something is done -----------------------------------------------------------------------------

    def q_how_does(self, use: AdjectiveUse, tense: str, np: NP, predicate: Property) -> Question:
        """*How fast does the ball move?* asks how fast it is."""
        return self._how_done(use, np, self.v_do(tense, predicate))

    def q_how_would(self, use: AdjectiveUse, modal: str, np: NP, predicate: Property) -> Question:
        return self._how_done(use, np, self.v_modal(modal, predicate))

    def q_how_doing(self, use: AdjectiveUse, tense: str, np: NP, predicate: Property) -> Question:
        return self._how_done(use, np, self.v_ing(tense, predicate))

    def _how_done(self, use: AdjectiveUse, np: NP, predicate: Property) -> Question:
        if predicate.verb is None or predicate.object is not None or "when" in predicate.takes:
            raise Unfit("")
        applied(np, predicate)  # what can't be said of it can't be asked about
        return self._degree(use, np)


def resolved(form: Any, other: Any) -> list[Any]:
    """Return a form with its *it* put for each thing that another form speaks of as *the so-and-so*."""
    if not mentions(form, THEY):
        return [form]
    found = [replaced(form, {THEY: expr}) for expr in referents(other)]
    if not found:
        raise Unfit("it is not clear what “it” means: name it")
    return found


def referents(form: Any) -> list[Expr]:
    """Return the single things that a form speaks of by a description, in their order."""
    found: list[Expr] = []

    def look(part: Any) -> None:
        if isinstance(part, Quant) and part.amount.kind == "some":
            found.append(Call(function=Name(id="first"), args=(listed(part.things),)))
        elif isinstance(part, Call) and getattr(part.function, "id", "") == "first" and _is_listed(part.args):
            found.append(part)

    changed(form, look)
    return list(dict.fromkeys(found))


def _is_listed(args: tuple[Any, ...]) -> bool:
    return len(args) == 1 and isinstance(args[0], Listed)


__all__ = ["Occasions", "referents", "resolved"]
