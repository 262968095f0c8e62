"""Exact marginals of the nets, from pyAgrum, checked against pgmpy and tensor contraction, into the file of references.

python -m benchmarks.inference.net_reference
"""

from __future__ import annotations

import json

from benchmarks.inference import net_methods
from benchmarks.inference.nets import nets
from benchmarks.inference.scoring import FILES
from benchmarks.inference.tasks import Skip

CLOSE = 1e-10


def main() -> None:
    """Write the marginals of all nets, and how far the libraries are apart at most."""
    ways = (
        net_methods.einsum(),
        net_methods.joint(),
        net_methods.pgmpy(),
        net_methods.pyagrum("LazyPropagation"),
        net_methods.pyagrum("VariableElimination"),
    )
    found = {}
    for name, net in nets().items():
        outcomes = {}
        for way in ways:
            try:
                outcomes[way.name] = way.prepare(net)(0)
            except Skip:
                continue
        best = outcomes[ways[0].name]
        gap = max(abs(o.estimates[q] - best.estimates[q]) for o in outcomes.values() for q in best.estimates)
        assert gap < CLOSE, f"{name}: the libraries differ by {gap}"
        marginals = {question: round(p, 12) for question, p in best.estimates.items()}
        found[name] = {
            "digest": net.digest,
            "log_evidence": best.log_evidence,
            "marginals": marginals,
            "agreed": sorted(outcomes),
            "largest_difference": gap,
        }
        print(name, sorted(outcomes), gap)
    FILES["nets"].write_text(json.dumps({"nets": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
