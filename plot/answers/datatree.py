"""Posteriors in ArviZ's form: a tree of data sets with the dimensions chain and draw."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.answers.samples import needed, problem_of, values_of
from plot.errors import PlotError
from plot.inference.contract import Goal, Problem
from plot.language import parse
from plot.language.syntax.nodes import (
    Assign,
    Call,
    Constant,
    Expr,
    ExprStatement,
    FunctionDef,
    Name,
    NameTarget,
    ProgramNode,
    Query,
)
from plot.pictures.outcome_texts import Speller
from plot.runtime import RunPlan, run
from plot.translate.base import Discourse, Told

if TYPE_CHECKING:
    from xarray import DataTree

    from plot.inference.posterior import samples as draws
    from plot.inference.posterior.samples import JointDraws, QueryDraws
else:
    draws = late("plot.inference.posterior.samples")

CHAINS = 4
PILOT_PARTICLES = 64
NAMED = re.compile(r"(\w+)(?:\(([^()]*)\))?")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the model: `strength(tom)`; `index` is the text of its arguments, None where it has none."""

    name: str
    index: str | None
    expr: Expr

    def __str__(self) -> str:
        return self.name if self.index is None else f"{self.name}({self.index})"


def posterior_tree(
    discourse: Discourse, variables: Sequence[str] | None, asked: Sequence[Told], goal: Goal, count: int, spell: Speller
) -> DataTree:
    """Return the posterior of a conversation as ArviZ reads it; see `Conversation.posterior`."""
    arviz = needed("arviz_base", "arviz", "posteriors in ArviZ's form")
    problem = problem_of(discourse, asked)
    chosen = _chosen(problem, variables, goal)
    queries = tuple(Query(value=variable.expr) for variable in chosen)
    whole = replace(problem, question=ProgramNode(body=(*problem.question.body, *queries)), targets=None)
    places = range(len(asked), len(asked) + len(chosen))
    found = draws.joint_draws(whole, [*range(len(asked)), *places], goal, count, CHAINS)
    prior = replace(whole, evidence=(), question=ProgramNode(body=queries))
    before = draws.joint_draws(prior, range(len(chosen)), goal, count, CHAINS)
    table = _GroupTable(chosen, spell, discourse.names)
    said = [told.say.replace("/", "\u2044") for told in asked]  # a name in a tree has no slash
    predicted = dict(zip(said, found.queries, strict=False))
    groups = {
        "posterior": table.arrays(found.queries[len(asked) :]),
        "prior": table.arrays(before.queries),
        **({"posterior_predictive": {name: values_of(one, spell) for name, one in predicted.items()}} if asked else {}),
        "sample_stats": {"particle": found.particle.numpy()},
    }
    tree: DataTree = arviz.from_dict(groups, coords=table.coords, dims=table.dims)
    tree.attrs |= _origin(found, goal)
    table.describe(tree["posterior"], found.queries[len(asked) :])
    for name, one in predicted.items():
        tree["posterior_predictive"][name].attrs |= _figures(one)
    return tree


def _origin(found: JointDraws, goal: Goal) -> dict[str, Any]:
    """Return where a tree comes from: the attributes of its root."""
    return {
        "inference_library": "plot-ppl",
        "method": found.method,
        "effective_sample_size": found.ess,
        "seed": goal.seed,
        "note": "draws are resampled from weighted particles: their ess is that of each variable's attributes",
    }


def _figures(drawn: QueryDraws) -> dict[str, Any]:
    return {"kind": drawn.kind, "ess": drawn.ess, "mcse": drawn.marginal.mcse}


class _GroupTable:
    """Variables of one name as one array, with a dimension for their arguments."""

    def __init__(self, chosen: Sequence[Variable], spell: Speller, names: Sequence[str]) -> None:
        self.spell = spell
        self.places: dict[str, list[int]] = defaultdict(list)
        for place, variable in enumerate(chosen):
            self.places[variable.name].append(place)
        self.coords: dict[str, list[str]] = {}
        self.dims: dict[str, list[str]] = {}
        for name, places in self.places.items():
            labels = [index for index in (chosen[place].index for place in places) if index is not None]
            if labels:
                shown = [", ".join(spell(part) for part in label.split(",")) for label in labels]
                free = "individual" if set(labels) <= set(names) and "individual" not in self.coords else f"{name}_dim"
                dim = next((dim for dim, known in self.coords.items() if known == shown), free)
                self.coords[dim], self.dims[name] = shown, [dim]

    def arrays(self, found: Sequence[QueryDraws]) -> dict[str, Any]:
        """Return one array for each name, (chains, draws) or (chains, draws, arguments); of choices, their numbers."""
        return {name: self._array(name, [found[place] for place in places]) for name, places in self.places.items()}

    def _array(self, name: str, found: Sequence[QueryDraws]) -> Any:
        columns = [drawn.values if drawn.kind == "choice" else drawn.values * 1 for drawn in found]
        if name not in self.dims:
            return columns[0].numpy()
        return draws.stacked(columns)

    def describe(self, group: Any, found: Sequence[QueryDraws]) -> None:
        """Say of each variable what its values are, and how many independent draws they are worth."""
        for name, places in self.places.items():
            several = [found[place] for place in places]
            attributes = group[name].attrs
            attributes |= {key: [_figures(one)[key] for one in several] for key in ("ess", "mcse")}
            attributes["kind"] = several[0].kind
            if several[0].kind == "choice":
                attributes["labels"] = [[str(label) for label in one.labels] for one in several]


# -- which variables ----------------------------------------------------------------------------------------


def _chosen(problem: Problem, wanted: Sequence[str] | None, goal: Goal) -> list[Variable]:
    """Return the variables that were asked for, or all latent ones that the evidence, or else a question, reads."""
    told = replace(problem, question=ProgramNode(body=()))
    known = list(_latent(told, goal)) or list(_latent(problem, goal))
    if wanted is None:
        if not known:
            hint = "name expressions of its model: talk.posterior(['…'])"
            raise PlotError("this world has no latent variables with a name of their own", hint=hint)
        return known
    found: list[Variable] = []
    for said in wanted:
        fitting = [variable for variable in known if said in (variable.name, str(variable))]
        found += fitting or [Variable(said.replace("/", "\u2044"), None, _expression(said))]
    if not found:
        raise PlotError("no variables were named", hint="leave them out to get all latent ones")
    return list({str(variable): variable for variable in found}.values())


def _expression(said: str) -> Expr:
    """Return an expression of the language. Raises PlotError where the text is none."""
    body = parse(said, "variable").body
    if len(body) != 1 or not isinstance(body[0], ExprStatement):
        raise PlotError(f"“{said}” is no variable", hint="give a name such as strength, or an expression of the model")
    return body[0].value


def _latent(problem: Problem, goal: Goal) -> Iterable[Variable]:
    """Yield the memoised calls and the variables of the model in which something random is drawn."""
    top = problem.setting.body
    functions = {node.name for node in top if isinstance(node, FunctionDef) and node.mem}
    assigned = {node.target.id for node in top if isinstance(node, Assign) and isinstance(node.target, NameTarget)}
    found = run(problem.program, PILOT_PARTICLES, RunPlan(seed=goal.seed, budget=goal.started().budget))
    seen: Mapping[str, None] = dict.fromkeys(site.of for site in found.choices.values() if not site.observed)
    for address in dict.fromkeys(one.group(0) for one in map(NAMED.match, seen) if one is not None):
        name, _, index = address.rstrip(")").partition("(")
        if "(" in address and name in functions:
            arguments = tuple(Constant(value=_constant(part.strip())) for part in index.split(","))
            yield Variable(name, index, Call(function=Name(id=name), args=arguments))
        elif "(" not in address and name in assigned:
            yield Variable(name, None, Name(id=name))


def _constant(part: str) -> int | str:
    """Return an argument as an address names it: a whole number, or a name."""
    return int(part) if part.lstrip("-").isdigit() else part


__all__ = ["posterior_tree"]
