"""The vocabulary of a conversation: every phrase that is known, with the categories of the grammar that it may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plot.language.syntax.nodes import Assign, Constant, FunctionDef, NameTarget
from plot.translate.base import Discourse
from plot.translate.english.closed import CLOSED
from plot.translate.english.entries import (
    AdjectiveUse,
    AttributeUse,
    GroupUse,
    NameUse,
    NounUse,
    PhraseUse,
    VerbUse,
)
from plot.translate.english.record import program_of
from plot.world.inflect import compared, plural, verb_forms
from plot.world.lexicon import Adjective, Lexicon, Noun, Verb, expression

Phrase = tuple[str, ...]
Tags = dict[str, list[Any]]

PREPOSITIONS = frozenset(str(word) for word, tags in CLOSED.items() if any(tag == "PREP" for tag, _ in tags))


class Vocabulary:
    """Phrases (tuples of lower-case words) with their tags. `add` takes up more; `copy` makes one that can grow.

    With `names_anything`, any word that is not known may be a name, not just one that looks like a person's.
    Phrases that are `ignorable` are passed over, the longest first.
    """

    def __init__(
        self,
        phrases: dict[Phrase, Tags] | None = None,
        longest: int = 1,
        *,
        names_anything: bool = False,
        ignorable: tuple[Phrase, ...] = (),
    ) -> None:
        self.phrases: dict[Phrase, Tags] = phrases or {}
        self.longest = longest
        self.names_anything = names_anything
        self.ignorable = ignorable

    def add(self, phrase: str, tag: str, value: Any) -> None:
        """Take up a phrase with one of its categories."""
        key = tuple(_split(phrase))
        tags = self.phrases.get(key, {})
        self.phrases[key] = {**tags, tag: [*tags.get(tag, ()), value]}  # copies share what is not added to
        self.longest = max(self.longest, len(key))

    def copy(self) -> Vocabulary:
        """Return a vocabulary to which can be added without changing this one."""
        return Vocabulary(
            dict(self.phrases), self.longest, names_anything=self.names_anything, ignorable=self.ignorable
        )

    def words(self, *tags: str) -> Iterator[str]:
        """Yield the phrases that have one of these categories."""
        for key, found in self.phrases.items():
            if any(tag in found for tag in tags):
                yield " ".join(key)


def _split(phrase: str) -> Iterator[str]:
    """Split a phrase as sentences are split: `it's` is two words."""
    for word in phrase.replace("’", "'").split():
        stem, quote, rest = word.partition("'")
        yield from ([stem] if stem else [])
        yield from ([quote + rest] if quote else [])


def of_lexicon(lexicon: Lexicon) -> Vocabulary:
    """Return the vocabulary of a world: the words of the grammar and those of its lexicon."""
    ignorable = sorted((tuple(_split(phrase)) for phrase in lexicon.ignorable), key=len, reverse=True)
    found = Vocabulary(names_anything=lexicon.rules is not None, ignorable=tuple(ignorable))
    for phrase, tagged in CLOSED.items():
        for tag, value in tagged:
            found.add(phrase, tag, value)
    for word, noun in lexicon.nouns.items():
        _noun(found, word, noun)
    for phrase, code in lexicon.individuals.items():
        found.add(phrase, "NAME", NameUse(expression(code), phrase, thing=True))
        found.add(f"the {phrase}", "NAME", NameUse(expression(code), phrase, thing=True))
    for word, attribute in lexicon.attributes.items():
        for name in (word, *attribute.also):
            found.add(name, "ATTR", AttributeUse(word, attribute))
            if not set(roles_in(attribute.value, "x", "event")):  # nobody's: "the wait"
                found.add(f"the {name}", "NAME", NameUse(expression(attribute.value), f"the {name}", thing=True))
        for value, code in attribute.values.items():
            test = f"({attribute.value}) == ({code})"
            found.add(value, "BADJ", AdjectiveUse(value, Adjective(means=test)))
        for unit in attribute.units:
            found.add(unit, "UNIT", unit)
    for phrase, code in lexicon.prepositions.items():
        found.add(phrase, "PREPR", code)
    for word, adjective in lexicon.adjectives.items():
        _adjective(found, word, adjective)
    for key, verb in lexicon.verbs.items():
        _verb(found, key, verb)
    return found


def _noun(found: Vocabulary, word: str, noun: Noun) -> None:
    kind = "EVN" if noun.event else "GRP" if noun.group else "RN" if noun.of is not None else "N"
    for name in (word, *noun.also):
        many = noun.plural if name == word and noun.plural else noun.plurals.get(name, plural(name))
        found.add(name, f"{kind}_SG", NounUse(word, noun, False))
        found.add(many, f"{kind}_PL", NounUse(word, noun, True))


def _adjective(found: Vocabulary, word: str, adjective: Adjective) -> None:
    for sense in adjective.senses:
        _adjective(found, word, sense)
    for name in (word, *adjective.also):
        use = AdjectiveUse(name, adjective)
        found.add(name, "ADJ" if adjective.degree is not None else "BADJ", use)
        forms = compared(name)
        if name == word and adjective.comparative and adjective.superlative:
            forms = (adjective.comparative, adjective.superlative)
        if adjective.degree is not None and forms is not None:
            found.add(forms[0], "CMP", use)
            found.add(forms[1], "SUP", use)
    for name in adjective.opposite:
        found.add(name, "BADJ", AdjectiveUse(name, adjective, negated=True))
    for unit in adjective.units:
        found.add(unit, "UNIT", unit)
    for phrase in adjective.verbs:
        for form, names in _inflected(phrase, {}).items():
            found.add(form, "VPHR", PhraseUse(AdjectiveUse(word, adjective), names))
    for name in adjective.nominal:
        for phrase in _with_article(name):
            found.add(phrase, "NOMADJ", AdjectiveUse(word, adjective))
    if adjective.means is not None and not expression_mentions(adjective.means, "x"):
        for name in (word, *adjective.also, *adjective.opposite):
            for phrase in _with_article(name):
                found.add(phrase, "NOMADJ", AdjectiveUse(name, adjective, negated=name in adjective.opposite))
    for name in (word, *adjective.also, *adjective.opposite) if adjective.means is not None else ():
        for base in _bases(name):  # "vaccinated": whom we vaccinate is so
            for form in (base, name):
                found.add(form, "TREAT", AdjectiveUse(name, adjective, negated=name in adjective.opposite))


def _verb(found: Vocabulary, key: str, verb: Verb) -> None:
    for name in (key, *verb.also):
        words = name.split()
        takes_object = verb.means is None or expression_mentions(verb.means, "object")
        preposition = words[-1] if takes_object and len(words) > 1 and words[-1] in PREPOSITIONS else None
        bare = " ".join(words[:-1]) if preposition else name
        tag = "VP" if preposition else "VT" if takes_object else "VI"
        for form, names in _inflected(bare, dict(verb.forms) if name == key else {}).items():
            found.add(form, tag, VerbUse(name, verb, names, preposition))
        head, _, gift = bare.partition(" ")  # "a cough", of "have a cough"
        given = head == "have" or (verb.action and head in ("take", "get"))
        if given and tag == "VI" and gift:  # who is given it takes it, and then has it
            found.add(gift, "GIFT", VerbUse(name, verb, frozenset({"base"})))
        if head == "have" and tag == "VI" and gift:
            use = VerbUse(name, verb, frozenset({"base"}))
            found.add(gift, "HAD", use)
            article, _, noun = gift.partition(" ")
            bare = noun if article in ("a", "an", "the") and noun else gift
            found.add(f"no {bare}", "HADNO", use)
            found.add(bare, "HADBARE", use)
        if tag == "VI" and gift and head in ("take", "get", "have", "catch"):  # "the medicine", "his fever"
            for phrase in {gift, *_with_article(gift.removeprefix("a ").removeprefix("an ").removeprefix("the "))}:
                found.add(phrase, "NOMINAL", VerbUse(name, verb, frozenset({"base"})))
            for form, names in _inflected(f"{head} it", {}).items() if verb.action else ():
                found.add(form, "DOIT", VerbUse(name, verb, names))
    for name in verb.nominal:
        for phrase in _with_article(name):
            found.add(phrase, "NOMINAL", VerbUse(key, verb, frozenset({"base"})))
    for manner in verb.manners:
        if tuple(manner.split()) not in found.phrases or "MANNER" not in found.phrases[tuple(manner.split())]:
            found.add(manner, "MANNER", manner)


def _with_article(phrase: str) -> tuple[str, ...]:
    return (phrase, f"the {phrase}", f"a {phrase}")


def _bases(participle: str) -> list[str]:
    """Return the verbs whose participle a word may be: *vaccinated* is of *vaccinate*."""
    found = (participle.removesuffix("d"), participle.removesuffix("ed"))
    return [base for base in found if base != participle and verb_forms(base)["participle"] == participle]


def roles_in(code: str, *names: str) -> tuple[str, ...]:
    """Return those of some placeholders that a lexicon's expression has."""
    return tuple(name for name in names if expression_mentions(code, name))


def expression_mentions(code: str, name: str) -> bool:
    """Tell whether a lexicon's expression has a placeholder, by a look at its text."""
    return (
        name in code.replace("(", " ").replace(")", " ").replace(",", " ").replace("[", " ").replace("]", " ").split()
    )


def _inflected(phrase: str, irregular: dict[str, str]) -> dict[str, frozenset[str]]:
    """Return the forms of a verb phrase, its first word inflected, each with the names that it has."""
    head, _, rest = phrase.partition(" ")
    forms = {**verb_forms(head), **irregular}
    found: dict[str, set[str]] = {}
    for name, form in forms.items():
        whole = form if name in irregular else f"{form} {rest}".strip()
        found.setdefault(whole, set()).add(name)
    return {form: frozenset(names) for form, names in found.items()}


# -- what the conversation has introduced --------------------------------------------------------------------


def of_discourse(base: Vocabulary, discourse: Discourse) -> Vocabulary:
    """Return the vocabulary with the names, teams and nouns that the conversation has introduced."""
    lexicon = discourse.world.lexicon
    found = base.copy()
    for name in discourse.names:
        found.add(name.replace("_", " "), "NAME", NameUse(Constant(value=name), name))
    groups = {word: noun for word, noun in lexicon.nouns.items() if noun.group}
    for told in discourse.told:
        for statement in program_of(told.readings[0].code).body:
            if isinstance(statement, FunctionDef) and len(statement.parameters) == 1 and told.act == "knowledge":
                _defined_noun(found, statement.name, lexicon)
            elif isinstance(statement, Assign) and isinstance(statement.target, NameTarget):
                _defined_group(found, statement.target.id, groups)
    return found


def _defined_noun(found: Vocabulary, name: str, lexicon: Lexicon) -> None:
    noun = person_noun(lexicon)
    if name.endswith("_of"):
        word = name.removesuffix("_of").replace("_", " ")
        for phrase in (word, plural(word)):
            found.phrases.pop(tuple(phrase.split()), None)
        _noun(found, word, Noun(of=f"{name}(of)"))
        return
    word = name.removeprefix("is_").replace("_", " ")
    if noun is None or tuple(word.split()) in found.phrases:
        return
    found.add(word, "N_SG", NounUse(word, noun, False, name))
    found.add(plural(word), "N_PL", NounUse(word, noun, True, name))
    found.add(word, "DADJ", name)


def _defined_group(found: Vocabulary, variable: str, groups: dict[str, Noun]) -> None:
    for word, noun in groups.items():
        for name in (word, *noun.also):
            if variable.endswith(f"_{name}") or variable.startswith(f"{name}_"):
                found.add(variable.replace("_", " "), "GROUP", GroupUse(variable, True))
                return


def person_noun(lexicon: Lexicon, *, thing: bool = False) -> Noun | None:
    """Return the noun that *who* and *everyone* speak of, or *something*: the most general one with a list."""
    nouns = [noun for noun in lexicon.nouns.values() if noun.domain is not None]

    def distance(noun: Noun) -> int:
        if noun.person is not None and noun.person is not thing and (not thing or noun.means is None):
            return 0
        return 3 if noun.means is not None else 1 if noun.person is None else 2

    return min(nouns, key=distance, default=None)
