"""What a word may stand for: an entry of the world's lexicon in one of its forms, or something that was introduced."""

from __future__ import annotations

from plot.language.syntax.nodes import Expr
from plot.records import record
from plot.world.lexicon import Adjective, AttributeWord, Noun, Verb


class Percent(float):
    """A share that is said in percent: *50%*."""


@record(frozen=True)
class Measured:
    """A figure with its unit, if it was said."""

    amount: float
    unit: str | None = None


@record(frozen=True, eq=False)
class NameUse:
    """The name of an individual; `said` is what was written. A `thing` is one that the model has by itself."""

    expr: Expr
    said: str
    thing: bool = False


@record(frozen=True, eq=False)
class NounUse:
    """A noun in the singular or the plural; `defined` is the function of a noun that the speaker has defined."""

    word: str
    noun: Noun
    plural: bool
    defined: str | None = None


@record(frozen=True, eq=False)
class GroupUse:
    """A team that has a name of its own: the variable that holds its members; it may be the team of an `owner`."""

    variable: str
    known: bool
    owner: str | None = None


@record(frozen=True, eq=False)
class AdjectiveUse:
    """An adjective; with `negated` it is the opposite of its entry."""

    word: str
    adjective: Adjective
    negated: bool = False


@record(frozen=True, eq=False)
class AttributeUse:
    """An attribute: *strength*."""

    word: str
    attribute: AttributeWord


@record(frozen=True, eq=False)
class VerbUse:
    """A verb in one or more of its forms (base, third, past, participle, ing); `preposition` is that of its object."""

    key: str
    verb: Verb
    forms: frozenset[str]
    preposition: str | None = None


@record(frozen=True, eq=False)
class PhraseUse:
    """A verb phrase that says the same as an adjective: *slacks off*."""

    adjective: AdjectiveUse
    forms: frozenset[str]
