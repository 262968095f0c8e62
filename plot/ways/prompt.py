"""Lines that are typed in a terminal, with completion and history, or that come from a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from plot.answers.samples import needed
from plot.errors import PlotError

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

LONGEST = 1_000_000


def piped() -> Iterator[str]:
    """Yield the lines of the standard input. Raises PlotError where it is no text."""
    if sys.stdin is None:
        raise PlotError("the standard input is closed", hint="give lines of text, or use a terminal")
    while True:
        try:
            line = sys.stdin.readline(LONGEST)
        except (UnicodeDecodeError, ValueError):
            raise PlotError("the standard input is not UTF-8 text", hint="give lines of text") from None
        if not line:
            return
        yield line


def typed(prompt: Callable[[], str], words: Callable[[], tuple[str, ...]], history: Path) -> Iterator[str]:
    """Yield the lines that are typed, until Ctrl-D; Ctrl-C empties the line.

    Args:
        prompt: Returns what stands before the line.
        words: Returns what may be completed.
        history: The file of what was typed before.

    Raises:
        PlotError: prompt_toolkit is missing.
    """
    session = _session(words, history)
    while True:
        try:
            yield session.prompt(prompt())
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def _session(words: Callable[[], tuple[str, ...]], history: Path) -> PromptSession[str]:
    toolkit = needed("prompt_toolkit", "chat", "typed conversations")
    completion = needed("prompt_toolkit.completion", "chat", "typed conversations")
    histories = needed("prompt_toolkit.history", "chat", "typed conversations")
    completer = completion.WordCompleter(lambda: list(words()), ignore_case=True, WORD=True)
    try:
        history.parent.mkdir(parents=True, exist_ok=True)
        history.touch(mode=0o600)
        kept = histories.FileHistory(str(history))
    except OSError:
        kept = histories.InMemoryHistory()
    session: PromptSession[str] = toolkit.PromptSession(
        history=kept, completer=completer, complete_while_typing=False, enable_history_search=True
    )
    return session


__all__ = ["piped", "typed"]
