"""The conversations of an MCP server: found by unguessable names, bounded in number, size and time."""

from __future__ import annotations

import math
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore, Event, Lock
from typing import TypeVar

from plot.conversation import Conversation, World
from plot.errors import PlotError, mistakes_of
from plot.inference import Goal
from plot.inference.progress import listening
from plot.text import visible
from plot.translate.base import Told
from plot.world.roots import text_within
from plot.worldfile.places import builtin_worlds, description_of, world_files

T = TypeVar("T")
MOST_LETTERS = 10_000  # of one text
MOST_FILE = 200_000  # letters of a world file
MOST_MESSAGE = 2_000  # letters of an error


@dataclass(frozen=True, slots=True)
class TalkLimits:
    """What a client may ask of a server.

    Attributes:
        seconds: Of one answer, at most.
        conversations: That are kept; of more, the one that was used longest ago is forgotten.
        statements: Of one conversation.
        at_once: Answers that are computed at the same time.
        waiting: Calls that may wait for their turn.
    """

    seconds: float = 10.0
    conversations: int = 64
    statements: int = 500
    at_once: int = 2
    waiting: int = 32


class StoppedError(Exception):
    """Nobody waits for the answer any longer."""


class BusyError(PlotError):
    """Too many calls wait already."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} calls wait already", hint="call again later")


@dataclass(slots=True)
class Talk:
    """A conversation with its name; calls to it take turns."""

    name: str
    world: str
    conversation: Conversation
    turn: Lock = field(default_factory=Lock)


class Talks:
    """The conversations and worlds of a server.

    Args:
        root: The folder of worlds beside the built-in ones; None: there are only these.
        limits: What a client may ask.
        seed: The seed of the answers.
    """

    def __init__(self, root: Path | None = None, limits: TalkLimits | None = None, seed: int = 0) -> None:
        self.root = root
        self.limits = limits or TalkLimits()
        self._seed = seed
        self._talks: OrderedDict[str, Talk] = OrderedDict()
        self._worlds: dict[str, tuple[str, World]] = {}
        self._lock = Lock()
        self._slots = BoundedSemaphore(self.limits.at_once)
        self._places = BoundedSemaphore(self.limits.at_once + self.limits.waiting)

    # -- worlds --------------------------------------------------------------------------------------------

    def worlds(self) -> dict[str, str]:
        """Return the worlds that can be named, with their descriptions."""
        own = {path.stem: path for path in sorted(world_files(self.root))} if self.root is not None else {}
        found = {}
        for name, path in {**own, **builtin_worlds()}.items():
            try:
                found[name] = description_of(path)
            except PlotError as error:
                found[name] = f"(can't be loaded: {error.message})"
        return found

    def text_of(self, world: str) -> str:
        """Return the text of a world's file. Raises PlotError for one that is not there, or outside of the root."""
        return text_within(bounded(world, "the name of a world"), self.root)

    def world(self, name: str) -> World:
        """Return a world; it is read again when its file changes."""
        text = self.text_of(name)
        known = self._worlds.get(name)
        if known is None or known[0] != text:
            known = self._worlds[name] = (text, World.parse(text, name))
        return known[1]

    # -- conversations -------------------------------------------------------------------------------------

    def talk(self, name: str | None, world: str | None, *, facts: bool = True) -> Talk:
        """Return the conversation of a name; without one, a new conversation about a world.

        Raises:
            PlotError: There is no such conversation, or no such world, or neither is given.
        """
        if name is not None:
            with self._lock:
                if name not in self._talks:
                    hint = "leave out `conversation` to begin one, and use the name that comes back"
                    raise PlotError("there is no conversation of this name (any longer)", hint=hint)
                self._talks.move_to_end(name)
                found = self._talks[name]
            if world not in (None, found.world):
                hint = "leave out `conversation` to begin one about another world"
                raise PlotError(f"this conversation is about '{found.world}'", hint=hint)
            return found
        if world is None:
            raise PlotError("which world is this about?", hint="give `world` (see the tool `worlds`) or `conversation`")
        return self._begun(world, facts)

    def _begun(self, name: str, facts: bool) -> Talk:
        world = self.world(name)
        goal = Goal(seconds=self.limits.seconds, seed=self._seed, budget=world.budget)
        made = Talk(secrets.token_urlsafe(9), name, world.conversation(facts=facts, goal=goal))
        with self._lock:
            self._talks[made.name] = made
            while len(self._talks) > self.limits.conversations:
                self._talks.popitem(last=False)
        return made

    def tell(self, talk: Talk, text: str) -> tuple[Told, ...]:
        """Tell a conversation sentences, all or nothing, and return them. Raises PlotError where it has too many."""
        if len(talk.conversation.told) >= self.limits.statements:
            hint = "begin a new conversation; to answer many questions, see `plot batch`"
            raise PlotError(f"a conversation may have {self.limits.statements:,} statements", hint=hint)
        return talk.conversation.tell(bounded(text, "the text"))

    # -- work ----------------------------------------------------------------------------------------------

    def work(self, talk: Talk | None, stopped: Event, act: Callable[[], T]) -> T:
        """Do something in turn: one call of a conversation at a time, and few at once.

        Raises:
            StoppedError: `stopped` was set before it was done.
            BusyError: Too many wait already.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError(self.limits.waiting)
        try:
            turn = _turn(talk.turn if talk is not None else Lock(), stopped)
            with turn, _turn(self._slots, stopped), listening(lambda _share, _what: _check(stopped)):
                return act()
        finally:
            self._places.release()


@contextmanager
def _turn(lock: Lock | BoundedSemaphore, stopped: Event) -> Iterator[None]:
    """Wait for a turn, as long as somebody waits for the answer."""
    while not lock.acquire(timeout=0.2):
        _check(stopped)
    try:
        _check(stopped)
        yield
    finally:
        lock.release()


def _check(stopped: Event) -> None:
    if stopped.is_set():
        raise StoppedError


def bounded(text: str, what: str, most: int = MOST_LETTERS) -> str:
    """Return a text that is not too long. Raises PlotError for one that is."""
    if len(text) > most:
        raise PlotError(f"{what} has {len(text):,} letters", hint=f"at most {most:,} are read")
    return text


def told_error(error: PlotError) -> str:
    """Return an error as a client reads it: what is wrong, and what to try, without the server's paths."""
    errors = mistakes_of(error)
    found = []
    for one in errors[:5]:
        place = f" ({one.where})" if one.where else ""
        found.append(f"{one.message}{place}" + (f"\nhint: {one.hint}" if one.hint else ""))
    text = visible("\n".join(found))
    return text if len(text) <= MOST_MESSAGE else f"{text[:MOST_MESSAGE]}…"


def finite(value: float | None) -> float | None:
    """Return a figure, None where it is not finite.

    >>> finite(math.inf), finite(0.5)
    (None, 0.5)
    """
    return value if value is not None and math.isfinite(value) else None


__all__ = ["BusyError", "StoppedError", "Talk", "TalkLimits", "Talks", "bounded", "finite", "told_error"]
