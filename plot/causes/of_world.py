"""The program whose variables a world's causal graph shows: the evidence, and each memoised function of somebody."""

from __future__ import annotations

from collections.abc import Sequence

from plot.causes.tracing import traced
from plot.errors import PlotError
from plot.language import Budget, ProgramNode
from plot.language.syntax.nodes import Call, Constant, FunctionDef, Name, Query, Statement
from plot.text import SOMEBODY


def with_variables(
    setting: ProgramNode, told: Sequence[Statement], individuals: Sequence[str], budget: Budget | None = None
) -> ProgramNode:
    """Return a program that asks for all values of the memoised functions of one argument.

    Args:
        setting: The equations of the world.
        told: The statements of the evidence.
        individuals: The names that the functions are asked for; without any, a name that stands for anybody.
        budget: What a run may cost. A function that costs more, or is of something else than individuals, is left out.
    """
    names = tuple(individuals) or (SOMEBODY,)
    asked: list[Statement] = []
    for node in setting.body:
        if isinstance(node, FunctionDef) and node.mem and _takes_one(node):
            queries = [Query(value=Call(function=Name(id=node.name), args=(Constant(value=name),))) for name in names]
            if _runs(ProgramNode(body=(*setting.body, *queries)), budget):
                asked += queries
    return ProgramNode(body=(*setting.body, *told, *asked))


def _takes_one(node: FunctionDef) -> bool:
    return len([parameter for parameter in node.parameters if parameter.default is None]) == 1


def _runs(program: ProgramNode, budget: Budget | None) -> bool:
    try:
        return not traced(program, budget).failed
    except PlotError:
        return False


__all__ = ["with_variables"]
