"""The errors that users see: place, message and hint, with a caret under the source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A text with the name that errors call it by (a file, `utterance 2`); it is the same only as itself."""

    text: str
    name: str = "program"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source text: lines from 1, columns from 0 (in characters), the end column exclusive.

    >>> print(Span(1, 4, 1, 10, Source("x = whilst(1)")).excerpt())
      1 | x = whilst(1)
        |     ^^^^^^
    """

    line: int
    column: int
    end_line: int
    end_column: int
    source: Source | None = field(default=None, compare=False, repr=False)

    @property
    def place(self) -> str:
        """Name the place: `file, line 3, column 5`."""
        place = f"line {self.line}, column {self.column + 1}"
        return f"{self.source.name}, {place}" if self.source is not None else place

    def excerpt(self, width: int = 100) -> str:
        """Render the first line of the span with carets under it; a long line is cut around them."""
        if self.source is None:
            return ""
        lines = self.source.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        line = lines[min(self.line, len(lines)) - 1].replace("\t", " ")
        line = "".join(character if character.isprintable() else "\ufffd" for character in line)
        end = self.end_column if self.end_line == self.line else len(line)
        start = max(0, self.column - width // 2) if len(line) > width else 0
        shown = line[start : start + width]
        carets = max(1, min(end, start + width) - self.column)
        number = str(self.line)
        gutter = " " * (len(number) + 2)
        return f"  {number} | {shown}\n{gutter} | {' ' * (self.column - start)}{'^' * carets}"


class PlotError(Exception):
    """A mistake that a user can mend: what is wrong, where, and what to try.

    Args:
        message: What is wrong, in one line.
        hint: What to try.
        span: The stretch of source text that is wrong; it is shown with carets under it.
        where: The place in words, such as `file, line 3`; by default that of the span.

    Attributes:
        message: What is wrong.
        hint: What to try, None where there is nothing to say.
        span: The stretch of source text, None where there is none.
        where: The place in words, None where there is none.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, span: Span | None = None, where: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.span = span
        self.where = where if where is not None or span is None else span.place

    def render(self) -> str:
        """Return message, place, excerpt with caret, and hint, one under the other.

        >>> span = Span(1, 4, 1, 10, Source("x = whilst(1)", "demo.plot"))
        >>> print(PlotError("unknown name 'whilst'", hint="define it", span=span).render())
        unknown name 'whilst'
          at demo.plot, line 1, column 5
          1 | x = whilst(1)
            |     ^^^^^^
          hint: define it
        """
        excerpt = self.span.excerpt() if self.span is not None else ""
        parts = [
            self.message,
            f"  at {self.where}" if self.where else "",
            excerpt,
            f"  hint: {self.hint}" if self.hint else "",
        ]
        return "\n".join(part for part in parts if part)

    def __str__(self) -> str:
        return self.render()

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        return [f"error: {self.render()}"]


class BudgetError(PlotError):
    """A program exceeded one of its budgets (see `plot.language.Budget`).

    Args:
        message: What is wrong, in one line.
        hint: What to try.
        span: The stretch of source text at which it happened.
        where: The place in words.
        budget: The name of the budget.

    Attributes:
        budget: The name of the budget.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        span: Span | None = None,
        where: str | None = None,
        budget: str = "",
    ) -> None:
        super().__init__(message, hint=hint, span=span, where=where)
        self.budget = budget


class ImpossibleError(PlotError):
    """The evidence has no support: no possible world satisfies all of it."""


class UnlikelyError(PlotError):
    """The evidence may be possible, but it is too rare for the method."""


class UnreachedError(PlotError):
    """A sampler did not arrive at the posterior: what it has found can't be reported as an answer."""


MOST_SHOWN = 20


class PlotErrors(PlotError):
    """Several mistakes of one text, reported together in the order in which they stand there.

    Args:
        errors: The mistakes, at least one; message, hint and place are those of the first.

    Attributes:
        errors: The mistakes.
    """

    def __init__(self, errors: Iterable[PlotError]) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        super().__init__(first.message, hint=first.hint, span=first.span, where=first.where)

    def render(self) -> str:
        """Return the first errors, a blank line between two, and how many more there are."""
        shown = [error.render() for error in self.errors[:MOST_SHOWN]]
        if len(self.errors) > MOST_SHOWN:
            shown.append(f"… and {len(self.errors) - MOST_SHOWN:,} more mistakes")
        return "\n\n".join(shown)


def mistakes_of(error: PlotError) -> tuple[PlotError, ...]:
    """Return the mistakes of an error: those of PlotErrors, or the error itself."""
    return error.errors if isinstance(error, PlotErrors) else (error,)


def joined(errors: Sequence[PlotError]) -> PlotError:
    """Return one error as it is, and several as PlotErrors."""
    return errors[0] if len(errors) == 1 else PlotErrors(errors)
