"""The evidence of a problem, in groups that are conditioned on one after the other, and its queries."""

from __future__ import annotations

from dataclasses import dataclass

from plot.inference.contract import Problem
from plot.inference.evidence.slices import weighing_statements
from plot.language import ProgramNode, show
from plot.language.syntax.nodes import Query, Statement


@dataclass(frozen=True, slots=True)
class EvidenceGroup:
    """Statements that add weight together: an utterance, a condition of the model, or what is `supposed` to ask."""

    label: str
    statements: tuple[Statement, ...]
    supposed: bool = False


def groups_of(problem: Problem) -> tuple[list[EvidenceGroup], list[Statement]]:
    """Return a problem's groups of evidence in order, and its queries.

    What the setting conditions on is evidence too, and so is what a question supposes, or tells in a function that it
    calls.
    """
    weighing = weighing_statements(problem.program)
    groups: list[EvidenceGroup] = []
    for node in problem.setting.body:
        if id(node) in weighing:
            groups.append(EvidenceGroup(show(ProgramNode(body=(node,))).strip(), (node,)))
    for part in problem.evidence:
        own = tuple(node for node in part.program.body if id(node) in weighing)
        if own:
            groups.append(EvidenceGroup(part.label, own))
    for node in problem.question.body:
        if id(node) in weighing:
            groups.append(EvidenceGroup(show(ProgramNode(body=(node,))).strip(), (node,), supposed=True))
    queries: list[Statement] = [node for node in problem.program.body if isinstance(node, Query)]
    return groups, queries


__all__ = ["EvidenceGroup", "groups_of"]
