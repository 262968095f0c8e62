"""The cell magic `%%plot`: a notebook's cell as lines of a conversation."""

from __future__ import annotations

import shlex
import warnings
from typing import TYPE_CHECKING, Any, Protocol

from plot.answers.samples import needed
from plot.conversation import Conversation, World
from plot.errors import PlotError

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "talk"  # the variable of the notebook that holds the conversation
OPTIONS = ("--no-facts", "--new")
CELLS = "_plot_cells"  # and that with the cells of that conversation


class Shell(Protocol):
    """What the magic needs of IPython's shell."""

    user_ns: dict[str, Any]

    def register_magic_function(self, func: Callable[..., None], magic_kind: str, magic_name: str) -> None:
        """Add a magic."""
        ...


def load_ipython_extension(shell: Shell) -> None:
    """Add `%%plot` to a notebook; `%load_ext plot` calls this.

    Args:
        shell: IPython's shell.
    """
    warnings.filterwarnings("ignore", message="IProgress not found")  # of tqdm, whose bars are not shown
    shell.register_magic_function(lambda line, cell: run_cell(shell, line, cell), "cell", "plot")


def run_cell(shell: Shell, line: str, cell: str) -> None:
    """Tell the statements of a cell and answer its questions, line by line.

    The conversation is the notebook's variable `talk`: a cell about the same world goes on with it.

    Args:
        shell: IPython's shell.
        line: The world, `--no-facts` to leave out its facts, `--new` to begin again.
        cell: The lines; those that begin with # are comments.

    Raises:
        PlotError: A line can't be read or answered, with its number.
    """
    show = needed("IPython.display", "notebook", "notebooks").display
    talk = _conversation(shell, _words(line))
    shell.user_ns[NAME] = talk
    before, cells = shell.user_ns.get(CELLS, (None, frozenset()))
    cells = cells if before is talk else frozenset()
    if cell in cells:
        print("note: this cell was run before, so what it tells is told once more; %%plot --new begins again")
    shell.user_ns[CELLS] = (talk, cells | {cell})
    for number, said in enumerate(cell.splitlines(), 1):
        text = said.strip()
        if not text or text.startswith("#"):
            continue
        try:
            found = [talk.ask(text)] if _asks(talk, text) else talk.tell(text)
        except PlotError as error:
            raise PlotError(error.message, hint=error.hint, where=f"line {number}: {text}") from None
        for one in found:
            show(one)


def _words(line: str) -> list[str]:
    """Return the words of a line. Raises PlotError for a quote that is not closed."""
    try:
        return shlex.split(line)
    except ValueError:
        raise PlotError("a quote is opened and not closed", hint="%%plot tugofwar", where=f"%%plot {line}") from None


def _asks(talk: Conversation, text: str) -> bool:
    return text.endswith("?") or any(told.act == "question" for told in talk.translate(text))


def _conversation(shell: Shell, words: list[str]) -> Conversation:
    """Return the conversation of a cell: the notebook's, or a new one."""
    unknown = [word for word in words if word.startswith("-") and word not in OPTIONS]
    worlds = [word for word in words if not word.startswith("-")]
    if unknown or len(worlds) > 1:
        hint = "%%plot WORLD, and if you like --no-facts or --new"
        raise PlotError(f"'{(unknown or worlds[1:])[0]}' is nothing that %%plot takes", hint=hint)
    before = shell.user_ns.get(NAME)
    if not worlds:
        if not isinstance(before, Conversation):
            raise PlotError("which world is the cell about?", hint="%%plot tugofwar")
        return before.world.conversation(facts="--no-facts" not in words) if "--new" in words else before
    world = World.load(worlds[0])
    if isinstance(before, Conversation) and before.world == world and "--new" not in words:
        return before
    return world.conversation(facts="--no-facts" not in words)


__all__ = ["load_ipython_extension", "run_cell"]
