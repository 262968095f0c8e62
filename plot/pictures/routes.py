"""Routes of agents on a map; the width of an arrow is the probability of the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from plot.errors import PlotError
from plot.pictures.canvas import PALETTE, bare, colour_of, panels, plain
from plot.pictures.files import library
from plot.pictures.lines import label_of
from plot.pictures.outcome_texts import Speller
from plot.world.picture import Picture

MOVES = {"north": (0, -1), "east": (1, 0), "south": (0, 1), "west": (-1, 0)}
MOST = 4
LEAST_SHARE = 0.005
CELL = "#e6e6e6"

Step = tuple[int, int, str]


@dataclass(slots=True)
class AgentRoutes:
    """The ways of one agent: in how many of its sampled worlds each step is made, and in how many none is."""

    label: str
    made: dict[Step, int] = field(default_factory=dict)
    worlds: int = 0
    stayed: int = 0

    @property
    def shares(self) -> dict[Step, float]:
        """The share of the worlds in which each step is made."""
        return {step: count / self.worlds for step, count in sorted(self.made.items())}

    @property
    def stays(self) -> float:
        """The share of the worlds in which no step is made."""
        return self.stayed / self.worlds if self.worlds else 0.0


def ways(worlds: Sequence[Any], spell: Speller) -> list[AgentRoutes]:
    """Return the ways of each agent: a step is known by its row, its column and its heading."""
    found: dict[str, AgentRoutes] = {}
    for world in worlds:
        for number, item in enumerate(world["items"]):
            label = label_of(item, number, spell)
            own = found.setdefault(label, AgentRoutes(label))
            taken = {_step(step) for step in item["steps"]}
            for step in taken:
                own.made[step] = own.made.get(step, 0) + 1
            own.worlds += 1
            own.stayed += not taken
    if not found:
        raise PlotError("there is nobody on the map", hint="mention somebody, or ask where somebody goes")
    return list(found.values())


def _step(step: Any) -> Step:
    try:
        return int(step["row"]), int(step["column"]), str(step["heading"])
    except (KeyError, TypeError, ValueError):
        hint = "give a list of records as `plan` returns them: row, column and heading"
        raise PlotError("'steps' of the picture are not the steps of a route", hint=hint) from None


def draw_ways(title: str, picture: Picture, worlds: Sequence[Any], spell: Speller) -> Any:
    """Return the figure of the map with the ways of each agent, one panel for each of the first few."""
    agents = ways(worlds, spell)[:MOST]
    rows = [str(row).split() for row in worlds[0]["rows"]]
    columns = max((len(row) for row in rows), default=1)
    scale = min(1.0, 6.0 / columns)
    figure, panes = panels(title, len(agents), 1.05 * scale * columns, 1.1 * scale * max(len(rows), 1))
    for axes, own in zip(panes, agents, strict=True):
        _draw_cells(axes, rows, picture)
        _draw_steps(axes, own)
        axes.set(xlim=(-0.5, columns - 0.5), ylim=(len(rows) - 0.5, -0.5), aspect="equal")
        bare(axes)
        stays = f", stays in {own.stays:.0%}" if own.stays >= LEAST_SHARE else ""
        axes.set_title(plain(f"{own.label}{stays}"), fontsize=10)
    return figure


def _draw_cells(axes: Any, rows: Sequence[Sequence[str]], picture: Picture) -> None:
    rectangle = library("matplotlib.patches").Rectangle
    for row, names in enumerate(rows):
        for column, name in enumerate(names):
            if name == "_":
                continue
            fill = colour_of(picture.colours.get(name), CELL)
            axes.add_patch(rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=fill, edgecolor="white"))
            axes.text(column - 0.45, row - 0.45, plain(name), ha="left", va="top", fontsize=8, color="#555555")


def _draw_steps(axes: Any, own: AgentRoutes) -> None:
    for (row, column, heading), share in own.shares.items():
        if share < LEAST_SHARE or heading not in MOVES:
            continue
        right, down = MOVES[heading]
        line = {"arrowstyle": "-|>", "lw": 1 + 7 * share, "alpha": 0.25 + 0.75 * share, "color": PALETTE[1]}
        axes.annotate("", (column + 0.92 * right, row + 0.92 * down), (column, row), arrowprops=line)
        middle = (column + 0.5 * right + 0.06 * abs(down), row + 0.5 * down - 0.07 * abs(right))
        side = ("left", "center") if down else ("center", "bottom")
        axes.text(*middle, f"{share:.0%}", fontsize=7, color="#702020", ha=side[0], va=side[1])
