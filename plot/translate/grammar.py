"""English without a model: a grammar of constructions and the world's lexicon give the readings of a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.errors import PlotError
from plot.language.syntax.nodes import (
    Call,
    Compare,
    Condition,
    Constant,
    Do,
    Expr,
    Generator,
    Name,
    Node,
    Query,
    walk,
)
from plot.text import visible
from plot.translate.assemble import names_in
from plot.translate.base import Discourse, Reading, Told
from plot.translate.english.accounting import unexpressed
from plot.translate.english.acts import reading
from plot.translate.english.build import negated
from plot.translate.english.causes import Causes, made_either
from plot.translate.english.forest import (
    Composer,
    Derivation,
    Functions,
    Leaf,
    ParseStop,
    Token,
    composed_again,
    constructions,
    parse,
)
from plot.translate.english.forms import Act, DefineChance, DefineGroup, DefineNoun, Met, Parsed, Polar, Tell, mentions
from plot.translate.english.meanings import Unfit
from plot.translate.english.noun_phrases import ITSELF, THEY, Context
from plot.translate.english.paraphrase.patterns import conjuncts
from plot.translate.english.paraphrase.utterances import alternatives_named
from plot.translate.english.pronouns import antecedents, compared, named_before, noun_before, relates_to_itself
from plot.translate.english.reasons import all_sayings, candidates
from plot.translate.english.record import program_of
from plot.translate.english.tokens import cuts, ignored_words
from plot.translate.english.vocabulary import Vocabulary, of_discourse, of_lexicon
from plot.translate.english.words import Sentence, read_sentence, split_sentences
from plot.world.lexicon import Lexicon

if TYPE_CHECKING:
    from plot.translate.english import refuse
else:
    refuse = late("plot.translate.english.refuse")

LEAST = 0.08  # a reading is kept if it is at least so likely, in proportion to the likeliest
MOST_READINGS = 6
GENERAL_TAGS = {"IF", "IFQ", "SUPPOSED", "UNLESS", "NEVER", "GENERALLY", "BEEN"}
NO_SENSE = "every word is known, but not this combination"

# Constructions that are less likely, or more, than others that cover the same words.
WEIGHTS = {
    "s_or": 0.9,
    "bare": 0.9,
    "define_called": 0.5,
    "group_new": 0.9,
    "q_of_which": 0.9,
    "nominal": 0.95,
    "cmp_alone": 0.5,
    "post_gap": 0.9,
    "post_reduced": 0.05,
    "clause_which": 0.5,
    "rank_of_two": 0.5,
    "q_if_after": 0.5,
    "had_no_other": 20,  # rather than a verb: "has no fever or cough"
}

SAYS_ALL = ("effect", "through", "direct", "afresh", "absent")  # questions about causes that list nothing


@dataclass
class Grammar:
    """A translator that parses English; it needs nothing but the world, and refuses what it can't read.

    Attributes:
        name: What readings and tables call it.
    """

    name: str = "grammar"
    _vocabularies: list[tuple[Lexicon, Vocabulary]] = field(default_factory=list, repr=False)

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings of one sentence, the likeliest first.

        Raises:
            PlotError: There is none; it says where the grammar got stuck.
        """
        sentence = read_sentence(utterance)
        vocabulary = of_discourse(self._vocabulary(discourse.world.lexicon), discourse)
        furthest = ParseStop(-1, frozenset())
        reasons: list[str] = []
        errors: list[PlotError] = []
        lost: list[Token] = []
        for tokens in cuts(sentence, vocabulary):
            attempt = _Attempt(sentence, tokens, discourse)
            found = attempt.readings()
            if found:
                ignored = ignored_words(sentence, vocabulary)
                return tuple(replace(one, ignored=ignored) for one in found) if ignored else found
            reasons += attempt.reasons or ([] if attempt.stop is not None else [NO_SENSE])
            errors += attempt.errors
            lost = lost or attempt.lost
            if attempt.stop is not None and attempt.stop.at > furthest.at:
                furthest = attempt.stop
        if lost:
            raise refuse.not_expressed(sentence, lost, discourse.world, lambda other: self._reads(other, discourse))
        if errors:
            raise errors[0]
        raise refuse.not_understood(
            sentence, furthest, reasons, vocabulary, discourse.world, lambda other: self._reads(other, discourse)
        )

    def _reads(self, text: str, discourse: Discourse) -> bool:
        """Return whether a sentence is read as it stands, here and now."""
        try:
            sentence = read_sentence(text)
            vocabulary = of_discourse(self._vocabulary(discourse.world.lexicon), discourse)
            attempts = (_Attempt(sentence, tokens, discourse).readings() for tokens in cuts(sentence, vocabulary))
            found = next(filter(None, attempts), ())
        except PlotError:
            return False
        return bool(found) and not about_nobody(found, discourse)

    def _vocabulary(self, lexicon: Lexicon) -> Vocabulary:
        """Return the vocabulary of a world, made once."""
        for known, vocabulary in self._vocabularies:
            if known is lexicon:
                return vocabulary
        self._vocabularies.append((lexicon, of_lexicon(lexicon)))
        return self._vocabularies[-1][1]


class _Attempt:
    """One way to cut a sentence into tokens, and its readings."""

    def __init__(self, sentence: Sentence, tokens: Sequence[Token], discourse: Discourse) -> None:
        self._sentence = sentence
        self._tokens = tokens
        self._discourse = discourse
        self.stop: ParseStop | None = None
        self.reasons: list[str] = []
        self.errors: list[PlotError] = []
        self.lost: list[Token] = []
        self._context: Context | None = None

    def readings(self) -> tuple[Reading, ...]:
        """Return the readings; where there are none, `stop`, `reasons`, `errors` and `lost` say why."""
        forest = parse(self._tokens)
        if isinstance(forest, ParseStop):
            self.stop = forest
            return ()
        tokens, discourse = self._tokens, self._discourse
        context = Context(
            discourse,
            lambda place, kind: antecedents(tokens, discourse, place, kind, self._sentence.text),
            lambda place: noun_before(tokens, place, discourse),
            lambda place: named_before(tokens, discourse, place),
            lambda place: compared(tokens, place),
            self._is_general(),
            any("EITHER" in token.tags for token in tokens),
        )
        self._context = context
        functions = _functions(Causes(context))
        composer = Composer(functions, WEIGHTS)
        meanings = composer.meanings(forest)
        self.reasons = list(dict.fromkeys(composer.refusals))
        names = (*self._names(), *context.introduced)
        found = [
            (replace(one, constructions=constructions(how)), self._without(how, context, functions, names))
            for act, weight, how in meanings
            for one in self._reading(act, weight, names)
        ]
        return self._accounted(found)

    def _is_general(self) -> bool:
        """Return whether *was* may be of no time in particular: *if he were lazy*, *was he ever lazy*."""
        tags = {tag for token in self._tokens for tag in token.tags}
        said = {word.lower for word in self._sentence.words}
        return bool(tags & GENERAL_TAGS or "ever" in said)

    def _without(
        self, derivation: Derivation | Leaf, context: Context, functions: Functions, names: tuple[str, ...]
    ) -> Callable[[], list[Token]]:
        """Return what finds the words that a reading does not express, from how its meaning came about."""

        def outcome(instead: Mapping[Leaf, Any]) -> object:
            context.restart()
            try:
                act = self._act(composed_again(derivation, functions, instead))
                found = [
                    reading(Parsed(one, 1.0, names), self._discourse) for one in made_either(act) if one is not None
                ]
                return [(one.code, one.causal) for one in found]
            except (Unfit, PlotError) as error:
                return type(error), str(error)

        return lambda: unexpressed(derivation, outcome) if isinstance(derivation, Derivation) else []

    def _accounted(self, found: Sequence[tuple[Reading, Callable[[], list[Token]]]]) -> tuple[Reading, ...]:
        """Return the likeliest readings of those that express all words; what the others lose is kept in `lost`."""
        kept: dict[tuple[str, str], Reading] = {}
        for one, losing in sorted(found, key=lambda pair: -pair[0].weight):
            best = next(iter(kept.values()), one)
            if one.weight < LEAST * best.weight or len(kept) == MOST_READINGS:
                break
            if (one.act, one.code) not in kept:
                lost = losing()
                if lost:
                    self.lost = self.lost or lost
                else:
                    kept[one.act, one.code] = one
        return tuple(kept.values())

    def _names(self) -> tuple[str, ...]:
        uses = [use for token in self._tokens for use in token.tags.get("NAME", ()) if not use.thing]
        salient = self._discourse.names
        return tuple(dict.fromkeys([*(str(getattr(use.expr, "value", "")) for use in uses), *salient]))

    def _reading(self, act: Act, weight: float, names: tuple[str, ...]) -> list[Reading]:
        if mentions(act, THEY) or mentions(act, ITSELF):
            self.reasons.append(self._unclear())
            return []
        meant = self._act(act)
        either = made_either(meant)
        if len(either) > 1:  # "if we gave her the medicine, or a vaccine": each by itself
            return [found for one in either for found in self._reading(one, weight / len(either), names)]
        if meant is None:
            return []
        try:
            parsed = Parsed(meant, weight, names, self._definite())
            found = reading(parsed, self._discourse)
            found = replace(found, code=alternatives_named(found.code, self._discourse))
            self._refuse_undefined(found)
            self._refuse_told(found)
            self._refuse_hypothetical(found)
            self._refuse_of_oneself(found)
            if found.causal is not None and found.causal.kind not in SAYS_ALL:
                said = all_sayings(parsed, found.code, self._discourse, self._sentence.text)
                found = replace(found, causal=replace(found.causal, candidates=said))
            why = candidates(parsed, found.code, self._discourse, self._sentence.text)
            return [found if why is None else replace(found, reasons=why)]
        except Unfit as unfit:
            self.reasons += [str(unfit)] if str(unfit) else []
        except PlotError as error:
            self.errors.append(error)
        return []

    def _unclear(self) -> str:
        """Return that it is not clear whom or what the pronoun of the sentence means."""
        said = [kind for token in self._tokens for tag in ("PRO", "PROPOSS") for kind, _ in token.tags.get(tag, ())]
        if said and set(said) == {"it"}:
            return "it is unclear what “it” refers to: say “the …”"
        return f"it is unclear who “{said[0] if said else 'they'}” refers to: name them"

    def _refuse_undefined(self, found: Reading) -> None:
        """Refuse events that no statement of chance has defined, but for what is called one: *the purple event*."""
        known = {*self._discourse.names, *(self._context.declared if self._context is not None else ())}
        if self._discourse.world.lexicon.rules is None or found.act == "knowledge":
            return
        for name in found.names:
            if name not in known:
                raise refuse.undefined_event(self._sentence, name, self._discourse.names)

    def _refuse_told(self, found: Reading) -> None:
        """Refuse *if she were …, would she …?* where what is supposed or asked was told to be so or not to be so."""
        if found.act != "question" or "would" not in {word.lower for word in self._sentence.words}:
            return
        if any(isinstance(node, Do) for node in program_of(found.code).body):
            return
        told = [test for one in self._discourse.told for test in _conditions(one.readings[0].code)]
        supposed = _conditions(found.code)
        asked = [node.value for node in program_of(found.code).body if isinstance(node, Query)]
        if any(negated(test) in told for test in supposed) or (supposed and any(value in told for value in asked)):
            raise Unfit("what was told stays so under “were” and “would”: say “if … had been …, would … have …?”")

    def _refuse_hypothetical(self, found: Reading) -> None:
        """Refuse *Tom would beat Bob* and *Tom can beat Bob* as something that happened."""
        modal = [token for token in self._tokens if "MODAL" in token.tags and len(token.tags) == 1]
        said = {str(token).lower() for token in modal} & {"would", "can"}
        if found.act == "observation" and said and not self._is_general():
            raise Unfit(f"“{min(said)}” tells of nothing that was: say what happened, or ask whether it would")

    def _refuse_of_oneself(self, found: Reading) -> None:
        """Refuse to take a pronoun for someone who would then be related to themselves: *Is he heavier than Tom?*."""
        pronouns = any({"PRO", "PROPOSS"} & token.tags.keys() for token in self._tokens)
        if pronouns and any(relates_to_itself(node) for node in walk(program_of(found.code))):
            raise Unfit(self._unclear())

    def _definite(self) -> tuple[str, ...]:
        """Return what the sentence calls *the so-and-so*."""
        nouns = {"N_SG", "N_PL", "RN_SG", "RN_PL", "ONEN"}
        found: list[str] = []
        for number, token in enumerate(self._tokens):
            after = self._tokens[number:]
            end = next((one.last for one in after if nouns & one.tags.keys()), None)
            if "THE" in token.tags and end is not None:
                found.append(self._sentence.text[token.first : end])
        return tuple(dict.fromkeys(found))

    def _act(self, act: Act) -> Act | None:
        """Return what an utterance is, by its last mark too: a statement with a question mark asks."""
        if self._sentence.mark != "?":
            return act
        if isinstance(act, Tell):
            return Polar(act.prop)
        return None if isinstance(act, (DefineNoun, DefineGroup, DefineChance, Met)) else act


def _conditions(code: str) -> list[Expr]:
    """Return what a program says is so, each part by itself."""
    tests = [node.test for node in program_of(code).body if isinstance(node, Condition)]
    return [part for test in tests for part in conjuncts(test)]


def about_nobody(readings: Sequence[Reading], discourse: Discourse) -> bool:
    """Return whether readings ask about all who were mentioned, where no one was."""
    if discourse.names or any(reading.names or reading.act != "question" for reading in readings):
        return False
    lists = set(discourse.world.name_lists)
    return any(lists & set(names_in(program_of(reading.code))) for reading in readings)


def refuse_nobody(asked: Sequence[Reading], discourse: Discourse) -> None:
    """Refuse a question about all who were mentioned where no one was."""
    if about_nobody(asked, discourse):
        raise PlotError("nobody has been mentioned yet", hint="name them in the question, or tell something first")


def refuse_no_others(discourse: Discourse, asked: Told, spelt: Mapping[str, str]) -> None:
    """Refuse to answer where something is said of others than those who are named, and nobody else was mentioned.

    *Tom is the strongest*, *Tom is stronger than most players*: said of nobody else, it is empty. `spelt` has all who
    were mentioned, as they are written.
    """
    lists = {Name(id=variable) for variable in discourse.world.name_lists}
    for told in (*discourse.told, asked):
        code = program_of(told.readings[0].code)
        own = _names_apart(code, alone=len(spelt) == 1)
        spoken = [node.iterable for node in walk(code) if isinstance(node, Generator)]
        spoken += [arg for node in walk(code) if isinstance(node, Call) for arg in node.args]
        if spelt and own.issuperset(spelt) and any(one in lists for one in spoken):
            only = f"only {', '.join(spelt.values())} {'was' if len(spelt) == 1 else 'were'} mentioned"
            hint = "name the others first: each statement about them adds them"
            raise PlotError(f"“{visible(told.say)}” speaks of others as well, and {only}", hint=hint)


def _names_apart(code: Node, *, alone: bool) -> set[object]:
    """Return the constants that others are set apart from: those left out of lists, or, of someone `alone`, any.

    Whoever a list is narrowed down to (*in the first match*) is not set apart from others.
    """
    compared = [node for node in walk(code) if isinstance(node, Compare)]
    within = {id(part) for node in compared if "in" in node.ops for part in walk(node)}
    apart = [part for node in compared if {"!=", "not in"} & set(node.ops) for part in walk(node)]
    found = [part for part in walk(code) if id(part) not in within] if alone else apart
    return {part.value for part in found if isinstance(part, Constant)}


def _functions(constructions: Causes) -> Functions:
    """Return how the function of a rule is found by its alias."""

    def function(alias: str) -> Callable[..., Any]:
        found: Callable[..., Any] = getattr(constructions, alias)
        return found

    return function


__all__ = ["Grammar", "split_sentences"]
