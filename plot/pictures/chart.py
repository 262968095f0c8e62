"""The chart of an answer's figures: a bar for each option, or for each bin of a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plot.pictures.canvas import PALETTE, panels, plain

Bars = Sequence[tuple[str, float, str]]
LONGEST = 32


def draw_chart(title: str, bars: Bars) -> Any:
    """Return the figure of bars: each with its label, its share, and the share as text."""
    figure, (axes,) = panels(title, 1, 7.0, max(1.6, 0.38 * len(bars) + 0.8))
    if not bars:
        axes.text(0.5, 0.5, "no chart: there is at most one answer", ha="center", va="center", transform=axes.transAxes)
        axes.set_axis_off()
        return figure
    places = range(len(bars))
    axes.barh(places, [share for _, share, _ in bars], color=PALETTE[0], height=0.75)
    axes.set_yticks(places, [plain(label[:LONGEST], LONGEST + 1) for label, _, _ in bars])
    axes.invert_yaxis()
    most = max(share for _, share, _ in bars)
    for place, (_, share, shown) in zip(places, bars, strict=True):
        axes.text(share + 0.01 * most, place, plain(shown), va="center", fontsize=9)
    axes.set_xlim(0, 1.15 * max(most, 1e-9))
    axes.set_xlabel("probability")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure
