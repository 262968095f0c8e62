"""Sentences with their translations, reviewed: PLOT_UPDATE_GOLDENS=1 writes them again; the diff is then to be read.

A line that begins with `+` is told, and what follows builds on it; `>` is only translated; `---` begins a new
conversation. Below a sentence stand its readings: the code, with the weight where there are several, or the error.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from plot.errors import PlotError
from plot.language import check, parse
from plot.language.syntax.nodes import ProgramNode
from plot.translate.assemble import list_of_names
from plot.translate.base import Discourse, Reading, Told
from plot.translate.grammar import Grammar
from plot.world import WorldSpec

HERE = Path(__file__).parent
GOLDENS = sorted((HERE / "goldens").glob("*.txt"))
GRAMMAR = Grammar()


def world_of(name: str) -> WorldSpec:
    beside = HERE / "worlds" / f"{name}.yaml"
    return WorldSpec.load(beside if beside.exists() else name)


def extended(discourse: Discourse, say: str, readings: tuple[Reading, ...]) -> Discourse:
    mentioned = [name for reading in readings for name in reading.names]
    return replace(
        discourse,
        told=(*discourse.told, Told(say, readings[0].act, readings)),
        names=tuple(dict.fromkeys([*discourse.names, *mentioned])),
        events=discourse.events + max(reading.events for reading in readings),
        salient=tuple(dict.fromkeys([*reversed(mentioned), *discourse.salient])),
    )


def checked(discourse: Discourse, reading: Reading) -> None:
    """Check a reading's program as conversations do: names and functions are known, arguments fit."""
    names = tuple(dict.fromkeys([*discourse.names, *reading.names])) or ("somebody",)
    body = [s for variable in discourse.world.name_lists for s in list_of_names(variable, names).body]
    body += discourse.world.program.body
    for told in discourse.told:
        body += parse(told.readings[0].code).body
    check(ProgramNode(body=(*body, *parse(reading.code).body)))


def shown(readings: tuple[Reading, ...]) -> list[str]:
    total = sum(reading.weight for reading in readings)
    lines: list[str] = []
    for reading in readings:
        weight = f"{reading.weight / total:.2f}  " if len(readings) > 1 else ""
        first, *rest = reading.code.rstrip().splitlines()
        lines += [f"    {weight}{first}", *(f"    {line}" for line in rest if line.strip())]
    return lines


def translated(text: str, world: WorldSpec) -> str:
    """Return a golden file with the translations of now."""
    lines: list[str] = []
    discourse = Discourse(world)
    for line in text.splitlines():
        if line.startswith("    "):
            continue
        lines.append(line)
        if line == "---":
            discourse = Discourse(world)
        if line[:2] not in ("+ ", "> "):
            continue
        try:
            readings = GRAMMAR.translate(line[2:], discourse)
        except PlotError as error:
            lines.append(f"    ! {error.message.partition('; here')[0]}")
            assert line.startswith(">"), line
            continue
        for reading in readings:
            checked(discourse, reading)
        lines += shown(readings)
        if line.startswith("+"):
            assert readings[0].act != "question", line
            discourse = extended(discourse, line[2:], readings)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_translations(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = translated(text, world_of(path.stem))
    if os.environ.get("PLOT_UPDATE_GOLDENS"):
        path.write_text(found, encoding="utf-8")
    assert found.splitlines() == text.splitlines()


def test_there_are_goldens() -> None:
    sentences = [
        line for path in GOLDENS for line in path.read_text(encoding="utf-8").splitlines() if line[:2] in ("+ ", "> ")
    ]
    assert len(set(sentences)) >= 400
