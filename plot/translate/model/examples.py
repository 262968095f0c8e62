"""The choice of examples for a prompt: the most similar ones, and at least one of each act."""

from __future__ import annotations

from collections.abc import Sequence

from plot.errors import PlotError
from plot.language import parse
from plot.language.syntax.nodes import Condition, Observe, ProgramNode, Query
from plot.translate.base import Act
from plot.translate.tfidf import vectorizer
from plot.world import Example

MOST_EXAMPLES = 8
WORDS = r"(?u)[^\W\d_]+|\d+|\?"


def choose_examples(
    examples: Sequence[Example], utterance: str, most: int = MOST_EXAMPLES
) -> list[tuple[Example, Act]]:
    """Return examples with their acts, the most similar last, nearest to the question that follows them."""
    acts = [act_of_example(example) for example in examples]
    order = _by_similarity([example.say for example in examples], utterance)
    first_of_act = {acts[number]: number for number in reversed(order)}
    chosen = set(order[:most])
    for number in first_of_act.values():
        if number not in chosen:
            spare = [one for one in reversed(order) if one in chosen and first_of_act[acts[one]] != one]
            chosen -= set(spare[: max(0, len(chosen) + 1 - most)])
            chosen.add(number)
    return [(examples[number], acts[number]) for number in reversed(order) if number in chosen]


def act_of_example(example: Example) -> Act:
    """Return the act of an example: as it says, or as its code shows."""
    if example.act is not None:
        return example.act
    try:
        return act_of(parse(example.code))
    except PlotError:
        return "observation"


def act_of(program: ProgramNode) -> Act:
    """Return the act that a program performs: it asks, or conditions, or else it defines."""
    if any(isinstance(statement, Query) for statement in program.body):
        return "question"
    if any(isinstance(statement, (Condition, Observe)) for statement in program.body):
        return "observation"
    return "knowledge"


def _by_similarity(texts: Sequence[str], utterance: str) -> list[int]:
    """Return the numbers of the texts, the most similar first: the cosine of TF-IDF over words and pairs of words."""
    if not texts:
        return []
    tfidf = vectorizer(ngram_range=(1, 2), token_pattern=WORDS)
    try:
        table = tfidf.fit_transform(texts)
    except ValueError:  # no words at all
        return list(range(len(texts)))
    scores = (table @ tfidf.transform([utterance]).T).toarray().ravel()
    return sorted(range(len(texts)), key=lambda number: (-scores[number], number))


__all__ = ["act_of", "act_of_example", "choose_examples"]
