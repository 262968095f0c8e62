"""The causal graph of a program: its variables, and which of them is computed from which others.

Questions that the graph alone answers: what is independent given what is known (d-separation), what has to be adjusted
for, and which effects can be told from observations.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.causes.tracing import Trace, traced
from plot.errors import PlotError
from plot.language import Budget, ProgramNode

if TYPE_CHECKING:
    import networkx as nx
else:
    nx = late("networkx")

MOST_MEDIATORS = 3  # of a front door
MOST_ADJUSTED, MOST_CANDIDATES = 3, 30  # variables of a smallest adjustment set, and among how many it is looked for


@dataclass(frozen=True, slots=True)
class CausalGraph:
    """Variables and their direct causes.

    Attributes:
        graph: The directed acyclic graph; an edge leads from a cause to its effect.
        observed: The variables whose value is known, and the tests that are known to be true.
        intervened: The variables that an intervention sets: what they would be computed from does not matter.
        open: Why more may depend on one another than the graph shows, None where nothing else does.
    """

    graph: Any  # networkx.DiGraph
    observed: tuple[str, ...] = ()
    intervened: tuple[str, ...] = ()
    open: str | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables, causes before effects."""
        return tuple(nx.topological_sort(self.graph))

    @property
    def changed(self) -> Any:
        """The graph of the world after the interventions: nothing leads to what they set."""
        found = self.graph.copy()
        found.remove_edges_from([edge for edge in self.graph.edges if edge[1] in self.intervened])
        return found

    def causes(self, variable: str) -> tuple[str, ...]:
        """Return all that a variable follows from, the direct causes first."""
        name = self.named(variable)
        direct = sorted(self.changed.predecessors(name))
        return (*direct, *sorted(nx.ancestors(self.changed, name) - set(direct)))

    def independent(self, one: str, other: str, given: Iterable[str] = ()) -> bool:
        """Return whether two variables are independent given others and all that is observed, whatever the numbers.

        Where this is false they may depend on one another.
        """
        if self.open is not None:
            return False
        first, second = self.named(one), self.named(other)
        known = {*[self.named(name) for name in given], *self.observed} - {first, second}
        return first != second and bool(nx.is_d_separator(self.changed, {first}, {second}, known))

    def adjustment(self, cause: str, effect: str, observable: Collection[str] | None = None) -> tuple[str, ...] | None:
        """Return a set that the effect has to be adjusted for, None where no set of observables will do.

        It is a smallest one where few variables are enough, else one from which nothing can be left out.

        The backdoor criterion (Pearl 2009, section 3.3): it blocks all paths into the cause, and nothing in it follows
        from the cause.

        Args:
            cause: What is changed.
            effect: What is asked for.
            observable: The variables that can be measured; by default all.
        """
        source, target = self.named(cause), self.named(effect)
        if self.open is not None:
            return None
        found = self.graph.copy()
        found.remove_edges_from([*self.graph.out_edges(source)])
        later = nx.descendants(self.graph, source)
        usable = self._usable(observable) - later - {source, target}
        least = nx.find_minimal_d_separator(found, source, target, restricted=usable)
        if least is None:
            return None
        candidates = sorted(usable & (nx.ancestors(found, source) | nx.ancestors(found, target)))
        for size in range(min(len(least), MOST_ADJUSTED + 1)):
            for chosen in itertools.combinations(candidates[:MOST_CANDIDATES], size):
                if nx.is_d_separator(found, {source}, {target}, set(chosen)):
                    return chosen
        return tuple(sorted(least))

    def front_door(self, cause: str, effect: str, observable: Collection[str] | None = None) -> tuple[str, ...] | None:
        """Return mediators through which all of the effect goes, and which show it in spite of hidden common causes.

        The front-door criterion (Pearl 2009, section 3.3).
        """
        source, target = self.named(cause), self.named(effect)
        graph = self.graph
        between = nx.descendants(graph, source) & nx.ancestors(graph, target)
        usable = sorted(self._usable(observable) & between)
        sizes = range(1, min(MOST_MEDIATORS, len(usable)) + 1)
        for chosen in itertools.chain.from_iterable(itertools.combinations(usable, size) for size in sizes):
            if self.open is None and _is_front_door(graph, source, target, set(chosen)):
                return chosen
        return None

    def _usable(self, observable: Collection[str] | None) -> set[str]:
        if observable is None:
            return set(self.graph.nodes)
        return {node for node in self.graph.nodes if node in observable or node.partition("(")[0] in observable}

    def named(self, text: str) -> str:
        """Return the variable that a text names: `recovered("ann")` is `recovered(ann)`. Raises PlotError."""
        name = text.replace('"', "").replace("'", "").replace(" ", "")
        found = [node for node in self.graph.nodes if node.replace('"', "").replace(" ", "") == name]
        if not found:
            raise PlotError(f"there is no variable {text}", hint=f"there are {', '.join(sorted(self.graph.nodes))}")
        return str(found[0])


def causal_graph(program: ProgramNode, budget: Budget | None = None, seed: int = 0) -> CausalGraph:
    """Return the causal graph of a program: its variables, what is known of them and what interventions set.

    Args:
        program: The program: its equations, the evidence, interventions, queries.
        budget: What running it once may cost.
        seed: The seed of the worlds that are looked at, where there are too many for all.

    Raises:
        PlotError: The program fails, or has no such graph.
        BudgetError: The program costs more.
    """
    trace = traced(program, budget, seed)
    random = _random(trace)
    graph: Any = nx.DiGraph()
    for name in trace.reads:
        if name in random:
            graph.add_node(name)
            graph.add_edges_from([(cause, name) for cause in sorted(trace.reads[name] & random)])
    selected = {test: reads & random for test, reads in trace.selected.items() if reads & random}
    for test, reads in selected.items():
        graph.add_edges_from([(cause, test) for cause in sorted(reads)])
    observed = [name for name in dict.fromkeys(trace.observed) if name in random]
    intervened = tuple([name for name in dict.fromkeys(trace.intervened) if name in graph])
    opened = trace.open
    if not nx.is_directed_acyclic_graph(graph):
        raise PlotError("variables depend on one another in a circle", hint="give each value a name of its own")
    return CausalGraph(graph, (*observed, *selected), intervened, opened)


def _random(trace: Trace) -> set[str]:
    """Return the variables that are not the same in all worlds."""
    random = set(trace.random)
    while True:
        more = {name for name, reads in trace.reads.items() if name not in random and reads & random}
        if not more:
            return random
        random |= more


def _is_front_door(graph: Any, cause: str, effect: str, mediators: set[str]) -> bool:
    rest = graph.copy()
    rest.remove_nodes_from(mediators)
    if nx.has_path(rest, cause, effect):
        return False
    first = graph.copy()
    first.remove_edges_from([*graph.out_edges(cause)])
    second = graph.copy()
    second.remove_edges_from([edge for one in mediators for edge in graph.out_edges(one)])
    return bool(
        all(nx.is_d_separator(first, {cause}, {one}, set()) for one in mediators)
        and all(nx.is_d_separator(second, {one}, {effect}, ({cause} | mediators) - {one}) for one in mediators)
    )


__all__ = ["CausalGraph", "causal_graph"]
