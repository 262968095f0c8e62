"""Draw the ways that someone of the world lunch may have taken: `python docs/worlds/draw_lunch.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from plot import World
from plot.language import parse
from plot.runtime import run
from plot.runtime.values import NAMES, as_codes, as_tensor

TOLD = "Bob walked North on Danner. The pizza place is not open."
PARTICLES = 200_000
COLOURS = {"lawn": "#cfe8c5", "office": "#d9d2e9", "sushi": "#f9d6b5", "pizza": "#f9d6b5", "vegetarian": "#f9d6b5"}
MOVES = {"north": (0, -1), "east": (1, 0), "south": (0, 1), "west": (-1, 0)}


def shares() -> tuple[list[list[str]], dict[tuple[int, int, str], float]]:
    """Return the map, and how likely each step (from a row and column, heading somewhere) is in the trip."""
    talk = World.load("lunch").conversation(facts=False)
    talk.tell(TOLD)
    found = run(parse(f'{talk.program()}\nquery(map)\nquery(trip("bob").steps)\n'), PARTICLES)
    kept = torch.isfinite(found.log_weight)
    print(f"{int(kept.sum()):,} of {PARTICLES:,} worlds fit what was told")
    rows = [str(row).split() for row in found.queries[0].items]
    steps = found.queries[1]
    counts: dict[tuple[int, int, str], float] = {}
    for step, present in zip(steps.items, steps.present, strict=True):
        taken = as_tensor(present).expand(PARTICLES) & kept
        columns = [as_tensor(step.fields[name]).expand(PARTICLES) for name in ("row", "column")]
        heading = as_codes(step.fields["heading"]).expand(PARTICLES)
        for row, column, code in torch.stack([*columns, heading])[:, taken].T.tolist():
            key = row, column, str(NAMES[code])
            counts[key] = counts.get(key, 0.0) + 1 / int(kept.sum())
    return rows, counts


def main() -> None:
    """Draw the picture beside this file."""
    try:
        import matplotlib as mpl
    except ImportError:
        sys.exit("this picture needs matplotlib: pip install matplotlib")
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rows, counts = shares()
    figure, axes = plt.subplots(figsize=(6.5, 7))
    for row, names in enumerate(rows):
        for column, name in enumerate(names):
            corner = (column - 0.5, row - 0.5)
            axes.add_patch(plt.Rectangle(corner, 1, 1, facecolor=COLOURS.get(name, "#e3e3e3"), edgecolor="white"))
            axes.text(column - 0.45, row - 0.45, name, ha="left", va="top", fontsize=8, color="#555555")
    for (row, column, heading), share in counts.items():
        right, down = MOVES[heading]
        line = {"arrowstyle": "-|>", "lw": 1 + 8 * share, "alpha": 0.25 + 0.75 * share, "color": "#b03030"}
        axes.annotate("", (column + 0.92 * right, row + 0.92 * down), (column, row), arrowprops=line)
    axes.set(xlim=(-0.5, len(rows[0]) - 0.5), ylim=(len(rows) - 0.5, -0.5), xticks=[], yticks=[], aspect="equal")
    axes.set_title("Bob walked North on Danner:\nthe wider an arrow, the likelier he took it", fontsize=11)
    figure.tight_layout()
    figure.savefig(Path(__file__).with_name("lunch.png"), dpi=110)


if __name__ == "__main__":
    main()
