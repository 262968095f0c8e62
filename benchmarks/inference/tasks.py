"""What a problem and a method are to the benchmark: text and data on one side, a timed call on the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Task(Protocol):
    """A problem: its data are its own attributes; here is what all problems have, their PLoT program among it."""

    @property
    def name(self) -> str:
        """How the table calls it."""
        ...

    @property
    def setting(self) -> str:
        """The program before anything is said."""
        ...

    @property
    def evidence(self) -> tuple[str, ...]:
        """What was said, one factor of program for each utterance."""
        ...

    @property
    def questions(self) -> Mapping[str, str]:
        """The name of each quantity that is asked, and its expression."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a method found. Empty estimates: it found nothing, say because every sample was rejected.

    `seconds` is what the method measured itself, where the time of its process would be unfair to it (WebPPL);
    `draws` is how many samples it kept.
    """

    estimates: Mapping[str, float]
    log_evidence: float | None = None
    seconds: float | None = None
    draws: float | None = None
    notes: Mapping[str, float | str] = field(default_factory=dict)


Runner = Callable[[int], Outcome]
"""One run with a seed. Only this is timed: building models and compiling came before."""


Prepare = Callable[[Task], Runner]


class Skip(Exception):
    """Raised by `prepare` where a method can't do a task, with the reason."""


@dataclass(frozen=True, slots=True)
class Method:
    """A row of the table: `prepare` builds what a run needs; `turns` caps the repetitions of what is slow."""

    name: str
    what: str
    prepare: Prepare
    turns: int | None = None
