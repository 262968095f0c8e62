"""`plot graph`: the causal graph of a world, or of a program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plot.causes.drawing import as_text, draw
from plot.causes.graph import CausalGraph, causal_graph
from plot.causes.of_world import with_variables
from plot.cli.shared.output import write, write_json
from plot.cli.shared.settings import conversation, goal
from plot.cli.shared.translators import translators
from plot.conversation import World
from plot.files import read_text
from plot.language import check, parse
from plot.modules import load_modules
from plot.translate.assemble import assemble

PROGRAMS = (".plot", ".txt")


def graph(world: str, out: str | None, **options: Any) -> None:
    """Show which variables of a world, or of a program, follow from which; or draw that into a file."""
    found = _of_program(world, options) if Path(world).suffix in PROGRAMS or world == "-" else _of_world(world, options)
    if out is not None:
        draw(found, out, title=Path(world).stem)
    if options["as_json"]:
        write_json(_data(found))
    elif out is None:
        write(as_text(found))
        if found.open is not None:
            write(f"! more may depend on one another: {found.open}")


def _of_program(file: str, options: dict[str, Any]) -> CausalGraph:
    load_modules()
    program = parse(read_text(file, "a program"), "standard input" if file == "-" else file)
    check(program)
    return causal_graph(program, goal(options).budget, options["seed"])


def _of_world(name: str, options: dict[str, Any]) -> CausalGraph:
    with translators(options) as who:
        talk = conversation(World.load(name), options, who)
    problem = assemble(talk.discourse).problem()
    told = [statement for part in problem.evidence for statement in part.program.body]
    budget = talk.goal.started().budget
    return causal_graph(with_variables(problem.setting, told, talk.names, budget), budget, options["seed"])


def _data(found: CausalGraph) -> dict[str, Any]:
    return {
        "variables": list(found.variables),
        "edges": [[cause, effect] for cause, effect in found.graph.edges],
        "observed": list(found.observed),
        "intervened": list(found.intervened),
        "open": found.open,
    }
