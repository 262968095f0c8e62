"""A picture of an executed notebook, from the HTML that its outputs have: drawn by no browser, but shown by any.

`python -m tests.notebook_picture` executes the tutorial and writes its picture again.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import escape
from pathlib import Path
from typing import Any

import nbclient
import nbformat

TUTORIALS = Path(__file__).resolve().parents[1] / "docs" / "tutorials"
NOTEBOOK = TUTORIALS / "cognitive-scientist.ipynb"
PICTURE = NOTEBOOK.with_suffix(".svg")
WIDTH, LINE = 760, 21
STYLE = "font: 14px sans-serif; color: #222; background: #fff; padding: 12px; line-height: 20px"
CODE = (
    "background: #f5f5f5; padding: 6px; margin: 6px 0; font: 13px monospace; line-height: 18px; white-space: pre-wrap"
)


def executed(*more: str) -> Any:
    """Return the tutorial after its execution, with more cells of code at its end; errors are outputs."""
    book = nbformat.read(NOTEBOOK, as_version=4)
    book.cells += [nbformat.v4.new_code_cell(cell) for cell in more]
    nbclient.NotebookClient(book, timeout=None, allow_errors=True).execute()
    return book


def html_of(output: Any) -> str:
    """Return an output as HTML: its own, without scripts and styles, or else its text."""
    data = output.get("data", {})
    found = "".join(data.get("text/html", ""))
    found = re.sub(r"<(style|script)\b.*?</\1>", "", found, flags=re.DOTALL).replace('border="1"', "")
    return found or f"<pre>{escape(''.join(data.get('text/plain', output.get('text', ''))))}</pre>"


def height_of(shown: str) -> float:
    """Return about how high HTML is: its pictures, and a line for each row, line or summary."""
    pictures = sum(float(found) for found in re.findall(r'<svg[^>]* height="([\d.]+)"', shown))
    lines = (
        len(re.findall(r"<(?:div|tr|summary|pre)\b", shown))
        + sum(len(one) for one in re.findall(r">([^<]{90,})<", shown)) / 90
    )
    return pictures + LINE * lines + 12


def picture_of(cells: list[Any]) -> str:
    """Return the cells of a notebook with their outputs as an SVG that has the HTML in it."""
    parts, height = [], 24.0
    for cell in cells:
        source = "".join(cell.source)
        if cell.cell_type == "markdown":
            parts.append("".join(f"<p>{escape(line.lstrip('# '))}</p>" for line in source.splitlines() if line))
            height += 44 * source.count("\n\n") + 44 + 20 * len(source) / 100
            continue
        shown = [html_of(output) for output in cell.outputs if output.output_type != "stream"]
        parts.append(f'<div style="{CODE}">{escape(source)}</div>{"".join(shown)}')
        height += 18 * (source.count("\n") + 1) + 24 + sum(map(height_of, shown))
    body = f'<div xmlns="http://www.w3.org/1999/xhtml" style="{STYLE}">{"".join(parts)}</div>'
    size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    inside = f'<foreignObject width="100%" height="100%">{body}</foreignObject>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{inside}</svg>\n'


def words_of(picture: str) -> list[str]:
    """Return the words of a picture; figures, and what depends on the machine, count for nothing."""
    text = " ".join(ET.fromstring(picture).itertext())
    return re.findall(r"[A-Za-z“”’']{2,}", text.partition("seconds")[0] if "seconds" in text else text)


if __name__ == "__main__":
    PICTURE.write_text(picture_of(executed().cells), encoding="utf-8")
