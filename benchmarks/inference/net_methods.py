"""Bayes nets by tensor contraction in NumPy, and by pgmpy and pyAgrum."""

from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.inference.nets import Net, as_net
from benchmarks.inference.tasks import Method, Outcome, Runner, Skip, Task

Table = NDArray[np.float64]


def factors(net: Net) -> list[tuple[Table, tuple[int, ...]]]:
    """Return each node's table and the nodes it is about, what was seen put in."""
    found = []
    for number, node in enumerate(net.nodes):
        true = np.array(node.chances).reshape((2,) * len(node.parents))
        about = (*node.parents, number)
        table = np.stack([1 - true, true], axis=-1)
        index = tuple(int(net.seen[i]) if i in net.seen else slice(None) for i in about)
        found.append((table[index], tuple(i for i in about if i not in net.seen)))
    return found


def einsum() -> Method:
    """Return one contraction for each marginal, its path found beforehand."""

    def prepare(task: Task) -> Runner:
        import opt_einsum

        net = as_net(task)
        parts = factors(net)
        tables = [table for table, _ in parts]
        names = {i: opt_einsum.get_symbol(i) for i in range(len(net.nodes))}
        left = ",".join("".join(names[i] for i in about) for _, about in parts)
        shapes = [table.shape for table in tables]
        plans = {i: opt_einsum.contract_expression(f"{left}->{names[i]}", *shapes) for i in net.asked}

        def run(seed: int) -> Outcome:
            found = {i: plan(*tables) for i, plan in plans.items()}
            total = float(found[net.asked[0]].sum())
            return Outcome({f"x{i}": float(v[1] / v.sum()) for i, v in found.items()}, math.log(total))

        return run

    return Method("opt_einsum, paths ready", "one contraction for each node asked", prepare)


def joint() -> Method:
    """Return the enumeration of the joint table, for nets up to 20 nodes."""

    def prepare(task: Task) -> Runner:
        net = as_net(task)
        hidden = [i for i in range(len(net.nodes)) if i not in net.seen]
        if len(hidden) > 20:
            raise Skip("the joint table is too large")
        axis = {node: place for place, node in enumerate(hidden)}

        def run(seed: int) -> Outcome:
            table = np.ones((2,) * len(hidden))
            for factor, about in factors(net):
                shape = [1] * len(hidden)
                for node in about:
                    shape[axis[node]] = 2
                order = sorted(range(len(about)), key=lambda k: axis[about[k]])
                table *= factor.transpose(order).reshape(shape)
            total = table.sum()
            means = {f"x{i}": float(np.take(table, 1, axis=axis[i]).sum() / total) for i in net.asked}
            return Outcome(means, math.log(total))

        return run

    return Method("NumPy, joint table", "all combinations at once", prepare)


def pgmpy() -> Method:
    """Return pgmpy's variable elimination. (Its `BeliefPropagation` refuses nets that fall into parts.)"""

    def prepare(task: Task) -> Runner:
        from pgmpy import inference

        net = as_net(task)
        network = _pgmpy_network(net)
        seen = {f"x{i}": int(value) for i, value in net.seen.items()}

        def run(seed: int) -> Outcome:
            engine = inference.VariableElimination(network)
            means = {}
            for i in net.asked:
                found = engine.query([f"x{i}"], evidence=seen, show_progress=False)
                means[f"x{i}"] = float(found.values[1])
            return Outcome(means)

        return run

    return Method("pgmpy VariableElimination", "one query for each node asked", prepare)


def _pgmpy_network(net: Net) -> Any:
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    logging.getLogger("pgmpy").setLevel(logging.ERROR)
    network = DiscreteBayesianNetwork()
    network.add_nodes_from([f"x{i}" for i in range(len(net.nodes))])
    for i, node in enumerate(net.nodes):
        network.add_edges_from([(f"x{parent}", f"x{i}") for parent in node.parents])
        table = [[1 - p for p in node.chances], list(node.chances)]
        parents = [f"x{parent}" for parent in node.parents]
        network.add_cpds(TabularCPD(f"x{i}", 2, table, evidence=parents, evidence_card=[2] * len(parents)))
    return network


def pyagrum(kind: str) -> Method:
    """Return pyAgrum's `LazyPropagation` or `VariableElimination`; a new engine for each run."""

    def prepare(task: Task) -> Runner:
        import pyagrum

        net = as_net(task)
        network = _agrum_network(net)
        seen = {f"x{i}": int(value) for i, value in net.seen.items()}
        targets = {f"x{i}" for i in net.asked}

        def run(seed: int) -> Outcome:
            engine = getattr(pyagrum, kind)(network)
            engine.setEvidence(seen)
            engine.setTargets(targets)
            engine.makeInference()
            return Outcome({name: float(engine.posterior(name)[1]) for name in sorted(targets)})

        return run

    return Method(f"pyAgrum {kind}", "the nodes asked are its targets", prepare)


def _agrum_network(net: Net) -> Any:
    import pyagrum

    network = pyagrum.BayesNet()
    for i in range(len(net.nodes)):
        network.add(pyagrum.LabelizedVariable(f"x{i}", f"x{i}", 2))
    for i, node in enumerate(net.nodes):
        for parent in node.parents:
            network.addArc(f"x{parent}", f"x{i}")
        for place, p in enumerate(node.chances):
            bits = [(place >> (len(node.parents) - 1 - k)) & 1 for k in range(len(node.parents))]
            network.cpt(f"x{i}")[{f"x{parent}": bit for parent, bit in zip(node.parents, bits, strict=True)}] = [
                1 - p,
                p,
            ]
    return network
