"""Randomness analysis: expressions that may be random; a condition without any is always true or false."""

from __future__ import annotations

from collections.abc import Iterable

from plot.language.checks.table import Binding, BoundValue, Function, Place, SymbolTable
from plot.language.syntax.nodes import Call, If, Lambda, Name, Node, walk


class Randomness:
    """Tells of expressions and places whether they may depend on a random choice. What is not certain may."""

    def __init__(self, table: SymbolTable) -> None:
        self._table = table
        self._random: set[Binding] = set()
        self._spread()

    def of(self, node: Node) -> bool:
        """Return whether the value of an expression may be random."""
        uses, draws = self._facts([node])
        return draws or not self._random.isdisjoint(uses)

    def decides(self, place: Place) -> bool:
        """Return whether it may be random if a place is reached at all."""
        return self._decides(place, set())

    def _decides(self, place: Place, seen: set[int]) -> bool:
        if any(self.of(node) for node in (*place.tests, *place.loops)):
            return True
        function = place.function
        if function is None:
            return False
        if id(function) in seen:
            return False
        seen.add(id(function))
        # a random test before this place may have returned; what is not seen called may be called anywhere
        if function.escapes or not function.calls or self.of(function.node):
            return True
        return any(self._decides(calling, seen) for _, calling in function.calls)

    def _facts(self, nodes: Iterable[Node]) -> tuple[set[Binding], bool]:
        """Return the bindings that expressions read, and whether they draw, or do what is not known."""
        uses: set[Binding] = set()
        draws = False
        for root in nodes:
            for node in walk(root):
                if isinstance(node, Call):
                    draws = draws or self._draws(node)
                elif isinstance(node, Name):
                    binding = self._table.bindings.get(id(node))
                    if binding is not None:
                        uses.add(binding)
                    elif self._table.entry(node) is None:
                        draws = True
        return uses, draws

    def _draws(self, node: Call) -> bool:
        entry = self._table.entry(node.function)
        if entry is not None:
            return entry.category == "distribution"
        return not isinstance(node.function, (Name, Lambda))

    def _spread(self) -> None:
        """Mark every binding that may be random: by its values, or by what decides which of them it gets."""
        readers: dict[Binding, list[Binding]] = {}
        found: list[Binding] = []
        every = {id(binding): binding for binding in self._bindings()}
        for binding in every.values():
            uses, draws = self._causes(binding)
            if draws:
                found.append(binding)
            for used in uses:
                readers.setdefault(used, []).append(binding)
        while found:
            binding = found.pop()
            if binding not in self._random:
                self._random.add(binding)
                found += readers.get(binding, [])

    def _bindings(self) -> Iterable[Binding]:
        yield from self._table.bindings.values()
        for function in self._table.functions:
            yield from function.scope.names.values()

    def _causes(self, binding: Binding) -> tuple[set[Binding], bool]:
        uses: set[Binding] = set()
        draws = not binding.bounds
        for bound in binding.bounds:
            more, drawn = self._bound_causes(bound)
            uses |= more
            draws = draws or drawn
        return uses, draws

    def _bound_causes(self, bound: BoundValue) -> tuple[set[Binding], bool]:
        nodes: list[Node] = [*bound.place.tests, *bound.place.loops]
        if bound.how == "parameter":
            assert bound.function is not None
            return self._argument_causes(bound.function, bound.index, nodes)
        if bound.how == "function":
            nodes.append(bound.node)
        elif bound.value is not None:
            nodes.append(bound.value)
        if bound.place.function is not None:  # what comes after a random return is itself random there
            nodes += [test for node in walk(bound.place.function.node) if isinstance(node, If) for test in (node.test,)]
        return self._facts(nodes)

    def _argument_causes(self, function: Function, index: int, nodes: list[Node]) -> tuple[set[Binding], bool]:
        if function.escapes or not function.calls:
            return set(), True
        for call, _ in function.calls:
            given = function.argument(call, index)
            if given is not None:
                nodes.append(given)
        return self._facts(nodes)
