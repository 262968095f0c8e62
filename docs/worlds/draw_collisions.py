"""Draw where the objects of the world collisions may be over time: `python docs/worlds/draw_collisions.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from plot import World
from plot.language import parse
from plot.runtime import run
from plot.runtime.values import as_tensor

TOLD = """
The objects are all balls. The red ball is pushed hard to the right. The red ball hits the blue one.
The blue ball is heavy.
"""
TIMES = [round(0.1 * step, 1) for step in range(61)]
PARTICLES = 40_000
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def paths() -> dict[str, torch.Tensor]:
    """Return the quantiles, levels by times, of the place of each object, given what was told."""
    talk = World.load("collisions").conversation()
    talk.tell(TOLD)
    asked = "\n".join(f'query(positions([thing("red"), thing("blue")], {time}))' for time in TIMES)
    found = run(parse(f"{talk.program()}\n{asked}\n"), PARTICLES)
    kept = torch.isfinite(found.log_weight)
    print(f"{int(kept.sum()):,} of {PARTICLES:,} worlds fit what was told")
    levels = torch.tensor(LEVELS, dtype=torch.float64)
    rows: dict[str, torch.Tensor] = {}
    for number, name in enumerate(("red", "blue")):
        places = [as_tensor(query.items[number]).expand(PARTICLES)[kept] for query in found.queries]
        rows[name] = torch.stack([torch.quantile(place, levels) for place in places], dim=1)
    return rows


def main() -> None:
    """Draw the picture beside this file."""
    try:
        import matplotlib as mpl
    except ImportError:
        sys.exit("this picture needs matplotlib: pip install matplotlib")
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.5))
    for name, rows in paths().items():
        axes.fill_between(TIMES, rows[0], rows[4], color=name, alpha=0.12, linewidth=0)
        axes.fill_between(TIMES, rows[1], rows[3], color=name, alpha=0.25, linewidth=0)
        axes.plot(TIMES, rows[2], color=name, label=f"the {name} ball")
    axes.set(
        xlabel="seconds", ylabel="place, in metres", title="Median, 50% and 90% of the worlds that fit what was told"
    )
    axes.legend(loc="upper left")
    figure.tight_layout()
    figure.savefig(Path(__file__).with_name("collisions.png"), dpi=110)


if __name__ == "__main__":
    main()
