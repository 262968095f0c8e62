"""From words to tokens: phrases that the vocabulary knows, names that it does not; each way to cut a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from plot.language.syntax.nodes import Constant
from plot.translate.english.closed import ALSO_NAMES, MEN, NO_NAMES, PASSED_OVER, WOMEN
from plot.translate.english.entries import NameUse, Percent
from plot.translate.english.forest import Token
from plot.translate.english.vocabulary import Tags, Vocabulary
from plot.translate.english.words import Sentence, Word

MOST_CUTS = 16
MOST_IN_NAME = 3
LONGEST_LY = 5  # letters of a name in lower case that ends as adverbs do: "kelly"
PLACED = ("PRO", "PROPOSS", "REFL", "ONEN", "OTHER", "OTHERS", "ELSE")
_SUBJECTS = {"PRO", "PROPOSS", "THE", "A", "D", "QW", "THERE"}
_OPENINGS = (
    "then",
    "finally",
    "afterwards",
    "later",
    "next",
    "first",
    "firstly",
    "second",
    "secondly",
    "third",
    "so",
    "now",
)
_PARTICLES = ("van", "von", "de", "da", "di", "del", "der", "la", "le", "bin", "ibn", "al", "el", "ter", "ten")
_HEDGES = (("do", "you", "think"), ("would", "you", "say"), ("do", "you", "believe"), ("do", "you", "reckon"))
_TAG_VERBS = ("is", "are", "was", "were", "does", "do", "did", "has", "have", "would", "will", "can", "could")
_TAG_PRONOUNS = ("he", "she", "they", "it")
_CONCEDING = ("still", "even", "nevertheless", "nonetheless")
_PASSED_PHRASES = (("as", "well"), ("of", "course"), ("in", "fact"), ("for", "sure"), ("at", "all"), ("in", "general"))


def cuts(sentence: Sentence, vocabulary: Vocabulary) -> Iterator[list[Token]]:
    """Yield the ways to cut a sentence into tokens, those with the longest phrases first."""
    words = _kept(_without_ignored(_without_tag(sentence), vocabulary)[0], vocabulary)
    yield from islice(_from(words, 0, vocabulary), MOST_CUTS)


def ignored_words(sentence: Sentence, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the words of a sentence that its world passes over."""
    return _without_ignored(sentence.words, vocabulary)[1]


def _without_ignored(words: tuple[Word, ...], vocabulary: Vocabulary) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Return the words that are not passed over, and those that are."""
    kept: list[Word] = []
    ignored: list[str] = []
    place = 0
    while place < len(words):
        length = next(
            (len(p) for p in vocabulary.ignorable if p == tuple(w.lower for w in words[place : place + len(p)])), 0
        )
        if length:
            ignored.append(" ".join(word.said for word in words[place : place + length]))
        else:
            kept.append(words[place])
        place += length or 1
    return tuple(kept), tuple(ignored)


def _without_tag(sentence: Sentence) -> tuple[Word, ...]:
    """Leave out what makes a statement a question: *…, right?*, *…, isn't he?*"""
    words = sentence.words
    commas = [place for place, word in enumerate(words) if word.said == ","]
    if sentence.mark != "?" or not commas or commas[-1] == 0:
        return words
    tag = [word.lower for word in words[commas[-1] + 1 :] if word.lower != "not"]
    asks = tag in (["right"], ["correct"], ["yes"], ["no"]) or (
        len(tag) == 2 and tag[0] in _TAG_VERBS and tag[1] in _TAG_PRONOUNS
    )
    return words[: commas[-1]] if asks else words


def _kept(words: tuple[Word, ...], vocabulary: Vocabulary) -> list[Word]:
    """Leave out what changes nothing: *actually*, *also*, *as well*."""
    found: list[Word] = []
    skip = 0
    for place, word in enumerate(words):
        lower = tuple(other.lower for other in words[place : place + 2])
        if skip:
            skip -= 1
        elif place and any(tuple(w.lower for w in words[place : place + 3]) == hedge for hedge in _HEDGES):
            skip = 2
        elif lower in _PASSED_PHRASES and [w.lower for w in words[place + 2 : place + 3]] != ["as"]:
            skip = 1
        elif word.lower == "still" and any(before.lower in ("would", "could") for before in words[:place]):
            continue  # "would he still have won": whatever is supposed
        elif word.lower in _CONCEDING and place and words[place - 1].lower in ("and", "but", "yet"):
            continue  # "was lazy and still won": the same is true as without it
        elif word.lower not in PASSED_OVER or (word.lower,) in vocabulary.phrases:
            found.append(word)
    first = found[0].lower if found else ""
    if first in _OPENINGS and len(found) > 2 and (found[1].said == "," or first in ("then", "finally", "afterwards")):
        found.pop(0)
    while found and found[0].said in (",", ";", ":"):
        found.pop(0)
    while found and found[-1].said in (",", ";", ":", "-", "--", "–", "—"):
        found.pop()
    return found


def _from(words: list[Word], start: int, vocabulary: Vocabulary) -> Iterator[list[Token]]:
    if start == len(words):
        yield []
        return
    for length in range(min(vocabulary.longest, len(words) - start), 0, -1):
        tags = _tags(words, start, length, vocabulary)
        if vocabulary.names_anything and "NAME" in tags:
            tags["EVNAME"] = tags["NAME"]
        if not tags:
            continue
        said = " ".join(word.said for word in words[start : start + length])
        first, last = words[start].start, words[start + length - 1].end
        for rest in _from(words, start + length, vocabulary):
            here = tags
            if "POSS" in tags and rest and {"RN_SG", "RN_PL"} & rest[0].tags.keys():
                here = {"POSS": tags["POSS"]}  # "Ann's children" are hers: it is not said that she has or is any
            yield [Token.of(said, _placed(here, first), first, last), *rest]


def _tags(words: list[Word], start: int, length: int, vocabulary: Vocabulary) -> Tags:
    """Return the categories that a stretch of words may have together."""
    stretch = words[start : start + length]
    known = vocabulary.phrases.get(tuple(word.lower for word in stretch), {})
    tags = {tag: list(values) for tag, values in known.items()}
    if length > 1:
        named = [_unknown_name(word, vocabulary) or word.lower in _PARTICLES for word in stretch]
        if not tags and length <= MOST_IN_NAME and all(named) and _unknown_name(stretch[-1], vocabulary):
            tags["NAME"] = [_named(stretch)]
        return tags
    word = stretch[0]
    figure = _figure(word.lower)
    if figure is not None:
        tags.setdefault("NUM", []).append(figure)
    if not tags and _is_word(word.said):
        if _is_no_name(words, start, vocabulary) and not vocabulary.names_anything:
            return {"WORD": [word.lower]}
        return {"NAME": [_named(stretch)], "WORD": [word.lower]}
    if word.capital and len(word.said) == 1:
        tags.setdefault("WORD", []).append(word.lower)
        if vocabulary.names_anything:
            tags["NAME"] = [_named(stretch)]
    if "MODAL" in tags and start == 0 and _begins_subject(words[1:2], vocabulary):
        return tags
    if word.capital and "NAME" not in tags and _is_word(word.said) and _may_be_name(word, start, tags):
        tags["NAME"] = [_named(stretch)]
    return tags


def _is_no_name(words: list[Word], start: int, vocabulary: Vocabulary) -> bool:
    """Tell whether an unknown word is no name: one in lower case where names have capitals, or an adverb."""
    word = words[start]
    if word.capital:
        return word.lower in NO_NAMES and start == 0
    if word.lower in NO_NAMES or word.lower in WOMEN | MEN or not word.said.islower():  # some scripts have no cases
        return word.lower in NO_NAMES
    adverb = word.lower.endswith("ly") and len(word.lower) > LONGEST_LY
    return adverb or any(_unknown_name(other, vocabulary) for other in words)


def _begins_subject(words: list[Word], vocabulary: Vocabulary) -> bool:
    """Return whether a word is a pronoun or a determiner, so that one before it is no name: *Will they …?*"""
    return any(vocabulary.phrases.get((word.lower,), {}).keys() & _SUBJECTS for word in words)


def _unknown_name(word: Word, vocabulary: Vocabulary) -> bool:
    return word.capital and _is_word(word.said) and (word.lower,) not in vocabulary.phrases


def _may_be_name(word: Word, start: int, tags: Tags) -> bool:
    """Tell whether a word that is known may be a name here: written with a capital, and not for standing first."""
    lexical = any(tag in tags for tag in ("VT", "VP", "VI", "ADJ", "BADJ", "N_SG", "N_PL", "ATTR", "RN_SG", "UNIT"))
    return word.lower in ALSO_NAMES or (lexical and start > 0 and not word.said.isupper())


def _is_word(said: str) -> bool:
    return bool(re.fullmatch(r"[^\W\d_][^\W_]*(?:['-][^\W\d_]+)*", said))


def _named(stretch: list[Word]) -> NameUse:
    said = " ".join(word.said for word in stretch)
    atom = re.sub(r"[\s-]+", "_", said.lower()).replace("'", "")
    return NameUse(Constant(value=atom), said)


def _figure(said: str) -> float | None:
    if said[:1] in ("-", "−") and len(said) > 1:
        size = _figure(said[1:])
        return None if size is None else -size
    text = re.sub(r"\s*(?:%|per\s?cent)$", "", said)
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?", text) is None or len(text) > 15:
        return None
    value = float(text.replace(",", ""))
    return Percent(value / 100) if text != said else value


def _placed(tags: Tags, place: int) -> Tags:
    """Give pronouns their place in the sentence, by which their antecedents are found."""
    return {tag: [(value, place) for value in values] if tag in PLACED else values for tag, values in tags.items()}
