"""HTML and SVG for notebooks: escaped text, folded details, tables and charts in the colours of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from plot.text import visible

ACCENT = "#3b82c4"  # a contrast of at least 3 to 1 with white and with black
FAINT = 0.72  # the opacity of what matters less: legible on light and on dark pages
WARNING = "#c2760c"
WIDTH, LABEL, BAR, ROW = 620, 190, 300, 22
SIDE, MARGIN = 300, 46


class Rich:
    """What notebooks show as HTML, and everything else as text."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        raise NotImplementedError

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}


def text(said: str) -> str:
    """Return text as HTML, with control characters made visible.

    >>> text("a < b")
    'a &lt; b'
    """
    import html  # its table of entities is no part of an answer in a terminal

    return html.escape(visible(said))


def block(*parts: str) -> str:
    """Return parts as one block, whose colours are those of the page: light or dark."""
    return f'<div style="color: inherit; max-width: {WIDTH}px; line-height: 1.45">{"".join(parts)}</div>'


def line(said: str, *, bold: bool = False, faint: bool = False, warning: bool = False) -> str:
    """Return a line of text."""
    style = "font-weight: 600; font-size: 1.1em" if bold else ""
    style = f"opacity: {FAINT}" if faint else style
    style = f"border-left: 3px solid {WARNING}; padding-left: 6px" if warning else style
    return f'<div style="{style}; white-space: pre-wrap">{text(said)}</div>' if style else f"<div>{text(said)}</div>"


def code(said: str) -> str:
    """Return code as it stands."""
    return f'<pre style="margin: 2px 0 6px 12px; color: inherit; background: none">{text(said.strip())}</pre>'


def folded(summary: str, *parts: str) -> str:
    """Return parts that are shown once somebody opens them."""
    return f'<details><summary style="opacity: {FAINT}">{text(summary)}</summary>{"".join(parts)}</details>'


def table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Return a table of texts."""
    style = "text-align: left; padding: 1px 10px 1px 0; background: none; color: inherit"
    top = "".join(f'<th style="{style}">{text(cell)}</th>' for cell in head)
    cells = ["".join(f'<td style="{style}">{text(cell)}</td>' for cell in row) for row in rows]
    body = "".join(f"<tr>{row}</tr>" for row in ([top, *cells] if top else cells))
    return f'<table style="border: none; color: inherit">{body}</table>'


def bars(rows: Sequence[tuple[str, float, str]], title: str) -> str:
    """Return a bar chart as SVG.

    Args:
        rows: Label, length and figure of each bar; lengths are from 0 to 1.
        title: What it shows, for those who can't see it.
    """
    if not rows:
        return ""
    top = max(share for _, share, _ in rows)
    scale = BAR / (1.0 if top > 0.4 else max(top, 1e-9) / 0.8)
    shown = "".join(_bar(number * ROW, row, scale) for number, row in enumerate(rows))
    return _svg(WIDTH, ROW * len(rows), title, shown)


def _bar(top: int, row: tuple[str, float, str], scale: float) -> str:
    label, share, figure = row
    length = max(0.0, min(share * scale, BAR))
    cut = label if len(label) <= 28 else f"{label[:27]}…"
    at = top + ROW * 0.68
    return (
        f'<text x="{LABEL - 8}" y="{at:.1f}" text-anchor="end" fill="currentColor">{text(cut)}</text>'
        f'<rect x="{LABEL}" y="{top + 4}" width="{length:.1f}" height="{ROW - 8}" fill="{ACCENT}"/>'
        f'<text x="{LABEL + length + 6:.1f}" y="{at:.1f}" fill="currentColor">{text(figure)}</text>'
    )


def scatter(points: Sequence[tuple[float, float]], across: str, up: str) -> str:
    """Return pairs of numbers as a scatter plot in SVG, with the range of each at its axis.

    Args:
        points: The pairs.
        across: The label of the first numbers.
        up: The label of the second.
    """
    if not points:
        return ""
    (left, right), (low, high) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
    width, height = right - left or 1.0, high - low or 1.0
    dots = "".join(
        f'<circle cx="{MARGIN + (x - left) / width * SIDE:.1f}" cy="{SIDE - (y - low) / height * SIDE + 8:.1f}" r="2"/>'
        for x, y in points
    )
    frame = f'<rect x="{MARGIN}" y="8" width="{SIDE}" height="{SIDE}" fill="none" stroke="currentColor"/>'
    at = SIDE + 24
    labels = (
        f'<text x="{MARGIN}" y="{at}">{left:.4g}</text><text x="{MARGIN + SIDE}" y="{at}" text-anchor="end">'
        f'{right:.4g}</text><text x="{MARGIN + SIDE / 2}" y="{at}" text-anchor="middle">{text(across)}</text>'
        f'<text x="{MARGIN - 4}" y="{SIDE + 8}" text-anchor="end">{low:.4g}</text>'
        f'<text x="{MARGIN - 4}" y="18" text-anchor="end">{high:.4g}</text>'
        f'<text transform="translate(12 {SIDE / 2}) rotate(-90)" text-anchor="middle">{text(up)}</text>'
    )
    shown = f'<g fill="{ACCENT}" fill-opacity="0.45">{dots}</g>{frame}<g fill="currentColor">{labels}</g>'
    return _svg(SIDE + MARGIN + 12, SIDE + 32, f"{up} against {across}", shown)


def _svg(width: int, height: int, title: str, shown: str) -> str:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    style = 'font-family="sans-serif" font-size="13" style="color: inherit; max-width: 100%"'
    name = text(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{name}" {style}>'
        f"<title>{name}</title>{shown}</svg>"
    )


__all__ = ["Rich", "bars", "block", "code", "folded", "line", "scatter", "table", "text"]
