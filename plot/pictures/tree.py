"""The most probable family trees; trees that differ only in the identity of unnamed people are merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from plot.pictures.canvas import PALETTE, PLAIN, bare, panels, plain
from plot.pictures.files import library
from plot.pictures.outcome_texts import Speller
from plot.world.picture import Picture

MOST = 6
MARKS = {"square": ("s", PALETTE[0]), "circle": ("o", PALETTE[1])}
PARENT, PARTNER = "parent", "partner"


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A tree (a graph of networkx) with the share of the sampled worlds that are isomorphic to it."""

    graph: Any
    share: float


def trees(worlds: Sequence[Any]) -> list[Tree]:
    """Return the different trees, most probable first. Nodes are the same by label and shape, edges by kind."""
    networkx = library("networkx")
    match = {
        "node_match": lambda one, other: one == other,
        "edge_match": lambda one, other: one == other,
    }
    buckets: dict[str, list[tuple[Any, int]]] = {}
    for world, count in _counted(worlds):
        graph = graph_of(world)
        bucket = buckets.setdefault(_hash(graph), [])
        for number, (other, before) in enumerate(bucket):
            if networkx.is_isomorphic(graph, other, **match):
                bucket[number] = (other, before + count)
                break
        else:
            bucket.append((graph, count))
    found = [pair for bucket in buckets.values() for pair in bucket]
    found.sort(key=lambda pair: (-pair[1], len(pair[0]), _hash(pair[0])))
    return [Tree(graph, count / len(worlds)) for graph, count in found]


def _counted(worlds: Sequence[Any]) -> list[tuple[Any, int]]:
    """Return the worlds that differ at all, each with how often it was sampled."""
    first: dict[Hashable, Any] = {}
    counts: Counter[Hashable] = Counter()
    for world in worlds:
        key = repr(world)
        first.setdefault(key, world)
        counts[key] += 1
    return [(first[key], count) for key, count in counts.items()]


def graph_of(world: Any) -> Any:
    """Return a sampled world as a directed graph, with edges from parent to child and between partners."""
    graph = library("networkx").DiGraph()
    items = world["items"]
    for item in items:
        graph.add_node(item["item"], label=str(item.get("label") or ""), shape=str(item.get("shape", "")))
    for item, parents, partners in zip(items, world["parents"], world["partners"], strict=True):
        for parent in parents:
            graph.add_edge(parent, item["item"], kind=PARENT)
        for partner in partners:
            graph.add_edge(partner, item["item"], kind=PARTNER)
    return graph


def _hash(graph: Any) -> str:
    marked = graph.to_undirected()  # which way an edge runs is compared later
    for _, data in marked.nodes(data=True):
        data["mark"] = f"{data['label']}\0{data['shape']}"
    networkx = library("networkx")
    found: str = networkx.weisfeiler_lehman_graph_hash(marked, node_attr="mark", edge_attr="kind", iterations=3)
    return found


# -- layout --------------------------------------------------------------------------------------------------


def layout(graph: Any) -> dict[Any, tuple[float, float]]:
    """Return where everyone stands: parents above their children, partners side by side, nobody on another."""
    layers = _layers(graph)
    places: dict[Any, tuple[float, float]] = {}
    right: dict[int, float] = {}

    def put(person: Any) -> None:
        if person in places:
            return
        couple = [person, *(other for other in _linked(graph, person, PARTNER) if other not in places)]
        layer = layers[person]
        start = max([right.get(below, 0.0) for below in (layer, layer + 1)])
        for number, member in enumerate(couple):
            places[member] = (start + number, -float(layer))
        right[layer] = start + len(couple)
        children = list(dict.fromkeys(child for one in couple for child in _linked(graph, one, PARENT)))
        for child in children:
            right[layer + 1] = max(right.get(layer + 1, 0.0), start)
            put(child)
        own = [places[child][0] for child in children if places[child][1] < -layer]
        if own:
            middle = (min(own) + max(own)) / 2
            shift = max(0.0, middle - (start + (len(couple) - 1) / 2))
            for number, member in enumerate(couple):
                places[member] = (start + shift + number, -float(layer))
            right[layer] = start + shift + len(couple)

    roots = sorted(graph, key=lambda person: (layers[person], not _linked(graph, person, PARENT)))
    for person in roots:
        put(person)
    return places


def _linked(graph: Any, person: Any, kind: str) -> list[Any]:
    return [other for _, other, data in graph.out_edges(person, data=True) if data["kind"] == kind]


def _layers(graph: Any) -> dict[Any, int]:
    """Return how far below the top everyone is; partners without parents stand beside their partners."""
    networkx = library("networkx")
    edges = [(one, other) for one, other, data in graph.edges(data=True) if data["kind"] == PARENT]
    descent = networkx.DiGraph(edges)
    descent.add_nodes_from(graph)
    if not networkx.is_directed_acyclic_graph(descent):
        return dict.fromkeys(graph, 0)
    layers: dict[Any, int] = dict.fromkeys(graph, 0)
    for _ in range(len(graph)):
        before = dict(layers)
        for one, other in edges:
            layers[other] = max(layers[other], layers[one] + 1)
        for one, other, data in graph.edges(data=True):
            if data["kind"] == PARTNER:
                layers[one] = layers[other] = max(layers[one], layers[other])
        if layers == before:
            break
    return layers


# -- drawing -------------------------------------------------------------------------------------------------


def draw_trees(title: str, picture: Picture, worlds: Sequence[Any], spell: Speller) -> Any:
    """Return the figure of the most probable trees, each with its probability."""
    found = trees(worlds)
    figure, panes = panels(title, min(len(found), MOST), 3.4, 2.8, columns=3)
    for axes, tree in zip(panes, found, strict=False):
        _draw(axes, tree.graph, spell)
        axes.set_title(f"{tree.share:.1%}", fontsize=10)
    rest = sum(tree.share for tree in found[MOST:])
    if rest > 0:
        others = f"{len(found) - MOST:,} other trees have {rest:.1%} together, in {len(worlds):,} sampled worlds"
        figure.supxlabel(others, fontsize=9, color="#555555")
    return figure


def _draw(axes: Any, graph: Any, spell: Speller) -> None:
    places = layout(graph)
    for one, other, data in graph.edges(data=True):
        (left, top), (right, bottom) = places[one], places[other]
        if data["kind"] == PARTNER:
            axes.plot([left, right], [top, bottom], color="#888888", linewidth=2.5, zorder=1)
            continue
        mates = [mate for mate in graph.predecessors(other) if graph.edges[mate, other]["kind"] == PARENT]
        middle = sum(places[mate][0] for mate in mates) / len(mates)
        turn = bottom + 0.5
        axes.plot([middle, middle, right, right], [top, turn, turn, bottom], color="#888888", linewidth=1.2, zorder=1)
    for person, data in graph.nodes(data=True):
        _draw_person(axes, places[person], data, spell)
    across = [place[0] for place in places.values()] or [0.0]
    down = [place[1] for place in places.values()] or [0.0]
    axes.set(xlim=(min(across) - 0.7, max(across) + 0.7), ylim=(min(down) - 0.7, max(down) + 0.5))
    bare(axes)


def _draw_person(axes: Any, place: tuple[float, float], data: Any, spell: Speller) -> None:
    named = bool(data["label"])
    mark, colour = MARKS.get(data["shape"], ("o", PLAIN))
    face = colour if named else "white"
    axes.scatter(*place, s=150, marker=mark, color=face, edgecolors=colour, linewidths=1.3, zorder=2)
    if named:
        axes.text(place[0], place[1] - 0.2, plain(spell(data["label"])), ha="center", va="top", fontsize=8, zorder=3)
