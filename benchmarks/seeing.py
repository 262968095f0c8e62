"""Fits how much of a view the things of `tabletop` cover, and how far off that is: python benchmarks/seeing.py [400].

Scenes (so many) are drawn from the world's prior and rendered by MuJoCo; the shares of each colour are read back from
the pixels. A thing covers area / (1 + slope * away) ** 2, and all of one colour the sum of theirs, less what
each further thing hides of the others. The fit is by least squares of log shares of scenes with one thing; the rest is
fitted to scenes of any number of things, occlusion included, by the likelihood of a Student's t.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from scipy import optimize, stats

from plot import World
from plot.pictures.sight import measured
from plot.pictures.solid import view

SHAPES, COLOURS = ("mug", "can", "bowl"), ("red", "blue", "green", "yellow")
DEGREES, FLOOR = 3, 3e-5
BATCH = 20


def drawn(counts: list[int], rng: np.random.Generator) -> list[tuple[Any, dict[str, float]]]:
    """Return scenes of so many things each, with the share of the view that has each colour."""
    picture = World.load("tabletop").picture
    assert picture is not None
    found: list[tuple[Any, dict[str, float]]] = []
    for start in range(0, len(counts), BATCH):
        scenes = [{"items": [thing(i, rng) for i in range(count)]} for count in counts[start : start + BATCH]]
        views, note = view(picture, scenes)
        if views is None:
            raise SystemExit(note)
        shares = [measured(np.asarray(pixels, dtype=np.float32) / 255, picture, COLOURS, "a view") for pixels in views]
        found += zip(scenes, map(dict, shares), strict=True)
    return found


def thing(number: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a thing as the prior has them."""
    shape, colour = SHAPES[rng.integers(3)], COLOURS[rng.integers(4)]
    place = {"across": rng.uniform(0, 120), "away": rng.uniform(0, 80)}
    return {"item": number, "shape": shape, "colour": colour, "size": 5, **place}


def covered(fit: Any, items: list[dict[str, Any]]) -> float:
    """Return what things cover, none hidden."""
    return sum(fit[0] / (1 + fit[1] * item["away"]) ** 2 for item in items)


def main(count: int) -> None:
    """Print the fit and what it leaves unexplained."""
    rng = np.random.default_rng(0)
    single = [(scene["items"], sum(shares.values())) for scene, shares in drawn([1] * (count // 2), rng)]
    start = (0.005, 0.006)
    error = optimize.least_squares(
        lambda fit: [math.log(max(covered(fit, items), 1e-9) / share) for items, share in single], start, x_scale=start
    )
    fit = error.x
    print(
        f"area {fit[0]:.5f}, slope {fit[1]:.5f}; one thing: the residual's sd is {np.std(error.fun):.3f} of the share"
    )
    for shape in SHAPES:
        own = [left for left, (items, _) in zip(error.fun, single, strict=True) if items[0]["shape"] == shape]
        print(f"a {shape} covers {math.exp(-float(np.mean(own))):.3f} times as much")
    numbers = np.floor(np.minimum(12, 12 * rng.exponential(size=count))).astype(int)
    rows = []
    for scene, shares in drawn(list(numbers), rng):
        for colour, share in shares.items():
            items = [item for item in scene["items"] if item["colour"] == colour]
            rows.append((len(scene["items"]), covered(fit, items), share))
    report(np.array(rows))


def report(rows: Any) -> None:
    """Print how much the things hide of one another, the likelihood's scale, R², and the residuals."""
    number, full, share = rows[rows[:, 0] > 0].T
    some = full > 0
    print(f"colours of nothing: the largest share is {share[~some].max():.2g}")

    def loss(par: Any) -> float:
        mean = full[some] * (1 - par[0] * (number[some] - 1))
        return -float(stats.t.logpdf(share[some], DEGREES, mean, FLOOR + abs(par[1]) * mean).mean())

    hidden, scale = optimize.minimize(loss, (0.005, 0.05), method="Nelder-Mead").x
    mean = full * (1 - hidden * (number - 1))
    left = share - mean
    print(f"each further thing hides {hidden:.4f}; scale {scale:.4f}, R² {1 - np.var(left) / np.var(share):.3f}")
    for low, high in ((1, 3), (4, 6), (7, 9), (10, 12)):
        at = some & (number >= low) & (number <= high)
        figures = " ".join(f"{x:+.3f}" for x in np.quantile(left[at] / mean[at], (0.05, 0.25, 0.5, 0.75, 0.95)))
        print(f"{low}-{high} things: 5, 25, 50, 75, 95% of the residuals are {figures} of the share")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
