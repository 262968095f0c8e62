"""Programs in the language as Python objects: checked, answered, or used as a Pyro model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Self

from plot.answers import Answer, SampleSource, make_answer
from plot.errors import PlotError
from plot.inference import Goal, Problem, infer
from plot.language import Budget, check, parse, show
from plot.language.syntax.nodes import ProgramNode, Query
from plot.language.syntax.tables import Table, with_tables
from plot.modules import load_modules
from plot.runtime import as_pyro_model


@dataclass(frozen=True, slots=True)
class Program:
    """A checked program.

    Attributes:
        text: The program as it was written.
        name: What errors call it.
        tree: The program as nodes.
    """

    text: str
    name: str
    tree: ProgramNode

    @classmethod
    def parse(
        cls,
        text: str,
        name: str = "program",
        modules: Collection[str] | None = None,
        budget: Budget | None = None,
        data: Mapping[str, Table] | None = None,
    ) -> Self:
        """Return the program that a text is.

        >>> Program.parse("x = flip(0.25)\\nquery(x)").answers()[0].probability
        0.25

        Args:
            text: The program.
            name: What errors call it.
            modules: The modules whose functions it may call; None allows all.
            budget: How long it may be.
            data: The tables that it reads, by name (see `plot.read_table`).

        Raises:
            PlotError: With all mistakes that the checker finds.
        """
        load_modules()
        tree = with_tables(parse(text, name, budget or Budget()), data or {})
        check(tree, modules=modules)
        return cls(text, name, tree)

    def as_pyro_model(self, particles: int | None = None, budget: Budget | None = None) -> Callable[[], object]:
        """Return the program as an ordinary Pyro model, whose sites have the program's addresses (`strength(tom)`).

        Args:
            particles: How many worlds stand in a plate, the rightmost dimension; without it, one world of scalar sites.
            budget: What a run may cost.

        Returns:
            A function that returns what the program queries: a tensor of shape () or (particles,), or a tuple of those.
        """
        return as_pyro_model(self.tree, particles, budget)

    def answers(self, goal: Goal | None = None, method: str = "auto") -> list[Answer]:
        """Return the answer to each query.

        Args:
            goal: How precise the answers have to be, and what they may cost.
            method: The inference method: `auto`, or a name of `plot.inference.METHODS`.

        Raises:
            PlotError: The program has no query, or can't be answered.
        """
        queries = [statement for statement in self.tree.body if isinstance(statement, Query)]
        if not queries:
            raise PlotError("the program has no query", hint="end it with query(…)", where=self.name)
        goal = goal or Goal()
        problem = Problem(ProgramNode(body=()), (), self.tree)
        posterior, _ = infer(problem, goal, method)
        asked = [show(query.value).strip() for query in queries]
        return [
            make_answer(
                question,
                marginal,
                posterior,
                seed=goal.seed,
                program=self.text,
                draws=SampleSource(problem, number, goal.afresh()),
            )
            for number, (question, marginal) in enumerate(zip(asked, posterior.marginals, strict=True))
        ]


def run_program(
    text: str,
    name: str = "program",
    *,
    goal: Goal | None = None,
    method: str = "auto",
    data: Mapping[str, Table] | None = None,
) -> list[Answer]:
    """Return the answer to each query of a program of the language.

    Args:
        text: The program.
        name: What errors call it.
        goal: How precise the answers have to be, and what they may cost.
        method: The inference method: `auto`, or a name of `plot.inference.METHODS`.
        data: The tables that it reads, by name.

    Raises:
        PlotError: The text is no valid program, has no query, or can't be answered.
    """
    goal = goal or Goal()
    return Program.parse(text, name, budget=goal.budget, data=data).answers(goal, method)


__all__ = ["Program", "run_program"]
