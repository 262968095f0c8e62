"""`plot models`, `plot prompt`, `plot log`: configured models, prompts, and past calls."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from plot.cli.boundary import FAILED
from plot.cli.output import error_object, warn, write, write_json
from plot.cli.screen import console
from plot.cli.settings import conversation, texts
from plot.cli.translators import config_of, translators
from plot.conversation import Conversation, World
from plot.errors import PlotError, joined
from plot.llm.calls import estimated_tokens
from plot.llm.client import asking
from plot.llm.config import Configured, user_file
from plot.llm.entries import Entry
from plot.llm.ping import PingResult, ping
from plot.llm.store import LoggedCall, Store
from plot.llm.trust import remember
from plot.text import visible
from plot.translate.grammar import split_sentences
from plot.translate.model import Prompts, make_prompt

MOST_PURPOSE = 60


def models(**options: Any) -> None:
    """List the configured translators, and with `ping` whether they answer; an error where one does not, or is wrong.

    With `allow`, first let those of the project's file be asked that it names.
    """
    if options["allow"]:
        _allow(config_of(options).translators, options)
    mistakes: list[PlotError] = []
    found = config_of(options, mistakes).translators
    pinged = [_pinged(one.entry) for one in found] if options["ping"] else [None] * len(found)
    rows = [_model(one, answer) for one, answer in zip(found, pinged, strict=True)]
    if options["as_json"]:
        write_json({"models": rows, **(error_object(joined(mistakes)) if mistakes else {})})
    elif not rows and not mistakes:
        write(f"No language model is configured: --model NAME, or translators in plot.yaml (here, or {user_file()}).")
    elif rows:
        _print_models(rows, options["ping"])
    failed = [answer for answer in pinged if answer is not None and answer.error is not None]
    if (failed or mistakes) and options["as_json"]:
        click.get_current_context().exit(FAILED)
    if mistakes:
        raise joined(mistakes)
    if failed:
        raise failed[0].error or PlotError("no answer")


def _allow(found: Sequence[Configured], options: Mapping[str, Any]) -> None:
    """Remember that translators may be asked as the project's file says. Raises PlotError without confirmation."""
    known = {one.entry.name: one for one in found}
    for name in options["allow"]:
        if name not in known:
            raise PlotError(f"there is no translator '{name}'", hint=f"there are: {', '.join(known) or 'none'}")
        need = known[name].needs
        if need is None:
            warn(f"note: '{name}' is already allowed")
            continue
        if not options["yes"]:
            try:
                sure = click.confirm(visible(f"let '{name}' send your utterances to {need}?"), err=True)
            except click.Abort:
                raise PlotError("nothing allowed: not confirmed", hint="confirm, or add --yes") from None
            if not sure:
                raise PlotError(f"'{name}' is not allowed", hint="nothing changed")
        remember(user_file().parent, [need])


def _pinged(entry: Entry) -> PingResult:
    if entry.refusal is None:
        warn(asking(entry))
    return ping(entry)


def _model(one: Configured, answer: PingResult | None) -> dict[str, Any]:
    entry = one.entry
    row: dict[str, Any] = {**entry.model_dump(mode="json"), "configured_by": one.origin, "key": _key(entry)}
    row["allowed"] = entry.refusal is None
    if answer is not None:
        row["answers"] = answer.error is None
        row["seconds"] = round(answer.seconds, 3)
        row["serves"] = list(answer.serves)
        row["said"] = answer.error.message if answer.error is not None else answer.said
    return row


def _key(entry: Entry) -> str:
    """Return whether there is a key, and where; never the key."""
    variable = entry.key_variable
    if entry.refusal is not None:
        return f"{variable or 'none needed'}: not allowed"
    if variable is None:
        return "none needed"
    return f"{variable} is set" if os.environ.get(variable, "").strip() else f"{variable} is not set"


def _print_models(rows: list[dict[str, Any]], pinged: bool) -> None:
    heads: list[str] = ["name", "model", "endpoint", "key", "samples", "from", *(["answer"] if pinged else [])]
    table = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        cells = [row["name"], row["model"], row["base_url"], row["key"], str(row["samples"]), row["configured_by"]]
        if pinged:
            cells.append(f"{'yes' if row['answers'] else 'no'} ({row['seconds']:.2f} s)")
        table.add_row(*(Text(visible(cell)) for cell in cells))
    console().print(table)


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
            found.append((text, make_prompt(Prompts(folder), text, talk.discourse)))
    if options["as_json"]:
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


def log(**options: Any) -> None:
    """Show the last calls, or one of them whole, or empty the log."""
    store = Store()
    try:
        if options["clear"]:
            store.forget()
            write("the log and the cache are empty")
        elif options["show"] is not None:
            _show_call(store.call(options["show"]), options)
        else:
            _show_calls(store.calls(options["last"]), options)
    finally:
        store.close()


def _show_call(call: LoggedCall | None, options: Mapping[str, Any]) -> None:
    if call is None:
        raise PlotError(f"there is no call {options['show']} in the log", hint="`plot log` lists them")
    if options["as_json"]:
        write_json({name: getattr(call, name) for name in LoggedCall.__slots__})
        return
    write(call.messages)
    write(f"\n[reply of {call.model}]\n{call.reply or call.failure}")


def _show_calls(calls: list[LoggedCall], options: Mapping[str, Any]) -> None:
    if options["as_json"]:
        kept = [name for name in LoggedCall.__slots__ if name not in ("messages", "reply")]
        write_json({"calls": [{name: getattr(call, name) for name in kept} for call in calls]})
        return
    if not calls:
        write("no language model has been called yet")
        return
    table = Table(
        "id", "when", "translator", "what", "tokens", "cost", "s", "", box=None, pad_edge=False, header_style="bold"
    )
    for call in calls:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(call.at))
        what = call.purpose if len(call.purpose) <= MOST_PURPOSE else f"{call.purpose[:MOST_PURPOSE]}…"
        tokens = f"{call.prompt_tokens:,}+{call.completion_tokens:,}"
        end = call.failure or ("" if call.source == "called" else call.source)
        cells = (str(call.id), when, call.translator, what, tokens, f"{call.cost:.4f}", f"{call.seconds:.1f}", end)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    screen = console()
    screen.print(table)
    total = sum(call.prompt_tokens + call.completion_tokens for call in calls)
    screen.print(Text(f"{len(calls)} calls, {total:,} tokens, {sum(call.cost for call in calls):.4f} spent"))
