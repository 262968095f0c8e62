"""Accounting: which words of a sentence a reading does not express.

A word is expressed if the code would be another one with another word of its category in its place. So each word that
has a meaning of its own (a name, a number, a noun, an adjective, a verb, a percent sign, a determiner, an adverb) is
replaced by one that no lexicon has, and the reading is made again from its derivation. Words of the grammar itself
(*the*, *of*, *is*) are expressed by the rule that takes them, and pronouns by whom they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import Constant
from plot.translate.english.entries import (
    AdjectiveUse,
    AttributeUse,
    GroupUse,
    NameUse,
    NounUse,
    Percent,
    PhraseUse,
    VerbUse,
)
from plot.translate.english.forest import Derivation, Leaf, Token
from plot.world.lexicon import Adjective, Noun, Verb, mentions

# Categories whose words are expressed by the construction that takes them (tense, prepositions that a construction
# fixes), or that pick a referent (pronouns).
FUNCTION = frozenset(
    ("BE", "DO", "HAVE", "GOT", "MODAL", "ABOUT", "IN", "BETWEEN", "PRO", "PROPOSS", "REFL", "ONEN", "OTHER", "OTHERS",
     "ELSE", "QF", "GRP_SG", "GRP_PL", "EXCEPT")
)  # fmt: skip
# Constructions that take a word for granted: *how fast does it move* asks how fast it is.
PRESUPPOSED = {"q_how_does": "VI", "q_how_would": "VI", "q_how_doing": "VI", "q_does_more_if_more": "VI"}
PROBE = "probe_"  # no model has a function of this name
NOBODY = "nobody'"

Outcome = Callable[[Mapping[Leaf, Any]], object]


def unexpressed(derivation: Derivation, outcome: Outcome) -> list[Token]:
    """Return the words of a derivation that make no difference to its reading, in their order.

    Args:
        derivation: how the reading came about.
        outcome: the reading with other values for some of its words, as something that can be compared; what it was
            refused with where that is no reading any more.
    """
    leaves = [leaf for leaf in _leaves(derivation, frozenset()) if _says_something(leaf)]
    if not leaves:
        return []
    before = outcome({})
    return [
        leaf.token for leaf in leaves if any(outcome({leaf: one}) == before for one in instead(leaf.tag, leaf.value))
    ]


def _leaves(part: Derivation | Leaf, granted: frozenset[str]) -> Iterator[Leaf]:
    """Yield the words of a derivation without those that a construction takes for granted."""
    if isinstance(part, Leaf):
        if part.tag not in granted:
            yield part
        return
    if part.name in PRESUPPOSED:
        granted |= {PRESUPPOSED[part.name]}
    for inner in part.parts:
        yield from _leaves(inner, granted)


def _says_something(leaf: Leaf) -> bool:
    """Return whether a word has a meaning of its own: not *player* where a world is about players."""
    if leaf.value is None or leaf.tag in FUNCTION:
        return False
    use = leaf.value
    general = isinstance(use, NounUse) and use.defined is None and leaf.tag.startswith("N_") and use.noun.means is None
    return not general


def instead(tag: str, value: Any) -> Iterator[Any]:
    """Yield what could have been said in place of a word, each of which would mean something else."""
    match value:
        case Percent():
            yield Percent(value / 2 if value else 1.0)
            if value:
                yield 100 * float(value)
        case bool() | None:
            return
        case int() | float():
            yield value + 1 if value >= 1 or value <= 0 else value / 2
        case NameUse():
            yield NameUse(Constant(value=NOBODY), value.said, value.thing)
        case NounUse():
            yield replace(value, word=f"{PROBE}{value.word}", noun=_noun(value.noun), defined=_other(value.defined))
        case AdjectiveUse():
            yield _adjective(value)
        case PhraseUse():
            yield replace(value, adjective=_adjective(value.adjective))
        case AttributeUse():
            attribute = value.attribute.model_copy(
                update={"value": f"{PROBE}(x)", "share": f"{PROBE}(x)", "values": {}}
            )
            yield AttributeUse(f"{PROBE}{value.word}", attribute)
        case VerbUse():
            yield replace(value, key=f"{PROBE}{value.key}", verb=_verb(value.verb))
        case GroupUse():
            yield replace(value, variable=f"{PROBE}{value.variable}")
        case str() if tag == "PREPR":
            yield f"{PROBE}(x, of, other)" if mentions(value, "other") else f"{PROBE}(x, of)"
        case str():
            yield _OTHERS.get(value, f"{PROBE}{value}")
        case (str(), _) if tag in ("DEG", "MARGIN"):
            yield (PROBE, PROBE)
        case (str(), _):
            yield ("no" if value[0] not in ("no", "neither") else "some", *value[1:])


_OTHERS = {
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "<": ">=",
    "==": "<",
    "mean": "sum",
    "sum": "mean",
}


def _other(function: str | None) -> str | None:
    return None if function is None else f"{PROBE}{function}"


def _noun(noun: Noun) -> Noun:
    of = None if noun.of is None else f"{PROBE}(of)" if noun.domain is None else f"{PROBE}(x, of)"
    means = None if noun.means is None else f"{PROBE}(x)"
    domain = None if noun.domain is None else f"{PROBE}all"
    return noun.model_copy(update={"of": of, "means": means, "domain": domain, "among": None})


def _adjective(use: AdjectiveUse) -> AdjectiveUse:
    entry: Adjective = use.adjective
    found = {
        "degree": f"{PROBE}(x)" if entry.degree is not None else None,
        "means": f"{PROBE}(x)" if entry.means is not None else None,
        "event": f"{PROBE}(x, event)" if entry.event is not None else None,
        "mutual": f"{PROBE}(x, of)" if entry.mutual is not None else None,
        "team": f"{PROBE}(x)" if entry.team is not None else None,
    }
    if entry.means is not None and not mentions(entry.means, "x"):
        found["means"] = f"{PROBE}()"
    return replace(use, word=f"{PROBE}{use.word}", adjective=entry.model_copy(update=found))


def _verb(verb: Verb) -> Verb:
    roles = ["subject", "object", "event"]
    if verb.means is not None:
        roles = [role for role in roles if mentions(verb.means, role)]
    code = f"{PROBE}({', '.join(roles)})"
    manners = dict.fromkeys(verb.manners, code)
    degree = None if verb.degree is None else f"{PROBE}(subject, object)"
    return verb.model_copy(update={"means": code, "manners": manners, "degree": degree, "object": None, "senses": ()})


__all__ = ["FUNCTION", "unexpressed"]
