"""Finding the world of a question: by the learned router and the grammars, or by a language model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from plot.cli.shared.translators import Translators
from plot.conversation import World
from plot.errors import PlotError
from plot.routing import Asked, Learned, Routing, RoutingReason, domains_of, weighed
from plot.routing.word_densities import of_grammar
from plot.translate.grammar import Grammar

READABLE = 3.0  # nats: of held-out utterances that one grammar of several could read, it was that of their world in all
LEAST = 0.02  # the probability from which a world is worth the time of its grammar
MOST_READ = 3  # worlds, and of the conversation
INVENTED = "zorbler"
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
MOST_SAID = 12  # texts; of longer conversations the last


def routed(worlds: Mapping[str, World], said: Sequence[str], sentences: Sequence[str], who: Translators) -> Routing:
    """Return the probability of each world; if the learned router abstains, a configured language model is asked.

    Raises PlotError where it seems to be none of them.
    """
    routing = with_grammars(Learned.of(worlds).route(sentences), worlds, said)
    if not routing.abstains:
        return routing
    near = ", ".join(routing.nearest)
    hint = f"name the world before the question; the nearest are {near}"
    if who.client is None or not who.config.translators:
        raise PlotError("this seems to be about none of the worlds", hint=hint)
    asked = ask_model(worlds, sentences, who)
    if asked.abstains:
        told = f"; its reason: {asked.reasons[0].text}" if asked.reasons else ""
        raise PlotError(
            f"this seems to be about none of the worlds, according to the language model too{told}", hint=hint
        )
    return asked


def ask_model(worlds: Mapping[str, World], said: Sequence[str], who: Translators) -> Routing:
    """Return the routing by the first configured model. Raises PlotError where there is none."""
    if who.client is None or not who.config.entries:
        raise PlotError("no language model is configured", hint="--model NAME, or translators in plot.yaml")
    return Asked(domains_of(worlds), who.config.entries[0], who.client).route(said)


def with_grammars(routing: Routing, worlds: Mapping[str, World], said: Sequence[str]) -> Routing:
    """Return a routing in which a plausible world whose grammar reads all of it is likelier than one whose does not.

    What a grammar reads is about its world, though the words be strange to the router; but not where it reads the same
    with an invented word in place of each (as that of statements about any events may).
    """
    plausible = [name for name, share in routing.scores.items() if share >= LEAST][:MOST_READ]
    if len(plausible) < 2 and not routing.abstains:
        return routing
    last = said[-MOST_SAID:]
    other = [invented(text) for text in last]
    readers = [
        name for name in plausible if reads(worlds[name], last) and (other == [*last] or not reads(worlds[name], other))
    ]
    routing = replace(routing, abstains=routing.abstains and not readers)
    if not readers or len(readers) == len(plausible):
        return routing
    reasons = [RoutingReason("grammar", "its grammar understands all of it", name, READABLE) for name in readers]
    return weighed(routing, dict.fromkeys(readers, READABLE), reasons)


def invented(text: str) -> str:
    """Return a text with an invented word in place of each that is neither the grammar's nor a name.

    >>> invented("Is there a saucer on Kay's table?")
    "Is there a zorbler on Kay's zorbler?"
    """
    return _WORD.sub(lambda found: _invented(found.group(), found.start() == 0), text)


def _invented(word: str, first: bool) -> str:
    if of_grammar(word.lower()) or (word[0].isupper() and not first):
        return word
    return INVENTED.capitalize() if word[0].isupper() else INVENTED


def reads(world: World, said: Sequence[str]) -> bool:
    """Return whether the grammar of a world can read all that was said."""
    talk = world.conversation(facts=False, translators=(Grammar(),))
    try:
        for text in said:
            for told in talk.translate(text):
                talk.add(told)
    except PlotError:
        return False
    return True


__all__ = ["ask_model", "invented", "reads", "routed", "with_grammars"]
