"""What to say of a sentence that can't be read: how far it was understood, what could follow, what would work."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from plot.errors import PlotError, Source, Span
from plot.text import visible
from plot.translate.english.closed import CLOSED, NO_NAMES
from plot.translate.english.combine import WRONG_FORM
from plot.translate.english.forest import ParseStop, Token
from plot.translate.english.vocabulary import Vocabulary
from plot.translate.english.words import Sentence, Word
from plot.world import WorldSpec

MOST_SHOWN = 8
MOST_LETTERS = 160
FEWEST_LETTERS = 4  # of a word that may be a misspelt one: shorter ones are like too many others
ELLIPSIS = "…"
MOST_TRIED = 8  # sentences that are read before one is suggested: each takes tens of milliseconds

# In which words a category is told to a reader; those that are not here are told by their commonest words.
_NAMES = """
NAME = a name
PRO = “they”
NUM = a number
N_SG N_PL RN_SG RN_PL = a noun
ADJ BADJ = an adjective
CMP = a comparison
SUP = a superlative
VT VP VI VPHR = a verb
EVN_SG = a match
ATTR = an attribute
GROUP = a team
GRP_SG = “team”
BE = “is”
DO = “does”
MODAL = “would”
HAVE = “has”
THAN = “than”
AND = “and”
OR = “or”
THE = “the”
A = “a”
D = “every”
OF = “of”
POSS = “'s”
PREP PREPR = a preposition
BY = “by”
NOT = “not”
QW = “everyone”
WHO REL = “who”
WHICH = “which”
HOW = “how”
HOWMANY = “how many”
IF = “if”
IFQ = “if”
SUPPOSED = “given that”
THERE = “there”
DEG = “very”
MARGIN = “much”
IN = “in”
AS = “as”
THAT = “that”
EACHOTHER = “each other”
TWICE = “twice”
BE0 = “be”
"""
NAMES = {
    tag: shown for line in _NAMES.split("\n") if line for tags, shown in [line.split(" = ")] for tag in tags.split()
}
_ORDER = tuple(NAMES)


def not_understood(
    sentence: Sentence,
    stop: ParseStop,
    reasons: Sequence[str],
    vocabulary: Vocabulary,
    world: WorldSpec,
    reads: Callable[[str], bool],
) -> PlotError:
    """Return the error for a sentence without a reading; `reasons` are why its derivations have no meaning.

    What is suggested instead is a sentence of the world that `reads` accepts.
    """
    said = _short(visible(sentence.text.strip()))
    beyond = _beyond(sentence, world)
    if beyond is not None:
        return PlotError(f"“{said}” can't be answered: {beyond}", hint=_nearest(sentence, world, reads))
    reasons = sorted(reasons, key=_vague)
    if reasons:
        return PlotError(f"“{said}” is not understood: {reasons[0]}", hint=_nearest(sentence, world, reads))
    strange = next((word for word in sentence.words if _is_strange(word, vocabulary)), None)
    if strange is not None:
        span, _ = _span(sentence, ParseStop(strange.start, frozenset()))
        similar = _similar(strange, sentence, vocabulary, reads)
        hint = "; ".join(filter(None, [similar, _nearest(sentence, world, reads)]))
        return PlotError(
            f"“{said}” is not understood: “{visible(strange.said)}” is no word of this world",
            hint=hint or None,
            span=span,
        )
    span, place = _span(sentence, stop)
    expected = _expected(stop.expected, vocabulary, world)
    more = f"; here could follow {expected}" if expected and stop.at > 0 else ""
    unknown = _unknown(sentence, vocabulary, reads) if world.lexicon.rules is None else ""  # else any word is an event
    hint = "; ".join(filter(None, [unknown, _nearest(sentence, world, reads)]))
    return PlotError(f"“{said}” is not understood {place}{more}", hint=hint or None, span=span)


def not_expressed(
    sentence: Sentence, lost: Sequence[Token], world: WorldSpec, reads: Callable[[str], bool]
) -> PlotError:
    """Return the error for a sentence whose readings all leave out a word, which is marked."""
    said = _short(visible(sentence.text.strip()))
    words = " and ".join(dict.fromkeys(f"“{visible(str(token))}”" for token in lost))
    span, _ = _span(sentence, ParseStop(lost[0].first, frozenset()))
    message = f"“{said}” is not understood: this world can't express {words} here"
    return PlotError(message, hint=_nearest(sentence, world, reads), span=replace(span, end_column=lost[0].last))


def undefined_event(sentence: Sentence, name: str, known: Sequence[str]) -> PlotError:
    """Return the error for an event that nothing was said of; the nearest known one is named."""
    word = next((one for one in sentence.words if one.lower == name.partition("_")[0]), sentence.words[0])
    span, _ = _span(sentence, ParseStop(word.start, frozenset()))
    shown = visible(name.replace("_", " "))
    near = difflib.get_close_matches(name, known, 1, 0.6)
    hints = [f"did you mean “{near[0].replace('_', ' ')}”?"] if near else []
    hints.append(f"say first how likely it is: “The probability of {shown} is 30%.”")
    return PlotError(f"nothing was said of “{shown}”", hint="; ".join(hints), span=span)


def _event_noun(world: WorldSpec) -> str | None:
    return next((word for word, noun in world.lexicon.nouns.items() if noun.event), None)


def _beyond(sentence: Sentence, world: WorldSpec) -> str | None:
    """Return why a question has no answer that a model of what is the case could give."""
    if tuple(word.lower for word in sentence.words[:2]) not in (("when", "did"), ("when", "was")):
        return None
    noun = _event_noun(world)
    if noun is None:
        return "this world knows no times; ask whether it is so"
    return f"events have numbers and no times here; ask about “the first {noun}”, for example"


def _vague(reason: str) -> int:
    """Rank reasons: what is said of the words themselves tells most."""
    return 2 if "does not go with" in reason else 1 if reason == WRONG_FORM or "what “it” means" in reason else 0


def _span(sentence: Sentence, stop: ParseStop) -> tuple[Span, str]:
    """Return the word at which reading stopped, and that place in words."""
    words = sentence.words
    at = next((number for number, word in enumerate(words) if word.start >= stop.at), len(words))
    source = Source(visible(" ".join(sentence.text.split("\n"))), "the sentence")
    before = visible(" ".join(word.said for word in words[:at])[-60:])
    if at >= len(words):
        end = words[-1].end
        return Span(1, end, 1, end + 1, source), "to its end: something is missing"
    word = words[at]
    place = f"after “{before}”" if at else "from its first word"
    return Span(1, word.start, 1, word.end, source), place


def _expected(tags: Iterable[str], vocabulary: Vocabulary, world: WorldSpec) -> str:
    """Return in words what could follow, of what this world has words for, and its events by its own noun."""
    has = {tag for found in vocabulary.phrases.values() for tag in found} | {"NAME", "NUM"}
    names = {**NAMES, **{tag: f"a {word}" for tag, word in (("EVN_SG", _event_noun(world)),) if word is not None}}
    found = [names[tag] for tag in sorted(set(tags) & NAMES.keys() & has, key=_ORDER.index)]
    listed = list(dict.fromkeys(found))[:MOST_SHOWN]
    return f"{', '.join(listed[:-1])} or {listed[-1]}" if len(listed) > 1 else "".join(listed)


def _is_strange(word: Word, vocabulary: Vocabulary) -> bool:
    """Tell whether a word is in no vocabulary, and can be no name either."""
    return word.lower in NO_NAMES and not any(word.lower in key for key in vocabulary.phrases)


def _unknown(sentence: Sentence, vocabulary: Vocabulary, reads: Callable[[str], bool]) -> str:
    """Return which lower-case words the world does not know, with the nearest that it does."""
    parts = {word for key in vocabulary.phrases for word in key}
    found = [word for word in sentence.words if word.lower not in parts and not word.capital and word.said.isalpha()]
    strange = [word.said for word in found]
    notes = []
    lower = [word.lower for word in sentence.words]
    if any(one in set(vocabulary.words("CMP")) and two == "then" for one, two in pairwise(lower)):
        notes.append("did you mean “than”?")
    maybe = {*strange, *vocabulary.words("NAME")} - NO_NAMES
    pairs = (pair for pair in pairwise(word.said for word in sentence.words) if set(pair) <= maybe)
    pair = " ".join(next((pair for pair in pairs if set(pair) & set(strange) and not pair[1].endswith("s")), ()))
    if pair:
        notes.append(f"if “{visible(pair)}” is a name, write “{visible(pair.title())}”")
    for word in {one.said: one for one in found[:3]}.values():
        similar = _similar(word, sentence, vocabulary, reads)
        notes.append(f"“{visible(word.said)}” is no word of this world" + (f", {similar}" if similar else ""))
    return "; ".join(notes)


def _similar(strange: Word, sentence: Sentence, vocabulary: Vocabulary, reads: Callable[[str], bool]) -> str:
    """Return which word a misspelt one may be: but for one letter the same, and with it the sentence is read."""
    word, text = strange.lower, sentence.text
    own = {key[0] for key in vocabulary.phrases if len(key) == 1 and key[0] not in CLOSED}
    near = difflib.get_close_matches(word, own, 3, 0.7) if FEWEST_LETTERS <= len(word) < 30 else []
    near = [one for one in near if one[0] == word[0] and _one_slip(word, one)]
    found = next((one for one in near if reads(text[: strange.start] + one + text[strange.end :])), None)
    return f"did you mean “{found}”?" if found is not None else ""


def _one_slip(word: str, other: str) -> bool:
    """Return whether two words differ by one letter, or by the order of two.

    >>> _one_slip("strnog", "strong"), _one_slip("stron", "strong"), _one_slip("rains", "ranks")
    (True, True, False)
    """
    start = next((at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), None)
    if start is None:
        return abs(len(word) - len(other)) == 1
    rest, others = word[start:], other[start:]
    turned = rest[1::-1] + rest[2:]
    return others in (turned, rest[1:]) or rest in (others[1:],) or rest[1:] == others[1:]


def _nearest(sentence: Sentence, world: WorldSpec, reads: Callable[[str], bool]) -> str | None:
    """Return the sentence of the world that is most like this one and is read; None where the nearest are not."""
    known = [*(example.say for example in world.examples), *world.facts, *(test.ask for test in world.tests)]
    said = sentence.text.strip()[:MOST_LETTERS]
    asks = sentence.mark == "?" or sentence.words[0].lower in (
        "who",
        "is",
        "how",
        "does",
        "did",
        "which",
        "what",
        "would",
    )
    known = [one for one in known if one.endswith("?") == asks] or known
    if not known:
        return None
    ours = {word.lower for word in sentence.words}

    def likeness(other: str) -> float:
        theirs = set(other.lower().rstrip(".?!").replace(",", " ").split())
        shared = len(ours & theirs) / (1 + len(ours | theirs))
        return shared + difflib.SequenceMatcher(None, said.lower(), other.lower()).ratio() / 2

    nearest = sorted(dict.fromkeys(known), key=likeness, reverse=True)[:MOST_TRIED]
    works = next((one for one in nearest if one.strip() != sentence.text.strip() and reads(one)), None)
    return f"this would work: “{works}”" if works is not None else None


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS] + ELLIPSIS
