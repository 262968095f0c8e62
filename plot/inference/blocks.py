"""Which sites of a population are moved together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plot.inference.population import Population
from plot.inference.proposals import is_real

LARGEST = 12


def blocks(population: Population, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield sites to be moved together.

    Real numbers that the same utterances read are moved in pairs (of one individual, where possible), all that they
    read at once, and all that there are at once, up to a dozen; any other site is moved by itself.
    """
    together: dict[tuple[int, ...], list[str]] = {}
    for name in names:
        site = population.sites.get(name)
        if site is None:
            continue
        readers = tuple(n for n, reach in population.by_piece.items() if name in reach.masks)
        if readers and is_real(site):
            together.setdefault(readers, []).append(name)
        elif readers:
            yield (name,)
    for group in together.values():
        group.sort(key=lambda name: (name.partition("(")[2], name))
        for i in range(0, len(group), 2):
            yield tuple(group[i : i + 2])
        if 2 < len(group) <= LARGEST:
            yield tuple(group)
    everything = [name for group in together.values() for name in group]
    if len(together) > 1 and 2 < len(everything) <= LARGEST:
        yield tuple(everything)


__all__ = ["blocks"]
