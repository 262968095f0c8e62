"""`plot prompt`: the prompt for a language model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.cli.shared.output import warn, write, write_json
from plot.cli.shared.settings import conversation, texts
from plot.cli.shared.translators import translators
from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.llm.calls import Message, estimated_tokens
from plot.llm.entries import REPLY_TOKENS
from plot.translate.grammar import split_sentences
from plot.translate.model import Prompts, make_prompt

if TYPE_CHECKING:
    from plot.translate.model import constrained
else:
    constrained = late("plot.translate.model.constrained")


def prompt(world: str, utterance: tuple[str, ...], **options: Any) -> None:
    """Print the messages for each utterance, with an estimate of their tokens."""
    known = World.load(world)
    found = []
    with translators(options, spend=False) as who:
        folder = next((one.prompts for one in who.config.entries if one.serves(known.name)), options["prompts"])
        talk = conversation(known, options, who)
        said = [one for text in texts(utterance, "an utterance") for one in split_sentences(text) if one.strip()]
        if not said:
            raise PlotError("the utterance is empty", hint="write a statement or a question")
        for number, text in enumerate(said):
            if number:
                _go_on(talk, said[number - 1])
            if options["notation"] is not None:
                _show_grammar(text, talk, options["notation"], as_json=options["as_json"])
            else:
                found.append((text, make_prompt(Prompts(folder), text, talk.discourse)))
    if options["notation"] is None:
        _show(found, as_json=options["as_json"])


def _show_grammar(text: str, talk: Conversation, notation: str, *, as_json: bool) -> None:
    """Print what constrains the replies to an utterance."""
    if notation == "schema":
        shown = json.dumps(constrained.as_schema(talk.discourse, REPLY_TOKENS), indent=1)
    else:
        rules = constrained.reply_rules(text, talk.discourse, REPLY_TOKENS)
        shown = constrained.as_gbnf(rules) if notation == "gbnf" else constrained.as_lark(rules)
    if as_json:
        write_json({"utterance": text, "notation": notation, "grammar": shown})
    else:
        write(shown)


def _show(found: Sequence[tuple[str, Sequence[Message]]], *, as_json: bool) -> None:
    """Print prompts, with an estimate of their tokens."""
    if as_json:
        rows = [
            {
                "utterance": text,
                "messages": [{"role": one.role, "content": one.content} for one in messages],
                "estimated_tokens": sum(estimated_tokens(one.content) for one in messages),
            }
            for text, messages in found
        ]
        write_json({"prompts": rows})
        return
    for _, messages in found:
        for one in messages:
            write(f"[{one.role}]\n{one.content}")
        write(f"about {sum(estimated_tokens(one.content) for one in messages):,} tokens; nothing was sent")


def _go_on(talk: Conversation, text: str) -> None:
    """Add what was said before the next utterance, as far as it can be read without a model."""
    try:
        found = talk.translate(text)
    except PlotError:
        warn(f"note: only a model can read “{text}”, so the rest is shown without it")
        return
    for told in found:
        talk.add(told)
