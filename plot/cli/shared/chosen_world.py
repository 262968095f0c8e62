"""The world of a command, named or found by a router."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plot._lazy import late
from plot.cli.shared.output import warn
from plot.cli.shared.settings import texts, world_of
from plot.cli.shared.translators import Translators
from plot.conversation import World
from plot.errors import PlotError, PlotErrors, mistakes_of
from plot.files import STDIN, read_text
from plot.translate.grammar import split_sentences
from plot.worldfile.places import builtin_worlds, world_files

if TYPE_CHECKING:
    from plot import routing as router
    from plot.cli.shared import finding
    from plot.routing import Routing
else:
    finding = late("plot.cli.shared.finding")
    router = late("plot.routing")

PLAUSIBLE = 0.2  # the probability from which a second world is worth telling


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
        line = f"world: {self.routing.best} ({percent(self.routing.probability)}{by})"
        if self.second is not None:
            share = percent(self.routing.scores[self.second])
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
            errors = mistakes_of(error)
            raise PlotErrors([*errors, self._other()]) from error

    def _other(self) -> PlotError:
        best, share = (self.routing.best, percent(self.routing.probability)) if self.routing is not None else ("", "")
        taken = f"this was taken to be about '{best}' ({share})"
        second = self.second
        if second is None or self.worlds is None or self.routing is None:
            return PlotError(taken, hint="if it is about another world, put that world's name before the question")
        if not finding.reads(self.worlds[second], self.said):
            return PlotError(taken, hint=f"the grammar of '{second}', which is also plausible, can't read it either")
        message = f"{taken}; the grammar of '{second}' ({percent(self.routing.scores[second])}) can read it"
        return PlotError(message, hint=f"put that world's name before the question: {second}")


def chosen(
    world: str, words: tuple[str, ...], options: Mapping[str, Any], what: str, who: Translators
) -> tuple[ChosenWorld, list[str]]:
    """Return the world of a command, and its questions or utterances.

    With one argument alone, that is what is said, and the world is found among the built-in ones; with more, the first
    is a world or a folder of worlds. Raises PlotError where no world seems to fit.
    """
    if not words:
        if is_world(world):
            context = click.get_current_context()
            wanted = context.command.params[1]
            raise click.MissingParameter(ctx=context, param=wanted, param_hint=f"'{str(wanted.name).upper()}...'")
        return _found(all_worlds(None), (world,), options, what, who)
    if is_folder(world) and any(world_files(Path(world))):
        return _found(all_worlds(world), words, options, what, who)
    said = texts(words, what)
    return ChosenWorld(world_of(world, options)), said


def _found(
    worlds: Mapping[str, World], words: tuple[str, ...], options: Mapping[str, Any], what: str, who: Translators
) -> tuple[ChosenWorld, list[str]]:
    questions = texts(words, what)
    said = (*_told(options), *questions)
    routing = finding.routed(worlds, said, sentences_of(said), who)
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


def sentences_of(said: Sequence[str]) -> list[str]:
    """Return the sentences of what was said; raises PlotError where there is no word."""
    found = [sentence for text in said for sentence in split_sentences(text)]
    if not any(letter.isalnum() for sentence in found for letter in sentence):
        raise PlotError("the utterance is empty", hint="write a sentence")
    return found


def is_world(text: str) -> bool:
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


def is_folder(text: str) -> bool:
    """Return whether an argument is a folder, and no built-in world."""
    return bool(text) and text not in builtin_worlds() and _exists(text) and Path(text).is_dir()


def all_worlds(folder: str | None) -> dict[str, World]:
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


def percent(share: float) -> str:
    """Return a share in per cent, never rounded up to certainty."""
    return f"{min(share, 0.99):.0%}" if share < 1 else "100%"
