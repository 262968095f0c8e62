"""A causal graph as text, in the language of Graphviz, or as a figure: what is observed and intervened on is marked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.causes.graph import CausalGraph
from plot.errors import PlotError
from plot.files import write_text, write_whole
from plot.text import clean

if TYPE_CHECKING:
    import networkx as nx
else:
    nx = late("networkx")

OBSERVED, INTERVENED = "#c9d9ee", "#f3d3a4"
SUFFIXES = (".dot", ".png", ".svg")
WIDTH, HEIGHT = 1.9, 1.1  # inches for a variable, and for a row of them
LONGEST = 24  # letters of a label


def as_text(found: CausalGraph) -> str:
    """Return a graph as lines: each variable with its direct causes.

    >>> from plot.causes.graph import causal_graph
    >>> from plot.language import parse
    >>> print(as_text(causal_graph(parse("a = flip()\\nb = flip(0.9 if a else 0.2)\\ncondition(b)"))))
    a
    b ← a  (observed)
    """
    lines: list[str] = []
    for name in found.variables:
        causes = sorted(found.graph.predecessors(name))
        mark = _mark(found, name)
        follows = f" ← {', '.join(map(clean, causes))}" if causes else ""
        lines.append(f"{clean(name)}{follows}" + (f"  ({mark})" if mark else ""))
    return "\n".join(lines)


def as_dot(found: CausalGraph) -> str:
    """Return a graph in the language of Graphviz."""
    lines = ["digraph causes {", "  node [style=filled, fillcolor=white];"]
    for name in found.variables:
        colour = _colour(found, name)
        shape = ", shape=box" if name in found.intervened else ""
        lines.append(f'  "{_quoted(name)}"' + (f' [fillcolor="{colour}"{shape}];' if colour else ";"))
    for cause, effect in found.graph.edges:
        cut = " [style=dashed]" if effect in found.intervened else ""
        lines.append(f'  "{_quoted(cause)}" -> "{_quoted(effect)}"{cut};')
    return "\n".join([*lines, "}"]) + "\n"


def draw(found: CausalGraph, path: str | Path, title: str = "") -> None:
    """Write a graph to a file: `.dot`, `.png` or `.svg`.

    Args:
        found: The graph.
        path: The file, whose ending says what it becomes.
        title: What stands above a picture.

    Raises:
        PlotError: The ending is another one, the file can't be written, or matplotlib is missing.
    """
    kind = Path(path).suffix.casefold()
    if kind not in SUFFIXES:
        hint = f"name a file that ends in {', '.join(SUFFIXES)}"
        raise PlotError(f"a graph can't be written to '{path}'", hint=hint)
    if kind == ".dot":
        write_text(Path(path), as_dot(found))
        return
    figure = _figure(found, title)
    write_whole(Path(path), lambda made: figure.savefig(made, format=kind[1:], dpi=150))


def _mark(found: CausalGraph, name: str) -> str:
    return "set" if name in found.intervened else "observed" if name in found.observed else ""


def _colour(found: CausalGraph, name: str) -> str:
    return INTERVENED if name in found.intervened else OBSERVED if name in found.observed else ""


def _quoted(name: str) -> str:
    return clean(name).replace("\\", "\\\\").replace('"', '\\"')


def _figure(found: CausalGraph, title: str) -> Any:
    """Return a figure: causes stand above their effects, in rows."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        hint = "pip install 'plot-ppl[pictures]', or write a .dot file"
        raise PlotError("pictures need matplotlib, which is not installed", hint=hint) from None
    rows = [sorted(row) for row in nx.topological_generations(found.graph)]
    most = max([len(row) for row in rows], default=1)
    places = {name: (i - (len(row) - 1) / 2, -depth) for depth, row in enumerate(rows) for i, name in enumerate(row)}
    figure: Any = Figure(figsize=(WIDTH * most + 1, HEIGHT * len(rows) + 1), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_title(clean(title).replace("$", r"\$"), fontsize=11)
    for cause, effect in found.graph.edges:
        style = {"arrowstyle": "-|>", "color": "#555555", "shrinkA": 14, "shrinkB": 16}
        style["linestyle"] = "dashed" if effect in found.intervened else "solid"
        bend = "arc3,rad=0.15" if places[cause][1] - places[effect][1] > 1 else "arc3"
        axes.annotate("", places[effect], places[cause], arrowprops={**style, "connectionstyle": bend})
    for name, place in places.items():
        shown = clean(name) if len(name) <= LONGEST else clean(name)[: LONGEST - 1] + "…"
        box = {"boxstyle": "square" if name in found.intervened else "round", "edgecolor": "#555555"}
        box["facecolor"] = _colour(found, name) or "white"
        axes.text(*place, shown.replace("$", r"\$"), ha="center", va="center", fontsize=9, bbox=box)
    axes.set(xlim=(-most / 2 - 0.2, most / 2 + 0.2), ylim=(0.5 - len(rows), 0.5))
    return figure


__all__ = ["as_dot", "as_text", "draw"]
