"""The world of a command, named or found by a router; and `plot route`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plot._lazy import late
from plot.cli.output import warn, write, write_json
from plot.cli.settings import texts, world_of
from plot.cli.translators import Translators, translators
from plot.conversation import World
from plot.errors import PlotError, PlotErrors
from plot.files import STDIN, read_text
from plot.translate.grammar import split_sentences
from plot.worldfile.places import builtin_worlds, world_files

if TYPE_CHECKING:
    from plot.cli import finding
    from plot.translate import router
    from plot.translate.router import Router, Routing
else:
    finding = late("plot.cli.finding")
    router = late("plot.translate.router")

PLAUSIBLE = 0.2  # the probability from which a second world is worth telling
LEAST_SHOWN = 0.005


@dataclass(frozen=True, slots=True)
class ChosenWorld:
    """The world of a command; with a routing, where it was found from what was said, and among which worlds."""

    world: World
    said: tuple[str, ...] = ()
    routing: Routing | None = None
    worlds: Mapping[str, World] | None = None

    @property
    def second(self) -> str | None:
        """Another world that is plausible, if there is one."""
        others = list(self.routing.scores.items())[1:2] if self.routing is not None else []
        return others[0][0] if others and others[0][1] >= PLAUSIBLE else None

    def line(self) -> str | None:
        """Return the line that says which world it is and how sure that is; None where it was named."""
        if self.routing is None:
            return None
        by = ", says the language model" if self.routing.router == router.Asked.name else ""
        line = f"world: {self.routing.best} ({_percent(self.routing.probability)}{by})"
        if self.second is not None:
            share = _percent(self.routing.scores[self.second])
            line += f"; {self.second} is also plausible ({share}): name it to ask there"
        return line

    def to_json(self) -> dict[str, Any]:
        """Return what is added to JSON answers."""
        if self.routing is None:
            return {}
        name, *others = self.routing.scores
        shares = self.routing.scores
        told = {"name": name, "probability": shares[name], "others": {other: shares[other] for other in others}}
        return {"world": {**told, "router": self.routing.router}}

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Tell of an error in a block that another plausible world could have read what this one could not."""
        try:
            yield
        except PlotError as error:
            ours = type(error) in (PlotError, PlotErrors)
            if self.routing is None or not ours or finding.reads(self.world, self.said):
                raise
            errors = error.errors if isinstance(error, PlotErrors) else (error,)
            raise PlotErrors([*errors, self._other()]) from error

    def _other(self) -> PlotError:
        best, share = (self.routing.best, _percent(self.routing.probability)) if self.routing is not None else ("", "")
        taken = f"this was taken to be about '{best}' ({share})"
        second = self.second
        if second is None or self.worlds is None or self.routing is None:
            return PlotError(taken, hint="if it is about another world, put that world's name before the question")
        if not finding.reads(self.worlds[second], self.said):
            return PlotError(taken, hint=f"the grammar of '{second}', which is also plausible, can't read it either")
        message = f"{taken}; the grammar of '{second}' ({_percent(self.routing.scores[second])}) can read it"
        return PlotError(message, hint=f"put that world's name before the question: {second}")


def chosen(
    world: str, words: tuple[str, ...], options: Mapping[str, Any], what: str, who: Translators
) -> tuple[ChosenWorld, list[str]]:
    """Return the world of a command, and its questions or utterances.

    With one argument alone, that is what is said, and the world is found among the built-in ones; with more, the first
    is a world or a folder of worlds. Raises PlotError where no world seems to fit.
    """
    if not words:
        if _is_world(world):
            context = click.get_current_context()
            wanted = context.command.params[1]
            raise click.MissingParameter(ctx=context, param=wanted, param_hint=f"'{str(wanted.name).upper()}...'")
        return _found(_all(None), (world,), options, what, who)
    if _is_folder(world) and any(world_files(Path(world))):
        return _found(_all(world), words, options, what, who)
    said = texts(words, what)
    return ChosenWorld(world_of(world, options)), said


def _found(
    worlds: Mapping[str, World], words: tuple[str, ...], options: Mapping[str, Any], what: str, who: Translators
) -> tuple[ChosenWorld, list[str]]:
    questions = texts(words, what)
    said = (*_told(options), *questions)
    routing = finding.routed(worlds, said, _sentences(said), who)
    return ChosenWorld(worlds[routing.best], said, routing, worlds), questions


def _told(options: Mapping[str, Any]) -> list[str]:
    """Return what is told before the questions; what comes from the standard input can't be read twice."""
    lines = [
        line.strip()
        for path in options["facts_file"]
        if path != STDIN
        for line in read_text(path, "a file of facts").splitlines()
    ]
    return [line for line in lines if line and not line.startswith("#")] + list(options["given"])


def _sentences(said: Sequence[str]) -> list[str]:
    found = [sentence for text in said for sentence in split_sentences(text)]
    if not any(letter.isalnum() for sentence in found for letter in sentence):
        raise PlotError("the utterance is empty", hint="write a sentence")
    return found


def _is_world(text: str) -> bool:
    """Return whether an argument that stands alone names a world, or tries to, and so lacks the question."""
    known = builtin_worlds()
    if text in known or (text != STDIN and text and _exists(text)):
        return True
    if " " not in text.strip() and difflib.get_close_matches(text.casefold(), known, 1, 0.75):
        World.load(text)  # raises the error that tells the nearest name
    return False


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


def _is_folder(text: str) -> bool:
    return bool(text) and text not in builtin_worlds() and _exists(text) and Path(text).is_dir()


def _all(folder: str | None) -> dict[str, World]:
    """Return the worlds of a folder, or the built-in ones; a file that is none is left out, with a note."""
    if folder is None:
        return {name: World.load(name) for name in builtin_worlds()}
    found: dict[str, World] = {}
    failures: list[PlotError] = []
    for path in sorted(world_files(Path(folder))):
        try:
            found[path.stem] = World.load(path)
        except PlotError as error:
            failures.append(error)
            warn(f"note: '{path}' was skipped: {error.message}")
    if failures and not found:
        raise failures[0]
    return found


# -- plot route ----------------------------------------------------------------------------------------------


def route(utterance: tuple[str, ...], **options: Any) -> None:
    """Show which worlds a conversation may be about, and why."""
    said = _sentences(texts(utterance, "an utterance"))
    folder = options["worlds"]
    if folder is not None and not (_is_folder(folder) and any(world_files(Path(folder)))):
        raise PlotError(f"'{folder}' is not a folder of worlds", hint="give a folder of world files (YAML)")
    worlds = _all(folder)
    if options["router"] == "asked":
        with translators(options) as who:
            routing = finding.ask_model(worlds, said, who)
    else:
        routing = _router(options["router"], worlds, options["seed"]).route(said)
        if options["router"] == "learned":
            routing = finding.with_grammars(routing, worlds, said)
    if options["as_json"]:
        write_json(routing.to_json())
    else:
        _show(routing)


def _router(name: str, worlds: Mapping[str, World], seed: int) -> Router:
    if name == "neighbours":
        return router.Neighbours.of(worlds)
    if name == "hash":
        return router.Hashed(list(worlds))
    if name == "random":
        return router.Random(list(worlds), seed)
    return router.Learned.of(worlds)


def _show(routing: Routing) -> None:
    if routing.abstains:
        write(f"no world: this seems to be about none of them; the nearest are {', '.join(routing.nearest)}")
    else:
        write(f"world: {routing.best} ({_percent(routing.probability)})")
    shown = {name: share for name, share in routing.scores.items() if share >= LEAST_SHOWN}
    for name, share in shown.items():
        write(f"  {share:6.1%}  {name}")
    if len(shown) < len(routing.scores):
        write(f"  below {LEAST_SHOWN:.1%} each: {', '.join(name for name in routing.scores if name not in shown)}")
    words = [f"{one.text} {one.amount:+.1f}" for one in routing.reasons if one.kind == "word"]
    if words:
        write(f"words typical of {routing.reasons[0].world}: {', '.join(words)}")
    for one in routing.reasons:
        if one.kind == "example":
            write(f"  like “{one.text}” ({one.world}, {one.amount:.2f})")
        elif one.kind == "model":
            write(f"the model says: {one.text}")
        elif one.kind == "grammar":
            write(f"{one.world}: {one.text} {one.amount:+.1f}")


def _percent(share: float) -> str:
    """Return a share in per cent, never rounded up to certainty."""
    return f"{min(share, 0.99):.0%}" if share < 1 else "100%"


__all__ = ["ChosenWorld", "chosen", "route"]
