"""The lexicon of a world: nouns, adjectives, attributes and verbs, each with an expression of the model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from plot.errors import PlotError, PlotErrors
from plot.language import LIBRARY, check, parse
from plot.language.syntax.nodes import (
    Assign,
    Call,
    Compare,
    Expr,
    FunctionDef,
    Name,
    NameTarget,
    ParameterNode,
    ProgramNode,
    Return,
    Unary,
    walk,
)
from plot.records import record

MOST_WORDS = 12
Place = tuple[str | int, ...]
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]  # neither true nor a text
Whole = Annotated[int, Field(strict=True)]


def _expression(text: str) -> str:
    """Refuse what is no single expression of the language."""
    try:
        _parsed(text, "lexicon")
    except PlotError as error:
        raise ValueError(error.message) from None
    return text.strip()


def _parsed(text: str, source: str) -> Expr:
    """Parse an expression as what is assigned, since a text that stands alone would be a docstring."""
    body = parse(f"value = ({text})", source).body
    if len(body) != 1 or not isinstance(body[0], Assign):
        raise PlotError("expected an expression of the model, such as 'strength(x)'")
    return body[0].value


def _words(text: str) -> str:
    """Return a word or phrase in lower case. Raises ValueError for what no one could say."""
    words = text.casefold().split()
    if not words or len(words) > MOST_WORDS:
        raise ValueError(f"expected a word, or a phrase of up to {MOST_WORDS} words")
    if not all(all(letter.isalpha() or letter in "-'’" for letter in word) for word in words):
        raise ValueError(f"'{text}' has characters that can't be part of a word")
    return " ".join(words)


def _variable(text: str) -> str:
    if not text.isidentifier() or text in LIBRARY:
        raise ValueError(f"'{text}' can't be the name of a variable")
    return text


Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_expression)]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_words)]
Variable = Annotated[str, AfterValidator(_variable)]
Made = tuple[Code, ...]  # what is set for a word to be so of something, and for it not to be so


def _pair(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Settable = Annotated[Made, BeforeValidator(_pair), Field(max_length=2)]


@lru_cache(maxsize=4_000)
def expression(code: str) -> Expr:
    """Return the nodes of a lexicon's expression.

    >>> expression("strength(x)").function.id
    'strength'
    """
    return _parsed(code, "lexicon")


class _LexiconPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Noun(_LexiconPart):
    """A kind of thing.

    One of: `domain` (the list of all of its things, with `means` to say which of the list they are), `of` (a
    relational noun, such as *parent*: the list of the parents of `of`; or with `domain` a test of `x` and `of`;
    then `among` may be a shorter list in which all are who pass it),
    `group` (teams: lists of individuals that people define), or `event` (matches: numbered in the order of telling).
    `person` says whether *who* and *everyone* may mean it. `do` is what is set where something had been one; of a
    `domain` without `means`, the list itself, to which things can be added, and from which they can be taken.
    """

    domain: Code | None = None
    means: Code | None = None
    of: Code | None = None
    among: Code | None = None
    group: bool = False
    event: bool = False
    person: bool | None = None
    chance: Annotated[Real, Field(gt=0, lt=1)] = 0.5
    plural: Phrase | None = None
    also: tuple[Phrase, ...] = ()
    plurals: Mapping[Phrase, Phrase] = Field(default_factory=dict)
    do: Settable = ()

    @model_validator(mode="after")
    def _is_something(self) -> Self:
        if not (self.domain or self.of or self.group or self.event):
            raise ValueError("a noun needs one of 'domain' (a list), 'of' (a relation), 'group: true' or 'event: true'")
        if (self.group or self.event) and (self.domain or self.of or self.means or (self.group and self.event)):
            raise ValueError("a noun is of one kind only: a thing, a relation, a group or an event")
        if self.among and not (self.of and self.domain):
            raise ValueError("'among' is the list of candidates for the test 'of': add 'domain' and 'of'")
        if self.means and not self.domain:
            raise ValueError("'means' selects from a list: add 'domain', the list")
        return self


class AttributeWord(_LexiconPart):
    """Something that can be asked of a thing: *strength*, *colour*.

    `value` is its expression in `x`. `values` are words for what it may be (an adjective for each is made), or a
    mapping from words to expressions. `precision` is the standard error with which people state its figure. `share` is
    the share of all that there could be, from 0 to 1, that have less: for *out of 100 athletes, where does she rank*.
    `do` is what is set where it had been otherwise, if `value` follows from other things.
    """

    value: Code
    share: Code | None = None
    values: Mapping[Phrase, Code] = Field(default_factory=dict)
    units: tuple[Phrase, ...] = ()
    precision: Annotated[Real, Field(gt=0)] = 1.0
    also: tuple[Phrase, ...] = ()
    do: Settable = ()

    @field_validator("values", mode="before")
    @classmethod
    def _listed(cls, values: Any) -> Any:
        if isinstance(values, (list, tuple)) and all(isinstance(value, str) for value in values):
            return {value: '"' + value.casefold().replace(" ", "_") + '"' for value in values}
        return values


class Adjective(_LexiconPart):
    """An adjective: gradable (`degree` with a threshold `above` or `below`), or a plain test (`means`).

    `degrees` are the thresholds of *very*, *quite*, *a bit* …; `margins` what *much* and *a bit* add to a comparison;
    `tolerance` how near *equally* and *exactly as* must come. `mutual` is what is said of two together, `x` and `of`:
    *Ann and Bob are married*. `event` is what it means in one match,
    `team` the degree of a whole team (a list `x`). `verbs` are verb phrases that say the same: *slack off*. With
    `action` it says what is done: *if Ann is treated, …* intervenes. `nominal` are nouns for being so: *vaccination*.
    `senses` are what it means of other things: *a long wait*, *a long queue*. Where `means` or `degree` follows from
    other things, `do` says what is set for *had been so*: a variable in its place, or a test on one; a second one says
    it for *had not been so*.
    """

    degree: Code | None = None
    above: Real | None = None
    below: Real | None = None
    degrees: Mapping[Phrase, Real] = Field(default_factory=dict)
    margins: Mapping[Phrase, Real] = Field(default_factory=dict)
    tolerance: Annotated[Real, Field(gt=0)] | None = None
    means: Code | None = None
    event: Code | None = None
    mutual: Code | None = None
    team: Code | None = None
    comparative: Phrase | None = None
    superlative: Phrase | None = None
    units: tuple[Phrase, ...] = ()
    also: tuple[Phrase, ...] = ()
    opposite: tuple[Phrase, ...] = ()
    verbs: tuple[Phrase, ...] = ()
    action: bool = False
    nominal: tuple[Phrase, ...] = ()
    senses: tuple[Adjective, ...] = ()
    do: Settable = ()

    @model_validator(mode="after")
    def _has_a_meaning(self) -> Self:
        alone = self.event is not None or self.mutual is not None
        if (self.degree is None) == (self.means is None) and (self.degree is not None or not alone):
            raise ValueError(
                "an adjective needs 'degree' (a number, with 'above' or 'below'), or else 'means' (a test), or 'event'"
            )
        if self.degree is not None and (self.above is None) == (self.below is None):
            raise ValueError("a gradable adjective needs one of 'above' and 'below', its threshold")
        if self.means is not None and (
            self.degrees or self.margins or self.above is not None or self.below is not None
        ):
            raise ValueError("only an adjective with a 'degree' has thresholds and margins")
        if self.degree is not None and self.opposite:
            raise ValueError("'opposite' is for an adjective with 'means': give that of a degree its own, with 'below'")
        return self


class Verb(_LexiconPart):
    """A verb; the key may end in the preposition of its object: *win against*, *lose to*.

    `means` is an expression in `subject`, `object` and `event`. With `teams` both are lists of individuals. A verb
    with `event` in its expression speaks of one match; without `means` it only says that there was one (*play
    against*). In a world with several kinds of events, `event` is the noun of those that it is about, and `senses` are
    the verbs that it stands for at events of other kinds (*beat* in a biathlon: *outski*). `degree` is how much it is
    so (*likes pizza more than sushi*), `object` the noun of what *where* and *what* ask for. `manners` are other
    expressions for adverbs: *by a lot*. `forms` are irregular ones. With `action` it says what somebody does: *if Ann
    takes the medicine, …* intervenes. `nominal` are nouns for doing so: *her recovery*. `do` is what is set where
    somebody had done so, or (a second one) had not, if `means` follows from other things.
    """

    means: Code | None = None
    teams: bool = False
    event: Phrase | None = None
    senses: tuple[Phrase, ...] = ()
    manners: Mapping[Phrase, Code] = Field(default_factory=dict)
    degree: Code | None = None
    forms: Mapping[str, Phrase] = Field(default_factory=dict)
    also: tuple[Phrase, ...] = ()
    object: Phrase | None = None
    action: bool = False
    nominal: tuple[Phrase, ...] = ()
    do: Settable = ()

    @model_validator(mode="after")
    def _means_what_is_done(self) -> Self:
        if self.action and self.means is None:
            raise ValueError("a verb with 'action' needs 'means', what it makes so")
        return self

    @field_validator("forms")
    @classmethod
    def _known_forms(cls, forms: Mapping[str, str]) -> Mapping[str, str]:
        for form in forms:
            if form not in ("third", "past", "participle", "ing"):
                raise ValueError(f"there is no form '{form}': the forms are third, past, participle and ing")
        return forms


class Rules(_LexiconPart):
    """The list of a model that holds stated probabilities.

    `list` is its variable, to which each statement adds a record: the `event`, its `chance`, whether that is `general`,
    and else `when` it is so (a function of the event); `test` is what *x is true* or *x happens* means.
    """

    list: Variable
    test: Code


class Quantifiers(_LexiconPart):
    """The least counts of vague quantifiers (*few*: the most)."""

    couple: Annotated[Whole, Field(ge=1)] = 2
    few: Annotated[Whole, Field(ge=1)] = 2
    a_few: Annotated[Whole, Field(ge=1)] = 3
    several: Annotated[Whole, Field(ge=1)] = 3
    many: Annotated[Whole, Field(ge=1)] = 5


class Lexicon(_LexiconPart):
    """The words of a world.

    `names` are the variables that hold the list of all individuals that were mentioned, `encounters` the one that holds
    who met whom in which event, as far as it was told: `[one side, the other side, event]`; `individuals` are those
    that the model itself has; `prepositions` are relations of `x` to `of`: *left of*, or to `of` and `other`:
    *between*. Where the model does not know individuals by their names, `bearer` is who bears the name `x`, and `shown`
    what an individual `x` is called. With `rules` people may state probabilities. Words that are `ignorable` say
    nothing about this world (*today*, *in the park*): they are passed over, and answers name them. What the model's own
    names say is added where the lexicon says neither `names` nor a noun with a `domain`; `derived` says whether it is.
    """

    derived: bool | None = None
    names: tuple[Variable, ...] = ()
    encounters: Variable | None = None
    bearer: Code | None = None
    shown: Code | None = None
    rules: Rules | None = None
    nouns: Mapping[Phrase, Noun] = Field(default_factory=dict)
    individuals: Mapping[Phrase, Code] = Field(default_factory=dict)
    attributes: Mapping[Phrase, AttributeWord] = Field(default_factory=dict)
    adjectives: Mapping[Phrase, Adjective] = Field(default_factory=dict)
    verbs: Mapping[Phrase, Verb] = Field(default_factory=dict)
    prepositions: Mapping[Phrase, Code] = Field(default_factory=dict)
    quantifiers: Quantifiers = Field(default_factory=Quantifiers)
    ignorable: tuple[Phrase, ...] = ()

    @field_validator("names", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @property
    def name_lists(self) -> tuple[str, ...]:
        """The variables that hold the list of all individuals that were mentioned."""
        return self.names

    @property
    def told_lists(self) -> tuple[str, ...]:
        """The variables that hold what was told: of whom, and who met whom."""
        return (*self.names, *([self.encounters] if self.encounters is not None else []))

    def expressions(self) -> Iterator[tuple[tuple[str | int, ...], str, tuple[str, ...]]]:
        """Yield every expression: where it stands in the lexicon, its text, and the placeholders that it may use."""
        yield from _of((), {"bearer": self.bearer, "shown": self.shown}, ("x",))
        yield from _of(("rules",), {"test": self.rules.test if self.rules is not None else None}, ("x",))
        for word, noun in self.nouns.items():
            related = ("x", "of") if noun.of is not None and noun.domain is not None else ("of",)
            yield from _of(("nouns", word), {"domain": noun.domain}, ())
            yield from _of(("nouns", word), {"means": noun.means}, ("x",))
            yield from _of(("nouns", word), {"of": noun.of}, related)
            yield from _of(("nouns", word), {"among": noun.among}, ("of",))
            yield from _set(("nouns", word), noun.do, ("x",))
        for word, code in self.individuals.items():
            yield ("individuals", word), code, ()
        for word, code in self.prepositions.items():
            yield ("prepositions", word), code, ("x", "of", "other")
        for word, attribute in self.attributes.items():
            yield from _of(("attributes", word), {"value": attribute.value}, ("x", "event"))
            yield from _of(("attributes", word), {"share": attribute.share}, ("x",))
            yield from _set(("attributes", word), attribute.do, ("x", "event"))
            yield from _of(("attributes", word, "values"), dict(attribute.values), ())
        senses = [(word, one) for word, entry in self.adjectives.items() for one in (entry, *entry.senses)]
        for word, adjective in senses:
            yield from _of(("adjectives", word), {"degree": adjective.degree}, ("x", "event"))
            yield from _of(("adjectives", word), {"means": adjective.means}, ("x",))
            yield from _of(("adjectives", word), {"team": adjective.team}, ("x",))
            yield from _of(("adjectives", word), {"event": adjective.event}, ("x", "event"))
            yield from _of(("adjectives", word), {"mutual": adjective.mutual}, ("x", "of"))
            yield from _set(("adjectives", word), adjective.do, ("x", "event"))
        for word, verb in self.verbs.items():
            roles = ("subject", "object", "event")
            yield from _of(("verbs", word), {"means": verb.means, "degree": verb.degree}, roles)
            yield from _of(("verbs", word, "manners"), dict(verb.manners), roles)
            yield from _set(("verbs", word), verb.do, roles)

    @cached_property
    def variables(self) -> frozenset[str]:
        """The variables that the expressions use themselves, so that no loop takes them."""
        found = set(self.told_lists)
        for _, code, roles in self.expressions():
            used = {node.id for node in walk(expression(code)) if isinstance(node, (Name, NameTarget))}
            found |= used - set(roles)
        return frozenset(found)

    def settings(self) -> Iterator[Setting]:
        """Yield what is set for words whose meaning follows from other things."""
        for kind, entries in (("nouns", self.nouns), ("attributes", self.attributes)):
            for word, entry in entries.items():
                meaning = entry.means if isinstance(entry, Noun) else entry.value
                if entry.do and meaning is not None:
                    yield Setting((kind, word, "do"), meaning, entry.do)
        for kind, words in (("adjectives", self.adjectives), ("verbs", self.verbs)):
            for word, one in words.items():
                meanings = [one.means, one.degree, one.event if isinstance(one, Adjective) else None]
                if one.do:
                    yield from (Setting((kind, word, "do"), code, one.do) for code in meanings if code is not None)

    def actions(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield what the words for actions say: where it stands in the lexicon, and its text."""
        for word, adjective in self.adjectives.items():
            if adjective.action:
                key = "degree" if adjective.means is None else "means"
                yield ("adjectives", word, key), str(adjective.means or adjective.degree)
        for word, verb in self.verbs.items():
            if verb.action:
                yield ("verbs", word, "means"), str(verb.means)


@record(frozen=True)
class Setting:
    """What is set where a `meaning` had been so, or had not: a variable, or tests on one (`made`); and its `place`."""

    place: tuple[str | int, ...]
    meaning: str
    made: Made


def _set(path: tuple[str, ...], made: Made, roles: tuple[str, ...]) -> Iterator[tuple[Place, str, tuple[str, ...]]]:
    for number, code in enumerate(made):
        yield (*path, "do", number), code, roles


def _of(
    path: tuple[str, ...], codes: Mapping[str, str | None], roles: tuple[str, ...]
) -> Iterator[tuple[tuple[str | int, ...], str, tuple[str, ...]]]:
    for key, code in codes.items():
        if code is not None:
            yield (*path, key), code, roles


def check_lexicon(
    lexicon: Lexicon, model: ProgramNode, modules: Collection[str] | None = None
) -> list[tuple[Place, PlotError]]:
    """Return the mistakes of the lexicon's expressions in a model, each with the path at which it stands."""
    found = check_expressions(lexicon.expressions(), model, lexicon.told_lists, modules)
    if found:
        return found
    set_ = [setting.meaning for setting in lexicon.settings()]
    done = [one for one in lexicon.actions() if one[1] not in set_]
    made = [(setting.place, code) for setting in lexicon.settings() for code in setting.made]
    return [
        *[(path, _not_done(code)) for path, code in done if not _is_made_so(code, model)],
        *[(path, _not_set(code)) for path, code in made if not _is_made_so(code, model)],
    ]


def _not_done(code: str) -> PlotError:
    hint = "'means' is a variable, or a call of a function with @mem, or such a value compared with another"
    return PlotError(f"an action must be drawn in the model, to be made so: {code} is not", hint=hint)


def _not_set(code: str) -> PlotError:
    hint = "'do' is a variable, or a call of a function with @mem, or such a value compared with another"
    return PlotError(f"what is set must be drawn in the model: {code} is not", hint=hint)


def _is_made_so(code: str, model: ProgramNode) -> bool:
    """Return whether what an expression says can be made so by intervening on something."""
    said = expression(code)
    if isinstance(said, Unary) and said.op == "not":
        said = said.operand
    return is_drawn(said.left if isinstance(said, Compare) and len(said.ops) == 1 else said, model)


def is_drawn(expr: Expr, model: ProgramNode) -> bool:
    """Return whether an expression is a variable of the model, or a call of a function that it remembers."""
    if isinstance(expr, Name):
        return any(isinstance(part, Assign) and part.target == NameTarget(id=expr.id) for part in model.body)
    remembered = {part.name for part in model.body if isinstance(part, FunctionDef) and part.mem}
    return isinstance(expr, Call) and getattr(expr.function, "id", None) in remembered


def check_expressions(
    expressions: Iterable[tuple[Place, str, tuple[str, ...]]],
    model: ProgramNode,
    known: Collection[str] = (),
    modules: Collection[str] | None = None,
) -> list[tuple[Place, PlotError]]:
    """Return the mistakes of expressions about a model, each with the path at which it stands.

    The language's own checker looks at them: unknown names, wrong arity, operands that can't be. An expression comes
    with its path, its text and its placeholders. `known` are variables besides the model's; `modules` are those whose
    functions they may call (None: all).
    """
    paths: dict[str, Place] = {}
    functions: list[FunctionDef] = []
    for number, (path, code, roles) in enumerate(expressions):
        name = f"lexicon {number}"
        paths[name] = path
        value = _parsed(code, name)
        parameters = tuple(ParameterNode(name=role, span=value.span) for role in roles)
        body = (Return(value=value, span=value.span),)
        functions.append(FunctionDef(name=f"lexicon_{number}", parameters=parameters, body=body, span=value.span))
    try:
        check(ProgramNode(body=(*model.body, *functions)), known=known, modules=modules)
    except PlotErrors as errors:
        return [(paths[place], error) for error in errors.errors if (place := _source(error)) in paths]
    return []


def _source(error: PlotError) -> str:
    source = error.span.source if error.span is not None else None
    return source.name if source is not None else ""


def mentions(code: str, name: str) -> bool:
    """Return whether an expression uses a name.

    >>> mentions("won(subject, object, event)", "event")
    True
    """
    return any(isinstance(node, (Name, NameTarget)) and node.id == name for node in walk(expression(code)))


__all__ = [
    "Adjective",
    "AttributeWord",
    "Lexicon",
    "Noun",
    "Quantifiers",
    "Rules",
    "Setting",
    "Verb",
    "check_expressions",
    "check_lexicon",
    "expression",
    "is_drawn",
    "mentions",
]
