"""How statements of probability get their meanings: of one event, in general or where something else is the case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import Constant, Name
from plot.translate.english.build import template
from plot.translate.english.deeds import Deeds
from plot.translate.english.entries import NameUse, NounUse, Percent
from plot.translate.english.forms import And, Claim, DefineChance, Implies, Not, Polar, Prop, Question, Tense
from plot.translate.english.meanings import NP, Circumstance, Denied, One, Property, Some, Unfit, applied, constant_name
from plot.translate.english.noun_phrases import Determiner
from plot.translate.english.sentences import Said
from plot.world.inflect import IRREGULAR_VERBS, plural, third, verb_forms
from plot.world.lexicon import expression

ARTICLES = ("a", "an")  # with a capital they may be names, but not the first word of one: "A burglary happens …"


class Chances(Deeds):
    """The functions of the grammar's rules for statements of probability, by their aliases."""

    # -- events --------------------------------------------------------------------------------------------

    def named_noun(self, use: NameUse, noun: NounUse) -> NP:
        """*The purple event* is the event called purple."""
        names = self.context.lexicon.names
        if noun.plural or noun.noun.domain is None or noun.noun.means is not None or noun.noun.person is not False:
            raise Unfit("")
        if expression(noun.noun.domain) not in [Name(id=name) for name in names]:
            raise Unfit("")
        self.context.declared.append(str(constant_name(use.expr)))
        return One(use.expr)

    def noun_named(self, noun: NounUse, use: NameUse) -> NP:
        return self.named_noun(use, noun)

    def event_called(self, use: NameUse) -> NP:
        """*A burglary*, *the alarm*: an event of this name, in a world of events."""
        if self.context.lexicon.rules is None:
            raise Unfit("")
        return self.name(use)

    def name(self, use: NameUse) -> NP:
        """Return what a name means; in a world of events, *alarms* mean *alarm*, if that is known."""
        atom = constant_name(use.expr)
        if self.context.lexicon.rules is None or atom is None or use.thing:
            return super().name(use)
        known, denied = known_event(atom, self.context.discourse.names)
        if known != atom:
            self.context.introduced.append(known)
        return Denied(Constant(value=known)) if denied else One(Constant(value=known))

    def event_called_so(self, first: NameUse, second: NameUse) -> NP:
        return self.event_called(self.compound(first, second))

    def compound(self, first: NameUse, second: NameUse) -> NameUse:
        """*Breast cancer* is one event."""
        names = [constant_name(use.expr) for use in (first, second)]
        if self.context.lexicon.rules is None or None in names or first.thing or second.thing:
            raise Unfit("")
        if first.said.lower() in ARTICLES:
            raise Unfit("")
        atom = "_".join(str(name) for name in names)
        self.context.introduced.append(atom)
        return NameUse(Constant(value=atom), f"{first.said} {second.said}")

    def event_holds(self, np: NP) -> Said:
        rules = self.context.lexicon.rules
        if rules is None:
            raise Unfit("a probability is of something that may be true: “the probability that …”")
        test = rules.test
        return Said(np.apply(lambda side: Claim(template(test, x=side.expr))))

    def there(self, tense: str, np: NP) -> Said:
        """*There is rain* says that an event of this name happens."""
        named = isinstance(np, (One, Denied)) or (isinstance(np, Some) and np.part)  # "exactly one of rain and wind"
        return self.event_holds(np) if self.context.lexicon.rules is not None and named else super().there(tense, np)

    def there_named(self, tense: str, determiner: Determiner, use: NameUse) -> Said:
        """*There is no rain*."""
        if determiner[0] not in ("no", "some", "any"):
            raise Unfit("")
        found = self.event_holds(self.name(use))
        return Said(Not(found.prop)) if determiner[0] == "no" else found

    def no_event(self, determiner: Determiner, use: NameUse) -> Said:
        """*The probability of rain given no wind*."""
        return self.there_named("present", determiner, use)

    def q_is_likely(self, _: str, np: NP) -> Question:
        return Polar(self.event_holds(np).prop)

    def there_and_named(self, tense: str, np: NP, determiner: Determiner, use: NameUse) -> Said:
        """*There is wind and no rain*."""
        return Said(And((self.there(tense, np).prop, self.there_named(tense, determiner, use).prop)))

    def events_and(self, one: Said, other: Said) -> Said:
        """*Given a scholarship and no tutoring*."""
        if self.context.lexicon.rules is None:
            raise Unfit("")
        return Said(And((one.prop, other.prop)))

    def there_named_both(self, tense: str, *given: Any) -> Said:
        """*There is no wind and no rain*."""
        one, first, other, second = given
        return self.events_and(self.there_named(tense, one, first), self.there_named(tense, other, second))

    def there_named_and(self, tense: str, determiner: Determiner, use: NameUse, np: NP) -> Said:
        return self.events_and(self.there_named(tense, determiner, use), self.there(tense, np))

    def q_had_there(self, tense: str, np: NP, question: Question) -> Any:
        """*Had there been rain, …*."""
        return self._supposed(self.there_had_been(tense, np), question)

    def q_had_there_not(self, tense: str, np: NP, question: Question) -> Any:
        return self._supposed(self.there_had_not_been(tense, np), question)

    def q_had_there_named(self, tense: str, determiner: Determiner, use: NameUse, question: Question) -> Any:
        return self._supposed(self.there_had_been_named(tense, determiner, use), question)

    def there_had_been(self, tense: str, np: NP) -> Said:
        """*If there had been rain*: contrary to what there was."""
        if tense != "past":
            raise Unfit("")
        said = self.there(tense, np)
        contrary = Property(lambda *_: said.prop, circumstance=Circumstance(perfect=True))
        return replace(said, predicate=contrary)

    def there_had_not_been(self, tense: str, np: NP) -> Said:
        said = self.there_had_been(tense, np)
        return replace(said, prop=Not(said.prop))

    def there_had_been_named(self, tense: str, determiner: Determiner, use: NameUse) -> Said:
        said = self.there_had_been(tense, self.name(use))
        return replace(said, prop=self.there_named(tense, determiner, use).prop)

    def q_would_there(self, modal: str, np: NP) -> Question:
        return Polar(self.there(modal, np).prop, tense="modal")

    def q_would_there_have(self, modal: str, _: str, np: NP) -> Question:
        return Polar(self.there(modal, np).prop, tense="modal", contrary=True)

    def q_would_there_named(self, modal: str, determiner: Determiner, use: NameUse) -> Question:
        return Polar(self.there_named(modal, determiner, use).prop, tense="modal")

    def q_would_there_have_named(self, modal: str, _: str, determiner: Determiner, use: NameUse) -> Question:
        return Polar(self.there_named(modal, determiner, use).prop, tense="modal", contrary=True)

    # -- events as clauses ---------------------------------------------------------------------------------

    def thing_it(self, use: tuple[str, int]) -> None:
        if use[0] != "it":
            raise Unfit("")

    def happens(self, *given: NameUse) -> Said:
        """*The pump fails*, *it rained*."""
        return self._happening(given, "third", "past")

    def phrasal(self, use: NameUse, particle: str) -> NameUse:
        """*Goes off*."""
        return NameUse(Constant(value=f"{constant_name(use.expr)} {particle}"), use.said)

    def happens_not(self, *given: Any) -> Said:
        *thing, _, use = given
        return Said(Not(self._happening((*thing, use), "base").prop))

    def happens_so(self, *given: Any) -> Said:
        """*The alarm is ringing*, *the road is wet*, *it is cloudy*."""
        *thing, _, use = given
        use = NameUse(Constant(value=use), use) if isinstance(use, str) else use  # "the server is down"
        return self._happening((*thing, use), "ing", so=True)

    def happens_not_so(self, *given: Any) -> Said:
        return Said(Not(self.happens_so(*given).prop))

    def q_happens(self, _: str, *given: NameUse) -> Question:
        return Polar(self._happening(given, "base").prop)

    def q_happens_so(self, tense: str, *given: NameUse) -> Question:
        *thing, use = given
        return Polar(self.happens_so(*thing, tense, use).prop)

    def _happening(self, given: Sequence[NameUse], *forms: str, so: bool = False) -> Said:
        """Return that an event happens which a verb names in one of these forms; or that something is `so`."""
        *thing, use = given
        word, _, particle = (constant_name(use.expr) or "").partition(" ")
        base = base_form(word, *forms)
        if self.context.lexicon.rules is None or (base is None and not so):
            raise Unfit("")
        last = word if base is None else third(base) if thing else base
        named = [*(constant_name(one.expr) or "" for one in thing), last, particle]
        atom = "_".join(part for part in named if part)
        self.context.introduced.append(atom)
        return self.event_holds(self.name(NameUse(Constant(value=atom), atom.replace("_", " "))))

    def someone_does(self, use: NameUse) -> Said:
        """*If someone smokes*: the event *smoking*."""
        return self.event_holds(self.event_called(use))

    def someone_does_not(self, *given: Any) -> Said:
        return Said(Not(self.someone_does(given[-1]).prop))

    def of_being(self, np: NP, predicate: Property) -> Said:
        return Said(applied(np, predicate))

    def of_doing(self, np: NP, predicate: Property) -> Said:
        return Said(applied(np, self._form(predicate, {"ing"}, "present")))

    # -- shares --------------------------------------------------------------------------------------------

    def share(self, figure: float) -> float:
        if not 0 <= figure <= 1 or (figure > 0 and figure == int(figure) and not isinstance(figure, Percent)):
            raise Unfit("a probability is between 0 and 1, or a percentage")
        return float(figure)

    def rate_half(self, *given: Any) -> float:
        """*Half of the time*."""
        if given[-1][0] != "half":
            raise Unfit("")
        return 0.5

    def share_of_so_many(self, *given: Any) -> float:
        """*One in twenty*, *in one case out of ten*."""
        part, whole = (one for one in given if isinstance(one, (int, float)))
        if not 0 <= part <= whole or whole <= 0 or isinstance(part, Percent) or isinstance(whole, Percent):
            raise Unfit("")
        return float(part / whole)

    # -- statements ----------------------------------------------------------------------------------------

    def chance_is(self, said: Said, *given: Any) -> DefineChance:
        return self._chance(said, given[-1])

    def chance_if(self, test: Said, said: Said, *given: Any) -> DefineChance:
        return self._chance(said, given[-1], test)

    def otherwise(self, *given: Any) -> tuple[float]:
        """*Otherwise 10%*."""
        return (given[-1],)

    def otherwise_if(self, *given: Any) -> tuple[float, Said]:
        """*10% if there is no rain*."""
        return given[-2], given[-1]

    def chance_if_else(self, *given: Any) -> DefineChance:
        *said, other = given
        return _or_else(self.chance_if(*said), *other)

    def chance_else(self, said: Said, *given: Any) -> DefineChance:
        share, test, other = given[-3:]
        return _or_else(self._chance(said, share, test), *other)

    def chance_given(self, said: Said, test: Said, *given: Any) -> DefineChance:
        return self._chance(said, given[-1], test)

    def chance_after(self, said: Said, *given: Any) -> DefineChance:
        return self._chance(said, given[-2], given[-1])

    def chance_had(self, np: NP, *given: Any) -> DefineChance:
        return self._chance(self.event_holds(np), given[-1])

    def chance_had_if(self, test: Said, np: NP, *given: Any) -> DefineChance:
        return self._chance(self.event_holds(np), given[-1], test)

    def chance_there_of(self, *given: Any) -> DefineChance:
        """*There is a 40% chance of snow*."""
        return self._chance(self.event_holds(given[-1]), next(item for item in given if isinstance(item, float)))

    def chance_there(self, *given: Any) -> DefineChance:
        return self._chance(given[-1], next(item for item in given if isinstance(item, float)))

    def _chance(self, said: Said, share: float, test: Said | None = None) -> DefineChance:
        given: Prop | None = test.prop if test is not None else None
        return DefineChance(said.prop, given, share)

    def chance_with(self, said: Said, *given: Any) -> DefineChance:
        return self._chance(replace(said, doubt=False), given[-1])

    # -- questions -----------------------------------------------------------------------------------------

    def q_chance(self, *given: Any) -> Any:
        return self._conditional(super().q_chance(*given), given[-1])

    def q_chance_that(self, said: Said) -> Any:
        return self._conditional(super().q_chance_that(said), said)

    def q_chance_it(self, *given: Any) -> Any:
        return self._conditional(super().q_chance_it(*given), given[-1])

    def _conditional(self, question: Question, said: Said) -> Any:
        """The chance that something is so *if* something else is, is the one where that is the case."""
        prop = question.prop if isinstance(question, Polar) else None
        if not isinstance(prop, Implies) or prop.both:
            return replace(question, tense=_tense(said)) if isinstance(question, Polar) else question
        if said.condition is None:
            return self._supposed(Said(prop.test), Polar(prop.then))
        test, then = said.condition
        return self._supposed(replace(test, prop=prop.test), Polar(prop.then, tense=_tense(then)))

    def q_likelihood(self, _: str, said: Said) -> Question:
        return Polar(said.prop)

    def q_how_likely(self, _: str, np: NP) -> Question:
        return Polar(self.event_holds(np).prop)


def _or_else(found: DefineChance, share: float, test: Said | None = None) -> DefineChance:
    """Return a statement of chance with the one of the other case: wherever the first is not, or where it is said."""
    return replace(found, otherwise=share, other=test.prop if test is not None else None)


def _tense(said: Said) -> Tense | None:
    return said.predicate.circumstance.tense if said.predicate is not None else None


def base_form(word: str, *forms: str) -> str | None:
    """Return the verb of which a word is one of these forms.

    >>> [base_form(word, "third", "past") for word in ("rains", "crashes", "fell", "stopped", "red")]
    ['rain', 'crash', 'fall', 'stop', None]
    >>> base_form("moving", "ing"), base_form("running", "ing"), base_form("fail", "base")
    ('move', 'run', 'fail')
    """
    stems = [word[:-4], word[:-3], word[:-2], word[:-1], f"{word[:-3]}e", f"{word[:-3]}y"]
    found = (*IRREGULAR_VERBS, *[verb for verb in stems if len(verb) > 2], word)
    return next((verb for verb in found if word in [verb_forms(verb)[form] for form in forms]), None)


NEGATIONS = ("non_", "not_", "un", "no_")
OPPOSITES = (("positive", "negative"), ("high", "low"), ("good", "bad"))


def known_event(name: str, known: Collection[str]) -> tuple[str, bool]:
    """Return the event that is known which a name means, and whether it means its opposite; else the name itself.

    >>> known_event("alarms", ["alarm"]), known_event("non_smoker", ["smoker"]), known_event("hail", ["rain"])
    (('alarm', False), ('smoker', True), ('hail', False))
    >>> known_event("smokes", ["smoking"])
    ('smoking', False)
    >>> known_event("negative_test", ["positive_test"]), known_event("having_asthma", ["asthma"])
    (('positive_test', True), ('asthma', False))
    """
    same = _same(name, known)
    if same is not None:
        return same, False
    for prefix in NEGATIONS:
        found = _same(name.removeprefix(prefix), known) if name.startswith(prefix) else None
        if found is not None:
            return found, True
    first, _, rest = name.partition("_")
    for one, other in (*OPPOSITES, *((other, one) for one, other in OPPOSITES)):
        found = _same(f"{other}_{rest}", known) if first == one and rest else None
        if found is not None:
            return found, True
    return name, False


def _same(name: str, known: Collection[str]) -> str | None:
    """Return the name by which an event is known, in the singular or the plural, with or without *having*."""
    bare = name.removeprefix("having_").removeprefix("a_")
    same = (one for one in known if one in (name, bare) or plural(one) == bare or plural(bare) == one)
    return next(same, None) or next((one for one in known if _does(bare, one)), None)


def _does(name: str, known: str) -> bool:
    """Return whether a word is a verb, or who does so, of the form in *-ing*: *smokes* and *smokers* of *smoking*."""
    if not known.endswith("ing"):
        return False
    stem = known.removesuffix("ing")
    bases = {stem, f"{stem}e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem}
    forms = [verb_forms(base) for base in bases if base]
    agent = name.removesuffix("s").removesuffix("er")
    doers = {stem, stem[:-1]} if name.removesuffix("s") != agent else set()
    return agent in doers or any(found["ing"] == known and name in found.values() for found in forms)


__all__ = ["Chances", "known_event"]
