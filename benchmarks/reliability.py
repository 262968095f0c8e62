"""Estimate how reliable each construction of the grammar is: `python -m benchmarks.reliability JUDGED.jsonl [--write]`.

Each line of the file is a sentence that was read and judged, as JSON: `{"world": "tugofwar", "given": [], "say": "Tom
beat John.", "right": true}`. The sentences should be written by somebody who has seen neither the grammar nor the
lexicon, only what the world is about; *right* says whether the paraphrase means what they meant. Sentences that are
refused today, or were not judged, are counted, and left out. The counts that come with the package are those of
`benchmarks/sentences/blind.jsonl`; the sentences in it that showed a fault were judged again after it was mended.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from benchmarks.english import world_of
from plot.errors import PlotError
from plot.translate.english.reliability import FILE, estimated, saved


def constructions_of(line: str) -> tuple[tuple[str, ...], bool] | None:
    """Return the constructions of a judged sentence's likeliest reading, and the judgement; None if there is none."""
    item = json.loads(line)
    if "right" not in item:
        return None
    talk = world_of(item["world"]).conversation(facts=False)
    try:
        for told in item.get("given", ()):
            talk.tell(told)
        (told, *_) = talk.translate(item["say"])
    except PlotError:
        return None
    return told.readings[0].constructions, bool(item["right"])


@click.command()
@click.argument("judged", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--write", is_flag=True, help="Replace the counts that come with the package.")
def main(judged: Path, write: bool) -> None:
    """Print the reliability of each construction, the least reliable first."""
    lines = [line for line in judged.read_text(encoding="utf-8").splitlines() if line.strip()]
    found = [one for one in map(constructions_of, lines) if one is not None]
    table = estimated(found)
    wrong = sum(not right for _, right in found)
    click.echo(f"{len(lines)} sentences, {len(lines) - len(found)} refused or not judged, {wrong} wrong")
    for name, one in sorted(table.items(), key=lambda pair: pair[1].reliability):
        click.echo(f"{one.reliability:6.1%}  {one.right:7.1f} right {one.wrong:6.1f} wrong  {name}")
    if write:
        saved(FILE, table)


if __name__ == "__main__":
    main()
