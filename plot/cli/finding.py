"""How a world is found where none is named: by the learned router and the grammars, or else by a language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from plot.cli.translators import Translators
from plot.conversation import World
from plot.errors import PlotError
from plot.translate.grammar import Grammar
from plot.translate.router import Asked, Learned, Reason, Routing, domains_of, weighed

READABLE = 3.0  # nats: of held-out utterances that one grammar of several could read, it was that of their world in all
LEAST = 0.02  # the probability from which a world is worth the time of its grammar
MOST_READ = 3  # worlds, and of the conversation
MOST_SAID = 12  # texts; of longer conversations the last


def routed(worlds: Mapping[str, World], said: Sequence[str], sentences: Sequence[str], who: Translators) -> Routing:
    """Return how likely each world is. Where the learned router abstains, a language model is asked, if there is one.

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
        told = f"; it says: {asked.reasons[0].text}" if asked.reasons else ""
        raise PlotError(f"this seems to be about none of the worlds, to the language model too{told}", hint=hint)
    return asked


def ask_model(worlds: Mapping[str, World], said: Sequence[str], who: Translators) -> Routing:
    """Return what the first of the configured models says. Raises PlotError where there is none."""
    if who.client is None or not who.config.entries:
        raise PlotError("no language model is configured", hint="--model NAME, or translators in plot.yaml")
    return Asked(domains_of(worlds), who.config.entries[0], who.client).route(said)


def with_grammars(routing: Routing, worlds: Mapping[str, World], said: Sequence[str]) -> Routing:
    """Return a routing in which a plausible world whose grammar reads all of it is likelier than one whose does not.

    What a grammar reads is about its world, though the words be strange to the router: none reads what is foreign.
    """
    plausible = [name for name, share in routing.scores.items() if share >= LEAST][:MOST_READ]
    if len(plausible) < 2 and not routing.abstains:
        return routing
    readers = [name for name in plausible if reads(worlds[name], said[-MOST_SAID:])]
    routing = replace(routing, abstains=routing.abstains and not readers)
    if not readers or len(readers) == len(plausible):
        return routing
    reasons = [Reason("grammar", "its grammar can read all of it", name, READABLE) for name in readers]
    return weighed(routing, dict.fromkeys(readers, READABLE), reasons)


def reads(world: World, said: Sequence[str]) -> bool:
    """Tell whether the grammar of a world can read all that was said."""
    talk = world.conversation(facts=False, translators=(Grammar(),))
    try:
        for text in said:
            for told in talk.translate(text):
                talk.add(told)
    except PlotError:
        return False
    return True


__all__ = ["ask_model", "reads", "routed", "with_grammars"]
